"""Impacts of scenarios normalised and weighted after the Environmental Footprint method, EF 3.1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.impacts import ImpactTable
from optimiser.tables.compare import ALONE, ImpactResults
from optimiser.tables.results import KEYS
from optimiser.toolkit.comparison import SingleScore, single_score
from optimiser.variables import Floats


@dataclass(frozen=True)
class FootprintResults:
    """Normalised and weighted impacts per batch.

    Attributes:
        frame: one row per scenario: person-years by category, normalised and weighted, the single score and
            its rank; blank for a scenario that lacks one of the categories.
        method: one row per category: its normalisation and weight, or why it does not count.
        covered: share of the method's weights that the categories counted make up, 0 to 1.
        left_out: by category, why it does not count.
    """

    frame: pd.DataFrame
    method: pd.DataFrame
    covered: float
    left_out: dict[str, str]


def check_footprint(table: ImpactTable | None) -> None:
    """Refuse a table of which no category can be normalised and weighted.

    Raises:
        InputError: there is no table of impacts, or no category of it counts; it says why for each.
    """
    if table is None:
        raise InputError(
            "There are no impacts to normalise and weight.", where="--ef31", remedy="add --impacts FILE"
        )
    single_score(np.zeros((1, len(table.categories))), table.categories, table.units)


def footprint_results(impacts: ImpactResults) -> FootprintResults:
    """Normalise and weight the impacts per batch; 1 is the lowest single score.

    Raises:
        InputError: none of the categories can be counted.
    """
    names = impacts.categories
    per_batch: Floats = impacts.frame[
        [f"{c}|{u}|4" for c, u in zip(names, impacts.units, strict=True)]
    ].to_numpy(dtype=np.float64)
    scored = single_score(per_batch, [name.removesuffix(ALONE) for name in names], impacts.units)
    counts = np.flatnonzero(~np.isnan(scored.weight)).tolist()
    frame = impacts.frame[list(KEYS)].copy()
    for i in counts:
        frame[f"{names[i]}, normalised|person-years|4"] = scored.normalised[:, i]
    for i in counts:
        frame[f"{names[i]}, weighted|person-years|4"] = scored.weighted[:, i]
    frame["single score|person-years|4"] = scored.score
    frame["single score|rank|3"] = pd.Series(scored.score).rank(method="min")
    return FootprintResults(frame, _method(impacts, scored), scored.weight_covered, dict(scored.left_out))


def _method(impacts: ImpactResults, scored: SingleScore) -> pd.DataFrame:
    plain = [name.removesuffix(ALONE) for name in impacts.categories]
    return pd.DataFrame(
        {
            "category": impacts.categories,
            "unit": impacts.units,
            "one person in a year||6": scored.normalisation,
            "weight|%|4": 100.0 * scored.weight,
            "confidence of the weight": list(scored.confidence),
            "left out because": [scored.left_out.get(name, "") for name in plain],
        }
    )
