"""The command ``optimiser suggest``: which experiments next."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimiser.cli.options import ACIDS, IMPACTS, PRICES, SURROGATE, question_of


@click.command()
@click.argument("problem")
@click.option("--n", "n", type=int, default=6, show_default=True, metavar="N", help="Number of experiments.")
@click.option(
    "--for",
    "aim",
    default="cost",
    show_default=True,
    metavar="AIM",
    help="cost: the best first objective at the targets; front: all objectives; feasibility: which designs "
    "reach the targets.",
)
@click.option("--batch", is_flag=True, help="They are run together, none waits for another's result.")
@click.option("--explore", is_flag=True, help="Also just outside the data, up to 1.5 of the domain's limit.")
@click.option(
    "--samples", type=int, default=1, show_default=True, metavar="N", help="Of each leach, 1 to 3 times."
)
@click.option(
    "--volume", type=float, default=100.0, show_default=True, metavar="ML", help="Leachant of one, in mL."
)
@SURROGATE
@ACIDS
@PRICES
@IMPACTS
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of the random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print the experiments as JSON instead of words.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Laboratory sheet, an .xlsx file.")
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
def suggest(
    problem: str,
    n: int,
    aim: str,
    batch: bool,
    explore: bool,
    samples: int,
    volume: float,
    surrogate: str | None,
    acids: Path | None,
    prices: Path | None,
    impacts: Path | None,
    seed: int,
    as_json: bool,
    out: Path | None,
    force: bool,
) -> None:
    """Suggest the experiments that teach most about a decision, as a sheet for the laboratory.

    PROBLEM is the name or path of a problem or config. Own results count with the site model that learned
    from them.

    \b
    Example: optimiser suggest nmc111 --n 6 --batch -o sheet.xlsx
             optimiser suggest nmc111 --surrogate my-plant --for feasibility --n 3
    Exit status: 0 done, 2 bad input.
    """
    from optimiser.learning.suggest import Wanted
    from optimiser.learning.suggest import suggest as choose
    from optimiser.report.lab_amounts import check_volume
    from optimiser.report.suggest import as_json as plain
    from optimiser.report.suggest import check_sheet, write_sheet
    from optimiser.report.suggest_words import lines
    from optimiser.tables.own import own_tables
    from optimiser.uncertainty.study import check_seed

    check_seed(seed)
    wanted = Wanted(n, aim, batch, explore, samples, seed)
    check_volume(volume)
    if out is not None:
        check_sheet(out, volume, force)
    question = question_of(problem).on(surrogate)
    found = choose(question, wanted, own_tables(question, acids, prices, impacts))
    if out is not None:
        write_sheet(found, out, volume, force)
    if as_json:
        click.echo(json.dumps({**plain(found), **({"out": str(out)} if out else {})}, indent=2))
        return
    click.echo("\n".join(lines(found)))
    if out is not None:
        click.echo(f"\nLaboratory sheet: {out}")
