"""The compiled loops behind `optimiser.surrogate.trees` and `.steps`; imported only when called."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)


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
def resolve(
    fixed: Any,
    anchors: Any,
    follows: Any,
    column: Any,
    threshold: Any,
    missing_left: Any,
    left_low: Any,
    left_high: Any,
    kind_start: Any,
    leaf_start: Any,
    first: int,
    stop: int,
    reach: Any,
    open_node: Any,
) -> None:
    """Make every test that does not follow the design, for the trees from ``first`` to ``stop``.

    Args:
        fixed: columns of any design with the feed and the acid, shape (d,).
        anchors: columns of the anchors, shape (d, m); one column of zeros for a forest without anchors.
        follows: number of each column among those that follow the design, -1 where it is fixed, shape (d,).
        column, threshold, missing_left, left_low, left_high, kind_start, leaf_start: of the forest.
        first, stop: trees.
        reach: to fill with the leaves that each tree and anchor can still reach, shape (trees, m).
        open_node: to fill with 1 for every node whose test is still to be made, shape (nodes,).
    """
    m = anchors.shape[1]
    for tree in range(first, stop):
        reachable = reach[tree - first]
        leaves = leaf_start[tree + 1] - leaf_start[tree]
        reachable[:] = _ALL if leaves == 64 else (_ONE << np.uint64(leaves)) - _ONE
        begin, middle, end = kind_start[3 * tree], kind_start[3 * tree + 1], kind_start[3 * tree + 3]
        for node in range(begin, end):
            kind = 0 if node < middle else (1 if node < kind_start[3 * tree + 2] else 2)
            j = column[node]
            if kind != 1 and follows[j] >= 0:
                continue
            left = _span(left_low[node], left_high[node])
            right = _span(left_high[node], _end(node, begin, end, left_low, left_high, leaves))
            for a in range(m):
                value = fixed[j] if kind == 0 else (anchors[j, a] if kind == 1 else fixed[j] - anchors[j, a])
                # the side not taken is out of reach, and so is every test on it
                passed = _passes(value, threshold[node], missing_left[node])
                reachable[a] &= ~(right if passed else left)
        for node in range(begin, end):
            kind = 0 if node < middle else (1 if node < kind_start[3 * tree + 2] else 2)
            if kind == 1 or follows[column[node]] < 0:
                continue
            left = _span(left_low[node], left_high[node])
            for a in range(m):
                if reachable[a] & left:
                    open_node[node] = 1
                    break


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _span(low: int, high: int) -> np.uint64:
    """Return bits ``low`` to ``high`` - 1; never all 64."""
    return ((_ONE << np.uint64(high - low)) - _ONE) << np.uint64(low)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _end(node: int, begin: int, end: int, left_low: Any, left_high: Any, leaves: int) -> int:
    """Return one past the last leaf under a node: where the smallest left subtree that holds it ends."""
    found = leaves
    for other in range(begin, end):
        holds = left_low[other] <= left_low[node] and left_high[other] > left_high[node]
        if holds and left_high[other] < found:
            found = left_high[other]
    return found
