"""Feeds: the cathode to leach, its composition, molar mass and the electrons its reduction takes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from optimiser import builtin
from optimiser.chemistry.tables import read_table
from optimiser.errors import InputError, closest
from optimiser.yamlfile import validate

#: The metals, in the order of every array over metals.
METALS: tuple[str, ...] = ("Li", "Ni", "Mn", "Co")
#: g/mol (IUPAC standard atomic weight).
OXYGEN_MOLAR_MASS = 15.999
#: mol Ni + Mn + Co per mol Li: 1 in layered LiMO2 and 2 in the spinel LiM2O4, so the middle tells them apart.
SPINEL_ABOVE = 1.5
#: above the spinel's 2, with room for rounding; more is a composition given in another basis.
METALS_PER_LITHIUM_LIMIT = 2.2


@cache
def molar_masses() -> npt.NDArray[np.float64]:
    """Return the molar masses of METALS, g/mol, shape (4,), from ``models/metals.yaml``; read-only."""
    metals = read_table(builtin.folder("models") / "metals.yaml").data["metals"]
    masses = np.array([metals[metal]["molar_mass"]["value"] for metal in METALS], dtype=np.float64)
    masses.flags.writeable = False
    return masses


class Feed(BaseModel):
    """A cathode LiNi(x)Mn(y)Co(z)O(n) and how much of it.

    Attributes:
        name: what to call it.
        Ni, Mn, Co: mol per mol Li. LiMn2O4 is Mn = 2.
        mass: kg of cathode.
        note: what the reader should know of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    name: str = "feed"
    Ni: float = Field(default=0.0, ge=0)
    Mn: float = Field(default=0.0, ge=0)
    Co: float = Field(default=0.0, ge=0)
    mass: float = Field(default=1000.0, gt=0)
    oxygen_given: float | None = Field(default=None, alias="oxygen", gt=0, le=4)
    note: str = ""

    @model_validator(mode="after")
    def _holds_metals(self) -> Feed:
        total = self.Ni + self.Mn + self.Co
        if not 0.0 < total <= METALS_PER_LITHIUM_LIMIT:
            raise InputError(
                f"Feed {self.name!r} has {total:g} mol of Ni, Mn and Co per mol of Li.",
                allowed=f"more than 0 and at most {METALS_PER_LITHIUM_LIMIT:g}",
                remedy="give mol per mol Li: NMC111 is 0.3333 each, LiMn2O4 is Mn: 2",
            )
        return self

    @property
    def composition(self) -> npt.NDArray[np.float64]:
        """Mol of each metal per mol Li, shape (4,); Li is 1."""
        return np.array([1.0, self.Ni, self.Mn, self.Co])

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which metals the feed contains, shape (4,)."""
        return self.composition > 0.0

    @property
    def oxygen(self) -> float:
        """Mol O per mol Li: as given, else 2 for layered oxides and 4 for spinel."""
        if self.oxygen_given is not None:
            return self.oxygen_given
        return 4.0 if self.Ni + self.Mn + self.Co > SPINEL_ABOVE else 2.0

    @property
    def molar_mass(self) -> float:
        """Molar mass in g per mol Li: 6.94 + 58.69 x + 54.94 y + 58.93 z + 15.999 n."""
        return float(self.composition @ molar_masses() + OXYGEN_MOLAR_MASS * self.oxygen)

    @property
    def electrons(self) -> float:
        """Electrons per mol Li that bring Ni, Mn and Co to +2 (charge balance with Li +1 and O -2).

        The metals hold 2 n - 1 positive charges and keep 2 (x + y + z); a feed that holds fewer takes none.
        """
        return max(0.0, (2.0 * self.oxygen - 1.0) - 2.0 * (self.Ni + self.Mn + self.Co))

    @property
    def metal_mass(self) -> npt.NDArray[np.float64]:
        """Mass of each metal in ``mass`` kg of cathode, kg, shape (4,)."""
        per_unit: npt.NDArray[np.float64] = self.composition * molar_masses()
        return (self.mass / self.molar_mass) * per_unit


class _FeedRow(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    Ni: float = Field(ge=0)
    Mn: float = Field(ge=0)
    Co: float = Field(ge=0)
    source: str
    citation: str
    note: str = ""


class _FeedTable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sources: dict[str, dict[str, str]]
    feeds: dict[str, _FeedRow]


def read_feeds(path: Path) -> dict[str, Feed]:
    """Read a table of feeds by name, 1000 kg each.

    Raises:
        InputError: not a valid table, or an impossible composition; with file and line.
    """
    document = read_table(path)
    feeds = {}
    for name, row in validate(_FeedTable, document).feeds.items():
        try:
            feeds[name] = Feed(name=name, Ni=row.Ni, Mn=row.Mn, Co=row.Co, note=row.note)
        except ValidationError as error:
            raise InputError(
                f"Feed {name!r} is not possible: {error.errors()[0]['msg']}",
                where=document.where(("feeds", name)),
            ) from None
    return feeds


@cache
def _shipped() -> dict[str, Feed]:
    return read_feeds(builtin.folder("models") / "feeds.yaml")


def load_feeds() -> dict[str, Feed]:
    """Return the shipped feeds by name, 1000 kg each."""
    return dict(_shipped())


def find_feed(name: str, *, where: str = "") -> Feed:
    """Return the shipped feed of a name, whatever the case.

    Raises:
        InputError: there is none; it lists those there are.
    """
    known = load_feeds()
    for key, feed in known.items():
        if key.casefold() == name.casefold():
            return feed
    raise InputError(
        f"There is no feed {name!r}.",
        where=where,
        allowed=", ".join(known) + ", or a composition: {name: ..., Ni: ..., Mn: ..., Co: ...}",
        remedy=closest(name, known),
    )
