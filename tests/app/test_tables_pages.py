"""Predict, Scenarios and Own results as users do them: drop, correct, run, reload, print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.app.axe import assert_accessible
from tests.app.conftest import Served
from tests.app.waits import LONG
from tests.plants import less_manganese, write

pytestmark = pytest.mark.page

CASE_STUDY = Path(__file__).parents[2].parent / "shared" / "data" / "CaseStudy2.xlsx"
HEAD = "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time,note"
MARKUP = "<img src=x onerror=alert(1)>"


def said(page: Any) -> str:
    """Return what stands above the rows."""
    return str(page.inner_text(".grid-said"))


def words(page: Any, selector: str) -> str:
    """Return the text of an element, with plain spaces."""
    return " ".join(page.text_content(selector).split())


def correct(page: Any, row: int, column: int, text: str, corrected: int) -> None:
    """Type into a cell as a user does, and wait until so many are told to be corrected."""
    page.click(f'[data-row="{row}"][data-column="{column}"]')
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_selector(f".grid-said >> text={corrected} corrected")


def test_mistakes_are_corrected_in_place_and_predicted(
    tab: Callable[..., Any], app: Served, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        f"{HEAD}\nsulfuric,60,2,1,50,60,{MARKUP}\nsulphurik,70,2,1,50,60,=1+1\nHCl,600,2,0,50,60,\n"
    )
    page = tab("/predict")
    page.set_input_files("#drop input", path)
    # nothing says which cathode is leached: told at the field, beside the cells that are wrong
    page.wait_for_selector("#feed[aria-invalid]")
    page.select_option("#feed", "NMC111")
    page.wait_for_selector('[data-row="3"][data-column="0"][aria-invalid="true"]')
    assert page.locator("tr.mistake").count() == 2
    assert "did you mean 'sulphuric'?" in page.inner_text("#wrong-3")
    assert page.is_disabled("#run")
    assert_accessible(page)
    correct(page, 3, 0, "sulfuric", 1)
    correct(page, 4, 1, "60", 2)
    page.wait_for_selector("#run:not([disabled])")
    assert said(page) == "3 rows: nothing wrong with it; 2 corrected, the file stays as it was."
    page.click("#run")
    page.wait_for_selector("#cards .card", timeout=LONG)
    job = page.url.split("job=")[1]
    with page.expect_download() as download:
        page.click("text=Download XLSX")
    predicted = pd.read_excel(download.value.path(), sheet_name=0)
    assert len(predicted) == 3
    page.reload()
    page.wait_for_selector("#cards .card", timeout=LONG)
    page.wait_for_selector(".grid-said >> text=2 corrected, the file stays as it was.")
    stored = pd.read_csv(app.folder / "jobs" / job / "table.csv")
    assert stored["acid"].tolist() == ["sulfuric", "sulfuric", "HCl"]
    assert page.locator("img[src='x']").count() == 0


def test_cells_are_reached_and_left_by_keys(tab: Callable[..., Any], tmp_path: Path) -> None:
    from playwright.sync_api import expect

    path = tmp_path / "keys.csv"
    path.write_text(f"{HEAD}\nsulfuric,60,2,1,50,60,\nHCl,600,2,0,50,60,\n")
    page = tab("/predict")
    page.set_input_files("#drop input", path)
    page.wait_for_selector("#form:not([hidden])")
    page.select_option("#feed", "NMC111")
    page.wait_for_selector("#feed:not([aria-invalid])")
    page.click("text=Next mistake")
    focused = page.locator(":focus")
    assert (focused.get_attribute("data-row"), focused.get_attribute("data-column")) == ("3", "1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert (focused.get_attribute("data-row"), focused.get_attribute("data-column")) == ("2", "2")
    page.keyboard.press("Enter")
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    assert focused.text_content() == "2"
    page.check("text=Only rows with mistakes")
    expect(page.locator("tbody tr:not(.mistake)")).to_have_count(1)


@pytest.mark.data
@pytest.mark.skipif(not CASE_STUDY.is_file(), reason="needs the Toolkit's workbook")
def test_the_toolkits_workbook_is_predicted_as_it_is(tab: Callable[..., Any]) -> None:
    page = tab("/predict")
    page.set_input_files("#drop input", CASE_STUDY)
    page.wait_for_selector("#run:not([disabled])")
    assert said(page) == "6 rows: nothing wrong with it."
    page.click("#run")
    page.wait_for_selector("#cards .card", timeout=LONG)
    assert "6 scenarios of NMC111, which differ in acid" in words(page, "#cards")


def test_scenarios_go_on_to_predict(tab: Callable[..., Any]) -> None:
    page = tab("/scenarios")
    page.wait_for_selector("#preview table")
    assert page.inner_text("#count") == "28 rows: 2 acids × 14 temperatures."
    time = '[data-condition="time"] .values input'
    page.fill(time, "30, x")
    page.wait_for_selector(".error")
    assert "Time 'x' is not a number." in page.inner_text(".error")
    assert page.is_disabled("#predict")
    page.fill(time, "30, 60")
    page.wait_for_selector("#predict:not([disabled])")
    assert page.inner_text("#count") == "56 rows: 2 acids × 14 temperatures × 2 times."
    page.click("#predict")
    page.wait_for_url("**/predict?table=*", timeout=LONG)
    page.wait_for_selector("#run:not([disabled])")
    assert said(page) == "56 rows: nothing wrong with it."
    page.go_back()
    page.wait_for_selector("#downloads a", timeout=LONG)
    assert page.input_value(time) == "30,60"


def test_results_teach_and_can_be_forgotten_and_taken_back(
    tab: Callable[..., Any], app: Served, tmp_path: Path
) -> None:
    table = less_manganese().assign(note=MARKUP, batch="=1+1")
    page = tab("/results")
    page.wait_for_selector("#models .empty")
    page.set_input_files("#drop input", write(table, tmp_path / "plant.csv"))
    page.wait_for_selector("#learn:not([disabled])")
    page.click("#learn")
    page.wait_for_selector("#name[aria-invalid]")
    page.fill("#name", "my-plant")
    page.wait_for_selector("#name:not([aria-invalid])")
    page.click("#learn")
    page.wait_for_selector("#cards .card", timeout=LONG)
    # the plant leaches 11 points less manganese by its making
    assert "Your plant leaches Mn 11 points less than the literature model says" in words(page, "#cards")
    files = app.folder / "jobs" / page.url.split("job=")[1] / "report"
    assert "'=1+1" in set(pd.read_csv(files / "results.csv")["batch"])  # no formula to a spreadsheet
    boxes = page.locator(".one-row")
    assert boxes.count() == 9
    boxes.nth(0).check()
    boxes.nth(3).check()
    page.click("text=Forget 2 chosen results")
    page.locator("#one-about", has_text="7 results of 7 experiments").wait_for(timeout=LONG)
    page.wait_for_selector("#cards .card", timeout=LONG)
    page.click("#undo")
    page.locator("#one-about", has_text="9 results of 9 experiments").wait_for(timeout=LONG)
    page.reload()
    page.wait_for_selector("#cards .card", timeout=LONG)
    page.click("#add")
    page.set_input_files(
        "#drop input", write(table.assign(temperature=table["temperature"] + 5), tmp_path / "more.csv")
    )
    page.wait_for_selector("#learn:not([disabled])")
    page.click("text=Add to my-plant")
    page.locator("#one-about", has_text="18 results of 18 experiments").wait_for(timeout=LONG)
    assert page.locator("img[src='x']").count() == 0

    page.select_option("#problem", "nmc622")
    page.select_option("#surrogate", "my-plant")
    page.fill("#n", "2")
    page.click("#ask")
    page.wait_for_selector(".experiments li", timeout=LONG)
    assert page.locator(".experiments li").count() == 2
    assert "18 of your own results" in page.inner_text("#next")
    assert_accessible(page)
    with page.expect_download() as download:
        page.click("text=Download the laboratory sheet")
    assert pd.read_excel(download.value.path(), sheet_name="results")["experiment"].tolist() == [1, 2]
    page.click("text=Print it")
    page.wait_for_selector(".labsheet article")
    assert_accessible(page)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1017})  # A4 without its margins, at 96 px per inch
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert not page.is_visible("nav")
    assert not page.is_visible("#print")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dropped_tables_fit_a_phone(tab: Callable[..., Any], tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(f"{HEAD}\nsulphurik,60,2,1,50,60,{'x' * 400}\n")
    page = tab("/predict", width=390, color_scheme=scheme)
    page.set_input_files("#drop input", path)
    page.wait_for_selector("#form:not([hidden])")
    page.select_option("#feed", "LCO")
    page.wait_for_selector("tr.mistake")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert_accessible(page)


def test_a_problem_of_ones_own_and_a_missing_one_are_told(tab: Callable[..., Any], tmp_path: Path) -> None:
    page = tab("/results")
    page.click("#ask")
    page.wait_for_selector("#problem[aria-invalid]")
    problem = tmp_path / "mine.yaml"
    problem.write_text(f'name: mine\nfeed: "{MARKUP}"\n')
    held: list[Any] = []
    page.route("**/uploads?*", lambda route: held.append(route))
    with page.expect_request("**/uploads?*"):
        page.set_input_files("#problem-drop input", problem)
    page.click("#ask")  # while the file is on its way: asked once it has arrived
    held[0].continue_()
    page.wait_for_selector("#next-progress .error", timeout=LONG)
    assert page.locator("img[src='x']").count() == 0
