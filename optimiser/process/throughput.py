"""What time costs: how much reactor a leach occupies, and for how long."""

from __future__ import annotations

from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Designs, Floats


def reactor_hours(designs: Designs, balance: MassBalance, inputs: ProcessInputs) -> Floats:
    """Return the m3 of reactor x hours of filling, leaching and emptying that a batch takes, shape (n,)."""
    plant = inputs.parameters
    reactor = balance.slurry_volume / 1000.0 / plant.fill_fraction
    minutes = designs.time + plant.filling_time + plant.emptying_time
    return reactor * minutes / 60.0
