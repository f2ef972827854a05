"""Choosing experiments, replayed on published studies: the game, and what a choice of experiments finds.

A plant with the feed and acid of a study looks for the cheapest design whose yields all reach a target. It
starts with two of the study's experiments and chooses one untried experiment after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from math import comb
from typing import Any

import numpy as np

from optimiser.chemistry.prices import Price
from optimiser.chemistry.reagents import Reagents, load_reagents
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.calibrate import gather, nested
from optimiser.training.compare.evaluate import shipped_held_out
from optimiser.training.compare.replay import cost_and_recovery
from optimiser.variables import Bools, Floats, Ints

#: Experiments that a study must have, that a plant starts with, and that it ends with.
LEAST, FIRST, LAST = 10, 2, 12
#: Targets, the highest first. A study's is the first that at least ``RARE`` of its experiments reach; where
#: that is more than ``COMMON`` of them, there is nothing to look for and the study is left out.
LEVELS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
RARE, COMMON = 0.15, 2.0 / 3.0
SEED = 0


@dataclass(frozen=True)
class Game:
    """One study: r rows of e experiments, which differ in conditions; metals Li, Ni, Mn, Co.

    What is measured is NaN for experiments that are not shown, see :meth:`shown`.

    Attributes:
        study: its number in the training table.
        rows: their numbers in the training table, shape (r,).
        experiment: number of each row's experiment, from 0 without a gap, shape (r,).
        conditions: the variables of ``CONTINUOUS``, shape (r, 5); time alone differs in an experiment.
        literature: yields that the other studies predict, NaN where the feed lacks a metal, shape (r, 4).
        measured: yields, likewise, shape (r, 4).
        cost: in EUR per kg of metal dissolved, with measured yields, shape (r,).
        cost_at: returns the cost of all rows with other yields, shape (r, 4) to (r,).
        target: what the yields of all metals present have to reach.
    """

    study: int
    rows: Ints
    experiment: Ints
    conditions: Floats
    literature: Floats
    measured: Floats
    cost: Floats
    cost_at: Callable[[Floats], Floats]
    target: float

    def __len__(self) -> int:
        return int(self.experiment.max()) + 1

    @property
    def each(self) -> Floats:
        """Conditions of each experiment with its longest time, shape (e, 5)."""
        longest = np.lexsort((self.conditions[:, 4], self.experiment))
        last = np.searchsorted(self.experiment[longest], np.arange(len(self)), side="right") - 1
        return np.asarray(self.conditions[longest[last]], dtype=np.float64)

    @property
    def value(self) -> Floats:
        """Cost of each experiment's cheapest row that reaches the target, infinite where none does, (e,)."""
        cost = np.where(shortfall(self, self.measured) <= 0.0, self.cost, np.inf)
        value = np.full(len(self), np.inf)
        np.minimum.at(value, self.experiment, cost)
        return value

    @property
    def loss(self) -> Floats:
        """Each experiment's value from 0 (the study's best) to 1 (its worst, or no value), shape (e,)."""
        value = self.value
        known = value[np.isfinite(value)]
        low, high = known.min(), known.max()
        return np.asarray(np.where(np.isfinite(value), (value - low) / (high - low), 1.0), dtype=np.float64)

    @property
    def useless(self) -> Floats:
        """1 where no row of an experiment reaches the target, else 0, shape (e,)."""
        return np.isinf(self.value).astype(np.float64)

    def shown(self, done: Ints) -> Game:
        """Return the game as it looks after some experiments: what else is measured is NaN."""
        seen = np.isin(self.experiment, done)
        measured, cost = np.where(seen[:, None], self.measured, np.nan), np.where(seen, self.cost, np.nan)
        return replace(self, measured=measured, cost=cost)

    def untried(self, done: Ints) -> Ints:
        """Return the experiments that are not done."""
        return np.setdiff1d(np.arange(len(self)), done)


#: Returns the next experiment, given what is measured so far and which experiments are done.
Chooser = Callable[[Game, Ints, np.random.Generator], int]


def shortfall(game: Game, yields: Floats) -> Floats:
    """Return by how much the lowest yield of each row misses the target, negative above it, shape (r,).

    NaN where a yield is NaN of a metal that the feed contains.
    """
    return np.asarray((game.target - yields[:, game_metals(game)]).max(axis=1), dtype=np.float64)


def game_metals(game: Game) -> Bools:
    """Return which metals the feed contains, shape (4,)."""
    return np.asarray(~np.isnan(game.literature).any(axis=0), dtype=np.bool_)


def best_row(game: Game, yields: Floats, cost: Floats, able: Bools) -> int:
    """Return the cheapest of some rows that reach the target, else the one that misses it least.

    Args:
        game: a study of r rows.
        yields: shape (r, 4).
        cost: shape (r,).
        able: which rows compete, shape (r,).
    """
    rows = np.flatnonzero(able)
    missing = np.maximum(shortfall(game, yields), 0.0)
    return int(rows[np.lexsort((cost[rows], missing[rows]))[0]])


def games(table: TrainingTable) -> list[Game]:
    """Return the games of a training table, in the order of its studies.

    The literature is the shipped model with the study held out, calibrated on what is left.

    Raises:
        InputError: too few groups for the folds, or stored predictions that cannot be read.
    """
    held = shipped_held_out(table)
    literature = nested(gather(table, held), held, "study").expected
    found = []
    for study in range(int(table.studies.max()) + 1):
        rows = np.flatnonzero(table.studies == study)
        experiment = np.unique(table.experiments[rows], return_inverse=True)[1]
        target = target_of(table.yields[rows], experiment)
        cost_at = costs(table, rows)
        cost = cost_at(table.yields[rows])
        if experiment.max() + 1 < LEAST or target is None or np.isnan(cost).any():
            continue
        conditions, predicted = table.continuous[rows], literature[rows]
        measured = table.yields[rows]
        found.append(Game(study, rows, experiment, conditions, predicted, measured, cost, cost_at, target))
    return found


def target_of(measured: Floats, experiment: Ints) -> float | None:
    """Return the target of a study, None where none of ``LEVELS`` makes a game of it.

    Args:
        measured: yields, NaN where the feed lacks a metal, shape (r, 4).
        experiment: number of each row's experiment, shape (r,).
    """
    lowest, many = np.nanmin(measured, axis=1), int(experiment.max()) + 1
    for level in LEVELS:
        share = len(np.unique(experiment[lowest >= level])) / many
        if share >= RARE:
            return level if share <= COMMON else None
    return None


def costs(table: TrainingTable, rows: Ints) -> Callable[[Floats], Floats]:
    """Return what computes the cost of some rows from their yields."""
    whole: dict[str, Any] = {field.name: getattr(table, field.name) for field in fields(table)}
    taken: dict[str, Any] = {name: of[rows] for name, of in whole.items() if isinstance(of, np.ndarray)}
    part = replace(table, smiles=tuple(table.smiles[row] for row in rows), **taken)
    return lambda yields: cost_and_recovery(part, yields, _prices())[0]


def _prices() -> Reagents:
    """Return reagents at the prices with which the stored rivals played; a newer price is another game."""
    caustic = Price(value=0.915, currency="USD", per="kg pure", period="2021")
    return load_reagents().changed("sodium_hydroxide", price=caustic)


def draw_starts(game: Game, many: int, rng: np.random.Generator) -> Ints:
    """Return pairs of experiments to start with, shape (many, 2)."""
    return np.array([rng.choice(len(game), FIRST, replace=False) for _ in range(many)], dtype=np.intp)


def orders(game: Game, chooser: Chooser, starts: Ints, rng: np.random.Generator) -> Ints:
    """Return the experiments that a chooser does, in their order, shape (starts, 12 or all there are).

    The chooser sees nothing that is not measured yet. Each start has its own random numbers, so that fewer
    starts are the first of more.

    Raises:
        ValueError: it chose an experiment that is done, or that there is not.
    """
    out = []
    for start, own in zip(starts, rng.spawn(len(starts)), strict=True):
        done = np.array(start, dtype=np.intp)
        while len(done) < min(LAST, len(game)):
            chosen = chooser(game.shown(done), done, own)
            if chosen not in game.untried(done):
                raise ValueError(f"{chosen} is not one of the untried experiments of study {game.study}")
            done = np.append(done, chosen)
        out.append(done)
    return np.array(out, dtype=np.intp)


def play(game: Game, chooser: Chooser, starts: Ints, rng: np.random.Generator) -> Floats:
    """Return a chooser's regret after 2, 3 ... 12 experiments, shape (starts, 11).

    Regret is how far the cheapest feasible experiment done is from the cheapest of the study, 0, on the way
    to its most expensive feasible one, 1; and 1 while nothing feasible is found.
    """
    return regrets(game, orders(game, chooser, starts, rng))


def regrets(game: Game, order: Ints) -> Floats:
    """Return the regret after 2, 3 ... 12 experiments in given orders, shape (starts, 11)."""
    return _best_so_far(game.loss[order])


def feasible(game: Game, order: Ints) -> Floats:
    """Return 1 where something feasible is found after 2, 3 ... 12 experiments, else 0, (starts, 11)."""
    return np.asarray(1.0 - _best_so_far(game.useless[order]), dtype=np.float64)


def _best_so_far(values: Floats) -> Floats:
    """Return the lowest of the first 2, 3 ... 12; where there are fewer, the last again."""
    best = np.minimum.accumulate(values, axis=1)[:, FIRST - 1 :]
    short = LAST - FIRST + 1 - best.shape[1]
    return np.asarray(np.pad(best, ((0, 0), (0, short)), mode="edge"), dtype=np.float64)


def expected_random(values: Floats, starts: Ints) -> Floats:
    """Return what choosing at random finds on average, exactly: shape (starts, 11).

    After k choices among m the lowest is the i-th in ascending order with probability
    C(m - i, k - 1) / C(m, k), i from 1.

    Args:
        values: what each experiment would be, lower is better, shape (e,), such as ``Game.loss``.
        starts: pairs of experiments, shape (starts, 2).
    """
    out = np.empty((len(starts), LAST - FIRST + 1))
    for line, start in zip(out, starts, strict=True):
        best = values[start].min()
        others = np.sort(np.minimum(np.delete(values, start), best))
        m = len(others)
        line[0] = best
        for k in range(1, len(line)):
            many = min(k, m)
            chances = np.array([comb(m - i, many - 1) for i in range(1, m + 1)], dtype=np.float64)
            line[k] = chances @ others / comb(m, many)
    return out
