"""What drives a spread, drawn: a tornado of one input at a time, and shares of the variance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from optimiser.report.columns import column
from optimiser.report.driver_words import range_text
from optimiser.report.figures.components import blank_bars
from optimiser.report.style import BLUE, INK, ORANGE, VERMILLION

#: Bars of a figure.
MOST_BARS = 8
#: Letters that stand above a bar.
_LONGEST = 48


def draw_tornado(frame: pd.DataFrame, metric: str, base: float) -> go.Figure:
    """Draw how far each input alone moves a metric from its value, the widest first.

    Args:
        frame: as `Drivers.frame` gives it.
        metric: its name.
        base: its value as evaluated.
    """
    how = column(metric)
    frame = frame.sort_values("swing", ascending=False, kind="stable").head(MOST_BARS)
    figure = blank_bars([_named(row) for _, row in frame.iterrows()], how.heading)
    for end, name, colour in (("low", "at its low end", BLUE), ("high", "at its high end", VERMILLION)):
        values = frame[f"metric_{end}"].to_numpy()
        figure.add_bar(
            y=list(range(len(frame))),
            x=how.scale * (values - base),
            base=how.scale * base,
            orientation="h",
            name=name,
            marker={"color": colour},
            hovertext=[f"{i} {name}: {how.said(v)}" for i, v in zip(frame["input"], values, strict=True)],
            hoverinfo="text",
        )
    figure.add_vline(x=how.scale * base, line={"color": INK, "width": 1.5, "dash": "dash"})
    figure.update_layout(barmode="overlay", bargap=0.55, legend={"traceorder": "normal"})
    figure.update_xaxes(rangemode="normal")
    return figure


def _named(row: pd.Series[Any]) -> str:
    """Name an input with its range; a long name leaves the unit to the table."""
    said = f"{row['input']}, {range_text(row)}"
    return said if len(said) <= _LONGEST else said.removesuffix(f" {row['unit']}")


def draw_shares(frame: pd.DataFrame) -> go.Figure:
    """Draw the shares of the variance that inputs cause on their own and with others, the largest first."""
    frame = frame[np.isfinite(frame["total"])].head(MOST_BARS)
    figure = blank_bars(list(frame["input"]), "share of the variance [%]")
    for key, name, colour in (("first", "on its own", BLUE), ("total", "with others too", ORANGE)):
        values = 100.0 * np.clip(frame[key].to_numpy(), 0.0, None)
        figure.add_bar(
            y=list(range(len(frame))),
            x=values,
            orientation="h",
            name=name,
            marker={"color": colour},
            hovertext=[f"{i} {name}: {v:.1f} %" for i, v in zip(frame["input"], values, strict=True)],
            hoverinfo="text",
        )
    figure.update_layout(barmode="group", bargap=0.5, legend={"traceorder": "normal"})
    return figure
