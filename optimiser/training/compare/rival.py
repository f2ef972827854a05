"""A fitted rival of the shipped default: any scikit-learn regressor, one per metal."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np

from optimiser._io.extras import needs
from optimiser.surrogate.calibration import squeezed
from optimiser.surrogate.compiled import Raw
from optimiser.surrogate.features import CONTINUOUS_COLUMNS, METALS, table_features
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.compare.candidates import Candidate
from optimiser.training.compare.feature_sets import choose_features
from optimiser.variables import Bools, Floats, Ints

_BACKGROUND = 64  # rows kept to explain the model against
#: What may be built when estimators are read back, beside what skops trusts by itself.
_TRUSTED = (
    "numpy.dtype",
    "optimiser.training.compare.pdgbr.PairwiseDifferenceRegressor",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    *(
        f"sklearn.gaussian_process.kernels.{name}"
        for name in ("ConstantKernel", "Matern", "Product", "Sum", "WhiteKernel")
    ),
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
)


@dataclass(frozen=True)
class Rival:
    """One fitted regressor per metal; it predicts as :class:`~optimiser.surrogate.fitted.Fitted` does.

    Attributes:
        regressors: by metal.
        blank: columns without a number among a metal's training rows, which it takes as 0, shape (4, d).
        feature_set: which of the features it sees.
        features: of the rows it is explained against, shape (m, 32).
        yields: of those rows, NaN where the metal is absent, shape (m, 4).
    """

    regressors: tuple[Any, ...]
    blank: Bools
    feature_set: str
    features: Floats
    yields: Floats

    @property
    def anchors(self) -> int:
        """Rows that designs are compared with: a rival has none of its own, or none to choose from."""
        return 0

    def predict(self, x: Floats, anchors: int | None = None, moved: Floats | None = None) -> Raw:
        """Predict designs; one model does not disagree with itself.

        Args:
            x: features, shape (n, 32).
            anchors: not looked at.
            moved: where each design may end up, shape (n, p, 5); the mean over them is told.
        """
        if moved is not None:
            n, points = moved.shape[:2]
            each = np.repeat(x, points, axis=0)
            each[:, CONTINUOUS_COLUMNS] = moved.reshape(n * points, -1)
            over, spread, _, _ = self.predict(each)
            over, spread = (part.reshape(n, points, -1) for part in (over, spread))
            return Raw(over.mean(axis=1), spread.mean(axis=1), np.zeros((n, len(METALS))), over)
        mean, spread = self.scatter(x)
        return Raw(squeezed(mean), np.nan_to_num(spread), np.zeros_like(mean))

    def scatter(self, x: Floats) -> tuple[Floats, Floats]:
        """Return yields clipped to 0-1 and their spread, NaN where the model has none, shape (n, 4) each."""
        seen = choose_features(x, self.feature_set)
        mean, spread = np.full((2, len(x), len(METALS)), np.nan)
        for k, regressor in enumerate(self.regressors):
            mine = np.where(self.blank[k], 0.0, seen)
            if hasattr(regressor, "predict_spread"):
                mean[:, k], spread[:, k] = regressor.predict(mine, return_std=True)
            else:
                mean[:, k] = regressor.predict(mine)
        return mean.clip(0.0, 1.0), spread


def fit_rival(
    candidate: Candidate,
    table: TrainingTable,
    rows: Ints,
    feature_set: str = "full",
    step: Callable[[str], None] = lambda _: None,
) -> Rival:
    """Fit a rival; each metal on the given rows that have it.

    Args:
        candidate: which.
        table: training table.
        rows: to fit on.
        feature_set: name of the feature set.
        step: called with a metal that is about to be fitted.
    """
    every = table_features(table)
    x = choose_features(every, feature_set)
    fitted = []
    for k, metal in enumerate(METALS):
        step(metal)
        fitted.append(_fit_metal(candidate, table, x, k, rows))
    kept = np.linspace(0, len(rows) - 1, min(_BACKGROUND, len(rows))).round().astype(np.intp)
    return Rival(
        tuple(regressor for regressor, _ in fitted),
        np.array([blank for _, blank in fitted]),
        feature_set,
        every[rows[kept]],
        table.yields[rows[kept]],
    )


def _fit_metal(
    candidate: Candidate, table: TrainingTable, x: Floats, k: int, rows: Ints
) -> tuple[Any, Bools]:
    assert candidate.build is not None
    mine = rows[table.present[rows, k]]
    # a column without one number in training says nothing, and most models cannot take it
    blank = np.isnan(x[mine]).all(axis=0)
    regressor = candidate.build(candidate.settings)
    tuned = {"groups": table.experiments[mine]} if hasattr(regressor, "param_grid") else {}
    with warnings.catch_warnings():
        # iterations are bounded on purpose; it is the held-out rows that judge
        warnings.simplefilter("ignore", importlib.import_module("sklearn.exceptions").ConvergenceWarning)
        regressor.fit(np.where(blank, 0.0, x[mine]), table.yields[mine, k], **tuned)
    return getattr(regressor, "best_estimator_", regressor), blank


def dump_regressors(rival: Rival) -> bytes:
    """Return the fitted regressors as a file of `skops`, which holds no code."""
    skops = importlib.import_module("skops.io")
    return bytes(skops.dumps(list(rival.regressors), compression=ZIP_DEFLATED))


def load_regressors(content: bytes) -> tuple[Any, ...]:
    """Return what :func:`dump_regressors` gave.

    Raises:
        InputError: the extra ``train`` is not installed.
        ValueError: the content cannot be read, or would build what a rival has no use for.
    """
    needs("train")
    skops = importlib.import_module("skops.io")
    try:
        found = skops.loads(content, trusted=list(_TRUSTED))
    except Exception as error:
        # zipfile, json and skops each raise their own kinds
        raise ValueError(f"its regressors cannot be read: {error}") from None
    if not isinstance(found, list) or len(found) != len(METALS):
        raise ValueError(f"it does not hold {len(METALS)} regressors")
    return tuple(found)
