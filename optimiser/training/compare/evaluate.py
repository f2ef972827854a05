"""Predictions and table to figures: what `optimiser evaluate` answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.compare import shipped, store
from optimiser.training.compare.candidates import SHIPPED
from optimiser.training.compare.groups import label_groups
from optimiser.training.compare.predict import Job, OutOfFold, predict_job
from optimiser.training.compare.significance import between_groups, paired
from optimiser.training.fit import Progress
from optimiser.training.held_out import HeldOut
from optimiser.training.protocols import make_folds, units
from optimiser.training.scores import score, score_groups
from optimiser.training.skill import as_published
from optimiser.variables import Bools, Floats, Ints

#: Answer of one job: ``overall``, ``by`` kind of group, ``tests`` by kind of group, and where asked for
#: ``as_published`` and ``against`` another job.
Answer = dict[str, Any]


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
    `optimiser train`; refitted ones are answered from, and not stored.

    Args:
        jobs: what to predict; all are checked, and what is stored is read, before the first is fitted.
        table: training table.
        folder: of stored predictions.
        refit: fit all anew and store them, once all are fitted.
        progress: called with the steps done, the steps in all, and what comes next.
        say: called with a line about predictions that are not stored, or have been.

    Raises:
        InputError: too few groups for the folds, a feature set that a model does not take, or a folder that
            cannot be read or written.
    """
    for job in jobs:
        job.check()
        make_folds(table, job.protocol)
    # also what is to be replaced: a file that cannot be read is refused before the work
    before = [None if job.model.name == SHIPPED else store.load(folder, job, table) for job in jobs]
    ours = {job.protocol for job in jobs if job.model.name == SHIPPED}
    held, known = shipped.stored(table), None
    if ours and (refit or held is None):
        if held is None:
            say(f"Fitting {SHIPPED}: nothing stored for this table and these settings.")
        held = shipped.held_out(table, anew=ours if refit else (), progress=progress)
    if held is not None:
        known = shipped.evidence(table, held)
    found = []
    for job, kept in zip(jobs, before, strict=True):
        if job.model.name == SHIPPED:
            assert held is not None and known is not None
            found.append(shipped.out_of_fold(known, held, job.protocol))
            continue
        result = None if refit else kept
        if result is None:
            if not refit:
                say(f"Fitting {job.name} ({job.protocol}): nothing stored for this table and these settings.")
            result = predict_job(job, table, progress)
        found.append(result)
    if refit:
        # together at the end: stopping before leaves everything as it was
        for job, result in zip(jobs, found, strict=True):
            if job.model.name != SHIPPED:
                say(f"Stored: {store.save(folder, job, table, result)} ({job.protocol}, {job.features})")
    inside = None if held is None or known is None else shipped.inside(known, held)
    return found, inside


def compare_fold(
    jobs: Sequence[Job],
    table: TrainingTable,
    folder: Path,
    fold: int,
    progress: Progress = lambda *_: None,
) -> list[dict[str, Any]]:
    """Fit one fold of each job anew and compare it with what is stored.

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
        if job.model.name == SHIPPED:
            anew = shipped.held_out(table, anew=(job.protocol,), only=fold - 1, progress=progress)
            now = anew[job.protocol]
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
    """Return the rows that a fold tests, numbered from 1.

    Raises:
        InputError: no such fold, or a feature set that the model does not take.
    """
    job.check()
    folds = make_folds(table, job.protocol)
    if not 1 <= fold <= len(folds):
        raise InputError(
            f"Protocol {job.protocol!r} has no fold {fold}.", allowed=f"1 to {len(folds)}", where="--fold"
        )
    return folds[fold - 1].test


def _before(job: Job, table: TrainingTable, folder: Path) -> OutOfFold | HeldOut:
    """Return the stored predictions of a job.

    Raises:
        InputError: nothing is stored.
    """
    found: OutOfFold | HeldOut | None
    if job.model.name == SHIPPED:
        held, remedy = shipped.stored(table), "optimiser train"
        found = None if held is None else held[job.protocol]
    else:
        found = store.load(folder, job, table)
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
    errors = absolute_errors(table, found)
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


def absolute_errors(table: TrainingTable, found: OutOfFold) -> Floats:
    """Return the absolute errors of tested values of present metals, NaN elsewhere, shape (n, 4)."""
    return np.abs(found.mean - table.yields)


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
        errors, groups = absolute_errors(table, result), units(table, protocol)
        against = {
            name: paired(errors, absolute_errors(table, reference), groups)
            for name, reference in references
            if name != job.name
        }
        if against:
            answer["against"] = against
        answers.setdefault(protocol, {})[job.name] = answer
    return answers
