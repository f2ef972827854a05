"""The command ``optimiser data``: install the training table."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def data() -> None:
    """Install the training table of the LIB Leaching Toolkit (MIT, doi:10.5281/zenodo.16096943)."""


@data.command()
@click.option(
    "--from", "source", type=click.Path(path_type=Path), help="A copy on disk, instead of the network."
)
def install(source: Path | None) -> None:
    """Download the training table, check its sha256 and keep it in the user's cache.

    \b
    Example: optimiser data install
             optimiser data install --from input_913pts_250407.xlsx
    """
    from optimiser.surrogate.data import install as install_table

    click.echo(f"The training table is installed: {install_table(source)}")
