"""What the report of a table of scenarios shows, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimiser.report.sources import sources_frame
from optimiser.report.workbook import manifest_frame
from optimiser.tables.footprint import FootprintResults, footprint_results
from optimiser.tables.predict import Part, Setting, Tally, original, results
from optimiser.tables.results import (
    ImpactResults,
    balance_frame,
    climate_frame,
    costs_frame,
    enrichment_frame,
    impact_results,
    selectivity_frame,
    tests_frame,
    toolkit_frame,
    toolkit_impacts,
    yields_frame,
)
from optimiser.toolkit.comparison import TOOLKIT_ANCHORS


@dataclass(frozen=True)
class Contents:
    """The tables of one report.

    Attributes:
        name: of the file that was predicted.
        tally: counts over it.
        setting: what it was predicted with.
        pinned: the manifest.
        tables: by sheet of the workbook.
        impacts: by category, with ranks; None where a profile has no table of them.
        footprint: EF 3.1's normalised and weighted impacts; None where they are not asked for.
        replaced: whether the profile toolkit-1.0.2 takes the place of our balance and costs.
    """

    name: str
    tally: Tally
    setting: Setting
    pinned: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    impacts: ImpactResults | None
    footprint: FootprintResults | None
    replaced: bool

    @property
    def scenarios(self) -> pd.DataFrame:
        """All that is known of each scenario."""
        return self.tables["scenarios"]

    def sheets(self) -> dict[str, pd.DataFrame]:
        """Return the sheets of the workbook: truth values as words, and the manifest."""
        words = {name: _flags_as_words(frame) for name, frame in self.tables.items()}
        return words | {"manifest": manifest_frame(self.pinned)}


def _flags_as_words(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{str(c): np.where(frame[c], "yes", "no") for c in frame.select_dtypes(bool)})


def contents(
    name: str,
    parts: Sequence[Part],
    tally: Tally,
    setting: Setting,
    pinned: dict[str, Any],
    *,
    ef31: bool = False,
) -> Contents:
    """Make all tables of predicted scenarios; arguments as the attributes of `Contents`.

    Args:
        parts: the predictions.
        ef31: whether to normalise and weight the impacts after EF 3.1.

    Raises:
        InputError: none of the impact categories can be normalised and weighted.
    """
    if not setting.system.is_cathode:
        return _of_system(name, parts, tally, setting, pinned)
    profile, impacts = setting.profile, None
    scenarios = results(parts)
    tables = {"scenarios": scenarios, "yields": yields_frame(scenarios)}
    if profile is None:
        impacts = impact_results(parts, setting.tables.impacts)
        tables |= {"mass balance": balance_frame(parts), "costs": costs_frame(parts)}
        tables |= {"climate change": climate_frame(parts)}
    else:
        impacts = toolkit_impacts(parts, profile.impacts) if profile.impacts is not None else None
        tables["toolkit sums"] = toolkit_frame(parts)
    footprint = footprint_results(impacts) if ef31 and impacts is not None else None
    if impacts is not None:
        tables |= {"impacts": impacts.frame, "ranks": impacts.ranks}
    if footprint is not None:
        tables |= {"EF 3.1": footprint.frame, "EF 3.1 method": footprint.scored.method}
    tables |= {"selectivities": selectivity_frame(parts), "enrichment factors": enrichment_frame(parts)}
    tests = tests_frame(scenarios, TOOLKIT_ANCHORS if profile else setting.surrogate.anchors)
    if tests is not None:
        tables["t-tests"] = tests
    sources = [sources_frame(original(part)) for part in parts]
    tables["sources"] = pd.concat(sources).drop_duplicates(ignore_index=True)
    return Contents(name, tally, setting, pinned, tables, impacts, footprint, profile is not None)


def _of_system(
    name: str, parts: Sequence[Part], tally: Tally, setting: Setting, pinned: dict[str, Any]
) -> Contents:
    """Make the tables of a system of one's own: what needs the formula of a cathode is left out."""
    scenarios = results(parts)
    tables = {"scenarios": scenarios, "yields": yields_frame(scenarios, setting.system)}
    sources = [sources_frame(original(part)) for part in parts]
    tables["sources"] = pd.concat(sources).drop_duplicates(ignore_index=True)
    return Contents(name, tally, setting, pinned, tables, None, None, False)
