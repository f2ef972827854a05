"""What `explain` says: what drives the yields of a design, and which setpoint would raise the lowest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.explain.explanation import DesignExplanation, Explanation
from optimiser.explain.setpoints import (
    Change,
    Raise,
    best_change,
    cost_metric,
    counting,
    limiting,
    lowest_counting,
    thrifty_changes,
)
from optimiser.problem.bound import Evaluation
from optimiser.problem.bounds import bound_label
from optimiser.problem.constraints import label as label_of
from optimiser.problem.metrics import METRICS
from optimiser.report import words
from optimiser.report.columns import column
from optimiser.report.numbers import signed
from optimiser.systems.system import System
from optimiser.systems.words import vocabulary
from optimiser.tables.one_design import OneDesign

#: Points of yield that a driver must add or take to be named, and drivers named each way at most.
NAMED_FROM, MOST_NAMED = 1.0, 2


@dataclass(frozen=True)
class Explained:
    """What a report of `explain` is about.

    Attributes:
        of: the model explained, and the design.
        asked: the design as it was asked for, or None.
    """

    of: Explanation
    asked: OneDesign | None = None


def driver_label(driver: str, system: System) -> str:
    """Return a driver's name as a person reads it."""
    if driver in system.column:
        return system.variables[system.column[driver]].label
    if driver in system.choices and not system.is_cathode:
        return system.spec.choices[driver].label or driver.replace("_", " ")
    return driver


def driver_heading(driver: str, system: System) -> str:
    """Return a driver's name with its unit, for an axis: ``time [min]``."""
    label = driver_label(driver, system)
    unit = system.variables[system.column[driver]].shown_unit if driver in system.column else ""
    return f"{label} [{unit}]" if unit else label


def points(value: float) -> str:
    """Say a difference of yields, a fraction, in points with its sign: ``+9.2``."""
    return signed(100.0 * value, 1)


def driver_phrases(of: DesignExplanation) -> tuple[str, ...]:
    """Return what each driver is in this design, in the order of the drivers."""
    problem, designs = of.problem, of.evaluation.designs
    system, option, said = problem.system, problem.acids[int(designs.acid[0])], {"acid": ""}
    if system.is_cathode:
        said["acid"] = option.label
    else:
        values = zip(system.choices, getattr(option, "values", ()), strict=True)
        said |= {choice: f"{driver_label(choice, system)} {value}" for choice, value in values}
        said |= {
            column: f"{column} of {value:g} in the feed"
            for column, value in zip(system.feed_columns, problem.feed.place, strict=True)
        }
    for variable, value in zip(problem.variables, designs.continuous[0], strict=True):
        said[variable.name] = f"the {variable.label} of {value:g} {variable.shown_unit}".rstrip()
    if system.is_cathode:
        peroxide = designs.h2o2[0]
        said["h2o2"] = f"{peroxide:g} wt% hydrogen peroxide" if peroxide > 0 else "the lack of peroxide"
    said["feed"] = f"the feed {problem.feed.name}"
    return tuple(said[driver] for driver in of.case.names)


def yield_sentence(metal: str, prediction: float, base: float, drivers: Sequence[tuple[str, float]]) -> str:
    """Say what drives one yield.

    Args:
        metal: whose yield.
        prediction: the yield, a fraction.
        base: the mean over the background, a fraction.
        drivers: what each driver is, with its Shapley value as a fraction.
    """
    difference = 100.0 * (prediction - base)
    side = "above" if difference > 0 else "below"
    beside = "about as much as" if abs(difference) < 0.5 else f"{abs(difference):.0f} points {side}"
    said = f"{metal}: {100.0 * prediction:.0f} %, {beside} the background's mean of {100.0 * base:.0f} %."
    named = [(text, value) for text, value in drivers if abs(100.0 * value) >= NAMED_FROM]
    for verb, sign in (("Raised", 1.0), ("Lowered", -1.0)):
        these = sorted((d for d in named if sign * d[1] > 0), key=lambda d: -abs(d[1]))[:MOST_NAMED]
        if these:
            listed = " and ".join(f"{text} ({points(value)})" for text, value in these)
            said += f" {verb} most by {listed}."
    return said if named else said + " No driver changes it by a point or more."


def yield_sentences(of: Explanation) -> list[str]:
    """Say what drives each yield of the design, one sentence per metal; nothing without a design."""
    if of.design is None:
        return []
    values, phrases, said = of.design.values, driver_phrases(of.design), []
    for metal, k in zip(of.responses, of.columns, strict=True):
        if np.isnan(values.base[k]):
            said.append(f"{metal}: no row of the background has it, so there is nothing to compare with.")
            continue
        drivers = list(zip(phrases, values.values[0, :, k].tolist(), strict=True))
        said.append(yield_sentence(metal, float(values.prediction[0, k]), float(values.base[k]), drivers))
    return said


def limiting_sentence(of: DesignExplanation) -> str:
    """Say which yield is the lowest."""
    lowest = 100.0 * lowest_counting(of.problem, of.evaluation.yields)[0]
    some = len(counting(of.problem)) < len(of.problem.responses)
    end = "the lowest of those that are asked for" if some else "the lowest"
    return f"{_limits_now(of)} limits: its yield of {lowest:.0f} % is {end}."


def change_sentences(of: DesignExplanation) -> list[str]:
    """Say which setpoint change most raises the lowest yield, which gains most for its cost, and how sure."""
    best = best_change(of.sweeps)
    if best is None:
        return ["No change of a single setpoint inside the applicability domain raises the lowest yield."]
    now, metal = float(lowest_counting(of.problem, of.evaluation.yields)[0]), _limits_now(of)
    said = [
        f"Of all single setpoint changes inside the applicability domain, the {best.variable.label} "
        f"{move_text(best)} raises it most: the model predicts that the lowest yield goes from "
        f"{100.0 * now:.1f} to {100.0 * best.lowest_yield:.1f} %{_then_limits(of, best)}.",
    ]
    if price := price_text(of, best.after, best.row):
        said.append(f"With it, {price}.")
    k = of.problem.responses.index(metal)
    half = float(of.evaluation.yields_high[0, k] - of.evaluation.yields_low[0, k]) / 2.0
    if best.gain < half:
        said.append(
            f"That gain of {100.0 * best.gain:.1f} points is less than the uncertainty of {metal}'s "
            f"yield (half its 90 % interval is {100.0 * half:.1f} points): test it before you rely on it."
        )
    thrifty, lead = thrifty_changes(of.sweeps)[:2], "Best value"
    for change in thrifty:
        free, unit = bool(np.isinf(change.per_cost)), column(cost_metric(of.problem) or "cost").unit
        rate = "at no extra cost" if free else f"{100.0 * change.per_cost:.3g} points per {unit}"
        if change == best and change is thrifty[0]:
            said.append(f"It is also the best value: {rate}.")
        else:
            said.append(
                f"{lead} ({rate}) is the {change.variable.label} {move_text(change)}: the lowest yield goes "
                f"to {100.0 * change.lowest_yield:.1f} %, {100.0 * change.gain:.1f} points more"
                f"{_then_limits(of, change)}; {price_text(of, change.after, change.row)}."
            )
        if not free:  # of one that is free, the next is said as well
            break
        lead = "Next best"
    return said


def _limits_now(of: DesignExplanation) -> str:
    return limiting(of.problem, of.evaluation.yields[0])


def _then_limits(of: DesignExplanation, change: Change) -> str:
    return "" if change.limiting == _limits_now(of) else f" ({change.limiting} then limits)"


def price_text(of: DesignExplanation, after: Evaluation, row: int) -> str:
    """Say what a change does to cost and climate change; nothing of a system that has neither."""
    before, said = of.evaluation.metrics, []
    cost = cost_metric(of.problem)
    names = {} if cost is None else {cost: f"{METRICS[cost].label} goes"}
    for metric, name in (names | {"climate_change": "climate change"}).items():
        if metric in before:
            how = column(metric)
            said.append(
                f"{name} from {how.said(before[metric][0])} to {how.said(after.metrics[metric][row])}"
            )
    return " and ".join(said)


def move_text(change: Change | Raise) -> str:
    """Say one change of one setpoint: ``from 43 to 50.5 °C``."""
    return f"from {change.now:g} to {change.to:g} {change.variable.shown_unit}".rstrip()


def ranking_sentence(of: Explanation) -> str:
    """Say which drivers move the yields most over the ranked anchors."""
    ranked = [driver_label(driver, of.cases.system) for driver in of.ranking().index]
    first, said = ranked[0], f"Over {len(of.cases)} rows of the model's training data"
    if len(ranked) < 3:
        return f"{said}, {first} changes the predicted yields most."
    return (
        f"{said}, {first} changes the predicted yields most, "
        f"then {ranked[1]}; {ranked[-1]} changes them least."
    )


def mismatch(found: Explained) -> list[str]:
    """Say that the front has other yields than this model, if so: nothing else counts before that."""
    if found.asked is None or found.of.design is None:
        return []
    design = found.of.design
    changed = ", ".join(found.asked.differs(design.evaluation.yields[0].tolist()))
    if not changed:
        return []
    if found.asked.bare and design.problem.tolerances:
        why = "it was made before yields were taken over tolerances. Run its config again"
        return [f"The front has other yields of {changed}: {why}."]
    why = "it was made with another model or for another feed"
    return [f"The front has other yields of {changed} than this model: {why}."]


def cautions(of: Explanation) -> list[str]:
    """Say what must be known of the design before acting on it, beside `mismatch`."""
    if of.design is None:
        return []
    problem, evaluation, said = of.design.problem, of.design.evaluation, []
    acid = int(evaluation.designs.acid[0])
    if float(evaluation.domain_distance[0]) > 1.0:
        said.append(
            "The design is outside the applicability domain: its yields, and what drives them, are guesses."
        )
    for name, margin in evaluation.margins.items():
        if margin[0] < 0.0 and name != "applicability_domain" and not name.startswith("yield_"):
            kind = "the problem" if bound_label(name) else "chemistry"
            said.append(f"The design breaks a limit of {kind}: {label_of(name)}.")
    bounds = zip(problem.lower[acid], problem.upper[acid], evaluation.designs.continuous[0], strict=True)
    for variable, (low, high, value) in zip(problem.variables, bounds, strict=True):
        if not low - 1e-9 <= value <= high + 1e-9:
            span = f"{low:g} to {high:g}" if high > low else f"{low:g}"
            unit, whose = f" {variable.shown_unit}".rstrip(), vocabulary(problem.system).option
            said.append(
                f"Its {variable.label} of {value:g}{unit} is outside the {span}{unit} that the problem and "
                f"the {whose}'s data allow."
            )
    return [*said, *words.warnings_of(problem, evaluation, 0)]
