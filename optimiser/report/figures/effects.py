"""Effects drawn: thresholds along a number, and two drivers that matter together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from optimiser.explain.thresholds import Threshold
from optimiser.report.figures.explain import make_log1p
from optimiser.report.style import BLUE, GREEN, MUTED, ORANGE, VERMILLION, blank, response_looks, rgba
from optimiser.variables import Floats

#: Lines of levels, from low to high.
_LEVELS = ((BLUE, "circle"), (ORANGE, "square"), (VERMILLION, "diamond"), (GREEN, "triangle-up"))


def draw_effects(heading: str, logarithmic: bool, found: Sequence[Threshold]) -> go.Figure:
    """Draw the effect of one number on each yield, with thresholds as uprights and their intervals as bands.

    Args:
        heading: of the axis.
        logarithmic: whether ratios matter rather than differences.
        found: of one driver, one per response.
    """
    figure = blank(300, heading, "points of yield")
    place = np.log1p if logarithmic else np.asarray
    for one in found:
        if not len(one.values):
            continue
        colour, symbol = response_looks([f.response for f in found])[one.response]
        figure.add_scatter(
            x=place(one.values),
            y=100.0 * one.effect,
            mode="lines+markers",
            name=one.response,
            line={"color": colour, "width": 2},
            marker={"color": colour, "symbol": symbol, "size": 6},
            customdata=one.values,
            hovertemplate=f"{one.response}: %{{y:+.1f}} points at %{{customdata:g}}<extra></extra>",
        )
        if one.kind is not None:
            low, at, high = (float(place(value)) for value in (one.low, one.at, one.high))
            figure.add_vrect(x0=low, x1=high, fillcolor=rgba(colour, 0.12), line_width=0, layer="below")
            figure.add_vline(x=at, line={"color": colour, "width": 1.5, "dash": "dash"})
    figure.add_hline(y=0, line={"color": MUTED, "width": 1})
    if logarithmic:
        make_log1p(figure)
    return figure


def draw_pair(
    heading: str,
    logarithmic: bool,
    values: Floats,
    names: Sequence[str],
    levels: Sequence[str],
    yields: Floats,
) -> go.Figure:
    """Draw one yield along one driver at some levels of another.

    Args:
        heading: of the axis.
        logarithmic: whether ratios matter along it rather than differences.
        values: along it, shape (g,).
        names: of these values where they are kinds; else empty.
        levels: names of the levels.
        yields: fractions, NaN beyond the data, shape (l, g).
    """
    figure = blank(320, heading, "yield [%]")
    for (colour, symbol), level, line in zip(_LEVELS, levels, 100.0 * yields, strict=False):
        figure.add_scatter(
            x=list(range(len(values))) if names else np.log1p(values) if logarithmic else values,
            y=line,
            mode="lines+markers",
            name=level,
            line={"color": colour, "width": 2, "dash": "dot" if names else "solid"},
            marker={"color": colour, "symbol": symbol, "size": 6},
            hovertemplate=f"{level}: %{{y:.1f}} %<extra></extra>",
        )
    if logarithmic:
        make_log1p(figure)
    if names:
        figure.update_xaxes(tickvals=list(range(len(names))), ticktext=list(names))
    return figure
