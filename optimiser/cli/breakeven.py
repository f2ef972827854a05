"""The command ``optimiser breakeven``: where another acid takes over along a lever."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimiser.cli.options import ACIDS, IMPACTS, PRICES, question_of


@click.command()
@click.argument("problem")
@click.option("--vary", required=True, metavar="LEVER=LOW:HIGH", help="E.g. price.citric=0:1.5.")
@click.option("--yield", "targets", multiple=True, metavar="METAL=YIELD", help="Targets, e.g. Li=0.9,Co=0.9.")
@click.option("--confidence", type=float, metavar="P", help="With which the targets hold, e.g. 0.9.")
@click.option("--joint", is_flag=True, help="All targets hold at once with the confidence.")
@click.option("--minimise", metavar="METRIC", help="E.g. cost; default: the problem's first objective.")
@click.option("--maximise", metavar="METRIC", help="E.g. net_value.")
@click.option("--against", metavar="ACID", help="Compare with this acid alone.")
@click.option("--unseen", is_flag=True, help="Let acids with too few experiments compete, as guesses.")
@ACIDS
@PRICES
@IMPACTS
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default: none.")
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
@click.pass_context
def breakeven(
    context: click.Context,
    /,
    problem: str,
    vary: str,
    targets: tuple[str, ...],
    confidence: float | None,
    joint: bool,
    minimise: str | None,
    maximise: str | None,
    against: str | None,
    unseen: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
    **files: Path | None,
) -> None:
    """Find which acid is best along a lever, and the value at which another takes over.

    PROBLEM is the name or path of a problem or config. Levers are price.NAME (EUR per kg of an acid's stock,
    kg of a pure reagent, or kWh), climate_change.NAME, yield, yield.METAL, confidence, process.NAME, or the
    key of a limit. At a crossing both acids' designs are optimised anew.

    \b
    Example: optimiser breakeven nmc111 --vary price.sulfuric=0:1.5
             optimiser breakeven nmc111 --vary yield=0.6:0.95 --against hydrochloric
    """
    from optimiser._io.errors import InputError
    from optimiser._io.output import check_folder
    from optimiser.answers.crossing import breakeven as find
    from optimiser.answers.options import pairs
    from optimiser.answers.question import Asked
    from optimiser.answers.typed import read_span
    from optimiser.problem.objectives import Objective
    from optimiser.report import acids as report
    from optimiser.report.acid_words import breakeven_lines
    from optimiser.tables.own import tables_of

    span = read_span(vary, "--vary")
    if minimise and maximise:
        raise InputError("Two objectives are asked for.", where="--maximise", remedy="keep one")
    metric = minimise or maximise
    objective = None if metric is None else Objective(metric, -1 if maximise else 1)
    asked = Asked(objective, pairs("--yield", targets) or None, confidence, joint)
    if out is not None:
        check_folder(out, force)
    question = question_of(problem)
    own = tables_of(question, **files)
    found = find(question, span, asked, against=against, unseen=unseen, tables=own)
    folder = None
    if out is not None:
        delivery = report.deliver_breakeven(found, dict(context.params), out, force)
        folder = delivery.folder
        for note in delivery.notes:
            click.echo(f"Warning: {note}", err=True)
    if as_json:
        click.echo(json.dumps(report.breakeven_json(found, folder), indent=2))
    else:
        click.echo("\n".join(breakeven_lines(found)))
        if folder:
            click.echo(f"\nReport: {folder / 'report.html'}")
