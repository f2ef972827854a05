"""What should be run, in words, and how far nothing was from feasible where nothing is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.constraints import label as label_of
from optimiser.problem.feed_words import electrons_sentence
from optimiser.problem.tolerances import said
from optimiser.report import refusal, words
from optimiser.report.card import Card, Table, Tile, Words
from optimiser.report.caveats import intervals_caveat, selection_caveat, told_limits
from optimiser.report.columns import column
from optimiser.report.frames import (
    SUPPORT,
    asked_metrics,
    design_names,
    picked_frame,
    ratios,
    refused_frame,
    reported_metrics,
    side_by_side,
)
from optimiser.report.picks import ends_and_knee
from optimiser.search.front import Front, Infeasibility
from optimiser.search.run import RunResult
from optimiser.surrogate.site import whose_yields
from optimiser.systems.words import vocabulary


def answer_card(result: RunResult, certainty: str = "") -> Card:
    """Return the recommended design and the best end of each objective, or why there is none.

    Args:
        result: the run.
        certainty: what more certainty costs, in a sentence.
    """
    if result.front is not None:
        return _found(result.problem, result.front, certainty)
    if result.infeasibility is not None:
        return _nothing(result, result.infeasibility)
    return Card(not_applicable="nothing was searched.")


def _found(problem: BoundProblem, front: Front, certainty: str) -> Card:
    # the answer first: a phone shows few columns
    picks = sorted(ends_and_knee(problem, front), key=lambda pick: pick.row != front.answer)
    finding = [words.sentence(problem, front.evaluation, front.answer)]
    of_cathode = problem.system.is_cathode
    if of_cathode and (electrons := electrons_sentence(problem, front.evaluation, front.answer)):
        finding.append(electrons)
    if sure := words.targets_sentence(problem, front.evaluation, front.answer):
        finding.append(sure)
    if quantiles := words.quantiles_sentence(problem, front.evaluation, front.answer):
        finding.append(quantiles)
    if certainty:
        finding.append(certainty)
    if len(front.evaluation) > 1 and len(problem.objectives) > 1:
        finding.append(
            f"{_why(problem)} The best design for each objective{_best_value(problem)} and the knee, which "
            "balances the objectives, stand below."
        )
    if value := words.value_sentence(problem, front):
        finding.append(value)
    finding.append(words.front_finding(problem, front))
    finding.append(said(problem.tolerances.record(), problem.variables))
    recovered = problem.tolerances and "recovery" in problem.metrics
    compared = (
        *design_names(problem),
        *reported_metrics(problem),
        *_yields(problem),
        *(_over_tolerances(problem) if problem.tolerances else ()),
        *(("p_feasible",) if problem.targets else ()),
        *(("recovery_least", "recovery_most") if recovered else ()),
        *(*SUPPORT, *ratios(problem)),
    )
    guesses = any(words.without_data(problem, front.evaluation, pick.row) for pick in picks)
    unknown = vocabulary(problem.system).an_option
    table = Table(
        "picks",
        "The designs to choose between; in brackets calibrated 90 % intervals"
        + (f", which do not apply to {unknown} that is not in the data." if guesses else "."),
        side_by_side(picked_frame(problem, front, picks), compared, [pick.name for pick in picks]),
        sortable=False,
    )
    warnings = (
        *words.warnings_of(problem, front.evaluation, front.answer),
        intervals_caveat(problem.surrogate),
        *selection_caveat(problem, front.evaluation, front.answer),
    )
    return Card(finding=tuple(finding), tiles=tiles(problem, front), warnings=warnings, blocks=(table,))


def _why(problem: BoundProblem) -> str:
    if not problem.targets and problem.counted("net_value") not in problem.metrics:
        return "No yield target is asked, so this is the design that balances the objectives best."
    if not problem.targets:
        return "No yield target is asked, so this is the design with the highest net value."
    best = f"{'lowest' if problem.objectives[0].sign > 0 else 'highest'} {problem.objectives[0].label}"
    return f"It has the {best} of all that keep the targets and every other constraint."


def _best_value(problem: BoundProblem) -> str:
    return ", the best net value" if problem.counted("net_value") in problem.metrics else ""


def _yields(problem: BoundProblem) -> tuple[str, ...]:
    return tuple(f"yield_{metal}" for metal in problem.present)


def _over_tolerances(problem: BoundProblem) -> tuple[str, ...]:
    return tuple(f"yield_{metal}_{what}" for what in ("nominal", "p10") for metal in problem.present)


def tiles(problem: BoundProblem, front: Front) -> tuple[Tile, ...]:
    """Return the answer's objectives and the money and climate beside them, each with its interval."""
    asked = [o.metric for o in problem.objectives]
    names = dict.fromkeys(
        [*asked, *money(problem), "climate_change", "recovery", problem.counted("net_value")]
    )
    if not problem.system.is_cathode:
        names = {name: None for name in [*names, *_yields(problem)] if name in problem.metrics}
    found = []
    for name in names:
        how, e = column(name), front.evaluation
        value, low, high = (
            how.text(float(v[name][front.answer])) for v in (e.metrics, e.metrics_low, e.metrics_high)
        )
        guess = words.without_data(problem, e, front.answer)
        interval = f"{low} to {high}" if low != high and not guess else ""
        found.append(Tile(how.label, value, how.unit, interval))
    return tuple(found)


def money(problem: BoundProblem) -> tuple[str, ...]:
    """Return the costs that a problem's scope tells: at plant scope the plant's, and reagents and energy."""
    return tuple(dict.fromkeys([problem.counted("cost"), "cost"]))


def _nothing(result: RunResult, infeasibility: Infeasibility) -> Card:
    problem, nearest = result.problem, infeasibility.nearest
    finding = [
        f"No design of the {result.evaluations:,} tried keeps every constraint: {problem.feed.name} cannot "
        "be leached as asked within what the data support.",
        said(problem.tolerances.record(), problem.variables),
    ]
    why = Words("What stands in the way", tuple(refusal.infeasibility_lines(infeasibility, problem)))
    frame, sure, told = refused_frame(problem, infeasibility), problem.each_confidence, ""
    if sure is not None:
        told = f" Yields are those reached with probability {100.0 * sure:g} %; the expected ones are higher."
    metrics = dict.fromkeys([*asked_metrics(problem), *reported_metrics(problem)[:2]])
    names = (*design_names(problem), *_yields(problem), *metrics, "support", *ratios(problem)[:1])
    titles = [f"no. {row + 1}" for row in range(len(nearest))]
    numbers = side_by_side(frame, names, titles)
    if sure is not None:
        headings = {column(name).heading: _reached_heading(name, sure) for name in _yields(problem)}
        numbers["quantity"] = numbers["quantity"].replace(headings)
    table = Table(
        "least-infeasible",
        "The least infeasible designs, nearest first: what they reach and what each constraint lacks." + told,
        pd.concat([numbers, lacking(problem, nearest, titles)], ignore_index=True),
        sortable=False,
    )
    limits = told_limits(problem.surrogate)
    warnings = (*whose_yields(problem.surrogate), *limits, intervals_caveat(problem.surrogate))
    return Card(finding=tuple(finding), warnings=warnings, blocks=(why, table))


def _reached_heading(name: str, confidence: float) -> str:
    how = column(name)
    return f"{how.label} with {100.0 * confidence:g} % probability [{how.unit}]"


def lacking(problem: BoundProblem, nearest: Evaluation, titles: Sequence[str]) -> pd.DataFrame:
    """Return a row per constraint that some of the nearest designs break: what each design lacks."""
    rows = []
    for name in problem.constraint_names:
        margin = nearest.margins[name]
        if (margin < 0.0).any():
            label = label_of(name).split(" (")[0]
            scale, unit = (100.0, "points") if name.startswith("yield_") else (1.0, "relative")
            texts = [f"{-scale * m:.3g}" if m < 0.0 else "holds" for m in margin]
            rows.append({"quantity": f"shortfall: {label} [{unit}]"} | dict(zip(titles, texts, strict=True)))
    return pd.DataFrame(rows, columns=["quantity", *titles])
