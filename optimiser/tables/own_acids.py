"""A user's table of acids: YAML, CSV, or the Toolkit's own workbook Acid_properties.xlsx."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import read_yaml, validate
from optimiser.chemistry.acids import MOST_ACIDS, Acid, AcidOverrides, find_acid_name, with_user_acids
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.rates import load_rates
from optimiser.chemistry.reagents import load_acids
from optimiser.chemistry.tables import read_table
from optimiser.tables.own_names import refuse_twice
from optimiser.tables.sheets import Column, Sheet, find_columns, read_sheet, require

PKAS = tuple(f"pKa{i}" for i in range(1, 5))
SALTS = {metal: f"{metal} salt solubility" for metal in METALS}
#: Columns of a table of acids, as `optimiser tables export` writes them.
COLUMNS: tuple[Column, ...] = (
    Column("acid", aliases=("name",)),
    Column("label"),
    Column("formula"),
    Column("smiles"),
    *(Column(name) for name in PKAS),
    Column("purity", "kg/kg", also={"%": 0.01, "wt%": 0.01}),
    Column("density", "kg/L", also={"g/mL": 1.0, "g/cm3": 1.0, "kg/m3": 0.001}),
    Column("solubility", "g/L"),
    Column("solubility at 60 degC", "g/L"),
    *(Column("calcium hydrate"), Column("zwitterion"), Column("nitrate")),
    Column("temperature limit", "degC"),
    Column("reductant"),
    *(Column(name, "g/100 mL", aliases=(f"s{metal}",)) for metal, name in SALTS.items()),
)
_TOOLKIT = (Column("USD/MT"), Column("price kg"), Column("Date"), Column("Source"))
_UNUSED = ("Mr", "nProtons", "Location", "power euro kwh", "mixing kwm3")
#: Columns of plain numbers, and of yes or no, by the acid's field.
NUMBERS = {"solubility at 60 degC": "solubility_60", "calcium hydrate": "calcium_hydrate"}
TRUTHS = ("zwitterion", "nitrate")
_SAID = {"yes": True, "true": True, "no": False, "false": False}
_TEXTS = ("label", "formula", "smiles", "reductant")


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


def import_acids(source: str | Path, known: Mapping[str, Acid] | None = None) -> ImportedAcids:
    """Read a table of acids and complete the known ones with it; other names are new acids.

    Empty cells leave what is known. A number equal to the known one keeps its source and range. Where a cell
    of the Toolkit's workbook is one of its known faults, our own number stays, and a note says so.

    Args:
        source: YAML (``acids:`` as in a problem), CSV or XLSX (``FILE#SHEET``).
        known: the acids to complete; None for the shipped ones.

    Raises:
        InputError: names file, row and column (or line and key) of whatever is wrong.
    """
    acids = load_acids() if known is None else dict(known)
    if Path(source).suffix.lower() in (".yaml", ".yml"):
        document = read_yaml(Path(source))
        entries = validate(_AcidFile, document).acids
        seen: dict[str, str] = {}
        for name in entries:
            where = document.where(("acids", name))
            refuse_twice(find_acid_name(name, acids) or name, name, where, seen)
            acids = _added(acids, name, entries[name], where)
        return ImportedAcids(acids, ())
    sheet = read_sheet(source)
    places, factors = find_columns(sheet, (*COLUMNS, *_TOOLKIT), _UNUSED)
    require(sheet, places, "acid")
    if len(sheet.rows) > MOST_ACIDS:
        raise InputError(
            f"{len(sheet.rows):,} acids are too many.", where=sheet.place, allowed=f"up to {MOST_ACIDS:,}"
        )
    _refuse_mixed_purity(sheet, places)
    seen, notes = {}, []
    for row in sheet.rows:
        written = sheet.text(row, places["acid"])
        if not written:
            raise InputError("This row names no acid.", where=sheet.where(row, places["acid"]))
        name = (
            find_acid_name(written, acids) or find_acid_name(written.removesuffix(" acid"), acids) or written
        )
        refuse_twice(name, written, sheet.where(row), seen)
        entry, told = _entry(sheet, row, places, factors, acids.get(name), name)
        notes += told
        acids = _added(acids, name, entry, sheet.where(row))
    return ImportedAcids(acids, tuple(notes))


def _added(
    acids: Mapping[str, Acid], name: str, entry: AcidOverrides | dict[str, Any], where: str
) -> dict[str, Acid]:
    try:
        if isinstance(entry, AcidOverrides):
            return with_user_acids(acids, {name: entry})
        return with_user_acids(acids, {name: entry})
    except InputError as error:
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None


def _refuse_mixed_purity(sheet: Sheet, places: Mapping[str, int]) -> None:
    column = places.get("purity")
    values = {row: sheet.number(row, column) for row in sheet.rows}
    above = [row for row, value in values.items() if value is not None and value > 1.0]
    below = [row for row, value in values.items() if value is not None and 0.0 < value <= 1.0]
    if above and below and column is not None:
        raise InputError(
            f"Purities in mixed units: {values[above[0]]:g} in row {above[0]}, "
            f"{values[below[0]]:g} in row {below[0]}.",
            where=sheet.where(above[0], column),
            allowed="all as mass fractions (0.98), or all in per cent under a header `purity [%]`",
        )


def _entry(
    sheet: Sheet,
    row: int,
    places: Mapping[str, int],
    factors: Mapping[str, float],
    old: Acid | None,
    name: str,
) -> tuple[dict[str, Any], list[str]]:
    """Return the overrides that one row stands for, without what is known already, and notes."""
    entry: dict[str, Any] = {
        key: text
        for key in _TEXTS
        if (text := sheet.text(row, places.get(key))) and text != getattr(old, key, None)
    }
    notes: list[str] = []

    def given(key: str, was: float | None, **limits: float) -> dict[str, Any] | None:
        value = sheet.number(row, places.get(key), **limits)
        if value is None or (value := value * factors[key]) == was:
            return None
        fault = _fault(name, key, value)
        if fault is not None:
            notes.append(f"{name}: the Toolkit's {key} of {value:g} {fault.unit} is not used ({fault.why}).")
            return None
        return {"value": value, "source": sheet.where(row, places[key])}

    pkas = [sheet.number(row, places.get(key), low=-20.0) for key in PKAS]
    values = tuple(value for value in pkas if value is not None)
    if values and (old is None or values != old.pKa_values):
        entry["pKa"] = [{"value": value, "source": sheet.where(row)} for value in values]
    stock = {
        "purity": given("purity", old.purity if old else None),
        "density": given("density", old.density if old else None),
    }
    salts = old.salt_solubility_values if old else [None] * len(METALS)
    solubilities = {
        metal: given(key, was, missing=-1.0) for (metal, key), was in zip(SALTS.items(), salts, strict=True)
    }
    nested: dict[str, dict[str, Any]] = {"stock": stock, "salt_solubility": solubilities}
    entry |= {key: found for key, part in nested.items() if (found := {k: v for k, v in part.items() if v})}
    if sheet.text(row, places.get("solubility")) == "miscible":
        if old is None or old.solubility is None or old.solubility_molar != float("inf"):
            entry["solubility"] = "miscible"
    elif (most := given("solubility", old.solubility.value if old and old.solubility else None)) is not None:
        entry["solubility"] = most
    if (limit := given("temperature limit", old.temperature_limit if old else None, low=-50.0)) is not None:
        entry["temperature_limit"] = limit
    for title, key in NUMBERS.items():
        was = getattr(old, key, None)
        if (more := given(title, was.value if was else None)) is not None:
            entry[key] = more
    for key in TRUTHS:
        if not (text := sheet.text(row, places.get(key)).casefold()):
            continue
        if text not in _SAID:
            raise InputError(f"{text!r} for {key}.", where=sheet.where(row, places[key]), allowed="yes or no")
        if _SAID[text] != bool(getattr(old, key, None)):
            entry[key] = _SAID[text]
    if (price := _toolkit_price(sheet, row, places, name, notes)) is not None and _differs(price, old):
        entry["price"] = price
    return entry, notes


def _fault(acid: str, field: str, value: float) -> Fault | None:
    return next((f for f in toolkit_faults() if (f.acid, f.field, f.value) == (acid, field, value)), None)


def _toolkit_price(
    sheet: Sheet, row: int, places: Mapping[str, int], name: str, notes: list[str]
) -> dict[str, Any] | None:
    """Return the price of a row of the Toolkit's workbook: USD per t of its quarter, else its EUR per kg."""
    dollars, euros = (sheet.number(row, places.get(key)) for key in ("USD/MT", "price kg"))
    quarter = re.fullmatch(r"(Q[1-4]) (\d{4})", sheet.text(row, places.get("Date")))
    source = sheet.text(row, places.get("Source")) or sheet.where(row)
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
