"""Linked views in a real browser: what is chosen in one stands out in all, and is saved as a file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from optimiser.report.card import Card, Choice, Figure, Table
from optimiser.report.page import draw, page_of
from optimiser.report.run import front_csv
from tests.browser import eventually, opened
from tests.results import page_text, the_front, three_objectives

pytestmark = pytest.mark.page

#: Rows that stand out in a figure, of marks and of lines.
MARKS = """name => {
    const found = new Set(), plot = document.getElementById(name);
    plot.querySelectorAll('.scatterlayer path.point.is-chosen').forEach(mark => {
        found.add(mark.closest('.trace').__data__[0].trace.customdata[mark.__data__.i]);
    });
    const dim = [...plot.querySelectorAll('.scatterlayer path.point.is-chosen')].filter(
        mark => mark.style.opacity === '0.13');
    if (dim.length) { return 'chosen marks are dim'; }
    return [...found].sort((a, b) => a - b);
}"""
LINES = """name => {
    const found = new Set(), plot = document.getElementById(name);
    plot.data.filter(t => (t.meta || {}).lines === 'chosen').forEach(
        t => (t.customdata || []).forEach(row => found.add(row)));
    return [...found].sort((a, b) => a - b);
}"""
TICKED = """[...document.querySelectorAll('#front-table tr.chosen')]
    .map(row => Number(row.dataset.row)).sort((a, b) => a - b)"""
CHOSEN = "LeachingPage.chosen()"
SAID = ".chosen-bar [role='status']"
#: Where the mark of a row stands in a figure, in pixels of the window.
PLACE = """([name, row, at]) => {
    const plot = document.getElementById(name), full = plot._fullLayout;
    const trace = plot.data.find(t => (t.customdata || []).includes(row));
    const k = trace.customdata.indexOf(row) + at;
    const box = plot.querySelector('.nsewdrag').getBoundingClientRect();
    const shown = plot._fullData[plot.data.indexOf(trace)];
    return [box.left + full.xaxis.d2p(shown.x[k]), box.top + full.yaxis.d2p(shown.y[k])];
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("choice") / "report.html"
    path.write_text(page_text(three_objectives()), encoding="utf-8")
    return path


def place(page: Any, name: str, row: int, at: int = 0) -> tuple[float, float]:
    page.locator(f"#{name}").scroll_into_view_if_needed()
    x, y = page.evaluate(PLACE, [name, row, at])
    return x, y


def assert_everywhere(page: Any, rows: list[int]) -> None:
    """The same designs stand out in each view."""
    assert eventually(page, CHOSEN, rows) == rows
    for name in ("front-0-1", "front-1-2", "yield-yield-Co", "setpoint-time"):
        assert page.evaluate(MARKS, name) == rows, name
    on_acids = page.evaluate(MARKS, "acids-0-1")
    assert set(on_acids) <= set(rows)  # an acid's own front need not have all of the common one
    drawn = f"({LINES})('front-parallel')"
    assert eventually(page, drawn, rows) == rows
    assert page.evaluate(TICKED) == rows


def test_a_click_on_a_mark_chooses_and_escape_clears(report: Path) -> None:
    with opened(report, 1280) as page:
        page.evaluate("window.told = []; addEventListener('leaching:chosen', e => told.push(e.detail.rows))")
        page.mouse.click(*place(page, "front-0-1", 4))
        assert_everywhere(page, [4])
        n = len(the_front(three_objectives()).evaluation)
        dim = "document.querySelectorAll('#front-0-1 path.point[style*=\"opacity: 0.13\"]').length"
        assert page.evaluate(dim) == n - 1
        assert page.locator(SAID).inner_text().startswith("No. 5 is chosen: ")
        page.keyboard.down("Shift")
        page.mouse.click(*place(page, "yield-yield-Co", 8))
        page.keyboard.up("Shift")
        assert_everywhere(page, [4, 8])
        assert page.locator(SAID).inner_text() == f"2 of {n} designs are chosen: no. 5, 9."
        page.keyboard.press("Escape")
        assert_everywhere(page, [])
        assert page.locator(SAID).inner_text() == ""
        assert page.evaluate("told") == [[4], [4, 8], []]


def test_a_box_around_marks_or_on_an_axis_of_lines_chooses(report: Path) -> None:
    with opened(report, 1280) as page:
        page.locator("#front-0-1 .modebar-btn[data-title='Box Select']").click()
        x, y = place(page, "front-0-1", 0)
        page.mouse.move(x - 12, y - 12)
        page.mouse.down()
        page.mouse.move(x + 3, y + 3, steps=4)
        page.mouse.move(x + 6, y + 6, steps=4)
        page.mouse.up()
        assert eventually(page, "LeachingPage.chosen().includes(0)", True)
        assert_everywhere(page, page.evaluate(CHOSEN))
        assert page.evaluate("document.getElementById('front-0-1').layout.selections") in ([], None)
        # the designs with the highest Co yields of all: those that pass through the top of its axis
        yields = front_csv(three_objectives())["yield_Co"]
        page.locator("#front-parallel .modebar-btn[data-title='Box Select']").click()
        axis = 1 + 5 + 3  # acid, setpoints, Li, Ni and Mn come first
        x, top = place(page, "front-parallel", int(yields.idxmax()), axis)
        height = page.evaluate("document.getElementById('front-parallel')._fullLayout.yaxis._length") / 1.1
        page.mouse.move(x - 14, top - 8)
        page.mouse.down()
        page.mouse.move(x, top + 0.1 * height, steps=4)
        page.mouse.move(x + 14, top + 0.25 * height, steps=4)
        page.mouse.up()
        least = yields.max() - 0.25 * (yields.max() - yields.min())
        wanted = [int(row) for row in yields.index[yields >= least]]
        assert 0 < len(wanted) < len(yields)
        assert_everywhere(page, wanted)


def test_rows_of_the_table_are_chosen_by_key_in_any_order_of_sorting(report: Path) -> None:
    with opened(report, 1280) as page:
        heading = page.locator("#front-table th", has_text="recovery").locator("button")
        heading.click()
        heading.click()
        first = page.locator("#front-table tbody tr").first
        row = int(first.get_attribute("data-row"))
        assert row == int(front_csv(three_objectives())["recovery"].idxmax())
        first.locator("input").focus()
        page.keyboard.press("Space")
        assert_everywhere(page, [row])
        page.keyboard.press("Enter")
        assert_everywhere(page, [])
        first.locator("td").nth(2).click()
        assert_everywhere(page, [row])


def test_an_acid_that_is_off_is_off_everywhere_and_cannot_be_chosen(report: Path) -> None:
    with opened(report, 1280) as page:
        acids = front_csv(three_objectives())["acid"]
        page.evaluate("LeachingPage.choose(document, [...Array(100).keys()])")
        assert page.evaluate(CHOSEN) == list(range(len(acids)))
        gone, *_ = sorted(set(acids))
        toggle = page.locator(f".toggles [data-option='{gone}']")
        toggle.focus()
        page.keyboard.press("Enter")
        assert toggle.get_attribute("aria-pressed") == "false"
        left = [int(row) for row in acids.index[acids != gone]]
        assert_everywhere(page, left)
        hidden = "[...document.querySelectorAll('#front-table tr[data-row]')].filter(r => r.hidden).length"
        assert page.evaluate(hidden) == len(acids) - len(left)
        # a figure that is painted anew keeps all of it
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_timeout(0)
        assert_everywhere(page, left)
        toggle.click()
        assert page.evaluate(hidden) == 0


def test_what_is_chosen_is_saved_as_front_csv_has_it(report: Path, tmp_path: Path) -> None:
    with opened(report, 1280) as page:
        page.evaluate("LeachingPage.choose(document, [6, 1])")
        with page.expect_download() as saved:
            page.locator("[name='csv']").click()
        assert saved.value.suggested_filename == "chosen.csv"
        found = pd.read_csv(saved.value.path())
        wanted = front_csv(three_objectives()).iloc[[1, 6]].reset_index(drop=True)
        wanted.to_csv(tmp_path / "wanted.csv", index=False)
        pd.testing.assert_frame_equal(
            found, pd.read_csv(tmp_path / "wanted.csv"), check_exact=True, check_dtype=False
        )


def test_formulas_are_saved_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    acids = ['=HYPERLINK("x")', "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2.5", 'a "b", c']
    frame = pd.DataFrame({"design": range(1, 6), "acid": acids, "cost": [-1.5, 2e-7, float("nan"), 4.0, 5.0]})
    options = tuple((acid, acid, "#0072b2") for acid in acids)
    choice = Choice("c", "acids", options, tuple(acids), tuple(acids), frame)
    marks = go.Figure(go.Scatter(x=[1, 2, 3, 4, 5], y=[1, 2, 3, 4, 5], customdata=[0, 1, 2, 3, 4]))
    blocks = (choice, Figure("f", "f", marks, linked=True), Table("front-table", "t", frame, linked=True))
    pinned = {"product": "p", "version": "0", "written": "2026-01-01"}
    path = tmp_path / "page.html"
    path.write_text(
        page_of([draw(Card("k", "t", blocks=blocks))], pinned, title="t", name="n"), encoding="utf-8"
    )
    with opened(path, 1280) as page:
        page.evaluate("LeachingPage.choose(document, [0, 1, 2, 3, 4])")
        with page.expect_download() as saved:
            page.locator("[name='csv']").click()
        with Path(saved.value.path()).open(encoding="utf-8", newline="") as file:
            _, *rows = csv.reader(file)
    assert [row[1] for row in rows] == ["'" + acids[0], "'" + acids[1], "'" + acids[2], "-2.5", acids[4]]
    assert [row[2] for row in rows] == ["-1.5", "2e-7", "", "4", "5"]
