"""What own results say: how the yields of one plant differ from those that the literature model predicts.

Four explanations of the differences compete, and the evidence of the results weighs them: how likely each
makes every run by what it learned from the others (Rasmussen and Williams 2006, section 5.4.2). The marginal
likelihood would trust the wrong explanation more often, since the samples of a run depend on each other:

- ``literature``: they are errors without a pattern, and the prediction stands;
- ``offset``: one shift of all yields, and one of each metal;
- ``residual``: an offset and a smooth trend over the setpoints and over the predicted yield;
- ``own``: the prediction does not count, and the results speak alone.

Each is a Gaussian process; how large its parts are was learnt from the published studies, each of which was
one plant among the others (`optimiser.training.own_results`).

Differences are larger where a design looks hard to predict: the parts are multiplied by the square root of
the scale of the base's errors there.

Only results with the same acid count: the mean errors of neighbouring studies on one feed with two acids do
not go together (docs/learn.md). Another feed counts the less the more of its sites differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.variables import Floats, Ints

EXPLANATIONS = ("literature", "offset", "residual", "own")
#: The yield about which predictions are said to be high or low.
_MIDDLE = 0.5
#: Scale of the base's errors at which the parts are what they are.
_USUAL_SCALE = 0.2
#: Share of a cathode's sites that differ at which own results count 1 / e^(1/2).
FEED_REACH = 0.1
_JITTER = 1e-6
#: Part of the trend that reaches further, and how much further.
_LONG_SHARE, _LONGER = 0.3, 4.0
#: Power of the evidence: runs of one plant depend on each other more than the processes say.
_TEMPER = 0.5
#: An explanation with less weight is left aside.
_LIGHT = 1e-3
#: Own replicates' worth of the prior's noise.
_NOISE_WORTH = 4.0


@dataclass(frozen=True)
class Parts:
    """Standard deviations of the parts of the differences, as fractions of yield.

    Attributes:
        offset, metal_offset: of a shift of all metals, and of each.
        smooth, metal_smooth: of a trend over the setpoints of all metals, and of each.
        slope, metal_slope: of a trend over the predicted yield, per unit of it.
        run, metal_run: from one run to the next at the same setpoints.
        noise: of one sample.
        level: mean yield of the metals where the prediction does not count, NaN where it does.
    """

    offset: float = 0.0
    metal_offset: float = 0.0
    smooth: float = 0.0
    metal_smooth: float = 0.0
    slope: float = 0.0
    metal_slope: float = 0.0
    run: float = 0.0
    metal_run: float = 0.0
    noise: float = 0.05
    level: float = float("nan")

    @property
    def alone(self) -> bool:
        """Whether the prediction does not count."""
        return not np.isnan(self.level)

    def expected(self, mean: Floats) -> Floats:
        """Return the yield before any own result, of predicted ones."""
        return np.full_like(mean, self.level) if self.alone else mean

    def lasting(self, mean: Floats, hard: Floats) -> Floats:
        """Return the variance of a yield before any own result, without what changes from run to run.

        Args:
            mean: yields that the base expects.
            hard: how hard they look, as :func:`hardness` gives it.
        """
        parts = self.offset, self.metal_offset, self.smooth, self.metal_smooth
        trend = (self.slope**2 + self.metal_slope**2) * (mean - _MIDDLE) ** 2
        return np.asarray(hard**2 * (sum(part**2 for part in parts) + trend), dtype=np.float64)

    @property
    def passing(self) -> float:
        """Variance of what changes from run to run and from sample to sample."""
        return self.run**2 + self.metal_run**2 + self.noise**2


@dataclass(frozen=True)
class Prior:
    """What the published studies say of a plant before its first result.

    Attributes:
        parts: of each of ``EXPLANATIONS``.
        chances: of each before any result, shape (4,).
        lengths: of the trend in each setpoint, in the domain's standard deviations, shape (v,).
        widths: exponents by which the scale of errors shrinks with the doubt that results leave.
        scores: held-out errors of plants with few results divided by their scales, NaN for absent metals,
            shape (n, m).
        feed_reach: difference of feeds at which own results on one count 1 / e^(1/2) for the other: half the
            sum of the absolute differences of what describes them.
    """

    parts: tuple[Parts, ...]
    chances: Floats
    lengths: Floats
    widths: Floats
    scores: Floats
    feed_reach: float = FEED_REACH

    def near(self, place: Floats, other: Floats) -> Floats:
        """Return how much trend two sets of places share, shape (n, m).

        A Matern kernel (nu = 3/2), three tenths of it four times as long.

        Args:
            place: setpoints as `domain.place` gives them, in standard deviations, and behind them what else
                results depend on, in lengths (`optimiser.surrogate.coordinates`), shape (n, v or more).
            other: likewise, shape (m, as many).
        """
        n = len(self.lengths)
        a, b = place[:, :n] / self.lengths, other[:, :n] / self.lengths
        square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * a @ b.T
        for here, there in zip(place[:, n:].T, other[:, n:].T, strict=True):
            if len(there) and not ((here == there[0]).all() and (there == there[0]).all()):
                square = square + (here[:, None] - there) ** 2
        far = np.sqrt(3.0 * np.maximum(square, 0.0))
        short, long = ((1.0 + d) * np.exp(-d) for d in (far, far / _LONGER))
        return np.asarray((1.0 - _LONG_SHARE) * short + _LONG_SHARE * long, dtype=np.float64)

    def narrowing(self, remaining: Floats) -> Floats:
        """Return the factor on the scale of errors where a share of the doubt remains, shape (n, m)."""
        return np.asarray(remaining ** float(self.widths[0]), dtype=np.float64)

    def with_noise(self, variance: float, number: int) -> Prior:
        """Return the prior with the noise of own replicates: their pooled variance counts with its number.

        The prior's own counts as four; that of runs and of samples keep their proportion.
        """
        usual = self.parts[EXPLANATIONS.index("residual")]
        total = _NOISE_WORTH + number
        factor = float(np.sqrt((_NOISE_WORTH + number * variance / usual.passing) / total))
        scaled = tuple(
            replace(p, run=p.run * factor, metal_run=p.metal_run * factor, noise=p.noise * factor)
            for p in self.parts
        )
        return replace(self, parts=scaled)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what is stored, by name."""
        return {
            "parts": np.array([[getattr(p, f.name) for f in fields(Parts)] for p in self.parts]),
            **{name: getattr(self, name) for name in ("chances", "lengths", "widths", "scores")},
            **({} if self.feed_reach == FEED_REACH else {"feed_reach": np.array(self.feed_reach)}),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Prior:
        """Return what :meth:`arrays` stored.

        Raises:
            KeyError: an array is missing.
            TypeError: the parts are not those of this version.
        """
        parts = tuple(Parts(*map(float, row)) for row in arrays["parts"])
        told = {name: arrays[name] for name in ("chances", "lengths", "widths", "scores")}
        return cls(parts, **told, feed_reach=float(arrays.get("feed_reach", np.array(FEED_REACH))))


@dataclass(frozen=True)
class OwnRows:
    """Own results with one acid, n rows, and what the base says of them.

    Attributes:
        place: setpoints, in the domain's standard deviations, and what else they depend on, as
            `Prior.near` takes them, shape (n, v or more).
        feed: what describes it, of a cathode mol Ni, Mn, Co per mol Li, shape (n, f).
        run: number of the leach each was sampled from, shape (n,).
        mean: yields that the base expects, shape (n, m).
        hard: how hard they look, shape (n, m).
        yields: measured, NaN where not, shape (n, m).
        sd: of the yields as stated, NaN where not, shape (n,).
    """

    place: Floats
    feed: Floats
    run: Ints
    mean: Floats
    hard: Floats
    yields: Floats
    sd: Floats

    def __len__(self) -> int:
        return len(self.place)

    def take(self, rows: npt.NDArray[Any]) -> OwnRows:
        """Return some of the rows."""
        return OwnRows(*(getattr(self, f.name)[rows] for f in fields(self)))


def hardness(scale: Floats) -> Floats:
    """Return how hard yields look from the scale of the base's errors, as inside the domain."""
    return np.asarray(np.sqrt(scale / _USUAL_SCALE), dtype=np.float64)


def feed_share(feed: Floats, other: Floats, reach: float = FEED_REACH) -> Floats:
    """Return how much of what was learned on one feed holds for another, 0 to 1, shape (n, m)."""
    apart = np.abs(feed[:, None] - other[None]).sum(axis=2) / 2.0
    return np.asarray(np.exp(-0.5 * (apart / reach) ** 2), dtype=np.float64)


@dataclass(frozen=True)
class Fit:
    """One explanation fitted to the rows of one acid; v values are measured.

    Attributes:
        parts: of the explanation.
        precision: inverse of the covariance of the values, shape (v, v).
        alpha: that times what the results differ from the expectation, shape (v,).
    """

    parts: Parts
    precision: Floats
    alpha: Floats


@dataclass(frozen=True)
class Learned:
    """What own results with one acid taught, of whatever feed.

    Attributes:
        prior: what the published studies say.
        rows: the results.
        row, metal: of each value measured, shape (v,).
        weights: of each of ``EXPLANATIONS``, by the evidence, sum 1; those left aside have 0.
        fits: of those that have a weight, in their order.
    """

    prior: Prior
    rows: OwnRows
    row: Ints
    metal: Ints
    weights: Floats
    fits: tuple[Fit, ...]

    def seen_from(self, composition: Floats) -> SeenFrom:
        """Return what was learned as one feed needs it."""
        share = feed_share(composition[None], self.rows.feed, self.prior.feed_reach)[0]
        maps = [self._maps(fit, share) for fit in self.fits]
        shift = np.array([[m.T @ fit.alpha for m in each] for fit, each in zip(self.fits, maps, strict=True)])
        doubt = np.array(
            [[m.T @ fit.precision @ m for m in each] for fit, each in zip(self.fits, maps, strict=True)]
        )
        parts = tuple(fit.parts for fit in self.fits)
        weights = self.weights[self.weights > 0.0]
        return SeenFrom(self.prior, self.rows.place, parts, weights, shift, doubt)

    def _maps(self, fit: Fit, share: Floats) -> Floats:
        """Return what turns (kernel to each row, 1, predicted yield less its middle) into covariances.

        With the v values, for each of m responses, shape (m, v, n + 2).
        """
        p, v, n = fit.parts, np.arange(len(self.row)), len(self.rows)
        known = self.rows.mean.shape[1]
        own = self.metal[None] == np.arange(known)[:, None]
        counts = share[self.row] * self.rows.hard[self.row, self.metal]
        maps = np.zeros((known, len(v), n + 2))
        maps[:, v, self.row] = counts * (p.smooth**2 + own * p.metal_smooth**2)
        maps[:, :, n] = counts * (p.offset**2 + own * p.metal_offset**2)
        at = self.rows.mean[self.row, self.metal] - _MIDDLE
        maps[:, :, n + 1] = counts * at * (p.slope**2 + own * p.metal_slope**2)
        return maps


@dataclass(frozen=True)
class SeenFrom:
    """What was learned with one acid, for one feed.

    Attributes:
        prior: what the published studies say.
        place: of the n results, shape (n, v).
        parts: of the e explanations that have a weight.
        weights: of these, shape (e,).
        shift: by which each explanation and metal moves a yield, linear in the terms, shape (e, m, n + 2).
        doubt: which each takes away, quadratic in the terms, shape (e, m, n + 2, n + 2).
    """

    prior: Prior
    place: Floats
    parts: tuple[Parts, ...]
    weights: Floats
    shift: Floats
    doubt: Floats

    def posterior(self, place: Floats, mean: Floats, hard: Floats) -> Posterior:
        """Return the yields of n designs at this plant.

        Args:
            place: setpoints in the domain's standard deviations, shape (n, v).
            mean: yields that the base expects, NaN for absent metals, shape (n, m).
            hard: how hard they look, likewise.
        """
        near = self.prior.near(place, self.place)
        means, variances = np.empty((2, len(self.parts), *mean.shape))
        terms = np.column_stack([near, np.ones((len(near), 2))])
        for k in range(mean.shape[1]):
            terms[:, -1] = mean[:, k] - _MIDDLE
            for e, parts in enumerate(self.parts):
                means[e, :, k] = parts.expected(mean[:, k]) + hard[:, k] * (terms @ self.shift[e, k])
                known = hard[:, k] ** 2 * np.einsum("ij,ij->i", terms @ self.doubt[e, k], terms)
                left = np.maximum(parts.lasting(mean[:, k], hard[:, k]) - known, 0.0)
                variances[e, :, k] = left + parts.passing
        weight = self.weights[:, None, None]
        expected = (weight * means).sum(axis=0)
        variance = (weight * (variances + (means - expected) ** 2)).sum(axis=0)
        prior = self.prior.parts[EXPLANATIONS.index("residual")]
        usual = prior.lasting(mean, hard) + prior.passing
        alone = float(sum(w for w, parts in zip(self.weights, self.parts, strict=True) if parts.alone))
        return Posterior(expected, np.sqrt(variance / usual), alone)


@dataclass(frozen=True)
class Posterior:
    """Yields of n designs after own results.

    Attributes:
        mean: expected yields, not clipped, shape (n, m).
        remaining: standard deviation as a share of that without own results, shape (n, m).
        alone: weight of the results without the prediction.
    """

    mean: Floats
    remaining: Floats
    alone: float


def learn_rows(prior: Prior, rows: OwnRows) -> Learned:
    """Fit the explanations to the own results with one acid, and weigh them.

    Args:
        prior: what the published studies say.
        rows: n results; some yield of each is measured.
    """
    row, metal = np.nonzero(~np.isnan(rows.yields))
    possible = np.flatnonzero(prior.chances > 0.0)
    fits = [_fit(prior, prior.parts[e], rows, row, metal) for e in possible]
    evidence = [_evidence(fit, rows.run[row], metal) if len(fits) > 1 else 0.0 for fit in fits]
    log = np.log(prior.chances[possible]) + _TEMPER * np.array(evidence)
    weights = np.exp(log - log.max())
    weights = np.where(weights < _LIGHT * weights.sum(), 0.0, weights)
    every = np.zeros(len(EXPLANATIONS))
    every[possible] = weights / weights.sum()
    kept = tuple(fit for fit, weight in zip(fits, weights, strict=True) if weight > 0.0)
    return Learned(prior, rows, row, metal, every, kept)


class Values(NamedTuple):
    """Some values of a table of results or designs: of rows, the one of a metal each, v in all."""

    rows: OwnRows
    row: Ints
    metal: Ints


def lasting_covariance(prior: Prior, parts: Parts, one: Values, other: Values) -> Floats:
    """Return the covariance of values that their runs do not make, shape (v, w).

    Args:
        prior: for the lengths.
        parts: of the explanation.
        one, other: the values, v and w.
    """
    place = np.ix_(one.row, other.row)
    same = one.metal[:, None] == other.metal
    near = prior.near(one.rows.place, other.rows.place)[place]
    share = feed_share(one.rows.feed, other.rows.feed, prior.feed_reach)[place]
    (at, hard), (there, hard_there) = (
        (values.rows.mean[values.row, values.metal] - _MIDDLE, values.rows.hard[values.row, values.metal])
        for values in (one, other)
    )
    smooth = (
        parts.offset**2
        + parts.smooth**2 * near
        + same * (parts.metal_offset**2 + parts.metal_smooth**2 * near)
    )
    smooth += (parts.slope**2 + same * parts.metal_slope**2) * at[:, None] * there
    return np.asarray(share * smooth * hard[:, None] * hard_there, dtype=np.float64)


def covariance(prior: Prior, parts: Parts, rows: OwnRows, row: Ints, metal: Ints) -> tuple[Floats, Floats]:
    """Return the covariance of measured values, and what of it a new run does not share, (v, v) each.

    Args:
        prior: for the lengths.
        parts: of the explanation.
        rows: the results.
        row, metal: of each value, shape (v,).
    """
    values = Values(rows, row, metal)
    same = metal[:, None] == metal
    run = (rows.run[row][:, None] == rows.run[row]) * (parts.run**2 + same * parts.metal_run**2)
    stated = rows.sd[row]
    noise = np.where(np.isnan(stated), parts.noise, stated) ** 2 + _JITTER
    return lasting_covariance(prior, parts, values, values), run + np.diag(noise)


def _fit(prior: Prior, parts: Parts, rows: OwnRows, row: Ints, metal: Ints) -> Fit:
    smooth, own = covariance(prior, parts, rows, row, metal)
    root = np.linalg.cholesky(smooth + own)
    differs = rows.yields[row, metal] - parts.expected(rows.mean[row, metal])
    inverse = np.linalg.inv(root)
    precision = inverse.T @ inverse
    alpha = precision @ differs
    return Fit(parts, precision, alpha)


def _evidence(fit: Fit, run: Ints, metal: Ints) -> float:
    """Return the logarithm of the probability density of each run by the others, summed over runs and metals.

    The samples of a run count as one.

    Args:
        fit: of an explanation.
        run, metal: of each value, shape (v,).
    """
    error, variance = without_group(fit, run)
    density = -0.5 * (error**2 / variance + np.log(2.0 * np.pi * variance))
    _, which = np.unique(np.column_stack([run, metal]), axis=0, return_inverse=True)
    return float((np.bincount(which, density) / np.bincount(which)).sum())


def without_group(fit: Fit, group: Ints) -> tuple[Floats, Floats]:
    """Return how far values are from what the other groups' values tell, and its variance, shape (v,) each.

    Rasmussen and Williams 2006, equation 5.12, for groups instead of single values.

    Args:
        fit: of an explanation.
        group: number of each value's group, shape (v,).
    """
    error, variance = np.empty((2, len(group)))
    for each in np.unique(group):
        mine = np.flatnonzero(group == each)
        block = np.linalg.inv(fit.precision[np.ix_(mine, mine)])
        error[mine], variance[mine] = block @ fit.alpha[mine], np.diag(block)
    return error, variance


def left_out(learned: Learned, group: Ints) -> tuple[Floats, Floats]:
    """Return what results would be expected to be without those of their own group, and the variance.

    Each group's values are predicted by the others, by the explanations as the evidence of all weighs them.

    Args:
        learned: from the results.
        group: number of each row's group, shape (n,).

    Returns:
        Mean and variance of each row's yields, NaN where not measured, shape (n, m) each.
    """
    measured = learned.rows.yields[learned.row, learned.metal]
    means, variances = np.empty((2, len(learned.fits), len(measured)))
    for e, fit in enumerate(learned.fits):
        error, variances[e] = without_group(fit, group[learned.row])
        means[e] = measured - error
    weight = learned.weights[learned.weights > 0.0][:, None]
    mean = (weight * means).sum(axis=0)
    variance = (weight * (variances + (means - mean) ** 2)).sum(axis=0)
    out = np.full((2, *learned.rows.yields.shape), np.nan)
    out[:, learned.row, learned.metal] = mean, variance
    return out[0], out[1]


def pooled_variance(yields: Floats, conditions: Ints) -> tuple[float, int]:
    """Return the variance of repeated measurements, and how many degrees of freedom stand behind it.

    Args:
        yields: measured, NaN where not, shape (n, m).
        conditions: number of each row's conditions, the same for repeats, shape (n,).
    """
    total, freedom = 0.0, 0
    for each in np.unique(conditions):
        values = yields[conditions == each]
        for k in range(yields.shape[1]):
            known = values[~np.isnan(values[:, k]), k]
            if len(known) > 1:
                total += float(((known - known.mean()) ** 2).sum())
                freedom += len(known) - 1
    return (total / freedom if freedom else 0.0), freedom
