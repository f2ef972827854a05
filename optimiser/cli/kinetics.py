"""The command ``optimiser kinetics``: activation energies from simulated curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from optimiser._io.errors import InputError


@click.command()
@click.option("--acid", required=True, help="Acid, e.g. sulfuric.")
@click.option("--feed", default="NMC111", show_default=True, help="Known feed.")
@click.option(
    "--temperature",
    metavar="VALUES",
    help="degC: low:high, low:high:count or a list; default: the data's span.",
)
@click.option("--time", metavar="VALUES", help="min: likewise.")
@click.option(
    "--set",
    "fixed",
    multiple=True,
    metavar="NAME=VALUE",
    help="acid_concentration, h2o2 or solid_liquid_ratio; default: the median of the experiments. Repeat.",
)
@click.option("--surrogate", default="pd-gbr", show_default=True, help="Yield model: name or folder.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder to write; default reports/kinetics_.../TIME/.",
)
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
def kinetics(as_json: bool, **options: Any) -> None:
    """Fit Avrami's law to yield-time curves of the surrogate, and read off activation energies.

    It simulates only temperatures, times and conditions within the acid's data near the feed, and refuses an
    acid whose data span less than 20 degC. Where a slope is no activation energy, it says why.

    \b
    Example: optimiser kinetics --acid hydrochloric --feed NMC622 --out kinetics
    """
    from optimiser.report.kinetics import as_json as plain
    from optimiser.report.kinetics import lines, write_kinetics

    of, delivery = write_kinetics(
        options["acid"],
        options["feed"],
        temperature=_values(options["temperature"], "temperature"),
        time=_values(options["time"], "time"),
        conditions=_conditions(options["fixed"]),
        surrogate=options["surrogate"],
        out=options["out"],
        force=options["force"],
        options=options,
    )
    for note in delivery.notes:
        click.echo(f"Warning: {note}", err=True)
    if as_json:
        click.echo(json.dumps({"out": str(delivery.folder), **plain(of)}, indent=2))
    else:
        click.echo("\n".join([*lines(of), "", f"Report: {delivery.page}"]))


def _values(text: str | None, name: str) -> Sequence[float]:
    """Read ``25:80:7``, ``25:80`` or ``25,40,60,80``; whether the data reach so far is checked later."""
    import numpy as np

    from optimiser.kinetics.simulate import LEAST, MOST, USUAL

    if text is None:
        return ()
    where = f"--{name} {text}"
    if ":" not in text:
        return [_number(part, where) for part in text.split(",")]
    low, high, *count = text.split(":")
    steps = (count or [str(USUAL[name])])[0].strip()
    # bounded before anything is made: digits without end, or millions of values
    if len(count) > 1 or not (
        steps.isdecimal() and len(steps) < 9 and LEAST[name] <= int(steps) <= MOST[name]
    ):
        raise InputError(
            f"{':'.join(count)!r} is not a count of values of {name}.",
            where=where,
            allowed=f"low:high or low:high:count, a count from {LEAST[name]} to {MOST[name]}",
        )
    ends = _number(low, where), _number(high, where)
    if not ends[0] < ends[1]:
        raise InputError(f"The range of {name} is empty.", where=where, remedy="write low:high:count")
    return [float(value) for value in np.linspace(*ends, int(steps)).round(6)]


def _conditions(texts: Sequence[str]) -> dict[str, float]:
    """Read ``h2o2=4`` and the like; which names and values there are is checked later."""
    found: dict[str, float] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if name in found:
            raise InputError(f"{name} is set twice.", where=f"--set {text}", remedy="set it once")
        found[name] = _number(value, f"--set {text}")
    return found


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text.strip()!r} is not a number.", where=where, allowed="one number") from None
