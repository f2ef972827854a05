"""Exchange rates of dated prices: one table, one rate per currency and period."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import validate
from optimiser.chemistry.tables import read_table


class ExchangeRate(BaseModel):
    """Units of a currency that one euro bought on average over a period, as the ECB quotes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = Field(pattern="^[A-Z]{3}$")
    period: str
    rate: float = Field(gt=0, allow_inf_nan=False)
    source: str
    citation: str = ""
    confidence: Literal["A", "B", "C"] | None = None
    note: str = ""

    @field_validator("period", mode="before")
    @classmethod
    def _years_are_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def euro(self) -> float:
        """EUR per unit of the currency."""
        return 1.0 / self.rate


class _RateTable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sources: dict[str, dict[str, str]]
    rates: tuple[ExchangeRate, ...]


def read_rates(path: Path) -> dict[tuple[str, str], ExchangeRate]:
    """Read a table of exchange rates, by (currency, period).

    Raises:
        InputError: not a valid table, or one currency and period listed twice.
    """
    document = read_table(path)
    rates: dict[tuple[str, str], ExchangeRate] = {}
    for index, rate in enumerate(validate(_RateTable, document).rates):
        if (rate.currency, rate.period) in rates:
            raise InputError(
                f"The rate of {rate.currency} for {rate.period} is listed twice.",
                where=document.where(("rates", index)),
                remedy="keep one of them",
            )
        rates[rate.currency, rate.period] = rate
    return rates


@cache
def _shipped() -> dict[tuple[str, str], ExchangeRate]:
    return read_rates(builtin.folder("models") / "exchange_rates.yaml")


def load_rates() -> dict[tuple[str, str], ExchangeRate]:
    """Return the shipped exchange rates, by (currency, period)."""
    return dict(_shipped())


def euro_per_unit(currency: str, period: str | None) -> float:
    """Return EUR per unit of a currency in a period; 1 for the euro itself.

    Raises:
        InputError: the table has no such currency and period.
    """
    if currency == "EUR":
        return 1.0
    rate = _shipped().get((currency, period or ""))
    if rate is None:
        periods = [p for c, p in _shipped() if c == currency]
        raise InputError(
            f"There is no exchange rate of {currency} for {period}.",
            where="models/exchange_rates.yaml",
            allowed=f"{currency} for {', '.join(periods)}"
            if periods
            else "EUR, " + ", ".join(sorted({c for c, _ in _shipped()})),
            remedy="give the price in EUR, or name a period of the table",
        )
    return rate.euro
