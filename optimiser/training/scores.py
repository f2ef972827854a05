"""Accuracy on held-out data: errors, R2, coverage of intervals and interval score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.surrogate.calibration import INTERVAL_LEVEL
from optimiser.training.calibrate import Evidence, nested, ratio
from optimiser.training.held_out import HeldOut
from optimiser.variables import Bools, Floats

#: Levels of the intervals whose coverage is counted.
LEVELS = (0.5, 0.8, INTERVAL_LEVEL)
#: Levels at which claimed and real confidence are compared.
RELIABILITY_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_DECIMALS = 4


def score(
    predicted: Floats, measured: Floats, counted: Bools, intervals: Floats | None = None
) -> dict[str, Any]:
    """Compare predictions with measurements.

    Args:
        predicted: yields, shape (n, 4).
        measured: yields, shape (n, 4).
        counted: which values count, shape (n, 4); the others are not looked at.
        intervals: low and high yields at each of ``LEVELS``, shape (n, 4, 3, 2).

    Returns:
        ``r2``: per metal over the values counted, averaged over the metals that have at least two different
        ones, None where no metal has; ``mae``, ``medae``, ``mse``, ``rmse``: over all values counted, all
        metals together; ``coverage``: share of them within the interval, by level; ``interval_score``: mean
        Winkler score of the intervals at ``INTERVAL_LEVEL``; ``values``: how many count. None where there is
        nothing to count.
    """
    n = int(counted.sum())
    error = np.abs(predicted - measured)[counted]
    return {
        "r2": r2(predicted, measured, counted),
        "mae": float(error.mean()) if n else None,
        "medae": float(np.median(error)) if n else None,
        "mse": float((error**2).mean()) if n else None,
        "rmse": float(np.sqrt((error**2).mean())) if n else None,
        "coverage": None if intervals is None or not n else coverage(measured, counted, intervals),
        "interval_score": None if intervals is None or not n else _mean_winkler(measured, counted, intervals),
        "values": n,
    }


def r2(predicted: Floats, measured: Floats, counted: Bools) -> float | None:
    """Return R2 per metal, averaged over the metals with at least two different measurements; else None."""
    from sklearn.metrics import r2_score

    found = []
    for k in range(measured.shape[1]):
        mine = counted[:, k]
        if mine.sum() > 1 and np.ptp(measured[mine, k]) > 0.0:
            found.append(r2_score(measured[mine, k], predicted[mine, k]))
    return float(np.mean(found)) if found else None


def coverage(
    measured: Floats, counted: Bools, intervals: Floats, levels: Sequence[float] = LEVELS
) -> dict[str, float]:
    """Return the share of the values counted that lie within the interval, ends included, by level."""
    low, high = intervals[..., 0], intervals[..., 1]
    within = (low <= measured[..., None]) & (measured[..., None] <= high)
    return {f"{level:g}": float(within[..., i][counted].mean()) for i, level in enumerate(levels)}


def winkler(measured: Floats, low: Floats, high: Floats, level: float) -> Floats:
    """Return the interval score: width, plus 2 / (1 - level) times how far outside; smaller is better.

    Gneiting and Raftery 2007, 10.1198/016214506000001437, equation 43.
    """
    outside = np.maximum(low - measured, 0.0) + np.maximum(measured - high, 0.0)
    return np.asarray(high - low + 2.0 / (1.0 - level) * outside, dtype=np.float64)


def _mean_winkler(measured: Floats, counted: Bools, intervals: Floats) -> float:
    i = LEVELS.index(INTERVAL_LEVEL)
    low, high = intervals[..., i, 0], intervals[..., i, 1]
    return float(winkler(measured[counted], low[counted], high[counted], INTERVAL_LEVEL).mean())


def score_groups(
    predicted: Floats,
    measured: Floats,
    counted: Bools,
    labels: npt.NDArray[np.str_],
    experiments: npt.NDArray[np.intp],
    intervals: Floats | None = None,
) -> dict[str, dict[str, Any]]:
    """Score each group of values.

    Args:
        predicted, measured, counted, intervals: as for :func:`score`.
        labels: name of each value's group, shape (n, 4).
        experiments: number of each row's experiment, shape (n,).

    Returns:
        Scores by group, most values first; each also counts its ``experiments``.
    """
    found = {}
    for label in np.unique(labels[counted]).tolist():
        mine = counted & (labels == label)
        scores = score(predicted, measured, mine, intervals)
        found[label] = {**scores, "experiments": len(np.unique(experiments[mine.any(axis=1)]))}
    return dict(sorted(found.items(), key=lambda item: -item[1]["values"]))


def skill(evidence: Evidence, held: Mapping[str, HeldOut]) -> dict[str, Any]:
    """Return the scores that a model card shows, by protocol.

    Those of ``random`` also as the Toolkit's paper counts. ``reliability`` is the share of yields that
    intervals of each level hold.

    Args:
        evidence: of the training table.
        held: predictions by protocol.
    """
    table, found = evidence.table, {}
    for protocol, measured in held.items():
        counted = table.present & measured.predicted
        yields = nested(evidence, held, protocol)
        figures: dict[str, Any] = score(yields.expected, table.yields, counted, yields.intervals(LEVELS))
        far = ratio(evidence, measured)
        far = far[~np.isnan(far)]
        every = yields.intervals(RELIABILITY_LEVELS)
        figures["reliability"] = coverage(table.yields, counted, every, RELIABILITY_LEVELS)
        figures["rows"] = int(measured.tested.sum())
        figures["share_outside_domain"] = float((far > 1.0).mean())
        if protocol == "random" and table.system.is_cathode:
            published = as_published(yields.expected[measured.tested], table.present[measured.tested])
            everything = np.ones_like(published, dtype=bool)
            counts = score(published, table.yields_as_written[measured.tested], everything)
            figures["as_published"] = {name: counts[name] for name in ("r2", "mae")}
        found[protocol] = rounded(figures)
    return found


def as_published(mean: Floats, present: Bools) -> Floats:
    """Return predictions as the Toolkit's paper scores them: absent metals are predicted as 1.0, (n, 4)."""
    return np.where(present, mean, 1.0)


def rounded(value: Any) -> Any:
    """Return the figures of a card, nested in dictionaries, to 4 decimals."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return round(value, _DECIMALS) if isinstance(value, float) else value
