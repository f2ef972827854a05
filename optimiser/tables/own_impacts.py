"""A user's table of impact factors: YAML, CSV, XLSX or Parquet, or the Toolkit's own Acids_impacts.xlsx.

A YAML file may say where its factors come from, as `optimiser impacts import` writes it: a local table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from math import inf
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from optimiser._io.errors import InputError
from optimiser._io.yamlfile import Document, Real, read_yaml, validate
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.impact_source import EFFLUENTS, SUFFIX, Provenance, find_table
from optimiser.chemistry.impacts import CLIMATE, ImpactTable
from optimiser.chemistry.reagents import ENERGIES
from optimiser.tables.read import SUFFIXES, Column, Table, open_table, refuse_twice, split_source
from optimiser.tables.substance_names import substance_columns, substance_name

_NAMES = (
    Column("category", kind="text", aliases=("impact category",), required=True, filled=True),
    Column("unit", kind="text", required=True),
)
_PURE = ("kg", "kg pure", "kg pure substance")
#: A table with at least so many factors, all of them powers of ten, holds placeholders.
_PLACEHOLDERS_FROM = 20


#: A category, its place, its unit with its place, and each substance's factor with its place.
_Entry = tuple[str, str, tuple[str, str], list[tuple[str, float | None, str]]]


class _Category(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unit: str
    factors: dict[str, Real | None]


class _Activity(BaseModel):
    model_config = ConfigDict(extra="forbid")

    activity: str = ""
    location: str = ""
    unit: str = ""
    per: str = ""
    amount: Real | None = None
    database: str = ""
    code: str = ""
    uncertainty: dict[str, tuple[Real, Real]] | None = None


class _ImpactFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    impacts: dict[str, _Category] = Field(min_length=1)
    name: str = ""
    source: dict[str, str | date | Real | None] = {}
    activities: dict[str, _Activity] = {}
    missing: list[dict[str, str]] = []

    @property
    def provenance(self) -> Provenance | None:
        """What the file says about itself; None where it names no source."""
        if not self.source:
            return None
        told = {key: value for key, value in self.source.items() if value is not None}
        behind = {name: entry.model_dump(exclude_none=True) for name, entry in self.activities.items()}
        return Provenance(self.name, told, behind, tuple(self.missing))


def import_impacts(source: str | Path | Table, acids: Mapping[str, Acid] | None = None) -> ImpactTable:
    """Read a table of impact factors: a row per category with its unit, a column per acid or reagent.

    Factors are per kg of pure substance, those of ``heat`` and ``power`` per kWh; a YAML file may also have
    those of `EFFLUENTS`. An empty cell is a missing factor (NaN), never zero. Only climate change may be
    negative (carbon taken up by plants), and whatever was computed from a database that is named (credits).

    Args:
        source: CSV, XLSX (``FILE#SHEET``) or Parquet; or YAML,
            ``impacts: {CATEGORY: {unit: ..., factors: {...}}}``; or the name of a local table;
            or a Table.
        acids: the acids that may be named; None for the shipped ones.

    Raises:
        InputError: a unit that is not per kg, a repeated category or substance, an unknown column, a negative
            factor or text in its place; with file, row and column (or line and key).
    """
    known = load_acids() if acids is None else acids
    source, provenance = source if isinstance(source, Table) else impacts_path(source), None
    if not isinstance(source, Table) and Path(source).suffix.lower() in (".yaml", ".yml"):
        document = read_yaml(Path(source))
        file = validate(_ImpactFile, document)
        provenance = file.provenance
        place, entries = str(source), _from_yaml(file, document)
    else:
        table = open_table(source)
        place, entries = table.place, _from_rows(table, known)
    units: dict[str, str] = {}
    rows: list[dict[str, float]] = []
    categories: dict[str, str] = {}
    for category, where, (unit, unit_where), factors in entries:
        refuse_twice(category.casefold(), category, where, categories)
        units[category] = impact_unit(unit, unit_where)
        row: dict[str, float] = {}
        named: dict[str, str] = {}
        for written, factor, at in factors:
            name = written if written in EFFLUENTS else substance_name(written, known, at)
            refuse_twice(name, written, at, named)
            row[name] = np.nan if factor is None else factor
            credited = provenance is not None or category.casefold().startswith(CLIMATE)
            if np.isinf(row[name]) or (row[name] < 0.0 and not credited):
                raise InputError(f"A factor of {factor:g} is not possible.", where=at, allowed="0 or more")
        rows.append(row)
    substances = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = np.array([[row.get(name, np.nan) for name in substances] for row in rows])
    given = cells[cells > 0.0]
    powers = np.log10(given)
    notes: tuple[str, ...] = ()
    if given.size >= _PLACEHOLDERS_FROM and np.allclose(powers, np.round(powers), atol=1e-9):
        notes = (
            f"All factors of {place} are powers of ten: they are placeholders, so only the orders of "
            "magnitude of these impacts mean anything.",
        )
    table_factors = cells.reshape(len(rows), len(substances))
    return ImpactTable(
        tuple(units), tuple(units.values()), substances, table_factors, place, notes, provenance
    )


def impacts_path(source: str | Path, *, beside: Path | None = None) -> str | Path:
    """Return where a table of impacts is: as given, or the file of the local table of that name.

    Args:
        source: as given; a workbook may be ``FILE#SHEET``.
        beside: a folder where it is looked for first.

    Raises:
        InputError: it names no kind of table, and there is no local table of that name.
    """
    path, _ = split_source(source)
    if beside is not None and (beside / path).is_file():
        return str(beside / source)
    if path.is_file() or path.suffix.lower() in (*SUFFIXES, ".xlsm", ".yaml", ".yml"):
        return source
    return find_table(source, beside=beside)


def read_local_table(source: str | Path) -> ImpactTable:
    """Read a table of impacts that says where its factors come from, by its name or path.

    Raises:
        InputError: as `import_impacts`, or it names no source.
    """
    table = import_impacts(source)
    if table.provenance is None:
        raise InputError(
            f"{table.source} does not say which activities its factors are of.",
            where=table.source,
            allowed=f"a local table, NAME{SUFFIX}, with source: and activities:",
            remedy="make one with `optimiser impacts import`",
        )
    return table


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


def _from_rows(table: Table, known: Mapping[str, Acid]) -> Iterator[_Entry]:
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
    for row, cells in table.rows():
        factors = [(c.called, cells[c.called], table.where(row, c.called)) for c in substances]
        unit = (cells["unit"], table.where(row, "unit"))
        yield cells["category"], table.where(row, "category"), unit, factors


def _from_yaml(file: _ImpactFile, document: Document) -> Iterator[_Entry]:
    for category, entry in file.impacts.items():
        key = ("impacts", category)
        factors = [
            (written, factor, document.where((*key, "factors", written)))
            for written, factor in entry.factors.items()
        ]
        yield category, document.where(key), (entry.unit, document.where((*key, "unit"))), factors
