"""The compiled loop behind `optimiser.surrogate.compiled`; imported only when called.

A *lane* is a pair of design and anchor, or a design where a member compares with nothing; 16 lanes are a *group*,
which is of one design where there are anchors, and 32 groups, 512 lanes, are what one pass handles: a *row* of
bits, one per lane, in eight words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

#: Lanes whose totals one step of `_add_leaves` keeps in registers.
GROUP = 32
#: Lanes of a tile.
TILE = 16
#: Words of a row.
WORDS = 8
#: Groups of a row.
GROUPS = WORDS * 64 // GROUP
#: Leaves whose rows are kept at once: few enough for the nearest cache, the inner nodes' rows included.
ROOM = 256

_WORD, _REAL, _SHORT, _BYTE = ir.IntType(64), ir.DoubleType(), ir.IntType(16), ir.IntType(8)
_INT = ir.IntType(32)
_ROW, _REALS = ir.VectorType(_WORD, WORDS), ir.VectorType(_REAL, GROUP)
_MASK = ir.IntType(GROUP)
_FLAG = ir.IntType(GROUPS)
_FLAGS = ir.VectorType(_FLAG, 64)


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _INT(0))
    order = ir.Constant(ir.VectorType(_INT, kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), order)


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _walk(
    typing_context: Any, table: Any, rows: Any, row: Any, left: Any, right: Any, first: Any, stop: Any
) -> Any:
    """Walk the nodes ``first`` to ``stop`` of a batch, of which ``table[row]`` are the lanes that go right.

    ``rows`` holds the lanes that reach each leaf, then one for which there is no use, then those that reach
    each node, of which the roots' must be there; ``left`` and ``right`` are numbers among these.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, rows, row, left, right = (_data(context, builder, signature.args[k], arguments[k]) for k in range(5))
        first, stop = arguments[5:]
        nodes = builder.sub(stop, first)
        inner = builder.add(nodes, _WORD(1))

        def place(data: Any, k: Any) -> Any:
            return builder.gep(builder.bitcast(data, _ROW.as_pointer()), [k])

        def number(data: Any, k: Any) -> Any:
            return builder.zext(builder.load(builder.gep(data, [k])), _WORD)

        with cgutils.for_range(builder, nodes) as loop:
            node = builder.add(first, loop.index)
            here = builder.load(place(rows, builder.add(inner, loop.index)), align=64)
            fails = builder.load(place(table, number(row, node)), align=64)
            gone = builder.and_(here, fails)
            builder.store(builder.xor(here, gone), place(rows, number(left, node)), align=64)
            builder.store(gone, place(rows, number(right, node)), align=64)
        return context.get_dummy_value()

    whole = types.int64
    return types.none(table, rows, row, left, right, whole, whole), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _groups(typing_context: Any, rows: Any, count: Any, flags: Any) -> Any:
    """Fill ``flags`` with the groups, one bit each, that have a lane in each of the first ``count`` rows."""
    shorts = ir.VectorType(_MASK, GROUPS)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, flags = (_data(context, builder, signature.args[k], arguments[k]) for k in (0, 2))
        rows = builder.bitcast(rows, shorts.as_pointer())
        with cgutils.for_range(builder, arguments[1]) as loop:
            row = builder.load(builder.gep(rows, [loop.index]), align=64)
            some = builder.icmp_unsigned("!=", row, ir.Constant(shorts, [0] * GROUPS))
            builder.store(builder.bitcast(some, _FLAG), builder.gep(builder.bitcast(flags, _FLAG.as_pointer()), [loop.index]))
        return context.get_dummy_value()

    return types.none(rows, types.int64, flags), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _add_leaves(
    typing_context: Any, rows: Any, flags: Any, count: Any, group: Any, value: Any, first: Any, total: Any, todo: Any
) -> Any:
    """Add ``value[first + leaf]`` to the lanes of a group, ``total[group]``, that are in the leaf's row.

    Only leaves in whose flags the group is are looked at. ``todo`` is room for them, a bit each.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, flags, value, total, todo = (
            _data(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 4, 6, 7)
        )
        count, group, first = arguments[2], arguments[3], arguments[5]
        value = builder.gep(value, [first])
        masks = builder.gep(builder.bitcast(rows, _MASK.as_pointer()), [group])
        mine = builder.gep(builder.bitcast(total, _REALS.as_pointer()), [group])
        flags = builder.bitcast(flags, _FLAGS.as_pointer())
        bit = _splat(builder, builder.shl(_FLAG(1), builder.trunc(group, _FLAG)), _FLAGS)
        population = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_WORD, [_WORD]), "llvm.ctpop.i64"
        )
        # words of leaves to look at, and the first leaf of each; words without any are written over
        words, leaves = cgutils.alloca_once_value(builder, _WORD(0)), cgutils.alloca_once_value(builder, _WORD(0))
        pieces = builder.lshr(builder.add(count, _WORD(63)), _WORD(6))
        with cgutils.for_range(builder, pieces) as piece:
            those = builder.and_(builder.load(builder.gep(flags, [piece.index]), align=64), bit)
            some = builder.icmp_unsigned("!=", those, ir.Constant(_FLAGS, [0] * 64))
            word = builder.bitcast(some, _WORD)
            k = builder.load(words)
            at = builder.gep(todo, [builder.shl(k, _WORD(1))])
            builder.store(word, at)
            builder.store(builder.shl(piece.index, _WORD(6)), builder.gep(at, [_WORD(1)]))
            builder.store(builder.add(k, builder.zext(builder.icmp_unsigned("!=", word, _WORD(0)), _WORD)), words)
            builder.store(builder.add(builder.load(leaves), builder.call(population, [word])), leaves)
        state = cgutils.alloca_once_value(builder, builder.load(mine, align=64))
        bits = cgutils.alloca_once_value(builder, builder.load(todo))
        begin = cgutils.alloca_once_value(builder, builder.load(builder.gep(todo, [_WORD(1)])))
        after = cgutils.alloca_once_value(builder, _WORD(2))
        with cgutils.for_range(builder, builder.load(leaves)):
            now, at = builder.load(bits), builder.load(after)
            leaf = builder.add(builder.load(begin), builder.cttz(now, ir.Constant(ir.IntType(1), 1)))
            # no branch where a word ends: it would be mispredicted
            rest = builder.and_(now, builder.sub(now, _WORD(1)))
            ends = builder.icmp_unsigned("==", rest, _WORD(0))
            builder.store(builder.select(ends, builder.load(builder.gep(todo, [at])), rest), bits)
            begins = builder.load(builder.gep(todo, [builder.add(at, _WORD(1))]))
            builder.store(builder.select(ends, begins, builder.load(begin)), begin)
            builder.store(builder.select(ends, builder.add(at, _WORD(2)), at), after)
            mask = builder.load(builder.gep(masks, [builder.mul(leaf, _WORD(GROUPS))]))
            lanes = builder.bitcast(mask, ir.VectorType(ir.IntType(1), GROUP))
            before = builder.load(state)
            one = _splat(builder, builder.load(builder.gep(value, [leaf])), _REALS)
            builder.store(builder.select(lanes, builder.fadd(before, one), before), state)
        builder.store(builder.load(state), mine, align=64)
        return context.get_dummy_value()

    whole = types.int64
    return types.none(rows, flags, whole, whole, value, whole, total, todo), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _gather_down(typing_context: Any, table: Any, first: Any, stop: Any) -> Any:
    """Add to each of the rows ``first`` to ``stop`` all that are after it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows = builder.bitcast(_data(context, builder, signature.args[0], arguments[0]), _ROW.as_pointer())
        first, stop = arguments[1:]
        state = cgutils.alloca_once_value(builder, ir.Constant(_ROW, [0] * WORDS))
        with cgutils.for_range(builder, builder.sub(stop, first)) as loop:
            at = builder.gep(rows, [builder.sub(builder.sub(stop, loop.index), _WORD(1))])
            now = builder.or_(builder.load(state), builder.load(at, align=64))
            builder.store(now, at, align=64)
            builder.store(now, state)
        return context.get_dummy_value()

    return types.none(table, types.int64, types.int64), generate


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
    """Fill the table with the lanes that fail each test.

    A column's thresholds rise, so what fails one of them fails all before it: each value is looked up once.
    """
    lanes_of = table.reshape(-1).view(np.uint16).reshape(len(table), WORDS * 64 // TILE)
    tests, tiles = len(threshold), lanes.shape[1]
    table[:tests] = 0
    table[tests:] = fixed
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
        _gather_down(table, first, stop)
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
    stop: int, groups: int, rows: Any, flags: Any, total: Any, todo: Any,
) -> None:  # fmt: skip
    """Add what the batches ``first`` to ``stop`` of trees say to the totals of the first groups."""
    for batch in range(first, stop):
        begin, end = start[batch], start[batch + 1]
        count = end - begin
        for tree in range(trees[batch]):
            rows[count + 1 + tree] = table[root]
        _walk(table, rows, row, left, right, begin, end)
        _groups(rows, count, flags)
        flags[count : count + 64] = 0
        for group in range(groups):
            _add_leaves(rows, flags, count, group, value, begin, total, todo)


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
    """
    n = x.shape[1]
    metals, n_members, width = constant.shape
    parts, _, tiles = lanes.shape
    block = WORDS * 64 // TILE // tiles if tiles else WORDS * 64
    blocks = (n + block - 1) // block
    # where there are few blocks the metals are shared out, and the table is made for each share
    shares = min(metals, threads) if blocks < 4 * threads else 1
    for item in prange(blocks * shares):
        share, begin = item % shares, item // shares * block
        size = min(block, n - begin)
        groups = (size * (tiles * TILE if tiles else 1) + GROUP - 1) // GROUP
        table = _aligned(len(threshold) + fixed.shape[1])
        rows, total = _aligned(2 * ROOM + 1), _aligned(GROUPS * GROUP // WORDS).reshape(-1).view(np.float64)
        flags = _aligned(ROOM // 32 + 4).reshape(-1).view(np.uint16)
        todo = np.zeros(ROOM // 32 + 4, dtype=np.uint64)
        said = np.zeros((metals, size, width))
        first, stop = metals * share // shares, metals * (share + 1) // shares
        for part in range(parts):
            _fill(
                x, begin, size, source, threshold, missing_left, test_start, shift, lanes[part],
                shift_start, fixed[part], table,
            )  # fmt: skip
            span = tiles * TILE
            at = part * span
            for metal in range(first, stop):
                for p in range(n_members):
                    total[:] = constant[metal, p, 0]
                    for i in range(size):
                        for a in range(span):
                            total[i * span + a] = constant[metal, p, at + a]
                    _sum(
                        table, len(threshold) + root[metal], row, left, right, value, start, trees,
                        members[metal, p], members[metal, p + 1], groups, rows, flags, total, todo,
                    )  # fmt: skip
                    for i in range(size):
                        if not tiles:
                            means[metal, p, begin + i] = total[i]
                            continue
                        sum_ = 0.0
                        for a in range(span):
                            if held[metal, at + a]:
                                sum_ += total[i * span + a]
                                said[metal, i, at + a] += total[i * span + a]
                        means[metal, p, begin + i] = sum_ + (means[metal, p, begin + i] if part else 0.0)
        if not tiles:
            continue
        for metal in range(first, stop):
            count = held[metal].sum()
            for i in range(size):
                for p in range(n_members):
                    means[metal, p, begin + i] /= count
                centre = said[metal, i].sum() / count
                square = 0.0
                for a in range(width):
                    if held[metal, a]:
                        square += (said[metal, i, a] - centre) ** 2
                spread[metal, begin + i] = np.sqrt(square / count)
