"""Setpoints that a laboratory can set: coarser than those of a plant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimiser.variables import COLUMN, CONTINUOUS, VARIABLES, Designs, Floats, Variable

#: What a laboratory can set, in the units of the variables; a plant sets finer.
STEPS = {"temperature": 1.0, "acid_concentration": 0.05, "h2o2": 0.1, "solid_liquid_ratio": 1.0, "time": 1.0}
#: Times above so many minutes are set in larger steps.
LONG, LONG_STEP = 30.0, 5.0
#: Decimals beyond every step: 3 x 0.05 is 0.15.
_DECIMALS = 6


def laboratory_setpoints(designs: Designs, low: Floats | None = None, high: Floats | None = None) -> Designs:
    """Return designs rounded to what a laboratory can set: `STEPS`, and 5 min in times above 30 min.

    Of a system of one's own it can set what its plant can, the steps or values of its file.

    Args:
        designs: n designs.
        low, high: bounds that the rounded setpoints keep, shape (v,) or (n, v); what is possible at all if
            left out. Where the nearest step is outside, the next one inside is taken; where none is inside,
            the setpoint stays as it is.
    """
    variables = designs.variables
    floor = np.array([v.low for v in variables]) if low is None else np.asarray(low, dtype=np.float64)
    ceiling = np.array([v.high for v in variables]) if high is None else np.asarray(high, dtype=np.float64)
    if variables == VARIABLES:
        step = np.tile([STEPS[name] for name in CONTINUOUS], (len(designs), 1))
        step[designs.time > LONG, COLUMN["time"]] = LONG_STEP
    else:
        step = np.tile([variable.step for variable in variables], (len(designs), 1))
    set_to = np.round(designs.continuous / step) * step
    slack = 10.0**-_DECIMALS
    set_to = np.where(set_to < floor - slack, np.ceil(floor / step - slack) * step, set_to)
    set_to = np.where(set_to > ceiling + slack, np.floor(ceiling / step + slack) * step, set_to)
    outside = (set_to < floor - slack) | (set_to > ceiling + slack)
    set_to = np.where(outside, designs.continuous, np.round(set_to, _DECIMALS))
    for j, variable in enumerate(variables):
        if variable.values:
            set_to[:, j] = _known_value(variable, designs.continuous[:, j], floor[..., j], ceiling[..., j])
    return replace(designs, continuous=np.clip(set_to, floor, ceiling))


def _known_value(variable: Variable, value: Floats, low: Floats, high: Floats) -> Floats:
    """Return the nearest of the values that can be set within bounds; as it is where none is, shape (n,)."""
    known = np.array(variable.values)
    apart = np.abs(value[:, None] - known)
    outside = (known < np.reshape(low, (-1, 1))) | (known > np.reshape(high, (-1, 1)))
    apart = np.where(outside, np.inf, apart)
    return np.where(np.isfinite(apart).any(axis=1), known[apart.argmin(axis=1)], value)
