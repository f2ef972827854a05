"""Every number a run used, with what it rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.chemistry.impurities import entries
from optimiser.chemistry.metals import load_metals
from optimiser.chemistry.mixtures import single_acids
from optimiser.chemistry.provenance import provenance
from optimiser.chemistry.quantity import flags
from optimiser.problem.bound import BoundProblem
from optimiser.process.inputs import idle_parameters
from optimiser.process.parameters import parameter_quantities, process_parameters
from optimiser.report.plant_numbers import rate_rows, source_rows
from optimiser.systems.system import SystemFeed

#: Said of a number that the problem sets itself.
OWN = "given in the problem"
_TEXTS = ["unit", "method", "date", "confidence", "flags", "note"]
_COLUMNS = [
    *("item", "quantity", "value", "unit", "method", "low", "high", "in euro"),
    *("date", "confidence", "flags", "source", "note"),
]


def sources_frame(problem: BoundProblem) -> pd.DataFrame:
    """Return one row per number: what it is, value and range, date, confidence, flags and source, as text."""
    if isinstance(problem.feed, SystemFeed):
        return _of_system(problem, problem.feed)
    acids = single_acids(problem.cathode_acids)
    rows: list[dict[str, object]] = [
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
        for r in provenance(acids, load_metals(), problem.reagents, entries(problem.cathode_feed.beside))
    ]
    rates = {(str(row["unit"]), str(row["date"])) for row in rows if row["quantity"] == "exchange rate"}
    rows += rate_rows(problem, rates)
    frame = pd.DataFrame([*rows, *_parameters(problem), *_assumed_yields(problem)])
    return frame.assign(**frame[_TEXTS].fillna(""))


def _of_system(problem: BoundProblem, feed: SystemFeed) -> pd.DataFrame:
    """Return the numbers of a system of one's own: its feed's, and what its file gives of the process."""
    spec = problem.system.spec
    rows: list[dict[str, object]] = []
    for response, share in zip(problem.responses, feed.assay.tolist(), strict=True):
        if not np.isnan(share):
            row = {"item": feed.name, "quantity": f"{response} in the feed", "value": 100.0 * share}
            rows.append(row | {"unit": "wt%"})
    for name, value in zip(problem.system.feed_columns, feed.place, strict=True):
        rows.append({"item": feed.name, "quantity": name, "value": value})
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    source = spec.source or f"the file of the system {problem.system.name}"
    return frame.assign(source=source).assign(**frame[_TEXTS].fillna(""))


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
    shipped, used = process_parameters(), problem.inputs.parameters
    idle = idle_parameters(problem.cathode_feed)
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
