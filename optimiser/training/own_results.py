"""What the published studies say of a plant: each was one plant among the others, and stands for a user's.

A study is held out; a few of its experiments, drawn at random, are a plant's own results, and the others
tell how well these teach (`Plant`). The parts of the residual process are those with which the other studies
are predicted best (empirical Bayes, by prediction instead of by likelihood: rows of one kinetic curve would
outweigh whole experiments). Measured nested: a study is not predicted with parts that it helped to find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from optimiser.surrogate.calibration import widening
from optimiser.surrogate.domain import nearest, place_of
from optimiser.surrogate.residuals import EXPLANATIONS, OwnRows, Parts, Posterior, Prior, learn_rows
from optimiser.training.calibrate import Evidence, nested, ratio
from optimiser.training.held_out import HeldOut
from optimiser.variables import Bools, Floats, Ints

#: Numbers of own experiments from which plants learn while parts are sought.
LEARNT = (1, 2, 3, 5)
#: Rows of one experiment that count while parts are sought: first, middle, last.
_ROWS = 3
_LEAST = 3  # experiments of a study that takes part
_DRAWS = 3  # per study and number
_BUDGET = 400  # of predictions of all plants while parts are sought
_PULL = 0.02  # towards the start, as a share of the loss per squared unit of logarithm
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
    """

    fold: int
    rows: OwnRows
    bare: Floats
    distance: Floats
    disagreement: Floats
    limit: float
    growth: float
    index: Ints

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

    def scale(self, prior: Prior, own: Bools, after: Posterior) -> Floats:
        """Return the scale of the errors of all rows after own results, as a site model has it, (n, 4)."""
        far = self.distance
        if own.any():
            place = self.rows.place
            square = ((place[:, None] - place[None, own]) ** 2).sum(axis=2)
            far = np.minimum(far, nearest(square, 1) / self.limit)
        doubt = self.disagreement * np.minimum(after.remaining, 1.0)
        wide = widening(np.maximum(far, np.nanmean(doubt, axis=1)), self.growth)
        return np.asarray(self.bare * wide[:, None] * prior.narrowing(after.remaining), dtype=np.float64)


def plants(evidence: Evidence, held: Mapping[str, HeldOut]) -> list[Plant]:
    """Return every study as a plant, predicted and calibrated by what holds it out."""
    table, study, domain = evidence.table, held["study"], evidence.domain
    found = nested(evidence, held, "study")
    far = ratio(evidence, study)
    disagreement = np.where(table.present, study.disagreement, np.nan) / domain.disagreement_limit
    bare, growth = np.full_like(found.expected, np.nan), np.full(len(table), np.nan)
    for rows, calibration, scale in found.folds:
        bare[rows] = scale / widening(far[rows], calibration.growth)[:, None]
        growth[rows] = calibration.growth
    yields = np.where(table.present, table.yields, np.nan)
    place = place_of(table.continuous) / domain.scale
    told = []
    for number in np.unique(table.studies):
        mine = np.flatnonzero((table.studies == number) & study.tested)
        if not len(mine):
            continue
        own = OwnRows(
            place[mine],
            table.feed[mine],
            table.experiments[mine],
            found.expected[mine],
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
    return seen.posterior(plant.rows.place, plant.rows.mean)


def fit_prior(known: Sequence[Plant], say: Callable[[str], None] = lambda _: None) -> Prior:
    """Return the parts and lengths with which plants are predicted best from a few own experiments.

    Args:
        known: the plants that may be looked at.
        say: told the loss before and after.

    Returns:
        With even chances of the explanations, and without scores: see :func:`calibrated`.
    """
    import cma

    rng = np.random.default_rng(_SEED)
    thin = [plant.thinned() for plant in known if len(plant.experiments) >= _LEAST]
    tests = [
        (plant, own)
        for plant in thin
        for number in LEARNT
        if number < len(plant.experiments)
        for own in draws(plant, number, _DRAWS, rng)
    ]

    def loss(vector: Floats) -> float:
        prior = _prior(vector)
        errors = []
        for plant, own in tests:
            error = (after(prior, plant, own).mean.clip(0.0, 1.0) - plant.rows.yields)[~own]
            errors.append(error[~np.isnan(error)])
        every = np.concatenate(errors)
        return float(np.abs(every).mean() + np.sqrt((every**2).mean()))

    start = np.log([*(getattr(START, name) for name in _NAMES), *np.ones(5)])
    before = loss(start)
    search = cma.CMAEvolutionStrategy(start, 0.4, {"maxfevals": _BUDGET, "verbose": -9, "seed": _SEED + 1})
    search.optimize(lambda v: loss(v) + _PULL * before * float(np.mean((v - start) ** 2)))
    found = np.asarray(search.result.xbest)
    say(f"mean absolute error with own results: {before:.4f} before, {loss(found):.4f} after")
    return _prior(found)


def _prior(vector: Floats) -> Prior:
    numbers = np.exp(vector)
    residual = Parts(**dict(zip(_NAMES, numbers[: len(_NAMES)].tolist(), strict=True)))
    return Prior(
        parts=_parts(residual),
        chances=np.eye(len(EXPLANATIONS))[EXPLANATIONS.index("residual")],
        lengths=numbers[len(_NAMES) :],
        widths=np.ones(1),
        scores=np.empty((0, 4)),
    )


def _parts(residual: Parts) -> tuple[Parts, ...]:
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
