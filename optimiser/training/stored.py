"""Stored predictions on held-out data, so that accuracy is known without a fit.

A file holds arrays and, as JSON, what they belong to: the hashes of the training table and of the settings.
Predictions of another table, other settings or other folds are not taken; numbers that cannot be predictions
are refused.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, npz_arrays, read_bytes
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.table import SystemTable
from optimiser.training.held_out import HeldOut
from optimiser.training.protocols import PROTOCOLS, fold_numbers, make_folds
from optimiser.variables import Bools, Floats

#: Name of the file beside an artefact.
FOLDS_FILE = "folds.npz"
FORMAT = 1
Arrays = dict[str, npt.NDArray[Any]]
_REMEDY = "remove the file: its predictions are made again, in minutes; or run `optimiser train --force`"


def pack_held_out(
    table: TrainingTable | SystemTable, settings: Mapping[str, Any], held: Mapping[str, HeldOut]
) -> bytes:
    """Return the content of ``folds.npz``, held-out predictions by protocol."""
    arrays = {
        f"{protocol}_{f.name}": getattr(found, f.name).astype(np.int8 if f.name == "fold" else np.float32)
        for protocol, found in held.items()
        for f in fields(HeldOut)
    }
    return pack_arrays({"table": table.sha256, "settings": settings_hash(settings)}, arrays)


def read_held_out(
    folder: Path, table: TrainingTable, settings: Mapping[str, Any]
) -> dict[str, HeldOut] | None:
    """Return an artefact's held-out predictions by protocol.

    Returns:
        None where there are none for this table, these folds and these settings.

    Raises:
        InputError: the file cannot be read, or does not hold what it should.
    """
    path = folder / FOLDS_FILE
    if not path.is_file():
        return None
    found = {}
    with reading(path, _REMEDY):
        about, arrays = read_arrays(path)
        if (about["table"], about["settings"]) != (table.sha256, settings_hash(settings)):
            return None
        for protocol in PROTOCOLS:
            taken = Taken(arrays, f"{protocol}_", table, protocol)
            if not taken.same_folds():
                return None
            found[protocol] = HeldOut(
                fold=taken.fold,
                mean=taken.array("mean", low=-1.0, high=2.0),  # neither stretched nor clipped, yet of yields
                spread=taken.array("spread"),
                disagreement=taken.array("disagreement"),
                distance=taken.array("distance", taken.fold >= 0),
            )
    return found


def settings_hash(settings: Mapping[str, Any]) -> str:
    """Return the hash of settings: predictions made with others are not the model's own."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


@contextmanager
def reading(path: Path, remedy: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into one refusal of the file.

    Raises:
        InputError: something did.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        # zipfile, zlib, json and numpy each raise their own kinds
        said = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) and error.args else str(error)
        raise InputError(
            f"The stored fold predictions {path} cannot be read: {said}.", where=str(path), remedy=remedy
        ) from None


def read_arrays(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return a file's description and its arrays by name. To be called within :func:`reading`.

    Raises:
        ValueError: its format is another; what numpy, zipfile and json raise comes through.
    """
    arrays = npz_arrays(path, read_bytes(path, MOST_TABLE))
    about = json.loads(str(arrays.pop("about")))
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    return about, arrays


def pack_arrays(about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the content of a file that :func:`read_arrays` reads, arrays in the order of their names."""
    buffer = io.BytesIO()
    text = np.array(json.dumps({"format": FORMAT, **about}, sort_keys=True))
    ordered = {"about": text, **dict(sorted(arrays.items()))}
    np.savez_compressed(buffer, allow_pickle=False, **ordered)  # type: ignore[arg-type,unused-ignore]
    return buffer.getvalue()


class Taken:
    """The stored arrays of one protocol, each checked as it is taken; to be used within :func:`reading`.

    Args:
        arrays: of the file.
        prefix: of the names of the protocol's arrays.
        table: training table of n rows.
        protocol: under which they were predicted.

    Attributes:
        fold: number of the fold that tests each row, -1 where none does, shape (n,).
    """

    def __init__(self, arrays: Arrays, prefix: str, table: TrainingTable, protocol: str) -> None:
        self._arrays, self._prefix = arrays, prefix
        self.fold = fold_numbers(make_folds(table, protocol), len(table))
        self._yields = (self.fold >= 0)[:, None] & table.present

    def same_folds(self) -> bool:
        """Return whether the stored folds are those of the table.

        Raises:
            ValueError: they are not one number for each row.
        """
        name = f"{self._prefix}fold"
        stored = self._arrays[name]
        if stored.shape != self.fold.shape or stored.dtype.kind not in "iu":
            raise ValueError(f"{name} is not one whole number for each of {len(self.fold)} rows")
        return bool(np.array_equal(stored, self.fold))

    def array(
        self,
        name: str,
        counted: Bools | None = None,
        *,
        low: float = 0.0,
        high: float = np.inf,
        empty: bool = False,
    ) -> Floats:
        """Return a stored array in double precision.

        Args:
            name: without the prefix.
            counted: which of its values must be numbers; the yields tested if left out.
            low, high: between which they must lie.
            empty: whether no number at all is an answer, too.

        Raises:
            ValueError: another shape or kind, a number that is missing, not finite or out of range.
        """
        counted = self._yields if counted is None else counted
        name = f"{self._prefix}{name}"
        stored = self._arrays[name]
        if stored.shape != counted.shape or stored.dtype.kind != "f":
            raise ValueError(
                f"{name} is not an array of {' x '.join(map(str, counted.shape))} decimal numbers"
            )
        values = stored.astype(np.float64)
        here = values[counted]
        if empty and np.isnan(here).all():
            return values
        if not np.isfinite(here).all():
            raise ValueError(f"{name} lacks numbers for what is tested")
        if here.size and not (low <= here.min() and here.max() <= high):
            raise ValueError(
                f"{name} reaches from {here.min():g} to {here.max():g}, beyond {low:g} to {high:g}"
            )
        return values
