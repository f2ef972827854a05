"""The screen More: every command that has no screen of its own, as a form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from starlette.testclient import TestClient

from optimiser.app.screens.more import COMMANDS, command_named
from optimiser.cli.main import cli
from tests.app.axe import assert_accessible
from tests.app.client import client_in
from tests.paths import ROOT

#: Commands that other screens use, or that are the app.
ELSEWHERE = {
    "app", "ask", "run", "sweep", "runs", "choose", "compare", "scenarios", "predict", "learn", "forget",
    "train", "suggest", "tables",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_in(tmp_path_factory.mktemp("more")) as found:
        yield found


def dry(client: TestClient, command: str, **values: Any) -> Any:
    return client.post("/more/start?dry=1", json={"command": command, "values": values})


def test_every_command_has_a_screen() -> None:
    assert {name.split()[0] for name in COMMANDS} | ELSEWHERE == set(cli.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_form_has_the_options_of_its_command(client: TestClient, command: str) -> None:
    told = client.get("/more/form", params={"command": command}).json()
    known = {str(one.name) for one in command_named(command).params}
    assert {field["name"] for field in told["fields"]} <= known
    assert all(field["about"] for field in told["fields"] if not field["argument"])
    assert told["about"]


def test_a_form_becomes_its_command(client: TestClient) -> None:
    told = dry(
        client, "breakeven", problem="nmc111", vary="price.citric=0:1.5", targets=["Co=0.9", ""], joint=True
    )
    assert told.json()["command"] == (
        "optimiser breakeven nmc111 --vary=price.citric=0:1.5 --yield=Co=0.9 --joint --out=JOB/report"
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
    assert dry(client, "app").status_code == 422 and dry(client, "rm -rf").status_code == 422


def test_a_value_cannot_become_an_option(client: TestClient) -> None:
    told = dry(client, "breakeven", problem="nmc111", vary="--out=/tmp/x").json()
    words = told["command"].split()
    assert "--out=/tmp/x" not in words and "--vary=--out=/tmp/x" in words
    assert isinstance(command_named("breakeven"), click.Command)


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
    wrong = (ROOT / "problems" / "nmc111.yaml").read_text().replace("[25, 90]", "[25, 900]")
    (tmp_path / "mine.yaml").write_text(wrong)
    page.set_input_files("#form input[type=file] >> nth=0", tmp_path / "mine.yaml")
    page.get_by_text("mine.yaml, ").wait_for()
    page.get_by_role("button", name="Run it").click()
    page.locator("#progress .error").wait_for()
    assert "900" in page.locator("#progress .error").text_content()
    assert "temperature" in page.locator("#progress .error").text_content()
