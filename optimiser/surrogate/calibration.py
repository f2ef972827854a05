"""Calibrated yields: how likely a yield is to reach a target, and any quantile of it.

A conformal predictive system (Vovk et al. 2020, 10.1016/j.neucom.2019.07.110; normalised as in Bostrom et al.
2021, PMLR 152): the errors that the model makes on held-out experiments, each divided by how hard the
design looks, are the distribution of the error of a new design, times how hard that one looks.

How hard a design looks (its scale) is a log-linear model of the members' disagreement, the anchors' spread,
the predicted yield, the metal, and how large errors were on experiments nearby, with the acid, on the feed.
Outside the applicability domain the scale grows with a power of the distance, set on held-out studies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.surrogate.domain import Neighbourhood
from optimiser.variables import Floats, Parted

#: Level of every interval of a yield that is shown; also as texts show it, and as the key of its figures.
INTERVAL_LEVEL = 0.9
INTERVAL_PERCENT = f"{100 * INTERVAL_LEVEL:g} %"
INTERVAL_KEY = f"{INTERVAL_LEVEL:g}"
#: An average of models is drawn to the middle; about 0.5 it is stretched back by this much. Chosen with the
#: other settings on held-out experiments (docs/model.md).
STRETCH = 1.05
_REACH = 0.5  # of the kernel that averages errors of experiments nearby, in units of the domain's distance
_PRIOR = 0.3  # weight of the mean error of all experiments against one experiment right here
#: Experiments' worth of the mean error of all, in that of an acid or a feed.
GROUP_PRIOR = 3.0
_GRID = np.linspace(0.0, 1.0, 1001)  # yields at which expected ones are computed
_NEWTON, _NEAR = 60, 1e-10  # steps at most, and how near the mean has to come
_FARTHEST = 3.0  # ratio beyond which the scale grows no more


@dataclass(frozen=True)
class Calibration(Parted):
    """The errors on held-out experiments, and how to scale them.

    Attributes:
        errors: mean absolute error of each of the domain's experiments, NaN where none counts, shape (m,).
        acid_errors: of each of the domain's acids, drawn to the mean of all, shape (a,).
        mean_error: over all experiments.
        coefficients: of the log-linear scale, in the order of :func:`terms`, constant first, shape (p,).
        level: of the usual scale at a yield, in the order of :func:`terms_of_level`, shape (q,).
        scores: errors divided by scales, NaN for absent metals, shape (n, 4).
        growth: power of the ratio that the scale grows with outside the domain.
        stretch: by how much the members' mean is stretched about one half.
    """

    errors: Floats
    acid_errors: Floats
    mean_error: float
    coefficients: Floats
    level: Floats
    scores: Floats
    growth: float
    stretch: float = STRETCH

    @cached_property
    def ordered(self) -> Floats:
        """All scores, ascending."""
        return np.sort(self.scores[~np.isnan(self.scores)])

    @cached_property
    def _sums(self) -> Floats:
        """Sums of the first scores, one longer than these."""
        return np.append(0.0, np.cumsum(self.ordered))

    def expected(self, centre: Floats) -> Floats:
        """Return the expected yield: the mean of the predictive distribution on 0-1, shape (n, 4).

        At each yield of each metal errors have a usual scale, and so the distribution a usual mean. It rises
        with the centre and depends on nothing else: a response that the model makes monotone stays so, and
        how sure a yield is does not move it.

        Args:
            centre: stretched and clipped yields of the model, shape (..., 4).
        """
        out = np.empty_like(centre)
        for k, means in enumerate(self._curves.T):
            out[..., k] = np.interp(centre[..., k], _GRID, means)
        return out

    @cached_property
    def _curves(self) -> Floats:
        """Expected yields of the metals along the grid, shape (g, 4)."""
        centre = np.repeat(_GRID[:, None], self.scores.shape[1], axis=1)
        return np.maximum.accumulate(self.mean_at(centre, np.exp(terms_of_level(centre) @ self.level)))

    def mean_at(self, location: Floats, scale: Floats) -> Floats:
        """Return the mean of location + scale times the scores, cut to 0-1, shape (n, 4)."""
        ordered, sums = self.ordered, self._sums
        below = np.searchsorted(ordered, -location / scale)
        within = np.searchsorted(ordered, (1.0 - location) / scale)
        total = location * (within - below) + scale * (sums[within] - sums[below]) + (len(ordered) - within)
        return np.asarray(total / len(ordered), dtype=np.float64)

    def within(self, mean: Floats, scale: Floats) -> Floats:
        """Return yields between the means of the distributions about 0 and about 1, shape of ``mean``."""
        low, high = (self.mean_at(np.full_like(scale, end), scale) for end in (0.0, 1.0))
        return np.clip(mean, low, high)

    def location(self, expected: Floats, scale: Floats) -> Floats:
        """Return where the distribution of a scale has to lie for its mean to be the expected yield, (n, 4).

        By Newton's method, whose slope is the share of the distribution between 0 and 1, within bounds that
        close in.
        """
        ordered = self.ordered
        low, high = -scale * ordered[-1], 1.0 - scale * ordered[0]
        found = np.clip(expected, low, high)
        for _ in range(_NEWTON):
            short = expected - self.mean_at(found, scale)
            if not (np.abs(short) > _NEAR).any():
                break
            low, high = np.where(short > 0.0, found, low), np.where(short < 0.0, found, high)
            within = np.searchsorted(ordered, (1.0 - found) / scale) - np.searchsorted(
                ordered, -found / scale
            )
            step = found + short * len(ordered) / np.maximum(within, 1)
            found = np.where((step > low) & (step < high), step, (low + high) / 2.0)
        return np.where(np.isnan(expected), np.nan, found)

    def scale(
        self,
        mean: Floats,
        spread: Floats,
        disagreement: Floats,
        near: Neighbourhood,
        continuous: Floats,
    ) -> Floats:
        """Return the scale of each design's and metal's error inside the domain; see :func:`widening`.

        Args:
            mean: stretched and clipped yields, shape (n, 4).
            spread: of the anchors, shape (n, 4).
            disagreement: of the members, shape (n, 4).
            near: experiments with the designs' acid.
            continuous: the designs' variables, shape (n, 5).
        """
        local, acid = np.full(len(mean), self.mean_error), self.mean_error
        feed = group_error(self.errors[near.of_feed], self.mean_error)
        if len(near.of_acid):
            weight = kernel(near.square_distances(continuous))
            local = shrunk(weight, self.errors[near.of_acid], self.mean_error)
            acid = self.acid_errors[near.acid]
        bare = np.exp(
            terms(mean, spread, disagreement, local, np.full(len(mean), acid), np.full(len(mean), feed))
            @ self.coefficients
        )
        return np.asarray(bare, dtype=np.float64)

    def quantile(self, expected: Floats, scale: Floats, p: float, location: Floats | None = None) -> Floats:
        """Return the p-quantile of each yield, clipped to 0-1, shape (n, 4).

        Here and below ``location`` may be given, as :meth:`location` returns it, where it is known.

        Below one half the lower, above it the upper of the two scores beside: intervals err on the wide side.
        """
        score = np.quantile(self.ordered, p, method="lower" if p < 0.5 else "higher")
        found = self._at(expected, scale, location) + score * scale
        return np.asarray(found.clip(0.0, 1.0), dtype=np.float64)

    def probability(
        self, expected: Floats, scale: Floats, target: float, location: Floats | None = None
    ) -> Floats:
        """Return the probability that each yield is at least a target, shape (n, 4)."""
        ordered = self.ordered
        need = (target - self._at(expected, scale, location)) / scale
        reached = (len(ordered) - np.searchsorted(ordered, need, side="left")) / len(ordered)
        return np.where(np.isnan(expected), np.nan, 1.0 if target <= 0.0 else reached)

    def joint_probability(
        self, expected: Floats, scale: Floats, targets: Floats, location: Floats | None = None
    ) -> Floats:
        """Return the probability that every yield reaches its target at once.

        The share of held-out rows whose own scores, taken together, would keep the design above all targets:
        errors of the metals in one leach go together, and so do their scores.

        Args:
            expected: yields, shape (n, 4).
            scale: of their errors, shape (n, 4).
            targets: NaN where a metal has none, shape (4,).

        Returns:
            Shape (n,); 1 without a target.
        """
        asked = np.flatnonzero(targets > 0.0)
        if not len(asked):
            return np.ones(len(expected))
        centre, scale = self._at(expected, scale, location)[:, asked], scale[:, asked]
        need = (targets[asked] - centre) / scale
        scores = self._together(asked)
        return np.asarray((scores[None] >= need[:, None]).all(axis=2).mean(axis=1), dtype=np.float64)

    def slacks(
        self,
        expected: Floats,
        scale: Floats,
        targets: Floats,
        location: Floats | None = None,
        number: int | None = None,
    ) -> Floats:
        """Return the least amount by which yields exceed their targets with each held-out row's errors.

        Args:
            expected: yields, shape (n, 4).
            scale: of their errors, shape (n, 4).
            targets: NaN where a metal has none, shape (4,); at least one is asked.
            location: as :meth:`location` returns it, where it is known.
            number: of rows that stand for all; None for all.

        Returns:
            In no order, shape (n, r).
        """
        asked = np.flatnonzero(~np.isnan(targets))
        scores = self._together(asked) if number is None else self.typical_scores(asked, number)[:, asked]
        centre = self._at(expected, scale, location) - targets
        least = np.full((len(expected), len(scores)), np.inf)
        for column, k in enumerate(asked):
            np.minimum(least, centre[:, k, None] + scale[:, k, None] * scores[:, column], out=least)
        return least

    def drawn(
        self, expected: Floats, scale: Floats, scores: Floats, location: Floats | None = None
    ) -> Floats:
        """Return yields whose errors have the given scores, all metals of a row together, (n, r, 4).

        Args:
            expected: yields, shape (n, 4).
            scale: of their errors, shape (n, 4).
            scores: rows of ``scores``, shape (r, 4).
        """
        centre = self._at(expected, scale, location)[:, None]
        return np.asarray((centre + scale[:, None] * scores[None]).clip(0.0, 1.0), dtype=np.float64)

    def typical_scores(self, metals: npt.NDArray[np.intp], number: int) -> Floats:
        """Return whole rows of scores that stand for all, evenly spaced from bad to good, shape (number, 4).

        Args:
            metals: numbers of the metals that count; the rows have a score of each.
            number: how many rows.
        """
        known = self.scores[~np.isnan(self.scores[:, metals]).any(axis=1)]
        order = np.argsort(known[:, metals].mean(axis=1), kind="stable")
        return known[order[((np.arange(number) + 0.5) * len(known) / number).astype(np.intp)]]

    def _at(self, expected: Floats, scale: Floats, location: Floats | None) -> Floats:
        return self.location(expected, scale) if location is None else location

    def _together(self, metals: npt.NDArray[np.intp]) -> Floats:
        """Return the scores of the rows that have one for each of some metals, shape (r, metals)."""
        scores = self.scores[:, metals]
        return np.asarray(scores[~np.isnan(scores).any(axis=1)], dtype=np.float64)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what an artefact stores, by name."""
        return {
            "calibration_errors": self.errors,
            "calibration_acid_errors": self.acid_errors,
            "calibration_coefficients": self.coefficients,
            "calibration_level": self.level,
            "calibration_scores": self.scores,
            "calibration_numbers": np.array(
                [self.mean_error, self.growth, *([] if self.stretch == STRETCH else [self.stretch])]
            ),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Calibration:
        """Return what :meth:`arrays` stored.

        Raises:
            KeyError: an array is missing.
        """
        names = ("errors", "acid_errors", "coefficients", "level", "scores")
        mean_error, growth, *stretch = map(float, arrays["calibration_numbers"])
        found = {name: arrays[f"calibration_{name}"] for name in names}
        return cls(**found, mean_error=mean_error, growth=growth, stretch=(*stretch, STRETCH)[0])


def reached(slacks: Floats, confidence: float) -> Floats:
    """Return what at least a share ``confidence`` of each row reaches, shape (n,).

    Args:
        slacks: shape (n, r).
        confidence: between 0 and 1.
    """
    rows = slacks.shape[1]
    below = rows - min(max(int(np.ceil(rows * confidence - 1e-9)), 1), rows)
    return np.asarray(np.partition(slacks, below, axis=1)[:, below], dtype=np.float64)


def tails(level: float) -> tuple[float, float]:
    """Return the probabilities below the low and below the high end of an interval.

    Raises:
        ValueError: the level is not between 0 and 1.

    Example:
        >>> tails(0.5)
        (0.25, 0.75)
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, not {level!r}")
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0


def stretched(mean: Floats, by: float = STRETCH) -> Floats:
    """Return yields from the members' mean, stretched about one half and clipped to 0-1."""
    return np.asarray((0.5 + by * (mean - 0.5)).clip(0.0, 1.0), dtype=np.float64)


def squeezed(mean: Floats) -> Floats:
    """Return what :func:`stretched` turns into the given yields: one model is not drawn to the middle."""
    return np.asarray(0.5 + (mean - 0.5) / STRETCH, dtype=np.float64)


def terms(
    mean: Floats, spread: Floats, disagreement: Floats, local: Floats, acid: Floats, feed: Floats
) -> Floats:
    """Return what the logarithm of the scale is linear in, shape (n, 4, 11).

    Args:
        mean: stretched and clipped yields, shape (n, 4).
        spread: of the anchors, shape (n, 4).
        disagreement: of the members, shape (n, 4).
        local: mean error of experiments nearby, shape (n,).
        acid: mean error of experiments with the acid, shape (n,).
        feed: mean error of experiments on the feed, shape (n,).
    """
    of_design = [np.broadcast_to(np.log(each)[:, None], mean.shape) for each in (local, acid, feed)]
    of_metal = [np.broadcast_to(one, mean.shape) for one in np.eye(mean.shape[1])[1:]]
    return np.stack(
        [
            np.ones_like(mean),
            np.log(disagreement + 0.01),
            np.log(spread + 0.02),
            mean,
            mean * (1.0 - mean),
            *of_design,
            *of_metal,
        ],
        axis=2,
    )


def level_terms(responses: int) -> list[int]:
    """Return which of :func:`terms` know the yield and the response alone.

    Examples:
        >>> level_terms(4)
        [0, 3, 4, 8, 9, 10]
    """
    return [0, 3, 4, *range(8, 7 + responses)]


def terms_of_level(mean: Floats) -> Floats:
    """Return what the logarithm of the usual scale at a yield is linear in, shape (n, 4, 6).

    Args:
        mean: stretched and clipped yields, shape (n, 4).
    """
    one = np.ones(len(mean))
    return terms(mean, np.ones_like(mean), np.ones_like(mean), one, one, one)[
        :, :, level_terms(mean.shape[1])
    ]


def kernel(square: Floats) -> Floats:
    """Return the weight of experiments at squared distances."""
    return np.asarray(np.exp(-square / (2.0 * _REACH**2)), dtype=np.float64)


def shrunk(weight: Floats, errors: Floats, mean_error: float, prior: float = _PRIOR) -> Floats:
    """Return weighted mean errors, drawn to the mean of all by a prior's weight.

    Args:
        weight: of each experiment for each design, shape (n, e).
        errors: of the experiments, NaN where not counted, shape (e,).
        mean_error: over all experiments.
        prior: weight of ``mean_error``.

    Returns:
        Shape (n,).
    """
    counted = ~np.isnan(errors)
    weight = weight[:, counted]
    total = weight @ errors[counted] + prior * mean_error
    return np.asarray(total / (weight.sum(axis=1) + prior), dtype=np.float64)


def group_error(errors: Floats, mean_error: float) -> float:
    """Return the mean error of a group of experiments, shape (e,), drawn to the mean of all."""
    return float(shrunk(np.ones((1, len(errors))), errors, mean_error, GROUP_PRIOR)[0])


def widening(ratio: Floats, growth: float) -> Floats:
    """Return the factor on the scale at domain ratios: 1 inside, a power of the ratio outside, (n,)."""
    return np.asarray(np.clip(ratio, 1.0, _FARTHEST) ** growth, dtype=np.float64)
