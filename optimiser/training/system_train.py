"""Train the yield model of a user's own system: check its table, fit, judge beside rivals, write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.output import check_folder, placed
from optimiser.surrogate.domain import fit_domain
from optimiser.surrogate.packing import CARD, pinned
from optimiser.systems.read import read_system_table
from optimiser.systems.table import SystemTable
from optimiser.training.calibrate import gather
from optimiser.training.compare import system_rivals
from optimiser.training.fit import Progress, Step
from optimiser.training.held_out import hold_out
from optimiser.training.protocols import described_folds, make_folds, protocols_of
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
        progress: called with steps done, steps in all, what comes next.
        page: makes the text of the model card for a person; none is written if left out.

    Raises:
        InputError: a bad or too small table, or ``out`` exists and is not to be, or must not be, replaced.
    """
    check_folder(out, overwrite, ours=lambda folder: (folder / CARD).is_file())
    rows = read_system_table(system, table)
    fit_domain(rows, np.arange(len(rows)))  # refuses a table that is too small, before anything is fitted
    how, rivals = system_recipe(rows), system_rivals.system_candidates()
    folds = {protocol: make_folds(rows, protocol) for protocol in protocols_of(rows)}
    number = sum(map(len, folds.values()))
    steps = (number + 1) * how.steps + number * len(rivals) + 1
    step = _counted(steps, progress)
    held = {protocol: hold_out(rows, protocol, how, step) for protocol in folds}
    theirs: dict[str, dict[str, Floats]] = {
        protocol: {
            **{rival.name: system_rivals.predict_folds(rival, rows, parts, step) for rival in rivals},
            CONSTANT: system_rivals.constant(rows, parts),
        }
        for protocol, parts in folds.items()
    }
    fitted = how.fit(rows, np.arange(len(rows)), lambda what: step(f"all rows, {what}"))
    step("calibration and files")
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


def _counted(steps: int, progress: Progress) -> Step:
    done: Iterator[int] = iter(range(steps))
    return lambda what: progress(next(done), steps, what)
