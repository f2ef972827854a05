"""What a report warns of, and that none of its parts is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from test_report_data import impossible, single, three_objectives, trade_off

from optimiser.binding import bind
from optimiser.designs import VARIABLES, Designs
from optimiser.problem import Problem
from optimiser.process.feasibility import LIMITS, ChemistryLimits
from optimiser.report.frames import picked_frame
from optimiser.report.manifest import manifest
from optimiser.report.page import page
from optimiser.report.picks import ends_and_knee
from optimiser.report.words import warnings_of
from optimiser.robustness import worst_steps
from optimiser.run import RunResult


@pytest.mark.parametrize("result", [trade_off, three_objectives, single, impossible])
def test_no_part_of_the_page_is_missing(result: Callable[[], RunResult]) -> None:
    assert "could not be made" not in page(result(), manifest(result()))


OFF = ChemistryLimits(**dict.fromkeys(LIMITS))
#: Sulfuric acid too weak for the solids, too hot, too thick, where nobody looked.
BAD = (120.0, 0.01, 0.0, 900.0, 60.0)


def warned(problem: Problem, conditions: tuple[float, ...], acid: str = "sulfuric") -> str:
    """Everything that is said of one design."""
    k = problem.acid_names.index(acid)
    design = Designs(np.array([k]), np.array([conditions]))
    return " ".join(warnings_of(problem, problem.evaluate(design), 0))


def test_limits_that_are_off_and_broken_are_told() -> None:
    off = dataclasses.replace(trade_off().problem, limits=OFF, domain=False)
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
    assert "No experiment lies near this design." in said and "Only 0" not in said
    assert "stock strength" not in said and "solubility was" not in said


def test_stocks_and_solubility_that_are_off_and_broken_are_told() -> None:
    off = dataclasses.replace(trade_off().problem, limits=OFF)
    # 25 mol/L is beyond the strongest sulfuric acid sold
    assert "The limit on stock strength was switched off" in warned(off, (60.0, 25.0, 0.0, 50.0, 60.0))
    problem = bind(impossible().config.question)
    oxalic = problem.acids[problem.acid_names.index("oxalic")]
    off = dataclasses.replace(problem, limits=OFF)
    said = warned(off, (25.0, 3.0, 0.0, 50.0, 60.0), "oxalic")
    assert f"breaks it: 3 mol/L of acid where {oxalic.solubility_molar:.2g} mol/L dissolve." in said
    assert "applicability domain" not in said


def test_limits_that_are_held_or_kept_are_not_told() -> None:
    problem, front = trade_off().problem, trade_off().front
    assert front is not None
    assert "switched off" not in warned(problem, BAD)
    off = dataclasses.replace(problem, limits=OFF, domain=False)
    assert "switched off" not in " ".join(warnings_of(off, front.evaluation, front.knee))


def test_the_costliest_setpoint_step_is_told() -> None:
    problem, front = trade_off().problem, trade_off().front
    assert front is not None
    designs = problem.decode(np.zeros(60, dtype=np.intp), np.random.default_rng(1).random((60, 5)))
    evaluation = problem.evaluate(designs)
    lost = worst_steps(problem, evaluation, np.arange(60))
    row = int(lost.recovery_loss.argmax())
    assert lost.recovery_loss[row] >= 0.01
    variable = VARIABLES[lost.variable[row]]
    said = " ".join(warnings_of(problem, evaluation, row))
    assert f"One setpoint step the wrong way ({variable.label} {lost.value[row]:g} " in said
    assert f"costs {100.0 * lost.recovery_loss[row]:.1f} points of recovery" in said
    calm = np.flatnonzero(lost.recovery_loss < 0.01)
    assert len(calm)
    assert all("One setpoint step" not in " ".join(warnings_of(problem, evaluation, r)) for r in calm)
    picks = ends_and_knee(problem, front)
    along = worst_steps(problem, front.evaluation, np.array([pick.row for pick in picks]))
    shown = picked_frame(problem, front, picks)["step_loss"]
    assert shown.tolist() == pytest.approx(along.recovery_loss.tolist())
