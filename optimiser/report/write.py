"""A run's outputs on disk: whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from optimiser._io.output import check_file_target, check_folder, placed
from optimiser.report.frames import nearest_frame
from optimiser.report.manifest import manifest
from optimiser.report.page import page
from optimiser.report.workbook import table_workbook, workbook
from optimiser.search.run import RunResult
from optimiser.tables.design_table import design_table

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


def write(result: RunResult, out: Path, formats: Sequence[str], force: bool = False) -> Path:
    """Write a run's report into the folder ``out``, whole or not at all.

    Args:
        result: the run.
        out: the folder; it appears complete, by one rename.
        formats: of ``html``, ``xlsx``, ``csv``; ``manifest.json`` is always written.
        force: replace an existing ``out``, once the new one is complete.

    Returns:
        The folder.

    Raises:
        InputError: ``out`` cannot be written or replaced.
    """
    check_folder(out, force)
    with placed(out) as folder:
        folder.mkdir()
        _fill(result, folder, formats)
    return out


def _fill(result: RunResult, folder: Path, formats: Sequence[str]) -> None:
    pinned = manifest(result)
    text = json.dumps(pinned, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    if "csv" in formats:
        front_csv(result).to_csv(folder / "front.csv", index=False)
        if result.infeasibility is not None:
            nearest = nearest_frame(result.problem, result.infeasibility).drop(columns=["design"])
            nearest.to_csv(folder / "least_infeasible.csv", index=False)
    if "xlsx" in formats:
        workbook(result, pinned, folder / "front.xlsx")
    if "html" in formats:
        (folder / "report.html").write_text(page(result, pinned), encoding="utf-8")


def front_csv(result: RunResult) -> pd.DataFrame:
    """Return the table of ``front.csv``; only its header where nothing is feasible."""
    if result.front is not None:
        return design_table(result.problem, result.front.evaluation, result.front.knee)
    if result.infeasibility is None:
        return pd.DataFrame()
    return design_table(result.problem, result.infeasibility.nearest).iloc[:0]


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
