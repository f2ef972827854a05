"""The process of a mixture: masses, protons, cost and salt by hand, and what chloride can reduce."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.impacts import climate_table, impacts
from optimiser.chemistry.mixtures import choose, mass_shares
from optimiser.chemistry.reagents import load_reagents
from optimiser.process.balance import MassBalance, mass_balance
from optimiser.process.byproducts import by_products
from optimiser.process.costs import climate_components, cost_components
from optimiser.process.inputs import ProcessInputs, process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.process.ratios import solubility_at
from optimiser.variables import Designs

# 97.868 kg of LiCoO2 is 1000 mol
LCO = Feed(name="LCO", Co=1.0, mass=97.868)
ACIDS = load_acids()
HALF = 0.5


def inputs(*names: str) -> ProcessInputs:
    chosen: list[Acid] = [choose(name, ACIDS) for name in names]
    return process_inputs(LCO, chosen, process_parameters())


def designs(n: int, c: float = 2.0, t: float = 50.0, h: float = 0.0) -> Designs:
    return Designs(np.arange(n), np.tile([t, c, h, 97.868, 60.0], (n, 1)))


def leached(of: ProcessInputs, at: Designs, co: float = 0.5) -> MassBalance:
    yields = np.tile([1.0, np.nan, np.nan, co, np.nan][: of.metal_value.shape[-1]], (len(at), 1))
    return mass_balance(at, yields, of)


def test_amounts_and_cost_are_those_of_both_acids_alone() -> None:
    # 1 m3 at 2 mol/L of a half-and-half mixture takes what 1 m3 at 1 mol/L of each takes.
    of, at = inputs("0.5 sulfuric + 0.5 citric", "sulfuric", "citric"), designs(3)
    at.continuous[1:, 1] = 1.0
    b = leached(of, at)
    for name in ("acid_pure", "acid_stock", "acid_stock_volume", "protons_offered"):
        mix, *alone = getattr(b, name)
        assert mix == pytest.approx(sum(alone)), name
    for components in (cost_components, climate_components):
        mix, *alone = components(at, b, of)[:, 0]
        assert mix == pytest.approx(sum(alone))


def test_impacts_are_those_of_the_masses_of_each_acid() -> None:
    of, at = inputs("0.7 sulfuric + 0.3 citric"), designs(1)
    b, mix = leached(of, at), choose("0.7 sulfuric + 0.3 citric", ACIDS)
    used = {name: b.acid_pure * share for name, share in mass_shares(mix).items()}
    # 2000 mol: 1400 mol x 98.079 g and 600 mol x 192.123 g
    assert used["sulfuric"] == pytest.approx(137.31, abs=0.01)
    assert used["citric"] == pytest.approx(115.27, abs=0.01)
    table = climate_table(ACIDS, load_reagents())
    assert impacts(used, table)[:, 0] == pytest.approx(climate_components(at, b, of)[:, 0])


def test_salt_of_the_free_acid_is_that_of_both() -> None:
    # equal shares of a 2- and a 3-proton acid: 2/5 of the free protons are sulfuric's
    of = inputs("0.5 sulfuric + 0.5 citric", "sulfuric", "citric").acids.salt_per_proton
    assert of[0] == pytest.approx(0.4 * of[1] + 0.6 * of[2])


def test_chloride_reduces_no_more_than_there_is() -> None:
    # All Co dissolves without peroxide: 1000 mol of electrons. 2000 mol of acid with a tenth of HCl have 200
    # mol of chloride; with 0.9 there are 1800, enough. HCl alone is not limited so: its protons run out.
    of = inputs(
        "0.1 hydrochloric + 0.9 sulfuric", "0.9 hydrochloric + 0.1 sulfuric", "hydrochloric", "sulfuric"
    )
    b = leached(of, designs(4), co=1.0)
    needed = b.electrons_needed[0]
    assert needed == pytest.approx(1000.0, rel=1e-3)
    assert b.electrons_chloride == pytest.approx([200.0, needed, needed, 0.0])
    # a proton more for each electron
    assert np.diff(b.protons_consumed - b.electrons_chloride) == pytest.approx(0.0, abs=1e-6)


def test_solubility_is_the_total_at_which_the_first_acid_is_saturated() -> None:
    of, oxalic = inputs("0.5 oxalic + 0.5 sulfuric", "oxalic", "sulfuric"), ACIDS["oxalic"]
    cold, hot = solubility_at(designs(3, t=25.0), of), solubility_at(designs(3, t=60.0), of)
    assert cold[0] == pytest.approx(oxalic.solubility_molar / HALF)
    assert hot[:2] == pytest.approx([2.0 * hot[1], hot[1]])
    assert hot[1] > cold[1] and np.isinf(hot[2])


def test_precipitation_is_that_of_the_salt_that_holds_least() -> None:
    of = inputs("0.5 oxalic + 0.5 sulfuric", "oxalic")
    at = designs(2)
    b = leached(of, at, co=1.0)
    flags = by_products(at, b, of).precipitates
    # cobalt oxalate is all but insoluble, whatever else is in the leachant
    assert flags[0, 3] and (flags[0] >= flags[1]).all()


def test_other_acids_are_not_touched_by_a_mixture_beside_them() -> None:
    with_mix, alone = inputs("sulfuric", "0.5 citric + 0.5 formic"), inputs("sulfuric")
    for at in (designs(1), designs(1, c=1.0, h=3.0)):
        one, other = leached(with_mix, at), leached(alone, at)
        for name in ("acid_stock", "water", "protons_consumed", "electrons_chloride", "base"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert np.array_equal(solubility_at(at, with_mix), solubility_at(at, alone))
