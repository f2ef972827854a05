"""The command ``optimiser ask``: one question, one design."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from optimiser.cli.options import (
    ACIDS,
    DONE,
    IMPACTS,
    NO_FEASIBLE_DESIGN,
    PRICES,
    SURROGATE,
    at_scope,
    question_of,
)


@click.command()
@click.argument("problem")
@click.option("--minimise", metavar="METRIC", help="What to minimise, e.g. cost, climate_change or cost:p90.")
@click.option("--maximise", metavar="METRIC", help="What to maximise, e.g. net_value.")
@click.option(
    "--yield", "yields", multiple=True, metavar="METAL=SHARE", help="A target, e.g. Co=0.9; replaces all."
)
@click.option("--confidence", type=float, metavar="SHARE", help="With which each target holds, e.g. 0.8.")
@click.option("--joint", is_flag=True, help="All targets hold at once with the confidence.")
@click.option(
    "--acid",
    "--option",
    "acid",
    metavar="NAME,...",
    help="Acids to choose from; of a system of one's own, values of a choice or combinations.",
)
@click.option("--fix", multiple=True, metavar="NAME=VALUE", help="A setpoint, e.g. temperature=60.")
@click.option(
    "--min", "at_least", multiple=True, metavar="NAME=VALUE", help="Of a variable or metric, at least."
)
@click.option(
    "--max", "at_most", multiple=True, metavar="NAME=VALUE", help="Of a variable or metric, at most."
)
@click.option("--price", multiple=True, metavar="NAME=EUR", help="Per kg stock (acids), kg pure or kWh.")
@SURROGATE
@at_scope
@ACIDS
@PRICES
@IMPACTS
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of the search.")
@click.option("--table", is_flag=True, help="Print prices, acids, components and experiments as tables too.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for page, tables and manifest.")
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
def ask(
    problem: str,
    table: bool,
    as_json: bool,
    out: Path | None,
    force: bool,
    **options: Any,
) -> None:
    """Answer a question with one design: the best one at your yield targets, and what more would cost.

    PROBLEM is the name or path of a problem or config. What is not asked stays as the problem has it.

    \b
    Example: optimiser ask nmc622 --minimise cost --yield Li=0.95 --yield Ni=0.9 --yield Co=0.9
             optimiser ask nmc111 --yield Co=0.9 --confidence 0.8 --max time=120 --price sulfuric=0.2
    Exit status: 0 done, 2 bad input, 3 nothing is feasible (the answer says what would have to give).
    """
    from optimiser._io.output import check_folder
    from optimiser.answers.answer import ask as answer_to
    from optimiser.answers.options import asked_of
    from optimiser.report.ask import as_json as plain
    from optimiser.report.ask import evidence_of, write_ask
    from optimiser.report.ask_words import lines
    from optimiser.report.console import print_answer_tables
    from optimiser.report.manifest import given
    from optimiser.tables.own import own_tables

    if out is not None:
        check_folder(out, force)
    surrogate, scope = options.pop("surrogate"), {n: options.pop(n) for n in ("scope", "throughput")}
    question = question_of(problem).on(surrogate).at_scope(**scope)
    tables = own_tables(question, *(options.pop(kind) for kind in ("acids", "prices", "impacts")))
    seed = options.pop("seed")
    answer = answer_to(question, asked_of(**options), tables, seed)
    evidence = evidence_of(answer)
    delivery = None
    if out is not None:
        told = given({"problem": problem, "surrogate": surrogate, **scope, **options, "seed": seed})
        delivery = write_ask(answer, evidence, out, told, force)
    for note in delivery.notes if delivery else ():
        click.echo(f"Warning: {note}", err=True)
    if as_json:
        found = plain(answer, evidence)
        click.echo(json.dumps({**found, **({"out": str(out)} if out else {})}, indent=2))
    else:
        click.echo("\n".join(lines(answer)))
        if table:
            print_answer_tables(answer, evidence)
        if delivery:
            click.echo(f"\nReport: {delivery.page}")
    sys.exit(DONE if answer.feasible else NO_FEASIBLE_DESIGN)
