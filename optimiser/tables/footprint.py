"""Impacts normalised and weighted after the Environmental Footprint method, EF 3.1: one score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.impacts import Footprint, ImpactTable, load_footprint, same_text
from optimiser.tables.results import ALONE, KEYS, ImpactResults
from optimiser.variables import Floats

#: Columns of the tables: headings as `report.columns` reads them.
SCORE, PERSON, WEIGHT = "single score|person-years|4", "one person in a year||6", "weight|%|4"
WHY = "left out because"


@dataclass(frozen=True)
class SingleScore:
    """Normalised and weighted impacts of n scenarios in c categories.

    Attributes:
        normalised: person-years, shape (n, c); NaN for a category that is left out.
        weighted: normalised x weight, in person-years of the whole footprint, shape (n, c).
        score: sum over the categories that count, shape (n,); NaN for a scenario that lacks one of them.
        method: one row per category: its unit, the impact of one person in a year, its weight and the
            confidence of that, A to C, or why it does not count.
        covered: share of the method's weights that the categories counted make up, 0 to 1.
    """

    normalised: Floats
    weighted: Floats
    score: Floats
    method: pd.DataFrame
    covered: float

    @property
    def left_out(self) -> dict[str, str]:
        """By category, why it does not count."""
        reasons = zip(self.method["category"], self.method[WHY], strict=True)
        return {name.removesuffix(ALONE): why for name, why in reasons if why}


def single_score(
    impacts: Floats,
    categories: Sequence[str],
    units: Sequence[str],
    method: Mapping[str, Footprint] | None = None,
) -> SingleScore:
    """Normalise and weight impacts after EF 3.1.

    Args:
        impacts: shape (n, c); NaN where a factor is missing.
        categories: names of the c categories; one of the acid alone counts as its category.
        units: their units; a category in another unit than the method's is left out.
        method: normalisation and weighting by category; None for the shipped ``models/ef31.yaml``.

    Raises:
        InputError: none of the categories can be counted.
    """
    known = load_footprint() if method is None else method
    rows = []
    for category, unit in zip(categories, units, strict=True):
        entry, why = _entry(category.removesuffix(ALONE), known), ""
        if entry is None:
            why = "the method has no such category of its own"
        elif not same_text(unit, entry.unit):
            why = f"its unit {unit} is not the method's {entry.unit}"
            entry = None
        person, weight = (entry.normalisation.value, entry.weighting.value) if entry else (np.nan, np.nan)
        confidence = (entry.weighting.confidence or "") if entry else ""
        rows.append((category, unit, person, weight, confidence, why))
    found = pd.DataFrame(rows, columns=["category", "unit", PERSON, WEIGHT, "confidence of the weight", WHY])
    counted = found[WEIGHT].notna().to_numpy()
    if not counted.any():
        raise InputError(
            "None of the impact categories can be normalised and weighted.",
            where=", ".join(f"{name}: {why}" for name, *_, why in rows),
            allowed="; ".join(f"{name} in {entry.unit}" for name, entry in known.items()),
            remedy="rename the categories of the impact table, or do without the single score",
        )
    normalised = impacts / found[PERSON].to_numpy(dtype=np.float64)
    weighted = normalised * found[WEIGHT].to_numpy(dtype=np.float64) / 100.0
    covered = found[WEIGHT].sum() / sum(entry.weighting.value for entry in known.values())
    return SingleScore(normalised, weighted, weighted[:, counted].sum(axis=1), found, float(covered))


def _entry(category: str, known: Mapping[str, Footprint]) -> Footprint | None:
    for name, entry in known.items():
        if any(same_text(category, spelling) for spelling in (name, *entry.names)):
            return entry
    return None


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


@dataclass(frozen=True)
class FootprintResults:
    """Normalised and weighted impacts per batch.

    Attributes:
        frame: one row per scenario: person-years by category, normalised and weighted, the single score and
            its rank, 1 is the lowest; blank for a scenario that lacks one of the categories.
        scored: the same as arrays, and what each category counts.
    """

    frame: pd.DataFrame
    scored: SingleScore


def footprint_results(impacts: ImpactResults) -> FootprintResults:
    """Normalise and weight the impacts per batch.

    Raises:
        InputError: none of the categories can be counted.
    """
    names, units = impacts.categories, impacts.units
    per_batch = [f"{name}|{unit}|4" for name, unit in zip(names, units, strict=True)]
    scored = single_score(impacts.frame[per_batch].to_numpy(dtype=np.float64), names, units)
    columns = {
        f"{names[i]}, {what}|person-years|4": values[:, i]
        for what, values in (("normalised", scored.normalised), ("weighted", scored.weighted))
        for i in np.flatnonzero(scored.method[WEIGHT].notna())
    }
    frame = impacts.frame[list(KEYS)].assign(**columns, **{SCORE: scored.score})
    return FootprintResults(frame.assign(**{"single score|rank|3": frame[SCORE].rank(method="min")}), scored)
