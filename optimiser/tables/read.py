"""Read a table (CSV, XLSX, Parquet, or a frame) into typed columns; every mistake names file, row and cell.

A reader says which columns it expects, and gets their cells as numbers and texts:

>>> import pandas as pd
>>> table = open_table(pd.DataFrame({"acid": ["HCl"], "density [kg/m3]": [1180]}))
>>> density = Column("density", "kg/L", also={"kg/m3": 0.001})
>>> dict(table.expecting([Column("acid", kind="text"), density]).rows())
{0: {'acid': 'HCl', 'density': 1.18}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import isfinite, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser._io.extras import needs
from optimiser._io.reading import MOST_TABLE, check_csv, check_readable, check_workbook, said

if TYPE_CHECKING:
    import pandas as pd

WORKBOOKS = (".xlsx", ".xlsm")
SUFFIXES = (".csv", *WORKBOOKS, ".parquet")
#: Rows that are held in memory at a time.
CHUNK = 5000
#: No number is larger unless its column says so; sums of larger ones would have no end.
MOST = 1e15
#: Cells that count as empty.
BLANK = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "<NA>", "NULL", "null")
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
#: Gives the cells as they are, in pieces of so many rows; the columns named by position stay texts.
Read = Callable[[int, Collection[int]], "Iterator[pd.DataFrame]"]


@dataclass(frozen=True)
class Column:
    """A column that a table may have.

    Attributes:
        name: its name in the header, without the unit, in any case.
        unit: what its numbers are in; empty for texts and bare numbers.
        kind: of its cells.
        key: what the code calls it; its name if left out.
        aliases: other names in the header.
        also: other units that a header may name, with the factor that converts them to ``unit``; under an
            empty name, that of a header without one.
        low, high: smallest and largest number that is possible, in ``unit``.
        missing: a number that stands for "not known".
        words: words that stand for a number.
        required: whether a table must have the column.
        filled: whether every row must have a value.
        label: what a message calls it; its name if left out.
    """

    name: str
    unit: str = ""
    kind: Literal["number", "text", "yes or no"] = "number"
    key: str = ""
    aliases: tuple[str, ...] = ()
    also: Mapping[str, float] = field(default_factory=dict)
    low: float = 0.0
    high: float = MOST
    missing: float | None = None
    words: Mapping[str, float] = field(default_factory=dict)
    required: bool = False
    filled: bool = False
    label: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and the other ones."""
        return (self.name, *self.aliases)

    @property
    def called(self) -> str:
        """What the code calls it."""
        return self.key or self.name

    @property
    def title(self) -> str:
        """Name and unit as written in a header."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def allowed(self) -> str:
        """What a cell may hold, in words."""
        ends = f"{self.low:g} to {self.high:g}" if self.high < MOST else f"{self.low:g} or more"
        number = f"{ends if isfinite(self.low) else 'a number'} {self.unit}".strip()
        cell = ", ".join((number, *self.words)) if self.kind == "number" else self.kind
        return cell if self.filled else f"{cell}; empty where it is not known"


@dataclass(frozen=True)
class Table:
    """An open table: its header is known, its rows are not read yet.

    Attributes:
        place: file and sheet, for messages.
        header: the titles in their order, without spaces around them.
        read: gives the cells.
        first: what the row below the header is called: 2 in a file, 0 in a frame.
        path: the file; None for a frame.
        found: by what the code calls it: position, column, and factor to its unit; see `expecting`.
    """

    place: str
    header: tuple[str, ...]
    read: Read
    first: int = 2
    path: Path | None = None
    found: Mapping[str, tuple[int, Column, float]] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.found

    def where(self, row: int | None = None, column: int | str | None = None) -> str:
        """Name file, sheet, row and column (by position or name), with the cell as a spreadsheet calls it."""
        place = f"{self.place}, header" if row is None else f"{self.place}, row {row}"
        j = self.found[column][0] if isinstance(column, str) and column in self.found else column
        if not isinstance(j, int):
            return f"{place}, column {j}" if j else place
        title, letter = split_title(self.header[j])[0], _letter(j)
        if row is None or not title:
            return f"{place}, column {letter}"
        return f"{place}, column {title}" + (f" ({letter}{row})" if self.path else "")

    def cell(self, where: str) -> tuple[int | None, int | None]:
        """Return the row and the position of the column that `where` has named; None for what it has not."""
        named = re.match(rf"{re.escape(self.place)}, (?:header|row (\d+))(?=,|$)", where)
        row = int(named[1]) if named and named[1] else None
        columns = [j for j in range(len(self.header)) if self.where(row, j) == where]
        return row, columns[0] if columns else None

    def expecting(
        self, columns: Sequence[Column], ignored: Sequence[str] = (), *, others: bool = False
    ) -> Table:
        """Return the table with its columns told apart by name.

        Args:
            columns: those that it may have.
            ignored: names of columns that nobody looks at.
            others: whether further columns may be there, which nobody looks at either.

        Raises:
            InputError: a column that is not known, given twice (also under two names), missing, or in a unit
                that is not known.
        """
        found: dict[str, tuple[int, Column, float]] = {}
        known = {_plain(name): column for column in columns for name in column.names}
        unread = {"", *map(_plain, ignored)}
        for j, title in enumerate(self.header):
            name, unit = split_title(title)
            if _plain(title) in known:  # brackets may belong to the name
                name, unit = title, ""
            if _plain(name) in unread:
                continue
            column, where = known.get(_plain(name)), self.where(None, j)
            if column is None and others:
                continue
            if column is None:
                raise InputError(
                    f"Unknown column {title!r}.",
                    where=where,
                    allowed=", ".join(column.title for column in columns),
                    remedy=closest(name, [n for c in columns for n in c.names]) or "remove the column",
                )
            if column.called in found:
                other = self.header[found[column.called][0]]
                same = f"Columns {other!r} and {title!r} are the same."
                raise InputError(
                    f"Column {title!r} is given twice." if other == title else same,
                    where=where,
                    remedy="keep one of them",
                )
            units = {u.casefold(): factor for u, factor in {column.unit: 1.0, "": 1.0, **column.also}.items()}
            if unit.casefold() not in units:
                raise InputError(
                    f"Column {name!r} is in {unit!r}.",
                    where=where,
                    allowed=" or ".join(u for u in (column.unit, *column.also) if u) or "no unit",
                    remedy=f"convert the numbers to {column.unit}" if column.unit else "remove the unit",
                )
            found[column.called] = (j, column, units[unit.casefold()])
        for column in columns:
            if column.required and column.called not in found:
                raise InputError(
                    f"Column {column.name!r} is missing.",
                    where=self.where(),
                    allowed=", ".join(c.title + ("" if c.required else " (optional)") for c in columns),
                    remedy=f"add {column.name}",
                )
        return replace(self, found=found)

    def chunks(self, size: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Yield the rows in pieces, blank rows left out, as numbers (NaN where empty) and texts ("").

        Columns have the names that the code gives them; the index is the row as the file counts it.

        Raises:
            InputError: a cell that its column does not allow, a cell without a column, no rows at all.
        """
        texts = {j for j, column, _ in self.found.values() if column.kind != "number"}
        pieces, some = self.read(size, texts), False
        while True:
            with _readable(self.place):
                raw = next(pieces, None)
            if raw is None:
                break
            cells = raw.apply(lambda c: c if c.dtype.kind in "iufb" else c.astype(object).map(_cell))
            cells = cells.dropna(how="all")
            cells.index += self.first
            for j, title in enumerate(self.header):
                if not title and (filled := cells[j].notna()).any():
                    raise InputError(
                        f"{_shown(cells.loc[filled, j].iloc[0])} stands in a column without a name.",
                        where=self.where(int(cells.index[filled][0]), j),
                        remedy="name the column in the header, or empty the cell",
                    )
            if len(cells):
                some = True
                typed = {key: self._typed(cells[j], *rest) for key, (j, *rest) in self.found.items()}
                yield _pandas().DataFrame(typed, index=cells.index)
        if not some:
            raise _no_rows(self.place)

    def frame(self) -> pd.DataFrame:
        """Return all rows at once; see `chunks`."""
        whole: pd.DataFrame = _pandas().concat(list(self.chunks()))
        return whole

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each row's number and cells: None for a number, "" for a text that is not there."""
        cells = self.frame()
        for row, values in zip(cells.index.tolist(), cells.to_dict("records"), strict=True):
            yield row, {str(k): None if isinstance(v, float) and isnan(v) else v for k, v in values.items()}

    def _typed(self, cells: pd.Series[Any], column: Any, factor: Any) -> pd.Series[Any]:
        empty = cells.isna()
        if column.filled:
            self._refuse(empty, cells, column, "is blank")
        if column.kind == "text":
            return cells.astype(object).where(~empty, "").map(_text).astype(object)
        if column.kind == "yes or no":
            truths = cells.map(_text, na_action="ignore").str.casefold()
            self._refuse(~empty & ~truths.isin(_TRUTHS), cells, column, "is neither yes nor no")
            return truths.map(_TRUTHS).astype(object).where(~empty, None)
        numeric = isinstance(cells.dtype, np.dtype) and cells.dtype.kind in "iuf"
        numbers = cells if numeric else cells.astype(object).map(lambda cell: _number(cell, column.words))
        values = numbers.astype(float)
        self._refuse(~empty & values.isna(), cells, column, "is not a number")
        values = values.mask(values == column.missing) if column.missing is not None else values
        values = values * factor if factor != 1.0 else values
        outside = (values < column.low) | (values > column.high)
        if column.words:
            outside &= ~cells.isin(column.words)
        self._refuse(outside, cells, column, "is outside what is possible")
        return values

    def _refuse(self, wrong: pd.Series[bool], cells: pd.Series[Any], column: Column, why: str) -> None:
        """Raise InputError for the first cell that is wrong, if one is."""
        if not wrong.any():
            return
        cell, row = cells[wrong].iloc[0], int(cells.index[wrong][0])
        label = column.label or column.name
        remedy = f"check the unit: {column.name} is in {column.unit}" if column.unit else "correct the cell"
        if isinstance(cell, str) and re.fullmatch(r"-?\d+,\d+", cell):
            remedy = "write it with a decimal point"
        raise InputError(
            f"{label[:1].upper()}{label[1:]} {'' if cells.isna().loc[row] else _shown(cell) + ' '}{why}.",
            where=self.where(row, column.called),
            allowed=column.allowed,
            remedy=remedy,
        )


def open_table(
    source: str | Path | pd.DataFrame | Table, sheet: str | None = None, *, usual: str | None = None
) -> Table:
    """Open a table and read its header.

    Args:
        source: a CSV file (comma, or semicolon with decimal commas), a workbook, a Parquet file, or a frame;
            ``FILE.xlsx#SHEET`` names one sheet of a workbook. A table that is open is returned as it is.
        sheet: the same, apart.
        usual: the sheet that is meant where none is named and there is one of this name.

    Raises:
        InputError: missing, unreadable, too large, none of these kinds, empty, or several sheets and none
            named.
    """
    if isinstance(source, Table):
        return source
    if not isinstance(source, str | Path):
        return _whole("the table", source.columns, source.reset_index(drop=True), first=0)
    path, named = split_source(source)
    sheet = sheet or named
    check_readable(path, MOST_TABLE, allowed="a file: " + ", ".join(SUFFIXES))
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{path} is not a table that can be read.", allowed=", ".join(SUFFIXES), remedy="save it as one"
        )
    if suffix in WORKBOOKS:
        return _open_workbook(path, sheet, usual)
    if sheet is not None:
        raise InputError(f"{path} has no sheets.", where=f"sheet {sheet!r}", remedy="leave the sheet out")
    with _readable(str(path)):
        return _open_csv(path) if suffix == ".csv" else _open_parquet(path)


def split_source(source: str | Path) -> tuple[Path, str | None]:
    """Split ``FILE#SHEET`` into its path and the sheet's name, None where none is given."""
    file, _, sheet = str(source).rpartition("#")
    if file.lower().endswith(WORKBOOKS) and not Path(source).exists():
        return Path(file), sheet
    return Path(source), None


def split_title(title: str) -> tuple[str, str]:
    """Split ``density [kg/L]`` or ``density (kg/L)`` into name and unit; the unit may be empty."""
    match = re.fullmatch(r"(.*?)\s*[\[(]([^\[\]()]*)[\])]", title.strip())
    return (match[1].strip(), match[2].strip()) if match else (title.strip(), "")


def refuse_twice(name: str, written: str, where: str, seen: dict[str, str]) -> None:
    """Remember where a name was found.

    Raises:
        InputError: it had been found before.
    """
    if name in seen:
        other = f" as {name!r}" if written != name else ""
        raise InputError(
            f"{written!r} is listed twice{other}.",
            where=f"{where}; before: {seen[name]}",
            remedy="keep one of them",
        )
    seen[name] = where


def _open_csv(path: Path) -> Table:
    pandas = _pandas()
    # blank lines stay, so that rows are counted as the file counts them
    options: dict[str, Any] = {"encoding": "utf-8-sig", "skip_blank_lines": False, "low_memory": False}
    options |= {"na_values": BLANK, "keep_default_na": False}
    # pandas would take the first cells of rows that are too long for names
    options |= {"sep": ";", "decimal": ","} if check_csv(path) == ";" else {}
    header = _header(pandas.read_csv(path, header=None, nrows=1, dtype=str, **options).iloc[0])

    def read(size: int, texts: Collection[int]) -> Iterator[pd.DataFrame]:
        # positions for names, since titles may be there twice
        shape = {"names": range(len(header)), "header": 0, "index_col": False, "chunksize": size}
        with pandas.read_csv(path, dtype=dict.fromkeys(texts, str), **shape, **options) as pieces:
            yield from pieces

    return Table(str(path), header, read, path=path)


def _open_parquet(path: Path) -> Table:
    needs("parquet")
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        header = _header(file.schema_arrow.empty_table().to_pandas().columns)

    def read(size: int, texts: Collection[int]) -> Iterator[pd.DataFrame]:
        start = 0
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=size):
                frame = batch.to_pandas().set_axis(range(len(header)), axis=1)
                yield frame.set_axis(range(start, start + len(frame)), axis=0)
                start += len(frame)

    return Table(str(path), header, read, path=path)


def _open_workbook(path: Path, asked: str | None, usual: str | None) -> Table:
    check_workbook(path)
    with _readable(str(path)):
        # header=None: pandas would rename columns that are given twice
        sheets: dict[str, Any] = _pandas().read_excel(
            path, sheet_name=None, header=None, dtype=object, na_values=BLANK, keep_default_na=False
        )
    filled = [name for name, frame in sheets.items() if frame.size]
    if asked is None and usual in sheets:
        asked = usual
    if asked is not None and asked not in sheets:
        raise InputError(
            f"{path} has no sheet {asked!r}.",
            allowed=", ".join(sheets),
            remedy=closest(asked, sheets) or f"name one of them after a #: {path.name}#{next(iter(sheets))}",
        )
    if asked is None and len(filled) > 1:
        raise InputError(
            f"{path} has several sheets with content.",
            where=str(path),
            allowed="one of " + ", ".join(filled),
            remedy=f"name it after a #: {path.name}#{filled[0]}",
            key=("sheet",),
        )
    name = asked or (filled[0] if filled else next(iter(sheets)))
    place = f"{path}, sheet {name!r}"
    if not len(sheets[name]):
        raise _no_rows(place)
    return _whole(place, sheets[name].iloc[0], sheets[name].iloc[1:].reset_index(drop=True), path=path)


def _whole(place: str, titles: Any, frame: pd.DataFrame, first: int = 2, path: Path | None = None) -> Table:
    header = _header(titles)
    cells = frame.set_axis(range(len(header)), axis=1)

    def read(size: int, texts: Collection[int]) -> Iterator[pd.DataFrame]:
        for start in range(0, len(cells), size):
            yield cells.iloc[start : start + size]

    return Table(place, header, read, first, path)


def _header(titles: Any) -> tuple[str, ...]:
    return tuple("" if title is None or title != title else str(title).strip() for title in titles)


@contextmanager
def _readable(place: str) -> Iterator[None]:
    """Turn whatever pandas, openpyxl or pyarrow make of a broken file into an InputError."""
    try:
        yield
    except (InputError, ImportError):
        raise
    except Exception as error:
        raise InputError(
            f"{place} cannot be read as a table: {said(error)}.",
            allowed="CSV in UTF-8, XLSX or Parquet",
            remedy="open and save it again",
        ) from None


def _pandas() -> Any:
    import pandas  # not above: importing it takes a third of a second, and most commands read no table

    return pandas


def _no_rows(place: str) -> InputError:
    return InputError(
        f"{place} has no rows.", where=place, allowed="a header, and rows below it", remedy="add rows"
    )


def _letter(position: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0: A to Z, AA, AB."""
    more, last = divmod(position, 26)
    return (_letter(more - 1) if more else "") + chr(ord("A") + last)


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text).strip().casefold()


def _cell(value: Any) -> Any:
    """Take the spaces off a text, and nothing at all for one of spaces alone."""
    return (value.strip() or None) if isinstance(value, str) else value


def _number(value: Any, words: Mapping[str, float]) -> float:
    """Return a cell as a number, NaN where it is none; True is no number here."""
    if isinstance(value, str) and value in words:
        return words[value]
    try:
        number = nan if isinstance(value, bool | np.bool_) else float(value)
    except (TypeError, ValueError, OverflowError):
        return nan
    return number if isfinite(number) else nan


def _text(value: Any) -> str:
    """Write a cell as a person did: a year stays 2025 where pandas made 2025.0 of it."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _shown(value: Any) -> str:
    """Quote a cell for a message, shortened where it is long."""
    text = (
        f"{value:g}" if isinstance(value, float) else repr(value.item() if hasattr(value, "item") else value)
    )
    return text if len(text) <= 80 else f"{text[:80]}..."
