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


def hidden(client: TestClient, tmp_path: Path, place: str) -> list[str]:
    """Return dropped files that reach one elsewhere by another dropped file."""
    table = dropped(client, f"tables.prices\n{tmp_path}/secret.yaml\n", "rows.csv")
    problem = dropped(client, f"{PROBLEM}surrogate: {tmp_path}/secret.yaml\n", "p.yaml")
    folder = place.format(tmp_path / "workspace")
    return [
        dropped(client, f"base: nmc111\ncsv: '{folder}/{table}/rows.csv'\n"),
        dropped(client, f"base: '{folder}/{problem}/p.yaml'\ngrid: {{feed: [NMC111, LCO]}}\n"),
        dropped(client, f"problem: '{folder}/{problem}/p.yaml'\n"),
    ]


@pytest.mark.parametrize("place", ["jobs/uploads", "./jobs//uploads", ".//JOBS/uploads", "jobs./uploads"])
def test_a_dropped_search_reads_no_other_dropped_file(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path / "workspace")  # where a server works
    for key in hidden(client, tmp_path, place):
        for answer in (
            client.get("/runs/question", params={"upload": key}),
            client.post("/runs/start", json={"upload": key}),
            client.post("/results/suggest", json={"problem": key}),
            client.post("/more/start?dry", json={"command": "check", "values": {"config": f"upload:{key}"}}),
        ):
            assert answer.status_code == 422 and "the app's own" in answer.json()["error"]["what"]
            assert "swordfish" not in answer.text


def test_a_table_that_a_sweep_names_opens_no_file_elsewhere(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "workspace")
    Path("rows.csv").write_text(f"tables.prices\n{tmp_path}/secret.yaml\n")
    key = dropped(client, "base: nmc111\ncsv: rows.csv\n")
    answer = client.post("/runs/start", json={"upload": key})
    assert answer.status_code == 422 and "outside" in answer.json()["error"]["what"]
    assert "tables.prices" in answer.json()["error"]["where"]


def test_a_file_of_the_folder_is_read_by_name_or_path(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "workspace")
    Path("mine").mkdir()
    Path("mine/p.yaml").write_text(PROBLEM)
    Path("mine/rows.csv").write_text("variables.temperature\n50\n60\n")
    key = dropped(client, "base: mine/p.yaml\ncsv: mine/rows.csv\n")
    answer = client.post("/runs/start", json={"upload": key})
    assert answer.status_code == 201
    client.delete(f"/jobs/{answer.json()['id']}")


def test_what_is_no_yaml_file_asks_nothing(client: TestClient) -> None:
    """A file that is both a sweep and its table could name itself."""
    key = dropped(client, PROBLEM, "mine.csv")
    for answer in (
        client.get("/runs/question", params={"upload": key}),
        client.post("/runs/start", json={"upload": key}),
        client.post("/results/suggest", json={"problem": key}),
    ):
        assert answer.status_code == 422 and "yaml" in answer.json()["error"]["allowed"]


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
