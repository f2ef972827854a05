"""From designs to new ones beside or between them: what a search tries next."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from optimiser.problem.bound import BoundProblem
from optimiser.variables import Designs, Floats

#: What is dosed for the solids, and so follows them.
_DOSED, _SOLIDS = ("acid_concentration", "h2o2"), "solid_liquid_ratio"
_RECOMBINED, _MUTATED_TOO = 0.6, 0.5  # share of children with two parents; of those, also moved
_BLENDED, _SWAPPED = 0.5, 0.4  # share of recombinations that blend; else chance that a value is taken over
_NEAR = 0.5  # share of moves that change most variables by a few steps
_CHANGED, _ONE_STEP = 0.6, 0.35  # chance that each does, and that it is by one step only
_MOVED = (0.55, 0.30, 0.15)  # chances that one, two, three variables step


def children(problem: BoundProblem, parents: Designs, mates: Designs, rng: np.random.Generator) -> Designs:
    """Return one new design per parent: recombined with the mate, moved, or both.

    Args:
        problem: gives each acid's ranges.
        parents: n designs.
        mates: a design with the same acid for each.
        rng: generator.
    """
    n, span = len(parents), (problem.upper - problem.lower)[parents.acid]
    recombined = rng.random((n, 1)) < _RECOMBINED
    x = np.where(recombined, _recombine(parents.continuous, mates.continuous, rng), parents.continuous)
    moved = ~recombined | (rng.random((n, 1)) < _MUTATED_TOO)
    near = rng.random((n, 1)) < _NEAR
    steps, column = np.array([v.step for v in problem.variables]), problem.system.column
    x = np.where(moved, np.where(near, _near(x, steps, column, rng), _step(x, span, steps, rng)), x)
    return problem.settable(parents.at(parents.acid, x))


def _recombine(x: Floats, mates: Floats, rng: np.random.Generator) -> Floats:
    """Take some values over, or go somewhere on the line through both and a quarter beyond."""
    n = len(x)
    swapped = np.where(rng.random(x.shape) < _SWAPPED, mates, x)
    blended = x + rng.uniform(-0.25, 1.25, (n, 1)) * (mates - x)
    return np.where(rng.random((n, 1)) < _BLENDED, blended, swapped)


def _near(x: Floats, steps: Floats, column: Mapping[str, int], rng: np.random.Generator) -> Floats:
    """Go a few setpoint steps in most variables; acid and hydrogen peroxide follow the solids, then step."""
    change = rng.geometric(_ONE_STEP, x.shape) * rng.choice([-1.0, 1.0], x.shape) * steps
    change = np.where(rng.random(x.shape) < _CHANGED, change, 0.0)
    made = x + change
    if _SOLIDS not in column:
        return made
    follow = made[:, column[_SOLIDS]] / x[:, column[_SOLIDS]]
    for j in (column[name] for name in _DOSED if name in column):
        made[:, j] = x[:, j] * follow + change[:, j]
    return made


def _step(x: Floats, span: Floats, steps: Floats, rng: np.random.Generator) -> Floats:
    """Move one to three variables that can move, from one setpoint step to half the range, logarithmic."""
    size = np.rint(np.exp(rng.random(x.shape) * np.log(np.maximum(span / steps / 2.0, 1.0))))
    step = np.maximum(size, 1.0) * steps * rng.choice([-1.0, 1.0], x.shape)
    turn = np.argsort(np.argsort(np.where(span > 0.0, rng.random(x.shape), 2.0), axis=1), axis=1)
    number = rng.choice([1, 2, 3], (len(x), 1), p=_MOVED)
    return np.where(turn < number, x + step, x)
