"""What may be true of designs at a plant: draws of all their yields at once, and of their objectives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimiser.chemistry.mixtures import group_of
from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import METRICS
from optimiser.problem.yields import predicted_metals
from optimiser.surrogate.artefact import Surrogate, YieldPrediction
from optimiser.surrogate.calibration import widening
from optimiser.surrogate.coordinates import impurities_of, place_at, width_of
from optimiser.surrogate.features import of_cathode
from optimiser.surrogate.joint import drawn_yields, joint, nothing_learned
from optimiser.surrogate.residuals import Learned, Prior, hardness
from optimiser.surrogate.site import prior_of_base
from optimiser.variables import Bools, Designs, Floats

_AT_ONCE = 20_000  # designs whose costs are computed at once
#: Of the scalarisation of several objectives: how much their sum counts beside the worst of them.
_SUM = 0.05
_LIKELY = 0.5  # of the greatest chance to be feasible, from which a design helps to tell the objectives' ends


def prior_of(surrogate: Surrogate) -> Prior:
    """Return what is known of a plant beforehand, with the noise of own repeats where there are any.

    Raises:
        InputError: it is missing.
    """
    return prior_of_base(surrogate)[0] if surrogate.site is None else surrogate.site.prior


def learned_of(surrogate: Surrogate, prior: Prior, key: str) -> Learned:
    """Return what own results taught of an acid, by its key."""
    known = None if surrogate.site is None else surrogate.site.learned.get(group_of(key))
    if known is not None:
        return known
    system = surrogate.system
    feed = surrogate.domain.feed.shape[1]
    return nothing_learned(prior, width_of(surrogate.domain.space), len(system.responses), feed)


def place_in(problem: BoundProblem, acid: int, continuous: Floats) -> Floats:
    """Return where setpoints with one of a problem's acids lie for own results, shape (n, `width_of`)."""
    feed = problem.feed
    seen = of_cathode(continuous, feed.cathode_share)
    key, domain = problem.acids[acid].key, problem.surrogate.domain
    return place_at(seen, domain.scale, key, impurities_of(feed), domain.space)


def setpoints_in(problem: BoundProblem, continuous: Floats) -> Floats:
    """Return setpoints, solids as cathode, in the domain's standard deviations, shape (n, 5)."""
    seen = of_cathode(continuous, problem.feed.cathode_share)
    domain = problem.surrogate.domain
    return domain.space.place(seen) / domain.scale


def composition_of(problem: BoundProblem) -> Floats:
    """Return what describes the feed, of a cathode mol Ni, Mn and Co per mol Li, shape (f,)."""
    return np.array(problem.feed.place, dtype=np.float64)


def published(problem: BoundProblem, designs: Designs, prediction: YieldPrediction) -> tuple[Floats, Floats]:
    """Return what the published model expects of yields, whatever own results say, and how hard they look.

    Args:
        problem: bound.
        designs: n designs.
        prediction: of them by the problem's own model.

    Returns:
        Mean yields and `residuals.hardness`, shape (n, 4) each.
    """
    surrogate = problem.surrogate
    if surrogate.site is not None:
        usual = replace(surrogate.calibration, scores=surrogate.site.expected.scores)
        base = replace(problem, surrogate=replace(surrogate, site=None, calibration=usual))
        prediction = base.predict(designs)
    known = len(predicted_metals(surrogate))
    wider = widening(prediction.domain_ratio, surrogate.calibration.growth)
    return prediction.mean[:, :known], hardness(prediction.scale[:, :known] / wider[:, None])


def draw(
    problem: BoundProblem,
    designs: Designs,
    prediction: YieldPrediction,
    prior: Prior,
    number: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw the yields of designs at this plant, all designs and metals at once, shape (number, n, metals).

    Acids know nothing of each other, so that each is drawn on its own. An assumed yield has no error.

    Args:
        problem: bound.
        designs: n designs, each an experiment of its own.
        prediction: of them.
        prior: of `prior_of`.
        number: of draws.
        rng: generator.
    """
    surrogate, composition = problem.surrogate, composition_of(problem)
    known = len(predicted_metals(surrogate))
    base, hard = published(problem, designs, prediction)
    scores = np.full((number, len(designs), known), np.nan)
    for k in np.unique(designs.acid):
        rows = np.flatnonzero(designs.acid == k)
        learned = learned_of(surrogate, prior, problem.acids[k].key)
        place = place_in(problem, int(k), designs.continuous[rows])
        together = joint(prior, learned, composition, place, base[rows], hard[rows], rows)
        scores[:, rows] = together.scores(number, rng)
    drawn = drawn_yields(
        surrogate.calibration, prediction.mean[:, :known], prediction.scale[:, :known], scores
    )
    assumed = np.broadcast_to(prediction.mean[:, known:], (number, *prediction.mean[:, known:].shape))
    return np.concatenate([drawn, assumed], axis=2)


def objectives(problem: BoundProblem, designs: Designs, yields: Floats) -> Floats:
    """Return the objectives, to minimise, of designs in each draw of their yields, shape (s, n, m).

    A quantile of a metric is taken as the metric: a draw has no spread.
    """
    draws, n = yields.shape[:2]
    out = np.empty((draws, n, len(problem.objectives)))
    for part in np.array_split(np.arange(draws), -(-draws * n // _AT_ONCE)):
        every = np.tile(np.arange(n), len(part))
        told = problem.outcome_of(designs.take(every), yields[part].reshape(len(every), -1))
        for j, objective in enumerate(problem.objectives):
            values = objective.sign * METRICS[objective.metric].compute(told)
            out[part, :, j] = values.reshape(len(part), n)
    # nothing dissolved makes a cost per kg infinite
    return np.nan_to_num(out, nan=np.inf, posinf=np.inf, neginf=-np.inf)


def reach(problem: BoundProblem, yields: Floats) -> Bools:
    """Return whether yields reach all targets, shape of ``yields`` without its last axis."""
    targets = problem.targets_array
    asked = ~np.isnan(targets)
    return np.asarray((yields[..., asked] >= targets[asked]).all(axis=-1), dtype=np.bool_)


def weighed(
    values: Floats, feasible: Bools, known: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return several objectives as one, with other weights in each draw (ParEGO, Knowles 2006).

    Args:
        values: objectives to minimise, shape (s, n, m).
        feasible: shape (s, n).
        known: objectives of k measured designs, shape (k, m).
        rng: generator.

    Returns:
        Of the designs, shape (s, n), and of those measured, shape (s, k).
    """
    low, high = _front_ends(values, feasible)
    weights = rng.dirichlet(np.ones(values.shape[2]), len(values))[:, None]

    def one(of: Floats) -> Floats:
        parts = weights * (of - low) / np.maximum(high - low, 1e-12)
        return np.asarray(parts.max(axis=2) + _SUM * parts.sum(axis=2), dtype=np.float64)

    return one(values), one(np.broadcast_to(known, (len(values), *known.shape)))


def _front_ends(values: Floats, feasible: Bools) -> tuple[Floats, Floats]:
    """Return ideal and nadir of the expected front of what is likely to be feasible, shape (m,) each."""
    middle, chance = np.median(values, axis=0), feasible.mean(axis=0)
    likely = middle[(chance >= _LIKELY * chance.max()) & np.isfinite(middle).all(axis=1)]
    no_worse = (likely[:, None] <= likely[None]).all(axis=2)
    better = no_worse & (likely[:, None] < likely[None]).any(axis=2)
    front = likely[~better.any(axis=0)]
    return front.min(axis=0), front.max(axis=0)


def distances(problem: BoundProblem, designs: Designs, other_acid: float) -> Floats:
    """Return how far designs lie apart, in the domain's standard deviations, shape (n, n).

    Args:
        problem: bound.
        designs: n designs.
        other_acid: added where two designs have different acids.
    """
    place = setpoints_in(problem, designs.continuous)
    apart = np.sqrt(((place[:, None] - place[None]) ** 2).sum(axis=2))
    found: Floats = np.where(designs.acid[:, None] == designs.acid, apart, apart + other_acid)
    return found
