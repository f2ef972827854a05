"""PD-GBR as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from optimiser.training.compare.pdgbr import PairwiseDifferenceRegressor, pair_features
from optimiser.variables import Floats

SMALL = {"max_iter": 12, "min_samples_leaf": 5}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small fits on a busy machine wait for each other's threads many times longer than they compute."""
    with threadpool_limits(1):
        yield


@parametrize_with_checks([PairwiseDifferenceRegressor(1000, 30, max_iter=5, learning_rate=0.3)])
def test_estimator(estimator: PairwiseDifferenceRegressor, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def data() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(70, 4))
    y = np.sin(x[:, 0]) + 0.3 * x[:, 1] + 0.1 * rng.normal(size=70)
    x[rng.random(x.shape) < 0.1] = np.nan
    return x, y


def test_predicts_the_mean_over_anchors(data: tuple[Floats, Floats]) -> None:
    x, y = data
    model = PairwiseDifferenceRegressor(random_state=0, **SMALL).fit(x, y)
    # by hand, one row: every anchor's target plus the predicted difference from it
    votes = [
        target + model.regressor_.predict(np.hstack([x[3], anchor, x[3] - anchor])[None])[0]
        for anchor, target in zip(x, y, strict=True)
    ]
    mean, spread = model.predict(x[3:4], return_std=True)
    assert mean[0] == pytest.approx(np.mean(votes), abs=1e-12)
    assert spread[0] == pytest.approx(np.std(votes), abs=1e-12)
    assert model.score(x, y) > 0.7


def test_pairs_carry_the_difference() -> None:
    np.testing.assert_array_equal(
        pair_features(np.array([[5.0, np.nan]]), np.array([[2.0, 1.0]])), [[5, np.nan, 2, 1, 3, np.nan]]
    )


def test_options_for_pairs_and_anchors(data: tuple[Floats, Floats]) -> None:
    x, y = data
    few = PairwiseDifferenceRegressor(500, 10, random_state=1, **SMALL).fit(x, y)
    again = PairwiseDifferenceRegressor(500, 10, random_state=1, **SMALL).fit(x, y)
    every = PairwiseDifferenceRegressor(random_state=1, **SMALL).fit(x, y)
    assert len(few.anchors_) == 10 and len(every.anchors_) == 70
    np.testing.assert_array_equal(few.predict(x), again.predict(x))
    assert np.abs(few.predict(x) - every.predict(x)).max() > 1e-3
    for bad in ({"max_pairs": 0}, {"n_anchors": -1}):
        with pytest.raises(ValueError, match="at least 1"):
            PairwiseDifferenceRegressor(**bad).fit(x, y)


def test_a_column_without_numbers_is_no_information(data: tuple[Floats, Floats]) -> None:
    x, y = data
    empty = np.hstack([x, np.full((70, 1), np.nan)])
    model = PairwiseDifferenceRegressor(random_state=0, **SMALL).fit(empty, y)
    assert np.isfinite(model.predict(empty)).all()
    filled = empty.copy()
    filled[:, -1] = 7.0
    np.testing.assert_array_equal(model.predict(filled), model.predict(empty))
