"""A local table of impact factors: what an import writes, and problems refer to by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from optimiser._io.errors import InputError
from optimiser._io.output import check_file_target, placed
from optimiser.chemistry.impact_source import SUFFIX

_HEAD = (
    "# Impact factors, written by `optimiser impacts import`; problems and --impacts name them {name}.\n"
    "# They are per kg of pure substance, kWh of heat and power, m3 of wastewater, kg of salt and residue.\n"
    "# Factors of a licensed database are its licensees': do not publish this file. Results may be shared;\n"
    "# see docs/lca.md.\n"
)


@dataclass(frozen=True)
class Activity:
    """The activity behind a substance's factors.

    Attributes:
        activity, location, unit: its name, location and unit in the database.
        per: what our factor is per.
        amount: how many of its units make one of ours, negative where it treats a waste.
        database, code: its key in Brightway; empty for a workbook.
        uncertainty: by category, the 2.5th and 97.5th percentile of the factor, where draws were made.
    """

    activity: str
    location: str
    unit: str
    per: str
    amount: float
    database: str = ""
    code: str = ""
    uncertainty: Mapping[str, tuple[float, float]] | None = None

    def record(self) -> dict[str, Any]:
        """Return it as it is written, without what is not known."""
        told = {key: value for key, value in vars(self).items() if value not in ("", None)}
        if self.uncertainty is not None:
            told["uncertainty"] = {name: list(ends) for name, ends in self.uncertainty.items()}
        return told


@dataclass(frozen=True)
class LocalTable:
    """Impact factors as computed or read, with what is behind them.

    Attributes:
        name: of the table.
        source: kind, database, version, system_model, method, date.
        units: of each category.
        factors: by category and substance; a missing one is not there.
        activities: by substance.
        missing: substance, category where it is one alone, and why.
        notes: what the user must be told.
    """

    name: str
    source: Mapping[str, str]
    units: Mapping[str, str]
    factors: Mapping[str, Mapping[str, float]]
    activities: Mapping[str, Activity]
    missing: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the table as YAML."""
        content = {
            "name": self.name,
            "source": dict(self.source),
            "impacts": {
                category: {"unit": self.units[category], "factors": dict(row)}
                for category, row in self.factors.items()
            },
            "activities": {name: activity.record() for name, activity in self.activities.items()},
            "missing": [dict(entry) for entry in self.missing],
        }
        written = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
        return _HEAD.format(name=self.name) + written


def today() -> str:
    """Return the day, as tables are dated."""
    return date.today().isoformat()


def check_name(name: str, option: str = "--name") -> str:
    """Return a table's name.

    Raises:
        InputError: it could not be part of a file's name.

    Examples:
        >>> check_name("our-ecoinvent")
        'our-ecoinvent'
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise InputError(
            f"{name!r} cannot be the name of a table.",
            where=option,
            allowed="up to 100 letters, digits, dots, hyphens and underscores",
            remedy="for example --name our-ecoinvent",
        )
    return name


def usual_name(text: str) -> str:
    """Return a name made of another one, e.g. of a database or a file.

    Examples:
        >>> usual_name("ecoinvent 3.10 cutoff")
        'ecoinvent-3.10-cutoff'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:100] or "impacts"


def table_path(folder: Path, name: str) -> Path:
    """Return where a table of a name goes.

    Raises:
        InputError: the name is not possible.
    """
    return folder / f"{check_name(name)}{SUFFIX}"


def write_table(table: LocalTable, out: Path, force: bool = False) -> Path:
    """Write a local table, whole or not at all.

    Raises:
        InputError: ``out`` cannot be written, or exists and ``force`` is not given.
    """
    check_file_target(out, force)
    with placed(out) as temporary:
        temporary.write_text(table.text(), encoding="utf-8")
    return out
