"""Maps of a sweep drawn: which acid is best in each cell, and what the first objective comes to there."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from optimiser.report.figures.scenarios import SEQUENTIAL
from optimiser.report.numbers import counted, percent
from optimiser.report.style import GRID, HALO, INK, MUTED, blank, marker, rgba, safe, two_lines
from optimiser.report.sweep.cells import CellMap
from optimiser.report.sweep.levels import Levels
from optimiser.report.sweep.view import SweepView

#: Cells that show no answer: what a legend calls them, what stands in them, and their hatching.
EMPTY_CELLS = {
    "infeasible": ("nothing feasible", "none", "/"),
    "failed": ("failed", "failed", "x"),
    "missing": ("not made yet", "not yet", "."),
    "empty": ("no run", "no run", "-"),
}
#: Columns up to which a value stands in each cell: of a map as wide as the page, and of a small one.
_ROOMY, _ROOMY_SMALL = 8, 5
#: Characters of an axis title from which on its unit has a line of its own: of a small figure, a large one.
NARROW, WIDER = 18, 22
#: Characters of all column labels together that stand side by side without turning them.
_SIDE_BY_SIDE = 44


def draw_cells(view: SweepView, of: CellMap, *, small: bool = False) -> go.Figure:
    """Draw a map: coloured by what is best, or by value where all runs chose the same.

    Args:
        view: the sweep.
        of: its cells.
        small: one of several side by side, whose legend stands elsewhere.
    """
    roomy = len(of.x) <= (_ROOMY_SMALL if small else _ROOMY)
    longest = max(map(len, of.x.labels))
    turned = sum(map(len, of.x.labels)) > (_SIDE_BY_SIDE // 2 if small else _SIDE_BY_SIDE)
    height = 130 + of.shape[0] * (46 if roomy else 26) + (8 * longest if turned else 0)
    most = NARROW if small else WIDER
    figure = blank(
        height,
        two_lines(safe(of.x.key.heading), most),
        two_lines(safe(of.y.key.heading), most) if of.y is not None else "",
        legend=not small,
    )
    _add_colours(figure, view, of)
    for state in EMPTY_CELLS:
        _add_empty(figure, of, state, roomy)
    if len(view.options) > 1:
        for name in view.options:
            _add_option(figure, view, of, name, roomy)
    elif roomy:
        cells = of.cells[of.cells["state"] == "design"]
        tones = _tones(of)[cells["row"], cells["column"]]
        figure.add_scatter(
            x=cells["column"],
            y=cells["row"],
            mode="text",
            text=[_value(view, cell) for cell in cells.to_dict("records")],
            textfont={"size": 12, "color": ["white" if tone > 0.6 else INK for tone in tones]},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.update_xaxes(
        **_ticks(of.x), range=[-0.5, len(of.x) - 0.5], showgrid=False, tickangle=-90 if turned else 0
    )
    figure.update_yaxes(
        **(_ticks(of.y) if of.y is not None else {"visible": False}),
        range=[-0.5, of.shape[0] - 0.5] if of.y is not None and of.y.positions else [of.shape[0] - 0.5, -0.5],
        showgrid=False,
    )
    return figure


def _ticks(levels: Levels) -> dict[str, Any]:
    return {"tickvals": list(range(len(levels))), "ticktext": [safe(text) for text in levels.labels]}


def _tones(of: CellMap) -> np.ndarray:
    """Return how dark each cell is where colours are of its value, from 0 to 1."""
    values = of.grid("value").astype(np.float64)
    if not np.isfinite(values).any():
        return values
    low, high = np.nanmin(values), np.nanmax(values)
    tones: np.ndarray = (
        (values - low) / (high - low) if high > low else np.where(np.isnan(values), values, 0.3)
    )
    return tones


def _add_colours(figure: go.Figure, view: SweepView, of: CellMap) -> None:
    """Colour the cells, and give each of them what a pointer reads."""
    if len(view.options) > 1:
        place = {name: k for k, name in enumerate(view.options)}
        tones = np.vectorize(lambda name: place.get(name, np.nan), otypes=[float])(of.grid("option"))
        n = len(place)
        colours = [rgba(view.styles[name].colour, 0.45) for name in view.options]
        scale: dict[str, Any] = {
            "colorscale": [[(k + end) / n, colour] for k, colour in enumerate(colours) for end in (0, 1)],
            "zmin": -0.5,
            "zmax": n - 0.5,
        }
    else:
        tones = _tones(of)
        scale = {"colorscale": SEQUENTIAL, "zmin": 0.0, "zmax": 1.0}
    hover = np.array([_hover(view, of, cell) for cell in of.cells.to_dict("records")], dtype=object)
    figure.add_heatmap(
        x=list(range(len(of.x))),
        y=list(range(of.shape[0])),
        z=np.where(of.grid("state") == "design", tones, np.nan).astype(np.float64),
        showscale=False,
        xgap=1,
        ygap=1,
        hovertext=hover.reshape(of.shape).tolist(),
        hoverinfo="text",
        hoverongaps=True,
        **scale,
    )


def _add_empty(figure: go.Figure, of: CellMap, state: str, roomy: bool) -> None:
    """Hatch the cells of one state that has no answer, and say so in each where there is room."""
    cells = of.cells[of.cells["state"] == state]
    if not len(cells):
        return
    name, text, shape = EMPTY_CELLS[state]
    x, y = list[float | None](), list[float | None]()
    for column, row in zip(cells["column"], cells["row"], strict=True):
        x += [column - 0.49, column - 0.49, column + 0.49, column + 0.49, column - 0.49, None]
        y += [row - 0.48, row + 0.48, row + 0.48, row - 0.48, row - 0.48, None]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillpattern={"shape": shape, "fgcolor": MUTED, "bgcolor": GRID, "size": 7, "solidity": 0.18},
        name=name,
        hoverinfo="skip",
    )
    if roomy:
        figure.add_scatter(
            x=cells["column"],
            y=cells["row"],
            mode="text",
            text=[text] * len(cells),
            textfont={"size": 11, "shadow": HALO},
            hoverinfo="skip",
            showlegend=False,
        )


def _add_option(figure: go.Figure, view: SweepView, of: CellMap, name: str, roomy: bool) -> None:
    """Mark the cells in which one acid is best with its shape, and with their value where there is room."""
    cells = of.cells[of.cells["option"] == name]
    figure.add_scatter(
        x=cells["column"] if len(cells) else [None],
        y=cells["row"] if len(cells) else [None],
        mode="markers+text" if roomy else "markers",
        marker=marker(view.styles[name], 8 if roomy else 7),
        text=[_value(view, cell) for cell in cells.to_dict("records")] if roomy else None,
        textposition="bottom center",
        textfont={"size": 11},
        name=safe(name),
        hoverinfo="skip",
    )


def _value(view: SweepView, cell: dict[Any, Any]) -> str:
    """Return what stands in a cell; with a star where not all of its runs have a design."""
    return f"{view.how.text(cell['value'])}{'' if cell['designed'] == cell['runs'] else '*'}"


def _hover(view: SweepView, of: CellMap, cell: dict[Any, Any]) -> str:
    lines = [
        f"{levels.key.label} {levels.texts[cell[axis]]} {levels.key.unit if levels.key.numeric else ''}"
        for levels, axis in ((of.x, "column"), (of.y, "row"))
        if levels is not None
    ]
    lines = [safe(line.strip()) for line in lines]
    if cell["state"] != "design":
        runs = f", {counted(int(cell['runs']), 'run')}" if cell["runs"] else ""
        return "<br>".join([*lines, f"<b>{EMPTY_CELLS[cell['state']][0]}</b>{runs}"])
    how, several = view.how, cell["designed"] > 1
    if cell["option"]:
        often = f", in {percent(cell['share'])} of them the best" if several else ""
        lines.append(f"<b>{safe(cell['option'])}</b>{often}")
    value = f"{how.label} {how.said(cell['value'])}"
    if several:
        low, high = sorted((cell["best"], cell["worst"]))
        value = f"median {value} ({how.text(low)}–{how.text(high)})"
    lines.append(value)
    return "<br>".join([*lines, f"{cell['designed']} of {counted(int(cell['runs']), 'run')} with a design"])
