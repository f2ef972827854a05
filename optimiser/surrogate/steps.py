"""Where the yield model steps, and so how far apart two designs are in its own terms.

Trees are flat between their tests: two designs with no test between them have the same yields, however far
apart their setpoints are. A design's place counts, by column, the heights of all steps below it; the distance
of two places is about what their yields may differ by (`benchmarks/guess.py` measures how well).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.designs import Floats
from optimiser.surrogate.columns import COLUMNS, columns
from optimiser.surrogate.compiled import following
from optimiser.surrogate.panel import FOLLOWING, FOLLOWS
from optimiser.surrogate.trees import Forest, compiled_loops


@dataclass(frozen=True)
class Steps:
    """The steps of a yield model for one feed and acid.

    Attributes:
        features: of any design with the feed and the acid, shape (32,).
        values: by column of ``FOLLOWING``, where it steps, rising.
        heights: likewise, the sum of the heights up to each step, 0 before the first: one longer. In yields,
            summed over the feed's metals and averaged over the members and their anchors.
    """

    features: Floats
    values: tuple[Floats, ...]
    heights: tuple[Floats, ...]

    def places(self, continuous: Floats) -> Floats:
        """Return where designs lie.

        Args:
            continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).

        Returns:
            Sum of the heights below each column's value, shape (n, 9).
        """
        x = following(self.features, continuous)
        parts = zip(self.values, self.heights, x.T, strict=True)
        return np.column_stack([height[np.searchsorted(value, column)] for value, height, column in parts])


def find_steps(
    paired: Sequence[Forest], plain: Sequence[Forest], known: Floats, yields: Floats, features: Floats
) -> Steps:
    """Find the steps of a yield model for one feed and acid.

    Args:
        paired: forests that learn differences.
        plain: forests that learn yields.
        known: columns of the anchors, shape (m, 4, 43).
        yields: of the anchors, NaN where the metal is absent, shape (m, 4).
        features: of any design with the feed and the acid, shape (32,).

    Raises:
        InputError: numba cannot compile the loop here.
    """
    seen = columns(features[None])[0]
    found = []
    for k in np.flatnonzero(seen[:, COLUMNS.index("own_content")] > 0.0):
        sides = np.ascontiguousarray(known[~np.isnan(yields[:, k]), k].T)
        own = np.ascontiguousarray(seen[k])
        alone = np.zeros((len(own), 1))
        for forest, anchors in (*((f, sides) for f in paired), *((f, alone) for f in plain)):
            found.append(_of_forest(forest, int(k), own, anchors))
    value, height, column = (np.concatenate(part) for part in zip(*found, strict=True))
    values, heights = [], []
    for j in range(len(FOLLOWING)):
        mine = column == j
        at, which = np.unique(value[mine], return_inverse=True)
        summed = np.bincount(which, weights=height[mine], minlength=len(at)) / (len(paired) + len(plain))
        values.append(at)
        heights.append(np.append(0.0, np.cumsum(summed)))
    return Steps(features, tuple(values), tuple(heights))


def _of_forest(forest: Forest, metal: int, own: Floats, anchors: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the values, heights and columns of a forest's steps."""
    first, stop = (int(tree) for tree in forest.metal_trees[metal])
    reach = np.empty((stop - first, anchors.shape[1]), dtype=np.uint64)
    open_node = np.zeros(len(forest.column), dtype=np.bool_)
    tests = (forest.column, forest.threshold)
    spans = (forest.left_low, forest.left_high, forest.kind_start)
    with compiled_loops() as loops:
        from optimiser.surrogate import _steps

        loops.resolve(
            own, anchors, FOLLOWS, *tests, forest.missing_left, *spans, forest.leaf_start, first, stop,
            reach, open_node,
        )  # fmt: skip
        room = int(open_node.sum()) * anchors.shape[1]
        values, heights, of_column = np.empty(room), np.empty(room), np.empty(room)
        count = _steps.collect(
            reach, anchors, FOLLOWS, *tests, *spans, forest.leaf, forest.leaf_start, first, stop,
            values, heights, of_column,
        )  # fmt: skip
    return values[:count], heights[:count], of_column[:count]
