"""The page of a sweep in a real browser: all drawn, runs found and sorted, a long table put in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimiser.report.sweep import write_sweep_report
from optimiser.sweeps.table import SweepTable
from tests.browser import opened
from tests.report.sweeps import feeds_and_targets, hostile, hypercube

pytestmark = pytest.mark.page

SAID = ".rows [role='status']"
ROWS = "#runs-table tbody tr"


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Writes the page of a sweep, once."""
    folder, made = tmp_path_factory.mktemp("sweeps"), dict[str, Path]()

    def page(table: SweepTable) -> Path:
        if table.name not in made:
            out = folder / str(len(made))
            made[table.name] = write_sweep_report(table, out, formats=("html",)).page
        return made[table.name]

    return page


def column(page: Any, heading: str) -> list[str]:
    """The texts under a heading, from top to bottom."""
    return page.evaluate(
        """heading => {
            const table = document.querySelector('#runs-table');
            const at = [...table.tHead.rows[0].cells].findIndex(
                cell => cell.querySelector('.label').textContent === heading);
            return [...table.tBodies[0].rows].map(row => row.cells[at].textContent);
        }""",
        heading,
    )


def ready(page: Any) -> None:
    page.locator(".rows[data-ready]").wait_for(state="attached")


def test_figures_are_drawn_and_runs_found_shown_by_status_and_sorted(page_of: Any) -> None:
    with opened(page_of(feeds_and_targets()), 1280) as page:
        assert page.locator("#answer .lead").inner_text().startswith("Of 72 runs, 63 have a design, 4 have")
        # 6 feeds over 4 targets, then the two other pairs: 6 feeds over 3 confidences, 3 over 4 targets
        cells = "n => document.getElementById(n).data.find(t => t.type === 'heatmap').hovertext.flat().length"
        assert [page.evaluate(cells, f"map-{k}") for k in range(3)] == [24, 18, 12]
        # every cell is marked: by the acid that is best, or by why there is none
        marks = "#map-0 .scatterlayer .points path.point"
        assert page.locator(marks).count() == 23
        assert page.locator("#map-0 .scatterlayer .textpoint", has_text="none").count() == 1
        assert page.locator("#map-0 .legendtext", has_text="nothing feasible").count() == 1
        assert page.locator("#panels .plot:not(.legend)").count() == 4
        assert page.locator("#failed-table tbody tr").count() == 1
        ready(page)
        assert page.locator(SAID).inner_text() == "All 72 runs."
        page.locator(".find input").fill("nmc811 sulfuric")
        assert {*column(page, "feed")} == {"NMC811"} and {*column(page, "acid")} == {"sulfuric"}
        found = page.locator(ROWS).count()
        assert page.locator(SAID).inner_text() == f"{found} runs found, of 72."
        page.locator(".find input").fill("<no such run>")
        assert page.locator(SAID).inner_text() == "0 runs found, of 72."
        page.locator(".find input").fill("")
        page.locator(".find select").select_option("nothing feasible")
        assert {*column(page, "status")} == {"nothing feasible"} and page.locator(ROWS).count() == 4
        assert {*column(page, "cost")} == {"–"}
        page.locator(".find select").select_option("all")
        heading = page.locator("#runs-table th", has_text="cost").locator("button")
        for down in (False, True):
            heading.focus()
            page.keyboard.press("Enter")
            shown = column(page, "cost")
            # runs without a design stand last, whichever way
            assert shown[63:] == ["–"] * 9
            numbers = [float(text) for text in shown[:63]]
            assert numbers == sorted(numbers, reverse=down)
        assert page.locator("#runs-table th[aria-sort='descending'] .label").inner_text() == "cost"


def test_ten_thousand_runs_stand_on_a_page_and_are_put_in_parts(page_of: Any) -> None:
    path = page_of(hypercube())
    assert path.stat().st_size < 2.5e6
    with opened(path, 1280) as page:
        ready(page)
        assert page.locator(ROWS).count() == 100
        assert page.locator(SAID).inner_text() == "The first 100 of 10,000 runs."
        page.locator("[name='more']").click()
        assert page.locator(ROWS).count() == 200
        assert column(page, "run")[-1] == "200"
        # all columns have room, the last setpoints and yields too
        assert {"temperature", "Co yield"} <= {*page.locator("#runs-table .label").all_inner_texts()}
        page.locator(".find input").fill("nothing feasible")
        found = int(page.locator(SAID).inner_text().split()[4].replace(",", ""))
        assert 600 < found < 800 and page.locator(ROWS).count() == 100
        # put in a piece at a time, and told so
        page.evaluate(
            """() => {
                window.told = [];
                const said = document.querySelector(".rows [role='status']");
                const tell = () => window.told.push(said.textContent);
                new MutationObserver(tell).observe(said, {childList: true});
            }"""
        )
        page.locator(".find input").fill("citric 0.1")
        some = int(page.locator(SAID).inner_text().split()[4].replace(",", ""))
        page.locator("[name='all']").click()
        page.locator(ROWS).nth(some - 1).wait_for(state="attached")
        assert page.locator(ROWS).count() == some > 1100
        assert f"1,100 of {some:,} …" in page.evaluate("window.told")
        assert not page.locator("[name='more']").is_visible()
        # the drawn lines are a stated part of the runs
        assert "1,000 of 9,202 runs with a design" in page.locator("#parallel figcaption").inner_text()


def test_a_phone_shows_names_that_are_markup_as_they_are(page_of: Any) -> None:
    with opened(page_of(hostile()), 390) as page:
        ready(page)
        assert column(page, "feed")[0] == "<script>alert(1)</script>"
        assert column(page, "country")[2] == "</script><img src=x onerror=alert(2)>"
        assert page.locator("#map-0 .legendtext").all_text_contents()[1:] == ["<i>own & acid</i>", "sulfuric"]
        assert page.locator("img, script[src]").count() == 0
