"""A table that was dropped: where it is, what its cells say, what is wrong with them, and it corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.app.errors import told
from optimiser.app.inside import check_file
from optimiser.app.messages import Message, one_of
from optimiser.app.state import State
from optimiser.report.formulas import without_formulas
from optimiser.tables.mistakes import cells_of, corrected, mistakes, sheets
from optimiser.tables.read import Table, open_table

#: Rows that a page shows beside those with a mistake, characters of a cell, and cells that may be corrected.
MOST_SHOWN, _MOST_TEXT, _MOST_EDITS = 500, 300, 5000
#: The file in a job's folder that holds a corrected table.
CORRECTED = "table.csv"


class Dropped(Message):
    """A table of a page.

    Attributes:
        upload: its key, as `/uploads` told it; or empty.
        job: that has made it, a job of the screen `scenarios`; or empty.
        sheet: of a workbook with several; or empty.
        edits: cells that were corrected: number of the row as the file counts it, position of the column from
            0, text.
    """

    upload: str = ""
    job: str = ""
    sheet: str = ""
    edits: tuple[tuple[int, int, str], ...] = Field((), max_length=_MOST_EDITS)

    def path(self, state: State) -> Path:
        """Return its file.

        Raises:
            InputError: there is none.
        """
        if self.job:
            if state.jobs.get(self.job).screen == "scenarios":
                for path in sorted(state.jobs.folder(self.job).glob("scenarios.*")):
                    return path
            raise InputError("This job has made no table.", remedy="drop a table")
        return state.workspace.uploaded(self.upload)

    def opened(self, state: State, usual: str | None = None) -> Table:
        """Return it with its corrections, and under the name that the user knows.

        Args:
            state: of the app.
            usual: the sheet that is meant where none is named.

        Raises:
            InputError: it cannot be read as a table.
        """
        table = open_table(self.path(state), self.sheet or None, usual=usual)
        return corrected(table, self.edits) if self.edits else table

    def given(self, state: State, usual: str | None = None) -> tuple[list[str], dict[str, str]]:
        """Return the arguments that name it to a command, and the file that has to be written for them."""
        if self.edits:
            table = self.opened(state, usual)
            cells = cells_of(table).set_axis(list(table.header), axis=1)
            text = without_formulas(cells).to_csv(index=False)
            return [f"{{job}}/{CORRECTED}"], {CORRECTED: text}
        sheet = [f"--sheet={self.sheet}"] if self.sheet else []
        return [state.workspace.relative(self.path(state)), *sheet], {}


def shown(
    state: State, dropped: Dropped, check: Callable[[Table], object], usual: str | None = None
) -> dict[str, Any]:
    """Return what a page shows of a table: at most `MOST_SHOWN` rows, and all those with a mistake.

    Args:
        state: of the app.
        dropped: the table.
        check: the reader that judges it.
        usual: the sheet that is meant where none is named.

    Returns:
        ``header``; ``first``, the number of the row below it; ``rows``: number and cells; ``count`` of all
        rows; ``problems``: row, column and the parts of the error; ``sheets``; ``problem``: why it cannot be
        read at all, or None.
    """
    path = dropped.path(state)
    empty: dict[str, Any] = {"header": [], "first": 2, "rows": [], "count": 0, "problems": [], "sheets": []}
    try:
        table = dropped.opened(state, usual)
    except InputError as error:
        if error.key != ("sheet",) and not dropped.sheet:
            raise
        return {**empty, "sheets": list(sheets(path)), "problem": told(error)}
    cells = cells_of(table)
    wrong = mistakes(table, check)
    rows = {one.row - table.first for one in wrong if one.row is not None}
    listed = cells.iloc[:MOST_SHOWN]
    more = cells.loc[[row for row in cells.index[MOST_SHOWN:] if row in rows]]
    return {
        "header": list(table.header),
        "first": table.first,
        "rows": [
            [int(row) + table.first, [text_of(cell) for cell in values]]
            for part in (listed, more)
            for row, values in zip(part.index, part.to_numpy(object).tolist(), strict=True)
        ],
        "count": len(cells),
        "problems": [
            {"row": one.row, "column": one.column, **_plainly(told(one.error), path)} for one in wrong
        ],
        "sheets": list(sheets(path)),
        "problem": None,
    }


def _plainly(parts: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the parts of an error with the file under the name that the user knows, not where it is kept."""
    return {
        key: value.replace(str(path), path.name) if isinstance(value, str) else value
        for key, value in parts.items()
    }


def text_of(cell: Any) -> str:
    """Write a cell as a spreadsheet shows it, shortened where it is long."""
    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
        return ""
    text = f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"


def short(cell: str) -> str:
    """Return a number with six digits, as a person reads it; the file keeps all."""
    try:
        return f"{float(cell):.6g}" if len(cell) > 8 else cell
    except ValueError:
        return cell


def problem_named(state: State, name: str) -> str:
    """Return what a command calls a problem that a page has named: one that ships, or an upload.

    Raises:
        InputError: there is none, or as of `optimiser.app.inside.check_file`.
    """
    if state.workspace.is_upload(name):
        path = state.workspace.uploaded(name)
        check_file(path)
        return state.workspace.relative(path)
    return one_of(name, builtin.names("problems"), "problem")
