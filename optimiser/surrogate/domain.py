"""Applicability domain: where experiments stand behind a prediction.

Two measures decide (docs/model.md): the distance to the nearest experiments with the same acid near the
feed, in the joint space of all setpoints, and how far the model's members disagree. Distances are taken to
whole experiments (one pulp, sampled over a span of time), never to rows, and never to one that breaks
stoichiometry. The ranges that an acid's data cover near a feed are kept beside them: a search must not leave
them.

**Own results** open it: an experiment of the user's own plant is enough alone, for its acid, and for
setpoints within half of the limit around it.

**A mixture of acids** has no published experiments. Own ones with a mixture of the same acids support it
where no more than a tenth of the molecules is of another acid, and count as further away for it.

**An acid without data** has no experiments here, so it is unsupported and at a distance beyond every limit.
`features.py` describes it by its own pKa and structure, `calibration.py` gives its errors the mean of all
acids, `problem/binding.py` refuses a search in which no acid is supported, and `problem/bound.py` leaves it
out of the search while the domain is held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser._io.errors import InputError
from optimiser.chemistry.mixtures import shares_of
from optimiser.surrogate.features import Leachant, Leached, of_cathode
from optimiser.surrogate.space import CATHODE_SPACE, Space
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.table import SystemTable
from optimiser.variables import Bools, Floats, Ints

#: Standard deviations that a wholly different feed counts as: composition distinguishes studies.
_FEED_WEIGHT = 3.0
#: Mole share by which mixtures of the same acids may differ for an experiment with one to support another,
#: and standard deviations that a wholly different mixture would count as: a tenth is half of one.
_SAME_SHARES, _SHARE_WEIGHT = 0.1, 5.0
_SAME_FEED = 0.05  # share of the feed's sites: what is written with two decimals, or measured
#: Share of the distance's limit that one experiment of a user's own plant reaches.
OWN_REACH = 0.5
_FAR = 1000.0  # distance where no experiment has the acid


@dataclass(frozen=True)
class DomainSettings:
    """What "near" means.

    Attributes:
        feed_distance: largest share of the feed's Ni, Mn and Co sites that differ, half the sum of absolute
            differences in mol per mol Li, for an experiment to count as support or as range. 0.15 joins
            NMC532 with NMC622 but neither with NMC111 or NMC811.
        neighbours: the distance is the mean over this many nearest experiments.
        min_experiments: with fewer near the feed, a search does not go there.
        distance_quantile: the threshold is this quantile of held-out experiments' distances to the others.
        disagreement_quantile: likewise of the members' disagreement on held-out studies.
    """

    feed_distance: float = 0.15
    neighbours: int = 3
    min_experiments: int = 5
    distance_quantile: float = 0.9
    disagreement_quantile: float = 0.8

    def __post_init__(self) -> None:
        whole = all(type(n) is int and n > 0 for n in (self.neighbours, self.min_experiments))
        quantiles = (self.distance_quantile, self.disagreement_quantile)
        if not (whole and self.feed_distance > 0.0 and all(0.0 < q <= 1.0 for q in quantiles)):
            raise ValueError(f"{self} cannot be")


#: Of a system's own table, which seldom has five experiments of an option on a feed.
FEW = DomainSettings(feed_distance=1e-6, neighbours=2, min_experiments=3)


@dataclass(frozen=True)
class Neighbourhood:
    """The experiments with one acid, as one feed needs them; an unseen acid has none.

    Attributes:
        experiments: how many of them are near the feed.
        supported: whether they are enough for a search: some of a user's own are.
        low: least value of each variable of ``CONTINUOUS`` among those near the feed, NaN without any, (5,).
        high: greatest value, likewise.
        centre: their median temperature, acid concentration, peroxide and solid-liquid ratio, likewise, (4,).
        threshold: distance up to which a design is inside the domain.
        acid: number of the acid in the domain, -1 where it is not in the data.
        of_acid: numbers of all the acid's experiments in the domain, shape (e,).
        of_feed: numbers of the experiments on the same feed, with whatever acid, shape (f,).
        near_feed: which of the acid's experiments are near the feed and keep to stoichiometry, shape (e,).
        own: which of the acid's experiments are a user's own, shape (e,).
        share: mass of cathode per mass of the feed. Solid-to-liquid ratios, of designs and of ``low``,
            ``high`` and ``centre``, are those of the whole feed.
    """

    experiments: int
    supported: bool
    low: Floats
    high: Floats
    centre: Floats
    threshold: float
    acid: int
    of_acid: Ints
    of_feed: Ints
    near_feed: Bools
    own: Bools
    _place: Floats
    _time: Floats
    _feed_square: Floats
    _scale: Floats
    _neighbours: int
    share: float = 1.0
    space: Space = CATHODE_SPACE

    @property
    def varied(self) -> Bools:
        """Which variables of ``CONTINUOUS`` differ among the experiments near the feed, shape (5,).

        All where there are none: nothing is known to be fixed.
        """
        return np.isnan(self.low) | (self.high > self.low)

    def square_distances(self, continuous: Floats) -> Floats:
        """Return the squared distance of each design to each experiment of the acid, shape (n, e).

        Temperature, and the logarithms of the others, in standard deviations of the whole table; time counts
        only outside the span an experiment was sampled over; the share of the feed's sites that differ
        counts three of them. So a design is near an experiment only where every setpoint is.

        Args:
            continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).
        """
        place = self.space.place(of_cathode(continuous, self.share)) / self._scale
        square = np.broadcast_to(self._feed_square, (len(place), len(self.of_acid))).copy()
        for here, there in zip(self.space.fixed(place).T, self._place.T, strict=True):
            square += (here[:, None] - there) ** 2
        if self.space.along is None:
            return square
        time = place[:, self.space.along, None]
        square += np.maximum(np.maximum(self._time[:, 0] - time, time - self._time[:, 1]), 0.0) ** 2
        return square

    def distance(self, continuous: Floats) -> Floats:
        """Return the mean distance to the nearest experiments with the acid near the feed, shape (n,).

        Or twice that to the nearest of a user's own, where it is less. Without any experiment it is 1000, a
        number to calculate with; what a user sees (``domain_distance`` of an evaluation and of every table)
        is infinite.
        """
        if not self.near_feed.any():
            return np.full(len(continuous), _FAR)
        square = self.square_distances(continuous)
        far = nearest(square[:, self.near_feed], self._neighbours)
        mine = self.near_feed & self.own
        return np.minimum(far, nearest(square[:, mine], 1) / OWN_REACH) if mine.any() else far

    def support(self, continuous: Floats) -> Ints:
        """Return how many experiments near the feed are within the threshold of each design, shape (n,)."""
        square = self.square_distances(continuous)[:, self.near_feed]
        return np.asarray((square <= self.threshold**2).sum(axis=1), dtype=np.intp)

    def bounded(self, limit: float) -> Bools:
        """Return which variables a search may not take out of the data's ranges near the feed, shape (5,).

        All of them inside the domain; with a limit above 1 those only that never varied in the data.
        """
        return np.full(len(self.low), True) if limit <= 1.0 else ~self.varied

    def beyond(self, continuous: Floats, limit: float = 1.0) -> Floats:
        """Return how far designs leave the ranges of the data near the feed, shape (n,); 0 within them.

        In standard deviations of the table, summed over the variables that are :meth:`bounded`; 1000 where a
        search has no support.
        """
        if not self.supported:
            return np.full(len(continuous), _FAR)
        # A setpoint can only stand on the plant's grid: a bound between two setpoints reaches to the nearest.
        step = self.space.step
        low = np.minimum(self.low, np.round(self.low / step) * step)[None] - 1e-9
        high = np.maximum(self.high, np.round(self.high / step) * step)[None] + 1e-9
        low, high, place = (self.space.place(of_cathode(x, self.share)) for x in (low, high, continuous))
        outside = np.maximum(np.maximum(low - place, place - high), 0.0)
        return np.asarray((outside / self._scale)[:, self.bounded(limit)].sum(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class Domain:
    """The experiments of a training table, without their yields.

    Attributes:
        acids: keys (:func:`~optimiser.chemistry.descriptors.structure_key`) of the acids.
        acid: which of them each experiment used, shape (m,).
        feed: mol Ni, Mn, Co per mol Li, shape (m, 3).
        fixed: temperature, acid concentration, peroxide, solid-liquid ratio, shape (m, 4).
        sound: whether the experiment keeps to stoichiometry
            (:mod:`~optimiser.surrogate.stoichiometry`), shape (m,); else it supports nothing.
        time: first and last sampling time in min, shape (m, 2).
        own: whether the experiment is of a user's own plant, shape (m,).
        scale: standard deviation over the table's rows of what distances are measured in, shape (5,).
        settings: what "near" means.
        distance_limit: distance up to which a design is inside.
        disagreement_limit: members' disagreement, mean over the metals, up to which a design is inside.
        space: the setpoints.
    """

    acids: tuple[str, ...]
    acid: Ints
    feed: Floats
    fixed: Floats
    sound: Bools
    time: Floats
    own: Bools
    scale: Floats
    settings: DomainSettings
    distance_limit: float = np.inf
    disagreement_limit: float = np.inf
    space: Space = CATHODE_SPACE

    def neighbourhood(self, feed: Leached, acid: Leachant) -> Neighbourhood:
        """Return the experiments with this acid as seen from this feed. An acid not in the data has none."""
        near = self.near(np.array(feed.place), acid.key)
        share = feed.cathode_share
        if share == 1.0:
            return near
        low, high = of_cathode(near.low, 1.0 / share), of_cathode(near.high, 1.0 / share)
        whole = self.space.whole(near.centre[None], np.zeros(1))
        centre = self.space.fixed(of_cathode(whole, 1.0 / share))[0]
        return replace(near, low=low, high=high, centre=centre, share=share)

    def near(self, composition: Floats, key: str) -> Neighbourhood:
        """Return the experiments with the acid of a key seen from a composition (mol Ni, Mn, Co per mol Li).

        As range and support an experiment counts only if its feed has every metal of this one: one without
        manganese does not support a yield of manganese.
        """
        acids, apart_in_shares = self._like(key)
        acid = int(acids[0]) if len(acids) else -1
        of_acid = np.flatnonzero(self.acid == acid if len(acids) < 2 else np.isin(self.acid, acids))
        apart = np.abs(self.feed - composition).sum(axis=1) / 2.0
        moved = apart[of_acid]
        complete = ((self.feed[of_acid] > 0) | (composition <= 0)).all(axis=1)
        near = (moved <= self.settings.feed_distance + 1e-9) & complete & self.sound[of_acid]
        fixed, time, count = self.fixed[of_acid], self.time[of_acid], int(near.sum())
        low, high = np.full((2, len(self.space.variables)), np.nan)
        centre = np.full(fixed.shape[1], np.nan)
        ends = [self.space.whole(fixed, time[:, i]) for i in range(2)]
        own = self.own[of_acid]
        if count:
            centre = np.median(fixed[near], axis=0)
            low, high = ends[0][near].min(axis=0), ends[1][near].max(axis=0)
        if (near & own).any():
            around = [self._around(end[near & own]) for end in ends]
            low, high = np.minimum(low, around[0][0].min(axis=0)), np.maximum(high, around[1][1].max(axis=0))
        place = [self.space.place(end) / self.scale for end in ends]
        return Neighbourhood(
            experiments=count,
            supported=bool(count >= self.settings.min_experiments or (near & own).any()),
            low=low,
            high=high,
            centre=centre,
            threshold=self.distance_limit,
            acid=acid,
            of_acid=of_acid,
            of_feed=np.flatnonzero(apart <= _SAME_FEED),
            near_feed=near,
            own=own,
            _place=self.space.fixed(place[0]),
            _time=np.column_stack([p[:, 0 if self.space.along is None else self.space.along] for p in place]),
            _feed_square=(_FEED_WEIGHT * moved) ** 2
            if apart_in_shares is None
            else (_FEED_WEIGHT * moved) ** 2 + (_SHARE_WEIGHT * apart_in_shares[self.acid[of_acid]]) ** 2,
            _scale=self.scale,
            _neighbours=self.settings.neighbours,
            space=self.space,
        )

    def _like(self, key: str) -> tuple[Ints, Floats | None]:
        """Return the numbers of the acids that a key stands for, nearest first, and how far shares are apart.

        An acid alone stands for itself. A mixture stands for those of the same acids of which no more than
        `_SAME_SHARES` is another acid; half the sum of the shares' differences, by acid, shape (k,).
        """
        wanted = shares_of(key)
        if len(wanted.group) == 1:
            return np.array([self.acids.index(key)] if key in self.acids else [], dtype=np.intp), None
        known = [shares_of(acid) for acid in self.acids]
        same = [one.group == wanted.group for one in known]
        apart = np.array(
            [
                np.abs(np.subtract(one.shares, wanted.shares)).sum() / 2.0 if alike else np.inf
                for one, alike in zip(known, same, strict=True)
            ]
        )
        order = np.argsort(apart, kind="stable")
        return order[apart[order] <= _SAME_SHARES + 1e-9], apart

    def _around(self, continuous: Floats) -> tuple[Floats, Floats]:
        """Return how low and how high setpoints may be that are near some conditions, shape (n, 5) each.

        Peroxide that was not dosed stays out: nothing is known of it.
        """
        space = self.space
        reach, place = OWN_REACH * self.distance_limit * self.scale, space.place(continuous)
        ends = [space.setpoints(place + sign * reach) for sign in (-1.0, 1.0)]
        for j in space.dosed:
            for end in ends:
                end[continuous[:, j] <= 0.0, j] = 0.0
        return np.maximum(ends[0], space.low), np.minimum(ends[1], space.high)

    def with_own(
        self, acid: Sequence[str], feed: Floats, fixed: Floats, time: Floats, sound: Bools
    ) -> Domain:
        """Return the domain with a user's own experiments behind those of the table.

        Args:
            acid: key of the acid of each, k of them.
            feed: mol Ni, Mn, Co per mol Li, shape (k, 3).
            fixed: temperature, acid concentration, peroxide, solid-liquid ratio, shape (k, 4).
            time: first and last sampling time in min, shape (k, 2).
            sound: whether it keeps to stoichiometry, shape (k,); else it supports nothing.
        """
        acids = (*self.acids, *sorted(set(acid) - set(self.acids)))
        number = np.array([acids.index(key) for key in acid], dtype=np.intp)
        return replace(
            self,
            acids=acids,
            acid=np.append(self.acid, number),
            feed=np.vstack([self.feed, feed]),
            fixed=np.vstack([self.fixed, fixed]),
            sound=np.append(self.sound, sound),
            time=np.vstack([self.time, time]),
            own=np.append(self.own, np.ones(len(number), dtype=np.bool_)),
        )

    def conditions(self, near: Neighbourhood) -> Floats:
        """Return the conditions, at their last sample, of the experiments near the feed, shape (e, 5).

        Solid-to-liquid ratios are those that the feed needs for as much cathode.
        """
        rows = near.of_acid[near.near_feed]
        return of_cathode(self.space.whole(self.fixed[rows], self.time[rows, 1]), 1.0 / near.share)

    def limited(self, distance: Floats, disagreement: Floats) -> Domain:
        """Return the domain with its limits set.

        Args:
            distance: distances of held-out experiments' rows to the other experiments, shape (n,).
            disagreement: of the members on rows of held-out studies, mean over metals, shape (k,).
        """
        most = float(np.quantile(disagreement, self.settings.disagreement_quantile))
        return replace(
            self,
            distance_limit=float(np.quantile(distance, self.settings.distance_quantile)),
            # a model of one member never disagrees: its domain is one of distance
            disagreement_limit=most if most > 0.0 else np.inf,
        )

    def ratio(self, distance: Floats, disagreement: Floats) -> Floats:
        """Return the greater of both measures as a share of its limit: at most 1 is inside the domain.

        Args:
            distance: as :meth:`Neighbourhood.distance` gives it, shape (n,).
            disagreement: of the members, NaN for absent metals, shape (n, 4).
        """
        mean = np.nanmean(disagreement, axis=1)
        far = np.maximum(distance / self.distance_limit, mean / self.disagreement_limit)
        return np.asarray(far, dtype=np.float64)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what an artefact stores, by name."""
        return {
            "domain_acids": np.array(self.acids),
            "domain_acid": self.acid.astype(np.int16),
            "domain_feed": self.feed,
            "domain_fixed": self.fixed,
            "domain_sound": self.sound,
            "domain_time": self.time,
            "domain_scale": self.scale,
        }

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, npt.NDArray[Any]],
        said: Mapping[str, Any],
        space: Space = CATHODE_SPACE,
    ) -> Domain:
        """Return what :meth:`arrays` stored; ``said`` is the domain's part of the card.

        Raises:
            KeyError: an array or an entry is missing.
        """
        return cls(
            acids=tuple(arrays["domain_acids"].tolist()),
            acid=arrays["domain_acid"].astype(np.intp),
            **{name: arrays[f"domain_{name}"] for name in ("feed", "fixed", "sound", "time", "scale")},
            own=np.zeros(len(arrays["domain_acid"]), dtype=np.bool_),
            settings=DomainSettings(**{f.name: said[f.name] for f in fields(DomainSettings)}),
            distance_limit=said["distance_limit"],
            disagreement_limit=said["disagreement_limit"],
            space=space,
        )


def nearest(square: Floats, neighbours: int) -> Floats:
    """Return the mean of the smallest distances of each row of squared distances, shape (n,)."""
    k = min(neighbours, square.shape[1])
    return np.asarray(np.sqrt(np.partition(square, k - 1, axis=1)[:, :k]).mean(axis=1), dtype=np.float64)


def fit_domain(
    table: TrainingTable | SystemTable,
    rows: Ints,
    settings: DomainSettings | None = None,
    *,
    refuse: bool = True,
) -> Domain:
    """Reduce rows of a training table to one representative per experiment; limits are set by ``limited``.

    Args:
        table: training table.
        rows: which of its rows.
        settings: what "near" means.
        refuse: whether to refuse rows that support no prediction at all.

    Raises:
        InputError: no acid has enough experiments near any feed.
    """
    space, every = Space.of(table.system), table.keys
    settings = settings or (DomainSettings() if table.system.is_cathode else FEW)
    keys = [every[row] for row in rows]
    acids = tuple(sorted(set(keys)))
    _, first, inverse = np.unique(table.experiments[rows], return_index=True, return_inverse=True)
    time = np.zeros(len(rows)) if space.along is None else table.continuous[rows, space.along]
    spans = np.array([[time[inverse == i].min(), time[inverse == i].max()] for i in range(len(first))])
    scale = space.place(table.continuous[rows]).std(axis=0)
    broken = np.bincount(inverse, weights=~table.sound[rows], minlength=len(first)) > 0
    domain = Domain(
        acids=acids,
        acid=np.array([acids.index(keys[i]) for i in first], dtype=np.intp),
        feed=table.feed[rows][first],
        fixed=space.fixed(table.continuous[rows][first]),
        sound=~broken,
        time=spans,
        own=np.zeros(len(first), dtype=np.bool_),
        scale=np.where(scale > 0.0, scale, 1.0),
        settings=settings,
        space=space,
    )
    if refuse and not any(
        domain.near(feed, acids[acid]).supported for feed, acid in zip(domain.feed, domain.acid, strict=True)
    ):
        raise InputError(
            "The training table has too few experiments to say where it supports a prediction.",
            where=str(table.path),
            allowed=f"some acid with {settings.min_experiments} experiments or more near one feed",
        )
    return domain
