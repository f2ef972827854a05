"""What one setpoint step costs."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

from optimiser.chemistry.metals import METALS
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.load import load_config
from optimiser.problem.robustness import worst_steps
from optimiser.variables import VARIABLES, Designs

TEMPERATURE, CONCENTRATION, PEROXIDE, SOLIDS, TIME = range(5)


@cache
def sulfuric() -> BoundProblem:
    """NMC111 in sulfuric acid."""
    return bind(load_config("nmc111_cost_vs_recovery").problem).with_acids(["sulfuric"])


def evaluated(*rows: tuple[float, ...]) -> Evaluation:
    return sulfuric().evaluate(Designs(np.zeros(len(rows), dtype=np.intp), np.array(rows)))


def test_the_step_told_of_costs_what_is_told_and_no_other_costs_more() -> None:
    design = (43.0, 0.96, 1.1, 55.0, 61.0)
    here = evaluated((90.0, 2.0, 1.0, 50.0, 60.0), design)
    worst = worst_steps(sulfuric(), here, np.array([1]))
    # the ten neighbours, written out
    neighbours = evaluated(
        (42.5, 0.96, 1.1, 55.0, 61.0),
        (43.5, 0.96, 1.1, 55.0, 61.0),
        (43.0, 0.95, 1.1, 55.0, 61.0),
        (43.0, 0.97, 1.1, 55.0, 61.0),
        (43.0, 0.96, 1.0, 55.0, 61.0),
        (43.0, 0.96, 1.2, 55.0, 61.0),
        (43.0, 0.96, 1.1, 54.5, 61.0),
        (43.0, 0.96, 1.1, 55.5, 61.0),
        (43.0, 0.96, 1.1, 55.0, 60.0),
        (43.0, 0.96, 1.1, 55.0, 62.0),
    )
    lost = here.metrics["recovery"][1] - neighbours.metrics["recovery"]
    assert worst.recovery_loss[0] == pytest.approx(lost.max())
    assert lost.max() > 0.0
    # the step that is named, taken
    named = list(design)
    named[worst.variable[0]] = worst.value[0]
    assert abs(named[worst.variable[0]] - design[worst.variable[0]]) == pytest.approx(
        VARIABLES[worst.variable[0]].step
    )
    taken = evaluated(tuple(named)).metrics["recovery"][0]
    assert here.metrics["recovery"][1] - taken == pytest.approx(worst.recovery_loss[0])
    by_metal = (here.yields[1] - neighbours.yields).max(axis=0)
    assert worst.yield_loss[0] == pytest.approx(by_metal.max())
    assert METALS[worst.metal[0]] == METALS[int(by_metal.argmax())]


def test_fixed_variables_and_impossible_setpoints_are_not_stepped() -> None:
    here = evaluated((43.0, 0.96, 0.0, 55.0, 61.0))
    free = sulfuric()
    upper = free.lower.copy()
    fixed = dataclasses.replace(free, upper=upper)
    still = worst_steps(fixed, here, np.array([0]))
    assert (still.recovery_loss[0], still.yield_loss[0]) == (0.0, 0.0)
    upper[0, PEROXIDE] += 5.0
    # peroxide alone may move, and only up from none
    more = evaluated((43.0, 0.96, 0.1, 55.0, 61.0))
    change = here.metrics["recovery"][0] - more.metrics["recovery"][0]
    only = worst_steps(dataclasses.replace(free, upper=upper), here, np.array([0]))
    assert only.recovery_loss[0] == pytest.approx(max(change, 0.0))
