"""Sums of a leach that need no formula of the feed: solution, reagent, energy, price and assay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser.process.parameters import ProcessParameters
from optimiser.systems.system import Option, System, SystemFeed
from optimiser.variables import Designs, Floats


@dataclass(frozen=True)
class SystemInputs:
    """Everything that the sums know besides designs and yields.

    Attributes:
        system: whose designs they are of.
        feed: what is leached.
        options: in the order that ``Designs.acid`` indexes.
        parameters: of the plant.
    """

    system: System
    feed: SystemFeed
    options: tuple[Option, ...]
    parameters: ProcessParameters

    #: What only the leach of a cathode has.
    impacts: None = None
    credit: None = None
    plant: None = None

    def of_options(self, options: Sequence[Option]) -> SystemInputs:
        """Return the same numbers for some options."""
        return replace(self, options=tuple(options))


@dataclass(frozen=True)
class SystemBalance:
    """What one batch takes in and gives out, shape (n,) each unless said otherwise; NaN where nothing tells.

    ``metals`` is the mass dissolved, kg, a column per response; ``cost`` (EUR) and ``climate`` (kg CO2-eq) by
    component, shape (n, k).
    """

    metals: Floats
    cost: Floats
    climate: Floats

    @property
    def metal_total(self) -> Floats:
        """Mass of metal dissolved, kg, shape (n,)."""
        total: Floats = self.metals.sum(axis=1)
        return total


def system_balance(designs: Designs, yields: Floats, inputs: SystemInputs) -> SystemBalance:
    """Compute the balance of each design.

    Args:
        designs: n designs.
        yields: fractions, a column per response; NaN where the feed has none.
        inputs: numbers of feed, options and plant.
    """
    nothing = np.zeros((len(designs), 1))
    metals = inputs.feed.metal_mass * np.where(inputs.feed.present, np.nan_to_num(yields), 0.0)
    return SystemBalance(metals, nothing, nothing)


def system_inputs(
    system: System, feed: SystemFeed, options: Sequence[Option], parameters: ProcessParameters
) -> SystemInputs:
    """Gather the numbers for a feed and some options of a system.

    Raises:
        InputError: a number is missing or impossible; it is named.
    """
    return SystemInputs(system, feed, tuple(options), parameters)
