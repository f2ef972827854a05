"""The front: which designs none can beat in everything, what changes along it, and each acid's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.problem.objectives import METRICS
from optimiser.report import words
from optimiser.report.card import Block, Card, Figure, Panels, Table
from optimiser.report.columns import column
from optimiser.report.figures.designs import (
    axis_titles,
    draw_along,
    draw_designs,
    draw_legend,
    draw_strip,
    drawn_acids,
    drawn_front,
)
from optimiser.report.frames import acids_frame, front_frame, reported_metrics, runners_up, side_by_side
from optimiser.report.numbers import counted
from optimiser.report.style import acid_styles
from optimiser.search.front import Front
from optimiser.search.run import RunResult
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS, VARIABLES

NO_FRONT = "no design is feasible; see the answer for what stands in the way."
ONE_DESIGN = "the front is one design; its setpoints and yields stand in the answer."


def front_card(result: RunResult) -> Card:
    """Return the front as a figure; where it is one design, that finding with the runners-up of each acid."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    problem, front = result.problem, result.front
    finding = [words.front_finding(problem, front)]
    if len(front.evaluation) == 1 or len(problem.objectives) == 1:
        finding.append(
            f"Below, the best design of every acid in {METRICS[problem.objectives[0].metric].label}, "
            "with calibrated 90 % intervals: how the other acids compare."
        )
        return Card(finding=tuple(finding), blocks=_runners_up(result))
    if front.found > len(front.evaluation):
        finding.append(
            f"{front.found} designs were found on it; the {len(front.evaluation)} shown keep its ends, its "
            "knee and its spread."
        )
    finding.append(
        "Each mark is a design, coloured and shaped by acid; thin lines are calibrated 90 % "
        "intervals; the ring is the knee. Point at a mark to read the whole design."
    )
    return Card(finding=tuple(finding), blocks=_pairs("front", problem, drawn_front(problem, front)))


def acids_card(result: RunResult) -> Card:
    """Return each acid's own front in one figure, and a verdict on every acid."""
    if not result.acids:
        return Card(not_applicable="the problem names no acid.")
    able = [v.acid for v in result.acids if v.front is not None]
    unable = [v.acid for v in result.acids if v.front is None]
    finding = (
        f"{len(able)} of {len(result.acids)} acids are feasible"
        + (f": {_listed(able)}" if able else "")
        + (f"; not {_listed(unable)}." if unable and able else "."),
        "Each acid was searched on its own, so an acid that others beat still shows its best.",
    )
    table = Table("acid-verdicts", "A verdict on every acid that the problem names.", acids_frame(result))
    drawn, asked = drawn_acids(result), len(result.problem.objectives)
    if asked == 1 and len(drawn):
        figures: tuple[Block, ...] = tuple(_strips("acids", result.problem, drawn))
    else:
        how = {"line": True, "size": 7} if asked == 2 else {}
        figures = _pairs("acids", result.problem, drawn, bars="", **how)
    return Card(finding=finding, blocks=(*figures, table))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def _pairs(key: str, problem: BoundProblem, drawn: pd.DataFrame, **how: Any) -> tuple[Block, ...]:
    """Return a figure for every pair of objectives; nothing where there is no design."""
    titles, styles = axis_titles(problem), acid_styles(problem.acid_names)
    if drawn.empty:
        return ()
    few = len(titles) == 2
    if not few:
        how |= {"legend": False, "height": 320}
    figures = tuple(
        Figure(
            f"{key}-{i}-{j}",
            f"{titles[y]}, against {titles[x]}.",
            draw_designs(drawn, styles, x, y, x_title=titles[x], **how),
            titles[y],
        )
        for (i, x), (j, y) in combinations(enumerate(titles), 2)
    )
    return figures if few else (legend(key, problem, drawn), Panels(figures))


def _strips(key: str, problem: BoundProblem, drawn: pd.DataFrame) -> list[Figure]:
    """Return a figure for every objective: the best of each acid."""
    styles = acid_styles(problem.acid_names)
    return [
        Figure(f"{key}-{j}", f"The best of each acid: {title}.", draw_strip(drawn, styles, name), title)
        for j, (name, title) in enumerate(axis_titles(problem).items())
    ]


def legend(key: str, problem: BoundProblem, drawn: pd.DataFrame) -> Figure:
    """Return the colours and shapes that the figures after it share."""
    about = "Colours and shapes: " + ", ".join(drawn["label"].unique()) + "."
    drawing = draw_legend(drawn, acid_styles(problem.acid_names), knee=bool(drawn["knee"].any()))
    return Figure(f"{key}-legend", about, drawing, "Acids")


def _runners_up(result: RunResult) -> tuple[Block, ...]:
    frame, problem = runners_up(result), result.problem
    if frame.empty:
        return ()
    compared = (
        *CONTINUOUS,
        *reported_metrics(problem),
        *(f"yield_{m}" for m in problem.present),
        *("support", "proton_ratio", "reductant_ratio"),
    )
    numbers = side_by_side(frame, compared, [str(acid) for acid in frame["acid"]])
    strips = Panels(tuple(_strips("runners", problem, drawn_acids(result))))
    return (strips, Table("runners-up", "The same designs in full.", numbers, sortable=False))


def setpoints_card(result: RunResult) -> Card:
    """Return the five variables against the first objective."""
    if result.front is None or len(result.front.evaluation) == 1:
        return Card(not_applicable=ONE_DESIGN if result.front else NO_FRONT)
    blocks = _along("setpoint", result.problem, result.front, dict.fromkeys(CONTINUOUS))
    return Card(finding=(setpoints_finding(result.front),), blocks=blocks)


def yields_card(result: RunResult) -> Card:
    """Return the yield of each metal against the first objective, with intervals and targets."""
    if result.front is None or len(result.front.evaluation) == 1:
        return Card(not_applicable=ONE_DESIGN if result.front else NO_FRONT)
    problem = result.problem
    targets = {f"yield_{metal}": problem.targets.get(metal) for metal in problem.present}
    finding = [yields_finding(problem, result.front)]
    if problem.targets:
        finding.append("The dashed line is the target, which holds for the mean prediction.")
    blocks = _along("yield", problem, result.front, targets)
    return Card(finding=tuple(finding), blocks=blocks)


def _along(
    key: str, problem: BoundProblem, front: Front, targets: Mapping[str, float | None]
) -> tuple[Block, ...]:
    """Return a small figure for each column in ``targets``, against the first objective."""
    first, drawn = problem.objectives[0].metric, drawn_front(problem, front)
    styles = acid_styles(problem.acid_names)
    small = tuple(
        Figure(
            f"{key}-{name.replace('_', '-')}",
            f"{column(name).heading} against {column(first).label}.",
            draw_along(drawn, styles, first, name, target),
            column(name).heading,
        )
        for name, target in targets.items()
    )
    return (legend(key, problem, drawn), Panels(small))


def setpoints_finding(front: Front) -> str:
    """Say which variables change along the front and which stay constant."""
    changing, constant = [], []
    for variable in VARIABLES:
        values, how = getattr(front.evaluation.designs, variable.name), column(variable.name)
        low, high = float(values.min()), float(values.max())
        if high - low > 2.0 * variable.step:
            changing.append(f"{how.label} {low:g} to {high:g} {how.unit}")
        else:
            constant.append(f"{how.label} at {float(np.median(values)):g} {how.unit}")
    said = f"Along the front these change: {', '.join(changing)}." if changing else "No setpoint changes."
    return f"{said} These stay constant: {', '.join(constant)}." if constant else said


def yields_finding(problem: BoundProblem, front: Front) -> str:
    """Say which metal leaches least."""
    yields = {m: 100.0 * front.evaluation.metrics[f"yield_{m}"] for m in problem.present}
    spans = ", ".join(f"{metal} {y.min():.0f} to {y.max():.0f} %" for metal, y in yields.items())
    hardest = min(yields, key=lambda metal: float(yields[metal].mean()))
    return f"Along the front the yields are {spans}; {hardest} is the hardest to leach."


def table_card(result: RunResult) -> Card:
    """Return every design of the front as a table."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    problem, front = result.problem, result.front
    shown = (
        "design",
        *DESIGN_COLUMNS,
        *reported_metrics(problem),
        *(f"yield_{m}" for m in problem.present),
        *(("p_feasible",) if problem.targets else ()),
        *("support", "domain_distance", "proton_ratio", "reductant_ratio", "knee"),
    )
    asked = [o.metric for o in problem.objectives]
    finding = (
        f"{counted(len(front.evaluation), 'design')}, in the order of the first objective. A click on a "
        "heading sorts by its column; the same numbers are in front.csv and front.xlsx.",
    )
    table = Table(
        "front-table",
        "Values at the mean yields; in brackets calibrated 90 % intervals.",
        front_frame(problem, front.evaluation, front.knee),
        shown,
        tuple(n for n in ("acid_use", "energy", "domain_distance", "reductant_ratio") if n not in asked),
        tall=True,
    )
    return Card(finding=finding, blocks=(table,))
