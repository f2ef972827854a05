"""Options that several commands share, and the exit statuses of all of them."""

from __future__ import annotations

from pathlib import Path

import click

ACIDS, PRICES, IMPACTS = (
    click.option(
        f"--{kind}", type=click.Path(path_type=Path), help=f"Table of {kind}: YAML, CSV, XLSX or Parquet."
    )
    for kind in ("acids", "prices", "impacts")
)
#: Exit statuses of the command.
DONE, BAD_INPUT, NO_FEASIBLE_DESIGN, INTERRUPTED = 0, 2, 3, 130
