"""How rows are picked as a search picks: by hand."""

from __future__ import annotations

import numpy as np

from optimiser.training.compare.replay import best_of, reaching

NAN = np.nan


def test_the_best_of_each_feed_by_hand() -> None:
    order = np.array([3.0, 1.0, 2.0, 1.0, 9.0, 0.0])
    able = np.array([True, True, True, True, True, False])
    feed = np.array([0, 0, 0, 0, 1, 0])
    # half of four rows, of equals the first; the one row of the other feed; never one that may not compete
    np.testing.assert_array_equal(np.flatnonzero(best_of(order, able, feed, 0.5)), [1, 3, 4])
    np.testing.assert_array_equal(np.flatnonzero(best_of(order, able, feed, 0.01)), [1, 4])
    assert best_of(np.arange(20.0), np.ones(20, bool), np.zeros(20, int), 0.05).sum() == 1
    assert not best_of(order, np.zeros(6, bool), feed, 0.5).any()


def test_all_yields_of_a_row_reach_a_target() -> None:
    counted = np.array([[0.8, NAN, 0.9, 0.7], [0.7, NAN, 0.7, NAN], [0.69, 1, 1, 1]])
    assert reaching(counted, 0.7).tolist() == [True, True, False]
