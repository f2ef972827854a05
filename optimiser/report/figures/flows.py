"""A design's streams as a Sankey diagram."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from optimiser.report.flows import STEPS, Stream
from optimiser.report.style import BLUE, GREEN, METAL_LOOKS, MUTED, ORANGE, SKY, VERMILLION, blank, rgba

_COLOURS = {
    "feed": MUTED,
    "residue": MUTED,
    "water": SKY,
    "wash water": SKY,
    "wastewater": SKY,
    "hydrogen peroxide": ORANGE,
    "oxygen": ORANGE,
    "chlorine": VERMILLION,
    "base": GREEN,
    "salt": GREEN,
    "hydroxides": GREEN,
} | {f"{metal} dissolved": colour for metal, (colour, _) in METAL_LOOKS.items()}


def draw_flows(streams: Sequence[Stream]) -> go.Figure:
    """Draw streams as bands whose widths are their masses, kg per t of feed."""
    nodes = list(dict.fromkeys(name for s in streams for name in (s.origin, s.aim)))
    mass = {
        name: max(sum(s.mass for s in streams if name == getattr(s, end)) for end in ("origin", "aim"))
        for name in nodes
    }

    def colour(stream: Stream) -> str:
        of = stream.aim if stream.origin in STEPS else stream.origin
        return SKY if of in STEPS else _COLOURS.get(of, BLUE)

    figure = blank(460, "", "", legend=False)
    figure.add_sankey(
        arrangement="snap",
        domain={"y": [0.0, 0.9]},
        node={
            "label": ["" if name in STEPS else f"{name} {mass[name]:,.0f}" for name in nodes],
            "customdata": nodes,
            "color": [MUTED if name in STEPS else _COLOURS.get(name, BLUE) for name in nodes],
            "pad": 18,
            "thickness": 12,
            "line": {"width": 0},
            "hovertemplate": "%{customdata}: %{value:,.1f} kg<extra></extra>",
        },
        link={
            "source": [nodes.index(s.origin) for s in streams],
            "target": [nodes.index(s.aim) for s in streams],
            "value": [s.mass for s in streams],
            "color": [rgba(colour(s), 0.4) for s in streams],
            "hovertemplate": "%{source.customdata} to %{target.customdata}: %{value:,.1f} kg<extra></extra>",
        },
    )
    # in a row above: beside their nodes the names would meet those of the streams on a phone
    for i, step in enumerate(STEPS, start=1):
        figure.add_annotation(
            text=f"{step}<br>{mass[step]:,.0f}",
            x=i / (len(STEPS) + 1),
            y=1.0,
            xref="paper",
            yref="paper",
            yanchor="top",
            showarrow=False,
        )
    return figure
