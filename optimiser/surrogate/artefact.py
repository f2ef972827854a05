"""The fitted surrogate on disk and in memory: card, arrays, and a rival's regressors; no pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from optimiser._io import builtin
from optimiser._io.errors import InputError, closest
from optimiser._io.extras import needs
from optimiser._io.reading import MOST_TABLE, read_bytes
from optimiser._io.yamlfile import read_yaml
from optimiser.surrogate.calibration import (
    INTERVAL_LEVEL,
    Calibration,
    stretched,
    tails,
    widening,
)
from optimiser.surrogate.coordinates import impurities_of
from optimiser.surrogate.domain import Domain, Neighbourhood
from optimiser.surrogate.encoding import CATHODES, Encoding, encoding_of
from optimiser.surrogate.features import Feature, Leachant, Leached, of_cathode
from optimiser.surrogate.fitted import Predictor
from optimiser.surrogate.mixed import mixed
from optimiser.surrogate.packing import (
    CARD,
    MODELS,
    SHIPPED,
    pinned,
    read_arrays,
    read_pinned,
    rebuild,
    unpack,
)
from optimiser.surrogate.residuals import Prior
from optimiser.surrogate.site import (
    PRIOR_FILE,
    RESULTS_FILE,
    OwnData,
    Site,
    build,
    prior_in,
    prior_of_base,
)
from optimiser.surrogate.space import Space
from optimiser.systems.system import System
from optimiser.systems.table import SystemTable
from optimiser.variables import Designs, Floats

FORMAT = 3
#: Of a site model whose results have impurities or mixtures of acids, which earlier versions would overlook.
SITE_FORMAT = 4
ARRAYS = "arrays.npz"
#: Of a rival of the shipped default only.
REGRESSORS = "regressors.skops"
#: Of a model of a system other than cathodes, which earlier versions would not understand.
SYSTEM_FORMAT = 5
#: What the card of a site model says of its kind, and that of a system other than cathodes.
SITE, SYSTEM = "site", "system"
#: Key of the card that holds the hash of the rest of it.
SEAL = "card_sha256"

#: ``low``: a few anchors, at the setpoint alone; enough for the first half of a search and
#: to choose among candidates. ``high``: every anchor, over the tolerances.
Fidelity = Literal["low", "high"]
#: Anchors of the low fidelity: the first of those chosen, which stand for all (docs/speed.md).
LOW_ANCHORS = 4
#: Points of a tolerance at each fidelity (docs/model.md).
POINTS: Mapping[Fidelity, int] = {"low": 1, "high": 64}
_NEIGHBOURHOODS = 256  # feeds with acids whose experiments are remembered, some kB each


@dataclass(frozen=True)
class YieldPrediction:
    """Yields of n designs as fractions; metals in the order Li, Ni, Mn, Co, NaN where the feed lacks one.

    Attributes:
        mean: the expected yield, that is the mean of its calibrated distribution on 0-1, shape (n, 4).
        spread: standard deviation over anchors, not calibrated, shape (n, 4).
        scale: of the error, for :class:`~optimiser.surrogate.calibration.Calibration`, shape (n, 4).
        domain_ratio: distance to the data, or the members' disagreement, as a share of its limit, whichever
            is greater: at most 1 inside the applicability domain, shape (n,).
        over: of designs that move, the expected yields at each point, shape (n, p, 4); else None.
        location: of the calibrated distributions, shape (n, 4), where :meth:`Surrogate.located` was asked.
    """

    mean: Floats
    spread: Floats
    scale: Floats
    domain_ratio: Floats
    over: Floats | None = None
    location: Floats | None = None

    def __len__(self) -> int:
        return len(self.mean)

    def take(self, rows: npt.NDArray[Any]) -> YieldPrediction:
        """Return some of the designs' rows; what single points of a tolerance say is left behind."""
        at = None if self.location is None else self.location[rows]
        parts = self.mean[rows], self.spread[rows], self.scale[rows], self.domain_ratio[rows]
        return YieldPrediction(*parts, location=at)

    @classmethod
    def joined(cls, parts: Sequence[YieldPrediction]) -> YieldPrediction:
        """Return the rows of all parts, likewise."""
        names = ["mean", "spread", "scale", "domain_ratio"]
        if all(part.location is not None for part in parts):
            names.append("location")
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True)
class Surrogate:
    """A fitted yield model.

    Attributes:
        name: of the artefact's folder.
        path: the folder.
        card: the model card: provenance, hyperparameters, measured skill, licence.
        sha256: hash of the card, which holds that of the arrays: it names the artefact.
        fitted: trees and anchors, or a rival's regressors.
        acids: features of the acids of the training data, by ``descriptors.structure_key``.
        domain: where the data support a prediction.
        calibration: how far off predictions are.
        site: what own results taught, None of a published model.
        encoding: what it sees, which knows the system that it is a model of.
        own_prior: what the held-out predictions of a system of one's own say of a plant before its first
            result; None of cathodes, whose stands in ``models/learning.npz``.
        table: the rows that a system of one's own was fitted on; None of cathodes, whose table does not ship.
    """

    name: str
    path: Path
    card: dict[str, Any]
    sha256: str
    fitted: Predictor
    acids: Mapping[str, Floats]
    domain: Domain
    calibration: Calibration
    site: Site | None = None
    encoding: Encoding = CATHODES
    own_prior: Prior | None = None
    table: SystemTable | None = None
    _near: Callable[[tuple[float, ...], str], Neighbourhood] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        def near(composition: tuple[float, ...], key: str) -> Neighbourhood:
            return self.domain.near(np.array(composition), key)

        object.__setattr__(self, "_near", lru_cache(_NEIGHBOURHOODS)(near))

    def __reduce__(self) -> tuple[type[Surrogate], tuple[Any, ...]]:
        """Leave what is remembered behind when a copy goes to another process."""
        return Surrogate, tuple(getattr(self, f.name) for f in fields(self) if f.init)

    @property
    def features(self) -> tuple[Feature, ...]:
        """Names and units of what the model sees."""
        return self.encoding.features

    @property
    def system(self) -> System:
        """What it is a model of: setpoints, choices, responses."""
        return self.encoding.system

    @property
    def anchors(self) -> int:
        """Number of anchors."""
        return self.fitted.anchors

    def anchors_at(self, fidelity: Fidelity) -> int:
        """Return how many anchors a fidelity compares designs with."""
        return min(LOW_ANCHORS, self.anchors) if fidelity == "low" else self.anchors

    def predict(
        self,
        feed: Leached,
        acids: Sequence[Leachant],
        designs: Designs,
        *,
        fidelity: Fidelity = "high",
        moved: Floats | None = None,
        quantile: float | None = None,
    ) -> YieldPrediction:
        """Predict the yields of designs, or their mean over where designs may end up.

        Args:
            feed: the cathode.
            acids: the acids that ``designs.acid`` counts; those of the training data are recognised by SMILES
                and seen as in training; the yields of a mixture are a guess (`optimiser.surrogate.mixed`).
            designs: n designs.
            fidelity: ``search`` compares with a few anchors, ``final`` with all.
            moved: where each design may end up, all equally likely, as
                :meth:`Tolerances.moved` gives it, shape (n, p, 5); None for the designs
                as they are. The domain looks at the designs as they are.
            quantile: quantile over ``moved`` to count instead of the mean.

        Raises:
            InputError: an unreadable SMILES, or numba cannot compile here.

        Designs say how much of the whole feed there is per litre; the model is asked for the cathode in it.
        """
        if feed.cathode_share != 1.0:
            designs = designs.at(designs.acid, of_cathode(designs.continuous, feed.cathode_share))
            moved = None if moved is None else of_cathode(moved, feed.cathode_share)
        parts = mixed(acids, designs)
        seen = (acids, designs) if parts is None else (parts.acids, parts.designs)
        features = self.encoding.matrix(feed, *seen, self.acids)
        points = moved if parts is None or moved is None else moved[parts.row]
        raw = self.fitted.predict(features, self.anchors_at(fidelity), points)
        present = np.asarray(feed.present, dtype=bool)[: len(self.system.responses)]
        by = self.calibration.stretch
        centre, spread, disagreement = (
            np.where(present, part, np.nan)
            for part in (stretched(raw.mean, by), raw.spread, raw.disagreement)
        )
        published = self.calibration if self.site is None else self.site.expected
        mean, over = published.expected(centre), None
        if raw.over is not None:
            over = published.expected(np.where(present, stretched(raw.over, by), np.nan))
            mean = over.mean(axis=1)
        if parts is not None:
            centre, spread, disagreement, mean = map(parts.mean, (centre, spread, disagreement, mean))
            over = None if over is None else parts.mean(over)
        scale, ratio = np.empty_like(centre), np.empty(len(centre))
        composition = feed.place
        for k in np.unique(designs.acid):
            rows, key = designs.acid == k, acids[k].key
            near, here, apart = self._near(composition, key), designs.continuous[rows], disagreement[rows]
            scale[rows] = self.calibration.scale(centre[rows], spread[rows], apart, near, here)
            after = None
            if self.site is not None:
                beside = impurities_of(feed)
                after = self.site.posterior(composition, key, here, mean[rows], scale[rows], beside)
            if self.site is not None and after is None:
                scale[rows] *= self.site.unlearned
            if self.site is not None and after is not None:
                apart = apart * np.minimum(after.remaining, 1.0)
                scale[rows] *= self.site.prior.narrowing(after.remaining)
            ratio[rows] = self.domain.ratio(near.distance(here), apart)
            scale[rows] *= widening(ratio[rows], self.calibration.growth)[:, None]
            if after is not None:
                shift = after.mean - (1.0 - after.alone) * mean[rows]
                mean[rows] = self.calibration.within(after.mean, scale[rows])
                if over is not None:
                    points = (1.0 - after.alone) * over[rows] + shift[:, None]
                    over[rows] = self.calibration.within(points, scale[rows][:, None])
                    mean[rows] = over[rows].mean(axis=1)
        if over is not None and quantile is not None:
            mean = np.quantile(over, quantile, axis=1)
        return YieldPrediction(mean, spread, scale, ratio, over)

    def located(self, prediction: YieldPrediction) -> YieldPrediction:
        """Return a prediction that remembers where its distributions lie, for those who ask it often."""
        at = self.calibration.location(prediction.mean, prediction.scale)
        return replace(prediction, location=at)

    def quantile(self, prediction: YieldPrediction, p: float) -> Floats:
        """Return the yields that are not reached with probability ``p``, shape (n, 4); calibrated.

        Raises:
            ValueError: ``p`` is not between 0 and 1.
        """
        if not 0.0 < p < 1.0:
            raise ValueError(f"p must be between 0 and 1, not {p!r}")
        return self.calibration.quantile(prediction.mean, prediction.scale, p, prediction.location)

    def interval(self, prediction: YieldPrediction, level: float = INTERVAL_LEVEL) -> tuple[Floats, Floats]:
        """Return low and high yields between which a yield lies with probability ``level``, (n, 4) each.

        Raises:
            ValueError: the level is not between 0 and 1.
        """
        low, high = tails(level)
        return self.quantile(prediction, low), self.quantile(prediction, high)

    def probability(self, prediction: YieldPrediction, target: float) -> Floats:
        """Return the probability that each yield is at least ``target``, shape (n, 4); calibrated."""
        return self.calibration.probability(prediction.mean, prediction.scale, target, prediction.location)

    def drawn(self, prediction: YieldPrediction, scores: Floats) -> Floats:
        """Return yields as they would be with the errors of some held-out rows, shape (n, r, 4).

        Args:
            prediction: of n designs.
            scores: rows of ``calibration.scores``, shape (r, 4).
        """
        return self.calibration.drawn(prediction.mean, prediction.scale, scores, prediction.location)

    def slacks(self, prediction: YieldPrediction, targets: Floats, number: int | None = None) -> Floats:
        """Return by how much all targets at once are exceeded with each held-out row's errors, (n, r).

        ``number`` rows may stand for all. See `Calibration.slacks`.
        """
        return self.calibration.slacks(
            prediction.mean, prediction.scale, targets, prediction.location, number
        )

    def joint_probability(self, prediction: YieldPrediction, targets: Floats) -> Floats:
        """Return the probability that every yield reaches its target at once, shape (n,).

        Args:
            prediction: of n designs.
            targets: NaN where a metal has none, shape (4,).
        """
        return self.calibration.joint_probability(
            prediction.mean, prediction.scale, targets, prediction.location
        )


def complete_card(
    card: dict[str, Any],
    arrays: bytes,
    domain: Domain,
    regressors: bytes | None = None,
    encoding: Encoding = CATHODES,
) -> dict[str, Any]:
    """Return a card with the fields that reading an artefact back relies on."""
    system = encoding.system
    own = {} if system.is_cathode else {"kind": SYSTEM, "system": system.record()}
    full = {
        "format": FORMAT if system.is_cathode else SYSTEM_FORMAT,
        **card,
        **own,
        "features": [{"name": name, "unit": unit} for name, unit in encoding.features],
        "metals": list(system.responses),
        "domain": {
            **asdict(domain.settings),
            "distance_limit": domain.distance_limit,
            "disagreement_limit": domain.disagreement_limit,
        },
        "arrays": pinned(ARRAYS, arrays),
        **({} if regressors is None else {"regressors": pinned(REGRESSORS, regressors)}),
    }
    return {**full, SEAL: seal(full)}


def seal(card: Mapping[str, Any]) -> str:
    """Return the hash of a card's content without the seal itself: it shows that a card was edited."""
    content = {key: value for key, value in card.items() if key != SEAL}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_surrogate(name_or_path: str | Path, *, beside: Path | None = None, where: str = "") -> Surrogate:
    """Read an artefact given by its name (``pd-gbr``) or by the path of its folder.

    Args:
        name_or_path: looked for beside the file that names it, as a path, among the shipped ones and in
            ``models`` of the working folder, in this order.
        beside: folder of the file that names it: the artefact may lie in it or in its ``models``.
        where: what names it, for the error where there is none.

    Raises:
        InputError: there is none, a file is missing, cut off or edited, or the format is another.
    """
    folder = _find(name_or_path, beside, where)
    lacking = [file for file in (CARD, ARRAYS) if not (folder / file).is_file()]
    if lacking:
        raise InputError(
            f"{folder} is not a complete artefact: it has no {lacking[0]}.",
            allowed=f"a folder with {CARD} and {ARRAYS}",
            # a folder of something else is not to be removed
            remedy=rebuild(folder) if len(lacking) == 1 else "optimiser list models",
        )
    document = read_yaml(folder / CARD)
    card = document.data
    where = str(folder / CARD)
    if not isinstance(card, dict) or not isinstance(card.get("format"), int):
        raise InputError(
            f"{where} is not a model card: it has no format number.", where=where, remedy=rebuild(folder)
        )
    formats = {SITE: (FORMAT, SITE_FORMAT), SYSTEM: (SYSTEM_FORMAT,)}
    known = formats.get(str(card.get("kind")), (FORMAT,))
    if card["format"] not in known:
        newer = card["format"] > max(known)
        raise InputError(
            f"The artefact {folder.name!r} has format {card['format']}; "
            f"this version reads format {known[-1]}.",
            where=where,
            remedy="update leaching-optimiser" if newer else rebuild(folder),
        )
    # before anything of the card is used: what follows relies on what was written
    if card.get(SEAL) != seal(card):
        raise InputError(
            f"The model card of {folder.name!r} is not the one that was written: it was edited.",
            where=where,
            remedy=rebuild(folder),
        )
    arrays = read_arrays(folder / ARRAYS, card)
    if card.get("kind") == SITE:
        _check_results(folder, card)
    if card.get("kind") == SITE:
        return _site(folder, card, arrays, beside)
    regressors = None
    if "regressors" in card:  # a rival's, which are scikit-learn's
        needs("train")
        regressors = read_pinned(folder / REGRESSORS, card, "regressors")
    try:
        encoding = CATHODES if "system" not in card else encoding_of(System.from_record(card["system"]))
        features = tuple(Feature(f["name"], f["unit"]) for f in card["features"])
        if features != encoding.features or card["metals"] != list(encoding.system.responses):
            raise ValueError("its features or responses are not those of this version")
        surrogate = Surrogate(
            name=folder.name,
            path=folder,
            card=card,
            sha256=hashlib.sha256((folder / CARD).read_bytes()).hexdigest(),
            fitted=unpack(arrays, regressors, encoding),
            acids=dict(zip(arrays["acid_keys"].tolist(), arrays["acid_features"], strict=True)),
            domain=Domain.from_arrays(arrays, card["domain"], Space.of(encoding.system)),
            calibration=Calibration.from_arrays(arrays),
            encoding=encoding,
            own_prior=None if encoding is CATHODES else prior_in(arrays),
            table=None if encoding is CATHODES else _table_in(arrays, card, encoding),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"The artefact {folder.name!r} is not consistent: {error}.", where=where, remedy=rebuild(folder)
        ) from None
    return surrogate


def _table_in(
    arrays: Mapping[str, npt.NDArray[Any]], card: Mapping[str, Any], encoding: Encoding
) -> SystemTable | None:
    """Return the rows that the model of a system was fitted on, which its artefact holds."""
    path = Path(encoding.system.spec.table)
    return SystemTable.from_arrays(arrays, encoding.system, path, card["training"]["sha256"])


def _check_results(folder: Path, card: dict[str, Any]) -> None:
    """Refuse a site model whose table of results is not the one that was learned from."""
    path = folder / RESULTS_FILE
    content = read_bytes(path, MOST_TABLE) if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != card["results"]["sha256"]:
        raise InputError(
            f"{path} is not the table that was written: it was edited, or is missing.",
            where=str(path),
            remedy=f"learn from it as a new table: optimiser learn {path} --name {folder.name} --force",
        )


def _site(
    folder: Path, card: dict[str, Any], arrays: Mapping[str, npt.NDArray[Any]], beside: Path | None
) -> Surrogate:
    """Return a site model from its files and its base, which must be the one it learned on."""
    where, said = str(folder / CARD), card["base"]
    again = f"learn again: optimiser learn {folder / RESULTS_FILE} --name {folder.name} --force"
    try:
        base = load_surrogate(said["path"], beside=beside, where=where)
    except InputError as error:
        raise InputError(
            f"The site model {folder.name!r} needs its base {said['path']}: {error.what}",
            where=where,
            allowed=error.allowed,
            remedy=f"put the base back, or {again} --base NAME",
        ) from None
    prior, prior_sha = prior_of_base(base)
    for what, mine, found in (
        (f"its base {base.name}", said["sha256"], base.sha256),
        (f"what published studies say of plants ({PRIOR_FILE})", said["learning"], prior_sha),
    ):
        if mine != found:
            raise InputError(
                f"The site model {folder.name!r} cannot be used: {what} has changed since it learned.",
                where=where,
                allowed=f"sha256 {mine[:12]}..., found {found[:12]}...",
                remedy=again + (f" --base {said['path']}" if base.name != SHIPPED else ""),
            )
    try:
        data = OwnData.from_arrays(arrays)
        merged = {**base.card, "site": {k: v for k, v in card.items() if k not in ("arrays", "format")}}
        sha = hashlib.sha256((folder / CARD).read_bytes()).hexdigest()
        return build(base, prior, data, folder.name, path=folder, card=merged, sha256=sha)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"The site model {folder.name!r} is not consistent: {error}.", where=where, remedy=again
        ) from None


def known_artefacts() -> dict[str, Path]:
    """Return the folders of the artefacts that can be named here: the shipped ones, then ``./models``."""
    found: dict[str, Path] = {}
    for models in (builtin.folder("models"), Path("models")):  # where `optimiser train` puts them
        for card in sorted(models.glob(f"[!.]*/{CARD}")):  # none that is still being written
            found.setdefault(card.parent.name, card.parent)
    return found


def ships(name: str, beside: Path | None = None) -> bool:
    """Return whether a name means the artefact that ships, not one of that name beside the file."""
    folder = _find(name, beside, "")
    return folder.resolve() == (builtin.folder("models") / name).resolve()


def _find(name_or_path: str | Path, beside: Path | None, where: str) -> Path:
    given = Path(name_or_path)
    plain = given.name == str(name_or_path)
    places = [given]
    if plain:
        places += [builtin.folder("models") / given, Path("models") / given]
    if beside is not None and not given.is_absolute():
        places = [beside / given, *([beside / "models" / given] if plain else []), *places]
    for place in places:
        # a path is taken at its word; a name may also be that of a folder of something else
        if (place / CARD).is_file() or (place.is_dir() and not plain):
            return place
    fitted = str(name_or_path) in MODELS
    incomplete = next((place for place in places if place.is_dir()), None)
    if incomplete is not None and not fitted:
        return incomplete
    if given.is_file():
        raise InputError(
            f"{given} is a file, not an artefact.",
            where=where,
            allowed=f"the folder that holds {CARD} and {ARRAYS}",
        )
    if broken := next((p for p in places if [*p.parent.glob(f".{p.name}.????????.old")]), None):
        raise InputError(
            f"A change of the site model {broken.name!r} was cut off.",
            where=str(broken),
            remedy=f"put the version before it back: optimiser learn --show --name {name_or_path}",
        )
    known = known_artefacts()
    tried = ", ".join(dict.fromkeys(str(place.absolute()) for place in places))
    of_system = plain and (builtin.root() / "systems" / f"{given}.system.yaml").is_file()
    ships = fitted or of_system
    said = f"The model {given} does not ship fitted" if ships else f"There is no surrogate {str(given)!r}"
    how = f"--system {given} --out models/{given}" if of_system else f"--model {name_or_path}"
    raise InputError(
        f"{said}; looked for: {tried}.",
        where=where,
        allowed="the folder of an artefact, or one of: " + ", ".join(known),
        remedy=(
            f"train it once, in minutes: optimiser train {how}"
            if ships
            else closest(given.name, [*known, *MODELS]) or "optimiser list models"
        ),
    )
