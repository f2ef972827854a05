"""The report of `kinetics`: the sentences on the page and on the screen, its files, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimiser.chemistry.acids import choose_acid
from optimiser.chemistry.feeds import find_feed
from optimiser.chemistry.reagents import load_acids
from optimiser.kinetics.frames import constants_frame, curves_frame, energies_frame
from optimiser.kinetics.literature import Literature, load_literature
from optimiser.kinetics.simulate import FIXED, plan_curves
from optimiser.kinetics.study import Kinetics, MetalKinetics, study
from optimiser.report.columns import column
from optimiser.report.deliver import Delivery, check_folder, deliver
from optimiser.report.manifest import given, made_with, plain_json
from optimiser.report.numbers import number
from optimiser.report.write import default_out
from optimiser.surrogate.artefact import load_surrogate
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
    "The surrogate predicts the curves; nobody measured them. An activation energy here says how the model's "
    "yields depend on temperature, over the mixed materials of its training data."
)


def write_kinetics(
    acid: str,
    feed: str = "NMC111",
    *,
    temperature: Sequence[float] = (),
    time: Sequence[float] = (),
    conditions: Mapping[str, float] | None = None,
    surrogate: str = "pd-gbr",
    out: Path | None = None,
    force: bool = False,
    options: Mapping[str, Any] | None = None,
) -> tuple[Kinetics, Delivery]:
    """Simulate curves, fit the law and write page, tables and manifest.

    Args:
        acid, feed: names of known ones.
        temperature, time, conditions: as of `plan_curves`.
        surrogate: name or folder of the yield model.
        out: folder to write; ``reports/kinetics_FEED_ACID/TIME/`` if left out.
        force: replace an existing ``out``.
        options: as the user typed them, for the manifest.

    Raises:
        InputError: anything wrong with acid, feed, conditions or folder, before any prediction.
    """
    from optimiser.report.cards.kinetics import kinetics_cards

    if out is not None:
        check_folder(out, force)
    model = load_surrogate(surrogate, where=f"--surrogate {surrogate}")
    plan = plan_curves(
        model,
        find_feed(feed, where=f"--feed {feed}"),
        choose_acid(acid, load_acids(), where="--acid"),
        temperature=temperature,
        time=time,
        conditions=conditions,
    )
    of, literature = study(model, plan), load_literature()
    pinned = {**made_with(model), "options": given(options or {})}
    delivery = deliver(
        out or default_out(f"kinetics_{plan.feed.name}_{plan.acid.name}"),
        manifest=pinned,
        cards=kinetics_cards(of, literature, pinned),
        tables={
            "energies.csv": energies_frame(of, literature),
            "constants.csv": constants_frame(of),
            "curves.csv": curves_frame(of),
        },
        title=f"Leaching kinetics: {what(of)}",
        name=f"kinetics of {plan.acid.name}, {plan.feed.name}",
        force=force,
    )
    return of, delivery


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


def lines(of: Kinetics) -> list[str]:
    """Return the summary for a terminal."""
    return [
        headline(of),
        conditions_sentence(of),
        "",
        *(verdict(one) for one in of.metals),
        "",
        f"In brackets: the {100 * of.metals[0].line.level:.0f} % confidence interval of the slope.",
        f"It contains {contains(of)}.",
        f"It does not contain {LACKS}.",
        NOT_MEASURED,
        *(f"Note: {note}" for note in of.notes),
        literature_sentence(of, load_literature()),
    ]


def as_json(of: Kinetics) -> dict[str, Any]:
    """Return the answer for a script; ``activation_energy`` is null wherever the slope is none."""
    plan = of.curves.plan
    energies = energies_frame(of, load_literature()).set_index("metal").to_dict("index")
    constants = constants_frame(of)
    found: dict[str, Any] = plain_json(
        {
            "artefact": {"name": of.surrogate.name, "sha256": of.surrogate.sha256},
            "feed": plan.feed.name,
            "acid": plan.acid.name,
            "conditions": plan.conditions,
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
            "metals": {
                one.metal: {
                    **energies[one.metal],
                    "why_not": one.faults,
                    "constants": constants[constants["metal"] == one.metal][["temperature", "k"]].to_dict(
                        "records"
                    ),
                }
                for one in of.metals
            },
            "notes": [NOT_MEASURED, *of.notes],
        }
    )
    return found
