"""Units that setpoints are converted to on reading: what the sums of the process and distances count in."""

from __future__ import annotations

from typing import Any, NamedTuple

from optimiser.systems.spec import SetpointSpec
from optimiser.variables import Floats


class _Unit(NamedTuple):
    """How a number becomes one in the canonical unit: times ``factor``, plus ``shift``."""

    factor: float
    shift: float = 0.0


#: By name of a setpoint: its unit, and what is converted to it.
CONVERTED: dict[str, tuple[str, dict[str, _Unit]]] = {
    "temperature": (
        "degC",
        {"K": _Unit(1.0, -273.15), "°C": _Unit(1.0), "C": _Unit(1.0), "kelvin": _Unit(1.0, -273.15)},
    ),
    "time": (
        "min",
        {"h": _Unit(60.0), "s": _Unit(1.0 / 60.0), "hours": _Unit(60.0), "minutes": _Unit(1.0)},
    ),
    "solid_liquid_ratio": (
        "g/L",
        {
            "g/mL": _Unit(1000.0),
            "kg/L": _Unit(1000.0),
            "kg/m3": _Unit(1.0),
            "g/l": _Unit(1.0),
            "g/ml": _Unit(1000.0),
        },
    ),
}


def conversion(name: str, unit: str) -> _Unit | None:
    """Return how a setpoint's numbers are converted, None where they stay as they are.

    Examples:
        >>> conversion("time", "h"), conversion("time", "min")
        (_Unit(factor=60.0, shift=0.0), None)
    """
    return CONVERTED[name][1].get(unit) if name in CONVERTED else None


def converted(name: str, setpoint: SetpointSpec) -> SetpointSpec:
    """Return what a system's file says of a setpoint, in the unit that it is converted to."""
    unit = conversion(name, setpoint.unit)
    if unit is None:
        return setpoint
    changed: dict[str, Any] = {"unit": CONVERTED[name][0]}
    for key in ("low", "high", "empty"):
        value = getattr(setpoint, key)
        if value is not None:
            changed[key] = value * unit.factor + unit.shift
    if setpoint.values:
        changed["values"] = tuple(round(value * unit.factor + unit.shift, 9) for value in setpoint.values)
    if setpoint.step is not None:
        changed["step"] = setpoint.step * unit.factor
    if isinstance(setpoint.tolerance, int | float):
        changed["tolerance"] = setpoint.tolerance * unit.factor
    return setpoint.model_copy(update=changed)


def convert(name: str, unit: str, values: Floats) -> Floats:
    """Return the numbers of a setpoint in the unit that they are converted to, shape of ``values``."""
    how = conversion(name, unit)
    return values if how is None else (values * how.factor + how.shift).round(9)
