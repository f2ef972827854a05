"""Shapley values of any function of a few drivers against a background, by the `shap` library.

A prediction at x is a game (Lundberg & Lee 2017, arXiv:1705.07874): the players are the drivers, and a
coalition is worth the mean prediction over background rows whose drivers in the coalition are set to those of
x. A driver may be one number or stand for many columns, such as an acid; all that is asked is that a row says
it by one code.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser.variables import Bools, Floats

#: From rows of drivers, shape (n, d), to predictions, shape (n, m); NaN where one does not apply.
Predict = Callable[[Floats], Floats]
#: Called with rows done and rows in all.
Progress = Callable[[int, int], None]


def _silent(done: int, rows: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Values:
    """Shapley values of n rows.

    Attributes:
        base: mean prediction over the background, shape (m,).
        prediction: of the rows, shape (n, m); NaN where the row or the whole background has none.
        values: what each driver adds, shape (n, d, m): ``base + values.sum(axis=1) == prediction``.
    """

    base: Floats
    prediction: Floats
    values: Floats


@dataclass(frozen=True)
class _Game:
    """One row against the background: worth of coalitions, for `shap` as a function of 0/1 rows."""

    predict: Predict
    row: Floats
    background: Floats
    applies: Bools
    base: Floats

    def __call__(self, coalitions: Floats) -> Floats:
        """Return the worth of coalitions, shape (c, d) of 0 and 1, as (c, m)."""
        joined = np.asarray(coalitions) > 0.5
        worth = np.tile(self.base, (len(joined), 1))
        some = np.flatnonzero(joined.any(axis=1))
        if len(some):
            rows = np.where(joined[some, None, :], self.row, self.background)
            flat = rows.reshape(-1, rows.shape[2])
            # mixed rows repeat wherever row and background agree, and predictions are what costs
            different, place = np.unique(flat, axis=0, return_inverse=True)
            found = self.predict(different)[place.reshape(-1)].reshape(len(some), len(self.background), -1)
            worth[some] = _mean(found, self.applies)
        return worth


def _mean(predictions: Floats, applies: Bools) -> Floats:
    """Return the mean over the background rows to which an output applies; 0 where there is none."""
    count = np.maximum(applies.sum(axis=0), 1)
    total: Floats = np.where(applies, np.nan_to_num(predictions), 0.0).sum(axis=-2) / count
    return total


def exact_values(predict: Predict, rows: Floats, background: Floats, progress: Progress = _silent) -> Values:
    """Compute Shapley values over all 2^d coalitions.

    An output that a background row does not have (NaN: an absent metal) is averaged over the others, in every
    coalition alike.

    Args:
        predict: the function to explain.
        rows: drivers of what is explained, shape (n, d).
        background: drivers of what it is compared with, shape (b, d).
        progress: told after each row.
    """
    shap = _shap()
    return _values(
        predict,
        rows,
        background,
        lambda game, inputs: shap.explainers.Exact(game, _masker)(inputs, silent=True).values[0],
        progress,
    )


def sampled_values(
    predict: Predict,
    rows: Floats,
    background: Floats,
    rng: np.random.Generator,
    progress: Progress = _silent,
) -> Values:
    """Compute Shapley values along one random order of the drivers, forwards and backwards.

    They sum to the prediction like the exact ones, and equal them where no more than two drivers act together
    (antithetic sampling, see `shap.PermutationExplainer`); 2 d coalitions a row instead of 2^d.

    Args:
        predict, rows, background, progress: as for `exact_values`.
        rng: draws the orders.
    """
    shap = _shap()
    steps = 2 * rows.shape[1] + 1

    def along_one_order(game: _Game, inputs: Floats) -> Floats:
        # the library draws from numpy's global generator, which is not ours to move
        before = np.random.get_state()  # noqa: NPY002
        try:
            explainer = shap.explainers.Permutation(game, _masker, seed=int(rng.integers(2**31)))
            found: Floats = explainer(inputs, max_evals=steps, silent=True).values[0]
        finally:
            np.random.set_state(before)  # noqa: NPY002
        return found

    return _values(predict, rows, background, along_one_order, progress)


def _masker(mask: Bools, inputs: Floats) -> Floats:
    """Return a coalition as the row of 0 and 1 that a `_Game` takes."""
    return np.asarray(mask, dtype=np.float64)[None]


def _values(
    predict: Predict,
    rows: Floats,
    background: Floats,
    explain: Callable[[_Game, Floats], Floats],
    progress: Progress,
) -> Values:
    behind, prediction = predict(background), predict(rows)
    applies = ~np.isnan(behind)
    base = _mean(behind, applies)
    told = np.ones((1, rows.shape[1]))
    found = np.empty((*rows.shape, behind.shape[1]))
    progress(0, len(rows))
    for i, row in enumerate(rows):
        # a single output comes back without its axis
        found[i] = explain(_Game(predict, row, background, applies, base), told).reshape(found.shape[1:])
        progress(i + 1, len(rows))
    nowhere = ~applies.any(axis=0)
    missing = np.isnan(prediction) | nowhere
    return Values(
        np.where(nowhere, np.nan, base),
        np.where(missing, np.nan, prediction),
        np.where(missing[:, None, :], np.nan, found),
    )


def _shap() -> Any:
    """Import `shap`, whose plots, which are not used here, warn about what their own libraries will drop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    return shap
