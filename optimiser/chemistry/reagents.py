"""Reagents: what is bought beside the acid, and the tables that ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import validate
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
from optimiser.chemistry.metals import Metal, MolarMass, load_metals, read_metals
from optimiser.chemistry.quantity import Price, Quantity, expecting, lacking, needed, price_per
from optimiser.chemistry.tables import read_table

__all__ = [
    "Acid",
    "AcidOverrides",
    "Base",
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


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Base(_Strict):
    """What makes a reagent a base, which can take up the free acid that is left (``process: neutraliser``).

    ``protons`` is mol of protons that a mol takes up; ``released`` the mass in g/mol that leaves it and its
    protons as water or carbon dioxide, so that the rest is salt (NaOH: one H2O, MgO: one, ammonia: none,
    CaCO3: H2O and CO2); ``cation`` what the salt is of: with calcium an acid's salt binds its crystal water.
    """

    protons: Annotated[Quantity, *expecting("mol/mol", 0.5, 10.0)]
    released: Annotated[Quantity, *expecting("g/mol", 0.0, 500.0)]
    cation: str


class Reagent(_Strict):
    """Peroxide, water or a base. ``temperature_limit`` is where it starts to decompose, degC.

    ``base`` is there where it can neutralise acid.
    """

    name: str = ""
    label: str
    formula: str = ""
    mass: MolarMass = Field(alias="molar_mass")
    stock: Stock
    limit: Temperature | None = Field(default=None, alias="temperature_limit")
    base: Base | None = None
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
        price = needed(self.price, lacking("reagent", self.name, "price", "EUR per kg pure"))
        return price.euro() / (self.purity if price.per == "kg stock" else 1.0)

    def price_eur_per_kg_stock(self) -> float:
        """Return the price, EUR per kg of stock. Raises as `price_eur_per_kg_pure`."""
        return self.price_eur_per_kg_pure() * self.purity

    def climate_change_per_kg_pure(self) -> float:
        """Return the climate change, kg CO2-eq per kg of pure substance.

        Raises:
            InputError: no factor.
        """
        lacks = lacking("reagent", self.name, "climate_change", "kg CO2-eq per kg pure")
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
        return needed(self.price, lacking("energy", self.name, "price", "EUR/kWh")).euro()

    def climate_change_per_kwh(self) -> float:
        """Return the climate change, kg CO2-eq/kWh.

        Raises:
            InputError: no factor.
        """
        return needed(
            self.climate_change, lacking("energy", self.name, "climate_change", "kg CO2-eq/kWh")
        ).value


#: What the balance names: every table of reagents has them, beside any number of bases.
NEEDED: tuple[str, ...] = ("hydrogen_peroxide", "water")
ENERGIES: tuple[str, ...] = ("heat", "power")


@dataclass(frozen=True)
class Reagents:
    """Everything a leach buys beside its acid, by name: substances, and heat and power."""

    substances: Mapping[str, Reagent]
    energies: Mapping[str, Energy]

    def __getitem__(self, name: str) -> Reagent | Energy:
        """Return one of them by name."""
        return self.substances[name] if name in self.substances else self.energies[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, substances first."""
        yield from self.substances
        yield from self.energies

    @property
    def hydrogen_peroxide(self) -> Reagent:
        """The reductant."""
        return self.substances["hydrogen_peroxide"]

    @property
    def water(self) -> Reagent:
        """What dilutes the stocks and washes the residue."""
        return self.substances["water"]

    @property
    def heat(self) -> Energy:
        """What warms the charge."""
        return self.energies["heat"]

    @property
    def power(self) -> Energy:
        """What stirs it."""
        return self.energies["power"]

    @property
    def bases(self) -> dict[str, tuple[Reagent, Base]]:
        """Every reagent that can neutralise acid, with what makes it a base, by name."""
        return {name: (item, item.base) for name, item in self.substances.items() if item.base is not None}

    def changed(self, name: str, **update: Price | Quantity | None) -> Reagents:
        """Return the same with some fields of one of them replaced."""
        if name in self.energies:
            energy = self.energies[name].model_copy(update=update)
            return replace(self, energies={**self.energies, name: energy})
        return replace(
            self, substances={**self.substances, name: self.substances[name].model_copy(update=update)}
        )


class _AcidTable(_Strict):
    sources: dict[str, dict[str, str]]
    acids: dict[str, Acid]


class _ReagentTable(_Strict):
    sources: dict[str, dict[str, str]]
    reagents: dict[str, Reagent]
    energies: dict[str, Energy]


def read_acids(path: Path) -> dict[str, Acid]:
    """Read a table of acids by name. Raises InputError with file, line and key where it is not valid."""
    table = validate(_AcidTable, read_table(path)).acids
    return {name: acid.model_copy(update={"name": name}) for name, acid in table.items()}


def read_reagents(path: Path) -> Reagents:
    """Read a table of reagents.

    Raises:
        InputError: not valid, with file, line and key; peroxide, water, heat or power is missing; there is a
            further energy, which nothing would use.
    """
    document = read_table(path)
    table = validate(_ReagentTable, document)
    absent = [name for name in NEEDED if name not in table.reagents]
    if absent or set(table.energies) != set(ENERGIES):
        raise InputError(
            f"The table of reagents lacks {absent[0]}." if absent else "The energies are heat and power.",
            where=document.where(("reagents",) if absent else ("energies",)),
            allowed=f"reagents {', '.join(NEEDED)} and any bases; energies {', '.join(ENERGIES)}",
        )
    return Reagents(
        {name: item.model_copy(update={"name": name}) for name, item in table.reagents.items()},
        {name: table.energies[name].model_copy(update={"name": name}) for name in ENERGIES},
    )


@cache
def _acids() -> dict[str, Acid]:
    return read_acids(builtin.folder("models") / "acids.yaml")


def load_acids() -> dict[str, Acid]:
    """Return the shipped acids by name."""
    return dict(_acids())


@cache
def load_reagents() -> Reagents:
    """Return the shipped reagents, heat and power."""
    return read_reagents(builtin.folder("models") / "reagents.yaml")
