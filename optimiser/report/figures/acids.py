"""Acids compared, drawn: fronts with bands, the best acid over one lever or two, impacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.spatial import ConvexHull

from optimiser.answers.crossing import Breakeven, CrossingMap
from optimiser.report.acid_words import labelled, lever_text
from optimiser.report.columns import column
from optimiser.report.figures.scenarios import draw_heat
from optimiser.report.numbers import number
from optimiser.report.style import GRID, INK, MUTED, acid_styles, blank, marker, rgba
from optimiser.variables import Floats

Scale = Literal["linear", "log"]


def draw_bands(
    frame: pd.DataFrame,
    guesses: Sequence[str],
    x: str,
    y: str,
    titles: tuple[str, str],
    scale: Scale = "linear",
    names: Sequence[str] | None = None,
) -> go.Figure:
    """Draw the fronts of acids with their 90 % intervals as shaded bands; guesses are hollow, without one.

    Args:
        frame: designs as `figures.designs.drawn_designs` gives them.
        guesses: acids whose yields are guesses.
        x, y: columns.
        titles: of both axes.
        scale: of both axes; one with numbers that are not positive stays linear.
        names: all that are compared, in whose order they have their styles; None for those drawn.
    """
    figure, drawn = blank(460, *titles), list(dict.fromkeys(frame["acid"]))
    every = acid_styles(drawn if names is None else names)
    styles = {acid: every[acid] for acid in drawn}
    ends = {name: column(name).scale for name in (x, y)}
    for acid, style in styles.items():
        rows = frame[frame["acid"] == acid].sort_values(x, kind="stable")
        guess, look = acid in guesses, marker(style, 7)
        if guess:
            look |= {"symbol": f"{style.symbol}-open", "line": {"color": style.colour, "width": 1.5}}
        else:
            figure.add_scatter(**_band(rows, x, y, ends, rgba(style.colour, 0.13)), legendgroup=acid)
        figure.add_scatter(
            x=ends[x] * rows[x],
            y=ends[y] * rows[y],
            mode="lines+markers",
            line={"color": rgba(style.colour, 0.6), "width": 1.4, "dash": "dot" if guess else "solid"},
            marker=look,
            name=rows["label"].iloc[0] + (", a guess" if guess else ""),
            legendgroup=acid,
            hovertext=rows["hover"],
            hoverinfo="text",
        )
    if scale == "log":
        for name, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
            lows = frame[[c for c in (name, f"{name}_low") if c in frame]]
            if float(lows.min().min()) > 0.0:
                update(type="log", dtick="D2")
    return figure


def _band(rows: pd.DataFrame, x: str, y: str, scale: dict[str, float], colour: str) -> dict[str, object]:
    """Return the hull of all intervals of a front."""
    across, up = (
        np.concatenate([scale[n] * rows.get(f"{n}_{end}", rows[n]).to_numpy() for end in ends])
        for n, ends in ((x, ("low", "low", "high", "high")), (y, ("low", "high", "low", "high")))
    )
    corners = np.column_stack([across, up])
    extent = np.ptp(corners, axis=0)
    # without any extent there is no hull, only the marks
    hull = ConvexHull(corners / extent).vertices if (extent > 0.0).all() else [0]
    return {
        "x": across[hull],
        "y": up[hull],
        "mode": "lines",
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def draw_breakeven(of: Breakeven) -> go.Figure:
    """Draw what each acid comes to along a lever, and where another takes over."""
    how = column(of.objective.metric)
    figure = blank(420, _title(of.lever.label, of.lever.unit), how.heading)
    for k, (acid, style) in enumerate(acid_styles(of.acids).items()):
        guess = acid in of.field.guessed
        look = marker(style, 7)
        look["symbol"] = f"{style.symbol}-open" if guess else style.symbol
        figure.add_scatter(
            x=of.values,
            y=how.scale * of.best[:, k],
            mode="lines+markers",
            line={"color": style.colour, "width": 1.5, "dash": "dot" if guess else "solid"},
            marker=look,
            name=labelled(of.field, acid) + (", a guess" if guess else ""),
        )
    for takeover in of.takeovers:
        figure.add_vline(
            x=takeover.value,
            line={"color": INK, "width": 1.2, "dash": "dash"},
            annotation={"text": number(takeover.value, figures=3), "font": {"size": 12}},
        )
    if np.nanmax(np.abs(of.best), initial=0.0) > 8.0 * np.nanmin(np.abs(of.best), initial=np.inf) and (
        np.nanmin(of.best) > 0.0
    ):
        figure.update_yaxes(type="log", dtick="D2")
    return figure


def draw_map(of: CrossingMap) -> go.Figure:
    """Draw the best acid in each cell of a map, named, with the boundaries that were refined."""
    x, y = of.levers
    styles, winners = acid_styles(of.acids), of.winners
    figure = blank(460, _title(x.label, x.unit), _title(y.label, y.unit))
    colours = [GRID, *(rgba(styles[acid].colour, 0.45) for acid in of.acids)]
    n = len(colours)
    steps = [[(k + end) / n, colour] for k, colour in enumerate(colours) for end in (0, 1)]
    how = column(of.objective.metric)
    figure.add_heatmap(
        x=of.x,
        y=of.y,
        z=winners,
        zmin=-1.5,
        zmax=n - 1.5,
        colorscale=steps,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertext=[[_cell(of, i, j, how.text) for j in range(len(of.x))] for i in range(len(of.y))],
        hoverinfo="text",
    )
    for k in range(-1, len(of.acids)):
        rows, columns = np.nonzero(winners == k)
        if not len(rows):
            continue
        acid = of.acids[k] if k >= 0 else ""
        name, guess = (labelled(of.field, acid) if acid else "nothing feasible"), acid in of.field.guessed
        look = (
            marker(styles[acid], 6)
            if acid
            else {"symbol": "x-thin", "size": 6, "line": {"color": MUTED, "width": 1}}
        )
        if guess:
            look["symbol"] = f"{styles[acid].symbol}-open"
        figure.add_scatter(
            x=of.x[columns],
            y=of.y[rows],
            mode="markers",
            marker=look,
            name=name + (", a guess" if guess else ""),
            hoverinfo="skip",
        )
        # named in the cell that is nearest to the middle of its own
        middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
        figure.add_annotation(
            x=of.x[columns[middle]],
            y=of.y[rows[middle]],
            text=f"<b>{name}</b>",
            showarrow=False,
            bgcolor="rgba(255,255,255,0.85)",
            borderpad=2,
        )
    crossed = of.crossings()
    for _, line in crossed.groupby(["loser", "winner"], sort=False):
        figure.add_scatter(
            x=line[x.name],
            y=line[y.name],
            mode="lines+markers",
            line={"color": INK, "width": 2},
            marker={"size": 4, "color": INK},
            showlegend=False,
            hovertext=[f"takes over at {lever_text(x, v)}" for v in line[x.name]],
            hoverinfo="text",
        )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    return figure


def _cell(of: CrossingMap, i: int, j: int, text: object) -> str:
    assert callable(text)
    lines = [
        f"{lever.label} {lever_text(lever, v)}"
        for lever, v in zip(of.levers, (of.x[j], of.y[i]), strict=True)
    ]
    best = of.best[i, j]
    for k in np.argsort(of.objective.sign * best):
        told = "no feasible design" if np.isnan(best[k]) else text(best[k])
        lines.append(f"{labelled(of.field, of.acids[k])}: {told}")
    return "<br>".join(lines)


def _title(label: str, unit: str) -> str:
    return f"{label} [{unit}]" if unit else label


def draw_impacts(values: Floats, rows: Sequence[str], columns: Sequence[str]) -> go.Figure:
    """Draw absolute impacts with their numbers in the cells; colours are multiples of the row's least.

    Args:
        values: shape (categories, acids).
        rows: categories with units.
        columns: acids.
    """
    with np.errstate(all="ignore"):
        least = np.nanmin(np.where(np.isnan(values), np.inf, values), axis=1, keepdims=True)
        tone = np.log10(np.where(least > 0.0, values / least, np.nan))
    figure = draw_heat(np.clip(tone, 0.0, 2.0), rows, columns, span=(0.0, 2.0))
    text = [[number(float(v), figures=3) for v in line] for line in values]
    figure.data[0].text = text
    figure.data[0].hovertext = [
        [f"{row}<br>{name}: {t}" for name, t in zip(columns, line, strict=True)]
        for row, line in zip(rows, text, strict=True)
    ]
    return figure
