"""The command ``optimiser predict``: predict a table of designs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from optimiser.cli.options import ACIDS, IMPACTS, PRICES, SURROGATE


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--sheet", help="Sheet of a workbook that has several.")
@click.option("--problem", help="Problem whose feed, own acids and process parameters apply.")
@SURROGATE
@click.option("--feed", help="Known feed, e.g. NMC111, if the table has no feed column.")
@click.option(
    "--basis", type=float, metavar="KG", help="Cathode per batch; default: the feed's mass, 1000 kg."
)
@ACIDS
@PRICES
@IMPACTS
@click.option(
    "--tolerances",
    type=click.Choice(["off"]),
    help="Yields of the setpoints themselves, not means over the problem's or the usual tolerances.",
)
@click.option("--profile", help="Use another tool's calculations: toolkit-1.0.2, with --acids and --impacts.")
@click.option("--ef31", is_flag=True, help="Also normalise and weight the impacts to EF 3.1's single score.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="CSV or Parquet (one table, any length), or XLSX (a sheet per table); default: CSV to the screen.",
)
@click.option("--report", type=click.Path(path_type=Path), help="Folder for a page and a workbook.")
@click.option("--figures", type=click.Choice(["png", "svg"]), help="Also the report's figures, as files.")
@click.option("--force", is_flag=True, help="Replace --out or --report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def predict(table: Path, **options: Any) -> None:
    """Predict yields, balances, costs, impacts and margins for a table of designs.

    TABLE is CSV, XLSX or Parquet with the columns acid, temperature, acid_concentration, h2o2,
    solid_liquid_ratio, time and optionally feed, or a workbook in the LIB Leaching Toolkit's template.

    \b
    Example: optimiser predict designs.csv --feed NMC111 --report results
    """
    from optimiser.report.console import step_progress
    from optimiser.report.predict import Request, deliver

    with step_progress() as progress:
        said = deliver(Request(table, **options), lambda done, rows: progress(done, rows, "scenarios"))
    if said.output:
        click.echo(said.output, nl=False)
    for line in said.lines:
        click.echo(line, err=bool(said.output))
