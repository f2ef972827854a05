"""Rows of a training table that state the same conditions: repeated, or in contradiction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.surrogate.training_table import TrainingTable
from optimiser.variables import COLUMN

#: Yields under the same conditions that differ by more count as a contradiction (our choice: about the
#: mean error of the best models on rows whose kinetic curve they have seen).
CONTRADICTION = 0.05


@dataclass(frozen=True)
class Repeat:
    """Rows with the same conditions, time included.

    Attributes:
        rows: as a spreadsheet numbers them.
        apart: largest difference of a yield between them, over the metals that are present.
    """

    rows: tuple[int, ...]
    apart: float

    @property
    def contradictory(self) -> bool:
        """Whether a yield differs by more than 0.05."""
        return self.apart > CONTRADICTION


def repeated_rows(table: TrainingTable) -> list[Repeat]:
    """Return the rows that repeat each other (experiment and time, to 4 decimals), widest apart first."""
    time = table.continuous[:, COLUMN["time"]].round(4)
    _, index = np.unique(np.column_stack([table.experiments, time]), axis=0, return_inverse=True)
    index = index.ravel()
    found = []
    for number in np.flatnonzero(np.bincount(index) > 1):
        rows = np.flatnonzero(index == number)
        metals = table.present[rows].all(axis=0)
        apart = np.ptp(table.yields[np.ix_(rows, metals)], axis=0).max()
        found.append(Repeat(tuple((rows + 2).tolist()), float(apart)))
    return sorted(found, key=lambda repeat: (-repeat.apart, repeat.rows))
