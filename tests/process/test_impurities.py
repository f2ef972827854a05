"""Copper, aluminium and iron in the sums, by hand: acid, electrons, hydrogen, base, residue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.process.balance import MassBalance, heat_capacity, mass_balance
from optimiser.process.byproducts import by_products, leachate_impurities
from optimiser.process.inputs import ProcessInputs, idle_parameters, process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.process.ratios import metals_ratio, peroxide_ratio, reductant_ratio, slurry_fraction
from optimiser.variables import Designs

# 200 kg: 97.868 kg (1000 mol) of LiCoO2, 100 mol Cu (6.3546 kg), 100 mol Al (2.6982 kg), 10 mol Fe
# (0.55845 kg), 4 kg of water, and 88.52075 kg of graphite
KG = {
    "Li": 6.94,
    "Co": 58.93,
    "Cu": 6.3546,
    "Al": 2.6982,
    "Fe": 0.55845,
    "moisture": 4.0,
    "graphite": 88.52075,
}
FEED = Feed(name="black mass", assay={name: mass / 2.0 for name, mass in KG.items()}, mass=200.0)
LCO = Feed(name="LCO", Co=1.0, mass=97.868)
NAMES = ("sulfuric", "hydrochloric")
ALL = {"copper_dissolved": 1.0, "aluminium_dissolved": 0.5, "iron_dissolved": 1.0}


def inputs(feed: Feed = FEED, **parameters: Any) -> ProcessInputs:
    return process_inputs(feed, [load_acids()[name] for name in NAMES], process_parameters(parameters))


def design(acid: str = "sulfuric", s: float = 200.0, h: float = 0.0) -> Designs:
    return Designs(np.array([NAMES.index(acid)]), np.array([[60.0, 5.0, h, s, 120.0]]))


def balance(
    acid: str = "sulfuric", h: float = 0.0, co: float = 1.0, feed: Feed = FEED, **more: Any
) -> MassBalance:
    yields = np.array([[1.0, np.nan, np.nan, co]])
    return mass_balance(design(acid, h=h), yields, inputs(feed, **{**ALL, **more}))


def test_protons_and_electrons() -> None:
    # LiCoO2: 3 protons each, 3000. Cu 100 x 2 + Al 50 x 3 + Fe 10 x 2 = 370, whoever takes the electrons.
    b = balance()
    assert b.protons_consumed == pytest.approx(3370.0, rel=1e-4)
    assert b.electrons_needed == pytest.approx(1000.0, rel=1e-4)
    assert b.electrons_metals == pytest.approx(370.0, rel=1e-4)
    assert metals_ratio(b) == reductant_ratio(b) == pytest.approx(0.37, rel=1e-4)
    assert peroxide_ratio(b) == 0.0
    # with peroxide both count
    b = balance(h=2.0)
    assert (
        reductant_ratio(b) == pytest.approx(metals_ratio(b) + peroxide_ratio(b)) and peroxide_ratio(b) > 0.1
    )
    # 1000 L: 100 mol Cu are 6.3546 g/L, 50 mol Al 1.3491 g/L
    assert leachate_impurities(b)[0] == pytest.approx([6.3546, 1.3491, 0.55845], rel=1e-4)


def test_chloride_gives_only_what_the_metals_leave() -> None:
    # 1000 - 370 = 630 electrons from chloride, each with one proton more; 315 mol of Cl2 are 22.335 kg
    b = balance("hydrochloric")
    assert b.electrons_chloride == pytest.approx(630.0, rel=1e-4)
    assert b.protons_consumed == pytest.approx(4000.0, rel=1e-4)
    made = by_products(design("hydrochloric"), b, inputs())
    assert made.chlorine == pytest.approx(22.335, rel=1e-4)
    # cobalt half dissolved needs 500: 130 are left
    assert balance("hydrochloric", co=0.5).electrons_chloride == pytest.approx(130.0, rel=1e-3)


def test_hydrogen_is_an_upper_bound_from_aluminium_and_iron() -> None:
    # (150 + 20) electrons / 2 = 85 mol of H2, 0.17136 kg; copper makes none
    assert by_products(design(), balance(), inputs()).hydrogen == pytest.approx(0.17136, rel=1e-3)


def test_peroxide_that_the_metals_make_idle_decomposes() -> None:
    # the metals give 370 of 1000 electrons, so peroxide reduces 630 / 2 = 315 mol (1 O2 each) at most; the
    # rest gives 1/2 O2 each
    b = balance(h=5.0)
    moles = float(b.peroxide_pure[0]) * 1000.0 / 34.014
    assert moles > 315.0
    expected = (315.0 + (moles - 315.0) / 2.0) * 31.998 / 1000.0
    assert by_products(design(h=5.0), b, inputs()).oxygen == pytest.approx(expected, rel=1e-3)


def test_hydroxides_take_base_and_leave_residue_and_salt() -> None:
    # 370 mol more of NaOH at 39.997 g: 14.80 kg, and Na2SO4: 185 x 142.04 = 26.28 kg.
    # Cu(OH)2 100 x 97.56 + Al(OH)3 50 x 78.00 + Fe(OH)2 10 x 89.86 = 14.555 kg
    plain, removed = balance(), balance(impurity_removal="hydroxide")
    assert removed.base - plain.base == pytest.approx(14.80, rel=1e-3)
    known = inputs(impurity_removal="hydroxide")
    made = by_products(design(), removed, known)
    assert made.hydroxides == pytest.approx(14.555, rel=1e-3)
    assert made.salt - by_products(design(), plain, inputs()).salt == pytest.approx(26.28, rel=1e-2)
    assert by_products(design(), plain, inputs()).hydroxides == 0.0
    with pytest.raises(InputError, match="without a base"):
        process_parameters({"impurity_removal": "hydroxide", "neutraliser": "none"})
    with pytest.raises(InputError, match="no impurity removal 'cementation'"):
        process_parameters({"impurity_removal": "cementation"})


def test_the_whole_solid_is_stirred_heated_and_filtered() -> None:
    b, cathode = balance(), balance(feed=LCO.model_copy(update={"mass": 200.0}))
    # graphite and half of the aluminium stay: 88.52 + 1.35 kg; half of the cobalt takes its oxygen along
    assert b.residue == pytest.approx(88.52075 + 1.3491, rel=1e-4)
    # as much leachant, but 4 kg of its water come with the feed
    assert b.volume == cathode.volume == pytest.approx(1000.0)
    assert cathode.water - b.water == pytest.approx(4.0)
    assert b.solution == pytest.approx(cathode.solution)
    # 196 kg of dry solids
    assert slurry_fraction(b, inputs()) == pytest.approx(196.0 / (196.0 + b.solution))
    # 97.868 / 4.7 + 6.3546 / 8.96 + 2.6982 / 2.7 + 0.55845 / 7.87 + 88.52075 / 2.2 = 62.84 L
    assert b.slurry_volume - b.volume == pytest.approx(62.84, abs=0.01)
    # 97.868 x 0.8 + 6.3546 x 0.385 + 2.6982 x 0.897 + 0.55845 x 0.449 + 88.52075 x 0.71 = 146.3 kJ/K
    liquid = float(b.solution[0]) * inputs().parameters.liquid_heat_capacity
    assert heat_capacity(b.solution, inputs())[0] - liquid == pytest.approx(146.3, abs=0.1)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_solids_and_charge_are_conserved(cu: float, al: float, fe: float, co: float) -> None:
    shares = {"copper_dissolved": cu, "aluminium_dissolved": al, "iron_dissolved": fe}
    b = mass_balance(design(), np.array([[co, np.nan, np.nan, co]]), inputs(**shares))
    # cathode leaves with its oxygen in step: what is dissolved, what stays, and the water make up the feed
    dissolved = 97.868 * co + float(b.impurities.sum())
    assert dissolved + float(b.residue[0]) + 4.0 == pytest.approx(200.0, rel=1e-4)
    charge = 3000.0 * co + 200.0 * cu + 300.0 * al + 20.0 * fe
    assert float(b.protons_consumed[0]) == pytest.approx(charge, rel=1e-4, abs=1e-6)


def test_a_pure_cathode_has_no_idle_numbers() -> None:
    b = balance(feed=LCO)
    assert not b.impurities.any() and not b.electrons_metals.any() and not b.charge_removed.any()
    assert set(idle_parameters(LCO)) == set(ALL) and idle_parameters(FEED) == ()
