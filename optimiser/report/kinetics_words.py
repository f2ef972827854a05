"""What `kinetics` says: activation energies, or why there are none, and what stands behind them."""

from __future__ import annotations

from optimiser.kinetics.literature import Literature
from optimiser.kinetics.simulate import FIXED
from optimiser.kinetics.study import Kinetics, MetalKinetics
from optimiser.report.columns import column
from optimiser.report.numbers import number

LAW = (
    "Avrami's law, x = 1 - exp(-(k t)^n): one exponent n per metal, a rate constant k per temperature. "
    "Temperature changes how fast curves rise, not how far: all would end at complete dissolution."
)
LACKS = (
    "the errors that the yield model's members share, the choice of the law, other conditions than these, "
    "and differences between solids (particle size, binder, pristine or spent)"
)
NOT_MEASURED = (
    "The surrogate predicts the curves; nobody measured them. An activation energy here says how the model's "
    "yields depend on temperature, over the mixed materials of its training data."
)


def contains(of: Kinetics) -> str:
    """Say what the intervals hold."""
    apart = f", and how far the {of.members} members of the yield model are apart" if of.members > 1 else ""
    return f"the scatter of the rate constants around their line, over these temperatures{apart}"


def what(of: Kinetics) -> str:
    """Name acid and feed."""
    return f"{of.curves.plan.acid.label} on {of.curves.plan.feed.name}"


def conditions_sentence(of: Kinetics) -> str:
    """Say what was simulated and which conditions stayed the same."""
    plan, held = of.curves.plan, []
    for chosen, source in ((True, "as set"), (False, "the median of the experiments")):
        named = [(column(name), plan.conditions[name]) for name in FIXED if (name in plan.chosen) is chosen]
        if named:
            values = ", ".join(f"{how.label} {value:g} {how.unit}" for how, value in named)
            held.append(f"{values} ({source})")
    return (
        f"{len(plan.temperature)} temperatures from {plan.temperature[0]:g} to {plan.temperature[-1]:g} °C, "
        f"{len(plan.time)} times from {plan.time[0]:g} to {plan.time[-1]:g} min; {', '.join(held)}. "
        f"{plan.experiments} experiments with this acid near this feed support it."
    )


def verdict(one: MetalKinetics) -> str:
    """Say the activation energy of a metal, or why there is none."""
    energy, low, high, free = (
        number(value, 1) for value in (one.line.energy, one.line.low, one.line.high, one.without_law)
    )
    slope = f"{energy} kJ/mol ({low} to {high})"
    if not one.reliable:
        return f"{one.metal}: no activation energy. The slope of {slope} is not one: {'; '.join(one.faults)}."
    fit = f"R2 {one.fit.r2:.3f} of the curves, {one.line.r2:.3f} of the line"
    return f"{one.metal}: {slope}; {fit}; {free} without a law."


def headline(of: Kinetics) -> str:
    """Say for how many metals there is an activation energy."""
    good, others = ([o.metal for o in of.metals if o.reliable is yes] for yes in (True, False))
    if not good:
        return f"The simulated curves of {what(of)} give no activation energy."
    few = f", not of {', '.join(others)}" if others else ""
    return f"Activation energies of {', '.join(good)}{few}: {what(of)}."


def literature_range(literature: Literature, metal: str) -> str:
    """Say what the literature measured for a metal, marked where an end of the range is of confidence C."""
    low, high = literature.range_of(metal)
    mark = " (partly confidence C)" if "C" in (low.confidence, high.confidence) else ""
    return f"{low.value:.0f}–{high.value:.0f} kJ/mol{mark}"


def literature_sentence(of: Kinetics, literature: Literature) -> str:
    """Say what the literature measured for each metal of the feed."""
    ranges = ", ".join(f"{o.metal} {literature_range(literature, o.metal)}" for o in of.metals)
    return f"Measured in the literature, whatever the acid and cathode: {ranges}."
