"""Which two drivers matter together: how far the effect of one depends on the other.

Two rows of the data differ in drivers j and k. The first row's prediction, with j of the second, with k of
the second, and with both give the second difference

    f(both) - f(j) - f(k) + f(neither),

which is 0 wherever the effects of j and k add up, whatever else the function does. Its mean square is four
times the pair's superset importance (Liu & Owen 2006, doi:10.1198/016214505000001410); here its mean size is
told, in points of yield. Only rows whose four corners lie within the data of their options count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import sem

from optimiser.explain.drivers import Cases
from optimiser.explain.shapley import Predict
from optimiser.explain.spans import Spans
from optimiser.explain.thresholds import of_unique
from optimiser.variables import Floats, Ints

#: Pairs of rows that are looked at for each pair of drivers at most, and at least for it to be told.
_PAIRS, LEAST_PAIRS = 160, 16
#: Pairs of drivers that are drawn, values along the first driver, and levels of the second.
DRAWN, _ALONG, _LEVELS = 3, 15, 3
#: Kinds that are levels at most.
_KINDS = 4
#: Mean size of the second difference, a fraction of yield, from which two drivers count as interacting.
LEAST_SIZE = 0.01


@dataclass(frozen=True)
class Interactions:
    """How much each pair of drivers matters together.

    Attributes:
        names: the pairs, p of them.
        size: mean size of the second difference of each response, a fraction; NaN where the data hold too
            few pairs of rows, shape (p, m).
        error: standard error of ``size``, likewise.
        rows: pairs of rows that it is a mean over, shape (p,).
    """

    names: tuple[tuple[str, str], ...]
    size: Floats
    error: Floats
    rows: Floats

    def strongest(self) -> list[int]:
        """Return the pairs that interact with some response, the strongest on average first.

        A pair counts whose size is at least `LEAST_SIZE` and twice its error.
        """
        with np.errstate(invalid="ignore"):
            sure = np.any((self.size >= LEAST_SIZE) & (self.size >= 2.0 * self.error), axis=1)
        mean = np.nan_to_num(self.size).mean(axis=1)
        return [int(p) for p in np.argsort(-mean, kind="stable") if sure[p]]


@dataclass(frozen=True)
class Pair:
    """Yields along one driver at some levels of another, for drawing.

    Attributes:
        along, at: names of the drivers.
        values: of ``along``: numbers, or codes of its kinds, shape (g,).
        levels: of ``at``, likewise, shape (l,).
        response: column among those asked for of the response that the pair changes most.
        yields: mean yield of that response over the background, NaN beyond the data, shape (l, g).
    """

    along: str
    at: str
    values: Floats
    levels: Floats
    response: int
    yields: Floats


def interactions(
    predict: Predict, cases: Cases, columns: Sequence[int], rng: np.random.Generator
) -> Interactions:
    """Measure how much each pair of drivers matters together.

    Args:
        predict: the model over drivers coded as ``cases`` are.
        cases: rows of the training data.
        columns: of predictions to look at.
        rng: draws pairs of rows.
    """
    drivers, many, of = cases.drivers, len(cases.names), cases.group
    names = tuple(combinations(cases.names, 2))
    if len(cases) < 2 or many < 2:
        nothing = np.full((len(names), len(columns)), np.nan)
        return Interactions(names, nothing, nothing, np.zeros(len(names)))
    first, second = _drawn(cases, rng)
    spans, corners, counts = Spans.of(cases), list[Floats](), list[int]()
    for j, k in combinations(range(many), 2):
        a, b = drivers[first], drivers[second]
        apart = a != b
        differ = apart[:, of == j].any(axis=1) & apart[:, of == k].any(axis=1)
        a, b = a[differ], b[differ]
        moved = [np.zeros_like(of, dtype=np.bool_), of == j, of == k, (of == j) | (of == k)]
        square = np.where(np.array(moved)[None], b[:, None, :], a[:, None, :])
        held = spans.hold(square.reshape(-1, len(of))).reshape(-1, 4).all(axis=1)
        chosen = np.flatnonzero(held)[:_PAIRS]
        corners.append(square[chosen].reshape(-1, len(of)))
        counts.append(len(chosen))
    told = of_unique(predict, np.vstack(corners))[:, list(columns)]
    size, error = (np.full((len(names), len(columns)), np.nan) for _ in range(2))
    rows, at = np.zeros(len(names)), 0
    for p, number in enumerate(counts):
        block = told[at : at + 4 * number].reshape(number, 4, len(columns))
        at, rows[p] = at + 4 * number, number
        if number < LEAST_PAIRS:
            continue
        second_difference = np.abs(block[:, 3] - block[:, 1] - block[:, 2] + block[:, 0])
        size[p] = second_difference.mean(axis=0)
        error[p] = sem(second_difference, axis=0)
    return Interactions(names, size, error, rows)


def _drawn(cases: Cases, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return different pairs of rows, half of them with the same option: more than count in the end."""
    number, n = 8 * _PAIRS, len(cases)
    first, second = rng.integers(n, size=number), rng.integers(n, size=number)
    option = cases.option_of(cases.drivers)
    order = np.argsort(option, kind="stable")
    start, stop = (np.searchsorted(option[order], option, side=side) for side in ("left", "right"))
    alike = order[rng.integers(start[first], stop[first])]
    second = np.where(np.arange(number) % 2 == 0, alike, second)
    once = np.sort(np.unique(first * n + second, return_index=True)[1])
    return first[once], second[once]


def pair_curves(
    predict: Predict, cases: Cases, background: Cases, columns: Sequence[int], found: Interactions
) -> tuple[Pair, ...]:
    """Return yields along the strongest pairs of drivers, for drawing.

    The mean is over the rows of the background, in whose options' data both drivers vary, that reach over
    most of the picture.

    Args:
        predict: the model over drivers coded as ``cases`` are.
        cases: rows of the training data.
        background: some of them, that the mean is over.
        columns: of predictions that ``found`` is about.
        found: as `interactions` gives it.
    """
    return tuple(_pair(predict, cases, background, columns, found, p) for p in found.strongest()[:DRAWN])


def _pair(
    predict: Predict,
    cases: Cases,
    background: Cases,
    columns: Sequence[int],
    found: Interactions,
    p: int,
) -> Pair:
    spans = Spans.of(cases)
    # numbers go along, kinds are levels; of two of a sort, the one with more values goes along
    along, at = sorted(
        found.names[p], key=lambda name: (not cases.is_number(name), -len(np.unique(cases[name])))
    )
    rows = [part.take(_varied(part, spans, (along, at))) for part in (cases, background)]
    known = rows[0] if len(rows[0]) else cases
    base = rows[1] if len(rows[1]) else known.take(np.arange(min(len(known), len(background))))
    (values, moved), (levels, held_at) = _values(known, along), _levels(known, at)
    asked = np.repeat(base.drivers[:, None, :], len(levels) * len(values), axis=1)
    asked[:, :, _columns(cases, at)] = np.repeat(held_at, len(values), axis=0)
    asked[:, :, _columns(cases, along)] = np.tile(moved, (len(levels), 1))
    held = spans.hold(asked.reshape(-1, asked.shape[2])).reshape(asked.shape[:2])
    # the same rows at every place, so that lines differ by the drivers alone
    there = held[int(held.sum(axis=1).argmax())]
    asked, response = asked[held[:, there].all(axis=1)], int(np.nanargmax(found.size[p]))
    mean = np.full(asked.shape[1], np.nan)
    if there.any():
        of = of_unique(predict, asked[:, there].reshape(-1, asked.shape[2]))[:, columns[response]]
        mean[there] = of.reshape(len(asked), -1).mean(axis=0)
    yields = mean.reshape(len(levels), len(values))
    told = ~np.isnan(yields)
    lines, places = told.any(axis=1), told.any(axis=0)
    return Pair(along, at, values[places], levels[lines], response, yields[lines][:, places])


def _columns(cases: Cases, driver: str) -> Ints:
    return np.flatnonzero(cases.group == cases.names.index(driver))


def _varied(cases: Cases, spans: Spans, pair: tuple[str, str]) -> Ints:
    """Return the rows in whose options' data the numbers of a pair vary, shape (n,)."""
    varied = np.ones(len(cases), dtype=np.bool_)
    for driver in pair:
        if cases.is_number(driver):
            low, high = spans.of_driver(cases.drivers, cases.columns.index(driver))
            varied &= high > low
    return np.flatnonzero(varied)


def _settings(cases: Cases, driver: str) -> tuple[Floats, Floats]:
    """Return the different values of a driver, shape (l,), and its columns at each, shape (l, c)."""
    different, first = np.unique(cases[driver], return_index=True)
    return different.astype(np.float64), cases.drivers[first][:, _columns(cases, driver)]


def _values(cases: Cases, driver: str) -> tuple[Floats, Floats]:
    """Return values along a driver: all of a few, else evenly over most of their range."""
    different, rows = _settings(cases, driver)
    if len(different) <= _ALONG or not cases.is_number(driver):
        return different, rows
    low, high = np.quantile(cases[driver], (0.05, 0.95)).tolist()
    even = np.linspace(low, high, _ALONG)
    return even, even[:, None]


def _levels(cases: Cases, driver: str) -> tuple[Floats, Floats]:
    """Return levels of a driver: low, middle and high of a number, else the most frequent kinds."""
    different, rows = _settings(cases, driver)
    if not cases.is_number(driver):
        count = np.array([(cases[driver] == value).sum() for value in different])
        kept = np.sort(np.argsort(-count, kind="stable")[:_KINDS])
        return different[kept], rows[kept]
    levels = np.unique(
        np.quantile(cases[driver], np.linspace(0.1, 0.9, _LEVELS), method="nearest").astype(np.float64)
    )
    levels = levels if len(levels) > 1 else different[[0, -1]]
    return levels, levels[:, None]
