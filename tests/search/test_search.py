"""Operators, hypervolume, fronts, and the search as a whole: same seed, same front."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import moocore
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.problem.load import load_config, load_problem
from optimiser.problem.schema import SearchSpec
from optimiser.search.algorithms import ALGORITHMS, directions
from optimiser.search.archive import cells, joined, non_dominated, predicted
from optimiser.search.front import front_of, infeasibility_of, knee_of, thin
from optimiser.search.hypervolume import scaled_hypervolume
from optimiser.search.moves import children
from optimiser.search.parents import choose_parents
from optimiser.search.run import run
from optimiser.search.screen import choose, guess
from optimiser.search.search import Progress, SearchSettings, search, seeds
from optimiser.variables import VARIABLES, Designs

SMALL = SearchSettings(population=24, generations=6, stagnation=0)


@pytest.fixture(scope="module")
def problem() -> BoundProblem:
    return bind(load_problem("nmc111"))


def drawn(problem: BoundProblem, n: int, seed: int = 0) -> Designs:
    rng = np.random.default_rng(seed)
    return problem.decode(rng.integers(len(problem.acids), size=n), rng.random((n, 5)))


@given(st.integers(0, 2**31))
def test_children_are_setpoints_in_their_acids_ranges(problem: BoundProblem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    acid = rng.integers(len(problem.acids), size=200)
    parents, mates = (problem.decode(acid, rng.random((200, 5))) for _ in range(2))
    made = children(problem, parents, mates, rng)
    assert (made.acid == acid).all()
    assert (made.continuous >= problem.lower[acid]).all() and (made.continuous <= problem.upper[acid]).all()
    assert np.array_equal(problem.settable(made).continuous, made.continuous)


def test_seeds_are_experiments_near_the_feed_and_acids_dealt_out(problem: BoundProblem) -> None:
    supported = problem.with_acids(problem.supported_acids)
    start = seeds(supported, 400, np.random.default_rng(3))
    assert len(start) == 400
    assert np.bincount(start.acid, minlength=len(supported.acids)).min() > 20
    for seed in range(20):  # however few, no acid is left out
        few = seeds(supported, 8, np.random.default_rng(seed))
        assert set(few.acid.tolist()) == set(range(len(supported.acids)))
    near = supported.neighbourhoods[0]
    told = supported.settable(
        Designs(np.zeros(near.experiments, dtype=np.intp), supported.surrogate.domain.conditions(near))
    )
    assert len(told) == near.experiments
    assert np.isin(told.setpoints, start.setpoints).mean() > 0.5


def test_setpoints_tell_designs_apart(problem: BoundProblem) -> None:
    designs = drawn(problem, 3000)
    rows = np.column_stack([designs.acid, designs.continuous])
    different = np.unique(rows, axis=0)
    assert len(np.unique(designs.setpoints)) == len(different)
    assert np.array_equal(designs.setpoints, designs.take(np.arange(3000)).setpoints)


@given(st.integers(0, 2**31))
def test_coordinates_come_back(problem: BoundProblem, seed: int) -> None:
    designs = drawn(problem, 100, seed)
    again = problem.decode(designs.acid, problem.encode(designs))
    assert np.array_equal(again.continuous, designs.continuous)


def test_children_keep_values_and_step_in_every_size(problem: BoundProblem) -> None:
    rng = np.random.default_rng(1)
    middle = problem.decode(np.zeros(4000, dtype=np.intp), np.full((4000, 5), 0.5))
    other = problem.decode(middle.acid, np.full((4000, 5), 0.25))
    made = children(problem, middle, other, rng)
    kept = made.continuous == middle.continuous
    assert 0.3 < kept.mean() < 0.9 and kept.all(axis=1).mean() < 0.2
    assert (made.continuous == other.continuous).mean() > 0.05
    moved = np.abs(made.temperature - middle.temperature)
    assert {0.5, 1.0} <= set(moved.tolist()) and moved.max() > 15.0


def test_elites_are_the_best_of_their_cells(problem: BoundProblem) -> None:
    archive = predicted(problem, drawn(problem, 2000), "low")
    assert np.array_equal(archive.cell, cells(problem, archive.designs))
    assert len(archive.elites) == len(problem.objectives)
    for values, rows in zip(archive.objectives.T, archive.elites, strict=True):
        assert sorted(archive.cell[rows]) == sorted(set(archive.cell.tolist()))
        for row in rows[:50]:
            others = archive.cell == archive.cell[row]
            least = archive.violation[others].min()
            assert archive.violation[row] == least
            assert values[row] == values[others & (archive.violation == least)].min()
        assert (np.diff(archive.violation[rows]) >= 0).all()


def test_parents_are_good_and_mates_have_their_acid(problem: BoundProblem) -> None:
    archive = predicted(problem, drawn(problem, 4000), "low")
    nobody = np.zeros(0, dtype=np.intp)
    parents, mates = choose_parents(archive, nobody, 3000, np.random.default_rng(0))
    assert np.array_equal(archive.designs.acid[parents], archive.designs.acid[mates])
    assert (parents != mates).mean() > 0.5
    assert np.isin(parents, np.concatenate([*archive.elites, archive.front])).all()
    assert np.isin(archive.front[archive.objectives[archive.front].argmin(axis=0)], parents).all()
    assert archive.violation[parents].mean() < 0.5 * archive.violation.mean()


def test_a_guess_at_the_parent_itself_is_what_was_predicted(problem: BoundProblem) -> None:
    archive = predicted(problem, drawn(problem, 300), "high")
    guessed, error = guess(problem, archive, archive.designs, np.arange(300))
    told = problem.predict(archive.designs, "high")
    np.testing.assert_allclose(guessed.mean, told.mean, atol=1e-12)
    np.testing.assert_allclose(guessed.scale, told.scale, atol=1e-12)
    assert error == pytest.approx(error.min())


def test_a_guess_is_as_far_off_as_it_says(problem: BoundProblem) -> None:
    """In about the right size where the change is small, and on the safe side where it is large."""
    archive, rng = predicted(problem, drawn(problem, 1500), "high"), np.random.default_rng(0)
    parents, mates = choose_parents(archive, np.zeros(0, dtype=np.intp), 1500, rng)
    made = children(problem, archive.designs.take(parents), archive.designs.take(mates), rng)
    guessed, error = guess(problem, archive, made, parents)
    off = np.sqrt(np.nanmean((guessed.mean - problem.predict(made).mean) ** 2, axis=1))
    rising = np.array_split(np.argsort(error), 3)
    share = [np.sqrt((off[rows] ** 2).mean()) / np.sqrt((error[rows] ** 2).mean()) for rows in rising]
    assert 0.5 < share[0] < 1.6 and 0.5 < share[1] < 1.6 and 0.1 < share[2] < 1.0, share
    assert off[rising[0]].mean() < 0.5 * off[rising[-1]].mean()


def test_what_is_chosen_is_better_than_what_is_drawn(problem: BoundProblem) -> None:
    rng = np.random.default_rng(0)
    archive = predicted(problem, drawn(problem, 3000), "high")
    parents, mates = choose_parents(archive, np.zeros(0, dtype=np.intp), 1600, rng)
    made = children(problem, archive.designs.take(parents), archive.designs.take(mates), rng)
    rows = choose(problem, archive, made, parents, 200, rng)
    assert len(rows) == len(set(rows.tolist())) == 200
    chosen, some = (predicted(problem, made.take(part), "high") for part in (rows, np.arange(200)))
    known = joined([archive, chosen, some])
    best = known.designs.setpoints[known.front]
    ahead = [np.isin(part.designs.setpoints, best).sum() for part in (chosen, some)]
    assert ahead[0] > 3 * ahead[1]
    few = made.take(np.arange(50))
    assert choose(problem, archive, few, parents[:50], 200, rng).tolist() == list(range(50))


def test_decoded_designs_lie_on_the_plants_steps_and_in_each_acids_range(problem: BoundProblem) -> None:
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


def test_thinning_keeps_the_ends_and_the_knee() -> None:
    x = np.sort(np.random.default_rng(0).random(200))
    front = np.column_stack([x, 1 - x])
    kept = thin(front, 20)
    assert len(kept) == 20
    assert {0, 199} <= set(kept.tolist())
    assert thin(front[:5], 20).tolist() == [0, 1, 2, 3, 4]
    # crowded where it bends
    angle = np.pi / 4 * (1 + np.sort(np.append([-1, 1], 0.05 * np.random.default_rng(1).normal(size=198))))
    bent = np.column_stack([1 - np.sin(angle), 1 - np.cos(angle)])
    for size in range(8, 40):
        kept = thin(bent, size)
        assert len(kept) == size and {0, 199, knee_of(bent)} <= set(kept.tolist())


def test_same_seed_same_search_other_seed_other_search(problem: BoundProblem) -> None:
    def designs(seed: int) -> bytes:
        result = search(problem, SMALL, np.random.default_rng(seed))
        return result.final.designs.continuous.tobytes() + result.final.objectives.tobytes()

    assert designs(1) == designs(1)
    assert designs(1) != designs(2)


def test_no_design_is_predicted_twice_at_a_grade(problem: BoundProblem) -> None:
    result = search(problem, SMALL, np.random.default_rng(1))
    for archive in (result.searched, result.final):
        assert len(np.unique(archive.designs.setpoints)) == len(archive)
    assert result.evaluations <= SMALL.population * SMALL.generations
    assert len(result.fronts) == len(result.feasible_share) == SMALL.generations


@pytest.mark.parametrize("generations", [1, 2, 3])
def test_the_shortest_searches_end_at_final_grade(problem: BoundProblem, generations: int) -> None:
    result = search(problem, SearchSettings(16, generations, 0), np.random.default_rng(1))
    point = problem.search_point(result.final.designs, "high")
    assert result.final.objectives == pytest.approx(point.objectives)
    assert result.final.margins == pytest.approx(point.margins)
    assert result.evaluations == 16 * generations


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
@pytest.mark.parametrize("name", ["nmc111_cost_vs_recovery", "nmc111_three_objectives"])
def test_every_algorithm_finds_a_feasible_front(algorithm: str, name: str) -> None:
    problem = bind(load_config(name).problem)
    problem = problem.with_acids(problem.supported_acids)
    result = search(problem, SearchSettings(20, 10, 0, algorithm), np.random.default_rng(1))
    assert len(result.final.front) > 3
    assert (result.final.violation[result.final.front] <= 0).all()


def test_a_config_can_name_every_algorithm() -> None:
    assert get_args(SearchSpec.model_fields["algorithm"].annotation) == tuple(ALGORITHMS)


def test_one_objective_will_do() -> None:
    problem = bind(load_problem("nmc111"))
    cheapest = replace(problem.with_acids(["sulfuric"]), objectives=problem.objectives[:1])
    for algorithm in ALGORITHMS:
        result = search(cheapest, SearchSettings(20, 10, 0, algorithm), np.random.default_rng(1))
        assert len(result.final.front) == 1


def test_directions_fit_the_population() -> None:
    for objectives in (1, 2, 3, 4):
        found = directions(objectives, 60)
        assert len(found) <= 60 and found.shape[1] == objectives
        assert found.sum(axis=1) == pytest.approx(np.ones(len(found)))


def test_a_search_ends_where_no_setpoint_is_left(problem: BoundProblem) -> None:
    at = problem.lower.copy()
    at[:, 0] += 20.0
    end = at.copy()
    end[:, 0] += 4.0  # nine temperatures and nothing else
    narrow = replace(problem, lower=at, upper=end).with_acids(["sulfuric"])
    result = search(narrow, SearchSettings(16, 30, 0), np.random.default_rng(1))
    assert len(result.searched) == 9
    assert "no new setpoint" in result.stopped


def test_joined_archives_keep_the_first_of_each_design(problem: BoundProblem) -> None:
    one = predicted(problem, drawn(problem, 50), "low")
    both = joined([one, one.take(np.arange(10)), predicted(problem, drawn(problem, 50, seed=7), "low")])
    assert len(both) == 100
    assert np.array_equal(both.take(np.arange(50)).objectives, one.objectives)
    part = both.of_acid(1)
    assert (part.designs.acid == 0).all() and len(part) == (both.designs.acid == 1).sum()


def test_progress_and_stagnation(problem: BoundProblem) -> None:
    seen: list[Progress] = []
    settings_ = SearchSettings(population=16, generations=200, stagnation=2)
    result = search(problem, settings_, np.random.default_rng(1), progress=seen.append)
    assert [p.generation for p in seen] == list(range(1, len(seen) + 1))
    assert len(seen) < 200
    assert "no gain" in result.stopped
    assert all(0 <= p.feasible_share <= 1 and 0 <= p.hypervolume <= 1.0 + 1e-9 for p in seen)


def test_front_is_feasible_sorted_and_non_dominated(problem: BoundProblem) -> None:
    result = search(problem, SearchSettings(40, 25, 0), np.random.default_rng(1))
    front = front_of(problem, result.final, 30)
    assert front is not None
    e = front.evaluation
    assert (e.violation <= 0).all()
    assert (np.diff(e.objectives[:, 0]) >= 0).all()
    assert len(non_dominated(e.objectives)) == len(e)
    # what the high fidelity would make of everything that was seen gains next to nothing on the front
    every = problem.search_point(result.searched.designs, fidelity="high")
    feasible = every.objectives[(every.margins >= 0.0).all(axis=1)]
    found = result.final.objectives[result.final.front]
    worst = np.vstack([feasible, found]).max(axis=0)
    reached, possible = (moocore.hypervolume(points, ref=worst) for points in (found, feasible))
    assert reached >= 0.995 * possible


@pytest.mark.parametrize("name", ["nmc111", "nmc811", "lco"])
def test_no_front_breaks_chemistry_or_leaves_the_data(name: str) -> None:
    problem = bind(load_problem(name))
    problem = problem.with_acids(problem.supported_acids)
    result = search(problem, SearchSettings(40, 20, 0), np.random.default_rng(2))
    front = front_of(problem, result.final, 100)
    assert front is not None
    e = front.evaluation
    assert (e.proton_ratio >= 1.1).all()
    assert (e.domain_distance <= 1.0).all()
    assert (e.support >= 1).all()
    assert (e.outcome.balance.water >= 0).all()
    assert (e.designs.temperature < 100).all()
    acids = np.array(problem.acid_names)[e.designs.acid]
    assert (e.designs.h2o2[acids == "hydrochloric"] == 0).all()


def test_an_impossible_question_says_what_binds_and_how_far_it_is() -> None:
    problem = bind(load_config("nmc111_cost_vs_recovery").problem)
    problem = problem.with_acids(["nitric"])
    strict_problem = problem.with_constraints(Yields(Li=0.6, Mn=0.99))
    seen = search(strict_problem, SMALL, np.random.default_rng(1)).final
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
    assert result.evaluations > sum(s.evaluations for s in result.searches)


def test_the_number_of_threads_does_not_change_a_front(problem: BoundProblem) -> None:
    import numba

    threads = numba.get_num_threads()
    found = []
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            result = search(problem, SMALL, np.random.default_rng(4))
            found.append(result.final.designs.continuous.tobytes() + result.final.objectives.tobytes())
    finally:
        numba.set_num_threads(threads)
    assert found[0] == found[1]
