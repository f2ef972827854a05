"""Colours, shapes and layout that every figure shares."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from optimiser.report.columns import tells_own_system

#: Colours that people with any colour vision tell apart (Okabe & Ito 2008), without the pale yellow.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
INK, GRID, MUTED = "#1b2730", "#e3e8ec", "#5b6b78"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True)
class AcidStyle:
    """Colour and shape of an acid; the same in every figure of every report."""

    colour: str
    symbol: str


_ACIDS = {
    "sulfuric": AcidStyle(BLUE, "circle"),
    "hydrochloric": AcidStyle(VERMILLION, "square"),
    "nitric": AcidStyle(GREEN, "diamond"),
    "lactic": AcidStyle(PURPLE, "triangle-up"),
    "citric": AcidStyle(ORANGE, "triangle-down"),
    "acetic": AcidStyle(SKY, "pentagon"),
    "formic": AcidStyle(VERMILLION, "x"),
    "oxalic": AcidStyle(GREEN, "cross"),
    "ascorbic": AcidStyle(BLUE, "star"),
    "tartaric": AcidStyle(PURPLE, "hexagon"),
    "malic": AcidStyle(ORANGE, "bowtie"),
    "levulinic": AcidStyle(SKY, "hourglass"),
}
#: Colour and shape of each metal whose yield is predicted; the same in every figure.
METAL_LOOKS = {
    "Li": (BLUE, "circle"),
    "Ni": (GREEN, "square"),
    "Mn": (PURPLE, "diamond"),
    "Co": (VERMILLION, "triangle-up"),
}
#: Of responses that are no such metal, in their order.
_OTHER_LOOKS = (
    (ORANGE, "triangle-down"),
    (SKY, "pentagon"),
    (BLACK, "x"),
    (GREEN, "star"),
    (PURPLE, "hexagon"),
    (BLUE, "bowtie"),
    (VERMILLION, "cross"),
)
_NEW = tuple(
    AcidStyle(BLACK, s) for s in ("circle", "square", "diamond", "triangle-up", "triangle-down", "star")
)


def acid_styles(names: Iterable[str]) -> dict[str, AcidStyle]:
    """Return the style of each acid; a user's own acids are black, each with a shape of its own.

    Where a system of one's own is told, its options take all colours and shapes in turn.
    """
    names = list(names)
    if tells_own_system():
        return styles_in_turn(names)
    new = [name for name in names if name not in _ACIDS]
    return {name: _ACIDS.get(name) or _NEW[new.index(name) % len(_NEW)] for name in names}


def styles_in_turn(names: Iterable[str]) -> dict[str, AcidStyle]:
    """Return a style for each of what is no acid: all colours and shapes in turn.

    >>> styles_in_turn(["HCl, roasted"])["HCl, roasted"].symbol
    'circle'
    """
    every = list(_ACIDS.values())
    return {name: every[k % len(every)] for k, name in enumerate(names)}


def response_looks(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return colour and shape of each response: of metals as everywhere, of others in their order.

    >>> response_looks(["Co", "Cu"])
    {'Co': ('#D55E00', 'triangle-up'), 'Cu': ('#E69F00', 'triangle-down')}
    """
    names = list(names)
    new = [name for name in names if name not in METAL_LOOKS]
    return {
        name: METAL_LOOKS.get(name) or _OTHER_LOOKS[new.index(name) % len(_OTHER_LOOKS)] for name in names
    }


#: Around a text that stands on lines or hatching.
HALO = ", ".join(f"{x}px {y}px 1px white" for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)


def safe(text: str) -> str:
    """Return a text of a user's as plotly shows it, whose pseudo-HTML it is not."""
    return escape(text, quote=False)


def rgba(colour: str, alpha: float) -> str:
    """Return a #rrggbb colour with transparency."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def marker(style: AcidStyle, size: float = 9) -> dict[str, Any]:
    """Return the marker of an acid: filled, with a dark rim so that light colours stand out on white."""
    rim = {"color": "rgba(27,39,48,0.65)", "width": 0.8}
    return {"color": style.colour, "symbol": style.symbol, "size": size, "line": rim}


def ring(size: float, name: str, symbol: str) -> dict[str, Any]:
    """Return what draws a ring around a mark; such as that of the knee."""
    shape = {"symbol": symbol, "size": size, "color": INK, "line": {"width": 2}}
    return {"mode": "markers", "name": name, "marker": shape, "hoverinfo": "skip"}


def two_lines(title: str, most: int = 34) -> str:
    """Break a long axis title before its unit, so that a phone shows all of it."""
    return title.replace(" [", "<br>[", 1) if len(title) > most else title


_AXIS = {
    "gridcolor": GRID,
    "zeroline": False,
    "showline": True,
    "linecolor": MUTED,
    "ticks": "outside",
    "tickcolor": MUTED,
    "ticklen": 4,
    "automargin": True,
    "title": {"standoff": 8},
}
#: The looks of every figure; after importing this module, ``template="leaching"`` gives them to any other.
TEMPLATE = "leaching"
pio.templates[TEMPLATE] = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 12, "r": 12, "t": 12, "b": 12},
        "hovermode": "closest",
        "hoverlabel": {
            "align": "left",
            "bgcolor": "white",
            "bordercolor": MUTED,
            "font": {"size": 12},
        },
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        "dragmode": False,
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    },
    # what the marks look like that are not chosen, once some are
    data={"scatter": [{"unselected": {"marker": {"opacity": 0.13}}}]},
)


def blank(height: int, x: str, y: str, *, legend: bool = True) -> go.Figure:
    """Return an empty figure with the report's looks.

    Args:
        height: in pixels; the width follows the page.
        x, y: axis titles.
        legend: whether to leave room for one above the plot.
    """
    # all at once: plotly takes ten times as long to update a figure that is there
    return go.Figure(
        layout={
            "template": TEMPLATE,
            "height": height,
            "showlegend": legend,
            "xaxis": {"title": {"text": two_lines(x)}},
            "yaxis": {"title": {"text": two_lines(y)}},
        }
    )


def make_logarithmic(figure: go.Figure, axes: Sequence[str]) -> None:
    """Make axes logarithmic, with ticks at 1, 2 and 5."""
    ticks = [digit * 10.0**power for power in range(-6, 9) for digit in (1, 2, 5)]
    look = {"type": "log", "tickmode": "array", "tickvals": ticks, "ticktext": [f"{t:,g}" for t in ticks]}
    figure.update_layout({f"{axis}axis": look for axis in axes})


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
