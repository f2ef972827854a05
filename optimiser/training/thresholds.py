"""Spread the thresholds of fitted trees over the gaps that the training data leave.

A split at 0.45 wt% peroxide may only tell rows without peroxide from rows with 0.9 wt%: where between the two
the yield rises the data do not say, and boosting puts every such step at the same place. Here each split is
moved to a random place in its own gap, between the rows of its node on either side. Every training row still
reaches the leaf it reached (but where knots widen a gap over rows), and many trees together rise evenly from
one known setpoint to the next, where they stepped before. A monotone tree stays monotone wherever its
thresholds lie: LightGBM bounds every leaf left of a split by every leaf right of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from optimiser.surrogate.trees import compiled_loops
from optimiser.variables import Bools, Floats

_TREE = re.compile(r"^Tree=", re.MULTILINE)
_DEFAULT_LEFT, _MISSING_IS_NAN = 2, 8  # bits of LightGBM's decision_type


def spread(
    booster: Any,
    matrix: Floats,
    moved: Sequence[int],
    rng: np.random.Generator,
    knots: Mapping[int, Sequence[float]] | None = None,
) -> Any:
    """Return a LightGBM booster whose thresholds lie anywhere in their gaps.

    Args:
        booster: fitted without categories.
        matrix: what it was fitted on, NaN where missing, shape (n, d).
        moved: columns whose thresholds move; the others keep theirs.
        rng: where in its gap each threshold lies, uniformly.
        knots: by column, rising values between which a response is taken to be a straight line: a gap reaches
            from one of them to the next at least.

    Returns:
        A new booster that says of ``matrix`` what the old one said; with knots, of rows that lie on them.

    Examples:
        >>> import lightgbm
        >>> x = np.repeat([[0.0], [1.0]], 50, axis=0)
        >>> stump = lightgbm.train({"verbosity": -1}, lightgbm.Dataset(x, x[:, 0]), 1)
        >>> other = spread(stump, x, [0], np.random.default_rng(0))
        >>> [tree["tree_structure"]["threshold"] for tree in other.dump_model()["tree_info"]]
        [0.6369616873214543]
    """
    import lightgbm

    head, *trees = _TREE.split(booster.model_to_string(num_iteration=-1))
    columns = np.zeros(matrix.shape[1], dtype=np.bool_)
    columns[list(moved)] = True
    rows = np.ascontiguousarray(matrix)
    # without the sizes of its parts, which change, LightGBM reads them one by one
    head = re.sub(r"^tree_sizes=.*\n", "", head, flags=re.MULTILINE)
    ends = {column: np.array(values) for column, values in (knots or {}).items()}
    text = "Tree=".join([head, *(_moved(tree, rows, columns, ends, rng) for tree in trees)])
    return lightgbm.Booster(model_str=text)


def _moved(
    tree: str, rows: Floats, columns: Bools, knots: Mapping[int, Floats], rng: np.random.Generator
) -> str:
    """Return the text of one tree with its thresholds moved."""

    def numbers(name: str) -> list[str]:
        found = re.search(rf"^{name}=(.+)$", tree, re.MULTILINE)
        return found.group(1).split() if found else []

    feature, kind, left, right = (
        np.array(numbers(name), dtype=np.int64)
        for name in ("split_feature", "decision_type", "left_child", "right_child")
    )
    threshold = np.array(numbers("threshold"), dtype=np.float64)
    if not len(threshold):  # a tree of one leaf
        return tree
    # where training saw nothing missing, LightGBM takes a missing value for zero
    missing_left = np.where(kind & _MISSING_IS_NAN, (kind & _DEFAULT_LEFT) > 0, threshold >= 0.0)
    with compiled_loops() as loops:
        below, above = loops.gaps(rows, feature, threshold, missing_left, left, right)
    for column, values in knots.items():
        mine = np.flatnonzero(feature == column)
        above_by = np.searchsorted(values, threshold[mine], side="right")
        below[mine] = np.fmin(below[mine], values[np.maximum(above_by - 1, 0)])
        above[mine] = np.fmax(above[mine], values[np.minimum(above_by, len(values) - 1)])
    place = below + rng.random(len(threshold)) * (above - below)
    free = columns[feature] & (place >= below) & (place < above)  # not where a side is missing, or no room
    chosen = np.where(free, place, threshold)
    said = " ".join(repr(value) for value in chosen.tolist())
    return re.sub(r"^threshold=.*$", f"threshold={said}", tree, flags=re.MULTILINE)
