"""The profile ``toolkit-1.0.2``: the LIB Leaching Toolkit's own sums, faults and all, for given yields.

For those who want to see that they lose nothing by switching, or to reproduce a published result (Nogueira
et al., Green Chem. 2026, d5gc04752h; doi:10.5281/zenodo.16096943). It uses the Toolkit's tables as they are,
which its user brings, and the constants of ``models/toolkit.yaml``. What is wrong with it, and what the usual
sums do instead, is in docs/parity.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, find_acid_name, load_acids
from optimiser.chemistry.feeds import OXYGEN_MOLAR_MASS
from optimiser.chemistry.impacts import ImpactTable
from optimiser.chemistry.metals import BASE_METALS, molar_masses
from optimiser.chemistry.quantity import read_quantities
from optimiser.tables.own_names import refuse_twice
from optimiser.tables.sheets import Column, find_columns, read_sheet, require
from optimiser.variables import Designs, Floats, Ints

PROFILE = "toolkit-1.0.2"
_COLUMNS = (
    *(Column(name) for name in ("Acid", "pKa1", "Mr", "density", "Purity", "USD/MT", "price kg")),
    *(Column(name) for name in ("power euro kwh", "mixing kwm3")),
)
_UNUSED = ("pKa2", "pKa3", "SMILES", "sLi", "sNi", "sMn", "sCo", "nProtons", "Location", "Date", "Source")


@cache
def toolkit_constants() -> Mapping[str, float]:
    """Return the constants of the profile by name; units are in ``models/toolkit.yaml``."""
    path = builtin.folder("models") / "toolkit.yaml"
    return {name: quantity.value for name, quantity in read_quantities(path, "parameters").items()}


@dataclass(frozen=True)
class ToolkitAcids:
    """The Toolkit's table of acids as arrays, shape (k,) each; NaN where a cell is empty.

    The Toolkit finds a scenario's acid in it by pKa1; here its structure tells which one it is, in the
    profile too: docs/parity.md says why.
    Units: molar_mass g/mol; purity kg/kg; density kg/L; price EUR/kg stock; energy_price EUR/kWh;
    mixing_power kW/m3. ``names`` are the names used here (``hydrochloric``), or as written for other acids.
    """

    names: tuple[str, ...]
    pka1: Floats
    molar_mass: Floats
    purity: Floats
    density: Floats
    price: Floats
    energy_price: Floats
    mixing_power: Floats

    def rows(self, names: Sequence[str]) -> Ints:
        """Return the row of each acid, shape (n,); -1 for one that the table lacks."""
        index = {name: k for k, name in enumerate(self.names)}
        return np.array([index.get(name, -1) for name in names], dtype=np.intp)


def read_toolkit_acids(source: str | Path, known: Mapping[str, Acid] | None = None) -> ToolkitAcids:
    """Read Acid_properties.xlsx (or a CSV of the same columns) as it is.

    Args:
        source: the workbook, ``FILE#SHEET`` where it has several.
        known: acids whose names and aliases are recognised; None for the shipped ones.

    Raises:
        InputError: a missing or unknown column, an acid given twice, a negative number or text in its place.
    """
    acids = load_acids() if known is None else known
    constants = toolkit_constants()
    sheet = read_sheet(source)
    places, _ = find_columns(sheet, _COLUMNS, _UNUSED)
    require(sheet, places, "Acid", "pKa1", "Mr", "density", "Purity")
    names: list[str] = []
    numbers: list[list[float]] = []
    seen: dict[str, str] = {}
    for row in sheet.rows:
        written = sheet.text(row, places["Acid"])
        if not written:
            raise InputError("This row names no acid.", where=sheet.where(row, places["Acid"]))
        name = find_acid_name(written, acids) or written
        refuse_twice(name, written, sheet.where(row), seen)
        pka1 = sheet.number(row, places["pKa1"], low=-20.0)
        values = [sheet.number(row, places.get(key)) for key in ("Mr", "Purity", "density", "price kg")]
        dollars = sheet.number(row, places.get("USD/MT"))
        if values[3] is None and dollars is not None:
            values[3] = dollars * constants["euro_per_dollar"] / 1000.0
        plant = [sheet.number(row, places.get(key)) for key in ("power euro kwh", "mixing kwm3")]
        usual = (constants["energy_price"], constants["mixing_power"])
        plant = [u if value is None else value for value, u in zip(plant, usual, strict=True)]
        names.append(name)
        numbers.append([np.nan if value is None else value for value in (pka1, *values, *plant)])
    return ToolkitAcids(tuple(names), *np.array(numbers).T)


@dataclass(frozen=True)
class ToolkitSums:
    """What the Toolkit computes of n scenarios, per 1000 kg of cathode, shape (n,) unless said otherwise.

    Units: volumes L; ``acid_amount`` mol; masses kg; energies kWh; costs EUR. ``metals`` is the mass of Li,
    Ni, Mn and Co leached, shape (n, 4). ``impacts`` (n, c) in the units of the table: factor x mass of stock,
    though factors are per kg pure. NaN where the table lacks the acid, its price or its factor.
    """

    acid: tuple[str, ...]
    volume: Floats
    acid_amount: Floats
    acid_pure: Floats
    acid_stock: Floats
    acid_volume: Floats
    water_volume: Floats
    mixing_energy: Floats
    heating_energy: Floats
    acid_cost: Floats
    mixing_cost: Floats
    heating_cost: Floats
    metals: Floats
    impacts: Floats
    categories: tuple[str, ...]
    units: tuple[str, ...]

    @property
    def cost(self) -> Floats:
        """Acid, mixing and heating together, EUR, shape (n,)."""
        return self.acid_cost + self.mixing_cost + self.heating_cost

    @property
    def metal_total(self) -> Floats:
        """Mass of metal leached, kg, shape (n,)."""
        total: Floats = self.metals.sum(axis=1)
        return total

    def per_kg_metal(self, total: Floats) -> Floats:
        """Divide by the mass of metal leached, shape (n,); inf where nothing is."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.metal_total > 0.0, total / self.metal_total, np.inf)

    def frame(self) -> pd.DataFrame:
        """Return everything but the impacts as a table, units in the headers."""
        columns: dict[str, object] = {
            "acid": self.acid,
            "leachant [L]": self.volume,
            "acid [mol]": self.acid_amount,
            "acid, pure [kg]": self.acid_pure,
            "acid, stock [kg]": self.acid_stock,
            "acid, stock [L]": self.acid_volume,
            "water [L]": self.water_volume,
            "mixing [kWh]": self.mixing_energy,
            "heating [kWh]": self.heating_energy,
        }
        columns |= {f"{metal} leached [kg]": self.metals[:, i] for i, metal in enumerate(BASE_METALS)}
        costs = {"acid": self.acid_cost, "mixing": self.mixing_cost, "heating": self.heating_cost}
        costs["total"] = self.cost
        columns |= {f"{name} cost [EUR]": cost for name, cost in costs.items()}
        columns |= {f"{name} cost [EUR/kg metal]": self.per_kg_metal(cost) for name, cost in costs.items()}
        return pd.DataFrame(columns)


def toolkit_sums(
    designs: Designs,
    yields: Floats,
    composition: Floats,
    acids: ToolkitAcids,
    impacts: ImpactTable | None = None,
) -> ToolkitSums:
    """Compute mass balance, costs and impacts as the Toolkit defines them.

    Args:
        designs: n scenarios; ``acid`` indexes ``acids.names``, -1 for an acid that the table lacks. Peroxide
            costs and burdens nothing here.
        yields: fractions leached of Li, Ni, Mn, Co, shape (n, 4); NaN for an absent metal. Columns of further
            metals, which the Toolkit does not know, are not looked at, here and in ``composition``.
        composition: mol of Li, Ni, Mn, Co per mol Li, shape (4,) or (n, 4).
        acids: the Toolkit's table of acids.
        impacts: its table of impact factors, or none.
    """
    given = toolkit_constants()
    k, time = designs.acid, designs.time

    def of(values: Floats) -> Floats:
        return np.append(values, np.nan)[k]  # an acid that the table lacks has index -1: the last, NaN

    # mixing and its price are the same for all acids unless the table says otherwise
    def plant(values: Floats, usual: float) -> Floats:
        return np.append(values, usual)[k]

    volume = given["feed_mass"] * 1000.0 / designs.solid_liquid_ratio
    acid_amount = volume * designs.acid_concentration
    acid_pure = of(acids.molar_mass) * acid_amount / 1000.0
    acid_stock = acid_pure / of(acids.purity)
    acid_volume = acid_stock / of(acids.density)
    water_volume = volume - acid_volume
    slurry = (given["feed_mass"] / given["solid_density"] + volume) / 1000.0
    mixing = plant(acids.mixing_power, given["mixing_power"]) * slurry * time / 60.0
    away = np.abs(designs.temperature - given["ambient_temperature"])
    heating = water_volume * given["heat_capacity"] * away / 3600.0
    price = plant(acids.energy_price, given["energy_price"])

    known = len(BASE_METALS)
    masses, yields = molar_masses()[:known], yields[:, :known]
    moles = np.broadcast_to(composition[..., :known], yields.shape)
    molar_mass = moles @ masses + given["oxygen"] * OXYGEN_MOLAR_MASS
    leached = np.where(moles > 0.0, moles * np.nan_to_num(yields), 0.0) * masses
    metals = given["feed_mass"] * leached / molar_mass[:, None]

    categories = impacts.categories if impacts else ()
    names = tuple(acids.names[i] if i >= 0 else "" for i in k)
    factors = np.array(
        [[impacts.factor(c, name) if impacts else np.nan for name in acids.names] for c in categories]
    ).reshape(len(categories), len(acids.names))
    burden = np.column_stack([of(row) * acid_stock for row in factors]) if categories else None
    return ToolkitSums(
        acid=names,
        volume=volume,
        acid_amount=acid_amount,
        acid_pure=acid_pure,
        acid_stock=acid_stock,
        acid_volume=acid_volume,
        water_volume=water_volume,
        mixing_energy=mixing,
        heating_energy=heating,
        acid_cost=acid_stock * of(acids.price),
        mixing_cost=mixing * price,
        heating_cost=heating * price,
        metals=metals,
        impacts=np.empty((len(designs), 0)) if burden is None else burden,
        categories=categories,
        units=impacts.units if impacts else (),
    )
