"""Acquisition: worked by hand on three draws; no experiment is picked twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.learning.acquisition import expected_improvement, most_information
from optimiser.learning.doubt import wrong_after
from optimiser.learning.suggest import mattering

EACH = np.arange(3)
#: Rows are draws, columns candidates.
COSTS = np.array([[1.0, 2.0, 3.0], [2.0, 1.5, 0.5], [1.0, 3.0, 2.0]])
FEASIBLE = np.array([[True, True, False], [False, True, True], [True, True, True]])


def test_expected_improvement_by_hand() -> None:
    # best known 2.0. Candidate 0: (1.0, infeasible 0, 1.0) / 3; 1: (0, 0.5, 0) / 3; 2: (0, 1.5, 0) / 3
    order, gain = expected_improvement(COSTS, FEASIBLE, 2.0, EACH, 3, together=False)
    assert order.tolist() == [0, 2, 1]
    assert gain.tolist() == pytest.approx([2 / 3, 1.5 / 3, 0.5 / 3])


def test_a_batch_counts_what_its_members_find() -> None:
    # after candidate 0 the best is (1.0, 2.0, 1.0), after 2 it is (1.0, 0.5, 1.0): 1 finds nothing more
    order, gain = expected_improvement(COSTS, FEASIBLE, 2.0, EACH, 3)
    assert order.tolist() == [0, 2, 1]
    assert gain.tolist() == pytest.approx([2 / 3, 0.5, 0.0])


def test_a_batch_prefers_what_succeeds_where_others_fail() -> None:
    # 0 and 1 succeed in the same two draws, 2 in the third alone
    costs = np.array([[1.0, 1.1, 3.0], [1.0, 1.1, 3.0], [3.0, 3.0, 1.5]])
    feasible = np.ones((3, 3), dtype=bool)
    alone, _ = expected_improvement(costs, feasible, 2.0, EACH, 3, together=False)
    together, gain = expected_improvement(costs, feasible, 2.0, EACH, 2)
    assert alone.tolist() == [0, 1, 2]
    assert together.tolist() == [0, 2]
    assert gain.tolist() == pytest.approx([2 / 3, 0.5 / 3])


def test_the_best_may_differ_between_draws() -> None:
    order, gain = expected_improvement(COSTS, FEASIBLE, np.array([0.5, 2.0, 0.5]), EACH, 1)
    assert order.tolist() == [2]
    assert gain.tolist() == pytest.approx([1.5 / 3])


def test_an_experiment_is_worth_its_best_row() -> None:
    # rows 0 and 1 are samples of experiment 7: in each draw the cheaper feasible one counts
    order, gain = expected_improvement(COSTS, FEASIBLE, 2.0, np.array([7, 7, 9]), 2, together=False)
    assert order.tolist() == [7, 9]
    assert gain.tolist() == pytest.approx([(1.0 + 0.5 + 1.0) / 3, 0.5])


def test_without_anything_feasible_the_chance_counts_then_the_cost() -> None:
    costs = np.tile([1.0, 1.0, 0.9], (4, 1))
    feasible = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]], dtype=bool)
    order, _ = expected_improvement(costs, feasible, None, EACH, 3, together=False)
    assert order.tolist() == [2, 0, 1]  # as likely and cheaper; then half as likely


def test_where_nothing_can_improve_the_likely_feasible_come_first() -> None:
    feasible = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 0]], dtype=bool)
    order, gain = expected_improvement(COSTS, feasible, 0.1, EACH, 3)
    assert order.tolist()[:2] == [1, 0]
    assert gain.tolist() == [0.0, 0.0, 0.0]


def test_costs_without_end_do_no_harm() -> None:
    costs = np.where(FEASIBLE, COSTS, np.inf)
    order, gain = expected_improvement(costs, FEASIBLE, None, EACH, 3)
    assert sorted(order.tolist()) == [0, 1, 2]
    assert np.isfinite(gain).all()


@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from(["cost", "edge"]))
def test_no_experiment_is_picked_twice(seed: int, together: bool, aim: str) -> None:
    rng = np.random.default_rng(seed)
    costs, feasible = rng.uniform(1.0, 3.0, (16, 12)), rng.random((16, 12)) < 0.5
    group = rng.integers(0, 6, 12)
    if aim == "cost":
        order, gain = expected_improvement(costs, feasible, 1.5, group, 12, together=together)
    else:
        order, gain = most_information(feasible, np.ones(12), group, 12, together=together)
    assert sorted(order.tolist()) == np.unique(group).tolist()
    assert (gain >= 0.0).all()
    if together:
        return
    assert (np.diff(gain) <= 1e-12).all()  # each alone, best first


def test_picks_keep_their_distance_while_they_can() -> None:
    place = np.array([0.0, 0.1, 5.0])
    costs, feasible = np.tile([1.0, 1.1, 1.9], (3, 1)), np.ones((3, 3), dtype=bool)

    def far_enough(experiments: np.ndarray, picked: np.ndarray) -> np.ndarray:
        return (np.abs(place[experiments][:, None] - place[picked]) >= 1.0).all(axis=1)

    order, _ = expected_improvement(costs, feasible, 2.0, EACH, 3, together=False, far_enough=far_enough)
    assert order.tolist() == [0, 2, 1]


def test_information_is_shared_variance() -> None:
    # 0 and 1 are feasible together; 2 goes with nothing. Variances 0.25 each, so that 0 (or 1) explains
    # 2 x 0.25^2 / 0.30 of 0.75, and 2 explains half of that
    feasible = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    order, gain = most_information(feasible, np.ones(3), EACH, 3)
    assert order.tolist()[:2] == [0, 2]
    assert gain[:2].tolist() == pytest.approx([2 * 0.0625 / 0.3 / 0.75, 0.0625 / 0.3 / 0.75])
    # what does not matter is not looked at
    assert most_information(feasible, np.array([0.0, 0.0, 1.0]), EACH, 1)[0].tolist() == [2]


def test_feasibility_matters_where_it_is_cheap() -> None:
    costs = np.tile(np.arange(1.0, 11.0), (8, 1))
    feasible = np.ones((8, 10), dtype=bool)
    feasible[:, 0] = False  # cheapest, never feasible; the cheapest fifth of the others costs up to 3
    assert mattering(costs, feasible).tolist() == [1.0] * 3 + [0.0] * 7


def test_the_risk_to_judge_wrongly_falls_with_what_is_explained() -> None:
    told = [wrong_after(0.3, share) for share in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert told[0] == pytest.approx(0.3)
    assert told[-1] == 0.0
    assert (np.diff(told) < 0.0).all()
    # half explained, even chance: P(wrong) = arccos(sqrt(0.5)) / pi = 1 / 4 (Sheppard)
    assert wrong_after(0.5, 0.5) == pytest.approx(0.25, abs=0.005)
