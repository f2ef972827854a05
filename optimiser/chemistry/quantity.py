"""Numbers that know their unit, range, source, year and confidence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Real, Whole
from optimiser.chemistry.tables import Strict, read_table, table_of

GIVEN = "given in the problem"
RECENT = 2020


class Sourced(Strict):
    """A number, its range (None where not known) and what it rests on.

    ``value`` is also the most likely number, and may be written as ``mode``; ``distribution`` is that of the
    number within its range, where studies of uncertainty draw it.
    """

    value: Real
    low: Real | None = None
    high: Real | None = None
    distribution: Literal["triangular", "uniform"] = "triangular"
    source: str = GIVEN
    citation: str = ""
    year: Whole | None = Field(default=None, ge=1800, le=2100)
    confidence: Literal["A", "B", "C"] | None = None
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _mode_is_the_value(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "mode" not in data:
            return data
        if "value" in data:
            raise InputError("Both value and mode are given, which are the same.", remedy="leave one out")
        return {"value" if key == "mode" else key: given for key, given in data.items()}

    @model_validator(mode="after")
    def _range_holds_value(self) -> Sourced:
        low, high = self.range()
        if math.isnan(self.value) or not low <= self.value <= high:
            raise InputError(
                f"The value {self.value:g} is not between its low {low:g} and high {high:g}.",
                allowed="low <= value <= high",
                remedy="correct one of the three, or leave out low and high",
            )
        return self

    @property
    def source_text(self) -> str:
        """The full citation where the table gives one, else the source as written."""
        return self.citation or self.source

    @property
    def date(self) -> str:
        """The year as text; empty where not known."""
        return str(self.year or "")

    def range(self) -> tuple[float, float]:
        """Return (low, high) in the number's own unit; a bound that is not known is the value itself."""
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )


class Quantity(Sourced):
    """A number with its unit, e.g. 1.836 kg/L.

    ``unit`` is "-" for a number without one. ``method`` is the impact method that a factor was counted with,
    such as ``IPCC GWP100``; empty for other numbers.
    """

    unit: str
    method: str = ""


def flags(number: Sourced) -> tuple[str, ...]:
    """Return what a reader must be told about a number: that it is old, that it is uncertain, or nothing."""
    old = number.year is not None and number.year < RECENT
    found = (f"older than {RECENT}" if old else "", "confidence C" if number.confidence == "C" else "")
    return tuple(flag for flag in found if flag)


def plain_number(key: str, usual: str, unit: str) -> BeforeValidator:
    """Return the validator that reads a plain number as one in the usual unit.

    A mapping may leave its unit out.

    Args:
        key: where a mapping says its unit.
        usual: what stands there if it does not.
        unit: the usual unit in words.
    """

    def read(given: Any) -> Any:
        if isinstance(given, bool) or given is None:
            raise InputError(f"Expected a number in {unit}, found {given}.", allowed=f"a number in {unit}")
        if isinstance(given, int | float | str):
            return {"value": given, key: usual}
        return {key: usual, **given} if isinstance(given, dict) else given

    return BeforeValidator(read)


def expecting(
    unit: str, low: float = -math.inf, high: float = math.inf
) -> tuple[BeforeValidator, AfterValidator]:
    """Return the two validators of a `Quantity` field: how it may be written, and which values it may have.

    Args:
        unit: the only unit accepted; a plain number is in it.
        low: the smallest physical value.
        high: the largest physical value.
    """

    def check(number: Quantity) -> Quantity:
        if number.unit != unit:
            raise InputError(
                f"The unit {number.unit!r} is not the one expected here.",
                allowed=unit,
                remedy=f"convert the value to {unit}",
            )
        # the three numbers are ordered, so the outer two bound them all
        if number.range()[0] < low or number.range()[1] > high:
            raise InputError(
                f"The value {number.value:g} {unit} is not physical.", allowed=f"{low:g} to {high:g} {unit}"
            )
        return number

    return plain_number("unit", unit, unit), AfterValidator(check)


def read_quantities(path: Path, key: str) -> dict[str, Quantity]:
    """Read a table of quantities by name.

    Args:
        path: a YAML file with ``sources:`` and the numbers.
        key: the top-level key that holds the numbers.

    Raises:
        InputError: not a valid table; with file, line and key.
    """
    found: dict[str, Quantity] = getattr(table_of(read_table(path), **{key: dict[str, Quantity]}), key)
    return found


def numbers(item: BaseModel) -> Iterator[tuple[str, Any]]:
    """Yield every number of an entry of a table, with its title, in the order of the fields.

    A field's title is the one that it declares, else its name. The members of a list are counted
    (``pKa1``), those of a mapping are named (``Li salt solubility``).
    """
    for name, field in type(item).model_fields.items():
        title, found = field.title or (field.alias or name).replace("_", " "), getattr(item, name)
        if isinstance(found, Sourced):
            yield title, found
        elif isinstance(found, BaseModel):
            yield from numbers(found)
        elif isinstance(found, tuple):
            yield from ((f"{title}{i}", n) for i, n in enumerate(found, start=1) if isinstance(n, Sourced))
        elif isinstance(found, Mapping):
            yield from ((f"{key} {title}", n) for key, n in found.items() if isinstance(n, Sourced))
