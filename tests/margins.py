"""Margins of the limits of chemistry for designs with given yields."""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.metals import METALS
from optimiser.problem.constraints import complete
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.margins import Limit, State
from optimiser.problem.outcome import outcome
from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Designs, Floats


def chemistry_margins(
    designs: Designs, balance: MassBalance, inputs: ProcessInputs, *limits: Limit
) -> dict[str, Floats]:
    """Margins by name, with the defaults of the limits that are not given and without the domain."""
    unknown, none = np.full((len(designs), 4), np.nan), np.zeros(len(designs))
    told = outcome(designs, unknown, balance, inputs)
    state = State(told, unknown, none, lambda _: none, lambda *_: none, lambda _: none, METALS)
    found: dict[str, Floats] = {}
    for constraint in complete([*limits, ApplicabilityDomain(None)]):
        found |= constraint.margins(state)
    return found
