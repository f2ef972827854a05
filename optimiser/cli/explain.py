"""The command ``optimiser explain``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("problem", required=False)
@click.option(
    "--design",
    metavar="NAME=VALUE,...",
    help="Design to explain: acid, temperature, acid_concentration, h2o2, solid_liquid_ratio, time.",
)
@click.option(
    "--front", type=click.Path(path_type=Path), help="front.csv of a run, to explain one of its designs."
)
@click.option("--row", type=int, metavar="N", help="Its number, as in the report, from 1; default: the knee.")
@click.option(
    "--anchors",
    type=int,
    default=48,
    show_default=True,
    metavar="N",
    help="Training rows of the model that the ranking is over; more take longer.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to write; default reports/explain_NAME/TIME/.",
)
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON instead of words.")
def explain(problem: str | None, as_json: bool, **options: Any) -> None:
    """Explain the yield model: what drives the yields, and which setpoint would raise the lowest one.

    PROBLEM is the name or path of a problem or config; it says which feed, acids and ranges apply. Without
    a design, the model is explained as a whole. SHAP values describe the model, not chemistry.

    \b
    Example: optimiser explain nmc111 --front reports/mine/front.csv --row 32 --out why
             optimiser explain nmc111 --design acid=sulfuric,temperature=60,acid_concentration=1,h2o2=1,\
solid_liquid_ratio=50,time=60
    """
    from optimiser.cli.inspection import is_config
    from optimiser.problem.load import load_config, load_question
    from optimiser.report.console import print_records, step_progress
    from optimiser.report.explain import deliver as delivery

    question = None
    if problem is not None:
        question = load_config(problem).question if is_config(problem) else load_question(problem)
    with step_progress() as progress:
        done = delivery.deliver(delivery.Request(question, **options), progress)
    for note in done.notes:
        click.echo(f"Warning: {note}", err=True)
    if as_json:
        click.echo(json.dumps(delivery.as_json(done), indent=2))
        return
    for line in delivery.lines(done.explanation):
        click.echo(line)
    click.echo()
    print_records(delivery.ranking_records(done.explanation))
    click.echo(f"\nReport: {done.out / 'report.html'}")
