"""The shipped model's skill on held-out rows, experiments and studies, as its card tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from optimiser.training.calibrate import Evidence, ratio
from optimiser.training.held_out import HeldOut
from optimiser.training.nested import nested_yields
from optimiser.training.scores import LEVELS, coverage, score
from optimiser.variables import Bools, Floats

_DECIMALS = 4
#: Levels at which claimed and real confidence are compared.
RELIABILITY_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def skill(evidence: Evidence, held: Mapping[str, HeldOut]) -> dict[str, Any]:
    """Return scores by protocol, rounded; of ``random`` also counted as the Toolkit's paper counts.

    ``reliability`` is the share of yields that intervals of each level hold.

    Args:
        evidence: of the training table.
        held: predictions by protocol.
    """
    table, found = evidence.table, {}
    for protocol, measured in held.items():
        counted = table.present & measured.tested[:, None]
        mean, intervals = nested_yields(evidence, held, protocol, LEVELS)
        figures: dict[str, Any] = score(mean, table.yields, counted, intervals)
        far = ratio(evidence, measured)[measured.tested]
        _, every = nested_yields(evidence, held, protocol, RELIABILITY_LEVELS)
        figures["reliability"] = coverage(table.yields, counted, every, RELIABILITY_LEVELS)
        figures["rows"] = int(measured.tested.sum())
        figures["share_outside_domain"] = float((far > 1.0).mean())
        if protocol == "random":
            published = as_published(mean[measured.tested], table.present[measured.tested])
            everything = np.ones_like(published, dtype=bool)
            counts = score(published, table.yields_as_written[measured.tested], everything)
            figures["as_published"] = {name: counts[name] for name in ("r2", "mae")}
        found[protocol] = _rounded(figures)
    return found


def as_published(mean: Floats, present: Bools) -> Floats:
    """Return predictions as the Toolkit's paper scores them: absent metals are predicted as 1.0, (n, 4)."""
    return np.where(present, mean, 1.0)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return round(value, _DECIMALS) if isinstance(value, float) else value
