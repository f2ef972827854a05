"""Acids and numbers that the tables do not have: described by the row, and blank where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.descriptors import molar_mass, structure_key
from optimiser.chemistry.impacts import CLIMATE, ImpactTable, same_text
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.prices import Price
from optimiser.chemistry.quantity import Quantity
from optimiser.chemistry.substances import Stock

#: How far a stated molar mass may be from that of the structure.
_MOLAR_MASS_TOLERANCE = 0.01
_SOURCE = "given in the table"


def _quantity(value: float, unit: str) -> Quantity:
    # model_construct: what is not known is NaN here, which a table of numbers rightly refuses
    return Quantity.model_construct(value=value, unit=unit, source=_SOURCE)


def custom_acid(smiles: str, given: Mapping[str, float], cell: Callable[[str], str]) -> Acid:
    """Describe an acid that no table knows by a row of the Toolkit's template.

    Args:
        smiles: structure.
        given: pKa1 to pKa3, nProtons, Mr_acid, sLi to sCo where the table has them; NaN where blank, and -1
            for a solubility, pKa2 or pKa3 that is missing.
        cell: names the cell of a column for errors.

    Returns:
        The acid, named by its canonical SMILES. Purity and density of its stock are NaN, price and factor
        are missing.

    Raises:
        InputError: no pKa, protons or a molar mass that contradict the rest, a negative solubility.
    """
    pkas = [given.get("pKa1", math.nan), *(_unless_minus_one(given.get(p)) for p in ("pKa2", "pKa3"))]
    known = [p for p in pkas if not math.isnan(p)]
    if math.isnan(pkas[0]):
        raise InputError(
            f"The acid {smiles!r} is in no table, and its row has no pKa.",
            where=cell("pKa1"),
            allowed="pKa1, and pKa2 and pKa3 where the acid has more protons",
            remedy="fill in its pKa, or describe the acid with --acids",
        )
    protons = given.get("nProtons", math.nan)
    if not math.isnan(protons) and protons != len(known):
        raise InputError(
            f"The acid {smiles!r} has nProtons = {protons:g}, but {len(known)} pKa.",
            where=cell("nProtons"),
            allowed="one pKa for each proton, up to three",
            remedy="correct one of them",
        )
    stated, own = given.get("Mr_acid", math.nan), molar_mass(smiles)
    if stated > 0.0 and abs(stated / own - 1.0) > _MOLAR_MASS_TOLERANCE:
        raise InputError(
            f"The molar mass {stated:g} g/mol is not that of {smiles!r}, {own:.2f} g/mol.",
            where=cell("Mr_acid"),
            remedy="correct the SMILES or the molar mass",
        )
    salts = {metal: _unless_minus_one(given.get(f"s{metal}")) for metal in METALS}
    for metal, value in salts.items():
        if value < 0.0:
            raise InputError(
                f"A solubility of {value:g} g/100 mL is not possible.",
                where=cell(f"s{metal}"),
                allowed="0 or more; -1 or blank where it is not known",
            )
    known_salts = {m: _quantity(v, "g/100 mL") for m, v in salts.items() if not math.isnan(v)}
    unknown = math.nan
    return Acid.model_construct(
        name=structure_key(smiles),
        label=structure_key(smiles),
        smiles=smiles,
        pKa=tuple(_quantity(p, "-") for p in known),
        stock=Stock.model_construct(purity=_quantity(unknown, "kg/kg"), density=_quantity(unknown, "kg/L")),
        salt_solubility=known_salts,
        reductant="none",
    )


def _unless_minus_one(value: float | None) -> float:
    return math.nan if value is None or value == -1.0 else value


#: Categories named one by one in a note.
_NAMED = 3


def missing_numbers(acid: Acid, table: ImpactTable | None = None) -> tuple[str, ...]:
    """Return which of an acid's numbers for cost and impact are not known, here and in a table of impacts."""
    lacks = []
    if math.isnan(acid.purity):
        lacks.append("stock purity")
    if math.isnan(acid.density):
        lacks.append("stock density")
    if acid.price is None:
        lacks.append("price")
    if acid.climate_change is None:
        lacks.append("climate change factor")
    if table is not None:
        without = [
            category
            for category in table.categories
            if np.isnan(table.factor(category, acid.name)) and not same_text(category, CLIMATE)
        ]
        lacks += [f"factor of {category}" for category in without[:_NAMED]]
        if len(without) > _NAMED:
            lacks.append(f"factor of {len(without) - _NAMED} more categories")
    return tuple(lacks)


def with_blanks(acid: Acid) -> Acid:
    """Return the acid with NaN for a price or factor that it lacks: sums are then blank, not refused."""
    blanks: dict[str, object] = {}
    if acid.price is None:
        blanks["price"] = Price.model_construct(value=math.nan, currency="EUR", per="kg stock")
    if acid.climate_change is None:
        blanks["climate_change"] = _quantity(math.nan, "kg CO2-eq/kg pure")
    return acid.model_copy(update=blanks) if blanks else acid


def note(acid: Acid, table: ImpactTable | None = None) -> str:
    """Say what of an acid is missing, or nothing: ``levulinic has no price``."""
    lacks = missing_numbers(acid, table)
    return f"{acid.name} has no {', no '.join(lacks)}" if lacks else ""
