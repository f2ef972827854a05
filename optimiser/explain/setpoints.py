"""Which single setpoint would raise the lowest yield: the model predicts every value that a plant can set."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimiser.chemistry.metals import METALS
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.variables import VARIABLES, Bools, Floats, Variable

#: Values of one setpoint that are tried at most, evenly over a longer range.
MOST_TRIED = 400
#: Yields this close to the best, as fractions, count as the same: of these values the nearest is taken.
SAME = 0.005
#: Gain of the lowest yield, as a fraction, from which a change counts as good value.
LEAST_GAIN = 0.01


@dataclass(frozen=True)
class Change:
    """One setpoint of a design changed while the others stay.

    Attributes:
        variable: the setpoint.
        now, to: its value before and after.
        row: of the changed design in ``after``.
        after: evaluation of all values tried.
        lowest_yield: the lowest yield after the change, a fraction.
        limiting: the metal with that yield.
        gain: by how much the lowest yield rises, a fraction.
        per_cost: gain per EUR/kg metal of extra cost; infinite where there is no extra cost.
    """

    variable: Variable
    now: float
    to: float
    row: int
    after: Evaluation = field(compare=False, repr=False)
    lowest_yield: float
    limiting: str
    gain: float
    per_cost: float

    def metric(self, name: str) -> float:
        """Return a metric, such as ``cost``, after the change."""
        return float(self.after.metrics[name][self.row])


@dataclass(frozen=True)
class Sweep:
    """One setpoint moved over its range while the others stay.

    Attributes:
        variable: the setpoint.
        values: tried, shape (n,); none where it cannot be moved.
        tried: their evaluation.
        allowed: which of them chemistry and the applicability domain allow, shape (n,).
        best: the change that raises the lowest yield most; None where none raises it.
        thrifty: the change with the most gain per extra cost, of those that gain `LEAST_GAIN` or more; None
            where none does.
    """

    variable: Variable
    values: Floats
    tried: Evaluation
    allowed: Bools
    best: Change | None = None
    thrifty: Change | None = None


def lowest_yield(yields: Floats) -> Floats:
    """Return the lowest yield of the metals that are there, shape (n,), of yields (n, metals)."""
    lowest: Floats = np.nanmin(yields, axis=1)
    return lowest


def limiting_metal(yields: Floats) -> str:
    """Return the metal with the lowest yield of one design, shape (metals,)."""
    return METALS[int(np.nanargmin(yields))]


def sweeps(problem: BoundProblem, here: Evaluation) -> tuple[Sweep, ...]:
    """Move each setpoint of one design over the problem's range for its acid, on the plant's grid.

    A change counts by the lowest yield after it, whichever metal that is: no change counts that only makes
    another metal limit. It must be inside the applicability domain, even where the problem does not ask
    for that, and keep what the problem asks of chemistry. Yield targets do not matter.

    Args:
        problem: the bound question.
        here: evaluation of one design.
    """
    return tuple(_sweep(problem, here, j) for j in range(len(VARIABLES)))


def best_change(found: tuple[Sweep, ...]) -> Change | None:
    """Return the change that leaves the highest lowest yield; None where none raises it."""
    raising = [sweep.best for sweep in found if sweep.best is not None]
    return max(raising, key=lambda change: change.lowest_yield, default=None)


def thrifty_changes(found: tuple[Sweep, ...]) -> tuple[Change, ...]:
    """Return the thrifty change of each setpoint that has one, the most gain per extra cost first."""
    gaining = [sweep.thrifty for sweep in found if sweep.thrifty is not None]
    return tuple(sorted(gaining, key=lambda change: (change.per_cost, change.gain), reverse=True))


def grid(low: float, high: float, step: float) -> Floats:
    """Return the multiples of a step from low to high, both included, at most ``MOST_TRIED`` of them."""
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    count = max(0, min(last - first + 1, MOST_TRIED))
    return np.asarray(np.round(np.linspace(first, last, count).round() * step, 6), dtype=np.float64)


def _sweep(problem: BoundProblem, here: Evaluation, j: int) -> Sweep:
    acid, variable, now = int(here.designs.acid[0]), VARIABLES[j], float(here.designs.continuous[0, j])
    values = grid(problem.lower[acid, j], problem.upper[acid, j], variable.step)
    if values.tolist() == [now]:
        values = values[:0]
    continuous = np.repeat(here.designs.continuous[:1], len(values), axis=0)
    continuous[:, j] = values
    tried = problem.evaluate(problem.designs(np.full(len(values), acid, dtype=np.intp), continuous))
    allowed = allowed_designs(tried)
    lowest = lowest_yield(tried.yields)
    gain = lowest - lowest_yield(here.yields)[0]
    cost = problem.counted("cost")
    extra = tried.metrics[cost] - here.metrics[cost][0]
    per_cost = np.where(extra > 0.0, gain / np.where(extra > 0.0, extra, 1.0), np.inf)

    def change(row: int) -> Change:
        metal = limiting_metal(tried.yields[row])
        numbers = (float(part[row]) for part in (gain, per_cost))
        return Change(variable, now, float(values[row]), row, tried, float(lowest[row]), metal, *numbers)

    best = thrifty = None
    raising = np.where(allowed, gain, -np.inf)
    if raising.max(initial=0.0) > 0.0:
        good = np.flatnonzero((raising > 0.0) & (raising >= raising.max() - SAME))
        best = change(int(good[np.argmin(np.abs(values[good] - now))]))
        worth = np.flatnonzero(raising >= LEAST_GAIN)
        if len(worth):  # of gains that cost nothing the greatest
            thrifty = change(int(worth[np.lexsort((-gain[worth], -per_cost[worth]))[0]]))
    return Sweep(variable, values, tried, allowed, best, thrifty)


def allowed_designs(evaluation: Evaluation) -> Bools:
    """Return which designs are inside the domain and keep the limits of chemistry, shape (n,).

    What the problem allows counts (``applicability_domain: 1.5``); where it switched the domain off, its
    usual limit does.
    """
    margins = {"applicability_domain": 1.0 - evaluation.domain_distance, **evaluation.margins}
    kept = [margin >= 0.0 for name, margin in margins.items() if not name.startswith("yield_")]
    return np.asarray(np.logical_and.reduce(kept), dtype=np.bool_)
