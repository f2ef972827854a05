"""The command ``optimiser check``: check a config or problem without searching."""

from __future__ import annotations

import json
from pathlib import Path

import click

from optimiser.cli.options import ACIDS, IMPACTS, PRICES


@click.command()
@click.argument("config")
@ACIDS
@PRICES
@IMPACTS
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(config: str, acids: Path | None, prices: Path | None, impacts: Path | None, as_json: bool) -> None:
    """Check a config or a problem, and say what would be searched, without searching.

    \b
    Example: optimiser check configs/nmc111_cost_vs_recovery.yaml
    Exit status: 0 all is well, 2 something is wrong.
    """
    from optimiser.report.check import check_file, check_lines

    findings = check_file(config, acids, prices, impacts)
    click.echo(json.dumps(findings, indent=2) if as_json else "\n".join(check_lines(findings)))
