"""What a report warns of, and that none of its parts is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import complete
from optimiser.problem.limits import LIMITS, ApplicabilityDomain
from optimiser.problem.robustness import over_tolerances
from optimiser.problem.tolerances import OFF as NO_TOLERANCES
from optimiser.report.frames import picked_frame
from optimiser.report.picks import ends_and_knee
from optimiser.report.words import warnings_of
from optimiser.search.run import RunResult
from optimiser.variables import VARIABLES, Designs
from tests.results import impossible, page_text, single, three_objectives, trade_off


@pytest.mark.parametrize("result", [trade_off, three_objectives, single, impossible])
def test_no_part_of_the_page_is_missing(result: Callable[[], RunResult]) -> None:
    assert "could not be made" not in page_text(result())


#: Every limit of chemistry off, the domain held; and everything off.
OFF = complete([limit(None) for limit in LIMITS if limit is not ApplicabilityDomain])
ALL_OFF = complete([limit(None) for limit in LIMITS])
#: Sulfuric acid too weak for the solids, too hot, too thick, where nobody looked.
BAD = (120.0, 0.01, 0.0, 900.0, 60.0)


def warned(problem: BoundProblem, conditions: tuple[float, ...], acid: str = "sulfuric") -> str:
    """Everything that is said of one design."""
    k = problem.acid_names.index(acid)
    design = Designs(np.array([k]), np.array([conditions]))
    return " ".join(warnings_of(problem, problem.evaluate(design), 0))


def test_limits_that_are_off_and_broken_are_told() -> None:
    off = dataclasses.replace(trade_off().problem, constraints=ALL_OFF)
    said = warned(off, BAD)
    ratio = off.evaluate(Designs(np.array([0]), np.array([BAD]))).proton_ratio[0]
    assert ratio < 1.1
    assert (
        f"The proton balance was switched off, and this design breaks it: {ratio:.2g} protons offered per "
        "proton consumed."
    ) in said
    assert "breaks it: 120 °C where 100 °C is the highest." in said
    # 900 g in about 1 kg of water
    assert "breaks it: 0.47 kg of solids per kg of slurry." in said
    assert "lies outside it: its yields are guesses." in said
    # no peroxide, no heat of it; the reductant balance is off by default
    assert "heat of peroxide" not in said and "reductant balance was" not in said
    hot = warned(off, (77.0, 2.0, 8.0, 50.0, 60.0))
    assert "The limit on the heat of peroxide was switched off" in hot
    assert "it reaches 104 °C if its peroxide decomposes, where 100 °C is the highest." in hot
    assert "No experiment lies near this design." in said and "Only 0" not in said
    assert "stock strength" not in said and "solubility was" not in said


def test_stocks_and_solubility_that_are_off_and_broken_are_told() -> None:
    off = dataclasses.replace(trade_off().problem, constraints=OFF)
    # 25 mol/L is beyond the strongest sulfuric acid sold
    assert "The limit on stock strength was switched off" in warned(off, (60.0, 25.0, 0.0, 50.0, 60.0))
    problem = bind(impossible().config.problem)
    oxalic = problem.acids[problem.acid_names.index("oxalic")]
    off = dataclasses.replace(problem, constraints=OFF)
    said = warned(off, (25.0, 3.0, 0.0, 50.0, 60.0), "oxalic")
    assert f"breaks it: 3 mol/L of acid where {oxalic.solubility_molar:.2g} mol/L dissolve." in said
    assert "applicability domain" not in said


def test_limits_that_are_held_or_kept_are_not_told() -> None:
    problem, front = trade_off().problem, trade_off().front
    assert front is not None
    assert "switched off" not in warned(problem, BAD)
    off = dataclasses.replace(problem, constraints=ALL_OFF)
    assert "switched off" not in " ".join(warnings_of(off, front.evaluation, front.knee))


def test_setpoints_at_the_end_of_what_was_measured_are_told() -> None:
    problem = trade_off().problem
    near = problem.neighbourhoods[problem.acid_names.index("sulfuric")]
    low, high = near.low, near.high
    inside = tuple(0.5 * (low + high))
    assert "At the limit of the measured range" not in warned(problem, inside)
    hot = (float(high[0]), *inside[1:])
    said = "At the limit of the measured range for this acid near this feed: temperature (highest, "
    assert f"{said}{high[0]:g} °C)." in warned(problem, hot)
    # no peroxide is a choice
    assert "At the limit of the measured range" not in warned(problem, (*inside[:2], 0.0, *inside[3:]))


def test_what_tolerances_do_to_a_design_is_told() -> None:
    problem, front = trade_off().problem, trade_off().front
    assert front is not None
    spans = over_tolerances(problem, front.evaluation.designs)
    assert spans is not None
    row = int((spans.recovery_high - spans.recovery_low).argmax())
    said = " ".join(warnings_of(problem, front.evaluation, row))
    low, high = (100.0 * float(v[row]) for v in (spans.recovery_low, spans.recovery_high))
    assert f"recovery is between {low:.1f} and {high:.1f} %" in said
    nickel = [100.0 * float(v[row, 1]) for v in (spans.yields_low, spans.yields_high)]
    assert f"Ni {nickel[0]:.1f}–{nickel[1]:.1f} %" in said
    assert ("at the edge of the data" in said) == bool(spans.leaving[row] > 0.0)
    if spans.leaving[row] > 0.0:
        variable, upwards = spans.outwards[row]
        assert f"{VARIABLES[variable].label} is {'above' if upwards else 'below'} its setpoint." in said
    off = dataclasses.replace(problem, tolerances=NO_TOLERANCES)
    assert "Within your tolerances" not in " ".join(warnings_of(off, front.evaluation, row))
    picks = ends_and_knee(problem, front)
    shown = picked_frame(problem, front, picks)
    rows = [pick.row for pick in picks]
    assert shown["recovery_least"].tolist() == pytest.approx(spans.recovery_low[rows].tolist())
    assert shown["yield_Ni_nominal"].tolist() == front.evaluation.yields_nominal[rows, 1].tolist()
