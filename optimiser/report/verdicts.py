"""What is said of each acid when it is searched on its own."""

from __future__ import annotations

import numpy as np

from optimiser.report import refusal
from optimiser.report.columns import column
from optimiser.report.numbers import counted
from optimiser.search.run import AcidVerdict, RunResult
from optimiser.systems.words import vocabulary


def verdict_text(result: RunResult, verdict: AcidVerdict) -> str:
    """Say whether an acid can do it, how well, and if not what stands in the way."""
    if verdict.front is not None:
        return _feasible(result, verdict)
    if verdict.infeasibility is not None:
        binding = verdict.infeasibility.binding
        if not binding:
            return "No feasible design."
        rest = f", and {len(binding) - 1} more" if len(binding) > 1 else ""
        return f"No feasible design. What stands in the way: {refusal.binding_text(binding[0])}{rest}."
    near = f"only {counted(verdict.experiments, 'experiment')}" if verdict.experiments else "no experiment"
    needed = result.problem.surrogate.domain.settings.min_experiments
    if result.problem.domain is not None and verdict.experiments < needed:
        return (
            f"Outside the applicability domain: {near} near this feed, {needed} are needed. "
            "Never recommended."
        )
    return "Not searched on its own, and no design with it was seen."


def _feasible(result: RunResult, verdict: AcidVerdict) -> str:
    assert verdict.front is not None
    metrics = verdict.front.evaluation.metrics
    spans = []
    for objective in result.problem.objectives:
        how, values = column(objective.metric), metrics[objective.metric]
        low, high = how.text(float(values.min())), how.text(float(values.max()))
        span = low + (f" to {high}" if high != low else "")
        spans.append(f"{how.label} {span} {how.unit}".rstrip())
    place = _place(result, verdict)
    return f"Feasible: {'; '.join(spans)}. {place}"


def _place(result: RunResult, verdict: AcidVerdict) -> str:
    """Say what an acid contributes to the common front."""
    assert verdict.front is not None and result.front is not None
    names = np.array(result.problem.acid_names)[result.front.evaluation.designs.acid]
    share = int((names == verdict.acid).sum())
    if share == len(names):
        return "All designs of the common front use it."
    if share:
        return f"{share} of the {len(names)} designs of the common front use it."
    common, own = result.front.evaluation.objectives, verdict.front.evaluation.objectives
    unbeaten = sum(not (common <= design).all(axis=1).any() for design in own)
    if unbeaten:
        return f"{unbeaten} of its designs lie on the common front, between those that are shown."
    others = vocabulary(result.problem.system).options
    return f"Designs with other {others} are better than every one of its designs."
