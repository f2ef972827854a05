"""Explanations drawn: bars of what each driver adds, dependence, and yields along a setpoint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from optimiser.explain.setpoints import Sweep
from optimiser.report.columns import column
from optimiser.report.numbers import signed
from optimiser.report.style import BLUE, INK, MUTED, VERMILLION, blank, response_looks, rgba
from optimiser.variables import Floats

#: Ticks of a logarithmic axis.
_TICKS = (0, 1, 3, 10, 30, 100, 300, 1000, 3000)
#: Points per step of a running median.
_PER_MEDIAN = 8


def _rows(figure: go.Figure, labels: Sequence[str]) -> None:
    """Put labels down the left side, and an upright at 0."""
    figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=list(labels), autorange="reversed")
    figure.add_vline(x=0, line={"color": MUTED, "width": 1})


def draw_bars(labels: Sequence[str], values: Floats, reach: float) -> go.Figure:
    """Draw what each driver adds to one yield.

    Args:
        labels: of the drivers, from the top.
        values: in points, shape (d,).
        reach: ends of the axis, so that metals compare.
    """
    figure = blank(60 + 30 * len(labels), "points of yield", "", legend=False)
    figure.add_bar(
        x=values,
        y=list(range(len(labels))),
        orientation="h",
        marker={"color": [BLUE if v >= 0 else VERMILLION for v in values]},
        text=[signed(v, 1) for v in values.tolist()],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    _rows(figure, labels)
    figure.update_xaxes(range=[-1.7 * reach, 1.7 * reach])
    figure.update_yaxes(showgrid=False)
    return figure


def running_median(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return medians of y over groups of neighbouring x, with the medians of x; equal x stay together."""
    order = np.argsort(x, kind="stable")
    starts = np.searchsorted(x[order], x[order], side="left") // _PER_MEDIAN
    groups = [order[starts == g] for g in np.unique(starts)]
    return np.array([np.median(x[g]) for g in groups]), np.array([np.median(y[g]) for g in groups])


def make_log1p(figure: go.Figure) -> None:
    """Name the ticks of an axis of log(x + 1): time may start at 0."""
    figure.update_xaxes(tickvals=np.log1p(_TICKS), ticktext=[f"{tick:g}" for tick in _TICKS])


def draw_dependence(
    heading: str, logarithmic: bool, x: Floats, values: Floats, responses: Sequence[str]
) -> go.Figure:
    """Draw what one number adds to each yield against its value, with a running median per response.

    Args:
        heading: of the axis.
        logarithmic: whether ratios matter rather than differences.
        x: its values, shape (n,).
        values: in points, NaN for an absent response, shape (n, m).
        responses: their names.
    """
    figure = blank(320, heading, "points of yield")
    place = np.log1p if logarithmic else np.asarray  # of x + 1: time may start at 0
    for k, (response, (colour, symbol)) in enumerate(response_looks(responses).items()):
        there = ~np.isnan(values[:, k])
        if not there.any():
            continue
        mine, at = values[there, k], x[there]
        figure.add_scatter(
            x=place(at),
            y=mine,
            mode="markers",
            showlegend=False,
            legendgroup=response,
            marker={"color": rgba(colour, 0.45), "symbol": symbol, "size": 5},
            customdata=at,
            hovertemplate=f"{response}: %{{y:+.1f}} points at %{{customdata:g}}<extra></extra>",
        )
        across, up = running_median(at, mine)
        figure.add_scatter(
            x=place(across),
            y=up,
            mode="lines+markers",
            name=response,
            legendgroup=response,
            line={"color": colour, "width": 2},
            marker={"color": colour, "symbol": symbol, "size": 7},
            hoverinfo="skip",
        )
    figure.add_hline(y=0, line={"color": MUTED, "width": 1})
    if logarithmic:
        make_log1p(figure)
    return figure


def draw_kinds(labels: Sequence[str], values: Floats, responses: Sequence[str]) -> go.Figure:
    """Draw what each of some kinds, such as acids, adds to each yield.

    Args:
        labels: of the kinds, from the top.
        values: in points, NaN for an absent response, shape (kinds, m).
        responses: their names.
    """
    figure = blank(110 + 28 * len(labels), "points of yield", "")
    for j, (response, (colour, symbol)) in enumerate(response_looks(responses).items()):
        figure.add_scatter(
            x=values[:, j],
            y=list(range(len(labels))),
            mode="markers",
            name=response,
            marker={"color": colour, "symbol": symbol, "size": 9},
            hovertemplate=f"{response}: %{{x:+.1f}} points<extra></extra>",
        )
    _rows(figure, labels)
    return figure


def draw_sweep(sweep: Sweep, now: float, responses: Sequence[str], columns: Sequence[int]) -> go.Figure:
    """Draw the yields along one setpoint: solid where a change is allowed, dotted where it is not.

    Args:
        sweep: the setpoint moved.
        now: its present value.
        responses: which to draw.
        columns: of these in yields.
    """
    figure = blank(300, column(sweep.variable.name).heading, "yield [%]")
    yields = 100.0 * sweep.tried.yields
    for (metal, (colour, symbol)), k in zip(response_looks(responses).items(), columns, strict=True):
        mine = yields[:, k]
        dotted = {"color": rgba(colour, 0.55), "width": 1, "dash": "dot"}
        figure.add_scatter(
            x=sweep.values, y=mine, mode="lines", line=dotted, showlegend=False, hoverinfo="skip"
        )
        figure.add_scatter(
            x=sweep.values,
            y=np.where(sweep.allowed, mine, np.nan),
            mode="lines",
            name=metal,
            line={"color": colour, "width": 2},
            hovertemplate=f"{metal}: %{{y:.1f}} % at %{{x:g}}<extra></extra>",
        )
        if sweep.best is not None:
            figure.add_scatter(
                x=[sweep.best.to],
                y=[mine[sweep.best.row]],
                mode="markers",
                marker={"symbol": symbol, "size": 10, "color": colour, "line": {"color": INK, "width": 1.5}},
                showlegend=False,
                hoverinfo="skip",
            )
    figure.add_vline(x=now, line={"color": INK, "width": 1.5, "dash": "dash"})
    figure.update_yaxes(range=[max(float(np.nanmin(yields)) - 5.0, -2.0), 104.0])
    return figure
