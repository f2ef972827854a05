"""The command ``optimiser list``: what can be named."""

from __future__ import annotations

import json

import click


@click.command("list")
@click.argument(
    "what",
    type=click.Choice(
        ["problems", "configs", "acids", "feeds", "models", "objectives", "parameters", "sources", "studies"]
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(what: str, as_json: bool) -> None:
    """List what can be named in a problem or config, with the numbers behind it.

    \b
    Example: optimiser list acids
    """
    from optimiser.cli.inspection import listing
    from optimiser.report.console import print_records

    records = listing(what)
    if as_json:
        click.echo(json.dumps(records, indent=2))
    else:
        print_records(records)
