"""Experiments to choose from: designs that a search and chance find, as a laboratory can set them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import qmc

from optimiser.learning.drawing import setpoints_in
from optimiser.learning.setpoints import laboratory_setpoints
from optimiser.problem.bound import BoundProblem, SearchPoint
from optimiser.problem.constraints import Yields
from optimiser.problem.yields import joint_probability
from optimiser.search.archive import total_violation
from optimiser.search.pool import Pool, Question
from optimiser.search.search import SearchSettings, search
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.surrogate.coordinates import impurities_of
from optimiser.surrogate.features import of_cathode
from optimiser.surrogate.residuals import feed_share
from optimiser.surrogate.site import OwnData
from optimiser.variables import Bools, Designs, Floats, Ints

#: Targets that the search asks for beside those of the problem: what a plant may turn out to need.
_SHIFTS = (-0.1, -0.05, 0.0, 0.05)
_HIGHEST, _LOWEST = 0.99, 0.05  # such targets
_OBJECTIVE_ROUNDS, _FRONT_EFFORT = 5, SearchSettings(40, 20, 0)
_RANDOM = 128  # designs of each acid, a power of 2
#: Candidates that are kept, and those of them that chance picks.
MOST, _BY_CHANCE = 240, 60
_BEST = 8  # by expected yields, which are kept whatever lies beside them
#: Candidates are thinned to one in each cell of so many of the domain's standard deviations.
_CELL = 0.2
_USUAL = (0.05, 0.75)  # quantiles of an objective between which a design is cheap or dear
_SAME = 1e-6
#: Own results on a feed that shares so much of its sites count as of the same feed.
SAME_FEED = 0.9
#: Mass share up to which the impurities of a result count as those of the feed: what an assay cannot tell.
SAME_IMPURITIES = 0.001


@dataclass(frozen=True)
class Candidates:
    """Designs as a laboratory can set them, within all constraints but the yield targets, n of them.

    Attributes:
        problem: what is asked, bound.
        designs: as rounded.
        point: objectives, margins and yields.
        chance: that all targets hold at once, 1 without targets, shape (n,).
    """

    problem: BoundProblem
    designs: Designs
    point: SearchPoint
    chance: Floats

    def __len__(self) -> int:
        return len(self.designs)

    @property
    def prediction(self) -> YieldPrediction:
        """Of the yields."""
        return self.point.prediction

    @property
    def expected(self) -> Bools:
        """Whether the expected yields reach all targets, shape (n,)."""
        targets = self.problem.targets_array
        asked = ~np.isnan(targets)
        return np.asarray((self.prediction.mean[:, asked] >= targets[asked]).all(axis=1), dtype=np.bool_)

    @property
    def place(self) -> Floats:
        """Setpoints in the domain's standard deviations, shape (n, v)."""
        return setpoints_in(self.problem, self.designs.continuous)


def candidates(problem: BoundProblem, aim: str, rng: np.random.Generator) -> Candidates:
    """Return experiments to choose from.

    Args:
        problem: what is asked, bound; with its supported acids alone.
        aim: ``cost``, ``front`` or ``feasibility``.
        rng: generator.

    Returns:
        At most `MOST` designs, none of them measured already; none where nothing keeps the constraints.
    """
    free = problem.with_constraints(Yields())
    found = _searched(problem, aim, rng)
    rows = np.flatnonzero(total_violation(free.point_at(found.designs, found.high).margins) <= 0.0)
    designs, told = found.designs.take(rows), found.high.take(rows)
    unit = qmc.Sobol(len(problem.variables), rng=rng).random(_RANDOM)
    others = Designs.joined(
        [problem.decode(np.full(_RANDOM, k, dtype=np.intp), unit) for k in range(len(problem.acids))]
    )
    low = problem.predict(others, "low")
    held = np.flatnonzero(total_violation(free.point_at(others, low).margins) <= 0.0)
    # rounded before it is chosen, so that neighbours become one
    every = Designs.joined([designs, others.take(held)])
    guess = YieldPrediction.joined([replace(told, location=None), low.take(held)])
    rounded = _rounded(problem, every)
    kept = np.flatnonzero(~measured(problem, rounded))
    kept = kept[np.unique(rounded.setpoints[kept], return_index=True)[1]]
    if len(kept):  # else there is nothing to thin or to predict
        kept = kept[_thinned(problem, rounded.take(kept), guess.take(kept), aim, rng)]
    chosen = rounded.take(kept)
    point = free.search_point(chosen, "high") if len(kept) else free.point_at(chosen, guess.take(kept))
    good = np.flatnonzero(total_violation(point.margins) <= 0.0)
    prediction = point.prediction.take(good)
    point = SearchPoint(point.objectives[good], point.margins[good], prediction)
    return Candidates(problem, chosen.take(good), point, _chance(problem, prediction))


def measured(problem: BoundProblem, designs: Designs) -> Bools:
    """Return which designs own results on this feed have the conditions of, shape (n,)."""
    data = own_data_of(problem)
    out = np.zeros(len(designs), dtype=bool)
    if data is None:
        return out
    keys = np.array([acid.key for acid in problem.acids])[designs.acid]
    for key in np.unique(data.acid):
        mine, known = np.flatnonzero(keys == key), data.of_cathode[data.acid == key]
        here = of_cathode(designs.continuous[mine], problem.feed.cathode_share)
        apart = np.abs(here[:, None] - known[None])
        out[mine] = (apart <= _SAME * np.maximum(np.abs(known), 1.0)).all(axis=2).any(axis=1)
    return out


def own_data_of(problem: BoundProblem) -> OwnData | None:
    """Return own results on the feed of a problem with its acids; None where there are none."""
    site = problem.surrogate.site
    if site is None:
        return None
    keys = [acid.key for acid in problem.acids]
    feed = np.array([problem.feed.place], dtype=np.float64)
    near = feed_share(feed, site.data.feed, site.prior.feed_reach)[0] >= SAME_FEED
    other = np.abs(site.data.impurities - impurities_of(problem.feed)).max(axis=1)
    near &= other <= SAME_IMPURITIES
    rows = np.flatnonzero(near & np.isin(site.data.acid, keys))
    return site.data.take(rows) if len(rows) else None


def expected(problem: BoundProblem, shift: float = 0.0) -> BoundProblem:
    """Return a problem whose expected yields are held against its targets, moved by so much."""
    targets = {m: min(max(t + shift, _LOWEST), _HIGHEST) for m, t in problem.targets.items()}
    asked: Any = targets if shift else dict(problem.targets)
    return problem.with_constraints(Yields(**asked))


def _searched(problem: BoundProblem, aim: str, rng: np.random.Generator) -> Pool:
    """Return a pool with good designs at the targets and about them, of each acid, and of each objective."""
    pool = Pool(replace(problem, objectives=problem.objectives[:1]), rng)
    pool.solve(list(_questions(problem, aim)), _OBJECTIVE_ROUNDS)
    if aim == "front" and len(problem.objectives) > 1:
        found = search(expected(problem), _FRONT_EFFORT, np.random.default_rng(rng.integers(2**32)))
        pool.add(found.final)
    return pool


def _questions(problem: BoundProblem, aim: str) -> Iterator[Question]:
    asked = problem.objectives if aim == "front" else problem.objectives[:1]
    for objective in asked:
        one = replace(problem, objectives=(objective,))
        for shift in _SHIFTS if problem.targets else (0.0,):
            yield Question(expected(one, shift))
    first = expected(replace(problem, objectives=problem.objectives[:1]))
    if len(problem.acids) > 1:
        for k in range(len(problem.acids)):
            yield Question(first, k)


def _rounded(problem: BoundProblem, designs: Designs) -> Designs:
    return laboratory_setpoints(designs, problem.lower[designs.acid], problem.upper[designs.acid])


def _chance(problem: BoundProblem, prediction: YieldPrediction) -> Floats:
    return joint_probability(problem.surrogate, prediction, problem.targets_array)


def _thinned(
    problem: BoundProblem, designs: Designs, guess: YieldPrediction, aim: str, rng: np.random.Generator
) -> Ints:
    """Return which designs are kept: the promising ones, one in each cell, and some by chance."""
    values = problem.point_at(designs, guess).objectives
    chance = _chance(problem, guess)
    likely = chance >= np.quantile(chance, 0.5)
    low, high = np.quantile(values[likely], _USUAL, axis=0)
    cheap = 1.0 - ((values - low) / np.maximum(high - low, 1e-12)).clip(0.0, 1.0)
    doubt = 4.0 * chance * (1.0 - chance) if aim == "feasibility" else chance
    if aim == "front":  # towards each objective, and all together
        weights = np.vstack([np.eye(values.shape[1]), np.full(values.shape[1], 1.0 / values.shape[1])])
    else:
        weights = np.eye(values.shape[1])[:1]
    scores = doubt[:, None] * (0.5 + cheap @ weights.T)
    order = np.argsort(np.argsort(-scores, axis=0, kind="stable"), axis=0).min(axis=1)
    first = np.argsort(order, kind="stable")
    # what may be the best design is never thinned away
    targets = problem.targets_array
    asked = ~np.isnan(targets)
    reached = (guess.mean[:, asked] >= targets[asked]).all(axis=1)
    best = np.lexsort((values[:, 0], ~reached))[:_BEST]
    first = np.append(best, np.setdiff1d(first, best, assume_unique=True))
    place = setpoints_in(problem, designs.continuous[first])
    cell = np.column_stack([designs.acid[first], np.floor(place / _CELL)])
    ahead = np.unique(cell, axis=0, return_index=True)[1]
    good = first[np.union1d(np.arange(len(best)), ahead)]
    best = good[: MOST - _BY_CHANCE]
    rest = np.setdiff1d(np.arange(len(designs)), best)
    return np.append(best, rng.choice(rest, min(_BY_CHANCE, len(rest)), replace=False))
