"""Which designs a search starts from: good ones, but not all from one corner."""

from __future__ import annotations

import numpy as np
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function

from optimiser.designs import Designs, Floats, Ints
from optimiser.problem import Problem
from optimiser.search.archive import Archive

#: A cell is an acid with a third of its temperatures, a fifth of its peroxide and a quarter of its solids:
#: designs far apart in these are another way to leach, and worth following though another way is ahead.
_CELLS = np.array([3, 1, 5, 4, 1])
_ENDS, _SPREAD, _POPULATION = 0.12, 0.14, 0.14  # shares of the parents; the rest are cells' best
_EAGERNESS = 0.1  # share of the cells, best first, that parents are mostly taken from
_TIE = 0.05  # weight of all objectives together in what is best for one of them
_ON_FRONT = 0.5  # share of mates from the front


def cells(problem: Problem, designs: Designs) -> Ints:
    """Return a number per design: the same for designs that leach much alike, shape (n,)."""
    place = np.minimum(problem.encode(designs) * _CELLS, _CELLS - 1).astype(np.intp)
    key = designs.acid.astype(np.intp)
    for j, number in enumerate(_CELLS):
        key = key * number + place[:, j]
    return key


def cell_elites(problem: Problem, archive: Archive, among: Ints) -> tuple[Ints, ...]:
    """Return the best row of each cell by each objective, and by all together; best cells first.

    Args:
        problem: whose designs they are.
        archive: what was predicted.
        among: rows to choose from, shape (n,).
    """
    among = np.unique(among)
    cell, violation = cells(problem, archive.designs.take(among)), archive.violation[among]
    objectives = archive.objectives[among]
    known = objectives[violation <= 0.0] if (violation <= 0.0).any() else objectives
    low, high = known.min(axis=0), known.max(axis=0)
    scaled = (objectives - low) / np.where(high > low, high - low, 1.0)
    together = scaled.sum(axis=1)
    found = []
    for criterion in (*(column + _TIE * together for column in scaled.T), together):
        order = np.lexsort((criterion, violation))
        _, first = np.unique(cell[order], return_index=True)
        found.append(among[order[np.sort(first)]])
    return tuple(found)


def crowding(objectives: Floats) -> Floats:
    """Return how much room each member of a front has, infinite at its ends, shape (n,)."""
    if len(objectives) <= 2:
        return np.full(len(objectives), np.inf)
    room: Floats = get_crowding_function("cd").do(objectives, n_remove=0)
    return room


def choose_parents(
    archive: Archive, elites: tuple[Ints, ...], population: Ints, n: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Choose parents and a mate with the same acid for each.

    Args:
        archive: what the search has seen.
        elites: of its cells, by criterion.
        population: rows that the algorithm's own selection chose.
        n: how many.
        rng: generator.

    Returns:
        Rows of the parents and of their mates, shape (n,) each.
    """
    parents = np.empty(n, dtype=np.intp)
    by = rng.integers(len(elites), size=n)
    for j, rows in enumerate(elites):
        mine = np.flatnonzero(by == j)
        chance = np.exp(-np.arange(len(rows)) / max(1.0, _EAGERNESS * len(rows)))
        parents[mine] = rng.choice(rows, len(mine), p=chance / chance.sum())
    front, draw = archive.front, rng.random(n)
    if len(front):
        room = crowding(archive.objectives[front])
        pair = rng.integers(len(front), size=(n, 2))
        roomy = np.where(room[pair[:, 0]] >= room[pair[:, 1]], pair[:, 0], pair[:, 1])
        ends = front[archive.objectives[front].argmin(axis=0)]
        parents = np.where(draw < _ENDS + _SPREAD, front[roomy], parents)
        parents = np.where(draw < _ENDS, rng.choice(ends, n), parents)
    if len(population):
        parents = np.where(draw > 1.0 - _POPULATION, rng.choice(population, n), parents)
    return parents, _mates(archive, elites, parents, rng)


def _mates(archive: Archive, elites: tuple[Ints, ...], parents: Ints, rng: np.random.Generator) -> Ints:
    acid, front = archive.designs.acid, archive.front
    every = np.unique(np.concatenate([*elites, front]))
    mates = parents.copy()
    for k in np.unique(acid[parents]):
        mine = np.flatnonzero(acid[parents] == k)
        any_of, best_of = every[acid[every] == k], front[acid[front] == k]
        drawn = rng.choice(any_of, len(mine))
        if len(best_of):
            drawn = np.where(rng.random(len(mine)) < _ON_FRONT, rng.choice(best_of, len(mine)), drawn)
        mates[mine] = drawn
    return mates
