"""`optimiser evaluate` as a process, and training tables that were changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with the product's own Python."""
    return subprocess.run(
        [sys.executable, "-m", "optimiser", "evaluate", *arguments], capture_output=True, text=True
    )


def changed(training_table: Path, folder: Path, change: Any) -> Path:
    """Write the training table with a change of its sheet."""
    book = openpyxl.load_workbook(training_table)
    change(book.active)
    path = folder / "changed.xlsx"
    book.save(path)
    return path
