"""Designs with their yields, and the sums that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimiser.process.balance import MassBalance, mass_balance
from optimiser.process.byproducts import ByProducts, by_products
from optimiser.process.costs import climate_components, cost_components, impact_components
from optimiser.process.inputs import ProcessInputs
from optimiser.process.plant import PlantCosts, plant_costs
from optimiser.process.system_balance import system_balance
from optimiser.process.system_inputs import AnyInputs, SystemInputs
from optimiser.variables import Designs, Floats


@dataclass(frozen=True)
class Outcome:
    """Designs with their yields and the sums that follow from them; n rows throughout.

    ``yields`` has a column per metal, NaN for an absent one; ``cost`` (EUR) and ``climate`` (kg CO2-eq) are
    per batch and by component, shape (n, 6).
    """

    designs: Designs
    yields: Floats
    balance: MassBalance
    cost: Floats
    climate: Floats
    inputs: AnyInputs

    @cached_property
    def by_products(self) -> ByProducts:
        """Gases, salt, water and what may precipitate, per batch."""
        return by_products(self.designs, self.balance, self.inputs)

    @cached_property
    def impacts(self) -> Floats:
        """Impacts per batch in every category of the problem's table, by component, shape (n, c, 6).

        NaN where a factor is missing of something that is used. Climate change is the first category.
        """
        return impact_components(self.designs, self.balance, self.climate, _of_cathodes(self.inputs))

    @cached_property
    def plant(self) -> PlantCosts:
        """A year of the plant; at plant scope alone."""
        return plant_costs(self.designs, self.balance, self.by_products, self.cost, _of_cathodes(self.inputs))


def _of_cathodes(inputs: AnyInputs) -> ProcessInputs:
    assert isinstance(inputs, ProcessInputs), "only cathodes have impacts and a plant"
    return inputs


def outcome(designs: Designs, yields: Floats, balance: MassBalance, inputs: AnyInputs) -> Outcome:
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
    """Return designs of a system of one's own with the sums that its numbers suffice for."""
    return outcome(designs, yields, system_balance(designs, yields, inputs), inputs)


def outcome_at(designs: Designs, yields: Floats, inputs: AnyInputs) -> Outcome:
    """Return designs with their yields, whatever is leached, and the sums that follow."""
    if isinstance(inputs, SystemInputs):
        return system_outcome(designs, yields, inputs)
    return outcome(designs, yields, mass_balance(designs, yields, inputs), inputs)


def per_kg_metal(total: Floats, balance: MassBalance) -> Floats:
    """Divide by the mass of metal dissolved; +inf where nothing dissolves. Shape (n,)."""
    metal = balance.metal_total
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(metal > 0.0, total / metal, np.inf)
