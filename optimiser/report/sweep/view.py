"""A sweep's table with what every part of its report asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimiser.report.columns import Column, column
from optimiser.report.style import AcidStyle, acid_styles, styles_in_turn
from optimiser.report.sweep.effects import Effect, effects
from optimiser.report.sweep.keys import Key, keys_of
from optimiser.report.sweep.levels import Levels, levels_of
from optimiser.sweeps.table import STATUSES, SweepTable
from optimiser.variables import Floats

#: The last column of a sweep's table before those of the answer.
_LAST = "hypervolume"
_ENDS = ("_low", "_high", "_nominal", "_p10")


@dataclass(frozen=True, eq=False)
class SweepView:
    """A sweep as its report tells it."""

    table: SweepTable

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The runs; of two columns of one name, the first, which is the varied key."""
        frame = self.table.frame
        return frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The varied keys, in the order of the sweep."""
        return keys_of(self.table.varied, self.frame)

    @cached_property
    def levels(self) -> dict[str, Levels]:
        """The levels of each varied key by its name."""
        return {key.name: levels_of(key, self.frame[key.name]) for key in self.keys}

    @property
    def status(self) -> npt.NDArray[np.object_]:
        """What became of each run, shape (runs,)."""
        return self.frame["status"].to_numpy(dtype=object)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many runs there are of each status."""
        return {status: int((self.status == status).sum()) for status in STATUSES}

    @cached_property
    def answer_columns(self) -> tuple[str, ...]:
        """The columns of the answer, in their order: what is chosen, setpoints, yields, metrics."""
        names = [str(name) for name in self.frame.columns]
        first = names.index(_LAST) + 1 if _LAST in names else 0
        return tuple(name for name in names[first:] if name not in self.table.varied)

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The columns that say what a run chose: the acid of a cathode's leach, else the system's choices.

        A system's choices are texts before its setpoints; a column ``acid`` beside them is all of them
        together.
        """
        found = []
        for name in self.answer_columns:
            if name.startswith("yield_") or pd.api.types.is_numeric_dtype(self.frame[name]):
                break
            if name != "acid":
                found.append(name)
        if found and self.designed.any():
            return tuple(found)
        return ("acid",) if "acid" in self.frame else ()

    @cached_property
    def setpoints(self) -> tuple[str, ...]:
        """The columns of the setpoints: numbers between what is chosen and the yields."""
        found = []
        for name in self.answer_columns:
            if name in (*self.choices, "acid"):
                continue
            if name.startswith("yield_") or name in self.table.objectives:
                break
            found.append(name)
        return tuple(found)

    @cached_property
    def yields(self) -> tuple[str, ...]:
        """The columns of the yields themselves."""
        return tuple(
            name for name in self.answer_columns if name.startswith("yield_") and not name.endswith(_ENDS)
        )

    @cached_property
    def option(self) -> npt.NDArray[np.object_]:
        """The acid or combination that each run chose, shape (runs,); empty without a design."""
        parts = [["" if pd.isna(v) else str(v) for v in self.frame[name]] for name in self.choices]
        joined = [" / ".join(row) for row in zip(*parts, strict=True)] if parts else [""] * len(self.frame)
        return np.where(self.designed, np.array(joined, dtype=object), "")

    @cached_property
    def options(self) -> tuple[str, ...]:
        """All that were chosen, the most frequent first."""
        counts = pd.Series(self.option[self.option != ""], dtype=object).value_counts(sort=True)
        return tuple(sorted(map(str, counts.index), key=lambda name: (-int(counts[name]), name)))

    @cached_property
    def styles(self) -> dict[str, AcidStyle]:
        """Colour and shape of each: of acids those of every report."""
        names = sorted(self.options)
        return acid_styles(names) if self.choices == ("acid",) else styles_in_turn(names)

    @property
    def what(self) -> str:
        """What one thing is called that a run chooses among."""
        if self.choices == ("acid",):
            return "acid"
        return "combination" if len(self.choices) > 1 else "option"

    @property
    def objective(self) -> str:
        """The first objective, which answers are best in."""
        return self.table.objectives[0]

    @property
    def how(self) -> Column:
        """How the first objective is shown."""
        return column(self.objective)

    @property
    def sign(self) -> float:
        """1 where the first objective is minimised, −1 where it is maximised."""
        return sign_of(self.table.directions[0])

    @cached_property
    def value(self) -> Floats:
        """The first objective of each run, shape (runs,); NaN without a design."""
        return self.values(self.objective)

    @cached_property
    def designed(self) -> npt.NDArray[np.bool_]:
        """Which runs have a design with a finite first objective, shape (runs,)."""
        numbers = pd.to_numeric(self.frame[self.objective], errors="coerce").to_numpy(dtype=np.float64)
        found: npt.NDArray[np.bool_] = (self.status == "done") & np.isfinite(numbers)
        return found

    def values(self, name: str) -> Floats:
        """Return a number of each run's answer, shape (runs,); NaN without a design."""
        numbers = pd.to_numeric(self.frame[name], errors="coerce").to_numpy(dtype=np.float64)
        return np.where(self.designed & np.isfinite(numbers), numbers, np.nan)

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What each key alone explains of the first objective, that with most first."""
        return effects(self.value, [self.levels[key.name] for key in self.keys])

    @cached_property
    def ranked(self) -> tuple[Key, ...]:
        """The keys that have several levels, that which moves the first objective most first."""
        return tuple(e.key for e in self.effects if len(self.levels[e.key.name]) > 1)

    def best(self, name: str, direction: str) -> int:
        """Return the row of the run that is best in an objective."""
        return int(np.nanargmin(sign_of(direction) * self.values(name)))

    def settings(self, row: int, most: int = 4) -> str:
        """Say what a run was asked with, the keys that matter most first."""
        keys = (self.ranked or self.keys)[:most]
        said = [key.said(self.frame[key.name].iloc[row]) for key in keys]
        more = len(self.ranked or self.keys) - len(keys)
        return ", ".join(said) + (f" (and {more} further keys)" if more else "")

    def run(self, row: int) -> Any:
        """Return the number of a run."""
        return self.frame["run"].iloc[row]


def sign_of(direction: str) -> float:
    """Return 1 for ``minimise``, −1 for ``maximise``."""
    return -1.0 if direction == "maximise" else 1.0
