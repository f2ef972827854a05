"""The console command: one function per subcommand that parses, calls and prints."""

from __future__ import annotations

import gc
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from optimiser import __version__
from optimiser.cli_evaluate import evaluate
from optimiser.cli_explain import explain
from optimiser.cli_kinetics import kinetics
from optimiser.cli_nearest import nearest
from optimiser.cli_tables import tables
from optimiser.environment import check_environment
from optimiser.errors import InputError
from optimiser.interrupts import insistent_interrupts
from optimiser.placed import PLACED

ACIDS, PRICES, IMPACTS = (
    click.option(f"--{kind}", type=click.Path(path_type=Path), help=f"Table of {kind}: YAML, CSV or XLSX.")
    for kind in ("acids", "prices", "impacts")
)
DONE, BAD_INPUT, NO_FEASIBLE_DESIGN, INTERRUPTED = 0, 2, 3, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="optimiser")
def cli() -> None:
    """Choose how to leach lithium-ion cathodes: acid, strength, heat, time, solids and peroxide.

    \b
    Start with:   optimiser run nmc111_cost_vs_recovery
    Then look at: optimiser list problems
    """
    check_environment()


@cli.command()
@click.argument("config")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default reports/CONFIG/TIME/."
)
@ACIDS
@PRICES
@IMPACTS
@click.option("--force", is_flag=True, help="Replace --out if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON instead of words.")
def run(
    config: str,
    out: Path | None,
    acids: Path | None,
    prices: Path | None,
    impacts: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Search a config's problem and write the report.

    CONFIG is the name of a built-in config or the path of a YAML file. Your own tables complete or replace
    the numbers of the shipped ones and of the problem; `optimiser tables export` writes those to edit.

    \b
    Example: optimiser run configs/nmc111_cost_vs_recovery.yaml
    Exit status: 0 done, 2 bad input, 3 ran but nothing is feasible.
    """
    from optimiser.binding import own_tables
    from optimiser.report.console import print_result, progress_display
    from optimiser.report.manifest import manifest
    from optimiser.report.write import check_target, default_out, write
    from optimiser.run import run as run_config
    from optimiser.spec.load import load_config

    loaded = load_config(config)
    target = out or default_out(loaded.name)
    check_target(target, force)
    tables = own_tables(loaded.question, acids, prices, impacts)
    with progress_display() as progress:
        result = run_config(loaded, progress, tables, side_by_side=True)
    written = write(result, target, loaded.spec.report.formats, force)
    if as_json:
        click.echo(json.dumps({"out": str(written), **manifest(result)}, indent=2))
    else:
        print_result(result, written)
    sys.exit(DONE if result.front else NO_FEASIBLE_DESIGN)


@cli.command()
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
    from optimiser.inspection import check_file, check_lines

    findings = check_file(config, acids, prices, impacts)
    click.echo(json.dumps(findings, indent=2) if as_json else "\n".join(check_lines(findings)))


@cli.command("list")
@click.argument(
    "what",
    type=click.Choice(
        ["problems", "configs", "acids", "feeds", "models", "objectives", "parameters", "sources", "studies"]
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(what: str, as_json: bool) -> None:
    """List what can be named in a problem or config, with the numbers behind it.

    \b
    Example: optimiser list acids
    """
    from optimiser.inspection import listing
    from optimiser.report.console import print_records

    records = listing(what)
    if as_json:
        click.echo(json.dumps(records, indent=2))
    else:
        print_records(records)


@cli.command()
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
@click.option("--seed", type=int, default=1, show_default=True, help="Of the Latin hypercube.")
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
    from optimiser.report.write import check_target, write_table
    from optimiser.scenarios.generate import generate
    from optimiser.spec.load import load_question

    if out is not None:
        check_target(out, force)
    question = load_question(problem) if problem else None
    table = generate(vary, fixed, samples=lhs, seed=seed, feed_name=feed, question=question, acids_file=acids)
    if out is None:
        click.echo(table.to_csv(index=False), nl=False)
    else:
        write_table(table, out, force)
        click.echo(f"{len(table)} scenarios written: {out}")


@cli.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--sheet", help="Sheet of a workbook that has several.")
@click.option("--problem", help="Problem whose feed, own acids and process parameters apply.")
@click.option("--feed", help="Known feed, e.g. NMC111, if the table has no feed column.")
@click.option(
    "--basis", type=float, metavar="KG", help="Cathode per batch; default: the feed's mass, 1000 kg."
)
@ACIDS
@PRICES
@IMPACTS
@click.option(
    "--tolerances",
    type=click.Choice(["off"]),
    help="Yields of the setpoints themselves, not means over the problem's or the usual tolerances.",
)
@click.option("--profile", help="Sums of another tool: toolkit-1.0.2, with --acids and --impacts.")
@click.option("--ef31", is_flag=True, help="Also normalise and weight the impacts to EF 3.1's single score.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="CSV or Parquet (one table, any length), or XLSX (a sheet per table); default: CSV to the screen.",
)
@click.option("--report", type=click.Path(path_type=Path), help="Folder for a page and a workbook.")
@click.option("--figures", type=click.Choice(["png", "svg"]), help="Also the report's figures, as files.")
@click.option("--force", is_flag=True, help="Replace --out or --report if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def predict(table: Path, **options: Any) -> None:
    """Predict yields, balances, costs, impacts and margins for a table of designs.

    TABLE is CSV, XLSX or Parquet with the columns acid, temperature, acid_concentration, h2o2,
    solid_liquid_ratio, time and optionally feed, or a workbook in the LIB Leaching Toolkit's template.

    \b
    Example: optimiser predict designs.csv --feed NMC111 --report results
    """
    from optimiser.report.console import step_progress
    from optimiser.report.scenarios.deliver import Request, deliver

    with step_progress() as progress:
        said = deliver(Request(table, **options), lambda done, rows: progress(done, rows, "scenarios"))
    if said.output:
        click.echo(said.output, nl=False)
    for line in said.lines:
        click.echo(line, err=bool(said.output))


@cli.command()
@click.option("--table", type=click.Path(path_type=Path), help="Training table; default the installed one.")
@click.option("--model", default="pd-gbr", show_default=True, help="Which model, by name.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default models/MODEL.")
@click.option("--force", is_flag=True, help="Replace an artefact that is already there.")
@click.option("--json", "as_json", is_flag=True, help="Print the skill as JSON.")
def train(table: Path | None, model: str, out: Path | None, force: bool, as_json: bool) -> None:
    """Fit a yield model on the training table, calibrate it, and write its artefact.

    Every experiment and every study is held out once; what comes out calibrates the intervals and says how
    good the model is. Takes some minutes on two cores.

    A problem names the model by `surrogate: MODEL`, if it is written to models/MODEL, or by the path of its
    folder. Searches take the default only, whose trees are compiled; `predict` takes any.

    \b
    Models:  pd-gbr (the shipped default), pd-gbr-published, gbr, rf, ann, pd-rf, pd-ann, svm, gp
    Example: optimiser data install && optimiser train --out my-model
             optimiser train --model gbr
    """
    from optimiser.report.console import step_progress
    from optimiser.surrogate.artefact import load_surrogate
    from optimiser.surrogate.install import installed
    from optimiser.surrogate.recipe import recipe
    from optimiser.surrogate.train import train as fit_artefact
    from optimiser.validation.selected import card_figures

    how = recipe(model)
    with step_progress() as progress:
        written = fit_artefact(
            table or installed(),
            out or Path("models") / model,
            how,
            overwrite=force,
            progress=progress,
            also=lambda evidence, held: {"selected": card_figures(evidence, held)},
        )
    skill = load_surrogate(written).card["skill"]
    click.echo(f"The artefact is written: {written}", err=as_json)
    if as_json:
        click.echo(json.dumps(skill, indent=2))
        return
    for protocol in ("experiment", "study", "random"):
        s = skill[protocol]
        click.echo(
            f"held out by {protocol}: R2 {s['r2']:.3f}, MAE {s['mae']:.4f}, "
            f"90 % intervals hold {100.0 * s['coverage']['0.9']:.1f} %"
        )


@cli.group()
def data() -> None:
    """Install the training table of the LIB Leaching Toolkit (MIT, doi:10.5281/zenodo.16096943)."""


@data.command()
@click.option(
    "--from", "source", type=click.Path(path_type=Path), help="A copy on disk, instead of the network."
)
def install(source: Path | None) -> None:
    """Download the training table, check its sha256 and keep it in the user's cache.

    \b
    Example: optimiser data install
             optimiser data install --from input_913pts_250407.xlsx
    """
    from optimiser.surrogate.install import install as install_table

    click.echo(f"The training table is installed: {install_table(source)}")


cli.add_command(explain)
cli.add_command(kinetics)
cli.add_command(nearest)
cli.add_command(tables)
cli.add_command(evaluate)


def main() -> NoReturn:
    """Run the command; turn what the user did wrong into one block and exit status 2."""
    # imports make half a million objects that stay: looking for garbage among them took half a second
    gc.set_threshold(500_000, 20, 50)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a degree sign must not stop the answer on a terminal that cannot show it
            stream.reconfigure(errors="replace")
    try:
        with insistent_interrupts():
            cli(standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        what = f"written before: {', '.join(map(str, PLACED))}" if PLACED else "nothing was written"
        click.echo(f"Stopped; {what}.", err=True)
        # not by way of Python's end, where a compilation that was torn can crash
        os._exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except InputError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(BAD_INPUT)
    sys.exit(DONE)
