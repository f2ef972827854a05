"""Designs as marks, coloured and shaped by acid: fronts, setpoints and yields along them, acids compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import APART, is_yield
from optimiser.report.columns import column
from optimiser.report.frames import front_frame, reported_metrics, rows_of
from optimiser.report.picks import ends_and_knee
from optimiser.report.style import INK, AcidStyle, acid_styles, blank, marker, rgba, ring, two_lines
from optimiser.search.front import Front
from optimiser.search.run import RunResult
from optimiser.variables import VARIABLES, Variables

#: The least extent of an axis, so that what hardly moves looks so: in steps of a setpoint, points of yield.
_STEPS, _POINTS = 20.0, 10.0
#: Designs of an acid from which on their intervals are a band instead of a bar each.
BAND = 5
#: Largest over smallest value from which on an axis is logarithmic: one dear acid would squeeze the others.
_WIDE = 10.0


#: What is ringed, by the column that says so: its name and the symbol around its mark.
_RINGS = {"knee": ("knee", "circle-open"), "answer": ("the answer", "square-open")}


def drawn_front(problem: BoundProblem, front: Front) -> pd.DataFrame:
    """Return the designs of a front as they are drawn.

    Columns: those of `drawn_designs`, ``answer``, and ``row``, that of front.csv, from 0.
    """
    names = {pick.row: pick.name for pick in ends_and_knee(problem, front)}
    titles = [names.get(row, f"no. {row + 1}") for row in range(len(front.evaluation))]
    frame = drawn_designs(problem, front.evaluation, titles, front.knee)
    rows = np.arange(len(frame))
    return frame.assign(answer=rows == front.answer, row=rows)


def drawn_acids(result: RunResult) -> pd.DataFrame:
    """Return each acid's own front as it is drawn, in the order of the verdicts; empty without one.

    Columns: those of `drawn_designs`, and ``row`` of the common front, from 0, -1 where it is not on it.
    """
    found = [
        drawn_designs(
            result.problem.with_acids([v.acid]),
            v.front.evaluation,
            ["best of this acid alone"] * len(v.front.evaluation),
        )
        for v in result.acids
        if v.front is not None
    ]
    if not found:
        return pd.DataFrame()
    frame = pd.concat(found, ignore_index=True)
    return frame.assign(row=rows_of(result, frame))


def drawn_designs(
    problem: BoundProblem, evaluation: Evaluation, titles: Sequence[str], knee: int | None = None
) -> pd.DataFrame:
    """Return designs as they are drawn.

    Columns: those of `frames.front_frame`, the interval of every metric, the acid's ``label``, and what a
    pointer reads: the whole design in ``hover``, the few lines that a small figure has room for in ``brief``.
    """
    frame = front_frame(problem, evaluation, knee)
    ends = {"low": evaluation.metrics_low, "high": evaluation.metrics_high}
    # together: one column after the other would leave the frame in pieces
    intervals = {f"{m}_{end}": values[m] for end, values in ends.items() for m in values}
    frame = frame.drop(columns=[name for name in intervals if name in frame])
    frame = pd.concat([frame, pd.DataFrame(intervals, index=frame.index)], axis=1)
    frame["label"] = [problem.acids[k].label for k in evaluation.designs.acid]
    rows = list(zip(titles, frame.to_dict("records"), strict=True))
    frame["hover"] = [_hover(problem, title, row) for title, row in rows]
    frame["brief"] = [_brief(problem, title, row) for title, row in rows]
    return frame


def _hover(problem: BoundProblem, title: str, row: Mapping[Any, Any]) -> str:
    """Return the whole of a design in plotly's pseudo-HTML."""
    named = [*problem.system.names, *reported_metrics(problem), *(f"yield_{m}" for m in problem.present)]
    near = f"{row['support']} experiments nearby"
    if problem.system.is_cathode:
        near += f"; protons {column('proton_ratio').text(row['proton_ratio'])} × consumed"
    return "<br>".join([_head(title, row), *(_line(name, row) for name in dict.fromkeys(named)), near])


def _brief(problem: BoundProblem, title: str, row: Mapping[Any, Any]) -> str:
    yields = ", ".join(f"{m} {column(f'yield_{m}').text(row[f'yield_{m}'])}" for m in problem.present)
    shown = (o.metric for o in problem.objectives if o.metric not in APART and not is_yield(o.metric))
    asked = [_line(metric, row) for metric in shown]
    return "<br>".join([_head(title, row), *_conditions(problem, row), *asked, f"yields {yields} %"])


def _conditions(problem: BoundProblem, row: Mapping[Any, Any]) -> list[str]:
    """Say the setpoints of a design in a few short lines."""
    if not problem.system.is_cathode:
        told = [f"{column(name).label} {column(name).said(row[name])}" for name in problem.system.names]
        return [", ".join(told[i : i + 2]) for i in range(0, len(told), 2)]
    strength, heat, time, solids, peroxide = (
        column(name).said(row[name])
        for name in ("acid_concentration", "temperature", "time", "solid_liquid_ratio", "h2o2")
    )
    return [f"{strength}, {heat}, {time}", f"{solids} solids, {peroxide} peroxide"]


def _head(title: str, row: Mapping[Any, Any]) -> str:
    return f"<b>{escape(title)}: {escape(row['label'])}</b>"


def _line(name: str, row: Mapping[Any, Any]) -> str:
    how = column(name)
    low, high = (how.text(row.get(f"{name}_{end}", row[name])) for end in ("low", "high"))
    interval = f" ({low}–{high})" if low != high else ""
    return f"{how.label} {how.text(row[name])}{interval} {how.unit}"


def axis_titles(problem: BoundProblem) -> dict[str, str]:
    """Return the title of each objective's axis: with its unit and direction."""
    return {o.metric: f"{column(o.metric).heading}, {o.verb}d" for o in problem.objectives}


def draw_designs(
    frame: pd.DataFrame,
    styles: Mapping[str, AcidStyle],
    x: str,
    y: str,
    *,
    x_title: str = "",
    interval: str = "",
    opacity: float = 0.5,
    line: bool = False,
    legend: bool = True,
    height: int = 440,
    size: float = 9,
    hover: str = "hover",
) -> go.Figure:
    """Draw two columns of designs against each other; the vertical one is the title's, the knee is ringed.

    Intervals are a band around an acid's designs, in their order along the other axis; a bar for each where
    these are few.

    Args:
        frame: as `drawn_designs` gives it.
        styles: of every acid of the problem.
        x, y: columns to draw.
        x_title: of the horizontal axis; its column's heading if left out.
        interval: of which axis to draw the intervals, ``x`` or ``y``; of none if left out.
        opacity: of bars.
        line: whether to join the designs of an acid in their order.
        legend: whether to show one.
        height: in pixels.
        size: of the marks.
        hover: column of what a pointer reads.
    """
    figure = blank(height, x_title or column(x).heading, "", legend=legend)
    found = {name: frame[frame["acid"] == name] for name in styles if (frame["acid"] == name).any()}
    for name, rows in found.items():
        if interval and len(rows) >= BAND:
            _add_band(figure, rows, x, y, interval, styles[name].colour)
    for name, rows in found.items():
        style, few = styles[name], interval if len(rows) < BAND else ""
        figure.add_scatter(
            x=_shown(rows, x),
            y=_shown(rows, y),
            error_x=_interval(rows, x, rgba(style.colour, opacity), few == "x"),
            error_y=_interval(rows, y, rgba(style.colour, opacity), few == "y"),
            mode="lines+markers" if line else "markers",
            line={"color": rgba(style.colour, 0.45), "width": 1.2},
            marker=marker(style, size),
            name=rows["label"].iloc[0],
            legendgroup=name,
            hovertext=rows[hover],
            hoverinfo="text",
            customdata=rows["row"].tolist() if "row" in rows else None,
        )
    if len(frame) > 1:
        _add_rings(figure, frame, x, y, 2 * size + 2)
    return figure


def _add_band(figure: go.Figure, rows: pd.DataFrame, x: str, y: str, interval: str, colour: str) -> None:
    """Shade the intervals of an acid's designs along the other axis."""
    of, along = (x, y) if interval == "x" else (y, x)
    rows = rows.sort_values(along, kind="stable")
    to = _shown(rows, along)
    low, high = (_shown(rows, of, end) for end in ("_low", "_high"))
    if not (high > low).any():
        return
    there_and_back = {along: pd.concat([to, to[::-1]]), of: pd.concat([high, low[::-1]])}
    figure.add_scatter(
        x=there_and_back[x],
        y=there_and_back[y],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=rgba(colour, 0.18),
        hoverinfo="skip",
        showlegend=False,
        legendgroup=rows["acid"].iloc[0],
    )


def with_interval(frame: pd.DataFrame, x: str, y: str) -> str:
    """Return the axis whose intervals are drawn: the vertical one, else the other, or neither has any."""
    for axis, name in (("y", y), ("x", x)):
        if f"{name}_low" in frame and (frame[f"{name}_high"] > frame[f"{name}_low"]).any():
            return axis
    return ""


def wide_axes(frame: pd.DataFrame, x: str, y: str = "") -> tuple[str, ...]:
    """Return the axes whose values are so far apart that they are to be logarithmic; shares never are."""
    found = []
    for axis, name in (("x", x), ("y", y)):
        if not name or column(name).scale != 1.0:
            continue
        values = frame[name].to_numpy()
        if values.min() > 0.0 and np.isfinite(values).all() and values.max() >= _WIDE * values.min():
            found.append(axis)
    return tuple(found)


def _add_rings(figure: go.Figure, frame: pd.DataFrame, x: str, y: str, size: float) -> None:
    for column_name, (name, symbol) in _RINGS.items():
        found = frame[frame[column_name]] if column_name in frame else frame.iloc[:0]
        if len(found):
            figure.add_scatter(x=_shown(found, x), y=_shown(found, y), **ring(size, name, symbol))


def draw_front(result: RunResult, front: Front) -> go.Figure:
    """Draw each acid's front in the first two objectives; ring the answer and the knee of the common one."""
    (x, x_title), (y, y_title), *_ = axis_titles(result.problem).items()
    styles = acid_styles(result.problem.acid_names)
    drawn = drawn_acids(result)
    figure = draw_designs(drawn, styles, x, y, x_title=x_title, interval=with_interval(drawn, x, y))
    frame = drawn_front(result.problem, front)
    _add_rings(figure, frame, x, y, 20)
    figure.update_yaxes(title_text=two_lines(y_title))
    return figure


def _shown(rows: pd.DataFrame, name: str, end: str = "") -> pd.Series:
    return column(name).scale * rows[name + end] if column(name).numeric else rows[name]


def _interval(rows: pd.DataFrame, name: str, colour: str, wanted: bool) -> dict[str, object] | None:
    if not wanted or f"{name}_low" not in rows:
        return None
    value, low, high = (_shown(rows, name, end) for end in ("", "_low", "_high"))
    visible = bool((high > low).any())
    return {
        "type": "data",
        "array": high - value,
        "arrayminus": value - low,
        "color": colour,
        "thickness": 1,
        "width": 0,
        "visible": visible,
    }


def draw_along(
    frame: pd.DataFrame,
    styles: Mapping[str, AcidStyle],
    x: str,
    y: str,
    target: float | None = None,
    *,
    intervals: bool = True,
    variables: Variables = VARIABLES,
) -> go.Figure:
    """Draw a setpoint or a yield along a front, its target dashed; what hardly moves looks so.

    Intervals are left out on request, where designs do not follow a line: a band would be a tangle.
    """
    band = "y" if intervals and f"{y}_low" in frame else ""
    figure = draw_designs(frame, styles, x, y, interval=band, legend=False, height=240, size=7, hover="brief")
    if target is not None:
        figure.add_hline(y=column(y).scale * target, line={"color": INK, "width": 1.2, "dash": "dash"})
    figure.update_yaxes(range=y_range(frame, y, target, variables))
    return figure


def y_range(
    frame: pd.DataFrame, name: str, target: float | None = None, variables: Variables = VARIABLES
) -> tuple[float, float]:
    """Return the extent of an axis, as shown: its data, their intervals and the target, with some air."""
    scale = column(name).scale
    span = next((_STEPS * v.step for v in variables if v.name == name), _POINTS)
    columns = [c for c in (name, f"{name}_low", f"{name}_high") if c in frame]
    ends = np.append(frame[columns].to_numpy().ravel(), [] if target is None else [target])
    low, high = scale * float(np.nanmin(ends)), scale * float(np.nanmax(ends))
    air = max(0.06 * (high - low), (span - (high - low)) / 2.0)
    return low - air, high + air


def best_of_each(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the first design of each acid."""
    return frame.groupby("acid", sort=False).head(1)


def draw_strip(frame: pd.DataFrame, styles: Mapping[str, AcidStyle], x: str) -> go.Figure:
    """Draw the first design of each acid in one objective, with its interval, one line per acid."""
    best = best_of_each(frame)
    height = 70 + 40 * len(best)
    figure = draw_designs(
        best, styles, x, "label", x_title=" ", interval="x", opacity=0.6, legend=False, height=height, size=11
    )
    figure.update_yaxes(showgrid=False, categoryorder="array", categoryarray=best["label"][::-1])
    return figure


def draw_legend(frame: pd.DataFrame, styles: Mapping[str, AcidStyle], *, knee: bool) -> go.Figure:
    """Draw what colours and shapes mean, for figures side by side that share them."""
    labels = dict(zip(frame["acid"], frame["label"], strict=True))
    # two entries a line is what a phone has room for
    rings = list(_RINGS.values()) if knee else []
    figure = blank(26 * -(-(len(labels) + len(rings)) // 2) + 4, "", "")
    for name in [name for name in styles if name in labels]:
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker(styles[name]), name=labels[name])
    for name, symbol in rings:
        figure.add_scatter(x=[None], y=[None], **ring(16, name, symbol))
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0}, legend={"y": 1, "yanchor": "top", "maxheight": 1}
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
