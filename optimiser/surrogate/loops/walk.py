"""Designs go through the trees of a panel, a bit for each pair of design and anchor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from optimiser.surrogate.loops import LANES, TILE
from optimiser.surrogate.loops.cached import loop
from optimiser.surrogate.loops.rows import GROUP, WORDS, add_leaves, gather_down, groups, walk_nodes

_ONE = np.ones(1, dtype=np.uint16)


@loop()
def _aligned(rows: int) -> Any:
    """Return room, shape (rows, WORDS), that starts where a vector register's load is not split."""
    room = np.empty(rows * WORDS + WORDS, dtype=np.uint64)
    skipped = (-room.ctypes.data % 64) // 8
    return room[skipped : skipped + rows * WORDS].reshape(rows, WORDS)


@loop()
def _below(threshold: Any, first: int, stop: int, value: float) -> int:
    """Return how many of some rising thresholds are less than a value."""
    low, length = first, stop - first
    while length > 0:
        half = (length + 1) // 2
        # without a branch, which would be mispredicted every other time
        low += half * (threshold[low + half - 1] < value)
        length -= half
    return low - first


@loop()
def _mark(row: Any, begin: int, lanes: Any) -> None:
    """Add some of a design's lanes, which begin at a number, to a row."""
    for t in range(len(lanes)):
        row[begin // TILE + t] |= np.uint16(lanes[t] << begin % TILE)


@loop()
def _fill(x: Any, begin: int, size: int, panel: Any, part: int, table: Any) -> None:
    """Fill the table with the lanes that fail each test, then the rows that no design changes.

    A column's thresholds rise, so what fails one of them fails all before it: each value is looked up once.
    Designs with several points, lane by lane in turn, are looked up lane by lane.
    """
    threshold, missing_left, source = panel.threshold, panel.missing_left, panel.source
    shift, lanes, taken, fixed = panel.shift, panel.lanes[part], panel.taken[part], panel.fixed[part]
    lanes_of = table.view(np.uint16)
    tests, points, span = len(threshold), x.shape[2], panel.span
    table[:tests] = 0
    for k in range(len(fixed)):
        for w in range(WORDS):
            table[tests + k, w] = fixed[k, w]
    for c in range(len(source)):
        first, stop = panel.test_start[c], panel.test_start[c + 1]
        any_missing = False
        if points > 1:
            for i in range(size):
                for lane in range(span):
                    apart = x[source[c], begin + i, lane % points] - taken[c, lane]
                    any_missing |= np.isnan(apart)
                    failed = _below(threshold, first, stop, apart)
                    if failed:
                        _mark(lanes_of[first + failed - 1], i * span + lane, _ONE)
            gather_down(table, first, stop)
            for i in range(size if any_missing else 0):
                for lane in range(span):
                    if np.isnan(x[source[c], begin + i, lane % points] - taken[c, lane]):
                        for test in range(first, stop):
                            if not missing_left[test]:
                                _mark(lanes_of[test], i * span + lane, _ONE)
            continue
        shifts = range(panel.shift_start[c], panel.shift_start[c + 1])
        for i in range(size):
            value = x[source[c], begin + i, 0]
            for v in shifts:
                apart = value - shift[v]
                any_missing |= np.isnan(apart)
                failed = _below(threshold, first, stop, apart)
                if failed:
                    _mark(lanes_of[first + failed - 1], i * span, lanes[v])
        gather_down(table, first, stop)
        for i in range(size if any_missing else 0):
            for v in shifts:
                if np.isnan(x[source[c], begin + i, 0] - shift[v]):
                    for test in range(first, stop):
                        if not missing_left[test]:
                            _mark(lanes_of[test], i * span, lanes[v])


@loop()
def _sum(
    table: Any, panel: Any, metal: int, member: int, used: int, rows: Any, flags: Any, total: Any, todo: Any
) -> None:
    """Add what a member says of a metal to the totals of the first groups."""
    root = len(panel.threshold) + panel.root[metal]
    for batch in range(panel.members[metal, member], panel.members[metal, member + 1]):
        begin, end = panel.start[batch], panel.start[batch + 1]
        count = end - begin
        for tree in range(panel.trees[batch]):
            for w in range(WORDS):
                rows[count + 1 + tree, w] = table[root, w]
        walk_nodes(table, rows, panel.row, panel.left, panel.right, begin, end)
        groups(rows, count, flags)
        for leaf in range(count, count + 64):
            flags[leaf] = 0
        for group in range(used):
            add_leaves(rows, flags, count, group, panel.value, begin, total, todo)


@loop()
def _block(x: Any, panel: Any, begin: int, size: int, first: int, stop: int, means: Any, spread: Any) -> None:
    """Predict a block of designs, ``size`` from ``begin``, for the metals ``first`` to ``stop``."""
    metals, n_members, width = panel.constant.shape
    span, held = panel.span, panel.held
    room = 0
    for batch in range(len(panel.trees)):
        room = max(room, panel.start[batch + 1] - panel.start[batch])
    table, rows = _aligned(len(panel.threshold) + panel.fixed.shape[1]), _aligned(2 * room + 1)
    total = _aligned(LANES // WORDS).reshape(-1).view(np.float64)
    flags = _aligned(room // (8 * WORDS) + 4).reshape(-1).view(np.uint8)
    todo = np.empty(room // 32 + 4, dtype=np.uint64)
    said = np.zeros((metals, size, width))
    for metal in range(first, stop):
        for p in range(n_members):
            for i in range(size):
                means[metal, p, begin + i] = 0.0
    for part in range(len(panel.lanes)):
        _fill(x, begin, size, panel, part, table)
        for metal in range(first, stop):
            for p in range(n_members):
                for lane in range(LANES):
                    total[lane] = panel.constant[metal, p, part * span + lane % span]
                used = (size * span + GROUP - 1) // GROUP
                _sum(table, panel, metal, p, used, rows, flags, total, todo)
                for i in range(size):
                    for a in range(span):
                        if held[metal, part * span + a]:
                            means[metal, p, begin + i] += total[i * span + a]
                            said[metal, i, part * span + a] += total[i * span + a]
    for metal in range(first, stop if width > 1 else first):  # one anchor's sum is its mean, without a spread
        count = 0
        for a in range(width):
            count += held[metal, a]
        for i in range(size):
            for p in range(n_members):
                means[metal, p, begin + i] /= count
            centre, square = 0.0, 0.0
            for a in range(width):
                centre += said[metal, i, a] / count
            for a in range(width):
                if held[metal, a]:
                    square += (said[metal, i, a] - centre) ** 2
            spread[metal, begin + i] = np.sqrt(square / count)


@loop()
def _cut(n: int, threads: int, panel: Any) -> Any:
    """Return how many designs a block has, how many blocks there are, and into how many shares metals go."""
    metals, block = len(panel.root), LANES // panel.span
    blocks = (n + block - 1) // block
    # where there are few blocks the metals are shared out, and the table is made for each share
    return block, blocks, min(metals, threads) if blocks < 4 * threads else 1


@loop(parallel=True)
def predict(x: Any, threads: int, paired: Any, plain: Any, n_paired: int, n_plain: int) -> Any:
    """Return what each member says, and the spread of the paired members' sum over anchors.

    Args:
        x: columns that follow the design at each of its points, shape (c, n, points); an anchor sees one of
            them, a member without anchors each.
        threads: how many there are; asked here, numba would not keep the loop.
        paired: `optimiser.surrogate.panel.Panel` of the members that compare with anchors.
        plain: of the others.
        n_paired, n_plain: how many members each has, 0 where another panel stands in for one there is not.

    Returns:
        Shapes (metals, n_paired, n), (metals, n_plain, n points) and (metals, n).
    """
    columns, n, points = x.shape
    each, metals = x.reshape(columns, n * points, 1), len(paired.root)
    said, alone = np.empty((metals, n_paired, n)), np.empty((metals, n_plain, n * points))
    spread = np.zeros((metals, n))
    block_1, blocks_1, shares_1 = _cut(n if n_paired else 0, threads, paired)
    block_2, blocks_2, shares_2 = _cut(n * points if n_plain else 0, threads, plain)
    items_2 = blocks_2 * shares_2
    items = blocks_1 * shares_1 + items_2
    # one loop for both, because a busy machine's threads wait for each other at the end of each
    for number in prange(items):
        item = np.int64(number)  # not signed among threads, which would make everything compiled twice
        # a thread gets what is next to each other: both kinds are spread evenly
        passed = item * items_2 // items
        panel, block, shares, seen, means, item = paired, block_1, shares_1, x, said, item - passed
        if (item + passed + 1) * items_2 // items > passed:
            panel, block, shares, seen, means, item = plain, block_2, shares_2, each, alone, passed
        share, begin = item % shares, item // shares * block
        first, stop = metals * share // shares, metals * (share + 1) // shares
        _block(seen, panel, begin, min(block, seen.shape[1] - begin), first, stop, means, spread)
    return said, alone, spread
