"""Reagents: what a leach buys beside its acid, with prices and burdens; heat and power with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from optimiser.chemistry.prices import Price, price_per
from optimiser.chemistry.quantity import Quantity, expecting
from optimiser.chemistry.substances import Bought, MolarMass, Substance
from optimiser.chemistry.tables import NAMED, Strict, holding, read_table, shipped, table_of


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


class Energy(Bought):
    """Heat or electric power, delivered."""

    kind: ClassVar[tuple[str, str]] = ("energy", "energies")
    price: Annotated[Price, *price_per("kWh")] | None = None
    climate_change: Annotated[Quantity, *expecting("kg CO2-eq/kWh", -10.0, 10.0)] | None = None


#: The reagents that the balance names: every table has them, beside any number of bases.
NEEDED: tuple[str, ...] = ("h2o2", "water")
ENERGIES: tuple[str, ...] = ("heat", "power")


@dataclass(frozen=True)
class Reagents(Mapping[str, Reagent | Energy]):
    """Everything a leach buys besides its acid, by name: substances, then heat and power."""

    substances: Mapping[str, Reagent]
    energies: Mapping[str, Energy]

    def __getitem__(self, name: str) -> Reagent | Energy:
        return self.substances[name] if name in self.substances else self.energies[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self.substances, *self.energies))

    def __len__(self) -> int:
        return len(self.substances) + len(self.energies)

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

    def changed_energy(self, name: str, energy: Energy) -> Reagents:
        """Return the same with another heat or power."""
        return replace(self, energies={**self.energies, name: energy})


@cache
def load_reagents(path: Path | None = None) -> Reagents:
    """Return the shipped reagents, heat and power, or those of another table.

    Raises:
        InputError: not valid, with file, line and key; hydrogen peroxide, water, heat or power is missing;
            there is a further energy, which nothing would use.
    """
    table = table_of(
        read_table(path or shipped("reagents.yaml")),
        reagents=Annotated[dict[str, Reagent], NAMED, holding("reagents", NEEDED, "and any bases")],
        energies=Annotated[dict[Literal["heat", "power"], Energy], NAMED, holding("energies", ENERGIES)],
    )
    return Reagents(table.reagents, table.energies)
