"""A user's table of impact factors: YAML, CSV or XLSX, or the Toolkit's own Acids_impacts.xlsx."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, read_yaml, validate
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impacts import CLIMATE, Floats, ImpactTable
from optimiser.chemistry.reagents import ENERGIES, load_acids
from optimiser.tables.read import Column, Table, open_table, refuse_twice
from optimiser.tables.substances import substance_columns, substance_name

_NAMES = (
    Column("category", kind="text", aliases=("impact category",), required=True, filled=True),
    Column("unit", kind="text", required=True),
)
_PURE = ("kg", "kg pure", "kg pure substance")
#: A table with at least so many factors, all of them powers of ten, holds placeholders.
_PLACEHOLDERS_FROM = 20


class _Category(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unit: str
    factors: dict[str, float | None]


class _ImpactFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    impacts: dict[str, _Category]


def import_impacts(source: str | Path, acids: Mapping[str, Acid] | None = None) -> ImpactTable:
    """Read a table of impact factors: a row per category with its unit, a column per acid or reagent.

    Factors are per kg of pure substance, those of ``heat`` and ``power`` per kWh. An empty cell is a missing
    factor (NaN), never zero. Only climate change may be negative (carbon taken up by plants).

    Args:
        source: CSV or XLSX (``FILE#SHEET``), or YAML: ``impacts: {CATEGORY: {unit: ..., factors: {...}}}``.
        acids: the acids that may be named; None for the shipped ones.

    Raises:
        InputError: a unit that is not per kg, a repeated category or substance, an unknown column, a negative
            factor or text in its place; with file, row and column (or line and key).
    """
    known = load_acids() if acids is None else acids
    if Path(source).suffix.lower() in (".yaml", ".yml"):
        return _from_yaml(read_yaml(Path(source)), known)
    return _from_rows(open_table(source), known)


def impact_unit(text: str, where: str, per: tuple[str, ...] = _PURE) -> str:
    """Return a unit without what it is per: ``kg CO2 eq/kg`` and ``kg CO2 eq`` are the same.

    Raises:
        InputError: it is per something else than ``per`` (kg of pure substance), or empty.
    """
    match = re.fullmatch(r"(.+?)\s*(?:/| per )\s*([^/]+)", text.strip())
    if match and match[2].strip().casefold() not in per:
        hint = "divide by the purity of the stock" if "stock" in match[2] else "convert the factors"
        raise InputError(
            f"The unit {text!r} is not per kg.",
            where=where,
            allowed="an impact per kg of pure substance, e.g. kg CO2 eq/kg",
            remedy=hint,
        )
    unit = match[1].strip() if match else text.strip()
    if not unit:
        raise InputError("This category has no unit.", where=where, allowed="e.g. kg CO2 eq/kg")
    return unit


def _from_rows(table: Table, known: Mapping[str, Acid]) -> ImpactTable:
    substances = substance_columns(table, known, _NAMES, low=-inf)
    table = table.expecting((*_NAMES, *substances))
    if not substances:
        raise InputError(
            "The table names no acid.", where=table.where(), allowed="a column per acid or reagent"
        )
    for column in substances:
        if column.unit:
            per = column.unit.casefold().removeprefix("per ").removeprefix("/")
            allowed = ("kwh",) if column.called in ENERGIES else _PURE
            impact_unit(f"impact/{per}", table.where(None, column.called), allowed)
    categories: dict[str, str] = {}
    factors: list[list[float]] = []
    seen: dict[str, str] = {}
    for row, cells in table.rows():
        category = cells["category"]
        refuse_twice(category.casefold(), category, table.where(row, "category"), seen)
        categories[category] = impact_unit(cells["unit"], table.where(row, "unit"))
        values = {column.called: cells[column.called] for column in substances}
        for name, value in values.items():
            if value is not None:
                _refuse_negative(category, value, table.where(row, name))
        factors.append([np.nan if value is None else value for value in values.values()])
    names = tuple(column.called for column in substances)
    return _table(categories, names, np.array(factors), table.place)


def _refuse_negative(category: str, factor: float, where: str) -> None:
    if not np.isfinite(factor) or (factor < 0.0 and not category.casefold().startswith(CLIMATE)):
        raise InputError(f"A factor of {factor:g} is not possible.", where=where, allowed="0 or more")


def _from_yaml(document: Document, known: Mapping[str, Acid]) -> ImpactTable:
    file = validate(_ImpactFile, document)
    rows: list[dict[str, float]] = []
    categories: dict[str, str] = {}
    for category, entry in file.impacts.items():
        key = ("impacts", category)
        categories[category] = impact_unit(entry.unit, document.where((*key, "unit")))
        row: dict[str, float] = {}
        seen: dict[str, str] = {}
        for written, factor in entry.factors.items():
            where = document.where((*key, "factors", written))
            name = substance_name(written, known, where)
            refuse_twice(name, written, where, seen)
            if factor is None:
                continue
            _refuse_negative(category, factor, where)
            row[name] = factor
        rows.append(row)
    substances = tuple(dict.fromkeys(name for row in rows for name in row))
    factors = np.array([[row.get(name, np.nan) for name in substances] for row in rows])
    return _table(categories, substances, factors.reshape(len(rows), len(substances)), str(document.path))


def _table(
    categories: Mapping[str, str], substances: tuple[str, ...], factors: Floats, place: str
) -> ImpactTable:
    given = factors[factors > 0.0]
    powers = np.log10(given)
    notes: tuple[str, ...] = ()
    if given.size >= _PLACEHOLDERS_FROM and np.allclose(powers, np.round(powers), atol=1e-9):
        notes = (
            f"All factors of {place} are powers of ten: they are placeholders, so only the orders of "
            "magnitude of these impacts mean anything.",
        )
    return ImpactTable(tuple(categories), tuple(categories.values()), substances, factors, place, notes)
