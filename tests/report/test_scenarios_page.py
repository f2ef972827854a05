"""The page of a table of scenarios in a real browser: everything drawn, nothing too wide, nothing fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimiser.report.predict import Request, deliver
from optimiser.tables.generate import generate
from tests.browser import opened

pytestmark = pytest.mark.page

FIXED = ["h2o2=0", "solid_liquid_ratio=50", "time=60"]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    vary = ["acid=sulfuric,levulinic,HCl", "temperature=30,60", "acid_concentration=1,2"]
    generate(vary, FIXED, feed_name="NMC111").to_csv(folder / "table.csv", index=False)
    deliver(Request(folder / "table.csv", report=folder / "out"), lambda done, rows: None)
    return folder / "out" / "report.html"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_every_figure_and_sorts(page_file: Path, width: int) -> None:
    with opened(page_file, width) as page:
        assert page.locator(".plot").count() == page.locator(".plot.js-plotly-plot").count() > 10
        assert page.locator("#answer .lead").inner_text().startswith("12 scenarios of NMC111")
        assert "levulinic has no price" in page.locator("#answer .warnings").inner_text()
        assert "mislead" in page.locator("#tests .warnings").inner_text()
        # sorting by recovery, highest first, changes which row is on top
        heading = page.locator("#scenarios-table th", has_text="recovery").locator("button")
        heading.click()
        heading.click()
        column = page.locator("#scenarios-table th").all_inner_texts()
        place = next(i for i, text in enumerate(column) if text.startswith("recovery"))
        shown = [
            float(row.locator("td").nth(place).inner_text().split()[0])
            for row in page.locator("#scenarios-table tbody tr").all()
        ]
        assert shown == sorted(shown, reverse=True)
