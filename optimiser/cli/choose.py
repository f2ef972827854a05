"""The command ``optimiser choose``: a design of a run, by what to improve and what to give up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from optimiser._io.errors import InputError

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _pairs(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, float | None]:
    """Read ``NAME=VALUE,...``; a name alone has no value."""
    found: dict[str, float | None] = {}
    for part in (part.strip() for text in given for part in text.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        try:
            number = float(value) if equals else None
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a number.", context, option) from None
        if not name or name in found:
            what = f"{name!r} is given twice." if name else "A metric is missing."
            raise click.BadParameter(what, context, option)
        found[name] = number
    return found


def _metrics(name: str, metavar: str, text: str) -> Callable[[_Command], _Command]:
    return click.option(name, multiple=True, metavar=metavar, callback=_pairs, help=text)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@_metrics("--improve", "METRIC[=VALUE]", "Make it better, as much as possible or up to a value.")
@_metrics("--relax", "METRIC=VALUE", "It may get worse, up to a value.")
@_metrics("--keep", "METRIC", "It must not get worse.")
@click.option(
    "--from",
    "start",
    type=int,
    metavar="ROW",
    help="Design of front.csv to start from; default: the best one.",
)
@_metrics("--reference", "METRIC=VALUE,...", "Come as close as possible to these values.")
@_metrics("--weights", "METRIC=WEIGHT,...", "Balance metrics by what each counts.")
@click.option("--diverse", type=int, metavar="N", help="N designs of the front that differ most.")
@click.option("--knees", is_flag=True, help="Designs that cost most to leave for a neighbour.")
@click.option("--polish", is_flag=True, help="Search on from what the run knows, for some seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
def choose(run: Path, as_json: bool, **asked: Any) -> None:
    """Choose a design of a run by what to improve, what to give up for it and what to keep.

    RUN is the folder of a run. Every design that the run has predicted is looked at, and any metric may be
    named (`optimiser list objectives`), in the units of front.csv: shares are 0 to 1.

    \b
    Example: optimiser choose reports/mine --improve climate_change --relax cost=1.2 --keep recovery
             optimiser choose reports/mine --reference cost=1.1,recovery=0.95 --polish
    """
    from optimiser.api import choose as ask
    from optimiser.report.choose import records
    from optimiser.report.console import print_records

    for name, value in asked["keep"].items():
        if value is not None:
            raise InputError(
                f"--keep {name}={value:g} holds a value that is not the start's.",
                allowed="--keep METRIC",
                remedy=f"--relax {name}={value:g} lets it get as bad as that",
            )
    asked["keep"] = tuple(asked["keep"])
    chosen = ask(run, **asked)
    if as_json:
        click.echo(json.dumps(chosen.as_json(), indent=2))
        return
    click.echo(chosen.text)
    click.echo()
    print_records(records(chosen))
