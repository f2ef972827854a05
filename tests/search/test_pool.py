"""Many questions about the same yields: exact views, constraints kept, small spaces solved exactly."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import optimiser as opt
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.search.archive import total_violation
from optimiser.search.pool import Pool, Question, View
from optimiser.variables import Designs


@cache
def bound() -> BoundProblem:
    problem = bind(opt.load_problem("nmc111"))
    return replace(problem.with_acids(["sulfuric", "hydrochloric"]), objectives=(opt.minimise("cost"),))


def asking(**how: object) -> Question:
    return Question(bound().with_constraints(Yields(**how)))  # type: ignore[arg-type]


QUESTIONS = (
    asking(Co=0.8),
    asking(Co=0.8, confidence=0.8),
    asking(Li=0.8, Co=0.8, confidence=0.5, joint=True),
    Question(replace(bound(), objectives=(opt.minimise("cost", 0.9),))),
    Question(replace(bound(), objectives=(opt.maximise("net_value", 0.1),)), 1),
)


@cache
def pool() -> Pool:
    made = Pool(bound(), np.random.default_rng(1))
    made.solve(QUESTIONS, 3)
    return made


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_sees_what_an_evaluation_says(question: Question) -> None:
    seen, told = pool().view(question), question.problem.evaluate(pool().designs)
    np.testing.assert_allclose(seen.value, told.objectives[:, 0], rtol=1e-9)
    margins = np.column_stack([told.margins[name] for name in question.problem.constraint_names])
    lacking = total_violation(margins)
    if question.acid is not None:
        lacking = np.where(pool().designs.acid == question.acid, lacking, np.inf)
    np.testing.assert_allclose(seen.lacking, lacking, atol=1e-9)


def test_all_targets_hold_at_once_exactly_where_their_probability_says_so() -> None:
    question = QUESTIONS[2]
    told = question.problem.evaluate(pool().designs)
    slack = told.margins["joint_yields"]
    clear = np.abs(slack) > 1e-9
    assert np.array_equal((slack >= 0.0)[clear], (told.p_feasible >= 0.5 - 1e-12)[clear])
    assert 0.05 < (slack >= 0.0).mean() < 0.95


def test_a_quantile_of_the_cost_is_above_what_is_expected_and_rises() -> None:
    problem, some = bound(), pool().designs.take(np.arange(40))
    told = problem.predict(some)
    half, most, all_but = (problem.metric_quantile(some, told, "cost", q) for q in (0.5, 0.9, 0.98))
    assert (half <= most).all() and (most <= all_but).all() and (half < most).any()
    # a cost of setpoints alone knows no error of the yields
    np.testing.assert_array_equal(problem.metric_quantile(some, told, "time", 0.9), some.time)


def test_the_same_seed_finds_the_same_designs() -> None:
    again = Pool(bound(), np.random.default_rng(1))
    again.solve(QUESTIONS, 3)
    assert np.array_equal(again.designs.setpoints, pool().designs.setpoints)
    assert np.array_equal(again.high.mean, pool().high.mean, equal_nan=True)


def test_a_small_space_is_solved_exactly() -> None:
    """Two setpoints move, so that every design can be predicted."""
    problem = bound().with_constraints(Yields(Co=0.85))
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[:], upper[:] = [60.0, 1.0, 1.0, 40.0, 120.0], [80.0, 1.3, 1.0, 40.0, 120.0]
    small = replace(problem, lower=lower, upper=upper)
    places = itertools.product(np.arange(60.0, 80.5, 0.5), np.arange(1.0, 1.305, 0.01))
    x = np.array([[t, c, 1.0, 40.0, 120.0] for t, c in places])
    every = Designs.joined([small.settable(Designs(np.full(len(x), k), x)) for k in (0, 1)])
    point = small.search_point(every, "high")
    possible = total_violation(point.margins) <= 0.0
    assert possible.any()
    question = Question(small)
    found = Pool(small, np.random.default_rng(3))
    found.solve([question], 40)
    row = found.best(question)
    assert found.view(question).lacking[row] <= 0.0
    assert found.view(question).value[row] == pytest.approx(point.objectives[possible, 0].min(), rel=1e-12)


def test_ranges_of_a_question_are_kept() -> None:
    upper = bound().upper.copy()
    upper[:, 0] = 50.0
    cold = Question(replace(QUESTIONS[0].problem, upper=upper))
    pool().solve([cold], 2)
    row = pool().best(cold)
    assert pool().designs.temperature[row] <= 50.0
    assert pool().view(cold).value[row] >= pool().view(QUESTIONS[0]).value[pool().best(QUESTIONS[0])]


def test_the_first_rows_are_those_of_the_whole_order() -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        n = int(rng.integers(1, 40))
        lacking = np.where(rng.random(n) < 0.3, np.inf, rng.integers(0, 3, n))
        view = View(rng.integers(0, 6, n).astype(float), lacking)
        k = int(rng.integers(1, 45))
        assert view.first(k).tolist() == view.order[:k].tolist()
