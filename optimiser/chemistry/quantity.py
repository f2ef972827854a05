"""Numbers that know their unit, range, source, year and confidence, and prices that know their currency."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Real, Whole, validate
from optimiser.chemistry.rates import euro_per_unit
from optimiser.chemistry.tables import read_table

GIVEN = "given in the problem"
RECENT = 2020
#: Above it a price is a slip of the keyboard.
MOST_PRICE = 1e9
Confidence = Literal["A", "B", "C"]
Basis = Literal["kg stock", "kg pure", "kg metal", "kWh"]
Number = TypeVar("Number", "Quantity", "Price")


class _Sourced(BaseModel):
    """What every number carries beside its value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Real
    low: Real | None = None
    high: Real | None = None
    source: str = GIVEN
    citation: str = ""
    year: Whole | None = Field(default=None, ge=1800, le=2100)
    confidence: Confidence | None = None
    note: str = ""

    @model_validator(mode="after")
    def _range_holds_value(self) -> _Sourced:
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

    def range(self) -> tuple[float, float]:
        """Return (low, high) in the number's own unit; a bound that is not known is the value itself."""
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )


class Quantity(_Sourced):
    """A number with its unit, e.g. 1.836 kg/L. ``unit`` is "-" for a number without one."""

    unit: str


class Price(_Sourced):
    """An amount of one currency per kg or kWh, of one period.

    Attributes:
        currency: ISO 4217 code, e.g. ``USD``.
        per: what the amount buys: a kg of stock as sold, of pure substance, of contained metal, or a kWh.
        period: ``2023``, ``2025-Q1`` or ``2025-12``; it names the exchange rate, so only euros do without.
    """

    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    per: Basis
    period: str | None = Field(default=None, pattern=r"^\d{4}(-Q[1-4]|-\d{2})?$")

    @model_validator(mode="before")
    @classmethod
    def _year_from_period(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("period") is not None:
            period = str(data["period"])  # YAML reads 2023 as a number
            year = int(period[:4]) if period[:4].isdecimal() else None
            return {"year": year, **data, "period": period}
        return data

    @model_validator(mode="after")
    def _foreign_prices_are_dated(self) -> Price:
        if self.value < 0:
            raise InputError(
                f"A price of {self.value:g} {self.unit} is negative.", allowed="a number of 0 or more"
            )
        if self.currency != "EUR" and self.period is None:
            raise InputError(
                f"The price of {self.value:g} {self.unit} has no period, so it cannot be converted to euros.",
                allowed="period: 2023, 2025-Q1 or 2025-12",
                remedy="add period:, or give the price in EUR",
            )
        return self

    @property
    def unit(self) -> str:
        """Currency and basis as a unit: ``USD/kg stock``."""
        return f"{self.currency}/{self.per}"

    def euro(self) -> float:
        """Return the price in EUR per ``per``, at the rate of its own period.

        Raises:
            InputError: no exchange rate for that currency and period.
        """
        return self.value * euro_per_unit(self.currency, self.period)

    def range_euro(self) -> tuple[float, float]:
        """Return (low, high) in EUR per ``per``; a bound that is not known is the price itself."""
        rate = euro_per_unit(self.currency, self.period)
        low, high = self.range()
        return low * rate, high * rate


def flags(number: Quantity | Price) -> tuple[str, ...]:
    """Return what a reader must be told about a number: that it is old, that it is uncertain, or nothing."""
    old = number.year is not None and number.year < RECENT
    found = (f"older than {RECENT}" if old else "", "confidence C" if number.confidence == "C" else "")
    return tuple(flag for flag in found if flag)


def needed(number: Number | None, missing: InputError) -> Number:
    """Return a number that must be there.

    Raises:
        InputError: it is None; ``missing`` is raised, which names it.
    """
    if number is None:
        raise missing
    return number


def lacking(kind: str, name: str, field: str, unit: str) -> InputError:
    """Return the error that says which number a reagent, energy or metal of the shipped tables lacks."""
    return InputError(
        f"The {kind} {name!r} has no {field.replace('_', ' ')}.",
        where=f"{kind}s.{name}.{field}",
        allowed=f"a number in {unit}",
        remedy="complete the table of models/ that lists it",
    )


def expecting(
    unit: str, low: float = -math.inf, high: float = math.inf
) -> tuple[BeforeValidator, AfterValidator]:
    """Return the two validators of a `Quantity` field: how it may be written, and which values it may have.

    A plain number stands for itself in ``unit``, as given in the problem; a mapping may leave the unit out.

    Args:
        unit: the only unit accepted.
        low: the smallest physical value.
        high: the largest physical value.
    """

    def read(given: Any) -> Any:
        if isinstance(given, bool) or given is None:
            raise InputError(f"Expected a number in {unit}, found {given}.", allowed=f"a number in {unit}")
        if isinstance(given, int | float | str):
            return {"value": given, "unit": unit}
        if isinstance(given, dict):
            return {"unit": unit, **given}
        return given

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

    return BeforeValidator(read), AfterValidator(check)


def price_per(*bases: Basis) -> tuple[BeforeValidator, AfterValidator]:
    """Return the two validators of a `Price` field: a plain number is EUR per the first of ``bases``."""

    def read(given: Any) -> Any:
        if isinstance(given, bool) or given is None:
            raise InputError(f"Expected a price, found {given}.", allowed=f"a number in EUR/{bases[0]}")
        if isinstance(given, int | float | str):
            return {"value": given, "per": bases[0]}
        if isinstance(given, dict):
            return {"per": bases[0], **given}
        return given

    def check(price: Price) -> Price:
        if price.per not in bases:
            raise InputError(
                f"A price per {price.per} cannot be used here.", allowed="per: " + " or ".join(bases)
            )
        if not max(map(abs, price.range())) <= MOST_PRICE:
            raise InputError(
                "A price, its low and its high must be finite numbers that can be paid.",
                allowed=f"0 to {MOST_PRICE:g} {price.unit}",
            )
        return price

    return BeforeValidator(read), AfterValidator(check)


def read_quantities(path: Path, key: str) -> dict[str, Quantity]:
    """Read a table of quantities by name.

    Args:
        path: a YAML file with ``sources:`` and the numbers.
        key: the top-level key that holds the numbers.

    Raises:
        InputError: not a valid table; with file, line and key.
    """
    document = read_table(path)
    if not isinstance(document.data.get(key), dict):
        raise InputError(
            f"{path} has no numbers under {key!r}.", where=document.where(()), remedy=f"add {key}:"
        )
    return {name: validate(Quantity, document, at=(key, name)) for name in document.data[key]}
