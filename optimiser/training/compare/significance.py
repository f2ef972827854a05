"""Are differences in error more than chance? Tests on what is independent: means per group held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from optimiser.variables import Floats, Ints

#: Units that a group must have to be tested.
LEAST_UNITS = 5


def unit_means(errors: Floats, units: Ints) -> tuple[Ints, Floats]:
    """Return the mean absolute error of each unit over the values that are not NaN.

    Args:
        errors: absolute errors, NaN where a value does not count, shape (n, 4).
        units: number of each row's unit (its experiment, or its study), shape (n,).

    Returns:
        Numbers of the units that have a value, ascending, and their means.
    """
    counted = ~np.isnan(errors)
    names, index = np.unique(units, return_inverse=True)
    total = np.bincount(index, np.where(counted, errors, 0.0).sum(axis=1), len(names))
    values = np.bincount(index, counted.sum(axis=1), len(names))
    have = values > 0
    return names[have], total[have] / values[have]


def between_groups(errors: Floats, units: Ints, labels: npt.NDArray[np.str_]) -> dict[str, Any]:
    """Test whether errors differ between groups: Kruskal-Wallis, then Dunn with Holm's adjustment.

    The errors of one experiment are not independent, so each unit counts once per group, with its mean. Where
    a unit has values in several groups (metals, predicted yields) the groups are still not independent, and
    the p values are a guide only.

    Args:
        errors: absolute errors, NaN where a value does not count, shape (n, 4).
        units: number of each row's unit, shape (n,).
        labels: group of each value, shape (n, 4).

    Returns:
        ``units`` by group tested, ``left_out``: groups with fewer than 5 units, ``independent``: whether no
        unit is in two groups, ``kruskal_wallis``: statistic and p, ``dunn``: p of each pair. The tests are
        None with fewer than two groups, or without any difference.
    """
    groups: dict[str, tuple[Ints, Floats]] = {}
    for label in np.unique(labels[~np.isnan(errors)]).tolist():
        groups[label] = unit_means(np.where(labels == label, errors, np.nan), units)
    tested = {label: means for label, (_, means) in groups.items() if len(means) >= LEAST_UNITS}
    held = [unit for label in tested for unit in groups[label][0].tolist()]
    found: dict[str, Any] = {
        "units": {label: len(means) for label, means in tested.items()},
        "left_out": [label for label in groups if label not in tested],
        "independent": len(held) == len(set(held)),
        "kruskal_wallis": None,
        "dunn": None,
    }
    if len(tested) < 2 or np.ptp(np.concatenate(list(tested.values()))) == 0.0:
        return found
    from scikit_posthocs import posthoc_dunn
    from scipy.stats import kruskal

    result = kruskal(*tested.values())
    found["kruskal_wallis"] = {"statistic": float(result.statistic), "p": float(result.pvalue)}
    p = np.asarray(posthoc_dunn(list(tested.values()), p_adjust="holm"))
    names = list(tested)
    found["dunn"] = [
        {"between": [names[i], names[j]], "p": float(p[i, j])}
        for i in range(len(names))
        for j in range(i + 1, len(names))
    ]
    return found


def paired(errors: Floats, others: Floats, units: Ints) -> dict[str, Any]:
    """Test whether two predictions of the same values differ in error: Wilcoxon's signed-rank test.

    Args:
        errors: absolute errors of the first, NaN where a value does not count, shape (n, 4).
        others: those of the second, likewise.
        units: number of each row's unit, shape (n,); pairs are of unit means.

    Returns:
        ``units``: pairs, ``mean_difference``: first minus second, ``statistic`` and ``p``, which are None
        where every pair is equal.
    """
    both = ~np.isnan(errors) & ~np.isnan(others)
    _, first = unit_means(np.where(both, errors, np.nan), units)
    _, second = unit_means(np.where(both, others, np.nan), units)
    found: dict[str, Any] = {
        "units": len(first),
        "mean_difference": float((first - second).mean()) if len(first) else None,
        "statistic": None,
        "p": None,
    }
    if len(first) and np.any(first != second):
        from scipy.stats import wilcoxon

        result = wilcoxon(first, second)
        found |= {"statistic": float(result.statistic), "p": float(result.pvalue)}
    return found
