"""What the compiled loop reads for one feed and acid: tests, trees and constants, laid out for it.

Tests are kept once, whichever trees make them, by column with rising thresholds. A test that only tells
anchors apart is a row of bits that no design changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.surrogate.columns import COLUMNS, PHYSICS
from optimiser.surrogate.trees import Forest, compiled_loops
from optimiser.variables import CONTINUOUS, Bools, Floats, Ints

#: The columns that follow the design.
FOLLOWING = (*CONTINUOUS, *PHYSICS)
PLACE = [COLUMNS.index(name) for name in FOLLOWING]
#: Number of each column among them, -1 where the feed and the acid fix it.
FOLLOWS = np.full(len(COLUMNS), -1, dtype=np.int64)
FOLLOWS[PLACE] = np.arange(len(FOLLOWING))
#: Lanes of a row, which go through a test at once. With twice as many, thousands of designs were a twentieth
#: faster and a handful, which fill no row, a fifth slower. numba's cache does not notice a change here or of
#: the tiles: `_walk` must be touched with it.
LANES = 256
#: Lanes of a tile; a design's anchors fill whole ones.
TILE = 16
TILES = LANES // TILE
#: Most nodes of a batch of trees: their rows fit the nearest cache.
ROOM = 512


class Panel(NamedTuple):
    """Members that compare with the same anchors, or with none, and their trees of every metal.

    A lane is a pair of design and anchor, or a design where there are no anchors; a row has a bit for each
    of 256 lanes. A design's lanes are its anchors in their order, padded to tiles of 16; more tiles than a
    row has make several parts. Without anchors there are 0 tiles.

    Attributes:
        source: numbers of the columns that are tested, once as they are and once as differences, shape (c,).
        threshold: of every test, rising within a column, shape (tests,).
        missing_left: whether a missing value passes the test, shape (tests,).
        test_start: where each column's tests start, shape (c + 1,).
        shift: what is taken from the column before it is tested: 0, or the anchors' values, shape (shifts,).
        lanes: the lanes that each is taken for, shape (parts, shifts, tiles).
        shift_start: where each column's shifts start, shape (c + 1,).
        taken: what is taken from each lane's column before it is tested, shape (parts, c, lanes).
        fixed: rows of bits that no design changes, shape (parts, rows, 8).
        root: which of these has the anchors of each metal, shape (metals,).
        row: of each node, the number of its test, or of its fixed row after the tests, shape (nodes,).
        left: of each node, where among its batch's leaves, then nodes the lanes go that pass, shape (nodes,).
        right: where those go that fail.
        value: of each tree's leaves but one, which has 0, as many as nodes.
        start: where each batch's nodes, and values, start, shape (batches + 1,).
        trees: how many of a batch's nodes, the first ones, are roots, shape (batches,).
        members: where each metal's and member's batches start, shape (metals, members + 1).
        constant: what a member says by a lane before any tree, shape (metals, members, lanes).
        held: lanes that are anchors with the metal, shape (metals, lanes).
    """

    source: Ints
    threshold: Floats
    missing_left: Bools
    test_start: Ints
    shift: Floats
    lanes: npt.NDArray[np.uint16]
    shift_start: Ints
    taken: Floats
    fixed: npt.NDArray[np.uint64]
    root: Ints
    row: npt.NDArray[np.int32]
    left: npt.NDArray[np.uint16]
    right: npt.NDArray[np.uint16]
    value: Floats
    start: Ints
    trees: Ints
    members: Ints
    constant: Floats
    held: Bools


class Side(NamedTuple):
    """A metal's side of a panel.

    Attributes:
        metal: its number.
        own: columns of any design with the feed and the acid, shape (d,).
        anchors: columns of the anchors, shape (d, m); one column of zeros where there are none.
        base: what a lane says before any tree, NaN for an anchor without the metal, shape (m,).
        tried: columns that follow the design of 64 designs, by which the likeliest leaves are told, (9, 64).
    """

    metal: int
    own: Floats
    anchors: Floats
    base: Floats
    tried: Floats


def panel(forests: Sequence[Forest], sides: Sequence[Side], compared: bool) -> Panel:
    """Lay out some members' trees.

    Args:
        forests: one per member.
        sides: of each metal.
        compared: whether there are anchors.

    Raises:
        InputError: numba cannot compile here.
    """
    m = len(sides[0].base)
    tiles = -(-m // TILE) if compared else 0
    parts = -(-tiles // TILES) or 1
    tiles = min(tiles, TILES)
    width = parts * tiles * TILE or 1
    held = np.zeros((len(sides), width), dtype=np.bool_)
    constant = np.zeros((len(sides), len(forests), width))
    found, sizes, trees, kept = [], [], [], []
    for k, side in enumerate(sides):
        held[k, :m] = ~np.isnan(side.base)
        for p, forest in enumerate(forests):
            nodes, size, roots, said = _settled(forest, side, _packed(held[k, :m]))
            constant[k, p, :m] = np.where(held[k, :m], side.base, 0.0) + said
            found.append(nodes)
            sizes.append(size)
            trees.append(roots)
            kept.append(len(size))
    code, limit, pattern, value, left, right = (np.concatenate(part) for part in zip(*found, strict=True))
    row = np.empty(len(code), dtype=np.int32)
    is_open = code >= 0
    tested, test_start, threshold, missing_left, row[is_open] = _distinct(code[is_open], limit[is_open])
    every = np.array([_packed(line[:m]) for line in held])
    masks, which = _distinct_rows(np.concatenate([pattern[~is_open], every]))
    row[~is_open] = len(threshold) + which[: -len(sides)]
    shift, lanes, shift_start = _shifts(tested, sides[0].anchors[PLACE] if compared else None)
    taken = np.zeros((len(tested), width))
    if compared:
        apart = tested >= len(FOLLOWING)
        taken[apart, :m] = sides[0].anchors[PLACE][tested[apart] % len(FOLLOWING)]
    ends = np.cumsum(kept).reshape(len(sides), len(forests))
    return Panel(
        source=tested % len(FOLLOWING),
        threshold=threshold,
        missing_left=missing_left,
        test_start=test_start,
        shift=shift,
        lanes=_in_tiles(lanes, parts, tiles),
        shift_start=shift_start,
        taken=np.ascontiguousarray(taken.reshape(len(tested), parts, -1).transpose(1, 0, 2)),
        fixed=_repeated(_in_tiles(masks, parts, tiles)) if compared else _every(len(masks)),
        root=which[-len(sides) :],
        row=row,
        left=left,
        right=right,
        value=value,
        start=np.append(0, np.cumsum(np.concatenate(sizes))),
        trees=np.concatenate(trees),
        members=np.column_stack([np.append(0, ends[:-1, -1]), ends]),
        constant=constant,
        held=held,
    )


def _settled(
    forest: Forest, side: Side, held: npt.NDArray[np.uint64]
) -> tuple[tuple[npt.NDArray[Any], ...], Ints, Ints, Floats]:
    """Return a metal's nodes, of each batch how many and how many roots, and what every design has, (m,)."""
    first, stop = (int(tree) for tree in forest.metal_trees[side.metal])
    room = int(forest.kind_start[3 * stop] - forest.kind_start[3 * first])
    code, limit, value = np.empty(room, dtype=np.int16), np.empty(room), np.empty(room)
    pattern = np.empty((room, len(held)), dtype=np.uint64)
    child, depth = np.empty((room, 2), dtype=np.int64), np.empty(room, dtype=np.uint8)
    size, constant = np.empty(stop - first, dtype=np.int64), np.zeros(len(side.base))
    with compiled_loops():
        from optimiser.surrogate import _settle

        count = _settle.settle(
            side.own, side.anchors, held, side.tried, FOLLOWS, forest.column, forest.threshold,
            forest.missing_left, forest.left_low, forest.left_high, forest.kind_start, forest.leaf,
            forest.leaf_start, first, stop, code, limit, pattern, value, child, depth, size, constant,
        )  # fmt: skip
        order, start, trees = np.empty(count, np.intp), np.empty(count + 1, np.intp), np.empty(count, np.intp)
        left, right = np.empty(count, dtype=np.uint16), np.empty(count, dtype=np.uint16)
        batches = _settle.lay_out(child[:count], depth, size, ROOM, order, left, right, start, trees)
    nodes = (code[order], limit[order], pattern[order], value[:count], left, right)
    return nodes, np.diff(start[: batches + 1]), trees[:batches], constant


def _distinct(code: npt.NDArray[np.int16], limit: Floats) -> tuple[Ints, Ints, Floats, Bools, Ints]:
    """Return the tested columns, where the distinct tests of each start, these, and every test's number."""
    missing_right = code >= 2 * len(FOLLOWING)
    column = code % (2 * len(FOLLOWING))
    order = np.lexsort((missing_right, limit, column))
    column, limit, missing_right = column[order], limit[order], missing_right[order]
    new = np.ones(len(code), dtype=np.bool_)
    new[1:] = np.any([part[1:] != part[:-1] for part in (column, limit, missing_right)], axis=0)
    number = np.empty(len(code), dtype=np.intp)
    number[order] = np.cumsum(new) - 1
    known, start = np.unique(column[new], return_index=True)
    return known.astype(np.intp), np.append(start, new.sum()), limit[new], ~missing_right[new], number


def _distinct_rows(rows: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint64], Ints]:
    """Return the distinct ones of some rows, and each row's number among them."""
    if rows.shape[1] == 1:  # the usual case, many times faster
        masks, which = np.unique(rows[:, 0], return_inverse=True)
        return masks[:, None], which
    masks, which = np.unique(rows, axis=0, return_inverse=True)
    return masks, which.reshape(-1)


def _shifts(tested: Ints, anchors: Floats | None) -> tuple[Floats, npt.NDArray[np.uint64], Ints]:
    """Return what is taken from columns before they are tested, for which lanes, where each one's start."""
    m = 1 if anchors is None else anchors.shape[1]
    shifts, lanes, start = [np.empty(0)], [np.empty((0, -(-m // 64)), dtype=np.uint64)], [0]
    for c in tested:
        values = np.zeros(m)
        if anchors is not None and c >= len(FOLLOWING):
            values = anchors[c % len(FOLLOWING)]
        distinct, which = np.unique(values, return_inverse=True)
        shifts.append(distinct)
        lanes.append(_packed(which == np.arange(len(distinct))[:, None]))
        start.append(start[-1] + len(distinct))
    return np.concatenate(shifts), np.concatenate(lanes), np.array(start)


def _packed(bits: Bools) -> npt.NDArray[np.uint64]:
    """Return bits as words, shape (..., m / 64)."""
    padded = np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, -bits.shape[-1] % 64)])
    return np.packbits(padded, axis=-1, bitorder="little").view("<u8").astype(np.uint64)


def _in_tiles(words: npt.NDArray[np.uint64], parts: int, tiles: int) -> npt.NDArray[np.uint16]:
    """Return rows of words as groups, shape (parts, rows, tiles)."""
    groups = words.astype("<u8").view("<u2").astype(np.uint16)
    groups = np.pad(groups, ((0, 0), (0, max(0, parts * tiles - groups.shape[1]))))[:, : parts * tiles]
    return np.ascontiguousarray(groups.reshape(len(words), parts, tiles).transpose(1, 0, 2))


def _repeated(groups: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint64]:
    """Return rows with the groups repeated for as many designs as there is room for."""
    parts, rows, tiles = groups.shape
    full = np.zeros((parts, rows, TILES), dtype=np.uint16)
    full[:, :, : TILES // tiles * tiles] = np.tile(groups, TILES // tiles)
    return full.view(np.uint64)


def _every(rows: int) -> npt.NDArray[np.uint64]:
    """Return rows that all lanes are in: without anchors none is told from another."""
    return np.full((1, rows, TILES // 4), ~np.uint64(0))
