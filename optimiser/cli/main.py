"""The console command: its group, and what it does with errors and interrupts."""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import NoReturn

import click

from optimiser import __version__
from optimiser._io.environment import check_environment
from optimiser._io.errors import InputError, refused, shortened
from optimiser._io.interrupts import insistent_interrupts
from optimiser._io.output import PLACED, UNFINISHED
from optimiser.cli.app import app
from optimiser.cli.ask import ask
from optimiser.cli.breakeven import breakeven
from optimiser.cli.check import check
from optimiser.cli.choose import choose
from optimiser.cli.compare import compare
from optimiser.cli.compare_acids import compare_acids
from optimiser.cli.data import data
from optimiser.cli.evaluate import evaluate
from optimiser.cli.explain import explain
from optimiser.cli.export import export
from optimiser.cli.forget import forget
from optimiser.cli.impacts import impacts
from optimiser.cli.kinetics import kinetics
from optimiser.cli.learn import learn
from optimiser.cli.list import list_
from optimiser.cli.nearest import nearest
from optimiser.cli.options import BAD_INPUT, DONE, INTERRUPTED
from optimiser.cli.predict import predict
from optimiser.cli.run import run
from optimiser.cli.runs import runs
from optimiser.cli.scenarios import scenarios
from optimiser.cli.sensitivity import sensitivity
from optimiser.cli.suggest import suggest
from optimiser.cli.sweep import sweep
from optimiser.cli.tables import tables
from optimiser.cli.train import train


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="optimiser")
def cli() -> None:
    """Choose how to leach lithium-ion cathodes: acid, strength, heat, time, solids and peroxide.

    \b
    Start with:   optimiser run nmc111_cost_vs_recovery
    Then look at: optimiser list problems
    """
    check_environment()


for command in (
    app,
    ask,
    run,
    sweep,
    runs,
    check,
    choose,
    compare,
    list_,
    scenarios,
    predict,
    learn,
    forget,
    train,
    data,
    explain,
    kinetics,
    nearest,
    sensitivity,
    suggest,
    breakeven,
    compare_acids,
    tables,
    impacts,
    export,
    evaluate,
):
    cli.add_command(command)


def main() -> NoReturn:
    """Run the command; turn what the user did wrong into one block and exit status 2."""
    # imports make half a million objects that stay: looking for garbage among them took half a second
    gc.set_threshold(500_000, 20, 50)
    UNFINISHED.clear()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a degree sign must not stop the answer on a terminal that cannot show it
            stream.reconfigure(errors="replace")
    try:
        with insistent_interrupts():
            _check_text(sys.argv[1:])
            cli(standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        what = f"written before: {', '.join(map(str, PLACED))}" if PLACED else "nothing was written"
        click.echo(f"Stopped; {_kept() or what}.", err=True)
        # not by way of Python's end, where a compilation that was torn can crash
        os._exit(INTERRUPTED)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(shortened(told.getvalue().rstrip()), err=True)
        sys.exit(error.exit_code)
    except (InputError, OSError) as error:
        click.echo(f"Error: {refused(error) if isinstance(error, OSError) else error}", err=True)
        if UNFINISHED:
            click.echo(f"What was made is not lost: {_kept()}.", err=True)
        sys.exit(BAD_INPUT)
    sys.exit(DONE)


def _kept() -> str:
    """Return how a search goes on that was stopped; nothing where there is none."""
    return f"go on with the same command and --resume ({UNFINISHED[-1]})" if UNFINISHED else ""


def _check_text(arguments: list[str]) -> None:
    """Refuse what no report can tell: bytes that are not UTF-8, which Python hands on as lone surrogates."""
    for argument in arguments:
        if not argument.isascii() and argument.encode("utf-8", "ignore").decode() != argument:
            raise InputError(f"The argument {argument} is not UTF-8.", remedy="rename the file or folder")
