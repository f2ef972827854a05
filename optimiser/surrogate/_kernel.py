"""The compiled loop behind `optimiser.surrogate.trees`; imported only when called."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _lowest(typing_context: Any, word: Any) -> Any:
    """Return the number of the lowest bit that is set; the word must not be zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _passes(x: float, threshold: float, missing_left: int) -> bool:
    return not (x > threshold) if missing_left else x <= threshold


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _clear(alive: Any, x: Any, threshold: float, missing_left: int, mask: np.uint64) -> None:
    """Clear the left leaves wherever the test ``x <= threshold`` fails, NaN as the node says."""
    if missing_left:
        for a in range(len(alive)):
            alive[a] &= mask if x[a] > threshold else _ALL
    else:
        for a in range(len(alive)):
            alive[a] &= _ALL if x[a] <= threshold else mask


@njit(cache=True, parallel=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def evaluate(
    x: Any,
    anchors: Any,
    column: Any,
    threshold: Any,
    missing_left: Any,
    mask: Any,
    kind_start: Any,
    leaf: Any,
    leaf_start: Any,
    metal_trees: Any,
    out: Any,
) -> None:
    """Fill ``out`` (n, metals, m) with the sums over the trees for n designs and m anchors."""
    n, n_metals, d = x.shape
    m = len(anchors)
    n_trees = len(leaf_start) - 1
    for metal in range(n_metals):
        start, stop = metal_trees[metal]
        columns = np.ascontiguousarray(anchors[:, metal].T)
        # Leaves each anchor can still reach after the tests on the anchor alone: the same for every design.
        reachable = np.full((n_trees, m), _ALL)
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
                own = _ALL
                for node in range(kind_start[3 * tree], kind_start[3 * tree + 1]):
                    if not _passes(x[i, metal, column[node]], threshold[node], missing_left[node]):
                        own &= mask[node]
                for a in range(m):
                    alive[a] = own & reachable[tree, a]
                for node in range(kind_start[3 * tree + 2], kind_start[3 * tree + 3]):
                    _clear(alive, difference[column[node]], threshold[node], missing_left[node], mask[node])
                base = leaf_start[tree]
                for a in range(m):
                    total[a] += leaf[base + _lowest(alive[a])]
            for a in range(m):
                out[i, metal, a] = total[a]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def gaps(
    rows: Any, feature: Any, threshold: Any, missing_left: Any, left: Any, right: Any, below: Any, above: Any
) -> None:
    """Fill the highest value of each node's rows that goes left, and the lowest that goes right."""
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
