"""The command ``optimiser kinetics``: activation energies from simulated curves."""

from __future__ import annotations

import json
from pathlib import Path

import click


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
def kinetics(
    acid: str,
    feed: str,
    temperature: str | None,
    time: str | None,
    fixed: tuple[str, ...],
    surrogate: str,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Fit Avrami's law to yield-time curves of the surrogate, and read off activation energies.

    Only temperatures, times and conditions within the acid's data near the feed are simulated, and an acid
    whose data span less than 20 degC is refused. A slope that is no activation energy is said to be none, and
    why.

    \b
    Example: optimiser kinetics --acid hydrochloric --feed NMC622 --out kinetics
    """
    from optimiser.report.kinetics.deliver import Request, deliver

    done = deliver(Request(acid, feed, temperature, time, fixed, surrogate, out, force))
    click.echo(json.dumps(done.json, indent=2) if as_json else "\n".join(done.lines))
