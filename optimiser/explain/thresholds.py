"""Where the effect of a number turns, bends or jumps: in the model, over the training rows it keeps.

The effect of a setpoint, or of a number of the feed, is accumulated from local differences (accumulated local
effects; Apley & Zhu 2020, doi:10.1111/rssb.12377): between two neighbouring values of the data the model
predicts rows that lie there, at both values. So no row is asked for what its option was never tried at.

One knot is accepted where a line with a bend or a jump fits the effect clearly better than a straight line,
in nearly every resample of the rows. A model of trees cannot tell where between two values of the data
something happens, so the interval reaches to the neighbouring values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from optimiser.explain.drivers import Cases
from optimiser.explain.shapley import Predict
from optimiser.explain.spans import Spans
from optimiser.variables import Bools, Floats, Ints

#: Values along one effect at most, and at least for a threshold to be looked for.
MOST_VALUES, LEAST_VALUES = 20, 6
#: Rows that each step between two values is predicted for, where so many reach there.
_ROWS = 24
#: Resamples of the rows, and the share of them that has to agree.
_RESAMPLES, _AGREE = 300, 0.9
#: Ends of the interval, as quantiles over the resamples.
_ENDS = (0.05, 0.95)
#: An effect smaller than the first, or whose straight line is off by less than the second, has no threshold:
#: both as fractions of yield.
LEAST_EFFECT, LEAST_MISFIT = 0.02, 0.01
#: Share of the straight line's mean square misfit that the knot has to take away.
_LEAST_GAIN = 0.5
#: Share of the range that an interval may cover, else the threshold is nowhere in particular.
_WIDEST = 0.75
#: Places tried for a bend.
_PLACES = 41

Kind = Literal["turn", "bend", "jump"]


@dataclass(frozen=True)
class Threshold:
    """Where the effect of one driver on one response changes, or why no such place is told.

    Attributes:
        driver, response: names.
        values: of the driver that the effect was computed at, shape (g,); empty where it could not be.
        effect: on the yield, a fraction, against that at the first value, shape (g,).
        kind: ``turn`` (rises, then falls, or the other way), ``bend`` (another slope) or ``jump``; None where
            no threshold was found.
        at: the place; NaN without one.
        low, high: its 90 % interval.
        before, after: by how much the effect changes up to the place and from there on; of a jump ``before``
            is its height, and ``after`` is 0.
        why: why there is none; empty where there is one.
    """

    driver: str
    response: str
    values: Floats
    effect: Floats
    kind: Kind | None = None
    at: float = np.nan
    low: float = np.nan
    high: float = np.nan
    before: float = 0.0
    after: float = 0.0
    why: str = ""

    @property
    def looked_for(self) -> bool:
        """Whether there are enough different values to look for a threshold."""
        return len(self.values) >= LEAST_VALUES


def thresholds(
    predict: Predict, cases: Cases, responses: Sequence[str], columns: Sequence[int], rng: np.random.Generator
) -> tuple[Threshold, ...]:
    """Look for a threshold of every number that drives every response.

    Args:
        predict: the model over drivers coded as ``cases`` are.
        cases: rows of the training data.
        responses: names of what to look at.
        columns: of these in predictions.
        rng: draws the resamples.
    """
    spans, found = Spans.of(cases), list[Threshold]()
    for driver in cases.numeric:
        name, x = cases.columns[driver], cases.drivers[:, driver]
        variable = cases.variable(name)
        grid, steps = _steps(predict, cases, spans, driver, columns)
        log = variable is not None and variable.log
        for k, response in enumerate(responses):
            told = _longest(np.asarray((~np.isnan(steps[:, :, k])).any(axis=0)))
            values, own = slice(told.start, told.stop + 1 if told.stop else 0), steps[:, told, k]
            if len(grid[values]) >= LEAST_VALUES:
                found.append(_threshold(name, response, grid[values], log, own, rng))
                continue
            many = len(np.unique(x))
            why = f"the data have {many} different values"
            if many >= LEAST_VALUES:
                why = "too few neighbouring values were tried with the same choices"
            effect = _curves(own, np.ones((1, len(own))))[0] if len(grid[values]) else grid[values]
            found.append(Threshold(name, response, grid[values], effect, why=why))
    return tuple(found)


def _steps(
    predict: Predict, cases: Cases, spans: Spans, driver: int, columns: Sequence[int]
) -> tuple[Floats, Floats]:
    """Return the values of a driver, and what each step between two of them does to some rows.

    Returns:
        The values, shape (g,), and differences of yields, NaN for rows that were not asked, (n, g - 1, m).
    """
    x, many = cases.drivers[:, driver], len(columns)
    grid = np.unique(x)
    if len(grid) > MOST_VALUES:
        grid = np.unique(np.quantile(x, np.linspace(0.0, 1.0, MOST_VALUES), method="nearest"))
    low, high = spans.of_driver(cases.drivers, driver)
    chosen = np.zeros((len(cases), max(len(grid) - 1, 0)), dtype=np.bool_)
    for b, (start, stop) in enumerate(pairwise(grid.tolist())):
        reach = (low <= start + 1e-9) & (high >= stop - 1e-9)
        apart = np.where(reach, np.maximum(np.maximum(start - x, x - stop), 0.0), np.inf)
        inside = apart == 0.0
        nearest = np.argsort(apart, kind="stable")[:_ROWS]
        chosen[nearest, b] = np.isfinite(apart[nearest])
        if inside.sum() > _ROWS:  # evenly over those that lie there
            chosen[:, b] = False
            rows = np.flatnonzero(inside)
            chosen[rows[np.linspace(0, len(rows) - 1, _ROWS).round().astype(np.intp)], b] = True
    keep = _longest(np.asarray(chosen.any(axis=0)))
    grid, chosen = grid[keep.start : keep.stop + 1], chosen[:, keep]
    steps = np.full((len(cases), chosen.shape[1], many), np.nan)
    if not chosen.any():
        return grid[:0], steps
    row, step = np.nonzero(chosen)
    asked = np.repeat(cases.drivers[row], 2, axis=0)
    asked[0::2, driver], asked[1::2, driver] = grid[step], grid[step + 1]
    told = of_unique(predict, asked)[:, list(columns)]
    steps[row, step] = told[1::2] - told[0::2]
    if cases.has is not None:
        steps = np.where(cases.has[:, None, list(columns)], steps, np.nan)
    return grid, steps


def _longest(there: Bools) -> slice:
    """Return the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(int), [0]])))
    if not len(edges):
        return slice(0, 0)
    starts, stops = edges[0::2], edges[1::2]
    run = int(np.argmax(stops - starts))
    return slice(int(starts[run]), int(stops[run]))


def of_unique(predict: Predict, drivers: Floats) -> Floats:
    """Predict each different row once."""
    different, number = np.unique(drivers, axis=0, return_inverse=True)
    return np.asarray(predict(different)[number.reshape(-1)], dtype=np.float64)


def _curves(steps: Floats, count: Floats) -> Floats:
    """Return effects with some numbers of each row, shape (b, g), from steps (n, g - 1) and counts (b, n).

    A step that no row of a resample tells is that of all rows together; one that no row tells does nothing.
    """
    there = ~np.isnan(steps)
    told = np.nan_to_num(steps)
    usual = told.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    number = count @ there
    mean = np.where(number > 0, (count @ told) / np.maximum(number, 1), usual)
    return np.concatenate([np.zeros((len(count), 1)), np.cumsum(mean, axis=1)], axis=1)


def _threshold(
    name: str, response: str, grid: Floats, logarithmic: bool, steps: Floats, rng: np.random.Generator
) -> Threshold:
    """Look for one threshold of one effect, over the values or over the logarithms of value + 1."""
    n, place = len(steps), np.log1p(np.maximum(grid, 0.0)) if logarithmic else grid
    count = np.vstack([np.ones(n), rng.multinomial(n, np.full(n, 1.0 / n), size=_RESAMPLES)])
    curves = _curves(steps, count)
    effect = curves[0]
    none = Threshold(name, response, grid, effect)
    unit = (place - place[0]) / (place[-1] - place[0])
    line, straight = _fit(curves, np.column_stack([np.ones_like(unit), unit]))
    if np.ptp(effect) < LEAST_EFFECT:
        return _without(none, f"the effect is below {100.0 * LEAST_EFFECT:g} points")
    if np.abs(straight[0] - effect).max() < LEAST_MISFIT:
        return _without(none, "the effect is straight")
    at, misfit, jumps = _knots(curves, unit)
    free = len(grid) - np.array([2.0, 4.0])  # a knot takes two numbers more than a line
    gain = 1.0 - (misfit / free[1]) / np.maximum(line / free[0], 1e-12)
    if gain[0] < _LEAST_GAIN or (gain[1:] >= _LEAST_GAIN).mean() < _AGREE:
        return _without(none, "a knot does not fit clearly better than a straight line")
    bow, bowed = _fit(curves, np.column_stack([np.ones_like(unit), unit, unit**2]))
    # a parabola has a number less than a knot; where it fits as well, the effect bends gradually
    gradual = bool(bow[0] / (free[0] - 1.0) <= misfit[0] / free[1])
    kind: Kind = "jump" if jumps[0] and not gradual else "bend"
    same = jumps == jumps[0]
    if gradual:  # then only an extremum is a place
        up = bowed[0, len(grid) // 2] > (bowed[0, 0] + bowed[0, -1]) / 2.0
        at, same = unit[bowed.argmax(axis=1) if up else bowed.argmin(axis=1)], np.ones_like(same)
    low, high = np.quantile(at[same], _ENDS)
    # a turn is one where both sides count
    middle = float(np.interp(at[0], unit, effect))
    before, after = middle - float(effect[0]), float(effect[-1]) - middle
    if kind == "bend" and before * after < 0.0 and min(abs(before), abs(after)) >= LEAST_MISFIT:
        kind = "turn"
    elif gradual:
        return _without(none, "the effect bends gradually, nowhere in particular")
    if kind == "jump":
        right = int(np.searchsorted(unit, at[0]))
        before, after = float(effect[right] - effect[right - 1]), 0.0
    ends = _beside(grid, unit, float(low), -1), _beside(grid, unit, float(high), 1)
    width = np.interp(ends, grid, unit)
    if width[1] - width[0] > _WIDEST:
        return _without(none, "its place cannot be told")
    value = float(place[0] + at[0] * (place[-1] - place[0]))
    if logarithmic:
        value = float(np.expm1(value))
    return Threshold(name, response, grid, effect, kind, value, *ends, before, after)


def _without(none: Threshold, why: str) -> Threshold:
    return Threshold(none.driver, none.response, none.values, none.effect, why=why)


def _beside(grid: Floats, unit: Floats, at: float, way: int) -> float:
    """Return the value of the data next to a place, on one side."""
    beyond = np.flatnonzero(unit < at - 1e-9) if way < 0 else np.flatnonzero(unit > at + 1e-9)
    if not len(beyond):
        return float(grid[0] if way < 0 else grid[-1])
    return float(grid[beyond[-1] if way < 0 else beyond[0]])


def _fit(curves: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return the sums of squares that a linear fit leaves, shape (b,), and the fits, shape (b, g)."""
    fits = curves @ (x @ np.linalg.pinv(x)).T
    return ((curves - fits) ** 2).sum(axis=1), fits


def _knots(curves: Floats, unit: Floats) -> tuple[Floats, Floats, Bools]:
    """Return the best place of a bend or jump of each curve, what it leaves, and whether it is a jump.

    Two values at least lie on either side.
    """
    bends = np.linspace(unit[1], unit[-2], _PLACES)
    jumps = (unit[1:-2] + unit[2:-1]) / 2.0
    ones, places, left = np.ones_like(unit), [*bends, *jumps], []
    for k, at in enumerate(places):
        more = np.maximum(unit - at, 0.0) if k < len(bends) else (unit > at).astype(np.float64)
        left.append(_fit(curves, np.column_stack([ones, unit, more]))[0])
    misfit = np.array(left)
    best: Ints = misfit.argmin(axis=0)
    every = np.arange(misfit.shape[1])
    return np.array(places)[best], misfit[best, every], np.asarray(best >= len(bends), dtype=np.bool_)
