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
#: Where one model speaks for all responses, it needs more; 64 leaves are too few for averaged trees.
_PAIRS_JOINT: dict[str, Any] = {
    "pairs": 4_000,
    "trees": 300,
    "learning_rate": 0.1,
    "leaves": 63,
    "min_leaf": 5,
    "column_share": 0.5,
}
_ROWS_JOINT: dict[str, Any] = {
    "trees": 400,
    "learning_rate": 0.05,
    "leaves": 31,
    "min_leaf": 1,
    "column_share": 1.0,
    "weight": 0.25,
}
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
    """Extremely randomised trees, averaged; ``learning_rate``, ``l2`` and ``bagging`` have no meaning."""

    def fitted(
        self, matrix: Floats, target: Floats, weight: Floats, signs: Sequence[int], seed: int
    ) -> AveragedTrees:
        """Return the fitted trees."""
        from sklearn.ensemble import ExtraTreesRegressor

        trees = ExtraTreesRegressor(
            self.trees,
            min_samples_leaf=self.min_leaf,
            max_leaf_nodes=self.leaves,
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
        """Return the trees; the value of a leaf is its share of the mean over trees."""
        number = len(self.forest.estimators_)
        return {"tree_info": [{"tree_structure": _nodes(t.tree_, number)} for t in self.forest.estimators_]}


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
    trees = (
        TreesMember("extremely randomised trees", paired=False, **common, **_TREES)
        if own_models
        else SplitMember("GBR, split at random", paired=False, **common, **_ROWS_JOINT)
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
