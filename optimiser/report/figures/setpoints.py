"""What changes along a front: setpoints and yields against the first objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from optimiser.chemistry.metals import METALS
from optimiser.problem.problem import Problem
from optimiser.report.columns import column
from optimiser.report.figures.fronts import Axis, Series, axes
from optimiser.report.style import INK, blank, marker, rgba, ring
from optimiser.search.front import Front
from optimiser.variables import VARIABLES, Floats


@dataclass(frozen=True)
class Track:
    """One quantity along the front.

    Attributes:
        name: of the column.
        title: of its axis.
        x, y, low, high: as shown, shape (n,) each; low and high are y where there is no interval.
        acid: index into the problem's acids, shape (n,).
        span: least extent of the axis, so that a quantity that hardly moves looks so.
        target: what is asked of it, or None.
    """

    name: str
    title: str
    x: Floats
    y: Floats
    low: Floats
    high: Floats
    span: float
    target: float | None = None


def setpoint_tracks(problem: Problem, front: Front) -> tuple[Track, ...]:
    """Return the five variables along the front."""
    x = _first_objective(problem, front)
    found = []
    for i, variable in enumerate(VARIABLES):
        y = front.evaluation.designs.continuous[:, i]
        found.append(Track(variable.name, column(variable.name).heading, x, y, y, y, 20.0 * variable.step))
    return tuple(found)


def yield_tracks(problem: Problem, front: Front) -> tuple[Track, ...]:
    """Return the yields of the metals that are there along the front, in per cent, with their intervals."""
    x = _first_objective(problem, front)
    found = []
    for metal in problem.present:
        i, how = METALS.index(metal), column(f"yield_{metal}")
        y, low, high = (
            how.scale * values[:, i]
            for values in (front.evaluation.yields, front.evaluation.yields_low, front.evaluation.yields_high)
        )
        target = problem.targets.get(metal)
        found.append(
            Track(
                f"yield_{metal}",
                how.heading,
                x,
                y,
                low,
                high,
                10.0,
                None if target is None else how.scale * target,
            )
        )
    return tuple(found)


def _first_objective(problem: Problem, front: Front) -> Floats:
    axis = axes(problem)[0]
    return np.asarray(axis.scale * front.evaluation.metrics[axis.metric])


def y_range(track: Track) -> tuple[float, float]:
    """Return the extent of a track's axis: its data and target with some air, at least ``span``."""
    ends = [track.low.min(), track.high.max(), *([] if track.target is None else [track.target])]
    low, high = float(min(ends)), float(max(ends))
    air = max(0.06 * (high - low), (track.span - (high - low)) / 2.0)
    return low - air, high + air


def draw_track(problem: Problem, front: Front, track: Track, series: Sequence[Series]) -> go.Figure:
    """Draw one quantity along the front, coloured and shaped by acid, the knee ringed.

    Args:
        problem: whose first objective it is drawn against.
        front: the designs.
        track: the quantity.
        series: the designs by acid, as `fronts.front_series` returns them.
    """
    axis: Axis = axes(problem)[0]
    figure = blank(240, column(axis.metric).heading, "", legend=False)
    acids = front.evaluation.designs.acid
    for k, one in zip(np.unique(acids), series, strict=True):
        rows = acids == k
        figure.add_scatter(
            x=track.x[rows],
            y=track.y[rows],
            error_y={
                "type": "data",
                "array": (track.high - track.y)[rows],
                "arrayminus": (track.y - track.low)[rows],
                "color": rgba(one.style.colour, 0.3),
                "thickness": 1,
                "width": 0,
                "visible": bool((track.high > track.low).any()),
            },
            mode="markers",
            marker=marker(one.style, 7),
            name=one.label,
            hovertext=one.hover,
            hoverinfo="text",
        )
    if len(front.evaluation) > 1:
        figure.add_scatter(x=[track.x[front.knee]], y=[track.y[front.knee]], **ring(16))
    if track.target is not None:
        figure.add_hline(y=track.target, line={"color": INK, "width": 1.2, "dash": "dash"})
    figure.update_yaxes(range=y_range(track))
    return figure
