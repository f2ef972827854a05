"""What is wrong in a table, row by row, and the table with some cells corrected.

The readers refuse a table at its first mistake. Here the row that it is in is set aside and the rest is read
again, so that each row is judged by the same reader, and whatever it says.

>>> import pandas as pd
>>> from optimiser.tables.read import Column, open_table
>>> table = open_table(pd.DataFrame({"time [min]": [30, -1, "x"]}))
>>> def read(open): open.expecting([Column("time", "min")]).frame()
>>> [(one.row, one.column, one.error.what) for one in mistakes(table, read)]
[(1, 0, 'Time -1 is outside what is possible.'), (2, 0, "Time 'x' is not a number.")]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optimiser._io.errors import InputError
from optimiser._io.reading import check_workbook
from optimiser.tables.read import CHUNK, WORKBOOKS, Table

if TYPE_CHECKING:
    import pandas as pd

#: Mistakes that are told of one table, and rows that are read again for them in all.
MOST, _MOST_READ = 100, 400_000


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a row, or with the table.

    Attributes:
        row: its number as the file counts it; None of the header, or of the table as a whole.
        column: its position from 0; None where no single cell is wrong.
        error: what the reader says.
    """

    row: int | None
    column: int | None
    error: InputError


def mistakes(table: Table, check: Callable[[Table], object], most: int = MOST) -> tuple[Mistake, ...]:
    """Return what a reader refuses in a table: the first mistake of each row.

    Args:
        table: opened, without expectations.
        check: the reader; raises InputError for the first mistake that it finds.
        most: mistakes to look for; of a long table fewer, so that this takes bounded time.
    """
    try:
        check(table)
        return ()
    except InputError as error:
        refused = error
    cells = cells_of(table)
    found = list[Mistake]()
    for _ in range(max(1, min(most, _MOST_READ // max(1, len(cells))))):
        row, column = table.cell(refused.where)
        if row is None and found and not refused.key:  # nothing but what follows from the rows set aside
            break
        found.append(Mistake(row, column, refused))
        cells = cells.drop(index=[] if row is None else [row - table.first])
        if row is None or cells.empty:
            break
        try:
            check(holding(table, cells))
            break
        except InputError as error:
            refused = error
    return tuple(sorted(found, key=lambda one: -1 if one.row is None else one.row))


def cells_of(table: Table, texts: Collection[int] = ()) -> pd.DataFrame:
    """Return the cells of a table as they are, blank rows left out; columns by position, rows from 0.

    Args:
        table: opened.
        texts: positions of the columns whose cells stay texts.
    """
    import pandas as pd

    pieces = list(table.read(CHUNK, texts))
    cells = pd.concat(pieces) if pieces else pd.DataFrame(columns=range(len(table.header)))
    empty = cells.isna()
    for name in cells.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in cells.dtypes]]:
        empty[name] |= cells[name].map(lambda cell: isinstance(cell, str) and not cell.strip())
    return cells[~empty.all(axis=1)]


def holding(table: Table, cells: pd.DataFrame, header: tuple[str, ...] | None = None) -> Table:
    """Return a table with other cells and titles, under the same name and with the same numbers of rows."""

    def read(size: int, texts: Collection[int]) -> Iterator[pd.DataFrame]:
        for start in range(0, len(cells), size):
            yield cells.iloc[start : start + size]

    return replace(table, read=read, header=table.header if header is None else header, found={})


def corrected(table: Table, edits: Iterable[tuple[int, int, str]]) -> Table:
    """Return a table with some cells replaced.

    Args:
        table: opened, without expectations.
        edits: number of the row as the file counts it (that of the header is one less than the first),
            position of the column, and what the cell says.

    Raises:
        InputError: there is no such cell.
    """
    cells, header = cells_of(table).astype(object), list(table.header)
    for row, column, text in edits:
        if not 0 <= column < len(header) or not (row == table.first - 1 or row - table.first in cells.index):
            raise InputError(
                f"The table has no cell in row {row}, column {column + 1}.", remedy="open the table again"
            )
        if row == table.first - 1:
            header[column] = text.strip()
        else:
            cells.at[row - table.first, column] = text.strip() or None
    return holding(table, cells, tuple(header))


def sheets(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets; of another file none.

    Raises:
        InputError: it would unpack to more than a computer can hold.
    """
    if path.suffix.lower() not in WORKBOOKS:
        return ()
    from openpyxl import load_workbook

    check_workbook(path)
    book = load_workbook(path, read_only=True)
    names = tuple(map(str, book.sheetnames))
    book.close()
    return names
