"""Nothing that reads or writes files keeps the other requests waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from optimiser.app import shared
from optimiser.app import workspace as places
from optimiser.app.jobs import Jobs
from optimiser.app.screens import results
from optimiser.report.stored import DESIGNS
from tests.app.client import client_in


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    with client_in(tmp_path / "work") as found:
        monkeypatch.chdir(tmp_path / "work")
        yield found


def in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Return what is called, and whether the server's loop waits for it."""
    seen: dict[str, bool] = {}

    def watch(owner: Any, name: str, stand_in: Callable[..., Any] | None = None) -> None:
        real = stand_in or getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            seen[name] = seen.get(name, False) or in_loop()
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, watched)

    watch(Jobs, "add")
    watch(shared, "_files")
    watch(shared, "printed")
    watch(places, "placed")
    watch(results, "site_names", lambda: ["ours"])
    watch(results, "_model", lambda name: {"changed": ""})
    return seen


def test_files_are_kept_and_listed_beside_the_loop(client: TestClient, called: dict[str, bool]) -> None:
    client.post("/uploads", params={"name": "a.csv"}, content=b"x\n1\n")
    job = client.post("/results/suggest", json={"problem": "nmc111"}).json()["id"]
    client.delete(f"/jobs/{job}?cancel=yes")
    client.get(f"/jobs/{job}")
    client.get(f"/jobs/{job}/files/none")
    assert called == {"add": False, "_files": False, "printed": False, "placed": False}


@pytest.mark.parametrize(
    ("address", "more"),
    [("/results/lessons", {}), ("/results/undo", {}), ("/results/forget", {"rows": [1]})],
)
def test_site_models_are_read_beside_the_loop(
    client: TestClient, called: dict[str, bool], address: str, more: dict[str, Any]
) -> None:
    job = client.post(address, json={"name": "ours", **more}).json()["id"]
    client.delete(f"/jobs/{job}?cancel=yes")
    assert called["add"] is False and not any(called.values())


def test_searches_are_compared_beside_the_loop(client: TestClient, called: dict[str, bool]) -> None:
    jobs = client.app.state.ours.jobs
    ids = [jobs.add("runs", "a check", ("check", "nmc111")).id for _ in range(2)]
    for id in ids:
        (jobs.folder(id) / "report").mkdir()
        (jobs.folder(id) / "report" / DESIGNS).touch()
    called.clear()
    client.post("/runs/compare", json={"one": ids[0], "other": ids[1]})
    assert called == {"add": False}
