"""Fit the calibration on held-out experiments, and its growth outside the domain on held-out studies.

Measured nested: the folds that calibrate are not the fold that is measured.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser.surrogate.calibration import (
    GROUP_PRIOR,
    INTERVAL_LEVEL,
    STRETCH,
    Calibration,
    kernel,
    level_terms,
    shrunk,
    stretched,
    tails,
    terms,
    widening,
)
from optimiser.surrogate.domain import Domain, fit_domain
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.table import SystemTable
from optimiser.training.held_out import HeldOut
from optimiser.variables import Bools, Floats

_FLOOR = 0.005  # added to absolute errors before their logarithmic fit
_SHRINKAGE = 0.01  # ridge penalty on the standardised terms of the scale
_STRETCHES = np.linspace(1.0, 1.1, 11)
_GROWTH = np.arange(0.0, 6.0001, 0.05)


@dataclass(frozen=True)
class Evidence:
    """How a table's rows relate to its experiments, computed once for any number of calibrations.

    Attributes:
        table: training table of n rows.
        domain: of all its m experiments, with the limits that held-out predictions set.
        square: squared distance of each row to each experiment, infinite where the acid is another, (n, m).
        same_feed: whether an experiment is on the row's feed, shape (n, m).
        own: whether an experiment is the row's own, shape (n, m).
        same_study: whether an experiment is the row's own or of its study, shape (n, m).
        stretch: by how much the members' mean is stretched about one half.
    """

    table: Any  # TrainingTable, or SystemTable
    domain: Domain
    square: Floats
    same_feed: Bools
    own: Bools
    same_study: Bools
    stretch: float = STRETCH


def gather(table: TrainingTable | SystemTable, held: Mapping[str, HeldOut]) -> Evidence:
    """Return the evidence of a table with held-out predictions by protocol, which set the domain's limits."""
    outside = furthest(held)
    apart = np.where(table.present, outside.disagreement, np.nan)
    apart = apart[~np.isnan(apart).all(axis=1)]
    domain = fit_domain(table, np.arange(len(table)))
    domain = domain.limited(held["experiment"].distance, np.nanmean(apart, axis=1))
    n, m = len(table), len(domain.acid)
    keys = table.keys
    square, same_feed = np.full((n, m), np.inf), np.zeros((n, m), dtype=bool)
    for row in range(n):
        near = domain.near(table.feed[row], keys[row])
        square[row, near.of_acid] = near.square_distances(table.continuous[[row]])[0]
        same_feed[row, near.of_feed] = True
    own = table.experiments[:, None] == np.arange(m)
    # an experiment that the table lists twice is in two studies
    study = np.zeros((m, int(table.studies.max()) + 1), dtype=bool)
    study[table.experiments, table.studies] = True
    together = own | study[:, table.studies].T
    return Evidence(table, domain, square, same_feed, own, together, _stretch(table, held["experiment"]))


def _stretch(table: TrainingTable | SystemTable, held: HeldOut) -> float:
    """Return by how much yields are stretched: as chosen for cathodes, else what errs least held out.

    One number of the whole table: held-out figures hang on it too little to set it fold by fold.
    """
    if table.system.is_cathode:
        return STRETCH
    errors = [np.nanmean(np.abs(stretched(held.mean, by) - table.yields)) for by in _STRETCHES]
    return float(_STRETCHES[int(np.argmin(errors))])


def furthest(held: Mapping[str, HeldOut]) -> HeldOut:
    """Return what is held out furthest from the data: studies, or experiments of a table with one study."""
    return held.get("study", held["experiment"])


def calibrate(evidence: Evidence, experiment: HeldOut, study: HeldOut, rows: Bools) -> Calibration:
    """Fit a calibration.

    Args:
        evidence: of the training table.
        experiment: predictions with experiments held out.
        study: predictions with studies held out; with experiments, where there is one study.
        rows: which rows' errors may be used, shape (n,).
    """
    table = evidence.table
    counted = table.present & rows[:, None] & experiment.predicted
    mean = stretched(experiment.mean, evidence.stretch)
    residual = np.where(counted, table.yields - mean, np.nan)
    errors = experiment_errors(evidence, residual)
    mean_error = float(np.nanmean(errors))
    around = neighbours(evidence, errors, evidence.own)
    design = terms(mean, experiment.spread, experiment.disagreement, *around)
    coefficients = _fit_scale(design[counted], np.abs(residual[counted]))
    scores = residual / np.exp(design @ coefficients)
    known = np.arange(len(evidence.domain.acids))[:, None] == evidence.domain.acid
    bare = Calibration(
        errors=errors,
        acid_errors=shrunk(known.astype(np.float64), errors, mean_error, GROUP_PRIOR),
        mean_error=mean_error,
        coefficients=coefficients,
        level=_fit_scale(design[counted][:, level_terms(table.yields.shape[1])], np.abs(residual[counted])),
        scores=scores[rows],
        growth=0.0,
        stretch=evidence.stretch,
    )
    return replace(bare, growth=_growth(evidence, bare, study, rows))


@dataclass(frozen=True)
class Nested:
    """Calibrated yields of n held-out rows, each fold calibrated on the rows outside it.

    Attributes:
        expected: yields, NaN where untested or the metal is absent, shape (n, 4).
        folds: of each fold, which rows it tests, the calibration, and the scale of their errors, (rows, 4).
    """

    expected: Floats
    folds: tuple[tuple[Bools, Calibration, Floats], ...]

    def ask(self, question: Callable[[Calibration, Floats, Floats], Floats]) -> Floats:
        """Return what each fold's calibration answers on expected yields and scales, NaN where untested."""
        answers = [(rows, question(found, self.expected[rows], scale)) for rows, found, scale in self.folds]
        out = np.full((len(self.expected), *answers[0][1].shape[1:]), np.nan)
        for rows, answer in answers:
            out[rows] = answer
        return out

    def quantile(self, p: float) -> Floats:
        """Return the yields that are not reached with probability ``p``, shape (n, 4)."""
        return self.ask(lambda found, expected, scale: found.quantile(expected, scale, p))

    def intervals(self, levels: Sequence[float]) -> Floats:
        """Return low and high yields of the interval at each level, shape (n, 4, levels, 2)."""
        ends = [[self.quantile(p) for p in tails(level)] for level in levels]
        return np.moveaxis(np.array(ends), (0, 1), (2, 3))


def nested(evidence: Evidence, held: Mapping[str, HeldOut], protocol: str) -> Nested:
    """Return the calibrated yields of a protocol's test rows.

    Args:
        evidence: of the training table.
        held: predictions by protocol; those of experiments and studies calibrate whatever is measured.
        protocol: whose test rows.
    """
    measured = held[protocol]
    centre = stretched(measured.mean, evidence.stretch)
    expected, folds = np.full_like(centre, np.nan), []
    for fold in range(int(measured.fold.max()) + 1):
        rows = measured.fold == fold
        found = calibrate(evidence, held["experiment"], furthest(held), ~rows)
        expected[rows] = found.expected(centre[rows])
        folds.append((rows, found, held_out_scale(evidence, found, measured, evidence.own)[rows]))
    return Nested(expected, tuple(folds))


def held_out_scale(evidence: Evidence, found: Calibration, held: HeldOut, without: Bools) -> Floats:
    """Return the scale of held-out rows' errors, shape (n, 4).

    Args:
        evidence: of the training table.
        found: calibration; its errors are NaN for experiments that may not be known.
        held: predictions of the rows.
        without: experiments that a row may not look at, shape (n, m).
    """
    around = neighbours(evidence, found.errors, without)
    mean = stretched(held.mean, evidence.stretch)
    design = terms(mean, held.spread, held.disagreement, *around)
    wider = widening(ratio(evidence, held), found.growth)
    return np.asarray(np.exp(design @ found.coefficients) * wider[:, None], dtype=np.float64)


def ratio(evidence: Evidence, held: HeldOut) -> Floats:
    """Return the domain's ratio of held-out rows, at most 1 inside, NaN where untested, shape (n,)."""
    out = np.full(len(held.fold), np.nan)
    rows = held.tested
    rows = rows & (evidence.table.present & held.predicted).any(axis=1)
    disagreement = np.where(evidence.table.present, held.disagreement, np.nan)[rows]
    out[rows] = evidence.domain.ratio(held.distance[rows], disagreement)
    return out


def experiment_errors(evidence: Evidence, residual: Floats) -> Floats:
    """Return the mean absolute error of each experiment, NaN where it has none, shape (m,)."""
    size = np.abs(residual)
    has = ~np.isnan(size)
    total = evidence.own.T.astype(np.float64) @ np.where(has, size, 0.0).sum(axis=1)
    number = evidence.own.T.astype(np.float64) @ has.sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1.0), np.nan)


def neighbours(evidence: Evidence, errors: Floats, without: Bools) -> tuple[Floats, Floats, Floats]:
    """Return the mean error of experiments near each row, with its acid, and on its feed, shape (n,) each."""
    allowed = ~without
    mean_error = float(np.nanmean(errors))
    local = shrunk(kernel(evidence.square) * allowed, errors, mean_error)
    groups = (np.isfinite(evidence.square) & allowed, evidence.same_feed & allowed)
    acid, feed = (shrunk(group.astype(np.float64), errors, mean_error, GROUP_PRIOR) for group in groups)
    return local, acid, feed


def _fit_scale(design: Floats, errors: Floats) -> Floats:
    """Fit the log-linear scale by a Gamma regression of absolute errors; constant first."""
    from sklearn.linear_model import GammaRegressor

    centre, width = design[:, 1:].mean(axis=0), design[:, 1:].std(axis=0)
    width = np.where(width > 0.0, width, 1.0)
    model = GammaRegressor(alpha=_SHRINKAGE, max_iter=1000)
    model.fit((design[:, 1:] - centre) / width, errors + _FLOOR)
    slopes = model.coef_ / width
    return np.append(model.intercept_ - slopes @ centre, slopes)


def _growth(evidence: Evidence, bare: Calibration, study: HeldOut, rows: Bools) -> float:
    """Return the least power that lets intervals outside the domain hold what they claim."""
    far = ratio(evidence, study)
    outside = evidence.table.present & (rows & (far > 1.0))[:, None] & study.predicted
    if not outside.any():
        return 0.0
    row, metal = np.nonzero(outside)
    scale = held_out_scale(evidence, bare, study, evidence.same_study)[row, metal]
    mean = stretched(study.mean, evidence.stretch)
    expected = bare.expected(mean)[row, metal]
    measured = evidence.table.yields[row, metal]

    def held(number: int) -> float:
        wide = scale * widening(far[row], float(_GROWTH[number]))
        low, high = (bare.quantile(expected, wide, p) for p in tails(INTERVAL_LEVEL))
        return float(((low <= measured) & (measured <= high)).mean())

    # wider intervals hold more
    return float(_GROWTH[min(bisect_left(range(len(_GROWTH)), INTERVAL_LEVEL, key=held), len(_GROWTH) - 1)])
