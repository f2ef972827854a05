"""Scenarios beside each other, as tables: selectivities, enrichment, impacts, ranks, t-tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.chemistry.feeds import METALS
from optimiser.chemistry.impacts import ImpactTable, impacts, missing_factors
from optimiser.comparison import enrichment_factors, rank_impacts, selectivities, welch_tests
from optimiser.designs import Floats
from optimiser.metrics import per_kg_metal
from optimiser.problem import Problem
from optimiser.scenarios.predict import Part
from optimiser.scenarios.tables import KEYS, joined, scenarios_frame

#: Beyond so many scenarios nobody reads all pairs (11,175 of them).
MOST_PAIRED = 150


def selectivity_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return yield_i / yield_j of each pair of metals (``selectivity_i_j``)."""

    def one(part: Part) -> pd.DataFrame:
        tables = selectivities(part.evaluation.yields, part.problem.feed.present)
        return pd.DataFrame(
            {f"selectivity_{i}_{j}": tables[i][:, k] for i in METALS for k, j in enumerate(METALS) if i != j}
        )

    return joined(parts, one)


def enrichment_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return the enrichment factor of each metal (``enrichment_i``)."""

    def one(part: Part) -> pd.DataFrame:
        factors = enrichment_factors(part.evaluation.yields, part.problem.feed.composition)
        return pd.DataFrame({f"enrichment_{m}": factors[:, i] for i, m in enumerate(METALS)})

    return joined(parts, one)


@dataclass(frozen=True)
class ImpactResults:
    """Impacts of scenarios in any set of categories.

    Attributes:
        frame: impact per batch and per kg metal, columns named ``category|unit|figures``.
        ranks: rank per category, likewise, and ``rank_score`` and ``rank_overall``; 1 is the lowest.
        categories, units: in the order of the columns.
        missing: category, substance and number of scenarios of each factor that was not there.
    """

    frame: pd.DataFrame
    ranks: pd.DataFrame
    categories: tuple[str, ...]
    units: tuple[str, ...]
    missing: tuple[tuple[str, str, int], ...]


def amounts(part: Part) -> dict[str, Floats]:
    """Return what each scenario uses: kg pure by substance, kWh of heat and power, shape (n,) each."""
    balance, acid = part.evaluation.outcome.balance, part.evaluation.designs.acid
    used = {
        name: np.where(acid == k, balance.acid_pure, 0.0) for k, name in enumerate(part.problem.acid_names)
    }
    water = np.maximum(balance.water, 0.0) + balance.wash_water
    used |= {"hydrogen_peroxide": balance.peroxide_pure, "water": water}
    base = part.problem.inputs.parameters.neutraliser
    if base != "none":
        used[base] = balance.base
    return used | {"heat": balance.heat, "power": balance.power}


def impact_results(parts: Sequence[Part], table: ImpactTable) -> ImpactResults:
    """Return the impacts of all that goes in, with ranks; blank where a factor is missing."""
    missing: dict[tuple[str, str], int] = {}
    units = list(zip(table.categories, table.units, strict=True))
    batch = [f"{category}|{unit}|4" for category, unit in units]
    specific = [f"{category}|{unit}/kg metal|4" for category, unit in units]

    def one(part: Part) -> pd.DataFrame:
        used = amounts(part)
        total = impacts(used, table)
        # an amount that is itself unknown makes every impact unknown
        unknown = np.isnan(np.column_stack(list(used.values()))).sum(axis=1) > 0
        total = np.where(unknown[:, None], np.nan, total)
        for category, substance, count in missing_factors(used, table):
            missing[category, substance] = missing.get((category, substance), 0) + count
        balance = part.evaluation.outcome.balance
        columns = dict(zip(batch, total.T, strict=True))
        columns |= {name: per_kg_metal(total[:, i], balance) for i, name in enumerate(specific)}
        return pd.DataFrame(columns)

    frame = joined(parts, one)
    ranking = rank_impacts(frame[batch].to_numpy(dtype=np.float64))
    ranks = frame[list(KEYS)].copy()
    for i, category in enumerate(table.categories):
        ranks[f"{category}|rank|3"] = ranking.ranks[:, i]
    ranks["rank_score"], ranks["rank_overall"] = ranking.score, ranking.overall
    return ImpactResults(
        frame,
        ranks,
        table.categories,
        table.units,
        tuple((category, substance, count) for (category, substance), count in missing.items()),
    )


def tests_frame(parts: Sequence[Part]) -> pd.DataFrame | None:
    """Return Welch's t-test of each metal for each pair of scenarios; None where there are too few or many.

    Columns: scenario_1, scenario_2, then per metal ``t_X``, ``p_X`` and ``significant_X``.
    """
    frame = scenarios_frame(parts)
    if not 2 <= len(frame) <= MOST_PAIRED:
        return None
    mean, spread = (frame[[f"{what}_{m}" for m in METALS]].to_numpy(float) for what in ("yield", "spread"))
    tested = welch_tests(mean, spread, anchors(parts[0].problem))
    columns: dict[str, object] = {
        "scenario_1": frame["scenario"].to_numpy()[tested.pairs[:, 0]],
        "scenario_2": frame["scenario"].to_numpy()[tested.pairs[:, 1]],
    }
    for i, metal in enumerate(METALS):
        columns |= {
            f"t_{metal}": tested.t[:, i],
            f"p_{metal}": tested.p[:, i],
            f"significant_{metal}": tested.significant[:, i],
        }
    return pd.DataFrame(columns)


def anchors(problem: Problem) -> int:
    """Return the number of anchors that a spread is taken over."""
    return problem.surrogate.anchors
