"""Impact factors from a workbook of LCIA results, by a mapping that the user has checked; a draft of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.reagents import load_reagents
from optimiser.lca.choosing import Candidate, choose_activity
from optimiser.lca.names import Behind, Names, check_unit
from optimiser.lca.sheet import Sheet, choose_columns, read_sheet
from optimiser.lca.table import Activity, LocalTable, today
from optimiser.tables.read import split_source

#: Candidates of a substance that a draft lists.
_CANDIDATES = 6
_DRAFT = """\
# DRAFT of a mapping for {file}. Nothing in it is used yet.
# For each substance, take the first # off the line that is right, or write your own; then run
#   optimiser impacts import workbook {file} --mapping THIS FILE
# A substance without a line is listed as missing. Correct location and unit where needed, and add purity:
# (the share of pure substance) where the row counts a solution. Units convert: kg, g, t; kWh, MJ; m3, l.
"""


def import_workbook(
    source: str | Path,
    names: Names,
    *,
    name: str,
    version: str | None = None,
    system_model: str | None = None,
    method: str | None = None,
) -> LocalTable:
    """Read the factors of the activities that a mapping names.

    Args:
        source: the workbook, ``FILE.xlsx#SHEET``, or a CSV file.
        names: with the mapping applied; only what the mapping names is used.
        name: of the table.
        version, system_model: of the database behind the workbook, where known.
        method: of its results, where the user knows; else as the titles tell it.

    Raises:
        InputError: the sheet cannot be read; the mapping names no activity, one that is not there or that is
            there twice; a column or a unit is not one that is known.
    """
    sheet = read_sheet(source)
    if not any(names.activities[substance].activity for substance in names.chosen):
        raise InputError(
            "The mapping file names no activity.",
            where="--mapping",
            allowed="activities: {sulfuric: {activity: NAME, location: RER}, ...}",
            remedy="take the # off the lines that are right",
        )
    columns = choose_columns(sheet, names)
    if not columns:
        raise InputError(
            "No column is a category that is known.",
            where=sheet.table.where(),
            allowed=", ".join(names.categories),
            remedy="name the columns in the mapping file: categories: {climate change: {column: TITLE}}",
        )
    units = {category: _unit(sheet, category, names, i.unit, i.column) for category, i in columns.items()}
    unmapped = Behind(why="not in the mapping file")
    mapped = {s: b if s in names.chosen else unmapped for s, b in names.activities.items()}
    placed = any(candidate.location for candidate in sheet.activities)
    names = replace(names, activities=mapped, locations=names.locations if placed else ("",))
    activities: dict[str, Activity] = {}
    rows: dict[str, int] = {}
    missing: list[Mapping[str, str]] = []
    for substance in names.activities:
        asked = mapped[substance].unit  # tells rows of one name and place apart
        fitting = [c for c in sheet.activities if c.unit in ("", asked)] if asked else sheet.activities
        chosen = choose_activity(substance, names, fitting, lambda: ())
        if isinstance(chosen, str):
            missing.append({"substance": substance, "why": chosen})
            continue
        unit = chosen.unit or mapped[substance].unit or ""
        amount = names.amount(substance, unit, f"{sheet.table.place}, row {chosen.row}")
        per = names.basis(substance)
        activities[substance] = Activity(chosen.name, chosen.location, unit, per, amount)
        rows[substance] = chosen.row or 0
    factors: dict[str, dict[str, float]] = {category: {} for category in columns}
    for category, indicator in columns.items():
        for substance, activity in activities.items():
            value = sheet.value(rows[substance], indicator)
            if value is None:
                missing.append({"substance": substance, "category": category, "why": "the cell is empty"})
            else:
                factors[category][substance] = value * activity.amount
    lacking = [category for category in names.categories if category not in columns]
    path, at = split_source(source)
    told = {
        "kind": "workbook",
        "file": path.name + (f"#{at}" if at else ""),
        "version": version,
        "system_model": system_model,
        "method": method or (names.method if any(" | " in i.title for i in columns.values()) else None),
        "date": today(),
    }
    notes = [f"No column holds {', '.join(lacking)}."] if lacking else []
    if not told["method"]:
        notes.append(
            f"The method is not known; the single score needs {names.method} (say so with --method)."
        )
    given = {key: text for key, text in told.items() if text}
    return LocalTable(name, given, units, factors, activities, tuple(missing), tuple(notes))


def _unit(sheet: Sheet, category: str, names: Names, unit: str, column: int) -> str:
    """Return the unit of a category; that of the mapping where the workbook says none."""
    mapped = names.columns[category].unit if category in names.columns else None
    said, where = unit or mapped or "", sheet.table.where(None, column)
    if category in names.categories:
        return check_unit(category, said, where)
    if not said:
        raise InputError(
            f"The unit of {category} is not known.",
            where=where,
            remedy=f"write it in the mapping file: categories: {{{category}: {{column: ..., unit: ...}}}}",
        )
    return said


def draft(source: str | Path, names: Names) -> str:
    """Return a draft of a mapping: for each substance, the rows that may stand for it, all commented out.

    Raises:
        InputError: the sheet cannot be read.
    """
    sheet, file = read_sheet(source), Path(str(source)).name
    lines = [_DRAFT.format(file=file), "activities:"]
    for substance, behind in names.activities.items():
        phrase = _phrase(substance, behind)
        found = _candidates(sheet, substance, phrase, names)
        basis = names.basis(substance)
        lines.append(
            f"  # {substance}, per {basis}: " + (f"rows with {phrase!r}" if found else f"no {phrase!r}")
        )
        lines += [
            f"  #{substance}: {{activity: {json.dumps(c.name, ensure_ascii=False)}"
            + (f", location: {json.dumps(c.location)}" if c.location else "")
            + (f", unit: {json.dumps(c.unit)}" if c.unit else "")
            + f"}}  # row {c.row}"
            for c in found
        ]
    try:
        columns = choose_columns(sheet, names)
    except InputError:  # several of one name: the user names them
        columns = {}
    lines += ["", "categories:"]
    lines += [f"  # {category}: column {i.title!r}, by its name" for category, i in columns.items()]
    taken = {indicator.column for indicator in columns.values()}
    free = [f"{i.title} [{i.unit}]" for i in sheet.indicators if i.column not in taken]
    lines += [
        f"  #{category}: {{column: ...}}  # no column has this name"
        for category in names.categories
        if category not in columns
    ]
    lines += [f"  # a column that is not used: {title}" for title in free]
    return "\n".join(lines) + "\n"


def _phrase(substance: str, behind: Behind) -> str:
    """Return what to look for in names: the head of the shipped activity's name, or the label.

    Examples:
        >>> _phrase("heat", Behind(activity="market for heat, district or industrial, natural gas"))
        'heat'
    """
    items: dict[str, Any] = {**load_acids(), **load_reagents()}
    if behind.activity is None:
        return str(items[substance].label) if substance in items else substance
    head = behind.activity.partition(",")[0]
    return head.removeprefix("market group for ").removeprefix("market for ")


def _candidates(sheet: Sheet, substance: str, phrase: str, names: Names) -> list[Candidate]:
    """Return rows whose names hold a phrase and whose units convert, likeliest first."""

    def plain(text: str) -> str:
        return text.casefold().replace("ph", "f")  # sulphuric

    def rank(candidate: Candidate) -> tuple[bool, int, int]:
        places = names.locations
        place = places.index(candidate.location) if candidate.location in places else len(places)
        return (not plain(candidate.name).startswith(plain(phrase)), place, len(candidate.name))

    found = []
    for candidate in sheet.activities:
        if plain(phrase) not in plain(candidate.name):
            continue
        try:
            names.amount(substance, candidate.unit, "")
        except InputError:
            if candidate.unit:
                continue
        found.append(candidate)
    return sorted(found, key=rank)[:_CANDIDATES]
