"""The cells of a system's table: CSV or XLSX, columns by name, numbers with the cell that is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser._io.reading import check_workbook, csv_rows, said
from optimiser.variables import Bools, Floats

#: What a cell without a number may hold, in small letters.
EMPTY = ("", "na", "n/a", "nan")
_KINDS = (".csv", ".xlsx")


@dataclass(frozen=True)
class Cells:
    """The cells of a table as text.

    Attributes:
        path: the file.
        header: names of its columns, as they stand.
        frame: text by column and spreadsheet row, the first below the header is 2; empty cells are ``""``.
        decimal: what stands between whole number and fraction.
    """

    path: Path
    header: tuple[str, ...]
    frame: pd.DataFrame
    decimal: str = "."

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def rows(self) -> list[int]:
        """Spreadsheet rows."""
        return [int(row) for row in self.frame.index]

    def where(self, row: int | None = None, column: str | None = None) -> str:
        """Return how a message says where something is."""
        parts = [str(self.path)]
        parts += [f"row {row}"] if row is not None else []
        parts += [f"column {column!r}"] if column is not None else []
        return ", ".join(parts)

    def keep(self, rows: Bools) -> Cells:
        """Return some of the rows."""
        return replace(self, frame=self.frame[rows])

    def check_columns(self, names: Iterable[str]) -> None:
        """Refuse a table that lacks one of the columns, or has one of them twice.

        Raises:
            InputError: with the closest name.
        """
        for name in names:
            if self.header.count(name) > 1:
                places = [number + 1 for number, known in enumerate(self.header) if known == name]
                raise InputError(
                    f"The table has the column {name!r} {len(places)} times: numbers "
                    f"{', '.join(map(str, places))}.",
                    where=self.where(1),
                    allowed="each column once",
                    remedy="rename or delete the others",
                )
            if name not in self.header:
                raise InputError(
                    f"The table has no column {name!r}.",
                    where=self.where(1),
                    allowed=", ".join(self.header),
                    remedy=closest(name, self.header) or "correct the name in the system's file",
                )

    def text(self, column: str) -> list[str]:
        """Return the text of a column."""
        return [str(value) for value in self.frame[column]]

    def numbers(self, column: str) -> Floats:
        """Return the numbers of a column, NaN where a cell is empty, shape (n,).

        Raises:
            InputError: a cell holds text, or what no finite number is.
        """
        text = self.frame[column].astype(str)
        empty = text.str.lower().isin(EMPTY).to_numpy()
        plain = text.str.replace(",", ".", regex=False) if self.decimal == "," else text
        found = pd.to_numeric(plain.where(~empty, None), errors="coerce").to_numpy(dtype=np.float64)
        bad = ~empty & ~np.isfinite(found)
        if bad.any():
            row = self.rows[int(bad.argmax())]
            raise InputError(
                f"The cell holds {text.loc[row]!r}, which is no number.",
                where=self.where(row, column),
                allowed="a number, or an empty cell where nothing was measured",
                remedy=f"correct the cell{_also(bad)}",
            )
        return found


def _also(bad: Bools) -> str:
    return f"; {bad.sum() - 1} more of this column are no numbers" if bad.sum() > 1 else ""


def find_table(name: str, beside: Path, given: Path | None) -> Path:
    """Return where a system's table is: as given, beside the system's file, or in the working folder.

    Raises:
        InputError: it is nowhere.
    """
    if given is not None:
        return given
    places = [Path(name)] if Path(name).is_absolute() else [beside / name, Path(name)]
    for place in places:
        if place.exists():
            return place
    raise InputError(
        f"There is no table {name!r}; looked for: {', '.join(str(place.absolute()) for place in places)}.",
        allowed="a CSV or XLSX file beside the system's file, or in the working folder",
        remedy="put it there, or give it: --table PATH",
        key=("table",),
    )


def read_cells(path: Path) -> Cells:
    """Read a table.

    Args:
        path: a CSV file in UTF-8, separated by commas or semicolons, or an XLSX workbook whose first sheet is
            taken; names of columns in the first row.

    Raises:
        InputError: it cannot be read, or has no rows.
    """
    if path.suffix.lower() not in _KINDS:
        raise InputError(
            f"{path.name} is no table that can be read.",
            where=str(path),
            allowed=" or ".join(_KINDS),
            remedy="save it as CSV",
        )
    decimal = "."
    if path.suffix.lower() == ".csv":
        separator, lines = csv_rows(path)
        decimal = "," if separator == ";" else "."
        rows: list[Sequence[Any]] = list(lines)
    else:
        rows = _workbook(path)
    header = tuple(_text(name) for name in rows[0]) if rows else ()
    width = len(header)
    table = [[_text(cell) for cell in row[:width]] + [""] * (width - len(row)) for row in rows[1:]]
    # a column that is there twice is refused where it is asked for; a frame cannot hold it
    unique = [name if header.index(name) == j else f"{name}\0{j}" for j, name in enumerate(header)]
    frame = pd.DataFrame(table, columns=unique, index=range(2, len(table) + 2), dtype=object)
    frame = frame[(frame != "").any(axis=1)] if len(frame) else frame
    if not len(frame):
        raise InputError(
            "The table has no rows.",
            where=str(path),
            allowed="a row for each sample, below the names of the columns",
            remedy="add rows",
        )
    return Cells(path, header, frame, decimal)


def _workbook(path: Path) -> list[Sequence[Any]]:
    check_workbook(path)
    try:
        from openpyxl import load_workbook

        book = load_workbook(path, read_only=True, data_only=True)
        try:
            return list(book.worksheets[0].iter_rows(values_only=True))
        finally:
            book.close()
    except Exception as error:  # zipfile, openpyxl and its parser each raise their own kinds
        raise InputError(
            f"{path} cannot be read: {said(error)}.",
            where=str(path),
            allowed="an XLSX workbook",
            remedy="save it again as XLSX or as CSV",
        ) from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
