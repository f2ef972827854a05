"""Which designs a generation starts from: good ones, but not all from one corner."""

from __future__ import annotations

import numpy as np
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function

from optimiser.designs import Floats, Ints
from optimiser.search.survey import Survey

_ENDS, _SPREAD, _MISSES, _POPULATION = 0.1, 0.1, 0.2, 0.1  # shares of the parents; the rest are cells' best
_MISSED_BY = 0.01  # violation up to which a design just misses its limits
_EAGERNESS = 0.1  # share of the cells, best first, that parents are mostly taken from
_PATIENCE = 20.0  # predictions in a cell since its best was found, that halve its chance
_ON_FRONT = 0.5  # share of mates from the front


def crowding(objectives: Floats) -> Floats:
    """Return how much room each member of a front has, infinite at its ends, shape (n,)."""
    if len(objectives) <= 2:
        return np.full(len(objectives), np.inf)
    room: Floats = get_crowding_function("cd").do(objectives, n_remove=0)
    return room


def choose_parents(seen: Survey, population: Ints, n: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Choose parents and a mate with the same acid for each.

    Args:
        seen: what the search has seen.
        population: rows that the algorithm's own selection chose.
        n: how many.
        rng: generator.

    Returns:
        Rows of the parents and of their mates, shape (n,) each.
    """
    parents, waited = np.empty(n, dtype=np.intp), _waited(seen.cell)
    by = rng.integers(len(seen.elites), size=n)
    for j, rows in enumerate(seen.elites):
        mine = np.flatnonzero(by == j)
        chance = np.exp(-np.arange(len(rows)) / max(1.0, _EAGERNESS * len(rows)))
        chance /= 1.0 + waited[rows] / _PATIENCE
        parents[mine] = rng.choice(rows, len(mine), p=chance / chance.sum())
    archive, front, draw = seen.archive, seen.archive.front, rng.random(n)
    if len(front):
        room = crowding(archive.objectives[front])
        pair = rng.integers(len(front), size=(n, 2))
        roomy = np.where(room[pair[:, 0]] >= room[pair[:, 1]], pair[:, 0], pair[:, 1])
        ends = front[archive.objectives[front].argmin(axis=0)]
        parents = np.where(draw < _ENDS + _SPREAD, front[roomy], parents)
        parents = np.where(draw < _ENDS, rng.choice(ends, n), parents)
    if misses := _near_misses(seen):
        order = misses[rng.integers(len(misses))]
        chance = np.exp(-np.arange(len(order)) / max(1.0, _EAGERNESS * len(order)))
        mine = np.flatnonzero((draw >= _ENDS + _SPREAD) & (draw < _ENDS + _SPREAD + _MISSES))
        parents[mine] = rng.choice(order, len(mine), p=chance / chance.sum())
    if len(population):
        parents = np.where(draw > 1.0 - _POPULATION, rng.choice(population, n), parents)
    return parents, _mates(seen, parents, rng)


def _near_misses(seen: Survey) -> list[Ints]:
    """Return by aim, where there are any, the designs that beat their cell and just miss a limit; best first.

    The best designs lie where limits begin to hold, and can be come at from both sides.
    """
    violation, (known, best) = seen.archive.violation, seen.best_in_cells
    near = np.flatnonzero((violation > 0.0) & (violation <= _MISSED_BY) & np.isin(seen.cell, known))
    better = seen.values[near] < best[np.searchsorted(known, seen.cell[near])]
    found = [near[by_aim] for by_aim in better.T]
    return [
        rows[np.argsort(seen.values[rows, k], kind="stable")] for k, rows in enumerate(found) if len(rows)
    ]


def same_acid(acid: Ints, among: Ints, rng: np.random.Generator) -> Ints:
    """Return for each acid one of the positions in ``among`` that have it; every acid is among them."""
    found = np.empty(len(acid), dtype=np.intp)
    for k in np.unique(acid):
        mine = np.flatnonzero(acid == k)
        found[mine] = rng.choice(np.flatnonzero(among == k), len(mine))
    return found


def _waited(cell: Ints) -> Ints:
    """Return how many designs of its cell that are still looked at were predicted after each, shape (n,)."""
    _, inverse, counts = np.unique(cell, return_inverse=True, return_counts=True)
    order = np.argsort(inverse, kind="stable")
    ends = np.cumsum(counts)
    waited = np.empty(len(cell), dtype=np.intp)
    waited[order] = ends[inverse[order]] - 1 - np.arange(len(cell))
    return waited


def _mates(seen: Survey, parents: Ints, rng: np.random.Generator) -> Ints:
    acid, front = seen.archive.designs.acid, seen.archive.front
    every = np.unique(np.concatenate([*seen.elites, front]))
    mates = every[same_acid(acid[parents], acid[every], rng)]
    on_front = np.isin(acid[parents], acid[front]) & (rng.random(len(parents)) < _ON_FRONT)
    if on_front.any():
        mates[on_front] = front[same_acid(acid[parents[on_front]], acid[front], rng)]
    return mates
