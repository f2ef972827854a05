"""``python -m optimiser.chemistry docs/numbers.md``: write the table of all numbers into a page.

The table replaces what stands between the two marks; without a page it is printed.
"""

from __future__ import annotations

import sys

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.impurities import entries
from optimiser.chemistry.metals import load_metals
from optimiser.chemistry.provenance import markdown_table, provenance, write_table
from optimiser.chemistry.reagents import load_reagents

if __name__ == "__main__":
    numbers = provenance(load_acids(), load_metals(), load_reagents(), entries())
    write_table(markdown_table(numbers), sys.argv[1:])
