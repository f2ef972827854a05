"""Reagents: what a leach buys beside its acid, with prices and burdens; heat and power with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from optimiser._io.errors import InputError
from optimiser.chemistry.prices import Price, price_per
from optimiser.chemistry.quantity import Quantity, expecting
from optimiser.chemistry.substances import Entry, MolarMass, Substance
from optimiser.chemistry.tables import NAMED, Strict, read_table, shipped, table_of


class Base(Strict):
    """What makes a reagent a base, which can take up the free acid that is left (``process: neutraliser``).

    ``protons`` is mol of protons that a mol takes up; ``released`` the mass in g/mol that leaves it and its
    protons as water or carbon dioxide, so that the rest is salt (NaOH: one H2O, MgO: one, ammonia: none,
    CaCO3: H2O and CO2); ``cation`` what the salt is of: with calcium an acid's salt binds its crystal water.
    """

    protons: Annotated[Quantity, *expecting("mol/mol", 0.5, 10.0)] = Field(title="protons taken up")
    released: Annotated[Quantity, *expecting("g/mol", 0.0, 500.0)] = Field(title="released in neutralising")
    cation: str


class Reagent(Substance):
    """Hydrogen peroxide, water or a base. ``base`` is there where it can neutralise acid."""

    kind: ClassVar[tuple[str, str]] = ("reagent", "reagents")
    formula: str = ""
    price: Annotated[Price, *price_per("kg pure", "kg stock")] | None = None
    mass: MolarMass = Field(alias="molar_mass")
    base: Base | None = None

    @property
    def molar_mass(self) -> float:
        """Molar mass of the pure substance, g/mol."""
        return self.mass.value


class Energy(Entry):
    """Heat or electric power, delivered."""

    kind: ClassVar[tuple[str, str]] = ("energy", "energies")
    price: Annotated[Price, *price_per("kWh")] | None = None
    climate_change: Annotated[Quantity, *expecting("kg CO2-eq/kWh", -10.0, 10.0)] | None = None

    def price_eur_per_kwh(self) -> float:
        """Return the price, EUR/kWh.

        Raises:
            InputError: no price, or no exchange rate for its currency and period.
        """
        price: Price = self.needed("price", "EUR/kWh")
        return price.euro()

    def climate_change_per_kwh(self) -> float:
        """Return the climate change, kg CO2-eq/kWh.

        Raises:
            InputError: no factor.
        """
        factor: Quantity = self.needed("climate_change", "kg CO2-eq/kWh")
        return factor.value


#: The reagents that the balance names: every table has them, beside any number of bases.
NEEDED: tuple[str, ...] = ("h2o2", "water")
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
    def h2o2(self) -> Reagent:
        """Hydrogen peroxide, the reductant."""
        return self.substances["h2o2"]

    @property
    def water(self) -> Reagent:
        """What dilutes the stocks and washes the residue."""
        return self.substances["water"]

    @property
    def bases(self) -> dict[str, tuple[Reagent, Base]]:
        """Every reagent that can neutralise acid, with what makes it a base, by name."""
        return {name: (item, item.base) for name, item in self.substances.items() if item.base is not None}

    def changed(self, name: str, **update: Price | Quantity | None) -> Reagents:
        """Return the same with some fields of one of them replaced."""
        if name in self.energies:
            energy = self.energies[name].model_copy(update=update)
            return replace(self, energies={**self.energies, name: energy})
        substance = self.substances[name].model_copy(update=update)
        return replace(self, substances={**self.substances, name: substance})


def _has_needed(table: dict[str, Reagent]) -> dict[str, Reagent]:
    absent = [name for name in NEEDED if name not in table]
    if absent:
        raise InputError(
            f"The table of reagents lacks {absent[0]}.", allowed=f"{', '.join(NEEDED)} and any bases"
        )
    return table


def _heat_and_power(table: dict[str, Energy]) -> dict[str, Energy]:
    if set(table) != set(ENERGIES):
        raise InputError("The energies are heat and power.", allowed=", ".join(ENERGIES))
    return {name: table[name] for name in ENERGIES}


@cache
def load_reagents(path: Path | None = None) -> Reagents:
    """Return the shipped reagents, heat and power, or those of another table.

    Raises:
        InputError: not valid, with file, line and key; hydrogen peroxide, water, heat or power is missing;
            there is a further energy, which nothing would use.
    """
    table = table_of(
        read_table(path or shipped("reagents.yaml")),
        reagents=Annotated[dict[str, Reagent], NAMED, AfterValidator(_has_needed)],
        energies=Annotated[dict[str, Energy], NAMED, AfterValidator(_heat_and_power)],
    )
    return Reagents(table.reagents, table.energies)
