"""The compiled loop behind `optimiser.surrogate.steps`; imported only when called."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from optimiser.surrogate._kernel import _passes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def collect(
    fixed: Any,
    anchors: Any,
    follows: Any,
    column: Any,
    threshold: Any,
    missing_left: Any,
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
        fixed: columns of any design with the feed and the acid, shape (d,).
        anchors: columns of the anchors, shape (d, m); one column of zeros for a forest without anchors.
        follows: number of each column among those that follow the design, -1 where it is fixed, shape (d,).
        column, threshold, missing_left, left_low, left_high, kind_start, leaf, leaf_start: of the forest.
        first, stop: trees.
        values, heights, changes, columns: to fill; a node has one step, or one by anchor. A height is the
            mean over anchors of how far their yields go up or down, a change the mean itself.
    """
    m, count = anchors.shape[1], 0
    within = np.empty((m, 64), dtype=np.bool_)  # leaves that a design can end in
    leaves_within = np.empty(m)
    last = np.empty(64, dtype=np.int64)
    for tree in range(first, stop):
        base, leaves = leaf_start[tree], leaf_start[tree + 1] - leaf_start[tree]
        begin, middle, end = kind_start[3 * tree], kind_start[3 * tree + 1], kind_start[3 * tree + 3]
        follow = kind_start[3 * tree + 2]
        within[:, :leaves] = True
        for node in range(begin, end):
            # a node's leaves end where those of the smallest left side end that holds it
            last[node - begin] = leaves
            for other in range(begin, end):
                holds = left_low[other] <= left_low[node] and left_high[other] > left_high[node]
                if holds and left_high[other] < last[node - begin]:
                    last[node - begin] = left_high[other]
            j, of_anchor = column[node], middle <= node < follow
            if follows[j] >= 0 and not of_anchor:
                continue
            for a in range(m):
                value = fixed[j] if node < middle else anchors[j, a]
                value = fixed[j] - value if node >= follow else value
                # the side not taken is out of reach
                passed = _passes(value, threshold[node], missing_left[node])
                low = left_high[node] if passed else left_low[node]
                high = last[node - begin] if passed else left_high[node]
                for k in range(low, high):
                    within[a, k] = False
        for a in range(m):
            leaves_within[a] = within[a, :leaves].sum()
        for node in range(begin, end):
            j = column[node]
            if follows[j] < 0 or middle <= node < follow:
                continue
            own, net = 0.0, 0.0
            for a in range(m):
                left, right, lefts, rights = 0.0, 0.0, 0, 0
                for k in range(left_low[node], left_high[node]):
                    if within[a, k]:
                        left += leaf[base + k]
                        lefts += 1
                for k in range(left_high[node], last[node - begin]):
                    if within[a, k]:
                        right += leaf[base + k]
                        rights += 1
                if lefts == 0 or rights == 0:
                    continue
                # how often the test is made is taken for the share of the leaves below it
                change = (right / rights - left / lefts) * (lefts + rights) / leaves_within[a] / m
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
