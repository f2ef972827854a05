"""Reading tables of scenarios: the right sheet, the right columns in the right units, in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser._io.reading import MOST_TABLE, check_csv, check_readable, check_workbook
from optimiser.variables import DESIGN_COLUMNS, VARIABLES

#: Rows that are read and predicted at a time.
CHUNK = 5000
SUFFIXES = (".csv", ".xlsx", ".parquet")

#: The Toolkit's column for each of ours.
TEMPLATE: Mapping[str, str] = {
    "temp": "temperature",
    "acidC": "acid_concentration",
    "H2O2_conc": "h2o2",
    "solidToLiquid": "solid_liquid_ratio",
    "time": "time",
}
TEMPLATE_FEED = ("inputNi", "inputMn", "inputCo")
TEMPLATE_PKA = ("pKa1", "pKa2", "pKa3")
TEMPLATE_SALTS = ("sLi", "sNi", "sMn", "sCo")
_TEMPLATE_NEEDED = (*TEMPLATE_FEED, "SMILES", *TEMPLATE)
_TEMPLATE_ALSO = (*TEMPLATE_PKA, "nProtons", "Mr_acid", *TEMPLATE_SALTS, "xLi", "xNi", "xMn", "xCo")
#: Columns that only the Toolkit's template has; one of them is enough to tell it.
_TEMPLATE_SIGNS = frozenset((*_TEMPLATE_NEEDED, *_TEMPLATE_ALSO)) - {"time"}

_UNITS: Mapping[str, frozenset[str]] = {
    "degC": frozenset({"degc", "°c", "c", "celsius"}),
    "mol/L": frozenset({"mol/l", "m", "molar"}),
    "wt%": frozenset({"wt%", "wt %", "% w/w", "%"}),
    "g/L": frozenset({"g/l", "kg/m3"}),
    "min": frozenset({"min", "minutes"}),
}
_UNIT_OF = {v.name: v.unit for v in VARIABLES} | {
    t: v.unit for t, n in TEMPLATE.items() for v in VARIABLES if v.name == n
}
_HEADER = re.compile(r"^(?P<name>[^\[(]*?)\s*[\[(](?P<unit>[^\])]*)[\])]\s*$")


@dataclass(frozen=True)
class Source:
    """A table of scenarios whose header is right.

    Attributes:
        path: the file.
        template: whether it has the Toolkit's columns instead of ours.
        frame: the rows of a workbook; None where the file can be read in pieces.
        options: for reading a CSV file.
    """

    path: Path
    template: bool
    frame: pd.DataFrame | None
    options: Mapping[str, Any]

    def chunks(self, size: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Yield the rows in pieces; the index counts the rows of the file from 0, blank ones left out."""
        for piece in self._pieces(size):
            filled = _tidy(piece, self.path)
            if len(filled):
                yield filled

    def _pieces(self, size: int) -> Iterator[pd.DataFrame]:
        try:
            if self.frame is not None:
                for start in range(0, len(self.frame), size):
                    yield self.frame.iloc[start : start + size]
            elif self.path.suffix.lower() == ".parquet":
                yield from _parquet(self.path, size)
            else:
                yield from pd.read_csv(self.path, chunksize=size, **self.options)
        except (ValueError, UnicodeError) as error:
            if isinstance(error, InputError):
                raise
            raise _unreadable(self.path, error) from None

    def header(self, name: str) -> str:
        """Return what the file calls one of our columns."""
        return next((t for t, own in TEMPLATE.items() if own == name), name) if self.template else name

    def cell(self, row: int, name: str) -> str:
        """Name a cell for an error; the header is row 1 of the file."""
        return f"{self.path}, row {row + 2}, column {self.header(name)}"


def open_source(path: Path, sheet: str | None = None) -> Source:
    """Find the table in a file and check its columns.

    Args:
        path: CSV, XLSX or Parquet.
        sheet: of a workbook with several.

    Raises:
        InputError: missing, of another kind, unreadable, empty, several sheets to choose from, a column
            missing, unknown, twice there, or in another unit.
    """
    check_readable(path, MOST_TABLE, allowed="a file: " + ", ".join(SUFFIXES))
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{path} is neither CSV nor XLSX nor Parquet.",
            allowed=", ".join(SUFFIXES),
            remedy="save it as one",
        )
    if sheet is not None and suffix != ".xlsx":
        raise InputError(f"{path} has no sheets.", where="--sheet", remedy="leave --sheet out")
    frame, options = None, {}
    try:
        if suffix == ".xlsx":
            check_workbook(path)
            frame = _workbook(path, sheet)
            head = frame
        elif suffix == ".parquet":
            head = next(_parquet(path, 1))
        else:
            options = _csv_options(path)
            head = pd.read_csv(path, nrows=100, **options)
    except InputError:
        raise
    except (StopIteration, pd.errors.EmptyDataError):
        raise _no_rows(path) from None
    except Exception as error:  # whatever pandas, openpyxl or pyarrow make of a broken file
        raise _unreadable(path, error) from None
    head = _tidy(head, path)
    template = bool(_TEMPLATE_SIGNS & set(head.columns))
    _check_header(head, path, template)
    if not len(head):
        raise _no_rows(path)
    return Source(path, template, frame, options)


def _no_rows(path: Path) -> InputError:
    return InputError(f"{path} has no rows.", allowed="one row per design under a header")


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} cannot be read as a table: {error}.", remedy="open and save it again")


def _csv_options(path: Path) -> dict[str, Any]:
    """Tell comma from semicolon (with decimal commas) by the header."""
    separator = check_csv(path)  # pandas takes the first cells of too long rows for an index
    # blank lines stay, so that rows are counted as the file counts them
    options: dict[str, Any] = {"encoding": "utf-8-sig", "skip_blank_lines": False, "low_memory": False}
    return options | {"index_col": False} | ({"sep": ";", "decimal": ","} if separator == ";" else {})


def _parquet(path: Path, size: int) -> Iterator[pd.DataFrame]:
    from pyarrow.parquet import ParquetFile

    start = 0
    with ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=size):
            frame = batch.to_pandas()
            yield frame.set_index(pd.RangeIndex(start, start + len(frame)))
            start += len(frame)


def _workbook(path: Path, sheet: str | None) -> pd.DataFrame:
    with pd.ExcelFile(path) as book:
        names = [str(name) for name in book.sheet_names]
        if sheet is not None and sheet not in names:
            raise InputError(
                f"There is no sheet {sheet!r}.",
                where=f"{path}, --sheet",
                allowed=", ".join(names),
                remedy=closest(sheet, names),
            )
        frames = {name: pd.read_excel(book, sheet_name=name) for name in ([sheet] if sheet else names)}
    filled = [name for name, frame in frames.items() if len(frame.dropna(how="all")) or len(frame.columns)]
    if len(filled) > 1:
        raise InputError(
            f"{path} has {len(filled)} sheets, and which of them holds the scenarios is not said.",
            where=str(path),
            allowed="one of " + ", ".join(filled),
            remedy=f"for example: --sheet {filled[0]!r}",
        )
    if not filled:
        which = f"sheet {names[0]!r} is" if len(names) == 1 else "all its sheets are"
        raise InputError(f"{path} is empty: {which} blank.", allowed="one row per design under a header")
    return frames[filled[0]]


def _tidy(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Take units off the header, after a look at them, and blank rows out."""
    names = []
    for given in frame.columns:
        match = _HEADER.match(str(given))
        name = match["name"].strip() if match else str(given).strip()
        if match and name in _UNIT_OF:
            wanted = _UNIT_OF[name]
            if match["unit"].strip().casefold() not in _UNITS[wanted]:
                raise InputError(
                    f"Column {name!r} is in {match['unit'].strip()!r}.",
                    where=f"{path}, header {given}",
                    allowed=f"{wanted}, or no unit in the header",
                    remedy=f"convert the column to {wanted}",
                )
        names.append(name)
    return frame.set_axis(names, axis=1).dropna(how="all")


def _check_header(frame: pd.DataFrame, path: Path, template: bool) -> None:
    needed = _TEMPLATE_NEEDED if template else DESIGN_COLUMNS
    known = (*needed, *(_TEMPLATE_ALSO if template else ("feed",)))
    columns = [str(c) for c in frame.columns]
    where = f"{path}, header"
    optional = " and optionally " + ", ".join(known[len(needed) :])
    twice = next((c for c in columns if columns.count(c) > 1), None)
    if twice is not None:
        raise InputError(f"Column {twice!r} is there twice.", where=where, remedy="remove one of them")
    for name in needed:
        if name not in columns:
            raise InputError(
                f"Column {name!r} is missing.",
                where=where,
                allowed="the columns " + ", ".join(needed) + optional,
                remedy=closest(name, set(columns) - set(known))
                .replace("did you mean", f"rename to {name!r}, if it is meant, the column")
                .rstrip("?")
                or f"add {name}",
            )
    unknown = [c for c in columns if c not in known]
    if unknown:
        raise InputError(
            f"Unknown column {unknown[0]!r}.",
            where=where,
            allowed=", ".join(known),
            remedy=closest(unknown[0], known) or "remove the column",
        )
