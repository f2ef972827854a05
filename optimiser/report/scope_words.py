"""Both scopes of the cost in words and tables: what a plant costs, and what changes with it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimiser.answers.scopes import Scopes
from optimiser.problem.bound import Evaluation
from optimiser.process.plant import PLANT_COMPONENTS
from optimiser.report.columns import column
from optimiser.report.numbers import number, percent

#: What each scope takes in, in words.
NAMES: tuple[str, str] = ("reagents and energy alone", "the plant")
#: Said wherever a plant's cost is shown.
ROUGH = (
    "Equipment from published cost curves is known to about 30 %, and much of the rest rests on general "
    "knowledge (confidence C): optimiser list parameters tells every number with its range and source."
)


def costs_sentence(evaluation: Evaluation, row: int) -> str:
    """Say what a plant costs per year, tonne and kg, and which parts of it are the largest."""
    plant = evaluation.outcome.plant
    year, feed = float(plant.annual[row]), _feed(evaluation)
    shares = shares_of(evaluation, row)
    largest = sorted(shares, key=lambda name: -shares[name])[:3]
    told = ", ".join(f"{name} {percent(shares[name])}" for name in largest)
    further = ", ".join(f"{n} {percent(shares[n])}" for n in ("capital", "labour") if n not in largest)
    per_kg = column("cost_plant").said(float(evaluation.metrics["cost_plant"][row]))
    return (
        f"A year of the plant costs {number(year / 1e6, figures=3)} million EUR for {number(feed, 0)} t of "
        f"feed: {number(year / feed, 0)} EUR/t feed, {per_kg}. Its largest parts are {told}"
        + (f"; {further}." if further else ".")
    )


def _feed(evaluation: Evaluation) -> float:
    """Return t of feed per year."""
    plant = evaluation.outcome.inputs.parameters.plant
    assert plant is not None
    return plant.throughput * plant.operating_days


def shares_of(evaluation: Evaluation, row: int) -> dict[str, float]:
    """Return the share of each component in a plant's cost."""
    parts = evaluation.outcome.plant.components[row]
    return dict(zip(PLANT_COMPONENTS, (parts / parts.sum()).tolist(), strict=True))


def scope_lines(of: Scopes) -> list[str]:
    """Say the best design of each scope, and whether the best acid or its time changes with the scope."""
    found = [_best(of, scope) for scope in (0, 1)]
    order = [[of.acids[row] for row in of.order(scope)] for scope in (0, 1)]
    lines = [*found, change_sentence(of)]
    if order[0] != order[1]:
        lines.append(
            f"In order, by {NAMES[0]}: {', '.join(order[0])}; with {NAMES[1]}: {', '.join(order[1])}."
        )
    return lines


def _best(of: Scopes, scope: int) -> str:
    evaluation, row = (of.reagents, of.plant)[scope], of.order(scope)[0]
    own, other = (
        column(of.metrics[s]).said(evaluation.metrics[of.metrics[s]][row]) for s in (scope, 1 - scope)
    )
    by = f"By {NAMES[0]}" if scope == 0 else f"With {NAMES[1]}"
    beside = f"with {NAMES[1]}" if scope == 0 else NAMES[0]
    what = f"{of.acids[row]} for {evaluation.designs.time[row]:g} min"
    return f"{by} the best is {what}: {own} ({beside} {other})."


def change_sentence(of: Scopes) -> str:
    """Say where the best acid or its time changes with the scope."""
    rows = [of.order(scope)[0] for scope in (0, 1)]
    acids = [of.acids[row] for row in rows]
    times = [float(e.designs.time[row]) for e, row in zip((of.reagents, of.plant), rows, strict=True)]
    at = [f"{time:g} min" for time in times]
    if acids[0] != acids[1]:
        return (
            f"The plant changes the best acid: {acids[1]} instead of {acids[0]}, and the time "
            f"from {at[0]} to {at[1]}."
        )
    if times[0] != times[1]:
        return f"The best acid is the same, {acids[0]}; its time changes from {at[0]} to {at[1]}."
    said = f"Neither the best acid, {acids[0]}, nor its time of {at[0]} changes"
    here, there = (e.designs.continuous[row] for e, row in zip((of.reagents, of.plant), rows, strict=True))
    return f"{said}; other setpoints do." if (here != there).any() else f"{said}, nor any other setpoint."


def scopes_frame(of: Scopes) -> pd.DataFrame:
    """Return a row per acid: rank, time and cost in both scopes, side by side, as text."""
    rows = []
    ranks = [{row: rank for rank, row in enumerate(of.order(scope), start=1)} for scope in (0, 1)]
    hows = [column(metric) for metric in of.metrics]
    for row, acid in enumerate(of.acids):
        told: dict[str, Any] = {"acid": acid}
        for scope, evaluation in enumerate((of.reagents, of.plant)):
            name = ("by reagents", "with the plant")[scope]
            told[f"{name}: rank"] = str(ranks[scope][row])
            told[f"{name}: time [min]"] = f"{evaluation.designs.time[row]:g}"
            for metric, how in zip(of.metrics, hows, strict=True):
                told[f"{name}: {how.heading}"] = how.text(evaluation.metrics[metric][row])
        rows.append(told)
    return pd.DataFrame(rows)


def components_table(of: Scopes) -> pd.DataFrame:
    """Return what each acid's best plant costs by component: EUR per kg of metal and its share, as text."""
    evaluation, rows = of.plant, []
    shares = [shares_of(evaluation, row) for row in range(len(of.acids))]
    for name in PLANT_COMPONENTS:
        values = evaluation.metrics[f"cost_plant_{name}"]
        rows.append(
            {"component": name}
            | {
                acid: f"{number(values[row], 3)} ({percent(shares[row][name])})"
                for row, acid in enumerate(of.acids)
            }
        )
    feed = _feed(evaluation)
    year = evaluation.metrics["annual_cost"]
    totals = {
        "total [EUR/kg metal]": (evaluation.metrics["cost_plant"], 2),
        "total [EUR/t feed]": (year / feed, 0),
        "total [EUR/a]": (year, 0),
        "fixed capital [EUR]": (evaluation.metrics["capital"], 0),
        "leach tanks [m3]": (evaluation.metrics["tank_volume"], 1),
    }
    for name, (values, digits) in totals.items():
        rows.append(
            {"component": name}
            | {acid: number(float(values[row]), digits) for row, acid in enumerate(of.acids)}
        )
    return pd.DataFrame(rows)


def scopes_json(of: Scopes | None) -> dict[str, Any] | None:
    """Return both scopes as plain values: each acid's best design and its costs; None without a plant."""
    if of is None:
        return None
    plant = of.problem.inputs.parameters.plant
    assert plant is not None
    return {
        "throughput": plant.throughput,
        "designs": of.frame().to_dict("records"),
        "components": {
            acid: {name: float(of.plant.metrics[f"cost_plant_{name}"][row]) for name in PLANT_COMPONENTS}
            for row, acid in enumerate(of.acids)
        },
        "shares": {acid: shares_of(of.plant, row) for row, acid in enumerate(of.acids)},
        "sentences": scope_lines(of),
    }
