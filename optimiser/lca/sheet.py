"""A flat sheet of LCIA results: a row per activity, a column per indicator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimiser._io.errors import InputError
from optimiser.chemistry.impacts import same_text
from optimiser.lca.choosing import Candidate
from optimiser.lca.names import Names, find_category, listed
from optimiser.tables.read import Table, open_table, split_title

_NAME = ("name", "activity", "activity name", "process", "process name", "dataset")
_LOCATION = ("location", "geography", "country", "region")
_UNIT = ("unit", "reference unit", "functional unit", "reference product unit")
#: Rows in which the header may be.
_HEAD = 20


@dataclass(frozen=True)
class Indicator:
    """A column of results: its title (rows above the header joined by " | "), unit, and position."""

    title: str
    unit: str
    column: int


@dataclass(frozen=True)
class Sheet:
    """An LCIA sheet that was read.

    Attributes:
        table: where it comes from.
        activities: of each row; ``row`` is its number in the file.
        indicators: the columns with results.
        cells: of each row of ``activities``, as they are.
    """

    table: Table
    activities: tuple[Candidate, ...]
    indicators: tuple[Indicator, ...]
    cells: Mapping[int, Sequence[Any]]

    def value(self, row: int, indicator: Indicator) -> float | None:
        """Return a result; None where the cell is empty.

        Raises:
            InputError: it is no number.
        """
        cell = self.cells[row][indicator.column]
        if _text(cell) == "":
            return None
        try:
            number = math.nan if isinstance(cell, bool) else float(cell)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise InputError(
                f"{_text(cell)!r} is not a number.",
                where=self.table.where(row, indicator.column),
                allowed="a number; empty where it is not known",
            )
        return number


def read_sheet(source: str | Path) -> Sheet:
    """Read a flat sheet: name, location and unit of each activity, then a column per indicator.

    The header may stand below up to 20 other rows. An indicator's unit stands in its title, as
    ``climate change [kg CO2 eq]``; or in a row of units below the header; or the header holds the unit and
    the rows above it the method, category and indicator.

    Raises:
        InputError: as `open_table`; there is no column of names, or none of results.
    """
    table = open_table(source)
    grid = [
        list(table.header),
        *(list(row) for piece in table.read(5000, ()) for row in piece.to_numpy(object)),
    ]
    at = next((i for i, row in enumerate(grid[:_HEAD]) if _find(row, _NAME) is not None), None)
    if at is None:
        raise InputError(
            "No column holds the names of activities.",
            where=table.where(),
            allowed=f"a header in the first {_HEAD} rows with one of: {', '.join(_NAME)}",
            remedy="name the column",
        )
    header = [_text(cell) for cell in grid[at]]
    name, location, unit = (_find(header, titles) for titles in (_NAME, _LOCATION, _UNIT))
    below = grid[at + 1] if len(grid) > at + 1 else []
    units_below = bool(below) and not _text(below[name or 0]) and any(isinstance(c, str) for c in below)
    body = at + 2 if units_below else at + 1
    indicators = []
    for j, title in enumerate(header):
        above = [text for row in grid[:at] if (text := _text(row[j]))] if at else []
        if j in (name, location, unit) or not (title or above):
            continue
        bare, said = split_title(title)
        if units_below:
            told = Indicator(title, _text(below[j]), j)
        elif above and not said:
            told = Indicator(" | ".join(above), title, j)
        else:
            told = Indicator(bare, said, j)
        if told.unit or any(_is_number(row[j]) for row in grid[body : body + _HEAD]):
            indicators.append(told)
    if not indicators:
        raise InputError(
            "No column holds results.",
            where=table.where(),
            allowed="columns such as `climate change [kg CO2 eq]`, with numbers",
        )
    activities = [
        Candidate(
            _text(row[name or 0]),
            "" if location is None else _text(row[location]),
            "" if unit is None else _text(row[unit]),
            row=i + 1,
        )
        for i, row in enumerate(grid[body:], start=body)
        if _text(row[name or 0])
    ]
    return Sheet(table, tuple(activities), tuple(indicators), {i + 1: row for i, row in enumerate(grid)})


def choose_columns(sheet: Sheet, names: Names) -> dict[str, Indicator]:
    """Return the column of each category: as the mapping says, else by its name.

    Columns with "no LT" or "EN15804" in their titles are never taken by name.

    Raises:
        InputError: the mapping names a column that is not there; or several columns have a category's name.
    """
    found: dict[str, Indicator] = {}
    for category in dict.fromkeys((*names.categories, *names.columns)):
        if category in names.columns:
            wanted = names.columns[category].column
            fitting = [i for i in sheet.indicators if wanted in (i.title, f"{i.title} [{i.unit}]")]
        else:
            wanted = category
            fitting = [i for i in sheet.indicators if _is(i, category, names)]
        if len(fitting) > 1 or (category in names.columns and not fitting):
            what = "Several columns are" if fitting else "No column is called"
            raise InputError(
                f"{what} {wanted!r}.",
                where=sheet.table.where(),
                allowed=listed(f"{i.title} [{i.unit}]" for i in fitting or sheet.indicators),
                remedy=f"name the column in the mapping file: categories: {{{category}: {{column: ...}}}}",
            )
        if fitting:
            found[category] = fitting[0]
    return found


def _is(indicator: Indicator, category: str, names: Names) -> bool:
    if any(never in indicator.title for never in names.never):
        return False
    theirs = names.categories[category]
    parts = tuple(indicator.title.split(" | "))
    if len(parts) > 1:
        return parts[-3:] == (names.method, theirs.category, theirs.indicator)
    return find_category(indicator.title) == category


def _find(row: Sequence[Any], titles: Sequence[str]) -> int | None:
    """Return the position of the first cell that is one of some titles, those first in the list first."""
    for title in titles:
        for j, cell in enumerate(row):
            if same_text(_text(cell), title):
                return j
    return None


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)


def _text(cell: Any) -> str:
    return "" if cell is None or cell != cell else str(cell).strip()
