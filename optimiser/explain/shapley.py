"""Shapley values of any function of a few drivers against a background, by the `shap` library.

A prediction at x is a game (Lundberg & Lee 2017, arXiv:1705.07874). The players are the drivers. A coalition
is worth the mean prediction over background rows whose drivers in the coalition are set to those of x. A
driver is one number, or the code of something with many features, such as an acid.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser._io.extras import needs
from optimiser.variables import Bools, Floats, Ints

#: From rows of drivers, shape (n, d), to predictions, shape (n, m); NaN where one does not apply.
Predict = Callable[[Floats], Floats]


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


def shapley_values(
    predict: Predict,
    rows: Floats,
    background: Floats,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] = lambda done, rows: None,
    *,
    rows_have: Bools | None = None,
    background_has: Bools | None = None,
    group: Ints | None = None,
    orders: int = 1,
) -> Values:
    """Compute Shapley values, exactly or by sampling.

    Without ``rng`` they are exact, over all 2^d coalitions. With it they follow random orders of the drivers,
    forwards and backwards: 2 d coalitions a row and order. They still add up to the prediction, and equal the
    exact ones where no more than two drivers interact (antithetic sampling, `shap.PermutationExplainer`).

    An output that a background row does not have (NaN: an absent metal) is averaged over the other rows, in
    every coalition alike.

    Args:
        predict: the function to explain.
        rows: drivers of what is explained, shape (n, d).
        background: drivers of what it is compared with, shape (b, d).
        rng: draws the orders.
        progress: called with rows done and rows in all.
        rows_have, background_has: which outputs apply to rows and background, shape (n, m) and (b, m), where
            ``predict`` does not say so by NaN.
        group: number of the driver that each column is of, where a driver has several, shape (d,).
        orders: that are followed, with ``rng``.

    Raises:
        InputError: the extra ``explain`` is not installed.
    """
    shap, of = _shap(), np.arange(rows.shape[1]) if group is None else group
    drivers = int(of.max()) + 1
    behind, prediction = predict(background), predict(rows)
    applies = ~np.isnan(behind)
    if background_has is not None:
        applies &= background_has
    if rows_have is not None:
        prediction = np.where(rows_have, prediction, np.nan)

    def mean(predictions: Floats) -> Floats:
        total = np.where(applies, np.nan_to_num(predictions), 0.0).sum(axis=-2)
        return np.asarray(total / np.maximum(applies.sum(axis=0), 1), dtype=np.float64)

    def explained(row: Floats) -> Floats:
        def worth(coalitions: Floats) -> Floats:
            mixed = np.where(coalitions[:, None, of] > 0.5, row, background).reshape(-1, len(of))
            # mixed rows repeat wherever row and background agree, and predictions are what takes time
            different, place = np.unique(mixed, axis=0, return_inverse=True)
            return mean(predict(different)[place.reshape(-1)].reshape(len(coalitions), *behind.shape))

        everything = np.ones((1, drivers))
        if rng is None:
            return np.asarray(shap.explainers.Exact(worth, _masker)(everything, silent=True).values[0])
        before = np.random.get_state()  # noqa: NPY002 - the library seeds numpy's global generator
        try:
            explainer = shap.explainers.Permutation(worth, _masker, seed=int(rng.integers(2**31)))
            return np.asarray(
                explainer(everything, max_evals=orders * (2 * drivers + 1), silent=True).values[0]
            )
        finally:
            np.random.set_state(before)  # noqa: NPY002

    found = np.empty((len(rows), drivers, behind.shape[1]))
    progress(0, len(rows))
    for i, row in enumerate(rows):
        # a single output comes back without its axis
        found[i] = explained(row).reshape(found.shape[1:])
        progress(i + 1, len(rows))
    nowhere = ~applies.any(axis=0)
    missing = np.isnan(prediction) | nowhere
    return Values(
        np.where(nowhere, np.nan, mean(behind)),
        np.where(missing, np.nan, prediction),
        np.where(missing[:, None, :], np.nan, found),
    )


def _masker(mask: Bools, inputs: Floats) -> Floats:
    """Return a coalition as the row of 0 and 1 whose worth is asked for."""
    return np.asarray(mask, dtype=np.float64)[None]


def _shap() -> Any:
    """Import `shap`, whose plots, which are not used here, warn about their own libraries."""
    needs("explain")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    return shap
