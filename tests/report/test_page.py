"""The page: its text, and in headless Chromium with the network cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimiser.report.card import Card, Table
from optimiser.report.page import draw, joined, rows, shown_columns
from tests.browser import eventually, find_browser
from tests.results import impossible, page_text, single, the_front, three_objectives, trade_off

CHROMIUM = find_browser()
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def test_the_page_holds_everything_itself() -> None:
    text = page_text(trade_off())
    assert text.startswith("<!DOCTYPE html>") and '<html lang="en">' in text
    assert "<title>NMC111: minimise cost, maximise recovery</title>" in text
    assert "Content-Security-Policy" in text
    assert len(text.encode()) < 2.5e6
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert not re.search(r"<(link|img|iframe|script)\b[^>]*(src|href)=", markup)
    assert "url(" not in markup and "@import" not in markup
    assert len(re.findall(r"<h1\b", markup)) == 1
    for anchor in re.findall(r'href="#([^"]+)"', markup):
        assert f'id="{anchor}"' in markup
    ids = re.findall(r'\bid="([^"]+)"', markup)
    assert len(ids) == len(set(ids))


def test_what_a_user_writes_is_text_not_markup() -> None:
    card = Card("k", "<script>alert(1)</script>", finding=("a <b> & c",))
    html = draw(card)[1]
    assert "&lt;script&gt;" in html and "a &lt;b&gt; &amp; c" in html


def test_cells_sort_by_their_value_and_marks_stand_with_confidence() -> None:
    frame = pd.DataFrame(
        {
            "cost": [10.0, float("nan")],
            "cost_low": [9.0, 0.0],
            "cost_high": [11.0, 0.0],
            "confidence": ["C", "B"],
            "flags": ["older than 2020, confidence C", ""],
            "knee": [True, False],
        }
    )
    table = Table("t", "", frame, minor=("cost",))
    assert shown_columns(table) == ["cost", "confidence", "knee"]
    (first_is_knee, first), (second_is_knee, second) = rows(table)
    assert first_is_knee and not second_is_knee
    assert (first[0].text, first[0].key, first[0].kind) == ("10.00 (9.00–11.00)", "10.0", "number minor")
    assert first[1].badges == ("older than 2020", "confidence C")
    assert (second[0].text, second[0].key) == ("–", "")
    assert (second[1].text, second[1].badges) == ("B", ())


def test_numbers_stay_with_their_units() -> None:
    assert joined("at 60 °C for 5 min, Li 94 % (88–100)") == (
        "at 60\u00a0°C for 5\u00a0min, Li\u00a094\u00a0% (88\u2060–\u2060100)"
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Opened:
    """A page in the browser, with what went wrong on it."""

    def __init__(self, browser: Any, path: Path, width: int) -> None:
        self.faults: list[str] = []
        self.tab = browser.new_page(viewport={"width": width, "height": 900})
        self.tab.route("**/*", self._allow_files_only)
        self.tab.on("console", lambda message: self._heard(message))
        self.tab.on("pageerror", lambda error: self.faults.append(str(error)))
        self.tab.goto(path.as_uri())
        self.tab.wait_for_selector("#run-table", state="attached")

    def _allow_files_only(self, route: Any) -> None:
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.faults.append(f"asked the network for {route.request.url}")
            route.abort()

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def eventually(self, expression: str, wanted: object) -> object:
        return eventually(self.tab, expression, wanted)

    def close(self) -> None:
        self.tab.close()
        assert self.faults == []


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for make in (trade_off, single, three_objectives, impossible):
        found[make.__name__] = folder / f"{make.__name__}.html"
        found[make.__name__].write_text(page_text(make()), encoding="utf-8")
    return found


@pytest.mark.page
@pytest.mark.parametrize("name", ["trade_off", "single", "three_objectives", "impossible"])
def test_figures_are_drawn_and_fit_a_phone_and_a_desk(
    browser: Any, files: dict[str, Path], name: str
) -> None:
    opened = Opened(browser, files[name], 390)
    opened.tab.locator("#appendix > summary").click()
    wanted = opened.tab.locator(".plot").count()
    assert wanted >= (0 if name == "impossible" else 5)
    drawn = "document.querySelectorAll('.plot.js-plotly-plot .main-svg:first-child').length"
    assert opened.eventually(drawn, wanted) == wanted
    assert opened.tab.locator(".error").count() == 0
    for width in (390, 1280):
        opened.tab.set_viewport_size({"width": width, "height": 900})
        assert opened.eventually(TOO_WIDE, []) == []
        assert opened.tab.evaluate("document.documentElement.scrollWidth") <= width
    opened.close()


#: Best columns of the acids that stick out of the box of their table.
OUT_OF_SIGHT = """(() => {
    const box = document.querySelector('#acid-verdicts').closest('.table-box');
    const right = box.getBoundingClientRect().right;
    return [...document.querySelectorAll('#acid-verdicts th')].filter(head =>
        head.textContent.trim().startsWith('best') && head.getBoundingClientRect().right > right
    ).map(head => head.textContent);
})()"""


@pytest.mark.page
def test_a_phone_shows_the_best_of_each_acid(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 390)
    assert opened.tab.locator("#acid-verdicts th", has_text="best").count() == 2
    assert opened.tab.evaluate(OUT_OF_SIGHT) == []
    opened.close()


@pytest.mark.page
def test_the_appendix_opens_by_key_and_by_link_and_is_drawn_then(
    browser: Any, files: dict[str, Path]
) -> None:
    opened = Opened(browser, files["trade_off"], 1280)
    figures = "document.querySelectorAll('#appendix .js-plotly-plot').length"
    assert not opened.tab.locator("#run-table").is_visible() and opened.tab.evaluate(figures) == 0
    opened.tab.locator("#appendix > summary").focus()
    opened.tab.keyboard.press("Enter")
    assert opened.tab.locator("#run-table").is_visible()
    assert opened.eventually(figures, 3) == 3
    opened.tab.keyboard.press("Enter")
    assert not opened.tab.locator("#run-table").is_visible()
    opened.tab.evaluate("location.hash = 'sources'")
    opened.tab.wait_for_selector("#sources-table")
    opened.close()


@pytest.mark.page
def test_figures_zoom_and_are_saved_as_files_by_key(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 1280)
    buttons = "#front-0-1 .modebar-btn"
    titles = [button.get_attribute("data-title") for button in opened.tab.locator(buttons).all()]
    assert titles == ["Box Select", "Lasso Select", "Zoom", "Reset axes", "Download PNG", "Download SVG"]
    with_png = opened.tab.locator(".plot:not(.legend) .modebar-btn[data-title='Download PNG']").count()
    assert with_png == opened.tab.locator(".plot.js-plotly-plot:not(.legend)").count() > 10
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<svg")):
        opened.tab.locator(f"{buttons}[data-title='Download {kind.upper()}']").focus()
        with opened.tab.expect_download() as saved:
            opened.tab.keyboard.press("Enter")
        assert saved.value.suggested_filename == f"front-0-1.{kind}"
        assert Path(saved.value.path()).read_bytes().startswith(start)
    opened.close()


@pytest.mark.page
def test_a_button_makes_a_logarithmic_axis_linear_and_back(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 1280)
    kind = "document.getElementById('acids-0-1')._fullLayout.xaxis.type"
    assert opened.tab.evaluate(kind) == "log"
    button = opened.tab.locator("button.scale[data-plot='acids-0-1']")
    for wanted, text in (("linear", "logarithmic axis"), ("log", "linear axis")):
        button.focus()
        opened.tab.keyboard.press("Enter")
        assert (opened.eventually(kind, wanted), button.inner_text()) == (wanted, text)
    opened.close()


@pytest.mark.page
def test_texts_that_figures_share_reach_each_of_them(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 1280)
    texts = "n => document.getElementById(n).data.find(d => Array.isArray(d.hovertext)).hovertext[0]"
    first = opened.tab.evaluate(texts, "setpoint-temperature")
    assert "mol/L" in first and opened.tab.evaluate(texts, "setpoint-time") == first
    opened.close()


#: Figures that do not fill their card, or stick out of it.
TOO_WIDE = """[...document.querySelectorAll('.plot')].filter(plot => {
    const drawn = plot.querySelector('.main-svg').getBoundingClientRect().width;
    return Math.abs(drawn - plot.getBoundingClientRect().width) > 1
        || (plot.closest('.across') || plot).getBoundingClientRect().right
            > plot.closest('.card').getBoundingClientRect().right;
}).map(plot => plot.id)"""


@pytest.mark.page
def test_every_design_of_the_front_is_a_mark_with_its_text(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 1280)
    marks = opened.tab.locator("#front-0-1 .scatterlayer .point")
    assert (
        marks.count() == len(the_front(trade_off()).evaluation) + 2
    )  # and what rings the knee and the answer
    opened.tab.locator("#front").scroll_into_view_if_needed()
    box = marks.first.bounding_box()
    opened.tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    opened.tab.wait_for_selector("#front-0-1 .hoverlayer .hovertext")
    said = opened.tab.locator("#front-0-1 .hoverlayer").text_content()
    for part in ("mol/L", "EUR/kg metal", "Co yield", "experiments nearby"):
        assert part in said
    opened.close()


#: What the cost column holds, from top to bottom.
COSTS = """(() => {
    const table = document.querySelector('#front-table');
    const at = [...table.querySelectorAll('th')].findIndex(head => head.textContent.includes('cost'));
    return [...table.querySelectorAll('tbody tr')].map(row => Number(row.cells[at].dataset.key));
})()"""


@pytest.mark.page
def test_the_table_sorts_by_click_and_by_key(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 1280)

    def cost() -> list[float]:
        at = (
            "[...document.querySelectorAll('#front-table th')].findIndex(h => h.textContent.includes('cost'))"
        )
        return list(
            opened.tab.evaluate(
                f"(() => {{ const i = {at}; return [...document.querySelectorAll('#front-table tbody tr')]"
                ".map(r => Number(r.cells[i].dataset.key)); })()"
            )
        )

    head = opened.tab.locator("#front-table th", has_text="cost").first
    start = cost()
    assert start == sorted(start) and len(set(start)) > 1 and head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert (head.get_attribute("aria-sort"), cost()) == ("ascending", sorted(start))
    head.locator("button").click()
    assert (head.get_attribute("aria-sort"), cost()) == ("descending", sorted(start, reverse=True))
    head.locator("button").focus()
    opened.tab.keyboard.press("Enter")
    assert (head.get_attribute("aria-sort"), cost()) == ("ascending", sorted(start))
    other = opened.tab.locator("#front-table th", has_text="support").first
    other.locator("button").click()
    assert head.get_attribute("aria-sort") == "none" and other.get_attribute("aria-sort") == "ascending"
    opened.close()


@pytest.mark.page
def test_print_takes_the_width_of_the_paper_and_gives_it_back(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 1280)
    folded = opened.tab.locator("details:not([open])").count()
    widths = (
        "[...document.querySelectorAll('main > section .plot .main-svg')].map(s => s.width.baseVal.value)"
    )
    before = opened.tab.evaluate(widths)
    opened.tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert max(opened.tab.evaluate(widths)) <= 690 < max(before)
    assert opened.tab.locator("details:not([open])").count() == 0
    assert opened.tab.locator(".plot:not(.js-plotly-plot)").count() == 0
    opened.tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert opened.eventually(f"{widths}.slice(0, {len(before)})", before) == before
    assert opened.tab.locator("details:not([open])").count() == folded > 0
    opened.close()


@pytest.mark.page
def test_the_page_may_not_fetch(browser: Any, files: dict[str, Path]) -> None:
    opened = Opened(browser, files["trade_off"], 1280)
    refused = opened.tab.evaluate("fetch('https://example.org/').then(() => 'fetched', () => 'refused')")
    assert refused == "refused"
    assert any("Content Security Policy" in fault for fault in opened.faults)
    assert not any("asked the network" in fault for fault in opened.faults)
    opened.tab.close()
