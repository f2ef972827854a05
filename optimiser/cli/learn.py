"""The command ``optimiser learn``: a site model from own results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from optimiser.cli.options import ACIDS


@click.command()
@click.argument("results", type=click.Path(path_type=Path), required=False)
@click.option("--name", help="Of the site model, e.g. my-plant; it is written to models/NAME.")
@click.option("--feed", help="Known feed, e.g. NMC622, of rows that do not name one.")
@click.option("--base", help="Published model to learn on; default: pd-gbr.")
@ACIDS
@click.option("--problem", help="Problem whose feed and own acids apply.")
@click.option("--sheet", help="Sheet of a workbook that has several.")
@click.option(
    "--add", is_flag=False, flag_value="-", metavar="[TABLE]", help="Add results to the site model."
)
@click.option("--undo", is_flag=True, help="Take back the last change of the site model.")
@click.option("--show", is_flag=True, help="Say what was learned, and list the results with their numbers.")
@click.option(
    "--template",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Write a table to fill in, CSV or XLSX; to the screen without FILE.",
)
@click.option("--report", type=click.Path(path_type=Path), help="Folder for a page.")
@click.option("--force", is_flag=True, help="Replace the site model, FILE or --report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print what was learned as JSON.")
def learn(**options: Any) -> None:
    """Learn from own measured results how a plant differs from the literature: a site model.

    RESULTS is CSV, XLSX or Parquet with the columns acid, temperature, acid_concentration, h2o2,
    solid_liquid_ratio, time, at least one of yield_Li to yield_Co (fractions), and optionally feed,
    replicate, sd, batch, date and note. Published results and your own are weighed against each other.

    \b
    Example: optimiser learn --template results.csv
             optimiser learn results.csv --name my-plant --feed NMC622
             optimiser learn --add more.csv --name my-plant
             optimiser predict designs.csv --surrogate my-plant
    """
    from optimiser.report.console import print_records
    from optimiser.report.learn import Request
    from optimiser.report.learn import learn as do

    said = do(Request(**options))
    if said.json is not None:
        click.echo(json.dumps(said.json, indent=2))
    if said.text:
        click.echo(said.text, nl=False)
    if said.records:
        print_records(said.records)
    for line in said.lines:
        click.echo(line)
