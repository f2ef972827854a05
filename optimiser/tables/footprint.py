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


@dataclass(frozen=True)
class SingleScore:
    """Normalised and weighted impacts of n scenarios in c categories.

    Attributes:
        normalised: person-years, shape (n, c); NaN for a category that is left out.
        weighted: normalised x weight, in person-years of the whole footprint, shape (n, c).
        score: sum over the categories that count, shape (n,); NaN for a scenario that lacks one of them.
        method: one row per category: ``normalisation``, the impact of one person in a year in its unit;
            ``weight``, 0 to 1; ``confidence`` of the weight, A to C; ``left_out``, why it does not count, or
            empty.
        covered: share of the method's weights that the categories counted make up, 0 to 1.
    """

    normalised: Floats
    weighted: Floats
    score: Floats
    method: pd.DataFrame
    covered: float


def single_score(
    impacts: Floats,
    categories: Sequence[str],
    units: Sequence[str],
    method: Mapping[str, Footprint] | None = None,
) -> SingleScore:
    """Normalise and weight impacts after EF 3.1.

    Args:
        impacts: shape (n, c); NaN where a factor is missing.
        categories: names of the c categories.
        units: their units; a category in another unit than the method's is left out.
        method: normalisation and weighting by category; None for the shipped ``models/ef31.yaml``.

    Raises:
        InputError: none of the categories can be counted.
    """
    known = load_footprint() if method is None else method
    rows = []
    for category, unit in zip(categories, units, strict=True):
        names = ((name, *entry.names) for name, entry in known.items())
        found = next((n[0] for n in names if any(same_text(category, other) for other in n)), None)
        row: dict[str, object] = {"normalisation": np.nan, "weight": np.nan, "confidence": "", "left_out": ""}
        if found is None:
            row["left_out"] = "the method has no such category of its own"
        elif not same_text(unit, (entry := known[found]).unit):
            row["left_out"] = f"its unit {unit} is not the method's {entry.unit}"
        else:
            row["normalisation"] = entry.normalisation.value
            row["weight"] = entry.weighting.value / 100.0
            row["confidence"] = entry.weighting.confidence or ""
        rows.append(row)
    found_method = pd.DataFrame(rows)
    weight = found_method["weight"].to_numpy(dtype=np.float64)
    counted = ~np.isnan(weight)
    if not counted.any():
        reasons = zip(categories, found_method["left_out"], strict=True)
        raise InputError(
            "None of the impact categories can be normalised and weighted.",
            where=", ".join(f"{name}: {why}" for name, why in reasons),
            allowed="; ".join(f"{name} in {entry.unit}" for name, entry in known.items()),
            remedy="rename the categories of the impact table, or do without the single score",
        )
    normalised = impacts / found_method["normalisation"].to_numpy(dtype=np.float64)
    weighted = normalised * weight
    whole = sum(entry.weighting.value for entry in known.values()) / 100
    return SingleScore(
        normalised,
        weighted,
        weighted[:, counted].sum(axis=1),
        found_method,
        float(weight[counted].sum() / whole),
    )


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
            its rank; blank for a scenario that lacks one of the categories.
        method: one row per category: its normalisation and weight, or why it does not count.
        covered: share of the method's weights that the categories counted make up, 0 to 1.
        left_out: by category, why it does not count.
    """

    frame: pd.DataFrame
    method: pd.DataFrame
    covered: float
    left_out: dict[str, str]


def footprint_results(impacts: ImpactResults) -> FootprintResults:
    """Normalise and weight the impacts per batch; 1 is the lowest single score.

    Raises:
        InputError: none of the categories can be counted.
    """
    names, units = impacts.categories, impacts.units
    per_batch = [f"{name}|{unit}|4" for name, unit in zip(names, units, strict=True)]
    plain = [name.removesuffix(ALONE) for name in names]
    scored = single_score(impacts.frame[per_batch].to_numpy(dtype=np.float64), plain, units)
    counts = np.flatnonzero(scored.method["weight"].notna())
    columns = {
        f"{names[i]}, {what}|person-years|4": values[:, i]
        for what, values in (("normalised", scored.normalised), ("weighted", scored.weighted))
        for i in counts
    }
    frame = impacts.frame[list(KEYS)].assign(**columns, **{"single score|person-years|4": scored.score})
    frame["single score|rank|3"] = frame["single score|person-years|4"].rank(method="min")
    method = pd.DataFrame(
        {
            "category": names,
            "unit": units,
            "one person in a year||6": scored.method["normalisation"],
            "weight|%|4": 100.0 * scored.method["weight"],
            "confidence of the weight": scored.method["confidence"],
            "left out because": scored.method["left_out"],
        }
    )
    reasons = {n: why for n, why in zip(plain, scored.method["left_out"], strict=True) if why}
    return FootprintResults(frame, method, scored.covered, reasons)
