"""The command group ``optimiser impacts``: local tables of impact factors from the user's own LCA data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from optimiser.lca.table import LocalTable

_MAPPING = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="YAML file that names activities, locations or columns.",
)


@click.group()
def impacts() -> None:
    """Impact factors from your own LCA data: a Brightway project, or a workbook of results."""


@impacts.group("import")
def import_() -> None:
    """Write a local table of impact factors, to which problems and --impacts refer by its name."""


def _written(command: Callable[..., Any]) -> Callable[..., Any]:
    name = click.option("--name", help="Name of the table; default: that of the database or workbook.")
    out = click.option(
        "-o",
        "--out",
        type=click.Path(path_type=Path),
        default=Path(),
        help="Folder to write NAME.impacts.yaml into; default: the working folder.",
    )
    return name(out(click.option("--force", is_flag=True, help="Replace files that exist.")(command)))


@import_.command()
@click.option("--project", required=True, help="Project of Brightway.")
@click.option("--database", required=True, help="Database of the project, e.g. ecoinvent-3.10-cutoff.")
@click.option("--method", help="Name of the method set; default: EF v3.1.")
@click.option("--country", metavar="CODE", help="Country whose electricity is taken, e.g. DE.")
@_MAPPING
@click.option(
    "--draws", type=int, default=0, metavar="N", help="Draw the database's uncertain numbers N times."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the draws.")
@click.option("--database-version", "version", help="Where neither metadata nor the name tell it.")
@click.option("--system-model", help="Likewise: cutoff, apos or consequential.")
@_written
def brightway(
    project: str,
    database: str,
    method: str | None,
    country: str | None,
    mapping: Path | None,
    draws: int,
    seed: int,
    version: str | None,
    system_model: str | None,
    name: str | None,
    out: Path,
    force: bool,
) -> None:
    """Compute the 16 EF categories of everything a leach uses from a Brightway project.

    The project is read, never written. BRIGHTWAY2_DIR names the folder of your projects where it is not the
    usual one. What the database does not have is listed as missing.

    \b
    Example: optimiser impacts import brightway --project mine --database ecoinvent-3.10-cutoff --country DE
    """
    from optimiser._io.output import check_file_target
    from optimiser.lca.brightway import import_brightway
    from optimiser.lca.names import read_mapping
    from optimiser.lca.table import table_path, usual_name

    called = name or usual_name(database)
    target = table_path(out, called)
    check_file_target(target, force)
    names = read_mapping(mapping, country, method)
    table = import_brightway(
        project,
        database,
        names,
        name=called,
        version=version,
        system_model=system_model,
        draws=draws,
        seed=seed,
    )
    _deliver(table, target, force)


def _deliver(table: LocalTable, target: Path, force: bool) -> None:
    """Write a table and say what is in it, and what is missing."""
    from optimiser.lca.table import write_table

    write_table(table, target, force)
    click.echo(f"{len(table.activities)} substances in {len(table.factors)} categories: {target}")
    for note in table.notes:
        click.echo(f"Note: {note}")
    for entry in table.missing:
        category = f" in {entry['category']}" if "category" in entry else ""
        click.echo(f"Missing: {entry['substance']}{category}: {entry['why']}")
    click.echo(
        f"Use it with --impacts {table.name}. Do not publish it if its database is licensed (docs/lca.md)."
    )


@import_.command()
@click.argument("file")
@_MAPPING
@click.option("--database-version", "version", help="Version of the database behind the workbook.")
@click.option("--system-model", help="Its system model.")
@click.option("--method", help="Name of the method set of the results, e.g. EF v3.1.")
@_written
def workbook(
    file: str,
    mapping: Path | None,
    version: str | None,
    system_model: str | None,
    method: str | None,
    name: str | None,
    out: Path,
    force: bool,
) -> None:
    """Read impact factors from a flat workbook: a row per activity, a column per indicator.

    FILE is XLSX (FILE#SHEET names one of several sheets) or CSV. Which row stands for which substance is for
    you to say: without --mapping, a draft of the mapping is written, with candidates to choose from.

    \b
    Example: optimiser impacts import workbook BAFU-2026.xlsx --name bafu
             optimiser impacts import workbook BAFU-2026.xlsx --name bafu --mapping bafu.mapping.yaml
    """
    from optimiser._io.output import check_file_target, placed
    from optimiser.lca.names import read_mapping
    from optimiser.lca.table import table_path, usual_name
    from optimiser.lca.workbook import draft, import_workbook
    from optimiser.tables.read import split_source

    called = name or usual_name(split_source(file)[0].stem)
    target = table_path(out, called)
    names = read_mapping(mapping, None, method)
    if mapping is not None:
        check_file_target(target, force)
        table = import_workbook(
            file, names, name=called, version=version, system_model=system_model, method=method
        )
        _deliver(table, target, force)
        return
    sketch = target.with_name(f"{called}.mapping.yaml")
    check_file_target(sketch, force)
    text = draft(file, names)
    with placed(sketch) as temporary:
        temporary.write_text(text, encoding="utf-8")
    click.echo(f"A draft of the mapping: {sketch}")
    click.echo("Nothing of it is used yet. Check it line by line, then run again with --mapping.")
