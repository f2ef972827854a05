"""The compiled loop behind `optimiser.surrogate.steps`; imported only when called."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from optimiser.surrogate._kernel import _end

_ONE = np.uint64(1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def collect(
    reach: Any,
    anchors: Any,
    follows: Any,
    column: Any,
    threshold: Any,
    left_low: Any,
    left_high: Any,
    kind_start: Any,
    leaf: Any,
    leaf_start: Any,
    first: int,
    stop: int,
    values: Any,
    heights: Any,
    changes: Any,
    columns: Any,
) -> int:
    """List where trees step as a design's column grows, and how high; return how many steps there are.

    Args:
        reach: leaves that each tree and anchor can still reach, shape (trees, m).
        anchors: columns of the anchors, shape (d, m); one column of zeros for a forest without anchors.
        follows: number of each column among those that follow the design, -1 where it is fixed, shape (d,).
        column, threshold, left_low, left_high, kind_start, leaf, leaf_start: of the forest.
        first, stop: trees.
        values, heights, changes, columns: to fill; a node has one step, or one by anchor. A height is the
            mean over anchors of how far their yields go up or down, a change the mean itself.
    """
    m, count = reach.shape[1], 0
    open_leaves = np.empty(m)
    for tree in range(first, stop):
        base, leaves = leaf_start[tree], leaf_start[tree + 1] - leaf_start[tree]
        for a in range(m):
            open_leaves[a] = 0.0
            for bit in range(leaves):
                open_leaves[a] += (reach[tree - first, a] >> np.uint64(bit)) & _ONE
        begin, middle, end = kind_start[3 * tree], kind_start[3 * tree + 1], kind_start[3 * tree + 3]
        for node in range(begin, end):
            j = column[node]
            of_anchor = middle <= node < kind_start[3 * tree + 2]
            if of_anchor or follows[j] < 0:
                continue
            low, high = np.int64(left_low[node]), np.int64(left_high[node])
            last = _end(node, begin, end, left_low, left_high, leaves)
            own, net = 0.0, 0.0
            for a in range(m):
                left, right, lefts, rights = 0.0, 0.0, 0, 0
                for bit in range(low, last):
                    if (reach[tree - first, a] >> np.uint64(bit)) & _ONE:
                        if bit < high:
                            left += leaf[base + bit]
                            lefts += 1
                        else:
                            right += leaf[base + bit]
                            rights += 1
                if lefts == 0 or rights == 0:
                    continue
                # how often the test is made is taken for the share of the leaves below it
                change = (right / rights - left / lefts) * (lefts + rights) / open_leaves[a] / m
                if node < middle:
                    own += abs(change)
                    net += change
                else:
                    values[count] = threshold[node] + anchors[j, a]
                    heights[count], changes[count] = abs(change), change
                    columns[count] = follows[j]
                    count += 1
            if own > 0.0:
                values[count], heights[count], changes[count] = threshold[node], own, net
                columns[count] = follows[j]
                count += 1
    return count
