"""Operators, hypervolume, fronts, and the search as a whole: same seed, same front."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import moocore
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.binding import bind
from optimiser.designs import VARIABLES
from optimiser.front import archive, front_of, infeasibility_of, knee_of, non_dominated, thin
from optimiser.problem import Problem
from optimiser.run import run
from optimiser.search.hypervolume import scaled_hypervolume
from optimiser.search.nsga2 import Progress, SearchSettings, search
from optimiser.search.operators import polynomial_mutation, sbx, sobol_rows, tournament
from optimiser.spec.load import load_config, load_question

SMALL = SearchSettings(population=24, generations=6, stagnation=0)


@pytest.fixture(scope="module")
def problem() -> Problem:
    return bind(load_question("nmc111"))


@given(st.integers(0, 2**31), st.floats(1, 40))
def test_crossover_stays_in_bounds_and_keeps_the_middle(seed: int, eta: float) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.random((50, 5)), rng.random((50, 5))
    first, second = sbx(a, b, eta, rng)
    for child in (first, second):
        assert ((child >= 0) & (child <= 1)).all()
    same = sbx(a, a, eta, rng)
    assert np.array_equal(same[0], a)
    assert np.array_equal(same[1], a)


def test_crossover_children_lie_symmetrically_far_from_the_bounds() -> None:
    rng = np.random.default_rng(1)
    a, b = np.full((2000, 1), 0.45), np.full((2000, 1), 0.55)
    first, second = sbx(a, b, 15.0, rng)
    # room is equal on both sides, so the children's mean is the parents' mean
    assert first + second == pytest.approx(np.ones((2000, 1)), abs=1e-9)
    # about half of the coordinates are crossed at all
    assert 0.45 < (first != a).mean() < 0.80


@given(st.integers(0, 2**31), st.floats(1, 40))
def test_mutation_stays_in_bounds(seed: int, eta: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.random((50, 5))
    x[0], x[1] = 0.0, 1.0
    y = polynomial_mutation(x, eta, 1.0, rng)
    assert ((y >= 0) & (y <= 1)).all()
    assert np.array_equal(polynomial_mutation(x, eta, 0.0, rng), x)


def test_tournament_prefers_feasible_then_rank_then_room() -> None:
    rng = np.random.default_rng(0)
    violation = np.array([0.0, 1.0])
    level = np.zeros(2, dtype=np.intp)
    even = np.zeros(2)
    assert set(tournament(violation, level, even, rng, 20)) == {0}
    assert set(tournament(even, np.array([1, 0]), even, rng, 20)) == {1}
    assert set(tournament(even, level, np.array([0.5, np.inf]), rng, 20)) == {1}
    assert set(tournament(even, level, even, rng, 50)) == {0, 1}


def test_first_generation_deals_the_acids_out_evenly() -> None:
    rows = sobol_rows(100, 5, np.random.default_rng(3))
    assert np.bincount(rows[:, 0].astype(int)).tolist() == [20] * 5
    assert ((rows[:, 1:] >= 0) & (rows[:, 1:] < 1)).all()


def test_decoded_designs_lie_on_the_plants_steps_and_in_each_acids_range(problem: Problem) -> None:
    rng = np.random.default_rng(5)
    acid = rng.integers(len(problem.acids), size=500)
    designs = problem.decode(acid, rng.random((500, 5)))
    assert (designs.continuous >= problem.lower[acid]).all()
    assert (designs.continuous <= problem.upper[acid]).all()
    steps = np.array([v.step for v in VARIABLES])
    off_step = np.abs(designs.continuous / steps - np.round(designs.continuous / steps)) > 1e-6
    at_end = (designs.continuous == problem.lower[acid]) | (designs.continuous == problem.upper[acid])
    assert not (off_step & ~at_end).any()


def test_hypervolume_by_hand() -> None:
    # box (0,0)..(1,1), reference 1.1: the point (0.5, 0.5) dominates 0.6 x 0.6 of 1.1 x 1.1
    front = np.array([[0.5, 0.5]])
    assert scaled_hypervolume(front, np.zeros(2), np.ones(2)) == pytest.approx(0.36 / 1.21)
    # adding (0, 1) and (1, 0) adds two strips of 0.5 x 0.1 and 0.1 x 0.5
    three = np.array([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]])
    assert scaled_hypervolume(three, np.zeros(2), np.ones(2)) == pytest.approx(0.46 / 1.21)
    assert scaled_hypervolume(np.zeros((0, 2)), np.zeros(2), np.ones(2)) == 0.0
    point = np.array([[3.0, 4.0]])
    assert scaled_hypervolume(point, point[0], point[0]) == pytest.approx(1.0)


def test_non_dominated_and_knee_by_hand() -> None:
    points = np.array([[0, 10], [1, 4], [2, 5], [5, 1], [10, 0], [1, 4]], dtype=float)
    assert non_dominated(points).tolist() == [0, 1, 3, 4]
    front = points[[0, 1, 3, 4]]
    # scaled sums: 1, 0.5, 0.6, 1
    assert knee_of(front) == 1
    assert knee_of(np.array([[7.0, 3.0]])) == 0


def test_thinning_keeps_the_ends() -> None:
    x = np.sort(np.random.default_rng(0).random(200))
    front = np.column_stack([x, 1 - x])
    kept = thin(front, 20)
    assert len(kept) == 20
    assert {0, 199} <= set(kept.tolist())
    assert thin(front[:5], 20).tolist() == [0, 1, 2, 3, 4]


def test_same_seed_same_search_other_seed_other_search(problem: Problem) -> None:
    def designs(seed: int) -> bytes:
        result = search(problem, SMALL, np.random.default_rng(seed))
        return result.designs.continuous.tobytes() + result.objectives.tobytes()

    assert designs(1) == designs(1)
    assert designs(1) != designs(2)


def test_no_design_is_evaluated_twice_in_a_generation(problem: Problem) -> None:
    result = search(problem, SMALL, np.random.default_rng(1))
    rows = np.column_stack([result.generation, result.designs.acid, result.designs.continuous])
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert len(result.designs) <= SMALL.population * SMALL.generations


def test_progress_and_stagnation(problem: Problem) -> None:
    seen: list[Progress] = []
    settings_ = SearchSettings(population=16, generations=200, stagnation=2)
    result = search(problem, settings_, np.random.default_rng(1), progress=seen.append)
    assert [p.generation for p in seen] == list(range(1, len(seen) + 1))
    assert len(seen) < 200
    assert "no gain" in result.stopped
    assert all(0 <= p.feasible_share <= 1 and 0 <= p.hypervolume <= 1.0 + 1e-9 for p in seen)


def test_front_is_feasible_sorted_and_non_dominated(problem: Problem) -> None:
    result = search(problem, SearchSettings(40, 25, 0), np.random.default_rng(1))
    front = front_of(problem, archive([result]), 30)
    assert front is not None
    e = front.evaluation
    assert (e.violation <= 0).all()
    assert (np.diff(e.objectives[:, 0]) >= 0).all()
    assert len(non_dominated(e.objectives)) == len(e)
    # what the final grade would make of everything that was seen gains next to nothing on the front
    every = problem.search_point(result.designs, grade="final")
    feasible = every.objectives[(every.margins >= 0.0).all(axis=1)]
    whole = front_of(problem, archive([result]), 10_000)
    assert whole is not None
    worst = feasible.max(axis=0)
    found, possible = (
        moocore.hypervolume(points, ref=worst) for points in (whole.evaluation.objectives, feasible)
    )
    assert 0.99 * possible <= found <= possible * (1.0 + 1e-9)


@pytest.mark.parametrize("name", ["nmc111", "nmc811", "lco"])
def test_no_front_breaks_chemistry_or_leaves_the_data(name: str) -> None:
    problem = bind(load_question(name))
    problem = problem.with_acids(problem.supported_acids)
    result = search(problem, SearchSettings(40, 20, 0), np.random.default_rng(2))
    front = front_of(problem, archive([result]), 100)
    assert front is not None
    e = front.evaluation
    assert (e.proton_ratio >= 1.1).all()
    assert (e.domain_distance <= 1.0).all()
    assert (e.support >= 1).all()
    assert (e.outcome.balance.water >= 0).all()
    assert (e.designs.column("temperature") < 100).all()
    acids = np.array(problem.acid_names)[e.designs.acid]
    assert (e.designs.column("h2o2")[acids == "hydrochloric"] == 0).all()


def test_an_impossible_question_says_what_binds_and_how_far_it_is() -> None:
    problem = bind(load_config("nmc111_cost_vs_recovery").question)
    problem = problem.with_acids(["nitric"])
    strict_problem = replace(problem, targets={"Li": 0.6, "Mn": 0.99})
    seen = archive([search(strict_problem, SMALL, np.random.default_rng(1))])
    assert front_of(strict_problem, seen, 10) is None
    why = infeasibility_of(strict_problem, seen)
    assert why.binding[0].constraint == "yield_Mn"
    assert why.binding[0].needed == 0.99
    assert why.binding[0].reached < 0.99
    assert why.give > 0
    assert why.reachable["Mn"] < 0.99
    assert (np.diff(why.nearest.violation) >= 0).all()
    # nearest first, and none a near copy of another: they differ in the quarter of some range
    share = (why.nearest.designs.continuous - problem.lower) / np.maximum(problem.upper - problem.lower, 1e-9)
    assert len(np.unique(np.floor(4 * share), axis=0)) == len(why.nearest)


def test_no_acids_own_front_beats_the_common_one(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("problem: nmc111\nsearch: {population: 16, generations: 6, seeds: [1], per_acid: 12}\n")
    result = run(load_config(config))
    assert result.front is not None
    common = result.front.evaluation.objectives
    for verdict in result.acids:
        for point in verdict.front.evaluation.objectives if verdict.front else ():
            assert not ((point <= common).all(axis=1) & (point < common).any(axis=1)).any()
    # what the acids cost to search is counted
    assert result.evaluations > sum(len(s.designs) for s in result.searches)
