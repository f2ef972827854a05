"""Input files: ordinary ones only, and their size bounded before anything is read."""

from __future__ import annotations

import csv
import io
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimiser._io.errors import InputError

#: Bytes of a YAML file, and of a table, at most.
MOST_YAML, MOST_TABLE = 5_000_000, 200_000_000
#: Bytes that a workbook may unpack to, and cells of one sheet, blank ones between others counted.
MOST_UNPACKED, MOST_CELLS = 500_000_000, 50_000_000
_CHUNK = 1 << 20
_CELL = re.compile(rb'\br="([A-Z]{1,3})?([0-9]{1,7})"')
#: What else than a file a path can name, by the kind that ``stat`` tells.
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind(mode: int) -> str:
    """Return what a path names by its ``st_mode``: ``a pipe``, ``a device``; empty for an ordinary file."""
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "something special")


def check_readable(path: Path, most: int, *, allowed: str = "a file") -> None:
    """Refuse what is no ordinary file, is empty, is too large, or cannot be opened; nothing is read.

    Args:
        path: as the user named it.
        most: bytes.
        allowed: what is wanted, for the error.

    Raises:
        InputError: see above. Files under /proc say that they are empty, and can have no end.
    """
    try:
        found = path.stat()
        if not kind(found.st_mode):
            path.open("rb").close()
    except FileNotFoundError:
        raise InputError(f"{path} does not exist.", allowed=allowed, remedy="check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(f"{path} cannot be read: {said(error)}.", allowed=allowed) from None
    if other := kind(found.st_mode):
        raise InputError(f"{path} is {other}.", allowed=allowed, remedy="give the file itself")
    if not found.st_size:
        raise InputError(f"{path} is empty.", where=str(path), allowed=allowed)
    if found.st_size > most:
        raise InputError(
            f"{path} has {found.st_size / 1e6:,.0f} MB.", allowed=f"{allowed} of up to {most / 1e6:,.0f} MB"
        )


def said(error: Exception) -> str:
    """Return an error's reason in a few words, without the number and the path of the system's own text."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason.partition("\n")[0].rstrip(".")


def read_bytes(path: Path, most: int, *, allowed: str = "a file") -> bytes:
    """Return the content of an ordinary file.

    Raises:
        InputError: as :func:`check_readable`, or it cannot be read.
    """
    check_readable(path, most, allowed=allowed)
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {said(error)}.", allowed=allowed) from None
    if len(content) > most:  # it has grown meanwhile
        raise InputError(f"{path} is too large.", allowed=f"{allowed} of up to {most / 1e6:,.0f} MB")
    return content


def read_text(path: Path, most: int, *, allowed: str = "a file") -> str:
    """Return the content of a text file in UTF-8, with or without a byte order mark.

    Raises:
        InputError: as :func:`read_bytes`, or it is not UTF-8.
    """
    try:
        return read_bytes(path, most, allowed=allowed).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error, allowed) from None


def check_workbook(path: Path) -> None:
    """Refuse a workbook that would unpack to more than a computer can hold; its sheets are not parsed.

    A workbook is a zip file, and a small one can hold a sheet of gigabytes, or one whose last cell is at
    the far end of the grid. What is no zip file at all is left to the reader.

    Raises:
        InputError: as :func:`check_readable`, or it holds too much.
    """
    check_readable(path, MOST_TABLE, allowed="an XLSX workbook")
    try:
        with zipfile.ZipFile(path) as book:
            _check_unpacked(path, book)
            for member in book.namelist():
                if member.startswith("xl/worksheets/"):
                    _check_extent(path, book, member)
    except InputError:
        raise
    except Exception:  # zipfile and zlib each raise their own kinds: the reader says what is wrong
        return


def npz_arrays(path: Path, content: bytes) -> dict[str, Any]:
    """Return the arrays of an npz file by name.

    Raises:
        InputError: it unpacks to too much; what zipfile, zlib and numpy raise comes through.
    """
    import numpy as np  # not needed to read YAML

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        _check_unpacked(path, packed)
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _check_unpacked(path: Path, packed: zipfile.ZipFile) -> None:
    # what a zip file says of its sizes is all that Python will unpack
    unpacked = sum(member.file_size for member in packed.infolist())
    if unpacked > MOST_UNPACKED:
        raise InputError(
            f"{path} unpacks to {unpacked / 1e6:,.0f} MB.",
            allowed=f"up to {MOST_UNPACKED / 1e6:,.0f} MB",
            remedy="leave out what is not needed, or save a table as CSV or Parquet",
        )


def _check_extent(path: Path, book: zipfile.ZipFile, member: str) -> None:
    rows = columns = 0
    with book.open(member) as sheet:
        rest = b""
        while chunk := sheet.read(_CHUNK):
            text = rest + chunk
            for letters, number in _CELL.findall(text):
                rows = max(rows, int(number))
                if letters:
                    columns = max(columns, _column(letters))
            rest = text[-32:]
    if rows * max(columns, 1) > MOST_CELLS:
        raise InputError(
            f"{path} has a sheet of {rows:,} rows and {columns:,} columns.",
            where=f"{path}, {member}",
            allowed=f"up to {MOST_CELLS:,} cells, blank ones counted",
            remedy="delete what stands far from the table, or save the table as CSV",
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def csv_rows(path: Path) -> tuple[str, Iterator[list[str]]]:
    """Return the separator of a CSV file, comma or semicolon, and its rows as text, the header first.

    Raises:
        InputError: as :func:`check_readable`, or it is not UTF-8; while rows are taken, one that has more
            cells than the header, or that cannot be read, as where a quotation mark is never closed.
    """
    check_readable(path, MOST_TABLE, allowed="a CSV file")
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = file.readline()
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error, "a CSV file") from None
    separator = ";" if header.count(";") > header.count(",") else ","
    return separator, _rows(path, separator)


def _rows(path: Path, separator: str) -> Iterator[list[str]]:
    number = width = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter=separator), start=1):
                width = width or len(row)
                if len(row) > width and any(cell.strip() for cell in row[width:]):
                    raise InputError(
                        f"Row {number} has {len(row)} cells, and the header has {width}.",
                        where=f"{path}, row {number}",
                        allowed="as many cells as the header",
                        remedy=f"quote a cell that holds {separator!r}, or name the column in row 1",
                    )
                yield row
    except csv.Error as error:
        raise InputError(
            f"Row {number + 1} cannot be read: {said(error)}.",
            where=f"{path}, row {number + 1}",
            remedy="look for a quotation mark that is not closed",
        ) from None
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error, "a CSV file") from None


def check_csv(path: Path) -> str:
    """Refuse a CSV file with rows that a lenient reader would take wrongly; return its separator.

    Raises:
        InputError: as :func:`csv_rows`.
    """
    separator, rows = csv_rows(path)
    for _ in rows:
        pass
    return separator


def _not_utf8(path: Path, error: UnicodeDecodeError, allowed: str) -> InputError:
    return InputError(
        f"{path} cannot be read: it is not UTF-8 ({error.reason}).",
        allowed=f"{allowed} in UTF-8",
        remedy="save it as UTF-8",
    )
