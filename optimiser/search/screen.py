"""Which of many candidates deserve a prediction.

A prediction is what a search pays for; process and chemistry cost nothing beside it. So candidates are seen
with the yields of the designs nearest to them, in the yield model's own terms, that were predicted, each
changed by what the model's steps between the two do. How far these are off grows with the distance, and so
a candidate has a chance to hold its targets. Those are predicted from which most is to be expected. What was
guessed is never kept.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import ndtr

from optimiser.designs import Designs, Floats, Ints
from optimiser.search.archive import Archive, spread, total_violation
from optimiser.search.survey import Survey, cells

_AHEAD, _IN_CELL = 0.4, 0.4  # shares of those chosen that improve the front, or the best of their cell
_AT_RANDOM = 0.2  # share that is drawn
_LEAST_CHANCE = 0.05  # of being feasible, below which a candidate is not looked at further
_PROMISE = 0.2  # of the front's range within which a cell's best is worth following
_MEMBERS = 150  # of the front that candidates are compared with
_ALIKE = 0.002  # distance within which designs are taken to have the same yields
_NEIGHBOURS = 4
#: Standard error of a guess: this yield, and this share of the distance (`benchmarks/guess.py`).
_ERROR, _ERROR_BY_DISTANCE = 0.0005, 0.2
#: Limits that yields have no say in: a candidate that breaks one is infeasible for sure.
_CERTAIN = frozenset({"stock_strength", "boiling", "slurry", "applicability_domain"})


@dataclass(frozen=True)
class Guess:
    """What candidates seem to be.

    Attributes:
        objectives: to minimise, shape (n, m).
        lacking: sum of what the constraints lack, shape (n,).
        chance: that all constraints hold, shape (n,).
        gain: by how much of its range they can be expected to improve the front, shape (n,).
        box: the same whole numbers for candidates that are taken to have the same yields, shape (n,).
    """

    objectives: Floats
    lacking: Floats
    chance: Floats
    gain: Floats
    box: Ints

    def joined(self, other: Guess) -> Guess:
        """Return the guesses of these candidates and of others."""
        parts = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(Guess))
        return Guess(*(np.concatenate(pair) for pair in parts))


def guess(seen: Survey, designs: Designs) -> Guess:
    """Guess what candidates are; everything but their yields is exact.

    Args:
        seen: what was predicted.
        designs: n candidates, with acids that the archive holds.
    """
    problem, archive = seen.problem, seen.archive
    here = problem.places(designs)
    yields, counted = np.empty((2, len(designs), archive.yields.shape[1]))
    distance = np.empty(len(designs))
    for k in np.unique(designs.acid):
        mine, (known, tree) = np.flatnonzero(designs.acid == k), seen.trees[int(k)]
        few = min(_NEIGHBOURS, len(known))
        away, near = (part.reshape(len(mine), few) for part in tree.query(here.heights[mine], k=few))
        weight = (away + 1e-4) ** -2.0
        weight /= weight.sum(axis=1, keepdims=True)
        for guessed, told in ((yields, archive.yields), (counted, archive.counted)):
            unchanged = np.einsum("nk,nkm->nm", weight, (told - archive.effects)[known[near]])
            guessed[mine] = np.clip(unchanged + here.effects[mine], 0.0, 1.0)
        distance[mine] = away[:, 0]
    point = problem.point_at(designs, yields, counted)
    error = _ERROR + _ERROR_BY_DISTANCE * distance
    certain = np.array([name in _CERTAIN for name in problem.constraint_names], dtype=np.bool_)
    chance = ndtr(point.margins[:, ~certain] / error[:, None]).prod(axis=1)
    chance[(point.margins[:, certain] < 0.0).any(axis=1)] = 0.0
    gain = _expected_gain(archive, point.objectives, chance, error)
    return Guess(
        point.objectives, total_violation(point.margins), chance, gain, _boxes(designs, here.heights)
    )


def choose(seen: Survey, designs: Designs, like: Guess, n: int, rng: np.random.Generator) -> Ints:
    """Return the rows of the n candidates that are worth a prediction.

    Most are expected to improve the front most. Some seem better than the best of their cell by one aim, and
    not far from the best of all by it, one per cell. The rest is drawn from what seems feasible, or comes
    nearest to it. Candidates that are taken to have the same yields are chosen once, but for the drawn ones.

    Args:
        seen: what was predicted.
        designs: candidates.
        like: what they seem to be.
        n: how many to choose.
        rng: generator.
    """
    if len(designs) <= n:
        return np.arange(len(designs))
    possible = np.flatnonzero(like.chance >= _LEAST_CHANCE)
    ahead = possible[np.argsort(-like.gain[possible], kind="stable")]
    chosen = _apart(ahead, like.box, ahead[:0])[: int(_AHEAD * n)]
    for found in _better_in_cells(seen, designs, like, possible):
        chosen = np.append(
            chosen, found[~np.isin(found, chosen)][: max(1, int(_IN_CELL * n) // seen.values.shape[1])]
        )
    spare = max(0, int((1.0 - _AT_RANDOM) * n) - len(chosen))
    chosen = np.append(chosen, _apart(ahead, like.box, chosen)[:spare])
    rest = np.setdiff1d(np.arange(len(designs)), chosen)
    need, likely = n - len(chosen), rng.permutation(rest[like.chance[rest] >= _LEAST_CHANCE])
    if len(likely) < need:
        likely = rest[np.lexsort((like.lacking[rest], -like.chance[rest]))]
    return np.append(chosen, likely[:need])


def _boxes(designs: Designs, heights: Floats) -> Ints:
    """Number designs by acid and by where they lie, coarsely."""
    key = np.column_stack([designs.acid, np.floor(heights / _ALIKE)]).astype(np.int64)
    row = np.ascontiguousarray(key).view(np.dtype((np.void, key.itemsize * key.shape[1]))).reshape(-1)
    return np.unique(row, return_inverse=True)[1]


def _apart(order: Ints, box: Ints, taken: Ints) -> Ints:
    """Return the first of each box, in the order given, but for boxes of what is taken."""
    left = order[~np.isin(box[order], box[taken])]
    _, first = np.unique(box[left], return_index=True)
    return left[np.sort(first)]


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


def _better_in_cells(seen: Survey, designs: Designs, like: Guess, possible: Ints) -> list[Ints]:
    """Return by aim the most promising row of each cell that seems better than its best; best cells first."""
    cell, values = cells(seen.problem, designs.take(possible)), seen.aims.values(like.objectives[possible])
    known, best = seen.best_in_cells
    limit = best.min(axis=0) + _PROMISE if len(known) else np.full(values.shape[1], np.inf)
    best = np.vstack([best, np.full(values.shape[1], np.inf)])
    at = np.searchsorted(known, cell)
    at[at < len(known)] = np.where(
        known[at[at < len(known)]] == cell[at < len(known)], at[at < len(known)], len(known)
    )
    found = []
    for value, top, bound in zip(values.T, best[at].T, limit, strict=True):
        better = np.flatnonzero((value < top) & (value < bound))
        step = np.where(np.isfinite(top[better]), top[better] - value[better], 1.0)
        order = better[np.lexsort((-step * like.chance[possible[better]], cell[better]))]
        _, first = np.unique(cell[order], return_index=True)
        one = order[first]
        found.append(possible[one[np.argsort(value[one], kind="stable")]])
    return found
