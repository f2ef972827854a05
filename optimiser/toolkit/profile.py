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
from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid, find_acid_name, load_acids
from optimiser.chemistry.feeds import OXYGEN_MOLAR_MASS
from optimiser.chemistry.impacts import ImpactTable
from optimiser.chemistry.metals import BASE_METALS, molar_masses
from optimiser.chemistry.quantity import read_quantities
from optimiser.tables.read import Column, open_table, refuse_twice
from optimiser.variables import Designs, Floats, Ints

PROFILE = "toolkit-1.0.2"
_COLUMNS = (
    Column("Acid", kind="text", required=True, filled=True),
    Column("pKa1", low=-20.0, required=True),
    *(Column(name, required=True) for name in ("Mr", "Purity", "density")),
    *(Column(name) for name in ("price kg", "USD/MT", "power euro kwh", "mixing kwm3")),
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
    table = open_table(source).expecting(_COLUMNS, _UNUSED)
    cells = table.frame().reindex(columns=[column.name for column in _COLUMNS])
    seen: dict[str, str] = {}
    for row, written in zip(cells.index.tolist(), cells["Acid"], strict=True):
        refuse_twice(find_acid_name(written, acids) or written, written, table.where(row), seen)
    price = cells["price kg"].fillna(cells["USD/MT"] * constants["euro_per_dollar"] / 1000.0)
    energy = cells["power euro kwh"].fillna(constants["energy_price"])
    mixing = cells["mixing kwm3"].fillna(constants["mixing_power"])
    numbers = (*(cells[name] for name in ("pKa1", "Mr", "Purity", "density")), price, energy, mixing)
    return ToolkitAcids(tuple(seen), *(column.to_numpy(dtype=np.float64) for column in numbers))


@dataclass(frozen=True)
class ToolkitSums:
    """What the Toolkit computes of n scenarios, per 1000 kg of cathode.

    Attributes:
        frame: balance and costs, one row per scenario, units in the headers; NaN where the Toolkit's table
            lacks the acid or its price.
        impacts: factor x mass of stock, though factors are per kg pure, in the units of the table of
            impacts, shape (n, c); NaN where it lacks the factor.
    """

    frame: pd.DataFrame
    impacts: Floats


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

    def of(values: Floats, lacking: float = np.nan) -> Floats:
        return np.append(values, lacking)[designs.acid]  # an acid that the table lacks has index -1: the last

    volume = given["feed_mass"] * 1000.0 / designs.solid_liquid_ratio
    amount = volume * designs.acid_concentration
    pure = of(acids.molar_mass) * amount / 1000.0
    stock = pure / of(acids.purity)
    acid_volume = stock / of(acids.density)
    water = volume - acid_volume
    slurry = (given["feed_mass"] / given["solid_density"] + volume) / 1000.0
    # mixing and its price are the same for all acids unless the table says otherwise
    mixing = of(acids.mixing_power, given["mixing_power"]) * slurry * designs.time / 60.0
    away = np.abs(designs.temperature - given["ambient_temperature"])
    heating = water * given["heat_capacity"] * away / 3600.0
    energy_price = of(acids.energy_price, given["energy_price"])

    known = len(BASE_METALS)
    masses, yields = molar_masses()[:known], yields[:, :known]
    moles = np.broadcast_to(composition[..., :known], yields.shape)
    molar_mass = moles @ masses + given["oxygen"] * OXYGEN_MOLAR_MASS
    leached = np.where(moles > 0.0, moles * np.nan_to_num(yields), 0.0) * masses
    metals = given["feed_mass"] * leached / molar_mass[:, None]

    columns: dict[str, object] = {
        "leachant [L]": volume,
        "acid [mol]": amount,
        "acid, pure [kg]": pure,
        "acid, stock [kg]": stock,
        "acid, stock [L]": acid_volume,
        "water [L]": water,
        "mixing [kWh]": mixing,
        "heating [kWh]": heating,
    }
    columns |= {f"{metal} leached [kg]": metals[:, i] for i, metal in enumerate(BASE_METALS)}
    costs = {"acid": stock * of(acids.price), "mixing": mixing * energy_price}
    costs["heating"] = heating * energy_price
    costs["total"] = costs["acid"] + costs["mixing"] + costs["heating"]
    columns |= {f"{name} cost [EUR]": cost for name, cost in costs.items()}
    columns |= {
        f"{name} cost [EUR/kg metal]": per_kg_metal(cost, metals.sum(axis=1)) for name, cost in costs.items()
    }
    burdens = []
    if impacts is not None:
        factors = [[impacts.factor(c, name) for name in acids.names] for c in impacts.categories]
        burdens = [of(np.array(row)) * stock for row in factors]
    return ToolkitSums(pd.DataFrame(columns), np.array(burdens).T.reshape(len(designs), len(burdens)))


def per_kg_metal(total: Floats, metal: Floats) -> Floats:
    """Divide by the mass of metal leached, shape (n,); inf where nothing is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(metal > 0.0, total / metal, np.inf)


@dataclass(frozen=True)
class Profile:
    """The Toolkit's own tables, as they are."""

    acids: ToolkitAcids
    impacts: ImpactTable | None

    def sums(
        self, acids: Sequence[str], designs: Designs, yields: Floats, composition: Floats
    ) -> ToolkitSums:
        """Return the Toolkit's sums for the yields predicted here; ``designs.acid`` indexes ``acids``."""
        theirs = Designs(self.acids.rows(acids)[designs.acid], designs.continuous)
        return toolkit_sums(theirs, yields, composition, self.acids, self.impacts)

    def note(self, acid: Acid) -> str:
        """Say what the Toolkit's tables lack of an acid, or nothing."""
        row = int(self.acids.rows([acid.name])[0])
        if row < 0:
            return f"{acid.name} is not in the Toolkit's table of acids"
        numbers = {"price": self.acids.price, "density": self.acids.density}
        lacks = [what for what, values in numbers.items() if np.isnan(values[row])]
        if self.impacts is not None and all(
            np.isnan(self.impacts.factor(c, acid.name)) for c in self.impacts.categories
        ):
            lacks.append("impact factors")
        return f"{acid.name} has no {', no '.join(lacks)} in the Toolkit's tables" if lacks else ""


def find_profile(
    name: str | None, table: Path | None, impacts: ImpactTable | None, known: Mapping[str, Acid]
) -> Profile | None:
    """Return the profile that is asked for, or None for our own sums.

    Args:
        name: of the profile.
        table: the Toolkit's table of acids.
        impacts: its table of impact factors.
        known: acids whose names are recognised.

    Raises:
        InputError: there is no such profile, or its table of acids is not given.
    """
    if name is None:
        return None
    if name != PROFILE:
        raise InputError(
            f"There is no profile {name!r}.",
            where="--profile",
            allowed=PROFILE,
            remedy=closest(name, [PROFILE]),
        )
    if table is None:
        raise InputError(
            f"The profile {PROFILE} needs the Toolkit's table of acids.",
            where="--profile",
            allowed="--acids Acid_properties.xlsx, and --impacts Acids_impacts.xlsx where impacts are wanted",
            remedy="add --acids",
        )
    return Profile(read_toolkit_acids(table, known), impacts)
