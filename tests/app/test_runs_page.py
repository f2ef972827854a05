"""The screen of runs in a browser: a dropped question is run, changed, compared; a sweep is made and read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.axe import assert_accessible
from tests.app.conftest import Served
from tests.app.waits import LONG

pytestmark = pytest.mark.page

_SEARCH = "search: {population: 16, generations: 3, seeds: [1], per_acid: 0}\n"
#: What a careless user might call a question, if it ran as markup.
_EVIL = "<img src=x onerror=alert(1)>"


def _drop(page: Any, name: str, text: str) -> None:
    page.set_input_files(
        "#drop-question input", {"name": name, "mimeType": "text/yaml", "buffer": text.encode()}
    )
    page.locator("#editor").wait_for()


def _done(page: Any) -> None:
    page.locator("#opened-report section").first.wait_for(timeout=LONG)


def test_a_question_is_run_changed_and_compared(tab: Callable[..., Any], app: Served) -> None:
    from playwright.sync_api import expect

    page = tab("/runs")
    expect(page.locator("#history")).to_contain_text("Nothing was computed here yet")
    _drop(page, "ours.yaml", f"description: '{_EVIL}'\nproblem: lco\n{_SEARCH}")
    page.click("#go")
    _done(page)
    first = app.get("/runs/list?words=ours")["rows"][0]
    assert (first["state"], first["search"]) == ("done", True)
    expect(page.locator("#opened-actions a").first).to_have_attribute("href", f"/front?job={first['id']}")
    assert page.locator("img").count() == 0

    page.reload()  # the address holds the job
    _done(page)
    page.get_by_role("button", name="Change and run again").click()
    page.select_option("#one", label="constraints[0].yield.Co, in lco.yaml")
    page.fill("#one-value", "7")
    page.click("#one-change")
    expect(page.locator("#editor .error")).to_contain_text("7")
    page.fill("#one-value", "0.7")
    page.click("#one-change")
    expect(page.locator("#one-done")).to_contain_text("is 0.7 now")

    text = page.locator("#texts textarea").nth(1)
    good = text.input_value()
    text.fill(good.replace("temperature", "temprature"))
    page.click("#go")
    expect(page.locator("#editor .error")).to_contain_text("did you mean 'temperature'?")
    line = good.splitlines().index(next(one for one in good.splitlines() if "temperature" in one))
    chosen = page.evaluate("[document.activeElement.value, document.activeElement.selectionStart]")
    assert chosen[0][: chosen[1]].count("\n") == line  # the line of the mistake is chosen
    text.fill(good)
    page.click("#go")
    expect(page.locator("#opened-about")).to_contain_text(f"from job {first['id']}")
    _done(page)

    boxes = page.get_by_role("checkbox", name="Compare job")
    expect(boxes).to_have_count(2)  # the history follows a moment after the job
    for box in boxes.all():
        box.check()
    page.click("#compare")
    expect(page.locator("#opened-title")).to_contain_text("beside")
    _done(page)
    expect(page.locator("#opened-report")).to_contain_text("0.7")
    assert_accessible(page)


def test_the_history_is_filtered_and_jobs_are_cancelled_and_removed(
    tab: Callable[..., Any], app: Served
) -> None:
    from playwright.sync_api import expect

    page = tab("/runs?job=9999", width=390)  # one that was removed meanwhile
    expect(page.locator("#opened")).to_contain_text("There is no job '9999'")
    page.select_option("#shipped", "problems/nmc811")
    page.locator("#editor").wait_for()
    page.fill("#name", "../up")
    page.click("#go")
    expect(page.locator("#editor .error")).to_contain_text("cannot be the name")
    page.fill("#name", "long-search")
    page.click("#go")
    page.locator("#opened").get_by_role("button", name="Cancel").click()
    expect(page.locator("#opened .job-state")).to_have_text("Cancelled.", timeout=LONG)
    page.get_by_role("searchbox", name="Find").fill("nothing-such")
    expect(page.locator("#history tbody tr")).to_have_count(0)
    page.get_by_role("searchbox", name="Find").fill("long-search")
    expect(page.locator("#history tbody tr")).to_have_count(1)
    page.locator("#history").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="No, leave it").click()
    expect(page.locator("#history tbody tr")).to_have_count(1)
    page.locator("#history").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator("#history tbody tr")).to_have_count(0)
    assert app.get("/runs/list?words=long-search")["found"] == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_sweep_is_made_read_and_two_of_its_runs_compared(tab: Callable[..., Any], app: Served) -> None:
    from playwright.sync_api import expect

    page = tab("/runs")
    sweep = f"base: lco\nset:\n  variables.acid: [citric]\n  {_SEARCH}grid:\n  prices.citric: [0.5, 0.9]\n"
    _drop(page, "two prices.yaml", sweep)
    page.click("#go")
    _done(page)
    expect(page.locator("#opened-report h2").first).to_have_text("The sweep in short")
    link = page.locator("#opened-report a", has_text="runs.csv").first
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_text(encoding="utf-8").count("\n") == 3
    refused = page.request.get(f"{app.address}/runs/store?sweep=../sweeps/two-prices")  # no path is opened
    assert refused.status == 422 and "There is no sweep" in refused.json()["error"]["what"]
    page.select_option("#store-sweep", "two-prices")
    expect(page.locator("#store-count")).to_contain_text("2 runs")
    page.get_by_role("button", name="Show the sweep's report").click()
    expect(page.locator("#opened-title")).to_have_text("Sweep two-prices")
    page.reload()
    expect(page.locator("#opened-report h2").first).to_have_text("The sweep in short")
    page.locator("#opened").get_by_role("button", name="Close").click()
    expect(page.locator("#opened-report")).to_be_empty()
    boxes = page.locator("#store").get_by_role("checkbox")
    expect(boxes).to_have_count(2)
    for box in boxes.all():
        box.check()
    page.click("#store-compare")
    expect(page.locator("#store-one")).to_contain_text("citric")
    page.locator("#store button.link").first.click()
    expect(page.locator("#store-one")).to_contain_text("prices.citric")
    assert_accessible(page)
