"""Which drivers matter together, where effects turn, and what raises each yield, in words."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from optimiser.explain.explanation import DesignExplanation, Explanation
from optimiser.explain.interactions import LEAST_SIZE, Pair
from optimiser.explain.setpoints import Raise, raises
from optimiser.explain.thresholds import Threshold
from optimiser.report.explain_words import driver_label, move_text, points, price_text

#: Pairs, and thresholds, that are told in words at most.
MOST_TOLD = 3
#: Other yields that a change moves by less than this, a fraction, are not named.
_NAMED_FROM = 0.005


def pair_label(of: Explanation, pair: int | Pair) -> str:
    """Return the names of two drivers: ``temperature and time``."""
    names = (pair.along, pair.at) if isinstance(pair, Pair) else of.interactions.names[pair]
    return " and ".join(driver_label(name, of.cases.system) for name in names)


def interaction_sentences(of: Explanation) -> list[str]:
    """Say which pairs of drivers matter together most, or that none does."""
    found, system = of.interactions, of.cases.system
    strongest = found.strongest()
    untold = int(np.isnan(found.size).all(axis=1).sum())
    said = []
    for p in strongest[:MOST_TOLD]:
        first, second = (driver_label(name, system) for name in found.names[p])
        k = int(np.nanargmax(found.size[p]))
        size, error = (100.0 * float(v[p, k]) for v in (found.size, found.error))
        said.append(
            f"{of.responses[k]}: what {first} does depends on {second}: moved together they change the yield "
            f"by {size:.1f} (±{error:.1f}) points more or less than the sum of both moved alone."
        )
    if not strongest:
        least = f"{100.0 * LEAST_SIZE:g} point"
        said.append(f"No pair of drivers matters together by {least} or more: effects add up.")
    if untold:
        said.append(
            f"Of {untold} of the {len(found.names)} pairs the training data tell nothing: no rows differ in "
            "both with all combinations within the data."
        )
    return said


def threshold_sentence(of: Explanation, one: Threshold) -> str:
    """Say one threshold with its interval; of one that was not found, nothing."""
    if one.kind is None:
        return ""
    variable = of.cases.variable(one.driver)
    unit = "" if variable is None else f" {variable.shown_unit}".rstrip()
    name = driver_label(one.driver, of.cases.system)
    near = f"{one.at:.3g}{unit} (90 % interval {one.low:.4g} to {one.high:.4g})"
    if one.kind == "jump":
        verb = "rises" if one.before > 0 else "falls"
        size = abs(100.0 * one.before)
        return f"{one.response}: the yield {verb} by {size:.1f} points where {name} passes {near}."
    if one.kind == "turn":
        first, then = ("rises", "falls") if one.before > 0 else ("falls", "rises")
        return (
            f"{one.response}: with {name} the yield {first} up to about {near}, then {then}: "
            f"{points(one.before)} points before, {points(one.after)} after."
        )
    return (
        f"{one.response}: the effect of {name} changes at about {near}: "
        f"{points(one.before)} points below, {points(one.after)} above."
    )


def threshold_sentences(of: Explanation) -> list[str]:
    """Say the thresholds with the largest effects, and why others have none."""
    found = [one for one in of.thresholds if one.kind is not None]
    found.sort(key=lambda one: -max(abs(one.before), abs(one.after)))
    said = [threshold_sentence(of, one) for one in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        said.append(f"The table lists {len(found) - MOST_TOLD} more.")
    if not found:
        said.append("No threshold found: no effect of a setpoint or of a number of the feed clearly turns.")
    short = [
        driver_label(driver, of.cases.system)
        for driver, ones in groupby(of.thresholds, key=lambda one: one.driver)
        if not any(one.looked_for for one in ones)
    ]
    if short:
        listed = ", ".join(short)
        said.append(
            f"Too few neighbouring values were tried with the same choices to look for one: {listed}."
        )
    return said


def raised(of: Explanation, d: DesignExplanation) -> tuple[Raise | None, ...]:
    """Return what raises each yield of a design most."""
    return raises(d.problem, d.evaluation, d.sweeps, of.responses)


def raise_sentence(of: Explanation, d: DesignExplanation, response: str, change: Raise | None) -> str:
    """Say which setpoint change raises one yield most, and what it costs in the other yields."""
    if change is None:
        return f"{response}: no single setpoint change inside the applicability domain raises its yield."
    to = 100.0 * float(change.after.yields[change.row, change.column])
    others = [
        f"{other} {points(float(change.gain[k]))}"
        for other, k in zip(of.responses, of.columns, strict=True)
        if other != response and abs(change.gain[k]) >= _NAMED_FROM
    ]
    said = (
        f"{response}: the {change.variable.label} {move_text(change)} raises it most, by "
        f"{100.0 * change.own:.1f} points to {to:.1f} %"
    )
    said += f"; with it {', '.join(others)} points" if others else "; the other yields hardly change"
    price = price_text(d, change.after, change.row)
    return f"{said}; {price}." if price else f"{said}."


def raise_sentences(of: Explanation) -> list[str]:
    """Say what raises each yield of the design most; nothing without a design."""
    d = of.design
    if d is None:
        return []
    return [
        raise_sentence(of, d, response, change)
        for response, change in zip(of.responses, raised(of, d), strict=True)
    ]
