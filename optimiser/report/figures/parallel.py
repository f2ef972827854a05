"""Parallel coordinates, made of ordinary lines: what their axes are, and the designs of a front on them.

Every browser draws such lines and paper holds them; plotly's own parallel coordinates compile programs for
the graphics card, which the page's security policy forbids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from optimiser.report.columns import column
from optimiser.report.numbers import number
from optimiser.report.style import HALO, INK, MUTED, AcidStyle, blank, marker, rgba, safe
from optimiser.variables import Floats

#: Labels beside an axis.
_TICKS = 9


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis.

    Attributes:
        label, unit: its title.
        at: where each line meets it, from 0 to 1, shape (lines,).
        ticks: where its labels stand, from 0 to 1, and what they are.
    """

    label: str
    unit: str
    at: Floats
    ticks: tuple[tuple[float, str], ...]


def scaled_axis(
    label: str,
    unit: str,
    numbers: Floats,
    text: Callable[[float, float], str],
    marks: Sequence[float] = (),
) -> Axis:
    """Return an axis of numbers, marked at ``marks`` or else evenly.

    Args:
        label, unit: its title.
        numbers: one for each line, shape (lines,).
        text: writes a number, given also the span of all.
        marks: numbers that are labelled.
    """
    if not np.isfinite(numbers).any():
        return Axis(label, unit, np.full(len(numbers), np.nan), ())
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    if high <= low:
        return Axis(label, unit, np.full(len(numbers), 0.5), ((0.5, text(low, 0.0)),))
    told = [mark for mark in marks if low <= mark <= high] or np.linspace(low, high, 5)
    ticks = tuple(((float(v) - low) / (high - low), text(float(v), high - low)) for v in told)
    return Axis(label, unit, (numbers - low) / (high - low), ticks)


def text_axis(label: str, unit: str, places: Sequence[int], names: Sequence[str]) -> Axis:
    """Return an axis of names, each line at one of their places."""
    top = max(len(names) - 1, 1)
    step = -(-len(names) // _TICKS)
    at = np.array(places, dtype=np.float64) / top if len(names) > 1 else np.full(len(places), 0.5)
    ticks = ((k / top if len(names) > 1 else 0.5, names[k]) for k in range(0, len(names), step))
    return Axis(label, unit, at, tuple(ticks))


def add_axes(figure: go.Figure, axes: Sequence[Axis]) -> None:
    """Draw the axes and what stands beside them; as two traces, since notes of their own take long."""
    figure.add_scatter(
        x=[at for k in range(len(axes)) for at in (k, k, None)],
        y=[at for _ in axes for at in (0.0, 1.0, None)],
        mode="lines",
        line={"color": MUTED, "width": 1.2},
        hoverinfo="skip",
        showlegend=False,
    )
    ticks = [(k, at, text) for k, axis in enumerate(axes) for at, text in axis.ticks]
    figure.add_scatter(
        x=[k for k, _, _ in ticks],
        y=[at for _, at, _ in ticks],
        mode="text",
        text=[safe(text) for _, _, text in ticks],
        textfont={"size": 11, "color": INK, "shadow": HALO},
        hoverinfo="skip",
        showlegend=False,
    )
    titles = ["<br>".join(map(safe, [*wrap(axis.label, 13), *wrap(axis.unit, 13)])) for axis in axes]
    figure.update_xaxes(
        tickvals=list(range(len(axes))),
        ticktext=titles,
        range=[-0.5, len(axes) - 0.5],
        showgrid=False,
        showline=False,
        ticks="",
        tickangle=0,
    )
    figure.update_yaxes(visible=False, range=[-0.05, 1.05])


def draw_parallel_designs(
    frame: pd.DataFrame, styles: Mapping[str, AcidStyle], names: Sequence[str], what: str
) -> go.Figure:
    """Draw the designs of a front as lines over an axis per column, and one of acids where there are several.

    Of every acid there is a second line, without points, that the page fills with the chosen designs.

    Args:
        frame: as `designs.drawn_front` gives it.
        styles: of every acid of the problem.
        names: columns of numbers, in the order of their axes.
        what: an acid is called.
    """
    acids = [name for name in styles if (frame["acid"] == name).any()]
    axes = []
    if len(acids) > 1:
        axes.append(text_axis(what, "", [acids.index(name) for name in frame["acid"]], acids))
    axes += [_axis_of(frame, name) for name in names]
    heights = np.round(np.column_stack([axis.at for axis in axes]), 4)
    figure = blank(460, "", "", legend=len(acids) > 1)
    across = [*range(len(axes)), None]
    for name in acids:
        rows, style = frame[frame["acid"] == name], styles[name]
        points = [*heights[(frame["acid"] == name).to_numpy()].tolist()]
        figure.add_scatter(
            x=across * len(rows),
            y=[at for line in points for at in (*line, None)],
            mode="lines+markers",
            line={"color": rgba(style.colour, 0.6), "width": 1.4},
            marker=marker(style, 5),
            name=safe(str(rows["label"].iloc[0])),
            legendgroup=name,
            customdata=[row for row in rows["row"].tolist() for _ in across],
            meta={"lines": "all"},
            text=[f"no. {row + 1}" for row in rows["row"] for _ in across],
            hovertemplate=f"%{{text}}<extra>{safe(name)}</extra>",
        )
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="lines+markers",
            line={"color": style.colour, "width": 2.6},
            marker=marker(style, 8),
            legendgroup=name,
            meta={"lines": "chosen"},
            hoverinfo="skip",
            showlegend=False,
        )
    add_axes(figure, axes)
    return figure


def _axis_of(frame: pd.DataFrame, name: str) -> Axis:
    how = column(name)
    numbers = how.scale * frame[name].to_numpy(dtype=np.float64)
    return scaled_axis(how.label, how.unit, numbers, lambda v, _: number(v, how.digits, how.figures))
