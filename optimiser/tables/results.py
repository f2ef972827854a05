"""What is known of predicted scenarios, as tables: balance, costs, impacts, ranks, selectivities."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from optimiser.chemistry.impacts import ImpactTable, impacts, missing_factors
from optimiser.chemistry.impurities import IMPURITIES
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.mixtures import mass_shares, single_acids
from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.outcome import per_kg_metal
from optimiser.process.balance import OF_IMPURITIES, MassBalance
from optimiser.process.costs import COMPONENTS
from optimiser.systems.system import System
from optimiser.tables.predict import Part
from optimiser.toolkit.comparison import enrichment_factors, rank_impacts, selectivities, welch_tests
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS, Floats

#: Columns by which every table says which scenario a row is.
KEYS: tuple[str, ...] = ("scenario", "feed", "acid")
#: Beyond so many scenarios nobody reads all pairs (11,175 of them).
MOST_PAIRED = 150
#: Behind the name of a category for which the table knows no reagent and no energy.
ALONE = ", acid alone"
EMPTY = pd.DataFrame()


def joined(parts: Sequence[Part], one: Callable[[Part], pd.DataFrame]) -> pd.DataFrame:
    """Make a table of each part, put scenario, feed and acid in front, and join them in order."""
    frames = []
    for part in parts:
        names = np.array(part.problem.acid_names, dtype=object)
        keys = pd.DataFrame(
            {
                "scenario": part.place + 1,
                "feed": part.problem.feed.name,
                "acid": names[part.evaluation.designs.acid],
            }
        )
        frames.append(pd.concat([keys, one(part)], axis=1))
    return pd.concat(frames).sort_values("scenario").reset_index(drop=True)


def yields_frame(scenarios: pd.DataFrame, system: System | None = None) -> pd.DataFrame:
    """Return yields with their standard deviation over the anchors and their 90 % interval.

    Args:
        scenarios: as `predict.results` gives them.
        system: a system of one's own, whose choices stand in the place of the acid.
    """
    names, keys = METALS, list(KEYS)
    if system is not None and not system.is_cathode:
        names, keys = system.responses, ["scenario", "feed", *system.choices]
    shown = [c for m in names for c in (f"yield_{m}", f"spread_{m}", f"yield_{m}_low", f"yield_{m}_high")]
    return scenarios[[*keys, *shown, "support", "inside_domain"]]


def balance_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return every quantity of the mass balance, per batch, with the conditions and the basis in front."""

    def one(part: Part) -> pd.DataFrame:
        balance, designs = part.evaluation.outcome.balance, part.evaluation.designs
        columns: dict[str, Floats] = {name: getattr(designs, name) for name in CONTINUOUS}
        columns["basis"] = np.full(len(designs), part.problem.feed.mass)
        holds = part.problem.feed.impurities
        for field in fields(MassBalance):
            if field.name in OF_IMPURITIES and not holds:
                continue
            values = getattr(balance, field.name)
            if values.ndim == 1:
                columns[f"batch_{field.name}"] = values
            elif field.name == "metals":
                columns |= {f"batch_dissolved_{m}": values[:, i] for i, m in enumerate(METALS)}
            elif field.name == "impurities":
                columns |= {f"batch_dissolved_{m}": values[:, i] for i, m in enumerate(IMPURITIES)}
        columns["batch_dissolved"] = balance.metal_total
        return pd.DataFrame(columns)

    return joined(parts, one)


def costs_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return cost by component, EUR per batch (``eur_X``) and EUR per kg metal (``cost_X``), with totals."""
    frame = joined(parts, lambda part: _components(part, part.evaluation.outcome.cost, "eur", "cost"))
    net = joined(parts, lambda p: pd.DataFrame({"net_value": p.evaluation.metrics["net_value"]}))
    return frame.assign(net_value=net["net_value"])


def climate_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return climate change by component, per batch (``kgco2_X``) and per kg metal (``climate_X``)."""
    return joined(parts, lambda part: _components(part, part.evaluation.outcome.climate, "kgco2", "climate"))


def _components(part: Part, amounts: Floats, batch: str, specific: str) -> pd.DataFrame:
    balance = part.evaluation.outcome.balance
    columns = {f"{batch}_{c}": amounts[:, i] for i, c in enumerate(COMPONENTS)}
    columns[f"{batch}_total"] = amounts.sum(axis=1)
    columns |= {f"{specific}_{c}": per_kg_metal(amounts[:, i], balance) for i, c in enumerate(COMPONENTS)}
    columns[f"{specific}_total"] = per_kg_metal(amounts.sum(axis=1), balance)
    return pd.DataFrame(columns)


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
        factors = enrichment_factors(part.evaluation.yields, part.problem.cathode_feed.composition)
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
    """Return what each scenario uses: kg pure by substance, kWh of heat and power, shape (n,) each.

    A mixture uses its acids.
    """
    balance, acid = part.evaluation.outcome.balance, part.evaluation.designs.acid
    used: dict[str, Floats] = {}
    for k, one in enumerate(part.problem.cathode_acids):
        for single, share in mass_shares(one).items():
            mine = np.where(acid == k, balance.acid_pure * share, 0.0)
            used[single] = used[single] + mine if single in used else mine
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
        acids = {name: used[name] for name in single_acids(part.problem.cathode_acids)}
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
    ranks = rank_impacts(frame[list(columns)])
    ranks.columns = pd.Index([*(f"{name}|rank|3" for name in names), "rank_score", "rank_overall"])
    return frame[list(KEYS)].join(ranks)


def toolkit_frame(parts: Sequence[Part]) -> pd.DataFrame:
    """Return the Toolkit's balance and costs under its profile; columns as in `ImpactResults`."""
    frame = joined(parts, lambda part: part.toolkit.frame if part.toolkit else EMPTY)
    return frame.rename(columns=lambda title: re.sub(r"^(.*) \[(.*)\]$", r"\1|\2|6", title))


def toolkit_impacts(parts: Sequence[Part], table: ImpactTable) -> ImpactResults:
    """Return the impacts and ranks that the Toolkit computes: of the acid's stock alone."""
    columns = [f"{c}|{u}|4" for c, u in zip(table.categories, table.units, strict=True)]
    frame = joined(
        parts, lambda part: pd.DataFrame(part.toolkit.impacts, columns=columns) if part.toolkit else EMPTY
    )
    return ImpactResults(
        frame, ranks_frame(frame, table.categories, columns), table.categories, table.units, ()
    )


def tests_frame(scenarios: pd.DataFrame, anchors: int) -> pd.DataFrame | None:
    """Return Welch's t-test of each metal for each pair of scenarios; None where there are too few or many.

    Args:
        scenarios: as `predict.results` gives them; the spreads in it are over the anchors.
        anchors: their number, which is taken for the size of each sample.

    Returns:
        Columns: scenario_1, scenario_2, then per metal ``t_X``, ``p_X`` and ``significant_X``.
    """
    if not 2 <= len(scenarios) <= MOST_PAIRED:
        return None
    mean, spread = (
        scenarios[[f"{what}_{m}" for m in METALS]].to_numpy(float) for what in ("yield", "spread")
    )
    tested = welch_tests(mean, spread, anchors)
    pairs = scenarios["scenario"].to_numpy()[tested.pairs]
    columns: dict[str, object] = {"scenario_1": pairs[:, 0], "scenario_2": pairs[:, 1]}
    for i, metal in enumerate(METALS):
        columns |= {
            f"t_{metal}": tested.t[:, i],
            f"p_{metal}": tested.p[:, i],
            f"significant_{metal}": tested.significant[:, i],
        }
    return pd.DataFrame(columns)


def varying(frame: pd.DataFrame, names: Sequence[str] = DESIGN_COLUMNS) -> list[str]:
    """Return which of feed and the design's columns differ between rows.

    Args:
        frame: of scenarios.
        names: of the design's columns.
    """
    return [name for name in ("feed", *names) if frame[name].nunique() > 1]
