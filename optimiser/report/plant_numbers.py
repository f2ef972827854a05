"""The numbers of the plant around the leach, as they are listed, told with their sources and pinned."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Any

from optimiser.chemistry.prices import load_rates
from optimiser.chemistry.provenance import write_table
from optimiser.chemistry.quantity import flags
from optimiser.problem.bound import BoundProblem
from optimiser.process.plant_parameters import (
    EQUIPMENT,
    PLANT_NAMES,
    SCOPES,
    PlantQuantity,
    currency_of,
    load_plant,
    shipped_ends,
    unit_of,
)


def as_quoted(name: str, number: PlantQuantity) -> str:
    """Return money as its source quotes it, where that is not in euros: ``38.12 USD/h of 2023``."""
    if not number.currency or number.currency == "EUR":
        return ""
    table = load_plant()
    index = f", x index of {table.cost_year} / {number.period}" if name.endswith(EQUIPMENT) else ""
    return f"{number.value:,.10g} {number.unit} of {number.period}{index}"


def parameter_records() -> list[dict[str, Any]]:
    """Return a record per number of a plant: default and range in the unit that a problem sets it in."""
    told = f"one of {', '.join(SCOPES)}"
    found: list[dict[str, Any]] = [
        {"name": "scope", "default": SCOPES[0], "unit": told},
        {"name": "throughput", "unit": unit_of("throughput"), "source": "t of feed per day, at scope plant"},
    ]
    for name, number in load_plant().parameters.items():
        ends, quoted = shipped_ends(name), as_quoted(name, number)
        found.append(
            {
                "name": name,
                "default": _figures(ends.value),
                "unit": unit_of(name),
                "low": _figures(ends.low),
                "high": _figures(ends.high),
                "confidence": number.confidence,
                "source": number.source_text + (f" ({quoted})" if quoted else ""),
            }
        )
    return found


def _figures(value: float) -> float:
    return float(f"{value:.5g}")


def source_rows(problem: BoundProblem) -> list[dict[str, Any]]:
    """Return a row per number of a problem's plant for the table of sources; none at scope reagents."""
    plant = problem.inputs.parameters.plant
    if plant is None:
        return []
    rows: list[dict[str, Any]] = []
    for name in PLANT_NAMES:
        used, own = getattr(plant, name), plant.given.get(name)
        row: dict[str, Any] = {"item": "plant", "quantity": name.replace("_", " "), "value": used}
        row |= {"unit": unit_of(name), "low": None, "high": None}
        if currency_of(row["unit"]):
            row["in euro"] = used
        shipped = None if name == "throughput" else shipped_ends(name)
        if own is not None or shipped is None or used != shipped.value:
            low, high = (None, None) if own is None else (own.low, own.high)
            row |= {"low": low, "high": high, "source": "given in the problem"}
        else:
            number = load_plant().parameters[name]
            note = "; ".join(part for part in (as_quoted(name, number), number.note) if part)
            row |= {"low": shipped.low, "high": shipped.high, "note": note, "source": number.source_text}
            row |= {"date": number.period or number.date, "confidence": number.confidence or ""}
            row |= {"flags": ", ".join(flags(number))}
        rows.append(row)
    return rows


def rate_rows(problem: BoundProblem, told: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return a row per exchange rate that a problem's plant rests on, but those told already."""
    plant, table = problem.inputs.parameters.plant, load_plant()
    if plant is None:
        return []
    shipped = [(name, number) for name, number in table.parameters.items() if name not in plant.given]
    used = dict.fromkeys(
        (number.currency, table.cost_year if name.endswith(EQUIPMENT) else number.period or "")
        for name, number in shipped
        if number.currency not in ("", "EUR")
    )
    rates = [load_rates()[key] for key in used]
    return [
        {
            "item": "euro",
            "quantity": "exchange rate",
            "value": rate.value,
            "unit": rate.unit,
            "date": rate.date,
            "confidence": rate.confidence or "",
            "flags": ", ".join(flags(rate)),
            "source": rate.source_text,
            "note": rate.note,
        }
        for rate in rates
        if (rate.unit, rate.date) not in told
    ]


def scope_record(problem: BoundProblem) -> dict[str, Any]:
    """Return the scope of a problem's cost, and at plant scope every number of the plant with its source."""
    plant = problem.inputs.parameters.plant
    if plant is None:
        return {"scope": SCOPES[0]}
    told = {
        row["quantity"].replace(" ", "_"): {k: row.get(k) for k in ("value", "unit", "low", "high", "source")}
        for row in source_rows(problem)
    }
    return {"scope": "plant", "plant": told}


def markdown_table() -> str:
    """Return the numbers of a plant as a Markdown table."""
    lines = ["| name | value | unit | range | confidence | source | note |", "|---|---|---|---|---|---|---|"]
    for name, number in load_plant().parameters.items():
        ends, notes = shipped_ends(name), (as_quoted(name, number), number.note)
        cells = (
            *(f"`{name}`", f"{_figures(ends.value):g}", unit_of(name)),
            *(f"{_figures(ends.low):g} to {_figures(ends.high):g}", number.confidence or ""),
            *(number.source_text, "; ".join(note for note in notes if note)),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_table(markdown_table(), sys.argv[1:])
