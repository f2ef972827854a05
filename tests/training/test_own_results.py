"""Published studies as plants: what they teach of a user's, and how well own results then serve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimiser.surrogate.residuals import EXPLANATIONS, Prior
from optimiser.surrogate.site import read_prior
from optimiser.surrogate.training_table import read_table
from optimiser.training.calibrate import Nested, gather, nested
from optimiser.training.compare.evaluate import stored_held_out
from optimiser.training.compare.own_replay import skill, wrong_study
from optimiser.training.own_results import (
    LEARNT,
    Plant,
    after,
    calibrated,
    draws,
    fit_prior,
    plants,
    trials,
)
from optimiser.training.protocols import FOLDS

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def known(training_table: Path) -> tuple[list[Plant], Nested]:
    table = read_table(training_table)
    held = stored_held_out(table)
    assert held is not None
    evidence = gather(table, held)
    return plants(evidence, held), nested(evidence, held, "study")


@pytest.fixture(scope="module")
def priors() -> dict[int, Prior]:
    return dict.fromkeys(range(FOLDS), read_prior()[0])


def test_every_study_is_a_plant(known: tuple[list[Plant], Nested]) -> None:
    found, base = known
    assert len(found) == 63
    rows = np.concatenate([plant.index for plant in found])
    assert sorted(rows) == sorted(set(rows)) and len(rows) == 913
    one = found[46]
    assert one.rows.mean == pytest.approx(base.expected[one.index], nan_ok=True)
    # a study has one feed and one acid
    assert np.ptp(one.rows.feed, axis=0).max() < 0.01


def test_whole_experiments_are_drawn(known: tuple[list[Plant], Nested]) -> None:
    plant = max(known[0], key=lambda p: len(p.experiments))
    for own in draws(plant, 3, 5, np.random.default_rng(0)):
        assert len(set(plant.rows.run[own])) == 3
        assert not set(plant.rows.run[own]) & set(plant.rows.run[~own])


def test_own_experiments_are_worth_more_than_any_literature(
    known: tuple[list[Plant], Nested], priors: dict[int, Prior]
) -> None:
    """A few draws with the shipped prior, which has seen these studies: docs/own-results.md is nested."""
    found = skill(*known[:1], priors, known[1], np.random.default_rng(0), number=4)
    maes = [found[own]["mae"] for own in ("0", "1", "3", "5")]
    assert maes == sorted(maes, reverse=True)
    assert found["3"]["r2"] > found["0"]["r2"] + 0.15
    assert found["3"]["mae"] < 0.75 * found["3"]["base_mae"]
    for own in ("1", "3", "5"):
        assert 0.84 < found[own]["coverage"] < 0.95
        assert found[own]["winkler"] < 0.85 * found[own]["base_winkler"]


@pytest.mark.parametrize("same_acid", [False, True])
def test_the_wrong_plant_does_no_harm(
    known: tuple[list[Plant], Nested], priors: dict[int, Prior], same_acid: bool
) -> None:
    ratio = wrong_study(known[0], priors, np.random.default_rng(0), same_acid=same_acid)
    assert ratio < 1.03


def test_a_search_for_the_parts_ends_in_a_better_prior(known: tuple[list[Plant], Nested]) -> None:
    """Some plants and a short search: positive parts, and held-out rows no worse than by a wild start."""
    some = [plant for plant in known[0] if 6 <= len(plant.experiments) <= 15][:6]
    found = fit_prior(some, budget=24)
    residual = found.parts[EXPLANATIONS.index("residual")]
    assert min(residual.offset, residual.smooth, residual.noise, *found.lengths) > 0.0
    own = next(draws(some[0], 2, 1, np.random.default_rng(1)))
    assert np.isfinite(after(found, some[0], own).mean[:, 0]).all()


def test_scores_make_intervals_hold(known: tuple[list[Plant], Nested], priors: dict[int, Prior]) -> None:
    """Scores of trials of half of the plants: 90 % of the other half's errors lie between their ends."""
    some = [plant for plant in known[0] if len(plant.experiments) >= 6]
    halves = some[::2], some[1::2]
    first, second = (trials(h, priors, LEARNT, 3, np.random.default_rng(2)) for h in halves)
    prior = calibrated(replace(priors[0], scores=np.empty((0, 4))), first, np.random.default_rng(3))
    assert 0.0 <= prior.widths[0] <= 1.5
    low, high = np.nanquantile(prior.scores, [0.05, 0.95])
    held = []
    for trial in second:
        scores = (trial.yields - trial.mean) / (trial.bare * prior.narrowing(trial.remaining))
        held.append(((low <= scores) & (scores <= high))[~np.isnan(scores)])
    assert 0.80 < np.concatenate(held).mean() < 0.97
