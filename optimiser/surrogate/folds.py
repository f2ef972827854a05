"""The held-out predictions that ship with an artefact, so that its skill can be told without a fit."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.errors import InputError
from optimiser.surrogate.held_out import HeldOut
from optimiser.surrogate.protocols import PROTOCOLS
from optimiser.surrogate.table import TrainingTable

FOLDS_FILE = "folds.npz"
_FORMAT = 1


def settings_hash(settings: Mapping[str, Any]) -> str:
    """Return the hash of settings: predictions made with others are not the model's own."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def pack_folds(table: TrainingTable, settings: Mapping[str, Any], held: Mapping[str, HeldOut]) -> bytes:
    """Return the content of ``folds.npz``."""
    about = {"format": _FORMAT, "table": table.sha256, "settings": settings_hash(settings)}
    arrays = {
        f"{protocol}_{name}": array
        for protocol, found in held.items()
        for name, array in found.arrays().items()
    }
    buffer = io.BytesIO()
    text = np.array(json.dumps(about, sort_keys=True))
    np.savez_compressed(buffer, allow_pickle=False, about=text, **arrays)  # type: ignore[arg-type,unused-ignore]
    return buffer.getvalue()


def read_folds(folder: Path, table: TrainingTable, settings: Mapping[str, Any]) -> dict[str, HeldOut] | None:
    """Return an artefact's held-out predictions by protocol.

    Returns:
        None where there are none for this table and these settings.

    Raises:
        InputError: the file cannot be read.
    """
    path = folder / FOLDS_FILE
    if not path.is_file():
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(str(arrays.pop("about")))
        if about["format"] != _FORMAT:
            raise ValueError(f"its format is {about['format']}, not {_FORMAT}")
        if about["table"] != table.sha256 or about["settings"] != settings_hash(settings):
            return None
        return {
            protocol: HeldOut.from_arrays(
                {
                    name.removeprefix(f"{protocol}_"): array
                    for name, array in arrays.items()
                    if name.startswith(f"{protocol}_")
                }
            )
            for protocol in PROTOCOLS
        }
    except Exception as error:
        # zipfile, zlib, json and numpy each raise their own kinds
        raise InputError(
            f"The stored fold predictions {path} cannot be read: {error}.",
            where=str(path),
            remedy="optimiser train, or remove the file",
        ) from None
