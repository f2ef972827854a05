"""What a newcomer does with the app, from the first question to a report that is kept.

With TOUR=docs/images/tour.webp it becomes the film of the documentation (`make tour`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.film import SIZE, Film
from tests.app.waits import LONG, loaded, rested, settled
from tests.plants import less_manganese, write

pytestmark = pytest.mark.page


def shown(page: Any, selector: str) -> None:
    """Bring a part of the page to the top of the window, its figures drawn."""
    part = page.locator(selector).first
    part.wait_for()
    part.evaluate(
        "one => { scrollTo({ top: one.getBoundingClientRect().top + scrollY - 14, behavior: 'instant' }); }"
    )


def cost(page: Any) -> float:
    """Return the cost that the answer tells when it has rested, EUR per kg of metal."""
    rested(page)
    return float(page.locator("#tiles .tile", has_text="cost").first.locator("strong").text_content())


def test_a_newcomer_walks_from_a_question_to_a_report(
    tab: Callable[..., Any], shared_data: Path, tmp_path: Path
) -> None:
    film = Film()
    page = tab("/ask", width=SIZE[0])
    page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
    page.locator("#tiles").wait_for(timeout=LONG)
    film.step(page, "The cheapest way to leach NMC111: an answer as soon as the page is open")
    settled(page, lambda: page.fill("#target-all", "90"))
    expected = cost(page)
    film.step(page, "90 % of every metal: the answer follows while you drag or type")
    settled(page, lambda: page.select_option("#confidence", "0.8"))
    assert cost(page) > expected, "certainty costs"
    film.step(page, "More certainty: each target holds with 80 % confidence, and costs more")
    shown(page, "#more-costs")
    film.step(page, "What more yield and more certainty would cost")
    shown(page, "#against")
    assert page.locator("#acids tbody tr").count() >= 2
    film.step(page, "The acids against each other")
    settled(page, lambda: page.select_option("#confidence", index=0))
    page.locator("#part-prices").evaluate("part => { part.open = true; }")
    before = page.locator("#acids tbody tr td, #acids tbody tr th").first.text_content()
    settled(page, lambda: page.fill("#prices-sulfuric", "2"))
    shown(page, "#part-prices")
    film.step(page, "Another price of sulfuric acid: all known designs are ranked anew at once")
    after = page.locator("#acids tbody tr td, #acids tbody tr th").first.text_content()
    assert before == "sulfuric" and after != "sulfuric"
    settled(page, lambda: page.get_by_role("button", name="Reset the prices").click())
    page.click("#search")  # it may have begun by itself
    shown(page, "#behind-title")
    page.locator("#searching svg circle").nth(2).wait_for(state="attached", timeout=LONG)
    film.step(page, "A search goes on behind, with its hypervolume and its growing front")
    page.locator("#searching >> text=Open the front").wait_for(timeout=LONG)
    shown(page, "#behind-title")
    film.step(page, "When it has ended, its designs improve the answer, and its front opens")
    page.locator("#elsewhere summary").first.click()
    shown(page, "#elsewhere")
    film.step(page, "The same on the command line: the command and the YAML of this question")
    shown(page, "#behind-title")
    page.locator("#searching >> text=Open the front").click()

    page.wait_for_url("**/front?job=*")
    loaded(page)
    page.locator(".js-plotly-plot").first.wait_for()
    page.evaluate("scrollTo(0, 0)")
    film.step(page, "Front: the report of the search, with tools to choose, pin and keep")
    shown(page, "#front")
    page.evaluate("LeachingPage.choose(document.getElementById('cards'), [2, 3, 4])")
    film.step(page, "What is chosen in one view stands out in all: front, parallel coordinates, table")
    page.evaluate("LeachingPage.choose(document.getElementById('cards'), [0])")
    page.click("#pin")
    page.evaluate("LeachingPage.choose(document.getElementById('cards'), [5])")
    page.click("#pin")
    page.locator(".pins thead th").nth(2).wait_for()
    film.step(page, "Pinned designs stand side by side")
    page.locator("#choosing summary").click()
    page.select_option("#choose select[name=recovery]", "improve")
    page.select_option("#choose select[name=cost]", "relax")
    page.locator("#choose button:not([type])").click()
    page.locator("#chosen button").first.wait_for()
    page.locator("#chosen").scroll_into_view_if_needed()
    film.step(page, "Improve recovery, and let the cost rise by a tenth for it")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Report", exact=True).click()
    assert Path(kept.value.path()).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    film.step(page, "The report is one file that works without the app: keep it, send it")

    page.goto(page.url.split("/front")[0] + "/predict")
    page.set_input_files("#drop input", shared_data / "CaseStudy2.xlsx")
    page.locator("#grid table").wait_for()
    film.step(page, "Predict: the Toolkit's CaseStudy2 workbook is dropped and checked row by row")
    page.click("#run")
    page.locator("#cards .card").first.wait_for(timeout=LONG)
    shown(page, "#cards .card")
    film.step(page, "Its yields, costs and impacts, with intervals")
    page.locator("#cards figure").first.scroll_into_view_if_needed()
    film.step(page, "The scenarios against each other")

    page.goto(page.url.split("/predict")[0] + "/results")
    page.locator("#drop input").wait_for(state="attached")
    page.set_input_files("#drop input", write(less_manganese(), tmp_path / "our-results.csv"))
    page.locator("#grid table").wait_for()
    page.fill("#name", "my-plant")
    shown(page, "#form")
    film.step(page, "Own results: nine experiments of a plant that leaches less manganese")
    page.click("#learn")
    page.locator("#cards .card").first.wait_for(timeout=LONG)
    shown(page, "#cards .card")
    film.step(page, "What they teach: how this plant differs from the published laboratories")
    page.select_option("#problem", "nmc622")
    page.select_option("#surrogate", "my-plant")
    page.fill("#n", "3")
    page.click("#ask")
    page.locator("#next ol.experiments").wait_for(timeout=LONG)
    shown(page, "#next")
    film.step(page, "What to measure next, with a sheet for the laboratory")

    for path, selector, said in (
        ("table", "#content", "Any table: a yield model from a table of your own"),
        ("tables", "#content table", "Tables: every number with its source, to edit and keep as your own"),
        ("runs", "#content table", "Runs: all that was computed here, to open, compare and ask again"),
    ):
        page.goto(page.url.rsplit("/", 1)[0] + f"/{path}")
        page.locator(selector).first.wait_for()
        film.step(page, said)
    page.locator("#theme").click()
    film.step(page, "Light or dark. On this machine alone: no account, no network")
    assert 90.0 < sum(film.seconds) < 150.0, "about two minutes"
    if target := os.environ.get("TOUR"):
        film.write(Path(target))
