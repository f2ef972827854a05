"""Bounds: any metric can be held at least, at most, or between two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.categories import is_own
from optimiser.problem.margins import Constraint, State
from optimiser.problem.metrics import METRICS
from optimiser.problem.numbers import number
from optimiser.variables import Floats

#: The metrics that can be bounded; yields have their own constraint.
BOUNDED: tuple[str, ...] = tuple(name for name in METRICS if not name.startswith("yield_"))
_ENDS: Mapping[str, str] = {"min": "at least", "max": "at most"}
_EXAMPLE = "write e.g. `- cost: {max: 2}`"
_ROUNDING = 1e-9  # that a margin may lack, so that a bound of 0 can be met


@dataclass(frozen=True, init=False)
class Bound(Constraint):
    """A metric at least ``min``, at most ``max``, or both, in the metric's unit.

    Raises:
        InputError: an unknown metric, a yield (see `Yields`), no number, one that is impossible, or
            ``min`` above ``max``.

    Examples:
        >>> Bound("cost", max=2).setting()
        {'cost': {'max': 2.0}}
    """

    needs_yields: ClassVar[bool] = True
    allowed: ClassVar[str] = "{min: number}, {max: number}, or both"

    metric: str
    min: float | None
    max: float | None

    def __init__(self, metric: str, *, min: float | None = None, max: float | None = None) -> None:
        _check_metric(metric)
        found = {end: _possible(metric, end, v) for end, v in (("min", min), ("max", max)) if v is not None}
        if not found:
            raise InputError(
                f"{metric!r} is bounded by nothing.", allowed=self.allowed, remedy=_EXAMPLE, key=(metric,)
            )
        if len(found) == 2 and found["min"] > found["max"]:
            raise InputError(
                f"{metric} cannot be at least {found['min']:g} and at most {found['max']:g}.",
                allowed="min <= max",
                remedy="exchange the two",
                key=(metric,),
            )
        own = {"metric": metric, "key": metric, "label": METRICS[metric].label}
        for name, value in {**own, "min": found.get("min"), "max": found.get("max")}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def read(cls, metric: str, setting: Any) -> Bound:
        """Return the bound that ``metric: {min: .., max: ..}`` stands for.

        Raises:
            InputError: as `Bound`, or the setting is no such thing.
        """
        _check_metric(metric)
        if not isinstance(setting, dict):
            raise InputError(
                f"{setting!r} does not say whether {metric} is bounded below or above.",
                allowed=cls.allowed,
                remedy=_EXAMPLE,
                key=(metric,),
            )
        for end, value in setting.items():
            if end not in _ENDS:
                raise InputError(
                    f"Unknown key {str(end)!r}.", allowed="min, max", remedy=_EXAMPLE, key=(metric, end)
                )
            number(value, key=(metric, end))
        return cls(metric, **setting)

    @property
    def _limits(self) -> dict[str, float]:
        return {end: limit for end in _ENDS if (limit := getattr(self, end)) is not None}

    @property
    def names(self) -> tuple[str, ...]:
        """``METRIC_min`` and ``METRIC_max``, as far as they are asked for."""
        return tuple(f"{self.metric}_{end}" for end in self._limits)

    def margins(self, state: State) -> dict[str, Floats]:
        """Return how far the metric is on the right side, as a share of the limit.

        Limits near 0 are no scale: none is smaller than a hundred of the last digits that a person reads.
        """
        metric = METRICS[self.metric]
        value, found = metric.compute(state.outcome), {}
        for end, limit in self._limits.items():
            scale = np.maximum(abs(limit), 10.0 ** (2 - metric.digits))
            room = value - limit if end == "min" else limit - value
            found[f"{self.metric}_{end}"] = np.clip(room / scale + _ROUNDING, -1e6, 1e6)
        return found

    def reached_and_needed(self, state: State, name: str) -> tuple[Floats, Floats]:
        """Return the metric and its limit."""
        limit = self._limits[name.removeprefix(f"{self.metric}_")]
        return METRICS[self.metric].compute(state.outcome), np.full(len(state.designs), limit)

    def setting(self) -> dict[str, Any]:
        """Return the constraint as it is written in YAML."""
        return {self.key: self._limits}


def bound_label(name: str) -> str | None:
    """Return the name of a bound's margin as a person reads it; None where it is none.

    Examples:
        >>> bound_label("cost_max"), bound_label("slurry")
        ('cost at most (EUR/kg metal)', None)
    """
    metric, _, end = name.rpartition("_")
    if (metric not in BOUNDED and not is_own(metric)) or end not in _ENDS:
        return None
    return f"{METRICS[metric].label} {_ENDS[end]} ({METRICS[metric].unit})"


def _check_metric(metric: str) -> None:
    if metric in BOUNDED or is_own(metric):
        return
    if isinstance(metric, str) and metric in METRICS:
        metal = metric.removeprefix("yield_")
        raise InputError(
            f"The yield of {metal} is held by a constraint of its own.",
            allowed=", ".join(BOUNDED),
            remedy=f"write `- yield: {{{metal}: 0.9}}`; in Python `Yields({metal}=0.9)`",
            key=(metric,),
        )
    raise InputError(
        f"There is no metric {metric!r}.",
        allowed=", ".join(BOUNDED),
        remedy=closest(str(metric), METRICS) or "optimiser list objectives",
    )


def _possible(metric: str, end: str, value: Any) -> float:
    limit, of = number(value, key=(metric, end)), METRICS[metric]
    if not of.low <= limit <= of.high:
        raise InputError(
            f"{metric} {_ENDS[end]} {limit:g} {of.unit} is not possible.",
            allowed=f"{of.low:g} or more" if np.isinf(of.high) else f"{of.low:g} to {of.high:g}",
            remedy=f"check the unit: {metric} is in {of.unit}",
            key=(metric, end),
        )
    return limit
