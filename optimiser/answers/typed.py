"""What is typed about levers and objectives: ``price.citric=0:1.5``, ``cost,recovery``."""

from __future__ import annotations

import math
from dataclasses import dataclass

from optimiser._io.errors import InputError
from optimiser.problem.objectives import Objective, usual

_EXAMPLE = "write e.g. price.citric=0.3:3"


@dataclass(frozen=True)
class Span:
    """A lever by its name, and between which numbers it is varied.

    Raises:
        InputError: an end is no finite number, or the ends are one value or reversed.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise InputError(
                f"{self.name} cannot vary between {self.low:g} and {self.high:g}.",
                allowed="two finite numbers",
                remedy=_EXAMPLE,
            )
        if self.low == self.high:
            raise InputError(
                f"{self.name} does not vary: both ends are {self.low:g}.",
                allowed="two different numbers, the lower one first",
                remedy=_EXAMPLE,
            )
        if self.low > self.high:
            raise InputError(
                f"The ends of {self.name} are reversed: {self.low:g} to {self.high:g}.",
                allowed="the lower end first",
                remedy=f"write {self.name}={self.high:g}:{self.low:g}",
            )

    @property
    def text(self) -> str:
        """The span as it is typed."""
        return f"{self.name}={self.low:g}:{self.high:g}"


def read_span(text: str, option: str = "") -> Span:
    """Read ``NAME=LOW:HIGH``.

    Raises:
        InputError: it is written otherwise, or the ends are not possible.

    Examples:
        >>> read_span("price.citric=0:1.5")
        Span(name='price.citric', low=0.0, high=1.5)
    """
    name, _, ends = text.partition("=")
    low, colon, high = ends.partition(":")
    try:
        span = float(low), float(high)
    except ValueError:
        span = None
    if not name.strip() or not colon or span is None:
        raise InputError(
            f"{text!r} is no lever with a range.", where=option, allowed="NAME=LOW:HIGH", remedy=_EXAMPLE
        )
    return Span(name.strip(), *span)


def read_objectives(text: str) -> tuple[Objective, ...]:
    """Read metrics such as ``cost,recovery``, each in its usual direction.

    Raises:
        InputError: a metric is unknown or given twice.

    Examples:
        >>> [objective.verb for objective in read_objectives("cost,recovery")]
        ['minimise', 'maximise']
    """
    names = [name.strip() for name in text.split(",")]
    if len(set(names)) < len(names):
        raise InputError(f"The objectives {text} repeat themselves.", remedy="give each once")
    return tuple(usual(name) for name in names)
