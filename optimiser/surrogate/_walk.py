"""The compiled loop behind `optimiser.surrogate.compiled`; imported only when called."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from optimiser.surrogate._rows import GROUP, WORDS, add_leaves, gather_down, groups, walk
from optimiser.surrogate.panel import LANES, TILE


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _aligned(rows: int) -> Any:
    """Return room, shape (rows, WORDS), that starts where a vector register's load is not split."""
    room = np.empty(rows * WORDS + WORDS, dtype=np.uint64)
    skipped = (-room.ctypes.data % 64) // 8
    return room[skipped : skipped + rows * WORDS].reshape(rows, WORDS)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _below(threshold: Any, first: int, stop: int, value: float) -> int:
    """Return how many of some rising thresholds are less than a value."""
    low, length = first, stop - first
    while length > 0:
        half = (length + 1) // 2
        # without a branch, which would be mispredicted every other time
        low += half * (threshold[low + half - 1] < value)
        length -= half
    return low - first


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _fill(
    x: Any,
    begin: int,
    size: int,
    source: Any,
    threshold: Any,
    missing_left: Any,
    test_start: Any,
    shift: Any,
    lanes: Any,
    shift_start: Any,
    fixed: Any,
    table: Any,
) -> None:
    """Fill the table with the lanes that fail each test, then the rows that no design changes.

    A column's thresholds rise, so what fails one of them fails all before it: each value is looked up once.
    """
    lanes_of = table.view(np.uint16)
    tests, tiles = len(threshold), lanes.shape[1]
    table[:tests] = 0
    for k in range(len(fixed)):
        for w in range(WORDS):
            table[tests + k, w] = fixed[k, w]
    for c in range(len(source)):
        first, stop = test_start[c], test_start[c + 1]
        any_missing = False
        for i in range(size):
            value = x[source[c], begin + i]
            for v in range(shift_start[c], shift_start[c + 1]):
                apart = value - shift[v]
                any_missing |= np.isnan(apart)
                failed = _below(threshold, first, stop, apart)
                if failed:
                    _mark(lanes_of[first + failed - 1], i, lanes[v], tiles)
        gather_down(table, first, stop)
        for i in range(size if any_missing else 0):
            for v in range(shift_start[c], shift_start[c + 1]):
                if np.isnan(x[source[c], begin + i] - shift[v]):
                    for test in range(first, stop):
                        if not missing_left[test]:
                            _mark(lanes_of[test], i, lanes[v], tiles)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _mark(row: Any, i: int, lanes: Any, tiles: int) -> None:
    """Add to a row some lanes of the block's i-th design."""
    if tiles:
        for t in range(tiles):
            row[i * tiles + t] |= lanes[t]
    else:
        row[i // TILE] |= np.uint16(1 << i % TILE)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _sum(
    table: Any, root: int, row: Any, left: Any, right: Any, value: Any, start: Any, trees: Any, first: int,
    stop: int, used: int, rows: Any, flags: Any, total: Any, todo: Any,
) -> None:  # fmt: skip
    """Add what the batches ``first`` to ``stop`` of trees say to the totals of the first groups."""
    for batch in range(first, stop):
        begin, end = start[batch], start[batch + 1]
        count = end - begin
        for tree in range(trees[batch]):
            for w in range(WORDS):
                rows[count + 1 + tree, w] = table[root, w]
        walk(table, rows, row, left, right, begin, end)
        groups(rows, count, flags)
        for leaf in range(count, count + 64):
            flags[leaf] = 0
        for group in range(used):
            add_leaves(rows, flags, count, group, value, begin, total, todo)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _block(
    x: Any, begin: int, size: int, first: int, stop: int, room: int,
    source: Any, threshold: Any, missing_left: Any, test_start: Any, shift: Any, lanes: Any, shift_start: Any,
    fixed: Any, root: Any, row: Any, left: Any, right: Any, value: Any, start: Any, trees: Any, members: Any,
    constant: Any, held: Any, means: Any, spread: Any,
) -> None:  # fmt: skip
    """Predict a block of designs, ``size`` from ``begin``, for the metals ``first`` to ``stop``."""
    metals, n_members, width = constant.shape
    parts, _, tiles = lanes.shape
    span = tiles * TILE
    used = (size * (span if tiles else 1) + GROUP - 1) // GROUP
    table, rows = _aligned(len(threshold) + fixed.shape[1]), _aligned(2 * room + 1)
    total = _aligned(LANES // WORDS).reshape(-1).view(np.float64)
    flags = _aligned(room // (8 * WORDS) + 4).reshape(-1).view(np.uint8)
    todo = np.empty(room // 32 + 4, dtype=np.uint64)
    said = np.zeros((metals, size, width))
    for part in range(parts):
        _fill(
            x, begin, size, source, threshold, missing_left, test_start, shift, lanes[part], shift_start,
            fixed[part], table,
        )  # fmt: skip
        for metal in range(first, stop):
            for p in range(n_members):
                for lane in range(LANES):
                    total[lane] = constant[metal, p, part * span + lane % span if tiles else 0]
                _sum(
                    table, len(threshold) + root[metal], row, left, right, value, start, trees,
                    members[metal, p], members[metal, p + 1], used, rows, flags, total, todo,
                )  # fmt: skip
                for i in range(size):
                    if part == 0:
                        means[metal, p, begin + i] = 0.0 if tiles else total[i]
                    for a in range(span):
                        if held[metal, part * span + a]:
                            means[metal, p, begin + i] += total[i * span + a]
                            said[metal, i, part * span + a] += total[i * span + a]
    for metal in range(first, stop if tiles else first):
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


@njit(cache=True, parallel=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def predict(
    x: Any,
    threads: int,
    source: Any,
    threshold: Any,
    missing_left: Any,
    test_start: Any,
    shift: Any,
    lanes: Any,
    shift_start: Any,
    fixed: Any,
    root: Any,
    row: Any,
    left: Any,
    right: Any,
    value: Any,
    start: Any,
    trees: Any,
    members: Any,
    constant: Any,
    held: Any,
    means: Any,
    spread: Any,
) -> None:
    """Fill what each member says, ``means`` (metals, members, n), and the anchors' ``spread`` (metals, n).

    Args:
        x: columns that follow the design, shape (c, n).
        threads: how many there are.
        source, threshold, missing_left, test_start, shift, lanes, shift_start, fixed, root, row, left, right,
            value, start, trees, members, constant, held: of a `optimiser.surrogate.panel.Panel`.
        means, spread: to fill; the spread is of the members' sum, and of anchors only.
    """
    n, metals, tiles = x.shape[1], len(root), lanes.shape[2]
    room = 0
    for batch in range(len(trees)):
        room = max(room, start[batch + 1] - start[batch])
    block = LANES // (tiles * TILE) if tiles else LANES
    blocks = (n + block - 1) // block
    # where there are few blocks the metals are shared out, and the table is made for each share
    shares = min(metals, threads) if blocks < 4 * threads else 1
    for number in prange(blocks * shares):
        item = np.int64(number)  # not signed among threads, which would make everything compiled twice
        share, begin = item % shares, item // shares * block
        _block(
            x, begin, min(block, n - begin), metals * share // shares, metals * (share + 1) // shares, room,
            source, threshold, missing_left, test_start, shift, lanes, shift_start, fixed, root, row, left,
            right, value, start, trees, members, constant, held, means, spread,
        )  # fmt: skip
