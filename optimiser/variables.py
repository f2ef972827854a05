"""Designs: rows of decision variables, and what is known of each variable before any model.

A system (`optimiser.systems`) says which setpoints its designs have; the constants of this module are those
of the built-in one, cathodes, read from ``models/cathode.system.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser._io import builtin
from optimiser._io.yamlfile import read_yaml

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
_MOST_KEY = float(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Variable:
    """One continuous decision variable.

    ``low`` and ``high`` bound what a problem may ask for at all; ``step`` is the resolution a plant can set,
    to which the search rounds; ``log`` says that ratios matter rather than differences. Where there are
    ``values``, a plant can set these alone.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    step: float
    log: bool = False
    values: tuple[float, ...] = ()

    @property
    def shown_unit(self) -> str:
        """The unit as a person reads it."""
        return {"degC": "°C", "-": ""}.get(self.unit, self.unit)

    def settable(self, value: Floats) -> Floats:
        """Return the nearest values that a plant can set, shape of ``value``.

        Examples:
            >>> Variable("t", "t", "min", 0, 100, 1, values=(15, 30, 60)).settable(np.array([40.0, 50.0]))
            array([30., 60.])
        """
        if not self.values:
            return np.asarray(np.round(np.round(value / self.step) * self.step, 6), dtype=np.float64)
        known = np.array(self.values, dtype=np.float64)
        return np.asarray(known[np.abs(value[..., None] - known).argmin(axis=-1)], dtype=np.float64)


Variables = tuple[Variable, ...]


def shipped_setpoints() -> Mapping[str, Mapping[str, Any]]:
    """Return the setpoints of the built-in system as its file says them, by name."""
    data: Mapping[str, Any] = read_yaml(builtin.folder("models") / "cathode.system.yaml").data
    found: Mapping[str, Mapping[str, Any]] = data["setpoints"]
    return found


def variable_of(name: str, said: Mapping[str, Any]) -> Variable:
    """Return a variable from its entry in a system's file, whose ends are given."""
    label = str(said.get("label", name.replace("_", " ")))
    low, high, step = (float(said[key]) for key in ("low", "high", "step"))
    return Variable(name, label, str(said["unit"]), low, high, step, bool(said.get("log", False)))


VARIABLES: Variables = tuple(variable_of(*entry) for entry in shipped_setpoints().items())
CONTINUOUS: tuple[str, ...] = tuple(variable.name for variable in VARIABLES)
#: Position of each continuous variable in every array that has a column per variable.
COLUMN: dict[str, int] = {name: j for j, name in enumerate(CONTINUOUS)}
DESIGN_COLUMNS: tuple[str, ...] = ("acid", *CONTINUOUS)


class Parted:
    """A dataclass of which only the fields go to another process, not what it remembers.

    A search may remember something while another thread sends the same object away.
    """

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        of: Any = self
        return type(self), tuple(getattr(self, f.name) for f in fields(of) if f.init)


@dataclass(frozen=True)
class Designs:
    """A table of n designs as arrays.

    Attributes:
        acid: index into the problem's list of acids, shape (n,); of a system with other choices, into its
            list of their combinations.
        continuous: the variables in their order and units, shape (n, v).
        variables: what the columns are.
    """

    acid: Ints
    continuous: Floats
    variables: Variables = VARIABLES

    def __len__(self) -> int:
        return len(self.acid)

    def __getattr__(self, name: str) -> Floats:
        """Return one continuous variable by its name, shape (n,): ``designs.time``."""
        if name.startswith("__"):
            raise AttributeError(name)
        for j, variable in enumerate(self.variables):
            if variable.name == name:
                return self.continuous[:, j]
        known = ", ".join(("acid", *(variable.name for variable in self.variables)))
        raise AttributeError(f"designs have no {name!r}, only {known}")

    @property
    def setpoints(self) -> npt.NDArray[np.int64]:
        """One number per design, the same for designs that a plant would set alike, shape (n,).

        Where the setpoints of all variables together are more than a number holds, it is a hash of them.
        """
        key = self.acid.astype(np.int64)
        sizes = [round(variable.high / variable.step) + 1 for variable in self.variables]
        few = float(np.prod([float(size) for size in sizes])) * (float(key.max(initial=0)) + 1.0) < _MOST_KEY
        for j, variable in enumerate(self.variables):
            steps = np.rint(self.continuous[:, j] / variable.step).astype(np.int64)
            # an odd number without a pattern, so that what runs over mixes
            key = key * (sizes[j] if few else 6364136223846793005) + steps
        return key

    def at(self, acid: Ints, continuous: Floats) -> Designs:
        """Return other designs of the same variables."""
        return Designs(acid, continuous, self.variables)

    @staticmethod
    def joined(parts: Sequence[Designs]) -> Designs:
        """Return the designs of several tables as one."""
        return parts[0].at(np.concatenate([d.acid for d in parts]), np.vstack([d.continuous for d in parts]))

    def take(self, rows: Ints | Bools) -> Designs:
        """Return some of the rows."""
        return self.at(self.acid[rows], self.continuous[rows])


def settable(variables: Variables, value: Floats) -> Floats:
    """Return values that a plant can set, the nearest of each variable, shape (..., v)."""
    if not any(variable.values for variable in variables):
        step = np.array([variable.step for variable in variables])
        return np.asarray(np.round(np.round(value / step) * step, 6), dtype=np.float64)
    return np.stack([v.settable(value[..., j]) for j, v in enumerate(variables)], axis=-1)
