"""What a leach gives off and leaves behind beside the metals: gases, salt, water, what may precipitate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.descriptors import molar_mass
from optimiser.chemistry.metals import METALS
from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Bools, Designs, Floats

_CHLORINE, _OXYGEN = "ClCl", "O=O"


@dataclass(frozen=True)
class ByProducts:
    """By-products of one batch, shape (n,) each unless said otherwise.

    Attributes:
        chlorine: Cl2, kg, where chloride reduces the metals because peroxide does not.
        oxygen: O2 from peroxide, kg.
        salt: from neutralising the free acid, kg: of the base's cation, with crystal water where known.
        residue: feed that did not dissolve, kg.
        wastewater: leachant and wash water, m3.
        nox: hot nitric acid, so nitrogen oxides have to be expected.
        precipitates: metals whose salt is above its solubility in water, a column per metal of METALS.
    """

    chlorine: Floats
    oxygen: Floats
    salt: Floats
    residue: Floats
    wastewater: Floats
    nox: Bools
    precipitates: Bools

    def precipitating(self, row: int) -> list[str]:
        """Return the metals of one design that precipitate."""
        return [metal for metal, yes in zip(METALS, self.precipitates[row], strict=True) if yes]


def by_products(designs: Designs, balance: MassBalance, inputs: ProcessInputs) -> ByProducts:
    """Compute the by-products of each design.

    - Chlorine: 1/2 Cl2 per electron that chloride gives.
    - Oxygen: 1 O2 per H2O2 that reduces (H2O2 -> O2 + 2 H+ + 2 e-) and 1/2 O2 per H2O2 that does not; metal
      ions decompose it sooner or later (2 H2O2 -> O2 + 2 H2O).
    - Salt: acid + base - what neutralising releases (water, carbon dioxide) for each free proton, and the
      crystal water of the calcium salt.
    - Wastewater: the leachant once its metals are taken out, and the wash water. Water that the reactions and
      the base bring, and what stays in the filter cake, are left out.
    - Precipitation: the salt that each dissolved metal makes with the acid, g/100 mL of leachant, against its
      solubility. Excess acid, complexes and the other ions are left out: a flag, not a yield.
    """
    acids, reagents, k = inputs.acids, inputs.reagents, designs.acid
    peroxide = balance.peroxide_pure * 1000.0 / reagents.peroxide_molar_mass
    reducing = np.minimum(balance.electrons_peroxide, balance.electrons_needed) / 2.0
    hot = designs.temperature > inputs.parameters.nox_limit
    # kg of salt per L is 100 g/100 mL
    dissolved = 100.0 * balance.metals * acids.salt_per_metal[k] / balance.volume[:, np.newaxis]
    return ByProducts(
        chlorine=balance.electrons_chloride / 2.0 * molar_mass(_CHLORINE) / 1000.0,
        oxygen=(reducing + (peroxide - reducing) / 2.0) * molar_mass(_OXYGEN) / 1000.0,
        salt=balance.free_protons * acids.salt_per_proton[k],
        residue=balance.residue,
        wastewater=(balance.volume + balance.wash_water / reagents.water_density) / 1000.0,
        nox=(acids.nitrate[k] > 0.0) & hot,
        precipitates=dissolved > acids.salt_solubility[k],
    )
