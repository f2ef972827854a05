"""The command ``optimiser list``: what can be named."""

from __future__ import annotations

import json

import click

_KINDS = (
    *("problems", "configs", "sweeps", "acids", "feeds", "models", "objectives", "constraints", "parameters"),
    *("sources", "studies", "impacts"),
)


@click.command("list")
@click.argument(
    "what",
    type=click.Choice(_KINDS),
)
@click.option("--impacts", help="Of `list impacts`: the table that counts, by name or path.")
@click.option("--problem", help="Of `list impacts`: the problem whose numbers count.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(what: str, impacts: str | None, problem: str | None, as_json: bool) -> None:
    """List what can be named in a problem or config, with the numbers behind it.

    `impacts` lists each factor in use, its source, and what is missing.

    \b
    Example: optimiser list acids
             optimiser list impacts --impacts our-ecoinvent
    """
    from optimiser.report.console import print_records
    from optimiser.report.impacts_listing import impact_records
    from optimiser.report.listing import listing

    if what != "impacts" and (impacts is not None or problem is not None):
        raise click.UsageError("--impacts and --problem belong to `optimiser list impacts`.")
    records = impact_records(impacts, problem) if what == "impacts" else listing(what)
    if as_json:
        click.echo(json.dumps(records, indent=2))
    else:
        print_records(records)
