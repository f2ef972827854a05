"""The files of an artefact that its card pins by their hash, and what to do where one does not match."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy.typing as npt

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, npz_arrays, read_bytes
from optimiser.training.compare.candidates import SHIPPED, candidates

CARD = "card.yaml"


def pinned(name: str, content: bytes) -> dict[str, Any]:
    """Return what a card says of a file: name, bytes, hash."""
    return {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def read_pinned(path: Path, card: dict[str, Any], key: str) -> bytes:
    """Return the content of a file that the card names under a key, and pins by its hash.

    Raises:
        InputError: it is missing, or is not the one that the card describes.
    """
    said = card.get(key)
    if not isinstance(said, dict) or not {"bytes", "sha256"} <= set(said):
        raise InputError(
            f"{path.parent / CARD} does not say which {key} it describes.", remedy=rebuild(path.parent)
        )
    if not path.exists():
        raise InputError(
            f"{path.parent} is not a complete artefact: it has no {path.name}.",
            where=str(path.parent / CARD),
            remedy=rebuild(path.parent),
        )
    content = read_bytes(path, MOST_TABLE, allowed=f"the {key} of an artefact")
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        raise InputError(
            f"{path} does not match its model card: {_difference(content, said['bytes'])}.",
            where=str(path),
            allowed=f"the file with sha256 {said['sha256']}",
            remedy=rebuild(path.parent),
        )
    return content


def read_arrays(path: Path, card: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an artefact by name.

    Raises:
        InputError: as :func:`read_pinned`, or the file cannot be read.
    """
    content = read_pinned(path, card, "arrays")
    try:
        return npz_arrays(path, content)
    except Exception as error:
        # zipfile, zlib and numpy each raise their own kinds
        raise InputError(
            f"{path} cannot be read: {error}.", where=str(path), remedy=rebuild(path.parent)
        ) from None


def rebuild(folder: Path) -> str:
    """Return what to do about an artefact that cannot be used: get it back, or fit it anew."""
    if folder.resolve() == (builtin.folder("models") / SHIPPED).resolve():
        return "reinstall the product, or use one of your own: optimiser train --out FOLDER"
    known = folder.name in candidates()
    command = f"optimiser train --model {folder.name if known else 'NAME'}"
    # where training puts it unless told otherwise
    if not known or folder.resolve() != (Path("models") / folder.name).resolve():
        command += f" --out {folder}"
    if (folder / CARD).is_file():
        return f"fit it anew: {command} --force"
    # --force does not replace a folder without a card
    return f"remove the folder and fit it anew: {command}"


def _difference(content: bytes, expected: Any) -> str:
    """Return what has become of a file whose hash is not the one that was written."""
    if not isinstance(expected, int) or len(content) == expected:
        return "it was edited, or belongs to another card"
    sizes = f"{len(content)} bytes, not {expected}"
    # a zip file, as all of these are, ends in a directory that one cut off lacks
    if len(content) < expected and not zipfile.is_zipfile(io.BytesIO(content)):
        return f"it is cut off, or another file: {sizes}"
    return f"it is another file: {sizes}"
