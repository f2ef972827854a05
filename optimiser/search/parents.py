"""Which designs a generation starts from: good ones, but not all from one corner."""

from __future__ import annotations

import numpy as np
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function

from optimiser.search.archive import Archive
from optimiser.variables import Floats, Ints

#: Shares of the parents that are ends of the front, members of it with room beside them, and what the
#: algorithm's own selection chose; the rest are the best of their cells.
_ENDS, _FRONT, _POPULATION = 0.15, 0.25, 0.1
_EAGERNESS = 0.1  # share of the cells, best first, that parents are mostly taken from


def choose_parents(archive: Archive, population: Ints, n: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Choose parents and a mate with the same acid for each.

    Args:
        archive: what was predicted.
        population: rows that the algorithm's own selection chose.
        n: how many.
        rng: generator.

    Returns:
        Rows of the parents and of their mates, shape (n,) each.
    """
    rank = rng.exponential(_EAGERNESS, n) % 1.0
    by, front, draw = rng.integers(len(archive.elites), size=n), archive.front, rng.random(n)
    parents = np.choose(by, [rows[(rank * len(rows)).astype(np.intp)] for rows in archive.elites])
    if len(front):
        first, second = rng.integers(len(front), size=(2, n))
        room = _room(archive.objectives[front])
        roomy = front[np.where(room[first] >= room[second], first, second)]
        ends = front[archive.objectives[front].argmin(axis=0)]
        parents = np.where(draw < _ENDS + _FRONT, roomy, parents)
        parents = np.where(draw < _ENDS, rng.choice(ends, n), parents)
    if len(population):
        parents = np.where(draw > 1.0 - _POPULATION, rng.choice(population, n), parents)
    acid, pool = archive.designs.acid, np.unique(np.concatenate([*archive.elites, front]))
    mates = np.empty(n, dtype=np.intp)
    for k in np.unique(acid[parents]):
        mine = np.flatnonzero(acid[parents] == k)
        mates[mine] = rng.choice(pool[acid[pool] == k], len(mine))
    return parents, mates


def _room(objectives: Floats) -> Floats:
    """Return the crowding distance of each member of a front, infinite at its ends, shape (n,)."""
    if len(objectives) <= 2:
        return np.full(len(objectives), np.inf)
    room: Floats = get_crowding_function("cd").do(objectives, n_remove=0)
    return room
