"""Fit PD-GBR on a training table: one model per metal, and a few anchors that speak for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.designs import Ints
from optimiser.surrogate.features import METALS, table_features
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.pdgbr import PairwiseDifferenceRegressor
from optimiser.surrogate.table import TrainingTable
from optimiser.surrogate.trees import flatten

#: Called with what has been done, out of how much, and what comes next.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class TrainSettings:
    """How PD-GBR is fitted; the defaults are those of the shipped artefact.

    The Toolkit's paper searched 50-500 trees, depth 2-10, 3-10 pairs per leaf, learning rates 0.01-0.3, and
    ended at 492 trees of 31 leaves on all pairs. Larger trees on a third of the pairs, each split seeing a
    third of the features, do as well on its split and take a fraction of the time.
    """

    max_pairs: int | None = 200_000
    n_anchors: int = 64
    max_iter: int = 492
    learning_rate: float = 0.15
    max_leaf_nodes: int = 63
    max_depth: int | None = 10
    min_samples_leaf: int = 5
    max_features: float = 0.3
    l2_regularization: float = 0.0
    random_state: int = 0


def fit(
    table: TrainingTable,
    rows: Ints,
    settings: TrainSettings,
    progress: Callable[[str], None] = lambda _: None,
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
            max_features=settings.max_features,
            l2_regularization=settings.l2_regularization,
            random_state=settings.random_state,
        )
        models.append(model.fit(x[mine], table.yields[mine, k]).boosting_)
    return Fitted(flatten(models, x.shape[1]), x[rows], table.yields[rows])


def choose_anchors(fitted: Fitted, n_anchors: int) -> Ints:
    """Choose anchors whose votes have nearly the mean and the spread of the votes of all of them.

    Greedy, in the manner of kernel herding (Chen, Welling and Smola 2010, arXiv:1203.3472): each step takes
    the anchor that brings mean and standard deviation over those taken nearest to those over all, in the
    squared sum over training rows and metals. Herding the mean alone would take the most central anchors and
    understate the spread by a third. Only rows with every metal are taken, so that each metal keeps them all.

    Returns:
        Indices of the anchors, ascending, at most ``n_anchors``.
    """
    held = ~np.isnan(fitted.yields)  # (m, 4)
    candidates = np.flatnonzero(held.all(axis=1))
    if n_anchors >= len(held) or not len(candidates):
        return np.arange(len(held))
    votes = fitted.votes(fitted.features)
    apart, spread = [], []
    for k in range(len(METALS)):
        mine = votes[held[:, k], k]
        every = mine[:, held[:, k]]
        apart.append(mine[:, candidates] - every.mean(axis=1, keepdims=True))
        spread.append(every.std(axis=1, keepdims=True))
    first, second = ([np.zeros((len(a), 1)) for a in apart] for _ in range(2))
    chosen: list[int] = []
    for step in range(1, min(n_anchors, len(candidates)) + 1):
        cost = np.zeros(len(candidates))
        for k in range(len(METALS)):
            mean = (first[k] + apart[k]) / step
            deviation = np.sqrt(np.maximum((second[k] + apart[k] ** 2) / step - mean**2, 0.0))
            cost += (mean**2 + (deviation - spread[k]) ** 2).sum(axis=0)
        cost[chosen] = np.inf
        best = int(np.argmin(cost))
        chosen.append(best)
        for k in range(len(METALS)):
            first[k] += apart[k][:, [best]]
            second[k] += apart[k][:, [best]] ** 2
    return np.asarray(candidates[np.sort(chosen)], dtype=np.intp)
