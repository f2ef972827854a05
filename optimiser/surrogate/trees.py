"""Boosted trees as flat arrays, and the numba loop that evaluates them on pairs of design and anchor.

A gradient-boosted tree is evaluated by bit masks instead of by walking it (the idea of QuickScorer, Lucchese
et al. 2015, 10.1145/2766462.2767733): the leaves are numbered from left to right, every inner node whose test
fails clears the leaves of its left subtree, and the lowest bit that survives is the leaf reached. A pair's
features are [x1, x2, x1 - x2] (x1 the design, x2 the anchor), so tests on x1 are made once per design, tests
on x2 once per call, and only tests on the difference once per pair; the loop over anchors has no branch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.designs import Floats
from optimiser.errors import InputError

MAX_LEAVES = 64
_KINDS = 3  # tests on the design, on the anchor, on their difference


@dataclass(frozen=True)
class Forest:
    """Inner nodes and leaves of several boosted models (one per metal), tree after tree.

    Within a tree the nodes are sorted by kind: tests on the design, on the anchor, on the difference.

    Attributes:
        feature: index of the tested feature, 0..d-1, shape (nodes,).
        threshold: the test is ``x <= threshold``, shape (nodes,).
        missing_left: whether a missing value passes the test, shape (nodes,).
        left_low: first leaf of the left subtree, shape (nodes,).
        left_high: one past the last leaf of the left subtree, shape (nodes,).
        kind_start: where the nodes of each tree and kind start, shape (3 x trees + 1,).
        leaf: values of the leaves, shape (leaves,).
        leaf_start: where the leaves of each tree start, shape (trees + 1,).
        model_start: where the trees of each model start, shape (models + 1,).
        baseline: what each model predicts before its first tree, shape (models,).
    """

    feature: npt.NDArray[np.uint8]
    threshold: Floats
    missing_left: npt.NDArray[np.uint8]
    left_low: npt.NDArray[np.uint8]
    left_high: npt.NDArray[np.uint8]
    kind_start: npt.NDArray[np.int32]
    leaf: Floats
    leaf_start: npt.NDArray[np.int32]
    model_start: npt.NDArray[np.int32]
    baseline: Floats

    @property
    def n_models(self) -> int:
        """Number of models (metals)."""
        return len(self.baseline)

    @property
    def n_trees(self) -> int:
        """Number of trees of all models together."""
        return len(self.leaf_start) - 1

    def check(self, n_features: int) -> None:
        """Refuse arrays that do not fit together, before compiled code reads through them.

        Raises:
            ValueError: with what does not fit.
        """
        nodes, trees = len(self.feature), self.n_trees
        tests = (
            (
                all(len(getattr(self, f.name)) == nodes for f in fields(self)[1:5]),
                "node arrays differ in length",
            ),
            (len(self.kind_start) == _KINDS * trees + 1, "kind_start does not match the trees"),
            (_spans(self.kind_start, nodes), "kind_start does not span the nodes"),
            (_spans(self.leaf_start, len(self.leaf)), "leaf_start does not span the leaves"),
            (_spans(self.model_start, trees), "model_start does not span the trees"),
            (len(self.model_start) == self.n_models + 1, "model_start does not match the models"),
            (nodes == 0 or int(self.feature.max()) < n_features, "a node tests an unknown feature"),
            (
                bool((np.diff(self.leaf_start) <= MAX_LEAVES).all()),
                f"a tree has more than {MAX_LEAVES} leaves",
            ),
            (bool((np.diff(self.leaf_start) >= 1).all()), "a tree has no leaf"),
            (bool((self.left_low < self.left_high).all()), "a node has no left leaf"),
            (self._leaves_in_range(), "a node names a leaf its tree does not have"),
            (
                bool(np.isfinite(self.leaf).all() and np.isfinite(self.baseline).all()),
                "a leaf is not a number",
            ),
            (not np.isnan(self.threshold).any(), "a threshold is not a number"),
        )
        for passed, complaint in tests:
            if not passed:
                raise ValueError(complaint)

    def _leaves_in_range(self) -> bool:
        nodes_per_tree = np.diff(self.kind_start[::_KINDS])
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


def flatten(models: list[Any], n_features: int) -> Forest:
    """Return the trees of fitted boosting models as flat arrays.

    Args:
        models: fitted ``HistGradientBoostingRegressor`` objects, one per metal, on 3 x n_features columns.
        n_features: features of one design, d.

    Raises:
        ValueError: a tree has more than 64 leaves, or categorical splits.
    """
    nodes: list[tuple[int, float, int, int, int]] = []
    kind_start, leaf, leaf_start, model_start = [0], [], [0], [0]
    for model in models:
        for (predictor,) in model._predictors:
            inner, values = _walk(predictor.nodes)
            if len(values) > MAX_LEAVES:
                raise ValueError(f"a tree has {len(values)} leaves; at most {MAX_LEAVES} are supported")
            for kind in range(_KINDS):
                nodes += [
                    (node[0] % n_features, *node[1:]) for node in inner if node[0] // n_features == kind
                ]
                kind_start.append(len(nodes))
            leaf += values
            leaf_start.append(len(leaf))
        model_start.append(len(leaf_start) - 1)
    columns = list(zip(*nodes, strict=True)) or [()] * 5
    forest = Forest(
        feature=np.array(columns[0], dtype=np.uint8),
        threshold=np.array(columns[1], dtype=np.float64),
        missing_left=np.array(columns[2], dtype=np.uint8),
        left_low=np.array(columns[3], dtype=np.uint8),
        left_high=np.array(columns[4], dtype=np.uint8),
        kind_start=np.array(kind_start, dtype=np.int32),
        leaf=np.array(leaf, dtype=np.float64),
        leaf_start=np.array(leaf_start, dtype=np.int32),
        model_start=np.array(model_start, dtype=np.int32),
        baseline=np.array([float(np.ravel(model._baseline_prediction)[0]) for model in models]),
    )
    forest.check(n_features)
    return forest


def _walk(nodes: Any) -> tuple[list[tuple[int, float, int, int, int]], list[float]]:
    """Number the leaves of one tree from left to right and list its inner nodes."""
    inner: list[tuple[int, float, int, int, int]] = []
    values: list[float] = []

    def visit(index: int) -> None:
        node = nodes[index]
        if node["is_leaf"]:
            values.append(float(node["value"]))
            return
        if node["is_categorical"]:
            raise ValueError("categorical splits are not supported")
        low = len(values)
        visit(int(node["left"]))
        feature, threshold = int(node["feature_idx"]), float(node["num_threshold"])
        inner.append((feature, threshold, int(node["missing_go_to_left"]), low, len(values)))
        visit(int(node["right"]))

    visit(0)
    return inner, values


def differences(forest: Forest, x: Floats, anchors: Floats) -> Floats:
    """Predict the yield of each design minus that of each anchor; the same for any number of threads.

    Args:
        forest: trees on pair features.
        x: features of the designs, NaN where missing, shape (n, d).
        anchors: features of the anchors, likewise, shape (m, d).

    Returns:
        Predicted differences, shape (n, models, m).

    Raises:
        InputError: numba cannot compile the loop here.
    """
    if x.ndim != 2 or anchors.ndim != 2 or x.shape[1] != anchors.shape[1]:
        raise ValueError(f"features of shape {x.shape} do not match anchors of shape {anchors.shape}")
    forest.check(x.shape[1])
    try:
        from optimiser.surrogate._kernel import evaluate
    except Exception as error:
        raise _no_numba(error) from error
    out = np.empty((len(x), forest.n_models, len(anchors)))
    arguments = (
        np.ascontiguousarray(x, dtype=np.float64),
        np.ascontiguousarray(anchors, dtype=np.float64),
        forest.feature,
        forest.threshold,
        forest.missing_left,
        forest.masks(),
        forest.kind_start,
        forest.leaf,
        forest.leaf_start,
        forest.model_start,
        forest.baseline,
        out,
    )
    try:
        evaluate(*arguments)
    except MemoryError:
        raise
    except Exception as error:
        raise _no_numba(error) from error
    return out


def _no_numba(error: Exception) -> InputError:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return InputError(
        f"numba cannot compile or load the yield model's loop on this machine: {first}",
        where="optimiser/surrogate/_kernel.py",
        allowed="numba 0.60 or newer with a matching numpy",
        remedy="reinstall the pinned versions; or set NUMBA_CACHE_DIR to an empty folder that can be written",
    )
