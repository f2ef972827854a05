"""What a design costs and burdens, component by component, and what its metals are worth."""

from __future__ import annotations

import pandas as pd

from optimiser.process.totals import COMPONENTS
from optimiser.report.card import Card, Figure, Panels, Table
from optimiser.report.cards.front import NO_FRONT
from optimiser.report.caveats import CLIMATE, MONEY, marked_numbers
from optimiser.report.columns import column
from optimiser.report.figures.components import What, draw_components, draw_value
from optimiser.report.frames import components_frame, point_value, side_by_side
from optimiser.report.picks import Pick, spread
from optimiser.search.run import RunResult


def cost_card(result: RunResult) -> Card:
    """Return cost by component of some designs, beside the value of what they dissolve."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    picks, frame, knee = _chosen(result)
    point = point_value(result.problem)
    finding = (
        largest_component(knee, "cost"),
        f"One more point of yield of every metal is worth {point:,.0f} EUR per t of feed; the acid bill is "
        f"{float(knee['acid_bill']):,.0f} EUR per t, everything together {float(knee['batch_cost']):,.0f}. "
        + advice(point, float(knee["acid_bill"]), float(knee["batch_cost"])),
        *marked_numbers(result.problem, MONEY),
    )
    names = [pick.name for pick in picks]
    figures = (
        Figure(
            "cost-components",
            "Cost by component, per kg of metal dissolved.",
            draw_components(frame, names, "cost"),
        ),
        Figure(
            "cost-value",
            "What the dissolved metals are worth at payable prices, beside all that is spent, per t of feed.",
            draw_value(frame, names),
        ),
    )
    rows = (
        "acid",
        *(f"cost_{c}" for c in COMPONENTS),
        *("cost_total", "batch_cost", "metal_value", "net_value"),
    )
    numbers = side_by_side(frame, rows, names)
    table = Table("cost-table", "The same in numbers.", numbers, sortable=False)
    return Card(finding=finding, blocks=(Panels(figures), table))


def climate_card(result: RunResult) -> Card:
    """Return climate change by component of some designs."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    picks, frame, knee = _chosen(result)
    names = [pick.name for pick in picks]
    figure = Figure(
        "climate-components",
        "Climate change by component, per kg of metal dissolved; reagents from cradle to gate.",
        draw_components(frame, names, "climate"),
    )
    rows = ("acid", *(f"climate_{c}" for c in COMPONENTS), "climate_total")
    numbers = side_by_side(frame, rows, names)
    table = Table("climate-table", "The same in numbers.", numbers, sortable=False)
    finding = (largest_component(knee, "climate"), *marked_numbers(result.problem, CLIMATE))
    return Card(finding=finding, blocks=(figure, table))


def _chosen(result: RunResult) -> tuple[tuple[Pick, ...], pd.DataFrame, pd.Series]:
    """Return the designs to show, their rows, and the knee's row."""
    assert result.front is not None
    picks = spread(result.problem, result.front)
    every = components_frame(result.problem, result.front.evaluation)
    frame = every.iloc[[pick.row for pick in picks]].reset_index(drop=True)
    return picks, frame, every.iloc[result.front.knee]


def largest_component(row: pd.Series, what: What) -> str:
    """Say which components make up most of a design's cost or climate change."""
    total, unit = float(row[f"{what}_total"]), column(f"{what}_total").unit
    if not total > 0.0:
        return "Nothing is spent at the recommended design."
    shares = {c: float(row[f"{what}_{c}"]) / total for c in COMPONENTS}
    first, second = sorted(shares, key=lambda c: -shares[c])[:2]
    subject = "costs" if what == "cost" else "causes"
    return (
        f"The recommended design, no. {int(row['design'])}, {subject} {total:.2f} {unit}: "
        f"{first} makes up {100.0 * shares[first]:.0f} % of it, {second} {100.0 * shares[second]:.0f} %."
    )


def advice(point: float, acid: float, everything: float) -> str:
    """Say what a point of yield, in EUR per t of feed, pays for."""
    if not (point > 0.0 and acid > 0.0 and everything > 0.0):
        return ""
    if point >= everything:
        return f"A point of yield pays {point / everything:.1f} times the whole bill: spend on yield first."
    pays = (
        f"{acid / point:.1f} points of yield pay for the acid"
        if acid > point
        else "One point pays for the acid"
    )
    return f"{pays}, {everything / point:.1f} for everything."
