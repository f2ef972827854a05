"""What the report of a table of scenarios shows, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from optimiser.report.caveats import intervals_caveat
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
    """What the report of a table of scenarios shows; each table is made when it is first looked at.

    Attributes:
        name: of the file that was predicted.
        parts: the predictions.
        tally: counts over them.
        setting: what they were made with.
        pinned: the manifest.
        ef31: whether the impacts are normalised and weighted after EF 3.1.
    """

    name: str
    parts: Sequence[Part]
    tally: Tally
    setting: Setting
    pinned: dict[str, Any]
    ef31: bool = False

    @cached_property
    def scenarios(self) -> pd.DataFrame:
        """All that is known of each scenario."""
        return results(self.parts)

    @cached_property
    def yields(self) -> pd.DataFrame:
        """Yields, with spreads and intervals."""
        return yields_frame(self.scenarios)

    @cached_property
    def balance(self) -> pd.DataFrame:
        """The mass balance."""
        return balance_frame(self.parts)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Costs by component."""
        return costs_frame(self.parts)

    @cached_property
    def climate(self) -> pd.DataFrame:
        """Climate change by component."""
        return climate_frame(self.parts)

    @cached_property
    def selectivity(self) -> pd.DataFrame:
        """Yields over each other."""
        return selectivity_frame(self.parts)

    @cached_property
    def enrichment(self) -> pd.DataFrame:
        """Shares in the leachate over shares in the feed."""
        return enrichment_frame(self.parts)

    @cached_property
    def toolkit(self) -> pd.DataFrame | None:
        """Balance and costs of the profile toolkit-1.0.2, which then take the place of ours; or None."""
        return toolkit_frame(self.parts)

    @cached_property
    def impacts(self) -> ImpactResults | None:
        """Impacts by category, with ranks; None where a profile has no table of them."""
        if self.setting.profile is None:
            return impact_results(self.parts, self.setting.tables.impacts)
        factors = self.setting.profile.impacts
        return None if factors is None else toolkit_impacts(self.parts, factors)

    @cached_property
    def footprint(self) -> FootprintResults | None:
        """EF 3.1's normalised and weighted impacts; None where they are not asked for."""
        return footprint_results(self.impacts) if self.ef31 and self.impacts is not None else None

    @cached_property
    def tests(self) -> pd.DataFrame | None:
        """t-tests of pairs; None where there are too few or too many scenarios."""
        anchors = TOOLKIT_ANCHORS if self.setting.profile else self.setting.surrogate.anchors
        return tests_frame(self.scenarios, anchors)

    @cached_property
    def sources(self) -> pd.DataFrame:
        """Every number and what it rests on."""
        frames = [sources_frame(original(part)) for part in self.parts]
        return pd.concat(frames).drop_duplicates(ignore_index=True)

    @property
    def caveat(self) -> str:
        """What is wrong with the intervals."""
        return intervals_caveat(self.setting.surrogate)

    @cached_property
    def sheets(self) -> dict[str, pd.DataFrame]:
        """The tables by sheet of the workbook."""
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
        plain = {name: _flags_as_words(frame) for name, frame in found.items()}
        return plain | {"sources": self.sources, "manifest": manifest_frame(self.pinned)}


def _flags_as_words(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{str(c): np.where(frame[c], "yes", "no") for c in frame.select_dtypes(bool)})
