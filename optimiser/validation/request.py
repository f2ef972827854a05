"""What was asked for, by name, to jobs; refused before anything is fitted."""

from __future__ import annotations

from pathlib import Path

from optimiser.errors import InputError
from optimiser.surrogate.candidates import SHIPPED, choose_candidates
from optimiser.surrogate.feature_sets import COLUMNS, check_feature_set
from optimiser.surrogate.install import SHA256
from optimiser.surrogate.protocols import PROTOCOLS, check_protocol
from optimiser.surrogate.table import TrainingTable
from optimiser.validation.predict import Job
from optimiser.validation.store import shipped_folder


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


def choose_store(folder: Path | None, table: TrainingTable, *, write: bool) -> Path:
    """Return the folder of stored predictions: the one given, else the one that ships.

    Raises:
        InputError: predictions for another table than the published one would be written among those that
            ship, or the folder is a file.
    """
    if folder is not None:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is not a folder.", where="--folds", remedy="give a folder")
        return folder
    if write and table.sha256 != SHA256:
        raise InputError(
            "Fold predictions of this table would replace those of the published one.",
            where=str(table.path),
            remedy="say where to keep them: --folds FOLDER",
        )
    return shipped_folder()
