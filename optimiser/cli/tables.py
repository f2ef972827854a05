"""The command group ``optimiser tables``: acids, prices and impact factors as tables to edit."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def tables() -> None:
    """Acids, prices and impact factors as tables to edit and give back (--acids, --prices, --impacts)."""


@tables.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--format", "suffix", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True,
    help="One file per table.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that exist.")
def export(folder: Path, suffix: str, force: bool) -> None:
    """Write the current acids, prices and impact factors into FOLDER.

    The units stand in the headers, an empty cell is a number that is not known, and every price carries its
    source and range. Edit what you know better and give the files to `optimiser predict`.

    \b
    Example: optimiser tables export my-tables --format xlsx
    """
    from optimiser._io.output import check_file_target
    from optimiser.chemistry.acids import load_acids
    from optimiser.chemistry.reagents import load_reagents
    from optimiser.report.write import write_table
    from optimiser.tables.export import tables as current

    frames = {
        folder / f"{name}.{suffix}": frame for name, frame in current(load_acids(), load_reagents()).items()
    }
    for path in frames:
        check_file_target(path, force, option="FOLDER")
    for path, frame in frames.items():
        click.echo(f"{len(frame)} rows: {write_table(frame, path, force)}")
