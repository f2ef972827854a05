"""Files that a browser hands over: bounded, kept under safe names, never found by a path."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from optimiser.app import workspace as places
from optimiser.app.server import application
from optimiser.app.workspace import opened
from tests.app.conftest import TOKEN


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = application(opened(tmp_path / "workspace"), TOKEN, 80)
    with TestClient(app, base_url="http://127.0.0.1", headers={"authorization": f"Bearer {TOKEN}"}) as client:
        yield client


@pytest.mark.parametrize(
    "name",
    ["../../evil.csv", "/etc/evil.csv", "a\\b.csv", "<img src=x>.csv", "..csv.csv", "a\nb.csv"],
)
def test_a_name_is_never_a_path(client: TestClient, tmp_path: Path, name: str) -> None:
    answer = client.post("/uploads", params={"name": name}, content=b"acid\nsulfuric\n")
    assert answer.status_code == 200
    kept = list((tmp_path / "workspace").rglob("*.csv"))
    assert len(kept) == 1 and kept[0].parent.parent.name == "uploads"
    assert all(c.isalnum() or c in "-_." for c in kept[0].name)
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.parametrize("name", ["run.exe", "page.html", "noname", "", "x.csv.py"])
def test_other_kinds_of_files_are_refused(client: TestClient, name: str) -> None:
    answer = client.post("/uploads", params={"name": name}, content=b"x")
    assert answer.status_code == 422 and ".xlsx" in answer.json()["error"]["allowed"]


def test_large_files_are_refused_before_they_are_kept(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_UPLOAD", 1000)
    answer = client.post("/uploads", params={"name": "a.csv"}, content=b"x" * 1001)
    assert answer.status_code == 422 and "larger" in answer.json()["error"]["what"]
    monkeypatch.setattr(places, "MOST_UPLOADS", 1500)
    assert client.post("/uploads", params={"name": "a.csv"}, content=b"x" * 900).status_code == 200
    full = client.post("/uploads", params={"name": "b.csv"}, content=b"y" * 900)
    assert full.status_code == 422 and "room" in full.json()["error"]["what"]
    assert len(list((tmp_path / "workspace").rglob("*.csv"))) == 1


def test_the_same_file_is_kept_once(client: TestClient, tmp_path: Path) -> None:
    keys = {
        client.post("/uploads", params={"name": "a.csv"}, content=b"x").json()["upload"] for _ in range(2)
    }
    assert len(keys) == 1 and len(list((tmp_path / "workspace").rglob("*.csv"))) == 1


def test_a_job_gives_only_the_files_that_it_lists(client: TestClient) -> None:
    for name in ("job.json", "../app.json", "..%2fapp.json", "%2e%2e/app.json", "report/../../app.json"):
        assert client.get(f"/jobs/0001/files/{name}").status_code in (404, 422)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(client: TestClient, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(600):
            part.write(b"0" * 1_000_000)
    key = client.post("/uploads", params={"name": "bomb.xlsx"}, content=bomb.read_bytes()).json()["upload"]
    answer = client.post("/predict/table", json={"upload": key})
    assert answer.status_code == 422 and "unpack" in str(answer.json()["error"]).lower()
