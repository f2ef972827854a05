"""Thresholds of fitted trees, spread over the gaps of the data."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest

from optimiser.training.thresholds import spread
from optimiser.variables import Floats


def boosted(x: Floats, y: Floats, trees: int = 30, **more: Any) -> Any:
    parameters = {"verbosity": -1, "min_data_in_leaf": 2, "min_data_in_bin": 1, "seed": 0, **more}
    return lightgbm.train(parameters, lightgbm.Dataset(x, y), trees)


def rough(seed: int = 0, n: int = 300) -> tuple[Floats, Floats]:
    """Rows on a coarse grid, some values missing, and what they say."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, (n, 4)).astype(float)
    y = x[:, 0] - 0.5 * x[:, 1] + rng.normal(0.0, 0.3, n)
    x[rng.random((n, 4)) < 0.1] = np.nan
    return x, y


@pytest.mark.parametrize("seed", range(3))
def test_what_the_trees_say_of_their_rows_stays(seed: int) -> None:
    x, y = rough(seed)
    old = boosted(x, y)
    new = spread(old, x, range(4), np.random.default_rng(seed))
    np.testing.assert_array_equal(new.predict(x), old.predict(x))
    between = x + 0.4
    assert np.abs(new.predict(between) - old.predict(between)).max() > 0.01


def test_a_step_becomes_a_rise_from_one_known_value_to_the_next() -> None:
    """Rows at 0 say 0, rows at 1 say 1: trees step at one place, spread they rise as a straight line."""
    x = np.repeat([[0.0], [1.0]], 50, axis=0)
    old = boosted(x, x[:, 0], trees=2000, learning_rate=0.002)
    new = spread(old, x, [0], np.random.default_rng(0))
    at = np.linspace(0.0, 1.0, 21)[:, None]
    said, reach = new.predict(at), new.predict(x).max() - new.predict(x).min()
    assert len(np.unique(old.predict(at))) == 2
    np.testing.assert_allclose((said - said[0]) / reach, at[:, 0], atol=0.05)


def test_between_knots_the_rise_is_a_straight_line() -> None:
    """All of a rise is known to lie between 0.5 and 0.6; knots say that it goes evenly from 0 to 1."""
    x = np.repeat([[0.0], [0.5], [0.6], [1.0]], 50, axis=0)
    old = boosted(x, (x[:, 0] > 0.55).astype(float), trees=2000, learning_rate=0.002)
    new = spread(old, x, [0], np.random.default_rng(0), {0: (0.0, 1.0)})
    at = np.linspace(0.0, 1.0, 21)[:, None]
    said, reach = new.predict(at), new.predict([[1.0]]) - new.predict([[0.0]])
    np.testing.assert_allclose((said - said[0]) / reach, at[:, 0], atol=0.05)
    # with a knot where the data rise, it stays there
    kept = spread(old, x, [0], np.random.default_rng(0), {0: (0.0, 0.5, 0.6, 1.0)})
    assert len(np.unique(kept.predict(at[:11]))) == 1


def test_a_monotone_response_stays_monotone() -> None:
    x, y = rough()
    y += np.sin(5.0 * np.nan_to_num(x[:, 0]))
    new = spread(boosted(x, y, monotone_constraints=[1, -1, 0, 0]), x, range(4), np.random.default_rng(1))
    rng = np.random.default_rng(2)
    for column, sign in ((0, 1.0), (1, -1.0)):
        at = np.repeat(rng.uniform(0.0, 5.0, (50, 4)), 60, axis=0)
        at[:, column] = np.tile(np.linspace(-0.5, 5.5, 60), 50)
        steps = np.diff(new.predict(at).reshape(50, 60), axis=1)
        assert (sign * steps >= -1e-12).all() and np.abs(steps).max() > 0.01


def test_columns_that_are_not_named_keep_their_thresholds() -> None:
    x, y = rough()
    old = boosted(x, y)
    new = spread(old, x, [0], np.random.default_rng(0))
    before, after = (one.trees_to_dataframe() for one in (old, new))
    moved = (before["threshold"] != after["threshold"]) & before["threshold"].notna()
    assert set(before["split_feature"][moved]) == {"Column_0"}
    # and each moved one is within its gap of the grid
    gap = np.floor(before["threshold"][moved])
    assert ((after["threshold"][moved] >= gap) & (after["threshold"][moved] < gap + 1.0)).all()


def test_a_tree_that_is_one_leaf_is_left_alone() -> None:
    x = np.ones((20, 1))
    old = boosted(x, np.arange(20.0), trees=2)
    assert spread(old, x, [0], np.random.default_rng(0)).predict(x).tolist() == old.predict(x).tolist()
