"""What is said of the kinetics of an acid: on the page, on the screen and in JSON alike."""

from __future__ import annotations

import math
from typing import Any

from optimiser.kinetics.frames import constants_frame, energies_frame
from optimiser.kinetics.literature import Literature
from optimiser.kinetics.simulate import FIXED
from optimiser.kinetics.study import Kinetics, MetalKinetics
from optimiser.report.columns import column
from optimiser.variables import VARIABLES

LAW = (
    "Avrami's law, x = 1 - exp(-(k t)^n): one exponent n per metal, a rate constant k per temperature. "
    "Temperature changes how fast curves rise, not how far: all would end at complete dissolution."
)
LACKS = (
    "the errors that the yield model's members share, the choice of the law, other conditions than these, "
    "and differences between solids (particle size, binder, pristine or spent)"
)
NOT_MEASURED = (
    "The curves are the surrogate's, not measured: an activation energy here says how the model's yields "
    "answer to temperature, over the mixed materials of its training data."
)


def contains(of: Kinetics) -> str:
    """Say what the intervals hold."""
    apart = f", and how far the {of.members} members of the yield model are apart" if of.members > 1 else ""
    return f"the scatter of the rate constants around their line, over these temperatures{apart}"


def what(of: Kinetics) -> str:
    """Name acid and feed."""
    return f"{of.curves.plan.acid.label} on {of.curves.plan.feed.name}"


def conditions(of: Kinetics) -> str:
    """Say what was simulated and which conditions stayed the same."""
    plan = of.curves.plan
    held = []
    for names, source in (
        ([name for name in FIXED if name in plan.chosen], "as set"),
        ([name for name in FIXED if name not in plan.chosen], "the median experiment's"),
    ):
        named = [(column(name), plan.conditions[name]) for name in names]
        values = ", ".join(f"{how.label} {value:g} {how.unit}" for how, value in named)
        held += [f"{values} ({source})"] if values else []
    return (
        f"{len(plan.temperature)} temperatures from {plan.temperature[0]:g} to {plan.temperature[-1]:g} °C, "
        f"{len(plan.time)} times from {plan.time[0]:g} to {plan.time[-1]:g} min; {', '.join(held)}. "
        f"{plan.experiments} experiments stand behind this acid near this feed."
    )


def verdict(one: MetalKinetics) -> str:
    """Say the activation energy of a metal, or why there is none."""
    slope = f"{_number(one.line.energy)} kJ/mol ({_number(one.line.low)} to {_number(one.line.high)})"
    if not one.reliable:
        return f"{one.metal}: no activation energy, the slope of {slope} is not one: {'; '.join(one.faults)}."
    fit = f"R2 {one.fit.r2:.3f} of the curves, {one.line.r2:.3f} of the line"
    return f"{one.metal}: {slope}; {fit}; {_number(one.without_law)} without a law."


def headline(of: Kinetics) -> str:
    """Say for how many metals there is an activation energy."""
    good = [one.metal for one in of.metals if one.reliable]
    if not good:
        return f"No activation energy can be read off the simulated curves of {what(of)}."
    few = "" if len(good) == len(of.metals) else f", not of {', '.join(_others(of, good))}"
    return f"Activation energies of {', '.join(good)}{few}: {what(of)}."


def _others(of: Kinetics, good: list[str]) -> list[str]:
    return [one.metal for one in of.metals if one.metal not in good]


def _number(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")


def literature_range(literature: Literature, metal: str) -> str:
    """Say what the literature measured for a metal, marked where an end of the range is of confidence C."""
    low, high = literature.range_of(metal)
    mark = " (partly confidence C)" if "C" in (low.confidence, high.confidence) else ""
    return f"{low.value:.0f}–{high.value:.0f} kJ/mol{mark}"


def lines(of: Kinetics, literature: Literature) -> list[str]:
    """Return the summary for a terminal."""
    ranges = ", ".join(f"{o.metal} {literature_range(literature, o.metal)}" for o in of.metals)
    return [
        headline(of),
        conditions(of),
        "",
        *(verdict(one) for one in of.metals),
        "",
        f"In brackets the {100 * of.metals[0].line.level:.0f} % confidence interval of the slope. It holds "
        f"{contains(of)}.",
        f"It does not hold {LACKS}.",
        NOT_MEASURED,
        *(f"Note: {note}" for note in of.notes),
        f"Measured in the literature, whatever the acid and cathode: {ranges}.",
    ]


def as_json(of: Kinetics, literature: Literature) -> dict[str, Any]:
    """Return the answer for a script; ``activation_energy`` is null wherever the slope is none."""
    plan = of.curves.plan
    energies = energies_frame(of, literature).set_index("metal").to_dict("index")
    constants = constants_frame(of)
    metals = {}
    for one in of.metals:
        ks = constants.loc[constants["metal"] == one.metal, ["temperature", "k"]].to_dict("records")
        metals[one.metal] = {**energies[one.metal], "why_not": list(one.faults), "constants": ks}
    found = {
        "feed": plan.feed.name,
        "acid": plan.acid.name,
        "conditions": dict(plan.conditions),
        "set": sorted(plan.chosen),
        "temperature": plan.temperature.tolist(),
        "time": plan.time.tolist(),
        "units": {"energies": "kJ/mol", "k": "1/min", **{v.name: v.unit for v in VARIABLES}},
        "experiments": plan.experiments,
        "simulated_outside_domain": int((~of.curves.inside).sum()),
        "interval": {
            "level": of.metals[0].line.level,
            "contains": contains(of),
            "does_not_contain": LACKS,
        },
        "law": LAW,
        "metals": metals,
        "notes": [NOT_MEASURED, *of.notes],
    }
    plain: dict[str, Any] = _plain(found)
    return plain


def _plain(value: Any) -> Any:
    """Turn NaN into null, all the way down."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
