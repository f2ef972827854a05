"""The front: which designs none can beat in everything."""

from __future__ import annotations

from optimiser.designs import DESIGN_COLUMNS
from optimiser.front import Front
from optimiser.problem import Problem
from optimiser.report import words
from optimiser.report.card import Block, Card, Figure, Panels, Table
from optimiser.report.figures.fronts import (
    acid_series,
    axes,
    draw_pair,
    draw_strip,
    front_series,
    knee_values,
    pairs,
)
from optimiser.report.frames import front_frame, reported_metrics, runners_up
from optimiser.run import RunResult

NO_FRONT = "no design is feasible; see the answer for what stands in the way."


def front_card(result: RunResult) -> Card:
    """Return the front as a figure; where it is one design, that finding with the runners-up of each acid."""
    key, title = "front", "The front"
    if result.front is None:
        return Card(key, title, not_applicable=NO_FRONT)
    finding = [words.front_finding(result.problem, result.front)]
    if len(result.front.evaluation) == 1:
        finding.append("Below, the best design of every acid that can do it, to see what second best costs.")
        return Card(key, title, tuple(finding), blocks=_single(result))
    if result.front.found > len(result.front.evaluation):
        finding.append(
            f"{result.front.found} designs were found on it; the {len(result.front.evaluation)} shown keep "
            "its ends and its spread."
        )
    return Card(key, title, tuple(finding), blocks=(_drawn(result.problem, result.front),))


def _drawn(problem: Problem, front: Front) -> Block:
    series, shown = front_series(problem, front), axes(problem)
    knee = knee_values(problem, front)
    about = (
        "Each mark is a design, coloured and shaped by acid; thin lines are 90 % intervals from the anchors' "
        "spread (not calibrated); the ring is the knee. Rest on a mark to read the whole design."
    )
    drawn = [
        Figure(
            f"front-{x}-{y}",
            about if i == 0 else f"{shown[y].title} against {shown[x].title}.",
            draw_pair(
                series, (shown[x], shown[y]), (x, y), knee=knee, height=460 if len(shown) == 2 else 380
            ),
        )
        for i, (x, y) in enumerate(pairs(problem))
    ]
    return drawn[0] if len(drawn) == 1 else Panels(tuple(drawn))


def _single(result: RunResult) -> tuple[Block, ...]:
    frame = runners_up(result)
    if frame.empty:
        return ()
    problem, best = result.problem, acid_series(result)
    shown = axes(problem)
    strips = tuple(
        Figure(
            f"runners-{j}",
            f"The best of each acid in the first objective: {axis.title}, with its interval.",
            draw_strip(best, axis, j),
        )
        for j, axis in enumerate(shown)
    )
    columns = (
        *DESIGN_COLUMNS,
        *reported_metrics(problem)[:4],
        *(f"yield_{m}" for m in problem.present),
        "support",
    )
    table = Table(
        "runners-up", "The best design of each acid in the first objective, best first.", frame, columns
    )
    return (Panels(strips), table)


def table_card(result: RunResult) -> Card:
    """Return every design of the front as a table."""
    key, title = "table", "All designs"
    if result.front is None:
        return Card(key, title, not_applicable=NO_FRONT)
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
    count = len(front.evaluation)
    finding = (
        f"{count} design{'s' if count != 1 else ''}, in the order of the first objective. A heading sorts "
        "by its column; the same numbers are in front.csv and front.xlsx.",
    )
    table = Table(
        "front-table",
        "Values at the mean yields; in brackets 90 % intervals from the anchors' spread, not calibrated.",
        front_frame(problem, front.evaluation, front.knee),
        shown,
        tall=True,
    )
    return Card(key, title, finding, blocks=(table,))
