"""The screen Ask as a person uses it: dragging, typing, dropping, searching, reloading, going offline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.axe import assert_accessible
from tests.app.conftest import Served, served
from tests.app.waits import LONG, kept, rested, settled, until

pytestmark = pytest.mark.page
MARKUP = "<img src=x onerror=alert(1)>"


def opened(tab: Callable[..., Any], **more: Any) -> Any:
    """Open the screen, without a search behind, and wait for its first answer."""
    page = tab("/ask", **more)
    page.uncheck("#behind")  # first: it begins soon after an answer
    page.wait_for_selector("#tiles", timeout=LONG)
    return page


def number(page: Any) -> float:
    """Return the cost that the first tile shows."""
    return float(page.inner_text("#tiles .tile:first-child strong"))


def test_an_answer_follows_the_sliders(tab: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = opened(tab)
    assert page.inner_text(".lead").startswith("Leach NMC111 with ")
    before = number(page)
    page.focus("#prices-sulfuric-slider")
    settled(page, lambda: page.keyboard.press("End"))
    assert page.get_attribute("#prices-sulfuric-slider", "aria-valuetext") == "0.632 EUR/kg stock, 5 times"
    assert page.input_value("#prices-sulfuric") == "0.632"
    assert number(page) > before
    # dearer still, typed: another acid wins
    settled(page, lambda: page.fill("#prices-sulfuric", "3"))
    assert "hydrochloric" in page.inner_text(".lead") and "sulfuric acid" not in page.inner_text(".lead")
    page.click(".elsewhere summary")
    assert "--price=sulfuric=3" in page.inner_text("#elsewhere pre >> nth=0")
    assert "currency: EUR" in page.inner_text("#elsewhere")
    settled(page, lambda: page.click("text=Reset the prices"))
    assert number(page) == pytest.approx(before, rel=0.1) and "--price" not in page.inner_text("#elsewhere")
    # a slider that is dragged
    rested(page)  # nothing moves on the page meanwhile
    page.locator("#target-Co-slider").scroll_into_view_if_needed()
    box = page.locator("#target-Co-slider").bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    settled(
        page, lambda: page.mouse.move(box["x"] + 0.85 * box["width"], box["y"] + box["height"] / 2, steps=8)
    )
    page.mouse.up()
    assert 75.0 < float(page.input_value("#target-Co")) < 95.0
    assert f"{float(page.input_value('#target-Co')):g} % of Co" == page.get_attribute(
        "#target-Co-slider", "aria-valuetext"
    )
    expect(page.locator("#figures .js-plotly-plot")).to_have_count(2)


def test_an_own_table_of_prices_sets_the_sliders(tab: Callable[..., Any], app: Served) -> None:
    (app.folder / "tables").mkdir(exist_ok=True)
    table = "substance,price [EUR],per\nsulfuric,0.5,kg stock\n"
    (app.folder / "tables" / "ours.prices.csv").write_text(table)
    page = opened(tab)
    page.wait_for_selector("#own-prices option[value=ours]", state="attached")
    settled(page, lambda: page.select_option("#own-prices", "ours"))
    assert page.input_value("#prices-sulfuric") == "0.5"
    settled(page, lambda: page.select_option("#own-prices", ""))
    assert page.input_value("#prices-sulfuric") == "0.126"


def test_a_question_is_found_again(tab: Callable[..., Any]) -> None:
    page = opened(tab)
    settled(page, lambda: page.fill("#target-all", "80"))
    settled(page, lambda: page.select_option("#confidence", "0.8"))
    kept(page, '"confidence":0.8')
    page.reload()
    page.wait_for_selector("#tiles")
    assert page.input_value("#target-Co") == "80" and page.input_value("#confidence") == "0.8"
    assert "Co 80 %" in page.inner_text("#told") and "80 %" in page.inner_text("#told .finding >> nth=0")


def test_an_assay_with_errors_at_their_fields(tab: Callable[..., Any]) -> None:
    page = opened(tab)
    settled(page, lambda: page.check("input[value=assay]"))
    assert re.search(r"Closure \d+\.\d % with the cathode's oxygen", page.inner_text("#part-feed"))
    for wrong in (MARKUP, "=1+1"):
        page.fill("#assay-Co", wrong)
        settled(page, lambda: page.keyboard.press("Tab"))
        block = page.locator("#part-feed .error")
        assert wrong in block.inner_text() and page.locator("img").count() == 0
        assert page.get_attribute("#assay-Co", "aria-describedby") == block.get_attribute("id")
        assert "last answer" in page.inner_text("#standing")
        page.fill("#assay-Co", "6.9")
        page.evaluate("document.getElementById('standing').className = ''")
        settled(page, lambda: page.keyboard.press("Tab"))
        assert page.locator("#part-feed .error").count() == 0
    settled(page, lambda: page.check("input[value=formula]"))
    page.fill("#formula", "LiCoO2")
    settled(page, lambda: page.keyboard.press("Tab"))
    assert page.inner_text(".lead").startswith("Leach LiCoO2") and page.locator("#target-Ni").count() == 0


def test_what_is_out_of_reach_says_what_would_have_to_give(tab: Callable[..., Any]) -> None:
    page = opened(tab)
    settled(page, lambda: page.fill("#target-all", "99.5"))
    settled(page, lambda: page.select_option("#confidence", "0.95"))
    page.wait_for_selector("text=would have to fall", timeout=LONG)
    assert "out of reach" in page.inner_text(".lead") and page.locator("#tiles").count() == 0


def test_a_dropped_problem_becomes_the_question(tab: Callable[..., Any], tmp_path: Path) -> None:
    page = opened(tab)
    problem = (Path(__file__).parents[2] / "problems" / "lco.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(problem.replace("name: LCO", f"name: '{MARKUP}', Co: 1"), "utf-8")
    page.click(".start summary")
    settled(page, lambda: page.set_input_files("#drop input", tmp_path / "mine.yaml"))
    assert page.inner_text(".lead").startswith(f"Leach {MARKUP} with ") and page.locator("img").count() == 0
    (tmp_path / "wrong.yaml").write_text("feed: LCO\nvariables: {acid: nonsense}\n", "utf-8")
    page.set_input_files("#drop input", tmp_path / "wrong.yaml")
    page.wait_for_selector("#drop .error, #drop ~ .error, #question .error")
    assert "line" in page.inner_text("#question .error")


def test_a_search_behind_teaches_the_answer(tab: Callable[..., Any], app: Served) -> None:
    def jobs() -> set[str]:
        return {job["id"] for job in app.get("/jobs?screen=ask")["jobs"]}

    before = jobs()
    page = opened(tab)
    settled(page, lambda: page.fill("#target-all", "85"))
    page.check("#behind")
    page.wait_for_selector("#searching .bars progress", timeout=LONG)
    first = page.get_attribute("#searching .job", "data-job")
    # another question: what is unfinished is cancelled and removed; the next search waits until that was read
    held: list[Any] = []
    page.route("**/ask/jobs/search", lambda route: held.append(route))
    with page.expect_request("**/ask/jobs/search", timeout=LONG):
        settled(page, lambda: page.fill("#target-all", "75"))
    page.wait_for_selector("#searching >> text=was cancelled")
    held[0].continue_()
    page.wait_for_selector(f'#searching .job:not([data-job="{first}"])')
    page.wait_for_selector("#searching >> text=Open the front", timeout=LONG)
    page.wait_for_selector("#standing >> text=from searches", timeout=LONG)
    id = page.get_attribute("#searching .job", "data-job")
    assert page.get_attribute("#searching a", "href") == f"/front?job={id}"
    until(lambda: jobs() - before == {id})
    # a reload finds it
    page.reload()
    page.wait_for_selector("#searching >> text=Open the front", timeout=LONG)


def test_the_full_answer_is_a_job_with_its_cards(tab: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = opened(tab)
    for acid in ("hydrochloric", "nitric", "lactic", "citric"):
        settled(page, lambda acid=acid: page.uncheck(f"input[name=acid][value={acid}]"))
    page.click("#full")
    page.wait_for_selector("#following .job")
    expect(page).to_have_url(re.compile("job="))
    page.reload()  # the job goes on, and is found
    page.wait_for_selector("#report .card", timeout=LONG)
    assert page.locator("#report section.card").count() > 4
    assert "sulfuric" in page.inner_text("#report .lead >> nth=0")


def test_offline_the_last_answer_stays_and_says_so(browser: Any, tmp_path: Path) -> None:
    from tests.app.conftest import TOKEN

    with served(tmp_path / "workspace") as own:
        page = browser.new_context().new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{own.address}/ask?token={TOKEN}")
        page.uncheck("#behind")
        rested(page)
        lead = page.inner_text(".lead")
        own.process.terminate()
        own.process.wait(timeout=60)
        settled(page, lambda: page.fill("#target-all", "81"))
        assert "does not answer" in page.inner_text("#standing") and page.inner_text(".lead") == lead
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_with_an_answer(tab: Callable[..., Any], scheme: str) -> None:
    page = opened(tab, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('#question details').forEach((one) => { one.open = true; })")
    rested(page)
    assert_accessible(page)
    settled(page, lambda: page.fill("#target-all", "150"))
    assert page.locator("#part-targets .error").count() == 1
    assert_accessible(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits(tab: Callable[..., Any], width: int) -> None:
    page = opened(tab, width=width)
    rested(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_question_in_the_address_is_only_read(tab: Callable[..., Any]) -> None:
    import base64

    asked = {"problem": {"feed": MARKUP, "surrogate": "../../etc", "variables": {}}, "prices": {"--out": 1}}
    packed = base64.urlsafe_b64encode(json.dumps(asked).encode()).decode().rstrip("=")
    page = tab(f"/ask?q={packed}")
    page.wait_for_selector(".error")
    assert "no yield model" in page.inner_text(".error") and page.locator("img").count() == 0


def test_a_question_that_cannot_be_asked_is_told_and_left_behind_by_a_reload(tab: Callable[..., Any]) -> None:
    page = opened(tab)
    settled(page, lambda: (page.fill("#mass", "-5"), page.press("#mass", "Tab")))
    assert "mass = -5" in page.inner_text("#part-feed .error")
    kept(page, '"mass":-5')
    page.reload()
    page.wait_for_selector("#tiles")
    assert page.input_value("#mass") == "1000"
    assert page.inner_text("#question > .error").startswith("What was asked before cannot be asked: mass")


def test_an_answer_on_its_way_leaves_a_refusal_that_came_meanwhile(tab: Callable[..., Any]) -> None:
    page = opened(tab)
    held = []
    page.route("**/ask/live", lambda route: held.append(route))
    with page.expect_request(
        lambda one: one.url.endswith("/ask/live") and "formula" in (one.post_data or "")
    ):
        page.check("input[value=formula]")
    page.fill("#formula", "LiXx")
    page.press("#formula", "Tab")
    page.wait_for_selector("#part-feed .error")
    held[-1].continue_()
    page.wait_for_selector("#answer:not([aria-busy])", timeout=LONG)
    assert "no formula" in page.inner_text("#part-feed .error")
    assert page.inner_text("#standing").startswith("The question cannot be answered")


def test_a_question_that_got_no_answer_is_asked_again(tab: Callable[..., Any]) -> None:
    page = opened(tab)
    page.evaluate(
        """() => {
          const all = window.fetch;
          window.cutOff = true;
          window.fetch = (path, ...more) => window.cutOff && path === "/ask/live"
            ? Promise.reject(new TypeError("cut off")) : all(path, ...more);
        }"""
    )
    page.fill("#prices-sulfuric", "0.2")
    page.wait_for_selector(".standing.old")
    page.evaluate("window.cutOff = false")
    page.wait_for_selector(".standing:not(.old):not(.working)")
