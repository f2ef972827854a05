"""Cards come alive and are put to rest again; figures take the page's looks, and light ones on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser import eventually, opened
from tests.results import page_text, trade_off

pytestmark = pytest.mark.page

DRAWN = "document.querySelectorAll('.plot.js-plotly-plot').length"
#: The colour of the marks of the first acid, and that of the texts beside the axes.
COLOURS = """(() => {
    const of = selector => document.querySelector('#front-0-1 ' + selector);
    return [of('.scatterlayer .point').style.fill, of('.xtick text').style.fill];
})()"""
LIGHT = ["rgb(0, 114, 178)", "rgb(27, 39, 48)"]
DARK = ["rgb(74, 163, 232)", "rgb(230, 237, 242)"]
#: Ground and ink of a card.
CARD = """(() => {
    const looks = getComputedStyle(document.querySelector('.card'));
    return [looks.backgroundColor, looks.color];
})()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("life") / "report.html"
    path.write_text(page_text(trade_off()), encoding="utf-8")
    return path


def first_costs(page: Any) -> str:
    return page.locator("#front-table tbody tr td").first.inner_text()


def test_cards_put_into_another_page_are_set_up_and_undone(report: Path) -> None:
    with opened(report, 1280) as page:
        wanted = page.evaluate(DRAWN)
        page.evaluate("LeachingPage.stop()")
        assert page.evaluate(DRAWN) == 0 and page.locator(".main-svg").count() == 0
        heading = page.locator("#front-table th button").first
        before = first_costs(page)
        heading.click()
        heading.click()
        assert first_costs(page) == before  # nothing listens any more
        # as an application does: the cards move into an element of its own, and are set up there
        page.evaluate(
            """() => {
                const shell = document.createElement('div');
                shell.id = 'shell';
                shell.append(document.querySelector('main'));
                document.body.append(shell);
                LeachingPage.start(shell);
            }"""
        )
        assert page.evaluate(DRAWN) == wanted
        heading.click()
        heading.click()
        assert first_costs(page) != before
        # once more: nothing is set up twice
        page.evaluate("LeachingPage.start(document.getElementById('shell'))")
        assert page.evaluate(DRAWN) == wanted
        assert page.locator("#front-0-1 .modebar").count() == 1
        heading.click()
        assert page.locator("#front-table th").first.get_attribute("aria-sort") == "ascending"


def test_figures_follow_the_looks_of_the_page_and_keep_what_the_reader_did(report: Path) -> None:
    with opened(report, 1280) as page:
        assert page.evaluate(COLOURS) == LIGHT
        assert page.evaluate(CARD) == ["rgb(255, 255, 255)", "rgb(27, 39, 48)"]
        page.locator("#acids button.scale").click()
        page.emulate_media(color_scheme="dark")
        assert eventually(page, COLOURS, DARK) == DARK
        assert page.evaluate(CARD) == ["rgb(24, 32, 40)", "rgb(230, 237, 242)"]
        assert page.evaluate("document.getElementById('acids-0-1')._fullLayout.xaxis.type") == "linear"
        # asked for by name, whatever the system has
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        assert eventually(page, COLOURS, LIGHT) == LIGHT
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert eventually(page, COLOURS, DARK) == DARK
        # paper is light
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(COLOURS) == LIGHT
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(COLOURS) == DARK
        page.emulate_media(media="print")
        assert page.evaluate(CARD)[1] == "rgb(27, 39, 48)"
