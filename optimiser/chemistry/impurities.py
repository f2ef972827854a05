"""What black mass holds beside its cathode: metals that dissolve, and what takes no part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from optimiser.chemistry.quantity import Quantity, expecting
from optimiser.chemistry.substances import MolarMass
from optimiser.chemistry.tables import Strict, holding, read_table, shipped, table_of

#: The metals that the sums follow beside those of the cathode, in the order of every array over impurities.
IMPURITIES: tuple[str, ...] = ("Cu", "Al", "Fe")
#: Water in what is charged, and the oxygen that an assay may list.
MOISTURE, OXYGEN = "moisture", "O"
#: What an assay leaves open counts as this.
OTHER = "other"

_Charge = Annotated[Quantity, *expecting("e", 1.0, 7.0)]
_Density = Annotated[Quantity, *expecting("kg/L", 0.1, 25.0)]
_HeatCapacity = Annotated[Quantity, *expecting("kJ/kg/K", 0.05, 5.0)]


class Inert(Strict):
    """A solid that takes no part in the leach: its density and heat capacity enter the slurry."""

    label: str
    density: _Density
    heat_capacity: _HeatCapacity


class Impurity(Inert):
    """A metal beside the cathode's, present as metal.

    ``charge`` is that of its ion in solution, ``electrons`` what an atom gives; ``potential`` is that of the
    ion and the metal, V against hydrogen: below 0 it can give hydrogen with acid.
    """

    mass: MolarMass = Field(alias="molar_mass")
    charge: _Charge = Field(title="ion's charge")
    electrons: _Charge = Field(title="electrons given")
    potential: Annotated[Quantity, *expecting("V", -4.0, 4.0)]

    @property
    def molar_mass(self) -> float:
        """Molar mass, g/mol."""
        return self.mass.value

    @property
    def parameter(self) -> str:
        """Name of the process parameter that says which share of it dissolves."""
        return f"{self.label}_dissolved"


class AssayLimits(Strict):
    """How far an assay may be off: wt% for the totals, fractions of the lithium that a cathode needs."""

    most_total: Annotated[Quantity, *expecting("wt%", 100.0, 110.0)]
    most_closure: Annotated[Quantity, *expecting("wt%", 100.0, 120.0)]
    rounding: Annotated[Quantity, *expecting("fraction", 0.0, 0.05)]
    lithium_short: Annotated[Quantity, *expecting("fraction", 0.0, 0.5)]
    lithium_excess: Annotated[Quantity, *expecting("fraction", 0.0, 2.0)]
    most_phosphorus: Annotated[Quantity, *expecting("wt%", 0.0, 100.0)]


_Metals = Annotated[dict[str, Impurity], holding("impurities", IMPURITIES)]
_Inert = Annotated[dict[str, Inert], holding("inert solids", (OTHER,), "and any others")]


@cache
def _read(path: Path | None) -> Any:
    return table_of(
        read_table(path or shipped("assay.yaml")),
        impurities=_Metals,
        inert=_Inert,
        unfollowed=tuple[str, ...],
        limits=AssayLimits,
    )


def load_impurities(path: Path | None = None) -> dict[str, Impurity]:
    """Return the metals beside the cathode's by symbol, of the shipped table or another one.

    Raises:
        InputError: not a valid table; with file, line and key.

    Examples:
        >>> load_impurities()["Al"].electrons.value
        3.0
    """
    return dict(_read(path).impurities)


def load_inert(path: Path | None = None) -> dict[str, Inert]:
    """Return the solids that take no part, by name; errors as of `load_impurities`."""
    return dict(_read(path).inert)


def unfollowed() -> tuple[str, ...]:
    """Return the elements that an assay may list and that the sums do not follow."""
    return tuple(_read(None).unfollowed)


def assay_limits() -> AssayLimits:
    """Return how far an assay may be off."""
    limits: AssayLimits = _read(None).limits
    return limits


def entries(names: Iterable[str] | None = None) -> dict[str, BaseModel]:
    """Return what the table says of parts of a feed beside its cathode, by label; of all, with the limits."""
    table = _read(None)
    every = {**table.impurities, **table.inert}
    if names is None:
        return {one.label: one for one in every.values()} | {"assay": table.limits}
    return {solid(name).label: solid(name) for name in names}


def solid(name: str) -> Inert:
    """Return what density and heat capacity a part of the feed beside the cathode has."""
    table = _read(None)
    found: Inert = table.impurities.get(name) or table.inert.get(name) or table.inert[OTHER]
    return found


@cache
def _per_impurity(field: str) -> npt.NDArray[np.float64]:
    rows = load_impurities()
    number = [getattr(rows[metal], field) for metal in IMPURITIES]
    found = np.array([n.value if isinstance(n, Quantity) else n for n in number], dtype=np.float64)
    found.flags.writeable = False
    return found


def impurity_shares(shares: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Return mass shares by name as an array in the order of IMPURITIES, 0 where there is none.

    Examples:
        >>> impurity_shares({"Al": 0.03}).tolist()
        [0.0, 0.03, 0.0]
    """
    return np.array([float(shares.get(metal, 0.0)) for metal in IMPURITIES])


def impurity_molar_masses() -> npt.NDArray[np.float64]:
    """Return the molar masses of IMPURITIES, g/mol; read-only."""
    return _per_impurity("molar_mass")


def impurity_charges() -> npt.NDArray[np.float64]:
    """Return the charges of the ions of IMPURITIES; read-only."""
    return _per_impurity("charge")


def impurity_electrons() -> npt.NDArray[np.float64]:
    """Return the electrons that an atom of each of IMPURITIES gives; read-only."""
    return _per_impurity("electrons")


def gives_hydrogen() -> npt.NDArray[np.bool_]:
    """Return which of IMPURITIES can give hydrogen with acid: those whose potential is below 0."""
    return _per_impurity("potential") < 0.0
