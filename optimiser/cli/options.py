"""Options that several commands share, and the exit statuses of all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from optimiser.problem.load import Config
    from optimiser.problem.schema import Problem

ACIDS, PRICES, IMPACTS = (
    click.option(
        f"--{kind}", type=click.Path(path_type=Path), help=f"Table of {kind}: YAML, CSV, XLSX or Parquet."
    )
    for kind in ("acids", "prices", "impacts")
)
SURROGATE = click.option(
    "--surrogate", help="Yield model instead of the problem's, e.g. a site model; name or folder."
)
_SCOPE = click.option(
    "--scope",
    metavar="SCOPE",
    help="What the cost takes in: reagents (and energy), or plant, the plant around the leach.",
)
_THROUGHPUT = click.option(
    "--throughput", type=float, metavar="T", help="Of the plant, t of feed per day; implies --scope plant."
)
#: Exit statuses of the command.
DONE, BAD_INPUT, NO_FEASIBLE_DESIGN, INTERRUPTED = 0, 2, 3, 130


def at_scope(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--scope`` and ``--throughput`` to a command, for `Problem.at_scope`."""
    return _SCOPE(_THROUGHPUT(command))


def one_design(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--design``, ``--front`` and ``--row`` to a command, for `tables.one_design.one_design`."""
    design = click.option(
        "--design",
        metavar="NAME=VALUE,...",
        help="A design: acid, temperature, acid_concentration, h2o2, solid_liquid_ratio, time.",
    )
    front = click.option(
        "--front", type=click.Path(path_type=Path), help="front.csv of a run, for one of its designs."
    )
    row = click.option(
        "--row", type=int, metavar="N", help="Its number, as in the report, from 1; default: the knee."
    )
    return design(front(row(command)))


def question_of(name: str) -> Problem:
    """Read the question of a problem or config by its name or path.

    Raises:
        InputError: there is none, or it is wrong.
    """
    return config_of(name).problem


def config_of(name: str) -> Config:
    """Read a config, or a problem with the usual search, by its name or path.

    Raises:
        InputError: there is none, or it is wrong.
    """
    from optimiser.problem.load import load_config

    return load_config(name)
