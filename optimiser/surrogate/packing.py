"""The files of an artefact: the arrays of a fitted model without a pickle, pinned by hash in the card."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, npz_arrays, read_bytes
from optimiser.surrogate.calibration import Calibration
from optimiser.surrogate.domain import Domain
from optimiser.surrogate.encoding import CATHODES, Encoding
from optimiser.surrogate.fitted import Fitted, Predictor
from optimiser.variables import Floats

_NOTHING: Mapping[str, npt.NDArray[Any]] = {}
CARD = "card.yaml"
#: The model that ships, and all that `optimiser train --model` fits.
SHIPPED = "pd-gbr"
MODELS = (SHIPPED, "pd-gbr-published", "gbr", "rf", "ann", "pd-rf", "pd-ann", "svm", "gp")


def pack(
    fitted: Predictor,
    acids: Mapping[str, Floats],
    domain: Domain,
    calibration: Calibration,
    beside: Mapping[str, npt.NDArray[Any]] = _NOTHING,
) -> bytes:
    """Return the content of ``arrays.npz``; the same arrays give the same bytes.

    ``beside`` is what the artefact of a system of one's own keeps besides.
    """
    arrays: dict[str, npt.NDArray[Any]] = {
        **fitted.arrays(),
        "anchor_features": fitted.features,
        "anchor_yields": fitted.yields,
        "acid_keys": np.array(list(acids)),
        "acid_features": np.array(list(acids.values())),
        **domain.arrays(),
        **calibration.arrays(),
        **beside,
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)  # type: ignore[arg-type,unused-ignore]
    return buffer.getvalue()


def unpack(
    arrays: Mapping[str, npt.NDArray[Any]], regressors: bytes | None, encoding: Encoding = CATHODES
) -> Predictor:
    """Return trees and anchors, or a rival of the model that ships.

    Args:
        encoding: what they see.
        arrays: content of ``arrays.npz``.
        regressors: content of a rival's file, None of trees.

    Raises:
        KeyError: an array is missing.
        ValueError: trees that do not fit, or regressors that would build what no model needs.
    """
    x, y = arrays["anchor_features"], arrays["anchor_yields"]
    if regressors is None:
        return Fitted.from_arrays(arrays, x, y, encoding)
    # the one place where predicting needs the room of rivals
    from optimiser.training.compare.rivals import Rival

    return Rival.from_arrays(arrays, regressors, x, y, encoding)


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
    """Return what to do about an artefact that cannot be used: get it back, or train it again."""
    if folder.resolve() == (builtin.folder("models") / SHIPPED).resolve():
        return "reinstall the product, or use one of your own: optimiser train --out FOLDER"
    known = folder.name in MODELS
    command = f"optimiser train --model {folder.name if known else 'NAME'}"
    # where training puts it unless told otherwise
    if not known or folder.resolve() != (Path("models") / folder.name).resolve():
        command += f" --out {folder}"
    if (folder / CARD).is_file():
        return f"train it again: {command} --force"
    # --force does not replace a folder without a card
    return f"remove the folder and train it again: {command}"


def _difference(content: bytes, expected: Any) -> str:
    """Return what has become of a file whose hash is not the one that was written."""
    if not isinstance(expected, int) or len(content) == expected:
        return "it was edited, or belongs to another card"
    return f"it is cut off, or another file: {len(content)} bytes, not {expected}"
