"""Cost, climate change and value of a batch, and the reactor time that it takes."""

from __future__ import annotations

import numpy as np

from optimiser.process.balance import MassBalance
from optimiser.process.impacts import PLACES
from optimiser.process.inputs import ProcessInputs
from optimiser.process.system_inputs import AnyInputs
from optimiser.variables import Designs, Floats

#: What cost and climate change are made of, in the order of the arrays' columns.
COMPONENTS: tuple[str, ...] = ("acid", *PLACES)


def _besides_acid(balance: MassBalance) -> dict[str, Floats]:
    """Return what a batch buys besides its acid, by component: kg of pure substance, kWh."""
    return {
        "peroxide": balance.peroxide_pure,
        "water": np.maximum(balance.water, 0.0) + balance.wash_water,
        "heat": balance.heat,
        "power": balance.power,
        "neutralisation": balance.base,
    }


def cost_components(designs: Designs, balance: MassBalance, inputs: AnyInputs) -> Floats:
    """Return EUR per batch for each of COMPONENTS, shape (n, 6). Acid is paid per kg of stock."""
    acid, price = balance.acid_stock * inputs.acids.price[designs.acid], inputs.reagents.price
    return np.column_stack([acid, *(used * price[name] for name, used in _besides_acid(balance).items())])


def climate_components(designs: Designs, balance: MassBalance, inputs: AnyInputs) -> Floats:
    """Return kg CO2-eq per batch for each of COMPONENTS, shape (n, 6). Factors are per kg pure substance."""
    acid = balance.acid_pure * inputs.acids.climate_change[designs.acid]
    factor = inputs.reagents.climate_change
    return np.column_stack([acid, *(used * factor[name] for name, used in _besides_acid(balance).items())])


def impact_components(
    designs: Designs, balance: MassBalance, climate: Floats, inputs: ProcessInputs
) -> Floats:
    """Return the impacts per batch in each category of `ImpactNumbers`, by component, shape (n, c, 6).

    Args:
        designs: n designs.
        balance: theirs.
        climate: their climate change by component, as `climate_components` gives it: the first category.
        inputs: with factors of impacts.

    Returns:
        NaN where a factor is missing of something that is used; what is not used counts 0.
    """
    factors = inputs.impacts
    assert factors is not None, "the problem has no table of impacts"
    # where numbers are drawn, acids are indexed by draw x acids + acid
    acid = designs.acid % len(factors.acid_names)
    used = np.column_stack([balance.acid_pure, *_besides_acid(balance).values()])[:, None, :]
    each = np.repeat(factors.others[None], len(designs), axis=0)
    each = np.concatenate([factors.acids.T[acid][:, :, None], each], axis=2)
    found = np.where(used == 0.0, 0.0, used * each)
    return np.concatenate([climate[:, None, :], found], axis=1)


def metal_value(balance: MassBalance, inputs: AnyInputs) -> Floats:
    """Return the value of the dissolved metals at payable prices, EUR per batch, shape (n,)."""
    value = inputs.metal_value
    if value.ndim == 1:
        return balance.metals @ value
    each: Floats = (balance.metals * value).sum(axis=1)
    return each


def reactor_hours(designs: Designs, balance: MassBalance, inputs: AnyInputs) -> Floats:
    """Return the m3 of reactor x hours of filling, leaching and emptying that a batch takes, shape (n,)."""
    plant = inputs.parameters
    reactor = balance.slurry_volume / 1000.0 / plant.fill_fraction
    minutes = designs.time + plant.filling_time + plant.emptying_time
    return reactor * minutes / 60.0
