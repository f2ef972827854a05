"""Operations on rows of bits, one bit per lane.

Adding the leaves is written in LLVM's terms: the lanes' totals stay in vector registers, which numba does not
find by itself from loops over arrays. docs/speed.md tells what that is worth.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from optimiser.surrogate.loops import LANES
from optimiser.surrogate.loops.cached import loop

#: Words of a row.
WORDS = LANES // 64
#: Lanes whose totals one step of `add_leaves` keeps in registers: half as many wait for each other's sums.
GROUP = 32
#: Groups of a row.
GROUPS = LANES // GROUP

_WORD, _INT = ir.IntType(64), ir.IntType(32)
_REALS = ir.VectorType(ir.DoubleType(), GROUP)
_MASK, _FLAG = ir.IntType(GROUP), ir.IntType(GROUPS)
_MASKS, _FLAGS = ir.VectorType(_MASK, GROUPS), ir.VectorType(_FLAG, 64)


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _INT(0))
    order = ir.Constant(ir.VectorType(_INT, kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), order)


@loop()
def walk_nodes(table: Any, rows: Any, row: Any, left: Any, right: Any, first: int, stop: int) -> None:
    """Walk the nodes ``first`` to ``stop`` of a batch, of which ``table[row]`` are the lanes that go right.

    ``rows`` holds the lanes that reach each leaf, then one for which there is no use, then those that reach
    each node, of which the roots' must be there; ``left`` and ``right`` are numbers among these.
    """
    for node in range(first, stop):
        here, fails, low, high = stop + 1 + node - 2 * first, row[node], left[node], right[node]
        for w in range(WORDS):
            came = rows[here, w]
            gone = came & table[fails, w]
            rows[low, w], rows[high, w] = came ^ gone, gone


@loop()
def gather_down(table: Any, first: int, stop: int) -> None:
    """Add to each of the rows ``first`` to ``stop`` all that are after it."""
    for w in range(WORDS):
        gathered = np.uint64(0)
        for at in range(stop - 1, first - 1, -1):
            gathered |= table[at, w]
            table[at, w] = gathered


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def groups(typing_context: Any, rows: Any, count: Any, flags: Any) -> Any:
    """Fill ``flags`` with the groups, one bit each, that have a lane in each of the first ``count`` rows."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, flags = (_data(context, builder, signature.args[k], arguments[k]) for k in (0, 2))
        rows = builder.bitcast(rows, _MASKS.as_pointer())
        with cgutils.for_range(builder, arguments[1]) as each:
            row = builder.load(builder.gep(rows, [each.index]), align=8 * WORDS)
            some = builder.icmp_unsigned("!=", row, ir.Constant(_MASKS, [0] * GROUPS))
            builder.store(
                builder.bitcast(some, _FLAG),
                builder.gep(builder.bitcast(flags, _FLAG.as_pointer()), [each.index]),
            )
        return context.get_dummy_value()

    return types.none(rows, types.int64, flags), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def add_leaves(
    typing_context: Any,
    rows: Any,
    flags: Any,
    count: Any,
    group: Any,
    value: Any,
    first: Any,
    total: Any,
    todo: Any,
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
        words, leaves = (
            cgutils.alloca_once_value(builder, _WORD(0)),
            cgutils.alloca_once_value(builder, _WORD(0)),
        )
        pieces = builder.lshr(builder.add(count, _WORD(63)), _WORD(6))
        with cgutils.for_range(builder, pieces) as piece:
            those = builder.and_(builder.load(builder.gep(flags, [piece.index]), align=8 * WORDS), bit)
            some = builder.icmp_unsigned("!=", those, ir.Constant(_FLAGS, [0] * 64))
            word = builder.bitcast(some, _WORD)
            k = builder.load(words)
            at = builder.gep(todo, [builder.shl(k, _WORD(1))])
            builder.store(word, at)
            builder.store(builder.shl(piece.index, _WORD(6)), builder.gep(at, [_WORD(1)]))
            builder.store(
                builder.add(k, builder.zext(builder.icmp_unsigned("!=", word, _WORD(0)), _WORD)), words
            )
            builder.store(builder.add(builder.load(leaves), builder.call(population, [word])), leaves)
        state = cgutils.alloca_once_value(builder, builder.load(mine, align=8 * WORDS))
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
        builder.store(builder.load(state), mine, align=8 * WORDS)
        return context.get_dummy_value()

    whole = types.int64
    return types.none(rows, flags, whole, whole, value, whole, total, todo), generate
