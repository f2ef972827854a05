"""How the yields of several designs go together at one plant, before and after own results.

Designs near each other err alike, and so do the metals of one leach. A draw is one possible truth for all
designs at once: an explanation of `residuals.py`, picked by its weight, and a sample of its Gaussian process
given the own results, without the noise of a measurement. How large each yield's error is stays what the
calibration says; the processes tell only how errors go together (a Gaussian copula).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from optimiser.surrogate.calibration import Calibration
from optimiser.surrogate.residuals import (
    Fit,
    Learned,
    OwnRows,
    Prior,
    Values,
    covariance,
    lasting_covariance,
)
from optimiser.variables import Floats, Ints

_JITTER = 1e-9


@dataclass(frozen=True)
class Joint:
    """Yields of n designs with one acid on one feed; v values are those of metals that are present.

    Attributes:
        row, metal: of each value, shape (v,).
        weights: of e explanations, shape (e,).
        means: of each value, shape (e, v).
        covariances: of the values, without the noise of a measurement, shape (e, v, v).
        shape: of the designs' table of yields, (n, m).
    """

    row: Ints
    metal: Ints
    weights: Floats
    means: Floats
    covariances: Floats
    shape: tuple[int, int]

    @property
    def mean(self) -> Floats:
        """Expected values over all explanations, shape (v,)."""
        return np.asarray(self.weights @ self.means, dtype=np.float64)

    @property
    def sd(self) -> Floats:
        """Standard deviations of the values over all explanations, shape (v,)."""
        within = np.einsum("evv->ev", self.covariances)
        variance = self.weights @ (within + (self.means - self.mean) ** 2)
        return np.asarray(np.sqrt(variance), dtype=np.float64)

    def scores(self, number: int, rng: np.random.Generator) -> Floats:
        """Draw the yields, each less its mean and divided by its standard deviation.

        Args:
            number: of draws.
            rng: generator.

        Returns:
            Shape (number, n, m), NaN where a metal is absent.
        """
        drawn = np.empty((number, len(self.row)))
        which = rng.choice(len(self.weights), number, p=self.weights)
        for e in range(len(self.weights)):
            mine = np.flatnonzero(which == e)
            normal = rng.standard_normal((len(mine), len(self.row)))
            drawn[mine] = self.means[e] + normal @ _root(self.covariances[e]).T
        out = np.full((number, *self.shape), np.nan)
        out[:, self.row, self.metal] = (drawn - self.mean) / np.maximum(self.sd, _JITTER)
        return out


def joint(
    prior: Prior,
    learned: Learned | None,
    composition: Floats,
    place: Floats,
    mean: Floats,
    hard: Floats,
    run: Ints,
) -> Joint:
    """Return how the yields of n designs with one acid go together.

    Args:
        prior: what the published studies say.
        learned: from own results with the acid; None without any.
        composition: what describes the feed, of a cathode mol Ni, Mn, Co per mol Li, shape (f,).
        place: setpoints in the domain's standard deviations, shape (n, v).
        mean: yields that the base expects, NaN for absent metals, shape (n, m).
        hard: how hard they look, likewise.
        run: number of each design's experiment: rows of one differ in time only, shape (n,).
    """
    known = (
        nothing_learned(prior, place.shape[1], mean.shape[1], len(composition))
        if learned is None
        else learned
    )
    row, metal = np.nonzero(~np.isnan(mean))
    feed, nothing = np.tile(composition, (len(mean), 1)), np.full(mean.shape, np.nan)
    rows = OwnRows(place, feed, run, mean, hard, nothing, np.zeros(len(mean)))
    means, covariances = [], []
    for fit in known.fits:
        smooth, own = covariance(prior, fit.parts, rows, row, metal)
        cross = lasting_covariance(prior, fit.parts, Values(rows, row, metal), _measured(known))
        means.append(fit.parts.expected(mean[row, metal]) + cross @ fit.alpha)
        covariances.append(smooth + own - cross @ fit.precision @ cross.T)
    weights = known.weights[known.weights > 0.0]
    return Joint(row, metal, weights, np.array(means), np.array(covariances), (len(mean), mean.shape[1]))


def drawn_yields(calibration: Calibration, mean: Floats, scale: Floats, scores: Floats) -> Floats:
    """Return yields that lie as the calibration says and go together as scores do, shape (s, n, m).

    Args:
        calibration: of the predictions.
        mean: expected yields, shape (n, m).
        scale: of their errors, shape (n, m).
        scores: of `Joint.scores`, shape (s, n, m).
    """
    ordered = calibration.ordered
    at = (np.arange(len(ordered)) + 0.5) / len(ordered)
    errors = np.interp(ndtr(scores), at, ordered)
    found = calibration.location(mean, scale) + scale * errors
    return np.asarray(found.clip(0.0, 1.0), dtype=np.float64)


def nothing_learned(prior: Prior, width: int = 5, responses: int = 4, feed: int = 3) -> Learned:
    """Return what is known before the first own result: every explanation with its chance.

    Args:
        prior: what the published studies say.
        width: of places (`OwnRows.place`).
        responses, feed: how many there are, and how many numbers describe a feed; those of cathodes.
    """
    none = np.zeros((0, responses))
    rows = OwnRows(
        np.zeros((0, width)), np.zeros((0, feed)), np.zeros(0, np.intp), none, none, none, np.zeros(0)
    )
    nothing = np.zeros(0, dtype=np.intp)
    weights = prior.chances / prior.chances.sum()
    fits = tuple(Fit(prior.parts[e], np.zeros((0, 0)), np.zeros(0)) for e in np.flatnonzero(weights))
    return Learned(prior, rows, nothing, nothing, weights, fits)


def expecting(learned: Learned, rows: OwnRows) -> Learned:
    """Return what will be known after further results, as far as it does not depend on what they are.

    The results are taken to be what each explanation expects of them, and the explanations keep their
    weights: expected yields stay, and doubt goes.

    Args:
        learned: from own results with one acid, or `nothing_learned`.
        rows: further results with it; where their yields are not NaN they will be measured.
    """
    row, metal = np.nonzero(~np.isnan(rows.yields))
    together = OwnRows(
        *(np.concatenate([getattr(learned.rows, name), getattr(rows, name)]) for name in _FIELDS)
    )
    # a further leach is none of those before it
    first = learned.rows.run.max() + 1 - rows.run.min() if len(learned.rows) else 0
    together = replace(together, run=np.append(learned.rows.run, rows.run + first))
    all_rows, metals = np.append(learned.row, len(learned.rows) + row), np.append(learned.metal, metal)
    fits = []
    for fit in learned.fits:
        smooth, own = covariance(learned.prior, fit.parts, together, all_rows, metals)
        before = learned.rows.yields[learned.row, learned.metal] - fit.parts.expected(
            learned.rows.mean[learned.row, learned.metal]
        )
        further = Values(rows, row, metal)
        cross = lasting_covariance(learned.prior, fit.parts, further, _measured(learned))
        new = cross @ fit.alpha
        precision: Floats = np.asarray(np.linalg.inv(smooth + own), dtype=np.float64)
        alpha: Floats = np.asarray(precision @ np.append(before, new), dtype=np.float64)
        fits.append(Fit(fit.parts, precision, alpha))
    return replace(learned, rows=together, row=all_rows, metal=metals, fits=tuple(fits))


def narrowed(
    before: Learned, after: Learned, composition: Floats, place: Floats, mean: Floats, hard: Floats
) -> Floats:
    """Return the factor on the scale of errors of n designs that further results bring, shape (n, m).

    Args:
        before, after: of `expecting`.
        composition: what describes the feed, of a cathode mol Ni, Mn, Co per mol Li, shape (f,).
        place: setpoints in the domain's standard deviations, shape (n, v).
        mean: yields that the base expects, shape (n, m).
        hard: how hard they look, likewise.
    """
    told = [one.seen_from(composition).posterior(place, mean, hard).remaining for one in (before, after)]
    return before.prior.narrowing(told[1]) / before.prior.narrowing(told[0])


_FIELDS = ("place", "feed", "run", "mean", "hard", "yields", "sd")


def _measured(learned: Learned) -> Values:
    return Values(learned.rows, learned.row, learned.metal)


def _root(matrix: Floats) -> Floats:
    """Return a root of a covariance, which rounding may have made slightly indefinite."""
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(matrix)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)), dtype=np.float64)
