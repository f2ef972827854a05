"""The command ``optimiser nearest``: the experiments nearest to a design."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimiser._io.errors import InputError
from optimiser.cli import options


@click.command()
@click.argument("problem")
@options.one_design
@click.option(
    "--number", type=int, default=5, show_default=True, metavar="N", help="How many experiments to show."
)
@click.option("--table", type=click.Path(path_type=Path), help="Training table; default: the installed one.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
def nearest(
    problem: str,
    design: str | None,
    front: Path | None,
    row: int | None,
    number: int,
    table: Path | None,
    as_json: bool,
) -> None:
    """Show the experiments nearest to a design, their yields, and what nobody has tried there.

    PROBLEM is the name or path of a problem or config; it says which feed and acids there are. Where the
    training table is not installed, the few rows that ship with the yield model count.

    \b
    Example: optimiser nearest nmc111 --design acid=sulfuric,temperature=60,acid_concentration=1,h2o2=1,\
solid_liquid_ratio=50,time=60
             optimiser nearest nmc111 --front reports/mine/front.csv --row 30
    """
    from optimiser.nearest import installed_table
    from optimiser.problem.binding import bind
    from optimiser.report.console import print_nearest
    from optimiser.report.nearest import as_json as plain
    from optimiser.report.nearest import find_nearest
    from optimiser.surrogate.training_table import read_table
    from optimiser.tables.one_design import one_design
    from optimiser.tables.own import tables_of

    question = options.question_of(problem)
    bound = bind(question, tables_of(question))
    asked = one_design(question, bound, design, front, row)
    if table is not None and not bound.system.is_cathode:
        raise InputError(
            f"The model of {bound.system.name} holds its own table.",
            where=f"--table {table}",
            remedy="leave --table out",
        )
    data = read_table(table) if table is not None else installed_table(bound.surrogate)
    found = find_nearest(bound, asked.designs, data, number)
    if as_json:
        click.echo(json.dumps(plain(bound, asked.designs, found), indent=2))
    else:
        print_nearest(bound, asked.designs, found)
