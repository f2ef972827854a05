"""Accuracy on held-out data by model, protocol and group: what `optimiser evaluate` answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.surrogate.features import PREDICTED_METALS, table_features
from optimiser.surrogate.packing import SHIPPED
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.calibrate import gather, nested, ratio
from optimiser.training.compare import stored_rivals
from optimiser.training.compare.groups import label_groups
from optimiser.training.compare.request import Job
from optimiser.training.compare.rivals import fit_rival
from optimiser.training.compare.significance import between_groups, paired
from optimiser.training.compare.stored_rivals import OutOfFold
from optimiser.training.fit import Progress, shipped_recipe
from optimiser.training.held_out import HeldOut, hold_out, single
from optimiser.training.protocols import PROTOCOLS, fold_numbers, make_folds, units
from optimiser.training.scores import LEVELS, as_published, score, score_groups
from optimiser.training.stored import read_held_out
from optimiser.variables import Bools, Ints

#: Answer of one job: ``overall``, ``by`` kind of group, ``tests`` by kind of group, and where asked for
#: ``as_published`` and ``against`` another job.
Answer = dict[str, Any]


def stored_held_out(table: TrainingTable) -> dict[str, HeldOut] | None:
    """Return the shipped model's held-out predictions, None where they are of another table or settings."""
    return read_held_out(builtin.folder("models") / SHIPPED, table, shipped_recipe().settings)


def shipped_held_out(
    table: TrainingTable,
    *,
    again: Collection[str] = (),
    only: int | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, HeldOut]:
    """Return the shipped model's predictions of every protocol: those stored, else fitted now.

    Args:
        table: training table.
        again: protocols to fit whatever is stored; all of them where nothing is.
        only: number of the one fold to fit, from 0; the others stay NaN.
        progress: called with the steps done, the steps in all, and what comes next.

    Raises:
        InputError: too few groups for the folds, or stored predictions that cannot be read.
    """
    known, recipe = stored_held_out(table) or {}, shipped_recipe()
    todo = [protocol for protocol in PROTOCOLS if protocol in again or protocol not in known]
    folds = sum(1 if only is not None else len(make_folds(table, protocol)) for protocol in todo)
    step = _steps(folds * recipe.steps, progress)
    fresh = {protocol: hold_out(table, protocol, recipe, step, only=only) for protocol in todo}
    return {protocol: (known | fresh)[protocol] for protocol in PROTOCOLS}


def obtain(
    jobs: Sequence[Job],
    table: TrainingTable,
    folder: Path,
    *,
    refit: bool = False,
    progress: Progress = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[list[OutOfFold], dict[str, Bools] | None]:
    """Return the predictions of each job: those stored, else fitted now.

    Beside them, which rows are inside the shipped model's applicability domain, by protocol, where its
    held-out predictions are known. Those of the shipped model are stored with its artefact, by
    `optimiser train`; if they are fitted again here, they are not stored.

    Args:
        jobs: what to predict; what is stored is read for all before the first is fitted.
        table: training table.
        folder: of stored predictions.
        refit: fit all again and store them, once all are fitted.
        progress: called with the steps done, the steps in all, and what comes next.
        say: called with a line about predictions that are not stored, or have been.

    Raises:
        InputError: too few groups for the folds, or a folder that cannot be read or written.
    """
    for job in jobs:
        make_folds(table, job.protocol)
    # also what is to be replaced: a file that cannot be read is refused before the work
    before = [None if job.shipped else stored_rivals.load(folder, job, table) for job in jobs]
    ours = {job.protocol for job in jobs if job.shipped}
    held, evidence = stored_held_out(table), None
    if ours and (refit or held is None):
        if held is None:
            say(f"Fitting {SHIPPED}: nothing stored for this table and these settings.")
        held = shipped_held_out(table, again=ours if refit else (), progress=progress)
    if held is not None:
        evidence = gather(table, held)
    found = []
    for job, kept in zip(jobs, before, strict=True):
        if job.shipped:
            assert held is not None and evidence is not None
            yields, measured = nested(evidence, held, job.protocol), held[job.protocol]
            found.append(OutOfFold(measured.fold, yields.expected, measured.spread, yields.intervals(LEVELS)))
        elif kept is not None and not refit:
            found.append(kept)
        else:
            if not refit:
                say(f"Fitting {job.name} ({job.protocol}): nothing stored for this table and these settings.")
            found.append(predict_job(job, table, progress))
    if refit:
        # together at the end: stopping before leaves everything as it was
        for job, result in zip(jobs, found, strict=True):
            if not job.shipped:
                path = stored_rivals.save(folder, job, table, result)
                say(f"Stored: {path} ({job.protocol}, {job.features})")
    if held is None or evidence is None:
        return found, None
    return found, {name: ratio(evidence, measured) <= 1.0 for name, measured in held.items()}


def predict_job(
    job: Job, table: TrainingTable, progress: Progress = lambda *_: None, *, only: int | None = None
) -> OutOfFold:
    """Fit a rival on each fold's training rows and predict its test rows.

    Predictions are kept in single precision, as they are stored.

    Args:
        job: what to fit.
        table: training table.
        progress: called with the steps done, the steps in all, and what comes next.
        only: number of the one fold to do, from 0; the others stay NaN.

    Raises:
        InputError: too few groups for the folds.
    """
    folds = make_folds(table, job.protocol)
    features = table_features(table)
    mean, spread = np.full((2, len(table), len(PREDICTED_METALS)), np.nan)
    chosen = range(len(folds)) if only is None else (only,)
    step = _steps(len(chosen) * len(PREDICTED_METALS), progress)
    for number in chosen:
        what, fold = f"{job.name}, {job.protocol} {number + 1}", folds[number]
        rival = fit_rival(job.model, table, fold.train, job.features, lambda _, what=what: step(what))  # type: ignore[misc]
        mean[fold.test], spread[fold.test] = rival.scatter(features[fold.test])
    return OutOfFold(fold_numbers(folds, len(table)), single(mean), single(spread))


def _steps(every: int, progress: Progress) -> Callable[[str], None]:
    """Return what counts the steps of a progress, each called with what comes next."""
    done = iter(range(every))
    return lambda what: progress(next(done), every, what)


def compare_fold(
    jobs: Sequence[Job],
    table: TrainingTable,
    folder: Path,
    fold: int,
    progress: Progress = lambda *_: None,
) -> list[dict[str, Any]]:
    """Fit one fold of each job again and compare it with what is stored.

    Args:
        jobs: models, protocols and feature sets; all are checked before the first is fitted.
        table: training table.
        folder: of stored predictions.
        fold: number of the fold from 1.
        progress: called with the steps done, the steps in all, and what comes next.

    Returns:
        By job ``fold``, ``rows`` tested in it, ``max_abs_difference`` of a yield, and of its ``spread``.

    Raises:
        InputError: nothing stored to compare with, or no such fold.
    """
    tested = [_test_rows(job, table, fold) for job in jobs]
    stored = [_before(job, table, folder) for job in jobs]
    found = []
    for job, rows, before in zip(jobs, tested, stored, strict=True):
        now: OutOfFold | HeldOut
        if job.shipped:
            fitted = shipped_held_out(table, again=(job.protocol,), only=fold - 1, progress=progress)
            now = fitted[job.protocol]
        else:
            now = predict_job(job, table, progress, only=fold - 1)
        counted = table.present[rows]
        spread = np.abs(now.spread - before.spread)[rows][counted]
        found.append(
            {
                "fold": fold,
                "rows": len(rows),
                "max_abs_difference": float(np.abs(now.mean - before.mean)[rows][counted].max()),
                "max_abs_difference_spread": None if np.isnan(spread).any() else float(spread.max()),
            }
        )
    return found


def _test_rows(job: Job, table: TrainingTable, fold: int) -> Ints:
    """Return the rows that a fold, numbered from 1, tests."""
    folds = make_folds(table, job.protocol)
    if not 1 <= fold <= len(folds):
        raise InputError(
            f"Protocol {job.protocol!r} has no fold {fold}.", allowed=f"1 to {len(folds)}", where="--fold"
        )
    return folds[fold - 1].test


def _before(job: Job, table: TrainingTable, folder: Path) -> OutOfFold | HeldOut:
    """Return the stored predictions of a job, or refuse."""
    found: OutOfFold | HeldOut | None
    if job.shipped:
        found, remedy = (stored_held_out(table) or {}).get(job.protocol), "optimiser train"
    else:
        found = stored_rivals.load(folder, job, table)
        remedy = f"optimiser evaluate --models {job.model.name} --protocol {job.protocol} --refit"
    if found is None:
        raise InputError(
            f"Nothing is stored of {job.name} ({job.protocol}) for this table and these settings.",
            where=str(folder),
            remedy=remedy,
        )
    return found


def assess(
    table: TrainingTable,
    protocol: str,
    found: OutOfFold,
    *,
    inside: Bools | None = None,
    published: bool = False,
) -> Answer:
    """Score predictions overall and by group, and test whether the groups differ.

    Args:
        table: training table of n rows.
        protocol: under which they were made.
        found: predictions.
        inside: which rows are inside the shipped model's applicability domain, shape (n,).
        published: also score as the Toolkit's paper does, absent metals predicted as 1.0 and counted.
    """
    counted = table.present & found.tested[:, None]
    labels = label_groups(table, found.mean, inside, protocol=protocol)
    errors = np.abs(found.mean - table.yields)
    groups = units(table, protocol)
    answer: Answer = {
        "overall": score(found.mean, table.yields, counted, found.intervals),
        "by": {
            kind: score_groups(found.mean, table.yields, counted, names, table.experiments, found.intervals)
            for kind, names in labels.items()
        },
        "tests": {kind: between_groups(errors, groups, names) for kind, names in labels.items()},
    }
    if published:
        everything = np.broadcast_to(found.tested[:, None], counted.shape)
        answer["as_published"] = score(
            as_published(found.mean, table.present), table.yields_as_written, everything
        )
    return answer


def evaluate(
    jobs: Sequence[Job],
    table: TrainingTable,
    found: Sequence[OutOfFold],
    *,
    inside: Mapping[str, Bools] | None = None,
    published: bool = False,
) -> dict[str, dict[str, Answer]]:
    """Return the answers by protocol and by job's name.

    Every job is also compared with the first of its protocol, and with the first of its model there: the
    same model with another feature set.

    Args:
        jobs: what was predicted.
        table: training table.
        found: predictions of each job.
        inside: which rows are inside the shipped model's applicability domain, by protocol.
        published: also score protocol ``random`` as the Toolkit's paper does.
    """
    answers: dict[str, dict[str, Answer]] = {}
    first: dict[tuple[str, str], tuple[str, OutOfFold]] = {}
    for job, result in zip(jobs, found, strict=True):
        protocol = job.protocol
        references = [
            first.setdefault((protocol, of), (job.name, result)) for of in ("every model", job.model.name)
        ]
        answer = assess(
            table,
            protocol,
            result,
            inside=None if inside is None else inside[protocol],
            published=published and protocol == "random",
        )
        groups = units(table, protocol)
        against = {
            name: paired(np.abs(result.mean - table.yields), np.abs(reference.mean - table.yields), groups)
            for name, reference in references
            if name != job.name
        }
        if against:
            answer["against"] = against
        answers.setdefault(protocol, {})[job.name] = answer
    return answers
