"""Designs with their yields, and the sums that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimiser.process.balance import MassBalance
from optimiser.process.byproducts import ByProducts, by_products
from optimiser.process.costs import climate_components, cost_components, impact_components
from optimiser.process.inputs import ProcessInputs
from optimiser.process.plant import PlantCosts, plant_costs
from optimiser.process.system_inputs import SystemBalance, SystemInputs, system_balance
from optimiser.variables import Designs, Floats


@dataclass(frozen=True)
class Outcome:
    """Designs with their yields and the sums that follow from them; n rows throughout.

    ``yields`` has a column per metal, NaN for an absent one; ``cost`` (EUR) and ``climate`` (kg CO2-eq) are
    per batch and by component, shape (n, 6).
    """

    designs: Designs
    yields: Floats
    balance: MassBalance | SystemBalance
    cost: Floats
    climate: Floats
    inputs: ProcessInputs | SystemInputs

    @cached_property
    def by_products(self) -> ByProducts:
        """Gases, salt, water and what may precipitate, per batch."""
        return by_products(self.designs, self.balance, self.inputs)

    @cached_property
    def impacts(self) -> Floats:
        """Impacts per batch in every category of the problem's table, by component, shape (n, c, 6).

        NaN where a factor is missing of something that is used. Climate change is the first category.
        """
        return impact_components(self.designs, self.balance, self.climate, self.inputs)

    @cached_property
    def plant(self) -> PlantCosts:
        """A year of the plant; at plant scope alone."""
        return plant_costs(self.designs, self.balance, self.by_products, self.cost, self.inputs)


def outcome(designs: Designs, yields: Floats, balance: MassBalance, inputs: ProcessInputs) -> Outcome:
    """Add the sums by component to a mass balance."""
    return Outcome(
        designs=designs,
        yields=yields,
        balance=balance,
        cost=cost_components(designs, balance, inputs),
        climate=climate_components(designs, balance, inputs),
        inputs=inputs,
    )


def system_outcome(designs: Designs, yields: Floats, inputs: SystemInputs) -> Outcome:
    """Return designs of a system other than cathodes with the sums that its numbers suffice for."""
    balance = system_balance(designs, yields, inputs)
    return Outcome(designs, yields, balance, balance.cost, balance.climate, inputs)


def per_kg_metal(total: Floats, balance: MassBalance | SystemBalance) -> Floats:
    """Divide by the mass of metal dissolved; +inf where nothing dissolves. Shape (n,)."""
    metal = balance.metal_total
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(metal > 0.0, total / metal, np.inf)
