"""The command ``optimiser sensitivity``: intervals with prices, chances, and what drives the spread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from optimiser.cli.options import ACIDS, IMPACTS, PRICES, config_of, one_design


@click.command()
@click.argument("problem")
@one_design
@click.option("--objective", metavar="NAME", help="Whose drivers to rank; default: the first objective.")
@click.option("--draws", type=int, default=10_000, show_default=True, metavar="N", help="Of the Monte Carlo.")
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of the draws.")
@ACIDS
@PRICES
@IMPACTS
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default: none.")
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the study as JSON instead of words.")
def sensitivity(problem: str, as_json: bool, **options: Any) -> None:
    """Tell how sure a design's figures are with prices uncertain too, and what drives their spread.

    PROBLEM is the name or path of a problem or config. Without a design it is searched, and the design of the
    front that is best in the first objective is studied.

    \b
    Example: optimiser sensitivity nmc111_cost_vs_recovery --front reports/mine/front.csv --row 32
             optimiser sensitivity nmc111 --objective climate_change --out why --design acid=sulfuric,\
temperature=60,acid_concentration=1,h2o2=1,solid_liquid_ratio=50,time=60
    """
    from optimiser.report import sensitivity as report
    from optimiser.report.console import print_records, progress_display
    from optimiser.report.driver_words import driver_records

    with progress_display() as progress:
        found, metric, delivery = report.write_sensitivity(
            config_of(problem), progress=progress, side_by_side=True, **options
        )
    for note in delivery.notes if delivery else ():
        click.echo(f"Warning: {note}", err=True)
    if as_json:
        told = report.as_json(found, metric, delivery.folder if delivery else None)
        click.echo(json.dumps(told, indent=2))
        return
    click.echo("\n".join([*report.lines(found, metric), ""]))
    print_records(driver_records(found.drivers, metric))
    if delivery:
        click.echo(f"\nReport: {delivery.page}")
