"""Lines over something: the search over its generations, confidence claimed and held, cost over recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from optimiser.report.marginal import Margin
from optimiser.report.style import (
    BLACK,
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    blank,
)
from optimiser.search.run import RunResult

_COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

#: Seeds, each with per cent over the generations.
Courses = Sequence[tuple[int, Sequence[float]]]


def hypervolume_courses(result: RunResult) -> Courses:
    """Return the hypervolume of each generation's front as per cent of the box of all fronts."""
    pairs = zip(result.searches, result.hypervolume, strict=True)
    return [(search.seed, [100.0 * v for v in values]) for search, values in pairs]


def feasible_courses(result: RunResult) -> Courses:
    """Return the feasible share of the designs that each generation tried, in per cent."""
    return [(search.seed, [100.0 * v for v in search.feasible_share]) for search in result.searches]


def draw_courses(courses: Courses, title: str) -> go.Figure:
    """Draw one line per seed over the generations."""
    figure = blank(300, "generation", title)
    for i, (seed, values) in enumerate(courses):
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=values,
            mode="lines" if len(values) > 1 else "markers",
            name=f"seed {seed}",
            line={"color": _COLOURS[i % len(_COLOURS)], "dash": _DASHES[i % len(_DASHES)], "width": 2},
            hovertemplate=f"seed {seed}, generation %{{x}}: %{{y:.1f}} %<extra></extra>",
        )
    figure.update_yaxes(range=[0, 105])
    return figure


def draw_reliability(skill: Mapping[str, Mapping[str, Mapping[str, float]]]) -> go.Figure:
    """Draw the share of held-out yields within the intervals against the level claimed, and the diagonal.

    Args:
        skill: of a model card: ``reliability`` of the protocols ``experiment`` and ``study``.
    """
    figure = blank(340, "confidence claimed [%]", "yields within the interval [%]")
    agree = {"color": MUTED, "width": 1, "dash": "dot"}
    figure.add_scatter(x=[0, 100], y=[0, 100], mode="lines", name="as claimed", line=agree, hoverinfo="skip")
    for protocol, name, colour, dash, symbol in (
        ("experiment", "experiment held out", BLUE, "solid", "circle"),
        ("study", "whole study held out", VERMILLION, "dash", "square"),
    ):
        held = skill.get(protocol, {}).get("reliability")
        if not held:  # a table without studies holds none out
            continue
        figure.add_scatter(
            x=[100.0 * float(level) for level in held],
            y=[100.0 * share for share in held.values()],
            mode="lines+markers",
            name=name,
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 7},
            hovertemplate=f"{name}: %{{y:.0f}} % where %{{x:.0f}} % is claimed<extra></extra>",
        )
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(range=[0, 100])
    return figure


def margin_top(steps: Margin) -> float:
    """Return where the axis of `draw_margin` ends: the last points may cost many times their worth."""
    worth = 3.0 * max(float(steps.worth.max()), 1.0)
    return min(worth, 1.1 * float(max(steps.cost.max(), steps.worth.max())))


def draw_margin(steps: Margin) -> go.Figure:
    """Draw what each further point of recovery costs and is worth as steps, and mark where to stop.

    The axis ends at three times the worth; zooming out shows the rest.
    """
    figure = blank(340, "recovery [% of metal fed]", "")
    for values, name, colour, dash in (
        (steps.cost, "cost of a further point", VERMILLION, "solid"),
        (steps.worth, "worth of its metals", BLUE, "dash"),
    ):
        figure.add_scatter(
            x=steps.recovery,
            y=[*values, values[-1]],
            mode="lines",
            name=name,
            line={"color": colour, "dash": dash, "width": 2, "shape": "hv"},
            hovertemplate=f"{name}, from %{{x:.1f}} %: %{{y:,.0f}} EUR/t feed<extra></extra>",
        )
    at = float(steps.recovery[steps.stop])
    figure.add_vline(x=at, line={"color": INK, "width": 1.2, "dash": "dot"})
    figure.add_annotation(
        text=f"stop at {at:.1f} %",
        x=at,
        y=0.98,
        yref="paper",
        xanchor="right",
        yanchor="top",
        xshift=-4,
        showarrow=False,
    )
    low = min(0.0, float(steps.cost.min()))
    figure.update_yaxes(range=[low, margin_top(steps)])
    return figure
