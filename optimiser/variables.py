"""Designs: rows of decision variables, and what is known of each variable before any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Variable:
    """One continuous decision variable.

    ``low`` and ``high`` bound what a problem may ask for at all; ``step`` is the resolution a plant can set,
    to which the search rounds; ``log`` says that ratios matter rather than differences.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    step: float
    log: bool = False

    @property
    def shown_unit(self) -> str:
        """The unit as a person reads it."""
        return {"degC": "°C"}.get(self.unit, self.unit)


VARIABLES: tuple[Variable, ...] = (
    Variable("temperature", "temperature", "degC", 0.0, 150.0, 0.5),
    Variable("acid_concentration", "acid concentration", "mol/L", 0.01, 30.0, 0.01),
    Variable("h2o2", "hydrogen peroxide", "wt%", 0.0, 50.0, 0.1),
    Variable("solid_liquid_ratio", "solid-to-liquid ratio", "g/L", 0.1, 1000.0, 0.5),
    Variable("time", "time", "min", 0.0, 10080.0, 1.0, log=True),
)
CONTINUOUS: tuple[str, ...] = tuple(variable.name for variable in VARIABLES)
#: Position of each continuous variable in every array that has a column per variable.
COLUMN: dict[str, int] = {name: j for j, name in enumerate(CONTINUOUS)}
DESIGN_COLUMNS: tuple[str, ...] = ("acid", *CONTINUOUS)


@dataclass(frozen=True)
class Designs:
    """A table of n designs as arrays.

    Attributes:
        acid: index into the problem's list of acids, shape (n,).
        continuous: the variables of ``CONTINUOUS`` in their order and units, shape (n, 5).
    """

    acid: Ints
    continuous: Floats

    def __len__(self) -> int:
        return len(self.acid)

    def __getattr__(self, name: str) -> Floats:
        """Return one continuous variable by its name, shape (n,): ``designs.time``."""
        if name not in COLUMN:
            raise AttributeError(f"designs have no {name!r}, only {', '.join(DESIGN_COLUMNS)}")
        return self.continuous[:, COLUMN[name]]

    @property
    def setpoints(self) -> npt.NDArray[np.int64]:
        """One number per design, the same for designs that a plant would set alike, shape (n,)."""
        key = self.acid.astype(np.int64)
        for j, variable in enumerate(VARIABLES):
            steps = np.rint(self.continuous[:, j] / variable.step).astype(np.int64)
            key = key * (round(variable.high / variable.step) + 1) + steps
        return key

    @staticmethod
    def joined(parts: Sequence[Designs]) -> Designs:
        """Return the designs of several tables as one."""
        return Designs(np.concatenate([d.acid for d in parts]), np.vstack([d.continuous for d in parts]))

    def take(self, rows: Ints | Bools) -> Designs:
        """Return some of the rows."""
        return Designs(self.acid[rows], self.continuous[rows])
