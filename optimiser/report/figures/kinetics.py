"""Kinetics drawn: curves with their fits, the Arrhenius plot, and energies beside the literature's."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from optimiser.chemistry.metals import METALS
from optimiser.kinetics.fit import kelvin
from optimiser.kinetics.literature import Literature
from optimiser.kinetics.study import Kinetics, MetalKinetics
from optimiser.report.style import BLACK, METAL_LOOKS, MUTED, ORANGE, SKY, blank, rgba

#: Cold to hot, each darker than the one before.
_HEAT = [[0.0, "#8ecae6"], [0.5, "#e08a3c"], [1.0, "#7a0c0c"]]
_SYMBOLS = ("x", "cross", "star", "triangle-down", "hexagon", "bowtie")
_COLOURS = (ORANGE, SKY, BLACK, MUTED)
_STEPS = 80


def draw_curves(of: Kinetics, one: MetalKinetics) -> go.Figure:
    """Draw a metal's simulated yields as points and the law as lines, coloured by temperature."""
    plan = of.curves.plan
    figure = blank(280, "time [min]", "", legend=False)
    time = np.linspace(plan.time[0], plan.time[-1], _STEPS)
    share = (plan.temperature - plan.temperature[0]) / np.ptp(plan.temperature)
    yields = 100.0 * of.curves.yields[:, :, METALS.index(one.metal)]
    rows = zip(
        plan.temperature,
        sample_colorscale(_HEAT, share.tolist()),
        yields,
        100.0 * one.fit.at(time),
        strict=True,
    )
    for degrees, colour, simulated, law in rows:
        line = {"color": colour, "width": 1.5}
        figure.add_scatter(x=time, y=law, mode="lines", line=line, hoverinfo="skip")
        figure.add_scatter(
            x=plan.time,
            y=simulated,
            mode="markers",
            marker={"color": colour, "size": 6, "line": {"color": "rgba(27,39,48,0.5)", "width": 0.5}},
            hovertemplate=f"{degrees:g} °C, %{{x:g}} min: %{{y:.1f}} %<extra></extra>",
        )
    figure.update_yaxes(range=[-2, 102])
    return figure


def draw_arrhenius(of: Kinetics) -> go.Figure:
    """Draw ln k against 1/T; hollow and dotted where the slope is no activation energy."""
    temperature = of.curves.plan.temperature
    inverse = 1000.0 / kelvin(temperature)
    figure = blank(440, "1000 / T [1/K]", "ln k [k in 1/min]")
    for one in of.metals:
        colour, symbol = METAL_LOOKS[one.metal]
        line = {"color": colour, "width": 2, "dash": "solid"}
        name, shape = one.metal, symbol
        if not one.reliable:
            line |= {"width": 1.2, "dash": "dot"}
            name, shape = f"{one.metal}, no activation energy", f"{symbol}-open"
        ln_k = one.line.at(temperature)
        figure.add_scatter(x=inverse, y=ln_k, mode="lines", line=line, showlegend=False, hoverinfo="skip")
        figure.add_scatter(
            x=inverse,
            y=one.fit.ln_k,
            mode="markers",
            name=name,
            marker={"color": colour, "symbol": shape, "size": 9, "line": {"color": colour, "width": 1.4}},
            hovertext=[
                f"{one.metal}, {t:g} °C: k = {k:.3g} 1/min"
                for t, k in zip(temperature, np.exp(one.fit.ln_k), strict=True)
            ],
            hoverinfo="text",
        )
    return figure


def draw_energies(of: Kinetics, literature: Literature) -> go.Figure:
    """Draw the slopes with their intervals beside the literature's; hollow where they are no energies."""
    figure = blank(90 + 80 * len(of.metals), "activation energy [kJ/mol]", "")
    places = {one.metal: i for i, one in enumerate(of.metals)}
    for good, name in ((True, "activation energy"), (False, "slope that is no activation energy")):
        shown = [one for one in of.metals if one.reliable is good]
        if not shown:
            continue
        colours = [METAL_LOOKS[one.metal][0] for one in shown]
        half = [one.line.high - one.line.energy for one in shown]
        figure.add_scatter(
            x=[one.line.energy for one in shown],
            y=[places[one.metal] - 0.15 for one in shown],
            error_x={"type": "data", "array": half, "color": rgba(MUTED, 0.8), "thickness": 1.5},
            mode="markers",
            name=name,
            marker={
                "color": colours,
                "symbol": "circle" if good else "circle-open",
                "size": 10,
                "line": {"color": colours, "width": 2},
            },
            hovertext=[
                f"{one.metal}: {one.line.energy:.1f} ({one.line.low:.1f} to {one.line.high:.1f}) kJ/mol"
                for one in shown
            ],
            hoverinfo="text",
        )
    for i, study in enumerate(literature.activation_energies):
        known = [(m, q) for m in places if (q := study.of(m)) is not None]
        if not known:
            continue
        colour = _COLOURS[i % len(_COLOURS)]
        figure.add_scatter(
            x=[q.value for _, q in known],
            y=[places[metal] + 0.15 for metal, _ in known],
            mode="markers",
            name=f"measured: {study.acid}, {study.feed}",
            marker={
                "symbol": _SYMBOLS[i % len(_SYMBOLS)],
                "color": colour,
                "size": 9,
                "line": {"color": colour, "width": 1},
            },
            hovertext=[f"{m}: {q.value:g} kJ/mol, {q.source_text}" for m, q in known],
            hoverinfo="text",
        )
    figure.update_yaxes(
        tickvals=list(places.values()), ticktext=list(places), range=[len(places) - 0.5, -0.5], showgrid=False
    )
    figure.add_vline(x=0, line={"color": MUTED, "width": 1})
    return figure
