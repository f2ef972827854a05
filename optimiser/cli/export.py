"""The command group ``optimiser export``: designs of a run for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click


@click.group()
def export() -> None:
    """Designs of a run for other programs."""


@export.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--design", type=int, multiple=True, metavar="N", help="Number as in the report; default: the answer."
)
@click.option(
    "--per", type=click.Choice(["metal", "feed"]), default="metal", show_default=True,
    help="Functional unit: 1 kg of metal leached, or 1 t of feed.",
)  # fmt: skip
@click.option("--impacts", help="Local table whose activities the inventory names; default: that of the run.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="FILE.json or FILE.xlsx.")
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
def brightway(
    run: Path,
    design: tuple[int, ...],
    per: Literal["metal", "feed"],
    impacts: str | None,
    out: Path,
    force: bool,
) -> None:
    """Write the inventory of designs of a run for Brightway: reagents, energy, water, effluents.

    RUN is the folder of a run. JSON goes into bw2data, XLSX through bw2io's ExcelImporter; what no activity
    of the table stands for, and gases, are listed and not counted.

    \b
    Example: optimiser export brightway reports/mine --impacts our-ecoinvent --out leaching.json
    """
    from optimiser._io.output import check_file_target
    from optimiser.lca.export import SUFFIXES, write_inventories
    from optimiser.report.inventories import of_run

    check_file_target(out, force, SUFFIXES)
    made = of_run(run, design, per, impacts)
    write_inventories(made, out, force)
    for one in made:
        click.echo(f"{one.title}: {len(one.linked)} exchanges")
        for left in one.open:
            click.echo(f"Not linked: {left.amount:.4g} {left.unit} of {left.substance}: {left.why}")
    click.echo(f"Inventory: {out}")
