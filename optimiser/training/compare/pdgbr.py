"""PD-GBR: gradient boosting on pairwise differences, as a scikit-learn estimator.

Tynes et al. 2021 (10.1021/acs.jcim.1c00670) learn the difference of two rows' targets from
[x1, x2, x1 - x2] and predict a new row as the mean, over training rows (anchors), of anchor + difference; the
scatter over anchors is a measure of confidence. The Toolkit's paper (Green Chem. 2026, d5gc04752h) does so
with histogram gradient boosting.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from optimiser.variables import Floats

_CHUNK = 200_000  # pairs held in memory at once while predicting


class PairwiseDifferenceRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc,unused-ignore]
    """Predicts one target from differences to known rows; NaN features are allowed.

    Args:
        max_pairs: ordered pairs drawn, without replacement, to fit on; None fits on all n * n of them.
        n_anchors: training rows kept to compare new rows with; None keeps all.
        max_iter: trees.
        learning_rate: shrinkage of each tree.
        max_leaf_nodes: leaves of a tree, at most.
        max_depth: depth of a tree, at most; None for no limit.
        min_samples_leaf: pairs in a leaf, at least.
        random_state: seed, or a RandomState, for drawing pairs and anchors.
        base: another regressor to fit on the pairs, which then has to take NaN; the arguments of the trees
            are not looked at. None boosts trees.

    Attributes:
        n_iter_: trees fitted; only of boosted trees.
        regressor_: the regressor fitted on pairs: boosted trees unless ``base`` is given.
        anchors_: features of the anchors, shape (m, d).
        anchor_targets_: their targets, shape (m,).
    """

    def __init__(
        self,
        max_pairs: int | None = None,
        n_anchors: int | None = None,
        *,
        max_iter: int = 100,
        learning_rate: float = 0.1,
        max_leaf_nodes: int = 31,
        max_depth: int | None = None,
        min_samples_leaf: int = 20,
        random_state: int | np.random.RandomState | None = None,
        base: Any = None,
    ) -> None:
        self.max_pairs = max_pairs
        self.n_anchors = n_anchors
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state
        self.base = base

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on pairs of rows.

        Args:
            X: features, NaN where missing, shape (n, d).
            y: target, shape (n,).

        Returns:
            The estimator itself.

        Raises:
            ValueError: wrong shapes, infinite features, or options that leave no pair or no anchor.
        """
        X, y = validate_data(
            self, X, y, dtype=np.float64, ensure_all_finite="allow-nan", y_numeric=True, ensure_min_samples=2
        )
        for name in ("max_pairs", "n_anchors"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1 or None, not {value!r}")
        rng = check_random_state(self.random_state)
        n = len(X)
        if self.max_pairs is None or self.max_pairs >= n * n:
            first, second = np.divmod(np.arange(n * n), n)
        else:
            first, second = np.divmod(np.sort(rng.choice(n * n, self.max_pairs, replace=False)), n)
        pairs = pair_features(X[first], X[second])
        # Binning fails on a column without a single number (pKa3 among rows of one kind of acid); a constant
        # is never split on, which is what "no information" should mean.
        pairs[:, np.isnan(pairs).all(axis=0)] = 0.0
        if self.base is None:
            self.regressor_ = HistGradientBoostingRegressor(
                max_iter=self.max_iter,
                learning_rate=self.learning_rate,
                max_leaf_nodes=self.max_leaf_nodes,
                max_depth=self.max_depth,
                min_samples_leaf=self.min_samples_leaf,
                early_stopping=False,
                random_state=rng.randint(2**31 - 1),
            )
        else:
            self.regressor_ = clone(self.base)
        self.regressor_.fit(pairs, y[first] - y[second])
        if self.base is None:
            self.n_iter_ = self.regressor_.n_iter_
        kept = np.arange(n)
        if self.n_anchors is not None and self.n_anchors < n:
            kept = np.sort(rng.choice(n, self.n_anchors, replace=False))
        self.anchors_, self.anchor_targets_ = X[kept], np.asarray(y, dtype=np.float64)[kept]
        return self

    def predict(self, X: Any, return_std: bool = False) -> Floats | tuple[Floats, Floats]:
        """Predict the mean over anchors, and with ``return_std`` the standard deviation over them.

        The latter is a measure of confidence, not calibrated.

        Args:
            X: features, shape (n, d).
            return_std: whether to return the spread too.

        Returns:
            Means, shape (n,), or means and standard deviations (population, divisor m), both (n,).
        """
        votes = self._votes(X)
        return (votes.mean(axis=1), votes.std(axis=1)) if return_std else votes.mean(axis=1)

    def _votes(self, X: Any) -> Floats:
        """Return what each anchor predicts for each row, shape (n, m)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        m = len(self.anchors_)
        step = max(1, _CHUNK // m)
        votes = [
            self.regressor_.predict(
                pair_features(np.repeat(part, m, axis=0), np.tile(self.anchors_, (len(part), 1)))
            ).reshape(len(part), m)
            for part in (X[start : start + step] for start in range(0, len(X), step))
        ]
        return np.concatenate(votes) + self.anchor_targets_

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that missing features are allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def pair_features(first: Floats, second: Floats) -> Floats:
    """Return [x1, x2, x1 - x2] for pairs of rows, shape (pairs, 3 d)."""
    return np.hstack([first, second, first - second])
