"""The profile ``toolkit-1.0.2`` for tables of scenarios: the Toolkit's sums in place of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.impacts import ImpactTable
from optimiser.problem.problem import Evaluation, Problem
from optimiser.tables.own import OwnTables
from optimiser.tables.own_impacts import import_impacts
from optimiser.toolkit.profile import PROFILE, ToolkitAcids, ToolkitSums, read_toolkit_acids, toolkit_sums
from optimiser.variables import Designs

_TITLE = re.compile(r"^(?P<label>.*) \[(?P<unit>.*)\]$")


@dataclass(frozen=True)
class Profile:
    """The Toolkit's own tables, as they are."""

    acids: ToolkitAcids
    impacts: ImpactTable | None

    def sums(self, problem: Problem, evaluation: Evaluation) -> ToolkitSums:
        """Return the Toolkit's sums for the yields predicted here."""
        rows = self.acids.rows(problem.acid_names)[evaluation.designs.acid]
        designs = Designs(rows, evaluation.designs.continuous)
        return toolkit_sums(designs, evaluation.yields, problem.feed.composition, self.acids, self.impacts)

    def note(self, acid: Acid) -> str:
        """Say what the Toolkit's tables lack of an acid, or nothing."""
        row = int(self.acids.rows([acid.name])[0])
        if row < 0:
            return f"{acid.name} is not in the Toolkit's table of acids"
        lacks = [
            what
            for what, values in (("price", self.acids.price), ("density", self.acids.density))
            if np.isnan(values[row])
        ]
        if self.impacts is not None and all(
            np.isnan(self.impacts.factor(c, acid.name)) for c in self.impacts.categories
        ):
            lacks.append("impact factors")
        return f"{acid.name} has no {', no '.join(lacks)} in the Toolkit's tables" if lacks else ""


def find_profile(
    name: str | None, acids: Path | None, impacts: Path | None, tables: OwnTables
) -> Profile | None:
    """Return the profile that is asked for, or None for our own sums.

    Raises:
        InputError: there is no such profile, or its table of acids is not given.
    """
    if name is None:
        return None
    if name != PROFILE:
        raise InputError(
            f"There is no profile {name!r}.",
            where="--profile",
            allowed=PROFILE,
            remedy=closest(name, [PROFILE]),
        )
    if acids is None:
        raise InputError(
            f"The profile {PROFILE} needs the Toolkit's table of acids.",
            where="--profile",
            allowed="--acids Acid_properties.xlsx, and --impacts Acids_impacts.xlsx where impacts are wanted",
            remedy="add --acids",
        )
    factors = None if impacts is None else import_impacts(impacts, tables.acids)
    return Profile(read_toolkit_acids(acids, tables.acids), factors)


def sums_frame(sums: ToolkitSums) -> pd.DataFrame:
    """Return the Toolkit's balance and costs, columns named ``label|unit|figures``."""
    frame = sums.frame().drop(columns="acid")
    return frame.rename(columns=_encoded)


def _encoded(title: str) -> str:
    match = _TITLE.match(title)
    return f"{match['label']}|{match['unit']}|6" if match else title
