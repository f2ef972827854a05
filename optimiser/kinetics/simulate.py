"""Yield-time curves from the surrogate, at temperatures and times that the acid's data reach near a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.designs import CONTINUOUS, VARIABLES, Bools, Designs, Floats
from optimiser.errors import InputError
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.domain import Neighbourhood

#: An acid whose data span less, degC, says nothing about the effect of temperature.
LEAST_SPAN = 20.0
#: Temperatures of a line, at least: two points always lie on one.
LEAST_TEMPERATURES = 3
#: Times of a curve, at least: one more than AICc needs for three parameters and the scatter.
LEAST_TIMES = 6
TEMPERATURES, TIMES = 8, 16
#: The conditions that stay the same, in the order of a design.
FIXED: tuple[str, ...] = ("acid_concentration", "h2o2", "solid_liquid_ratio")
#: Latest over earliest time (the latter 1 min or more) below which a curve hardly has a shape.
NARROW = 4.0
_TEMPERATURE, _TIME = CONTINUOUS.index("temperature"), CONTINUOUS.index("time")


@dataclass(frozen=True)
class Plan:
    """What to simulate.

    Attributes:
        feed: the cathode.
        acid: the acid.
        temperature: degC, rising, shape (t,).
        time: min, rising, shape (n,).
        conditions: the conditions that stay the same, by name, in their own units.
        chosen: those of them that were asked for; the others are the median experiment's.
        experiments: how many stand behind this acid near this feed.
        span: lowest and highest temperature and time of these experiments, by name.
    """

    feed: Feed
    acid: Acid
    temperature: Floats
    time: Floats
    conditions: Mapping[str, float]
    chosen: frozenset[str]
    experiments: int
    span: Mapping[str, tuple[float, float]]


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
        conditions: values of some of `FIXED`; the others are the median of the experiments.

    Raises:
        InputError: too few experiments, less than 20 degC between them, all sampled at one time, or what is
            asked for lies outside of them or is too little for a line.
    """
    near = surrogate.domain.neighbourhood(feed, acid)
    _check_data(surrogate, near, feed, acid)
    given = dict(conditions or {})
    for name, values in (*((n, [v]) for n, v in given.items()), ("temperature", temperature), ("time", time)):
        for value in values:
            _check_inside(near, name, float(value), feed, acid)
    centre = dict(zip(CONTINUOUS, near.centre.tolist(), strict=False))
    temperatures = np.unique(np.array(temperature, dtype=np.float64)) if len(temperature) else _grid(near)
    times = np.unique(np.array(time, dtype=np.float64)) if len(time) else _sampling(near)
    _check_enough("temperature", temperatures, LEAST_TEMPERATURES)
    _check_enough("time", times, LEAST_TIMES)
    if np.ptp(temperatures) < LEAST_SPAN:
        raise InputError(
            f"The temperatures asked for span {np.ptp(temperatures):g} degC.",
            where="--temperature",
            allowed=f"{LEAST_SPAN:g} degC or more",
            remedy="leave --temperature out for the whole span of the data",
        )
    return Plan(
        feed=feed,
        acid=acid,
        temperature=temperatures,
        time=times,
        conditions={name: given.get(name, centre[name]) for name in FIXED},
        chosen=frozenset(given),
        experiments=near.experiments,
        span={n: (float(near.low[i]), float(near.high[i])) for n, i in _SPANNED},
    )


def simulate(surrogate: Surrogate, plan: Plan) -> Curves:
    """Predict the yields of a plan's curves."""
    hot, long = np.meshgrid(plan.temperature, plan.time, indexing="ij")
    column = {"temperature": hot.ravel(), "time": long.ravel()}
    column |= {name: np.full(hot.size, value) for name, value in plan.conditions.items()}
    continuous = np.column_stack([column[name] for name in CONTINUOUS])
    designs = Designs(np.zeros(hot.size, dtype=np.intp), continuous)
    prediction = surrogate.predict(plan.feed, [plan.acid], designs)
    near = surrogate.domain.neighbourhood(plan.feed, plan.acid)
    inside = (prediction.domain_ratio <= 1.0) & (near.beyond(continuous) <= 0.0)
    return Curves(plan, prediction.mean.reshape(*hot.shape, -1), inside.reshape(hot.shape))


_SPANNED = (("temperature", _TEMPERATURE), ("time", _TIME))


def _check_data(surrogate: Surrogate, near: Neighbourhood, feed: Feed, acid: Acid) -> None:
    others = f"another --acid or --feed; for {feed.name} these can be asked for: "
    if not near.supported:
        said = f"only {near.experiments} experiments" if near.experiments else "no experiments"
        raise InputError(
            f"There are {said} with {acid.label} near {feed.name}.",
            where="--acid",
            allowed=f"{surrogate.domain.settings.min_experiments} or more",
            remedy=others + _possible(surrogate, feed),
        )
    low, high = near.low[_TEMPERATURE], near.high[_TEMPERATURE]
    if high - low < LEAST_SPAN:
        raise InputError(
            f"The data of {acid.label} near {feed.name} span {high - low:g} degC ({low:g} to {high:g}): too "
            "little for an activation energy.",
            where="--acid",
            allowed=f"{LEAST_SPAN:g} degC or more",
            remedy=others + _possible(surrogate, feed),
        )
    low, high = near.low[_TIME], near.high[_TIME]
    if not low < high:
        raise InputError(
            f"The data of {acid.label} near {feed.name} were all sampled at {low:g} min: there is no curve.",
            where="--acid",
            allowed="experiments sampled at several times",
            remedy=others + _possible(surrogate, feed),
        )


def _possible(surrogate: Surrogate, feed: Feed) -> str:
    """Name the shipped acids that would not be refused."""
    from optimiser.chemistry.reagents import load_acids

    names = []
    for name, acid in load_acids().items():
        near = surrogate.domain.neighbourhood(feed, acid)
        if near.supported and near.high[_TIME] > near.low[_TIME]:
            names += [name] if near.high[_TEMPERATURE] - near.low[_TEMPERATURE] >= LEAST_SPAN else []
    return ", ".join(names) or "none"


def _check_inside(near: Neighbourhood, name: str, value: float, feed: Feed, acid: Acid) -> None:
    i = CONTINUOUS.index(name)
    low, high, unit = float(near.low[i]), float(near.high[i]), VARIABLES[i].unit
    if not low - 1e-9 <= value <= high + 1e-9:
        raise InputError(
            f"{VARIABLES[i].label.capitalize()} {value:g} {unit} is outside the data of {acid.label} near "
            f"{feed.name}.",
            where=f"--{name}" if name in ("temperature", "time") else f"--set {name}={value:g}",
            allowed=f"{low:g} to {high:g} {unit}",
            remedy="stay within the data: the surrogate does not extrapolate",
        )


def _check_enough(name: str, values: Floats, least: int) -> None:
    if len(values) < least:
        raise InputError(
            f"{len(values)} different values of {name} are too few.",
            where=f"--{name}",
            allowed=f"{least} or more",
            remedy=f"leave --{name} out, or write it as low:high:count",
        )


def _grid(near: Neighbourhood) -> Floats:
    """Return temperatures over the span of the data, both ends included, the others on the plant's grid."""
    low, high, step = near.low[_TEMPERATURE], near.high[_TEMPERATURE], VARIABLES[_TEMPERATURE].step
    inner = np.round(np.linspace(low, high, TEMPERATURES)[1:-1] / step) * step
    return np.unique(np.concatenate([[low], inner, [high]]))


def _sampling(near: Neighbourhood) -> Floats:
    """Return times over the span of the data, evenly in log(1 + t), both ends included, in whole minutes."""
    low, high = near.low[_TIME], near.high[_TIME]
    inner = np.expm1(np.linspace(np.log1p(low), np.log1p(high), TIMES))[1:-1]
    whole = np.round(inner) if high - low >= TIMES else inner
    return np.unique(np.clip(np.concatenate([[low], whole, [high]]), low, high))
