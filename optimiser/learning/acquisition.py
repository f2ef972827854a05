"""Which experiments teach most about a decision: pure functions of draws of what is possible.

A draw is one possible truth for all candidates at once. Rows of one experiment (it may be sampled at several
times) are one group: they are measured together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimiser.variables import Bools, Floats, Ints

#: Where nothing feasible is known, the dearest that is feasible is worth this many ranges of cost, and the
#: cheapest one range more: the chance to be feasible counts, and so does the cost. Of 0.2, 1 and 4, the first
#: needed the fewest experiments in the replay (docs/suggest.md).
_FIRST_WORTH = 0.2
#: Improvements that are smaller, as a share of the range of costs, are none: the chance to be the best
#: counts then.
_NOTHING = 1e-9
#: Quantiles of the costs between which they are usual: where little dissolves, a cost per kg has no end.
_USUAL = (0.05, 0.95)
_NOISE = 0.05  # variance of a chance that a single experiment leaves open, as it is measured with error


def expected_improvement(
    costs: Floats,
    feasible: Bools,
    best: float | Floats | None,
    group: Ints,
    n: int,
    *,
    together: bool = True,
    far_enough: Callable[[Ints, Ints], Bools] | None = None,
) -> tuple[Ints, Floats]:
    """Return the experiments from which the lowest feasible cost is expected to fall most, one after another.

    After each pick every draw takes what the pick would have found as the best that is known (expected
    improvement of a batch, chosen greedily).

    Args:
        costs: of c candidate rows in s draws, shape (s, c).
        feasible: whether each row reaches all targets in each draw, shape (s, c).
        best: lowest feasible cost that is measured, of all draws or of each, shape (s,); None where nothing
            feasible is: then the chance to find anything feasible counts first, and the cheaper of what is.
        group: number of each row's experiment, shape (c,).
        n: how many experiments.
        together: whether they are run together; without it each is judged as the only one.
        far_enough: told the numbers of experiments and those picked, says which of the first may follow,
            shape (experiments,); where none may, all may.

    Returns:
        The experiments, best first, shape (at most n,), and by how much each is expected to improve on the
        best before it, shape likewise.
    """
    experiments, mine = np.unique(group, return_inverse=True)
    found = np.where(feasible, costs, np.inf)
    # the cheapest feasible row of each experiment
    cheapest = np.full((len(costs), len(experiments)), np.inf)
    np.minimum.at(cheapest.T, mine, found.T)
    start = nothing_known(costs, feasible) if best is None else best
    known = np.broadcast_to(start, len(costs))
    fallback = _likely_cheap(costs, feasible, mine, len(experiments))
    low, high = _ends(costs, feasible)
    width = (high - low) or 1.0
    picked, gains = list[int](), list[float]()
    for _ in range(min(n, len(experiments))):
        gain = np.maximum(known[:, None] - cheapest, 0.0).mean(axis=0)
        able = _able(experiments, picked, far_enough)
        value = np.where(able, gain + _NOTHING * width * fallback, -np.inf)
        chosen = int(np.argmax(value))
        picked.append(chosen)
        gains.append(float(gain[chosen]))
        if together:
            known = np.minimum(known, cheapest[:, chosen])
    return experiments[picked], np.array(gains)


def nothing_known(costs: Floats, feasible: Bools) -> float:
    """Return what stands for the best where nothing feasible is measured: dearer than usual candidates."""
    low, high = _ends(costs, feasible)
    return high + _FIRST_WORTH * (high - low)


def most_information(
    feasible: Bools,
    weight: Floats,
    group: Ints,
    n: int,
    *,
    together: bool = True,
    far_enough: Callable[[Ints, Ints], Bools] | None = None,
) -> tuple[Ints, Floats]:
    """Return the experiments that say most about which rows are feasible, one after another.

    What an experiment explains is the variance of the rows' feasibility that goes with its own, over the
    draws; what picks before it explain is taken away first.

    Args:
        feasible: whether each of c rows is feasible in each of s draws, shape (s, c).
        weight: how much each row counts, shape (c,).
        group: number of each row's experiment, shape (c,); the row that says most stands for it.
        n: how many experiments.
        together: whether they are run together; without it each is judged as the only one.
        far_enough: as in `expected_improvement`.

    Returns:
        The experiments, best first, and the share of the doubt that each takes away, shape (at most n,) each.
    """
    experiments, mine = np.unique(group, return_inverse=True)
    centred = feasible - feasible.mean(axis=0)
    covariance = centred.T @ centred / len(feasible)
    total = float(weight @ np.diag(covariance)) or 1.0
    picked, gains = list[int](), list[float]()
    for _ in range(min(n, len(experiments))):
        explained = (covariance**2 @ weight) / (np.diag(covariance) + _NOISE)
        each = np.full(len(experiments), -np.inf)
        np.maximum.at(each, mine, explained)
        value = np.where(_able(experiments, picked, far_enough), each, -np.inf)
        chosen = int(np.argmax(value))
        picked.append(chosen)
        gains.append(float(value[chosen]) / total)
        if together:
            row = int(np.argmax(np.where(mine == chosen, explained, -np.inf)))
            column = covariance[:, row]
            covariance = covariance - np.outer(column, column) / (column[row] + _NOISE)
    return experiments[picked], np.array(gains)


def _able(experiments: Ints, picked: list[int], far_enough: Callable[[Ints, Ints], Bools] | None) -> Bools:
    able = np.ones(len(experiments), dtype=bool)
    able[picked] = False
    if far_enough is not None and picked:
        apart = able & far_enough(experiments, experiments[picked])
        able = apart if apart.any() else able
    return able


def _ends(costs: Floats, feasible: Bools) -> tuple[float, float]:
    """Return low and high usual costs: of what is feasible in some draw, or of all where nothing is."""
    usual = costs[feasible & np.isfinite(costs)]
    usual = usual if len(usual) else costs[np.isfinite(costs)]
    low, high = np.quantile(usual, _USUAL) if len(usual) else (0.0, 0.0)
    return float(low), float(high)


def _likely_cheap(costs: Floats, feasible: Bools, mine: Ints, number: int) -> Floats:
    """Return what ranks experiments where none is expected to improve: likely feasible, then cheap."""
    low, high = _ends(costs, feasible)
    middle = np.median(costs, axis=0).clip(low, high)
    each = feasible.mean(axis=0) + 0.1 * (high - middle) / ((high - low) or 1.0)
    out = np.full(number, -np.inf)
    np.maximum.at(out, mine, each)
    return out
