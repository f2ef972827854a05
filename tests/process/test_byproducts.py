"""Gases, salt, water, precipitation and reactor time by hand; every parameter pulls its way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import METALS
from optimiser.problem.binding import assemble
from optimiser.problem.limits import Slurry
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import Outcome, outcome
from optimiser.process.balance import mass_balance
from optimiser.process.byproducts import ByProducts, by_products
from optimiser.process.inputs import ProcessInputs, idle_parameters, process_inputs
from optimiser.process.parameters import parameter_quantities, process_parameters
from optimiser.process.ratios import reductant_ratio, solubility_at
from optimiser.report.words import setpoints, warnings_of
from optimiser.surrogate.artefact import load_surrogate
from optimiser.tables.front_csv import design_table
from optimiser.variables import Designs
from tests.margins import chemistry_margins

# 97.868 kg of LiCoO2 (M = 6.94 + 58.93 + 2 x 15.999 = 97.868 g/mol) is exactly 1000 mol.
LCO = Feed(name="LCO", Co=1.0, mass=97.868)
NAMES = ("sulfuric", "hydrochloric", "nitric", "oxalic", "citric")


def inputs(feed: Feed = LCO, **parameters: float | str) -> ProcessInputs:
    acids = [load_acids()[name] for name in NAMES]
    return process_inputs(feed, acids, process_parameters(parameters))


def one(
    acid: str = "sulfuric", t: float = 50, c: float = 2, h: float = 0, s: float = 97.868, m: float = 120
) -> Designs:
    return Designs(np.array([NAMES.index(acid)]), np.array([[t, c, h, s, m]], dtype=np.float64))


def result(designs: Designs, li: float = 1.0, co: float = 1.0, **parameters: float | str) -> Outcome:
    known = inputs(**parameters)
    yields = np.array([[li, np.nan, np.nan, co]])
    return outcome(designs, yields, mass_balance(designs, yields, known), known)


def products(designs: Designs, li: float = 1.0, co: float = 1.0, **parameters: float | str) -> ByProducts:
    found = result(designs, li, co, **parameters)
    return by_products(designs, found.balance, found.inputs)


def test_chlorine_by_stoichiometry() -> None:
    # LiCoO2 + 4 HCl -> LiCl + CoCl2 + 1/2 Cl2 + 2 H2O: 1000 mol make 500 mol x 70.906 g = 35.453 kg of Cl2
    assert products(one("hydrochloric", c=5)).chlorine == pytest.approx(35.453)
    # half of the cobalt: half of it, whatever the lithium does
    assert products(one("hydrochloric", c=5), co=0.5).chlorine == pytest.approx(35.453 / 2)
    # peroxide enough for the 1000 mol of electrons, and any other acid: none
    assert products(one("hydrochloric", c=5, h=5)).chlorine == pytest.approx(0.0)
    assert products(one("sulfuric")).chlorine == pytest.approx(0.0)


def test_chlorine_of_spinel() -> None:
    # LiMn2O4 + 8 HCl -> LiCl + 2 MnCl2 + 3/2 Cl2 + 4 H2O; 180.816 kg are 1000 mol: 1500 x 70.906 = 106.359 kg
    spinel = inputs(Feed(name="LMO", Mn=2.0, mass=180.816))
    d = one("hydrochloric", s=90, c=5)
    balance = mass_balance(d, np.array([[1.0, np.nan, 1.0, np.nan]]), spinel)
    assert by_products(d, balance, spinel).chlorine == pytest.approx(106.359)


def test_oxygen_from_peroxide() -> None:
    # all of the peroxide reduces or decomposes: 1000 mol of electrons take 500 mol of H2O2 and give 500 mol
    # of O2; of the n mol in the tank the other n - 500 give half as many. O2 has 31.998 g/mol.
    d = one(h=5)
    n = float(result(d).balance.peroxide_pure[0]) * 1000 / 34.014
    assert n > 1000
    assert products(d).oxygen == pytest.approx((500 + (n - 500) / 2) * 31.998 / 1000)
    assert products(one()).oxygen == pytest.approx(0.0)
    # too little of it: with n < 500 every one reduces and gives one O2
    little = one(h=1)
    n = float(result(little).balance.peroxide_pure[0]) * 1000 / 34.014
    assert n < 500
    assert products(little).oxygen == pytest.approx(n * 31.998 / 1000)


def test_salt_of_neutralisation() -> None:
    # 2000 mol of H2SO4 offer 4000 mol of protons; LiCoO2 takes 1000 + 2 x 1000; 1000 stay free: 500 mol acid
    # NaOH: 500 mol of Na2SO4 x 142.04 g = 71.02 kg; Ca(OH)2: 500 mol of CaSO4.2H2O x 172.17 g = 86.09 kg
    assert products(one()).salt == pytest.approx(71.02, abs=0.01)
    assert products(one(), neutraliser="calcium_hydroxide").salt == pytest.approx(86.09, abs=0.01)
    assert products(one(), neutraliser="none").salt == pytest.approx(0.0)
    # HCl with 5000 mol: 4000 are taken (with chlorine), 1000 mol of NaCl x 58.44 g = 58.44 kg
    assert products(one("hydrochloric", c=5)).salt == pytest.approx(58.44, abs=0.01)
    # calcium citrate Ca3(C6H5O7)2, 498.43 g/mol, 6 protons: 6000 offered - 3000 = 3000 free: 249.2 kg
    assert products(one("citric"), neutraliser="calcium_hydroxide").salt == pytest.approx(249.2, abs=0.1)


def test_residue_wash_water_and_wastewater() -> None:
    # half of the metals' mass stays: 48.934 kg, washed with 2 L/kg = 97.868 L; the tank holds 1000 L
    found = products(one(), 0.5, 0.5)
    assert found.residue == pytest.approx(48.934)
    assert found.wastewater == pytest.approx(1.097868)
    assert products(one(), 0.5, 0.5, wash_water=5).wastewater == pytest.approx(1.24467)
    assert products(one()).residue == pytest.approx(0.0)
    # bought with the process water
    spent, none = result(one(), 0.5, 0.5), result(one(), 0.5, 0.5, wash_water=0)
    extra = 97.868 * 0.997 * spent.inputs.reagents.price["water"]
    assert (spent.cost - none.cost).sum() == pytest.approx(extra)


def test_hot_nitric_acid_is_flagged() -> None:
    assert products(one("nitric", t=61)).nox.tolist() == [True]
    assert products(one("nitric", t=60)).nox.tolist() == [False]
    assert products(one("nitric", t=61), nox_limit=70).nox.tolist() == [False]
    assert products(one("sulfuric", t=90)).nox.tolist() == [False]


def test_what_precipitates() -> None:
    # 1000 mol of Co in 1000 L as CoSO4, 154.99 g/mol: 15.5 g/100 mL of the 36.1 that dissolve
    assert products(one()).precipitating(0) == []
    # twice and a half as concentrated it is 38.7; Li2SO4 (109.94 g/mol, 2 Li): 2.5 mol/L are 13.7 of 34.8
    assert products(one(s=2.5 * 97.868, c=6)).precipitating(0) == ["Co"]
    # cobalt oxalate does not dissolve; lithium oxalate (8 g/100 mL): 1 mol/L x 101.9 / 2 = 5.1, 2 mol/L 10.2
    assert products(one("oxalic")).precipitating(0) == ["Co"]
    assert products(one("oxalic", s=2 * 97.868)).precipitating(0) == ["Li", "Co"]
    # nothing dissolved, nothing precipitates; an unknown solubility (nickel citrate) flags nothing
    assert products(one("oxalic"), 0.0, 0.0).precipitating(0) == []
    assert np.isnan(inputs().acids.salt_solubility[NAMES.index("citric"), METALS.index("Ni")])


def test_heat_loss_and_recovery() -> None:
    # of 1 kWh that the charge takes up 0.3 come back from the hot leachate and 0.1 are lost on the way: 0.8
    ideal = result(one()).balance.heat
    real = result(one(), heat_loss=0.1, heat_recovery=0.3).balance.heat
    assert real == pytest.approx(0.8 * ideal)


def test_productivity_and_reactor_volume() -> None:
    # slurry 1000 + 97.868/4.7 = 1020.823 L in a reactor filled to 80 %: 1.276029 m3, held for 30 + 120 + 30
    # min = 3 h: 3.828086 m3 h. 65.87 kg of metal: 17.2070 kg/m3/h.
    found = result(one())
    assert METRICS["productivity"].compute(found) == pytest.approx(65.87 / 3.828086, rel=1e-6)
    # 97.868 kg per 3 h are 0.782944 t/day: 1.276029 / 0.782944 = 1.62978 m3 per t/day
    assert METRICS["reactor_volume"].compute(found) == pytest.approx(1.62978, rel=1e-5)
    # net value is per t feed: x 0.097868 t / 3.828086 m3 h
    rate = METRICS["net_value"].compute(found) * 0.097868 / 3.828086
    assert METRICS["net_value_rate"].compute(found) == pytest.approx(rate, rel=1e-6)
    # a plant that loses no time, and a leach of no time: nothing per hour rather than an error
    at_once = result(one(m=0), 0.0, 0.0, filling_time=0, emptying_time=0)
    assert METRICS["productivity"].compute(at_once) == pytest.approx(0.0)


def test_true_strength_of_peroxide_is_what_is_dosed_and_what_reduces() -> None:
    # nominal 10 wt% at 0.25 is a solution of 2.5 wt%: the same as asking for 2.5 wt%
    weak, asked = result(one(h=10), peroxide_strength=0.25), result(one(h=2.5))
    assert weak.balance.peroxide_pure == pytest.approx(weak.balance.solution * 0.025)
    assert weak.balance.peroxide_stock == pytest.approx(asked.balance.peroxide_stock)
    assert reductant_ratio(weak.balance) == pytest.approx(reductant_ratio(asked.balance))
    np.testing.assert_allclose(weak.cost, asked.cost)
    np.testing.assert_allclose(weak.climate, asked.climate)


def test_slurry_limit() -> None:
    # 400 g/L of 1 mol/L sulfuric: per L 98.079/0.98 = 100.080 g stock = 54.510 mL, and 945.490 mL x 0.997
    # = 942.654 g water: 1042.734 g solution. 400 / 1442.734 = 0.277251 kg/kg: margin 1 - 0.277251/0.3
    def margin(solids: float, limit: float = 0.3) -> float:
        d = one(c=1, s=solids)
        found = result(d)
        return float(chemistry_margins(d, found.balance, found.inputs, Slurry(limit))["slurry"][0])

    assert margin(400) == pytest.approx(1 - 0.277251 / 0.3, abs=1e-5)
    assert margin(500) < 0 < margin(333.34)  # the training data's densest slurry is allowed
    assert margin(100, 0.05) < 0


def test_solubility_of_oxalic_acid_rises_with_temperature_as_far_as_is_known() -> None:
    # 108 g/L at 25 and 350 at 60 degC, over 90.034 g/mol; half way it is sqrt(108 x 350) = 194.4 g/L
    d = Designs(
        np.full(5, NAMES.index("oxalic")), np.array([[t, 1, 0, 20, 60] for t in (20, 25, 42.5, 60, 90)])
    )
    found = solubility_at(d, inputs()) * 90.034
    assert found[1:] == pytest.approx([108, 194.4, 350, 350], rel=1e-3)
    assert found[0] < 108
    # measured between: 139, 217, 315 g per kg of water at 30, 40, 50 degC, in the volume of the dihydrate's
    # crystal and the rest of the water (0.992 kg/L): 130, 196, 273 g/L, and the model stays below each
    between = Designs(
        np.full(3, NAMES.index("oxalic")), np.array([[t, 1, 0, 20, 60] for t in (30, 40, 50)], dtype=float)
    )
    assert (solubility_at(between, inputs()) * 90.034 < [130, 196, 273]).all()
    # citric and the miscible ones have one value
    assert solubility_at(one("citric", t=80), inputs()) == pytest.approx(576 / 192.123, rel=1e-5)
    assert np.isinf(solubility_at(one("sulfuric", t=80), inputs())).all()


#: What each parameter's larger value does, at a design where it matters: a figure, and its direction.
EFFECTS = {
    "ambient_temperature": ("energy", -1, one()),
    "liquid_heat_capacity": ("energy", +1, one()),
    "solid_heat_capacity": ("energy", +1, one()),
    "solid_density": ("productivity", +1, one()),
    "mixing_power": ("cost", +1, one()),
    "heat_loss": ("climate_change", +1, one()),
    "heat_recovery": ("climate_change", -1, one()),
    "filling_time": ("productivity", -1, one()),
    "emptying_time": ("net_value_rate", -1, one()),
    "fill_fraction": ("reactor_volume", -1, one()),
    "wash_water": ("cost", +1, one()),
    "peroxide_strength": ("cost", +1, one(h=2)),
    # with hydrochloric acid, what peroxide does not reduce costs a proton, which needs no base
    "peroxide_loss": ("cost", -1, one("hydrochloric", t=70, c=5, h=1)),
    "peroxide_enthalpy": ("peroxide_rise", +1, one(h=2)),
    "peroxide_limit": ("cost", +1, one("hydrochloric", t=65, c=5, h=1)),
}


def test_no_parameter_is_left_out() -> None:
    # nox_limit only flags: test_hot_nitric_acid_is_flagged; peroxide_cooling only limits: test_process.py
    # and what dissolves of a feed's impurities: test_impurities.py
    elsewhere = {"nox_limit", "peroxide_cooling", *idle_parameters(LCO)}
    assert set(EFFECTS) | elsewhere == set(parameter_quantities())


@pytest.mark.parametrize("name", list(EFFECTS))
def test_every_parameter_moves_the_result_as_expected(name: str) -> None:
    metric, direction, design = EFFECTS[name]
    low, high = parameter_quantities()[name].range()
    assert low < high, "a parameter has a range to vary it over"
    values = [METRICS[metric].compute(result(design, 0.9, 0.8, **{name: v})) for v in (low, high)]
    assert np.sign(values[1] - values[0]) == [direction]


def test_impossible_parameters_are_refused() -> None:
    for wrong in (
        {"heat_recovery": 1.5},
        {"fill_fraction": 0},
        {"solid_density": 0},
        {"peroxide_strength": 4},
    ):
        with pytest.raises(InputError, match="not possible") as error:
            process_parameters(wrong)
        assert "usual" in error.value.allowed


@given(
    st.sampled_from(NAMES),
    st.floats(20, 95),
    st.floats(0.5, 6),
    st.floats(0, 15),
    st.floats(5, 300),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_by_products_are_never_negative_and_nothing_comes_from_nothing(
    acid: str, t: float, c: float, h: float, s: float, li: float, co: float
) -> None:
    d = one(acid, t, c, h, s)
    found = products(d, li, co)
    for name in ("chlorine", "oxygen", "salt", "residue", "wastewater"):
        assert getattr(found, name)[0] >= 0, name
    balance = result(d, li, co).balance
    # chlorine comes from the acid, oxygen from the peroxide, and with the metals nothing exceeds the feed
    assert found.oxygen[0] <= balance.peroxide_pure[0] * 31.998 / 34.014 + 1e-9
    assert (found.residue + balance.metal_total <= LCO.mass + 1e-9).all()
    # the same design with more peroxide never makes more chlorine
    assert products(one(acid, t, c, h + 1, s), li, co).chlorine <= found.chlorine + 1e-9


def test_hazards_reach_the_user() -> None:
    acids = [load_acids()[name] for name in ("hydrochloric", "nitric", "oxalic", "glycine")]
    problem = assemble(
        "p", LCO.model_copy(update={"mass": 1000.0}), acids, load_surrogate("pd-gbr"), process_parameters()
    )
    designs = Designs(
        np.arange(4),
        np.array([[80, 5, 0, 50, 60], [80, 2, 0, 20, 60], *[[80, 1, 0, 20, 60]] * 2], dtype=float),
    )
    found = problem.evaluate(designs)
    said = [" ".join(warnings_of(problem, found, row)) for row in range(4)]
    assert f"chlorine gas ({found.by_products.chlorine[0]:.0f} kg per t feed)" in said[0]
    assert found.by_products.chlorine[0] > 100
    assert "nitrogen oxides" in said[1] and "nitrogen oxides" not in said[0]
    assert "Co: more than the salts' solubility" in said[2] and "yields are those of dissolution" in said[2]
    assert "zwitterion" in said[3] and found.proton_ratio[3] == 0.0
    table = design_table(problem, found)
    told = [name for name in table.columns if not name.endswith(("_nominal", "_p10"))]
    assert told[-8:] == [
        *("knee", "chlorine", "oxygen", "salt", "residue", "wastewater", "nox", "precipitates")
    ]
    assert table["precipitates"].str.contains("Co").tolist() == [False, False, True, False]
    assert table["chlorine"][0] == pytest.approx(found.by_products.chlorine[0])


def test_a_nominal_dose_is_said_with_its_true_strength() -> None:
    problem = assemble(
        "p",
        LCO,
        [load_acids()["sulfuric"]],
        load_surrogate("pd-gbr"),
        process_parameters({"peroxide_strength": 0.25}),
    )
    found = problem.evaluate(Designs(np.array([0]), np.array([[50, 2, 10, 50, 60]], dtype=float)))
    assert "10 wt% hydrogen peroxide (nominal; 2.5 wt% true)" in setpoints(problem, found, 0)
    exact = replace(problem, inputs=inputs())
    assert "10 wt% hydrogen peroxide" in setpoints(exact, found, 0)
    assert "nominal" not in setpoints(exact, found, 0)
