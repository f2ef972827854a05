"""Tests that the feed and the acid settle are made, and what is left of the trees is laid out in batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimiser.surrogate.loops import ROOM
from optimiser.surrogate.loops.cached import loop
from optimiser.surrogate.loops.pairs import ALL, passes

_ONE = np.uint64(1)
#: A child that is its tree's likeliest leaf.
LIKELY = -(2**40)


@loop()
def _count(word: np.uint64) -> int:
    """Return how many bits are set."""
    found = 0
    while word:
        word &= word - _ONE
        found += 1
    return found


@loop()
def _copy(words: Any, to: Any) -> None:
    """Copy words, by a loop because numba takes a second to compile an assignment of arrays."""
    for w in range(len(words)):
        to[w] = words[w]


@loop()
def settle(forest: Any, side: Any, held: Any, follows: Any) -> Any:
    """Make every test that does not follow the design; return what is left of a metal's trees.

    A tree of k nodes has k + 1 leaves. The value of its likeliest leaf goes to the constant, and the others
    keep what they differ by.

    Args:
        forest: the `optimiser.surrogate.trees.Forest`.
        side: the metal's `optimiser.surrogate.panel.Side`.
        held: the anchors that count, a bit each, shape (m / 64,).
        follows: number of each column among those that follow the design, -1 where it is fixed, shape (d,).

    Returns:
        Of the nodes that are left (code, limit, pattern, value, child, depth). The code tells the test:
        its column's number, plus ``columns`` for a difference, plus twice that where the missing go right; -1
        where anchors differ whatever the design. Then the thresholds; where anchors differ, those that go
        right, shape (nodes, m / 64); the values of the leaves but the likeliest, as many as nodes; the
        children, as numbers of nodes, or -1 less the number of the leaf's value, or ``LIKELY``, shape
        (nodes, 2); the depths. Beside them the nodes of each tree, and what is the same for every design, by
        anchor, shape (m,).
    """
    column, threshold, missing_left = forest.column, forest.threshold, forest.missing_left
    left_low, left_high, kind_start = forest.left_low, forest.left_high, forest.kind_start
    leaf, leaf_start, fixed, anchors, tried = (
        forest.leaf,
        forest.leaf_start,
        side.own,
        side.anchors,
        side.tried,
    )
    first, stop = forest.metal_trees[side.metal]
    words, m, columns = len(held), anchors.shape[1], len(tried)
    room = kind_start[3 * stop] - kind_start[3 * first]
    code, limit, value = np.empty(room, dtype=np.int16), np.empty(room), np.empty(room)
    pattern, depth = np.empty((room, words), dtype=np.uint64), np.empty(room, dtype=np.uint8)
    child, size = np.empty((room, 2), dtype=np.int64), np.empty(stop - first, dtype=np.int64)
    constant = np.zeros(m)
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
        stack_tried[0], stack_depth[0] = ALL, 0
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
                        if not passes(apart[of, s], threshold[node], missing_left[node]):
                            right |= _ONE << np.uint64(s)
                else:
                    went, there = 0, 0
                    for w in range(words):
                        fails[w] = np.uint64(0)
                        for a in range(64 * w, min(64 * w + 64, m)):
                            x = fixed[j] if kind == 0 else anchors[j, a]
                            x = fixed[j] - x if kind == 2 else x
                            bit = _ONE << np.uint64(a - 64 * w)
                            failed = not passes(x, threshold[node], missing_left[node])
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
    left = (code[:total], limit[:total], pattern[:total], value[:total], child[:total], depth[:total])
    return left, size, constant


@loop()
def lay_out(child: Any, depth: Any, size: Any) -> Any:
    """Cut a member's trees into batches, and sort each one's nodes by depth.

    So a node's lanes are long known when its children ask for them. Of a batch of k nodes the leaves are
    numbered 0 to k - 1 in the order of their values, what all likeliest leaves share is k, and the nodes are
    k + 1 to 2k.

    Args:
        child, depth, size: as `settle` returns them.

    Returns:
        The nodes, batch by batch; the numbers of their left children, and of their right ones; where batches
        start, shape (batches + 1,); the number of trees of each.
    """
    count = len(child)
    order, left, right = (
        np.empty(count, dtype=np.intp), np.empty(count, dtype=np.uint16), np.empty(count, dtype=np.uint16)
    )  # fmt: skip
    start, trees = np.empty(count + 1, dtype=np.intp), np.empty(count, dtype=np.intp)
    number = np.empty(len(child), dtype=np.int64)
    batches, tree, begin = 0, 0, 0
    while begin < len(child):
        stop, deepest = begin, 0
        trees[batches] = 0
        while tree < len(size) and stop - begin + size[tree] <= ROOM:
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
        for at in range(begin, stop):
            for go in range(2):
                c = child[order[at], go]
                if c == LIKELY:
                    to = stop - begin
                elif c < 0:
                    to = -1 - c - begin
                else:
                    to = stop - begin + 1 + number[c] - begin
                (right if go else left)[at] = to
        start[batches] = begin
        batches += 1
        begin = stop
    start[batches] = begin
    return order, left, right, start[: batches + 1], trees[:batches]
