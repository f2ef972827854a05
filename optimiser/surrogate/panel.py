"""What the compiled loop reads for one feed and acid: tests, trees and constants, laid out for it.

Tests are kept once, whichever trees make them, by column with rising thresholds. A test that only tells
anchors apart is a row of bits that no design changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.surrogate.encoding import CATHODES, Encoding, follow_place
from optimiser.surrogate.loops import LANES, TILE
from optimiser.surrogate.trees import Forest, compiled_loops
from optimiser.variables import Bools, Floats, Ints


class Panel(NamedTuple):
    """Members that compare with the same anchors, or with none, and their trees of every metal.

    A lane is a pair of design and anchor; a row has a bit for each of 256 lanes. A design's lanes are its
    anchors in their order, padded to 1, 2, 4, 8 or tiles of 16; more than a row has make several parts. A
    design that is compared with none has one lane, as if there were an anchor of zeros.

    Attributes:
        source: numbers of the columns that are tested, once as they are and once as differences, shape (c,).
        threshold: of every test, rising within a column, shape (tests,).
        missing_left: whether a missing value passes the test, shape (tests,).
        test_start: where each column's tests start, shape (c + 1,).
        shift: what is taken from the column before it is tested: 0, or the anchors' values, shape (shifts,).
        span: the lanes of a design in a part.
        lanes: those that each shift is taken for, 16 in a number, shape (parts, shifts, tiles).
        shift_start: where each column's shifts start, shape (c + 1,).
        taken: what is taken from each lane's column before it is tested, shape (parts, c, span).
        fixed: rows of bits that no design changes, shape (parts, rows, 4).
        root: which of these has the anchors of each metal, shape (metals,).
        row: of each node, the number of its test, or of its fixed row after the tests, shape (nodes,).
        left: of each node, where among its batch's leaves, then nodes the lanes go that pass, shape (nodes,).
        right: where those go that fail.
        value: of each tree's leaves but one, which has 0, as many as nodes.
        start: where each batch's nodes, and values, start, shape (batches + 1,).
        trees: how many of a batch's nodes, the first ones, are roots, shape (batches,).
        members: where each metal's and member's batches start, shape (metals, members + 1).
        constant: what a member says by a lane before any tree, shape (metals, members, parts x span).
        held: lanes that are anchors with the metal, shape (metals, parts x span).
    """

    source: Ints
    threshold: Floats
    missing_left: Bools
    test_start: Ints
    shift: Floats
    span: int
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
        tried: columns that follow the design of 64 designs, by which the likeliest leaves are told, (k, 64).
    """

    metal: int
    own: Floats
    anchors: Floats
    base: Floats
    tried: Floats


def panel(forests: Sequence[Forest], sides: Sequence[Side], encoding: Encoding = CATHODES) -> Panel:
    """Lay out some members' trees.

    Args:
        forests: one per member.
        sides: of each metal.
        encoding: what the trees see.

    Raises:
        InputError: numba cannot compile here.
    """
    m = len(sides[0].base)
    parts = -(-m // LANES)
    span = 1 << (m - 1).bit_length() if m < TILE else min(-(-m // TILE) * TILE, LANES)
    width = parts * span
    place, follows = follow_place(encoding)
    many = len(place)
    held = np.zeros((len(sides), width), dtype=np.bool_)
    constant = np.zeros((len(sides), len(forests), width))
    found, sizes, trees, kept = [], [], [], []
    for k, side in enumerate(sides):
        held[k, :m] = ~np.isnan(side.base)
        for p, forest in enumerate(forests):
            nodes, size, roots, said = _settled(forest, side, _packed(held[k, :m]), follows)
            constant[k, p, :m] = np.where(held[k, :m], side.base, 0.0) + said
            found.append(nodes)
            sizes.append(size)
            trees.append(roots)
            kept.append(len(size))
    code, limit, pattern, value, left, right = (np.concatenate(part) for part in zip(*found, strict=True))
    row = np.empty(len(code), dtype=np.int32)
    is_open = code >= 0
    tested, test_start, threshold, missing_left, row[is_open] = _distinct(code[is_open], limit[is_open], many)
    every = np.array([_packed(line[:m]) for line in held])
    masks, which = _distinct_rows(np.concatenate([pattern[~is_open], every]))
    row[~is_open] = len(threshold) + which[: -len(sides)]
    taken = np.zeros((len(tested), width))
    taken[:, :m] = np.where((tested >= many)[:, None], sides[0].anchors[place][tested % many], 0.0)
    shift, lanes, shift_start = _shifts(taken[:, :m])
    ends = np.cumsum(kept).reshape(len(sides), len(forests))
    return Panel(
        source=tested % many,
        threshold=threshold,
        missing_left=missing_left,
        test_start=test_start,
        shift=shift,
        span=span,
        lanes=_in_parts(lanes, parts, span),
        shift_start=shift_start,
        taken=np.ascontiguousarray(taken.reshape(len(tested), parts, -1).transpose(1, 0, 2)),
        fixed=_repeated(masks, parts, span),
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
    forest: Forest, side: Side, held: npt.NDArray[np.uint64], follows: Ints
) -> tuple[tuple[npt.NDArray[Any], ...], Ints, Ints, Floats]:
    """Return a metal's nodes, of each batch how many and how many roots, and what every design has, (m,)."""
    with compiled_loops():
        from optimiser.surrogate.loops.settle import lay_out, settle

        (code, limit, pattern, value, child, depth), size, constant = settle(forest, side, held, follows)
        order, left, right, start, trees = lay_out(child, depth, size)
    return (code[order], limit[order], pattern[order], value, left, right), np.diff(start), trees, constant


def _distinct(
    code: npt.NDArray[np.int16], limit: Floats, many: int
) -> tuple[Ints, Ints, Floats, Bools, Ints]:
    """Return the tested columns, where the distinct tests of each start, these, and every test's number."""
    missing_right = code >= 2 * many
    column = code % (2 * many)
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


def _shifts(taken: Floats) -> tuple[Floats, Bools, Ints]:
    """Return what is taken from columns before they are tested, for which lanes, where each one's start."""
    shifts, lanes, start = [np.empty(0)], [np.empty((0, taken.shape[1]), dtype=np.bool_)], [0]
    for values in taken:
        distinct, which = np.unique(values, return_inverse=True)
        shifts.append(distinct)
        lanes.append(which == np.arange(len(distinct))[:, None])
        start.append(start[-1] + len(distinct))
    return np.concatenate(shifts), np.concatenate(lanes), np.array(start)


def _packed(bits: Bools) -> npt.NDArray[np.uint64]:
    """Return bits as words, shape (..., m / 64)."""
    padded = np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, -bits.shape[-1] % 64)])
    return np.packbits(padded, axis=-1, bitorder="little").view("<u8").astype(np.uint64)


def _in_parts(bits: Bools, parts: int, span: int) -> npt.NDArray[np.uint16]:
    """Return rows of lanes part by part, 16 in a number, shape (parts, rows, tiles)."""
    padded = np.pad(bits, ((0, 0), (0, parts * span - bits.shape[1]))).reshape(len(bits), parts, span)
    padded = np.pad(padded, ((0, 0), (0, 0), (0, -span % TILE)))
    words = np.packbits(padded, axis=-1, bitorder="little").view("<u2").astype(np.uint16)
    return np.ascontiguousarray(words.transpose(1, 0, 2))


def _repeated(words: npt.NDArray[np.uint64], parts: int, span: int) -> npt.NDArray[np.uint64]:
    """Return rows of a design's lanes repeated for as many designs as there is room for."""
    bits = np.unpackbits(words.astype("<u8").view(np.uint8), axis=-1, bitorder="little").view(np.bool_)
    bits = np.pad(bits, ((0, 0), (0, max(0, parts * span - bits.shape[1]))))[:, : parts * span]
    full = np.tile(bits.reshape(len(bits), parts, span), LANES // span)
    full = np.pad(full, ((0, 0), (0, 0), (0, LANES - full.shape[2])))
    return np.ascontiguousarray(_packed(full).transpose(1, 0, 2))
