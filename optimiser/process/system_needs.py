"""What a sum of a system's leach may need, and what to say where it is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from optimiser.chemistry.metals import METALS
from optimiser.systems.reagents import CONCENTRATION, PH, Solute, reagent_choice
from optimiser.systems.system import Option, System

if TYPE_CHECKING:
    from optimiser.process.system_inputs import SystemInputs

TEMPERATURE, SOLIDS, TIME, PEROXIDE = "temperature", "solid_liquid_ratio", "time", "h2o2"
#: What each setpoint that the sums look at is called, and the units in which they read it.
ROLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    TEMPERATURE: ("a temperature", ("degC",)),
    SOLIDS: ("a solid-to-liquid ratio", ("g/L",)),
    TIME: ("a time", ("min",)),
    CONCENTRATION: ("a concentration", ("mol/L",)),
    PEROXIDE: ("a strength of peroxide", ("wt%",)),
    PH: ("a pH", ("-", "")),
}
#: Units in which a setpoint may say how strong a reagent is.
STRENGTHS = ("mol/L", "wt%")
#: What is missing where only a cathode has it.
OF_CATHODES = "the stoichiometry of a cathode, which this system does not have"


def unit_of(system: System, setpoint: str) -> str | None:
    """Return the unit of a setpoint; None where the system lacks it."""
    return next((v.unit for v in system.variables if v.name == setpoint), None)


def _role(setpoint: str) -> Callable[[SystemInputs], str]:
    what, units = ROLES[setpoint]

    def lacking(inputs: SystemInputs) -> str:
        unit = unit_of(inputs.system, setpoint)
        if unit in units:
            return ""
        has = "which this system lacks" if unit is None else f"which this system gives in {unit}"
        return f"{what} in {units[0]} (setpoint `{setpoint}`), {has}"

    return lacking


def _dose(inputs: SystemInputs) -> str:
    """Say why the mass of the reagent is not known."""
    return next((said for option in inputs.options if (said := dose_of(inputs, option))), "")


def dose_of(inputs: SystemInputs, option: Option) -> str:
    """Say why the mass of an option's reagent is not known; nothing where it is."""
    solute = inputs.solutes[inputs.options.index(option)]
    if solute is None:
        return (
            "the reagent, which nothing tells: write `reagent: {acid: ...}` in the system's file, or "
            "`acid: ...` at a value of a choice"
        )
    if not solute.known:
        return f"the molar mass of {solute.name}: {_write(solute, 'acid', 'molar_mass')}"
    setpoint = inputs.setpoint_of(solute)
    unit = unit_of(inputs.system, setpoint)
    if unit is None or (setpoint != PH and unit not in STRENGTHS):
        has = "which this system lacks" if unit is None else f"which is in {unit}"
        return f"the strength of {solute.name} in mol/L or wt% (setpoint `{setpoint}`), {has}"
    if setpoint == PH and not solute.usable_protons > 0.0:
        return f"the protons of {solute.name}: {_write(solute, 'usable_protons')}"
    if option.name in inputs.undosed:
        return (
            f"the strength of {solute.name}: {setpoint} is 0 in all of its rows. {_write(solute, 'setpoint')}"
        )
    return ""


def _write(solute: Solute, *keys: str) -> str:
    wanted = " or ".join(f"`{solute.key}.{key}`" for key in keys)
    return f"add {wanted} to the system's file and train again, or leave {solute.name} out of the search"


def _number(name: str, what: str) -> Callable[[SystemInputs], str]:
    def lacking(inputs: SystemInputs) -> str:
        for solute in inputs.solutes:
            if solute is not None and np.isnan(getattr(solute, name)):
                return f"{what} of {solute.name}: {_write(solute, name)}"
        return _dose(inputs)

    return lacking


def _consumption(inputs: SystemInputs) -> str:
    if inputs.acid_consumption is None:
        return (
            "what the feed takes of acid: write `process: {acid_consumption: {value: ..., unit: kg/t}}`, or "
            "`acid_consumption` in the system's file"
        )
    return _number("usable_protons", "the protons")(inputs)


def _peroxide_unit(inputs: SystemInputs) -> str:
    return "" if PEROXIDE not in inputs.system.names else _role(PEROXIDE)(inputs)


def _assay(inputs: SystemInputs) -> str:
    if inputs.feed.metal_mass.sum() > 0.0:
        return ""
    responses = ", ".join(f"{r}: ..." for r in inputs.system.responses[:2])
    name = inputs.feed.name
    return f"the assay of {name}: write `feed: {{name: {name}, assay: {{{responses}}}}}` in wt%"


def _value(inputs: SystemInputs) -> str:
    if (inputs.metal_value > 0.0).any():
        return ""
    return _assay(inputs) or f"a metal whose price is known: {', '.join(METALS)}"


#: What a sum may need, and why it cannot be had: nothing where it can.
PARTS: Mapping[str, Callable[[SystemInputs], str]] = {
    **{role: _role(role) for role in (TEMPERATURE, SOLIDS, TIME, CONCENTRATION, PEROXIDE)},
    "dose": _dose,
    "price": _number("price", "the price"),
    "climate": _number("climate_change", "the climate change"),
    "consumption": _consumption,
    "bought": _peroxide_unit,
    "assay": _assay,
    "value": _value,
}


def notes(inputs: SystemInputs) -> Iterable[str]:
    """Yield what a reader of the sums has to know: what was recognised, estimated and left out."""
    if inputs.system.spec.warning:
        yield inputs.system.spec.warning
    solutes = list({s.name: s for s in inputs.solutes if s is not None}.values())
    yield from (solute.told for solute in solutes if solute.told)
    if not inputs.has(SOLIDS):
        return
    by_ph = [s.name for s in solutes if inputs.setpoint_of(s) == PH]
    if by_ph and inputs.has("dose"):
        yield (
            f"The amount of {', '.join(by_ph)} is an estimate from the pH: what gives 10^-pH mol/L of "
            "protons at the start, without what the feed takes."
        )
    if inputs.acid_consumption is None:
        yield "Neutralisation of the free acid is not counted: `acid_consumption` would say what is left."
    said = inputs.system.spec.choices
    reagent = reagent_choice(inputs.system.spec, values_of(inputs.system))
    left = [
        choice
        for choice, values in zip(inputs.system.choices, inputs.system.values, strict=True)
        if choice != reagent and len(values) > 1 and not any(v.heat for v in said[choice].values.values())
    ]
    if left:
        yield (
            f"What {' and '.join(left)} takes is in no sum: `heat:` of its values, kWh per t of feed, in the "
            "system's file would count."
        )
    unpriced = [
        r
        for r, value, there in zip(
            inputs.system.responses, inputs.metal_value, inputs.feed.metal_mass > 0.0, strict=True
        )
        if there and r not in METALS and (inputs.metal_value > 0.0).any() and not value
    ]
    if unpriced:
        yield f"Net value leaves out {', '.join(unpriced)}, whose price is not known."
    yield "Density and heat capacity of the solid are those of the process parameters, as for cathodes."


def values_of(system: System) -> dict[str, tuple[str, ...]]:
    """Return the values of each choice of a system."""
    return dict(zip(system.choices, system.values, strict=True))
