"""The command ``optimiser run``: search a config or problem and write the report."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimiser.cli.options import ACIDS, DONE, IMPACTS, NO_FEASIBLE_DESIGN, PRICES, SURROGATE, at_scope

if TYPE_CHECKING:
    from optimiser.search.run import RunResult


@click.command()
@click.argument("config")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default reports/CONFIG/TIME/."
)
@SURROGATE
@at_scope
@ACIDS
@PRICES
@IMPACTS
@click.option(
    "--export",
    type=click.Choice(["brightway"]),
    help="Add the inventory of the answer, per kg of metal leached.",
)
@click.option("--force", is_flag=True, help="Replace --out if it exists; start anew where a run was stopped.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped, or killed.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
def run(
    config: str,
    out: Path | None,
    surrogate: str | None,
    scope: str | None,
    throughput: float | None,
    acids: Path | None,
    prices: Path | None,
    impacts: Path | None,
    export: str | None,
    force: bool,
    resume: bool,
    as_json: bool,
) -> None:
    """Search a config or a problem and write the report.

    CONFIG is the name of a built-in config or problem, or the path of a YAML file; a problem is searched with
    the default settings. Your own tables complete or replace the numbers of the shipped ones and of the
    problem; `optimiser tables export` writes those to edit.

    While it searches, a run keeps what it has predicted in OUT.unfinished. If it is stopped or killed, the
    same command with --resume goes on, and finds the same front. Without --out that is the newest unfinished
    run in reports/CONFIG/.

    \b
    Example: optimiser run configs/nmc111_cost_vs_recovery.yaml
    Exit status: 0 done, 2 bad input, 3 ran but nothing is feasible.
    """
    from optimiser._io.output import check_folder
    from optimiser.answers.scopes import scopes_of_run
    from optimiser.problem.load import load_config
    from optimiser.report.console import print_result, progress_display
    from optimiser.report.manifest import manifest
    from optimiser.report.run import write_run
    from optimiser.report.unfinished import check_unfinished, kept, newest_unfinished, pin_of
    from optimiser.report.write import default_out, unfinished_of
    from optimiser.search.run import run as run_config
    from optimiser.tables.own import own_tables

    loaded = load_config(config)
    loaded = replace(loaded, problem=loaded.problem.on(surrogate).at_scope(scope, throughput))
    target = out or (newest_unfinished(loaded.name) if resume else default_out(loaded.name))
    check_unfinished(target, resume, force)
    check_folder(target, force)
    tables = own_tables(loaded.problem, acids, prices, impacts)
    pin, anew = pin_of(loaded, tables), force and not resume
    with kept(unfinished_of(target), pin, anew=anew) as journals:
        with progress_display() as progress:
            result = run_config(loaded, progress, tables, side_by_side=True, journals=journals)
        scopes, beside = scopes_of_run(result), _beside(result, export)
        delivery = write_run(result, target, loaded.report.formats, force, beside=beside, scopes=scopes)
    if as_json:
        click.echo(json.dumps({"out": str(delivery.folder), **manifest(result, scopes)}, indent=2))
    else:
        print_result(result, delivery.folder, scopes=scopes)
    for note in delivery.notes:
        click.echo(f"Warning: {note}", err=True)
    sys.exit(DONE if result.front else NO_FEASIBLE_DESIGN)


def _beside(result: RunResult, export: str | None) -> dict[str, bytes]:
    """Return the files that ``--export`` adds to the report."""
    if export is None:
        return {}
    from optimiser.report.inventories import files_of

    return files_of(result)
