"""The process model's parameters: plain numbers to compute with, quantities to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.quantity import Quantity, Sourced, read_quantities
from optimiser.chemistry.reagents import load_reagents
from optimiser.chemistry.tables import shipped

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
    gives itself, with their ranges where they have one.
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


def process_parameters(overrides: Mapping[str, float | str | Sourced] | None = None) -> ProcessParameters:
    """Return the shipped parameters with some of them replaced.

    Args:
        overrides: numbers, or numbers with a range, by name; and the base.

    Raises:
        InputError: an unknown name, or a number outside (0 .. 10 x the top of) the stated range; hydroxides
            without a base.
    """
    values: dict[str, Any] = {name: q.value for name, q in parameter_quantities().items()}
    known = [*values, *choices()]
    given: dict[str, Sourced] = {}
    for name, value in (overrides or {}).items():
        if name in choices():
            chosen = str(value.value if isinstance(value, Sourced) else value)
            _check_known(name.replace("_", " "), chosen, choices()[name], f"process.{name}")
        else:
            _check_known("process parameter", name, known, f"process.{name}")
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
    return ProcessParameters(**values, given=given)


def _check_known(what: str, name: str, known: Sequence[str], where: str) -> None:
    if name not in known:
        raise InputError(
            f"There is no {what} {name!r}.",
            where=where,
            allowed=", ".join(known),
            remedy=closest(name, known),
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
            remedy=f"check the unit: {name} is in {quantity.unit}",
        )
