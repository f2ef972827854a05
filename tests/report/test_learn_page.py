"""The page of what own results taught, in a real browser, wide and narrow; and the card on other pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimiser.learning.store import create
from optimiser.report.caveats import not_known
from optimiser.report.learn import Request, learn
from optimiser.surrogate.artefact import load_surrogate
from optimiser.tables.own_results import read_results
from tests.browser import opened
from tests.plants import less_manganese


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned")
    frame = less_manganese()
    frame.loc[4, "yield_Co"] = 0.35
    create(read_results(frame), load_surrogate("pd-gbr"), str(folder / "my-plant"))
    said = learn(Request(name=str(folder / "my-plant"), show=True, report=folder / "out"))
    assert any(line.startswith("Report: ") for line in said.lines)
    return folder / "out"


def test_the_folder_holds_tables_and_what_pins_them(out: Path) -> None:
    assert {path.name for path in out.iterdir()} == {
        "report.html", "results.csv", "values.csv", "manifest.json"
    }  # fmt: skip
    pinned = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert pinned["artefact"]["base"]["name"] == "pd-gbr" and pinned["artefact"]["results"]["rows"] == 9
    assert pinned["sentence"].startswith("Your plant")
    assert [odd["row"] for odd in pinned["odd"]] == [5]
    assert "warnings" not in pinned


@pytest.mark.page
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_everything(out: Path, width: int) -> None:
    with opened(out / "report.html", width) as page:
        # two parity plots; temperature and strength were varied
        assert page.locator(".plot.js-plotly-plot").count() == 4
        assert page.locator("#answer .lead").inner_text().startswith("Your plant leaches Mn")
        assert "row 5, Co: 35" in page.locator("#answer .warnings").inner_text()
        marked = page.locator("#results-table tbody tr", has_text="odd: Co")
        assert marked.count() == 1 and marked.locator("td").first.inner_text() == "5"


def test_a_site_model_is_not_said_to_be_monotone(out: Path) -> None:
    site, base = load_surrogate(out.parent / "my-plant"), load_surrogate("pd-gbr")
    assert "what own results add to it is not" in not_known(site)[0]
    assert "by two points at most" in not_known(base)[0]
    assert not_known(site)[1:] == not_known(base)[1:]
