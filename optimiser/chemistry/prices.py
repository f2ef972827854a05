"""Prices that know their currency, period and basis, and the exchange rates that turn them into euros."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from optimiser._io.errors import InputError
from optimiser.chemistry.quantity import Sourced, plain_number
from optimiser.chemistry.tables import read_table, shipped, table_of

#: What a price can be for.
Basis = Literal["kg stock", "kg pure", "kg metal", "kWh"]


class Price(Sourced):
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

    @property
    def date(self) -> str:
        """The period, else the year; empty where not known."""
        return self.period or super().date

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


#: Above it a price is a slip of the keyboard.
MOST_PRICE = 1e9


def price_per(*bases: Basis) -> tuple[BeforeValidator, AfterValidator]:
    """Return the two validators of a `Price` field: a plain number is EUR per the first of ``bases``."""

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

    return plain_number("per", bases[0], f"EUR/{bases[0]}"), AfterValidator(check)


class ExchangeRate(Sourced):
    """Units of a currency that one euro bought on average over a period, as the ECB quotes it."""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # YAML reads 2023 as a number

    value: float = Field(alias="rate", gt=0, allow_inf_nan=False)
    currency: str = Field(pattern="^[A-Z]{3}$")
    period: str

    @property
    def unit(self) -> str:
        """``USD/EUR``."""
        return f"{self.currency}/EUR"

    @property
    def date(self) -> str:
        """The period."""
        return self.period


@cache
def load_rates(path: Path | None = None) -> Mapping[tuple[str, str], ExchangeRate]:
    """Return the shipped exchange rates, or those of another table, by (currency, period).

    Raises:
        InputError: not a valid table, or one currency and period listed twice.
    """
    document = read_table(path or shipped("exchange_rates.yaml"))
    rates: dict[tuple[str, str], ExchangeRate] = {}
    for index, rate in enumerate(table_of(document, rates=tuple[ExchangeRate, ...]).rates):
        if (rate.currency, rate.period) in rates:
            raise InputError(
                f"The rate of {rate.currency} for {rate.period} is listed twice.",
                where=document.where(("rates", index)),
                remedy="keep one of them",
            )
        rates[rate.currency, rate.period] = rate
    return rates


def euro_per_unit(currency: str, period: str | None) -> float:
    """Return EUR per unit of a currency in a period; 1 for the euro itself.

    Raises:
        InputError: the table has no such currency and period.
    """
    if currency == "EUR":
        return 1.0
    rates = load_rates()
    if (currency, period) not in rates:
        periods = ", ".join(known for c, known in rates if c == currency)
        others = "EUR, " + ", ".join(sorted({c for c, _ in rates}))
        raise InputError(
            f"There is no exchange rate of {currency} for {period} in models/exchange_rates.yaml.",
            allowed=f"{currency} for {periods}" if periods else others,
            remedy="give the price in EUR, or name a period of the table",
        )
    return 1.0 / rates[currency, period or ""].value
