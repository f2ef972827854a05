"""What a design's cost and climate change are made of, beside what its metals are worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from optimiser.process.costs import COMPONENTS
from optimiser.process.plant import PLANT_COMPONENTS
from optimiser.report.columns import column
from optimiser.report.numbers import number
from optimiser.report.style import BLUE, GREEN, MUTED, ORANGE, PURPLE, SKY, VERMILLION, blank, robust_top

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
#: The same of a plant.
PLANT_LOOKS = {
    "reagents": (BLUE, ""),
    "energy": (VERMILLION, "\\"),
    "neutralisation": (GREEN, "x"),
    "precipitation": (GREEN, ""),
    "scrubbing": (SKY, "x"),
    "effluent": (SKY, ""),
    "disposal": (SKY, "/"),
    "labour": (ORANGE, ""),
    "maintenance": (PURPLE, "/"),
    "overhead": (ORANGE, "/"),
    "capital": (PURPLE, ""),
}


def draw_components(frame: pd.DataFrame, names: Sequence[str], what: What) -> go.Figure:
    """Draw stacked bars of some designs, one bar per design, its name above it.

    Args:
        frame: columns ``cost_acid`` and so on, or ``climate_acid`` and so on, as `components_frame` gives.
        names: of the rows to draw, from top to bottom.
        what: which of the two.
    """
    unit = column(f"{what}_acid").unit
    parts = {component: frame[f"{what}_{component}"].tolist() for component in COMPONENTS}
    return _stacked(parts, LOOKS, frame[f"{what}_total"].tolist(), names, unit)


def draw_plant(frame: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Draw what plants cost as stacked bars, one per row of ``frame``, a column per component of the cost."""
    parts = {component: frame[component].tolist() for component in PLANT_COMPONENTS}
    return _stacked(parts, PLANT_LOOKS, frame.sum(axis=1).tolist(), names, column("cost_plant").unit)


def _stacked(
    parts: Mapping[str, Sequence[float]],
    looks: Mapping[str, tuple[str, str]],
    totals: Sequence[float],
    names: Sequence[str],
    unit: str,
) -> go.Figure:
    """Draw stacked bars: values of each part by bar, a colour and hatching for each, totals at the ends."""
    figure = blank_bars(names, unit)
    for component, values in parts.items():
        colour, shape = looks[component]
        pattern = {
            "shape": shape,
            "fillmode": "overlay",
            "fgcolor": "white",
            "fgopacity": 0.7,
            "solidity": 0.2,
        }
        marker = {"color": colour, "line": {"color": "white", "width": 0.6}, "pattern": pattern}
        _add_bars(
            figure, names, values, component, [f"{number(v, figures=3)} {unit}" for v in values], marker
        )
    figure.update_layout(barmode="stack", bargap=0.55, legend={"traceorder": "normal"})
    _add_totals(figure, totals)
    return figure


def _add_totals(figure: go.Figure, totals: Sequence[float]) -> None:
    """Write each bar's total at its end; what reaches beyond the axis is marked there."""
    top, how = robust_top(totals), column("cost")
    for row, total in enumerate(totals):
        beyond = total > top
        if math.isfinite(total):
            figure.add_annotation(
                text=f"{how.text(total)} ▸" if beyond else how.text(total),
                x=1.15 * top if beyond else total,
                y=row,
                xanchor="right" if beyond else "left",
                bgcolor="white",
                borderpad=2,
                showarrow=False,
            )
    figure.update_xaxes(range=[0.0, 1.15 * top])


def draw_value(frame: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Draw what the dissolved metals are worth beside all that is spent, both per t of feed."""
    figure = blank_bars(names, column("metal_value").unit)
    bars = {"metal_value": MUTED, "batch_cost": VERMILLION, "plant_bill": BLUE}
    for name, colour in ((name, colour) for name, colour in bars.items() if name in frame):
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


def blank_bars(names: Sequence[str], unit: str) -> go.Figure:
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
