"""How well own results teach: replayed on held-out studies, each as if it were a user's plant.

Whole experiments of a study are revealed at random, the rest is scored. Neither the yields that are learned
on, nor what is known of plants, nor the errors by which intervals are set have seen the study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from optimiser.surrogate.calibration import INTERVAL_LEVEL, Calibration, tails
from optimiser.surrogate.residuals import EXPLANATIONS, Prior, learn_rows
from optimiser.training.calibrate import Nested
from optimiser.training.own_results import Plant, Trial, draws, trials
from optimiser.training.scores import winkler
from optimiser.variables import Floats

NUMBERS = (0, 1, 2, 3, 5, 8)
#: Studies with fewer experiments are left out; a second look takes those with more.
LEAST, MANY = 6, 14
#: Draws of each number of experiments; twenty differ by 0.01 of R2 from one seed to the next.
DRAWS = 60
_WRONG = 5  # experiments of the wrong study


def skill(
    known: Sequence[Plant],
    priors: Mapping[int, Prior],
    base: Nested,
    rng: np.random.Generator,
    least: int = LEAST,
    number: int = DRAWS,
) -> dict[str, dict[str, float]]:
    """Return the skill by number of own experiments, pooled over the values of all plants and draws.

    Args:
        known: the plants.
        priors: by fold, calibrated.
        base: the predictions that learn nothing.
        rng: draws the experiments.
        least: experiments that a plant must have.
        number: of draws.

    Returns:
        By number: ``r2`` about the mean of the values scored, ``mae``, ``coverage`` and ``winkler`` of the
        90 % intervals, ``plants`` and ``values``; and ``base_mae``, ``base_winkler`` of the same values.
    """
    told = {}
    for own in NUMBERS:
        found = trials(known, priors, [own], number, rng, least)
        told[str(own)] = _scores(found, priors, base)
    return told


def _scores(of: Sequence[Trial], priors: Mapping[int, Prior], base: Nested) -> dict[str, float]:
    low, high = (base.quantile(p) for p in tails(INTERVAL_LEVEL))
    columns: list[Floats] = []
    for trial in of:
        before = np.stack([base.expected, low, high])[:, trial.index]
        told = before if not trial.own else np.stack(forecast(trial, priors[trial.fold]))
        columns.append(np.concatenate([told, before, trial.yields[None]])[:, ~np.isnan(trial.yields)])
    mean, low, high, base_mean, base_low, base_high, yields = np.concatenate(columns, axis=1)
    error = mean - yields
    return {
        "r2": 1.0 - float((error**2).sum() / ((yields - yields.mean()) ** 2).sum()),
        "mae": float(np.abs(error).mean()),
        "coverage": float(((low <= yields) & (yields <= high)).mean()),
        "winkler": float(winkler(yields, low, high, INTERVAL_LEVEL).mean()),
        "base_mae": float(np.abs(base_mean - yields).mean()),
        "base_winkler": float(winkler(yields, base_low, base_high, INTERVAL_LEVEL).mean()),
        "plants": len({trial.plant for trial in of}),
        "values": len(yields),
    }


def forecast(trial: Trial, prior: Prior) -> tuple[Floats, Floats, Floats]:
    """Return mean, low and high yields of a trial's rows, as a site model tells them, shape (k, 4) each."""
    empty = np.empty(0)
    errors = Calibration(empty, empty, 0.0, empty, empty, prior.scores, 0.0)
    scale = trial.bare * prior.narrowing(trial.remaining)
    mean = errors.within(trial.mean, scale)
    low, high = (errors.quantile(mean, scale, p) for p in tails(INTERVAL_LEVEL))
    return mean, low, high


def alone(
    known: Sequence[Plant], priors: Mapping[int, Prior], base: Nested, seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Return the skill of each explanation without the others, by its name and number of own experiments."""
    told = {}
    for e, name in enumerate(EXPLANATIONS):
        only = {fold: replace(p, chances=np.eye(len(EXPLANATIONS))[e]) for fold, p in priors.items()}
        told[name] = skill(known, only, base, np.random.default_rng(seed))
    return told


def wrong_study(
    known: Sequence[Plant], priors: Mapping[int, Prior], rng: np.random.Generator, *, same_acid: bool
) -> float:
    """Return the mean absolute error after five experiments of another study, over that without any.

    Args:
        known: the plants.
        priors: by fold.
        rng: draws the study and its experiments.
        same_acid: whether the other study used the same acid, on whatever feed; else it may be any, and is
            learned from as if it were one plant's: with another acid it says nothing.
    """
    before, after = [], []
    large = [plant for plant in known if len(plant.experiments) >= _WRONG]
    for plant in known:
        if len(plant.experiments) < LEAST:
            continue
        others = [o for o in large if o is not plant and (not same_acid or o.acid == plant.acid)]
        for _ in range(DRAWS if others else 0):
            other = others[rng.integers(len(others))]
            mean = plant.rows.mean
            if other.acid == plant.acid:
                own = next(draws(other, _WRONG, 1, rng))
                seen = learn_rows(priors[plant.fold], other.rows.take(own)).seen_from(plant.rows.feed[0])
                mean = seen.posterior(plant.rows.place, mean, plant.rows.hard).mean.clip(0.0, 1.0)
            there = ~np.isnan(plant.rows.yields)
            before.append(np.abs(plant.rows.mean - plant.rows.yields)[there])
            after.append(np.abs(mean - plant.rows.yields)[there])
    return float(np.concatenate(after).mean() / np.concatenate(before).mean())
