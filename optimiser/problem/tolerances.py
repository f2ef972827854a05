"""Tolerances: how exactly a plant holds its setpoints, and the points at which a yield over them is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from optimiser.variables import CONTINUOUS, VARIABLES, Bools, Floats

_LOW, _HIGH = (np.array([getattr(variable, end) for variable in VARIABLES]) for end in ("low", "high"))
_PEROXIDE = CONTINUOUS.index("h2o2")
_NOTHING = (0.0,) * len(CONTINUOUS)


@dataclass(frozen=True)
class Tolerances:
    """Half-widths within which a plant holds each setpoint; all of it is equally likely.

    Attributes:
        absolute: part of the half-width in the unit of the variable, in the order of ``CONTINUOUS``.
        relative: part of the half-width as a share of the setpoint, likewise.
        quantile: quantile of the yield over the tolerance that counts, such as 0.1; None for the mean.
    """

    absolute: tuple[float, ...] = _NOTHING
    relative: tuple[float, ...] = _NOTHING
    quantile: float | None = None

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
        half[continuous[:, _PEROXIDE] <= 0.0, _PEROXIDE] = 0.0
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
        points = continuous[:, None, :] + half[:, None, :] * _points(number)
        # a design beyond what is possible stays where it is
        return np.clip(points, np.minimum(_LOW, continuous)[:, None], np.maximum(_HIGH, continuous)[:, None])

    def record(self) -> dict[str, Any] | None:
        """Return what a manifest tells: half-widths by variable and the quantile; None without tolerances."""
        if not self:
            return None
        widths = zip(CONTINUOUS, self.absolute, self.relative, strict=True)
        told = {name: {"absolute": absolute, "relative": relative} for name, absolute, relative in widths}
        return told | {"counted": "mean" if self.quantile is None else f"p{100.0 * self.quantile:.0f}"}


def said(record: Mapping[str, Any] | None) -> str:
    """Return in one sentence what yields are taken over, from :meth:`Tolerances.record`.

    Examples:
        >>> said(None)
        'Yields are those of the setpoints themselves: tolerances are off.'
    """
    if record is None:
        return "Yields are those of the setpoints themselves: tolerances are off."
    widths = []
    for variable in VARIABLES:
        absolute, relative = (record[variable.name][key] for key in ("absolute", "relative"))
        unit = variable.shown_unit
        if absolute:
            widths.append(f"{variable.label} ±{absolute:g} {unit}")
        if relative:
            widths.append(f"{variable.label} ±{100.0 * relative:g} %")
    what = "means" if record["counted"] == "mean" else "tenth percentiles"
    return f"Yields are {what} over the tolerances of the setpoints: {', '.join(widths)}."


@cache
def _points(number: int) -> Floats:
    """Return points of the unit box about 0, shape (number, 5): Sobol's, centred in their cells.

    Each variable's own points are the midpoints of ``number`` equal cells, so a linear effect averages to
    nothing, exactly.
    """
    from scipy.stats import qmc

    corner = qmc.Sobol(len(CONTINUOUS), scramble=False).random(number)
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
