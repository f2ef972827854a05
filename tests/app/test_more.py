"""The screen More: every command as a form."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest
from starlette.testclient import TestClient

from optimiser.app.pages import SCREENS
from optimiser.app.screens.more import (
    _CHOSEN,
    _KINDS,
    _LEFT_OUT,
    COMMANDS,
    ON_SCREENS,
    command_named,
)
from optimiser.cli.main import cli
from tests.app.axe import assert_accessible
from tests.app.client import client_in
from tests.paths import ROOT

FORMS = [*COMMANDS, *ON_SCREENS]
#: Options that are names or paths by turns to the command line.
NAMED = {"problem", "config", "sweep", "surrogate", "base", "impacts", "file"}


def leaves(group: click.Group, before: str = "") -> Iterator[str]:
    """Return the names of all commands."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield before + name


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_in(tmp_path_factory.mktemp("more")) as found:
        yield found


def dry(client: TestClient, command: str, **values: Any) -> Any:
    return client.post("/more/start?dry=1", json={"command": command, "values": values})


def form_of(client: TestClient, command: str) -> Any:
    return client.get("/more/form", params={"command": command}).json()


def run(client: TestClient, command: str, **values: Any) -> Any:
    """Run a command from its form, and return its job once it has ended."""
    answer = client.post("/more/start", json={"command": command, "values": values})
    assert answer.status_code == 200, answer.text
    end = time.monotonic() + 240
    while time.monotonic() < end:
        job = client.get(f"/jobs/{answer.json()['id']}").json()
        if job["state"] not in ("queued", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"{command} has not ended")


def dropped(client: TestClient, name: str, content: bytes) -> str:
    key: str = client.post("/uploads", params={"name": name}, content=content).json()["upload"]
    return key


def test_every_command_but_the_app_has_a_form() -> None:
    assert len(set(FORMS)) == len(FORMS)
    assert set(FORMS) == set(leaves(cli)) - {"app"}
    assert {screen for _, screen in ON_SCREENS.values()} <= set(SCREENS)


@pytest.mark.parametrize("command", FORMS)
def test_every_option_is_asked_for_or_left_out_for_a_reason(client: TestClient, command: str) -> None:
    told = form_of(client, command)
    asked = {field["label"] for field in told["fields"]}
    assert told["about"] and told["title"]
    assert all(field["about"] for field in told["fields"] if not field["argument"])
    assert all(told["left_out"].values()) and not asked & set(told["left_out"])
    for one in command_named(command).params:
        names = {str(one.name).upper()} if isinstance(one, click.Argument) else set(one.opts)
        assert names & (asked | set(told["left_out"])), f"{command} {one.name}"


def test_what_is_said_of_options_is_of_options_that_there_are() -> None:
    there = {(name, str(one.name)) for name in FORMS for one in command_named(name).params}
    names = {name for _, name in there}
    assert set(_KINDS) <= there and set(_CHOSEN) <= names
    assert {key for key in _LEFT_OUT if key[0]} <= there
    assert {name for command, name in _LEFT_OUT if not command} <= names
    assert not set(_KINDS) & set(_LEFT_OUT)


@pytest.mark.parametrize("command", FORMS)
def test_no_path_is_typed(client: TestClient, command: str) -> None:
    fields = {field["name"]: field for field in form_of(client, command)["fields"]}
    paths = [
        one.name
        for one in command_named(command).params
        if isinstance(one.type, click.Path) or one.name in NAMED
    ]
    typed = [name for name in paths if name in fields and fields[name]["kind"] in ("text", "texts", "number")]
    assert typed == []


def test_a_form_becomes_its_command(client: TestClient) -> None:
    told = dry(
        client, "breakeven", problem="nmc111", vary="price.citric=0:1.5", targets=["Co=0.9", ""], joint=True
    )
    assert told.json()["command"] == (
        "optimiser breakeven nmc111 --vary=price.citric=0:1.5 --yield=Co=0.9 --joint --out=report"
    )


@pytest.mark.parametrize(
    ("command", "values", "key"),
    [
        ("breakeven", {"problem": "nmc111"}, "vary"),
        ("check", {"config": "/etc/passwd"}, "config"),
        ("check", {"config": "../nmc111.yaml"}, "config"),
        ("check", {"config": "--help"}, "config"),
        ("explain", {"problem": "nmc111", "surrogate": "/tmp/model"}, "surrogate"),
        ("nearest", {"problem": "nmc111", "front": "/etc/passwd"}, "front"),
        ("check", {"config": "nmc111", "prices": "/etc/passwd"}, "prices"),
        ("list", {"what": "passwords"}, "what"),
        ("impacts import brightway", {"project": "a", "database": "b", "name": "../../evil"}, "name"),
        ("choose", {"run": "/etc"}, "run"),
        ("choose", {}, "run"),
        ("compare", {"first": "../..", "second": "/"}, "first"),
        ("ask", {"problem": "nmc111", "prices": "../prices.csv"}, "prices"),
        ("run", {"config": "/etc/passwd"}, "config"),
        ("sweep", {"sweep": "../demo.yaml"}, "sweep"),
        ("suggest", {"problem": "nmc111", "acids": "/etc/passwd"}, "acids"),
        ("suggest", {"problem": "nmc111", "out": "../sheet.xlsx"}, "out"),
        ("scenarios", {"problem": "nmc111_cost_vs_recovery"}, "problem"),
        ("predict", {}, "table"),
        ("learn", {"name": "../mine"}, "name"),
        ("learn", {"name": "pd-gbr"}, "name"),
        ("learn", {"template": "/tmp/t.csv"}, "template"),
        ("forget", {"name": "../mine", "rows": "1"}, "name"),
        ("train", {}, "out"),
        ("train", {"out": "/tmp/evil"}, "out"),
        ("train", {"out": "pd-gbr"}, "out"),
        ("evaluate", {"card": "../MODEL_CARD.md"}, "card"),
        ("export brightway", {}, "run"),
        ("runs list", {"csv": "/tmp/runs.csv"}, "csv"),
        ("runs list", {"sweep": "../demo"}, "sweep"),
    ],
)
def test_what_is_missing_or_a_path_is_refused(
    client: TestClient, command: str, values: dict[str, str], key: str
) -> None:
    answer = dry(client, command, **values)
    assert answer.status_code == 422 and answer.json()["error"]["key"] == [key]


def test_a_dropped_problem_names_no_file_elsewhere(client: TestClient) -> None:
    text = (ROOT / "problems" / "nmc111.yaml").read_text().replace("pd-gbr", "/etc")
    key = client.post("/uploads", params={"name": "mine.yaml"}, content=text.encode()).json()["upload"]
    answer = dry(client, "check", config=f"upload:{key}")
    assert answer.status_code == 422 and "outside" in answer.json()["error"]["what"]


def test_options_that_the_page_decides_cannot_be_sent(client: TestClient) -> None:
    for name in ("out", "force", "table", "nothing"):
        assert dry(client, "nearest", problem="nmc111", **{name: "/tmp/x"}).status_code == 422
    for command, name in (("runs prune", "store"), ("sweep", "out"), ("tables export", "folder")):
        assert dry(client, command, **{name: "/tmp/x"}).status_code == 422
    assert dry(client, "evaluate", folds="/tmp/x").status_code == 422
    assert dry(client, "train", out="mine", system="/tmp/x").status_code == 422
    assert dry(client, "app").status_code == 422 and dry(client, "rm -rf").status_code == 422


def test_a_value_cannot_become_an_option(client: TestClient) -> None:
    told = dry(client, "breakeven", problem="nmc111", vary="--out=/tmp/x").json()
    words = told["command"].split()
    assert "--out=/tmp/x" not in words and "--vary=--out=/tmp/x" in words
    for command, values in (("runs show", {"run": "--json"}), ("runs compare", {"one": "1", "other": "-h"})):
        assert dry(client, command, **values).status_code == 422
    told = dry(client, "sweep", sweep="demo", cluster="--out=/tmp/x").json()["command"]
    assert told == "optimiser sweep demo --cluster=--out=/tmp/x --out=store"


def test_a_file_that_is_missing_or_no_upload_is_refused(client: TestClient) -> None:
    for command, name in (("predict", "table"), ("learn", "results"), ("train", "table")):
        more = {"out": "mine"} if command == "train" else {}
        for value in ("/etc/passwd", "upload:../../job.json", "0" * 24):
            assert dry(client, command, **more, **{name: value}).status_code == 422


def test_a_dropped_sweep_names_no_file_elsewhere(client: TestClient) -> None:
    text = (ROOT / "sweeps" / "demo.yaml").read_text()
    wrong = dropped(client, "mine.yaml", text.replace("base: nmc111", "base: /etc/nmc111.yaml").encode())
    assert dry(client, "sweep", sweep=f"upload:{wrong}").status_code == 422
    right = dropped(client, "mine.yaml", text.encode())
    told = dry(client, "sweep", sweep=f"upload:{right}", limit="20", workers="1").json()["command"]
    assert told == f"optimiser sweep jobs/uploads/{right}/mine.yaml --workers=1 --limit=20 --out=store"


@pytest.mark.parametrize("fold", ["", " ", ["", " "]])
def test_predictions_that_ship_are_never_replaced(client: TestClient, fold: Any) -> None:
    told = dry(client, "evaluate", refit=True, fold=fold).json()["command"]
    assert told.endswith("--refit --folds=folds")
    assert "--folds" not in dry(client, "evaluate", refit=True, fold="1").json()["command"]


def test_where_things_are_written(client: TestClient) -> None:
    assert dry(client, "train", out="mine", model="gbr", force=True).json()["command"] == (
        "optimiser train --model=gbr --out=models/mine --force"
    )
    book = dropped(client, "book.csv", b"a,b\n1,2\n")
    words = dry(client, "impacts import workbook", file=book).json()["command"].split()
    assert words[-1] == "--out=."  # a draft of the mapping is handed out
    words = dry(client, "impacts import workbook", file=book, mapping=book).json()["command"].split()
    assert words[-1] == "--out=tables"


def test_commands_run_from_their_forms(client: TestClient) -> None:
    rows = [("sulfuric", 40), ("sulfuric", 80), ("citric", 60)]
    lines = [f"{acid},{heat},1,1,50,60" for acid, heat in rows]
    header = "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time"
    table = dropped(client, "designs.csv", "\n".join([header, *lines]).encode())
    job = run(client, "predict", table=table, feed="NMC111", out="predicted.xlsx", report="report")
    assert job["state"] == "done" and "predicted.xlsx" in job["files"] and job["report"]

    job = run(client, "tables export", suffix="csv")
    prices = next(name for name in job["files"] if name.startswith("tables/") and "price" in name)
    text = client.get(f"/jobs/{job['id']}/files/{prices}").content
    key = dropped(client, "prices.csv", text)
    kept = client.post("/tables/keep", json={"kind": "prices", "upload": key, "name": "mine"})
    assert kept.status_code == 201
    job = run(client, "suggest", problem="nmc111", n="1", prices="mine", out="sheet.xlsx")
    assert job["state"] == "done" and job["files"] == ["sheet.xlsx"]
    assert "--prices=tables/mine.prices.csv" in job["command"]

    job = run(client, "learn", template="template.csv")
    assert job["state"] == "done" and job["files"] == ["template.csv"]


def test_a_search_and_what_is_asked_of_it_run_from_their_forms(client: TestClient) -> None:
    config = b"problem: nmc111\nsearch: {population: 40, generations: 30, seeds: [1]}\n"
    key = dropped(client, "small.yaml", config)
    assert run(client, "run", config=f"upload:{key}")["state"] == "done"
    (found,) = [field for field in form_of(client, "choose")["fields"] if field["name"] == "run"]
    first = found["values"][0]
    job = run(client, "choose", run=first, reference=["cost=1.1"], knees=False)
    assert job["state"] == "done" and "--reference=cost=1.1" in job["command"]
    assert job["command"].startswith("optimiser choose jobs/") and "cost" in job["printed"]["out"]
    knees = run(client, "choose", run=first, knees=True, as_json=True)
    assert knees["state"] == "done" and json.loads(knees["printed"]["out"])
    job = run(client, "export brightway", run=first, out="inventory.json", design=["1", "2"])
    assert job["state"] == "done" and job["files"] == ["inventory.json"]
    assert "--design=1 --design=2" in job["command"]
    job = run(client, "compare", first=first, second=first)
    assert job["state"] == "done" and job["report"]


def test_a_sweep_and_its_store_run_from_their_forms(client: TestClient) -> None:
    text = (ROOT / "sweeps" / "demo.yaml").read_text()
    small = text[: text.index("grid:")] + "grid:\n  feed: [NMC111]\n"
    key = dropped(client, "small.yaml", small.encode())
    job = run(client, "sweep", sweep="demo", limit="1")
    assert job["state"] == "failed" and "12" in job["error"]["what"]
    job = run(client, "sweep", sweep=f"upload:{key}", limit="1", workers="1", no_report=True)
    assert job["state"] == "done", job
    fields = {field["name"]: field for field in form_of(client, "runs list")["fields"]}
    assert fields["sweep"]["values"] == ["small"]
    job = run(client, "runs list", sweep="small", csv="runs.csv")
    assert job["state"] == "done" and job["files"] == ["runs.csv"]
    job = run(client, "runs prune", failed=True, unused=True, yes=True)
    assert job["printed"]["out"].strip() == "0 runs removed from store."
    assert run(client, "runs prune")["state"] == "failed"


@pytest.mark.page
def test_a_command_runs_from_its_form(tab: Callable[..., Any], tmp_path: Path) -> None:
    page = tab("/more")
    page.get_by_role("button", name="What can be named").click()
    page.select_option("#more-what", "acids")
    page.get_by_role("button", name="Run it").click()
    page.locator("#printed pre").wait_for()
    assert "sulfuric" in page.locator("#printed pre").text_content()
    assert_accessible(page)
    page.reload()
    page.locator("#printed pre").wait_for()
    page.get_by_role("button", name="Find mistakes").click()
    page.locator("#more-config").wait_for()  # the form before takes files, too
    wrong = (ROOT / "problems" / "nmc111.yaml").read_text().replace("[25, 90]", "[25, 900]")
    (tmp_path / "mine.yaml").write_text(wrong)
    page.set_input_files("#form input[type=file] >> nth=0", tmp_path / "mine.yaml")
    page.get_by_text("mine.yaml, ").wait_for()
    page.get_by_role("button", name="Run it").click()
    page.locator("#progress .error").wait_for()
    assert "900" in page.locator("#progress .error").text_content()
    assert "temperature" in page.locator("#progress .error").text_content()


@pytest.mark.page
def test_the_command_is_shown_while_one_types_and_the_newest_answer_counts(tab: Callable[..., Any]) -> None:
    page = tab("/more?command=breakeven")
    page.get_by_text("The command stands here once").wait_for()
    assert page.locator("#form .error").count() == 0  # nothing is told before it is run
    page.select_option("#more-problem", "nmc111")
    held: list[Any] = []

    def hold(route: Any) -> None:
        if "older" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/more/start?dry=1", hold)
    page.fill("#more-vary", "older=0:1")
    while not held:
        page.wait_for_timeout(50)
    page.fill("#more-vary", "newer=0:1")
    command = page.locator("#elsewhere pre")
    page.wait_for_function("() => document.querySelector('#elsewhere pre')?.textContent.includes('newer')")
    with suppress(Exception):  # the page may have given it up
        held[0].continue_()
    page.wait_for_timeout(600)
    assert command.text_content() == "optimiser breakeven nmc111 --vary=newer=0:1 --out=report"
    assert page.locator("#progress .job").count() == 0
    page.fill("#more-vary", "")
    page.get_by_text("The command stands here once").wait_for()
    page.get_by_role("button", name="Run it").click()
    page.locator("#form .error").wait_for()
    assert "--vary is missing" in page.locator("#form .error").text_content()


@pytest.mark.page
def test_two_clicks_start_one_job(tab: Callable[..., Any], app: Any) -> None:
    page = tab("/more?command=list")
    page.select_option("#more-what", "feeds")
    page.wait_for_timeout(500)
    before = len(app.get("/jobs?screen=more")["jobs"])
    held: list[Any] = []
    page.route("**/more/start", lambda route: held.append(route))
    page.evaluate("() => { for (const _ of [1, 2]) { document.getElementById('form').requestSubmit(); } }")
    while not held:
        page.wait_for_timeout(50)
    assert page.get_by_role("button", name="Run it").is_disabled()
    page.wait_for_timeout(300)
    assert len(held) == 1
    held[0].continue_()
    page.locator("#printed pre").wait_for()
    assert page.get_by_role("button", name="Run it").is_enabled()
    assert len(app.get("/jobs?screen=more")["jobs"]) == before + 1


@pytest.mark.page
def test_dropped_files_are_there_after_a_reload(tab: Callable[..., Any], tmp_path: Path) -> None:
    page = tab("/more?command=suggest")
    (tmp_path / "mine.yaml").write_text((ROOT / "problems" / "nmc111.yaml").read_text())
    page.set_input_files("#form input[type=file] >> nth=0", tmp_path / "mine.yaml")
    page.locator("#elsewhere pre").filter(has_text="/mine.yaml").wait_for(state="attached")
    page.locator("summary", has_text="more options").click()
    page.fill("#more-n", "0")  # refused at once
    page.get_by_role("button", name="Run it").click()
    page.locator("#progress .error").wait_for()
    page.reload()
    page.locator("#progress .error").wait_for()
    assert page.locator("#more-problem").input_value().startswith("upload:")
    assert page.locator("#more-problem option:checked").text_content() == "dropped file"
    assert page.locator("#more-n").input_value() == "0" and page.locator("#more-n").is_visible()

    page.goto(page.url.split("/more")[0] + "/more?command=predict")
    (tmp_path / "designs.csv").write_text("acid\nnone\n")
    page.set_input_files("#form input[type=file] >> nth=0", tmp_path / "designs.csv")
    page.locator("#elsewhere pre").filter(has_text="/designs.csv").wait_for(state="attached")
    page.get_by_role("button", name="Run it").click()
    page.locator("#progress .error").wait_for()
    page.reload()
    page.locator("#progress .error").wait_for()
    page.locator("#form").get_by_text("dropped file").wait_for()
    page.locator("summary", has_text="more options").click()
    page.fill("#more-feed", "NMC111")
    page.locator("#elsewhere pre").filter(has_text="--feed=NMC111").wait_for(state="attached")
    assert "/designs.csv" in page.locator("#elsewhere pre").text_content()


@pytest.mark.page
def test_what_removes_or_replaces_asks_first(tab: Callable[..., Any], app: Any) -> None:
    page = tab("/more?command=runs%20prune")
    page.check("#more-unused")
    page.check("#more-yes")
    before = len(app.get("/jobs?screen=more")["jobs"])
    page.get_by_role("button", name="Run it").click()
    page.get_by_role("button", name="No, leave it").click()
    page.wait_for_timeout(300)
    assert len(app.get("/jobs?screen=more")["jobs"]) == before
    page.get_by_role("button", name="Run it").click()
    page.get_by_role("button", name="Yes, do it").click()
    page.locator("#progress .job").wait_for()
    assert len(app.get("/jobs?screen=more")["jobs"]) == before + 1
