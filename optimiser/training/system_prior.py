"""What a system's own held-out predictions say of a plant before its first result.

Of cathodes, some seventy published studies say it, each taken as a plant (`optimiser.training.own_results`).
A table of one's own has a few studies, or one, so that the same parts are estimated by the method of moments
and drawn towards the proportions that they have among cathode studies, which count as `WORTH` plants:

- errors of two experiments of one plant, multiplied, average to the square of what the whole plant is off by;
- those of two responses of one experiment to the square of what all responses of it are off by;
- repeats tell the noise.

Errors count in units of what the calibration expects of them. Where no study was held out, held-out
experiments tell what differs from one experiment to the next, and a plant is off by as much more than that as
cathode plants are. How far results reach in the setpoints, and the chances of the four explanations, are
those of cathodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from optimiser.surrogate.calibration import widening
from optimiser.surrogate.residuals import EXPLANATIONS, Parts, Prior, hardness, pooled_variance
from optimiser.surrogate.site import read_prior
from optimiser.training.calibrate import Evidence
from optimiser.training.held_out import HeldOut
from optimiser.training.own_results import LEARNT, Plant, calibrated, parts_of, plants, trials
from optimiser.variables import Floats, Ints

#: Plants that the proportions among cathode studies count as.
WORTH = 4.0
#: Feeds that are not the same share nothing: no table of one's own tells how far results reach between them.
_SAME_FEED = 1e-6
_LEAST_PART = 0.005
#: Draws of each plant by which intervals are calibrated, and rows of errors below which the base's own stand.
_TRIALS, _LEAST_ERRORS = 4, 40
_SEED = 0


def system_prior(evidence: Evidence, held: Mapping[str, HeldOut], scores: Floats) -> Prior:
    """Return what is known of a plant before its first result, from held-out predictions.

    Args:
        evidence: of the system's table.
        held: predictions by protocol; ``study`` is used where studies were held out.
        scores: of the base's calibration, shape (n, m), which stand where too few plants tell.
    """
    studies = "study" in held and held["study"] is not held["experiment"]
    protocol = "study" if studies and len(np.unique(evidence.table.studies)) > 1 else "experiment"
    known = [plant for plant in plants(evidence, held, protocol) if len(plant.experiments) > 1]
    repeats = pooled_variance(evidence.table.yields, conditions_of(evidence))
    level = float(np.nanmean(evidence.table.yields))

    def prior(of: Sequence[Plant]) -> Prior:
        return _prior(of, repeats, level, evidence.table.continuous.shape[1], protocol == "study")

    whole = prior(known)
    folds = {plant.fold: prior([p for p in known if p.fold != plant.fold]) for plant in known}
    found = trials(known, folds, LEARNT, _TRIALS, np.random.default_rng(_SEED))
    errors = sum(int((~np.isnan(trial.yields)).any(axis=1).sum()) for trial in found)
    if errors < _LEAST_ERRORS:
        return replace(whole, scores=scores)
    return calibrated(whole, found, np.random.default_rng(_SEED))


def conditions_of(evidence: Evidence) -> Ints:
    """Return the number of each row's conditions, the same for repeats, shape (n,)."""
    table = evidence.table
    _, number = np.unique(np.column_stack([table.experiments, table.continuous]), axis=0, return_inverse=True)
    return np.asarray(number, dtype=np.intp)


def moments(known: Sequence[Plant]) -> tuple[Floats, int]:
    """Return variances of what plants are off by, and how many plants of two experiments tell.

    Args:
        known: the plants.

    Returns:
        Of the whole plant: all responses together, and each; of an experiment: likewise, shape (4,). In units
        of `residuals.hardness` of the errors' expected scale, outside the domain included; NaN where nothing
        tells.
    """
    told = []
    for plant in known:
        rows = plant.rows
        # by what is expected where they were made: a study is often outside the domain of the others
        far = np.maximum(plant.distance, np.nanmean(plant.disagreement, axis=1))
        scale = plant.bare * widening(far, plant.growth)[:, None]
        error = (rows.yields - rows.mean.clip(0.0, 1.0)) / hardness(scale)
        mean = np.array([_mean(error[rows.run == run]) for run in plant.experiments])
        there = (~np.isnan(mean)).astype(np.float64)
        value = np.nan_to_num(mean)
        # sums of products of pairs: of all, of one experiment, of one response, of a value with itself
        sums = np.array(
            [
                (of.sum() ** 2, (of.sum(axis=1) ** 2).sum(), (of.sum(axis=0) ** 2).sum(), (of**2).sum())
                for of in (value, there)
            ]
        )
        every, row, column, itself = sums.T
        pairs = np.array([every - row - column + itself, column - itself, row - itself, itself])
        with np.errstate(invalid="ignore", divide="ignore"):
            told.append(np.where(pairs[:, 1] > 0.0, pairs[:, 0] / pairs[:, 1], np.nan))
    if not told:
        return np.full(4, np.nan), 0
    apart, same_response, same_experiment, itself = (_mean(each) for each in np.array(told).T)
    apart = apart if np.isfinite(apart) else same_response  # of a single response
    same_experiment = same_experiment if np.isfinite(same_experiment) else itself
    variance = (
        apart,
        same_response - apart,
        same_experiment - apart,
        itself - same_experiment - same_response + apart,
    )
    return np.maximum(variance, 0.0), len(told)


def _prior(
    known: Sequence[Plant], repeats: tuple[float, int], level: float, setpoints: int, studies: bool
) -> Prior:
    usual = read_prior()[0]
    cathode = usual.parts[EXPLANATIONS.index("residual")]
    shared = np.array([cathode.smooth, cathode.slope / np.sqrt(12.0), cathode.run])
    each = np.array([cathode.metal_smooth, cathode.metal_slope / np.sqrt(12.0), cathode.metal_run])
    proportions = np.array(
        [cathode.offset**2, cathode.metal_offset**2, (shared**2).sum(), (each**2).sum() + cathode.noise**2]
    )
    found, number = moments(known)
    if number and np.isfinite(found).all():
        counted = proportions if studies else proportions[2:]
        size = float(found.sum() / counted.sum())
        if not studies:  # what a plant is off by cannot be seen among experiments of one study
            found = np.append(size * proportions[:2], found[2:])
        proportions = (number * found + WORTH * size * proportions) / (number + WORTH)
    variance, freedom = repeats
    noise = np.sqrt((WORTH * cathode.noise**2 + freedom * variance) / (WORTH + freedom))
    together = np.sqrt(proportions[2] / (shared**2).sum())
    alone = np.sqrt(max(proportions[3] - noise**2, 0.0) / (each**2).sum())
    residual = Parts(
        offset=_part(np.sqrt(proportions[0])),
        metal_offset=_part(np.sqrt(proportions[1])),
        smooth=_part(together * cathode.smooth),
        metal_smooth=_part(alone * cathode.metal_smooth),
        slope=_part(together * cathode.slope),
        metal_slope=_part(alone * cathode.metal_slope),
        run=_part(together * cathode.run),
        metal_run=_part(alone * cathode.metal_run),
        noise=_part(noise),
    )
    *others, own = parts_of(residual)
    return replace(
        usual,
        parts=(*others, replace(own, level=level)),
        lengths=np.full(setpoints, np.exp(np.log(usual.lengths).mean())),
        feed_reach=_SAME_FEED,
    )


def _part(size: float) -> float:
    return float(max(size, _LEAST_PART))


def _mean(values: Floats) -> Floats:
    """Return the mean of what is known along the first axis, NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0), dtype=np.float64)
