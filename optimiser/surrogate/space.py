"""The setpoints as distances are measured in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimiser.systems.system import System, cathode
from optimiser.variables import Floats, Parted, Variables

#: Added before the logarithm of a cathode's setpoints, in the variable's unit: what can hardly be
#: distinguished from nothing. Temperature is taken as it is.
_OF_CATHODES = {"temperature": np.nan, "acid_concentration": 0.05}
_USUAL_SHIFT = 1.0


@dataclass(frozen=True)
class Space(Parted):
    """How the setpoints of a system count in distances.

    Attributes:
        variables: the setpoints, v of them.
        along: number of the one over which an experiment is sampled; the others describe it; None for none.
        shifts: added before the logarithm, in the variable's unit; NaN where the value counts as it is.
        dosed: numbers of the setpoints that stay 0 where they are: nothing is known of what was not dosed.
    """

    variables: Variables
    along: int | None
    shifts: tuple[float, ...]
    dosed: tuple[int, ...]

    @classmethod
    def of(cls, system: System) -> Space:
        """Return the space of a system; in a user's own, setpoints that are logarithmic count so."""
        along = None if system.along is None else system.column[system.along]
        if system.is_cathode:
            shifts = tuple(_OF_CATHODES.get(name, _USUAL_SHIFT) for name in system.names)
            return cls(system.variables, along, shifts, (system.column["h2o2"],))
        shifts = tuple(_USUAL_SHIFT if v.log else np.nan for v in system.variables)
        dosed = tuple(j for j, v in enumerate(system.variables) if v.low == 0.0 and j != along)
        return cls(system.variables, along, shifts, dosed)

    @cached_property
    def _shift(self) -> Floats:
        return np.array(self.shifts)

    @cached_property
    def step(self) -> Floats:
        """What a plant can set of each, shape (v,)."""
        return np.array([variable.step for variable in self.variables])

    @cached_property
    def low(self) -> Floats:
        """The least of each, shape (v,)."""
        return np.array([variable.low for variable in self.variables])

    @cached_property
    def high(self) -> Floats:
        """The most of each, shape (v,)."""
        return np.array([variable.high for variable in self.variables])

    def place(self, continuous: Floats) -> Floats:
        """Return what distances are measured in: setpoints or their logarithms, shape (n, v)."""
        logarithm = np.log(np.maximum(continuous, 0.0) + self._shift)
        return np.where(np.isnan(self._shift), continuous, logarithm)

    def setpoints(self, place: Floats) -> Floats:
        """Return the setpoints that :meth:`place` turns into given places, shape (n, v)."""
        as_it_is = np.isnan(self._shift)
        return np.where(as_it_is, place, np.exp(np.where(as_it_is, 0.0, place)) - self._shift)

    @cached_property
    def _describing(self) -> list[int]:
        return [j for j in range(len(self.variables)) if j != self.along]

    def fixed(self, continuous: Floats) -> Floats:
        """Return the setpoints that describe an experiment, shape (n, v - 1), or (n, v) without ``along``."""
        return np.ascontiguousarray(continuous[:, self._describing])

    def whole(self, fixed: Floats, along: Floats) -> Floats:
        """Return all setpoints, from those of :meth:`fixed` and that over which it is sampled, (n, v)."""
        return fixed if self.along is None else np.insert(fixed, self.along, along, axis=1)


CATHODE_SPACE = Space.of(cathode())
