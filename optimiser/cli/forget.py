"""The command ``optimiser forget``: a site model without some of its results."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--name", required=True, help="Of the site model, e.g. my-plant.")
@click.option("--rows", required=True, metavar="N,N-N", help="Numbers of the results, e.g. 7,9 or 3-5.")
@click.option("--json", "as_json", is_flag=True, help="Print what is left as JSON.")
def forget(name: str, rows: str, as_json: bool) -> None:
    """Forget some results of a site model and learn from the others.

    `optimiser learn --show --name NAME` lists the results with their numbers, and
    `optimiser learn --undo --name NAME` takes the change back.

    \b
    Example: optimiser forget --name my-plant --rows 7,9
    """
    from optimiser.report.learn import forget as do
    from optimiser.report.learn import rows_of

    said = do(name, rows_of(rows), as_json)
    if said.json is not None:
        click.echo(json.dumps(said.json, indent=2))
    for line in said.lines:
        click.echo(line)
