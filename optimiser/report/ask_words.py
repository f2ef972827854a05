"""The answer to a question in sentences."""

from __future__ import annotations

import math

from optimiser.answers.answer import Answer, Binding, Drift, Priced
from optimiser.chemistry.energy import energy_lines
from optimiser.problem.constraints import label
from optimiser.problem.feed_words import electrons_sentence
from optimiser.problem.metrics import METRICS
from optimiser.report import refusal, words
from optimiser.report.caveats import selection_caveat
from optimiser.report.columns import column, told_of
from optimiser.report.impact_words import lines as impact_lines
from optimiser.report.numbers import NOTHING, floor_percent, number, percent, signed
from optimiser.report.scope_words import costs_sentence, scope_lines
from optimiser.systems.words import vocabulary
from optimiser.variables import Variables


def heading(answer: Answer) -> str:
    """Return the objective with its unit, as it heads axes and columns: ``cost (p90) [EUR/kg metal]``."""
    return f"{answer.objective.label} [{column(answer.objective.metric).unit}]"


def headline(answer: Answer) -> tuple[str, ...]:
    """Say the design and how sure it is, or that there is none."""
    if not answer.feasible:
        return (
            f"No design of {answer.problem.feed.name} keeps every constraint: {asked_text(answer)} is out of "
            "reach within what the data support.",
        )
    said = [words.sentence(answer.problem, answer.evaluation, 0)]
    metric = answer.objective.metric
    if metric not in ("cost", "cost_plant", "climate_change") and answer.problem.system.is_cathode:
        said.append(f"{METRICS[metric].label.capitalize()}: {column(metric).said(answer.value)}.")
    elif answer.objective.quantile is not None:
        said.append(f"{answer.objective.label.capitalize()}: {column(metric).said(answer.value)}.")
    if answer.problem.system.is_cathode:
        said.append(electrons_sentence(answer.problem, answer.evaluation, 0))
    said.append(words.targets_sentence(answer.problem, answer.evaluation, 0))
    return tuple(line for line in said if line)


def asked_text(answer: Answer) -> str:
    """Say the targets and the confidence that were asked: ``Li 95 %, Co 90 % with 80 % confidence``."""
    problem = answer.problem
    said = ", ".join(f"{metal} {100.0 * target:g} %" for metal, target in problem.targets.items())
    if not said:
        return "what is asked"
    if problem.confidence is None:
        return said
    how = " at once" if problem.joint and len(problem.targets) > 1 else ""
    return f"{said}{how} with {100.0 * problem.confidence:g} % confidence"


def certainty_sentence(answer: Answer) -> str:
    """Say what more certainty costs, and how far it can be had."""
    if not answer.price_of_certainty:
        return ""
    how, found = column(answer.objective.metric), list[str]()
    for one in answer.price_of_certainty:
        if one.feasible and one.confidence is not None:
            found.append(f"{100.0 * one.confidence:g} %: {how.text(one.value)}{_more(answer, one)}")
    together = "all targets at once" if jointly(answer) else "each target"
    reach = f"the highest that was found is {floor_percent(answer.highest_confidence)} %"
    if not found:
        return f"No confidence of 50 % or more in {together} can be had: {reach}."
    first_lost = next((one.confidence for one in answer.price_of_certainty if not one.feasible), None)
    lost = "" if first_lost is None else f"; {100.0 * first_lost:g} % is out of reach ({reach})"
    return f"Price of certainty, {how.unit} by confidence in {together}: {', '.join(found)}{lost}."


def jointly(answer: Answer) -> bool:
    """Return whether confidences of the answer's prices are those that all targets hold at once."""
    asked = answer.problem
    return len(asked.targets) > 1 and (asked.joint or asked.confidence is None)


def yield_sentence(answer: Answer) -> str:
    """Say what more yield costs, and how far it can be had."""
    if not answer.price_of_yield:
        return ""
    how = column(answer.objective.metric)
    told = [one for one in answer.price_of_yield if one.feasible]
    if not told:
        return (
            f"No target of {100.0 * answer.price_of_yield[0].target:g} % or more can be had for all "
            f"{vocabulary(answer.problem.system).responses}."
        )
    found = [f"{100.0 * one.target:g} %: {how.text(one.value)} ({one.acid})" for one in told]
    if (
        not answer.problem.system.is_cathode
        and len(told) > 1
        and len({f.split(" %: ")[1] for f in found}) == 1
    ):
        ends = " to ".join(f"{100.0 * one.target:g}" for one in (told[0], told[-1]))
        found = [f"the same from {ends} %: {how.text(told[0].value)} ({told[0].acid})"]
    lost = next((one.target for one in answer.price_of_yield if not one.feasible), None)
    end = "" if lost is None else f"; {100.0 * lost:g} % is out of reach"
    return f"Price of yield, {how.unit} by target of {every_asked(answer)}: {', '.join(found)}{end}."


def every_asked(answer: Answer) -> str:
    """Return whose targets are swept together: ``every metal asked for``."""
    return f"every {vocabulary(answer.problem.system).response} asked for"


def _more(answer: Answer, one: Priced) -> str:
    if not answer.feasible or not answer.value:
        return ""
    more = 100.0 * (one.value - answer.value) / abs(answer.value)
    return f" ({signed(more, 0)} %)" if round(more) else ""


def acids_sentence(answer: Answer) -> str:
    """Say the next best acid and what it costs more, or that there is none."""
    if not answer.feasible:
        return ""
    other, what = answer.runner_up, vocabulary(answer.problem.system)
    if other is None:
        rest = [found for found in answer.acids if found.acid != answer.acid]
        tried = [found.acid for found in rest if not found.reason.startswith("too few")]
        outside = [found.acid for found in rest if found.reason.startswith("too few")]
        said = f"No other {what.option} is feasible ({', '.join(tried)})." if tried else ""
        if outside:
            said += f" Not tried, since too few experiments are near this feed: {', '.join(outside)}."
        return said.strip()
    how = column(answer.objective.metric)
    return (
        f"The next best {what.option} is {other.acid}: {how.said(other.value)}, "
        f"{percent(abs(other.premium))} {'more' if answer.objective.sign > 0 else 'less'}."
    )


def binding_sentence(binding: Binding, answer: Answer) -> str:
    """Say one limit and what it costs."""
    how = column(answer.objective.metric)
    if math.isnan(binding.change):
        return f"{binding.label}: at its limit, which is physics."
    per = {"points": "point"}.get(binding.unit, binding.unit) or "unit"
    change, unit = how.scale * binding.per_unit, how.unit
    said = ("+" if change > 0.0 else "") + number(change, figures=2)
    amount = f"{number(binding.relaxed)} {per if binding.relaxed == 1.0 else binding.unit}".strip()
    return f"{binding.label}: {said} {unit} per {per} (relaxed by {amount})."


def drift_text(drift: Drift, variables: Variables) -> str:
    """Say how far a setpoint may drift: ``temperature 82 to 88 °C (below: Co yield)``."""
    of = next(variable for variable in variables if variable.name == drift.variable)
    ends = [("below", drift.lost_low), ("above", drift.lost_high)]
    lost = "; ".join(f"{side}: {label(name).split(' (')[0]}" for side, name in ends if name)
    said = f" ({lost})" if lost else " (nothing is lost in the range searched)"
    return f"{of.label} {number(drift.low)} to {number(drift.high)} {of.shown_unit}".rstrip() + said


def drift_sentence(answer: Answer) -> str:
    """Say how far setpoints may drift, and what breaks beyond."""
    if not answer.drift:
        return ""
    told = "; ".join(drift_text(one, answer.problem.variables) for one in answer.drift)
    return f"One setpoint alone may drift before a target or another limit is lost: {told}."


def lines(answer: Answer) -> list[str]:
    """Return all of the answer in sentences."""
    with told_of(answer.problem.system):
        return _lines(answer)


def _lines(answer: Answer) -> list[str]:
    found = list(headline(answer))
    if answer.refusal is not None:
        found += refusal.infeasibility_lines(answer.refusal, answer.problem)
    found += [certainty_sentence(answer), yield_sentence(answer), acids_sentence(answer)]
    if answer.binding:
        found.append("What holds it back, and what relaxing it brings:")
        found += [f"  {binding_sentence(one, answer)}" for one in answer.binding]
    found.append(drift_sentence(answer))
    if answer.feasible and answer.scopes is not None:
        found += [costs_sentence(answer.evaluation, 0), *scope_lines(answer.scopes)]
    if answer.feasible:
        if answer.problem.system.is_cathode:
            found += impact_lines(answer.problem, answer.evaluation, 0)
            found += energy_lines(answer.problem.reagents)
        notes = words.warnings_of(answer.problem, answer.evaluation, 0)
        found += [f"Note: {one}" for one in (*notes, *selection_caveat(answer.problem, answer.evaluation, 0))]
    return [line for line in found if line]


def acid_reason(reason: str, experiments: int) -> str:
    """Say why an acid has no design: with the number of experiments near the feed."""
    return f"{reason} ({experiments})" if reason.startswith("too few") else reason or NOTHING
