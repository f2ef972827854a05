"""The studies of a training table, with what is known of where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimiser.surrogate.stoichiometry import breaks
from optimiser.surrogate.training_table import TrainingTable, acid_names, feed_names
from optimiser.variables import CONTINUOUS

if TYPE_CHECKING:
    import pandas as pd

#: Said wherever studies are numbered.
SOURCES = (
    "The training table names no papers: a study is a run of neighbouring rows with one feed and one acid. "
    "Neighbouring studies may be one paper, and one study may be several."
)


def studies(table: TrainingTable) -> pd.DataFrame:
    """Return one row per study, in the order of the table.

    Returns:
        ``study`` from 1, ``first_row`` and ``last_row`` in the sheet, ``feed``, ``acid``, ``experiments``,
        ``rows``, ``NAME_low`` and ``NAME_high`` of each variable of ``CONTINUOUS``, and how many of the rows
        break stoichiometry.
    """
    import pandas as pd

    broken, acids, feeds = breaks(table), acid_names(table), feed_names(table.feed)
    found = []
    for study in range(int(table.studies.max()) + 1):
        rows = np.flatnonzero(table.studies == study)
        low, high = (end(table.continuous[rows], axis=0) for end in (np.min, np.max))
        found.append(
            {
                "study": study + 1,
                "first_row": int(rows[0]) + 2,
                "last_row": int(rows[-1]) + 2,
                "feed": str(feeds[rows[0]]),
                "acid": str(acids[rows[0]]),
                "experiments": len(np.unique(table.experiments[rows])),
                "rows": len(rows),
                **{
                    f"{name}_{end}": float(values[j])
                    for j, name in enumerate(CONTINUOUS)
                    for end, values in (("low", low), ("high", high))
                },
                "breaks_stoichiometry": int(broken[rows].sum()),
            }
        )
    return pd.DataFrame(found)
