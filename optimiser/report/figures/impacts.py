"""Impacts by component: what each category of one design is made of, and one category acid by acid."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from optimiser.report.columns import column
from optimiser.report.figures.components import LOOKS, blank_bars
from optimiser.report.impact_frames import PARTS
from optimiser.report.numbers import number


def draw_shares(frame: pd.DataFrame) -> go.Figure:
    """Draw what each component makes up of each category, in %, one stacked bar per category.

    Args:
        frame: rows of one design, as `impact_frames.impacts_frame` gives them, all known and positive.
    """
    names = [column(name).label for name in frame["category"]]
    shares = frame[list(PARTS)].div(frame["total"], axis=0) * 100.0
    figure = blank_bars(names, "%")
    _stack(figure, names, shares, "%")
    figure.update_xaxes(range=[min(0.0, 1.1 * float(shares.clip(upper=0.0).sum(axis=1).min())), 105.0])
    return figure


def draw_by_acid(frame: pd.DataFrame, name: str) -> go.Figure:
    """Draw one category by component, one stacked bar per acid whose factors are all known.

    Args:
        frame: as `impact_frames.acids_impacts` gives it.
        name: of the category's metric.
    """
    rows = frame[(frame["category"] == name) & (frame["not_known"] == "")]
    unit = column(name).unit
    figure = blank_bars(rows["acid"].tolist(), unit)
    _stack(figure, rows["acid"].tolist(), rows[list(PARTS)], unit)
    return figure


def _stack(figure: go.Figure, names: list[str], parts: pd.DataFrame, unit: str) -> None:
    for component in PARTS:
        colour, shape = LOOKS[component]
        values = parts[component].tolist()
        figure.add_bar(
            y=list(range(len(names))),
            x=values,
            orientation="h",
            name=component,
            marker={
                "color": colour,
                "line": {"color": "white", "width": 0.6},
                "pattern": {"shape": shape, "fillmode": "overlay", "fgcolor": "white", "fgopacity": 0.7},
            },
            hovertext=[
                f"{name}<br>{component} {number(value, figures=3)} {unit}"
                for name, value in zip(names, values, strict=True)
            ],
            hoverinfo="text",
        )
    figure.update_layout(barmode="relative", bargap=0.55, legend={"traceorder": "normal"})
