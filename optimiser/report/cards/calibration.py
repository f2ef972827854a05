"""Calibration: coverage of the yields' intervals on held-out data."""

from __future__ import annotations

from collections.abc import Mapping

from optimiser.report.card import Card, Figure, Words
from optimiser.report.caveats import HELD_OUT, intervals_caveat, told_protocols
from optimiser.report.figures.lines import draw_reliability
from optimiser.search.run import RunResult
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.site import base_name
from optimiser.systems.words import vocabulary


def calibration_card(result: RunResult) -> Card:
    """Return claimed against real confidence, and how the intervals were made."""
    surrogate = result.problem.surrogate
    skill = surrogate.card.get("skill", {})
    if not any(scores.get("reliability") for scores in told_protocols(surrogate).values()):
        return Card(not_applicable="the model card tells nothing of held-out intervals.")
    about = "" if surrogate.site is None else f"Of the base {base_name(surrogate)}, not of the site model. "
    figure = Figure(
        "reliability",
        f"{about}Share of measured yields within the intervals, against what the intervals claim: on the "
        "dotted line both agree, below it intervals are too narrow. The folds that calibrate are not the one "
        "measured.",
        draw_reliability(skill),
    )
    base = "" if surrogate.site is None else f"Of the base {base_name(surrogate)}: "
    own = () if surrogate.site is None else (intervals_caveat(surrogate),)
    return Card(
        finding=(*own, f"{base}{reliability_finding(skill)}"),
        blocks=(figure, Words("How the intervals are made", making_lines(surrogate))),
    )


def reliability_finding(skill: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Say how far the intervals of any level are from what they claim, at most."""
    apart = {}
    for protocol, what in HELD_OUT.items():
        held = skill.get(protocol, {}).get("reliability")
        if not held:
            continue
        level = max(held, key=lambda claimed: abs(held[claimed] - float(claimed)))
        apart[what] = f"{100.0 * held[level]:.0f} % where {100.0 * float(level):g} % is claimed for {what}"
    return (
        "Of intervals of 10 to 95 %, those farthest from what they claim hold "
        f"{', and '.join(apart.values())}."
    )


def own_lines(surrogate: Surrogate) -> tuple[str, ...]:
    """Say how own results change the intervals; nothing of a published model."""
    if surrogate.site is None:
        return ()
    return (
        "Near own results with the same acid, expectation and interval move to what these say, by as much "
        "as the published studies, each taken as a plant with few results, show to be right.",
    )


def making_lines(surrogate: Surrogate) -> tuple[str, ...]:
    """Say how the intervals are made."""
    training, said = surrogate.card["training"], vocabulary(surrogate.system)
    doubts = "when the members of the model disagree, when the anchors do, " if surrogate.anchors else ""
    return (
        f"Each of the {training['experiments']} experiments of the training data was held out once. The "
        "errors, each divided by the expected difficulty of its row, form a distribution; times the expected "
        "difficulty of a new design, it is the distribution of that design's error (a conformal predictive "
        "system).",
        f"A design is expected to be more difficult {doubts}at middling yields, and where errors were "
        f"large on experiments nearby or with the same {said.option}.",
        "Outside the applicability domain intervals widen with the distance, by a power set on held-out "
        f"studies ({surrogate.calibration.growth:.2f}).",
        *own_lines(surrogate),
        f"The chance that all targets hold counts held-out rows whose errors of all {said.responses}, taken "
        f"together, would keep the design above its targets: the errors of the {said.responses} of one leach "
        "are correlated.",
    )
