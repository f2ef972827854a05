"""Scenarios drawn: yields as points with intervals, and tables as heat maps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from optimiser.report.columns import column
from optimiser.report.style import INK, acid_styles, blank, marker, rgba, robust_top
from optimiser.tables.results import varying
from optimiser.variables import CONTINUOUS, Floats

#: Scenarios that bars and heat maps have room for.
MOST_DRAWN = 40
#: Pale to dark blue, readable in grey too; and orange over white to blue around 1.
SEQUENTIAL = ((0.0, "#f3f7fa"), (0.5, "#7fb4d6"), (1.0, "#084a75"))
_DIVERGING = ((0.0, "#b35806"), (0.5, "#f7f7f7"), (1.0, "#0b5a8f"))


def labels(frame: pd.DataFrame, setpoints: Sequence[str] = CONTINUOUS) -> list[str]:
    """Return what to call each scenario: its number and acid, and the conditions that differ from others'.

    Args:
        frame: of scenarios, their options in ``acid``.
        setpoints: names of the setpoints.
    """
    named = [name for name in varying(frame, ("acid", *setpoints)) if name != "acid"]
    found = []
    for row in frame.to_dict("records"):
        parts = [str(row["acid"])]
        for name in named:
            how = column(name)
            parts.append(f"{row[name]:g} {how.unit}" if name in setpoints else str(row[name]))
        found.append(f"{row['scenario']}: {', '.join(parts)}")
    return found


def short_labels(frame: pd.DataFrame) -> list[str]:
    """Return `labels` where they are short enough for a narrow figure, else the scenarios' numbers alone."""
    full = labels(frame)
    return full if max(map(len, full)) <= 22 else [str(n) for n in frame["scenario"]]


def abscissa(frame: pd.DataFrame, setpoints: Sequence[str] = CONTINUOUS) -> str:
    """Return the column to draw against: the variable that takes most values, else the scenario's number."""
    moving = [name for name in varying(frame, ("acid", *setpoints)) if name in setpoints]
    return max(moving, key=lambda name: len(set(frame[name]))) if moving else "scenario"


def draw_points(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    height: int = 300,
    panel: bool = False,
    setpoints: Sequence[str] = CONTINUOUS,
) -> go.Figure:
    """Draw one quantity with its interval against a condition, coloured and shaped by acid.

    Args:
        frame: results as `predict.results` gives them; hollow points are outside the domain.
        x, y: columns; ``y_low`` and ``y_high`` are its interval where there are such columns.
        height: in pixels.
        panel: one of several side by side: its heading stands above it, the acids are named elsewhere.
        setpoints: names of the setpoints.
    """
    across, up = column(x), column(y)
    figure = blank(height, across.heading, "" if panel else up.heading, legend=not panel)
    styles = acid_styles(list(dict.fromkeys(frame["acid"])))
    names = np.array(labels(frame, setpoints), dtype=object)
    for acid, style in styles.items():
        rows = (frame["acid"] == acid).to_numpy()
        one = frame[rows]
        value = up.scale * one[y].to_numpy(dtype=np.float64)
        look = marker(style, 8)
        look["symbol"] = [
            style.symbol if inside else f"{style.symbol}-open" for inside in one["inside_domain"]
        ]
        look["line"] = {"color": style.colour, "width": 1.2}
        bars: dict[str, object] = {"visible": False}
        if f"{y}_low" in frame:
            low, high = (up.scale * one[f"{y}_{end}"].to_numpy(dtype=np.float64) for end in ("low", "high"))
            bars = {
                "type": "data",
                "array": high - value,
                "arrayminus": value - low,
                "color": rgba(style.colour, 0.35),
                "thickness": 1,
                "width": 0,
            }
        shown = [f"{up.label} {up.text(v)} {up.unit}" for v in one[y].astype(float)]
        figure.add_scatter(
            x=across.scale * one[x].to_numpy(dtype=np.float64),
            y=value,
            error_y=bars,
            mode="markers",
            name=acid,
            marker=look,
            hovertext=[f"{n}<br>{text}" for n, text in zip(names[rows], shown, strict=True)],
            hoverinfo="text",
        )
    if y.startswith("yield_"):
        figure.update_yaxes(range=[-2, 102])
    else:
        _cut_outliers(figure, frame, x, y)
    if x == "scenario":
        figure.update_xaxes(tickformat="d", dtick=1 if len(frame) <= 12 else None)
    return figure


def _cut_outliers(figure: go.Figure, frame: pd.DataFrame, x: str, y: str) -> None:
    """End an axis before an outlier that would press all others flat, and name it at the edge."""
    across, up = column(x), column(y)
    shown = up.scale * frame[y].astype(float)
    ends = [*shown, *(up.scale * frame[f"{y}_high"].astype(float) if f"{y}_high" in frame else ())]
    finite = [v for v in ends if math.isfinite(v)]
    top = robust_top(finite)
    if not finite or min(finite) < 0.0 or max(finite) <= top:
        return
    figure.update_yaxes(range=[-0.05 * top, 1.1 * top])
    for row in np.flatnonzero(shown.to_numpy() > top):
        figure.add_annotation(
            text=f"▴ {frame['scenario'].iloc[row]}: {up.text(frame[y].iloc[row])}",
            x=across.scale * float(frame[x].iloc[row]),
            y=1.1 * top,
            yanchor="top",
            showarrow=False,
        )


def draw_heat(
    values: Floats,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    unit: str = "",
    digits: int = 2,
    around_one: bool = False,
    span: tuple[float, float] | None = None,
    top: str = "",
    side: str = "",
) -> go.Figure:
    """Draw a table as a heat map with its numbers in the cells; NaN stays white.

    Args:
        values: shape (rows, columns).
        rows, columns: their names, from the top and from the left.
        unit: of the values.
        digits: decimals in the cells.
        around_one: colours diverge from 1, as for ratios, on a logarithmic scale.
        span: values of the lightest and the darkest colour; those of the table if left out.
        top, side: titles of the axes.
    """
    below = 0 if sum(map(len, columns)) <= 40 and max(map(len, columns)) <= 8 else 6 * max(map(len, columns))
    figure = blank(90 + 26 * len(rows) + below, top, side, legend=False)
    tone = values
    scale: dict[str, object] = {"colorscale": SEQUENTIAL}
    if span is not None:
        scale |= {"zmin": span[0], "zmax": span[1]}
    if around_one:
        with np.errstate(divide="ignore", invalid="ignore"):
            tone = np.log2(values)
        tone = np.where(np.isfinite(tone), tone, np.nan)
        reach = max(float(np.nanmax(np.abs(tone))) if np.isfinite(tone).any() else 1.0, 0.5)
        scale = {"colorscale": _DIVERGING, "zmin": -reach, "zmax": reach}
    roomy = len(columns) <= 8
    text = [["" if np.isnan(v) else f"{v:.{digits}f}" for v in row] for row in values]
    figure.add_heatmap(
        z=tone,
        # numbers as positions: two scenarios may share a name
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        xgap=1,
        ygap=1,
        showscale=False,
        text=text,
        texttemplate="%{text}" if roomy else None,
        textfont={"size": 11},
        hovertext=[
            [f"{r}<br>{c}: {t or 'not applicable'} {unit}" for c, t in zip(columns, line, strict=True)]
            for r, line in zip(rows, text, strict=True)
        ],
        hoverinfo="text",
        **scale,
    )
    figure.update_xaxes(
        tickvals=list(range(len(columns))),
        ticktext=list(columns),
        showgrid=False,
        tickangle=-90 if below else 0,
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=list(rows),
        showgrid=False,
        autorange="reversed",
        tickfont={"size": 11, "color": INK},
    )
    return figure
