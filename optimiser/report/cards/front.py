"""The front: which designs none can beat in everything."""

from __future__ import annotations

from collections.abc import Sequence

from optimiser.problem.objectives import METRICS
from optimiser.problem.problem import Problem
from optimiser.report import words
from optimiser.report.card import Block, Card, Figure, Panels, Table
from optimiser.report.figures.fronts import (
    Axis,
    Series,
    acid_series,
    axes,
    draw_legend,
    draw_pair,
    draw_strip,
    front_series,
    knee_values,
    pairs,
)
from optimiser.report.frames import front_frame, reported_metrics, runners_up, side_by_side
from optimiser.search.front import Front
from optimiser.search.run import RunResult
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS

NO_FRONT = "no design is feasible; see the answer for what stands in the way."


def front_card(result: RunResult) -> Card:
    """Return the front as a figure; where it is one design, that finding with the runners-up of each acid."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    finding = [words.front_finding(result.problem, result.front)]
    if len(result.front.evaluation) == 1 or len(result.problem.objectives) == 1:
        finding.append(
            f"Below, the best design of every acid in {METRICS[result.problem.objectives[0].metric].label}, "
            "with calibrated 90 % intervals: what second best costs."
        )
        return Card(finding=tuple(finding), blocks=_runners_up(result))
    if result.front.found > len(result.front.evaluation):
        finding.append(
            f"{result.front.found} designs were found on it; the {len(result.front.evaluation)} shown keep "
            "its ends, its knee and its spread."
        )
    finding.append(
        "Each mark is a design, coloured and shaped by acid; thin lines are calibrated 90 % "
        "intervals; the ring is the knee. Rest on a mark to read the whole design."
    )
    return Card(finding=tuple(finding), blocks=_drawn(result.problem, result.front))


def _drawn(problem: Problem, front: Front) -> tuple[Block, ...]:
    series, shown, knee = front_series(problem, front), axes(problem), knee_values(problem, front)
    if len(shown) == 2:
        drawing = draw_pair(series, shown, (0, 1), knee=knee)
        return (Figure("front-0-1", about_pair(shown, 0, 1), drawing, shown[1].title),)
    small = tuple(
        Figure(
            f"front-{x}-{y}",
            about_pair(shown, x, y),
            draw_pair(series, shown, (x, y), knee=knee, legend=False, height=320),
            shown[y].title,
        )
        for x, y in pairs(problem)
    )
    return (legend("front-legend", series, knee=True), Panels(small))


def about_pair(shown: Sequence[Axis], x: int, y: int) -> str:
    """Say what two axes show."""
    return f"{shown[y].title}, against {shown[x].title}."


def legend(name: str, series: Sequence[Series], *, knee: bool) -> Figure:
    """Return the colours and shapes that the figures after it share."""
    about = "Colours and shapes: " + ", ".join(one.label for one in series) + "."
    return Figure(name, about, draw_legend(series, knee=knee), "Acids")


def _runners_up(result: RunResult) -> tuple[Block, ...]:
    frame = runners_up(result)
    if frame.empty:
        return ()
    problem, best = result.problem, acid_series(result)
    strips = tuple(
        Figure(f"runners-{j}", f"The best of each acid: {axis.title}.", draw_strip(best, j), axis.title)
        for j, axis in enumerate(axes(problem))
    )
    compared = (
        *CONTINUOUS,
        *reported_metrics(problem),
        *(f"yield_{m}" for m in problem.present),
        *("support", "proton_ratio", "reductant_ratio"),
    )
    numbers = side_by_side(frame, compared, [str(acid) for acid in frame["acid"]])
    return (Panels(strips), Table("runners-up", "The same designs in full.", numbers, sortable=False))


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
        "p_feasible",
        "support",
        "domain_distance",
        "proton_ratio",
        "reductant_ratio",
        "knee",
    )
    if not problem.targets:
        shown = tuple(name for name in shown if name != "p_feasible")
    count, asked = len(front.evaluation), [o.metric for o in problem.objectives]
    finding = (
        f"{count} design{'s' if count != 1 else ''}, in the order of the first objective. A heading sorts "
        "by its column; the same numbers are in front.csv and front.xlsx.",
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
