"""Stored predictions of rivals: one file per model, an entry for each protocol and feature set."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimiser._io.output import placed
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training import stored
from optimiser.training.compare.feature_sets import feature_columns
from optimiser.training.compare.request import Job
from optimiser.training.protocols import UNTESTED
from optimiser.variables import Bools, Floats, Ints

_LIBRARIES = ("numpy", "scikit-learn")
_ARRAYS = {"fold": np.int8, "mean": np.float32, "spread": np.float32}
_REMEDY = "remove the file; its predictions are then made again, in minutes (--refit stores them)"


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of n rows, each by the model of the fold that holds it out.

    Attributes:
        fold: number of each row's fold from 0, -1 where none tests it, shape (n,).
        mean: yields, clipped to 0-1, NaN where untested, shape (n, 4).
        spread: their spread, not calibrated, NaN where there is none, shape (n, 4).
        intervals: low and high yields at each of ``scores.LEVELS``, shape (n, 4, 3, 2); None where the model
            is not calibrated.
    """

    fold: Ints
    mean: Floats
    spread: Floats
    intervals: Floats | None = None

    @property
    def tested(self) -> Bools:
        """Which rows are tested, shape (n,)."""
        return np.asarray(self.fold != UNTESTED, dtype=np.bool_)


def settings_hash(job: Job) -> str:
    """Return the hash of what a model is fitted with: its settings, its recipe's version, its columns."""
    return stored.settings_hash(
        {
            "settings": dict(job.model.settings),
            "version": job.model.version,
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
    path = _path(folder, job)
    about, arrays = _read(path)
    if _key(job) not in about:
        return None
    with stored.reading(path, _REMEDY):
        entry = about[_key(job)]
        if (entry["table"], entry["settings"]) != (table.sha256, settings_hash(job)):
            return None
        taken = stored.Taken(arrays, f"{_key(job)}/", table, job.protocol)
        if not taken.same_folds():
            return None
        return OutOfFold(taken.fold, taken.array("mean", high=1.0), taken.array("spread", empty=True))


def save(folder: Path, job: Job, table: TrainingTable, found: OutOfFold) -> Path:
    """Add the predictions of a job to its model's file, written whole, and return the file.

    Raises:
        InputError: the file that is there cannot be read, or the folder cannot be written.
    """
    path = _path(folder, job)
    about, arrays = _read(path)
    about[_key(job)] = {
        "table": table.sha256,
        "settings": settings_hash(job),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }
    arrays |= {f"{_key(job)}/{name}": getattr(found, name).astype(kind) for name, kind in _ARRAYS.items()}
    with placed(path, "give --folds FOLDER") as part:
        part.write_bytes(stored.pack_arrays({"entries": about}, arrays))
    return path


def _path(folder: Path, job: Job) -> Path:
    return folder / f"{job.model.name}.npz"


def _key(job: Job) -> str:
    return f"{job.protocol}/{job.features}"


def _read(path: Path) -> tuple[dict[str, Any], stored.Arrays]:
    if not path.is_file():
        return {}, {}
    with stored.reading(path, _REMEDY):
        about, arrays = stored.read_arrays(path)
        return dict(about["entries"]), arrays
