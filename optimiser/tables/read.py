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
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import inf, isfinite, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from optimiser._io.errors import InputError, closest

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".xlsx", ".xlsm", ".parquet")
WORKBOOKS = (".xlsx", ".xlsm")
#: Rows that are held in memory at a time.
CHUNK = 5000
#: Cells that count as empty.
BLANK = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "<NA>", "NULL", "null")
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
#: Gives the cells as they are in pieces of a number of rows; the texts among the columns stay texts.
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
        also: other units that a header may name, with the factor that converts them to ``unit``.
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
    high: float = inf
    missing: float | None = None
    words: Mapping[str, float] = field(default_factory=dict)
    required: bool = False
    filled: bool = False
    label: str = ""

    @property
    def title(self) -> str:
        """Name and unit as written in a header."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def called(self) -> str:
        """What the code calls it."""
        return self.key or self.name

    @property
    def allowed(self) -> str:
        """What a cell may hold, in words."""
        if self.kind == "yes or no":
            return self.kind
        ends = f"{self.low:g} to {self.high:g}" if isfinite(self.high) else f"{self.low:g} or more"
        numbers = f"{ends} {self.unit}".strip() if isfinite(self.low) else "a number"
        return ", ".join((numbers, *self.words)) + ("" if self.filled else "; empty where it is not known")


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
        j = self.found[column][0] if isinstance(column, str) and column in self.found else column
        if row is None:
            return f"{self.place}, header" + (f", column {_letter(j)}" if isinstance(j, int) else "")
        if not isinstance(j, int):
            return f"{self.place}, row {row}" + (f", column {j}" if j else "")
        cell = f" ({_letter(j)}{row})" if self.path else ""
        return f"{self.place}, row {row}, column {split_title(self.header[j])[0]}{cell}"

    def expecting(self, columns: Sequence[Column], ignored: Sequence[str] = ()) -> Table:
        """Return the table with its columns told apart by name.

        Args:
            columns: those that it may have.
            ignored: names of columns that nobody looks at.

        Raises:
            InputError: a column that is not known, given twice (also under two names), missing, or in a unit
                that is not known.
        """
        found: dict[str, tuple[int, Column, float]] = {}
        spelt = {_plain(name): column for column in columns for name in (column.name, *column.aliases)}
        unread = {_plain(name) for name in ignored}
        for j, title in enumerate(self.header):
            name, unit = split_title(title)
            if not title or _plain(title) in unread or _plain(name) in unread:
                continue
            column = spelt.get(_plain(title)) or spelt.get(_plain(name))
            if column is None:
                raise InputError(
                    f"Unknown column {title!r}.",
                    where=self.where(None, j),
                    allowed=", ".join(column.title for column in columns),
                    remedy=closest(name, [n for c in columns for n in (c.name, *c.aliases)])
                    or "remove the column",
                )
            if column.called in found:
                other = self.header[found[column.called][0]]
                raise InputError(
                    f"Column {title!r} is given twice."
                    if other == title
                    else f"Columns {other!r} and {title!r} are the same.",
                    where=self.where(None, j),
                    remedy="keep one of them",
                )
            units = {column.unit.casefold(): 1.0, **{u.casefold(): f for u, f in column.also.items()}}
            if unit and _plain(title) not in spelt and unit.casefold() not in units:
                raise InputError(
                    f"Column {name!r} is in {unit!r}.",
                    where=self.where(None, j),
                    allowed=" or ".join(u for u in (column.unit, *column.also) if u) or "no unit",
                    remedy=f"convert the numbers to {column.unit}" if column.unit else "remove the unit",
                )
            found[column.called] = (j, column, units.get(unit.casefold(), 1.0))
        for column in columns:
            if column.required and column.called not in found:
                spare = [h for h in self.header if h and _plain(split_title(h)[0]) not in spelt]
                raise InputError(
                    f"Column {column.name!r} is missing.",
                    where=self.where(),
                    allowed=", ".join(c.title + ("" if c.required else " (optional)") for c in columns),
                    remedy=f"{closest(column.name, spare)} rename it to {column.name!r}".strip()
                    if closest(column.name, spare)
                    else f"add {column.name}",
                )
        return replace(self, found=found)

    def chunks(self, size: int = CHUNK) -> Iterator[pd.DataFrame]:
        """Yield the rows in pieces, blank rows left out, as numbers (NaN where empty) and texts ("").

        Columns have the names that the code gives them; the index is the row as the file counts it.

        Raises:
            InputError: a cell that its column does not allow, a cell without a column, no rows at all.
        """
        texts = {j for j, column, _ in self.found.values() if column.kind != "number"}
        rows = 0
        pieces = self.read(size, texts)
        while True:
            with _readable(self.path):
                raw = next(pieces, None)
            if raw is None:
                break
            cells = raw.apply(lambda c: c if c.dtype.kind in "iufb" else c.astype(object).map(_cell))
            cells = cells.dropna(how="all")
            cells.index += self.first
            self._refuse_unnamed(cells)
            if not len(cells):
                continue
            rows += len(cells)
            yield _pandas().DataFrame(
                {
                    key: self._typed(cells[j], column, factor)
                    for key, (j, column, factor) in self.found.items()
                },
                index=cells.index,
            )
        if not rows:
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

    def _refuse_unnamed(self, cells: pd.DataFrame) -> None:
        for j, title in enumerate(self.header):
            if not title and (filled := cells[j].notna()).any():
                row = _first(filled)
                raise InputError(
                    f"{_shown(cells[j].loc[row])} stands in a column without a name.",
                    where=f"{self.place}, row {row}, column {_letter(j)}",
                    remedy="name the column in the header, or empty the cell",
                )

    def _typed(self, cells: pd.Series[Any], column: Column, factor: float) -> pd.Series[Any]:
        empty = cells.isna()
        if column.filled and empty.any():
            self._refuse(_first(empty), column, f"{_label(column)} is blank.")
        if column.kind == "text":
            return cells.astype(object).where(~empty, "").map(_text).astype(object)
        if column.kind == "yes or no":
            said = cells.map(_text, na_action="ignore").str.casefold()
            if (wrong := ~empty & ~said.isin(_TRUTHS)).any():
                row = _first(wrong)
                self._refuse(row, column, f"{_shown(cells.loc[row])} for {column.name}.")
            return said.map(_TRUTHS).astype(object).where(~empty, None)
        numeric = isinstance(cells.dtype, np.dtype) and cells.dtype.kind in "iuf"
        values = (cells if numeric else cells.astype(object).map(_number)).astype(float)
        words = cells.map(column.words) if column.words else cells.where(empty & ~empty)
        wrong = ~empty & ~np.isfinite(values) & words.isna()
        if wrong.any():
            row = _first(wrong)
            comma = re.fullmatch(r"\s*-?\d+,\d+\s*", str(cells.loc[row]))
            self._refuse(
                row,
                column,
                f"{_label(column)} {_shown(cells.loc[row])} is not a number.",
                "write it with a decimal point"
                if comma
                else "write the number alone; its unit belongs in the header",
            )
        if column.missing is not None:
            values = values.mask(values == column.missing)
        if factor != 1.0:
            values = values * factor
        if (wrong := (values < column.low) | (values > column.high)).any():
            row = _first(wrong)
            self._refuse(
                row,
                column,
                f"{_label(column)} {values.loc[row]:g} is outside what is possible.",
                f"check the unit: {column.name} is in {column.unit}" if column.unit else "correct the cell",
            )
        return words.fillna(values) if column.words else values

    def _refuse(self, row: int, column: Column, what: str, remedy: str = "correct the cell") -> None:
        raise InputError(what, where=self.where(row, column.called), allowed=column.allowed, remedy=remedy)


def open_table(source: str | Path | pd.DataFrame, sheet: str | None = None) -> Table:
    """Open a table and read its header.

    Args:
        source: a CSV file (comma, or semicolon with decimal commas), a workbook, a Parquet file, or a frame;
            ``FILE.xlsx#SHEET`` names one sheet of a workbook.
        sheet: the same, apart.

    Raises:
        InputError: missing, unreadable, none of these kinds, empty, or several sheets and none named.
    """
    if not isinstance(source, str | Path):
        return _whole("the table", source.columns, source.reset_index(drop=True), first=0)
    path, named = split_source(source)
    check_table_file(path)
    suffix, sheet = path.suffix.lower(), sheet or named
    if sheet is not None and suffix not in WORKBOOKS:
        raise InputError(
            f"{path} has no sheets.", allowed="a sheet of a workbook", remedy="leave the sheet out"
        )
    if suffix in WORKBOOKS:
        return _open_workbook(path, sheet)
    with _readable(path):
        return (_open_csv if suffix == ".csv" else _open_parquet)(path)


def check_table_file(path: Path) -> None:
    """Refuse a file that is not to be opened as a table: the one place for bounds on files of tables.

    Raises:
        InputError: a directory, missing, or of another kind.
    """
    if path.is_dir():
        raise InputError(f"{path} is a directory.", allowed="a file: " + ", ".join(SUFFIXES))
    if not path.is_file():
        raise InputError(f"{path} does not exist.", remedy="check the path")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path} is not a table that can be read.", allowed=", ".join(SUFFIXES), remedy="save it as one"
        )


def split_source(source: str | Path) -> tuple[Path, str | None]:
    """Split ``FILE#SHEET`` into its path and the sheet's name, None where none is given."""
    file, mark, sheet = str(source).rpartition("#")
    if mark and file.lower().endswith(WORKBOOKS) and not Path(source).exists():
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


# --- the kinds of file --------------------------------------------------------------------------------------


def _open_csv(path: Path) -> Table:
    pandas = _pandas()
    with path.open(encoding="utf-8-sig") as file:
        first = file.readline()
    options: dict[str, Any] = {
        "encoding": "utf-8-sig",
        # blank lines stay, so that rows are counted as the file counts them
        "skip_blank_lines": False,
        "low_memory": False,
        "na_values": BLANK,
        "keep_default_na": False,
    }
    options |= {"sep": ";", "decimal": ","} if first.count(";") > first.count(",") else {}
    if not first.strip():
        raise _no_rows(str(path))
    header = _header(pandas.read_csv(path, header=None, nrows=1, dtype=str, **options).iloc[0])

    def read(size: int, texts: Collection[int]) -> Iterator[pd.DataFrame]:
        # positions for names, since titles may be there twice; index_col: a longer row is a mistake
        shape = {"names": range(len(header)), "header": 0, "index_col": False, "chunksize": size}
        with pandas.read_csv(path, dtype=dict.fromkeys(texts, str), **shape, **options) as pieces:
            yield from pieces

    return Table(str(path), header, read, path=path)


def _open_parquet(path: Path) -> Table:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        header = _header(file.schema_arrow.empty_table().to_pandas().columns)

    def read(size: int, texts: Collection[int]) -> Iterator[pd.DataFrame]:
        start = 0
        with ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=size):
                frame = batch.to_pandas()
                stop = start + len(frame)
                yield frame.set_axis(range(len(header)), axis=1).set_axis(range(start, stop), axis=0)
                start = stop

    return Table(str(path), header, read, path=path)


def _open_workbook(path: Path, asked: str | None) -> Table:
    with _readable(path):
        # header=None: pandas would rename columns that are given twice
        sheets: dict[str, Any] = _pandas().read_excel(
            path, sheet_name=None, header=None, dtype=object, na_values=BLANK, keep_default_na=False
        )
    filled = [name for name, frame in sheets.items() if frame.size]
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
        )
    name = asked or (filled[0] if filled else next(iter(sheets)))
    place = f"{path}, sheet {name!r}"
    if not len(sheets[name]):
        raise _no_rows(place)
    frame = sheets[name].iloc[1:].reset_index(drop=True)
    return _whole(place, sheets[name].iloc[0], frame, path=path)


def _whole(place: str, titles: Any, frame: pd.DataFrame, first: int = 2, path: Path | None = None) -> Table:
    header = _header(titles)
    cells = frame.set_axis(range(len(header)), axis=1)

    def read(size: int, texts: Collection[int]) -> Iterator[pd.DataFrame]:
        for start in range(0, len(cells), size):
            yield cells.iloc[start : start + size]

    return Table(place, header, read, first, path)


def _header(titles: Any) -> tuple[str, ...]:
    return tuple("" if title != title or title is None else str(title).strip() for title in titles)


@contextmanager
def _readable(path: Path | None) -> Iterator[None]:
    """Turn whatever pandas, openpyxl or pyarrow make of a broken file into an InputError."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Length of header or names does not match length of data")
            yield
    except (InputError, ImportError):
        raise
    except Exception as error:
        said = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if said or "does not match length of data" in str(error):
            raise InputError(
                f"This row has {said[3]} cells, the header {said[1]}."
                if said
                else "This row has more cells than the header.",
                where=f"{path}, row {said[2] if said else 2}",
                allowed="a cell for each column",
                remedy="name the further column, or put quotes around a text that holds the separator",
            ) from None
        raise InputError(
            f"{path} cannot be read as a table: {str(error)[:200]}.",
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


def _first(mask: pd.Series[Any]) -> int:
    """Return the number of the first row that is marked."""
    return int(mask.index[mask.to_numpy(dtype=bool)][0])


def _letter(position: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0."""
    from openpyxl.utils import get_column_letter  # only for messages: importing it takes a tenth of a second

    return str(get_column_letter(position + 1))


def _plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text).strip().casefold()


def _label(column: Column) -> str:
    label = column.label or column.name
    return label[:1].upper() + label[1:]


def _cell(value: Any) -> Any:
    """Take the spaces off a text, and nothing at all for one of spaces alone."""
    return (value.strip() or None) if isinstance(value, str) else value


def _number(value: Any) -> float:
    """Return a cell as a number, NaN where it is none; True is no number here."""
    try:
        return nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return nan


def _text(value: Any) -> str:
    """Write a cell as a person did: a year stays 2025 where pandas made 2025.0 of it."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _shown(value: Any) -> str:
    """Quote a cell for a message, shortened where it is long."""
    value = value.item() if hasattr(value, "item") else value
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
