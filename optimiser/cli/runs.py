"""The commands ``optimiser runs``: what is in a store of runs, and what is to go."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimiser.cli.sweep import STORE

_STORE = click.argument("store", type=click.Path(path_type=Path), default=STORE)


@click.group()
def runs() -> None:
    """Look into a store of runs that sweeps have filled: list, show, compare, prune.

    Each run has a key, the hash of all that determines it; its first digits are enough to name it. The files
    in STORE/runs are Parquet, which pandas, Polars and DuckDB read.
    """


@runs.command("list")
@_STORE
@click.option("--sweep", help="Only the runs of this sweep, with what it varies.")
@click.option(
    "--status", type=click.Choice(["done", "infeasible", "failed"]), help="Only runs that ended so."
)
@click.option("--all", "everything", is_flag=True, help="Every row; otherwise the first 20.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write the rows to this file, CSV or XLSX.")
@click.option("--force", is_flag=True, help="Replace --csv if it exists.")
def list_runs(
    store: Path, sweep: str | None, status: str | None, everything: bool, csv: Path | None, force: bool
) -> None:
    """List the runs of STORE, and the sweeps that made them.

    \b
    Example: optimiser runs list reports/store --sweep demo
    """
    from optimiser.report.runs_console import ROWS, listed, print_store
    from optimiser.report.write import write_table
    from optimiser.sweeps.store import open_store

    kept = open_store(store)
    table = None if sweep is None else kept.sweep(sweep)
    frame = listed(kept, table, status)
    if csv is not None:
        click.echo(f"{len(frame):,} runs: {write_table(frame, csv, force)}")
    else:
        print_store(kept, frame, None if everything else ROWS, table)


@runs.command("show")
@click.argument("run")
@_STORE
@click.option("--json", "as_json", is_flag=True, help="Print the row as JSON instead of words.")
def show_run(run: str, store: Path, as_json: bool) -> None:
    """Show one run of STORE: its question, its answer and its front.

    \b
    Example: optimiser runs show 790e92 reports/store
    """
    from optimiser.report.runs_console import print_run, run_of
    from optimiser.sweeps.store import open_store

    kept = open_store(store)
    row = run_of(kept, run)
    if as_json:
        click.echo(json.dumps(row, indent=2, ensure_ascii=False))
    else:
        print_run(kept, row)


@runs.command("compare")
@click.argument("one")
@click.argument("other")
@_STORE
def compare_runs(one: str, other: str, store: Path) -> None:
    """Compare two runs of STORE: what was asked differently, and what the answers differ in.

    \b
    Example: optimiser runs compare 790e92 b92f9b reports/store
    """
    from optimiser.report.runs_console import print_comparison, run_of
    from optimiser.sweeps.store import open_store

    kept = open_store(store)
    print_comparison(run_of(kept, one), run_of(kept, other))


@runs.command("prune")
@_STORE
@click.option("--damaged", is_flag=True, help="Runs whose files are cut off.")
@click.option("--failed", is_flag=True, help="Runs that failed.")
@click.option("--old", is_flag=True, help="Runs of other versions of the program than this one.")
@click.option("--unused", is_flag=True, help="Runs that no sweep of the store names any more.")
@click.option("--yes", is_flag=True, help="Remove them; without it they are only counted.")
def prune_runs(store: Path, damaged: bool, failed: bool, old: bool, unused: bool, yes: bool) -> None:
    """Remove runs from STORE; a sweep makes again what it needs of them.

    \b
    Example: optimiser runs prune reports/store --unused --yes
    """
    from optimiser._io.errors import InputError
    from optimiser.report.runs_console import prunable
    from optimiser.sweeps.store import open_store

    if not (damaged or failed or old or unused):
        raise InputError(
            "Nothing says which runs are to go.", allowed="--damaged, --failed, --old, --unused, or several"
        )
    kept = open_store(store)
    keys = prunable(kept, damaged=damaged, failed=failed, old=old, unused=unused)
    if yes:
        kept.remove(keys)
        click.echo(f"{len(keys):,} runs removed from {store}.")
    else:
        click.echo(f"{len(keys):,} runs would be removed from {store}: add --yes to remove them.")
