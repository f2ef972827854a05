"""The compiled loops behind `optimiser.surrogate.trees` and `.compiled`; imported only when called."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)
_NONE = np.uint64(0)


#: Designs, or anchors, that one vector instruction handles: two 512-bit registers, or more smaller ones.
LANES = 16
_WORD, _REAL = ir.IntType(64), ir.DoubleType()
_WORDS, _REALS = ir.VectorType(_WORD, LANES), ir.VectorType(_REAL, LANES)


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _lowest(typing_context: Any, word: Any) -> Any:
    """Return the number of the lowest bit that is set; the word must not be zero."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _survivors(
    typing_context: Any,
    reach: Any,
    at: Any,
    own: Any,
    x: Any,
    column: Any,
    threshold: Any,
    mask: Any,
    first: Any,
    stop: Any,
    alive: Any,
) -> Any:
    """Fill ``alive`` (LANES words) with ``own & reach[at + lane]``, cleared by every test that fails.

    The nodes ``first`` to ``stop`` test ``x[column, lane] <= threshold``; ``x`` (columns, LANES) has no NaN.
    Written in LLVM's terms because the loop is over nodes, with the lanes kept in registers, and no compiler
    finds that by itself.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def data(k: int) -> Any:
            return context.make_array(signature.args[k])(context, builder, arguments[k]).data

        reach, x, column, threshold, mask, alive = (data(k) for k in (0, 3, 4, 5, 6, 9))
        at, own, first, stop = (arguments[k] for k in (1, 2, 7, 8))
        begun = _load(builder, builder.gep(reach, [at]), _WORDS)
        state = cgutils.alloca_once_value(builder, builder.and_(begun, _splat(builder, own, _WORDS)))
        with cgutils.for_range(builder, builder.sub(stop, first)) as loop:
            node = builder.add(first, loop.index)
            j = builder.sext(builder.load(builder.gep(column, [node])), _WORD)
            lanes = _load(builder, builder.gep(x, [builder.mul(j, _WORD(LANES))]), _REALS)
            limit = _splat(builder, builder.load(builder.gep(threshold, [node])), _REALS)
            cleared = _splat(builder, builder.load(builder.gep(mask, [node])), _WORDS)
            now = builder.load(state)
            fails = builder.fcmp_ordered(">", lanes, limit)
            builder.store(builder.select(fails, builder.and_(now, cleared), now), state)
        _store(builder, builder.load(state), alive)
        return context.get_dummy_value()

    whole = types.int64
    return types.none(reach, whole, types.uint64, x, column, threshold, mask, whole, whole, alive), generate


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _add_leaves(typing_context: Any, alive: Any, leaf: Any, base: Any, total: Any) -> Any:
    """Add ``leaf[base + lowest bit of alive]`` to ``total``, lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def data(k: int) -> Any:
            return context.make_array(signature.args[k])(context, builder, arguments[k]).data

        alive, leaf, total = data(0), data(1), data(3)
        words = _load(builder, alive, _WORDS)
        # the ones below the lowest bit, counted
        below = builder.and_(builder.not_(words), builder.sub(words, _splat(builder, _WORD(1), _WORDS)))
        count = ir.FunctionType(_WORDS, [_WORDS])
        name = f"llvm.ctpop.v{LANES}i64"
        lowest = builder.call(cgutils.get_or_insert_function(builder.module, count, name), [below])
        values = ir.Constant(_REALS, ir.Undefined)
        start = builder.gep(leaf, [arguments[2]])
        for lane in range(LANES):
            place = builder.extract_element(lowest, ir.IntType(32)(lane))
            value = builder.load(builder.gep(start, [place]))
            values = builder.insert_element(values, value, ir.IntType(32)(lane))
        _store(builder, builder.fadd(_load(builder, total, _REALS), values), total)
        return context.get_dummy_value()

    return types.none(alive, leaf, types.int64, total), generate


def _load(builder: Any, pointer: Any, kind: Any) -> Any:
    return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=8)


def _store(builder: Any, value: Any, pointer: Any) -> None:
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer()), align=8)


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), order)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _passes(x: float, threshold: float, missing_left: int) -> bool:
    return not (x > threshold) if missing_left else x <= threshold


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _clear(alive: Any, x: Any, threshold: float, missing_left: int, mask: np.uint64) -> None:
    """Clear the left leaves wherever the test ``x <= threshold`` fails, NaN as the node says."""
    if missing_left:
        for a in range(len(alive)):
            alive[a] &= mask if x[a] > threshold else _ALL
    else:
        for a in range(len(alive)):
            alive[a] &= _ALL if x[a] <= threshold else mask


@njit(cache=True, parallel=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def evaluate(
    x: Any,
    anchors: Any,
    column: Any,
    threshold: Any,
    missing_left: Any,
    mask: Any,
    kind_start: Any,
    leaf: Any,
    leaf_start: Any,
    metal_trees: Any,
    out: Any,
) -> None:
    """Fill ``out`` (n, metals, m) with the sums over the trees for n designs and m anchors."""
    n, n_metals, d = x.shape
    m = len(anchors)
    n_trees = len(leaf_start) - 1
    for metal in range(n_metals):
        start, stop = metal_trees[metal]
        columns = np.ascontiguousarray(anchors[:, metal].T)
        # Leaves each anchor can still reach after the tests on the anchor alone: the same for every design.
        reachable = np.full((n_trees, m), _ALL)
        for tree in prange(start, stop):
            for node in range(kind_start[3 * tree + 1], kind_start[3 * tree + 2]):
                _clear(
                    reachable[tree], columns[column[node]], threshold[node], missing_left[node], mask[node]
                )
        for i in prange(n):
            difference = np.empty((d, m))
            for j in range(d):
                for a in range(m):
                    difference[j, a] = x[i, metal, j] - columns[j, a]
            alive = np.empty(m, dtype=np.uint64)
            total = np.zeros(m)
            for tree in range(start, stop):
                own = _ALL
                for node in range(kind_start[3 * tree], kind_start[3 * tree + 1]):
                    if not _passes(x[i, metal, column[node]], threshold[node], missing_left[node]):
                        own &= mask[node]
                for a in range(m):
                    alive[a] = own & reachable[tree, a]
                for node in range(kind_start[3 * tree + 2], kind_start[3 * tree + 3]):
                    _clear(alive, difference[column[node]], threshold[node], missing_left[node], mask[node])
                base = leaf_start[tree]
                for a in range(m):
                    total[a] += leaf[base + _lowest(alive[a])]
            for a in range(m):
                out[i, metal, a] = total[a]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def resolve(
    fixed: Any,
    anchors: Any,
    follows: Any,
    column: Any,
    threshold: Any,
    missing_left: Any,
    left_low: Any,
    left_high: Any,
    kind_start: Any,
    leaf_start: Any,
    first: int,
    stop: int,
    reach: Any,
    open_node: Any,
) -> None:
    """Make every test that does not follow the design, for the trees from ``first`` to ``stop``.

    Args:
        fixed: columns of any design with the feed and the acid, shape (d,).
        anchors: columns of the anchors, shape (d, m); one column of zeros for a forest without anchors.
        follows: number of each column among those that follow the design, -1 where it is fixed, shape (d,).
        column, threshold, missing_left, left_low, left_high, kind_start, leaf_start: of the forest.
        first, stop: trees.
        reach: to fill with the leaves that each tree and anchor can still reach, shape (trees, m).
        open_node: to fill with 1 for every node whose test is still to be made, shape (nodes,).
    """
    m = anchors.shape[1]
    for tree in range(first, stop):
        reachable = reach[tree - first]
        leaves = leaf_start[tree + 1] - leaf_start[tree]
        reachable[:] = _ALL if leaves == 64 else (_ONE << np.uint64(leaves)) - _ONE
        begin, middle, end = kind_start[3 * tree], kind_start[3 * tree + 1], kind_start[3 * tree + 3]
        for node in range(begin, end):
            kind = 0 if node < middle else (1 if node < kind_start[3 * tree + 2] else 2)
            j = column[node]
            if kind != 1 and follows[j] >= 0:
                continue
            left = _span(left_low[node], left_high[node])
            right = _span(left_high[node], _end(node, begin, end, left_low, left_high, leaves))
            for a in range(m):
                value = fixed[j] if kind == 0 else (anchors[j, a] if kind == 1 else fixed[j] - anchors[j, a])
                # the side not taken is out of reach, and so is every test on it
                passed = _passes(value, threshold[node], missing_left[node])
                reachable[a] &= ~(right if passed else left)
        for node in range(begin, end):
            kind = 0 if node < middle else (1 if node < kind_start[3 * tree + 2] else 2)
            if kind == 1 or follows[column[node]] < 0:
                continue
            left = _span(left_low[node], left_high[node])
            for a in range(m):
                if reachable[a] & left:
                    open_node[node] = 1
                    break


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _span(low: int, high: int) -> np.uint64:
    """Return bits ``low`` to ``high`` - 1; never all 64."""
    return ((_ONE << np.uint64(high - low)) - _ONE) << np.uint64(low)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _end(node: int, begin: int, end: int, left_low: Any, left_high: Any, leaves: int) -> int:
    """Return one past the last leaf under a node: where the smallest left subtree that holds it ends."""
    found = leaves
    for other in range(begin, end):
        holds = left_low[other] <= left_low[node] and left_high[other] > left_high[node]
        if holds and left_high[other] < found:
            found = left_high[other]
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _both(value: float, out: Any, j: int, half: int, lane: int) -> None:
    """Write a value where nodes look for it that take the missing left, and where others do."""
    missing = np.isnan(value)
    out[j, lane] = -np.inf if missing else value
    out[j + half, lane] = np.inf if missing else value


@njit(cache=True, parallel=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def predict(
    x: Any,
    anchors: Any,
    held: Any,
    constant: Any,
    members: Any,
    paired: int,
    column: Any,
    threshold: Any,
    mask: Any,
    node_start: Any,
    reach: Any,
    reach_start: Any,
    leaf: Any,
    leaf_start: Any,
    means: Any,
    spread: Any,
) -> None:
    """Fill what each member says, ``means`` (metals, members, n), and the anchors' ``spread`` (metals, n).

    Args:
        x: columns that follow the design, shape (c, n).
        anchors: the same columns of the anchors of each metal, padded to m, a multiple of LANES, shape
            (metals, c, m).
        held: how many of them are anchors, shape (metals,).
        constant: what a member says by an anchor before any tree, shape (metals, members, m); a plain
            member says the same by all.
        members: where each metal's and member's trees start, shape (metals, members + 1).
        paired: how many members, the first ones, compare with anchors.
        column, threshold, mask: of the nodes whose tests are still to be made; a node that takes the
            missing right tests column + c.
        node_start: where each tree's tests on the design, then on differences, start, shape (2 trees + 1,).
        reach: leaves that each tree and anchor can still reach; LANES times the same in a plain tree.
        reach_start: where each tree's start in ``reach``, shape (trees,).
        leaf: values of the leaves.
        leaf_start: where each tree's start in ``leaf``, shape (trees,).
    """
    half, n = x.shape
    metals, n_members, m = constant.shape
    for item in prange(metals * ((n + LANES - 1) // LANES)):
        metal, begin = item % metals, item // metals * LANES
        size = min(LANES, n - begin)
        here = np.zeros((2 * half, LANES))
        for j in range(half):
            for i in range(size):
                _both(x[j, begin + i], here, j, half, i)
        every = np.full(LANES, _ALL)
        alive = np.empty(LANES, dtype=np.uint64)
        most = 0
        for p in range(paired):
            most = max(most, members[metal, p + 1] - members[metal, p])
        own = np.empty((most, LANES), dtype=np.uint64)
        difference = np.empty((2 * half, LANES))
        total = np.empty(LANES)
        said = np.zeros((LANES, m))
        count = held[metal]
        for p in range(n_members):
            first, stop = members[metal, p], members[metal, p + 1]
            if p >= paired:
                total[:] = constant[metal, p, 0]
                for tree in range(first, stop):
                    _survivors(
                        reach, reach_start[tree], _ALL, here, column, threshold, mask,
                        node_start[2 * tree], node_start[2 * tree + 1], alive,
                    )  # fmt: skip
                    _add_leaves(alive, leaf, leaf_start[tree], total)
                for i in range(size):
                    means[metal, p, begin + i] = total[i]
                continue
            for tree in range(first, stop):
                _survivors(
                    every, 0, _ALL, here, column, threshold, mask,
                    node_start[2 * tree], node_start[2 * tree + 1], own[tree - first],
                )  # fmt: skip
            for i in range(size):
                sum_ = 0.0
                for tile in range(0, m, LANES):
                    for j in range(half):
                        for a in range(LANES):
                            apart = x[j, begin + i] - anchors[metal, j, tile + a]
                            _both(apart, difference, j, half, a)
                    for a in range(LANES):
                        total[a] = constant[metal, p, tile + a]
                    for tree in range(first, stop):
                        _survivors(
                            reach, reach_start[tree] + tile, own[tree - first, i], difference, column,
                            threshold, mask, node_start[2 * tree + 1], node_start[2 * tree + 2], alive,
                        )  # fmt: skip
                        _add_leaves(alive, leaf, leaf_start[tree], total)
                    for a in range(min(LANES, count - tile)):
                        sum_ += total[a]
                        said[i, tile + a] += total[a]
                means[metal, p, begin + i] = sum_ / count
        for i in range(size):
            centre = 0.0
            for a in range(count):
                centre += said[i, a]
            centre /= count
            square = 0.0
            for a in range(count):
                square += (said[i, a] - centre) ** 2
            # members that learn yields say the same whatever the anchor
            spread[metal, begin + i] = np.sqrt(square / count) / n_members
