"""The command ``optimiser nearest``."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.argument("problem")
@click.option(
    "--design",
    metavar="NAME=VALUE,...",
    help="A design: acid, temperature, acid_concentration, h2o2, solid_liquid_ratio, time.",
)
@click.option("--front", type=click.Path(path_type=Path), help="front.csv of a run, for one of its designs.")
@click.option("--row", type=int, metavar="N", help="Its number, as in the report, from 1; default: the knee.")
@click.option(
    "--number", type=int, default=5, show_default=True, metavar="N", help="How many experiments to tell."
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
    """Tell the experiments nearest to a design, what they gave, and what nobody has tried there.

    PROBLEM is the name or path of a problem or config; it says which feed and acids there are. Where the
    training table is not installed, the few rows that ship with the yield model count.

    \b
    Example: optimiser nearest nmc111 --design acid=sulfuric,temperature=60,acid_concentration=1,h2o2=1,\
solid_liquid_ratio=50,time=60
             optimiser nearest nmc111 --front reports/mine/front.csv --row 30
    """
    from optimiser.explain.ask import one_design
    from optimiser.nearest.samples import installed_table
    from optimiser.problem.binding import bind
    from optimiser.problem.load import is_config, load_config, load_problem
    from optimiser.report.console import print_nearest
    from optimiser.report.nearest import as_json as plain
    from optimiser.report.nearest import find_nearest
    from optimiser.surrogate.training_table import read_table

    question = load_config(problem).problem if is_config(problem) else load_problem(problem)
    bound = bind(question)
    asked = one_design(question, bound, design, front, row)
    data = read_table(table) if table is not None else installed_table(bound.surrogate)
    found = find_nearest(bound, asked.designs, data, number)
    if as_json:
        click.echo(json.dumps(plain(bound, asked.designs, found), indent=2))
    else:
        print_nearest(bound, asked.designs, found)
