"""The yield model compiled for one feed and acid: what these two settle is settled once, not per design.

Of the columns that trees test, only the five variables and the physics that follows from them change from
design to design. Every other test is made when compiling, per anchor: it takes the leaves it excludes out of
reach, and with them the tests below it; a tree that is left without a test becomes part of a constant.
What remains is evaluated by bit masks, as `optimiser.surrogate.trees` describes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.designs import CONTINUOUS, Floats, Ints
from optimiser.surrogate.columns import COLUMNS, PHYSICS, columns, physics
from optimiser.surrogate.features import CONTINUOUS_COLUMNS, METALS
from optimiser.surrogate.trees import Forest, compiled_loops

#: The columns that follow the design.
FOLLOWING = (*CONTINUOUS, *PHYSICS)
_PLACE = [COLUMNS.index(name) for name in FOLLOWING]
#: Number of each column among them, -1 where the feed and the acid fix it.
FOLLOWS = np.full(len(COLUMNS), -1, dtype=np.int64)
FOLLOWS[_PLACE] = np.arange(len(FOLLOWING))
_LANES = 16  # anchors are padded to a multiple of what the loop handles at once


class Raw(NamedTuple):
    """What the members say of n designs, before it is calibrated; not clipped, NaN for absent metals.

    Attributes:
        mean: mean over members, and over anchors where they compare, shape (n, 4).
        spread: population standard deviation over anchors of the members' mean, shape (n, 4).
        disagreement: population standard deviation over members, shape (n, 4).
    """

    mean: Floats
    spread: Floats
    disagreement: Floats


@dataclass(frozen=True)
class Compiled:
    """A yield model for one feed and acid.

    Attributes:
        metals: numbers of the metals that the feed contains, shape (k,).
        features: of any design with the feed and the acid, shape (32,).
        arrays: arguments of the compiled loop between the designs' columns and its results.
    """

    metals: Ints
    features: Floats
    arrays: tuple[Any, ...]

    @property
    def tests(self) -> int:
        """Number of tests that are left to be made for a design and all its metals."""
        return len(self.arrays[5])

    def predict(self, continuous: Floats) -> Raw:
        """Predict designs; each the same whatever others come with it and however many threads there are.

        Args:
            continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).

        Raises:
            InputError: numba cannot compile the loop here.
        """
        n, members = len(continuous), self.arrays[2].shape[1]
        x = np.ascontiguousarray(following(self.features, continuous).T)
        means, spread = np.empty((len(self.metals), members, n)), np.empty((len(self.metals), n))
        with compiled_loops() as loops:
            loops.predict(x, *self.arrays, means, spread)
        out = np.full((3, n, len(METALS)), np.nan)
        out[0][:, self.metals] = means.mean(axis=1).T
        out[1][:, self.metals] = spread.T
        out[2][:, self.metals] = means.std(axis=1).T
        return Raw(*out)


def following(features: Floats, continuous: Floats) -> Floats:
    """Return the columns of ``FOLLOWING``, shape (n, 9).

    Args:
        features: of any design with the feed and the acid, shape (32,).
        continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).
    """
    every = np.repeat(features[None], len(continuous), axis=0)
    every[:, CONTINUOUS_COLUMNS] = continuous
    return np.column_stack([continuous, physics(every)])


def compile_members(
    paired: Sequence[Forest], plain: Sequence[Forest], known: Floats, yields: Floats, features: Floats
) -> Compiled:
    """Compile a yield model for one feed and acid.

    Args:
        paired: forests that learn differences.
        plain: forests that learn yields.
        known: columns of the anchors, shape (m, 4, 43).
        yields: of the anchors, NaN where the metal is absent, shape (m, 4).
        features: of any design with the feed and the acid, shape (32,).

    Raises:
        InputError: numba cannot compile the loop here.
    """
    seen = columns(features[None])[0]
    metals = np.flatnonzero(seen[:, COLUMNS.index("own_content")] > 0.0)
    builder = _Builder()
    for k in metals:
        held = np.flatnonzero(~np.isnan(yields[:, k]))
        sides, own = np.ascontiguousarray(known[held, k].T), np.ascontiguousarray(seen[k])
        constants = []
        for forest in paired:
            constants.append(builder.add(forest, int(k), own, sides) + yields[held, k])
        for forest in plain:
            alone = np.zeros((len(own), 1))
            constants.append(np.repeat(builder.add(forest, int(k), own, alone), len(held)))
        builder.close(sides, np.array(constants))
    return Compiled(metals, features, builder.arrays(len(paired)))


class _Builder:
    """Collects the trees of members and metals, in the order in which the loop runs through them."""

    def __init__(self) -> None:
        self.nodes: list[tuple[npt.NDArray[Any], ...]] = []
        self.node_counts: list[Ints] = []
        self.reach: list[npt.NDArray[np.uint64]] = []
        self.reach_counts: list[Ints] = []
        self.leaves: list[Floats] = []
        self.leaf_starts: list[Ints] = []
        self.n_leaves = 0
        self.trees = 0
        self.member_starts: list[list[int]] = [[]]
        self.anchors: list[Floats] = []
        self.constants: list[Floats] = []

    def add(self, forest: Forest, metal: int, own: Floats, anchors: Floats) -> Floats:
        """Add a member's trees for a metal; return the sum of those without a test left, by anchor (m,)."""
        first, stop = (int(tree) for tree in forest.metal_trees[metal])
        reach = np.empty((stop - first, anchors.shape[1]), dtype=np.uint64)
        open_node = np.zeros(len(forest.column), dtype=np.bool_)
        with compiled_loops() as loops:
            loops.resolve(
                own,
                anchors,
                FOLLOWS,
                forest.column,
                forest.threshold,
                forest.missing_left,
                forest.left_low,
                forest.left_high,
                forest.kind_start,
                forest.leaf_start,
                first,
                stop,
                reach,
                open_node,
            )
        begin = forest.kind_start[3 * first]
        counted = np.append(0, np.cumsum(open_node))[forest.kind_start[3 * first : 3 * stop + 1]]
        counts = np.diff(counted).reshape(-1, 3)[:, [0, 2]]
        kept = counts.any(axis=1)
        bits = np.log2((reach & (~reach + np.uint64(1))).astype(np.float64)).astype(np.intp)
        settled = forest.leaf[forest.leaf_start[first:stop, None] + bits]
        nodes = begin + np.flatnonzero(open_node[begin : forest.kind_start[3 * stop]])
        self.nodes.append(
            (
                # a node that takes the missing right looks where they are greater than anything
                (FOLLOWS[forest.column[nodes]] + len(FOLLOWING) * (forest.missing_left[nodes] == 0)).astype(
                    np.int32
                ),
                forest.threshold[nodes],
                forest.masks()[nodes],
            )
        )
        self.node_counts.append(counts[kept].reshape(-1))
        padded = np.pad(reach[kept], ((0, 0), (0, -reach.shape[1] % _LANES)), mode="edge")
        self.reach.append(padded.reshape(-1))
        self.reach_counts.append(np.full(len(padded), padded.shape[1]))
        self.leaves.append(forest.leaf[forest.leaf_start[first] : forest.leaf_start[stop]])
        starts = forest.leaf_start[first:stop][kept] - forest.leaf_start[first]
        self.leaf_starts.append(self.n_leaves + starts.astype(np.intp))
        self.n_leaves += len(self.leaves[-1])
        self.member_starts[-1].append(self.trees)
        self.trees += int(kept.sum())
        return np.asarray(settled[~kept].sum(axis=0), dtype=np.float64)

    def close(self, anchors: Floats, constants: Floats) -> None:
        """End a metal: its anchors' columns (43, m) and the members' constants (members, m)."""
        self.member_starts[-1].append(self.trees)
        self.member_starts.append([])
        self.anchors.append(anchors[_PLACE])
        self.constants.append(constants)

    def arrays(self, paired: int) -> tuple[Any, ...]:
        """Return the arguments of the loop; ``paired`` members come first."""
        column, threshold, mask = (np.concatenate(part) for part in zip(*self.nodes, strict=True))
        held = np.array([part.shape[1] for part in self.anchors])
        width = int(held.max() + -held.max() % _LANES)
        return (
            np.stack([_widened(part, width) for part in self.anchors]),
            held,
            np.stack([_widened(part, width) for part in self.constants]),
            np.array(self.member_starts[:-1]),
            paired,
            column,
            threshold,
            mask,
            np.append(0, np.cumsum(np.concatenate(self.node_counts))),
            np.concatenate(self.reach),
            np.append(0, np.cumsum(np.concatenate(self.reach_counts)))[:-1],
            np.concatenate(self.leaves),
            np.concatenate(self.leaf_starts),
        )


def _widened(values: Floats, width: int) -> Floats:
    """Return values with as many columns as asked, the last one repeated."""
    return np.pad(values, ((0, 0), (0, width - values.shape[1])), mode="edge")
