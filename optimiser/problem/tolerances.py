"""Tolerances: how exactly a plant holds its setpoints, and the points at which a yield over them is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from optimiser.systems.system import System
from optimiser.variables import CONTINUOUS, VARIABLES, Bools, Floats, Variables

_PEROXIDE = "h2o2"
_NOTHING = (0.0,) * len(CONTINUOUS)


@dataclass(frozen=True)
class Tolerances:
    """Half-widths within which a plant holds each setpoint; all of it is equally likely.

    Attributes:
        absolute: part of the half-width in the unit of the variable, in the order of ``CONTINUOUS``.
        relative: part of the half-width as a share of the setpoint, likewise.
        quantile: quantile of the yield over the tolerance that counts, such as 0.1; None for the mean.
        variables: the setpoints, in whose order the parts stand.
    """

    absolute: tuple[float, ...] = _NOTHING
    relative: tuple[float, ...] = _NOTHING
    quantile: float | None = None
    variables: Variables = VARIABLES

    def __bool__(self) -> bool:
        """Whether any setpoint moves."""
        return any(self.absolute) or any(self.relative)

    def half_widths(self, continuous: Floats, free: Bools) -> Floats:
        """Return the half-width of each setpoint, shape (n, 5), in the variables' units.

        Peroxide that is not dosed is not dosed by mistake: 0 wt% stays 0.

        Args:
            continuous: setpoints, shape (n, 5).
            free: which of them may move, shape (n, 5) or (5,).
        """
        half = np.where(free, np.array(self.absolute) + np.array(self.relative) * continuous, 0.0)
        for j, variable in enumerate(self.variables):
            if variable.name == _PEROXIDE:
                half[continuous[:, j] <= 0.0, j] = 0.0
        return np.asarray(half, dtype=np.float64)

    def moved(self, continuous: Floats, number: int, free: Bools) -> Floats:
        """Return where designs may end up, the same low-discrepancy points for every design.

        Args:
            continuous: setpoints, shape (n, 5).
            number: of points, a power of 2.
            free: which setpoints may move, shape (n, 5) or (5,).

        Returns:
            Shape (n, number, 5), within what is physically possible.

        Examples:
            >>> DEFAULT.moved(np.array([[60.0, 2.0, 0.0, 50.0, 60.0]]), 2, np.ones(5, bool))[0, :, 0].tolist()
            [59.0, 61.0]
        """
        half = self.half_widths(continuous, free)
        points = continuous[:, None, :] + half[:, None, :] * _points(number, len(self.variables))
        low, high = (np.array([getattr(v, end) for v in self.variables]) for end in ("low", "high"))
        # a design beyond what is possible stays where it is
        return np.clip(points, np.minimum(low, continuous)[:, None], np.maximum(high, continuous)[:, None])

    def record(self) -> dict[str, Any] | None:
        """Return what a manifest tells: half-widths by variable and the quantile; None without tolerances."""
        if not self:
            return None
        names = (variable.name for variable in self.variables)
        widths = zip(names, self.absolute, self.relative, strict=True)
        told = {name: {"absolute": absolute, "relative": relative} for name, absolute, relative in widths}
        return told | {"counted": "mean" if self.quantile is None else f"p{100.0 * self.quantile:.0f}"}


def said(record: Mapping[str, Any] | None, variables: Variables = VARIABLES) -> str:
    """Return in one sentence what yields are taken over, from :meth:`Tolerances.record`.

    Examples:
        >>> said(None)
        'Yields are those of the setpoints themselves: tolerances are off.'
    """
    if record is None:
        return "Yields are those of the setpoints themselves: tolerances are off."
    widths = []
    for variable in variables:
        absolute, relative = (record[variable.name][key] for key in ("absolute", "relative"))
        unit = variable.shown_unit
        if absolute:
            widths.append(f"{variable.label} ±{absolute:g} {unit}")
        if relative:
            widths.append(f"{variable.label} ±{100.0 * relative:g} %")
    what = "means" if record["counted"] == "mean" else "tenth percentiles"
    return f"Yields are {what} over the tolerances of the setpoints: {', '.join(widths)}."


@cache
def _points(number: int, dimensions: int) -> Floats:
    """Return points of the unit box about 0, shape (number, v): Sobol's, centred in their cells.

    Each variable's own points are the midpoints of ``number`` equal cells, so a linear effect averages to
    nothing, exactly.
    """
    from scipy.stats import qmc

    corner = qmc.Sobol(dimensions, scramble=False).random(number)
    return np.asarray(2.0 * (corner + 0.5 / number) - 1.0, dtype=np.float64)


def _in_order(**by_name: float) -> tuple[float, ...]:
    return tuple(by_name.get(name, 0.0) for name in CONTINUOUS)


#: What a plant holds unless told otherwise: 2 degC; 5 % of strength, solids and time; 10 % of peroxide.
DEFAULT = Tolerances(
    absolute=_in_order(temperature=2.0),
    relative=_in_order(acid_concentration=0.05, h2o2=0.10, solid_liquid_ratio=0.05, time=0.05),
)
#: The nominal setpoint alone.
OFF = Tolerances()


_SHARE, _DEGREES = 0.05, 2.0  # of a system's own setpoints, as of a cathode's


def default_tolerances(system: System) -> Tolerances:
    """Return what a plant holds of a system's setpoints unless told otherwise.

    Of cathodes `DEFAULT`. Of any other system what its file says of a setpoint; else 2 degC of temperatures,
    and 5 % of what cannot be below 0. What a plant sets to one of some values does not move.

    Examples:
        >>> from optimiser.systems.system import cathode
        >>> default_tolerances(cathode()) is DEFAULT
        True
    """
    if system.is_cathode:
        return DEFAULT
    absolute, relative = [], []
    for variable in system.variables:
        given = system.spec.setpoints[variable.name].tolerance
        share = float(given.replace("%", "")) / 100.0 if isinstance(given, str) else 0.0
        width = float(given) if isinstance(given, float | int) else 0.0
        if given is None and not variable.values:
            width = _DEGREES if variable.unit == "degC" else 0.0
            share = 0.0 if width or variable.low < 0.0 else _SHARE
        absolute.append(width)
        relative.append(share)
    return Tolerances(tuple(absolute), tuple(relative), None, system.variables)


def no_tolerances(system: System) -> Tolerances:
    """Return the nominal setpoint alone, of a system's setpoints."""
    nothing = (0.0,) * len(system.variables)
    return OFF if system.is_cathode else Tolerances(nothing, nothing, None, system.variables)
