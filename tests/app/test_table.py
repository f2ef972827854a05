"""The screen of any table: columns into roles, checks at the column, training, the card, a first question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from optimiser.app.described import question_for
from optimiser.problem.load import load_problem
from optimiser.systems.read import read_system_table
from tests.app.axe import assert_accessible
from tests.app.client import client_in
from tests.app.conftest import Served
from tests.app.waits import LONG

_LEACH = Path(__file__).parents[2] / "docs" / "examples" / "leach"
_FILE = _LEACH / "synthetic.system.yaml"
#: Roles of the columns of the made-up table, as a user clicks them.
_ROLES = {
    "source": "study",
    "feed": "feed",
    "silica": "composition",
    "lixiviant": "choice",
    "temp_C": "setpoint",
    "acid_concentration": "setpoint",
    "time_min": "setpoint",
    "Co_pct": "response",
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path / "work") as found:
        yield found


def _dropped(client: TestClient, content: bytes | None = None, name: str = "table.csv") -> str:
    content = (_LEACH / "table.csv").read_bytes() if content is None else content
    upload: str = client.post("/uploads", params={"name": name}, content=content).json()["upload"]
    return upload


def test_columns_are_shown_with_values_and_a_description_is_the_file_that_training_reads(
    client: TestClient,
) -> None:
    upload = _dropped(client)
    found = client.post("/table/look", json={"upload": upload}).json()
    columns = {one["name"]: one for one in found["columns"]}
    assert (found["rows"], len(columns)) == (432, 15)
    assert (columns["temp_C"]["low"], columns["temp_C"]["high"]) == (25.0, 95.0)
    assert columns["lixiviant"]["low"] is None and "citric" in columns["lixiviant"]["values"]
    assert (found["error"], found["counts"]) == (None, None)  # nothing is said yet, and nothing is wrong

    said = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    found = client.post("/table/look", json={"upload": upload, "description": said}).json()
    assert yaml.safe_load(found["text"]) == said
    counts, table = found["counts"], read_system_table(_FILE)
    assert (counts["rows"], counts["experiments"]) == (len(table), int(table.experiments.max()) + 1)
    again = client.post("/table/look", json={"upload": upload, "text": _FILE.read_text()}).json()
    assert again["description"] == said


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda said: said["setpoints"]["temperature"].update(unit="F"), "temp_C"),
        (lambda said: said["setpoints"]["time"].update(low=9, high=3), "time_min"),
        (lambda said: said["setpoints"].update(cost={"column": "stages"}), "stages"),
        (lambda said: said["choices"].update(roasting={"column": "Co_pct"}), "Co_pct"),
        (lambda said: said["setpoints"].update(word={"column": "source"}), "source"),
        (lambda said: said["responses"].update({"<img src=x>": "stirring"}), "stirring"),
        (lambda said: said["monotone"].update(temperature="sideways"), "temp_C"),
    ],
)
def test_a_mistake_is_told_at_its_column(
    client: TestClient, change: Callable[[dict[str, Any]], None], column: str
) -> None:
    said = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    change(said)
    found = client.post("/table/look", json={"upload": _dropped(client), "description": said}).json()
    assert found["counts"] is None
    assert found["error"]["column"] == column, found["error"]


def test_a_wrong_cell_and_a_wrong_text_are_told_by_row_and_line(client: TestClient) -> None:
    text = (_LEACH / "table.csv").read_text(encoding="utf-8").replace(",39.92,", ",=1+1,", 1)
    upload = _dropped(client, text.encode())
    found = client.post("/table/look", json={"upload": upload, "text": _FILE.read_text()}).json()
    assert found["error"]["column"] == "Co_pct"
    assert "row 2" in found["error"]["where"] and "'=1+1'" in found["error"]["what"]
    found = client.post("/table/look", json={"upload": upload, "text": "name: [x\n"}).json()
    assert found["description"] is None and "line" in found["error"]["where"]


def test_training_is_a_command_with_both_files_and_a_name_that_is_no_path(client: TestClient) -> None:
    told = {"upload": _dropped(client), "text": _FILE.read_text(encoding="utf-8")}
    for name in ("../up", "--force", "pd-gbr", "<b>", ""):
        answer = client.post("/table/train", json={**told, "name": name})
        assert (answer.status_code, answer.json()["error"]["key"]) == (422, ["name"])
    job = client.post("/table/train", json={**told, "name": "ours"}).json()
    place = f"jobs/{job['id']}"
    command = f"train --system={place}/ours.system.yaml --table={place}/table.csv --out=models/ours"
    assert job["command"] == f"optimiser {command}"
    client.delete(f"/jobs/{job['id']}")
    assert client.get("/table/models").json() == {"models": []}
    assert client.get("/table/models/..%2fjobs").status_code in (404, 422)


def test_the_first_question_names_what_the_system_has() -> None:
    asked = yaml.safe_load(question_for("ours", read_system_table(_FILE).system))
    assert asked["surrogate"] == "ours" and asked["feed"] == "north"
    assert asked["variables"]["temperature"] == [25.0, 95.0]
    assert asked["objectives"] == [{"maximise": "yield_Co"}, {"minimise": "time"}]


@pytest.mark.page
def test_a_table_is_described_trained_and_asked(
    tab: Callable[..., Any], app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playwright.sync_api import expect

    lines = (_LEACH / "table.csv").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines[1:] if ",none,none," in line and ",sulfuric," in line]
    page = tab("/table")
    table = "\n".join([lines[0], *rows]).encode()
    page.set_input_files("#drop input", {"name": "ours.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.locator("#columns fieldset")).to_have_count(15)
    for column, role in _ROLES.items():
        page.get_by_label(f"role of {column}", exact=True).select_option(role)
        expect(page.locator("#text")).to_have_value(re.compile(column))
    expect(page.locator("#verdict")).to_contain_text("Nothing wrong: 36 rows")
    part = page.locator('fieldset[data-column="temp_C"]')
    part.get_by_label("unit").fill("F")
    part.get_by_label("unit").press("Tab")
    expect(part.locator(".error")).to_contain_text("temperature in 'F' is not known")
    expect(page.locator("#train")).to_be_disabled()
    assert_accessible(page)
    part.get_by_label("unit").fill("degC")
    part.get_by_label("unit").press("Tab")
    expect(page.locator("#train")).to_be_enabled()
    page.locator("#text").fill(
        page.locator("#text").input_value() + "warning: '<img src=x onerror=alert(1)>'\n"
    )
    page.locator("#text").press("Tab")
    expect(page.locator("#about-warning")).to_have_value("<img src=x onerror=alert(1)>")
    page.reload()  # what was said is there again
    expect(page.get_by_label("role of temp_C", exact=True)).to_have_value("setpoint")
    expect(page.locator("#train")).to_be_enabled()

    page.click("#train")
    page.locator("#training .bars progress").first.wait_for(timeout=LONG)
    page.reload()  # a reload finds the job again
    page.locator("#card table").first.wait_for(timeout=LONG)
    expect(page.locator("#card")).to_contain_text("Accuracy on held-out data")
    assert page.locator("#card img").count() == 0
    assert_accessible(page)
    assert app.get("/table/models") == {"models": ["ours"]}
    page.click("#ask")
    expect(page.locator("#texts textarea")).to_have_value(re.compile("surrogate: ours"))
    expect(page.locator("#editor .error")).to_have_count(0)
    monkeypatch.chdir(app.folder)
    question = app.folder / "question.yaml"
    question.write_text(page.locator("#texts textarea").input_value(), encoding="utf-8")
    assert load_problem(question).surrogate == "ours"
