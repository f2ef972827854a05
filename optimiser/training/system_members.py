"""The members of the yield model of any system: pairwise differences and extremely randomised trees.

Tables of a user's own are small: some hundred rows, a few dozen experiments. There, trees whose thresholds
are drawn at random (Geurts et al. 2006, 10.1007/s10994-006-6226-1) err less on whole experiments held out
than trees with the best thresholds, boosted on pairs or averaged (docs/system-model.md).

Where the system's file says that yields rise or fall with a setpoint, each kind is fitted twice: constrained,
which leads, and free, which may move it by a few points (`optimiser.surrogate.mixture`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from optimiser.surrogate.encoding import Encoding, encoding_of
from optimiser.surrogate.trees import MAX_LEAVES
from optimiser.systems.table import SystemTable
from optimiser.training.fit import Recipe, TrainSettings, fit
from optimiser.training.members import Member
from optimiser.variables import Floats

#: Where each response has models of its own, small ones do on pairs.
_PAIRS_ALONE: dict[str, Any] = {
    "pairs": 2_500,
    "trees": 120,
    "learning_rate": 0.15,
    "leaves": 31,
    "min_leaf": 5,
    "column_share": 0.5,
}
_TREES: dict[str, Any] = {
    "trees": 100,
    "learning_rate": 1.0,
    "leaves": MAX_LEAVES,
    "min_leaf": 1,
    "column_share": 1.0,
    "weight": 2.0,
}
#: Where one model speaks for all responses it grows trees as large as the table, which lead.
_PAIRS_JOINT: dict[str, Any] = {
    "pairs": 800,
    "trees": 150,
    "learning_rate": 0.15,
    "leaves": 31,
    "min_leaf": 5,
    "column_share": 0.5,
    "weight": 0.15,
}
_TREES_JOINT: dict[str, Any] = {**_TREES, "trees": 80, "leaves": 0, "column_share": 0.6, "weight": 1.0}
#: Rows of a response, on the median of responses, from which each has a model of its own.
_OWN_ROWS = 60


@dataclass(frozen=True)
class SplitMember(Member):
    """Boosting whose trees take the best of thresholds drawn at random."""

    @property
    def more(self) -> dict[str, Any]:
        """Further parameters of LightGBM."""
        return {"extra_trees": True}


@dataclass(frozen=True)
class TreesMember(Member):
    """Extremely randomised trees, averaged; ``learning_rate``, ``l2`` and ``bagging`` have no meaning.

    ``leaves`` 0 means trees as large as the rows make them.
    """

    def fitted(
        self, matrix: Floats, target: Floats, weight: Floats, signs: Sequence[int], seed: int
    ) -> AveragedTrees:
        """Return the fitted trees."""
        from sklearn.ensemble import ExtraTreesRegressor

        trees = ExtraTreesRegressor(
            self.trees,
            min_samples_leaf=self.min_leaf,
            max_leaf_nodes=self.leaves or None,
            max_features=self.column_share,
            monotonic_cst=list(signs) if any(signs) else None,
            random_state=seed,
        )
        return AveragedTrees(trees.fit(matrix, target, sample_weight=weight))


@dataclass(frozen=True)
class AveragedTrees:
    """Trees of scikit-learn that tell themselves as a booster of LightGBM does."""

    forest: Any

    def dump_model(self) -> dict[str, Any]:
        """Return the trees, in parts of `MAX_LEAVES` at most; a leaf has its share of the mean over trees."""
        number = len(self.forest.estimators_)
        whole = [_nodes(estimator.tree_, number) for estimator in self.forest.estimators_]
        return {"tree_info": [{"tree_structure": part} for tree in whole for part in parts_of(tree)]}


def _nodes(tree: Any, number: int) -> dict[str, Any]:
    """Return one of a number of trees as LightGBM would tell it."""
    left, right, feature = (
        getattr(tree, name).tolist() for name in ("children_left", "children_right", "feature")
    )
    threshold, value = tree.threshold.tolist(), (tree.value[:, 0, 0] / number).tolist()

    def node(at: int) -> dict[str, Any]:
        if left[at] == right[at]:
            return {"leaf_value": value[at]}
        return {
            "decision_type": "<=",
            "threshold": threshold[at],
            "missing_type": "None",
            "split_feature": feature[at],
            "left_child": node(left[at]),
            "right_child": node(right[at]),
        }

    return node(0)


_LEAF: dict[str, Any] = {"leaf_value": 0.0}
_SIDES = ("left_child", "right_child")


def parts_of(tree: dict[str, Any], most: int = MAX_LEAVES) -> list[dict[str, Any]]:
    """Return trees of a number of leaves at most whose sum is a tree.

    From the leaves upwards, where the two branches of a node are too large together the larger one goes: a
    part holds the path to it, with 0 wherever a row leaves the path, and the tree keeps a leaf of 0 in its
    place.

    Args:
        tree: nodes as LightGBM tells them.
        most: leaves of a part.

    Raises:
        ValueError: a path is as long as a part may have leaves.

    Examples:
        >>> leaves = [{"leaf_value": value} for value in (1.0, 2.0, 3.0, 4.0)]
        >>> low, high = (dict(zip(_SIDES, leaves[k : k + 2], strict=True)) for k in (0, 2))
        >>> part, kept = parts_of({"left_child": low, "right_child": high}, 3)
        >>> part["left_child"] == low, part["right_child"], kept["left_child"], kept["right_child"] == high
        (True, {'leaf_value': 0.0}, {'leaf_value': 0.0}, True)
    """
    found: list[dict[str, Any]] = []

    def reduced(node: dict[str, Any], path: tuple[tuple[dict[str, Any], int], ...]) -> Any:
        if "leaf_value" in node:
            return node, 1
        if len(path) + 2 > most:
            raise ValueError(f"a tree cannot be told in parts of {most} leaves")
        branches, sizes = [], []
        for turn, side in enumerate(_SIDES):
            branch, size = reduced(node[side], (*path, (node, turn)))
            branches.append(branch)
            sizes.append(size)
        if sum(sizes) + len(path) > most:
            turn = sizes.index(max(sizes))
            found.append(_at_end((*path, (node, turn)), branches[turn]))
            branches[turn], sizes[turn] = _LEAF, 1
        return {**node, **dict(zip(_SIDES, branches, strict=True))}, sum(sizes)

    kept, _ = reduced(tree, ())
    return [*found, kept]


def _at_end(path: Sequence[tuple[dict[str, Any], int]], branch: dict[str, Any]) -> dict[str, Any]:
    """Return a tree that is a branch at the end of a path of nodes and turns, and 0 elsewhere."""
    for node, turn in reversed(path):
        branch = {**node, _SIDES[turn]: branch, _SIDES[1 - turn]: _LEAF}
    return branch


def members_of(encoding: Encoding, own_models: bool = True) -> tuple[Member, ...]:
    """Return what is fitted and averaged for a system.

    Args:
        encoding: of the system.
        own_models: whether each response has rows enough for a model of its own; else one is told which.
    """
    system = encoding.system
    names = encoding.column_names
    seen = tuple(n for n in names[:-1] if not (own_models and n in encoding.identity))
    common: dict[str, Any] = {"joint": not own_models, "columns": seen, "bin_rows": 1}
    pairs = SplitMember(
        "PD-GBR, split at random",
        paired=True,
        **common,
        **(_PAIRS_ALONE if own_models else _PAIRS_JOINT),
    )
    trees = TreesMember(
        "extremely randomised trees",
        paired=False,
        **common,
        **(_TREES if own_models else _TREES_JOINT),
    )
    if not system.monotone:
        return (pairs, trees)
    signs: dict[str, Any] = {
        "rising": tuple(n for n in names if system.monotone.get(n.removeprefix("log_"), 0) > 0),
        "falling": tuple(n for n in names if system.monotone.get(n.removeprefix("log_"), 0) < 0),
    }
    monotone = (replace(member, name=f"{member.name}, monotone", **signs) for member in (pairs, trees))
    return (*monotone, pairs, trees)


def system_recipe(table: SystemTable) -> Recipe:
    """Return how the yield model of a system is fitted."""
    own = bool(np.median(table.present.sum(axis=0)) >= _OWN_ROWS)
    settings = TrainSettings(members=members_of(encoding_of(table.system), own))
    return Recipe(
        "PD-GBR (gradient boosting on pairwise differences) and extremely randomised trees",
        asdict(settings),
        len(settings.members) + 1,
        lambda table, rows, step: fit(table, rows, settings, step),
    )
