"""The yield model compiled for one feed and acid: what these two settle is settled once, not per design.

Of the columns that trees test, only the five variables and the physics that follows from them change from
design to design. Every other test is made when compiling, per anchor: a node that sends all anchors one way
goes, and a tree that is left without a test on the design becomes part of a constant. What remains is laid
out by `optimiser.surrogate.panel`, and evaluated with one bit per pair of design and anchor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimiser._io.errors import InputError
from optimiser.surrogate.encoding import CATHODES, Encoding, follow_place
from optimiser.surrogate.loops import TILE
from optimiser.surrogate.mixture import Mixture
from optimiser.surrogate.panel import Panel, Side, panel
from optimiser.surrogate.trees import Forest, compiled_loops
from optimiser.variables import Floats, Ints

_AT_ONCE = 2048  # designs whose points are held in memory together


class Raw(NamedTuple):
    """What the members say of n designs, before it is calibrated; not clipped, NaN for absent metals.

    Attributes:
        mean: what the members come to (`optimiser.surrogate.mixture`), over the anchors where they compare,
            shape (n, 4).
        spread: population standard deviation over anchors of the members' mean, shape (n, 4).
        disagreement: population standard deviation over members, shape (n, 4).
        over: of designs that move, what the members come to at each point, whose mean over the points
            ``mean`` is, shape (n, p, 4); else None.
    """

    mean: Floats
    spread: Floats
    disagreement: Floats
    over: Floats | None = None


@dataclass(frozen=True)
class Compiled:
    """A yield model for one feed and acid.

    Attributes:
        metals: numbers of the metals that the feed contains, shape (k,).
        features: of any design with the feed and the acid, shape (32,).
        paired: members that learn differences, if any.
        plain: members that learn yields, if any.
        mixture: how they become one yield.
        encoding: what the trees see.
    """

    metals: Ints
    features: Floats
    paired: Panel | None
    plain: Panel | None
    mixture: Mixture
    encoding: Encoding = CATHODES

    @property
    def tests(self) -> int:
        """Number of distinct tests that are left to be made for a design and all its metals."""
        return sum(len(part.threshold) for part in (self.paired, self.plain) if part is not None)

    def predict(self, continuous: Floats, moved: Floats | None = None) -> Raw:
        """Predict designs; each the same whatever others come with it and however many threads there are.

        Over moved designs the members that learn yields see every point, and each anchor is compared with one
        of them in turn: anchors that are alike see points that are well spread. Their mean is that of the
        member; from point to point it is taken to move as those that see them all (`Mixture.moves`).

        Args:
            continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).
            moved: where each design may end up, shape (n, p, 5); the mean over them is told.

        Raises:
            InputError: numba cannot compile the loop here.
        """
        points = continuous[:, None] if moved is None else moved
        m = len(self.encoding.system.responses)
        out, over = np.empty((3, len(points), m)), np.empty((*points.shape[:2], m))
        for k in range(0, len(points), _AT_ONCE):
            rows = slice(k, k + _AT_ONCE)
            out[:, rows], over[rows] = self._predict(points[rows])
        return Raw(out[0], out[1], out[2], None if moved is None else over)

    def _predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Return mean, spread and disagreement of designs, (3, n, 4), and the yields by point, (n, p, 4)."""
        (n, p), k, m = points.shape[:2], len(self.metals), len(self.encoding.system.responses)
        followed = following(self.features, points.reshape(n * p, -1), self.encoding)
        x = np.ascontiguousarray(followed.T).reshape(-1, n, p)
        panels = [part for part in (self.paired, self.plain) if part is not None]
        counts = [part.members.shape[1] - 1 if part is not None else 0 for part in (self.paired, self.plain)]
        with compiled_loops():
            from numba import get_num_threads

            from optimiser.surrogate.loops import walk

            # one that is not there is stood in for by the other
            said, alone, spread = walk.predict(x, get_num_threads(), panels[0], panels[-1], *counts)
        alone = alone.reshape(k, counts[1], n, p)
        means = np.concatenate([said, alone.mean(axis=3)], axis=1)
        out, over = np.full((3, n, m), np.nan), np.full((n, p, m), np.nan)
        at = np.repeat(means[..., None], p, axis=3)
        at[:, counts[0] :] = alone
        at[:, : counts[0]] += self.mixture.moves(alone - alone.mean(axis=3, keepdims=True))
        over[:, :, self.metals] = self.mixture.combine(at.transpose(1, 2, 3, 0))
        out[0] = over.mean(axis=1)
        # members that learn yields say the same whatever the anchor
        out[1][:, self.metals] = spread.T / means.shape[1]
        out[2][:, self.metals] = means.std(axis=1).T
        return out, over


def following(features: Floats, continuous: Floats, encoding: Encoding = CATHODES) -> Floats:
    """Return the columns that follow the design, shape (n, k).

    Args:
        features: of any design with the feed and the acid, shape (d,).
        continuous: setpoints in their order and units, shape (n, v).
        encoding: what the trees see.
    """
    every = np.repeat(features[None], len(continuous), axis=0)
    every[:, encoding.continuous] = continuous
    return np.column_stack([continuous, encoding.follow(every)])


def compile_members(
    paired: Sequence[Forest],
    plain: Sequence[Forest],
    mixture: Mixture,
    known: Floats,
    yields: Floats,
    features: Floats,
    encoding: Encoding = CATHODES,
) -> Compiled:
    """Compile a yield model for one feed and acid.

    Args:
        paired: forests that learn differences.
        plain: forests that learn yields.
        mixture: how they become one yield.
        known: columns of the anchors, shape (m, 4, 43).
        yields: of the anchors, NaN where the metal is absent, shape (m, 4).
        features: of any design with the feed and the acid, shape (d,).
        encoding: what the trees see.

    Raises:
        InputError: no anchor has a metal of the feed, or numba cannot compile the loop here.
    """
    seen = encoding.columns(features[None])[0]
    metals, (place, _) = np.flatnonzero(encoding.has(seen)), follow_place(encoding)
    for k in metals if paired else ():
        if np.isnan(yields[:, k]).all():
            raise InputError(
                f"None of the {len(yields)} anchors that designs are compared with has "
                f"{encoding.system.responses[k]}.",
                where="the surrogate",
                remedy="train it on a table with more rows of this metal",
            )
    order = _alike(known[:, 0][:, place])
    # any anchor may be tried against any
    tried = np.ascontiguousarray(known[order, 0][(3 + 7 * np.arange(64)) % len(order)][:, place].T)
    compared, alone = [], []
    for k in metals:
        own = np.ascontiguousarray(seen[k])
        compared.append(Side(int(k), own, np.ascontiguousarray(known[order, k].T), yields[order, k], tried))
        alone.append(Side(int(k), own, np.zeros((len(own), 1)), np.zeros(1), tried))
    return Compiled(
        metals,
        features,
        panel(paired, compared, encoding) if paired else None,
        panel(plain, alone, encoding) if plain else None,
        mixture,
        encoding,
    )


def _alike(values: Floats) -> Ints:
    """Return an order of anchors in which those of a group are alike, so that they end in few leaves.

    Args:
        values: of the columns that follow the design, shape (m, 9).
    """
    known = np.nan_to_num(values)
    scaled = (known - known.mean(axis=0)) / np.maximum(known.std(axis=0), 1e-12)

    def split(rows: Ints) -> Ints:
        if len(rows) <= TILE:
            return rows
        mine = scaled[rows] - scaled[rows].mean(axis=0)
        # along the direction in which they differ most
        line = mine @ np.linalg.eigh(mine.T @ mine)[1][:, -1]
        half = -(-len(rows) // (2 * TILE)) * TILE
        along = rows[np.argsort(line, kind="stable")]
        return np.concatenate([split(along[:half]), split(along[half:])])

    return split(np.arange(len(known)))
