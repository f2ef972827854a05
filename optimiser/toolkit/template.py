"""The Toolkit's template of scenarios: its columns, feeds by composition, acids by structure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.descriptors import molar_mass, structure_key
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.metals import BASE_METALS, METALS
from optimiser.chemistry.quantity import Quantity
from optimiser.chemistry.substances import Stock
from optimiser.tables.read import Column, Table, split_title
from optimiser.variables import Ints

#: The template's name for each of our variables.
VARIABLES: Mapping[str, str] = {
    "temperature": "temp",
    "acid_concentration": "acidC",
    "h2o2": "H2O2_conc",
    "solid_liquid_ratio": "solidToLiquid",
    "time": "time",
}
FEED = ("inputNi", "inputMn", "inputCo")
#: What a row may say of an acid that no table knows.
_ACID: tuple[Column, ...] = (
    Column("pKa1", low=-20.0),
    *(Column(name, low=-20.0, missing=-1.0) for name in ("pKa2", "pKa3")),
    Column("nProtons"),
    Column("Mr_acid"),
    *(Column(f"s{metal}", missing=-1.0) for metal in BASE_METALS),
)
NOT_READ = tuple(f"x{metal}" for metal in BASE_METALS)
#: Columns that only the template has; one of them is enough to tell it.
_SIGNS = {*FEED, "SMILES", *VARIABLES.values(), *(c.name for c in _ACID), *NOT_READ} - {"time"}
#: Largest difference in mol per mol Li at which a composition still goes by a known feed's name.
_SAME_FEED = 0.0006
#: How far a stated molar mass may be from that of the structure.
_MOLAR_MASS_TOLERANCE = 0.01


def is_template(table: Table) -> bool:
    """Return whether a table has the template's columns instead of ours."""
    return any(split_title(title)[0] in _SIGNS for title in table.header)


def columns(variables: Sequence[Column]) -> tuple[Column, ...]:
    """Return the template's columns, of which ``variables`` are those of the decision variables."""
    return (
        *(Column(name, label="mol per mol Li", required=True, filled=True) for name in FEED),
        Column("SMILES", kind="text", required=True, filled=True),
        *(replace(column, name=VARIABLES[column.name], key=column.name) for column in variables),
        *_ACID,
    )


def feeds(table: Table, cells: pd.DataFrame) -> tuple[list[Feed], Ints]:
    """Return the feeds of some rows by their composition, and the index of each row's.

    Raises:
        InputError: a composition that no cathode has.
    """
    compositions, codes = np.unique(cells[list(FEED)].to_numpy(float), axis=0, return_inverse=True)
    codes = np.asarray(codes, dtype=np.intp).reshape(-1)
    found = []
    for k, (ni, mn, co) in enumerate(compositions.tolist()):
        try:
            found.append(Feed(name=_feed_name(ni, mn, co), Ni=ni, Mn=mn, Co=co))
        except ValueError:
            raise InputError(
                f"A feed with {ni + mn + co:g} mol of Ni, Mn and Co per mol of Li is not possible.",
                where=f"{table.where(int(cells.index[codes == k][0]))}, columns {', '.join(FEED)}",
                allowed="more than 0 and at most 2.2",
                remedy="give mol per mol Li: NMC111 is 0.3333 each, LiMn2O4 is inputMn = 2",
            ) from None
    return found, codes


def _feed_name(ni: float, mn: float, co: float) -> str:
    given = np.zeros(len(METALS))
    given[: len(BASE_METALS)] = (1.0, ni, mn, co)
    for name, feed in load_feeds().items():
        if np.abs(feed.composition - given).max() <= _SAME_FEED:
            return name
    return "Li" + "".join(f"{m}{x:g}" for m, x in (("Ni", ni), ("Mn", mn), ("Co", co)) if x > 0.0)


def acids(table: Table, cells: pd.DataFrame, known: Mapping[str, Acid]) -> tuple[list[Acid], Ints]:
    """Return the acids of some rows by their structure, and the index of each row's.

    An acid that is not known is described by what its row says of it; where rows describe one structure in
    several ways, the later ones have their row in their name.

    Raises:
        InputError: no structure, or a description that contradicts itself.
    """
    by_key = {structure_key(acid.smiles): acid for acid in known.values()}
    described = [column.name for column in _ACID if column.name in table]
    groups = cells.groupby(["SMILES", *described], dropna=False, sort=False)
    codes: Ints = np.asarray(groups.ngroup(), dtype=np.intp)
    found: list[Acid] = []
    for k in range(int(codes.max()) + 1):
        first = cells[codes == k].iloc[0]
        row = int(first.name)
        cell = partial(table.where, row)
        try:
            key = structure_key(first["SMILES"])
        except InputError as error:
            raise InputError(
                error.what,
                where=cell("SMILES"),
                allowed="the acid's structure as SMILES",
                remedy=error.remedy,
            ) from None
        if key in by_key:
            found.append(by_key[key])
            continue
        acid = described_acid(first["SMILES"], first[described].to_dict(), cell)
        same = [other for other in found if other.name.split(" (row")[0] == acid.name]
        equal = next((o for o in same if o.model_copy(update={"name": acid.name}) == acid), None)
        if equal is None and same:
            acid = acid.model_copy(update={"name": f"{acid.name} (row {row})"})
        found.append(equal or acid)
    return found, codes


def _quantity(value: float, unit: str) -> Quantity:
    # model_construct: what is not known is NaN here, which a table of numbers rightly refuses
    return Quantity.model_construct(value=value, unit=unit, source="given in the table")


def described_acid(smiles: str, given: Mapping[str, float], cell: Callable[[str], str]) -> Acid:
    """Describe an acid that no table knows by a row of the template.

    Args:
        smiles: structure.
        given: pKa1 to pKa3, nProtons, Mr_acid, sLi to sCo where the table has them; NaN where not known.
        cell: names the cell of a column for errors.

    Returns:
        The acid, named by its canonical SMILES. Purity and density of its stock are NaN, price and factor
        are missing.

    Raises:
        InputError: no pKa, protons or a molar mass that contradict the rest.
    """
    pkas = [given.get(name, math.nan) for name in ("pKa1", "pKa2", "pKa3")]
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
    salts = {metal: given.get(f"s{metal}", math.nan) for metal in METALS}
    return Acid.model_construct(
        name=structure_key(smiles),
        label=structure_key(smiles),
        smiles=smiles,
        pKa=tuple(_quantity(p, "-") for p in known),
        stock=Stock.model_construct(purity=_quantity(math.nan, "kg/kg"), density=_quantity(math.nan, "kg/L")),
        salt_solubility={m: _quantity(v, "g/100 mL") for m, v in salts.items() if not math.isnan(v)},
        reductant="none",
    )
