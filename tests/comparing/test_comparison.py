"""Two runs: their differences, and causes that add up to the whole."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optimiser as opt
from optimiser.api import Result
from optimiser.comparing.comparison import MISSED_FIRST, MISSED_SECOND, YIELDS_AND_SEARCH, compare
from optimiser.problem.load import load_problem
from optimiser.report.compare import Compared
from optimiser.search.known import Known
from optimiser.search.run import RunResult, run
from tests.results import impossible, three_objectives, tiny, trade_off


def variant(seed: int = 1, **problem: Any) -> RunResult:
    config = tiny("nmc111_cost_vs_recovery", **problem)
    return run(dataclasses.replace(config, search=config.search.model_copy(update={"seeds": (seed,)})))


@pytest.fixture(scope="module")
def dear() -> RunResult:
    """Sulfuric acid is dear, targets are higher, and other seeds search."""
    question = load_problem("nmc111")
    acids = opt.Problem(
        feed="NMC111",
        variables={"acid": "sulfuric"},
        objectives=opt.minimise("cost"),
        acids={"sulfuric": {"price": 0.5, "climate_change": 0.4}},
    ).acids
    targets = opt.Yields(Li=0.9, Ni=0.9, Mn=0.9, Co=0.9)
    kept = [c for c in question.constraints if not isinstance(c, opt.Yields)]
    return variant(2, acids=acids, constraints=(targets, *kept))


def test_a_run_beside_itself_differs_in_nothing() -> None:
    run = Known.of(trade_off())
    found = compare(run, run)
    assert not found.differences
    assert [cause.name for cause in found.causes] == [MISSED_FIRST, MISSED_SECOND]
    assert all(cause.explains == 0.0 for cause in found.causes)
    assert found.hypervolume is not None and found.hypervolume[0] == found.hypervolume[1] > 0.0


def test_causes_are_those_that_changed_and_add_up(dear: RunResult) -> None:
    found = compare(Known.of(trade_off()), Known.of(dear))
    names = [cause.name for cause in found.causes]
    assert names == [MISSED_FIRST, "prices", "impact factors", "yield targets", MISSED_SECOND]
    assert sum(cause.explains for cause in found.causes) == pytest.approx(found.best[1] - found.best[0])
    explains = {cause.name: cause.explains for cause in found.causes}
    assert explains["prices"] > 0.0
    assert explains["impact factors"] == 0.0  # cost does not depend on them
    assert explains["yield targets"] >= 0.0
    # what one search missed, the other has found: it can only be better
    assert explains[MISSED_FIRST] <= 0.0 <= explains[MISSED_SECOND]
    told = {difference.what for difference in found.differences}
    assert {"price of sulfuric", "climate change of sulfuric", "limit: yield", "search: seeds"} <= told


def test_best_values_are_those_of_the_runs(dear: RunResult) -> None:
    found = compare(Known.of(trade_off()), Known.of(dear))
    for best, result in zip(found.best, (trade_off(), dear), strict=True):
        front = result.seen.objectives[result.seen.front, 0]
        assert best == pytest.approx(front.min())


def test_other_acids_and_ranges_are_causes() -> None:
    variables = load_problem("nmc111").variables
    other = variant(
        variables=variables.model_copy(update={"acid": ("citric", "sulfuric"), "temperature": (25.0, 60.0)})
    )
    found = compare(Known.of(trade_off()), Known.of(other))
    names = [cause.name for cause in found.causes]
    assert {"acids", "ranges"} <= set(names)
    assert sum(cause.explains for cause in found.causes) == pytest.approx(found.best[1] - found.best[0])


def test_yields_that_differ_are_told_apart_from_the_search() -> None:
    still = variant(tolerances=None)
    found = compare(Known.of(trade_off()), Known.of(still))
    assert not found.together
    assert [cause.name for cause in found.causes] == [YIELDS_AND_SEARCH]
    assert "predict different yields" in Compared(found).text


def test_runs_of_other_units_or_feeds_are_refused() -> None:
    climate = variant(objectives=(opt.minimise("climate_change"),))
    with pytest.raises(opt.InputError, match="different first objectives, of different units"):
        compare(Known.of(trade_off()), Known.of(climate))
    with pytest.raises(opt.InputError, match="different feeds"):
        compare(Known.of(trade_off()), Known.of(impossible()))


def test_other_second_objectives_are_said() -> None:
    found = compare(Known.of(trade_off()), Known.of(three_objectives()))
    assert found.hypervolume is None
    assert "different objectives" in Compared(found).text


def test_a_run_without_a_feasible_design_is_said() -> None:
    nothing = variant(constraints=(opt.Yields(Li=1.0, Ni=1.0, Mn=1.0, Co=1.0),))
    found = compare(Known.of(trade_off()), Known.of(nothing))
    assert math.isnan(found.best[1]) and not np.isnan(found.best[0])
    text = Compared(found).text
    assert "Second run: no design is feasible." in text and "nan" not in text


def test_words_json_and_page(dear: RunResult, tmp_path: Path) -> None:
    compared = opt.compare(Result(trade_off()), Result(dear))
    assert compared.as_json()["first_objective"]["unit"] == "EUR/kg metal"
    delivery = compared.write(tmp_path / "out")
    assert not delivery.notes
    names = sorted(path.name for path in delivery.folder.iterdir())
    assert names == ["causes.csv", "differences.csv", "manifest.json", "report.html"]
    page = delivery.page.read_text(encoding="utf-8")
    assert "Why the best cost differs" in page and "second run" in page
