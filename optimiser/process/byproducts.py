"""What a leach gives off and leaves behind beside the metals: gases, salt, water, what may precipitate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.descriptors import molar_mass
from optimiser.chemistry.metals import METALS
from optimiser.process.balance import MassBalance
from optimiser.process.system_inputs import AnyInputs
from optimiser.variables import Bools, Designs, Floats

_CHLORINE, _OXYGEN, _HYDROGEN, _HYDROXIDE = "ClCl", "O=O", "[H][H]", "[OH-]"


@dataclass(frozen=True)
class ByProducts:
    """By-products of one batch, shape (n,) each unless said otherwise.

    Attributes:
        chlorine: Cl2, kg, where chloride reduces the metals because nothing else does.
        hydrogen: H2, kg, at most: if all electrons of dissolved aluminium and iron made it.
        hydroxides: of the dissolved impurities, kg, where a base takes them out.
        oxygen: O2 from peroxide, kg.
        salt: from neutralising the free acid, kg: of the base's cation, with crystal water where known.
        residue: feed that did not dissolve, kg.
        wastewater: leachant and wash water, m3.
        nox: hot nitric acid, so nitrogen oxides have to be expected.
        precipitates: metals whose salt is above its solubility in water, a column per metal of METALS.
    """

    chlorine: Floats
    hydrogen: Floats
    hydroxides: Floats
    oxygen: Floats
    salt: Floats
    residue: Floats
    wastewater: Floats
    nox: Bools
    precipitates: Bools

    def precipitating(self, row: int) -> list[str]:
        """Return the metals of one design that precipitate."""
        return [metal for metal, yes in zip(METALS, self.precipitates[row], strict=True) if yes]


def by_products(designs: Designs, balance: MassBalance, inputs: AnyInputs) -> ByProducts:
    """Compute the by-products of each design.

    - Chlorine: 1/2 Cl2 per electron that chloride gives.
    - Hydrogen: 1/2 H2 per electron of dissolved aluminium and iron, if the metals' oxides took none of them:
      an upper bound, for ventilation. What they take is counted at the same time (``electrons_metals``).
    - Hydroxides: M(OH)z of the dissolved impurities, dry, where ``impurity_removal`` is ``hydroxide``: the
      base that takes them out leaves their acid's anions as salt, like that of the free acid.
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
    # the feed's metals reduce before peroxide does
    left = np.maximum(balance.electrons_needed - balance.electrons_metals, 0.0)
    reducing = np.minimum(balance.electrons_peroxide, left) / 2.0
    hot = designs.temperature > inputs.parameters.nox_limit
    # kg of salt per L is 100 g/100 mL
    dissolved = 100.0 * balance.metals * acids.salt_per_metal[k] / balance.volume[:, np.newaxis]
    return ByProducts(
        chlorine=balance.electrons_chloride / 2.0 * molar_mass(_CHLORINE) / 1000.0,
        hydrogen=balance.electrons_hydrogen / 2.0 * molar_mass(_HYDROGEN) / 1000.0,
        hydroxides=_hydroxides(balance, inputs),
        oxygen=(reducing + (peroxide - reducing) / 2.0) * molar_mass(_OXYGEN) / 1000.0,
        salt=(balance.free_protons + balance.charge_removed) * acids.salt_per_proton[k],
        residue=balance.residue,
        wastewater=(balance.volume + balance.wash_water / reagents.water_density) / 1000.0,
        nox=(acids.nitrate[k] > 0.0) & hot,
        precipitates=dissolved > acids.salt_solubility[k],
    )


def _hydroxides(balance: MassBalance, inputs: AnyInputs) -> Floats:
    if not inputs.removes_impurities:
        return np.zeros(len(balance.volume))
    hydroxide = molar_mass(_HYDROXIDE) / 1000.0
    found: Floats = balance.impurities.sum(axis=1) + balance.charge_removed * hydroxide
    return found


def leachate_impurities(balance: MassBalance) -> Floats:
    """Return copper, aluminium and iron in the leachate before any removal, g/L, (n, 3) as IMPURITIES."""
    found: Floats = balance.impurities * 1000.0 / balance.volume[:, np.newaxis]
    return found
