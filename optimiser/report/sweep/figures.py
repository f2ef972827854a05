"""Figures of a sweep: shares of variance, panels along a key, parallel coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from optimiser.report.columns import column
from optimiser.report.figures.parallel import Axis, add_axes, scaled_axis, text_axis
from optimiser.report.numbers import number, percent
from optimiser.report.style import BLUE, INK, blank, make_logarithmic, marker, rgba, safe, two_lines
from optimiser.report.sweep.effects import Effect
from optimiser.report.sweep.keys import Key, cut, rough, short_number
from optimiser.report.sweep.levels import Levels, shown
from optimiser.report.sweep.maps import NARROW
from optimiser.report.sweep.view import SweepView

#: Levels of a number up to which its axis is marked at each.
_MARKS = 6


def draw_shares(effects: Sequence[Effect]) -> go.Figure:
    """Draw the share of variance that each key alone explains, and what chance would, the largest on top."""
    names = [safe(cut(e.key.label, 28)) for e in effects]
    places = list(range(len(effects)))
    figure = blank(96 + 30 * len(effects), "variance explained [%]", "")
    figure.add_bar(
        x=[100.0 * e.share for e in effects],
        y=places,
        orientation="h",
        marker={"color": rgba(BLUE, 0.7)},
        name="the key alone",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[100.0 * e.chance for e in effects],
        y=places,
        mode="markers",
        marker={"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": INK}},
        name="by chance alone",
        hovertext=[f"{100.0 * e.chance:.1f} % with {e.levels} levels" for e in effects],
        hoverinfo="text",
    )
    figure.add_scatter(
        x=[100.0 * max(e.share, e.chance) + 0.6 for e in effects],
        y=places,
        mode="text",
        text=[percent(e.share) for e in effects],
        textposition="middle right",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(range=[0, 112], tickvals=[0, 20, 40, 60, 80, 100])
    figure.update_yaxes(tickvals=places, ticktext=names, showgrid=False, range=[len(effects) - 0.5, -0.5])
    return figure


def draw_panel(
    view: SweepView, x: Levels, points: pd.DataFrame, span: tuple[float, float], *, logarithmic: bool
) -> go.Figure:
    """Draw median and range of the first objective along a key, a line or marks for each chosen option.

    Args:
        view: the sweep.
        x: the key along which.
        points: as `cells.points_along` gives them.
        span: of the vertical axis, as shown, the same for all panels.
        logarithmic: whether that axis is logarithmic.
    """
    how = view.how
    turned = not x.positions and sum(map(len, x.labels)) > 24
    height = 280 + (6 * max(map(len, x.labels)) if turned else 0)
    figure = blank(height, two_lines(safe(x.key.heading), NARROW), "", legend=False)
    found = [name for name in view.styles if (points["option"] == name).any()] or [""]
    for k, name in enumerate(found):
        rows = points[points["option"] == name]
        places = rows["level"].to_numpy()
        across = np.array(x.positions)[places] if x.positions else places + 0.14 * (k - (len(found) - 1) / 2)
        median, low, high = (
            how.scale * rows[c].to_numpy(dtype=np.float64) for c in ("median", "low", "high")
        )
        colour = view.styles[name].colour if name else BLUE
        figure.add_scatter(
            x=across,
            y=median,
            error_y={
                "type": "data",
                "array": high - median,
                "arrayminus": median - low,
                "color": rgba(colour, 0.5),
                "thickness": 1.2,
                "width": 0,
            },
            mode="lines+markers" if x.positions else "markers",
            line={"color": rgba(colour, 0.6), "width": 1.4},
            marker=marker(view.styles[name], 8) if name else {"color": colour, "size": 8},
            name=safe(name),
            hovertext=[_point(view, x, name, row) for row in rows.to_dict("records")],
            hoverinfo="text",
        )
    if not x.positions:
        figure.update_xaxes(
            tickvals=list(range(len(x))),
            ticktext=[safe(text) for text in x.labels],
            range=[-0.6, len(x) - 0.4],
            tickangle=-90 if turned else 0,
        )
    if logarithmic:
        make_logarithmic(figure, ("y",))
        figure.update_yaxes(range=[float(np.log10(end)) for end in span])
    else:
        figure.update_yaxes(range=list(span))
    return figure


def _point(view: SweepView, x: Levels, name: str, row: dict[Any, Any]) -> str:
    how, key = view.how, x.key
    several = f" ({how.text(row['low'])}–{how.text(row['high'])}), {row['runs']} runs"
    return "<br>".join(
        [
            *([f"<b>{safe(name)}</b>"] if name else []),
            safe(f"{key.label} {x.texts[row['level']]} {key.unit if key.numeric else ''}".strip()),
            f"{how.label} {how.said(row['median'])}{several if row['runs'] > 1 else ''}",
        ]
    )


def draw_options(view: SweepView) -> go.Figure:
    """Draw what colours and shapes mean, for panels that share them."""
    names = list(view.styles)
    # two entries a line is what a phone has room for
    figure = blank(26 * -(-len(names) // 2) + 4, "", "")
    for name in names:
        figure.add_scatter(
            x=[None], y=[None], mode="markers", marker=marker(view.styles[name]), name=safe(name)
        )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0}, legend={"y": 1, "yanchor": "top", "maxheight": 1}
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def draw_parallel(view: SweepView, keys: Sequence[Key], rows: np.ndarray) -> go.Figure:
    """Draw a line per run over an axis per key, per objective, and one for what was chosen.

    Args:
        view: the sweep.
        keys: the axes of varied keys.
        rows: the runs that are drawn.
    """
    axes = [_axis_of_key(view.levels[key.name], view.frame[key.name], rows) for key in keys]
    if len(view.options) > 1:
        places = {name: k for k, name in enumerate(sorted(view.options))}
        axes.append(text_axis(view.what, "", [places[str(name)] for name in view.option[rows]], list(places)))
    axes += [_axis_of_objective(view, name, rows) for name in view.table.objectives]
    heights = np.column_stack([axis.at for axis in axes])
    figure = blank(460, "", "", legend=len(view.options) > 1)
    across = np.array([*range(len(axes)), np.nan], dtype=np.float32)
    strength = float(np.clip(30.0 / max(len(rows), 1), 0.22, 0.8))
    for name in [*view.styles] or [""]:
        of = view.option[rows] == name
        if not of.any():
            continue
        lines = np.column_stack([heights[of], np.full(int(of.sum()), np.nan)])
        colour = view.styles[name].colour if name else BLUE
        figure.add_scatter(
            x=np.tile(across, int(of.sum())),
            y=lines.ravel().astype(np.float32),
            mode="lines",
            line={"color": rgba(colour, strength), "width": 1.2},
            name=safe(name),
            customdata=np.repeat(view.frame["run"].to_numpy(dtype=np.int32)[rows[of]], len(across)),
            hovertemplate=f"run %{{customdata}}<extra>{safe(name)}</extra>",
        )
    best = np.flatnonzero(rows == view.best(view.objective, view.table.directions[0]))
    figure.add_scatter(
        x=list(range(len(axes))),
        y=heights[best[0]],
        mode="lines",
        line={"color": INK, "width": 2.5},
        name=f"the best in {view.how.label}",
        hoverinfo="skip",
    )
    add_axes(figure, axes)
    return figure


def _axis_of_key(levels: Levels, values: pd.Series, rows: np.ndarray) -> Axis:
    """Return the axis of a key."""
    key = levels.key
    label = cut(key.label, 30)
    if not key.numeric:
        return text_axis(label, key.unit, levels.codes[rows].tolist(), list(levels.labels))
    marks = levels.positions if len(levels) <= _MARKS and not levels.binned else ()
    return scaled_axis(
        label,
        key.unit,
        shown(key, values)[rows],
        lambda value, span: short_number(value) if marks or not span else rough(value, span),
        marks,
    )


def _axis_of_objective(view: SweepView, name: str, rows: np.ndarray) -> Axis:
    how = column(name)
    numbers = how.scale * view.values(name)[rows]
    return scaled_axis(how.label, how.unit, numbers, lambda value, _: number(value, how.digits, how.figures))
