"""What should be run, in words, and how far nothing was from feasible where nothing is."""

from __future__ import annotations

from optimiser.designs import DESIGN_COLUMNS
from optimiser.front import Front, Infeasibility
from optimiser.problem import Problem
from optimiser.report import words
from optimiser.report.card import Card, Table, Tile
from optimiser.report.caveats import INTERVALS
from optimiser.report.columns import column
from optimiser.report.frames import nearest_frame, picked_frame, reported_metrics, side_by_side
from optimiser.report.picks import ends_and_knee
from optimiser.run import RunResult

KEY, TITLE = "answer", "The answer"


def answer_card(result: RunResult) -> Card:
    """Return the recommended design and the best end of each objective, or why there is none."""
    if result.front is not None:
        return _found(result.problem, result.front)
    if result.infeasibility is not None:
        return _nothing(result, result.infeasibility)
    return Card(KEY, TITLE, not_applicable="nothing was searched.")


def _found(problem: Problem, front: Front) -> Card:
    picks = ends_and_knee(problem, front)
    finding = [words.sentence(problem, front.evaluation, front.knee)]
    if len(front.evaluation) > 1 and len(problem.objectives) > 1:
        finding.append(
            "That is the knee of the front, the best balance between the objectives; "
            "the best end of each objective stands below."
        )
    finding.append(words.front_finding(problem, front))
    compared = (
        *DESIGN_COLUMNS,
        *reported_metrics(problem),
        *_yields(problem),
        *("support", "domain_distance", "proton_ratio", "reductant_ratio"),
    )
    table = Table(
        "picks",
        "The designs to choose between; in brackets 90 % intervals from the anchors' spread, not calibrated.",
        side_by_side(picked_frame(problem, front, picks), compared, [pick.name for pick in picks]),
        sortable=False,
    )
    warnings = (*words.warnings_of(problem, front.evaluation, front.knee), INTERVALS)
    return Card(KEY, TITLE, tuple(finding), tiles(problem, front), warnings, (table,))


def _yields(problem: Problem) -> tuple[str, ...]:
    return tuple(f"yield_{metal}" for metal in problem.present)


def tiles(problem: Problem, front: Front) -> tuple[Tile, ...]:
    """Return the knee's objectives and the money and climate beside them, each with its interval."""
    asked = [o.metric for o in problem.objectives]
    names = dict.fromkeys([*asked, "cost", "climate_change", "recovery", "net_value"])
    found = []
    for name in names:
        how, e = column(name), front.evaluation
        value, low, high = (
            how.text(float(v[name][front.knee])) for v in (e.metrics, e.metrics_low, e.metrics_high)
        )
        interval = f"{low} to {high}" if low != high else ""
        found.append(Tile(how.label, value, how.unit, interval))
    return tuple(found)


def _nothing(result: RunResult, infeasibility: Infeasibility) -> Card:
    problem = result.problem
    finding = [
        f"No design of the {result.evaluations:,} tried keeps every constraint: {problem.feed.name} cannot "
        "be leached as asked within what the data support.",
        *words.infeasibility_lines(infeasibility, problem),
    ]
    found_alone = [v.acid for v in result.acids if v.front is not None]
    if found_alone:
        finding.append(
            f"Searched on its own, {' and '.join(found_alone)} did find feasible designs: search longer."
        )
    frame = nearest_frame(problem, infeasibility)
    broken = [f"margin_{name}" for name in problem.constraint_names if (frame[f"margin_{name}"] < 0.0).any()]
    for name in broken:
        frame[name] = [f"{v:+.3f}".replace("-", "−") if v < 0 else "holds" for v in frame[name]]
    shown = ("design", *DESIGN_COLUMNS, *_yields(problem), *reported_metrics(problem)[:2], *broken, "support")
    headed = {name: _margin_heading(name) for name in broken}
    table = Table(
        "nearest",
        "The least infeasible designs, nearest first. A margin below zero is what the constraint lacks.",
        frame.rename(columns=headed),
        tuple(headed.get(name, name) for name in shown),
    )
    return Card(KEY, TITLE, tuple(finding), warnings=(INTERVALS,), blocks=(table,))


def _margin_heading(name: str) -> str:
    return "margin of " + words.constraint_label(name.removeprefix("margin_")).split(" (")[0]
