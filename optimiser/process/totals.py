"""Cost, climate change and value of a batch, by component."""

from __future__ import annotations

import numpy as np

from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Designs, Floats

#: What cost and climate change are made of, in the order of the arrays' columns.
COMPONENTS: tuple[str, ...] = ("acid", "peroxide", "water", "heat", "power", "neutralisation")


def cost_components(designs: Designs, balance: MassBalance, inputs: ProcessInputs) -> Floats:
    """Return EUR per batch for each of COMPONENTS, shape (n, 6). Acid is paid per kg of stock."""
    reagents = inputs.reagents
    return np.column_stack(
        [
            balance.acid_stock * inputs.acids.price[designs.acid],
            balance.peroxide_pure * reagents.peroxide_price,
            (np.maximum(balance.water, 0.0) + balance.wash_water) * reagents.water_price,
            balance.heat * reagents.heat_price,
            balance.power * reagents.power_price,
            balance.base * reagents.base_price,
        ]
    )


def climate_components(designs: Designs, balance: MassBalance, inputs: ProcessInputs) -> Floats:
    """Return kg CO2-eq per batch for each of COMPONENTS, shape (n, 6). Factors are per kg pure substance."""
    reagents = inputs.reagents
    return np.column_stack(
        [
            balance.acid_pure * inputs.acids.climate_change[designs.acid],
            balance.peroxide_pure * reagents.peroxide_climate_change,
            (np.maximum(balance.water, 0.0) + balance.wash_water) * reagents.water_climate_change,
            balance.heat * reagents.heat_climate_change,
            balance.power * reagents.power_climate_change,
            balance.base * reagents.base_climate_change,
        ]
    )


def metal_value(balance: MassBalance, inputs: ProcessInputs) -> Floats:
    """Return the value of the dissolved metals at payable prices, EUR per batch, shape (n,)."""
    return balance.metals @ inputs.metal_value
