"""Designs that stand for a whole front: a few that differ most, and its knees."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from optimiser.search.front import knee_of, thin
from optimiser.variables import Floats, Ints

#: Distance, in ranges of the objectives, at which neighbours tell how sharp a knee is: from half of it on.
_NEAR = 0.1
#: What leaving a knee costs, at least, per unit gained; 1 where a front is straight.
_SHARP = 1.1
_MOST = 1000  # members of a front that are compared with each other


def farthest_first(points: Floats, n: int, first: int = 0) -> Ints:
    """Return n rows of which each is the one farthest from those before it.

    No choice of n rows keeps more than twice their least distance (Gonzalez 1985,
    10.1016/0304-3975(85)90224-5).

    Args:
        points: shape (m, d).
        n: how many; all where there are fewer.
        first: row to begin with.

    Examples:
        >>> farthest_first(np.array([[0.0], [0.4], [0.9], [1.0]]), 3).tolist()
        [0, 3, 1]
    """
    chosen = [first]
    apart = cdist(points, points[[first]])[:, 0]
    for _ in range(min(n, len(points)) - 1):
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, cdist(points, points[[chosen[-1]]])[:, 0])
    return np.array(chosen, dtype=np.intp)


def knees(objectives: Floats) -> tuple[Ints, Floats]:
    """Return the knees of a front, the overall one first, and how sharp each is.

    The overall knee is the one of `search.front.knee_of` (Das 1999). Another one is sharper than all around
    it: to leave it for a neighbour costs more, in ranges of the objectives, than is gained. That is the
    trade-off of Rachmawati and Srinivasan (2009, 10.1109/TEVC.2009.2017515), at a distance, so that it does
    not depend on how densely a front is known. An end of the front is none.

    Args:
        objectives: of non-dominated designs, to minimise, shape (n, m).

    Returns:
        Rows, and what leaving each costs per unit gained, NaN where nothing lies around it.
    """
    rows = thin(objectives, _MOST)
    low, high = objectives.min(axis=0), objectives.max(axis=0)
    scaled = ((objectives - low) / np.where(high > low, high - low, 1.0))[rows]
    apart = cdist(scaled, scaled)
    cost = np.zeros_like(apart)
    gain = np.zeros_like(apart)
    for column in scaled.T:
        change = column[None] - column[:, None]
        cost += np.maximum(change, 0.0)
        gain += np.maximum(-change, 0.0)
    ring = (apart >= _NEAR / 2.0) & (apart <= _NEAR) & (gain > 0.0)
    sharp = np.divide(cost, gain, out=np.full_like(cost, np.inf), where=ring).min(axis=1)
    sharp[~np.isfinite(sharp)] = np.nan
    known = np.nan_to_num(sharp)
    sharpest = known >= np.where(apart <= _NEAR, known[None], 0.0).max(axis=1)
    inner = (scaled > 0.0).all(axis=1)
    found = np.flatnonzero(sharpest & inner & (known > _SHARP))
    found = found[np.argsort(-known[found], kind="stable")]
    overall = int(np.flatnonzero(rows == knee_of(objectives))[0])
    # the overall knee is often one of them, or lies beside one
    others = found[apart[found, overall] > _NEAR]
    chosen = np.append(overall, others)
    return rows[chosen], sharp[chosen]
