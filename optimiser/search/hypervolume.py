"""Hypervolume of a sequence of fronts, in the box that their best and worst members span."""

from __future__ import annotations

from collections.abc import Sequence

import moocore
import numpy as np

from optimiser.variables import Floats

#: The reference point of every objective, scaled so that the best member of all fronts is 0 and the worst 1.
REFERENCE_POINT = 1.1


def box(fronts: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the best and the worst value of each objective over all fronts, shape (m,) each."""
    points = np.vstack(fronts)
    return points.min(axis=0), points.max(axis=0)


def scaled_hypervolume(front: Floats, ideal: Floats, nadir: Floats) -> float:
    """Return the hypervolume of a front (to minimise) as a share of the box ideal .. reference point.

    Args:
        front: objectives, shape (n, m); an empty front has hypervolume 0.
        ideal, nadir: the box, shape (m,); the reference point is 10 % of the range beyond nadir. An objective
            without range gets a range of 1 % of its size, so that a front of one point is worth 1.
    """
    if not len(front):
        return 0.0
    span = np.maximum(nadir - ideal, 0.01 * np.maximum(np.abs(ideal), 1e-9))
    scaled = (front - ideal) / span
    reference = np.full(front.shape[1], REFERENCE_POINT)
    inside = scaled[(scaled < reference).all(axis=1)]
    if not len(inside):
        return 0.0
    return float(moocore.hypervolume(inside, ref=reference)) / float(np.prod(reference))
