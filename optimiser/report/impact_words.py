"""What impacts rest on, in sentences and as a record: the table, what is missing, assumed and credited."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimiser.chemistry.categories import CLIMATE_CHANGE, SCORE_UNIT
from optimiser.chemistry.energy import energy_lines
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.mixtures import single_acids
from optimiser.chemistry.reagents import ENERGIES
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.outcome import Outcome, per_kg_metal
from optimiser.process.costs import COMPONENTS
from optimiser.report.columns import column
from optimiser.report.impact_frames import PARTS, SCORE, impacts_frame

_MOST = 8  # of what lacks a factor that one sentence names


def basis_lines(problem: BoundProblem) -> list[str]:
    """Say which table the impacts rest on, what it lacks, and what is assumed in its place."""
    numbers = problem.inputs.impacts
    if numbers is None:
        return []
    labels = [column(name).label for name in numbers.names if name != CLIMATE_CHANGE]
    climate = "the table's" if numbers.own_climate else "that of the shipped factors"
    found = [
        f"Impacts of {numbers.source}: {'; '.join(labels) or 'climate change alone'}; climate change is "
        f"{climate}."
    ]
    if numbers.covered > 0.0:
        found.append(
            f"The single score (EF 3.1, {SCORE_UNIT}: millionths of a person-year, weighted) counts "
            f"categories with {100.0 * numbers.covered:.0f} % of the method's weights."
        )
    return [*found, *missing_lines(problem), *assumed_lines(problem)]


def missing_lines(problem: BoundProblem) -> list[str]:
    """Say which factors the table lacks, by category."""
    numbers = problem.inputs.impacts
    if numbers is None:
        return []
    lacking: dict[tuple[str, ...], list[str]] = {}
    for name in numbers.names:
        if substances := numbers.missing(name):
            lacking.setdefault(substances, []).append(column(name).label)
    return [
        f"Not known: {'; '.join(labels)} of {', '.join(substances[:_MOST])}"
        + (f" and {len(substances) - _MOST} more." if len(substances) > _MOST else ".")
        for substances, labels in lacking.items()
    ]


def assumed_lines(problem: BoundProblem) -> list[str]:
    """Repeat the factors that the problem assumes of what it uses, alike ones in one line."""
    numbers = problem.inputs.impacts
    if numbers is None:
        return []
    units = {one.name: one.unit for one in numbers.categories}
    alike: dict[tuple[str, float, str], list[str]] = {}
    for one in numbers.assumed:
        if one.substance in (*single_acids(problem.cathode_acids), *numbers.bought.values()):
            alike.setdefault((one.substance, one.value, one.source), []).append(one.category)
    found = []
    for (substance, value, source), names in alike.items():
        several = len(names) > 1
        what = f"{len(names)} categories" if several else column(names[0]).label
        per = "kWh" if substance in ENERGIES else "kg"
        unit = f"per {per}, in the unit of each" if several else f"{units[names[0]]}/{per}"
        said = f"Assumed, not from the table: {what} of {substance} {value:g} {unit}"
        found.append(f"{said} ({source})." if source else f"{said}.")
    return found


def credit_line(problem: BoundProblem, told: Outcome, row: int) -> str:
    """Say the credit of one design for the metals it dissolves; empty where the problem gives none."""
    credit = problem.inputs.credit
    if credit is None:
        return ""
    balance = told.balance
    main = float(per_kg_metal(told.climate.sum(axis=1), balance)[row])
    saved = float(per_kg_metal(balance.metals @ credit.factors, balance)[row])
    unit = column(CLIMATE_CHANGE).unit
    factors = ", ".join(
        f"{metal} {credit.factors[METALS.index(metal)]:g} ({source})"
        for metal, source in credit.sources.items()
    )
    return (
        f"Credit for metals recovered (not in the figures above): {saved:.2f} {unit}, so that climate change "
        f"is {main:.2f} before and {main - saved:.2f} after credit. It counts dissolved metal as if it were "
        f"the product, kg CO2-eq/kg: {factors}."
    )


def headline(problem: BoundProblem, evaluation: Evaluation, row: int) -> str:
    """Say the impacts of one design in one line; empty where the problem has no table of impacts."""
    numbers = problem.inputs.impacts
    if numbers is None:
        return ""
    names = [SCORE, *numbers.names] if numbers.covered > 0.0 else list(numbers.names)
    told = []
    for name in names:
        value = float(evaluation.metrics[name][row])
        known = not np.isnan(value)
        told.append(f"{column(name).label} {column(name).said(value) if known else 'not known'}")
    return f"Impacts: {'; '.join(told)}."


def lines(problem: BoundProblem, evaluation: Evaluation, row: int) -> list[str]:
    """Return what the console says of one design's impacts: one line, what is assumed, and the credit."""
    said = [headline(problem, evaluation, row), *missing_lines(problem), *assumed_lines(problem)]
    return [line for line in (*said, credit_line(problem, evaluation.outcome, row)) if line]


def record(problem: BoundProblem, evaluation: Evaluation | None, row: int | None) -> dict[str, Any] | None:
    """Return what is known of impacts, credit and chosen energies as plain data; None for none of these.

    Args:
        problem: bound.
        evaluation: of designs; None where there is none.
        row: the design whose values are told; None likewise.
    """
    numbers, credit = problem.inputs.impacts, problem.inputs.credit
    energies = energy_lines(problem.reagents)
    if numbers is None and credit is None and not energies:
        return None
    found: dict[str, Any] = {"energies": list(energies)} if energies else {}
    if numbers is not None:
        found |= {
            "table": numbers.source,
            "climate_change": "table" if numbers.own_climate else "shipped factors",
            "categories": {one.name: {"label": one.label, "unit": one.unit} for one in numbers.categories},
            "single_score_covers": numbers.covered,
            "missing": {name: list(numbers.missing(name)) for name in numbers.names},
            "assumed": [vars(one) for one in numbers.assumed],
        }
    if credit is not None:
        found["credit"] = {
            metal: {"value": float(credit.factors[METALS.index(metal)]), "unit": "kg CO2-eq/kg", "source": s}
            for metal, s in credit.sources.items()
        }
    if row is None or evaluation is None:
        return found
    designs = evaluation.designs.take(np.array([row]))
    told = problem.outcome_of(designs, evaluation.yields[[row]])
    if numbers is not None:
        found["design"] = {
            one["category"]: {
                "unit": one["unit"],
                "per_kg_metal": one["total"],
                "per_t_feed": one["per_t_feed"],
                "components": {c: one[part] for c, part in zip(COMPONENTS, PARTS, strict=True)},
                "not_known": [s for s in one["not_known"].split(", ") if s],
            }
            for one in impacts_frame(problem, told).to_dict("records")
        }
    if credit is not None:
        after = evaluation.metrics["climate_change_after_credit"][row]
        found["climate_change_after_credit"] = float(after)
    return found
