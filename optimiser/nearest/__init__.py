"""The experiments nearest to a design, what none of them covers, and the studies they come from."""

from optimiser.nearest.experiments import SOURCES, nearest_experiments, studies
from optimiser.nearest.gaps import Gap, find_gaps, gaps
from optimiser.nearest.samples import OWN, installed_table, what_counts

__all__ = [
    "OWN",
    "SOURCES",
    "Gap",
    "find_gaps",
    "gaps",
    "installed_table",
    "nearest_experiments",
    "studies",
    "what_counts",
]
