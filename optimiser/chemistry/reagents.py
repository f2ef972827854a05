"""Reagents and metals: what is bought beside the acid, what is sold, and the tables that ship."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from optimiser import builtin
from optimiser.chemistry.acids import (
    Acid,
    AcidOverrides,
    ClimateChange,
    Stock,
    Temperature,
    choose_acid,
    complete,
    find_acid_name,
    with_user_acids,
)
from optimiser.chemistry.feeds import METALS
from optimiser.chemistry.quantity import Price, Quantity, expecting, needed, price_per
from optimiser.chemistry.tables import read_table
from optimiser.errors import InputError
from optimiser.yamlfile import validate

__all__ = [
    "Acid",
    "AcidOverrides",
    "Energy",
    "Metal",
    "Reagent",
    "Reagents",
    "Stock",
    "choose_acid",
    "complete",
    "find_acid_name",
    "load_acids",
    "load_metals",
    "load_reagents",
    "read_acids",
    "read_metals",
    "read_reagents",
    "with_user_acids",
]

MolarMass = Annotated[Quantity, *expecting("g/mol", 1.0, 2000.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _lacks(kind: str, name: str, field: str, unit: str) -> InputError:
    return InputError(
        f"The {kind} {name!r} has no {field.replace('_', ' ')}.",
        where=f"{kind}s.{name}.{field}",
        allowed=f"a number in {unit}",
        remedy="complete the table of models/ that lists it",
    )


class Reagent(_Strict):
    """Peroxide, water or a base. ``temperature_limit`` is where it starts to decompose, degC."""

    name: str = ""
    label: str
    formula: str = ""
    mass: MolarMass = Field(alias="molar_mass")
    stock: Stock
    limit: Temperature | None = Field(default=None, alias="temperature_limit")
    price: Annotated[Price, *price_per("kg pure", "kg stock")] | None = None
    climate_change: ClimateChange | None = None

    @property
    def molar_mass(self) -> float:
        """Molar mass of the pure substance, g/mol."""
        return self.mass.value

    @property
    def purity(self) -> float:
        """Mass fraction in the stock."""
        return self.stock.purity.value

    @property
    def density(self) -> float:
        """Density of the stock, kg/L."""
        return self.stock.density.value

    @property
    def temperature_limit(self) -> float | None:
        """Temperature in degC above which it decomposes, or None."""
        return None if self.limit is None else self.limit.value

    def price_eur_per_kg_pure(self) -> float:
        """Return the price, EUR per kg of pure substance.

        Raises:
            InputError: no price, or no exchange rate for its currency and period.
        """
        price = needed(self.price, _lacks("reagent", self.name, "price", "EUR per kg pure"))
        return price.euro() / (self.purity if price.per == "kg stock" else 1.0)

    def price_eur_per_kg_stock(self) -> float:
        """Return the price, EUR per kg of stock. Raises as `price_eur_per_kg_pure`."""
        return self.price_eur_per_kg_pure() * self.purity

    def climate_change_per_kg_pure(self) -> float:
        """Return the climate change, kg CO2-eq per kg of pure substance.

        Raises:
            InputError: no factor.
        """
        lacks = _lacks("reagent", self.name, "climate_change", "kg CO2-eq per kg pure")
        return needed(self.climate_change, lacks).value


class Energy(_Strict):
    """Heat or electric power, delivered."""

    name: str = ""
    label: str
    price: Annotated[Price, *price_per("kWh")] | None = None
    climate_change: Annotated[Quantity, *expecting("kg CO2-eq/kWh", -10.0, 10.0)] | None = None

    def price_eur_per_kwh(self) -> float:
        """Return the price, EUR/kWh.

        Raises:
            InputError: no price, or no exchange rate for its currency and period.
        """
        return needed(self.price, _lacks("energy", self.name, "price", "EUR/kWh")).euro()

    def climate_change_per_kwh(self) -> float:
        """Return the climate change, kg CO2-eq/kWh.

        Raises:
            InputError: no factor.
        """
        return needed(
            self.climate_change, _lacks("energy", self.name, "climate_change", "kg CO2-eq/kWh")
        ).value


class Reagents(_Strict):
    """Everything a leach buys beside its acid."""

    hydrogen_peroxide: Reagent
    water: Reagent
    sodium_hydroxide: Reagent
    calcium_hydroxide: Reagent
    heat: Energy
    power: Energy


class Metal(_Strict):
    """A metal of the cathode: what it is sold for once dissolved.

    ``price`` is per kg of metal contained in a saleable salt; ``payable`` is the fraction of it that a
    buyer pays for the metal in the leachate.
    """

    name: str = ""
    label: str
    mass: MolarMass = Field(alias="molar_mass")
    ion: Annotated[Quantity, *expecting("e", 1.0, 7.0)] = Field(alias="charge")
    price: Annotated[Price, *price_per("kg metal")] | None = None
    payable: Annotated[Quantity, *expecting("-", 0.0, 1.0)]

    @property
    def molar_mass(self) -> float:
        """Molar mass, g/mol."""
        return self.mass.value

    @property
    def charge(self) -> int:
        """Charge of the ion in solution, elementary charges."""
        return round(self.ion.value)

    def value_eur_per_kg(self) -> float:
        """Return what a kg of the metal in solution is worth: price x payable, EUR/kg.

        Raises:
            InputError: no price, or no exchange rate for its currency and period.
        """
        price = needed(self.price, _lacks("metal", self.name, "price", "EUR per kg contained"))
        return price.euro() * self.payable.value


class _AcidTable(_Strict):
    sources: dict[str, dict[str, str]]
    acids: dict[str, Acid]


class _ReagentTable(_Strict):
    sources: dict[str, dict[str, str]]
    reagents: Reagents


class _MetalTable(_Strict):
    sources: dict[str, dict[str, str]]
    metals: dict[str, Metal]


def read_acids(path: Path) -> dict[str, Acid]:
    """Read a table of acids by name. Raises InputError with file, line and key where it is not valid."""
    table = validate(_AcidTable, read_table(path)).acids
    return {name: acid.model_copy(update={"name": name}) for name, acid in table.items()}


def read_reagents(path: Path) -> Reagents:
    """Read a table of reagents. Raises InputError with file, line and key where it is not valid."""
    table = validate(_ReagentTable, read_table(path)).reagents
    named = {name: getattr(table, name).model_copy(update={"name": name}) for name in Reagents.model_fields}
    return table.model_copy(update=named)


def read_metals(path: Path) -> dict[str, Metal]:
    """Read a table of metals, in the order of METALS.

    Raises:
        InputError: not valid, with file, line and key, or a metal is missing.
    """
    document = read_table(path)
    table: Mapping[str, Metal] = validate(_MetalTable, document).metals
    if set(table) != set(METALS):
        raise InputError(
            "The table of metals must list each metal once.",
            where=document.where(("metals",)),
            allowed=", ".join(METALS),
        )
    return {name: table[name].model_copy(update={"name": name}) for name in METALS}


@cache
def _acids() -> dict[str, Acid]:
    return read_acids(builtin.folder("models") / "acids.yaml")


@cache
def _metals() -> dict[str, Metal]:
    return read_metals(builtin.folder("models") / "metals.yaml")


def load_acids() -> dict[str, Acid]:
    """Return the shipped acids by name."""
    return dict(_acids())


@cache
def load_reagents() -> Reagents:
    """Return the shipped reagents, heat and power."""
    return read_reagents(builtin.folder("models") / "reagents.yaml")


def load_metals() -> dict[str, Metal]:
    """Return the shipped metals by name, in the order of METALS."""
    return dict(_metals())
