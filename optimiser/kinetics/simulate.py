"""Yield-time curves from the surrogate, at temperatures and times that the acid's data reach near a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.domain import Neighbourhood
from optimiser.surrogate.features import of_cathode
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.mixture import Mixture
from optimiser.variables import COLUMN, CONTINUOUS, VARIABLES, Bools, Designs, Floats

#: An acid whose data span less, degC, says nothing about the effect of temperature.
LEAST_SPAN = 20.0
#: How many temperatures and times: two points always lie on a line, and fewer times give no shape. More than
#: the most take long to fit and say nothing more.
LEAST, MOST = {"temperature": 3, "time": 6}, {"temperature": 100, "time": 200}
#: How many of each unless asked for.
USUAL = {"temperature": 8, "time": 16}
#: The conditions that stay the same, in the order of a design.
FIXED: tuple[str, ...] = ("acid_concentration", "h2o2", "solid_liquid_ratio")


@dataclass(frozen=True)
class Plan:
    """What to simulate.

    Attributes:
        feed: the cathode.
        acid: the acid.
        temperature: degC, rising, shape (t,).
        time: min, above 0 and rising, shape (n,).
        conditions: the conditions that stay the same, by name, in their own units.
        chosen: those of them that were asked for; the others are the median experiment's.
        experiments: how many stand behind this acid near this feed.
    """

    feed: Feed
    acid: Acid
    temperature: Floats
    time: Floats
    conditions: Mapping[str, float]
    chosen: frozenset[str]
    experiments: int


@dataclass(frozen=True)
class Curves:
    """Simulated curves.

    Attributes:
        plan: what was simulated.
        yields: fractions, shape (temperatures, times, 4); NaN for absent metals.
        inside: which designs are inside the applicability domain, shape (temperatures, times).
    """

    plan: Plan
    yields: Floats
    inside: Bools


def plan_curves(
    surrogate: Surrogate,
    feed: Feed,
    acid: Acid,
    *,
    temperature: Sequence[float] = (),
    time: Sequence[float] = (),
    conditions: Mapping[str, float] | None = None,
) -> Plan:
    """Decide what to simulate.

    Args:
        surrogate: the yield model, whose domain says what was tried.
        feed: the cathode.
        acid: the acid.
        temperature: degC; left out, 8 values from the lowest to the highest tried with that acid and feed.
        time: min; left out, up to 16 values between the earliest and latest sample, evenly in log(1 + t).
            Time 0 is left out: what dissolves at once has no rate.
        conditions: values of some of `FIXED`; the others are the median of the experiments.

    Raises:
        InputError: too few experiments, less than 20 degC between them, all sampled at one time, or what is
            asked for lies outside of them or is too little for a line.
    """
    _check_data(surrogate, feed, acid)
    near, given = tried(surrogate, feed, acid), dict(conditions or {})
    temperatures = np.unique(temperature) if len(temperature) else _grid(near)
    times = np.unique(time) if len(time) else _sampling(near)
    for name in given:
        if name not in FIXED:
            own = name in MOST
            raise InputError(
                f"{name!r} is not a condition that stays the same.",
                where=f"--set {name}",
                allowed=", ".join(FIXED),
                remedy=f"use --{name}" if own else closest(name, FIXED),
            )
    asked = {"temperature": temperatures, "time": times} | {n: np.array([v]) for n, v in given.items()}
    for name, values in asked.items():
        _check_inside(near, name, values, feed, acid)
    times = times[times > 0.0]
    _check_number("temperature", temperatures)
    _check_number("time", times)
    if np.ptp(temperatures) < LEAST_SPAN:
        raise InputError(
            f"The temperatures asked for span {np.ptp(temperatures):g} degC.",
            where="--temperature",
            allowed=f"{LEAST_SPAN:g} degC or more",
            remedy="leave --temperature out for the whole span of the data",
        )
    centre = dict(zip(CONTINUOUS, near.centre.tolist(), strict=False))
    return Plan(
        feed=feed,
        acid=acid,
        temperature=temperatures,
        time=times,
        conditions={name: given.get(name, centre[name]) for name in FIXED},
        chosen=frozenset(given),
        experiments=near.experiments,
    )


def simulate(surrogate: Surrogate, plan: Plan) -> Curves:
    """Predict the yields of a plan's curves."""
    hot, long = np.meshgrid(plan.temperature, plan.time, indexing="ij")
    column = {"temperature": hot.ravel(), "time": long.ravel()}
    column |= {name: np.full(hot.size, value) for name, value in plan.conditions.items()}
    continuous = np.column_stack([column[name] for name in CONTINUOUS])
    designs = Designs(np.zeros(hot.size, dtype=np.intp), continuous)
    prediction = surrogate.predict(plan.feed, [plan.acid], designs)
    near = tried(surrogate, plan.feed, plan.acid)
    inside = (prediction.domain_ratio <= 1.0) & (near.beyond(continuous) <= 0.0)
    return Curves(plan, prediction.mean.reshape(*hot.shape, -1), inside.reshape(hot.shape))


def tried(surrogate: Surrogate, feed: Feed, acid: Acid) -> Neighbourhood:
    """Return the experiments with an acid near a feed, with the ranges that they were made in.

    A search may go beyond those of a user's own experiments; a curve there would rest on nothing.
    """
    domain, near = surrogate.domain, surrogate.domain.neighbourhood(feed, acid)
    if surrogate.site is None or not near.experiments:
        return near
    rows = near.of_acid[near.near_feed]
    ends = [np.insert(domain.fixed[rows], COLUMN["time"], domain.time[rows, i], axis=1) for i in range(2)]
    ends = [of_cathode(end, 1.0 / near.share) for end in ends]
    return replace(near, low=ends[0].min(axis=0), high=ends[1].max(axis=0))


def members(surrogate: Surrogate) -> tuple[Surrogate, ...]:
    """Return each member of a yield model as a separate model; none of one that has no members."""
    whole = surrogate.fitted
    if not isinstance(whole, Fitted):
        return ()
    pairs = [replace(whole, paired=(one,), plain=()) for one in whole.paired]
    plain = [replace(whole, paired=(), plain=(one,)) for one in whole.plain]
    alone = Mixture(np.ones(1), np.ones(1, dtype=bool))
    return tuple(replace(surrogate, fitted=replace(one, mixture=alone)) for one in (*pairs, *plain))


def _check_data(surrogate: Surrogate, feed: Feed, acid: Acid) -> None:
    lacking = _lacking(surrogate, feed, acid)
    if lacking is not None:
        what, allowed = lacking
        names = [name for name, one in load_acids().items() if _lacking(surrogate, feed, one) is None]
        raise InputError(
            what,
            where="--acid",
            allowed=allowed,
            remedy=f"another --acid or --feed; for {feed.name} use: {', '.join(names) or 'none'}",
        )


def _lacking(surrogate: Surrogate, feed: Feed, acid: Acid) -> tuple[str, str] | None:
    """Return what the data of an acid lack for an activation energy, and what would be enough; or None."""
    near, where = tried(surrogate, feed, acid), f"{acid.label} near {feed.name}"
    if not near.supported:
        said = f"only {near.experiments} experiments" if near.experiments else "no experiments"
        return f"There are {said} with {where}.", f"{surrogate.domain.settings.min_experiments} or more"
    low, high = _span(near, "temperature")
    if high - low < LEAST_SPAN:
        said = f"span {high - low:g} degC ({low:g} to {high:g}): too little for an activation energy"
        return f"The data of {where} {said}.", f"{LEAST_SPAN:g} degC or more"
    low, high = _span(near, "time")
    if not low < high:
        said = f"were all sampled at {low:g} min: there is no curve"
        return f"The data of {where} {said}.", "experiments sampled at several times"
    return None


def _span(near: Neighbourhood, name: str) -> tuple[float, float]:
    return float(near.low[COLUMN[name]]), float(near.high[COLUMN[name]])


def _check_number(name: str, values: Floats) -> None:
    if not LEAST[name] <= len(values) <= MOST[name]:
        few = len(values) < LEAST[name]
        raise InputError(
            f"{len(values)} different values of {name} are too {'few' if few else 'many'}.",
            where=f"--{name}",
            allowed=f"{LEAST[name]} to {MOST[name]}",
            remedy=f"leave --{name} out, or write it as low:high:count",
        )


def _check_inside(near: Neighbourhood, name: str, values: Floats, feed: Feed, acid: Acid) -> None:
    variable, (low, high) = VARIABLES[COLUMN[name]], _span(near, name)
    outside = values[~((values >= low - 1e-9) & (values <= high + 1e-9))]  # NaN is outside, too
    if len(outside):
        raise InputError(
            f"{variable.label.capitalize()} {outside[0]:g} {variable.unit} is outside the data of "
            f"{acid.label} near {feed.name}.",
            where=f"--{name}" if name in MOST else f"--set {name}={outside[0]:g}",
            allowed=f"{low:g} to {high:g} {variable.unit}",
            remedy="stay within the data: the surrogate does not extrapolate",
        )


def _grid(near: Neighbourhood) -> Floats:
    """Return temperatures over the span of the data, both ends included, the others on the plant's grid."""
    (low, high), step = _span(near, "temperature"), VARIABLES[COLUMN["temperature"]].step
    inner = np.round(np.linspace(low, high, USUAL["temperature"])[1:-1] / step) * step
    return np.unique(np.concatenate([[low], inner, [high]]))


def _sampling(near: Neighbourhood) -> Floats:
    """Return times over the span of the data, evenly in log(1 + t), both ends included, in whole minutes."""
    low, high = _span(near, "time")
    inner = np.expm1(np.linspace(np.log1p(low), np.log1p(high), USUAL["time"]))[1:-1]
    whole = np.round(inner) if high - low >= USUAL["time"] else inner
    return np.unique(np.clip(np.concatenate([[low], whole, [high]]), low, high))
