"""Arrhenius lines: ln k against 1/T, the activation energy of the slope, and whether it deserves the name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import constants, stats

from optimiser.designs import Bools, Floats

#: kJ/(mol K), CODATA.
GAS_CONSTANT = constants.R / 1000.0
KELVIN = 273.15
#: Rate constants that a line needs.
LEAST_POINTS = 3


@dataclass(frozen=True)
class ArrheniusLine:
    """A straight line through ln k against 1/T.

    Attributes:
        energy: activation energy, -R x slope, kJ/mol.
        low, high: ends of its confidence interval, kJ/mol.
        level: that interval's level.
        intercept: ln k at infinite temperature, ln of the frequency factor in 1/min.
        r2: share of the variance of ln k that the line takes.
        points: how many rate constants it goes through.
        falls: how often k falls from one temperature to the next.
        half: half the width of the line's own confidence band at the temperatures, in ln k, shape (t,).
    """

    energy: float
    low: float
    high: float
    level: float
    intercept: float
    r2: float
    points: int
    falls: int
    half: Floats

    def at(self, temperature: Floats) -> Floats:
        """Return ln k on the line at temperatures in degC."""
        return np.asarray(
            self.intercept - self.energy / (GAS_CONSTANT * (temperature + KELVIN)), dtype=np.float64
        )


def arrhenius_line(temperature: Floats, k: Floats, level: float = 0.95) -> ArrheniusLine | None:
    """Draw the line by least squares of ln k; the interval is that of its slope, Student's t with n - 2.

    Args:
        temperature: degC, rising, shape (t,).
        k: rate constants, shape (t,); NaN where there is none, which is left out.
        level: of the interval.

    Returns:
        The line, or None where fewer than 3 rate constants are known.
    """
    known: Bools = np.isfinite(k)
    n = int(known.sum())
    if n < LEAST_POINTS:
        return None
    inverse = 1.0 / (temperature + KELVIN)
    x, y = inverse[known], np.log(k[known])
    line = stats.linregress(x, y)
    t = float(stats.t.ppf((1.0 + level) / 2.0, n - 2))
    energy, half = -GAS_CONSTANT * float(line.slope), GAS_CONSTANT * t * float(line.stderr)
    scatter = np.sqrt(np.sum((y - line.intercept - line.slope * x) ** 2) / (n - 2))
    band = t * scatter * np.sqrt(1.0 / n + (inverse - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2))
    return ArrheniusLine(
        energy=energy,
        low=energy - half,
        high=energy + half,
        level=level,
        intercept=float(line.intercept),
        r2=float(line.rvalue**2),
        points=n,
        falls=int(np.sum(np.diff(y) < 0.0)),
        half=np.asarray(band, dtype=np.float64),
    )
