"""The compiled loop behind `optimiser.surrogate.panel`; imported only when called."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from optimiser.surrogate._kernel import _ALL, _passes

_ONE = np.uint64(1)
#: A child that is its tree's likeliest leaf.
LIKELY = -(2**40)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _count(word: np.uint64) -> int:
    """Return how many bits are set."""
    found = 0
    while word:
        word &= word - _ONE
        found += 1
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _copy(words: Any, to: Any) -> None:
    """Copy words, by a loop because numba takes a second to compile an assignment of arrays."""
    for w in range(len(words)):
        to[w] = words[w]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def settle(
    fixed: Any,
    anchors: Any,
    held: Any,
    tried: Any,
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
    code: Any,
    limit: Any,
    pattern: Any,
    value: Any,
    child: Any,
    depth: Any,
    size: Any,
    constant: Any,
) -> int:
    """Make every test that does not follow the design; return how many nodes are left.

    A tree of k nodes has k + 1 leaves. The value of its likeliest leaf goes to the constant, and the others
    keep what they differ by.

    Args:
        fixed: columns of any design with the feed and the acid, shape (d,).
        anchors: columns of the anchors, shape (d, m); one column of zeros for a forest without anchors.
        held: the anchors that count, a bit each, shape (m / 64,).
        tried: columns that follow the design of 64 designs, by which the likeliest leaves are told; the first
            is compared with the first anchor, and so on, over and over, shape (c, 64).
        follows: number of each column among those that follow the design, -1 where it is fixed, shape (d,).
        column, threshold, missing_left, left_low, left_high, kind_start, leaf, leaf_start: of the forest.
        first, stop: trees.
        code: to fill with what each node tests: the column's number, plus ``columns`` for a difference, plus
            twice that where the missing go right; -1 where anchors differ whatever the design.
        limit: to fill with the nodes' thresholds.
        pattern: where anchors differ, to fill with those that go right, shape (nodes, m / 64).
        value: to fill with the values of the leaves but the likeliest, as many as nodes.
        child: to fill with the nodes' children, as numbers of nodes, or -1 less the number of the leaf's
            value, or ``LIKELY``, shape (nodes, 2).
        depth: to fill with the nodes' depths.
        size: to fill with the nodes of each tree, shape (trees,).
        constant: what is the same for every design is added to it, by anchor, shape (m,).
    """
    words, m, columns = len(held), anchors.shape[1], len(tried)
    apart = np.empty((2 * columns, 64))
    for j in range(len(follows)):
        for s in range(64 if follows[j] >= 0 else 0):
            apart[follows[j], s] = tried[follows[j], s]
            apart[columns + follows[j], s] = tried[follows[j], s] - anchors[j, s % m]
    node_at = np.empty(65, dtype=np.int64)
    stack = np.empty((66, 4), dtype=np.int64)
    stack_lanes, stack_tried = np.empty((66, words), dtype=np.uint64), np.empty(66, dtype=np.uint64)
    stack_depth = np.empty(66, dtype=np.uint8)
    leaf_lanes, leaf_tried = np.empty((64, words), dtype=np.uint64), np.empty(64, dtype=np.int64)
    leaf_value = np.empty(64)
    lanes, fails = np.empty(words, dtype=np.uint64), np.empty(words, dtype=np.uint64)
    total = 0
    for tree in range(first, stop):
        begin, end, base = kind_start[3 * tree], kind_start[3 * tree + 3], leaf_start[tree]
        # a node is named by the leaf that its right side begins with; of those whose left side begins with
        # the same leaf the one with the last name is above the others
        for node in range(begin, end):
            node_at[left_high[node]] = node
        stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = 0, leaf_start[tree + 1] - base, -1, 0
        stack_tried[0], stack_depth[0] = _ALL, 0
        _copy(held, stack_lanes[0])
        top, nodes, leaves, is_open = 1, 0, 0, False
        while top:
            top -= 1
            low, high, parent, side = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
            _copy(stack_lanes[top], lanes)
            here, deep = stack_tried[top], stack_depth[top]
            while True:
                if high - low == 1:
                    leaf_value[leaves], leaf_tried[leaves] = leaf[base + low], _count(here)
                    _copy(lanes, leaf_lanes[leaves])
                    if parent >= 0:
                        child[total + parent, side] = -1 - leaves
                    leaves += 1
                    break
                split = high - 1
                while split > low + 1 and left_low[node_at[split]] != low:
                    split -= 1
                node = node_at[split]
                j, at = column[node], total + nodes
                kind = 0 if node < kind_start[3 * tree + 1] else (1 if node < kind_start[3 * tree + 2] else 2)
                right = np.uint64(0)  # those tried
                if kind != 1 and follows[j] >= 0:
                    is_open = True
                    of = follows[j] + (columns if kind else 0)
                    code[at] = of + (0 if missing_left[node] else 2 * columns)
                    limit[at] = threshold[node]
                    for w in range(words):
                        pattern[at, w] = 0
                    for s in range(64):
                        if not _passes(apart[of, s], threshold[node], missing_left[node]):
                            right |= _ONE << np.uint64(s)
                else:
                    went, there = 0, 0
                    for w in range(words):
                        fails[w] = np.uint64(0)
                        for a in range(64 * w, min(64 * w + 64, m)):
                            x = fixed[j] if kind == 0 else anchors[j, a]
                            x = fixed[j] - x if kind == 2 else x
                            bit = _ONE << np.uint64(a - 64 * w)
                            failed = not _passes(x, threshold[node], missing_left[node])
                            fails[w] |= bit if failed else np.uint64(0)
                            is_there = (lanes[w] & bit) != 0
                            there += is_there
                            went += is_there and failed
                    if went == 0:
                        high = split
                        continue
                    if went == there:
                        low = split
                        continue
                    code[at], limit[at] = -1, 0.0
                    _copy(fails, pattern[at])
                    for s in range(64):
                        right |= (fails[s % m // 64] >> np.uint64(s % m % 64) & _ONE) << np.uint64(s)
                for go in range(1, -1, -1):
                    stack[top, 0], stack[top, 1] = (split, high) if go else (low, split)
                    stack[top, 2], stack[top, 3] = nodes, go
                    stack_depth[top] = deep + 1
                    stack_tried[top] = here & (right if go else ~right)
                    for w in range(words):
                        gone = pattern[at, w]
                        if code[at] >= 0:
                            stack_lanes[top, w] = lanes[w]
                        else:
                            stack_lanes[top, w] = lanes[w] & (gone if go else ~gone)
                    top += 1
                if parent >= 0:
                    child[total + parent, side] = total + nodes
                depth[at] = deep
                nodes += 1
                break
        if not is_open:
            size[tree - first] = 0
            for k in range(leaves):
                for a in range(len(constant)):
                    if leaf_lanes[k, a // 64] >> np.uint64(a % 64) & _ONE:
                        constant[a] += leaf_value[k]
            continue
        likely = 0
        for k in range(leaves):
            if leaf_tried[k] > leaf_tried[likely]:
                likely = k
        for a in range(len(constant)):
            constant[a] += leaf_value[likely]
        for k in range(leaves):
            if k != likely:
                value[total + k - (k > likely)] = leaf_value[k] - leaf_value[likely]
        for k in range(total, total + nodes):
            for go in range(2):
                if child[k, go] < 0:
                    k_leaf = -1 - child[k, go]
                    child[k, go] = LIKELY if k_leaf == likely else -1 - (total + k_leaf - (k_leaf > likely))
        size[tree - first] = nodes
        total += nodes
    return total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def lay_out(
    child: Any, depth: Any, size: Any, room: int, order: Any, left: Any, right: Any, start: Any, trees: Any
) -> int:
    """Cut a member's trees into batches, and sort each one's nodes by depth; return how many batches.

    So a node's lanes are long known when its children ask for them. Of a batch of k nodes the leaves are
    numbered 0 to k - 1 in the order of their values, what all likeliest leaves share is k, and the nodes are
    k + 1 to 2k.

    Args:
        child, depth, size: as `settle` filled them.
        room: most nodes of a batch, 63 at least.
        order: to fill with the nodes, batch by batch.
        left, right: to fill with their children's numbers.
        start: to fill with where batches start, one longer than there are nodes at most.
        trees: to fill with the number of their trees.
    """
    number = np.empty(len(child), dtype=np.int64)
    batches, tree, begin = 0, 0, 0
    while begin < len(child):
        stop, deepest = begin, 0
        trees[batches] = 0
        while tree < len(size) and stop - begin + size[tree] <= room:
            trees[batches] += size[tree] > 0
            stop += size[tree]
            tree += 1
        for node in range(begin, stop):
            deepest = max(deepest, depth[node])
        at = begin
        for level in range(deepest + 1):
            for node in range(begin, stop):
                if depth[node] == level:
                    order[at], number[node] = node, at
                    at += 1
        count = stop - begin
        for at in range(begin, stop):
            for go in range(2):
                c = child[order[at], go]
                if c == LIKELY:
                    to = count
                elif c < 0:
                    to = -1 - c - begin
                else:
                    to = count + 1 + number[c] - begin
                if go:
                    right[at] = to
                else:
                    left[at] = to
        start[batches] = begin
        batches += 1
        begin = stop
    start[batches] = begin
    return batches
