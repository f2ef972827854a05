"""What a generation sees of all that was predicted: what it aims for, and the best of every way to leach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from optimiser.designs import Designs, Floats, Ints
from optimiser.problem import Problem
from optimiser.search.archive import Archive

#: A cell is an acid with a quarter of its temperatures, a sixth of its peroxide, a fifth of its solids and
#: half of its times: designs far apart in these are another way to leach, and worth following though another
#: way is ahead.
_CELLS = np.array([4, 1, 6, 5, 2])
_DRAWN = 2  # weightings of the objectives that a generation draws
_TIE = 0.05  # weight of all objectives together in what is best for one of them
_SHORT = 0.5  # share of an objective's size that a shorter front's range counts for


@dataclass(frozen=True)
class Aims:
    """What is to become small: every objective by itself, and the worst of them under some weightings.

    Attributes:
        low, span: the front's best values and ranges, which objectives are scaled by, shape (m,).
        weights: of the weightings, the greatest 1, shape (w, m).
    """

    low: Floats
    span: Floats
    weights: Floats

    def values(self, objectives: Floats) -> Floats:
        """Return what designs, shape (n, m), are worth by each aim, less is better, shape (n, m + w)."""
        scaled = np.ascontiguousarray(((objectives - self.low) / self.span).T)
        worst = [(scaled * weights[:, None]).max(axis=0) for weights in self.weights]
        values: Floats = np.vstack([scaled, *worst]) + _TIE * scaled.sum(axis=0)
        return values.T


@dataclass(frozen=True)
class Survey:
    """An archive as a generation sees it.

    Attributes:
        problem: whose designs the archive holds.
        archive: what was predicted, in the order in which it was.
        aims: what is to become small.
        values: of each design by each aim, shape (n, k).
        cell: of each design, shape (n,).
        elites: by aim, the best row of each cell; best cells first.
    """

    problem: Problem
    archive: Archive
    aims: Aims
    values: Floats
    cell: Ints
    elites: tuple[Ints, ...]

    @cached_property
    def best_in_cells(self) -> tuple[Ints, Floats]:
        """The cells that hold a feasible design, rising, and their best values by aim, shape (c, k)."""
        best = []
        for k, rows in enumerate(self.elites):
            feasible = rows[self.archive.violation[rows] <= 0.0]
            feasible = feasible[np.argsort(self.cell[feasible])]
            best.append(self.values[feasible, k])
        return self.cell[feasible], np.column_stack(best)

    @cached_property
    def trees(self) -> dict[int, tuple[Ints, cKDTree]]:
        """By acid, the rows of its designs and a tree of their places."""
        acid = self.archive.designs.acid
        rows = {int(k): np.flatnonzero(acid == k) for k in np.unique(acid)}
        heights = self.archive.heights
        # designs crowd together, and cells of one size suit them better than cells of one number
        return {k: (mine, cKDTree(heights[mine], balanced_tree=False)) for k, mine in rows.items()}


def survey(problem: Problem, archive: Archive, rng: np.random.Generator | None = None) -> Survey:
    """Look at an archive, with weightings of the objectives drawn at random, or one that is even.

    Args:
        problem: whose designs they are.
        archive: what was predicted.
        rng: generator; None weighs all objectives alike.
    """
    m = archive.objectives.shape[1]
    weights = np.ones((1, m))
    if rng is not None:
        weights = rng.dirichlet(np.ones(m), size=_DRAWN)
        weights /= weights.max(axis=1, keepdims=True)
    known = archive.objectives[archive.front] if len(archive.front) else archive.objectives
    low, high = known.min(axis=0), known.max(axis=0)
    aims = Aims(low, np.maximum(high - low, _SHORT * np.abs(low) + 1e-12), weights)
    values, cell = aims.values(archive.objectives), cells(problem, archive.designs)
    _, place = np.unique(cell, return_inverse=True)
    least = np.full(place.max() + 1, np.inf)
    np.minimum.at(least, place, archive.violation)
    nearest = np.flatnonzero(archive.violation == least[place])  # by whatever aim, no other can be the best
    elites = []
    for column in values[nearest].T:
        order = nearest[np.lexsort((column, archive.violation[nearest]))]
        _, first = np.unique(cell[order], return_index=True)
        elites.append(order[np.sort(first)])
    return Survey(problem, archive, aims, values, cell, tuple(elites))


def cells(problem: Problem, designs: Designs) -> Ints:
    """Return a number per design: the same for designs that leach much alike, shape (n,)."""
    place = np.minimum(problem.encode(designs) * _CELLS, _CELLS - 1).astype(np.intp)
    key = designs.acid.astype(np.intp)
    for j, number in enumerate(_CELLS):
        key = key * number + place[:, j]
    return key
