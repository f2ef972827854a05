"""What pages send about tables is checked before a command gets it, and what users typed stays text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from optimiser.app.server import application
from optimiser.app.workspace import opened
from tests.plants import less_manganese

HEAD = "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The app in an empty workspace, which is the working folder as the server makes it."""
    workspace = opened(tmp_path / "workspace")
    monkeypatch.chdir(workspace.folder)
    headers = {"authorization": "Bearer t"}
    with TestClient(application(workspace, "t", 80), base_url="http://127.0.0.1", headers=headers) as found:
        yield found


def upload(client: TestClient, text: str, name: str = "designs.csv") -> str:
    """Hand a file over and return its key."""
    return str(client.post(f"/uploads?name={name}", content=text.encode()).json()["upload"])


def post(client: TestClient, path: str, **told: Any) -> Any:
    """Send JSON, and return the answer's, which is no failure of the program."""
    answer = client.post(path, json=told)
    assert answer.status_code in (200, 422), answer.text
    return answer.json()


def test_the_command_that_is_shown_has_the_options_that_were_chosen(client: TestClient) -> None:
    key = upload(client, f"{HEAD}\nsulfuric,60,2,1,50,60\n")
    told = post(client, "/predict/table", upload=key, feed="NMC111", basis=500, tolerances="off")
    assert told["problems"] == []
    assert told["command"] == (
        f"optimiser predict jobs/uploads/{key}/designs.csv --feed=NMC111 --basis=500 --tolerances=off "
        "--report=report --out=predicted.xlsx"
    )


def test_problems_stand_at_their_cells_under_the_name_that_the_user_knows(client: TestClient) -> None:
    key = upload(client, f"{HEAD},note\nsulfuric,600,2,1,50,60,<img src=x onerror=alert(1)>\n")
    told = post(client, "/predict/table", upload=key, feed="NMC111")
    (problem,) = told["problems"]
    assert (problem["row"], problem["column"]) == (2, 1)
    assert problem["where"] == "designs.csv, row 2, column temperature (B2)"
    assert told["rows"] == [[2, ["sulfuric", "600", "2", "1", "50", "60", "<img src=x onerror=alert(1)>"]]]


def test_a_long_table_is_shown_in_part_and_its_wrong_rows_with_it(client: TestClient) -> None:
    rows = ["sulfuric,60,2,1,50,60"] * 3000
    rows[2500] = "sulfuric,600,2,1,50,60"
    told = post(client, "/predict/table", upload=upload(client, "\n".join([HEAD, *rows])), feed="NMC111")
    assert told["count"] == 3000
    assert [number for number, _ in told["rows"]] == [*range(2, 502), 2502]
    assert [one["row"] for one in told["problems"]] == [2502]
    assert "--report" not in told["command"]  # more than a page lists


@pytest.mark.parametrize("screen", ["predict", "results"])
def test_a_table_with_mistakes_starts_no_job(client: TestClient, screen: str) -> None:
    key = upload(client, f"{HEAD},yield_Li\nsulfuric,600,2,1,50,60,0.9\n")
    path = {"predict": "/predict/run", "results": "/results/learn"}[screen]
    name = {"name": "mine"} if screen == "results" else {}
    told = post(client, path, upload=key, feed="NMC111", **name)
    assert told["error"]["what"].endswith("possible.") or "yield_Li" in told["error"]["what"]
    assert client.get("/jobs").json()["jobs"] == []


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "--help", "0" * 24, "problems/nmc111.yaml"])
@pytest.mark.parametrize("field", ["problem", "surrogate", "acids", "upload", "job"])
def test_no_path_from_a_page_is_opened(client: TestClient, field: str, path: str) -> None:
    key = upload(client, f"{HEAD}\nsulfuric,60,2,1,50,60\n")
    told = {"upload": key, "feed": "NMC111", field: path}
    for address in ("/predict/table", "/predict/run"):
        answer = post(client, address, **told)
        assert answer["error"]["what"].startswith(("There is no", "This file is not here")), answer


def test_a_request_of_another_shape_is_told_at_its_field(client: TestClient) -> None:
    assert post(client, "/predict/table", upload=3)["error"]["key"] == ["upload"]
    assert post(client, "/scenarios/run", conditions={}, suffix="exe")["error"]["key"] == ["suffix"]
    assert post(client, "/results/suggest", problem="nmc111", n="many")["error"]["key"] == ["n"]
    assert client.post("/results/suggest", content=b"{").status_code == 422
    assert client.post("/results/suggest", content=b" " * 2_000_001).status_code == 422


def test_scenarios_are_counted_before_they_are_made(client: TestClient) -> None:
    conditions = {
        "feed": "NMC111", "acid": "sulfuric,HCl", "temperature": "25:90:14", "acid_concentration": "2",
        "h2o2": "0,1,2", "solid_liquid_ratio": "50", "time": "60",
    }  # fmt: skip
    told = post(client, "/scenarios/preview", conditions=conditions)
    assert told["count"] == 2 * 14 * 3
    assert len(told["rows"]) == 20
    assert told["header"][:3] == ["feed", "acid", "temperature"]
    # the last condition that varies changes fastest
    assert [row[4] for row in told["rows"][:4]] == ["0", "1", "2", "0"]
    assert "--vary=temperature=25:90:14" in told["command"]
    assert "--set=time=60" in told["command"]
    wrong = post(client, "/scenarios/preview", conditions={**conditions, "time": "-5"})["error"]
    assert wrong["key"] == ["time"]
    many = post(client, "/scenarios/preview", conditions={**conditions, "time": "1:100:9999999"})["error"]
    assert many["key"] == ["time"]
    cube = post(client, "/scenarios/preview", conditions={**conditions, "time": "1:100"}, lhs=4_000_000)
    assert (cube["count"], cube["rows"]) == (4_000_000, [])


@pytest.mark.parametrize("name", ["../up", "", "--force", "pd-gbr", "a b", "<img src=x>", "=1+1"])
def test_a_name_that_no_site_model_can_have_is_told_at_its_field(client: TestClient, name: str) -> None:
    key = upload(client, less_manganese().to_csv(index=False))
    told = post(client, "/results/learn", upload=key, name=name)
    assert told["error"]["key"] == ["name"]
    for path in ("forget", "undo", "lessons"):
        assert post(client, f"/results/{path}", name=name, rows=[1])["error"]["key"] == ["name"]
    assert client.get("/jobs").json()["jobs"] == []


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_template_comes_back_as_examples_to_replace(client: TestClient, suffix: str) -> None:
    content = client.get(f"/results/template.{suffix}").content
    key = client.post(f"/uploads?name=results.{suffix}", content=content).json()["upload"]
    told = post(client, "/results/table", upload=key, feed="NMC111")
    assert [one["row"] for one in told["problems"]] == [2, 3, 4, 5]
    assert all("example" in one["what"] for one in told["problems"])


def test_a_formula_in_an_own_table_is_kept_as_text(client: TestClient) -> None:
    header = post(client, "/tables/look", kind="prices")["header"]
    edits = [[2, header.index("note"), '=HYPERLINK("x")']]
    answer = client.post("/tables/keep", json={"kind": "prices", "name": "ours", "edits": edits})
    assert answer.status_code == 201
    kept = client.get("/tables/own/prices/ours").text
    assert "'=HYPERLINK" in kept and ",=" not in kept and ',"=' not in kept
