"""A user's table of impact factors: YAML, CSV or XLSX, or the Toolkit's own Acids_impacts.xlsx."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Document, Real, read_yaml, validate
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impacts import CLIMATE, Floats, ImpactTable
from optimiser.chemistry.reagents import ENERGIES, load_acids
from optimiser.tables.own_names import refuse_twice, substance_name
from optimiser.tables.sheets import Sheet, read_sheet, split_title

CATEGORY, UNIT = ("category", "impact category"), ("unit",)
_PURE = ("kg", "kg pure", "kg pure substance")
#: A table with at least so many factors, all of them powers of ten, holds placeholders.
_PLACEHOLDERS_FROM = 20


class _Category(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unit: str
    factors: dict[str, Real | None]


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
    return _from_sheet(read_sheet(source), known)


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


def _from_sheet(sheet: Sheet, known: Mapping[str, Acid]) -> ImpactTable:
    category, unit = _one(sheet, CATEGORY), _one(sheet, UNIT)
    substances: dict[str, int] = {}
    seen: dict[str, str] = {}
    for index, title in enumerate(sheet.header):
        if index in (category, unit) or not title:
            continue
        where = sheet.where(None, index)
        written, per = split_title(title)
        try:
            name = substance_name(written, known, where)
        except InputError as error:
            raise InputError(
                f"Unknown column {title!r}: {error.what}",
                where=where,
                allowed=f"category, unit, {error.allowed}",
                remedy=closest(title, ("category", "unit")) or error.remedy,
            ) from None
        refuse_twice(name, title, where, seen)
        if per:
            per = per.casefold().removeprefix("per ").removeprefix("/")
            impact_unit(f"impact/{per}", where, ("kwh",) if name in ENERGIES else _PURE)
        substances[name] = index
    if not substances:
        raise InputError(
            "The table names no acid.", where=sheet.where(), allowed="a column per acid or reagent"
        )
    categories: dict[str, str] = {}
    factors: list[list[float]] = []
    twice: dict[str, str] = {}
    for row in sheet.rows:
        name = sheet.text(row, category)
        where = sheet.where(row, category)
        if not name:
            raise InputError("This row names no category.", where=where)
        refuse_twice(name.casefold(), name, where, twice)
        categories[name] = impact_unit(sheet.text(row, unit), sheet.where(row, unit))
        low = -np.inf if name.casefold().startswith(CLIMATE) else 0.0
        cells = (sheet.number(row, index, low=low) for index in substances.values())
        factors.append([np.nan if cell is None else cell for cell in cells])
    return _table(categories, tuple(substances), np.array(factors), sheet.place)


def _one(sheet: Sheet, names: tuple[str, ...]) -> int:
    for index, title in enumerate(sheet.header):
        if title.casefold() in names:
            return index
    raise InputError(
        f"Column {names[0]!r} is missing.",
        where=sheet.where(),
        allowed="category, unit, and a column per acid or reagent",
        remedy=closest(names[0], [h for h in sheet.header if h]) or f"add {names[0]}",
    )


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
            if not np.isfinite(factor) or (factor < 0.0 and not category.casefold().startswith(CLIMATE)):
                raise InputError(f"A factor of {factor:g}.", where=where, allowed="0 or more")
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
