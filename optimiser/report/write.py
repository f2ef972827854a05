"""Single files on disk, whole or not at all, and the places that may be written to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from optimiser._io.errors import InputError
from optimiser._io.placed import placed
from optimiser._io.writable import check_writable
from optimiser.report.workbook import table_workbook

#: What marks a folder as written by this product: only such a folder (or an empty one) is ever replaced.
_OWN = ("manifest.json", "card.yaml")
#: Suffixes of the tables that :func:`write_table` writes.
TABLES = (".csv", ".xlsx")


def default_out(name: str) -> Path:
    """Return ``reports/<config>/<time>/`` under the working folder; never one that exists."""
    base = Path("reports") / name / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    candidate, n = base, 1
    while candidate.exists():
        n += 1
        candidate = base.with_name(f"{base.name}_{n}")
    return candidate


def check_target(out: Path, force: bool = False, option: str = "--out") -> None:
    """Refuse a place that cannot be written to, before any work is done.

    Args:
        out: file or folder.
        force: whether an existing one may be replaced.
        option: by which it was given.

    Raises:
        InputError: it exists and ``force`` is not given; it is a folder of something else; a parent is a file
            or not writable.
    """
    if out.exists() or out.is_symlink():
        if not force:
            raise InputError(
                f"{out} exists already.",
                allowed="a path that does not exist yet",
                remedy=f"choose another {option}, or replace it with --force",
            )
        if out.is_dir() and any(out.iterdir()) and not any((out / name).is_file() for name in _OWN):
            raise InputError(
                f"{out} is a folder of something else, and --force would delete all of it.",
                allowed=f"an empty folder, or one that this program wrote (it holds {_OWN[0]})",
                remedy=f"choose another {option}",
            )
    check_writable(out, f"choose another {option}")


def check_file_target(
    out: Path, force: bool = False, suffixes: Sequence[str] = (), option: str = "--out"
) -> None:
    """Refuse a file that cannot be written, before any work is done.

    Args:
        out: the file.
        force: whether an existing one may be replaced.
        suffixes: that its name may end in; any if left out.
        option: by which it was given.

    Raises:
        InputError: as :func:`check_target`; it is a folder; another suffix.
    """
    if suffixes and out.suffix.lower() not in suffixes:
        raise InputError(
            f"{out.name} names no kind of table.",
            allowed="a file name that ends in " + " or ".join(suffixes),
            remedy=f"change the suffix of {option}",
        )
    if out.is_dir():
        raise InputError(f"{out} is a folder, not a file.", remedy="give the path of a file")
    check_target(out, force, option)


def write_table(frame: pd.DataFrame, out: Path, force: bool = False) -> Path:
    """Write one table as CSV or XLSX, whole or not at all.

    Raises:
        InputError: the suffix is neither, or ``out`` cannot be written or replaced.
    """
    check_file_target(out, force, TABLES)
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda path: frame.to_csv(path, index=False),
        ".xlsx": lambda path: table_workbook(frame, path),
    }
    with placed(out) as temporary:
        writers[out.suffix.lower()](temporary)
    return out


def write_text(text: str, out: Path, force: bool = False) -> Path:
    """Write a text, whole or not at all.

    Raises:
        InputError: ``out`` cannot be written or replaced.
    """
    check_file_target(out, force)
    with placed(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return out
