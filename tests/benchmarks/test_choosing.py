"""Choosing experiments, replayed: the game by hand, chance by enumeration, and that nobody looks ahead."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.replay.choosing import OWN, at_random, experiments_share, read_rivals, starts_of
from benchmarks.replay.game import (
    Chooser,
    Game,
    expected_random,
    feasible,
    games,
    orders,
    play,
    regrets,
    target_of,
)
from benchmarks.replay.rivals import RIVALS, loss, nearest, optuna_sampler, results, varied
from optimiser.surrogate.training_table import read_table
from optimiser.variables import Floats, Ints

LCO = np.array([1.0, np.nan, np.nan, 1.0])  # metals of the feed


def made_up(lowest: list[float], spent: list[float], experiment: list[int], guess: list[float]) -> Game:
    """A study on LCO whose cost is what is spent per yield of lithium; cobalt dissolves less."""
    n = len(lowest)
    measured = np.array(lowest)[:, None] * LCO
    measured[:, 0] = np.minimum(measured[:, 0] + 0.05, 1.0)
    spending = np.array(spent)

    def cost_at(yields: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return np.asarray(spending / yields[:, 3])

    conditions = np.column_stack([np.full(n, 60.0), spending, np.zeros(n), np.arange(n), np.full(n, 30.0)])
    return Game(
        study=0,
        rows=np.arange(n),
        experiment=np.array(experiment, dtype=np.intp),
        conditions=conditions,
        literature=np.array(guess)[:, None] * LCO,
        measured=measured,
        cost=cost_at(measured),
        cost_at=cost_at,
        target=0.8,
    )


@pytest.fixture
def small() -> Game:
    """Four experiments, the first of two rows.

    Those that reach 0.8 cost 8.5 / 0.85 = 10 and 5.4 / 0.9 = 6 (the first experiment, so it is worth 6),
    4 and 8; the third experiment misses it. Values: 6, 4, none, 8; from best 4 to worst 8: 0.5, 0, 1, 1.
    """
    return made_up(
        [0.85, 0.9, 0.8, 0.5, 1.0], [8.5, 5.4, 3.2, 0.5, 8.0], [0, 0, 1, 2, 3], [0.9, 0.9, 0.7, 0.75, 0.95]
    )


def test_the_value_of_an_experiment_is_its_cheapest_row_that_reaches_the_target(small: Game) -> None:
    assert small.value == pytest.approx([6.0, 4.0, np.inf, 8.0])
    assert small.loss == pytest.approx([0.5, 0.0, 1.0, 1.0])


def test_regret_by_hand(small: Game) -> None:
    order = np.array([[2, 3, 0, 1], [2, 0, 3, 1]])
    # after two: the worst feasible one, or half-way; after three half-way; then the best, and so it stays
    assert regrets(small, order)[0] == pytest.approx([1.0, 0.5] + [0.0] * 9)
    assert regrets(small, order)[1] == pytest.approx([0.5, 0.5] + [0.0] * 9)


def test_nothing_feasible_is_told_from_the_worst_that_is(small: Game) -> None:
    nothing = replace(small, measured=np.where(small.experiment[:, None] == 3, 0.1, small.measured))
    order = np.array([[2, 3, 0, 1]])
    assert feasible(small, order)[0] == pytest.approx([1.0] * 11)
    assert feasible(nothing, order)[0] == pytest.approx([0.0] + [1.0] * 10)
    # 6 is the worst that reaches the target now
    assert regrets(nothing, order)[0] == pytest.approx([1.0, 1.0] + [0.0] * 9)


def test_shares_by_hand() -> None:
    chance = np.array([1.0, 0.75, 0.5])
    # levels from 1 to 0.5 take random 0 to 2 experiments, 1 on average
    assert experiments_share(chance, chance) == pytest.approx(1.0)
    # 1 to 0.5 in one experiment: half an experiment on average
    assert experiments_share(np.array([1.0, 0.5, 0.0]), chance) == pytest.approx(0.5)
    # 1 to 0 in one: the levels down to 0.5 take 0 to a half, a quarter on average
    assert experiments_share(np.array([1.0, 0.0, 0.0]), chance) == pytest.approx(0.25)
    # none is reached: both experiments
    assert experiments_share(np.array([1.0, 1.0, 1.0]), chance) == pytest.approx(2.0)
    # down to 0.75 in one (half on average), the other half of the levels never: (0.5 + 2) / 2
    assert experiments_share(np.array([1.0, 0.75, 0.75]), chance) == pytest.approx(1.25)
    # starts at 0.75, below half of the levels, and takes 0 to 1 for the rest: (0 + 0.5) / 2
    assert experiments_share(np.array([0.75, 0.5, 0.5]), chance) == pytest.approx(0.25)
    assert np.isnan(experiments_share(chance, np.array([0.5, 0.5, 0.5])))


@pytest.mark.parametrize("values", [[0.3, 0.0, 1.0], [0.2, 1.0, 0.0, 0.7, 1.0, 0.5]])
def test_chance_is_the_mean_over_all_orders(values: list[float]) -> None:
    n = len(values)
    given = np.array(values)
    for start in itertools.combinations(range(n), 2):
        rest = [k for k in range(n) if k not in start]
        every = np.array([[*start, *order] for order in itertools.permutations(rest)])
        mean = np.minimum.accumulate(given[every], axis=1)[:, 1:].mean(axis=0)
        expected = expected_random(given, np.array([start]))[0]
        assert expected[: n - 1] == pytest.approx(mean)
        assert expected[n - 1 :] == pytest.approx(min(values))


def test_the_random_chooser_finds_what_chance_finds(small: Game) -> None:
    starts = np.array([[2, 3]] * 2000)
    mean = play(small, at_random, starts, np.random.default_rng(0)).mean(axis=0)
    # from 1: next comes a half or nothing, each with an even chance; then nothing is left
    assert mean[:3] == pytest.approx([1.0, 0.25, 0.0], abs=0.02)


def test_a_chooser_sees_only_what_is_measured(small: Game) -> None:
    def spy(game: Game, done: Ints, rng: np.random.Generator) -> int:
        hidden = ~np.isin(game.experiment, done)
        assert np.isnan(game.measured[hidden]).all()
        assert np.isnan(game.cost[hidden]).all()
        assert np.isfinite(game.cost[~hidden]).all()
        assert np.isinf(game.value[game.untried(done)]).all()
        return int(game.untried(done)[0])

    assert orders(small, spy, np.array([[3, 1]]), np.random.default_rng(0)).tolist() == [[3, 1, 0, 2]]


@pytest.mark.parametrize("name", [*OWN, "Optuna TPE"])
def test_a_choice_does_not_depend_on_what_is_not_measured(small: Game, name: str) -> None:
    if name == "Optuna TPE":
        pytest.importorskip("optuna")
    chooser: Chooser = OWN[name] if name in OWN else optuna_sampler("tpe")
    done = np.array([2, 0], dtype=np.intp)
    hidden = ~np.isin(small.experiment, done)
    other = replace(
        small,
        measured=np.where(hidden[:, None], 0.1 * LCO, small.measured),
        cost=np.where(hidden, 1e3, small.cost),
    )
    # as in the game, and with other values where a chooser may not look
    chosen = {chooser(game.shown(done), done, np.random.default_rng(0)) for game in (small, other)}
    chosen.add(chooser(other, done, np.random.default_rng(0)))
    assert len(chosen) == 1
    assert chosen <= {1, 3}


def test_greedy_corrects_the_literature_by_what_is_measured(small: Game) -> None:
    done, rng = np.array([0, 2], dtype=np.intp), np.random.default_rng(0)
    # expected 0.7 and 0.95 for the two that are left: only the last is thought to reach 0.8
    assert OWN["literature"](small.shown(done), done, rng) == 3
    # two experiments better than thought by 0.2: 0.9 and 1, and the second is cheaper
    better = replace(small, measured=np.where(np.isnan(small.literature), np.nan, small.literature + 0.2))
    assert OWN["greedy"](better.shown(done), done, rng) == 1
    # worse by 0.3: nothing is thought to reach it, and the last misses it least
    worse = replace(small, measured=np.where(np.isnan(small.literature), np.nan, small.literature - 0.3))
    assert OWN["greedy"](worse.shown(done), done, rng) == 3


def test_what_the_rivals_are_told_by_hand(small: Game) -> None:
    done = np.array([0, 2], dtype=np.intp)
    cost, missing = results(small.shown(done), done)
    # the first reaches the target for 6, 0.1 above it; the third would cost 0.5 / 0.8 and misses it by 0.3
    assert np.exp(cost) == pytest.approx([6.0, 0.625])
    assert missing == pytest.approx([-0.1, 0.3])
    assert loss(small.shown(done), done) == pytest.approx([np.log(6.0), np.log(0.625) + 3.0])


def test_the_nearest_experiment_is_an_untried_one(small: Game) -> None:
    assert list(varied(small)) == ["acid_concentration", "solid_liquid_ratio"]
    # the second experiment itself, which is done; of the others the first is nearest, row 1: (5.4, 1)
    assert nearest(small, np.array([3.2, 2.0]), np.array([1, 2], dtype=np.intp)) == 0


def test_an_experiment_cannot_be_done_twice(small: Game) -> None:
    with pytest.raises(ValueError, match="untried"):
        orders(small, lambda game, done, rng: int(done[0]), np.array([[0, 1]]), np.random.default_rng(0))


def test_fewer_starts_are_the_first_of_more(small: Game) -> None:
    starts = np.array([[0, 1], [2, 3], [1, 3]])
    many = orders(small, at_random, starts, np.random.default_rng(3))
    assert (orders(small, at_random, starts[:2], np.random.default_rng(3)) == many[:2]).all()


def test_the_target_is_the_highest_that_some_but_not_most_experiments_reach() -> None:
    experiment = np.arange(10, dtype=np.intp)

    def reached_by(*numbers: int) -> Floats:
        """So many experiments reach 0.9, 0.8 ..."""
        lowest = np.full(10, 0.0)
        for level, number in zip((0.9, 0.8, 0.7), numbers, strict=False):
            lowest[:number] = np.maximum(lowest[:number], level)
        return np.outer(lowest, LCO)

    assert target_of(reached_by(2, 5), experiment) == 0.9
    assert target_of(reached_by(1, 6), experiment) == 0.8
    assert target_of(reached_by(1, 7), experiment) is None
    assert target_of(reached_by(0, 0, 0), experiment) is None


@pytest.mark.data
def test_the_stored_choices_are_of_these_games(training_table: Path) -> None:
    table = read_table(training_table)
    of_table = games(table)
    assert len(of_table) >= 15
    told, rivals = read_rivals(table, of_table)
    assert set(rivals) == set(RIVALS)
    for name, by_study in rivals.items():
        curves = []
        for game in of_table:
            order = by_study[game.study]
            assert order.shape == (told["starts"], min(12, len(game)))
            assert (order[:, :2] == starts_of(game, told["starts"])).all()
            assert all(len(set(line)) == len(line) for line in order.tolist())
            curves.append(regrets(game, order).mean(axis=0))
        assert told["choosers"][name]["regret"] == pytest.approx(np.mean(curves, axis=0), abs=1e-4)
