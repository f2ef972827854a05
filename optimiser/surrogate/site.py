"""Site models: a published yield model, and what the results of one plant taught about it.

On disk a site model is the results, what the base says of them, and the name and hash of the base; what was
learned follows from these, and is worked out again whenever it is read, in a fraction of a second.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_TABLE, npz_arrays, read_bytes
from optimiser.chemistry.impurities import IMPURITIES
from optimiser.chemistry.mixtures import group_of
from optimiser.surrogate.calibration import INTERVAL_LEVEL, Calibration, tails
from optimiser.surrogate.coordinates import place_at, places_at, shares_array
from optimiser.surrogate.domain import Domain
from optimiser.surrogate.features import of_cathode
from optimiser.surrogate.residuals import (
    Learned,
    OwnRows,
    Posterior,
    Prior,
    SeenFrom,
    hardness,
    learn_rows,
    pooled_variance,
)
from optimiser.surrogate.space import CATHODE_SPACE, Space
from optimiser.surrogate.stoichiometry import LIMIT, charges_of
from optimiser.variables import COLUMN, Bools, Floats, Ints

if TYPE_CHECKING:
    from optimiser.surrogate.artefact import Surrogate

#: What the published studies say of a plant before its first result, in ``models``.
PRIOR_FILE = "learning.npz"
PRIOR_FORMAT = 1
#: The stored table of own results, and the arrays that a site model is built from.
RESULTS_FILE = "results.csv"
#: Begins the names of a prior's arrays in the artefact of a system.
_OWN_PRIOR = "own_prior_"
_SEEN = 256  # feeds with acids that are remembered
_PKA = 3  # of the acid's features, the first ones
_PURE = np.zeros(len(IMPURITIES))


@dataclass(frozen=True)
class OwnData:
    """Own results of n rows as a site model keeps them; yields in the order of the m responses.

    Attributes:
        acid: key (`descriptors.structure_key`) of each row's acid, or of its option, shape (n,).
        acid_features: of each row's acid or option, as the base sees it, shape (n, k).
        feed: what describes it, of a cathode mol Ni, Mn, Co per mol Li, shape (n, f).
        continuous: the setpoints, shape (n, v).
        run: number of the leach that each row was sampled from, shape (n,).
        experiment: number of each row's conditions but that over which it is sampled, the time, shape (n,).
        conditions: number of each row's conditions, the same for repeats, shape (n,).
        yields: measured, NaN where not, shape (n, m).
        sd: of the yields as stated, NaN where not, shape (n,).
        mean: yields that the base expects, NaN where the feed lacks the metal, shape (n, m).
        scale: of the errors of these as inside the domain, likewise.
        impurities: mass of copper, aluminium and iron per mass of what is fed, shape (n, 3).
        cathode_share: mass of cathode per mass of what is fed, shape (n,).
        protons: usable ones per molecule of a mixture, mol/mol; NaN of an acid alone, shape (n,).

    The acid of a mixture is the key with its shares, and ``acid_features`` are not looked at.
    """

    acid: npt.NDArray[np.str_]
    acid_features: Floats
    feed: Floats
    continuous: Floats
    run: Ints
    experiment: Ints
    conditions: Ints
    yields: Floats
    sd: Floats
    mean: Floats
    scale: Floats
    impurities: Floats
    cathode_share: Floats
    protons: Floats

    def __len__(self) -> int:
        return len(self.acid)

    @property
    def of_cathode(self) -> Floats:
        """The setpoints with g of cathode per L, as a yield model sees them, shape (n, v)."""
        return of_cathode(self.continuous, self.cathode_share)

    @property
    def group(self) -> npt.NDArray[np.str_]:
        """Key of each row's acid, the same for mixtures of the same acids, shape (n,)."""
        keys, row = np.unique(self.acid, return_inverse=True)
        return np.array([group_of(key) for key in keys.tolist()])[row]

    def take(self, rows: npt.NDArray[Any]) -> OwnData:
        """Return some of the rows."""
        return OwnData(*(getattr(self, f.name)[rows] for f in fields(self)))

    def rows(self, key: str, scale: Floats, space: Space = CATHODE_SPACE) -> tuple[OwnRows, Ints]:
        """Return the results with the acid of a key, or with mixtures of the same acids, and their numbers.

        Args:
            key: of the acid.
            scale: of the domain, in which setpoints are told, shape (v,).
            space: the setpoints.
        """
        mine = np.flatnonzero(self.group == group_of(key))
        shares = shares_array(self.acid[mine].tolist())
        place = places_at(self.of_cathode[mine], scale, shares, self.impurities[mine], space)
        told = self.feed[mine], self.run[mine], self.mean[mine], hardness(self.scale[mine])
        return OwnRows(place, *told, self.yields[mine], self.sd[mine]), mine

    @property
    def impossible(self) -> Bools:
        """Which rows dissolve more charge than their acid offers, shape (n,); most likely mistyped.

        Of cathodes: no stoichiometry tells of other systems.
        """
        pka = self.acid_features[:, :_PKA]
        balance = charges_of(self.feed, self.of_cathode, pka, self.yields)
        mixed = self.protons * self.continuous[:, COLUMN["acid_concentration"]]
        balance = replace(balance, offered=np.where(np.isnan(mixed), balance.offered, mixed))
        return np.asarray(balance.ratio > LIMIT, dtype=np.bool_)

    @property
    def plain(self) -> bool:
        """Whether all are of pure cathodes with single acids, as every version of this format knows them."""
        return all(
            np.array_equal(getattr(self, name), usual, equal_nan=True)
            for name, usual in _usual(len(self)).items()
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what is stored, by name; impurities, shares and protons only where there are any."""
        names = [f.name for f in fields(self)]
        aside = set(_usual(0)) if self.plain else set[str]()
        return {name: getattr(self, name) for name in names if name not in aside}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> OwnData:
        """Return what :meth:`arrays` stored.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays are not of one length.
        """
        told = {**_usual(len(arrays["acid"])), **arrays}
        found = cls(**{f.name: told[f.name] for f in fields(cls)})
        if len({len(getattr(found, f.name)) for f in fields(cls)}) != 1:
            raise ValueError("its results are not of one length")
        return found


def _usual(n: int) -> dict[str, Floats]:
    """Return the arrays of n results of pure cathodes with single acids, which are not stored."""
    return {
        "impurities": np.zeros((n, len(IMPURITIES))),
        "cathode_share": np.ones(n),
        "protons": np.full(n, np.nan),
    }


@dataclass(frozen=True)
class Site:
    """What own results taught.

    Attributes:
        data: the results.
        prior: what the published studies say, with the noise of the results' own repeats.
        learned: of each acid in the results, by its key; of mixtures by `mixtures.group_of` of it.
        scale: of the domain, shape (v,).
        expected: the base's calibration, by which it expects its yields.
        space: the setpoints.
    """

    data: OwnData
    prior: Prior
    learned: Mapping[str, Learned]
    scale: Floats
    expected: Calibration
    space: Space = CATHODE_SPACE
    _seen: Callable[[tuple[float, ...], str], SeenFrom | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        def seen(composition: tuple[float, ...], key: str) -> SeenFrom | None:
            found = self.learned.get(group_of(key))
            return None if found is None else found.seen_from(np.array(composition))

        object.__setattr__(self, "_seen", lru_cache(_SEEN)(seen))

    def __reduce__(self) -> tuple[type[Site], tuple[Any, ...]]:
        """Leave what is remembered behind when a copy goes to another process."""
        return Site, tuple(getattr(self, f.name) for f in fields(self) if f.init)

    @cached_property
    def unlearned(self) -> float:
        """Factor on the scale of acids without own results: 90 % intervals stay as wide as they were."""
        scores = self.expected.ordered, self.ordered
        published, own = (np.quantile(each, tails(INTERVAL_LEVEL)) for each in scores)
        return float(np.ptp(published) / np.ptp(own))

    @property
    def impossible(self) -> Bools:
        """Which results no stoichiometry allows, shape (n,); none of a system that has none."""
        return impossible_rows(self.data, self.space)

    @cached_property
    def ordered(self) -> Floats:
        """All scores of the prior, ascending."""
        return np.sort(self.prior.scores[~np.isnan(self.prior.scores)])

    def posterior(
        self,
        composition: tuple[float, ...],
        key: str,
        continuous: Floats,
        mean: Floats,
        scale: Floats,
        impurities: Floats = _PURE,
    ) -> Posterior | None:
        """Return the yields of n designs with one acid at this plant; None where no result has the acid.

        A mixture has results where some are of a mixture of the same acids, whatever their shares.

        Args:
            composition: what describes the feed, of a cathode mol Ni, Mn, Co per mol Li.
            key: of the acid.
            continuous: setpoints, with g of cathode per L, shape (n, v).
            mean: yields that the base expects, NaN for absent metals, shape (n, m).
            scale: of the errors of these as inside the domain, likewise.
            impurities: mass of copper, aluminium and iron per mass of what is fed, shape (3,) or (n, 3).
        """
        seen = self._seen(composition, key)
        if seen is None:
            return None
        place = place_at(continuous, self.scale, key, impurities, self.space)
        return seen.posterior(place, mean, hardness(scale))


def build(base: Surrogate, prior: Prior, data: OwnData, name: str, **about: Any) -> Surrogate:
    """Return the site model of some results.

    Args:
        base: the published model.
        prior: what the published studies say.
        data: the results.
        name: of the site model.
        about: further attributes of the surrogate: path, card, sha256.
    """
    variance, freedom = pooled_variance(data.yields, data.conditions)
    own = prior.with_noise(variance, freedom) if freedom else prior
    domain = own_domain(base.domain, data)
    learned = {}
    for key in np.unique(data.group).tolist():
        rows, _ = data.rows(key, domain.scale, domain.space)
        learned[key] = learn_rows(own, rows)
    new = len(domain.acid) - len(base.domain.acid)
    calibration = replace(
        base.calibration,
        errors=np.append(base.calibration.errors, np.full(new, np.nan)),
        acid_errors=np.append(
            base.calibration.acid_errors,
            np.full(len(domain.acids) - len(base.domain.acids), base.calibration.mean_error),
        ),
        scores=prior.scores,
    )
    acids = dict(zip(data.acid.tolist(), data.acid_features, strict=True)) | dict(base.acids)
    site = Site(data, own, learned, domain.scale, base.calibration, domain.space)
    return replace(base, name=name, acids=acids, domain=domain, calibration=calibration, site=site, **about)


def base_name(surrogate: Surrogate) -> str:
    """Return the name of the published model behind a site model, or of the model itself."""
    said = surrogate.card.get("site", {}).get("base", {}).get("name")
    return str(said or surrogate.path.name)


def whose_yields(surrogate: Surrogate) -> tuple[str, ...]:
    """Say whose yields a model predicts, where it is a site model; nothing else."""
    if surrogate.site is None:
        return ()
    data = surrogate.site.data
    number = len(np.unique(data.experiment))
    return (
        f"Yields are those of the site model {surrogate.name}, learned from {len(data)} own "
        f"result{'' if len(data) == 1 else 's'} ({number} experiment{'' if number == 1 else 's'}) on "
        f"{base_name(surrogate)}.",
    )


def own_domain(domain: Domain, data: OwnData) -> Domain:
    """Return a domain with the experiments of own results behind the others."""
    space = domain.space
    fixed = space.fixed(data.of_cathode)
    _, first, inverse = np.unique(data.experiment, return_index=True, return_inverse=True)
    time = np.zeros(len(data)) if space.along is None else data.continuous[:, space.along]
    spans = np.array([[time[inverse == i].min(), time[inverse == i].max()] for i in range(len(first))])
    sound = np.bincount(inverse, weights=impossible_rows(data, space), minlength=len(first)) == 0
    return domain.with_own(data.acid[first].tolist(), data.feed[first], fixed[first], spans, sound)


def impossible_rows(data: OwnData, space: Space) -> Bools:
    """Return which results no stoichiometry allows, shape (n,); none of a system that has none."""
    return data.impossible if space == CATHODE_SPACE else np.zeros(len(data), dtype=np.bool_)


def pack_prior(prior: Prior) -> bytes:
    """Return the content of the prior's file."""
    buffer = io.BytesIO()
    about = {"format": np.array(PRIOR_FORMAT)}
    np.savez_compressed(buffer, allow_pickle=False, **about, **prior.arrays())  # type: ignore[arg-type,unused-ignore]
    return buffer.getvalue()


def prior_arrays(prior: Prior) -> dict[str, npt.NDArray[Any]]:
    """Return a prior as arrays of the artefact of a system, by name."""
    return {f"{_OWN_PRIOR}{name}": array for name, array in prior.arrays().items()}


def prior_in(arrays: Mapping[str, npt.NDArray[Any]]) -> Prior | None:
    """Return the prior among the arrays of an artefact; None where there is none."""
    found = {k.removeprefix(_OWN_PRIOR): v for k, v in arrays.items() if k.startswith(_OWN_PRIOR)}
    return Prior.from_arrays(found) if found else None


def prior_of_base(base: Surrogate) -> tuple[Prior, str]:
    """Return what is known of a plant before its first result, and the hash of what says so.

    Of cathodes, what the published studies say (`read_prior`); of another system, what its own held-out
    predictions say, which is a part of its artefact.

    Raises:
        InputError: it is missing, or cannot be read.
    """
    if base.system.is_cathode:
        return read_prior()
    if base.own_prior is None:
        raise InputError(
            f"{base.name} does not say how far a plant may be from it: an earlier version trained it.",
            where=str(base.path),
            remedy="train it again: optimiser train --system FILE --out FOLDER --force",
        )
    return base.own_prior, base.sha256


def read_prior() -> tuple[Prior, str]:
    """Return what the published studies say of a plant, and the hash of the file that says so.

    It was learned on the model that ships, and holds for others that are fitted to the same table.

    Raises:
        InputError: it is missing, or cannot be read.
    """
    path = builtin.folder("models") / PRIOR_FILE
    remedy = "reinstall the product"
    if not path.is_file():
        raise InputError(f"{path} is missing.", where=str(path), remedy=remedy)
    content = read_bytes(path, MOST_TABLE)
    try:
        arrays = npz_arrays(path, content)
        if int(arrays["format"]) != PRIOR_FORMAT:
            raise ValueError(f"its format is not {PRIOR_FORMAT}")
        prior = Prior.from_arrays(arrays)
    except Exception as error:  # zipfile, zlib and numpy each raise their own kinds
        raise InputError(f"{path} cannot be read: {error}.", where=str(path), remedy=remedy) from None
    return prior, hashlib.sha256(content).hexdigest()
