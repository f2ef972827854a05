"""Numbers reach a command as they were typed: all of their digits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from optimiser.app.screens.predict import Prediction
from tests.app.client import client_in


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    with client_in(tmp_path / "work") as found:
        monkeypatch.chdir(tmp_path / "work")
        yield found


@pytest.mark.parametrize("number", [1234567.8, 0.1234567, 1e-7])
def test_a_number_reaches_the_command_as_it_was_typed(client: TestClient, number: float) -> None:
    job = client.post("/results/suggest", json={"problem": "nmc111", "volume": number}).json()
    client.delete(f"/jobs/{job['id']}?cancel=yes")
    (volume,) = (part for part in job["arguments"] if part.startswith("--volume="))
    assert float(volume.partition("=")[2]) == number
    content = b"acid,temperature,time,acid_concentration,h2o2,solid_liquid\n"
    key = client.post("/uploads", params={"name": "a.csv"}, content=content).json()["upload"]
    asked = Prediction(upload=key, basis=number)
    arguments, _ = asked.arguments(client.app.state.ours, 1)
    (basis,) = (part for part in arguments if part.startswith("--basis="))
    assert float(basis.partition("=")[2]) == number
