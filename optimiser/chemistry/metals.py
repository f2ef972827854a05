"""The metals of cathodes: which there are, what they weigh, how they dissolve, what they are sold for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from optimiser._io import builtin
from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import validate
from optimiser.chemistry.quantity import Price, Quantity, expecting, lacking, needed, price_per
from optimiser.chemistry.tables import read_table

#: The metals that every table of metals begins with: those of the training data and of the Toolkit's sums.
BASE_METALS: tuple[str, ...] = ("Li", "Ni", "Mn", "Co")

MolarMass = Annotated[Quantity, *expecting("g/mol", 1.0, 2000.0)]


class Metal(BaseModel):
    """A metal of the cathode.

    ``price`` is per kg of metal contained in a saleable salt; ``payable`` is the fraction of it that a
    buyer pays for the metal in the leachate. ``reduced`` says whether it dissolves by being reduced to the
    ion's charge (Ni, Mn, Co), or has that charge in the cathode already (Li, Al).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = ""
    label: str
    mass: MolarMass = Field(alias="molar_mass")
    ion: Annotated[Quantity, *expecting("e", 1.0, 7.0)] = Field(alias="charge")
    reduced: bool
    price: Annotated[Price, *price_per("kg metal")] | None = None
    payable: Annotated[Quantity, *expecting("-", 0.0, 1.0)]

    @property
    def molar_mass(self) -> float:
        """Molar mass, g/mol."""
        return self.mass.value

    @property
    def charge(self) -> int:
        """Charge of the ion in solution, elementary charges."""
        return round(self.ion.value)

    def value_eur_per_kg(self) -> float:
        """Return what a kg of the metal in solution is worth: price x payable, EUR/kg.

        Raises:
            InputError: no price, or no exchange rate for its currency and period.
        """
        price = needed(self.price, lacking("metal", self.name, "price", "EUR per kg contained"))
        return price.euro() * self.payable.value


class _MetalTable(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sources: dict[str, dict[str, str]]
    metals: dict[Annotated[str, Field(pattern="^[A-Z][a-z]?$")], Metal]


def read_metals(path: Path) -> dict[str, Metal]:
    """Read a table of metals: `BASE_METALS` first, then others in the order of the table.

    Raises:
        InputError: not valid, with file, line and key, or one of `BASE_METALS` is missing.
    """
    document = read_table(path)
    table = validate(_MetalTable, document).metals
    absent = [name for name in BASE_METALS if name not in table]
    if absent:
        raise InputError(
            f"The table of metals lacks {', '.join(absent)}.",
            where=document.where(("metals",)),
            allowed=", ".join(BASE_METALS) + ", and any others",
        )
    order = (*BASE_METALS, *(name for name in table if name not in BASE_METALS))
    return {name: table[name].model_copy(update={"name": name}) for name in order}


@cache
def _metals() -> dict[str, Metal]:
    return read_metals(builtin.folder("models") / "metals.yaml")


def load_metals() -> dict[str, Metal]:
    """Return the metals of ``models/metals.yaml`` by name, in the order of METALS."""
    return dict(_metals())


#: The metals, in the order of every array over metals.
METALS: tuple[str, ...] = tuple(_metals())


@cache
def molar_masses() -> npt.NDArray[np.float64]:
    """Return the molar masses of METALS, g/mol, one per metal; read-only."""
    masses = np.array([metal.molar_mass for metal in _metals().values()], dtype=np.float64)
    masses.flags.writeable = False
    return masses


@cache
def charges() -> npt.NDArray[np.float64]:
    """Return the charges of the ions of METALS in solution, one per metal; read-only."""
    found = np.array([metal.charge for metal in _metals().values()], dtype=np.float64)
    found.flags.writeable = False
    return found


@cache
def reduced() -> npt.NDArray[np.bool_]:
    """Return which of METALS dissolve by being reduced, one per metal; read-only."""
    found = np.array([metal.reduced for metal in _metals().values()], dtype=np.bool_)
    found.flags.writeable = False
    return found


def check_metal(name: str) -> str:
    """Return a metal's name if it is one of METALS.

    Raises:
        InputError: it is none.
    """
    if name not in METALS:
        raise InputError(
            f"There is no metal {name!r}.", allowed=", ".join(METALS), remedy=closest(name, METALS)
        )
    return name


#: The name of a metal, as a key of a mapping.
MetalName = Annotated[str, AfterValidator(check_metal)]


def metals_in_words(names: tuple[str, ...]) -> str:
    """Return ``Li, Ni, Mn and Co``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
