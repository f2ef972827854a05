"""A user's own tables of acids, prices and impact factors, read; `export`, not imported here, writes them."""

from optimiser.importers.acids import ImportedAcids, import_acids
from optimiser.importers.impacts import import_impacts
from optimiser.importers.own import OwnFile, OwnTables, read_own_tables
from optimiser.importers.prices import import_prices, with_prices

__all__ = [
    "ImportedAcids",
    "OwnFile",
    "OwnTables",
    "import_acids",
    "import_impacts",
    "import_prices",
    "read_own_tables",
    "with_prices",
]
