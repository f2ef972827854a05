"""Other tools that choose the next experiment: BayBE, and Optuna's Gaussian process and TPE.

They know what the plant has measured and nothing of the literature. None of them knows the process model
either, so each is told what the best row of every experiment would cost if its yields were at the target,
and by how much they miss it. Optuna takes the second as a constraint; BayBE has no such thing and minimises
one number. Candidates are the untried experiments, described by the conditions that vary in the study, of
which time is the longest of an experiment.

Needs the extra `rivals`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.replay.game import Chooser, Game, best_row, shortfall
from optimiser.variables import CONTINUOUS, Floats, Ints

#: Ten points that a yield misses count like a cost that is e times as high. It matters to BayBE: from three
#: starts per study it needed 0.95, 0.69 and 0.62 of random's experiments with penalties of 3, 10 and 30.
PENALTY = 10.0


def results(game: Game, done: Ints) -> tuple[Floats, Floats]:
    """Return what is told of experiments that are done, by their best rows, shape (d,) each.

    Returns:
        The logarithm of the cost if no yield were below the target (finite, also where nothing dissolved),
        and by how much the lowest yield misses the target, negative above it.
    """
    raised = game.cost_at(np.maximum(game.measured, game.target))
    best = [best_row(game, game.measured, game.cost, game.experiment == number) for number in done]
    return np.log(raised[best]), shortfall(game, game.measured)[best]


def loss(game: Game, done: Ints) -> Floats:
    """Return the one number that is to be as low as possible, of experiments that are done, shape (d,)."""
    cost, missing = results(game, done)
    return np.asarray(cost + PENALTY * np.maximum(missing, 0.0), dtype=np.float64)


def varied(game: Game) -> dict[str, Floats]:
    """Return the conditions that differ between experiments, shape (e,) each."""
    return {name: of for name, of in zip(CONTINUOUS, game.each.T, strict=True) if np.ptp(of) > 0.0}


def baybe(game: Game, done: Ints, rng: np.random.Generator) -> int:
    """Choose with BayBE: its default Gaussian process and acquisition, the experiments as discrete space."""
    import pandas as pd
    from baybe import Campaign
    from baybe.parameters import NumericalDiscreteParameter
    from baybe.searchspace import SearchSpace
    from baybe.targets import NumericalTarget
    from baybe.utils.random import temporary_seed

    frame = pd.DataFrame(varied(game))
    parameters = [NumericalDiscreteParameter(name, np.unique(frame[name])) for name in frame]
    with warnings.catch_warnings(), temporary_seed(int(rng.integers(2**31))):
        warnings.simplefilter("ignore")
        campaign = Campaign(
            SearchSpace.from_dataframe(frame, parameters),
            NumericalTarget("loss", minimize=True),
            allow_recommending_already_measured=False,
        )
        campaign.add_measurements(frame.iloc[done].assign(loss=loss(game, done)))
        chosen = campaign.recommend(1)
    return nearest(game, chosen[list(frame)].to_numpy(dtype=np.float64)[0], done)


def optuna_sampler(kind: str) -> Chooser:
    """Return a chooser by a sampler of Optuna: the untried experiment nearest to the design it asks for.

    Args:
        kind: ``gp`` or ``tpe``.
    """

    def choose(game: Game, done: Ints, rng: np.random.Generator) -> int:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers: dict[str, Callable[..., Any]] = {
            "gp": optuna.samplers.GPSampler,
            "tpe": optuna.samplers.TPESampler,
        }
        of = varied(game)
        ranges = {
            name: optuna.distributions.FloatDistribution(float(values.min()), float(values.max()))
            for name, values in of.items()
        }
        seed = int(rng.integers(2**31))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # by default the first ten would be drawn at random, which is nearly all there are
            study = optuna.create_study(sampler=samplers[kind](seed=seed, n_startup_trials=len(done)))
            for number, cost, missing in zip(done, *results(game, done), strict=True):
                params = {name: float(values[number]) for name, values in of.items()}
                study.add_trial(
                    optuna.create_trial(
                        value=float(cost),
                        params=params,
                        distributions=dict(ranges),
                        constraints={"shortfall": float(missing)},
                    )
                )
            asked = study.ask(dict(ranges)).params
        return nearest(game, np.array([asked[name] for name in of]), done)

    return choose


def nearest(game: Game, design: Floats, done: Ints) -> int:
    """Return the untried experiment whose conditions are nearest, as shares of their ranges.

    Args:
        game: a study.
        design: the conditions that vary, shape (v,).
        done: experiments that are done.
    """
    values, left = np.column_stack(list(varied(game).values())), game.untried(done)
    away = (values[left] - design) / np.ptp(values, axis=0)
    return int(left[np.argmin((away**2).sum(axis=1))])


RIVALS: dict[str, Chooser] = {
    "BayBE": baybe,
    "Optuna GP": optuna_sampler("gp"),
    "Optuna TPE": optuna_sampler("tpe"),
}
PACKAGES = ("baybe", "botorch", "optuna", "torch")
