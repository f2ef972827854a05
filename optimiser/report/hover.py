"""A design in full, as it is read when a pointer rests on it."""

from __future__ import annotations

from html import escape

from optimiser.chemistry.metals import METALS
from optimiser.problem.objectives import REPORTED
from optimiser.problem.problem import Evaluation, Problem
from optimiser.report.columns import column, metric_column
from optimiser.variables import VARIABLES


def hover_text(problem: Problem, evaluation: Evaluation, row: int, title: str) -> str:
    """Return one design as lines of plotly's pseudo-HTML.

    Args:
        problem: whose acids the evaluation's designs index.
        evaluation: the designs.
        row: which of them.
        title: what to call it, e.g. ``no. 3, knee``.
    """
    acid = problem.acids[int(evaluation.designs.acid[row])]
    lines = [f"<b>{escape(title)}: {escape(acid.label)}</b>"]
    for i, variable in enumerate(VARIABLES):
        how = column(variable.name)
        lines.append(f"{how.label} {evaluation.designs.continuous[row, i] + 0.0:g} {how.unit}")
    asked = [o.metric for o in problem.objectives]
    others = [name for name in REPORTED if name not in asked]
    for name in [*(n for n in asked if n not in METALS_AND_TIME), *others]:
        lines.append(_metric_line(evaluation, name, row))
    for metal in problem.present:
        lines.append(_metric_line(evaluation, f"yield_{metal}", row))
    lines.append(
        f"{int(evaluation.support[row])} experiments nearby; "
        f"protons {column('proton_ratio').text(float(evaluation.proton_ratio[row]))} × consumed"
    )
    return "<br>".join(lines)


def brief_hover_text(problem: Problem, evaluation: Evaluation, row: int, title: str) -> str:
    """Return one design in the few lines that a small figure has room for; arguments as `hover_text`."""
    acid = problem.acids[int(evaluation.designs.acid[row])]
    t, c, h, s, m = (value + 0.0 for value in evaluation.designs.continuous[row])
    asked = [o.metric for o in problem.objectives if o.metric not in METALS_AND_TIME]
    yields = ", ".join(
        f"{metal} {metric_column(f'yield_{metal}').text(float(evaluation.yields[row, METALS.index(metal)]))}"
        for metal in problem.present
    )
    lines = [
        f"<b>{escape(title)}: {escape(acid.label)}</b>",
        f"{c:g} mol/L, {t:g} °C, {m:g} min",
        f"{s:g} g/L solids, {h:g} wt% peroxide",
        *(_metric_line(evaluation, name, row) for name in asked),
        f"yields {yields} %",
    ]
    return "<br>".join(lines)


#: Objectives that every hover shows anyway.
METALS_AND_TIME = frozenset({"time", *(f"yield_{m}" for m in METALS)})


def _metric_line(evaluation: Evaluation, name: str, row: int) -> str:
    how = metric_column(name)
    value, low, high = (
        how.text(float(values[name][row]))
        for values in (evaluation.metrics, evaluation.metrics_low, evaluation.metrics_high)
    )
    interval = f" ({low}–{high})" if low != high else ""
    return f"{how.label} {value}{interval} {how.unit}"
