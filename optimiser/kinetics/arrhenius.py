"""Arrhenius lines: ln k against 1/T, and the activation energy that is their slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import constants, stats

from optimiser.variables import Floats

#: kJ/(mol K), CODATA.
GAS_CONSTANT = constants.R / 1000.0
KELVIN = 273.15


@dataclass(frozen=True)
class ArrheniusLine:
    """A straight line through ln k against 1/T.

    Attributes:
        energy: activation energy, -R x slope, kJ/mol.
        low, high: ends of its confidence interval, kJ/mol.
        level: that interval's level.
        intercept: ln k at infinite temperature, ln of the frequency factor in 1/min.
        r2: share of the variance of ln k that the line takes.
    """

    energy: float
    low: float
    high: float
    level: float
    intercept: float
    r2: float

    def at(self, temperature: Floats) -> Floats:
        """Return ln k on the line at temperatures in degC."""
        return np.asarray(
            self.intercept - self.energy / (GAS_CONSTANT * (temperature + KELVIN)), dtype=np.float64
        )


def arrhenius_line(
    temperature: Floats, ln_k: Floats, level: float = 0.95, others: Sequence[float] = ()
) -> ArrheniusLine:
    """Draw the line by least squares.

    The interval is that of the slope (Student's t, n - 2) and, where there are others, as much again for
    another one of them (Student's t, m - 1), added as squares.

    Args:
        temperature: degC, rising, 3 or more, shape (t,).
        ln_k: ln of the rate constants, shape (t,).
        level: of the interval.
        others: the same energy by others, such as the members of the yield model, kJ/mol.
    """
    line = stats.linregress(1.0 / (temperature + KELVIN), ln_k)
    tail = (1.0 + level) / 2.0
    half = GAS_CONSTANT * float(line.stderr) * float(stats.t.ppf(tail, len(ln_k) - 2))
    if len(others) > 1:
        half = float(np.hypot(half, np.std(others, ddof=1) * stats.t.ppf(tail, len(others) - 1)))
    energy = -GAS_CONSTANT * float(line.slope)
    return ArrheniusLine(
        energy, energy - half, energy + half, level, float(line.intercept), float(line.rvalue**2)
    )
