"""The command ``optimiser scenarios``: write a table of scenarios."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME=VALUES",
    help="Condition and its values: low:high:count, a list a,b,c, or low:high with --lhs. Repeat for a grid.",
)
@click.option(
    "--set", "fixed", multiple=True, metavar="NAME=VALUE", help="Condition that stays the same. Repeat."
)
@click.option("--lhs", type=int, metavar="N", help="N rows of a Latin hypercube instead of the whole grid.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the Latin hypercube.")
@click.option("--feed", help="Known feed, e.g. NMC111; without it, predict has to be told.")
@click.option("--problem", help="Problem whose feed and own acids can be named.")
@click.option("--acids", type=click.Path(path_type=Path), help="Table of acids that can be named.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="CSV or XLSX to write; default: CSV to the screen."
)
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
def scenarios(
    vary: tuple[str, ...],
    fixed: tuple[str, ...],
    lhs: int | None,
    seed: int,
    feed: str | None,
    problem: str | None,
    acids: Path | None,
    out: Path | None,
    force: bool,
) -> None:
    """Write a table of scenarios for `predict`: a grid over conditions, or a Latin hypercube.

    NAME is one of acid, temperature, acid_concentration, h2o2, solid_liquid_ratio, time and feed; each but
    feed is needed, either varied or set.

    \b
    Example: optimiser scenarios --feed NMC111 --vary temperature=25:90:14 --vary acid=sulfuric,HCl
             --set acid_concentration=2 --set h2o2=0 --set solid_liquid_ratio=50 --set time=60 --out s.csv
    """
    from optimiser._io.output import check_file_target
    from optimiser.problem.load import load_problem
    from optimiser.report.write import TABLES, write_table
    from optimiser.tables.generate import generate

    if out is not None:
        check_file_target(out, force, TABLES)
    question = load_problem(problem) if problem else None
    table = generate(vary, fixed, samples=lhs, seed=seed, feed_name=feed, question=question, acids_file=acids)
    if out is None:
        click.echo(table.to_csv(index=False), nl=False)
    else:
        write_table(table, out, force)
        click.echo(f"{len(table)} scenarios written: {out}")
