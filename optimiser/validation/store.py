"""Fold predictions on disk: one file per model, each entry pinned to table, folds and settings."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser import builtin
from optimiser.errors import InputError
from optimiser.surrogate.held_out import fold_numbers
from optimiser.surrogate.protocols import make_folds
from optimiser.surrogate.table import TrainingTable
from optimiser.validation.predict import Job, OutOfFold

_FORMAT = 1
_LIBRARIES = ("numpy", "scikit-learn")
_REMEDY = "optimiser evaluate --refit, or remove the file"


def shipped_folder() -> Path:
    """Return the folder of the fold predictions that ship."""
    return builtin.folder("models") / "folds"


def settings_hash(job: Job) -> str:
    """Return the hash of a model's settings: predictions made with others are not its own."""
    return hashlib.sha256(json.dumps(dict(job.model.settings), sort_keys=True).encode()).hexdigest()


def load(folder: Path, job: Job, table: TrainingTable) -> OutOfFold | None:
    """Return the stored predictions of a job.

    Returns:
        None where there are none for this table, these folds and these settings.

    Raises:
        InputError: the file cannot be read.
    """
    about, arrays = _read(folder, job.model.name)
    entry = about.get(_key(job))
    if entry is None or entry["table"] != table.sha256 or entry["settings"] != settings_hash(job):
        return None
    fold, mean, spread = (arrays[f"{_key(job)}/{name}"] for name in ("fold", "mean", "spread"))
    now = fold_numbers(make_folds(table, job.protocol), len(table))
    if not np.array_equal(fold, now):
        return None
    return OutOfFold(now, mean.astype(np.float64), spread.astype(np.float64))


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
    arrays = dict(sorted(arrays.items()))
    arrays["about"] = np.array(json.dumps({"format": _FORMAT, "entries": about}, sort_keys=True))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)  # type: ignore[arg-type,unused-ignore]
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


def _read(folder: Path, model: str) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    path = _path(folder, model)
    if not path.is_file():
        return {}, {}
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(str(arrays.pop("about")))
        if about["format"] != _FORMAT:
            raise ValueError(f"its format is {about['format']}, not {_FORMAT}")
        entries = about["entries"]
        if any(f"{key}/{name}" not in arrays for key in entries for name in ("fold", "mean", "spread")):
            raise ValueError("an array is missing")
    except Exception as error:
        # zipfile, zlib, json and numpy each raise their own kinds
        raise InputError(
            f"The stored fold predictions {path} cannot be read: {error}.", where=str(path), remedy=_REMEDY
        ) from None
    return entries, arrays
