"""A user's sheet, CSV or XLSX: its header and rows, with the place of every cell for messages."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimiser._io.errors import InputError, closest
from optimiser._io.reading import MOST_TABLE, check_readable, check_workbook, csv_rows

if TYPE_CHECKING:
    import pandas as pd

#: No number of a table of acids, prices or impacts is larger; sums of larger ones would have no end.
_MOST = 1e15
WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class Column:
    """A column that a table may have.

    Attributes:
        name: its name, without the unit.
        unit: what its numbers are in; empty for text.
        aliases: other names, whatever the case.
        also: other units, with the factor that converts them to ``unit``.
    """

    name: str
    unit: str = ""
    aliases: tuple[str, ...] = ()
    also: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name and unit as written in a header."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


def _letter(column: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0."""
    from openpyxl.utils import get_column_letter  # only for messages: importing it takes a tenth of a second

    letter: str = get_column_letter(column + 1)
    return letter


@dataclass(frozen=True)
class Sheet:
    """A table as its file has it: ``rows`` by row number of the file (the header is row 1)."""

    place: str
    header: tuple[str, ...]
    rows: Mapping[int, tuple[Any, ...]]

    def where(self, row: int | None = None, column: int | None = None) -> str:
        """Name file, sheet, row and column (with the cell as a spreadsheet calls it)."""
        if row is None:
            return f"{self.place}, header" + (f", column {_letter(column)}" if column is not None else "")
        if column is None:
            return f"{self.place}, row {row}"
        cell = f"{_letter(column)}{row}"
        return f"{self.place}, row {row}, column {self.header[column]!r} ({cell})"

    def text(self, row: int, column: int | None) -> str:
        """Return a cell as text, empty where it is blank or the table has no such column."""
        value = None if column is None else self.rows[row][column]
        return "" if _blank(value) else str(value).strip()

    def number(
        self, row: int, column: int | None, *, low: float = 0.0, missing: float | None = None
    ) -> float | None:
        """Return a cell as a number, None where it is blank or the table has no such column.

        Args:
            row: row number of the file.
            column: index in the header.
            low: the smallest number accepted.
            missing: a number that stands for "not known".

        Raises:
            InputError: text, a truth value, not finite, or below ``low``.
        """
        if column is None or _blank(value := self.rows[row][column]):
            return None
        where = self.where(row, column)
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not abs(number) <= _MOST:
            comma = isinstance(value, str) and re.fullmatch(r"\s*-?\d+,\d+\s*", value)
            raise InputError(
                f"{value!r} is not a number.",
                where=where,
                allowed="a number without its unit, or an empty cell where it is not known",
                remedy="write it with a decimal point" if comma else "put the unit in the header",
            )
        if missing is not None and number == missing:
            return None
        if number < low:
            raise InputError(
                f"{number:g} is too low.", where=where, allowed=f"{low:g} or more", remedy="correct the cell"
            )
        return number


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value).strip() == ""


def split_source(source: str | Path) -> tuple[Path, str | None]:
    """Split ``FILE#SHEET`` into its path and the sheet's name, None where none is given."""
    path = Path(source)
    file, mark, sheet = str(source).rpartition("#")
    if mark and not path.exists() and file.lower().endswith(WORKBOOKS):
        return Path(file), sheet
    return path, None


def read_sheet(source: str | Path) -> Sheet:
    """Read a table.

    Args:
        source: a CSV file (comma or semicolon), or a workbook; ``FILE.xlsx#SHEET`` names one of its sheets.

    Raises:
        InputError: missing, unreadable, neither CSV nor XLSX, empty, or several sheets and none named.
    """
    path, sheet = split_source(source)
    check_readable(path, MOST_TABLE, allowed="a .csv, .xlsx or .yaml file")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _table(str(path), [tuple(row) for row in csv_rows(path)[1]])
    if suffix in WORKBOOKS:
        name, frame = _chosen(path, sheet, _workbook(path))
        return _table(f"{path}, sheet {name!r}", [tuple(row) for row in frame.itertuples(index=False)])
    raise InputError(
        f"{path} is no table that can be read.", allowed=".csv, .xlsx or .yaml", remedy="save it as one"
    )


def _workbook(path: Path) -> dict[str, pd.DataFrame]:
    import pandas as pd  # for workbooks alone: importing it takes a third of a second

    check_workbook(path)
    try:
        # header=None: pandas would rename columns that are given twice; keep_default_na: "NA" is a text
        return pd.read_excel(path, sheet_name=None, header=None, dtype=object, keep_default_na=False)
    except Exception as error:  # whatever pandas or openpyxl make of a broken file
        raise InputError(
            f"{path} cannot be read as a workbook: {error}.", remedy="open and save it again"
        ) from None


def _chosen(path: Path, asked: str | None, sheets: dict[str, pd.DataFrame]) -> tuple[str, pd.DataFrame]:
    filled = [name for name, frame in sheets.items() if frame.size]
    if asked is not None:
        if asked not in sheets:
            raise InputError(
                f"{path} has no sheet {asked!r}.",
                allowed=", ".join(sheets),
                remedy=closest(asked, sheets)
                or f"name one of them after the #: {path.name}#{next(iter(sheets))}",
            )
        return asked, sheets[asked]
    if len(filled) > 1:
        raise InputError(
            f"{path} has several sheets with content: {', '.join(filled)}.",
            where=str(path),
            allowed="one sheet, or the name of the one that is meant",
            remedy=f"name it after a #: {path.name}#{filled[0]}",
        )
    name = filled[0] if filled else next(iter(sheets))
    return name, sheets[name]


def _table(place: str, lines: list[tuple[Any, ...]]) -> Sheet:
    header = tuple("" if _blank(name) else str(name).strip() for name in (lines[0] if lines else ()))
    rows = {
        number: (*line[: len(header)], *[None] * (len(header) - len(line)))
        for number, line in enumerate(lines[1:], start=2)
        if not all(_blank(value) for value in line)
    }
    sheet = Sheet(place, header, rows)
    for number, line in enumerate(lines[1:], start=2):
        for column, value in enumerate(line):
            if not _blank(value) and (column >= len(header) or not header[column]):
                raise InputError(
                    f"{value!r} stands in a column without a name.",
                    where=f"{place}, row {number}, column {_letter(column)}",
                    remedy="name the column in row 1, or empty the cell",
                )
    if not rows:
        raise InputError(f"{place} is empty.", where=place, allowed="a header in row 1 and rows below it")
    for column, name in enumerate(header):
        if name and name in header[:column]:
            raise InputError(
                f"Column {name!r} is given twice.", where=sheet.where(None, column), remedy="keep one of them"
            )
    return sheet


def split_title(title: str) -> tuple[str, str]:
    """Split ``density [kg/L]`` or ``density (kg/L)`` into name and unit; the unit may be empty."""
    match = re.fullmatch(r"(.*?)\s*[\[(]([^\[\]()]*)[\])]", title.strip())
    return (match[1].strip(), match[2].strip()) if match else (title.strip(), "")


def find_columns(
    sheet: Sheet, known: Sequence[Column], ignored: Sequence[str] = ()
) -> tuple[dict[str, int], dict[str, float]]:
    """Return where each known column is, and the factor that brings its numbers to the column's unit.

    Raises:
        InputError: a column that is not known, given twice under two names, or in another unit.
    """
    places: dict[str, int] = {}
    factors: dict[str, float] = {}
    spellings = {_plain(name): column for column in known for name in (column.name, *column.aliases)}
    for index, title in enumerate(sheet.header):
        if not title or _plain(title) in map(_plain, ignored):
            continue
        name, unit = split_title(title)
        column = spellings.get(_plain(title)) or spellings.get(_plain(name))
        if column is None:
            raise InputError(
                f"Unknown column {title!r}.",
                where=sheet.where(None, index),
                allowed=", ".join(column.title for column in known),
                remedy=closest(name, [n for c in known for n in (c.name, *c.aliases)]) or "remove the column",
            )
        if column.name in places:
            raise InputError(
                f"Columns {sheet.header[places[column.name]]!r} and {title!r} are the same.",
                where=sheet.where(None, index),
                remedy="keep one of them",
            )
        units = {column.unit: 1.0, **column.also}
        if unit and _plain(title) not in spellings and unit not in units:
            raise InputError(
                f"Column {name!r} is in {unit!r}.",
                where=sheet.where(None, index),
                allowed=" or ".join(u for u in units if u) or "no unit",
                remedy=f"convert the numbers to {column.unit}" if column.unit else "remove the unit",
            )
        places[column.name] = index
        factors[column.name] = units.get(unit, 1.0)
    return places, factors


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text).strip().casefold()


def require(sheet: Sheet, places: Mapping[str, int], *names: str) -> None:
    """Raise InputError where a column that must be there is not."""
    for name in names:
        if name not in places:
            raise InputError(
                f"Column {name!r} is missing.",
                where=sheet.where(),
                remedy=closest(name, [h for h in sheet.header if h]) or f"add {name}",
            )
