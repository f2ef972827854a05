"""Feeds: the cathode to leach, what is beside it, and the electrons that its reduction takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    ValidationError,
    create_model,
    model_serializer,
    model_validator,
)

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Real, first_error
from optimiser.chemistry.assay import OXYGEN_MOLAR_MASS as OXYGEN_MOLAR_MASS
from optimiser.chemistry.assay import Reading, mixed, read_assay
from optimiser.chemistry.contents import Content, assay_keys, check_names
from optimiser.chemistry.impurities import solid
from optimiser.chemistry.metals import (
    BASE_METALS,
    METALS,
    MetalName,
    charges,
    metals_in_words,
    molar_masses,
    reduced,
)
from optimiser.chemistry.tables import NAMED, Strict, read_table, shipped, table_of

#: mol of metals per mol Li: 1 in layered LiMO2 and 2 in the spinel LiM2O4, so the middle tells them apart.
SPINEL_ABOVE = 1.5
#: above the spinel's 2, with room for rounding; more is a composition given in another basis.
METALS_PER_LITHIUM_LIMIT = 2.2


#: How far the shares of a blend may sum from 1.
_SHARES = 1e-6
MOST_PORTIONS = 20
#: What a feed without a name is called.
BY_ASSAY, OF_A_BLEND = "feed by assay", "blend"


def _portion(value: Any) -> Any:
    """Read a part of a blend: the name of a known feed, or a feed of its own without a mass."""
    if isinstance(value, _Cathode):
        if value.blend is not None:
            raise _no_blend_of_blends()
        return value
    if isinstance(value, str):
        return find_feed(value, composition=True)
    if not isinstance(value, dict):
        raise InputError(
            f"{value!r} is no feed.",
            allowed="the name of a known feed, or a composition or an assay: {name: ..., assay: {Li: ...}}",
        )
    if "blend" in value:
        raise _no_blend_of_blends()
    if "mass" in value:
        raise InputError(
            "A part of a blend has no mass of its own.",
            key=("mass",),
            remedy="leave it out: its share says how much there is",
        )
    if set(value) == {"name"}:
        return find_feed(str(value["name"]), composition=True)
    return Feed(**value)


def _no_blend_of_blends() -> InputError:
    return InputError(
        "A part of a blend is a blend itself.",
        key=("blend",),
        allowed="a known feed, a composition or an assay",
        remedy="list all parts side by side, with their shares of the whole",
    )


def _portion_written(feed: Any) -> Any:
    if load_feeds().get(feed.name) == feed:
        return feed.name
    return feed.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"mass"})


class Portion(Strict):
    """A part of a blend.

    Attributes:
        feed: name of a known feed, or a feed with its composition or assay.
        share: mass of it per mass of the blend.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    feed: Annotated[Any, BeforeValidator(_portion), PlainSerializer(_portion_written)]
    share: Real = Field(gt=0, le=1)


class _Cathode(Strict):
    """A cathode LiNi(x)Mn(y)Co(z)O(n) and how much of it, or black mass by its assay, or a blend.

    Every further metal of ``models/metals.yaml`` is a field like Ni, Mn and Co.

    Attributes:
        name: what to call it; without one "feed by assay", "blend" or "feed".
        Ni, Mn, Co: mol per mol Li. LiMn2O4 is Mn = 2. They follow from an assay or a blend if there is one.
        mass: kg of what is charged: cathode, and all that is beside it.
        note: what the reader should know of it.
        assumed_yields: fraction leached of the metals whose yield is assumed instead of predicted.
        assay: wt% of what is charged: Li, Ni, Mn, Co, the metals Cu, Al and Fe (a number, ``[low, high]`` or
            ``{low, mode, high}``), graphite, binder, moisture, other.
        blend: feeds that are mixed, each with its mass share.

    Examples:
        >>> black_mass = Feed(name="ours", assay={"Li": 5, "Co": 42.45, "Cu": 3, "graphite": 25})
        >>> round(black_mass.Co, 2), round(black_mass.cathode_share, 2), black_mass.impurities
        (1.0, 0.71, {'Cu': 0.03})
    """

    model_config = ConfigDict(allow_inf_nan=False)

    name: str = "feed"
    Ni: Real = Field(default=0.0, ge=0)
    Mn: Real = Field(default=0.0, ge=0)
    Co: Real = Field(default=0.0, ge=0)
    mass: Real = Field(default=1000.0, gt=0, le=1e9)
    oxygen_given: Real | None = Field(default=None, alias="oxygen", gt=0, le=4)
    note: str = ""
    assumed_yields: dict[MetalName, Annotated[Real, Field(ge=0, le=1)]] = Field(
        default_factory=dict, alias="yields"
    )
    assay: dict[str, Content] | None = None
    blend: tuple[Portion, ...] | None = Field(default=None, min_length=1, max_length=MOST_PORTIONS)

    _reading: Reading | None = PrivateAttr(default=None)

    def __init__(self, **parts: Any) -> None:
        try:
            super().__init__(**parts)
        except ValidationError as error:
            raise first_error(error, type(self), parts) from None

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        """Say what to do instead where a key is none of a feed's."""
        if not isinstance(data, dict):
            return data
        fields = cls.model_fields
        known = {*fields, *(field.alias for field in fields.values() if field.alias)}
        for key in data:
            if key not in known:
                raise _unknown_key(str(key), sorted(known - {"oxygen_given", "assumed_yields"}))
        _refuse_empty(data)
        given = [key for key in ("assay", "blend") if data.get(key) is not None]
        twice = [key for key in (*METALS[1:], "oxygen") if key in data]
        if given and (twice or len(given) > 1):
            other = twice[0] if twice else given[1]
            raise InputError(
                f"Both {given[0]} and {other} say what the feed is.",
                key=(other,),
                allowed="one of: a composition (Ni, Mn, Co in mol per mol Li), an assay (wt%), a blend",
                remedy=f"leave {other} out: it follows from the {given[0]}",
            )
        if isinstance(data.get("assay"), dict):
            try:
                check_names(data["assay"])
            except InputError as error:
                raise error.at("assay") from None
        return data

    @model_validator(mode="after")
    def _holds_metals(self) -> _Cathode:
        if self.assay is not None or self.blend is not None:
            self._read()
            return self
        total = float(self.composition[1:].sum())
        if not 0.0 < total <= METALS_PER_LITHIUM_LIMIT:
            raise InputError(
                f"Feed {self.name!r} has {total:g} mol of {metals_in_words(METALS[1:])} per mol of Li.",
                allowed=f"more than 0 and at most {METALS_PER_LITHIUM_LIMIT:g}",
                remedy="give mol per mol Li: NMC111 is 0.3333 each, LiMn2O4 is Mn: 2; contents in wt% are an "
                "assay: {assay: {Li: ..., Ni: ..., Co: ...}}",
            )
        return self

    def _read(self) -> None:
        """Take the composition from the assay or the blend."""
        if self.assay is not None:
            try:
                reading = read_assay(self.assay)
            except InputError as error:
                raise error.at("assay") from None
        else:
            assert self.blend is not None
            total = sum(part.share for part in self.blend)
            if abs(total - 1.0) > _SHARES:
                raise InputError(
                    f"The shares of the blend sum to {total:g}.",
                    key=("blend",),
                    allowed="mass shares that sum to 1",
                    remedy="write e.g. `blend: [{feed: NMC111, share: 0.6}, {feed: NMC811, share: 0.4}]`",
                )
            reading = mixed([(part.feed.reading, part.share / total) for part in self.blend])
        self._reading = reading
        for metal in METALS[1:]:  # a frozen model's own fields, once
            self.__dict__[metal] = reading.composition.get(metal, 0.0)
        if "name" not in self.model_fields_set:  # and stays unset, so that it is not written down
            self.__dict__["name"] = OF_A_BLEND if self.assay is None else BY_ASSAY

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show an assay or a blend only where there is one."""
        for name, value in super().__repr_args__():
            if value is not None or name not in ("assay", "blend"):
                yield name, value

    @model_serializer(mode="wrap")
    def _as_given(self, handler: Any) -> dict[str, Any]:
        """Return what was given: an assay or a blend without the composition that follows from it."""
        found: dict[str, Any] = handler(self)
        drop = [name for name in ("assay", "blend") if getattr(self, name) is None]
        if len(drop) < 2:
            drop += [*METALS[1:], "oxygen", "oxygen_given"]
        return {name: value for name, value in found.items() if name not in drop}

    def _read_from(self) -> Reading | None:
        """Return what the assay or the blend says; None of a formula, quickly: the sums ask in every step."""
        return None if self.assay is None and self.blend is None else self._reading

    @property
    def reading(self) -> Reading:
        """What the assay or the blend says, per kg of what is charged; a pure cathode's without either."""
        if (read := self._read_from()) is not None:
            return read
        return Reading({m: getattr(self, m) for m in METALS[1:] if getattr(self, m) > 0.0}, self.oxygen)

    @property
    def cathode_share(self) -> float:
        """Mass of cathode per mass of what is fed; 1 for a pure cathode."""
        return 1.0 if (read := self._read_from()) is None else read.cathode

    @property
    def impurities(self) -> Mapping[str, float]:
        """Mass of copper, aluminium and iron metal per mass of what is fed; none in a pure cathode."""
        return {} if (read := self._read_from()) is None else read.impurities

    @property
    def cathode_mass(self) -> float:
        """Mass of the cathode in what is charged, kg."""
        return self.mass * self.cathode_share

    @property
    def moisture_mass(self) -> float:
        """Water that comes with what is charged, kg."""
        return 0.0 if (read := self._read_from()) is None else self.mass * read.moisture

    @property
    def solid_mass(self) -> float:
        """Mass of what is charged without its moisture, kg."""
        return self.mass - self.moisture_mass

    @property
    def beside(self) -> Mapping[str, float]:
        """Mass of each solid beside the cathode, kg: impurities, inert ones, and what the assay leaves open.

        Electrolyte salt is there as its lithium.
        """
        one = self._read_from()
        if one is None:
            return {}
        shares = {**one.impurities, **one.inert, "unaccounted": one.unaccounted, "salt": one.excess_lithium}
        return {name: self.mass * share for name, share in shares.items() if share > 0.0}

    @property
    def inert_mass(self) -> float:
        """Mass of solids beside cathode, impurities and salt, kg: they stay in the residue."""
        return float(sum(m for n, m in self.beside.items() if n not in self.impurities and n != "salt"))

    @property
    def volume_beside(self) -> float:
        """Volume of the solids beside the cathode, L."""
        return float(sum(mass / solid(name).density.value for name, mass in self.beside.items()))

    @property
    def heat_capacity_beside(self) -> float:
        """Heat capacity of the solids beside the cathode, kJ/K."""
        return float(sum(mass * solid(name).heat_capacity.value for name, mass in self.beside.items()))

    @property
    def composition(self) -> npt.NDArray[np.float64]:
        """Mol of each metal per mol Li, in the order of METALS; Li is 1."""
        return np.array([1.0, *(getattr(self, metal) for metal in METALS[1:])])

    @property
    def place(self) -> tuple[float, ...]:
        """Mol Ni, Mn, Co per mol Li: what describes a feed to a yield model."""
        return float(self.Ni), float(self.Mn), float(self.Co)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which metals the feed contains, in the order of METALS."""
        return self.composition > 0.0

    @property
    def oxygen(self) -> float:
        """Mol O per mol Li: as given or as the assay has it, else 2 for layered oxides and 4 for spinel."""
        if (read := self._read_from()) is not None:
            return read.oxygen
        if self.oxygen_given is not None:
            return self.oxygen_given
        return 4.0 if self.composition[1:].sum() > SPINEL_ABOVE else 2.0

    @property
    def molar_mass(self) -> float:
        """Molar mass in g per mol Li: that of the metals, and 15.999 n of oxygen."""
        return float(self.composition @ molar_masses() + OXYGEN_MOLAR_MASS * self.oxygen)

    @property
    def electrons(self) -> float:
        """Electrons per mol Li that bring Ni, Mn and Co to +2 (charge balance with O -2, Li +1, Al +3).

        Oxygen balances 2 n positive charges; those that the ions keep in solution are no longer to be had. A
        feed that holds fewer takes none.
        """
        kept = self.composition * charges()
        return max(0.0, float((2.0 * self.oxygen - kept[~reduced()].sum()) - kept[reduced()].sum()))

    @property
    def reducible(self) -> float:
        """Mol of metals per mol Li that dissolve by being reduced: Ni, Mn and Co."""
        return float(self.composition[reduced()].sum())

    @property
    def metal_mass(self) -> npt.NDArray[np.float64]:
        """Mass of each metal of the cathode in what is charged, kg, in the order of METALS.

        Lithium of electrolyte salt is not in it.
        """
        per_unit: npt.NDArray[np.float64] = self.composition * molar_masses()
        return (self.cathode_mass / self.molar_mass) * per_unit


def _refuse_empty(data: Mapping[str, Any]) -> None:
    """Refuse an assay or a blend without an entry; None is one where something else says what the feed is."""
    for key in ("assay", "blend"):
        value = data.get(key)
        empty = value is None or (isinstance(value, dict | list | tuple) and not value)
        others = [*METALS[1:], "assay", "blend"]
        if key in data and empty and not (value is None and any(data.get(one) for one in others)):
            example = (
                "assay: {Li: 4.1, Ni: 21.0, Mn: 6.2, Co: 6.9, other: 40}"
                if key == "assay"
                else "blend: [{feed: NMC111, share: 0.6}, {feed: NMC811, share: 0.4}]"
            )
            raise InputError(
                f"The {key} is empty.",
                key=(key,),
                allowed="wt% of what is charged, by name"
                if key == "assay"
                else "feeds, each with its mass share",
                remedy=f"write e.g. `{example}`",
            )


def _unknown_key(key: str, known: list[str]) -> InputError:
    """Return the error for a key that no feed has, with what to write instead."""
    if key in assay_keys():
        what = f"Unknown key {key!r}: beside the formula of a cathode there is no place for it."
        remedy = (
            f"give what was analysed, in wt% of what is charged: feed: {{assay: {{Li: ..., {key}: ...}}}}; "
            "leaving it out would leave it out of acid, base and electrons, too"
        )
    else:
        what = f"Unknown key {key!r}."
        remedy = closest(key, known) or (
            "what a feed holds beside its cathode belongs into an assay: feed: {assay: {Li: ..., other: ...}}"
        )
    return InputError(what, key=(key,), allowed=", ".join(known), remedy=remedy)


#: The fields of the metals that `_Cathode` does not spell out.
_FURTHER: dict[str, Any] = {
    metal: (Real, Field(default=0.0, ge=0)) for metal in METALS if metal not in BASE_METALS
}

if TYPE_CHECKING:

    class Feed(_Cathode):
        """A cathode and how much of it; see `_Cathode`."""

else:
    Feed = create_model("Feed", __base__=_Cathode, __module__=__name__, __doc__=_Cathode.__doc__, **_FURTHER)


class _SourcedFeed(Feed):
    source: str
    citation: str

    def plain(self) -> Feed:
        """Return the feed without its source, as a problem gives one."""
        return Feed.model_validate(self.model_dump(by_alias=True, exclude={"source", "citation"}))


@cache
def load_feeds(path: Path | None = None) -> Mapping[str, Feed]:
    """Return the shipped feeds by name, or those of another table; 1000 kg each unless it says otherwise.

    Raises:
        InputError: not a valid table, or an impossible composition; with file and line.
    """
    table = table_of(
        read_table(path or shipped("feeds.yaml")), feeds=Annotated[dict[str, _SourcedFeed], NAMED]
    )
    return {name: feed.plain() for name, feed in table.feeds.items()}


def find_feed(name: str, *, where: str = "", composition: bool = False) -> Feed:
    """Return the shipped feed of a name, whatever the case.

    Args:
        name: of the feed.
        where: what names it, for the error.
        composition: whether a composition could stand in its place, for the error too.

    Raises:
        InputError: there is none; it lists those there are.
    """
    known = load_feeds()
    found = {key.casefold(): feed for key, feed in known.items()}.get(name.casefold())
    if found is not None:
        return found
    raise InputError(
        f"There is no feed {name!r}.",
        where=where,
        allowed=", ".join(known)
        + (
            ", or a composition: {name: ..., Ni: ..., Mn: ..., Co: ...}, or {name: ..., assay: {Li: ...}}"
            if composition
            else ""
        ),
        remedy=closest(name, known),
    )
