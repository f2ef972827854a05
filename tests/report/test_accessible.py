"""Reports are accessible, as far as axe-core can tell: light and dark, folded parts open, designs chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import optimiser as opt
from optimiser.report.predict import Request, deliver
from optimiser.report.sweep import write_sweep_report
from optimiser.tables.generate import generate
from tests.app.axe import assert_accessible
from tests.browser import opened
from tests.report.sweeps import feeds_and_targets
from tests.results import page_text, three_objectives

pytestmark = pytest.mark.page
pytest.importorskip("axe_playwright_python")


def of_run(folder: Path) -> Path:
    path = folder / "report.html"
    path.write_text(page_text(three_objectives()), encoding="utf-8")
    return path


def of_ask(folder: Path) -> Path:
    asked = opt.load_problem("nmc111")
    answer = opt.ask(asked, minimise="cost", yields={"Co": 0.8}, acid=["sulfuric", "lactic"])
    return answer.write(folder / "out") / "report.html"


def of_predict(folder: Path) -> Path:
    vary = ["acid=sulfuric,levulinic,HCl", "temperature=30,60"]
    fixed = ["acid_concentration=1", "h2o2=0", "solid_liquid_ratio=50", "time=60"]
    generate(vary, fixed, feed_name="NMC111").to_csv(folder / "table.csv", index=False)
    deliver(Request(folder / "table.csv", report=folder / "out"), lambda done, rows: None)
    return folder / "out" / "report.html"


def of_sweep(folder: Path) -> Path:
    return write_sweep_report(feeds_and_targets(), folder / "out", formats=("html",)).page


@pytest.mark.parametrize("make", [of_run, of_ask, of_predict, of_sweep])
def test_a_report_breaks_no_rule_of_wcag(make: Callable[[Path], Path], tmp_path: Path) -> None:
    with opened(make(tmp_path), 1280) as page:
        opens(page)
        for looks in ("light", "dark"):
            page.evaluate("looks => { document.documentElement.dataset.theme = looks; }", looks)
            page.wait_for_timeout(100)
            assert_accessible(page)


def opens(page: Any) -> None:
    """Open what is folded, and choose designs and prices where there are any."""
    page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true; })")
    page.evaluate("LeachingPage.choose(document, [0, 2])")
    if page.locator(".slider").count():
        page.locator(".slider input[type='number']").first.fill("2")
        assert page.locator("#reprice .search").is_visible()
