"""Texts that a spreadsheet would run: whoever opens a CSV file must not start what somebody else typed."""

from __future__ import annotations

from typing import Any

import pandas as pd

#: With these a spreadsheet takes a cell for a formula.
_BEGIN = ("=", "+", "-", "@", "\t", "\r")


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table for a CSV file: texts and titles that begin as formulas do have an apostrophe in front.

    Numbers stay as they are, also those that are written as texts. Workbooks need none of this: their cells
    say that they are texts.

    Args:
        frame: the table.

    Examples:
        >>> frame = pd.DataFrame({"note": ["=1+1", "-2.5", "a-b"], "x": [-1.0, 2.0, 3.0]})
        >>> without_formulas(frame)["note"].tolist()
        ["'=1+1", '-2.5', 'a-b']
    """
    # by position, since titles of a dropped table may be there twice
    columns = [frame.iloc[:, j] for j in range(len(frame.columns))]
    texts = [column.dtype == object or pd.api.types.is_string_dtype(column) for column in columns]
    if any(texts):
        frame = pd.concat(
            [column.map(_quoted) if text else column for column, text in zip(columns, texts, strict=True)],
            axis=1,
        )
    return frame.set_axis([_quoted(title) for title in frame.columns], axis=1)


def _runs(cell: Any) -> bool:
    if not isinstance(cell, str) or not cell.startswith(_BEGIN):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _quoted(cell: Any) -> Any:
    return f"'{cell}" if _runs(cell) else cell
