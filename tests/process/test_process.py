"""The process model against sums done by hand, and against what must always hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.chemistry.feeds import Feed
from optimiser.problem.limits import LIMITS, Boiling, PeroxideHeat, ReductantBalance
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import outcome
from optimiser.process.balance import mass_balance
from optimiser.process.costs import COMPONENTS, climate_components, cost_components, metal_value
from optimiser.process.inputs import AcidNumbers, ProcessInputs, ReagentNumbers
from optimiser.process.parameters import process_parameters
from optimiser.process.ratios import peroxide_rise, proton_ratio, reductant_ratio
from optimiser.variables import Designs
from tests.margins import chemistry_margins

# 97.868 kg of LiCoO2 (M = 6.94 + 58.93 + 2 x 15.999 = 97.868 g/mol) is exactly 1000 mol.
LCO = Feed(name="LCO", Co=1.0, mass=97.868)
SULFURIC, HCL = 0, 1
RATES = ("productivity", "net_value_rate", "reactor_volume")

ACIDS = AcidNumbers(
    molar_mass=np.array([98.0, 36.5]),
    purity=np.array([0.98, 0.365]),
    density=np.array([1.8, 1.18]),
    usable_protons=np.array([2.0, 1.0]),
    solubility=np.array([np.inf, 10.0]),
    solubility_rise=np.array([0.0, 0.0]),
    temperature_limit=np.array([100.0, 100.0]),
    price=np.array([0.1, 0.2]),
    climate_change=np.array([0.12, 0.5]),
    chloride=np.array([0.0, 1.0]),
    nitrate=np.array([0.0, 0.0]),
    salt_per_proton=np.array([0.071, 0.0585]),
    salt_per_metal=np.full((2, 4), 2.5),
    salt_solubility=np.array([[34.8, 44.4, 62.9, 36.1], [83.5, 66.8, 73.9, 52.9]]),
    chloride_share=np.array([np.nan, np.nan]),
)
REAGENTS = ReagentNumbers(
    peroxide_molar_mass=34.014,
    peroxide_purity=0.5,
    peroxide_density=1.196,
    water_density=0.998,
    base_per_proton=0.04,
    price={"peroxide": 1.5, "water": 0.0002, "neutralisation": 0.8, "heat": 0.07, "power": 0.19},
    climate_change={"peroxide": 1.7, "water": 0.0004, "neutralisation": 1.25, "heat": 0.18, "power": 0.21},
)
INPUTS = ProcessInputs(
    feed=LCO,
    acids=ACIDS,
    reagents=REAGENTS,
    metal_value=np.array([40.0, 10.0, 0.0, 35.0]),
    parameters=process_parameters(),
)


def one(
    acid: int = SULFURIC, t: float = 60, c: float = 2, h: float = 0, s: float = 97.868, m: float = 120
) -> Designs:
    return Designs(np.array([acid]), np.array([[t, c, h, s, m]], dtype=np.float64))


def yields(li: float = 1.0, co: float = 0.5) -> np.ndarray:
    return np.array([[li, np.nan, np.nan, co]])


def test_acid_stock_and_water() -> None:
    # 97.868 kg at 97.868 g/L -> 1000 L; 2 mol/L -> 2000 mol x 98 g = 196 kg pure = 200 kg of 98 % stock
    # = 200 / 1.8 = 111.111 L; water fills 888.889 L x 0.998 = 887.111 kg.
    b = mass_balance(one(), yields(), INPUTS)
    assert b.volume == pytest.approx(1000.0)
    assert b.acid_amount == pytest.approx(2000.0)
    assert b.acid_pure == pytest.approx(196.0)
    assert b.acid_stock == pytest.approx(200.0)
    assert b.acid_stock_volume == pytest.approx(111.1111, abs=1e-4)
    assert b.water == pytest.approx(887.1111, abs=1e-4)
    assert b.peroxide_stock == pytest.approx(0.0)


def test_peroxide_is_a_mass_fraction_of_the_finished_solution() -> None:
    # 5 wt%: without peroxide the tank holds 200 + 887.111 = 1087.111 kg;
    # pure = 0.05 x 1087.111 / (1 - 0.05/0.5 x (1 - 0.998/1.196)) = 54.35556 / 0.983445 = 55.2706 kg.
    b = mass_balance(one(h=5), yields(), INPUTS)
    assert b.peroxide_pure == pytest.approx(55.2706, abs=1e-3)
    assert b.peroxide_pure / b.solution == pytest.approx(0.05)
    total_volume = b.acid_stock_volume + b.peroxide_stock_volume + b.water / REAGENTS.water_density
    assert total_volume == pytest.approx(1000.0)


def test_heat_of_peroxide() -> None:
    # 55.2706 kg of peroxide are 1624.94 mol x 98 kJ/mol = 159244 kJ; 55.2706 / 0.05 = 1105.41 kg of solution
    # x 4.186 + 97.868 kg of feed x 0.8 = 4705.5 kJ/K: a rise of 33.84 degC.
    designs = one(h=5)
    b = mass_balance(designs, yields(), INPUTS)
    assert peroxide_rise(b, INPUTS) == pytest.approx(33.84, abs=0.01)
    # half of it is cooled away: 60 + 16.92 = 76.92 degC is 23.08 below 100, and 3.08 below 100 - 20
    assert chemistry_margins(designs, b, INPUTS)["peroxide_heat"] == pytest.approx(0.2308, abs=1e-4)
    strict = chemistry_margins(designs, b, INPUTS, PeroxideHeat(20.0))
    assert strict["peroxide_heat"] == pytest.approx(0.0308, abs=1e-4)
    # charged at once, nothing is cooled away: 60 + 33.84 = 93.84
    at_once = replace(INPUTS, parameters=process_parameters({"peroxide_cooling": 0}))
    assert chemistry_margins(designs, b, at_once)["peroxide_heat"] == pytest.approx(0.0616, abs=1e-4)


@pytest.mark.parametrize(
    ("t", "h", "holds"), [(77, 8, False), (90, 1.2, True), (100, 0, True), (105, 0, True), (60, 8, True)]
)
def test_hot_peroxide_is_refused_and_no_peroxide_never(t: float, h: float, holds: bool) -> None:
    b = mass_balance(one(t=t, h=h), yields(), INPUTS)
    margin = chemistry_margins(one(t=t, h=h), b, INPUTS)["peroxide_heat"]
    assert (margin >= 0.0) == [holds]


def test_reductant_balance_is_held_when_it_is_asked_for() -> None:
    # as in test_heat_of_peroxide: 3249.9 mol of electrons for 500 mol of Co(III): 6.4997 per electron needed
    b = mass_balance(one(h=5), yields(), INPUTS)
    assert "reductant_balance" not in chemistry_margins(one(h=5), b, INPUTS)
    margins = chemistry_margins(one(h=5), b, INPUTS, ReductantBalance(2.0))
    assert margins["reductant_balance"] == pytest.approx(6.4997 / 2.0 - 1.0, abs=1e-4)
    # nothing to reduce: as much as can be
    nothing = mass_balance(one(h=5), yields(co=0), INPUTS)
    assert chemistry_margins(one(h=5), nothing, INPUTS, ReductantBalance(1.0))["reductant_balance"] > 1.0


def test_protons_and_base() -> None:
    # all Li (1000 mol, +1) and half the Co (500 mol, +2) dissolve: 1000 + 2 x 500 = 2000 mol of protons of
    # the 4000 offered; 2000 stay free and take 2000 x 0.04 = 80 kg of base.
    b = mass_balance(one(), yields(), INPUTS)
    assert b.protons_consumed == pytest.approx(2000.0)
    assert b.protons_offered == pytest.approx(4000.0)
    assert b.free_protons == pytest.approx(2000.0)
    assert b.base == pytest.approx(80.0)
    assert proton_ratio(b) == pytest.approx(2.0)


def test_chloride_as_the_only_reductant_takes_four_protons_per_formula_unit() -> None:
    # LiCoO2 + 4 HCl -> LiCl + CoCl2 + 1/2 Cl2 + 2 H2O: fully dissolved, 4 mol of protons per mol.
    b = mass_balance(one(HCL), yields(1.0, 1.0), INPUTS)
    assert b.protons_consumed == pytest.approx(4000.0)
    # with peroxide enough for all 1000 mol of electrons (500 mol = 17 kg; 5 wt% is more) only 3 are taken
    b = mass_balance(one(HCL, t=40, h=5), yields(1.0, 1.0), INPUTS)
    assert b.protons_consumed == pytest.approx(3000.0)


def test_chloride_on_spinel_takes_eight_protons() -> None:
    # LiMn2O4 + 8 HCl -> LiCl + 2 MnCl2 + 3/2 Cl2 + 4 H2O; M = 6.94 + 2 x 54.94 + 4 x 15.999 = 180.816
    spinel = replace(INPUTS, feed=Feed(name="LMO", Mn=2.0, mass=180.816))
    full = np.array([[1.0, np.nan, 1.0, np.nan]])
    assert mass_balance(one(HCL, s=90), full, spinel).protons_consumed == pytest.approx(8000.0)
    # any other acid gives the charge that goes into solution: 1 + 2 x 2 = 5
    assert mass_balance(one(SULFURIC, s=90), full, spinel).protons_consumed == pytest.approx(5000.0)


def test_reductant_ratio_counts_two_electrons_per_peroxide_and_the_loss_above_the_limit() -> None:
    # 55.2706 kg = 1624.94 mol of H2O2 -> 3249.9 mol of electrons for the 500 mol that half the Co needs
    cold = reductant_ratio(mass_balance(one(h=5, t=60), yields(), INPUTS))
    hot = reductant_ratio(mass_balance(one(h=5, t=61), yields(), INPUTS))
    assert cold == pytest.approx(6.4998, abs=1e-3)
    assert hot == pytest.approx(0.5 * cold)


def test_heat_and_power() -> None:
    # 1087.111 kg x 4.186 + 97.868 kg x 0.8 = 4628.94 kJ/K; x 35 K / 3600 = 45.003 kWh
    # slurry 1000 L + 97.868 / 4.7 L = 1.020823 m3 x 2 kW/m3 x 2 h = 4.08329 kWh
    b = mass_balance(one(), yields(), INPUTS)
    assert b.heat == pytest.approx(45.0036, abs=1e-3)
    assert b.power == pytest.approx(4.08329, abs=1e-4)
    # nothing is gained by leaching colder than the yard
    assert mass_balance(one(t=10), yields(), INPUTS).heat == pytest.approx(0.0)


def test_cost_and_climate_by_component() -> None:
    # 6.94 + 29.465 = 36.405 of 65.87 kg of metal dissolve, so 97.868 x (1 - 36.405/65.87) = 43.7784 kg stay
    # and take 2 L/kg x 0.998 = 87.3816 kg of wash water.
    # acid 200 kg stock x 0.1 = 20; water (887.111 + 87.382) x 0.0002 = 0.19490; heat 45.0036 x 0.07
    # = 3.15025; power 4.08329 x 0.19 = 0.77583; base 80 x 0.8 = 64. Sum 88.1210 EUR for 36.405 kg.
    d, b = one(), mass_balance(one(), yields(), INPUTS)
    cost = dict(zip(COMPONENTS, cost_components(d, b, INPUTS)[0], strict=True))
    assert cost == pytest.approx(
        {
            "acid": 20.0,
            "peroxide": 0.0,
            "water": 0.19490,
            "heat": 3.15025,
            "power": 0.77583,
            "neutralisation": 64.0,
        },
        abs=1e-4,
    )
    # impacts are per kg PURE acid: 196 x 0.12 = 23.52, not 200 x 0.12; base 80 x 1.25 = 100
    climate = dict(zip(COMPONENTS, climate_components(d, b, INPUTS)[0], strict=True))
    assert climate["acid"] == pytest.approx(23.52)
    assert climate["neutralisation"] == pytest.approx(100.0)
    result = outcome(d, yields(), b, INPUTS)
    assert METRICS["cost"].compute(result) == pytest.approx(88.1210 / 36.405, abs=1e-4)
    assert METRICS["acid_use"].compute(result) == pytest.approx(196.0 / 36.405)
    assert METRICS["energy"].compute(result) == pytest.approx((45.0036 + 4.08329) / 36.405, abs=1e-4)
    # 36.405 kg of the 6.94 + 58.93 = 65.87 kg fed
    assert METRICS["recovery"].compute(result) == pytest.approx(36.405 / 65.87)


def test_value_and_net_value() -> None:
    # 6.94 kg x 40 + 29.465 kg x 35 = 277.6 + 1031.275 = 1308.875 EUR; less 88.1210 for 0.097868 t of feed
    d, b = one(), mass_balance(one(), yields(), INPUTS)
    assert metal_value(b, INPUTS) == pytest.approx(1308.875)
    net = METRICS["net_value"].compute(outcome(d, yields(), b, INPUTS))
    assert net == pytest.approx((1308.875 - 88.1210) / 0.097868, rel=1e-6)


def test_margins() -> None:
    designs = Designs(
        np.array([SULFURIC, HCL, SULFURIC, SULFURIC]),
        np.array(
            [
                [60, 2, 0, 97.868, 120],  # offered / consumed = 2
                [105, 11, 0, 97.868, 120],  # above boiling, above solubility 10
                [60, 20, 0, 97.868, 120],  # 20 mol/L of an 18 mol/L stock
                [60, 1.05, 0, 97.868, 120],  # 2100 mol for the 2000 consumed: ratio 1.05 < 1.1
            ]
        ),
    )
    y = np.repeat(yields(), 4, axis=0)
    m = chemistry_margins(designs, mass_balance(designs, y, INPUTS), INPUTS)
    assert m["proton_balance"][0] == pytest.approx(2.0 / 1.1 - 1.0)
    assert m["proton_balance"][3] == pytest.approx(1.05 / 1.1 - 1.0)
    assert (m["boiling"] < 0).tolist() == [False, True, False, False]
    assert m["boiling"][1] == pytest.approx(-0.05)
    assert (m["solubility"] < 0).tolist() == [False, True, False, False]
    assert m["solubility"][1] == pytest.approx(-0.1)
    # 20 mol/L needs 20 x 98 / 0.98 / 1.8 = 1111 L of stock in a 1000 L tank: -11.1 % water
    assert m["stock_strength"][2] == pytest.approx(-0.1111, abs=1e-4)
    assert (m["stock_strength"] < 0).tolist() == [False, False, True, False]


def test_limits_can_be_switched_off_and_tuned() -> None:
    b = mass_balance(one(), yields(), INPUTS)
    assert chemistry_margins(one(), b, INPUTS, *(limit(None) for limit in LIMITS)) == {}
    strict = chemistry_margins(one(), b, INPUTS, Boiling(50.0))
    assert strict["boiling"] == pytest.approx(-0.1)  # 60 degC is 10 above 100 - 50


def test_process_parameters_refuse_the_impossible() -> None:
    from optimiser._io.errors import InputError

    with pytest.raises(InputError, match="no process parameter 'mixing_powr'") as error:
        process_parameters({"mixing_powr": 2.0})
    assert "mixing_power" in error.value.remedy
    with pytest.raises(InputError, match="not possible"):
        process_parameters({"peroxide_loss": 50})
    with pytest.raises(InputError, match="no neutraliser 'chalk'"):
        process_parameters({"neutraliser": "chalk"})
    assert process_parameters({"mixing_power": 1.0}).mixing_power == 1.0


design_values = st.tuples(
    st.integers(0, 1),
    st.floats(0, 100),
    st.floats(0.05, 8),
    st.floats(0, 20),
    st.floats(2, 400),
    st.floats(0, 4000),
    st.floats(0, 1),
    st.floats(0, 1),
)


@given(design_values)
def test_masses_and_volumes_always_add_up(values: tuple[float, ...]) -> None:
    acid, t, c, h, s, m, li, co = values
    b = mass_balance(one(int(acid), t, c, h, s, m), yields(li, co), INPUTS)
    assert b.solution == pytest.approx(b.acid_stock + b.peroxide_stock + b.water)
    filled = b.acid_stock_volume + b.peroxide_stock_volume + b.water / REAGENTS.water_density
    assert filled == pytest.approx(b.volume)
    assert b.peroxide_pure == pytest.approx(b.solution * h / 100.0, abs=1e-9)
    assert b.protons_offered - b.protons_consumed <= b.free_protons + 1e-6
    assert (b.metals <= LCO.metal_mass + 1e-9).all()
    assert (b.heat >= 0).all()
    assert (b.base >= 0).all()


@given(design_values, st.floats(0.1, 50))
def test_per_kg_metrics_do_not_depend_on_the_batch_size(values: tuple[float, ...], factor: float) -> None:
    acid, t, c, h, s, m, li, co = values
    big = replace(INPUTS, feed=LCO.model_copy(update={"mass": LCO.mass * factor}))
    d, y = one(int(acid), t, c, h, s, m), yields(max(li, 0.01), co)
    small_result = outcome(d, y, mass_balance(d, y, INPUTS), INPUTS)
    big_result = outcome(d, y, mass_balance(d, y, big), big)
    for name in ("cost", "climate_change", "net_value", "recovery", "acid_use", "energy", *RATES):
        assert METRICS[name].compute(big_result) == pytest.approx(METRICS[name].compute(small_result))


@given(design_values)
def test_rows_are_independent(values: tuple[float, ...]) -> None:
    acid, t, c, h, s, m, li, co = values
    first, second = one(int(acid), t, c, h, s, m), one(HCL, 50, 3, 0, 20, 60)
    both = Designs(
        np.concatenate([first.acid, second.acid]), np.vstack([first.continuous, second.continuous])
    )
    y = np.vstack([yields(li, co), yields()])
    alone = mass_balance(first, y[:1], INPUTS)
    together = mass_balance(both, y, INPUTS)
    assert together.base[0] == alone.base[0]
    assert together.heat[0] == alone.heat[0]
    assert together.peroxide_stock[0] == alone.peroxide_stock[0]


@given(design_values, st.floats(1.01, 3.0))
def test_more_acid_never_breaks_the_proton_balance_and_more_heat_only_the_boiling(
    values: tuple[float, ...], factor: float
) -> None:
    acid, t, c, h, s, m, li, co = values
    y = yields(max(li, 0.01), co)

    def margins(temperature: float, concentration: float) -> dict[str, np.ndarray]:
        d = one(int(acid), temperature, concentration, h, s, m)
        return chemistry_margins(d, mass_balance(d, y, INPUTS), INPUTS)

    base, stronger, hotter = margins(t, c), margins(t, c * factor), margins(t * factor, c)
    assert (stronger["proton_balance"] >= base["proton_balance"]).all()
    assert (stronger["solubility"] <= base["solubility"]).all()
    assert (hotter["boiling"] <= base["boiling"]).all()
    assert (base["boiling"] >= 0).all() == (t <= 100)
