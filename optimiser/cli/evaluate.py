"""The command ``optimiser evaluate``: accuracy of yield models on held-out data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click


@click.command()
@click.option("--models", default="pd-gbr", show_default=True, help="Comma list of models, or all.")
@click.option(
    "--surrogate",
    type=click.Path(path_type=Path),
    help="Artefact of your own system: what training measured.",
)
@click.option("--protocol", default="all", show_default=True, help="random, experiment, study, or all.")
@click.option("--features", default="full", show_default=True, help="Comma list of feature sets, or all.")
@click.option("--as-published", "published", is_flag=True, help="Also score random as the Toolkit's paper.")
@click.option("--table", type=click.Path(path_type=Path), help="Training table; default: the installed one.")
@click.option("--refit", is_flag=True, help="Fit all again and store the predictions.")
@click.option("--fold", type=int, metavar="K", help="With --refit: only fit fold K, and compare.")
@click.option("--folds", type=click.Path(path_type=Path), help="Folder of stored predictions.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="CSV of all figures to write; with --selected YAML.",
)
@click.option("--force", is_flag=True, help="Replace what exists.")
@click.option(
    "--card", type=click.Path(path_type=Path), help="Model card (Markdown) of the shipped default to write."
)
@click.option(
    "--rows",
    is_flag=True,
    help="List the table's rows that repeat others or break stoichiometry.",
)
@click.option("--selected", is_flag=True, help="Show how predictions hold for rows that a search would pick.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def evaluate(
    models: str,
    surrogate: Path | None,
    protocol: str,
    features: str,
    published: bool,
    table: Path | None,
    refit: bool,
    fold: int | None,
    folds: Path | None,
    out: Path | None,
    force: bool,
    card: Path | None,
    rows: bool,
    selected: bool,
    as_json: bool,
) -> None:
    """Measure the accuracy of yield models on held-out rows, experiments or studies.

    Predictions of every model with the features `full` are stored for the
    published table, which takes seconds; anything else is fitted first,
    which takes minutes.

    \b
    Models:       pd-gbr (the shipped default), pd-gbr-published, gbr, rf, ann, pd-rf, pd-ann, svm, gp
    Feature sets: full, basic, no-solubility, no-lipinski, no-charge, no-structure, no-descriptors,
                  physics, basic-physics
    \b
    Example: optimiser evaluate --models pd-gbr --protocol experiment
             optimiser evaluate --models rf,gbr --features full,basic --protocol study --json
             optimiser evaluate --models pd-gbr --protocol experiment --refit --fold 1
             optimiser evaluate --surrogate nodule --json
             optimiser evaluate --selected --protocol experiment --json
             optimiser evaluate --selected --out models/pd-gbr/selected.yaml --force
             optimiser evaluate --card models/pd-gbr/MODEL_CARD.md --force
    """
    from optimiser._io.extras import needs

    needs("train")  # before what it brings is imported
    if surrogate is not None:
        given = {"--table": table, "--refit": refit, "--fold": fold, "--folds": folds, "--out": out}
        given |= {"--force": force, "--card": card, "--rows": rows, "--selected": selected}
        given |= {"--as-published": published, "--features": features != "full"}
        _evaluate_system(surrogate, models, protocol, given, as_json)
        return
    from optimiser._io.output import check_apart, check_file_target
    from optimiser.report import skill
    from optimiser.report.console import step_progress
    from optimiser.report.write import TABLES, write_table, write_text
    from optimiser.surrogate.artefact import load_surrogate
    from optimiser.surrogate.data import installed
    from optimiser.surrogate.training_table import read_table
    from optimiser.training.compare import evaluate as compare
    from optimiser.training.compare import request
    from optimiser.training.compare.replay import replay
    from optimiser.training.duplicates import repeated_rows

    def note(line: str) -> None:
        click.echo(line, err=True)

    ignored = {"--out": out, "--card": card, "--as-published": published, "--force": force, "--rows": rows}
    request.check_one_fold(fold=fold, refit=refit, ignored=ignored)
    jobs = request.choose_jobs(models, protocol, features)
    if selected:
        stored = {} if out is None else {"--out": None, "--force": None}
        request.check_selected(jobs, ignored | stored | {"--refit": refit, "--fold": fold, "--folds": folds})
    data = read_table(table or installed())
    shipped = load_surrogate("pd-gbr") if card is not None or (selected and out is not None) else None
    if selected:
        if out is not None and shipped is not None:
            request.check_card(jobs, None, data, shipped, "--out")
            check_file_target(out, force, (".yaml",))
        with step_progress() as progress:
            replayed = replay(data, dict.fromkeys(job.protocol for job in jobs), progress, note)
        if as_json:
            click.echo(json.dumps(replayed, indent=2))
        else:
            skill.print_selected(replayed)
        if out is not None and shipped is not None:
            write_text(skill.selected_text(replayed, shipped.card), out, force)
            click.echo(f"The figures are written: {out}", err=as_json)
        return
    if out is not None:
        check_file_target(out, force, TABLES)
    if card is not None and shipped is not None:
        request.check_card(jobs, folds, data, shipped)
        check_file_target(card, force, option="--card")
        if out is not None:
            check_apart(out, card, "--out and --card")
    folder = request.choose_store(folds, data, write=refit and fold is None)
    if fold is not None:
        with step_progress() as progress:
            compared = list(zip(jobs, compare.compare_fold(jobs, data, folder, fold, progress), strict=True))
        nested: dict[str, dict[str, object]] = {}
        for job, result in compared:
            nested.setdefault(job.protocol, {})[job.name] = result
            if not as_json:
                click.echo(
                    f"{job.name}, {job.protocol}, fold {fold} ({result['rows']} rows): the yields differ "
                    f"from the stored ones by at most {result['max_abs_difference']:.2g}."
                )
        if as_json:
            click.echo(json.dumps(nested, indent=2))
        return
    with step_progress() as progress:
        found, inside = compare.obtain(jobs, data, folder, refit=refit, progress=progress, say=note)
    answers = compare.evaluate(jobs, data, found, inside=inside, published=published or card is not None)
    if as_json:
        click.echo(json.dumps(answers, indent=2))
    else:
        skill.print_skill(answers)
    repeats, listed = repeated_rows(data), rows or table is not None
    for line in (
        *skill.repeat_lines(repeats, listed=listed),
        *skill.stoichiometry_lines(data, listed=listed),
    ):
        note(line)
    if card is not None and shipped is not None:
        from optimiser.report.model_card import model_card

        by_protocol = {name: by_model["pd-gbr"] for name, by_model in answers.items()}
        write_text(model_card(shipped, by_protocol, repeats), card, force)
        click.echo(f"The model card is written: {card}", err=as_json)
    if out is not None:
        import pandas as pd

        write_table(pd.DataFrame(skill.skill_records(answers)), out, force)
        click.echo(f"The figures are written: {out}", err=as_json)


def _evaluate_system(
    surrogate: Path, models: str, protocol: str, given: Mapping[str, object], as_json: bool
) -> None:
    """Print what was measured when a system's artefact was trained: no table is read, nothing fitted."""
    from optimiser._io.errors import InputError
    from optimiser.surrogate.artefact import load_surrogate
    from optimiser.training.system_skill import read_answers, select_answers, skill_lines

    for option, value in given.items():
        if value is not None and value is not False:
            raise InputError(
                f"{option} does not go with --surrogate, which shows what training measured.",
                allowed="--models, --protocol, --json",
                remedy=f"leave {option} out",
            )
    found = load_surrogate(surrogate)
    answers = select_answers(read_answers(found), models, protocol)
    if as_json:
        click.echo(json.dumps(answers, indent=2, ensure_ascii=False))
        return
    click.echo(found.card["transfer"])
    for line in skill_lines(answers):
        click.echo(line)
