"""The screen Front, as a user has it: figures that know each other, choosing, pinning, keeping."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from optimiser.api import choose
from optimiser.app.server import application
from optimiser.app.workspace import opened
from tests.app.axe import assert_accessible
from tests.app.conftest import TOKEN, Served, served
from tests.app.waits import loaded
from tests.command import optimiser

RUN = """
problem: nmc111
search: {population: 40, generations: 30, seeds: [1]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which a search has ended."""
    found = tmp_path_factory.mktemp("front") / "workspace"
    opened(found)
    job = found / "jobs" / "0001"
    job.mkdir()
    (job / "run.yaml").write_text(RUN)
    done = optimiser("run", "jobs/0001/run.yaml", "--out", "jobs/0001/report", cwd=found)
    assert done.returncode == 0, done.stderr
    stored = {
        "id": "0001",
        "screen": "runs",
        "title": "a run <img src=x onerror=alert(1)>",
        "arguments": ["run", "jobs/0001/run.yaml", "--out", "jobs/0001/report"],
        "state": "done",
    }
    (job / "job.json").write_text(json.dumps(stored))
    return found


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[Served]:
    with served(folder) as found:
        yield found


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    import shutil

    copied = shutil.copytree(folder, tmp_path / "copy")
    app = application(opened(copied), TOKEN, 80)
    with TestClient(app, base_url="http://127.0.0.1", headers={"authorization": f"Bearer {TOKEN}"}) as client:
        yield client


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "jobs/0001/report/front.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_choice_is_that_of_the_command(client: TestClient, folder: Path) -> None:
    first = min(float(row["cost"]) for row in rows_of(folder))
    asked = {
        "job": "0001",
        "improve": ["recovery"],
        "relax": {"cost": round(1.2 * first, 4)},
        "keep": ["climate_change"],
    }
    told = client.post("/front/choose", json={**asked, "keep": []}).json()
    chosen = choose(folder / "jobs/0001/report", improve=["recovery"], relax={"cost": round(1.2 * first, 4)})
    assert told["text"] == chosen.text.splitlines()
    assert told["command"].startswith("optimiser choose jobs/0001/report --improve=recovery --relax=cost=")
    impossible = client.post("/front/choose", json={**asked, "relax": {"recovery": 4000}})
    assert impossible.status_code == 422
    unsaid = client.post("/front/choose", json={**asked, "relax": {"cost": None}})
    assert unsaid.status_code == 422 and unsaid.json()["error"]["key"] == ["cost"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_chosen_rows_are_kept_as_the_front_has_them(client: TestClient, folder: Path, kind: str) -> None:
    rows = rows_of(folder)
    content = client.get(f"/front/export?job=0001&rows=0,2&as={kind}").content
    if kind == "csv":
        kept = list(csv.DictReader(io.StringIO(content.decode())))
    else:
        titles, *values = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
        kept = [dict(zip(titles, row, strict=True)) for row in values]
    assert [row["acid"] for row in kept] == [rows[0]["acid"], rows[2]["acid"]]
    for column in ("temperature", "cost", "yield_Co", "recovery"):
        assert [float(row[column]) for row in kept] == pytest.approx([float(rows[k][column]) for k in (0, 2)])
    assert client.get("/front/export?job=0001&rows=100000&as=csv").status_code == 422
    assert client.get("/front/export?job=0002&as=csv").status_code == 422


@pytest.mark.page
def test_a_design_chosen_in_one_view_stands_out_in_all_and_is_pinned(tab: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = tab("/front?job=0001", width=1440)
    loaded(page)
    assert "<img" in page.locator("#run option:checked").text_content()
    page.evaluate("LeachingPage.choose(document.getElementById('cards'), [0])")
    expect(page.locator("#picked")).to_have_text("Design 1 is chosen.")
    expect(page.locator("#exports a").first).to_have_text("Chosen as CSV")
    page.click("#pin")
    page.evaluate("LeachingPage.choose(document.getElementById('cards'), [3])")
    expect(page.locator("#picked")).to_have_text("Design 4 is chosen.")
    page.click("#pin")
    expect(page.locator(".pins thead th")).to_have_count(3)
    assert page.locator(".pins tr.differs").count() >= 2
    page.reload()
    page.locator(".pins thead th").nth(2).wait_for()
    with page.expect_download() as download:
        page.click("#exports a >> nth=0")
    assert download.value.suggested_filename == "front-0001.csv"


@pytest.mark.page
def test_improve_relax_and_keep_by_keyboard(tab: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = tab("/front?job=0001")
    loaded(page)
    page.focus("#choosing summary")
    page.keyboard.press("Enter")
    page.select_option("#choose select[name=recovery]", "improve")
    page.select_option("#choose select[name=cost]", "relax")
    page.focus("#choose button:not([type])")
    page.keyboard.press("Enter")
    page.locator("#chosen button").first.click()
    expect(page.locator(".pins thead th").nth(1)).to_contain_text("found")
    page.select_option("#choose select[name=recovery]", "")
    page.click("#choose button:not([type])")
    expect(page.locator("#choose .error")).to_contain_text("Nothing is to improve")


@pytest.mark.page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_inside_the_app_is_accessible(tab: Callable[..., Any], scheme: str) -> None:
    page = tab("/front?job=0001", color_scheme=scheme)
    loaded(page)
    page.locator(".js-plotly-plot").first.wait_for()
    assert_accessible(page)


@pytest.mark.parametrize("rows", ["²", "1,²", "-1", "9" * 5000, "1,,2", ","])
def test_rows_that_are_no_numbers_are_refused(client: TestClient, rows: str) -> None:
    answer = client.get("/front/export", params={"job": "0001", "rows": rows})
    assert answer.status_code == 422 and "rows" in answer.json()["error"]["what"]
