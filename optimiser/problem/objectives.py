"""The objectives: a metric, its direction, and at which quantile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from optimiser._io.errors import InputError, closest
from optimiser.problem.metrics import METRICS, is_yield


@dataclass(frozen=True)
class Objective:
    """A metric and its direction; ``sign`` turns it into something to minimise.

    ``quantile`` asks for a quantile of the metric over the errors of the yields, such as 0.9 for the cost
    that is kept nine times in ten, instead of its value at the expected yields.

    Raises:
        InputError: there is no such metric, or the quantile is not between 0 and 1.

    Examples:
        >>> Objective("cost").verb
        'minimise'
    """

    metric: str
    sign: Literal[1, -1] = 1
    quantile: float | None = None

    def __post_init__(self) -> None:
        if self.quantile is not None and not (_is_number(self.quantile) and 0.0 < self.quantile < 1.0):
            raise InputError(
                f"A quantile of {self.quantile!r} is not possible.",
                allowed="above 0 and below 1",
                remedy="the cost that is kept nine times in ten is the quantile 0.9",
            )
        if self.sign not in (1, -1):
            raise InputError(
                f"An objective's sign is 1 or -1, not {self.sign!r}.", remedy="use minimise or maximise"
            )
        if not isinstance(self.metric, str) or not (self.metric in METRICS or is_yield(self.metric)):
            raise InputError(
                f"There is no objective {self.metric!r}.",
                allowed=", ".join(METRICS),
                remedy=closest(str(self.metric), METRICS) or "optimiser list objectives",
            )

    @property
    def verb(self) -> Literal["minimise", "maximise"]:
        """``minimise`` or ``maximise``."""
        return "minimise" if self.sign > 0 else "maximise"

    @property
    def setting(self) -> dict[str, Any]:
        """The objective as it is written in YAML.

        Examples:
            >>> minimise("cost", 0.9).setting
            {'minimise': {'cost': 'p90'}}
        """
        asked: Any = self.metric if self.quantile is None else {self.metric: f"p{100.0 * self.quantile:g}"}
        return {self.verb: asked}

    @property
    def label(self) -> str:
        """What a person reads, such as ``cost`` or ``cost (p90)``."""
        said = METRICS[self.metric].label
        return said if self.quantile is None else f"{said} (p{100.0 * self.quantile:g})"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_objective(verb: str, asked: Any) -> Objective:
    """Return the objective that ``minimise: cost`` or ``minimise: {cost: p90}`` stands for.

    Raises:
        InputError: there is no such metric, or no such quantile.

    Examples:
        >>> read_objective("minimise", {"cost": "p90"}).quantile
        0.9
    """
    quantile = None
    if isinstance(asked, Mapping):
        found = re.fullmatch(r"p(\d{1,2}(?:\.\d+)?)", str(next(iter(asked.values()), "")).strip())
        if len(asked) != 1 or found is None or not 0.0 < float(found[1]) < 100.0:
            raise InputError(
                f"{dict(asked)!r} is no quantile of a metric.",
                allowed="a metric, or a metric with one of p1 to p99",
                remedy=f"write e.g. `- {verb}: {{cost: p90}}`",
            )
        quantile, asked = float(found[1]) / 100.0, next(iter(asked))
    return Objective(str(asked), 1 if verb == "minimise" else -1, quantile)


def usual(metric: Any) -> Objective:
    """Return the objective that asks for a metric in its usual direction.

    Raises:
        InputError: there is no such metric.

    Examples:
        >>> usual("recovery").verb
        'maximise'
    """
    found = METRICS.get(metric) if isinstance(metric, str) else None
    return Objective(metric, -1 if found is not None and found.better == "higher" else 1)


def minimise(metric: str, quantile: float | None = None) -> Objective:
    """Ask for as little as possible of a metric, such as ``cost``.

    Args:
        metric: one of METRICS; `optimiser list objectives` lists them with their units.
        quantile: of the metric over the errors of the yields, such as 0.9; None for expected yields.

    Raises:
        InputError: there is no such metric, or no such quantile.

    Examples:
        >>> minimise("cost")
        Objective(metric='cost', sign=1, quantile=None)
    """
    return Objective(metric, 1, quantile)


def maximise(metric: str, quantile: float | None = None) -> Objective:
    """Ask for as much as possible of a metric, such as ``recovery``.

    Args:
        metric: one of METRICS.
        quantile: of the metric over the errors of the yields, such as 0.1; None for expected yields.

    Raises:
        InputError: there is no such metric, or no such quantile.

    Examples:
        >>> maximise("recovery").verb
        'maximise'
    """
    return Objective(metric, -1, quantile)
