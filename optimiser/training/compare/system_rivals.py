"""Rivals of the default on a user's own system: what any chemist would try on a small table.

The same regressors as those that cathodes are compared with (`rivals.py`), sized for tables of some hundred
rows, and extremely randomised trees, which do best of the plain ones on such.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from optimiser.surrogate.encoding import encoding_of
from optimiser.systems.table import SystemTable
from optimiser.training.compare.rivals import Candidate, candidates
from optimiser.training.fit import Step
from optimiser.training.protocols import Fold, predictable
from optimiser.variables import Floats, Ints

#: Of every response, to fit each with a model of its own; below, one model is told which response is asked.
OWN_MODEL_ROWS = 60
_SEED = 0
_SIZED: dict[str, dict[str, Any]] = {
    "gbr": {"max_iter": 150, "learning_rate": 0.1, "min_samples_leaf": 3, "max_features": 0.5},
    "rf": {"n_estimators": 100, "max_features": 0.5, "min_samples_leaf": 1},
    "pd-rf": {"max_pairs": 5_000, "n_anchors": 48, "n_estimators": 20, "max_features": 0.5},
    "svm": {"epsilon": 0.01, "C": [1.0, 10.0], "gamma": [0.01, 0.03, 0.1, 0.3]},
    "gp": {},
}


def system_candidates() -> tuple[Candidate, ...]:
    """Return the rivals that are fitted beside the default; `constant` needs no fit."""
    known = candidates()
    sized = [
        replace(known[name], settings={**known[name].settings, **changed}) for name, changed in _SIZED.items()
    ]
    extra = Candidate(
        "et",
        "extremely randomised trees",
        {"n_estimators": 100},
        partial(ExtraTreesRegressor, random_state=_SEED),
    )
    return (*sized, extra)


def constant(table: SystemTable, folds: Sequence[Fold]) -> Floats:
    """Return the mean of each response's training rows as the prediction of each fold's test rows, (n, m)."""
    out = np.full(table.yields.shape, np.nan)
    for fold in folds:
        has = predictable(table, fold)
        out[np.ix_(fold.test, has)] = np.nanmean(table.yields[fold.train][:, has], axis=0)
    return out


def joint(table: SystemTable) -> bool:
    """Return whether the responses are too rarely measured for a model each."""
    return bool(np.median(table.present.sum(axis=0)) < OWN_MODEL_ROWS)


def predict_folds(
    candidate: Candidate, table: SystemTable, folds: Sequence[Fold], step: Step = lambda _: None
) -> Floats:
    """Return a rival's predictions of each fold's test rows by the model of its training rows.

    Args:
        candidate: the rival.
        table: n rows with m responses.
        folds: of a protocol.
        step: called before each fold.

    Returns:
        Yields clipped to 0-1, NaN where a fold has no training rows of a response, shape (n, m).
    """
    m = table.yields.shape[1]
    seen = encoding_of(table.system).table_matrix(table)[:, :-m]  # without which responses the feed has
    logarithmic = [j for j, variable in enumerate(table.system.variables) if variable.log]
    seen[:, logarithmic] = np.log1p(np.maximum(seen[:, logarithmic], 0.0))
    together, out = joint(table), np.full(table.yields.shape, np.nan)
    for fold in folds:
        step(candidate.label)
        has = np.flatnonzero(predictable(table, fold))
        row, response = np.nonzero(table.present[fold.train][:, has])
        row, response = fold.train[row], has[response]
        if together:
            told = np.hstack([seen[row], np.eye(m)[response]])
            fitted = _fitted(candidate, told, table.yields[row, response], table.experiments[row])
            for k in has:
                asked = np.hstack([seen[fold.test], np.tile(np.eye(m)[k], (len(fold.test), 1))])
                out[fold.test, k] = fitted.predict(asked)
            continue
        for k in has:
            mine = row[response == k]
            fitted = _fitted(candidate, seen[mine], table.yields[mine, k], table.experiments[mine])
            out[fold.test, k] = fitted.predict(seen[fold.test])
    return out.clip(0.0, 1.0)


def _fitted(candidate: Candidate, x: Floats, y: Floats, experiments: Ints) -> Any:
    assert candidate.build is not None
    regressor = candidate.build(**candidate.settings)
    if isinstance(regressor, GridSearchCV):
        regressor.cv.n_splits = min(regressor.cv.n_splits, len(np.unique(experiments)))
    tuned = {"groups": experiments} if isinstance(regressor, GridSearchCV) else {}
    with warnings.catch_warnings():
        # iterations and the kernel's bounds are limited on purpose; accuracy on held-out rows decides
        warnings.simplefilter("ignore", ConvergenceWarning)
        return regressor.fit(x, y, **tuned)
