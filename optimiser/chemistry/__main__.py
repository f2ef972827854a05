"""``python -m optimiser.chemistry docs/numbers.md``: write the table of all numbers into a page.

The table replaces what stands between the two marks; without a page it is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.impurities import entries
from optimiser.chemistry.metals import load_metals
from optimiser.chemistry.provenance import markdown_table, provenance
from optimiser.chemistry.reagents import load_reagents

BEGIN = "<!-- begin table -->\n"
END = "<!-- end table -->"


def main(pages: list[str]) -> None:
    """Write the table into each page, or print it."""
    table = markdown_table(provenance(load_acids(), load_metals(), load_reagents(), entries()))
    if not pages:
        print(table, end="")
    for page in map(Path, pages):
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
