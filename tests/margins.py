"""Margins of the limits of chemistry for designs with given yields."""

from __future__ import annotations

import numpy as np

from optimiser.problem.constraints import ApplicabilityDomain, Limit, State, complete
from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Designs, Floats


def chemistry_margins(
    designs: Designs, balance: MassBalance, inputs: ProcessInputs, *limits: Limit
) -> dict[str, Floats]:
    """Margins by name, with the defaults of the limits that are not given and without the domain."""
    unknown = np.full((len(designs), 4), np.nan)
    nothing = np.zeros(len(designs))
    state = State(
        designs, balance, inputs, unknown, nothing, lambda _: nothing, lambda *_: nothing, lambda _: nothing
    )
    found: dict[str, Floats] = {}
    for constraint in complete([*limits, ApplicabilityDomain(None)]):
        found |= constraint.margins(state)
    return found
