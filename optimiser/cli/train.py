"""The command ``optimiser train``: fit a yield model."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option("--table", type=click.Path(path_type=Path), help="Training table; default the installed one.")
@click.option("--model", default="pd-gbr", show_default=True, help="Which model, by name.")
@click.option(
    "--system",
    type=click.Path(path_type=Path),
    help="File of your own system, NAME.system.yaml; or its name.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default models/MODEL.")
@click.option("--force", is_flag=True, help="Replace an artefact that is already there.")
@click.option("--json", "as_json", is_flag=True, help="Print the accuracy as JSON.")
def train(
    table: Path | None, model: str, system: Path | None, out: Path | None, force: bool, as_json: bool
) -> None:
    """Fit a yield model on a table of experiments, calibrate it, and write its artefact.

    Without `--system` the table is that of cathodes. With it, the system's file says what the columns of your
    own table are; the default is fitted beside its rivals, and all are judged on the same held-out data.

    Every experiment and every study is held out once; these predictions calibrate the intervals and measure
    the accuracy. Takes some minutes on two cores.

    A problem names the model by `surrogate: MODEL`, if it is written to models/MODEL, or by the path of its
    folder. Searches take the default only, whose trees are compiled; `predict` takes any.

    \b
    Models:  pd-gbr (the shipped default), pd-gbr-published, gbr, rf, ann, pd-rf, pd-ann, svm, gp
    Example: optimiser data install && optimiser train --out my-model
             optimiser train --model gbr
             optimiser train --system nodule.system.yaml --out nodule
    """
    from optimiser._io.extras import needs

    needs("train")  # before what it brings is imported
    if system is not None and str(system) != "cathode":
        _train_system(system, table, model, out, force, as_json)
        return
    from optimiser.report.console import step_progress
    from optimiser.surrogate.artefact import load_surrogate
    from optimiser.surrogate.calibration import INTERVAL_KEY, INTERVAL_PERCENT
    from optimiser.surrogate.data import installed
    from optimiser.training.compare.replay import card_figures
    from optimiser.training.compare.rivals import recipe
    from optimiser.training.train import train as fit_artefact

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
            f"{INTERVAL_PERCENT} intervals hold {100.0 * s['coverage'][INTERVAL_KEY]:.1f} %"
        )


def _train_system(
    system: Path, table: Path | None, model: str, out: Path | None, force: bool, as_json: bool
) -> None:
    from optimiser._io.errors import InputError
    from optimiser.report.console import step_progress
    from optimiser.report.system_card import system_card
    from optimiser.surrogate.packing import SHIPPED
    from optimiser.training.system_skill import skill_lines
    from optimiser.training.system_train import train_system

    if model != SHIPPED:
        raise InputError(
            f"--model {model} does not go with --system: rivals are judged beside the default, and not kept.",
            allowed=f"--model {SHIPPED}",
            remedy="leave --model out",
        )
    folder = out or Path("models") / system.name.removesuffix(".yaml").removesuffix(".system")
    with step_progress() as progress:
        done = train_system(system, folder, table=table, overwrite=force, progress=progress, page=system_card)
    if as_json:
        click.echo(json.dumps(done.answers, indent=2, ensure_ascii=False))
    click.echo(done.transfer, err=as_json)
    for note in done.table.notes:
        click.echo(f"note: {note}", err=as_json)
    if not as_json:
        for line in skill_lines(done.answers):
            click.echo(line)
    click.echo(f"The artefact is written: {done.folder}", err=as_json)
