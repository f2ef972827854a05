"""Avrami's law fitted to yield-time curves, and the Arrhenius line through its rate constants.

The law is x = 1 - exp(-(k t)^n), with the yield x and the time t: one exponent n for all temperatures, a rate
constant k for each (Avrami, J. Chem. Phys. 1939, 7, 1103, https://doi.org/10.1063/1.1750380). An n below 1 is
a spread of rates: some of the metal dissolves at once, some late. k is in 1/min because it stands inside the
power; of the law written with k t^n, energies would be n times these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import constants, stats
from scipy.optimize import least_squares

from optimiser.variables import Floats

#: kJ/(mol K), CODATA.
GAS_CONSTANT = constants.R / 1000.0
_EXPONENTS = 0.05, 4.0
_LARGEST = 20.0  # of n ln k, either way: beyond it a curve is flat


@dataclass(frozen=True)
class LawFit:
    """The law fitted to the curves of a metal.

    Attributes:
        ln_k: ln of the rate constants in 1/min, shape (temperatures,).
        exponent: n.
        fitted: yields of the law, shape (temperatures, times).
        r2: 1 - residual over total sum of squares, the total around each curve's own mean; NaN if flat.
        rmse: root of the mean squared residual, a fraction of yield.
    """

    ln_k: Floats
    exponent: float
    fitted: Floats
    r2: float
    rmse: float

    def at(self, time: Floats) -> Floats:
        """Return the law's yields at times in min, shape (temperatures, times)."""
        return _law(self.exponent * self.ln_k, self.exponent, np.log(time))


def fit_law(time: Floats, yields: Floats) -> LawFit:
    """Fit the law by least squares of the yields.

    Args:
        time: min, above 0 and rising, shape (times,).
        yields: fractions, shape (temperatures, times).
    """
    log_time = np.log(time)
    # here the law is a straight line in ln t, whose slope is n: where the search starts
    line = np.log(-np.log1p(-np.clip(yields, 1e-4, 1.0 - 1e-4)))
    n = np.clip(np.polyfit(log_time, line.mean(axis=0), 1)[0], 2.0 * _EXPONENTS[0], _EXPONENTS[1] / 2.0)
    ends = np.full(len(yields), _LARGEST)
    best = least_squares(
        lambda p: (_law(p[:-1], p[-1], log_time) - yields).ravel(),
        np.append(np.clip(line.mean(axis=1) - n * log_time.mean(), 0.1 - ends, ends - 0.1), n),
        bounds=(np.append(-ends, _EXPONENTS[0]), np.append(ends, _EXPONENTS[1])),
        xtol=1e-10,
    )
    rss, total = np.sum(best.fun**2), np.sum((yields - yields.mean(axis=1, keepdims=True)) ** 2)
    return LawFit(
        ln_k=best.x[:-1] / best.x[-1],
        exponent=float(best.x[-1]),
        fitted=best.fun.reshape(yields.shape) + yields,
        r2=float(1.0 - rss / total) if total > 1e-12 else float("nan"),
        rmse=float(np.sqrt(rss / yields.size)),
    )


def _law(offset: Floats, n: float, log_time: Floats) -> Floats:
    return np.asarray(-np.expm1(-np.exp(offset[:, None] + n * log_time)), dtype=np.float64)


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
            self.intercept - self.energy / (GAS_CONSTANT * kelvin(temperature)), dtype=np.float64
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
    line = stats.linregress(1.0 / kelvin(temperature), ln_k)
    tail = (1.0 + level) / 2.0
    half = GAS_CONSTANT * float(line.stderr) * float(stats.t.ppf(tail, len(ln_k) - 2))
    if len(others) > 1:
        half = float(np.hypot(half, np.std(others, ddof=1) * stats.t.ppf(tail, len(others) - 1)))
    energy = -GAS_CONSTANT * float(line.slope)
    return ArrheniusLine(
        energy, energy - half, energy + half, level, float(line.intercept), float(line.rvalue**2)
    )


def kelvin(temperature: Floats) -> Floats:
    """Return temperatures in K of temperatures in degC."""
    return np.asarray(constants.convert_temperature(temperature, "C", "K"), dtype=np.float64)
