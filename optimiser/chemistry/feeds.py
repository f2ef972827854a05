"""Feeds: the cathode to leach, its composition, molar mass and the electrons its reduction takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict, Field, ValidationError, create_model, model_validator

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import Real, first_error
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

#: g/mol (IUPAC standard atomic weight).
OXYGEN_MOLAR_MASS = 15.999
#: mol of metals per mol Li: 1 in layered LiMO2 and 2 in the spinel LiM2O4, so the middle tells them apart.
SPINEL_ABOVE = 1.5
#: above the spinel's 2, with room for rounding; more is a composition given in another basis.
METALS_PER_LITHIUM_LIMIT = 2.2


class _Cathode(Strict):
    """A cathode LiNi(x)Mn(y)Co(z)O(n) and how much of it.

    Every further metal of ``models/metals.yaml`` is a field like Ni, Mn and Co.

    Attributes:
        name: what to call it.
        Ni, Mn, Co: mol per mol Li. LiMn2O4 is Mn = 2.
        mass: kg of cathode.
        note: what the reader should know of it.
        assumed_yields: fraction leached of the metals whose yield is assumed instead of predicted.
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

    def __init__(self, **parts: Any) -> None:
        try:
            super().__init__(**parts)
        except ValidationError as error:
            raise first_error(error, type(self), parts) from None

    @model_validator(mode="after")
    def _holds_metals(self) -> _Cathode:
        total = float(self.composition[1:].sum())
        if not 0.0 < total <= METALS_PER_LITHIUM_LIMIT:
            raise InputError(
                f"Feed {self.name!r} has {total:g} mol of {metals_in_words(METALS[1:])} per mol of Li.",
                allowed=f"more than 0 and at most {METALS_PER_LITHIUM_LIMIT:g}",
                remedy="give mol per mol Li: NMC111 is 0.3333 each, LiMn2O4 is Mn: 2",
            )
        return self

    @property
    def cathode_share(self) -> float:
        """Mass of cathode per mass of what is fed; 1 for a pure cathode."""
        return 1.0

    @property
    def impurities(self) -> Mapping[str, float]:
        """Mass of copper, aluminium and iron metal per mass of what is fed; none in a pure cathode."""
        return {}

    @property
    def composition(self) -> npt.NDArray[np.float64]:
        """Mol of each metal per mol Li, in the order of METALS; Li is 1."""
        return np.array([1.0, *(getattr(self, metal) for metal in METALS[1:])])

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which metals the feed contains, in the order of METALS."""
        return self.composition > 0.0

    @property
    def oxygen(self) -> float:
        """Mol O per mol Li: as given, else 2 for layered oxides and 4 for spinel."""
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
        """Mass of each metal in ``mass`` kg of cathode, kg, in the order of METALS."""
        per_unit: npt.NDArray[np.float64] = self.composition * molar_masses()
        return (self.mass / self.molar_mass) * per_unit


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
        + (", or a composition: {name: ..., Ni: ..., Mn: ..., Co: ...}" if composition else ""),
        remedy=closest(name, known),
    )
