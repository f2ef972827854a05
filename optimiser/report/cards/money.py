"""What a design costs and burdens, component by component, and what its metals are worth."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from optimiser.process.costs import COMPONENTS
from optimiser.report.card import Card, Figure, Panels, Table
from optimiser.report.cards.front import NO_FRONT
from optimiser.report.caveats import MONEY, marked_numbers
from optimiser.report.columns import column
from optimiser.report.figures.components import What, draw_components, draw_value
from optimiser.report.figures.lines import draw_margin, margin_top
from optimiser.report.frames import components_frame, point_value, side_by_side
from optimiser.report.marginal import Margin, beyond_finding, margin, margin_finding
from optimiser.report.picks import spread
from optimiser.search.front import Front
from optimiser.search.run import RunResult
from optimiser.systems.words import vocabulary

#: Said where sums of money rest on numbers that are marked.
ROUGH = "Some of the prices and exchange rates behind this are old or rough; the appendix lists them."


def cost_card(result: RunResult) -> Card:
    """Return cost by component of some designs, beside the value of what they dissolve.

    Where recovery is an objective, what each further point of it costs and is worth comes first.
    """
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    problem = result.problem
    names, frame, answer = _chosen(result, result.front)
    point, acid = point_value(problem), float(answer["acid_bill"])
    everything = float(answer.get("plant_bill", answer["batch_cost"]))
    valued = "net_value" in problem.metrics
    steps = margin(problem, result.front) if valued else None
    every = vocabulary(problem.system).response
    worth = (
        f"One more point of yield of every {every} is worth {point:,.0f} EUR per t of feed; acid costs "
        f"{acid:,.0f} EUR per t, everything together {everything:,.0f}. {advice(point, acid, everything)}"
    )
    finding = (
        *((margin_finding(steps),) if steps else ()),
        *((beyond_finding(steps),) if steps and steps.cost[-1] > margin_top(steps) else ()),
        largest_component(answer, "cost"),
        *((worth,) if steps is None and valued else ()),
        *((ROUGH,) if marked_numbers(problem, "", MONEY) else ()),
    )
    value = Figure(
        "cost-value",
        "What the dissolved metals are worth at payable prices, beside all that is spent, per t of feed.",
        draw_value(frame, names),
        "Value of the metals and what is spent",
    )
    about = "Cost by component, per kg of metal dissolved."
    figure, table = _components("cost", about, names, frame)
    further = (_margin_figure(steps),) if steps else ()
    shown = (figure, value) if valued else (figure,)
    return Card(finding=finding, blocks=(*further, Panels(shown), table))


def _margin_figure(steps: Margin) -> Figure:
    about = (
        f"What one more point of recovery costs {steps.paid} along the cheapest way through the "
        "front, and what its metals are worth at payable prices, EUR per t of feed."
    )
    return Figure("cost-margin", about, draw_margin(steps), "One more point of recovery [EUR/t feed]")


def climate_card(result: RunResult) -> Card:
    """Return climate change by component of some designs."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    names, frame, answer = _chosen(result, result.front)
    about = "Climate change by component, per kg of metal dissolved; reagents from cradle to gate."
    finding = (largest_component(answer, "climate"),)
    return Card(finding=finding, blocks=_components("climate", about, names, frame))


def _components(what: What, about: str, names: Sequence[str], frame: pd.DataFrame) -> tuple[Figure, Table]:
    """Return what designs are made of, as bars and in numbers; the bars carry the totals."""
    rows = tuple(f"{what}_{c}" for c in COMPONENTS)
    title = "Cost by component" if what == "cost" else "Climate change by component"
    return (
        Figure(f"{what}-components", about, draw_components(frame, names, what), title),
        Table(f"{what}-table", about, side_by_side(frame, rows, names), sortable=False),
    )


def _chosen(result: RunResult, front: Front) -> tuple[list[str], pd.DataFrame, pd.Series]:
    """Return the names of the designs to show, their rows, and the answer's row."""
    picks = spread(result.problem, front)
    every = components_frame(result.problem, front.evaluation)
    frame = every.iloc[[pick.row for pick in picks]].reset_index(drop=True)
    return [pick.name for pick in picks], frame, every.iloc[front.answer]


def largest_component(row: pd.Series, what: What) -> str:
    """Say which components make up most of a design's cost or climate change."""
    total, unit = float(row[f"{what}_total"]), column(f"{what}_total").unit
    if not total > 0.0:
        return "Nothing is spent at the recommended design."
    shares = {c: float(row[f"{what}_{c}"]) / total for c in COMPONENTS}
    first, second = sorted(shares, key=lambda c: -shares[c])[:2]
    subject = "costs" if what == "cost" else "causes"
    apart = "By reagents and energy alone the" if what == "cost" and "plant_bill" in row else "The"
    return (
        f"{apart} recommended design, no. {int(row['design'])}, {subject} {total:.2f} {unit}: "
        f"{first} makes up {100.0 * shares[first]:.0f} % of it, {second} {100.0 * shares[second]:.0f} %."
    )


def advice(point: float, acid: float, everything: float) -> str:
    """Say what a point of yield, in EUR per t of feed, pays for."""
    if not (point > 0.0 and acid > 0.0 and everything > 0.0):
        return ""
    if point >= everything:
        return (
            f"One point of yield is worth {point / everything:.1f} times the total cost: raise yields first."
        )
    many = f"{acid / point:.1f} points of yield pay" if acid > point else "One point pays"
    return f"{many} for the acid, {everything / point:.1f} for everything."
