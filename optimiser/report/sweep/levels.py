"""The values of a varied key as a few levels: what maps, panels and shares of variance are made over."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimiser.report.sweep.keys import SHORT, Key, called, cut, rough
from optimiser.variables import Floats

#: Numbers that take more values than this, as those of a Latin hypercube do, are put into so many bins.
MOST, BINS = 12, 10

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Levels:
    """A key's levels, and the level of each run.

    Attributes:
        key: whose.
        codes: shape (runs,): place of the run's level; −1 where it has no value or its level is left out.
        labels: of each level, short, each only once.
        texts: of each level, whole.
        positions: of numbers, the value of each level, or the median of its bin, as shown; else empty.
        binned: whether a level is a bin of numbers, each with about as many runs.
        left_out: levels that are not among these.
    """

    key: Key
    codes: Codes
    labels: tuple[str, ...]
    texts: tuple[str, ...]
    positions: tuple[float, ...] = ()
    binned: bool = False
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    def most_frequent(self, most: int) -> Levels:
        """Return only the ``most`` levels that have most runs, in their order; all if there are no more."""
        if len(self) <= most:
            return self
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self))
        kept = np.sort(np.argsort(-counts, kind="stable")[:most])
        place = np.full(len(self) + 1, -1, dtype=np.intp)  # the last one is that of code −1
        place[kept] = np.arange(most)
        return replace(
            self,
            codes=place[self.codes],
            labels=tuple(self.labels[k] for k in kept),
            texts=tuple(self.texts[k] for k in kept),
            positions=tuple(self.positions[k] for k in kept) if self.positions else (),
            left_out=self.left_out + len(self) - most,
        )


def levels_of(key: Key, values: pd.Series, most: int = MOST, bins: int = BINS) -> Levels:
    """Return the levels of a key: texts in the order of the sweep, numbers in their own.

    Args:
        key: whose.
        values: of each run.
        most: numbers with more different values are binned by their quantiles.
        bins: how many.

    Examples:
        >>> found = levels_of(Key("price", "price", numeric=True), pd.Series([0.1, 0.3, 0.1]))
        >>> found.labels, found.codes.tolist()
        (('0.1', '0.3'), [0, 1, 0])
    """
    if not key.numeric:
        texts = [key.text(value) for value in values]
        codes, found = pd.factorize(np.array(texts, dtype=object))
        return Levels(key, codes.astype(np.intp), _short(list(found)), tuple(found))
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    there = np.isfinite(numbers)
    different = np.unique(numbers[there])
    codes = np.full(len(numbers), -1, dtype=np.intp)
    if len(different) <= most:
        codes[there] = np.searchsorted(different, numbers[there])
        texts = [key.text(value) for value in different]
        return Levels(key, codes, _short(texts), tuple(texts), tuple((key.scale * different).tolist()))
    edges = np.unique(np.quantile(numbers[there], np.linspace(0.0, 1.0, bins + 1)))
    # a bin that ties leave empty is no level
    codes[there] = np.unique(np.searchsorted(edges[1:-1], numbers[there], side="right"), return_inverse=True)[
        1
    ]
    inside = pd.Series(numbers[there]).groupby(codes[there])
    ends, middle = inside.agg(["min", "max"]), key.scale * inside.median()
    shown_ends = key.scale * ends.to_numpy(dtype=np.float64)
    texts = [f"{rough(low, 4 * (high - low))}–{rough(high, 4 * (high - low))}" for low, high in shown_ends]
    return Levels(key, codes, _short(texts), tuple(texts), tuple(middle), binned=True)


def _short(texts: list[str]) -> tuple[str, ...]:
    """Shorten texts, mappings to their names; those that become the same are numbered."""
    names = [called(text) for text in texts]
    short = [cut(text, SHORT) for text in names]
    return tuple(
        cut(text, SHORT - len(mark)) + mark if short.count(one) > 1 else one
        for k, (text, one) in enumerate(zip(names, short, strict=True), start=1)
        for mark in [f" #{k}"]
    )


def shown(key: Key, values: pd.Series) -> Floats:
    """Return a varied number of each run as it is shown."""
    numbers: Floats = key.scale * values.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers
