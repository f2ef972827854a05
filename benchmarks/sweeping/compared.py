"""Whether a store holds what an undisturbed sweep has made: every run once, and each the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

#: Columns of a row that tell when and how fast it was made.
_OF_THE_DAY = ("seconds", "written")


@dataclass(frozen=True)
class Held:
    """The runs of a store, as they are compared.

    Attributes:
        rows: how many rows have a key, whatever the names of their files.
        told: what the row of a key says, all but when and how fast it was made, and the bytes of its front.
    """

    rows: Counter[str]
    told: dict[str, tuple[str, bytes]]


@dataclass(frozen=True)
class Difference:
    """What is wrong with a store: runs that are lost, doubled (or of nobody), or different."""

    lost: int = 0
    doubled: int = 0
    different: int = 0

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.lost + other.lost, self.doubled + other.doubled, self.different + other.different
        )


def held(store: Path) -> Held:
    """Read every file of a store, also those whose names are none of a run."""
    rows, told = Counter[str](), dict[str, tuple[str, bytes]]()
    for file in sorted((store / "runs").iterdir()):
        for row in pq.read_table(file).to_pylist():
            key = row["key"]
            front = store / "fronts" / f"{key}.parquet"
            plain = {name: value for name, value in row.items() if name not in _OF_THE_DAY}
            rows[key] += 1
            told[key] = repr(plain), front.read_bytes() if front.exists() else b""
    strangers = {path.stem for path in (store / "fronts").iterdir()} - set(rows)
    rows.update({f"a front without a row: {name}": 1 for name in strangers})
    return Held(rows, told)


def difference(store: Path, undisturbed: Held) -> Difference:
    """Count what a store lacks, has twice, or has otherwise than an undisturbed sweep."""
    found = held(store)
    expected = set(undisturbed.told)
    return Difference(
        lost=len(expected - set(found.told)),
        doubled=sum(n - (key in expected) for key, n in found.rows.items()),
        different=sum(found.told[key] != undisturbed.told[key] for key in expected & set(found.told)),
    )


def rows_there(store: Path) -> int:
    """Return how many runs a store has by now."""
    folder = store / "runs"
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
