"""Calibrated yields of held-out rows, nested: the folds that calibrate are not the fold that is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from optimiser.surrogate.calibration import stretched
from optimiser.training.calibrate import Evidence, calibrate, held_out_scale
from optimiser.training.held_out import HeldOut
from optimiser.variables import Floats


def nested_yields(
    evidence: Evidence, held: Mapping[str, HeldOut], protocol: str, levels: Sequence[float]
) -> tuple[Floats, Floats]:
    """Return expected yields and intervals of a protocol's test rows, each fold's calibrated outside it.

    Args:
        evidence: of the training table.
        held: predictions by protocol; ``experiment`` and ``study`` calibrate whatever is measured.
        protocol: whose test rows.
        levels: probabilities that intervals claim to hold.

    Returns:
        Yields, shape (n, 4), and low and high yields, shape (n, 4, levels, 2); NaN for rows that no fold
        tests.
    """
    measured = held[protocol]
    centre = stretched(measured.mean)
    expected, out = np.full_like(centre, np.nan), np.full((*centre.shape, len(levels), 2), np.nan)
    for fold in range(int(measured.fold.max()) + 1):
        rows = measured.fold == fold
        found = calibrate(evidence, held["experiment"], held["study"], ~rows)
        scale = held_out_scale(evidence, found, measured, evidence.own)
        expected[rows] = found.expected(centre[rows])
        for i, level in enumerate(levels):
            for side, p in enumerate(((1.0 - level) / 2.0, (1.0 + level) / 2.0)):
                out[rows, :, i, side] = found.quantile(expected[rows], scale[rows], p)
    return expected, out
