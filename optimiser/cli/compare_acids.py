"""The command ``optimiser compare-acids``: every acid alone with equal effort, and where which one wins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from optimiser.cli.options import ACIDS, DONE, IMPACTS, NO_FEASIBLE_DESIGN, PRICES, config_of


@click.command("compare-acids")
@click.argument("problem")
@click.option(
    "--objectives", metavar="NAME,...", help="Metrics in place of the problem's, e.g. cost,recovery."
)
@click.option(
    "--cross",
    multiple=True,
    metavar="LEVER=LOW:HIGH",
    help="Twice: map the best acid over two levers, e.g. price.citric=0.3:3 and yield=0.7:0.95.",
)
@click.option("--unseen", is_flag=True, help="Compare acids with too few experiments too, as guesses.")
@click.option(
    "--scale",
    type=click.Choice(["linear", "log"]),
    default="linear",
    show_default=True,
    help="Of the fronts.",
)
@ACIDS
@PRICES
@IMPACTS
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default: none.")
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON instead of words.")
@click.pass_context
def compare_acids(
    context: click.Context,
    /,
    problem: str,
    objectives: str | None,
    cross: tuple[str, ...],
    unseen: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
    scale: Any,
    **files: Path | None,
) -> None:
    """Search every acid alone with equal effort, and compare what each comes to.

    PROBLEM is the name or path of a problem or config. Levers are price.NAME, climate_change.NAME, yield,
    yield.METAL, confidence, process.NAME, or the key of a limit.

    \b
    Example: optimiser compare-acids nmc111 --objectives cost,climate_change --out acids
             optimiser compare-acids nmc111 --cross price.sulfuric=0:1 --cross yield=0.7:0.95
    """
    from optimiser._io.output import check_folder
    from optimiser.answers.acids import compare_acids as compare
    from optimiser.answers.typed import read_objectives, read_span
    from optimiser.report import acids as report
    from optimiser.report.acid_words import comparison_lines
    from optimiser.report.console import print_records, progress_display
    from optimiser.tables.own import tables_of

    spans = [read_span(text, "--cross") for text in cross]
    asked = read_objectives(objectives) if objectives is not None else None
    if out is not None:
        check_folder(out, force)
    config = config_of(problem)
    own = tables_of(config.problem, **files)
    with progress_display() as progress:
        found = compare(config, asked, spans, unseen=unseen, tables=own, progress=progress, side_by_side=True)
    folder = None
    if out is not None:
        delivery = report.deliver_comparison(found, dict(context.params), out, force, scale)
        folder = delivery.folder
        for note in delivery.notes:
            click.echo(f"Warning: {note}", err=True)
    if as_json:
        click.echo(json.dumps(report.comparison_json(found, folder), indent=2))
    else:
        click.echo("\n".join([*comparison_lines(found), ""]))
        print_records(report.acid_records(found))
        if folder:
            click.echo(f"\nReport: {folder / 'report.html'}")
    context.exit(DONE if found.feasible else NO_FEASIBLE_DESIGN)
