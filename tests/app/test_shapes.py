"""What no page of the app sends: other shapes, numbers and texts that JSON cannot hold. Each is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.client import client_in

SUGGESTION = b'{"problem": "nmc111", "volume": %s}'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path / "workspace") as found:
        yield found


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
def test_a_number_that_json_cannot_hold_does_not_end_the_list_of_jobs(
    client: TestClient, number: bytes
) -> None:
    answer = client.post("/results/suggest", content=SUGGESTION % number)
    assert answer.status_code == 422 and answer.json()["error"]["key"] == ["volume"]
    assert client.get("/jobs").json() == {"jobs": []}


@pytest.mark.parametrize(
    "body", [b'{"files": {"a.yaml": "\\ud800"}, "file": "a.yaml", "key": []}', b'{"key": NaN}', b"[" * 5000]
)
def test_texts_that_no_file_can_hold_are_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/runs/change", content=body)
    assert answer.status_code == 422 and answer.json()["error"]["what"] == "This is no JSON object."


@pytest.mark.parametrize("number", [b"NaN", b"1e400"])
def test_a_description_holds_what_json_can_hold(client: TestClient, number: bytes) -> None:
    key = client.post("/uploads", params={"name": "a.csv"}, content=b"a,b\n1,2\n").json()["upload"]
    body = b'{"upload": "%s", "description": {"step": %s}}' % (key.encode(), number)
    assert client.post("/table/look", content=body).status_code == 422


@pytest.mark.parametrize("part", [[], {}, None, 1.5])
def test_a_key_has_names_and_numbers_alone(client: TestClient, part: Any) -> None:
    told = {"files": {"a.yaml": "feed: NMC111\n"}, "file": "a.yaml", "key": ["feed", part], "value": "1"}
    assert client.post("/runs/change", json=told).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [{"improve": 1}, {"keep": {"cost": 1}}, {"relax": []}, {"relax": {"cost": []}}, {"start": "first"}],
)
def test_a_choice_of_another_shape_is_refused_at_its_part(client: TestClient, wrong: dict[str, Any]) -> None:
    answer = client.post("/front/choose", json={"job": "0001", **wrong})
    assert answer.status_code == 422 and answer.json()["error"]["key"][0] == next(iter(wrong))


def test_an_asset_is_never_a_path_that_no_system_has(client: TestClient) -> None:
    for name in ("%00", "a%00.js", "..%2f..%2fserver.py"):
        assert client.get(f"/assets/{name}").status_code == 404, name


def test_a_question_without_an_acid_says_so(client: TestClient) -> None:
    problem = client.get("/ask/problem?name=nmc111").json()["problem"]
    problem["variables"]["acid"] = []
    told = client.post("/ask/live", json={"problem": problem}).json()["error"]
    assert told["what"] == "No acid is chosen." and told["key"] == ["variables", "acid"]


def test_what_the_screens_need_comes_with_the_app() -> None:
    told = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    extras = " ".join(told["project"]["optional-dependencies"]["app"])
    assert "leaching-optimiser[explain,parquet,train]" in extras
