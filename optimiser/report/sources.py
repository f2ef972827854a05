"""Every number a run used, with what it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.chemistry.impurities import entries
from optimiser.chemistry.provenance import provenance
from optimiser.chemistry.quantity import flags
from optimiser.problem import system_binding
from optimiser.problem.bound import BoundProblem
from optimiser.process.inputs import idle_parameters
from optimiser.process.parameters import parameter_quantities, process_parameters
from optimiser.process.system_inputs import SystemInputs
from optimiser.report.caveats import acids_of, metals_of, sums_count
from optimiser.report.plant_numbers import rate_rows, source_rows

#: Said of a number that the problem sets itself.
OWN = "given in the problem"
#: Numbers of a reagent that a system's file may give, and their units.
_OF_SOLUTES = {
    "molar_mass": "g/mol",
    "usable_protons": "mol/mol",
    "price": "EUR/kg",
    "climate_change": "kg CO2-eq/kg",
}
_TEXTS = ["unit", "method", "date", "confidence", "flags", "note"]
_COLUMNS = [
    *("item", "quantity", "value", "unit", "method", "low", "high", "in euro"),
    *("date", "confidence", "flags", "source", "note"),
]


def sources_frame(problem: BoundProblem) -> pd.DataFrame:
    """Return one row per number: what it is, value and range, date, confidence, flags and source, as text."""
    rows = _shared(problem)
    rates = {(str(row["unit"]), str(row["date"])) for row in rows if row["quantity"] == "exchange rate"}
    rows += rate_rows(problem, rates)
    if isinstance(problem.inputs, SystemInputs):
        rows = [*_of_system(problem, problem.inputs), *rows]
    frame = pd.DataFrame([*rows, *_parameters(problem), *_assumed_yields(problem)], columns=_COLUMNS)
    return frame.assign(**frame[_TEXTS].fillna(""))


def _shared(problem: BoundProblem) -> list[dict[str, object]]:
    """Return the numbers of acids, metals and reagents; nothing where no sum looks at them."""
    if not sums_count(problem):
        return []
    beside = entries(problem.cathode_feed.beside) if problem.system.is_cathode else {}
    return [
        {
            "item": r.item,
            "quantity": r.quantity,
            "value": "miscible" if r.value is None else r.value,
            "unit": r.unit,
            "method": r.method,
            "low": r.low,
            "high": r.high,
            "in euro": r.euro,
            "date": r.date,
            "confidence": r.confidence,
            "flags": ", ".join(r.flags),
            "source": r.source,
            "note": r.note,
        }
        for r in provenance(acids_of(problem), metals_of(problem), problem.reagents, beside)
    ]


def _of_system(problem: BoundProblem, inputs: SystemInputs) -> list[dict[str, object]]:
    """Return the numbers that a system's file gives: its feed's, and those of its reagents."""
    spec, feed = problem.system.spec, inputs.feed
    source = spec.source or f"the file of the system {problem.system.name}"
    rows: list[dict[str, object]] = []
    for response, share in zip(problem.responses, feed.assay.tolist(), strict=True):
        if not np.isnan(share):
            row = {"item": feed.name, "quantity": f"{response} in the feed", "value": 100.0 * share}
            rows.append(row | {"unit": "wt%"})
    for name, value in zip(problem.system.feed_columns, feed.place, strict=True):
        rows.append({"item": feed.name, "quantity": name, "value": value})
    for solute in dict.fromkeys(one for one in inputs.solutes if one is not None and one.acid is None):
        for quantity, unit in _OF_SOLUTES.items():
            if not np.isnan(number := getattr(solute, quantity)):
                row = {"item": solute.name, "quantity": quantity.replace("_", " "), "value": number}
                rows.append(row | {"unit": unit})
    if inputs.acid_consumption is not None:
        row = {"item": feed.name, "quantity": "acid consumption", "value": inputs.acid_consumption}
        rows.append(row | {"unit": "kg/t"})
    return [{**row, "source": source} for row in rows]


def _assumed_yields(problem: BoundProblem) -> list[dict[str, object]]:
    """Return the yields that the problem states because the surrogate does not predict them."""
    return [
        {
            "item": problem.feed.name,
            "quantity": f"yield of {metal}",
            "value": value,
            "unit": "fraction",
            "flags": "assumed",
            "source": OWN,
            "note": "not predicted: the surrogate does not know the metal",
        }
        for metal, value in problem.feed.assumed_yields.items()
    ]


def _parameters(problem: BoundProblem) -> list[dict[str, object]]:
    """Return the plant's parameters; one that the problem changed says so instead of the shipped source."""
    rows: list[dict[str, object]] = []
    if not sums_count(problem):
        return rows
    shipped, used = process_parameters(), problem.inputs.parameters
    idle = (
        idle_parameters(problem.cathode_feed)
        if problem.system.is_cathode
        else tuple(system_binding.idle_numbers(problem.system))
    )
    for name, q in parameter_quantities().items():
        if name in idle:
            continue
        row = {"item": "plant", "quantity": name.replace("_", " "), "value": getattr(used, name)}
        row |= {"unit": q.unit, "low": q.low, "high": q.high, "note": q.note}
        if (own := used.given.get(name)) is not None:
            row |= {"low": own.low, "high": own.high, "source": OWN}
        elif getattr(used, name) != getattr(shipped, name):
            row |= {"source": OWN}
        else:
            row |= {"date": str(q.year or ""), "confidence": q.confidence or "", "source": q.source_text}
            row |= {"flags": ", ".join(flags(q))}
        rows.append(row)
    source = OWN if used.neutraliser != shipped.neutraliser else "default"
    neutraliser = used.neutraliser.replace("_", " ")
    rows.append({"item": "plant", "quantity": "neutraliser", "value": neutraliser, "source": source})
    if problem.feed.impurities:
        source = OWN if used.impurity_removal != shipped.impurity_removal else "default"
        row = {"item": "plant", "quantity": "impurity removal", "value": used.impurity_removal}
        rows.append(row | {"source": source})
    return [*rows, *source_rows(problem)]
