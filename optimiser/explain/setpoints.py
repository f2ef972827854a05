"""Which single setpoint would raise the limiting yield: every value a plant can set, tried with the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.metals import METALS
from optimiser.problem.problem import Evaluation, Problem
from optimiser.variables import VARIABLES, Bools, Designs, Floats

#: Values of one setpoint that are tried at most; a longer range is tried evenly.
MOST_TRIED = 400
#: Yield that counts as the same, as a fraction: of values this close to the best the nearest one is taken.
SAME = 0.005
#: Gain of the lowest yield, as a fraction, from which a change is told for its price.
LEAST_GAIN = 0.01


@dataclass(frozen=True)
class Sweep:
    """One setpoint moved over its range while the others stay.

    Attributes:
        variable: index into VARIABLES.
        tried: evaluation of the values tried, in their order; none where the setpoint cannot be moved.
        allowed: which of them chemistry and the applicability domain allow, shape (n,).
        best: row of the change that raises the lowest yield most; None where none raises it.
        thrifty: row of the change with the most gain per extra cost, of those that gain `LEAST_GAIN` or more;
            None where none does.
    """

    variable: int
    tried: Evaluation
    allowed: Bools
    best: int | None
    thrifty: int | None = None

    @property
    def values(self) -> Floats:
        """The setpoint's values, shape (n,)."""
        return self.tried.designs.continuous[:, self.variable]


def lowest_yield(yields: Floats) -> Floats:
    """Return the lowest yield of the metals that are there, shape (n,), of yields (n, 4)."""
    lowest: Floats = np.nanmin(yields, axis=1)
    return lowest


def limiting_metal(yields: Floats) -> str:
    """Return the metal with the lowest of four yields."""
    return METALS[int(np.nanargmin(yields))]


def sweeps(problem: Problem, here: Evaluation) -> tuple[Sweep, ...]:
    """Move each setpoint of one design over the problem's range for its acid, on the plant's grid.

    A change counts by the lowest yield after it, whichever metal has that then, so that none is told of that
    only moves the lack to another metal. It must be inside the applicability domain, even where the problem
    does not ask for that, and keep what the problem asks of chemistry; yield targets do not matter.

    Args:
        problem: the bound question.
        here: evaluation of one design.
    """
    acid = int(here.designs.acid[0])
    return tuple(_sweep(problem, here, acid, i) for i in range(len(VARIABLES)))


def best_sweep(found: tuple[Sweep, ...]) -> Sweep | None:
    """Return the sweep whose best change leaves the highest lowest yield; None where none raises it."""
    raising = [sweep for sweep in found if sweep.best is not None]
    return max(raising, key=_reached) if raising else None


def thrifty_sweeps(here: Evaluation, found: tuple[Sweep, ...]) -> tuple[Sweep, ...]:
    """Return the sweeps with a thrifty change, that with the most gain per extra cost first."""
    gaining = [sweep for sweep in found if sweep.thrifty is not None]
    return tuple(sorted(gaining, key=lambda sweep: _thrift(here, sweep), reverse=True))


def _thrift(here: Evaluation, sweep: Sweep) -> tuple[float, float]:
    assert sweep.thrifty is not None
    per_cost, gain = gain_per_cost(here, sweep.tried)
    return float(per_cost[sweep.thrifty]), float(gain[sweep.thrifty])


def gain_per_cost(here: Evaluation, tried: Evaluation) -> tuple[Floats, Floats]:
    """Return what changes gain of the lowest yield per EUR/kg metal of extra cost, and the gain itself.

    Args:
        here: evaluation of the design, alone.
        tried: of the changed ones.

    Returns:
        Fractions per EUR/kg metal (infinite where nothing more is paid), and fractions, shape (n,) each.
    """
    gain = lowest_yield(tried.yields) - lowest_yield(here.yields)[0]
    extra = tried.metrics["cost"] - here.metrics["cost"][0]
    return np.where(extra > 0.0, gain / np.where(extra > 0.0, extra, 1.0), np.inf), gain


def _reached(sweep: Sweep) -> float:
    assert sweep.best is not None
    return float(lowest_yield(sweep.tried.yields)[sweep.best])


def grid(low: float, high: float, step: float) -> Floats:
    """Return the multiples of a step from low to high, both included, at most ``MOST_TRIED`` of them."""
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    if last < first:
        return np.empty(0)
    count = min(last - first + 1, MOST_TRIED)
    return np.asarray(np.round(np.linspace(first, last, count).round() * step, 6), dtype=np.float64)


def _sweep(problem: Problem, here: Evaluation, acid: int, variable: int) -> Sweep:
    low, high = problem.lower[acid, variable], problem.upper[acid, variable]
    values, now = grid(low, high, VARIABLES[variable].step), here.designs.continuous[0, variable]
    if len(values) == 1 and values[0] == now:
        values = values[:0]
    continuous = np.repeat(here.designs.continuous[:1], len(values), axis=0)
    continuous[:, variable] = values
    tried = problem.evaluate(Designs(np.full(len(values), acid, dtype=np.intp), continuous))
    allowed = allowed_designs(tried)
    per_cost, gain = gain_per_cost(here, tried)
    gain = np.where(allowed, gain, -np.inf)
    if not len(gain) or gain.max() <= 0.0:
        return Sweep(variable, tried, allowed, None)
    good = np.flatnonzero((gain > 0.0) & (gain >= gain.max() - SAME))
    worth = np.flatnonzero(gain >= LEAST_GAIN)
    # of gains that cost nothing the greatest
    thrifty = int(worth[np.lexsort((-gain[worth], -per_cost[worth]))[0]]) if len(worth) else None
    return Sweep(variable, tried, allowed, int(good[np.argmin(np.abs(values[good] - now))]), thrifty)


def allowed_designs(evaluation: Evaluation) -> Bools:
    """Return which designs are inside the domain and keep the limits of chemistry, shape (n,).

    What the problem allows counts (``applicability_domain: 1.5``); where it switched the domain off, its
    usual limit does.
    """
    margins = {"applicability_domain": 1.0 - evaluation.domain_distance, **evaluation.margins}
    kept = [margin >= 0.0 for name, margin in margins.items() if not name.startswith("yield_")]
    return np.asarray(np.logical_and.reduce(kept), dtype=np.bool_)
