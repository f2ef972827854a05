"""The command ``optimiser train``: fit a yield model."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option("--table", type=click.Path(path_type=Path), help="Training table; default the installed one.")
@click.option("--model", default="pd-gbr", show_default=True, help="Which model, by name.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write; default models/MODEL.")
@click.option("--force", is_flag=True, help="Replace an artefact that is already there.")
@click.option("--json", "as_json", is_flag=True, help="Print the accuracy as JSON.")
def train(table: Path | None, model: str, out: Path | None, force: bool, as_json: bool) -> None:
    """Fit a yield model on the training table, calibrate it, and write its artefact.

    Every experiment and every study is held out once; these predictions calibrate the intervals and measure
    the accuracy. Takes some minutes on two cores.

    A problem names the model by `surrogate: MODEL`, if it is written to models/MODEL, or by the path of its
    folder. Searches take the default only, whose trees are compiled; `predict` takes any.

    \b
    Models:  pd-gbr (the shipped default), pd-gbr-published, gbr, rf, ann, pd-rf, pd-ann, svm, gp
    Example: optimiser data install && optimiser train --out my-model
             optimiser train --model gbr
    """
    from optimiser._io.extras import needs

    needs("train")  # before what it brings is imported
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
