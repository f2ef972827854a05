"""Which single setpoint would raise the lowest yield: the model predicts every value that a plant can set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import YIELD, is_yield
from optimiser.variables import Bools, Floats, Variable

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
        limiting: the metal, or response, with that yield.
        gain: by how much the lowest yield rises, a fraction.
        per_cost: gain per extra cost, in the unit of `cost_metric`; infinite where there is no extra cost,
            NaN where no cost is known.
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


def cost_metric(problem: BoundProblem) -> str | None:
    """Return the cost that changes are held against: per kg metal, else per t feed; None without any."""
    known = problem.metrics
    return next((name for name in (problem.counted("cost"), "cost_feed") if name in known), None)


def lowest_yield(yields: Floats) -> Floats:
    """Return the lowest yield of the metals that are there, shape (n,), of yields (n, metals)."""
    lowest: Floats = np.nanmin(yields, axis=1)
    return lowest


def counting(problem: BoundProblem) -> list[int]:
    """Return the columns of the yields of which the lowest is looked at.

    Of cathodes all; of another system those that are asked for, since not every response is wanted, else all.
    """
    wanted = asked_for(problem) & set(problem.present)
    if problem.system.is_cathode or not wanted:
        return list(range(len(problem.responses)))
    return [k for k, response in enumerate(problem.responses) if response in wanted]


def asked_for(problem: BoundProblem) -> set[str]:
    """Return the responses that a problem has targets for, or maximises."""
    most = {o.metric for o in problem.objectives if is_yield(o.metric) and o.sign < 0}
    return set(problem.targets) | {metric.removeprefix(YIELD) for metric in most}


def lowest_counting(problem: BoundProblem, yields: Floats) -> Floats:
    """Return the lowest yield of those that count, shape (n,), of yields (n, m)."""
    return lowest_yield(yields[:, counting(problem)])


def limiting(problem: BoundProblem, yields: Floats) -> str:
    """Return the metal, or response, with the lowest yield that counts of one design, shape (m,)."""
    columns = counting(problem)
    return problem.responses[columns[int(np.nanargmin(yields[columns]))]]


def sweeps(problem: BoundProblem, here: Evaluation) -> tuple[Sweep, ...]:
    """Move each setpoint of one design over the problem's range for its acid, on the plant's grid.

    A change counts by the lowest yield after it (of those that are asked for, `counting`), whichever metal
    that is: no change counts that only makes another metal limit. It must be inside the applicability
    domain, even where the problem does not ask for that, and keep what the problem asks of chemistry. Yield
    targets do not matter.

    Args:
        problem: the bound question.
        here: evaluation of one design.
    """
    return tuple(_sweep(problem, here, j) for j in range(len(problem.variables)))


@dataclass(frozen=True)
class Raise:
    """The one setpoint change that raises one yield of a design most.

    Attributes:
        response: whose yield.
        variable: the setpoint.
        now, to: its value before and after.
        row: of the changed design in ``after``.
        after: evaluation of all values tried.
        gain: by how much every yield changes, a fraction, shape (m,); NaN for an absent metal.
        column: of ``response`` in it.
    """

    response: str
    variable: Variable
    now: float
    to: float
    row: int
    after: Evaluation = field(compare=False, repr=False)
    gain: Floats = field(compare=False)
    column: int = 0

    @property
    def own(self) -> float:
        """By how much the response's own yield rises, a fraction."""
        return float(self.gain[self.column])


def raises(
    problem: BoundProblem, here: Evaluation, found: tuple[Sweep, ...], responses: Sequence[str]
) -> tuple[Raise | None, ...]:
    """Return the change of one setpoint that raises each yield most, None where none raises it.

    Only changes inside the applicability domain and the limits of chemistry count. Of values of a setpoint
    within half a point of its best the nearest is taken.

    Args:
        problem: the bound question.
        here: evaluation of one design.
        found: its setpoints moved alone, as `sweeps` gives them.
        responses: whose yields.
    """
    told: list[Raise | None] = []
    for response in responses:
        k, best = problem.responses.index(response), None
        for sweep in found:
            gain = sweep.tried.yields - here.yields[0]
            own = np.where(sweep.allowed, gain[:, k], -np.inf)
            if not own.max(initial=0.0) > 0.0:
                continue
            now = float(here.designs.continuous[0, problem.system.column[sweep.variable.name]])
            good = np.flatnonzero((own > 0.0) & (own >= own.max() - SAME))
            row = int(good[np.argmin(np.abs(sweep.values[good] - now))])
            if best is None or own[row] > best.own:
                to = float(sweep.values[row])
                best = Raise(response, sweep.variable, now, to, row, sweep.tried, gain[row], k)
        told.append(best)
    return tuple(told)


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
    acid, variable, now = (
        int(here.designs.acid[0]),
        problem.variables[j],
        float(here.designs.continuous[0, j]),
    )
    low, high = float(problem.lower[acid, j]), float(problem.upper[acid, j])
    values = np.array([v for v in variable.values if low - 1e-9 <= v <= high + 1e-9])
    if not variable.values:
        values = grid(low, high, variable.step)
    if values.tolist() == [now]:
        values = values[:0]
    continuous = np.repeat(here.designs.continuous[:1], len(values), axis=0)
    continuous[:, j] = values
    tried = problem.evaluate(problem.designs(np.full(len(values), acid, dtype=np.intp), continuous))
    allowed = allowed_designs(tried)
    lowest = lowest_counting(problem, tried.yields)
    gain = lowest - lowest_counting(problem, here.yields)[0]
    cost, per_cost = cost_metric(problem), np.full(len(values), np.nan)
    if cost is not None:
        extra = tried.metrics[cost] - here.metrics[cost][0]
        per_cost = np.where(extra > 0.0, gain / np.where(extra > 0.0, extra, 1.0), np.inf)

    def change(row: int) -> Change:
        metal = limiting(problem, tried.yields[row])
        numbers = (float(part[row]) for part in (gain, per_cost))
        return Change(variable, now, float(values[row]), row, tried, float(lowest[row]), metal, *numbers)

    best = thrifty = None
    raising = np.where(allowed, gain, -np.inf)
    if raising.max(initial=0.0) > 0.0:
        good = np.flatnonzero((raising > 0.0) & (raising >= raising.max() - SAME))
        best = change(int(good[np.argmin(np.abs(values[good] - now))]))
        worth = np.flatnonzero(raising >= LEAST_GAIN)
        if len(worth) and cost is not None:  # of gains that cost nothing the greatest
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
