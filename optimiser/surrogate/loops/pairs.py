"""Trees on any pair of design and anchor, and where the rows of their nodes leave gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange
from numba.cpython.unsafe.numbers import trailing_zeros

from optimiser.surrogate.loops.cached import loop

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@loop()
def passes(x: float, threshold: float, missing_left: int) -> bool:
    """Return whether a value passes a node's test, NaN as the node says."""
    return not (x > threshold) if missing_left else x <= threshold


@loop()
def _clear(alive: Any, x: Any, threshold: float, missing_left: int, mask: np.uint64) -> None:
    """Clear the left leaves wherever the test ``x <= threshold`` fails, NaN as the node says."""
    if missing_left:
        for a in range(len(alive)):
            alive[a] &= mask if x[a] > threshold else ALL
    else:
        for a in range(len(alive)):
            alive[a] &= ALL if x[a] <= threshold else mask


@loop(parallel=True)
def evaluate(x: Any, anchors: Any, forest: Any, mask: Any) -> Any:
    """Return the sums over the trees of n designs and m anchors, shape (n, metals, m).

    Args:
        x, anchors: their columns, shape (n, metals, d) and (m, metals, d).
        forest: the `optimiser.surrogate.trees.Forest`.
        mask: leaves that survive each node's failed test, a bit each, shape (nodes,).
    """
    n, metals, d = x.shape
    m = len(anchors)
    column, threshold, missing_left = forest.column, forest.threshold, forest.missing_left
    kind_start, leaf, leaf_start = forest.kind_start, forest.leaf, forest.leaf_start
    out = np.empty((n, metals, m))
    for metal in range(metals):
        start, stop = forest.metal_trees[metal]
        columns = np.ascontiguousarray(anchors[:, metal].T)
        # Leaves each anchor can still reach after the tests on the anchor alone: the same for every design.
        reachable = np.full((len(leaf_start) - 1, m), ALL)
        for tree in prange(start, stop):
            for node in range(kind_start[3 * tree + 1], kind_start[3 * tree + 2]):
                _clear(
                    reachable[tree], columns[column[node]], threshold[node], missing_left[node], mask[node]
                )
        for i in prange(n):
            difference = np.empty((d, m))
            for j in range(d):
                for a in range(m):
                    difference[j, a] = x[i, metal, j] - columns[j, a]
            alive = np.empty(m, dtype=np.uint64)
            total = np.zeros(m)
            for tree in range(start, stop):
                own = ALL
                for node in range(kind_start[3 * tree], kind_start[3 * tree + 1]):
                    if not passes(x[i, metal, column[node]], threshold[node], missing_left[node]):
                        own &= mask[node]
                for a in range(m):
                    alive[a] = own & reachable[tree, a]
                for node in range(kind_start[3 * tree + 2], kind_start[3 * tree + 3]):
                    _clear(alive, difference[column[node]], threshold[node], missing_left[node], mask[node])
                base = leaf_start[tree]
                for a in range(m):
                    total[a] += leaf[base + trailing_zeros(alive[a])]
            for a in range(m):
                out[i, metal, a] = total[a]
    return out


@loop()
def gaps(rows: Any, feature: Any, threshold: Any, missing_left: Any, left: Any, right: Any) -> Any:
    """Return the highest value of each node's rows that goes left, and the lowest that goes right."""
    below, above = np.full(len(threshold), np.nan), np.full(len(threshold), np.nan)
    for i in range(len(rows)):
        node = 0
        while node >= 0:  # leaves count downwards from -1
            x = rows[i, feature[node]]
            if np.isnan(x):
                goes_left = missing_left[node]
            else:
                goes_left = x <= threshold[node]
                if goes_left:
                    below[node] = x if np.isnan(below[node]) else max(below[node], x)
                else:
                    above[node] = x if np.isnan(above[node]) else min(above[node], x)
            node = left[node] if goes_left else right[node]
    return below, above
