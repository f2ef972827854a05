"""The command ``optimiser compare``: two runs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for a page and tables.")
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
def compare(first: Path, second: Path, out: Path | None, force: bool, as_json: bool) -> None:
    """Compare two runs: what was asked differently, what came out, and which change explains how much.

    FIRST and SECOND are folders of runs with the same feed and first objective.

    \b
    Example: optimiser compare reports/before reports/after --out reports/compared
    """
    from optimiser._io.output import check_folder
    from optimiser.api import compare as side_by_side

    if out is not None:
        check_folder(out, force)
    compared = side_by_side(first, second)
    delivery = None if out is None else compared.write(out, force)
    if as_json:
        click.echo(json.dumps(compared.as_json(), indent=2))
    else:
        click.echo(compared.text)
        if delivery is not None:
            click.echo(f"\nReport: {delivery.page}")
    for note in delivery.notes if delivery else ():
        click.echo(f"Warning: {note}", err=True)
