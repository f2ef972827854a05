"""What a design's cost and climate change are made of, beside what its metals are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from optimiser.process.costs import COMPONENTS
from optimiser.report.columns import column
from optimiser.report.numbers import number
from optimiser.report.style import BLUE, GREEN, MUTED, ORANGE, PURPLE, SKY, VERMILLION, blank

What = Literal["cost", "climate"]

#: Colour and hatching of each component: told apart in print without colour too.
LOOKS = {
    "acid": (BLUE, ""),
    "peroxide": (ORANGE, "/"),
    "water": (SKY, ""),
    "heat": (VERMILLION, "\\"),
    "power": (PURPLE, ""),
    "neutralisation": (GREEN, "x"),
}


def draw_components(frame: pd.DataFrame, names: Sequence[str], what: What) -> go.Figure:
    """Draw stacked bars of some designs, one bar per design, its name above it.

    Args:
        frame: columns ``cost_acid`` and so on, or ``climate_acid`` and so on, as `components_frame` gives.
        names: of the rows to draw, from top to bottom.
        what: which of the two.
    """
    unit = column(f"{what}_acid").unit
    figure = _blank_bars(names, unit)
    for component in COMPONENTS:
        colour, shape = LOOKS[component]
        pattern = {
            "shape": shape,
            "fillmode": "overlay",
            "fgcolor": "white",
            "fgopacity": 0.7,
            "solidity": 0.2,
        }
        marker = {"color": colour, "line": {"color": "white", "width": 0.6}, "pattern": pattern}
        values = frame[f"{what}_{component}"].tolist()
        _add_bars(
            figure, names, values, component, [f"{number(v, figures=3)} {unit}" for v in values], marker
        )
    figure.update_layout(barmode="stack", bargap=0.55, legend={"traceorder": "normal"})
    _add_totals(figure, frame[f"{what}_total"].tolist(), unit)
    return figure


def _add_totals(figure: go.Figure, totals: Sequence[float], unit: str) -> None:
    """Write each bar's total at its end; what reaches beyond the axis is marked there."""
    top = robust_top(totals)
    beyond = [total > top for total in totals]
    figure.add_scatter(
        x=[min(total, top) for total in totals],
        y=list(range(len(totals))),
        mode="text",
        text=[
            f"<b>{column('cost').text(t)} ▸</b>" if over else f" {column('cost').text(t)}"
            for t, over in zip(totals, beyond, strict=True)
        ],
        textposition=["middle left" if over else "middle right" for over in beyond],
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    figure.update_xaxes(range=[0.0, (1.0 if any(beyond) else 1.15) * top])


def robust_top(values: Sequence[float], far: float = 20.0) -> float:
    """Return where an axis ends: at its largest value, unless that is an outlier.

    One that is more than ``far`` times the lower median, such as the cost per kg where hardly any metal
    dissolves, would press all others flat; the axis then ends a little beyond the largest other value.

    >>> robust_top([1.0, 3.0, 20000.0]), robust_top([1.0, 3.0, 4.0]), robust_top([])
    (3.6, 4.0, 1.0)
    """
    known = sorted(v for v in values if math.isfinite(v))
    if not known or known[-1] <= 0.0:
        return 1.0
    limit = far * max(known[(len(known) - 1) // 2], 0.0)
    if not limit or known[-1] <= limit:
        return known[-1]
    return round(1.2 * max(v for v in known if v <= limit), 12)


def draw_value(frame: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Draw what the dissolved metals are worth beside all that is spent, both per t of feed."""
    figure = _blank_bars(names, column("metal_value").unit)
    for name, colour in (("metal_value", MUTED), ("batch_cost", VERMILLION)):
        values, how = frame[name].tolist(), column(name)
        _add_bars(figure, names, values, how.label, [how.said(v) for v in values], {"color": colour})
    figure.update_layout(barmode="group", bargap=0.5)
    figure.update_xaxes(tickformat=",d", nticks=5)
    return figure


def _add_bars(
    figure: go.Figure,
    names: Sequence[str],
    values: Sequence[float],
    label: str,
    said: Sequence[str],
    marker: dict[str, Any],
) -> None:
    figure.add_bar(
        y=list(range(len(names))),
        x=values,
        orientation="h",
        name=label,
        marker=marker,
        hovertext=[f"{name}<br>{label} {text}" for name, text in zip(names, said, strict=True)],
        hoverinfo="text",
    )


def _blank_bars(names: Sequence[str], unit: str) -> go.Figure:
    """Return an empty figure for one bar per name; names stand above the bars, so these get all the width."""
    figure = blank(120 + 58 * len(names), unit, "")
    for row, name in enumerate(names):
        figure.add_annotation(
            text=name, x=0, y=row - 0.38, xref="paper", xanchor="left", yanchor="middle", showarrow=False
        )
    figure.update_xaxes(rangemode="tozero")
    # figures side by side stay level whatever rows their legends have
    figure.update_layout(margin={"t": 76})
    figure.update_yaxes(range=[len(names) - 0.5, -0.6], showgrid=False, showticklabels=False, ticks="")
    return figure
