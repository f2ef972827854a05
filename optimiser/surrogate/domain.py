"""Applicability domain: where experiments stand behind a prediction, per acid and feed neighbourhood.

Distances are taken to whole experiments (one pulp, sampled over a span of time), never to rows, and only
among those with the same acid and nearly the same feed. A range that the data never left is a wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.designs import VARIABLES, Bools, Floats, Ints
from optimiser.errors import InputError
from optimiser.surrogate.features import AcidLike, FeedLike, acid_key
from optimiser.surrogate.table import TrainingTable

_TIME = 4  # position of time in CONTINUOUS; the other four describe the experiment
_STEP = np.array([variable.step for variable in VARIABLES])
_NEVER_VARIED_LOG = 0.1  # scale of log time where it never varied
_FAR = 1000.0  # ratio given to designs that no experiments stand behind


@dataclass(frozen=True)
class DomainSettings:
    """What "near" means.

    Attributes:
        feed_distance: largest share of the feed's Ni, Mn and Co sites that differ, half the sum of absolute
            differences in mol per mol Li. 0.15 joins NMC532 with NMC622 but neither with NMC111 or NMC811.
        neighbours: the distance is the mean over this many nearest experiments.
        min_experiments: with fewer near the feed, an acid is outside altogether.
        percentile: the threshold is this percentile of the data's own leave-one-experiment-out distances.
    """

    feed_distance: float = 0.15
    neighbours: int = 3
    min_experiments: int = 5
    percentile: float = 95.0


@dataclass(frozen=True)
class Neighbourhood:
    """The experiments with one acid near one feed, and how far designs are from them.

    Attributes:
        experiments: how many there are.
        supported: whether they are enough for any design to be inside.
        low: least value of each variable of ``CONTINUOUS`` among them, NaN without any, shape (5,).
        high: greatest value, likewise.
        threshold: the distance up to which a design is inside.
    """

    experiments: int
    supported: bool
    low: Floats
    high: Floats
    threshold: float
    _fixed: Floats
    _time: Floats
    _scale: Floats
    _varied: Bools
    _neighbours: int

    def distance(self, continuous: Floats) -> Floats:
        """Return the scaled distance to the nearest experiments, in standard deviations of the acid's data.

        Root mean square over the variables that vary in the acid's data; time as log(1 + minutes), zero
        within the span an experiment was sampled over. Outside the range near the feed it is at least the
        threshold, times one plus how far outside; without enough experiments it is 1000 thresholds.

        Args:
            continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).

        Returns:
            Shape (n,), always finite.
        """
        if not self.supported:
            return np.full(len(continuous), _FAR * self.threshold)
        each = self._each(continuous)
        k = min(self._neighbours, self.experiments)
        near = np.partition(each, k - 1, axis=1)[:, :k].mean(axis=1)
        outside = self._violation(continuous)
        far = np.maximum(near, self.threshold) * (1.0 + outside)
        return np.asarray(np.where(outside > 0.0, far, near), dtype=np.float64)

    def distance_ratio(self, continuous: Floats) -> Floats:
        """Return distance / threshold, shape (n,): at most 1 is inside the domain."""
        return self.distance(continuous) / self.threshold

    def inside(self, continuous: Floats) -> Bools:
        """Return which designs are inside the domain, shape (n,)."""
        return np.asarray(self.distance_ratio(continuous) <= 1.0, dtype=np.bool_)

    def support(self, continuous: Floats) -> Ints:
        """Return how many experiments are within the threshold of each design, shape (n,)."""
        if not self.experiments:
            return np.zeros(len(continuous), dtype=np.intp)
        return np.asarray((self._each(continuous) <= self.threshold).sum(axis=1), dtype=np.intp)

    def _each(self, continuous: Floats) -> Floats:
        """Distance of each design to each experiment, shape (n, experiments)."""
        varied = self._varied
        square = np.zeros((len(continuous), self.experiments))
        for j in np.flatnonzero(varied[:_TIME]):
            square += ((continuous[:, j, None] - self._fixed[:, j]) / self._scale[j]) ** 2
        if varied[_TIME]:
            time = _log(continuous[:, _TIME, None])
            beyond = np.maximum(np.maximum(self._time[:, 0] - time, time - self._time[:, 1]), 0.0)
            square += (beyond / self._scale[_TIME]) ** 2
        return np.sqrt(square / max(int(varied.sum()), 1))

    def _violation(self, continuous: Floats) -> Floats:
        """How far outside the ranges, in scales, summed over variables; positive only outside, shape (n,)."""
        # A setpoint can only stand on the plant's grid: a bound between two setpoints reaches to the nearest.
        low = np.minimum(self.low, np.round(self.low / _STEP) * _STEP) - 1e-9
        high = np.maximum(self.high, np.round(self.high / _STEP) * _STEP) + 1e-9
        beyond = np.maximum(np.maximum(low - continuous, continuous - high), 0.0)
        beyond[:, _TIME] = np.maximum(
            np.maximum(_log(low[_TIME]) - _log(continuous[:, _TIME]), 0.0),
            np.maximum(_log(continuous[:, _TIME]) - _log(high[_TIME]), 0.0),
        )
        return np.asarray((beyond / self._scale).sum(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class Domain:
    """The experiments of a training table, without their yields.

    Attributes:
        acids: keys (:func:`~optimiser.surrogate.features.acid_key`) of the acids.
        acid: which of them each experiment used, shape (m,).
        feed: mol Ni, Mn, Co per mol Li, shape (m, 3).
        fixed: temperature, acid concentration, peroxide, solid-liquid ratio, shape (m, 4).
        time: first and last sampling time in min, shape (m, 2).
        settings: what "near" means.
        threshold: distance up to which a design is inside.
    """

    acids: tuple[str, ...]
    acid: Ints
    feed: Floats
    fixed: Floats
    time: Floats
    settings: DomainSettings
    threshold: float

    def neighbourhood(self, feed: FeedLike, acid: AcidLike) -> Neighbourhood:
        """Return the experiments with this acid near this feed.

        An experiment counts only if its feed has every metal of this one: one without manganese says nothing
        about manganese. An acid that is not in the data has none.
        """
        return self._near(np.array([feed.Ni, feed.Mn, feed.Co]), acid_key(acid.smiles))

    def _near(self, composition: Floats, key: str, *, without: int | None = None) -> Neighbourhood:
        of_acid = self.acid == (self.acids.index(key) if key in self.acids else -1)
        moved = np.abs(self.feed - composition).sum(axis=1) / 2.0
        complete = ((self.feed > 0) | (composition <= 0)).all(axis=1)
        rows = of_acid & (moved <= self.settings.feed_distance + 1e-9) & complete
        if without is not None:
            rows[without] = False
        fixed, time, count = self.fixed[rows], self.time[rows], int(rows.sum())
        scale, varied = self._scale(of_acid)
        low, high = np.full((2, 5), np.nan)
        if count:
            low = np.append(fixed.min(axis=0), time[:, 0].min())
            high = np.append(fixed.max(axis=0), time[:, 1].max())
        return Neighbourhood(
            experiments=count,
            supported=count >= self.settings.min_experiments,
            low=low,
            high=high,
            threshold=self.threshold,
            _fixed=fixed,
            _time=_log(time),
            _scale=scale,
            _varied=varied,
            _neighbours=self.settings.neighbours,
        )

    def _scale(self, of_acid: Bools) -> tuple[Floats, Bools]:
        """Standard deviation of each variable over an acid's experiments, and which of them varied at all."""
        scale = np.append(_STEP[:_TIME], _NEVER_VARIED_LOG)
        if not of_acid.any():
            return scale, np.zeros(5, dtype=bool)
        fixed, time = self.fixed[of_acid], self.time[of_acid]
        varied = np.append(np.ptp(fixed, axis=0), np.ptp(time)) > 1e-9
        spread = np.append(fixed.std(axis=0), _log(time).std())
        return np.where(varied, spread, scale), varied

    def own_distances(self) -> Floats:
        """Return each experiment's distance, at its first and last time, to the others near it, shape (k, 2).

        Experiments with too few others near them are left out: they are outside whatever the threshold.
        """
        found = []
        for i in range(len(self.acid)):
            near = self._near(self.feed[i], self.acids[self.acid[i]], without=i)
            if near.experiments >= self.settings.min_experiments:
                ends = np.column_stack([np.tile(self.fixed[i], (2, 1)), self.time[i]])
                each = np.sort(near._each(ends), axis=1)
                found.append(each[:, : self.settings.neighbours].mean(axis=1))
        return np.array(found).reshape(-1, 2)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what an artefact stores, by name."""
        return {
            "domain_acids": np.array(self.acids),
            "domain_acid": self.acid.astype(np.int16),
            "domain_feed": self.feed,
            "domain_fixed": self.fixed,
            "domain_time": self.time,
        }


def fit_domain(table: TrainingTable, settings: DomainSettings | None = None) -> Domain:
    """Reduce a training table to one representative per experiment and set the threshold from them.

    Raises:
        InputError: no acid has enough experiments near any feed.
    """
    settings = settings or DomainSettings()
    keys = [acid_key(smiles) for smiles in table.smiles]
    acids = tuple(sorted(set(keys)))
    _, first = np.unique(table.experiments, return_index=True)
    time = table.continuous[:, _TIME]
    spans = [time[table.experiments == number] for number in range(len(first))]
    bare = Domain(
        acids=acids,
        acid=np.array([acids.index(keys[row]) for row in first], dtype=np.intp),
        feed=table.feed[first],
        fixed=table.continuous[first, :_TIME],
        time=np.array([[span.min(), span.max()] for span in spans]),
        settings=settings,
        threshold=1.0,
    )
    own = bare.own_distances()
    if not own.size:
        raise InputError(
            "The training table has too few experiments to say where it supports a prediction.",
            where=str(table.path),
            allowed=f"some acid with more than {settings.min_experiments} experiments near one feed",
        )
    threshold = max(float(np.percentile(own, settings.percentile)), 1e-6)
    return Domain(bare.acids, bare.acid, bare.feed, bare.fixed, bare.time, settings, threshold)


def _log(minutes: Any) -> Any:
    # + 1 min: time 0 is in the data (samples taken at once), and below a minute nothing is timed anyway
    return np.log1p(np.maximum(minutes, 0.0))
