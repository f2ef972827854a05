"""The held-out predictions that ship with an artefact, so that its skill can be told without a fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.held_out import HeldOut, fold_numbers
from optimiser.training.protocols import PROTOCOLS, make_folds
from optimiser.training.stored import (
    Arrays,
    checked,
    pack_arrays,
    read_arrays,
    reading,
    same_folds,
    settings_hash,
)
from optimiser.variables import Bools, Floats

FOLDS_FILE = "folds.npz"
_REMEDY = (
    "remove the file: what it held is then fitted anew, in minutes; `optimiser train --force` writes it again"
)


def pack_folds(table: TrainingTable, settings: Mapping[str, Any], held: Mapping[str, HeldOut]) -> bytes:
    """Return the content of ``folds.npz``."""
    arrays = {
        f"{protocol}_{name}": array
        for protocol, found in held.items()
        for name, array in found.arrays().items()
    }
    return pack_arrays({"table": table.sha256, "settings": settings_hash(settings)}, arrays)


def read_folds(folder: Path, table: TrainingTable, settings: Mapping[str, Any]) -> dict[str, HeldOut] | None:
    """Return an artefact's held-out predictions by protocol.

    Returns:
        None where there are none for this table, these folds and these settings.

    Raises:
        InputError: the file cannot be read, or does not hold what it should.
    """
    path = folder / FOLDS_FILE
    if not path.is_file():
        return None
    with reading(path, _REMEDY):
        about, arrays = read_arrays(path)
        if about["table"] != table.sha256 or about["settings"] != settings_hash(settings):
            return None
        found = {protocol: _of_protocol(arrays, protocol, table) for protocol in PROTOCOLS}
    kept = {protocol: held for protocol, held in found.items() if held is not None}
    return kept if len(kept) == len(found) else None


def _of_protocol(arrays: Arrays, protocol: str, table: TrainingTable) -> HeldOut | None:
    """Return one protocol's predictions, None where its folds are not those of the table.

    Raises:
        ValueError, KeyError: they cannot be predictions of this table.
    """
    now = fold_numbers(make_folds(table, protocol), len(table))
    if not same_folds(f"{protocol}_fold", arrays[f"{protocol}_fold"], now):
        return None

    tested = now >= 0

    def of(name: str, counted: Bools, low: float = 0.0, high: float = np.inf) -> Floats:
        return checked(f"{protocol}_{name}", arrays[f"{protocol}_{name}"], counted, low=low, high=high)

    # nothing is said of metals that the feed does not contain
    yields = tested[:, None] & table.present
    return HeldOut(
        fold=now,
        mean=of("mean", yields, low=-1.0, high=2.0),  # neither stretched nor clipped, yet of yields
        spread=of("spread", yields),
        disagreement=of("disagreement", yields),
        distance=of("distance", tested),
    )
