"""Where a user's local table of impact factors comes from, and how a problem finds it by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optimiser._io.errors import InputError, closest

#: What a leach leaves behind and somebody has to treat, with the unit of its factors; names as in `METRICS`.
EFFLUENTS: Mapping[str, str] = {"wastewater": "m3", "salt": "kg", "residue": "kg"}
#: How the file of a local table ends.
SUFFIX = ".impacts.yaml"


@dataclass(frozen=True)
class Provenance:
    """What a local table says about itself.

    Attributes:
        name: by which problems refer to it.
        source: what it was computed from: kind, database, version, system_model, method, date.
        activities: by substance, the activity behind its factors: activity, location, unit, per, amount (how
            many of the activity's units make one of ours, negative for a waste) and, where known, database,
            code and uncertainty ({category: [low, high]}).
        missing: substances, or substances in a category, without a factor, and why.
    """

    name: str
    source: Mapping[str, Any] = field(default_factory=dict)
    activities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    missing: tuple[Mapping[str, str], ...] = ()

    @property
    def cited(self) -> str:
        """The source as one line of text.

        Examples:
            >>> Provenance("ours", {"database": "ecoinvent-3.10-cutoff", "method": "EF v3.1"}).cited
            'ecoinvent-3.10-cutoff, EF v3.1'
        """
        told = ("database", "file", "version", "system_model", "method", "date")
        return ", ".join(dict.fromkeys(str(self.source[key]) for key in told if self.source.get(key)))

    @property
    def year(self) -> int | None:
        """The year of the table; None where it is not dated."""
        found = re.match(r"(\d{4})-", str(self.source.get("date", "")))
        return int(found[1]) if found else None

    def ends(self, substance: str, category: str) -> tuple[float, float] | None:
        """Return the 2.5th and 97.5th percentile of a factor; None where it was not drawn or is certain."""
        drawn = self.activities.get(substance, {}).get("uncertainty") or {}
        found: tuple[float, float] | None = drawn.get(category)
        return found

    def factor(self, substance: str) -> str:
        """Name the activity behind a substance's factors; empty where there is none."""
        behind = self.activities.get(substance, {})
        return ", ".join(str(behind[key]) for key in ("activity", "location") if behind.get(key))


def find_table(name: str | Path, *, beside: Path | None = None) -> Path:
    """Return the file of a table of impact factors given by name or by path.

    Args:
        name: a path, or the name of a local table: ``our-ecoinvent`` means ``our-ecoinvent.impacts.yaml``.
        beside: a folder in which it is looked up too, before the working directory: that of the problem.

    Raises:
        InputError: it is nowhere; it says where was looked, and which tables are there.
    """
    given = Path(name)
    folders = [folder for folder in (beside, Path()) if folder is not None]
    places = [folder / given for folder in folders]
    if not given.suffix or not given.name.lower().endswith((".yaml", ".yml", ".csv", ".xlsx", ".parquet")):
        places += [folder / given.with_name(f"{given.name}{SUFFIX}") for folder in folders]
    for place in places:
        if place.is_file():
            return place
    for place in places:
        if place.exists():  # whoever reads it says why it cannot be read
            return place
    there = sorted({path.name.removesuffix(SUFFIX) for f in folders for path in f.glob(f"*{SUFFIX}")})
    raise InputError(
        f"There is no table of impacts {str(name)!r}.",
        where=" or ".join(dict.fromkeys(map(str, places))),
        allowed=", ".join(there) or "the path of a table, or the name of one that `optimiser impacts` wrote",
        remedy=closest(given.name, there) or "optimiser impacts import --help",
    )
