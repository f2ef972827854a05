"""Which varied key moves a quantity most: the share of its variance that each key alone explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.report.sweep.keys import Key
from optimiser.report.sweep.levels import Codes, Levels
from optimiser.variables import Floats


@dataclass(frozen=True)
class Effect:
    """What one key alone explains.

    Attributes:
        key: which.
        share: one-way eta squared, the variance of its levels' means over the whole variance; NaN where it
            cannot be told: one level only, or no level with two runs.
        chance: what as many levels explain on average if the key has no effect.
        levels: how many there are among the runs with a design.
    """

    key: Key
    share: float
    chance: float
    levels: int

    @property
    def told(self) -> bool:
        """Whether there is a share."""
        return not np.isnan(self.share)


def eta_squared(values: Floats, codes: Codes) -> float:
    """Return one-way eta squared: sum of squares between levels over that of all.

    Args:
        values: shape (runs,), finite.
        codes: shape (runs,), the level of each run, from 0.

    Returns:
        From 0 to 1; NaN with one level, without a level of two runs, or where nothing varies.

    Examples:
        >>> round(eta_squared(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1])), 6)
        0.8
    """
    counts = np.bincount(codes)
    counts_there = counts[counts > 0]
    if len(counts_there) < 2 or len(values) <= len(counts_there):
        return float("nan")
    centred = values - values.mean()
    whole = float(centred @ centred)
    if whole <= 1e-18 * max(1.0, float(values @ values)):
        return float("nan")
    sums = np.bincount(codes, weights=centred)[counts > 0]
    return min(float((sums**2 / counts_there).sum()) / whole, 1.0)


def effects(values: Floats, levels: Sequence[Levels]) -> tuple[Effect, ...]:
    """Return what each key alone explains of a quantity, that with most beyond chance first.

    Args:
        values: shape (runs,); runs without a finite one do not count.
        levels: of each key.

    A key without a share stands at the end; keys that are level stay in the order of the sweep.
    """
    found = []
    for one in levels:
        rows = np.isfinite(values) & (one.codes >= 0)
        count, n = len(np.unique(one.codes[rows])), int(rows.sum())
        share = eta_squared(values[rows], one.codes[rows]) if n else float("nan")
        found.append(Effect(one.key, share, (count - 1) / (n - 1) if n > 1 else float("nan"), count))
    return tuple(sorted(found, key=lambda e: -(e.share - e.chance) if e.told else np.inf))
