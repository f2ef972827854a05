"""Boosted trees as flat arrays, and the numba loop that evaluates them on pairs of design and anchor.

A gradient-boosted tree is evaluated by bit masks instead of by walking it (the idea of QuickScorer, Lucchese
et al. 2015, 10.1145/2766462.2767733): the leaves are numbered from left to right, every inner node whose test
fails clears the leaves of its left subtree, and the lowest bit that survives is the leaf reached. A pair's
columns are [x1, x2, x1 - x2] (x1 the design, x2 the anchor), so tests on x1 are made once per design, tests
on x2 once per call, and only tests on the difference once per pair; the loop over anchors has no branch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser._io.environment import check_environment
from optimiser._io.errors import InputError
from optimiser.variables import Floats

MAX_LEAVES = 64
KINDS = 3  # tests on the design, on the anchor, on their difference


class Forest(NamedTuple):
    """Inner nodes and leaves of one member's trees, tree after tree.

    Within a tree the nodes are sorted by kind: tests on the design, on the anchor, on the difference.

    Attributes:
        column: index of the tested column, 0..d-1, shape (nodes,).
        threshold: the test is ``x <= threshold``, shape (nodes,).
        missing_left: whether a missing value passes the test, shape (nodes,).
        left_low: first leaf of the left subtree, shape (nodes,).
        left_high: one past the last leaf of the left subtree, shape (nodes,).
        kind_start: where the nodes of each tree and kind start, shape (3 x trees + 1,).
        leaf: values of the leaves, shape (leaves,).
        leaf_start: where the leaves of each tree start, shape (trees + 1,).
        metal_trees: first tree of each metal and one past its last; metals may share trees, (metals, 2).
    """

    column: npt.NDArray[np.uint8]
    threshold: Floats
    missing_left: npt.NDArray[np.uint8]
    left_low: npt.NDArray[np.uint8]
    left_high: npt.NDArray[np.uint8]
    kind_start: npt.NDArray[np.int32]
    leaf: Floats
    leaf_start: npt.NDArray[np.int32]
    metal_trees: npt.NDArray[np.int32]

    @property
    def n_metals(self) -> int:
        """Number of metals."""
        return len(self.metal_trees)

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.leaf_start) - 1

    def check(self, n_columns: int) -> None:
        """Refuse arrays that do not fit together, before compiled code reads through them.

        Raises:
            ValueError: with what does not fit.
        """
        for passed, complaint in self._checks(n_columns):
            if not passed:
                raise ValueError(complaint)

    def _checks(self, n_columns: int) -> Iterator[tuple[bool, str]]:
        """Yield what must hold and the complaint if it does not; each relies on those before it."""
        nodes, trees = len(self.column), self.n_trees
        of_nodes = (self.threshold, self.missing_left, self.left_low, self.left_high)
        yield all(len(array) == nodes for array in of_nodes), "node arrays differ in length"
        yield len(self.kind_start) == KINDS * trees + 1, "kind_start does not match the trees"
        yield _spans(self.kind_start, nodes), "kind_start does not span the nodes"
        yield _spans(self.leaf_start, len(self.leaf)), "leaf_start does not span the leaves"
        of_metal = self.metal_trees
        yield of_metal.ndim == 2 and of_metal.shape[1] == 2, "metal_trees has another shape"
        known = (
            (of_metal >= 0).all() and (of_metal <= trees).all() and (of_metal[:, 0] < of_metal[:, 1]).all()
        )
        yield bool(known), "metal_trees names trees that there are not"
        yield nodes == 0 or int(self.column.max()) < n_columns, "a node tests an unknown column"
        leaves = np.diff(self.leaf_start)
        yield bool((leaves <= MAX_LEAVES).all()), f"a tree has more than {MAX_LEAVES} leaves"
        yield bool((leaves >= 1).all()), "a tree has no leaf"
        yield bool((self.left_low < self.left_high).all()), "a node has no left leaf"
        yield self._leaves_in_range(), "a node names a leaf its tree does not have"
        yield bool((np.diff(self.kind_start[::KINDS]) == leaves - 1).all()), "nodes do not match the leaves"
        yield bool(np.isfinite(self.leaf).all()), "a leaf is not a number"
        yield not np.isnan(self.threshold).any(), "a threshold is not a number"

    def _leaves_in_range(self) -> bool:
        nodes_per_tree = np.diff(self.kind_start[::KINDS])
        leaves = np.repeat(np.diff(self.leaf_start), nodes_per_tree)
        # the last leaf is in nobody's left subtree, so a mask can never become empty
        return bool((self.left_high < leaves).all())

    def masks(self) -> npt.NDArray[np.uint64]:
        """Return the leaves that survive a failed test, one bit each, shape (nodes,)."""
        one = np.uint64(1)
        width = (self.left_high - self.left_low).astype(np.uint64)
        return ~(((one << width) - one) << self.left_low.astype(np.uint64))


def _spans(starts: npt.NDArray[np.int32], length: int) -> bool:
    return bool(len(starts) and starts[0] == 0 and starts[-1] == length and (np.diff(starts) >= 0).all())


class PairColumn(NamedTuple):
    """A column that trees were fitted on: of the design (kind 0), the anchor (1), or their difference (2)."""

    kind: int
    column: int


_NODE = np.dtype(
    {
        "names": ["column", "threshold", "missing_left", "left_low", "left_high"],
        "formats": [np.uint8, np.float64, np.uint8, np.uint8, np.uint8],
    }
)


def flatten(boosters: Sequence[Any], tested: Sequence[PairColumn], n_metals: int) -> Forest:
    """Return the trees of fitted LightGBM boosters as flat arrays.

    Args:
        boosters: one for all metals, or one per metal.
        tested: what each column is that they were fitted on.
        n_metals: number of metals.

    Raises:
        ValueError: a tree has more than 64 leaves, or categorical splits, or the boosters' number is neither.
    """
    if len(boosters) not in (1, n_metals):
        raise ValueError(f"{len(boosters)} boosters cannot speak for {n_metals} metals")
    nodes: list[tuple[Any, ...]] = []
    kind_start, leaf, leaf_start, tree_start = [0], [], [0], [0]
    for booster in boosters:
        for tree in booster.dump_model()["tree_info"]:
            inner, values = _nodes(tree["tree_structure"], tested)
            if len(values) > MAX_LEAVES:
                raise ValueError(f"a tree has {len(values)} leaves; at most {MAX_LEAVES} are supported")
            for of_kind in inner:
                nodes += of_kind
                kind_start.append(len(nodes))
            leaf += values
            leaf_start.append(len(leaf))
        tree_start.append(len(leaf_start) - 1)
    spans, table = list(pairwise(tree_start)), np.array(nodes, dtype=_NODE)
    return Forest(
        **{name: np.ascontiguousarray(table[name]) for name in _NODE.names or ()},
        kind_start=np.array(kind_start, dtype=np.int32),
        leaf=np.array(leaf, dtype=np.float64),
        leaf_start=np.array(leaf_start, dtype=np.int32),
        metal_trees=np.array(spans if len(spans) == n_metals else spans * n_metals, dtype=np.int32),
    )


def _nodes(
    root: dict[str, Any], tested: Sequence[PairColumn]
) -> tuple[list[list[tuple[Any, ...]]], list[float]]:
    """Number the leaves of one tree from left to right; return its nodes by kind and the leaves' values."""
    inner: list[list[tuple[Any, ...]]] = [[] for _ in range(KINDS)]
    values: list[float] = []

    def visit(node: dict[str, Any]) -> None:
        if "leaf_value" in node:
            values.append(float(node["leaf_value"]))
            return
        if node["decision_type"] != "<=":
            raise ValueError("categorical splits are not supported")
        low, threshold = len(values), float(node["threshold"])
        visit(node["left_child"])
        # where training saw nothing missing, LightGBM takes a missing value for zero
        left = bool(node["default_left"]) if node["missing_type"] == "NaN" else threshold >= 0.0
        test = tested[int(node["split_feature"])]
        inner[test.kind].append((test.column, threshold, left, low, len(values)))
        visit(node["right_child"])

    visit(root)
    return inner, values


def differences(forest: Forest, x: Floats, anchors: Floats) -> Floats:
    """Sum a member's trees for each pair of design and anchor; the same for any number of threads.

    Args:
        forest: trees on pair columns, or on the design's alone.
        x: columns of the designs, NaN where missing, shape (n, metals, d).
        anchors: columns of the anchors, likewise, shape (m, metals, d).

    Returns:
        Shape (n, metals, m).

    Raises:
        InputError: numba cannot compile the loop here.
    """
    expected = (forest.n_metals, x.shape[-1])
    if x.ndim != 3 or anchors.ndim != 3 or x.shape[1:] != expected or anchors.shape[1:] != expected:
        raise ValueError(f"columns of shape {x.shape} do not match anchors of shape {anchors.shape}")
    forest.check(x.shape[2])
    x, anchors = (np.ascontiguousarray(side, dtype=np.float64) for side in (x, anchors))
    with compiled_loops() as loops:
        return np.asarray(loops.evaluate(x, anchors, forest, forest.masks()), dtype=np.float64)


@contextmanager
def compiled_loops() -> Iterator[ModuleType]:
    """Give the module of compiled loops on any pair to the block under ``with``.

    Raises:
        InputError: numba cannot compile or load them here, or the environment tells it what it cannot read.
    """
    check_environment()
    try:
        from optimiser.surrogate.loops import pairs

        yield pairs
    except MemoryError:
        raise
    except Exception as error:
        said = (line.strip() for line in str(error).splitlines() if line.strip())
        raise InputError(
            f"numba cannot compile or load the yield model's loop on this machine: "
            f"{next(said, type(error).__name__)}",
            where="optimiser/surrogate/loops",
            allowed="numba 0.60 or newer with a matching numpy",
            remedy="reinstall the pinned versions; unset NUMBA_THREADING_LAYER, if it is set; or set "
            "NUMBA_CACHE_DIR to an empty folder that can be written",
        ) from error
