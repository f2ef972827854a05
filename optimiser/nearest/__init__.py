"""The experiments nearest to a design, what none of them covers, and the studies they come from."""

from optimiser.nearest.experiments import nearest_experiments
from optimiser.nearest.gaps import Gap, find_gaps, gaps
from optimiser.nearest.samples import installed_table, what_counts
from optimiser.nearest.studies import SOURCES, studies

__all__ = [
    "SOURCES",
    "Gap",
    "find_gaps",
    "gaps",
    "installed_table",
    "nearest_experiments",
    "studies",
    "what_counts",
]
