"""How much doubt a set of experiments is expected to take from a design, before any of them is done.

The doubt that a Gaussian process keeps does not depend on what the results turn out to be, only on where
they are. So it can be told beforehand, with the explanations weighed as they are now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from optimiser.learning.drawing import composition_of, learned_of, place_in, published
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import METRICS
from optimiser.problem.yields import predicted_metals, yield_interval
from optimiser.surrogate.calibration import INTERVAL_LEVEL
from optimiser.surrogate.joint import expecting, narrowed
from optimiser.surrogate.residuals import OwnRows, Prior
from optimiser.variables import Designs, Floats, Ints

_NODES = 64  # of the quadrature over what the results may say


@dataclass(frozen=True)
class Ends:
    """90 % interval of a metric now, and as expected after the experiments."""

    value: float
    low: float
    high: float
    low_after: float
    high_after: float

    @property
    def share(self) -> float:
        """Width afterwards as a share of that now; 1 where there is none."""
        width = self.high - self.low
        return (self.high_after - self.low_after) / width if width > 0.0 else 1.0


@dataclass(frozen=True)
class Doubt:
    """Doubt about one design, now and as expected after some experiments.

    Attributes:
        metrics: intervals of the objectives and of recovery, by metric.
        scale: factor on the scale of the errors of the yields, by metal; NaN for absent ones, shape (4,).
        chance: that all targets hold at once, now; NaN without targets.
        wrong, wrong_after: chance to be wrong about whether they hold, if the likelier is believed.
    """

    metrics: dict[str, Ends]
    scale: Floats
    chance: float
    wrong: float
    wrong_after: float


def doubt(problem: BoundProblem, design: Evaluation, experiments: Designs, run: Ints, prior: Prior) -> Doubt:
    """Return the doubt about a design, now and after some experiments.

    Args:
        problem: bound.
        design: one design, evaluated.
        experiments: n rows that will be measured, metals of the feed all.
        run: number of the leach that each is sampled from, shape (n,).
        prior: of `drawing.prior_of`.
    """
    surrogate, known = problem.surrogate, len(predicted_metals(problem.surrogate))
    factor = np.ones((1, known))
    rows = np.flatnonzero(experiments.acid == design.designs.acid[0])
    if len(rows):
        same = experiments.take(rows)
        both = Designs.joined([design.designs, same])
        base, hard = published(problem, both, problem.predict(both))
        place = place_in(problem, int(design.designs.acid[0]), both.continuous)
        composition = composition_of(problem)
        key = problem.acids[int(design.designs.acid[0])].key
        before = learned_of(surrogate, prior, key)
        feed, unstated = np.tile(composition, (len(rows), 1)), np.full(len(rows), np.nan)
        new = OwnRows(place[1:], feed, run[rows], base[1:], hard[1:], base[1:], unstated)
        factor = narrowed(before, expecting(before, new), composition, place[:1], base[:1], hard[:1])
    told = design.prediction
    scale = told.scale.copy()
    scale[:, :known] *= factor
    low, high = yield_interval(
        surrogate, problem.feed, replace(told, scale=scale, location=None), INTERVAL_LEVEL
    )
    ends = [problem.outcome_of(design.designs, one) for one in (low, high)]
    metrics = {}
    told_too = ["recovery"] if "recovery" in problem.metrics else []
    for name in dict.fromkeys([*(o.metric for o in problem.objectives), *told_too]):
        value = float(design.metrics[name][0])
        after = [float(METRICS[name].compute(end)[0]) for end in ends]
        now = float(design.metrics_low[name][0]), float(design.metrics_high[name][0])
        metrics[name] = Ends(value, *now, min(value, *after), max(value, *after))
    if not problem.targets:
        return Doubt(metrics, factor[0], np.nan, np.nan, np.nan)
    chance = float(design.p_feasible[0])
    asked = ~np.isnan(problem.targets_array[:known])
    explained = 1.0 - float(np.nanmean(factor[0, asked] ** 2))
    return Doubt(metrics, factor[0], chance, min(chance, 1.0 - chance), wrong_after(chance, explained))


def wrong_after(chance: float, explained: float) -> float:
    """Return the chance to be wrong about a yes or no after results that explain a share of its variance.

    What decides is taken to be normal, and yes above a threshold; results tell a part of it, and the likelier
    answer is believed.

    Args:
        chance: of yes, now.
        explained: share of the variance, 0 to 1.

    Examples:
        >>> round(wrong_after(0.3, 0.0), 6), round(wrong_after(0.3, 1.0), 6)
        (0.3, 0.0)
    """
    if not 0.0 < chance < 1.0 or explained <= 0.0:
        return min(chance, 1.0 - chance)
    if explained >= 1.0:
        return 0.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    told = ndtr((ndtri(chance) + np.sqrt(explained) * nodes) / np.sqrt(1.0 - explained))
    return float(np.minimum(told, 1.0 - told) @ weights / weights.sum())
