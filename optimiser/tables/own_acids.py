"""A user's table of acids: YAML, CSV, XLSX or Parquet, or the Toolkit's own Acid_properties.xlsx."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import read_yaml, validate
from optimiser.chemistry.acids import (
    MOST_ACIDS,
    Acid,
    AcidOverrides,
    find_acid_name,
    load_acids,
    with_user_acids,
)
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.prices import load_rates
from optimiser.chemistry.quantity import Quantity
from optimiser.chemistry.tables import read_table
from optimiser.tables.read import Column, Table, open_table, refuse_twice

PKAS = tuple(f"pKa{i}" for i in range(1, 5))
SALTS = {metal: f"{metal} salt solubility" for metal in METALS}
_TEXTS = ("label", "formula", "smiles", "reductant")
#: Columns of yes or no, and of plain numbers by the acid's field.
TRUTHS = ("zwitterion", "nitrate")
NUMBERS = {
    "solubility": "solubility",
    "solubility at 60 degC": "solubility_60",
    "calcium hydrate": "calcium_hydrate",
    "temperature limit": "temperature_limit",
}
#: Columns of a table of acids, as `optimiser tables export` writes them.
COLUMNS: tuple[Column, ...] = (
    Column("acid", kind="text", aliases=("name",), required=True, filled=True),
    *(Column(name, kind="text") for name in _TEXTS[:3]),
    *(Column(name, low=-20.0) for name in PKAS),
    Column("purity", "kg/kg", also={"%": 0.01, "wt%": 0.01}),
    Column("density", "kg/L", also={"g/mL": 1.0, "g/cm3": 1.0, "kg/m3": 0.001}),
    Column("solubility", "g/L", words={"miscible": inf}),
    Column("solubility at 60 degC", "g/L"),
    Column("calcium hydrate"),
    *(Column(name, kind="yes or no") for name in TRUTHS),
    Column("temperature limit", "degC", low=-50.0),
    Column("reductant", kind="text"),
    *(Column(name, "g/100 mL", aliases=(f"s{metal}",), missing=-1.0) for metal, name in SALTS.items()),
)
_TOOLKIT = (
    *(Column("USD/MT"), Column("price kg")),
    *(Column("Date", kind="text"), Column("Source", kind="text")),
)
_UNUSED = ("Mr", "nProtons", "Location", "power euro kwh", "mixing kwm3")


@dataclass(frozen=True)
class ImportedAcids:
    """The known acids, completed by a table; and what its reader must be told."""

    acids: dict[str, Acid]
    notes: tuple[str, ...]


class Fault(BaseModel):
    """A cell of the Toolkit's table of acids that is wrong as published, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    acid: str
    field: str
    value: float
    unit: str
    why: str
    source: str
    citation: str = ""


class _FaultTable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sources: dict[str, dict[str, str]]
    faults: tuple[Fault, ...]


@cache
def toolkit_faults() -> tuple[Fault, ...]:
    """Return the known faults of the Toolkit's table of acids."""
    return validate(_FaultTable, read_table(builtin.folder("models") / "toolkit_faults.yaml")).faults


class _AcidFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    acids: dict[str, AcidOverrides] = Field(max_length=MOST_ACIDS)


def import_acids(source: str | Path | Table, known: Mapping[str, Acid] | None = None) -> ImportedAcids:
    """Read a table of acids and complete the known ones with it; other names are new acids.

    Empty cells leave what is known. A number equal to the known one keeps its source and range. Where a cell
    of the Toolkit's workbook is one of its known faults, our own number stays, and a note says so.

    Args:
        source: YAML (``acids:`` as in a problem), CSV, XLSX (``FILE#SHEET``) or Parquet; or a Table.
        known: the acids to complete; None for the shipped ones.

    Raises:
        InputError: names file, row and column (or line and key) of whatever is wrong.
    """
    acids = load_acids() if known is None else dict(known)
    if not isinstance(source, Table) and Path(source).suffix.lower() in (".yaml", ".yml"):
        document = read_yaml(Path(source))
        entries = validate(_AcidFile, document).acids
        seen: dict[str, str] = {}
        for name in entries:
            where = document.where(("acids", name))
            refuse_twice(find_acid_name(name, acids) or name, name, where, seen)
            acids = _added(acids, name, entries[name], where)
        return ImportedAcids(acids, ())
    table = open_table(source).expecting((*COLUMNS, *_TOOLKIT), _UNUSED)
    rows = dict(table.rows())
    if len(rows) > MOST_ACIDS:
        raise InputError(
            f"{len(rows):,} acids are too many.", where=table.place, allowed=f"up to {MOST_ACIDS:,}"
        )
    _refuse_mixed_purity(table, rows)
    seen, notes = {}, []
    for row, cells in rows.items():
        written = cells["acid"]
        name = (
            find_acid_name(written, acids) or find_acid_name(written.removesuffix(" acid"), acids) or written
        )
        refuse_twice(name, written, table.where(row), seen)
        entry, told = _entry(table, row, cells, acids.get(name), name)
        notes += told
        acids = _added(acids, name, entry, table.where(row))
    return ImportedAcids(acids, tuple(notes))


def _added(
    acids: Mapping[str, Acid], name: str, entry: AcidOverrides | dict[str, Any], where: str
) -> dict[str, Acid]:
    try:
        return with_user_acids(acids, {name: entry})
    except InputError as error:
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None


def _refuse_mixed_purity(table: Table, rows: Mapping[int, Mapping[str, Any]]) -> None:
    if "purity" not in table:
        return
    _, _, factor = table.found["purity"]
    given = {row: value / factor for row, cells in rows.items() if (value := cells["purity"]) is not None}
    above = [row for row, value in given.items() if value > 1.0]
    below = [row for row, value in given.items() if 0.0 < value <= 1.0]
    if above and below:
        raise InputError(
            f"Purities in mixed units: {given[above[0]]:g} in row {above[0]}, "
            f"{given[below[0]]:g} in row {below[0]}.",
            where=table.where(above[0], "purity"),
            allowed="all as mass fractions (0.98), or all in per cent under a header `purity [%]`",
        )


def _entry(
    table: Table, row: int, cells: Mapping[str, Any], old: Acid | None, name: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the overrides that one row stands for, without what is known already, and notes."""
    entry: dict[str, Any] = {
        key: text for key in _TEXTS if (text := cells.get(key)) and text != getattr(old, key, None)
    }
    notes: list[str] = []

    def given(key: str, was: Quantity | float | None) -> dict[str, Any] | str | None:
        value = cells.get(key)
        if value is None or value == (was.value if isinstance(was, Quantity) else was):
            return None
        if (fault := _fault(name, key, value)) is not None:
            notes.append(f"{name}: the Toolkit's {key} of {value:g} {fault.unit} is not used ({fault.why}).")
            return None
        return "miscible" if value == inf else {"value": value, "source": table.where(row, key)}

    pkas = tuple(value for key in PKAS if (value := cells.get(key)) is not None)
    if pkas and (old is None or pkas != old.pKa_values):
        entry["pKa"] = [{"value": value, "source": table.where(row)} for value in pkas]
    salts = old.salt_solubility_values if old else [None] * len(METALS)
    nested = {
        "stock": {key: given(key, getattr(old, key, None)) for key in ("purity", "density")},
        "salt_solubility": {
            metal: given(key, was) for (metal, key), was in zip(SALTS.items(), salts, strict=True)
        },
    }
    entry |= {key: found for key, part in nested.items() if (found := {k: v for k, v in part.items() if v})}
    entry |= {key: more for title, key in NUMBERS.items() if (more := given(title, getattr(old, key, None)))}
    entry |= {
        key: said
        for key in TRUTHS
        if (said := cells.get(key)) is not None and said != bool(getattr(old, key, None))
    }
    price = _toolkit_price(cells, name, table.where(row), notes)
    if price is not None and _differs(price, old):
        entry["price"] = price
    return entry, notes


def _fault(acid: str, field: str, value: float) -> Fault | None:
    return next((f for f in toolkit_faults() if (f.acid, f.field, f.value) == (acid, field, value)), None)


def _toolkit_price(
    cells: Mapping[str, Any], name: str, where: str, notes: list[str]
) -> dict[str, Any] | None:
    """Return the price of a row of the Toolkit's workbook: USD per t of its quarter, else its EUR per kg."""
    dollars, euros = cells.get("USD/MT"), cells.get("price kg")
    quarter = re.fullmatch(r"(Q[1-4]) (\d{4})", cells.get("Date", ""))
    source = cells.get("Source") or where
    if dollars is not None and quarter and ("USD", period := f"{quarter[2]}-{quarter[1]}") in load_rates():
        return {"value": dollars / 1000.0, "currency": "USD", "period": period, "source": source}
    if euros is None:
        return None
    if (fault := _fault(name, "price", euros)) is not None:
        notes.append(f"{name}: the Toolkit's price of {euros:g} EUR/kg is not used ({fault.why}).")
        return None
    return {"value": euros, "currency": "EUR", "source": source}


def _differs(price: Mapping[str, Any], old: Acid | None) -> bool:
    if old is None or old.price is None:
        return True
    was = old.price
    return (price["value"], price["currency"], price.get("period")) != (was.value, was.currency, was.period)
