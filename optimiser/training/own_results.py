"""What the published studies say of a plant: each was one plant among the others, and stands for a user's.

A study is held out; a few of its experiments, drawn at random, are a plant's own results, and the others
tell how well these teach (`Plant`). The parts of the residual process are those with which the other studies
are predicted best (empirical Bayes, by prediction instead of by likelihood: rows of one kinetic curve would
outweigh whole experiments). Measured nested: a study is not predicted with parts that it helped to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from optimiser.surrogate.calibration import INTERVAL_LEVEL, tails, widening
from optimiser.surrogate.domain import OWN_REACH, nearest
from optimiser.surrogate.residuals import EXPLANATIONS, OwnRows, Parts, Posterior, Prior, hardness, learn_rows
from optimiser.systems.table import SystemTable
from optimiser.training.calibrate import Evidence, nested, ratio
from optimiser.training.held_out import HeldOut
from optimiser.training.protocols import FOLDS
from optimiser.training.scores import winkler
from optimiser.variables import Bools, Floats, Ints

#: Numbers of own experiments from which plants learn while parts are sought, and intervals calibrated.
SOUGHT, LEARNT = (1, 2, 3, 5), (1, 2, 3, 5, 8)
#: Chances of the explanations before any result: tried on the held-out plants (docs/learn.md).
CHANCES = np.array([0.03, 0.07, 0.87, 0.03])
#: Key of what all plants say, among what those of other folds do.
ALL = -1
#: Rows of one experiment that count while parts are sought: first, middle, last.
_ROWS = 3
_LEAST = 3  # experiments of a study that takes part
_DRAWS = 2  # per study and number
_BUDGET = 300  # predictions of all plants while parts are sought
_STEP = 0.4  # of the search at its start, in logarithms
_PULL = 0.02  # towards the start, as a share of the loss per squared unit of logarithm
_TRIALS = 10  # draws per study and number by which intervals are calibrated
_EXPONENTS = np.arange(0.0, 1.5001, 0.05)
_KEPT = 900  # rows of errors, as many as the base keeps
_SEED = 0

#: Where the search for the parts starts: a laboratory is off by ten points, and so on.
START = Parts(
    offset=0.10,
    metal_offset=0.07,
    smooth=0.15,
    metal_smooth=0.06,
    slope=0.27,
    metal_slope=0.05,
    run=0.02,
    metal_run=0.01,
    noise=0.04,
)
_NAMES = tuple(f.name for f in fields(Parts) if f.name != "level")
#: Of an error, where repeats of a condition leave no doubt at all.
_LEAST_SCALE = 1e-9


@dataclass(frozen=True)
class Plant:
    """A held-out study of n rows, as if it were a user's plant.

    Attributes:
        fold: of the held-out predictions.
        rows: setpoints, feed, measured and predicted yields; one run per experiment.
        bare: scale of the errors of the predictions as inside the domain, shape (n, 4).
        distance: to the published experiments, as a share of the domain's limit, shape (n,).
        disagreement: of the members, likewise, shape (n, 4).
        limit: of the domain's distance.
        growth: of the fold's calibration.
        index: of the rows in the training table, shape (n,).
        acid: key of the acid.
        number: of the study.
    """

    fold: int
    rows: OwnRows
    bare: Floats
    distance: Floats
    disagreement: Floats
    limit: float
    growth: float
    index: Ints
    acid: str
    number: int

    @property
    def experiments(self) -> Ints:
        """Numbers of the experiments, shape (e,)."""
        return np.unique(self.rows.run)

    def thinned(self) -> Plant:
        """Return the plant with a few rows of each experiment."""
        kept = []
        for run in self.experiments:
            mine = np.flatnonzero(self.rows.run == run)
            kept.append(mine[np.unique(np.linspace(0, len(mine) - 1, _ROWS).round().astype(np.intp))])
        rows = np.sort(np.concatenate(kept))
        own = {name: getattr(self, name)[rows] for name in ("bare", "distance", "disagreement", "index")}
        return replace(self, rows=self.rows.take(rows), **own)

    def scale(self, own: Bools, after: Posterior) -> Floats:
        """Return the scale of all rows' errors after own results, before it narrows, shape (n, 4)."""
        far = self.distance
        if own.any():
            place = self.rows.place
            square = ((place[:, None] - place[None, own]) ** 2).sum(axis=2)
            far = np.minimum(far, nearest(square, 1) / (OWN_REACH * self.limit))
        doubt = self.disagreement * np.minimum(after.remaining, 1.0)
        wide = widening(np.maximum(far, np.nanmean(doubt, axis=1)), self.growth)
        return np.asarray(self.bare * wide[:, None], dtype=np.float64)


def plants(evidence: Evidence, held: Mapping[str, HeldOut], protocol: str = "study") -> list[Plant]:
    """Return every study as a plant, predicted and calibrated by what holds it out.

    A study of several feeds or options, which cathode studies are not, is a plant of each.
    """
    table, study, domain = evidence.table, held[protocol], evidence.domain
    found = nested(evidence, held, protocol)
    far = ratio(evidence, study)
    disagreement = np.where(table.present, study.disagreement, np.nan) / domain.disagreement_limit
    bare, growth = np.full_like(found.expected, np.nan), np.full(len(table), np.nan)
    for rows, calibration, scale in found.folds:
        bare[rows] = scale / widening(far[rows], calibration.growth)[:, None]
        growth[rows] = calibration.growth
    yields = np.where(table.present, table.yields, np.nan)
    place = domain.space.place(table.continuous) / domain.scale
    told, keys = [], np.array(table.keys)
    fed = np.array(table.feed_name) if isinstance(table, SystemTable) else np.zeros(len(table), dtype=str)
    groups = pd.DataFrame({"study": table.studies, "acid": keys, "feed": fed}).groupby(
        ["study", "acid", "feed"]
    )
    for together in groups.indices.values():
        mine = np.flatnonzero(np.isin(np.arange(len(table)), together) & study.tested)
        if not len(mine):
            continue
        own = OwnRows(
            place[mine],
            table.feed[mine],
            table.experiments[mine],
            found.expected[mine],
            hardness(bare[mine]),
            yields[mine],
            np.full(len(mine), np.nan),
        )
        told.append(
            Plant(
                fold=int(study.fold[mine[0]]),
                rows=own,
                bare=bare[mine],
                distance=study.distance[mine] / domain.distance_limit,
                disagreement=disagreement[mine],
                limit=domain.distance_limit,
                growth=float(growth[mine[0]]),
                index=mine,
                acid=str(keys[mine[0]]),
                number=int(table.studies[mine[0]]),
            )
        )
    return told


def draws(plant: Plant, own: int, number: int, rng: np.random.Generator) -> Iterator[Bools]:
    """Yield which rows of a plant are its own results, for some draws of so many experiments, shape (n,)."""
    runs = plant.experiments
    for _ in range(number):
        yield np.isin(plant.rows.run, rng.permutation(runs)[:own])


def after(prior: Prior, plant: Plant, own: Bools) -> Posterior:
    """Return the yields of all rows of a plant after some of them are known."""
    if not own.any():
        return Posterior(plant.rows.mean, np.ones_like(plant.rows.mean), 0.0)
    seen = learn_rows(prior, plant.rows.take(own)).seen_from(plant.rows.feed[0])
    return seen.posterior(plant.rows.place, plant.rows.mean, plant.rows.hard)


def fit_prior(known: Sequence[Plant], budget: int = _BUDGET) -> Prior:
    """Return the parts and lengths with which plants are predicted best from a few own experiments.

    Halfway from where the search starts to where it ends, in logarithms: beyond that, what it gains on the
    plants that it looks at is not gained on others (docs/learn.md).

    Args:
        known: the plants that may be looked at.
        budget: of the search, in predictions of all plants.

    Returns:
        Without the scores of errors: see :func:`calibrated`.
    """
    import cma

    rng = np.random.default_rng(_SEED)
    thin = [plant.thinned() for plant in known if len(plant.experiments) >= _LEAST]
    tests = [
        (plant, own)
        for plant in thin
        for number in SOUGHT
        if number < len(plant.experiments)
        for own in draws(plant, number, _DRAWS, rng)
    ]
    only = np.eye(len(EXPLANATIONS))[EXPLANATIONS.index("residual")]

    def loss(vector: Floats) -> float:
        prior = _prior(vector, only)
        every = [missed(after(prior, plant, own), plant, own) for plant, own in tests]
        errors = np.concatenate([error[~np.isnan(error)] for error in every])
        return float(np.abs(errors).mean() + np.sqrt((errors**2).mean()))

    start = np.log([*(getattr(START, name) for name in _NAMES), *np.ones(5)])
    pull = _PULL * loss(start)
    search = cma.CMAEvolutionStrategy(start, _STEP, {"maxfevals": budget, "verbose": -9, "seed": _SEED + 1})
    search.optimize(lambda v: loss(v) + pull * float(np.mean((v - start) ** 2)))
    return _prior((start + np.asarray(search.result.xbest)) / 2.0, CHANCES)


def missed(found: Posterior, plant: Plant, own: Bools) -> Floats:
    """Return measured less expected yields of the rows that are not own results, shape (k, 4)."""
    return np.asarray((plant.rows.yields - found.mean.clip(0.0, 1.0))[~own], dtype=np.float64)


def nested_priors(known: Sequence[Plant], budget: int = _BUDGET) -> dict[int, Prior]:
    """Return for each fold what the plants of the other folds say, and under -1 what all do.

    Takes minutes: the six searches run side by side on all processors.
    """
    from joblib import Parallel, delayed

    folds = [*range(FOLDS), ALL]
    found = Parallel(-1)(delayed(fit_prior)([p for p in known if p.fold != fold], budget) for fold in folds)
    return dict(zip(folds, found, strict=True))


@dataclass(frozen=True)
class Trial:
    """What a plant's other rows turn out to be after a draw of own experiments.

    Attributes:
        fold, plant: numbers of the fold and the study.
        own: number of own experiments.
        index: of the rows in the training table, shape (k,).
        mean: expected yields of the k rows, shape (k, 4).
        bare: scale of their errors without the narrowing, likewise.
        remaining: share of the doubt that is left, likewise.
        yields: measured, NaN where not, likewise.
    """

    fold: int
    plant: int
    own: int
    index: Ints
    mean: Floats
    bare: Floats
    remaining: Floats
    yields: Floats


def trials(
    known: Sequence[Plant],
    priors: Mapping[int, Prior],
    numbers: Sequence[int],
    number: int,
    rng: np.random.Generator,
    least: int = 0,
) -> list[Trial]:
    """Return what happens in some draws of own experiments of every plant.

    Args:
        known: the plants.
        priors: by fold, as :func:`nested_priors` gives them.
        numbers: of own experiments; a plant takes part while one experiment is left to predict.
        number: of draws of each.
        rng: draws them.
        least: experiments that a plant must have.
    """
    told = []
    for plant in known:
        for own_number in numbers:
            if len(plant.experiments) < max(least, own_number + 1):
                continue
            prior = priors[plant.fold]
            for own in draws(plant, own_number, number if own_number else 1, rng):
                found, rest = after(prior, plant, own), ~own
                parts = found.mean.clip(0.0, 1.0), plant.scale(own, found), found.remaining, plant.rows.yields
                told.append(
                    Trial(plant.fold, plant.number, own_number, plant.index[rest], *(p[rest] for p in parts))
                )
    return told


def calibrated(prior: Prior, of: Sequence[Trial], rng: np.random.Generator) -> Prior:
    """Return a prior with the errors of trials, and the exponent by which intervals narrow as doubt shrinks.

    The exponent is that with the best mean interval score (Gneiting and Raftery 2007) at 90 %.

    Args:
        prior: as :func:`fit_prior` gives it.
        of: trials of the plants that may be looked at, with own experiments.
        rng: draws which errors are kept.
    """
    mean, bare, remaining, yields = (
        np.concatenate([getattr(each, name) for each in of])
        for name in ("mean", "bare", "remaining", "yields")
    )
    error = yields - mean
    known = ~np.isnan(error)
    found = []
    for exponent in _EXPONENTS:
        scale = np.maximum((bare * remaining**exponent)[known], _LEAST_SCALE)
        ends = np.quantile(error[known] / scale, tails(INTERVAL_LEVEL))
        low, high = ((mean[known] + end * scale).clip(0.0, 1.0) for end in ends)
        found.append(float(winkler(yields[known], low, high, INTERVAL_LEVEL).mean()))
    width = float(_EXPONENTS[int(np.argmin(found))])
    rows = np.flatnonzero(known.any(axis=1))
    kept = np.sort(rng.choice(rows, min(_KEPT, len(rows)), replace=False))
    scores = (error / np.maximum(bare * remaining**width, _LEAST_SCALE))[kept]
    return replace(prior, widths=np.array([width]), scores=scores)


def learning_prior(
    evidence: Evidence, held: Mapping[str, HeldOut], budget: int = _BUDGET
) -> tuple[Prior, dict[int, Prior]]:
    """Return what all published studies say of a plant, and for each fold what the others do.

    Args:
        evidence: of the training table.
        held: predictions by protocol.
        budget: of each search.
    """
    known = plants(evidence, held)
    priors = nested_priors(known, budget)
    found = trials(known, priors, LEARNT, _TRIALS, np.random.default_rng(_SEED))

    def finished(fold: int) -> Prior:
        others = [trial for trial in found if trial.fold != fold]
        return calibrated(priors[fold], others, np.random.default_rng(_SEED))

    return finished(ALL), {fold: finished(fold) for fold in range(FOLDS)}


def _prior(vector: Floats, chances: Floats) -> Prior:
    numbers = np.exp(vector)
    residual = Parts(**dict(zip(_NAMES, numbers[: len(_NAMES)].tolist(), strict=True)))
    return Prior(
        parts=parts_of(residual),
        chances=chances,
        lengths=numbers[len(_NAMES) :],
        widths=np.ones(1),
        scores=np.empty((0, 4)),
    )


def parts_of(residual: Parts) -> tuple[Parts, ...]:
    """Return the parts of every explanation, from those of the residual process."""
    variance = residual.smooth**2 + residual.slope**2 / 12.0
    each = residual.metal_smooth**2 + residual.metal_slope**2 / 12.0
    # what has no pattern is an error of each run
    rough = replace(
        residual,
        smooth=0.0,
        metal_smooth=0.0,
        slope=0.0,
        metal_slope=0.0,
        run=float(np.hypot(residual.run, np.sqrt(variance))),
        metal_run=float(np.hypot(residual.metal_run, np.sqrt(each))),
    )
    nothing = replace(
        rough,
        offset=0.0,
        metal_offset=0.0,
        run=float(np.hypot(rough.run, rough.offset)),
        metal_run=float(np.hypot(rough.metal_run, rough.metal_offset)),
    )
    own = replace(residual, offset=0.2, smooth=0.25, metal_smooth=0.1, slope=0.0, metal_slope=0.0, level=0.7)
    return nothing, rough, residual, own
