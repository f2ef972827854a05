"""From designs to new ones beside or between them: what a search tries next.

The yield model is flat between its steps, so the best designs lie on edges, several at once; and it follows
ratios (protons per cathode, peroxide per cathode), so edges run along them. Hence the moves: exact values of
another good design, blends of two, steps of all sizes on the plant's own grid, and acid, peroxide and solids
made stronger or weaker together.
"""

from __future__ import annotations

import numpy as np

from optimiser.designs import CONTINUOUS, VARIABLES, Designs, Floats
from optimiser.problem import Problem

_STEPS = np.array([v.step for v in VARIABLES])
_ACID, _PEROXIDE, _SOLIDS = (
    CONTINUOUS.index(name) for name in ("acid_concentration", "h2o2", "solid_liquid_ratio")
)
#: What is scaled together: acid or peroxide with the solids that they are for, or all three.
_TOGETHER = np.array(
    [[j in moved for j in range(len(CONTINUOUS))] for moved in (
        (_ACID, _SOLIDS), (_PEROXIDE, _SOLIDS), (_ACID, _PEROXIDE, _SOLIDS)
    )]
)  # fmt: skip
_RECOMBINED, _MUTATED_TOO = 0.6, 0.5  # share of children with two parents; of those, also moved
_BLENDED, _SWAPPED = 0.5, 0.4  # share of recombinations that blend; else chance that a value is taken over
_BY_RATIO = 0.5  # share of recombinations that see acid and peroxide per solid
_SCALED = 0.25  # share of moves that scale variables together
_NEAR = 0.5  # share of moves that change most variables by a few steps
_CHANGED, _ONE_STEP = 0.6, 0.35  # chance that each does, and that it is by one step only
_LOG_SCALE = (float(np.log(0.005)), float(np.log(0.6)))  # by how much
_MOVED = (0.55, 0.30, 0.15)  # chances that one, two, three variables step


def children(problem: Problem, parents: Designs, mates: Designs, rng: np.random.Generator) -> Designs:
    """Return one new design per parent.

    Args:
        problem: gives each acid's ranges.
        parents: n designs.
        mates: another design with the same acid for each.
        rng: generator.
    """
    n = len(parents)
    recombined = rng.random((n, 1)) < _RECOMBINED
    x = np.where(recombined, _recombined(parents.continuous, mates.continuous, rng), parents.continuous)
    moved = ~recombined | (rng.random((n, 1)) < _MUTATED_TOO)
    way = rng.random((n, 1))
    low, high = problem.lower[parents.acid], problem.upper[parents.acid]
    stepped = np.where(way < 1.0 - _NEAR, _step(x, high - low, rng), _near(x, rng))
    x = np.where(moved, np.where(way < _SCALED, _scale(x, rng), stepped), x)
    return problem.settable(Designs(parents.acid, x))


def _recombined(x: Floats, mates: Floats, rng: np.random.Generator) -> Floats:
    """Recombine setpoints, or the ratios of acid and peroxide to the solids in their place."""
    by_ratio = _from_ratios(_recombine(_to_ratios(x), _to_ratios(mates), rng))
    return np.where(rng.random((len(x), 1)) < _BY_RATIO, by_ratio, _recombine(x, mates, rng))


def _to_ratios(x: Floats) -> Floats:
    per_solid = x.copy()
    per_solid[:, [_ACID, _PEROXIDE]] /= x[:, [_SOLIDS]]
    return per_solid


def _from_ratios(per_solid: Floats) -> Floats:
    x = per_solid.copy()
    x[:, [_ACID, _PEROXIDE]] *= per_solid[:, [_SOLIDS]]
    return x


def _recombine(x: Floats, mates: Floats, rng: np.random.Generator) -> Floats:
    """Take some values over, or go somewhere on the line through both and a quarter beyond."""
    n = len(x)
    swapped = np.where(rng.random(x.shape) < _SWAPPED, mates, x)
    blended = x + rng.uniform(-0.25, 1.25, (n, 1)) * (mates - x)
    return np.where(rng.random((n, 1)) < _BLENDED, blended, swapped)


def _scale(x: Floats, rng: np.random.Generator) -> Floats:
    """Make what belongs together stronger or weaker by one factor."""
    n = len(x)
    size = np.exp(rng.uniform(*_LOG_SCALE, (n, 1)))
    factor = np.exp(size * rng.choice([-1.0, 1.0], (n, 1)))
    return np.where(_TOGETHER[rng.integers(len(_TOGETHER), size=n)], x * factor, x)


def _near(x: Floats, rng: np.random.Generator) -> Floats:
    """Go a few setpoint steps in most variables; acid and peroxide follow the solids before they step."""
    change = rng.geometric(_ONE_STEP, x.shape) * rng.choice([-1.0, 1.0], x.shape) * _STEPS
    change = np.where(rng.random(x.shape) < _CHANGED, change, 0.0)
    per_solid = _to_ratios(x)
    per_solid[:, _SOLIDS] += change[:, _SOLIDS]
    change[:, _SOLIDS] = 0.0
    return _from_ratios(per_solid) + change


def _step(x: Floats, span: Floats, rng: np.random.Generator) -> Floats:
    """Move one to three variables that can move, from one setpoint step to half the range, logarithmic."""
    size = np.rint(np.exp(rng.random(x.shape) * np.log(np.maximum(span / _STEPS / 2.0, 1.0))))
    step = np.maximum(size, 1.0) * _STEPS * rng.choice([-1.0, 1.0], x.shape)
    turn = np.argsort(np.argsort(np.where(span > 0.0, rng.random(x.shape), 2.0), axis=1), axis=1)
    number = rng.choice([1, 2, 3], (len(x), 1), p=_MOVED)
    return np.where(turn < number, x + step, x)
