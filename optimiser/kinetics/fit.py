"""Kinetic models fitted to yield-time curves by least squares of the yields, and which of them fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from optimiser.designs import Floats
from optimiser.kinetics.models import MODELS, KineticModel

#: Rate constants are sought between these, over the latest time: beyond them a curve does not tell any more.
_SLOWEST, _FASTEST = 1e-5, 1e4
#: Distance of ln k from these ends at which it counts as found.
_MARGIN = 0.05
#: Rise of a yield over its curve below which the curve is a plateau, and its rate constant says nothing.
PLATEAU = 0.05
#: Times, at least, at which less than `_OVER` of a curve's rise is done: with fewer it is over too soon.
LEAST_RISING, _OVER = 3, 0.95
#: Scatter of the yields that no fit is given credit for falling below; it bounds AICc of exact curves.
_EXACT = 1e-6


@dataclass(frozen=True)
class CurveFit:
    """One model fitted to one curve.

    Attributes:
        model: the model.
        start: fitted yield at time zero.
        constants: rate constants in 1/min, shape (model's constants,).
        identified: which of them the curve tells, shape (model's constants,). One that it does not tell may
            be anything beyond its value: a step in series that takes no time, a curve that does not rise.
        resolved: whether the rise takes long enough for its rate to be seen.
        fitted: yields of the model at the times of the curve, shape (n,).
        rss: sum of the squared residuals.
        r2: 1 - rss over the sum of squares around the curve's mean; NaN for a flat curve.
    """

    model: KineticModel
    start: float
    constants: Floats
    identified: tuple[bool, ...]
    resolved: bool
    fitted: Floats
    rss: float
    r2: float

    @property
    def overall(self) -> float:
        """The one constant that stands for the fit, 1/min; NaN where the curve tells none."""
        told = any(self.identified) and self.resolved
        return self.model.overall(self.constants) if told else float("nan")


def fit_curve(model: KineticModel, time: Floats, yields: Floats) -> CurveFit:
    """Fit a model to a curve: its rate constants, and the yield it starts from at time zero.

    The starting yield is fitted, between 0 and the curve's highest, because dissolved metal is found at time
    zero in the data. Residuals are taken in yields for every model, so that fits can be compared.

    Args:
        model: the model.
        time: min, rising, shape (n,).
        yields: fractions, shape (n,).
    """
    scale = float(time[-1])
    ends = np.log(_SLOWEST / scale), np.log(_FASTEST / scale)
    top = min(max(float(np.max(yields)), 1e-6), 1.0 - 1e-9)
    least = np.array([0.0, *([ends[0]] * len(model.constants))])
    most = np.array([top, *([ends[1]] * len(model.constants))])

    def residuals(p: Floats) -> Floats:
        return model.inverse(time, float(p[0]), np.exp(p[1:])) - yields

    tried = [
        least_squares(
            residuals, np.clip(guess, least + 1e-9, most - 1e-9), bounds=(least, most), xtol=1e-12, ftol=1e-12
        )
        for guess in _guesses(model, time, yields)
    ]
    best = min(tried, key=lambda found: float(found.cost))
    fitted = np.asarray(best.fun + yields, dtype=np.float64)
    rss, total = float(np.sum(best.fun**2)), float(np.sum((yields - yields.mean()) ** 2))
    rising = np.sum(fitted < best.x[0] + _OVER * (fitted[-1] - best.x[0]))
    return CurveFit(
        model=model,
        start=float(best.x[0]),
        constants=np.exp(best.x[1:]),
        identified=tuple(bool(ends[0] + _MARGIN < p < ends[1] - _MARGIN) for p in best.x[1:]),
        resolved=bool(rising >= LEAST_RISING),
        fitted=fitted,
        rss=rss,
        r2=1.0 - rss / total if total > 1e-12 else float("nan"),
    )


def _guesses(model: KineticModel, time: Floats, yields: Floats) -> list[Floats]:
    """Return where to start: at the slope of the law of the yields; of two steps, at each and at both."""
    x = np.clip(yields, 1e-6, 1.0 - 1e-6)
    one = np.ones(1)
    singles = (model,) if len(model.constants) == 1 else MODELS[:2]
    lines = [np.polyfit(time, single.law(x, one), 1) for single in singles]
    slopes = [max(float(slope), 1e-4 / float(time[-1])) for slope, _ in lines]
    first = float(x[0])
    if len(singles) == 1:
        start = float(model.inverse(np.array([max(float(lines[0][1]), 0.0)]), 0.0, one)[0])
        return [np.array([start, np.log(slopes[0])]), np.array([first, np.log(slopes[0])])]
    film, reaction = slopes
    pairs = ((film, 100.0 * reaction), (100.0 * film, reaction), (2.0 * film, 2.0 * reaction))
    return [np.array([first, np.log(f), np.log(r)]) for f, r in pairs]


@dataclass(frozen=True)
class MetalFit:
    """One model fitted to a metal's curves at all temperatures.

    Attributes:
        model: the model.
        curves: one fit per temperature.
        r2: 1 - residual over total sum of squares, both summed over the curves, the total around each mean.
        aicc: Akaike's criterion corrected for few data, of all curves together: the lowest is best.
    """

    model: KineticModel
    curves: tuple[CurveFit, ...]
    r2: float
    aicc: float


def fit_metal(time: Floats, yields: Floats) -> tuple[MetalFit, ...]:
    """Fit every model to a metal's curves; the best by AICc comes first.

    A model has a starting yield and its rate constants per curve, and one scatter for all.

    Args:
        time: min, shape (n,).
        yields: fractions, shape (temperatures, n).
    """
    total = float(np.sum((yields - yields.mean(axis=1, keepdims=True)) ** 2))
    found = []
    for model in MODELS:
        curves = tuple(fit_curve(model, time, curve) for curve in yields)
        rss = sum(curve.rss for curve in curves)
        parameters = len(curves) * (1 + len(model.constants)) + 1
        r2 = 1.0 - rss / total if total > 1e-12 else float("nan")
        found.append(MetalFit(model, curves, r2, aicc(rss, yields.size, parameters)))
    return tuple(sorted(found, key=lambda fit: fit.aicc))


def aicc(rss: float, n: int, parameters: int) -> float:
    """Return n ln(rss / n) + 2 k + 2 k (k + 1) / (n - k - 1), k with the scatter.

    Hurvich and Tsai, Biometrika 1989, 10.1093/biomet/76.2.297; infinite where there are too few data.
    """
    if n <= parameters + 1:
        return float("inf")
    spread = max(rss / n, _EXACT**2)
    correction = 2.0 * parameters * (parameters + 1) / (n - parameters - 1)
    return float(n * np.log(spread) + 2.0 * parameters + correction)


def plateaus(yields: Floats) -> tuple[bool, ...]:
    """Return which curves rise by less than `PLATEAU` from first to last time, shape (temperatures,)."""
    return tuple(bool(rise < PLATEAU) for rise in yields[:, -1] - yields[:, 0])
