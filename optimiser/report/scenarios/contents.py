"""Everything that the report of a table of scenarios shows, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimiser.report.caveats import intervals_caveat
from optimiser.report.sources import sources_frame
from optimiser.report.workbook import manifest_frame
from optimiser.tables.compare import (
    ImpactResults,
    enrichment_frame,
    impact_results,
    selectivity_frame,
    tests_frame,
    toolkit_frame,
    toolkit_impacts,
)
from optimiser.tables.footprint import FootprintResults, footprint_results
from optimiser.tables.predict import Part, Setting, Tally, original
from optimiser.tables.results import (
    balance_frame,
    climate_frame,
    costs_frame,
    scenarios_frame,
    yields_frame,
)


@dataclass(frozen=True)
class Contents:
    """The tables of one report.

    Attributes:
        name: of the file that was predicted.
        tally: counts over it.
        scenarios, yields, balance, costs, climate, selectivity, enrichment: one row per scenario.
        impacts: by category, with ranks; None where a profile has no table of them.
        toolkit: balance and costs of the profile toolkit-1.0.2, which then take the place of ours; or None.
        tests: of pairs, or None where there are too few or too many.
        sources: every number and what it rests on.
        pinned: the manifest.
        footprint: EF 3.1's normalised and weighted impacts, or None where they are not asked for.
        notes: what must be told of the user's own tables.
        caveat: what is wrong with the intervals.
    """

    name: str
    tally: Tally
    scenarios: pd.DataFrame
    yields: pd.DataFrame
    balance: pd.DataFrame
    costs: pd.DataFrame
    climate: pd.DataFrame
    selectivity: pd.DataFrame
    enrichment: pd.DataFrame
    impacts: ImpactResults | None
    toolkit: pd.DataFrame | None
    tests: pd.DataFrame | None
    sources: pd.DataFrame
    pinned: dict[str, Any]
    footprint: FootprintResults | None = None
    notes: tuple[str, ...] = ()
    caveat: str = ""

    def sheets(self) -> dict[str, pd.DataFrame]:
        """Return the tables by sheet of the workbook."""
        found = {"scenarios": self.scenarios, "yields": self.yields}
        if self.toolkit is None:
            found |= {"mass balance": self.balance, "costs": self.costs, "climate change": self.climate}
        else:
            found["toolkit sums"] = self.toolkit
        if self.impacts is not None:
            found |= {"impacts": self.impacts.frame, "ranks": self.impacts.ranks}
        if self.footprint is not None:
            found |= {"EF 3.1": self.footprint.frame, "EF 3.1 method": self.footprint.method}
        found |= {"selectivities": self.selectivity, "enrichment factors": self.enrichment}
        if self.tests is not None:
            found["t-tests"] = self.tests
        plain = {name: frame.assign(**_flags_as_words(frame)) for name, frame in found.items()}
        return plain | {"sources": self.sources, "manifest": manifest_frame(self.pinned)}


def _flags_as_words(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    return {
        str(name): np.where(frame[name], "yes", "no")
        for name in frame.columns
        if frame[name].dtype == np.bool_
    }


def contents(
    name: str,
    parts: Sequence[Part],
    tally: Tally,
    setting: Setting,
    pinned: dict[str, Any],
    *,
    ef31: bool = False,
) -> Contents:
    """Make all tables of predicted scenarios.

    Args:
        name: of the file they come from.
        parts: the predictions.
        tally: counts over them.
        setting: what they were made with.
        pinned: the manifest.
        ef31: whether to normalise and weight the impacts after EF 3.1.

    Raises:
        InputError: none of the impact categories can be normalised and weighted.
    """
    tables, profile, impacts = setting.tables, setting.profile, None
    if profile is None:
        impacts = impact_results(parts, tables.impacts)
    elif profile.impacts is not None:
        impacts = toolkit_impacts(parts, profile.impacts)
    sources = [sources_frame(original(part)) for part in parts]
    return Contents(
        name=name,
        tally=tally,
        scenarios=scenarios_frame(parts),
        yields=yields_frame(parts),
        balance=balance_frame(parts),
        costs=costs_frame(parts),
        climate=climate_frame(parts),
        selectivity=selectivity_frame(parts),
        enrichment=enrichment_frame(parts),
        impacts=impacts,
        footprint=footprint_results(impacts) if ef31 and impacts is not None else None,
        toolkit=toolkit_frame(parts),
        notes=setting.notes,
        caveat=intervals_caveat(setting.surrogate),
        tests=tests_frame(parts),
        sources=pd.concat(sources).drop_duplicates(ignore_index=True),
        pinned=pinned,
    )
