"""Train the yield model of a user's own system: check its table, fit, judge beside rivals, write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.output import check_folder, placed
from optimiser.surrogate.domain import fit_domain
from optimiser.surrogate.packing import CARD, SHIPPED, pinned
from optimiser.systems.read import read_system_table
from optimiser.systems.table import SystemTable
from optimiser.training.calibrate import gather
from optimiser.training.compare import system_rivals
from optimiser.training.compare.rivals import Candidate
from optimiser.training.fit import Progress, Recipe
from optimiser.training.held_out import HeldOut, hold_out
from optimiser.training.protocols import Fold, described_folds, make_folds, protocols_of
from optimiser.training.system_members import system_recipe
from optimiser.training.system_skill import (
    CONSTANT,
    SKILL_FILE,
    SKILL_KEY,
    Answers,
    answers_of,
    beats_constant,
    pack_answers,
    transfer_line,
)
from optimiser.training.train import assemble
from optimiser.variables import Floats

#: The page for a person beside the card.
PAGE = "MODEL_CARD.md"


@dataclass(frozen=True)
class Trained:
    """What training a system came to.

    Attributes:
        folder: the artefact.
        table: what it was trained on, with notes of what was found in it.
        answers: accuracy of the default and its rivals by protocol.
        transfer: how yields transfer to what is not in the table, in one sentence.
    """

    folder: Path
    table: SystemTable
    answers: Answers
    transfer: str


#: Writes the page from the card and the answers.
Page = Callable[[str, Mapping[str, Any], Answers], str]


def train_system(
    system: str | Path,
    out: Path,
    *,
    table: Path | None = None,
    overwrite: bool = False,
    recipe: Recipe | None = None,
    rivals: Sequence[Candidate] | None = None,
    workers: int | None = None,
    progress: Progress = lambda *_: None,
    page: Page | None = None,
) -> Trained:
    """Train the yield model of a system and write its artefact.

    Every row, experiment and study is held out once, from the default and from its rivals. What comes out
    calibrates the intervals, sets the limits of the domain, and is the accuracy that is told.

    Args:
        system: the system's file, or the name of one that ships.
        out: folder to write; its name becomes the surrogate's.
        table: the table, if not where the system's file says.
        overwrite: replace an artefact that is already there.
        recipe: how the default is fitted, if not as it ships.
        rivals: what it is judged beside, if not by those of `system_rivals`.
        workers: processes that fit side by side; as many as there are processors if left out.
        progress: called with steps done, steps in all, what comes next.
        page: makes the text of the model card for a person; none is written if left out.

    Raises:
        InputError: a bad or too small table, or ``out`` exists and is not to be, or must not be, replaced.
    """
    check_folder(out, overwrite, ours=lambda folder: (folder / CARD).is_file())
    rows = read_system_table(system, table)
    fit_domain(rows, np.arange(len(rows)))  # refuses a table that is too small, before anything is fitted
    how, folds = recipe or system_recipe(rows), {p: make_folds(rows, p) for p in protocols_of(rows)}
    beside = system_rivals.system_candidates() if rivals is None else rivals
    jobs = [*_own_jobs(rows, how, folds), *_rival_jobs(rows, folds, beside)]
    steps, found = len(jobs) + 2, {}
    for number, (job, result) in enumerate(_side_by_side(jobs, workers)):
        found[job.protocol, job.model, job.fold] = result
        progress(number, steps, f"{job.model}, {job.protocol}")
    held = {
        protocol: _joined([found[protocol, SHIPPED, number] for number in range(len(parts))])
        for protocol, parts in folds.items()
    }
    theirs: dict[str, dict[str, Floats]] = {
        protocol: {
            **{rival.name: found[protocol, rival.name, None] for rival in beside},
            CONSTANT: system_rivals.constant(rows, parts),
        }
        for protocol, parts in folds.items()
    }
    progress(len(jobs), steps, "all rows")
    fitted = how.fit(rows, np.arange(len(rows)), lambda _: None)
    progress(len(jobs) + 1, steps, "calibration and files")
    answers = answers_of(gather(rows, held), held, theirs)
    rows = replace(rows, system=replace(rows.system, transfers=beats_constant(answers)))
    transfer, skill = transfer_line(answers, rows.system.spec.groups.study or "feed"), pack_answers(answers)
    told = {
        "transfer": transfer,
        "notes": list(rows.notes),
        "folds": {protocol: described_folds(rows, protocol) for protocol in folds},
        SKILL_KEY: pinned(SKILL_FILE, skill),
    }
    files = assemble(rows, how, held, fitted, more=told)
    files[SKILL_FILE] = skill
    with placed(out, "choose another folder") as folder:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        if page is not None:
            import yaml

            card = yaml.safe_load(files[CARD])
            (folder / PAGE).write_text(page(out.name, card, answers), encoding="utf-8")
    progress(steps, steps, "done")
    return Trained(out, rows, answers, transfer)


@dataclass(frozen=True)
class _Job:
    """Something to fit and to predict with: a fold of the default, or a rival on every fold of a protocol."""

    protocol: str
    model: str
    fold: int | None
    do: Callable[[], Any]


def _own_jobs(table: SystemTable, how: Recipe, folds: Mapping[str, tuple[Fold, ...]]) -> Iterator[_Job]:
    for protocol, parts in folds.items():
        for number in range(len(parts)):
            yield _Job(protocol, SHIPPED, number, partial(hold_out, table, protocol, how, only=number))


def _rival_jobs(
    table: SystemTable, folds: Mapping[str, tuple[Fold, ...]], rivals: Sequence[Candidate]
) -> Iterator[_Job]:
    for protocol, parts in folds.items():
        for rival in rivals:
            do = partial(system_rivals.predict_folds, rival, table, parts)
            yield _Job(protocol, rival.name, None, do)


def _side_by_side(jobs: Sequence[_Job], workers: int | None) -> Iterator[tuple[_Job, Any]]:
    """Yield each job with its result, in the order in which they are done; the results depend on no order."""
    from joblib import Parallel, cpu_count, delayed

    many = min(workers or cpu_count(), len(jobs))
    if many == 1:
        for job in jobs:
            yield job, job.do()
        return
    yield from Parallel(many, return_as="generator_unordered")(delayed(_done)(job) for job in jobs)


def _done(job: _Job) -> tuple[_Job, Any]:
    # what the job holds need not travel back
    return replace(job, do=_nothing), job.do()


def _nothing() -> None:
    """Stand for what was done."""


def _joined(parts: Sequence[HeldOut]) -> HeldOut:
    """Return the held-out predictions of all folds, each of which knows its own rows."""
    fold, arrays = parts[0].fold, ("mean", "spread", "disagreement", "distance")
    out = {name: np.full_like(getattr(parts[0], name), np.nan) for name in arrays}
    for number, part in enumerate(parts):
        for name in arrays:
            out[name][fold == number] = getattr(part, name)[fold == number]
    return HeldOut(fold, **out)
