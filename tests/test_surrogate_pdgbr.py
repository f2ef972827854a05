"""PD-GBR as a scikit-learn estimator, and its trees as flat arrays that predict the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from optimiser.designs import Floats
from optimiser.errors import InputError
from optimiser.surrogate import trees
from optimiser.surrogate.pdgbr import PairwiseDifferenceRegressor, pair_features
from optimiser.surrogate.trees import differences, flatten

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
        target + model.boosting_.predict(np.hstack([x[3], anchor, x[3] - anchor])[None])[0]
        for anchor, target in zip(x, y, strict=True)
    ]
    mean, spread = model.predict(x[3:4], return_std=True)
    assert mean[0] == pytest.approx(np.mean(votes), abs=1e-12)
    assert spread[0] == pytest.approx(np.std(votes), abs=1e-12)
    assert model.predict_spread(x[3:4])[0] == spread[0]
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


def fitted(x: Floats, y: Floats, **settings: Any) -> HistGradientBoostingRegressor:
    n = len(x)
    first, second = np.divmod(np.arange(n * n), n)
    return HistGradientBoostingRegressor(early_stopping=False, random_state=0, **settings).fit(
        pair_features(x[first], x[second]), y[first] - y[second]
    )


def by_sklearn(model: HistGradientBoostingRegressor, x: Floats, anchors: Floats) -> Floats:
    pairs = pair_features(np.repeat(x, len(anchors), axis=0), np.tile(anchors, (len(x), 1)))
    return np.asarray(model.predict(pairs)).reshape(len(x), len(anchors))


@pytest.mark.parametrize("leaves", [2, 31, 64])
def test_flat_trees_predict_what_sklearn_does(data: tuple[Floats, Floats], leaves: int) -> None:
    x, y = data
    models = [fitted(x, sign * y, max_iter=15, max_leaf_nodes=leaves, min_samples_leaf=3) for sign in (1, -2)]
    forest = flatten(models, 4)
    assert np.diff(forest.leaf_start).max() == leaves
    rng = np.random.default_rng(1)
    new = rng.normal(size=(33, 4)) * 2
    new[rng.random(new.shape) < 0.3] = np.nan
    new[0] = np.nan
    new[1] = x[1]  # equal to an anchor: differences of exactly zero
    found = differences(forest, new, x[:13])
    assert found.shape == (33, 2, 13)
    for k, model in enumerate(models):
        np.testing.assert_allclose(found[:, k], by_sklearn(model, new, x[:13]), rtol=0, atol=1e-9)


def test_thresholds_are_met_exactly() -> None:
    """A design that sits on a threshold goes left in both."""
    x = np.arange(8.0)[:, None]
    model = fitted(x, x[:, 0] ** 2, max_iter=5, min_samples_leaf=1)
    forest = flatten([model], 1)
    on = np.unique(forest.threshold)[:, None]
    assert len(on) > 5
    np.testing.assert_allclose(differences(forest, on, x)[:, 0], by_sklearn(model, on, x), rtol=0, atol=1e-12)


def test_splits_on_missingness() -> None:
    """Where only missing values tell rows apart, the threshold is infinite."""
    x = np.where(np.arange(40) % 2, np.nan, 1.0)[:, None]
    y = np.where(np.isnan(x[:, 0]), 1.0, 0.0)
    model = fitted(x, y, max_iter=5)
    forest = flatten([model], 1)
    assert np.isinf(forest.threshold).any()
    np.testing.assert_allclose(differences(forest, x, x[:5])[:, 0], by_sklearn(model, x, x[:5]), atol=1e-12)


def test_same_bits_for_any_number_of_threads_and_rows(data: tuple[Floats, Floats]) -> None:
    import numba

    x, y = data
    forest = flatten([fitted(x, y, max_iter=10)], 4)
    before = numba.get_num_threads()
    try:
        found = []
        for threads in (1, before):
            numba.set_num_threads(threads)
            found.append(differences(forest, x, x[:9]))
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0][40:41], differences(forest, x[40:41], x[:9]))


def test_too_many_leaves(data: tuple[Floats, Floats]) -> None:
    x, y = data
    with pytest.raises(ValueError, match="65 leaves"):
        flatten([fitted(x, y, max_iter=1, max_leaf_nodes=65, min_samples_leaf=1)], 4)


def test_shapes_are_checked_before_compiled_code_reads(data: tuple[Floats, Floats]) -> None:
    x, y = data
    forest = flatten([fitted(x, y, max_iter=2)], 4)
    with pytest.raises(ValueError, match="unknown feature"):
        differences(forest, x[:, :1], x[:, :1])
    with pytest.raises(ValueError, match="do not match"):
        differences(forest, x, x[:, :3])


def test_one_message_when_numba_cannot_compile(
    data: tuple[Floats, Floats], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data
    forest = flatten([fitted(x, y, max_iter=1)], 4)

    def broken(*_: Any) -> None:
        raise RuntimeError("\nno LLVM today\nand a long story")

    from optimiser.surrogate import _kernel

    monkeypatch.setattr(_kernel, "evaluate", broken)
    with pytest.raises(InputError, match=r"numba cannot compile.*no LLVM today") as caught:
        differences(forest, x, x)
    assert "long story" not in str(caught.value) and "NUMBA_CACHE_DIR" in caught.value.remedy


def test_importing_the_evaluation_does_not_import_numba() -> None:
    code = f"import sys, {trees.__name__} as t; sys.exit('numba' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
