"""Scenarios beside each other, as tables: selectivities, enrichment, impacts, ranks, t-tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser.chemistry.impacts import ImpactTable, impacts, missing_factors
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.objectives import per_kg_metal
from optimiser.tables.predict import Part
from optimiser.tables.results import KEYS, joined, scenarios_frame
from optimiser.toolkit.comparison import (
    TOOLKIT_ANCHORS,
    enrichment_factors,
    rank_impacts,
    selectivities,
    welch_tests,
)
from optimiser.toolkit.scenarios import sums_frame
from optimiser.variables import Floats

#: Beyond so many scenarios nobody reads all pairs (11,175 of them).
MOST_PAIRED = 150
#: Behind the name of a category for which the table knows no reagent and no energy.
ALONE = ", acid alone"


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
    used |= {"h2o2": balance.peroxide_pure, "water": water}
    base = part.problem.inputs.parameters.neutraliser
    if base != "none":
        used[base] = balance.base
    return used | {"heat": balance.heat, "power": balance.power}


def impact_results(parts: Sequence[Part], table: ImpactTable) -> ImpactResults:
    """Return the impacts of all that goes in, with ranks; blank where a factor is missing.

    A category for which the table knows no reagent and no energy counts the acid alone, and is named so.
    """
    missing: dict[tuple[str, str], int] = {}
    n = len(table.categories)
    acids_only = np.array([_knows_no_reagent(table, category) for category in table.categories])
    names = tuple(
        f"{category}{ALONE}" if alone else category
        for category, alone in zip(table.categories, acids_only, strict=True)
    )
    batch = [f"{c}|{u}|4" for c, u in zip(names, table.units, strict=True)]
    specific = [f"{c}|{u}/kg metal|4" for c, u in zip(names, table.units, strict=True)]

    def one(part: Part) -> pd.DataFrame:
        used = amounts(part)
        acids = {name: used[name] for name in part.problem.acid_names}
        total = np.where(acids_only, _impacts(acids, table), _impacts(used, table))
        for category, substance, count in missing_factors(used, table):
            if substance in acids or not acids_only[table.categories.index(category)]:
                missing[category, substance] = missing.get((category, substance), 0) + count
        balance = part.evaluation.outcome.balance
        columns = dict(zip(batch, total.T, strict=True))
        columns |= {
            name: per_kg_metal(total[:, i], balance) for i, name in zip(range(n), specific, strict=True)
        }
        return pd.DataFrame(columns)

    frame = joined(parts, one)
    return ImpactResults(
        frame,
        ranks_frame(frame, names, batch),
        names,
        table.units,
        tuple((category, substance, count) for (category, substance), count in missing.items()),
    )


def _impacts(used: dict[str, Floats], table: ImpactTable) -> Floats:
    # an amount that is itself unknown makes every impact unknown
    unknown = np.isnan(np.column_stack(list(used.values()))).sum(axis=1) > 0
    return np.where(unknown[:, None], np.nan, impacts(used, table))


def _knows_no_reagent(table: ImpactTable, category: str) -> bool:
    return all(np.isnan(table.factor(category, name)) for name in load_reagents())


def ranks_frame(frame: pd.DataFrame, names: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return the rank of each scenario by each of some columns, the sum of ranks and the overall rank."""
    ranking = rank_impacts(frame[list(columns)].to_numpy(dtype=np.float64))
    ranks = frame[list(KEYS)].copy()
    for i, name in enumerate(names):
        ranks[f"{name}|rank|3"] = ranking.ranks[:, i]
    ranks["rank_score"], ranks["rank_overall"] = ranking.score, ranking.overall
    return ranks


def toolkit_frame(parts: Sequence[Part]) -> pd.DataFrame | None:
    """Return the Toolkit's balance and costs under its profile, else None."""
    if any(part.toolkit is None for part in parts):
        return None
    return joined(parts, lambda part: sums_frame(part.toolkit) if part.toolkit else pd.DataFrame())


def toolkit_impacts(parts: Sequence[Part], table: ImpactTable) -> ImpactResults:
    """Return the impacts and ranks that the Toolkit computes: of the acid's stock alone."""
    columns = [f"{c}|{u}|4" for c, u in zip(table.categories, table.units, strict=True)]

    def one(part: Part) -> pd.DataFrame:
        assert part.toolkit is not None
        return pd.DataFrame(part.toolkit.impacts, columns=columns)

    frame = joined(parts, one)
    return ImpactResults(
        frame, ranks_frame(frame, table.categories, columns), table.categories, table.units, ()
    )


def tests_frame(parts: Sequence[Part]) -> pd.DataFrame | None:
    """Return Welch's t-test of each metal for each pair of scenarios; None where there are too few or many.

    Spreads are over the anchors, whose number is taken for the size of each sample; under a profile, 776.
    Columns: scenario_1, scenario_2, then per metal ``t_X``, ``p_X`` and ``significant_X``.
    """
    frame = scenarios_frame(parts)
    if not 2 <= len(frame) <= MOST_PAIRED:
        return None
    mean, spread = (frame[[f"{what}_{m}" for m in METALS]].to_numpy(float) for what in ("yield", "spread"))
    size = TOOLKIT_ANCHORS if parts[0].toolkit is not None else parts[0].problem.surrogate.anchors
    tested = welch_tests(mean, spread, size)
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
