"""Tables as an Excel workbook: a sheet per table, units in the headings, numbers as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser.report.columns import Column, column

#: Of xlsxwriter: text stays text, so that a feed called "=1+1" is no formula; no temporary files that an
#: interrupt would leave.
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
    "in_memory": True,
}
#: Widths in characters: what a column needs at least, and what is still easy to read.
_NARROW, _WIDE = 9, 60


def manifest_frame(pinned: dict[str, Any]) -> pd.DataFrame:
    """Return a manifest as rows of key and value, nested keys joined by dots."""
    rows: list[tuple[str, int | float | str]] = []

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else str(key), inner)
        elif isinstance(value, list) and any(isinstance(v, dict) for v in value):
            for i, inner in enumerate(value, start=1):
                walk(f"{prefix}[{i}]", inner)
        elif isinstance(value, list):
            rows.append((prefix, ", ".join(_short(v) for v in value)))
        else:
            rows.append((prefix, value if isinstance(value, int | float) else _short(value)))

    walk("", pinned)
    return pd.DataFrame(rows, columns=["key", "value"])


def _short(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def table_workbook(frame: pd.DataFrame, path: Path) -> None:
    """Write one table as a workbook of one sheet, under the names of its columns, to be read in again."""
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": OPTIONS}) as writer:
        frame.to_excel(writer, sheet_name="designs", index=False, freeze_panes=(1, 0))


def write_sheets(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables as a workbook, a sheet each, headings with units as `columns.column` gives them."""
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": OPTIONS}) as writer:
        for name, frame in tables.items():
            plain = frame.replace([np.inf, -np.inf], np.nan)
            plain.to_excel(writer, sheet_name=name, index=False, header=False, startrow=1)
            _dress(writer.book, writer.sheets[name], frame)


def _dress(book: Any, sheet: Any, frame: pd.DataFrame) -> None:
    """Head, size and format the columns of a sheet."""
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EEF2F5"}
    )
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 48)
    for i, name in enumerate(frame.columns):
        how = column(str(name))
        sheet.write(0, i, how.heading, head)
        texts = [how.text(v) for v in frame[name].head(300)]
        longest = max([len(t) for t in texts] + [max(len(w) for w in how.heading.split())], default=0)
        sheet.set_column(i, i, min(max(longest + 2, _NARROW), _WIDE), _format(book, how))
    if len(frame.columns):
        sheet.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)


def _format(book: Any, how: Column) -> Any:
    if how.digits is None:
        return book.add_format({"valign": "top", "text_wrap": True})
    decimals = "." + "0" * how.digits if how.digits else ""
    # Excel multiplies by 100 itself where the format says %
    return book.add_format(
        {"valign": "top", "num_format": f"0{decimals}%" if how.scale == 100.0 else f"#,##0{decimals}"}
    )
