"""The command ``optimiser list``: what can be named."""

from __future__ import annotations

import json

import click

_KINDS = (
    *("problems", "configs", "acids", "feeds", "models", "objectives", "constraints", "parameters"),
    *("sources", "studies"),
)


@click.command("list")
@click.argument(
    "what",
    type=click.Choice(_KINDS),
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(what: str, as_json: bool) -> None:
    """List what can be named in a problem or config, with the numbers behind it.

    \b
    Example: optimiser list acids
    """
    from optimiser.report.console import print_records
    from optimiser.report.listing import listing

    records = listing(what)
    if as_json:
        click.echo(json.dumps(records, indent=2))
    else:
        print_records(records)
