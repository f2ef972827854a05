"""Fold predictions on disk: one file per model, each entry pinned to table, folds and settings."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training import stored
from optimiser.training.compare.feature_sets import feature_columns
from optimiser.training.compare.predict import Job, OutOfFold
from optimiser.training.held_out import fold_numbers
from optimiser.training.protocols import make_folds

_LIBRARIES = ("numpy", "scikit-learn")
_ARRAYS = ("fold", "mean", "spread")
_REMEDY = "remove the file; what it held is then fitted anew, in minutes (--refit stores it)"


def shipped_folder() -> Path:
    """Return the folder of the fold predictions that ship."""
    return builtin.folder("models") / "folds"


def settings_hash(job: Job) -> str:
    """Return the hash of what a model is fitted with: its settings, its recipe's version, its columns."""
    model = job.model
    return stored.settings_hash(
        {
            "settings": dict(model.settings),
            "version": model.version,
            "columns": feature_columns(job.features),
        }
    )


def load(folder: Path, job: Job, table: TrainingTable) -> OutOfFold | None:
    """Return the stored predictions of a job.

    Returns:
        None where there are none for this table, these folds and these settings.

    Raises:
        InputError: the file cannot be read, or does not hold what it should.
    """
    about, arrays = _read(folder, job.model.name)
    entry = about.get(_key(job))
    if entry is None or entry["table"] != table.sha256 or entry["settings"] != settings_hash(job):
        return None
    now = fold_numbers(make_folds(table, job.protocol), len(table))
    names = {name: f"{_key(job)}/{name}" for name in _ARRAYS}
    counted = (now >= 0)[:, None] & table.present
    with stored.reading(_path(folder, job.model.name), _REMEDY):
        if not stored.same_folds(names["fold"], arrays[names["fold"]], now):
            return None
        mean = stored.checked(names["mean"], arrays[names["mean"]], counted, low=0.0, high=1.0)
        spread = stored.checked(names["spread"], arrays[names["spread"]], counted, low=0.0, empty=True)
    return OutOfFold(now, mean, spread)


def save(folder: Path, job: Job, table: TrainingTable, found: OutOfFold) -> Path:
    """Add the predictions of a job to its model's file, written whole, and return the file.

    Raises:
        InputError: the file that is there cannot be read, or the folder cannot be written.
    """
    about, arrays = _read(folder, job.model.name)
    about[_key(job)] = {
        "table": table.sha256,
        "settings": settings_hash(job),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }
    arrays[f"{_key(job)}/fold"] = found.fold.astype(np.int8)
    arrays[f"{_key(job)}/mean"] = found.mean.astype(np.float32)
    arrays[f"{_key(job)}/spread"] = found.spread.astype(np.float32)
    path, part = _path(folder, job.model.name), folder / f".{job.model.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(stored.pack_arrays({"entries": about}, arrays))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"The fold predictions cannot be written: {error}.",
            where=str(folder),
            remedy="give --folds FOLDER",
        ) from None
    return path


def _path(folder: Path, model: str) -> Path:
    return folder / f"{model}.npz"


def _key(job: Job) -> str:
    return f"{job.protocol}/{job.features}"


def _read(folder: Path, model: str) -> tuple[dict[str, Any], stored.Arrays]:
    path = _path(folder, model)
    if not path.is_file():
        return {}, {}
    with stored.reading(path, _REMEDY):
        about, arrays = stored.read_arrays(path)
        entries: dict[str, Any] = about["entries"]
        for key, entry in entries.items():
            if not {"table", "settings"} <= set(entry):
                raise ValueError(f"{key} is not pinned to a table and settings")
            for name in _ARRAYS:
                if f"{key}/{name}" not in arrays:
                    raise ValueError(f"the array {key}/{name} is missing")
    return entries, arrays
