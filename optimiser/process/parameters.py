"""The process model's parameters: plain numbers to compute with, quantities to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.energy import CHOICES, EnergyChoice
from optimiser.chemistry.quantity import Quantity, Sourced, read_quantities
from optimiser.chemistry.reagents import load_reagents
from optimiser.chemistry.tables import shipped
from optimiser.process.plant_parameters import PLANT_NAMES, SCOPES, PlantParameters, plant_parameters

#: Parameters that something is divided by.
_ABOVE_ZERO = ("solid_density", "fill_fraction")
#: The neutraliser that leaves the free acid as it is.
NO_BASE = "none"
#: What is done about the impurities in the leachate: nothing, or a base that precipitates their hydroxides.
REMOVALS: tuple[str, ...] = ("none", "hydroxide")


@dataclass(frozen=True)
class ProcessParameters:
    """Numbers of the plant; units, ranges and sources are in ``models/process.yaml``.

    ``neutraliser`` is the base that takes up the free acid left after leaching, or ``none``: a name of
    `neutralisers`. ``impurity_removal`` is one of `REMOVALS`. ``given`` holds the numbers that a problem
    gives itself, with their ranges where they have one. ``plant`` is what surrounds the leach, where the
    scope is the plant.
    """

    ambient_temperature: float
    liquid_heat_capacity: float
    solid_heat_capacity: float
    solid_density: float
    mixing_power: float
    heat_loss: float
    heat_recovery: float
    filling_time: float
    emptying_time: float
    fill_fraction: float
    wash_water: float
    peroxide_loss: float
    peroxide_strength: float
    peroxide_limit: float
    peroxide_enthalpy: float
    peroxide_cooling: float
    nox_limit: float
    copper_dissolved: float
    aluminium_dissolved: float
    iron_dissolved: float
    neutraliser: str = "sodium_hydroxide"
    impurity_removal: str = REMOVALS[0]
    given: Mapping[str, Sourced] = field(default_factory=dict, compare=False)
    plant: PlantParameters | None = None


#: What to do about a name that is none of a choice's.
_INSTEAD: Mapping[str, str] = {
    "neutraliser": "name a base of the list, or none to leave the free acid as it is",
    "impurity_removal": "write `hydroxide` to count its base and residue, or `none` to leave impurities in",
}


def choices() -> dict[str, tuple[str, ...]]:
    """Return the parameters that are a name, not a number, with the names that each can have."""
    return {"neutraliser": neutralisers(), "impurity_removal": REMOVALS}


def neutralisers() -> tuple[str, ...]:
    """Return the bases of ``models/reagents.yaml``, and ``none``."""
    return (*load_reagents().bases, NO_BASE)


@cache
def parameter_quantities() -> Mapping[str, Quantity]:
    """Return the shipped parameters with unit, range and source, by name."""
    return read_quantities(shipped("process.yaml"), "parameters")


def process_parameters(
    overrides: Mapping[str, float | str | Sourced | EnergyChoice] | None = None,
) -> ProcessParameters:
    """Return the shipped parameters with some of them replaced.

    Args:
        overrides: numbers, or numbers with a range, by name; and the base. Choices of energy are passed over;
            the scope, and with the scope ``plant`` its throughput and what else is known of it.

    Raises:
        InputError: an unknown name or scope, or a number outside (0 .. 10 x the top of) the stated range;
            hydroxides without a base; a plant without throughput, or numbers of a plant without its scope.
    """
    values: dict[str, Any] = {name: q.value for name, q in parameter_quantities().items()}
    known = [*values, *choices(), *CHOICES, "scope", *PLANT_NAMES]
    given: dict[str, Sourced] = {}
    for name, value in (overrides or {}).items():
        if isinstance(value, EnergyChoice):  # changes the reagents, see `chemistry.energy.supplied`
            continue
        if name == "scope" or name in PLANT_NAMES:
            continue
        if name in choices():
            chosen = str(value.value if isinstance(value, Sourced) else value)
            _check_known(name.replace("_", " "), chosen, choices()[name], f"process.{name}", _INSTEAD[name])
        else:
            _check_known("process parameter", name, known, f"process.{name}")
            if name in CHOICES:
                raise InputError(
                    f"{name} is no number.", where=f"process.{name}", allowed="a choice of energy"
                )
            _check_unit(name, value)
            for end in (*value.range(), value.value) if isinstance(value, Sourced) else (value,):
                _check_magnitude(name, end)
            given[name] = value if isinstance(value, Sourced) else Sourced(value=float(value))
        values[name] = given[name].value if name in given else value
    if values.get("impurity_removal") == "hydroxide" and values.get("neutraliser") == NO_BASE:
        raise InputError(
            "Impurities cannot be removed as hydroxides without a base.",
            where="process.impurity_removal",
            allowed="a neutraliser: " + ", ".join(load_reagents().bases),
            remedy="choose a neutraliser, or write `impurity_removal: none`",
        )
    found = ProcessParameters(**values, given=given, plant=_plant(overrides or {}))
    if found.plant is not None and found.neutraliser == NO_BASE and found.plant.precipitated > 0.0:
        raise InputError(
            "At plant scope the metals are precipitated with a base, but the neutraliser is none.",
            where="process.neutraliser",
            allowed=", ".join(load_reagents().bases),
            remedy="name a base, or write `precipitated: 0` where solvent extraction takes the metals",
        )
    return found


def _plant(overrides: Mapping[str, float | str | Sourced | EnergyChoice]) -> PlantParameters | None:
    """Return the plant of a problem; None at the scope of reagents, where its numbers are left aside."""
    scope = overrides.get("scope", SCOPES[0])
    if scope not in SCOPES:
        named = scope.value if isinstance(scope, Sourced) else scope
        raise InputError(
            f"There is no scope {named!r}.",
            where="process.scope",
            allowed=", ".join(SCOPES),
            remedy=closest(str(named), SCOPES) or "plant takes the plant around the leach into the cost",
        )
    own = {
        name: value
        for name, value in overrides.items()
        if name in PLANT_NAMES and not isinstance(value, EnergyChoice)
    }
    if scope == "plant":
        return plant_parameters(own)
    if own and "scope" not in overrides:
        name = next(iter(own))
        raise InputError(
            f"Process parameter {name} counts at plant scope only.",
            where=f"process.{name}",
            allowed="`scope: plant` beside it, or `scope: reagents` to leave it aside",
            remedy="add `scope: plant` under process:",
        )
    return None


def _check_known(what: str, name: str, known: Sequence[str], where: str, instead: str = "") -> None:
    if name not in known:
        raise InputError(
            f"There is no {what} {name!r}.",
            where=where,
            allowed=", ".join(known),
            remedy=closest(name, known) or instead or "optimiser list parameters",
        )


def _check_unit(name: str, value: float | str | Sourced) -> None:
    written, unit = getattr(value, "unit", None), parameter_quantities()[name].unit
    if written is not None and written != unit:
        raise InputError(
            f"The unit {written!r} is not one of {name}.",
            where=f"process.{name}",
            allowed=unit,
            remedy=f"convert the number to {unit}",
        )


def _check_magnitude(name: str, value: float | str) -> None:
    quantity = parameter_quantities()[name]
    top = 1.0 if quantity.unit == "fraction" else 10.0 * (quantity.high or quantity.value)
    possible = isinstance(value, int | float) and 0.0 <= value <= top
    if not possible or (value == 0.0 and name in _ABOVE_ZERO):
        raise InputError(
            f"Process parameter {name} = {value!r} {quantity.unit} is not possible.",
            where=f"process.{name}",
            allowed=f"{'above 0' if name in _ABOVE_ZERO else '0'} to {top:g} {quantity.unit}; "
            f"usual {quantity.low:g} to {quantity.high:g}",
            remedy=f"write a number in {quantity.unit}, without quotes"
            if isinstance(value, str)
            else f"check the unit: {name} is in {quantity.unit}",
        )
