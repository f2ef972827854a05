"""What comes late, twice or from elsewhere changes nothing that a page has gone on from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Served
from tests.app.waits import kept
from tests.plants import less_manganese, write

pytestmark = pytest.mark.page

LONG = 240_000
HEAD = "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time,note"


def held(page: Any, pattern: str) -> list[Any]:
    """Hold all requests of a pattern; ``continue_()`` lets one go on."""
    found: list[Any] = []
    page.route(pattern, lambda route: found.append(route))
    return found


def csv(name: str, *rows: str) -> dict[str, Any]:
    """Return a file to drop."""
    return {"name": name, "mimeType": "text/csv", "buffer": "\n".join([HEAD, *rows]).encode()}


def test_forget_clicked_twice_forgets_once(tab: Callable[..., Any], app: Served, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page = tab("/results")
    page.set_input_files("#drop input", write(less_manganese(), tmp_path / "plant.csv"))
    page.wait_for_selector("#learn:not([disabled])")
    page.fill("#name", "twice")
    page.click("#learn")
    page.locator("#one-about", has_text="9 results").wait_for(timeout=LONG)
    page.locator(".one-row").nth(0).check()
    page.evaluate("for (let k = 0; k < 2; k += 1) { document.getElementById('forget').click(); }")
    page.locator("#one-about", has_text="8 results").wait_for(timeout=LONG)
    kinds = [job["about"]["kind"] for job in app.get("/jobs?screen=results")["jobs"]]
    assert kinds.count("forget") == 1
    expect(page.locator("#one-elsewhere pre").first).to_contain_text("optimiser ")
    expect(page.locator("#undo")).to_be_enabled()


def test_a_table_dropped_meanwhile_keeps_its_screen(tab: Callable[..., Any], app: Served) -> None:
    from playwright.sync_api import expect

    page = tab("/predict")
    page.set_input_files("#drop input", csv("first.csv", "sulfuric,60,2,1,50,60,"))
    page.wait_for_selector("#feed[aria-invalid]")
    page.select_option("#feed", "NMC111")
    page.wait_for_selector("#run:not([disabled])")
    late = held(page, "**/jobs/*")
    page.click("#run")
    page.wait_for_url("**/predict?job=*")
    job = page.url.split("job=")[1]
    page.set_input_files("#drop input", csv("second.csv", "sulfuric,60,2,1,50,60,", "citric,70,2,1,50,60,"))
    expect(page.locator(".grid-said")).to_contain_text("2 rows")
    for route in late:
        route.continue_()
    page.unroute("**/jobs/*")
    while app.get(f"/jobs/{job}")["state"] != "done":
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)  # in which the page hears of it
    assert page.locator("#cards > *").count() == 0 and page.locator("#downloads > *").count() == 0


def test_a_job_opened_meanwhile_is_the_one_that_is_shown(tab: Callable[..., Any], app: Served) -> None:
    from playwright.sync_api import expect

    ids = []
    for what in ("acids", "feeds"):
        told = {"command": "list", "values": {"what": what}}
        ids.append(app.ask("/more/start", "POST", json.dumps(told).encode())["id"])
    page = tab("/runs")
    first = held(page, f"**/runs/list/{ids[0]}")
    page.locator(f"#history a[href='/runs?job={ids[0]}']").click()
    page.locator(f"#history a[href='/runs?job={ids[1]}']").click()
    expect(page.locator("#opened-more summary").first).to_be_visible()
    first[0].continue_()
    page.wait_for_timeout(500)  # in which the first would be drawn
    expect(page.locator("#opened-about")).to_contain_text(f"Job {ids[1]}")
    assert page.locator("#opened .job").get_attribute("data-job") == ids[1]


def test_cells_that_are_only_looked_at_stay(tab: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = tab("/predict")
    row = 'sulfuric,60,2,1,50,60,"two\nlines "'
    page.set_input_files("#drop input", csv("lines.csv", row, "nonsense,60,2,1,50,60,"))
    page.wait_for_selector("#feed[aria-invalid]")
    page.select_option("#feed", "NMC111")
    expect(page.locator("tr.mistake")).to_have_count(1)
    cell = page.locator('[data-column="6"]', has_text="two")
    cell.click()
    page.keyboard.press("Enter")
    assert page.locator("td.edited").count() == 0
    # a table that comes while a cell is open is drawn when that is left
    late = held(page, "**/predict/table")
    page.locator('[data-column="0"]', has_text="nonsense").click()
    page.keyboard.type("citric")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    with page.expect_response("**/predict/table"):
        late[-1].continue_()
    page.keyboard.press("Escape")
    expect(page.locator("tr.mistake")).to_have_count(0)


def test_the_certain_side_is_that_of_the_objective(tab: Callable[..., Any]) -> None:
    page = tab("/ask")
    page.wait_for_selector("#tiles", timeout=LONG)
    page.uncheck("#behind")

    def asked(act: Callable[[], Any], path: str = "/ask/live") -> Any:
        with page.expect_request(lambda request: request.url.endswith(path)) as sent:
            act()
        return sent.value.post_data_json["problem"]["objectives"][0]

    assert asked(lambda: page.check("#quantile")) == {"minimise": {"cost": "p90"}}
    kept(page, '"p90"')
    page.reload()
    page.wait_for_selector("#tiles", timeout=LONG)
    assert asked(lambda: page.select_option("#objective", "recovery")) == {"maximise": {"recovery": "p10"}}
    # with the plant there are other objectives, and without it they are gone
    page.check("#scope")
    page.wait_for_selector("#objective option[value=cost_plant]", state="attached")
    assert page.evaluate("document.activeElement.id") == "scope"
    page.select_option("#objective", "cost_plant")
    page.uncheck("#scope")
    page.wait_for_selector("#objective option[value=cost_plant]", state="detached")
    assert page.input_value("#objective") not in ("", "cost_plant")


def test_a_search_asked_for_twice_is_one_and_another_tab_leaves_it(
    tab: Callable[..., Any], app: Served
) -> None:
    page = tab("/ask")
    page.wait_for_selector("#tiles", timeout=LONG)
    page.uncheck("#behind")
    before = {job["id"] for job in app.get("/jobs?screen=ask")["jobs"]}
    page.evaluate("for (let k = 0; k < 2; k += 1) { document.getElementById('search').click(); }")
    page.wait_for_selector("#searching .job")
    other = page.context.new_page()
    other.goto(f"{app.address}/ask")
    other.wait_for_selector("#tiles", timeout=LONG)
    other.uncheck("#behind")
    other.fill("#target-all", "77")
    other.wait_for_selector("#answer:not([aria-busy])")
    page.wait_for_selector("#searching >> text=Open the front", timeout=LONG)
    jobs = [job for job in app.get("/jobs?screen=ask")["jobs"] if job["id"] not in before]
    assert [job["state"] for job in jobs] == ["done"]


def test_a_file_that_cannot_be_read_leaves_no_other_table_under_its_name(tab: Callable[..., Any]) -> None:
    page = tab("/tables?kind=prices")
    page.wait_for_selector("#grid td")
    page.set_input_files("#drop input", {"name": "odd.yaml", "mimeType": "text/yaml", "buffer": b"prices: ["})
    page.wait_for_selector("#keep .error")
    assert page.inner_text("#edit-title").endswith("odd.yaml")
    assert page.is_hidden("#grid") and page.is_disabled("#save")


def test_a_text_of_odd_parts_is_told_of(tab: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = tab("/table")
    page.set_input_files("#drop input", csv("ours.csv", "sulfuric,60,2,1,50,60,"))
    page.wait_for_selector("#columns fieldset")
    page.fill("#text", "responses: Co\nfeed: north\nsetpoints:\n  temperature:\n")
    page.press("#text", "Tab")
    expect(page.locator("#verdict")).to_contain_text("Key 'name' is missing")
    page.get_by_label("role of time", exact=True).select_option("setpoint")
    expect(page.locator("#text")).to_have_value(re.compile("column: time"))
