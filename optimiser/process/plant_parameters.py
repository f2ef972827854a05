"""The numbers of the plant around the leach: read, converted to euros, checked, replaced by a problem's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, model_validator

from optimiser._io.errors import InputError
from optimiser.chemistry.prices import euro_per_unit, load_rates
from optimiser.chemistry.quantity import Quantity, Sourced
from optimiser.chemistry.tables import read_table, shipped, table_of
from optimiser.variables import Floats

#: What is inside the sums: reagents and energy alone, or the plant around the leach as well.
SCOPES: tuple[str, ...] = ("reagents", "plant")
#: Numbers that are decided, not uncertain: studies leave them unless the problem gives them a range.
DECIDED: frozenset[str] = frozenset({"throughput", "precipitated", "least_tanks", "largest_tank"})
#: Ending of the names of what buys equipment: such money is of the cost year.
EQUIPMENT = "_cost"
#: Numbers that something is divided by.
_ABOVE_ZERO = (
    *("throughput", "operating_days", "operating_hours", "lifetime", "installation_factor"),
    *("tank_size", "agitator_size", "filter_size", "scrubber_size", "largest_tank", "filter_cycle"),
)
#: Tonnes of feed per day beyond which a throughput is a slip of the unit.
_MOST_THROUGHPUT = 10_000.0
#: The most of what a calendar bounds: hours per day, days per year.
_MOST = {"operating_hours": 24.0, "operating_days": 366.0}
#: Numbers of something that is not divided.
_WHOLE = ("least_tanks",)
_UNIT_OF_THROUGHPUT = "t/d"


class ProcessNumber(Sourced):
    """A number of a problem's ``process:`` with a range, a unit or a period, as far as it gives them.

    ``period`` names the exchange rate of money that is not in euros, and the index of equipment.
    """

    unit: str | None = None
    period: str | None = Field(default=None, pattern=r"^\d{4}(-Q[1-4]|-\d{2})?$")

    @model_validator(mode="before")
    @classmethod
    def _period_as_text(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("period") is not None:
            return {**data, "period": str(data["period"])}  # YAML reads 2023 as a number
        return data


class PlantQuantity(ProcessNumber):
    """A number of ``models/plant.yaml``; one whose unit begins with a currency is money."""

    unit: str

    @property
    def currency(self) -> str:
        """ISO code of the currency; empty where it is no money."""
        return currency_of(self.unit)


class Ends(NamedTuple):
    """A number with the ends of its range, in the unit in which it counts."""

    low: float
    value: float
    high: float


class PlantTable(NamedTuple):
    """What ``models/plant.yaml`` holds."""

    parameters: Mapping[str, PlantQuantity]
    cost_index: Mapping[str, Quantity]
    cost_year: str


@dataclass(frozen=True)
class PlantParameters:
    """Numbers of the plant, money in euros; units, ranges and sources are in ``models/plant.yaml``.

    ``throughput`` is t of feed per operating day. ``given`` holds the numbers that a problem gives itself, in
    the unit in which they count. Where numbers are drawn they are arrays with a number per row.
    """

    throughput: float
    operating_days: float
    operating_hours: float
    interest: float
    lifetime: float
    working_capital: float
    installation_factor: float
    location_factor: float
    escalation: float
    tank_cost: float
    tank_size: float
    tank_exponent: float
    largest_tank: float
    least_tanks: float
    agitator_cost: float
    agitator_size: float
    agitator_exponent: float
    filter_cost: float
    filter_size: float
    filter_exponent: float
    least_filter: float
    filter_cycle: float
    cake_volume: float
    storage_days: float
    scrubber_cost: float
    scrubber_size: float
    scrubber_exponent: float
    least_scrubber: float
    material_mineral: float
    material_chloride: float
    material_nitrate: float
    material_organic: float
    material_peroxide: float
    labour_hours: float
    labour_per_batch: float
    labour_rate: float
    supervision: float
    salary_overhead: float
    administration: float
    maintenance: float
    insurance: float
    site_charges: float
    precipitated: float
    precipitation_time: float
    nox_share: float
    hydrochloric_vapour: float
    wastewater_price: float
    cod_price: float
    residue_disposal: float
    salt_disposal: float
    given: Mapping[str, Sourced] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class PlantNumbers:
    """What a plant takes into account beside the leach.

    Arrays over acids have shape (k,); a design's is at ``acid % k``, so that drawn numbers of acids, which
    are repeated draw by draw, meet the same ones.

    Attributes:
        parameters: of the plant.
        oxygen_demand: kg O2 per kg of acid, 0 of a mineral one.
        organic: 1 where the acid brings carbon, else 0.
        salt_per_carbonate_proton: kg of salt per mol of protons that soda ash takes up.
        carbonate_per_lithium: kg of pure soda ash per mol of lithium that is precipitated.
        scrubbing_base: kg of pure sodium hydroxide per mol.
    """

    parameters: PlantParameters
    oxygen_demand: Floats
    organic: Floats
    salt_per_carbonate_proton: Floats
    carbonate_per_lithium: float
    scrubbing_base: float


#: Every number of the plant that a problem can set, its throughput first.
PLANT_NAMES: tuple[str, ...] = tuple(f.name for f in fields(PlantParameters) if f.name != "given")


def currency_of(unit: str) -> str:
    """Return the currency that a unit begins with; empty where it begins with none.

    Examples:
        >>> currency_of("USD/h"), currency_of("kg/h")
        ('USD', '')
    """
    first = unit.partition("/")[0]
    return first if len(first) == 3 and first.isalpha() and first.isupper() else ""


@cache
def load_plant(path: Path | None = None) -> PlantTable:
    """Return the shipped numbers of the plant, or those of another table.

    Raises:
        InputError: not a valid table, or money without a period or an exchange rate; with file, line and key.
    """
    document = read_table(path or shipped("plant.yaml"))
    table = table_of(
        document,
        parameters=dict[str, PlantQuantity],
        cost_index=dict[str, Quantity],
        cost_year=str,
    )
    found = PlantTable(table.parameters, table.cost_index, table.cost_year)
    for name, number in found.parameters.items():
        try:
            in_euro(name, number, number.unit, found)
        except InputError as error:
            where = f"{document.where(('parameters', name))}; {error.where}".rstrip("; ")
            raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
    return found


def unit_of(name: str) -> str:
    """Return the unit in which a number of the plant is set and told: money is in euros."""
    if name == "throughput":
        return _UNIT_OF_THROUGHPUT
    unit = load_plant().parameters[name].unit
    return unit if not currency_of(unit) else "/".join(["EUR", *unit.split("/")[1:]])


def shipped_ends(name: str) -> Ends:
    """Return the shipped number of the plant with its range, money in euros of the cost year or period."""
    table = load_plant()
    return in_euro(name, table.parameters[name], table.parameters[name].unit, table)


def in_euro(name: str, number: Sourced, unit: str, table: PlantTable) -> Ends:
    """Return a number with its range, money in euros.

    Money is converted at the rate of its own period. What buys equipment is first brought from the year of
    its period to the cost year by the index of both, and then converted at the cost year's rate.

    Args:
        name: of the parameter.
        number: value and range, with the period where it is money.
        unit: in which they are given.
        table: with the indices.

    Raises:
        InputError: money without a period, or a period without an exchange rate or an index.
    """
    currency, period, factor = currency_of(unit), getattr(number, "period", None), 1.0
    if currency and currency != "EUR" and period is None:
        _check_currency(currency)
        raise InputError(
            f"{name} = {number.value:g} {unit} has no period, so it cannot be converted to euros.",
            where=f"process.{name}",
            allowed="period: 2023, 2025-Q1 or 2025-12",
            remedy="add period:, or give it in EUR",
        )
    if currency and period is not None:
        if name.endswith(EQUIPMENT):
            factor = _escalated(name, period, table)
            period = table.cost_year
        factor *= euro_per_unit(currency, period)
    low, high = number.range()
    return Ends(low * factor, number.value * factor, high * factor)


def _check_currency(currency: str) -> None:
    """Refuse a currency that has no exchange rate in any period."""
    known = sorted({c for c, _ in load_rates()})
    if currency not in known:
        raise InputError(
            f"There is no exchange rate of {currency} in models/exchange_rates.yaml.",
            allowed="EUR, " + ", ".join(known),
            remedy="give the amount in EUR, or add a rate to the table",
        )


def _escalated(name: str, period: str, table: PlantTable) -> float:
    year = period[:4]
    if year not in table.cost_index:
        raise InputError(
            f"There is no cost index for {year} in models/plant.yaml, so {name} cannot be brought to "
            f"{table.cost_year}.",
            allowed=", ".join(table.cost_index),
            remedy=f"give the price in money of {table.cost_year}, or add the index of {year} to the table",
        )
    return table.cost_index[table.cost_year].value / table.cost_index[year].value


def plant_parameters(overrides: Mapping[str, float | str | Sourced]) -> PlantParameters:
    """Return the shipped numbers of the plant with some of them replaced.

    Args:
        overrides: numbers by name, ``throughput`` among them: plain (money in EUR), or with range, unit and
            period.

    Raises:
        InputError: no throughput; a number that is not possible, in another unit, or of a currency without
            rate.
    """
    if "throughput" not in overrides:
        raise InputError(
            "The plant scope needs a throughput.",
            where="process.throughput",
            allowed=f"above 0 to {_MOST_THROUGHPUT:g} t of feed per day",
            remedy="write e.g. `process: {scope: plant, throughput: 10}`, or --throughput 10",
        )
    values = {name: shipped_ends(name).value for name in PLANT_NAMES if name != "throughput"}
    given = {name: check_number(name, value) for name, value in overrides.items()}
    return PlantParameters(**values | {name: one.value for name, one in given.items()}, given=given)


def check_number(name: str, value: float | str | Sourced) -> Sourced:
    """Return a problem's own number of the plant with its range, in the unit in which it counts.

    Raises:
        InputError: it is not possible, in another unit, or of a currency without rate.
    """
    unit = unit_of(name)
    if not isinstance(value, Sourced):
        _check_possible(name, value, unit)
        return Sourced(value=float(value))
    written = getattr(value, "unit", None) or unit
    currency = currency_of(written)
    rest, expected = written.removeprefix(currency), unit.removeprefix(currency_of(unit))
    if rest != expected or bool(currency) != bool(currency_of(unit)):
        money = f", or another currency of models/exchange_rates.yaml{expected}" if currency_of(unit) else ""
        raise InputError(
            f"The unit {written!r} is not one of {name}.",
            where=f"process.{name}",
            allowed=unit + money,
            remedy=f"convert the number to {unit}",
        )
    try:
        found = in_euro(name, value, written, load_plant())
    except InputError as error:  # the number is the problem's, whatever table knows no rate or index for it
        where = f"process.{name}"
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
    for end in found:
        _check_possible(name, end, unit)
    ranged = value.low is not None or value.high is not None
    return Sourced(
        value=found.value,
        low=found.low if ranged else None,
        high=found.high if ranged else None,
        distribution=value.distribution,
        source=value.source,
        note=value.note,
    )


def _check_possible(name: str, value: float | str, unit: str) -> None:
    if name == "throughput":
        top, usual = _MOST_THROUGHPUT, ""
    else:
        ends = shipped_ends(name)
        top = 1.0 if unit == "fraction" else _MOST.get(name, 10.0 * max(ends.high, ends.value))
        usual = f"; usual {ends.low:.5g} to {ends.high:.5g}"
    above = name in _ABOVE_ZERO
    possible = isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= top
    if possible and name in _WHOLE and (float(value) < 1.0 or float(value) % 1.0):
        raise InputError(
            f"Process parameter {name} = {value!r} is no number of tanks.",
            where=f"process.{name}",
            allowed="a whole number from 1",
            remedy="write how many there are at least",
        )
    if not possible or (value == 0.0 and above):
        raise InputError(
            f"Process parameter {name} = {value!r} {unit} is not possible.",
            where=f"process.{name}",
            allowed=f"{'above 0' if above else '0'} to {top:.5g} {unit}{usual}",
            remedy=_remedy(name, value, unit),
        )


def _remedy(name: str, value: float | str, unit: str) -> str:
    if name == "throughput" and (not isinstance(value, int | float) or not value > _MOST_THROUGHPUT):
        return "write a number of t of feed per day above 0, without quotes"
    if isinstance(value, str):
        return f"write a number in {unit}, without quotes"
    return f"check the unit: {name} is in {unit}"
