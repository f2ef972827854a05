"""Fit PD-GBR on a training table: one model per metal, and a few anchors that speak for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.designs import Floats, Ints
from optimiser.surrogate.features import METALS, table_features
from optimiser.surrogate.pdgbr import PairwiseDifferenceRegressor
from optimiser.surrogate.table import TrainingTable
from optimiser.surrogate.trees import Forest, differences, flatten

#: Called with what has been done, out of how much, and what comes next.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class TrainSettings:
    """How PD-GBR is fitted; the defaults are those of the shipped artefact.

    The seed paper searched 50-500 trees, depth 2-10, 3-10 pairs per leaf and learning rates 0.01-0.3, and ended
    at 492 trees of 31 leaves on all pairs.
    """

    max_pairs: int | None = None
    n_anchors: int = 64
    max_iter: int = 492
    learning_rate: float = 0.15
    max_leaf_nodes: int = 31
    max_depth: int | None = 10
    min_samples_leaf: int = 5
    l2_regularization: float = 0.0
    random_state: int = 0


@dataclass(frozen=True)
class Fitted:
    """Fitted trees with the rows to compare with.

    Attributes:
        forest: one model per metal.
        features: of the anchors, shape (m, 32).
        yields: of the anchors, NaN where the metal is absent, shape (m, 4).
    """

    forest: Forest
    features: Floats
    yields: Floats

    def take(self, rows: Ints) -> Fitted:
        """Keep some of the anchors."""
        return Fitted(self.forest, self.features[rows], self.yields[rows])

    def votes(self, x: Floats) -> Floats:
        """Return what each anchor predicts, NaN where it lacks the metal, shape (n, 4, m)."""
        return differences(self.forest, x, self.features) + self.yields.T[None]

    def predict(self, x: Floats, chunk: int = 2048) -> tuple[Floats, Floats]:
        """Predict mean and spread over the anchors that have the metal; not clipped, absent metals included.

        Args:
            x: features, shape (n, 32).
            chunk: rows evaluated at once, which bounds memory and changes no result.

        Returns:
            Mean and population standard deviation, shape (n, 4) each.
        """
        mean, spread = np.empty((2, len(x), len(METALS)))
        held = ~np.isnan(self.yields)
        for start in range(0, len(x), chunk):
            part = slice(start, start + chunk)
            votes = self.votes(x[part])
            for k in range(len(METALS)):
                mine = votes[:, k, held[:, k]]
                mean[part, k], spread[part, k] = mine.mean(axis=1), mine.std(axis=1)
        return mean, spread


def fit(
    table: TrainingTable, rows: Ints, settings: TrainSettings, progress: Callable[[str], None] = lambda _: None
) -> Fitted:
    """Fit one model per metal, on those of the rows whose feed contains it; every row becomes an anchor.

    Args:
        table: training table.
        rows: which rows to fit on.
        settings: hyperparameters.
        progress: called with a metal's symbol before its fit begins.
    """
    x = table_features(table)
    models = []
    for k, metal in enumerate(METALS):
        progress(metal)
        mine = rows[table.present[rows, k]]
        model = PairwiseDifferenceRegressor(
            settings.max_pairs,
            max_iter=settings.max_iter,
            learning_rate=settings.learning_rate,
            max_leaf_nodes=settings.max_leaf_nodes,
            max_depth=settings.max_depth,
            min_samples_leaf=settings.min_samples_leaf,
            l2_regularization=settings.l2_regularization,
            random_state=settings.random_state,
        )
        models.append(model.fit(x[mine], table.yields[mine, k]).boosting_)
    return Fitted(flatten(models, x.shape[1]), x[rows], table.yields[rows])


def choose_anchors(fitted: Fitted, n_anchors: int) -> Ints:
    """Choose anchors whose mean vote stays closest to the mean over all of them.

    Greedy (kernel herding, Chen, Welling and Smola 2010, arXiv:1203.3472): each step takes the anchor that brings
    the mean over those taken nearest, in the squared sum over training rows and metals, to the full mean.

    Returns:
        Indices of the anchors, ascending, shape (min(n_anchors, m),).
    """
    m = len(fitted.yields)
    if n_anchors >= m:
        return np.arange(m)
    held = ~np.isnan(fitted.yields)  # (m, 4)
    # votes on rows without the metal mean nothing, and anchors without it have none
    weight = held.astype(np.float64)
    votes = np.nan_to_num(fitted.votes(fitted.features)) * weight[:, :, None] * weight.T[None]  # (rows, 4, m)
    target = votes.sum(axis=2) / np.maximum(held.sum(axis=0), 1)
    total, count = np.zeros_like(target), np.zeros(len(METALS))
    free = np.ones(m, dtype=bool)
    for _ in range(n_anchors):
        cost = np.zeros(m)
        for k in range(len(METALS)):
            after = (total[:, k, None] + votes[:, k]) / np.maximum(count[k] + held[:, k], 1.0)
            cost += ((after - target[:, k, None]) ** 2).sum(axis=0)
        best = int(np.argmin(np.where(free, cost, np.inf)))
        free[best] = False
        total += votes[:, :, best]
        count += held[best]
    return np.flatnonzero(~free)
