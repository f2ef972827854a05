"""What the files of stored fold predictions share: how they are read, pinned to settings and checked."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, npz_arrays, read_bytes
from optimiser.variables import Bools, Floats, Ints

#: Of the files; one number for all, since they are read alike.
FORMAT = 1
Arrays = dict[str, npt.NDArray[Any]]


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
    """Return what a file says about itself, and its arrays by name. To be called within :func:`reading`.

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


def same_folds(name: str, stored: npt.NDArray[Any], now: Ints) -> bool:
    """Return whether the stored numbers of the folds are those of the table, shape (n,).

    Raises:
        ValueError: they are not one number for each row.
    """
    if stored.shape != now.shape or stored.dtype.kind not in "iu":
        raise ValueError(f"{name} is not one whole number for each of {len(now)} rows")
    return bool(np.array_equal(stored, now))


def checked(
    name: str,
    stored: npt.NDArray[Any],
    counted: Bools,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    empty: bool = False,
) -> Floats:
    """Return a stored array in double precision, if it can be what it is taken for.

    Args:
        name: by which it is told.
        stored: as read.
        counted: which of its values must be numbers, those tested; of the shape that it must have.
        low, high: between which they are.
        empty: whether no number at all is an answer, too.

    Raises:
        ValueError: another shape or kind, a number that is missing, not finite or out of range.
    """
    if stored.shape != counted.shape or stored.dtype.kind != "f":
        raise ValueError(f"{name} is not an array of {' x '.join(map(str, counted.shape))} decimal numbers")
    values = stored.astype(np.float64)
    here = values[counted]
    if empty and np.isnan(here).all():
        return values
    if not np.isfinite(here).all():
        raise ValueError(f"{name} lacks numbers for what is tested")
    if here.size and not (low <= here.min() and here.max() <= high):
        raise ValueError(f"{name} reaches from {here.min():g} to {here.max():g}, beyond {low:g} to {high:g}")
    return values
