"""Which of many candidates deserve a prediction.

A prediction is what a search pays for; process and chemistry cost nothing beside it. So candidates are seen
with the yields of the nearest design that was predicted, and only the most promising are predicted. What was
guessed is never kept.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from optimiser.designs import CONTINUOUS, Designs, Floats, Ints
from optimiser.problem import Problem
from optimiser.search.archive import Archive, spread, total_violation
from optimiser.search.parents import cells

_AHEAD, _IN_CELL = 0.4, 0.4  # shares of those chosen that improve the front, or the best of their cell
_AT_RANDOM = 0.2  # share that is drawn
_PROMISE = 0.4  # share of the front's range, per objective, within which a cell's best is worth following
_PROMISE_ALIKE = 0.1  # the same in relative terms, where the front is short
_MEMBERS = 400  # of the front that candidates are compared with
_SLACK = 0.02  # violation that a guess may be wrong by
_WEIGHTS = np.array([1.0, 0.7, 1.2, 0.7, 1.0])  # of the coordinates, in a distance
_ACID_WEIGHT, _PEROXIDE_WEIGHT = 0.35, 0.2  # of the logarithms of acid and peroxide per solid
_ACID, _PEROXIDE, _SOLIDS = (
    CONTINUOUS.index(name) for name in ("acid_concentration", "h2o2", "solid_liquid_ratio")
)


def places(problem: Problem, designs: Designs) -> Floats:
    """Return where designs lie, so that designs close by have like yields, shape (n, 7)."""
    x = designs.continuous
    solids = np.log(x[:, _SOLIDS] + 1.0)
    return np.column_stack(
        [
            problem.encode(designs) * _WEIGHTS,
            _ACID_WEIGHT * (np.log(x[:, _ACID] + 0.05) - solids),
            _PEROXIDE_WEIGHT * (np.log(x[:, _PEROXIDE] + 0.3) - solids),
        ]
    )


def guess(problem: Problem, archive: Archive, designs: Designs) -> tuple[Floats, Floats]:
    """Return objectives (n, m) and violations (n,) with the yields of the nearest design of the same acid.

    Args:
        problem: whose designs they are.
        archive: what was predicted.
        designs: n candidates, with acids that the archive holds.
    """
    there, here = places(problem, archive.designs), places(problem, designs)
    nearest = np.zeros(len(designs), dtype=np.intp)
    for k in np.unique(designs.acid):
        known, mine = np.flatnonzero(archive.designs.acid == k), designs.acid == k
        nearest[mine] = known[cKDTree(there[known]).query(here[mine])[1]]
    point = problem.point_at(designs, archive.yields[nearest], archive.counted[nearest])
    return point.objectives, total_violation(point.margins)


def choose(problem: Problem, archive: Archive, designs: Designs, n: int, rng: np.random.Generator) -> Ints:
    """Return the rows of the n candidates that are worth a prediction.

    Most seem to be ahead of the front, or least behind it. Some seem better than the best of their cell by
    one objective, and not far from the best of all by it, one per cell. The rest is drawn from what seems
    feasible, or comes nearest to it.

    Args:
        problem: whose designs they are.
        archive: what was predicted.
        designs: candidates.
        n: how many to choose.
        rng: generator.
    """
    if len(designs) <= n:
        return np.arange(len(designs))
    objectives, violation = guess(problem, archive, designs)
    lacking = np.maximum(violation - _SLACK, 0.0)
    possible = np.flatnonzero(lacking <= 0.0)
    ahead = possible[np.argsort(_behind(archive, objectives[possible]), kind="stable")]
    chosen = list(ahead[: int(_AHEAD * n)])
    quota = max(1, int(_IN_CELL * n / objectives.shape[1]))
    best = _best_in_cells(problem, archive, designs.take(possible))
    best = np.minimum(best, _promising(archive))
    for j in range(objectives.shape[1]):
        better = np.setdiff1d(possible[objectives[possible, j] < best[:, j]], chosen)
        better = better[np.argsort(objectives[better, j], kind="stable")]
        _, first = np.unique(cells(problem, designs.take(better)), return_index=True)
        chosen.extend(better[np.sort(first)[:quota]])
    spare = int((1.0 - _AT_RANDOM) * n) - len(chosen)
    if spare > 0:
        chosen.extend(ahead[~np.isin(ahead, chosen)][:spare])
    rest = np.setdiff1d(np.arange(len(designs)), chosen)
    need, likely = n - len(chosen), rng.permutation(rest[lacking[rest] <= 0.0])
    if len(likely) < need:
        likely = rest[np.argsort(lacking[rest], kind="stable")]
    return np.array([*chosen, *likely[:need]], dtype=np.intp)


def _behind(archive: Archive, objectives: Floats) -> Floats:
    """Return by how much of the front's range designs are behind it, negative where ahead, shape (n,)."""
    front = archive.objectives[spread(archive.objectives, archive.front, _MEMBERS)]
    if not len(front):
        front = objectives.min(axis=0, keepdims=True) if len(objectives) else objectives
    low, high = front.min(axis=0, initial=np.inf), front.max(axis=0, initial=-np.inf)
    span = np.where(high > low, high - low, 0.01 * np.abs(low) + 1e-12)
    behind = np.full(len(objectives), np.inf)
    for member in front / span:  # a front has hundreds of members, the candidates are more
        np.minimum(behind, (objectives / span - member).max(axis=1), out=behind)
    return behind


def _promising(archive: Archive) -> Floats:
    """Return up to what value of each objective the best of a cell is worth following, shape (m,)."""
    front, m = archive.objectives[archive.front], archive.objectives.shape[1]
    if not len(front):
        return np.full(m, np.inf)
    low, high = front.min(axis=0), front.max(axis=0)
    beyond = np.maximum(_PROMISE / m * (high - low), _PROMISE_ALIKE * np.abs(low))
    return np.asarray(low + beyond, dtype=np.float64)


def _best_in_cells(problem: Problem, archive: Archive, designs: Designs) -> Floats:
    """Return the best value of each objective among feasible designs of each one's cell, (n, m)."""
    feasible = np.flatnonzero(archive.violation <= 0.0)
    held, mine = cells(problem, archive.designs.take(feasible)), cells(problem, designs)
    known, place = np.unique(held, return_inverse=True)
    best = np.full((len(known) + 1, archive.objectives.shape[1]), np.inf)
    np.minimum.at(best, place, archive.objectives[feasible])
    at = np.searchsorted(known, mine)
    found = (at < len(known)) & (known[np.minimum(at, len(known) - 1)] == mine) if len(known) else at < 0
    return best[np.where(found, at, len(known))]
