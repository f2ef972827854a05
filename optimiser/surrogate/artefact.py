"""The fitted surrogate on disk and in memory: ``arrays.npz`` and ``card.yaml``, no pickle."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser import builtin
from optimiser.designs import Designs, Floats
from optimiser.errors import InputError, closest
from optimiser.surrogate.domain import Domain, DomainSettings
from optimiser.surrogate.features import (
    ACID_COLUMNS,
    FEATURES,
    METALS,
    AcidLike,
    Feature,
    FeedLike,
    feature_matrix,
)
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.trees import Forest
from optimiser.yamlfile import read_yaml

FORMAT = 1
CARD = "card.yaml"
ARRAYS = "arrays.npz"
#: Key of the card that holds the hash of the rest of it.
SEAL = "card_sha256"
_REBUILD = "optimiser train, or reinstall the product to get the artefact it ships with"


@dataclass(frozen=True)
class YieldPrediction:
    """Yields of n designs as fractions; metals in the order Li, Ni, Mn, Co, NaN where the feed lacks one.

    Attributes:
        mean: mean over anchors, clipped to 0-1, shape (n, 4).
        spread: standard deviation over anchors, not calibrated, shape (n, 4).
    """

    mean: Floats
    spread: Floats


@dataclass(frozen=True)
class Surrogate:
    """A fitted yield model.

    Attributes:
        name: of the artefact's folder.
        path: the folder.
        card: the model card: provenance, hyperparameters, measured skill, licence.
        sha256: hash of the card, which holds that of the arrays: it names the artefact.
        fitted: trees and anchors.
        acids: features of the acids of the training data, by ``features.acid_key``.
        domain: where the data support a prediction.
    """

    name: str
    path: Path
    card: dict[str, Any]
    sha256: str
    fitted: Fitted
    acids: Mapping[str, Floats]
    domain: Domain

    @property
    def features(self) -> tuple[Feature, ...]:
        """Names and units of what the model sees."""
        return FEATURES

    @property
    def anchors(self) -> int:
        """Number of anchors."""
        return len(self.fitted.yields)

    def predict(self, feed: FeedLike, acids: Sequence[AcidLike], designs: Designs) -> YieldPrediction:
        """Predict the yields of designs.

        Args:
            feed: the cathode.
            acids: the acids that ``designs.acid`` counts; those of the training data are recognised by SMILES
                and seen as in training.
            designs: n designs.

        Raises:
            InputError: an unreadable SMILES, or numba cannot compile here.
        """
        mean, spread = self.fitted.predict(feature_matrix(feed, acids, designs, self.acids))
        present = np.asarray(feed.present, dtype=bool)
        return YieldPrediction(
            np.where(present, mean.clip(0.0, 1.0), np.nan), np.where(present, spread, np.nan)
        )

    def interval(self, prediction: YieldPrediction, level: float = 0.9) -> tuple[Floats, Floats]:
        """Return low and high yields, shape (n, 4) each: mean -+ normal quantile x spread, clipped to 0-1.

        Not calibrated: on held-out rows it holds fewer yields than ``level`` says (see the card's
        ``share_within_1.96_spreads``).

        Raises:
            ValueError: the level is not between 0 and 1.
        """
        if not 0.0 < level < 1.0:
            raise ValueError(f"level must be between 0 and 1, not {level!r}")
        half = NormalDist().inv_cdf((1.0 + level) / 2.0) * prediction.spread
        return (prediction.mean - half).clip(0.0, 1.0), (prediction.mean + half).clip(0.0, 1.0)


def pack(fitted: Fitted, acids: Mapping[str, Floats], domain: Domain) -> bytes:
    """Return the content of ``arrays.npz``; the same arrays give the same bytes."""
    arrays: dict[str, npt.NDArray[Any]] = {f.name: getattr(fitted.forest, f.name) for f in fields(Forest)}
    arrays |= {"anchor_features": fitted.features, "anchor_yields": fitted.yields}
    arrays |= {"acid_keys": np.array(list(acids)), "acid_features": np.array(list(acids.values()))}
    arrays |= domain.arrays()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)  # type: ignore[arg-type,unused-ignore]
    return buffer.getvalue()


def complete_card(card: dict[str, Any], arrays: bytes, domain: Domain) -> dict[str, Any]:
    """Return a card with the fields that reading an artefact back relies on."""
    full = {
        "format": FORMAT,
        **card,
        "features": [{"name": name, "unit": unit} for name, unit in FEATURES],
        "metals": list(METALS),
        "domain": {**asdict(domain.settings), "threshold": domain.threshold},
        "arrays": {"file": ARRAYS, "bytes": len(arrays), "sha256": hashlib.sha256(arrays).hexdigest()},
    }
    return {**full, SEAL: seal(full)}


def seal(card: Mapping[str, Any]) -> str:
    """Return the hash of a card's content without the seal itself: it shows that a card was edited."""
    content = {key: value for key, value in card.items() if key != SEAL}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_surrogate(name_or_path: str | Path) -> Surrogate:
    """Read an artefact given by the name of a shipped one (``pd-gbr``) or by the path of its folder.

    Raises:
        InputError: there is none, a file is missing, cut off or edited, or the format is another.
    """
    folder = _find(name_or_path)
    for file in (CARD, ARRAYS):
        if not (folder / file).is_file():
            raise InputError(
                f"{folder} is not a complete artefact: it has no {file}.",
                allowed=f"a folder with {CARD} and {ARRAYS}",
                remedy=_REBUILD,
            )
    document = read_yaml(folder / CARD)
    card = document.data
    where = str(folder / CARD)
    if not isinstance(card, dict) or not isinstance(card.get("format"), int):
        raise InputError(
            f"{where} is not a model card: it has no format number.", where=where, remedy=_REBUILD
        )
    if card["format"] != FORMAT:
        newer = card["format"] > FORMAT
        raise InputError(
            f"The artefact {folder.name!r} has format {card['format']}; this version reads format {FORMAT}.",
            where=where,
            remedy="update leaching-optimiser" if newer else _REBUILD,
        )
    arrays = _read_arrays(folder / ARRAYS, card)
    try:
        features = tuple(Feature(f["name"], f["unit"]) for f in card["features"])
        if features != FEATURES or card["metals"] != list(METALS):
            raise ValueError("its features or metals are not those of this version")
        surrogate = Surrogate(
            name=folder.name,
            path=folder,
            card=card,
            sha256=hashlib.sha256((folder / CARD).read_bytes()).hexdigest(),
            fitted=_fitted(arrays),
            acids=dict(zip(arrays["acid_keys"].tolist(), arrays["acid_features"], strict=True)),
            domain=_domain(arrays, card["domain"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"The artefact {folder.name!r} is not consistent: {error}.", where=where, remedy=_REBUILD
        ) from None
    if card.get(SEAL) != seal(card):
        raise InputError(
            f"The model card of {folder.name!r} is not the one that was written: it was edited.",
            where=where,
            remedy=_REBUILD,
        )
    return surrogate


def _find(name_or_path: str | Path) -> Path:
    given = Path(name_or_path)
    shipped = builtin.folder("models") / given.name
    if given.is_dir():
        return given
    if given.name == str(name_or_path) and shipped.is_dir():
        return shipped
    known = sorted(card.parent.name for card in builtin.folder("models").glob(f"*/{CARD}"))
    if given.is_file():
        raise InputError(
            f"{given} is a file, not an artefact.", allowed=f"the folder that holds {CARD} and {ARRAYS}"
        )
    raise InputError(
        f"There is no surrogate {str(name_or_path)!r}.",
        allowed="the folder of an artefact, or one of: " + ", ".join(known),
        remedy=closest(given.name, known) or "optimiser list models",
    )


def _read_arrays(path: Path, card: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    said = card.get("arrays")
    if not isinstance(said, dict) or not {"bytes", "sha256"} <= set(said):
        raise InputError(f"{path.parent / CARD} does not say which arrays it describes.", remedy=_REBUILD)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        size = (
            f"it is cut off, {len(content)} of {said['bytes']} bytes"
            if isinstance(said["bytes"], int) and len(content) < said["bytes"]
            else "it was edited, or belongs to another card"
        )
        raise InputError(
            f"{path} does not match its model card: {size}.",
            where=str(path),
            allowed=f"the file with sha256 {said['sha256']}",
            remedy=_REBUILD,
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except Exception as error:
        # zipfile, zlib and numpy each raise their own kinds
        raise InputError(f"{path} cannot be read: {error}.", where=str(path), remedy=_REBUILD) from None


def _fitted(arrays: Mapping[str, npt.NDArray[Any]]) -> Fitted:
    forest = Forest(**{f.name: arrays[f.name] for f in fields(Forest)})
    forest.check(len(FEATURES))
    x, y = arrays["anchor_features"], arrays["anchor_yields"]
    if x.shape != (len(y), len(FEATURES)) or y.shape[1:] != (len(METALS),) or forest.n_models != len(METALS):
        raise ValueError("the anchors' shapes do not fit")
    if np.isnan(y).all(axis=0).any():
        raise ValueError("a metal has no anchor")
    if arrays["acid_features"].shape != (len(arrays["acid_keys"]), len(ACID_COLUMNS)):
        raise ValueError("the acids' features do not fit")
    return Fitted(forest, x, y)


def _domain(arrays: Mapping[str, npt.NDArray[Any]], said: dict[str, Any]) -> Domain:
    acids, acid = tuple(arrays["domain_acids"].tolist()), arrays["domain_acid"].astype(np.intp)
    shapes = {"domain_feed": 3, "domain_fixed": 4, "domain_time": 2}
    if any(arrays[name].shape != (len(acid), width) for name, width in shapes.items()):
        raise ValueError("the domain's shapes do not fit")
    if len(acid) and not 0 <= acid.min() <= acid.max() < len(acids):
        raise ValueError("the domain names an unknown acid")
    settings = DomainSettings(**{f.name: said[f.name] for f in fields(DomainSettings)})
    threshold = float(said["threshold"])
    if not threshold > 0.0:
        raise ValueError("the domain's threshold is not positive")
    return Domain(
        acids, acid, arrays["domain_feed"], arrays["domain_fixed"], arrays["domain_time"], settings, threshold
    )
