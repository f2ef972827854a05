"""The command ``optimiser sweep``: make every run of a sweep that its store does not have yet."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.options import DONE, NO_FEASIBLE_DESIGN

if TYPE_CHECKING:
    from optimiser.sweeps.sweep import Swept

#: Where runs are kept unless another folder is given.
STORE = Path("reports") / "store"


@click.command()
@click.argument("sweep")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=STORE,
    show_default=True,
    help="Folder of the store; several sweeps may share one.",
)
@click.option("--workers", type=int, metavar="N", help="Processes here; default: one per core.")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Of a Dask scheduler, such as tcp://10.0.0.5:8786; or slurm, with --workers jobs.",
)
@click.option("--resume", is_flag=True, help="Go on with a sweep; runs that failed are made again, too.")
@click.option("--limit", type=click.IntRange(1), default=2000, show_default=True, help="Runs at most.")
@click.option("--dry-run", is_flag=True, help="Check every run and count those to be made, but make none.")
@click.option("--no-report", is_flag=True, help="Make the runs, and write no report of them.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON instead of words.")
def sweep(
    sweep: str,
    out: Path,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    limit: int,
    dry_run: bool,
    no_report: bool,
    as_json: bool,
) -> None:
    """Ask one question many times: for every feed, price, target, confidence or country.

    SWEEP is the name of a built-in sweep or the path of a YAML file (docs/sweeps.md). Runs that the store has
    are not made again, whichever sweep made them, so that a sweep that was stopped goes on where it was.

    \b
    Example: optimiser sweep demo --out reports/demo
    Exit status: 0 done, 2 bad input, 3 no run has a feasible design.
    """
    from optimiser.report.sweep_console import print_sweep, sweep_progress, swept_json
    from optimiser.sweeps.sweep import check_sweep, make_sweep

    with sweep_progress() as watch:
        if dry_run:
            planned, left = check_sweep(sweep, out, limit, watch)
            click.echo(f"{len(planned.keys):,} runs, {left:,} of them to be made.")
            return
        swept = make_sweep(
            sweep, out, workers=workers, address=cluster, resume=resume, limit=limit, watch=watch
        )
    page = None if no_report else _report(swept)
    if as_json:
        click.echo(json.dumps(swept_json(swept, page), indent=2))
    else:
        print_sweep(swept, page)
    sys.exit(DONE if (swept.table.frame["status"] == "done").any() else NO_FEASIBLE_DESIGN)


def _report(swept: Swept) -> Path:
    """Write the report of a sweep into its store, in the place of an older one, and return its page."""
    from optimiser.report.sweep import write_sweep_report

    table = swept.table
    return write_sweep_report(table, swept.store.folder / "reports" / table.name, force=True).page
