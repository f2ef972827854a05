"""What own results taught, drawn: measured against expected yields, and the shift over each setpoint."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from optimiser.report.columns import column
from optimiser.report.style import INK, MUTED, blank, response_looks, rgba
from optimiser.systems.system import System


def draw_parity(values: pd.DataFrame, when: Literal["before", "after"], system: System) -> go.Figure:
    """Draw measured yields against expected ones with 90 % intervals; odd values are hollow.

    Args:
        values: of `Lessons`.
        when: expectations of the base, or of the site model without the experiment.
        system: whose responses they are.
    """
    figure = blank(360, "measured yield [%]", "")
    line = {"color": MUTED, "width": 1, "dash": "dot"}
    figure.add_scatter(x=[0, 105], y=[0, 105], mode="lines", line=line, showlegend=False, hoverinfo="skip")
    for metal, (colour, symbol) in response_looks(system.responses).items():
        rows = values[values["metal"] == metal]
        if not len(rows):
            continue
        mean, low, high = (100.0 * rows[f"{when}{end}"].to_numpy() for end in ("", "_low", "_high"))
        figure.add_scatter(
            x=100.0 * rows["measured"],
            y=mean,
            error_y={
                "type": "data",
                "array": high - mean,
                "arrayminus": mean - low,
                "color": rgba(colour, 0.3),
                "thickness": 1,
                "width": 0,
            },
            mode="markers",
            name=metal,
            marker={
                "color": colour,
                "size": 8,
                "symbol": [f"{symbol}-open" if odd else symbol for odd in rows["odd"]],
                "line": {"color": colour, "width": 1.2},
            },
            hovertext=[
                f"row {row}, {metal}: {100 * measured:.0f} % measured, {expected:.0f} % expected "
                f"({a:.0f}–{b:.0f})"
                for row, measured, expected, a, b in zip(
                    rows["row"], rows["measured"], mean, low, high, strict=True
                )
            ],
            hoverinfo="text",
        )
    figure.update_xaxes(range=[-2, 107])
    figure.update_yaxes(range=[-2, 107])
    return figure


def draw_shift(values: pd.DataFrame, frame: pd.DataFrame, variable: str, system: System) -> go.Figure:
    """Draw by how much yields differ from the base over a setpoint: learned, and as measured (hollow).

    Args:
        values: of `Lessons`.
        frame: the results as they are stored.
        variable: the setpoint.
        system: whose setpoint it is.
    """
    figure = blank(300, column(variable).heading, "", legend=False)
    figure.add_hline(y=0.0, line={"color": INK, "width": 1})
    at = frame[variable].to_numpy(dtype=np.float64)[values["row"].to_numpy() - 1]
    middle = (len(system.responses) - 1) / 2.0
    jitter = 0.012 * max(float(np.ptp(at)), system.variables[system.column[variable]].step)
    for k, (metal, (colour, symbol)) in enumerate(response_looks(system.responses).items()):
        mine = (values["metal"] == metal).to_numpy()
        if not mine.any():
            continue
        rows, x = values[mine], at[mine] + (k - middle) * jitter  # side by side: metals share their setpoints
        for name, y, look in (
            ("measured", rows["measured"] - rows["before"], f"{symbol}-open"),
            ("learned", rows["shift"], symbol),
        ):
            points = 100.0 * y.to_numpy()
            figure.add_scatter(
                x=x,
                y=points,
                mode="markers",
                name=f"{metal}, {name}",
                marker={"color": colour, "symbol": look, "size": 7, "line": {"color": colour, "width": 1}},
                hovertext=[
                    f"row {row}, {metal}: {value:+.1f} points {name}"
                    for row, value in zip(rows["row"], points, strict=True)
                ],
                hoverinfo="text",
            )
    return figure
