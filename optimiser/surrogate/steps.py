"""Where the yield model steps, and so how far apart two designs are in its own terms.

Trees are flat between their tests: two designs with no test between them have the same yields, however far
apart their setpoints are. A design's place counts, by column, the heights of all steps below it; the distance
of two places bounds about what their yields may differ by. The same steps with their signs, summed over the
columns, say about by how much they do differ: a main effect. `benchmarks/guess.py` measures how well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimiser.designs import Floats
from optimiser.surrogate.columns import COLUMNS, columns
from optimiser.surrogate.compiled import following
from optimiser.surrogate.features import METALS
from optimiser.surrogate.mixture import Mixture
from optimiser.surrogate.panel import FOLLOWING, FOLLOWS
from optimiser.surrogate.trees import Forest, compiled_loops


class Places(NamedTuple):
    """Where n designs lie; to be compared within a feed and acid.

    Attributes:
        heights: of the steps below each column's value, summed, in yields, shape (n, 9).
        effects: of these steps on each metal's yield, summed over the columns, shape (n, 4).
    """

    heights: Floats
    effects: Floats


@dataclass(frozen=True)
class Steps:
    """The steps of a yield model for one feed and acid.

    Attributes:
        features: of any design with the feed and the acid, shape (32,).
        values: by column of ``FOLLOWING``, where it steps, rising.
        heights: likewise, the sum of the heights up to each step, 0 before the first: one longer. In yields,
            summed over the feed's metals and averaged over the members and their anchors.
        effects: likewise, the sum of the changes of each metal's yield, shape (steps + 1, 4).
    """

    features: Floats
    values: tuple[Floats, ...]
    heights: tuple[Floats, ...]
    effects: tuple[Floats, ...]

    def places(self, continuous: Floats) -> Places:
        """Return where designs lie.

        Args:
            continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).
        """
        x = following(self.features, continuous)
        at = [np.searchsorted(value, column) for value, column in zip(self.values, x.T, strict=True)]
        heights = [height[k] for height, k in zip(self.heights, at, strict=True)]
        effects = [effect[k] for effect, k in zip(self.effects, at, strict=True)]
        return Places(np.column_stack(heights), np.sum(effects, axis=0))


def find_steps(
    paired: Sequence[Forest],
    plain: Sequence[Forest],
    mixture: Mixture,
    known: Floats,
    yields: Floats,
    features: Floats,
) -> Steps:
    """Find the steps of a yield model for one feed and acid; those of bounded members do not count.

    Args:
        paired: forests that learn differences.
        plain: forests that learn yields.
        mixture: how they become one yield.
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
        every = (*((f, sides) for f in paired), *((f, alone) for f in plain))
        for (forest, anchors), share in zip(every, mixture.leading, strict=True):
            if share == 0.0:
                continue
            at, *both, follows = _of_forest(forest, int(k), own, anchors)
            found.append((at, share * both[0], share * both[1], follows, np.full(len(at), k)))
    value, height, change, column, metal = (np.concatenate(part) for part in zip(*found, strict=True))
    values, heights, effects = [], [], []
    for j in range(len(FOLLOWING)):
        mine = column == j
        at, which = np.unique(value[mine], return_inverse=True)
        up = np.bincount(which, weights=height[mine], minlength=len(at))
        each = np.bincount(
            which * len(METALS) + metal[mine], weights=change[mine], minlength=len(at) * len(METALS)
        )
        values.append(at)
        heights.append(np.append(0.0, np.cumsum(up)))
        changes = np.cumsum(each.reshape(-1, len(METALS)), axis=0)
        effects.append(np.vstack([np.zeros(len(METALS)), changes]))
    return Steps(features, tuple(values), tuple(heights), tuple(effects))


def _of_forest(forest: Forest, metal: int, own: Floats, anchors: Floats) -> tuple[Floats, ...]:
    """Return the values, heights, changes and columns of a forest's steps."""
    first, stop = (int(tree) for tree in forest.metal_trees[metal])
    nodes = slice(forest.kind_start[3 * first], forest.kind_start[3 * stop])
    steps = np.empty((4, int((FOLLOWS[forest.column[nodes]] >= 0).sum()) * anchors.shape[1]))
    with compiled_loops():
        from optimiser.surrogate import _steps

        count = _steps.collect(
            own, anchors, FOLLOWS, forest.column, forest.threshold, forest.missing_left, forest.left_low,
            forest.left_high, forest.kind_start, forest.leaf, forest.leaf_start, first, stop, *steps,
        )  # fmt: skip
    return tuple(steps[:, :count].copy())
