"""The metals of cathodes: which there are, what they weigh, how they dissolve, what they are sold for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.prices import Price, price_per
from optimiser.chemistry.quantity import Quantity, expecting
from optimiser.chemistry.substances import Entry, MolarMass
from optimiser.chemistry.tables import NAMED, holding, read_table, shipped, table_of

#: The metals that every table of metals begins with: those of the training data and of the Toolkit's sums.
BASE_METALS: tuple[str, ...] = ("Li", "Ni", "Mn", "Co")


class Metal(Entry):
    """A metal of the cathode.

    ``price`` is per kg of metal contained in a saleable salt; ``payable`` is the fraction of it that a
    buyer pays for the metal in the leachate. ``reduced`` says whether it dissolves by being reduced to the
    ion's charge (Ni, Mn, Co), or has that charge in the cathode already (Li, Al).
    """

    kind: ClassVar[tuple[str, str]] = ("metal", "metals")
    price: Annotated[Price, *price_per("kg metal")] | None = None
    payable: Annotated[Quantity, *expecting("-", 0.0, 1.0)]
    mass: MolarMass = Field(alias="molar_mass")
    ion: Annotated[Quantity, *expecting("e", 1.0, 7.0)] = Field(alias="charge", title="ion's charge")
    reduced: bool

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
        return self.price_eur("kg metal") * self.payable.value


_Symbol = Annotated[str, Field(pattern="^[A-Z][a-z]?$")]
_Metals = Annotated[dict[_Symbol, Metal], NAMED, holding("metals", BASE_METALS, "and any others")]


@cache
def load_metals(path: Path | None = None) -> Mapping[str, Metal]:
    """Return the shipped metals, or those of another table, by name: `BASE_METALS` first, then others.

    Raises:
        InputError: not valid, with file, line and key, or one of `BASE_METALS` is missing.
    """
    return dict(table_of(read_table(path or shipped("metals.yaml")), metals=_Metals).metals)


#: The metals, in the order of every array over metals.
METALS: tuple[str, ...] = tuple(load_metals())


@cache
def _per_metal(field: str) -> npt.NDArray[np.float64]:
    found = np.array([getattr(metal, field) for metal in load_metals().values()], dtype=np.float64)
    found.flags.writeable = False
    return found


def molar_masses() -> npt.NDArray[np.float64]:
    """Return the molar masses of METALS, g/mol, one per metal; read-only."""
    return _per_metal("molar_mass")


def charges() -> npt.NDArray[np.float64]:
    """Return the charges of the ions of METALS in solution, one per metal; read-only."""
    return _per_metal("charge")


def reduced() -> npt.NDArray[np.bool_]:
    """Return which of METALS dissolve by being reduced, one per metal."""
    return _per_metal("reduced") > 0.0


def _of_impurity(name: str) -> str:
    """Say where a metal beside the cathode's is stated, if it is one."""
    from optimiser.chemistry.impurities import load_impurities  # its table is read where it is needed

    found = load_impurities().get(name)
    if found is None:
        return ""
    return (
        f"{found.label} beside the cathode has no predicted yield: state its content in the feed's assay and "
        f"which share dissolves, `process: {{{found.parameter}: ...}}`"
    )


def check_metal(name: str) -> str:
    """Return a metal's name if it is one of METALS.

    Raises:
        InputError: it is none.
    """
    if name not in METALS:
        raise InputError(
            f"There is no metal {name!r}.",
            allowed=", ".join(METALS),
            remedy=_of_impurity(name) or closest(name, METALS),
        )
    return name


#: The name of a metal, as a key of a mapping.
MetalName = Annotated[str, AfterValidator(check_metal)]


def metals_in_words(names: Sequence[str]) -> str:
    """Return ``Li, Ni, Mn and Co``."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
