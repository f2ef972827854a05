"""The front: which designs none can beat in everything, what changes along it, and each acid's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import METRICS
from optimiser.report import words
from optimiser.report.card import Block, Card, Figure, Panels, Table
from optimiser.report.cards.linked import choice_of, parallel_of
from optimiser.report.columns import column
from optimiser.report.figures.designs import (
    BAND,
    axis_titles,
    best_of_each,
    draw_along,
    draw_designs,
    draw_legend,
    draw_strip,
    drawn_acids,
    drawn_front,
    wide_axes,
    with_interval,
)
from optimiser.report.frames import (
    SUPPORT,
    acids_frame,
    design_names,
    front_frame,
    ratios,
    reported_metrics,
    runners_up,
    side_by_side,
)
from optimiser.report.numbers import counted
from optimiser.report.style import acid_styles, make_logarithmic
from optimiser.search.front import Front
from optimiser.search.run import RunResult
from optimiser.systems.words import vocabulary

NO_FRONT = "no design is feasible; see the answer for what stands in the way."
ONE_DESIGN = "the front is one design, which stands in the answer."


def front_card(result: RunResult) -> Card:
    """Return the front as a figure; nothing where it is one design."""
    if missing := _no_line(result):
        return Card(not_applicable=missing)
    problem, front = result.problem, the_front(result)
    finding = [halves_finding(problem, front)]
    if front.found > len(front.evaluation):
        finding.append(
            f"{front.found} designs were found on it; the {len(front.evaluation)} shown keep its ends, its "
            "knee and its spread."
        )
    finding.append(
        f"Each mark is a design, coloured and shaped by {vocabulary(problem.system).option}; the square is "
        "the answer, the ring the knee. Point at a mark to read the whole design."
    )
    drawn = drawn_front(problem, front)
    finding += intervals_drawn(problem, drawn)
    blocks = (
        choice_of(problem, front, drawn),
        *_pairs("front", problem, drawn, linked=True),
        parallel_of(problem, drawn),
    )
    return Card(finding=tuple(finding), blocks=blocks)


def the_front(result: RunResult) -> Front:
    """Return the front that a card needs.

    Raises:
        ValueError: there is none.
    """
    if result.front is None:
        raise ValueError(NO_FRONT)
    return result.front


def _no_line(result: RunResult) -> str:
    """Say why there is no line of designs to draw; nothing where there is one."""
    if result.front is None:
        return NO_FRONT
    alone = len(result.front.evaluation) == 1 or len(result.problem.objectives) == 1
    return ONE_DESIGN if alone else ""


def halves_finding(problem: BoundProblem, front: Front) -> str:
    """Say what the first and the second half of the gain in the second objective take in the first one."""
    if len(problem.objectives) != 2:
        return words.front_finding(problem, front)
    paid, gained = (column(o.metric) for o in problem.objectives)
    order = np.argsort(front.evaluation.objectives[:, 0], kind="stable")
    pays, gains = (front.evaluation.metrics[o.metric][order] for o in problem.objectives)
    half = int(np.argmin(np.abs(gains - (gains[0] + gains[-1]) / 2.0)))
    if paid.text(pays[0]) == paid.text(pays[-1]):
        return (
            f"The {len(pays)} designs hardly differ: {paid.label} {paid.said(pays[0])}; {gained.label} "
            f"{gained.said(gains[0])} to {gained.said(gains[-1])}."
        )
    if half in (0, len(gains) - 1):
        return words.front_finding(problem, front)
    return (
        f"Half of what can be gained in {gained.label}, from {gained.said(gains[0])} to "
        f"{gained.said(gains[half])}, takes {paid.label} from {paid.said(pays[0])} to "
        f"{paid.said(pays[half])}; the other half, to {gained.said(gains[-1])}, takes it to "
        f"{paid.said(pays[-1])}."
    )


def intervals_drawn(problem: BoundProblem, drawn: pd.DataFrame) -> list[str]:
    """Say what the band around a front of two objectives is; nothing where none is drawn."""
    if len(problem.objectives) != 2 or drawn.empty:
        return []
    names = [o.metric for o in problem.objectives]
    axis = with_interval(drawn, *names)
    label = column(names["xy".index(axis)]).label if axis else ""
    how = "Shaded" if drawn["acid"].value_counts().max() >= BAND else "Lines"
    return [f"{how}: the calibrated 90 % interval of {label}."] if axis else []


def acids_card(result: RunResult) -> Card:
    """Return each acid's own front in one figure, and a verdict on every acid."""
    if not result.acids:
        return Card(not_applicable="the problem names no acid.")
    if not result.problem.system.choices:
        return Card(not_applicable="the system has no choices.")
    able = [v.acid for v in result.acids if v.front is not None]
    unable = [v.acid for v in result.acids if v.front is None]
    problem, drawn = result.problem, drawn_acids(result)
    asked = [o.metric for o in problem.objectives]
    said = vocabulary(problem.system)
    finding = [
        f"{len(able)} of {len(result.acids)} {said.options} are feasible"
        + (f": {_listed(able)}" if able else "")
        + (f"; not {_listed(unable)}." if unable and able else "."),
        f"Each {said.option} was searched on its own, so {said.an_option} that others beat still shows its "
        "best.",
    ]
    frame = acids_frame(result)
    best = [f"best_{metric}" for metric in asked]
    shown = ("acid", *best, "verdict", "experiments", "designs", "on_front")
    caption = f"A verdict on every {said.option} that the problem names."
    table = Table("acid-verdicts", caption, frame, shown)
    if len(asked) == 1 and len(drawn):
        finding.append("Lines are calibrated 90 % intervals.")
        figures = _strips("acids", problem, drawn)
    else:
        how = {"line": True, "size": 7} if len(asked) == 2 else {}
        figures = _pairs("acids", problem, drawn, linked=not _no_line(result), hover="brief", **how)
        if _no_line(result):
            finding += intervals_drawn(problem, drawn)
    if any(block.log for block in figures if isinstance(block, Figure)):
        finding.append("An axis whose values are more than a factor of ten apart is logarithmic.")
    alone = result.front is not None and _no_line(result)
    return Card(finding=tuple(finding), blocks=(*figures, table, *(_runners_up(result) if alone else ())))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def _pairs(
    key: str, problem: BoundProblem, drawn: pd.DataFrame, *, linked: bool, **how: Any
) -> tuple[Block, ...]:
    """Return a figure for every pair of objectives; nothing where there is no design."""
    titles, styles = axis_titles(problem), acid_styles(problem.acid_names)
    if drawn.empty:
        return ()
    few = len(titles) == 2
    # the designs of three objectives follow no line, so that a band around them would be a tangle
    how = {"hover": "hover"} | how if few else how | {"hover": "brief", "legend": False, "height": 320}
    figures = tuple(
        _logarithmic(
            Figure(
                f"{key}-{i}-{j}",
                f"{titles[y]}, against {titles[x]}.",
                draw_designs(
                    drawn,
                    styles,
                    x,
                    y,
                    x_title=titles[x],
                    interval=with_interval(drawn, x, y) if few else "",
                    **how,
                ),
                titles[y],
                wide_axes(drawn, x, y),
                linked=linked,
            )
        )
        for (i, x), (j, y) in combinations(enumerate(titles), 2)
    )
    return figures if few else (legend(key, problem, drawn), Panels(figures))


def _logarithmic(figure: Figure) -> Figure:
    """Make the axes of a figure logarithmic that are to be."""
    make_logarithmic(figure.drawing, figure.log)
    return figure


def _strips(key: str, problem: BoundProblem, drawn: pd.DataFrame) -> tuple[Block, ...]:
    """Return a figure for every objective: the best of each acid."""
    styles, best = acid_styles(problem.acid_names), best_of_each(drawn)
    return tuple(
        _logarithmic(
            Figure(
                f"{key}-{j}",
                f"The best of each {vocabulary(problem.system).option}: {title}.",
                draw_strip(drawn, styles, name),
                title,
                wide_axes(best, name),
            )
        )
        for j, (name, title) in enumerate(axis_titles(problem).items())
    )


def legend(key: str, problem: BoundProblem, drawn: pd.DataFrame) -> Figure:
    """Return the colours and shapes that the figures after it share."""
    about = "Colours and shapes: " + ", ".join(drawn["label"].unique()) + "."
    drawing = draw_legend(drawn, acid_styles(problem.acid_names), knee=bool(drawn["knee"].any()))
    title = vocabulary(problem.system).options.capitalize()
    return Figure(f"{key}-legend", about, drawing, title, legend=True)


def _runners_up(result: RunResult) -> tuple[Block, ...]:
    frame, problem = runners_up(result), result.problem
    if frame.empty:
        return ()
    compared = (
        *problem.system.names,
        *reported_metrics(problem),
        *(f"yield_{m}" for m in problem.present),
        *("support", *ratios(problem)),
    )
    numbers = side_by_side(frame, compared, [str(acid) for acid in frame["acid"]])
    each = vocabulary(problem.system).option
    about = f"The best design of every {each} in {METRICS[problem.objectives[0].metric].label}, in full."
    return (Table("runners-up", about, numbers, sortable=False),)


def setpoints_card(result: RunResult) -> Card:
    """Return the setpoints against the first objective."""
    if missing := _no_line(result):
        return Card(not_applicable=missing)
    front = the_front(result)
    blocks = _along("setpoint", result.problem, front, dict.fromkeys(result.problem.system.names))
    return Card(finding=(setpoints_finding(result.problem, front),), blocks=blocks)


def yields_card(result: RunResult) -> Card:
    """Return the yield of each metal against the first objective, with intervals and targets."""
    if missing := _no_line(result):
        return Card(not_applicable=missing)
    problem, front = result.problem, the_front(result)
    targets = {f"yield_{metal}": problem.targets.get(metal) for metal in problem.present}
    finding = [yields_finding(problem, front)]
    if problem.targets:
        finding.append("The dashed line is the target, which holds for the mean prediction.")
    blocks = _along("yield", problem, front, targets)
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
            draw_along(
                drawn,
                styles,
                first,
                name,
                target,
                intervals=len(problem.objectives) == 2,
                variables=problem.variables,
            ),
            column(name).heading,
            linked=True,
        )
        for name, target in targets.items()
    )
    return (legend(key, problem, drawn), Panels(small))


def setpoints_finding(problem: BoundProblem, front: Front) -> str:
    """Say which variables change along the front and which stay constant."""
    changing, constant = [], []
    for variable in problem.variables:
        values, how = getattr(front.evaluation.designs, variable.name), column(variable.name)
        low, high = float(values.min()), float(values.max())
        if high - low > 2.0 * variable.step:
            changing.append(f"{how.label} {low:g} to {high:g} {how.unit}".rstrip())
        else:
            constant.append(f"{how.label} at {float(np.median(values)):g} {how.unit}".rstrip())
    said = f"Along the front these change: {', '.join(changing)}." if changing else "No setpoint changes."
    return f"{said} These stay constant: {', '.join(constant)}." if constant else said


def yields_finding(problem: BoundProblem, front: Front) -> str:
    """Say which metal, or response, leaches least."""
    yields = {m: 100.0 * front.evaluation.metrics[f"yield_{m}"] for m in problem.present}
    spans = ", ".join(f"{metal} {y.min():.0f} to {y.max():.0f} %" for metal, y in yields.items())
    hardest = min(yields, key=lambda metal: float(yields[metal].mean()))
    return f"Along the front the yields are {spans}; {hardest} is the hardest to leach."


def table_card(result: RunResult) -> Card:
    """Return every design of the front as a table."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    problem, front = result.problem, result.front
    asked = [o.metric for o in problem.objectives]
    # the objectives first: a phone shows few columns
    shown = (
        "design",
        *asked,
        *(name for name in design_names(problem) if name not in asked),
        *(name for name in reported_metrics(problem) if name not in asked),
        *(f"yield_{m}" for m in problem.present if f"yield_{m}" not in asked),
        *(("p_feasible",) if problem.targets else ()),
        *(*SUPPORT, *ratios(problem), "knee"),
    )
    linked = not _no_line(result)
    finding = (
        f"{counted(len(front.evaluation), 'design')}, in the order of the first objective. A click on a "
        f"heading sorts by its column.{' A tick makes a design stand out everywhere.' if linked else ''}",
    )
    table = Table(
        "front-table",
        "Values at the mean yields; in brackets calibrated 90 % intervals.",
        front_frame(problem, front.evaluation, front.knee),
        shown,
        tuple(n for n in ("acid_use", "energy", "domain_distance", "reductant_ratio") if n not in asked),
        tall=True,
        linked=linked,
    )
    return Card(finding=finding, blocks=(table,), files=True)
