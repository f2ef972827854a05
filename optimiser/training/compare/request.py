"""What was asked for, by name, to jobs; refused before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from optimiser._io.errors import InputError
from optimiser._io.output import check_writable
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.data import SHA256
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.compare.candidates import SHIPPED, choose_candidates
from optimiser.training.compare.feature_sets import COLUMNS, check_feature_set
from optimiser.training.compare.predict import Job
from optimiser.training.compare.store import shipped_folder
from optimiser.training.protocols import PROTOCOLS, check_protocol


def choose_jobs(models: str, protocols: str, features: str) -> tuple[Job, ...]:
    """Return the jobs of three comma lists, each of which may be ``all``.

    With ``all`` feature sets the shipped default comes once, with the features it ships with.

    Raises:
        InputError: an unknown name, or a feature set that a model does not take.
    """
    sets = (
        tuple(COLUMNS) if features == "all" else tuple(map(check_feature_set, _split(features, "--features")))
    )
    under = (
        tuple(PROTOCOLS)
        if protocols == "all"
        else tuple(map(check_protocol, _split(protocols, "--protocol")))
    )
    jobs = tuple(
        Job(model, protocol, name)
        for protocol in under
        for model in choose_candidates(models)
        for name in sets
        if not (features == "all" and model.name == SHIPPED and name != "full")
    )
    for job in jobs:
        job.check()
    return jobs


def _split(names: str, option: str) -> list[str]:
    found = [name.strip() for name in names.split(",") if name.strip()]
    if not found:
        raise InputError(f"{option} names nothing.", remedy=f"leave {option} out, or name one")
    return list(dict.fromkeys(found))


def check_one_fold(*, fold: int | None, refit: bool, ignored: Mapping[str, object]) -> None:
    """Refuse options that mean nothing beside ``--fold K``, which fits one fold anew and compares.

    Args:
        fold: number of the fold, None where none is named.
        refit: whether ``--refit`` is given.
        ignored: options that do nothing beside it, by name; those that are None or False are not given.

    Raises:
        InputError: one of them is given, or ``--refit`` is not.
    """
    if fold is None:
        return
    if not refit:
        raise InputError(
            "--fold fits one fold anew and compares it with what is stored, which --refit asks for.",
            where="--fold",
            remedy="add --refit",
        )
    given = [name for name, value in ignored.items() if value not in (None, False)]
    if given:
        raise InputError(
            f"--fold only compares one fold with what is stored; {given[0]} does nothing beside it.",
            where=", ".join(given),
            remedy=f"leave {' and '.join(given)} out, or leave --fold out",
        )


def check_selected(jobs: Sequence[Job], ignored: Mapping[str, object]) -> None:
    """Refuse what means nothing beside ``--selected``, which replays selection with what is calibrated.

    Args:
        jobs: what is asked for.
        ignored: options that do nothing beside it, by name; those that are None or False are not given.

    Raises:
        InputError: one of them is given, or a model without calibrated probabilities.
    """
    given = [name for name, value in ignored.items() if value not in (None, False)]
    if given:
        raise InputError(
            f"--selected replays selection among stored predictions; {given[0]} does nothing beside it.",
            where=", ".join(given),
            remedy=f"leave {' and '.join(given)} out, or leave --selected out",
        )
    other = next((job.name for job in jobs if job.model.name != SHIPPED), None)
    if other is not None:
        raise InputError(
            f"{other} promises nothing: it is compared without calibrated probabilities.",
            where="--models, --selected",
            allowed=SHIPPED,
            remedy="leave --models out",
        )


def check_card(jobs: Sequence[Job], folder: Path | None, table: TrainingTable, surrogate: Surrogate) -> None:
    """Refuse to write figures into the shipped model's card that are not the shipped model's.

    Args:
        jobs: what is asked for.
        folder: of stored predictions, where one is given.
        table: that is asked for.
        surrogate: whose card it is.

    Raises:
        InputError: other models, protocols or features, another folder, or another table.
    """
    asked = {(job.model.name, job.protocol, job.features) for job in jobs}
    if asked != {(SHIPPED, protocol, "full") for protocol in PROTOCOLS}:
        raise InputError(
            "The card tells the shipped default under all protocols.",
            where="--card",
            remedy="leave --models, --protocol and --features out",
        )
    if folder is not None:
        raise InputError(
            "The card tells what ships, not what is stored in another folder.",
            where="--card, --folds",
            remedy="leave --folds out, or --card",
        )
    trained = surrogate.card["training"]["sha256"]
    if table.sha256 != trained:
        raise InputError(
            f"The card tells {surrogate.name}, which was not fitted on this table.",
            where=str(table.path),
            allowed=f"the table with sha256 {trained}",
            remedy="leave --table out, or --card; `optimiser train --table` writes a card of its own",
        )


def choose_store(folder: Path | None, table: TrainingTable, *, write: bool) -> Path:
    """Return the folder of stored predictions: the one given, else the one that ships.

    Args:
        folder: the one given.
        table: whose predictions.
        write: whether they are to be written there; otherwise it must exist.

    Raises:
        InputError: predictions for another table than the published one would be written among those that
            ship; the folder is a file, does not exist, or cannot be written.
    """
    if folder is not None:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is not a folder.", where="--folds", remedy="give a folder")
        if write:
            check_writable(folder, "give another --folds", inside=True)
        elif not folder.exists():
            raise InputError(
                f"The folder {folder} does not exist, so nothing is stored in it.",
                where="--folds",
                remedy="check the path; add --refit to fit, and store there",
            )
        return folder
    if write and table.sha256 != SHA256:
        raise InputError(
            "Fold predictions of this table would replace those of the published one.",
            where=str(table.path),
            remedy="say where to keep them: --folds FOLDER",
        )
    if write:
        check_writable(shipped_folder(), "say where to keep them: --folds FOLDER", inside=True)
    return shipped_folder()
