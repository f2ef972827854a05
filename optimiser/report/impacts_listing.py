"""What `list impacts` says: each impact factor in use, what it rests on, and what is missing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from optimiser.chemistry.impact_source import EFFLUENTS
from optimiser.chemistry.impacts import CLIMATE, ImpactTable, same_text
from optimiser.chemistry.reagents import ENERGIES
from optimiser.problem.load import load_config
from optimiser.tables.own import OwnTables, own_tables, read_own_tables

_ABSENT = "no factor is known"


def impact_records(impacts: str | None = None, problem: str | None = None) -> list[dict[str, Any]]:
    """Return a record for each substance and category: factor, unit, activity, method, source, year, missing.

    A factor that the user's table lacks and ours replaces says so by its source; one that nobody has is None,
    and ``missing`` says why.

    Args:
        impacts: name or path of the table that counts; None for that of the problem, or ours.
        problem: name or path of a problem or config whose numbers count; None for the shipped ones.

    Raises:
        InputError: as `load_config` and `read_own_tables`.
    """
    given = None if impacts is None else Path(impacts)
    if problem is None:
        tables = read_own_tables(impacts=given)
    else:
        tables = own_tables(load_config(problem).problem, None, None, given)
    return [
        _record(tables, substance, category, unit)
        for category, unit in zip(tables.impacts.categories, tables.impacts.units, strict=True)
        for substance in tables.impacts.substances
    ]


def _record(tables: OwnTables, substance: str, category: str, unit: str) -> dict[str, Any]:
    per = "kWh" if substance in ENERGIES else EFFLUENTS.get(substance, "kg pure")
    record: dict[str, Any] = {
        "substance": substance,
        "category": category,
        "factor": None,
        "unit": f"{unit}/{per}",
        "activity": "",
        "method": "",
        "source": "",
        "year": "",
        "missing": "",
    }
    given = tables.given
    own = math.nan if given is None else given.factor(category, substance)
    used = tables.impacts.factor(category, substance)
    if math.isnan(used):
        return record | {"missing": _why(given, substance, category)}
    record["factor"] = used
    if given is not None and not math.isnan(own):
        return record | _of_table(given, substance)
    items = {**tables.acids, **tables.reagents}
    number = items[substance].climate_change if substance in items else None
    if number is not None:
        record |= {"method": number.method, "source": number.source_text, "year": number.date}
    return record


def _of_table(table: ImpactTable, substance: str) -> dict[str, str]:
    behind = table.provenance
    if behind is None:
        return {"source": table.source}
    told = (
        str(behind.source[key])
        for key in ("database", "file", "version", "system_model")
        if key in behind.source
    )
    return {
        "activity": behind.factor(substance),
        "method": str(behind.source.get("method", "")),
        "source": f"{behind.name}: " + ", ".join(dict.fromkeys(told)),
        "year": str(behind.year or ""),
    }


def _why(table: ImpactTable | None, substance: str, category: str) -> str:
    for entry in () if table is None or table.provenance is None else table.provenance.missing:
        if entry.get("substance") == substance and same_text(entry.get("category", category), category):
            return entry.get("why", _ABSENT)
    return _ABSENT if same_text(category, CLIMATE) or table is None else f"not in {table.source}"
