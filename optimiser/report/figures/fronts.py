"""Fronts in the space of their objectives: the common one, and each acid's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import plotly.graph_objects as go

from optimiser.problem.problem import Problem
from optimiser.report.columns import column
from optimiser.report.hover import brief_hover_text, hover_text
from optimiser.report.picks import ends_and_knee
from optimiser.report.style import AcidStyle, acid_styles, blank, marker, rgba, ring
from optimiser.search.front import Front
from optimiser.search.run import RunResult
from optimiser.variables import Floats


@dataclass(frozen=True)
class Axis:
    """One objective as an axis: its title with unit and direction, and the scale from code to sight."""

    metric: str
    title: str
    scale: float


@dataclass(frozen=True)
class Series:
    """One acid's designs.

    Attributes:
        acid, label, style: whose they are and how they look.
        values, low, high: objectives as shown, shape (n, m).
        hover: one text per design.
    """

    acid: str
    label: str
    style: AcidStyle
    values: Floats
    low: Floats
    high: Floats
    hover: tuple[str, ...]


def axes(problem: Problem) -> tuple[Axis, ...]:
    """Return one axis per objective."""
    found = []
    for objective in problem.objectives:
        how = column(objective.metric)
        found.append(Axis(objective.metric, f"{how.heading}, {objective.verb}d", how.scale))
    return tuple(found)


def _series(
    problem: Problem, front: Front, k: int, titles: Sequence[str], style: AcidStyle, *, brief: bool = False
) -> Series:
    rows = np.flatnonzero(front.evaluation.designs.acid == k).tolist()
    values, low, high = (
        np.column_stack([axis.scale * metrics[axis.metric][rows] for axis in axes(problem)])
        for metrics in (
            front.evaluation.metrics,
            front.evaluation.metrics_low,
            front.evaluation.metrics_high,
        )
    )
    acid = problem.acids[k]
    say = brief_hover_text if brief else hover_text
    hover = tuple(say(problem, front.evaluation, row, titles[row]) for row in rows)
    return Series(acid.name, acid.label, style, values, low, high, hover)


def front_series(problem: Problem, front: Front, *, brief: bool = False) -> tuple[Series, ...]:
    """Return the designs of the common front, one series per acid on it; brief texts suit small figures."""
    styles = acid_styles(problem.acid_names)
    names = {pick.row: pick.name for pick in ends_and_knee(problem, front)}
    titles = [names.get(row, f"no. {row + 1}") for row in range(len(front.evaluation))]
    return tuple(
        _series(problem, front, int(k), titles, styles[problem.acid_names[k]], brief=brief)
        for k in np.unique(front.evaluation.designs.acid)
    )


def acid_series(result: RunResult) -> tuple[Series, ...]:
    """Return each acid's own front, in the order of the verdicts."""
    styles = acid_styles(result.problem.acid_names)
    found = []
    for verdict in result.acids:
        if verdict.front is not None:
            alone = result.problem.with_acids([verdict.acid])
            titles = ["best of this acid alone"] * len(verdict.front.evaluation)
            found.append(_series(alone, verdict.front, 0, titles, styles[verdict.acid]))
    return tuple(found)


def knee_values(problem: Problem, front: Front) -> Floats | None:
    """Return the knee's objectives as shown, shape (m,); None where a front is too short to have one."""
    if len(front.evaluation) < 2 or len(problem.objectives) < 2:
        return None
    return np.array([a.scale * front.evaluation.metrics[a.metric][front.knee] for a in axes(problem)])


def pairs(problem: Problem) -> tuple[tuple[int, int], ...]:
    """Return which objectives are drawn against which."""
    return tuple(combinations(range(len(problem.objectives)), 2))


def draw_pair(
    series: Sequence[Series],
    shown: Sequence[Axis],
    columns: tuple[int, int],
    *,
    knee: Floats | None = None,
    intervals: bool = True,
    line: bool = False,
    legend: bool = True,
    height: int = 440,
) -> go.Figure:
    """Draw two objectives against each other, coloured and shaped by acid; the vertical one is the title's.

    Args:
        series: the designs.
        shown: the axes, one per objective.
        columns: of the series' values, the two to draw.
        knee: objectives of the knee, to ring it.
        intervals: whether to draw error bars.
        line: whether to join each series in the order of its first objective.
        legend: whether to show one.
        height: in pixels.
    """
    x, y = columns
    figure = blank(height, shown[x].title, "", legend=legend)
    for one in series:
        bars = [_bars(one, column_, intervals) for column_ in (x, y)]
        figure.add_scatter(
            x=one.values[:, x],
            y=one.values[:, y],
            error_x=bars[0],
            error_y=bars[1],
            mode="lines+markers" if line else "markers",
            line={"color": rgba(one.style.colour, 0.45), "width": 1.2},
            marker=marker(one.style, 7 if line else 9),
            name=one.label,
            hovertext=one.hover,
            hoverinfo="text",
        )
    if knee is not None:
        figure.add_scatter(x=[knee[x]], y=[knee[y]], **ring(20))
    return figure


def draw_legend(series: Sequence[Series], *, knee: bool) -> go.Figure:
    """Draw what colours and shapes mean, for figures side by side that share them."""
    entries = len(series) + knee
    # two entries a line is what a phone has room for
    figure = blank(26 * -(-entries // 2) + 4, "", "")
    for one in series:
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker(one.style, 9), name=one.label)
    if knee:
        figure.add_scatter(x=[None], y=[None], **ring(16))
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0}, legend={"y": 1, "yanchor": "top", "maxheight": 1}
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def _bars(one: Series, column_: int, visible: bool) -> dict[str, object]:
    value, low, high = one.values[:, column_], one.low[:, column_], one.high[:, column_]
    return {
        "type": "data",
        "array": high - value,
        "arrayminus": value - low,
        "color": rgba(one.style.colour, 0.28),
        "thickness": 1,
        "width": 0,
        "visible": visible,
    }


def draw_strip(series: Sequence[Series], column_: int) -> go.Figure:
    """Draw the first design of each acid in one objective, with its interval, one line per acid."""
    figure = blank(70 + 40 * len(series), "", "", legend=False)
    for one in reversed(series):
        bars = {k: v[:1] if k.startswith("array") else v for k, v in _bars(one, column_, True).items()}  # type: ignore[index]
        figure.add_scatter(
            x=one.values[:1, column_],
            y=[one.label],
            error_x=bars | {"color": rgba(one.style.colour, 0.6), "thickness": 1.5},
            mode="markers",
            marker=marker(one.style, 11),
            name=one.label,
            hovertext=one.hover[:1],
            hoverinfo="text",
        )
    figure.update_yaxes(showgrid=False)
    return figure
