"""Suggested experiments in sentences."""

from __future__ import annotations

import math

from optimiser.learning.doubt import Ends
from optimiser.learning.suggest import APART, Suggested
from optimiser.problem.tolerances import said
from optimiser.report import words
from optimiser.report.columns import column, told_of
from optimiser.report.numbers import counted, number, percent
from optimiser.systems.words import vocabulary


def lines(found: Suggested) -> list[str]:
    """Return everything that a terminal shows of suggested experiments, line by line."""
    with told_of(found.problem.system):
        return _lines(found)


def _lines(found: Suggested) -> list[str]:
    told = [headline(found), basis(found), ""]
    for row in range(len(found)):
        told += [
            f"{row + 1}. {words.setpoints(found.problem, found.evaluation, row)}",
            f"   {predicted(found, row)}",
            f"   {why(found, row)}",
        ]
    return [*told, "", *doubt_lines(found), *notes(found)]


def headline(found: Suggested) -> str:
    """Say how many experiments there are, for what, and how they are meant to be run."""
    n, aim = len(found), found.wanted.aim
    goal = {
        "cost": f"the best {_first(found)}" + (f" at {_targets(found)}" if found.problem.targets else ""),
        "front": "the trade-off of " + " and ".join(o.label for o in found.problem.objectives),
        "feasibility": f"which designs reach {_targets(found)}",
    }[aim]
    how = "to run together" if found.wanted.batch or found.first else "the one to do next first"
    return f"{counted(n, 'experiment')} for {found.problem.feed.name}, to learn most about {goal}" + (
        f"; {how}." if n > 1 else "."
    )


def basis(found: Suggested) -> str:
    """Say what is measured already, and what the experiments were chosen from."""
    if found.first:
        first = (
            f"There are no own results with these {vocabulary(found.problem.system).options} on this feed "
            "yet: what the model predicts, and how "
            "plants differ from that, decide; the experiments make up for each other's failures."
        )
    else:
        best = column(found.problem.objectives[0].metric)
        first = f"{counted(found.own, 'row')} of own results count; " + (
            "none of them reaches all targets."
            if math.isnan(found.measured)
            else f"{_first(found)} of the best that reaches all targets: {best.said(found.measured)}."
        )
    return f"{first} Chosen from {found.candidates} designs within all limits, on the laboratory's grid."


def predicted(found: Suggested, row: int) -> str:
    """Say the predicted yields of an experiment, the first objective, and the chance of the targets."""
    e, metric = found.evaluation, found.problem.objectives[0].metric
    value = column(metric).said(float(e.metrics[metric][row]))
    chance = f"; all targets: {percent(e.p_feasible[row])}" if found.problem.targets else ""
    return f"Predicted {words.yields_text(found.problem, e, row)}; {_first(found)} {value}{chance}."


def why(found: Suggested, row: int) -> str:
    """Say why an experiment is suggested, and whether its yields are a guess."""
    reason, metric = found.reasons[row], found.problem.objectives[0].metric
    verb = "lower" if found.problem.objectives[0].sign > 0 else "raise"
    chance, value = percent(reason.chance), column(metric).said(reason.value)
    best = column(metric).said(found.measured)
    told = {
        "improves": f"Could {verb} the {_first(found)} to {value} from {best}: {chance} chance.",
        "first": f"Could be the first that reaches all targets: {chance} chance, at {value} then.",
        "front": f"Could beat all that is measured, as the objectives may be weighed: {chance} chance.",
        "edge": f"At the edge of feasibility: takes {chance} of the doubt which cheap designs are feasible.",
        "sure": f"Nothing better than {best} is expected any more; {chance} chance to be feasible.",
    }[reason.kind]
    far = float(found.evaluation.domain_distance[row])
    if far > 1.0:
        told += f" Outside the data ({number(far, 2)} of the domain's limit): its yields are a guess."
    return told


def doubt_lines(found: Suggested) -> list[str]:
    """Say how sure the best design is now, and how sure it is expected to be after the experiments."""
    told = found.doubt
    first = [f"Best design as known now: {words.setpoints(found.problem, found.design, 0)}."]
    for metric, ends in told.metrics.items():
        first.append(f"  {_shrinks(metric, ends)}")
    if not math.isnan(told.chance):
        first.append(
            f"  All targets hold with a chance of {percent(told.chance)}; the risk to judge that wrongly is "
            f"{percent(told.wrong)} now, {percent(told.wrong_after)} expected afterwards."
        )
    return first


def notes(found: Suggested) -> list[str]:
    """Return what has to be known beside the experiments."""
    told = [
        "Afterwards means: by where the experiments lie, whatever they show, with the explanations of own "
        "results weighed as now.",
        f"Experiments lie at least {APART:g} of the domain's standard deviations apart where enough do.",
    ]
    if not found.problem.targets:
        told.append("There are no yield targets: every design counts as feasible.")
    problem = found.problem
    if problem.system.is_cathode and (found.evaluation.designs.h2o2 > 0.0).any():
        told.append(words.PEROXIDE_CAVEAT)
    return [f"Note: {line}" for line in [*told, said(problem.tolerances.record(), problem.variables)] if line]


def _shrinks(metric: str, ends: Ends) -> str:
    how = column(metric)
    label = how.label[:1].upper() + how.label[1:]
    now, after = (
        f"{how.text(low)} to {how.text(high)}"
        for low, high in ((ends.low, ends.high), (ends.low_after, ends.high_after))
    )
    return (
        f"{label} {how.said(ends.value)}; 90 % interval {now} now, about {after} afterwards "
        f"({percent(ends.share)} of its width)."
    )


def _first(found: Suggested) -> str:
    return found.problem.objectives[0].label


def _targets(found: Suggested) -> str:
    return ", ".join(f"{metal} {100.0 * target:g} %" for metal, target in found.problem.targets.items())
