"""A table of a user's own, described column by column: its file as text, checked as training checks it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from optimiser._io.builtin import SYSTEM
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import parse_yaml
from optimiser.app.errors import told as parts_of
from optimiser.systems.cells import EMPTY, Cells, read_cells
from optimiser.systems.read import read_system_table
from optimiser.systems.system import System
from optimiser.systems.table import SystemTable

#: Values of a column that a page shows.
_FEW = 6
#: Keys of a description that hold a column, or columns by name.
_BY_NAME = ("setpoints", "choices")


def columns_of(cells: Cells) -> list[dict[str, Any]]:
    """Return what a page shows of each column: a few values, how many differ, how far numbers reach.

    Args:
        cells: of the table.

    Returns:
        ``name``, ``values``, ``distinct``, ``empty`` cells, and ``low`` and ``high`` of numbers, else None.
    """
    found = []
    for name, (_, text) in zip(cells.header, cells.frame.items(), strict=True):
        filled = text[~text.astype(str).str.lower().isin(EMPTY)].astype(str)
        plain = filled.str.replace(",", ".", regex=False) if cells.decimal == "," else filled
        numbers = pd.to_numeric(plain, errors="coerce")
        numeric = bool(len(filled)) and bool(numbers.notna().all())
        different = list(dict.fromkeys(filled))
        found.append(
            {
                "name": name,
                "values": [value[:60] for value in different[:_FEW]],
                "distinct": len(different),
                "empty": len(text) - len(filled),
                "low": float(numbers.min()) if numeric else None,
                "high": float(numbers.max()) if numeric else None,
            }
        )
    return found


def text_of(description: Mapping[str, Any]) -> str:
    """Return the text of a system's file from what it says, without what is left empty.

    Examples:
        >>> print(text_of({"name": "ore", "table": "t.csv", "source": "", "responses": {"Co": "Co_pct"}}))
        name: ore
        table: t.csv
        responses: {Co: Co_pct}
        <BLANKLINE>
    """
    kept = {key: value for key, value in description.items() if value not in ("", None, [], {})}
    return yaml.safe_dump(kept, default_flow_style=None, sort_keys=False, allow_unicode=True, width=100)


def description_of(text: str, name: str) -> dict[str, Any]:
    """Return what the text of a system's file says.

    Raises:
        InputError: no YAML, or no keys and values.
    """
    data = parse_yaml(text, Path(name)).data
    if not isinstance(data, dict):
        raise InputError("The file holds no keys and values.", where=f"{name}, line 1")
    found: dict[str, Any] = yaml.safe_load(yaml.safe_dump(data))  # plain values, without aliases
    return found


def checked(text: str, name: str, table: Path) -> SystemTable:
    """Check a description and its table as training does.

    Args:
        text: of the system's file.
        name: what the file is called in messages.
        table: the table's file.

    Raises:
        InputError: as `read_system_table`, under the names that the user knows.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        try:
            return read_system_table(path, table)
        except InputError as error:
            parts = (error.what, error.where, error.allowed, error.remedy)
            what, where, allowed, remedy = (
                part.replace(str(table), table.name).replace(f"{folder}/", "") for part in parts
            )
            raise InputError(what, where=where, allowed=allowed, remedy=remedy, key=error.key) from None


def at_column(error: InputError, description: Mapping[str, Any], cells: Cells) -> dict[str, Any]:
    """Return the parts of an error with the ``column`` of the table that it concerns, or None."""
    return {**parts_of(error), "column": _column(error, description, cells.header)}


def _column(error: InputError, description: Mapping[str, Any], header: tuple[str, ...]) -> str | None:
    told = re.search(r"column '(.*)'$", error.where)
    if told and told[1] in header:
        return told[1]
    key = [str(part) for part in error.key]
    place: Any = None
    if len(key) > 1 and key[0] in _BY_NAME:
        entry = _entry(description, *key[:2])
        place = entry.get("column") if isinstance(entry, dict) else None
    elif len(key) > 1 and key[0] == "responses":
        place = _entry(description, *key[:2])
    elif len(key) > 2 and key[:2] == ["feed", "columns"]:
        place = _entry(description, *key[:3])
    elif len(key) > 1 and key[0] == "monotone":
        entry = _entry(description, "setpoints", key[1])
        place = entry.get("column") if isinstance(entry, dict) else None
    if place is None:  # a message that names what it is about by its column, or by its name
        names = {
            **{
                str(name): entry.get("column")
                for kind in _BY_NAME
                for name, entry in _entries(description, kind)
            },
            **{column: column for column in header},
        }
        quoted = re.findall(r"'([^']*)'", error.what) + re.findall(r"^(\S+) ", error.what)
        place = next((names[one] for one in quoted if one in names), None)
    return str(place) if place in header else None


def _entry(description: Any, *key: str) -> Any:
    for part in key:
        description = description.get(part) if isinstance(description, dict) else None
    return description


def _entries(description: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = description.get(kind)
    if not isinstance(found, dict):
        return []
    return [(name, entry) for name, entry in found.items() if isinstance(entry, dict)]


def counts_of(table: SystemTable) -> dict[str, Any]:
    """Return what a table holds, as a page tells it: rows, experiments, studies, and what is named."""
    system = table.system
    return {
        "rows": len(table),
        "experiments": int(table.experiments.max()) + 1,
        "studies": int(table.studies.max()) + 1,
        "feeds": list(system.feeds),
        "options": [option.name for option in system.options],
        "responses": list(system.responses),
        "notes": list(table.notes),
    }


def cells_of(path: Path) -> Cells:
    """Read a table under the name that the user knows.

    Raises:
        InputError: as `read_cells`.
    """
    try:
        return read_cells(path)
    except InputError as error:
        parts = (error.what, error.where, error.allowed, error.remedy)
        what, where, allowed, remedy = (part.replace(str(path), path.name) for part in parts)
        raise InputError(what, where=where, allowed=allowed, remedy=remedy, key=error.key) from None


def file_name(model: str) -> str:
    """Return the name of a system's file."""
    return f"{model}{SYSTEM}"


def question_for(model: str, system: System) -> str:
    """Return a first problem for a yield model: the best first response, at the least time where it has one.

    Args:
        model: its name.
        system: that it is of.
    """
    ranges = {one.name: [float(f"{one.low:g}"), float(f"{one.high:g}")] for one in system.variables}
    first, *others = system.responses
    second = {"minimise": "time"} if "time" in ranges else None
    objectives = [{"maximise": f"yield_{first}"}]
    objectives += [second] if second else [{"maximise": f"yield_{name}"} for name in others[:1]]
    told = {
        "description": f"A first question to {model}.",
        "surrogate": model,
        "feed": next(iter(system.feeds)),
        "variables": ranges,
        "objectives": objectives,
    }
    return yaml.safe_dump(told, default_flow_style=None, sort_keys=False, allow_unicode=True, width=100)
