"""What more yield and more certainty cost, drawn, and what is reachable at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from optimiser.answers.answer import Answer, Priced
from optimiser.report.ask_words import every_asked, heading
from optimiser.report.columns import column
from optimiser.report.figures.scenarios import draw_heat
from optimiser.report.style import INK, MUTED, acid_styles, blank, marker

_EXPECTED = "expected"


def sure_text(confidence: float | None) -> str:
    """Write a confidence: ``80 %``, or that expected yields count."""
    return _EXPECTED if confidence is None else f"{100.0 * confidence:g} %"


def draw_price_of_yield(answer: Answer) -> go.Figure:
    """Draw the objective at each target, a mark per acid, and the question itself."""
    figure = _prices(answer, f"target of {every_asked(answer)} [%]", answer.price_of_yield)
    found = [one for one in answer.price_of_yield if one.feasible]
    _add_marks(figure, answer, [100.0 * one.target for one in found], found)
    lost = [one.target for one in answer.price_of_yield if not one.feasible]
    if lost:
        _shade(figure, 100.0 * min(lost) - (1.0 if found else 0.0), 100.0)
    figure.update_xaxes(range=[68, 100.5], dtick=5)
    return figure


def draw_price_of_certainty(answer: Answer) -> go.Figure:
    """Draw the objective at each confidence, a mark per acid."""
    figure = _prices(answer, "confidence in the targets [%]", answer.price_of_certainty)
    told = [(100.0 * (one.confidence or 0.0), one) for one in answer.price_of_certainty]
    found = [(at, one) for at, one in told if one.feasible]
    _add_marks(figure, answer, [at for at, _ in found], [one for _, one in found])
    lost = [at for at, one in told if not one.feasible]
    if lost:
        _shade(figure, min(lost) - 1.0, 100.0)
    figure.update_xaxes(range=[46, 100.5])
    return figure


def draw_reachable(answer: Answer) -> go.Figure:
    """Draw the objective over targets and confidences; what is out of reach stays empty."""
    how = column(answer.objective.metric)
    targets = list(dict.fromkeys(one.target for one in answer.reachable))
    levels = list(dict.fromkeys(one.confidence for one in answer.reachable))
    value = {(one.target, one.confidence): how.scale * one.value for one in answer.reachable}
    values = np.array([[value[t, c] for t in targets] for c in levels])
    least = float(np.nanmin(values)) if np.isfinite(values).any() else 0.0
    most = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    return draw_heat(
        values,
        [sure_text(c) for c in levels],
        [f"{100 * t:g} %" for t in targets],
        unit=how.unit,
        digits=how.digits or 0,
        # one dear cell must not make all others look alike
        span=(least, min(most, 4.0 * least) if least > 0.0 else most),
        top=f"target of {every_asked(answer)}",
        side="confidence",
    )


def _prices(answer: Answer, x: str, told: Sequence[Priced]) -> go.Figure:
    how = column(answer.objective.metric)
    figure = blank(320, x, heading(answer))
    values = [how.scale * one.value for one in told if one.feasible]
    if values and min(values) > 0.0 and max(values) > 8.0 * min(values):
        figure.update_yaxes(type="log", dtick="D2")
    elif values:
        figure.update_yaxes(rangemode="tozero")
    return figure


def _add_marks(figure: go.Figure, answer: Answer, x: Sequence[float], found: Sequence[Priced]) -> None:
    how, styles = column(answer.objective.metric), acid_styles(answer.problem.acid_names)
    y = [how.scale * one.value for one in found]
    line = {"color": MUTED, "width": 1.5, "shape": "linear"}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, showlegend=False, hoverinfo="skip")
    for acid in dict.fromkeys(one.acid for one in found):
        rows = [i for i, one in enumerate(found) if one.acid == acid]
        figure.add_scatter(
            x=[x[i] for i in rows],
            y=[y[i] for i in rows],
            mode="markers",
            name=acid,
            marker=marker(styles[acid], 10),
            hovertemplate=f"%{{x:g}} %: %{{y:.3g}} {how.unit}, {acid}<extra></extra>",
        )
    if answer.feasible:
        now = how.scale * answer.value
        figure.add_hline(y=now, line={"color": INK, "width": 1, "dash": "dot"})


def _shade(figure: go.Figure, low: float, high: float) -> None:
    figure.add_vrect(x0=low, x1=high, fillcolor=MUTED, opacity=0.15, line_width=0)
    middle = {"x": (low + high) / 2, "y": 1, "yref": "paper", "yanchor": "top", "textangle": -90}
    figure.add_annotation(text="out of reach", showarrow=False, **middle)
