"""Which of many candidates deserve a prediction.

Candidates are seen at low fidelity, which costs a tenth of the high fidelity: few anchors, and the setpoint
alone. How much more the high fidelity says is taken over from the parent, where it is known. How far such a
guess is off grows with the change from the parent. So a candidate has a chance to hold its limits, and an
expected improvement of the front. What was guessed is never kept.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from optimiser.problem.bound import BoundProblem
from optimiser.search.archive import Archive, cells, spread, total_violation
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.variables import Bools, Designs, Floats, Ints

_AHEAD, _IN_CELL = 0.5, 0.3  # shares of those chosen that improve the front, or the best of their cell
_LEAST_CHANCE = 0.05  # of being feasible, below which a candidate is not looked at further
_PROMISE = 0.2  # of the front's range within which a cell's best is worth following
_MEMBERS = 150  # of the front that candidates are compared with
#: Standard error of a guess: this yield, and this share of the change from the parent.
_ERROR, _ERROR_BY_CHANGE = 0.001, 0.1
#: Limits that yields have no say in: a candidate that breaks one is infeasible for sure.
_CERTAIN = frozenset({"stock_strength", "boiling", "peroxide_heat", "slurry", "time_min", "time_max"})


def choose(
    problem: BoundProblem, archive: Archive, designs: Designs, parents: Ints, n: int, rng: np.random.Generator
) -> Ints:
    """Return the rows of the n candidates that are worth a prediction.

    Half of them are expected to improve the front most. Some seem better than the best of their cell in an
    objective, and not far from the best of all, one per cell. The rest is drawn from what seems feasible, or
    comes nearest to it.

    Args:
        problem: whose designs they are.
        archive: what was predicted.
        designs: candidates.
        parents: rows of the archive that they were made from.
        n: how many to choose.
        rng: generator.
    """
    if len(designs) <= n:
        return np.arange(len(designs))
    guessed, error = guess(problem, archive, designs, parents)
    point = problem.point_at(designs, guessed)
    certain = np.array([name in _CERTAIN for name in problem.constraint_names], dtype=np.bool_)
    chance = ndtr(point.margins[:, ~certain] / error[:, None]).prod(axis=1)
    chance[(point.margins[:, certain] < 0.0).any(axis=1)] = 0.0
    possible = chance >= _LEAST_CHANCE
    ahead = np.argsort(-_expected_gain(archive, point.objectives, chance, error), kind="stable")
    chosen = ahead[possible[ahead]][: int(_AHEAD * n)]
    number = max(1, int(_IN_CELL * n) // len(archive.elites))
    for k in range(len(archive.elites)):
        better = _better_in_cells(archive, k, cells(problem, designs), point.objectives, possible)
        chosen = np.append(chosen, better[~np.isin(better, chosen)][:number])[:n]
    rest = np.setdiff1d(np.arange(len(designs)), chosen)
    likely = rng.permutation(rest[possible[rest]])
    if len(likely) < n - len(chosen):
        likely = rest[np.lexsort((total_violation(point.margins)[rest], -chance[rest]))]
    return np.append(chosen, likely[: n - len(chosen)])


def guess(
    problem: BoundProblem, archive: Archive, designs: Designs, parents: Ints
) -> tuple[YieldPrediction, Floats]:
    """Guess the yields of candidates by how their parents' were off at low fidelity.

    The domain knows the distance to the data only, not the members' disagreement.

    Args:
        problem: whose designs they are.
        archive: what was predicted.
        designs: n candidates.
        parents: rows of the archive that they were made from, shape (n,).

    Returns:
        The guess, and the standard error of its mean yields, shape (n,).
    """
    rough = problem.predict(designs, "low")
    known, before = archive.prediction.take(parents), archive.rough.take(parents)
    change = np.sqrt(np.nansum((rough.mean - before.mean) ** 2, axis=1))
    return corrected(rough, known, before, problem, designs), _ERROR + _ERROR_BY_CHANGE * change


def corrected(
    rough: YieldPrediction,
    known: YieldPrediction,
    before: YieldPrediction,
    problem: BoundProblem,
    designs: Designs,
) -> YieldPrediction:
    """Return a prediction at low fidelity corrected by how it is off at the parents.

    Args:
        rough: of n designs at low fidelity.
        known: of their parents at high fidelity.
        before: of their parents at low fidelity.
        problem: whose designs they are.
        designs: the n designs.
    """
    grown = np.divide(rough.scale, before.scale, out=np.ones_like(rough.scale), where=before.scale > 0.0)
    return YieldPrediction(
        (rough.mean + (known.mean - before.mean)).clip(0.0, 1.0),
        rough.spread,
        known.scale * grown,  # 0 where a yield is assumed
        problem.distance_ratio(designs),
    )


def _expected_gain(archive: Archive, objectives: Floats, chance: Floats, error: Floats) -> Floats:
    """Return by how much of its range designs can be expected to improve the front, shape (n,).

    Expected improvement (Jones et al. 1998, 10.1023/A:1008306431147) of what a design is ahead of the front
    by, times its chance to be feasible; without a front, the chance.
    """
    front = archive.objectives[spread(archive.objectives, archive.front, _MEMBERS)]
    if not len(front):
        return chance
    low, high = front.min(axis=0), front.max(axis=0)
    span = np.maximum(high - low, 0.05 * np.abs(low) + 1e-12)
    apart = [np.subtract.outer(a, b) for a, b in zip((objectives / span).T, (front / span).T, strict=True)]
    behind = np.maximum.reduce(apart).min(axis=1)
    scale = error * np.mean(np.abs(low) / span)
    z = -behind / scale
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    return np.asarray(chance * scale * (z * ndtr(z) + density), dtype=np.float64)


def _better_in_cells(archive: Archive, k: int, cell: Ints, objectives: Floats, possible: Bools) -> Ints:
    """Return the best row of each cell that seems better than its best in objective k; best cells first."""
    values, known, feasible = objectives[:, k], archive.objectives[:, k], archive.elites[k]
    feasible = feasible[archive.violation[feasible] <= 0.0]
    best = np.full(max(cell.max(), archive.cell.max()) + 1, np.inf)
    best[archive.cell[feasible]] = known[feasible]
    limit = np.inf
    if len(feasible):
        low, high = known[archive.front].min(), known[archive.front].max()
        limit = low + _PROMISE * max(high - low, 0.5 * abs(low))
    better = np.flatnonzero(possible & (values < np.minimum(best[cell], limit)))
    order = better[np.argsort(values[better], kind="stable")]
    _, first = np.unique(cell[order], return_index=True)
    return order[np.sort(first)]
