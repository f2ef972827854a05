"""Files that a browser hands over never make the app open others, nor have names that a system refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.app.client import client_in

PROBLEM = "feed: NMC111\nvariables: {acid: [sulfuric]}\nobjectives: [{minimise: cost}]\n"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "secret.yaml").write_text("word: swordfish\n")
    with client_in(tmp_path / "workspace") as found:
        yield found


def dropped(client: TestClient, text: str, name: str = "mine.yaml") -> str:
    key: str = client.post("/uploads", params={"name": name}, content=text.encode()).json()["upload"]
    return key


@pytest.mark.parametrize("place", ["{folder}/secret.yaml", "../../../../secret.yaml", "~/x", "C:\\x.yaml"])
def test_a_dropped_search_reads_no_file_elsewhere(client: TestClient, tmp_path: Path, place: str) -> None:
    named = place.format(folder=tmp_path)
    for text in (
        f"problem: '{named}'\n",
        f"{PROBLEM}surrogate: '{named}'\n",
        f"{PROBLEM}impacts: '{named}'\n",
        f"base: '{named}'\ngrid: {{feed: [NMC111]}}\n",
        f"base: nmc111\ngrid: {{tables.prices: ['{named}']}}\n",
        f"base: nmc111\ncsv: '{named}'\n",
    ):
        key = dropped(client, text)
        for answer in (
            client.get("/runs/question", params={"upload": key}),
            client.post("/runs/start", json={"upload": key}),
            client.post("/results/suggest", json={"problem": key}),
            client.post("/more/start?dry", json={"command": "check", "values": {"config": f"upload:{key}"}}),
        ):
            assert answer.status_code == 422 and "outside" in answer.json()["error"]["what"], text
            assert "swordfish" not in answer.text


def test_an_edited_search_reads_no_file_elsewhere(client: TestClient, tmp_path: Path) -> None:
    text = f"{PROBLEM}surrogate: {tmp_path}\n"
    told = {"kind": "problems", "shipped": "nmc111", "files": {"nmc111.yaml": text}}
    answer = client.post("/runs/start", json=told)
    assert answer.status_code == 422 and answer.json()["error"]["key"] == ["surrogate"]


@pytest.mark.parametrize("name", ["con", "NUL", "aux.x", "com1", "mine."])
def test_no_name_is_one_that_windows_refuses(client: TestClient, tmp_path: Path, name: str) -> None:
    answer = client.post("/tables/keep", json={"kind": "prices", "name": name})
    assert answer.status_code == 422 and answer.json()["error"]["key"] == ["name"]
    dropped(client, "a\n1\n", f"{name.removesuffix('.')}.csv")
    kept = [path.name for path in (tmp_path / "workspace").rglob("*.csv")]
    assert kept and all(path.split(".")[0].lower() not in ("con", "nul", "com1") for path in kept)


def test_a_description_of_another_shape_is_told(client: TestClient) -> None:
    key = dropped(client, "temp,Co\n20,50\n", "a.csv")
    first = {"responses": {"Co": "Co"}, "setpoints": {"temperature": {"column": "temp", "unit": "degC"}}}
    for more in ({"monotone": {"temperature": ["up"]}}, {"feed": {"columns": [1]}}, {"choices": 5}):
        answer = client.post("/table/look", json={"upload": key, "description": {**first, **more}})
        assert answer.status_code == 200 and answer.json()["error"]["what"]
