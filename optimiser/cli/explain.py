"""The command ``optimiser explain``: what drives the yields, and which setpoint would raise the lowest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from optimiser.cli.options import SURROGATE, one_design, question_of


@click.command()
@click.argument("problem", required=False)
@SURROGATE
@one_design
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
    a design, the model is explained as a whole: what drives yields, which drivers matter together, and where
    effects turn. Without a problem, --surrogate names the model. SHAP values describe the model, not
    chemistry.

    \b
    Example: optimiser explain nmc111 --front reports/mine/front.csv --row 32 --out why
             optimiser explain nmc111 --design acid=sulfuric,temperature=60,acid_concentration=1,h2o2=1,\
solid_liquid_ratio=50,time=60
             optimiser explain --surrogate my-nodule
    """
    from optimiser.report import explain as report
    from optimiser.report.console import print_records, step_progress

    question = None if problem is None else question_of(problem)
    with step_progress() as progress:
        found, delivery = report.write_explanation(question, progress=progress, **options)
    for note in delivery.notes:
        click.echo(f"Warning: {note}", err=True)
    if as_json:
        click.echo(json.dumps(report.as_json(found, delivery.folder), indent=2))
        return
    click.echo("\n".join([*report.lines(found), ""]))
    print_records(report.ranking_records(found.of))
    click.echo(f"\nReport: {delivery.page}")
