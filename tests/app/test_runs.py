"""The routes of the screen of runs: what is started, changed, found, and refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import parse_yaml
from optimiser.app.texts import replaced
from tests.app.client import client_in


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    with client_in(tmp_path / "work") as found:
        monkeypatch.chdir(tmp_path / "work")
        yield found


def _question(client: TestClient) -> dict:
    return client.get(
        "/runs/question", params={"kind": "configs", "shipped": "nmc111_cost_vs_recovery"}
    ).json()


def test_a_config_is_shown_with_its_problem_and_every_value_of_both(client: TestClient) -> None:
    told = _question(client)
    assert list(told["files"]) == ["nmc111_cost_vs_recovery.yaml", "nmc111.yaml"]
    values = {(one["file"], ".".join(map(str, one["key"]))): one["value"] for one in told["values"]}
    assert values["nmc111_cost_vs_recovery.yaml", "search.population"] == "100"
    assert values["nmc111.yaml", "variables.temperature"] == "[25, 90]"
    assert values["nmc111.yaml", "constraints.0.yield.Co"] == "0.6"


def test_one_change_leaves_the_rest_of_the_text_as_it_is(client: TestClient) -> None:
    told = _question(client)
    change = {"file": "nmc111.yaml", "key": ["variables", "temperature"], "value": "[30, 60]"}
    sent = {"kind": told["kind"], "files": told["files"], **change}
    after = client.post("/runs/change", json=sent).json()
    before = told["files"]["nmc111.yaml"]
    assert after["files"]["nmc111.yaml"] == before.replace("[25, 90]", "[30, 60]")
    assert "# degC" in after["files"]["nmc111.yaml"]


def test_a_change_that_a_run_would_refuse_is_told_with_its_line(client: TestClient) -> None:
    change = {"file": "nmc111.yaml", "key": ["feed", "name"], "value": "NMC11"}
    told = _question(client)
    answer = client.post("/runs/change", json={"kind": told["kind"], "files": told["files"], **change})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["where"].startswith("nmc111.yaml, line 2, key feed")
    assert "NMC111" in error["remedy"] + error["allowed"]


@pytest.mark.parametrize("value", ["{a: 1}", "a: b", "[1, {x: 2}", "*alias"])
def test_what_is_no_plain_value_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="no plain value"):
        replaced(parse_yaml("feed: {mass: 5}\n", Path("a.yaml")), ("feed", "mass"), value)


def test_a_word_that_yaml_would_read_as_more_stays_one_value() -> None:
    """A colon or a hash in quotation marks must not end the value."""
    document = parse_yaml("name: old   # kept\nfeed: NMC111\n", Path("a.yaml"))
    text = replaced(document, ("name",), "'<img src=x> #1: =1+1'")
    assert parse_yaml(text, Path("a.yaml")).data == {"name": "<img src=x> #1: =1+1", "feed": "NMC111"}
    assert "# kept" in text


def test_what_ships_runs_by_its_name_and_a_changed_one_from_the_folder_of_its_job(client: TestClient) -> None:
    source = {"kind": "configs", "shipped": "nmc111_cost_vs_recovery"}
    job = client.post("/runs/start", json={**source, "files": {}}).json()
    assert job["command"] == f"optimiser run nmc111_cost_vs_recovery --out=jobs/{job['id']}/report"
    client.delete(f"/jobs/{job['id']}")
    told = _question(client)
    files = {name: text.replace("[25, 90]", "[25, 60]") for name, text in told["files"].items()}
    changed = client.post("/runs/start", json={"job": job["id"], "files": files}).json()
    place = f"jobs/{changed['id']}"
    assert changed["command"] == f"optimiser run {place}/nmc111_cost_vs_recovery.yaml --out={place}/report"
    assert changed["about"] == {"of": job["id"]}
    again = client.get("/runs/question", params={"job": changed["id"]}).json()
    assert again["files"] == files
    client.delete(f"/jobs/{changed['id']}")


def test_a_changed_answer_asks_what_its_file_says(client: TestClient) -> None:
    problem = client.get("/ask/problem", params={"name": "nmc111"}).json()["problem"]
    asked = {"problem": problem, "prices": {"sulfuric": 0.3}}
    first = client.post("/ask/jobs/answer", json=asked).json()
    client.delete(f"/jobs/{first['id']}?cancel=yes")
    told = client.get("/runs/question", params={"job": first["id"]}).json()
    assert told["command"] == first["command"] and "--price=sulfuric=0.3" in told["command"]
    change = {"file": "problem.yaml", "key": ["constraints", 0, "yield", "Co"], "value": "0.87"}
    files = client.post("/runs/change", json={"kind": "run", "files": told["files"], **change}).json()[
        "files"
    ]
    job = client.post("/runs/start", json={"job": first["id"], "files": files}).json()
    client.delete(f"/jobs/{job['id']}?cancel=yes")
    place = f"jobs/{job['id']}"
    assert job["arguments"] == [
        "ask",
        f"{place}/problem.yaml",
        "--price=sulfuric=0.3",
        f"--out={place}/report",
    ]
    assert "Co: 0.87" in Path(place, "problem.yaml").read_text()


@pytest.mark.parametrize("name", ["--force", "../up", "a/b", "", "<img src=x onerror=alert(1)>", "=1+1"])
def test_a_name_can_be_no_option_and_no_path(client: TestClient, name: str) -> None:
    source = {"kind": "sweeps", "shipped": "demo"}
    answer = client.post("/runs/start", json={**source, "files": {}, "name": name})
    assert answer.status_code == 422
    assert answer.json()["error"]["key"] == ["name"]
    assert client.get("/runs/list").json()["all"] == 0


@pytest.mark.parametrize(
    "params", [{"kind": "configs", "shipped": "../secret"}, {"upload": "../.."}, {"job": "x"}]
)
def test_only_what_is_in_the_lists_is_read(client: TestClient, params: dict[str, str]) -> None:
    assert client.get("/runs/question", params=params).status_code == 422


def test_a_dropped_sweep_is_known_by_its_base_and_its_keys_are_checked(client: TestClient) -> None:
    text = "base: nmc111\ngrid:\n  constraints.yield.all: [0.6, 1.9]\n"
    upload = client.post("/uploads", params={"name": "ours.yaml"}, content=text).json()["upload"]
    told = client.get("/runs/question", params={"upload": upload}).json()
    assert told["kind"] == "sweep"
    refused = client.post("/runs/start", json={"upload": upload, "files": told["files"]})
    assert refused.status_code == 422
    assert refused.json()["error"]["where"].startswith("ours.yaml, line 3")


def test_own_tables_are_given_to_a_run(client: TestClient, tmp_path: Path) -> None:
    tables = tmp_path / "work" / "tables"
    tables.mkdir()
    (tables / "mine.prices.csv").write_text("substance,price [EUR/kg stock]\nsulfuric,0.2\n")
    assert client.get("/tables/own").json()["prices"][0]["path"] == "tables/mine.prices.csv"
    source = {"kind": "problems", "shipped": "nmc111", "files": {}}
    job = client.post("/runs/start", json={**source, "tables": {"prices": "mine"}}).json()
    assert "--prices=tables/mine.prices.csv" in job["arguments"]
    client.delete(f"/jobs/{job['id']}")
    for tables_asked in ({"prices": "../mine"}, {"force": "mine"}):
        assert client.post("/runs/start", json={**source, "tables": tables_asked}).status_code == 422


def test_the_history_is_found_by_words_and_has_pages(client: TestClient) -> None:
    source = {"kind": "problems", "files": {}}
    ids = [
        client.post("/runs/start", json={**source, "shipped": name}).json()["id"]
        for name in ("lco", "nmc622")
    ]
    for id in ids:
        client.delete(f"/jobs/{id}")
    found = client.get("/runs/list", params={"words": "LCO run", "page": "99"}).json()
    assert [row["id"] for row in found["rows"]] == [ids[0]]
    assert (found["all"], found["page"], found["pages"]) == (2, 1, 1)
    assert client.get("/runs/list", params={"state": "done"}).json()["found"] == 0


def test_jobs_without_designs_are_not_compared(client: TestClient) -> None:
    job = client.post("/runs/start", json={"kind": "problems", "shipped": "lco", "files": {}}).json()["id"]
    client.delete(f"/jobs/{job}")
    answer = client.post("/runs/compare", json={"one": job, "other": job})
    assert (answer.status_code, answer.json()["error"]["key"]) == (422, ["one"])


def test_without_a_store_there_is_an_empty_list(client: TestClient) -> None:
    assert client.get("/runs/store").json()["rows"] == []
    assert client.get("/runs/store/runs/abcd").status_code == 422
    assert client.get("/runs/store/sweeps/..%2f..%2fjobs/report").status_code in (404, 422)
