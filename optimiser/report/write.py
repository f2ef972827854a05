"""Single files on disk, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd

from optimiser._io.output import check_file_target, placed
from optimiser.report.formulas import without_formulas
from optimiser.report.workbook import table_workbook

#: Suffixes of the tables that :func:`write_table` writes.
TABLES = (".csv", ".xlsx")
#: How the name of a folder ends that keeps the searches of a run.
ENDING = ".unfinished"


def default_out(name: str) -> Path:
    """Return ``reports/<config>/<time>/`` under the working folder; never one that exists."""
    base = Path("reports") / name / datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    candidate, n = base, 1
    while candidate.exists() or unfinished_of(candidate).exists():
        n += 1
        candidate = base.with_name(f"{base.name}_{n}")
    return candidate


def unfinished_of(out: Path) -> Path:
    """Return the folder that a run keeps beside its report while it searches.

    Examples:
        >>> unfinished_of(Path("reports/mine")).as_posix()
        'reports/mine.unfinished'
    """
    return out.with_name(out.name + ENDING)


def write_table(frame: pd.DataFrame, out: Path, force: bool = False) -> Path:
    """Write one table as CSV or XLSX, whole or not at all.

    Raises:
        InputError: the suffix is neither, or ``out`` cannot be written or replaced.
    """
    check_file_target(out, force, TABLES)
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda path: without_formulas(frame).to_csv(path, index=False),
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
