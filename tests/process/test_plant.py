"""The plant around the leach against sums done by hand, and against what must always hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.descriptors import oxygen_demand
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.quantity import Sourced
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import Outcome, outcome
from optimiser.process.balance import mass_balance
from optimiser.process.inputs import ProcessInputs, process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.process.plant import PLANT_COMPONENTS, purchased_cost, recovery_factor
from optimiser.process.plant_parameters import ProcessNumber, load_plant, shipped_ends
from optimiser.variables import Designs

ACIDS = [load_acids()[name] for name in ("sulfuric", "hydrochloric", "nitric", "citric")]
SULFURIC, HCL, NITRIC, CITRIC = range(4)
# 96.461 kg of LiNi(1/3)Mn(1/3)Co(1/3)O2 = 1000 mol:
# 6.94 + (58.69 + 54.94 + 58.93) / 3 + 31.998 = 96.458 g/mol
NMC = Feed(name="NMC", Ni=1 / 3, Mn=1 / 3, Co=1 / 3, mass=96.458)
# 97.868 kg of LiCoO2 = 1000 mol
LCO = Feed(name="LCO", Co=1.0, mass=97.868)


def inputs(feed: Feed = NMC, **process: Any) -> ProcessInputs:
    chosen = {"scope": "plant", "throughput": 10.0, **process}
    return process_inputs(feed, ACIDS, process_parameters(chosen))


def told(
    acid: int = SULFURIC,
    c: float = 2.0,
    h: float = 0.0,
    s: float = 96.458,
    m: float = 120.0,
    t: float = 50.0,
    leached: float = 1.0,
    feed: Feed = NMC,
    **process: Any,
) -> Outcome:
    numbers = inputs(feed, **process)
    design = Designs(np.array([acid]), np.array([[t, c, h, s, m]], dtype=np.float64))
    yields = np.where(feed.present, leached, np.nan)[np.newaxis, :]
    return outcome(design, yields, mass_balance(design, yields, numbers), numbers)


def metric(name: str, o: Outcome) -> float:
    return float(METRICS[name].compute(o)[0])


def part(name: str, o: Outcome) -> float:
    """EUR per t of feed of one component."""
    i = PLANT_COMPONENTS.index(name)
    return float(o.plant.components[0, i] / o.plant.batches / (o.inputs.feed.mass / 1000.0))


# --- money ----------------------------------------------------------------------------------------------


def test_annuity_of_ten_years_at_ten_per_cent() -> None:
    # 0.1 x 1.1^10 / (1.1^10 - 1) = 0.1 x 2.59374 / 1.59374 = 0.162745
    assert recovery_factor(0.1, 10) == pytest.approx(0.162745, abs=1e-6)
    assert recovery_factor(0.0, 10) == pytest.approx(0.1)
    assert recovery_factor(1e-9, 10) == pytest.approx(0.1, rel=1e-6)


def test_equipment_is_brought_to_the_cost_year_and_then_converted() -> None:
    # 117,751 USD of 2016 x 816 / 541.7 = 177,376 USD of 2022 / 1.0530 USD per EUR = 168,449 EUR
    assert shipped_ends("tank_cost").value == pytest.approx(117751 * 816 / 541.7 / 1.0530)
    # other money at the rate of its own period: 38.12 USD/h of 2023 / 1.0813 = 35.254 EUR/h
    assert shipped_ends("labour_rate").value == pytest.approx(38.12 / 1.0813)
    own = process_parameters({"scope": "plant", "throughput": 1, "tank_cost": 150000}).plant
    assert own is not None and own.tank_cost == 150000


def test_own_money_keeps_its_range_in_euros() -> None:
    rate = ProcessNumber.model_validate({"low": 20, "value": 30, "high": 40, "unit": "USD/h", "period": 2022})
    plant = process_parameters({"scope": "plant", "throughput": 1, "labour_rate": rate}).plant
    assert plant is not None and plant.labour_rate == pytest.approx(30 / 1.0530)
    assert plant.given["labour_rate"].range() == pytest.approx((20 / 1.0530, 40 / 1.0530))


def test_two_tanks_cost_more_than_one_of_their_size() -> None:
    # 2 x 100 x (8 / 2 / 1)^0.5 = 400; one of 8 costs 100 x 8^0.5 = 283
    assert purchased_cost(np.array(8.0), 2, 100.0, 1.0, 0.5) == pytest.approx(400.0)
    assert purchased_cost(np.array(8.0), 1, 100.0, 1.0, 0.5) == pytest.approx(282.8427)


# --- downstream -----------------------------------------------------------------------------------------


def test_everbatt_recipe_follows_from_the_charge_balance() -> None:
    """EverBatt: 1 mol H2SO4 per 2 Li and 2 per Ni, Mn, Co; 4 mol NaOH per metal; 0.5 mol Na2CO3 per Li."""
    # 1 kg of NMC111 is 1000 / 96.458 = 10.367 mol: H2SO4 2.5 x 10.367 = 25.918 mol = 2.542 kg,
    # NaOH 4 x 10.367 = 41.469 mol = 1.659 kg, H2O2 0.5 x 10.367 = 5.184 mol = 0.1763 kg,
    # Na2CO3 0.5 x 10.367 = 5.184 mol = 0.5494 kg.
    # The charge balance: 5 protons offered, 1 + 2 taken by the charge of Li+ and M2+, 2 left: base for
    # these 2 and for the 2 of M(OH)2 is 4 NaOH; Li2SO4 + Na2CO3 -> Li2CO3 + Na2SO4. At 96.458 g/L and 1
    # mol/L cathode the leachant is 2.5 mol/L H2SO4; 0.5 mol/L H2O2 = 17.007 g/L.
    o = told(c=2.5, h=1.5, **NEUTRAL)
    b, after = o.balance, o.plant.downstream
    kg = NMC.mass
    assert b.acid_pure[0] / kg == pytest.approx(2.542, abs=1e-3)
    assert (b.base + after.base)[0] / kg == pytest.approx(1.659, abs=1e-3)
    assert after.carbonate[0] / kg == pytest.approx(0.5494, abs=1e-4)
    # electrons: 1 per metal, so half a mol of peroxide each
    assert b.electrons_needed[0] / 2.0 / 1000.0 * 34.014 / kg == pytest.approx(0.1763, abs=1e-4)
    # at EverBatt's prices, USD per kg black mass: 2.542 x 0.0834 + 1.659 x 0.45 + 0.1763 x 1.459 + 0.5494 x
    # 0.143 = 0.2120 + 0.7466 + 0.2572 + 0.0786 = 1.2944
    used = (b.acid_pure[0], (b.base + after.base)[0], 0.5 * 34.014, after.carbonate[0])
    bill = sum(u / kg * p for u, p in zip(used, (0.0834, 0.45, 1.459, 0.143), strict=True))
    assert bill == pytest.approx(1.2944, abs=1e-3)


NEUTRAL: dict[str, Any] = {"neutraliser": "sodium_hydroxide"}


def test_all_acid_ends_as_salt_when_metals_are_precipitated() -> None:
    # acid at the stoichiometric 1.5 mol/L: 3000 mol protons as 1500 mol Na2SO4 x 142.04 = 213.06 kg per
    # 96.458 kg = 2.209 t per t of feed; with 4 % of excess 2.30 t
    exact, more = told(c=1.5), told(c=1.5 * 1.04)
    assert metric("salt_plant", exact) == pytest.approx(2209.0, rel=1e-3)
    assert metric("salt_plant", more) == pytest.approx(2297.0, rel=1e-3)
    # with solvent extraction only the free acid is neutralised
    extraction = told(c=1.56, precipitated=0)
    assert metric("salt_plant", extraction) == pytest.approx(metric("salt", extraction))
    assert metric("base_plant", extraction) == 0.0


def test_base_and_soda_ash_of_the_metals() -> None:
    # 1000 mol of M2+ take 2000 mol NaOH x 39.997 = 79.994 kg per 96.458 kg = 829.31 kg/t; half dissolved:
    # half
    assert metric("base_plant", told()) == pytest.approx(829.31, rel=1e-4)
    assert metric("base_plant", told(leached=0.5)) == pytest.approx(414.66, rel=1e-4)
    # 500 mol Na2CO3 x 105.988 = 52.994 kg at 0.143 / 1.0813 EUR/kg, NaOH at 0.45 / 1.0813 EUR/kg,
    # and 2 kW/m3 x 1 m3 x 1 h = 2 kWh at 0.1902 (no residue, so no wash water), per 0.096458 t
    eur = 52.994 * 0.143 / 1.0813 + 79.994 * 0.45 / 1.0813 + 2.0 * 0.1902
    assert part("precipitation", told()) == pytest.approx(eur / 0.096458, rel=1e-4)


def test_lime_leaves_the_lithium_to_soda_ash() -> None:
    # 1500 mol/m3 H2SO4: M: 2000 mol protons as gypsum (98.072 + 74.093 - 36.030 + 2 x 18.015) / 2 = 86.08
    # g/mol = 172.2 kg; Li: 1000 mol as Na2SO4 142.04 / 2 = 71.02 kg; 243.2 kg per 96.458 kg = 2521 kg/t
    assert metric("salt_plant", told(c=1.5, neutraliser="calcium_hydroxide")) == pytest.approx(2521, rel=2e-3)


def test_chlorine_takes_two_mol_of_base_each() -> None:
    # LiCoO2 without peroxide: 500 mol Cl2 = 35.45 kg per 97.868 kg = 362.3 kg/t; 1000 mol NaOH = 39.997 kg:
    # 347 kg of Cl2 take 347 / 70.906 x 2 x 39.997 = 391.5 kg
    o = told(HCL, c=4.4, s=97.868, feed=LCO, hydrochloric_vapour=0)
    assert metric("scrubbing_base", o) / metric("chlorine", o) * 347 == pytest.approx(391.5, abs=0.1)
    assert metric("chlorine", o) == pytest.approx(362.3, abs=0.1)
    # 408.7 kg/t x 0.45 / 1.0813 EUR/kg
    assert part("scrubbing", o) == pytest.approx(39.997 / 0.097868 * 0.45 / 1.0813, rel=1e-4)


def test_vapour_and_nitrogen_oxides_take_one_mol_each() -> None:
    # 5000 mol HCl x 0.002 = 10 mol = 0.39997 kg NaOH per 96.458 kg = 4.1466 kg/t (peroxide spares the
    # chlorine)
    assert metric("scrubbing_base", told(HCL, c=5.0, h=4.0)) == pytest.approx(4.1466, rel=1e-4)
    # 4000 mol HNO3 x 0.02 = 80 mol = 3.19976 kg per 96.458 kg = 33.17 kg/t above 60 degC, nothing below
    assert metric("scrubbing_base", told(NITRIC, c=4.0, t=70)) == pytest.approx(33.17, rel=1e-3)
    assert metric("scrubbing_base", told(NITRIC, c=4.0, t=60)) == 0.0


def test_only_acids_that_give_off_gas_pay_for_a_scrubber() -> None:
    def purchased(acid: int, t: float, **process: Any) -> float:
        return float(told(acid, c=4.0, h=4.0, t=t, **process).plant.equipment.purchased[0])

    for acid, t, pays in ((SULFURIC, 70, False), (HCL, 50, True), (NITRIC, 50, False), (NITRIC, 70, True)):
        dearer = purchased(acid, t, scrubber_cost=500_000) - purchased(acid, t, scrubber_cost=100_000)
        assert (dearer > 1.0) == pays


def test_a_tank_for_hydrochloric_acid_costs_more() -> None:
    same = {"material_mineral": 3.2, "material_chloride": 3.2}
    plain = told(HCL, c=3.5, h=4.0, material_chloride=2.0).plant.fixed_capital[0]
    assert told(HCL, c=3.5, h=4.0, **same).plant.fixed_capital[0] > plain


def test_oxygen_demand_of_organic_acids() -> None:
    # citric acid C6H8O7: 6 + 2 - 3.5 = 4.5 mol O2 = 143.99 g per 192.12 g; oxalic C2H2O4: 0.5 mol = 16 per
    # 90.03; formic CH2O2: 0.5 mol = 16 per 46.03; glycine C2H5NO2 to NH3: 1.5 mol = 48.0 per 75.07
    # methanesulfonic CH4O3S: 1 + 1 - 1.5 + 1.5 = 2 mol = 64.0 per 96.1
    for smiles, grams, mass in (
        ("OC(=O)CC(O)(C(=O)O)CC(=O)O", 143.99, 192.12),
        ("OC(=O)C(=O)O", 16.0, 90.03),
        ("OC=O", 16.0, 46.03),
        ("NCC(=O)O", 48.0, 75.07),
        ("CS(=O)(=O)O", 64.0, 96.1),
    ):
        assert oxygen_demand(smiles) == pytest.approx(grams / mass, rel=1e-3)
    assert all(oxygen_demand(ACIDS[k].smiles) == 0.0 for k in (SULFURIC, HCL, NITRIC))


def test_effluent_and_disposal() -> None:
    # citric 1 mol/L in 1 m3: 192.12 kg x 0.7495 = 143.99 kg COD; half of the metals stay: residue 48.229
    # kg, wash water 2 L/kg = 96.458 L. Citric acid offers 3 protons (pKa below 7): 3000 mol, 1500
    # dissolved: all is salted.
    o = told(CITRIC, c=1.0, leached=0.5)
    water = 1.0 + 0.096458
    eur = water * 1.65 / 1.0813 + 143.99 * 0.8
    assert part("effluent", o) == pytest.approx(eur / 0.096458, rel=1e-3)
    salt = metric("salt_plant", o)
    assert part("disposal", o) == pytest.approx((500.0 + salt) / 1000.0 * 59.56 / 1.0813, rel=1e-4)


# --- equipment ------------------------------------------------------------------------------------------


def test_leach_tanks_by_hand() -> None:
    # slurry 1000 L + 96.458 / 4.7 = 1020.52 L per 96.458 kg = 10.580 m3/t; / 0.8 x (120 + 60) min = 39.675
    # m3 h/t; x 10 t/d / 20 h/d = 19.837 m3, in the two tanks that there are at least
    o = told(c=1.56)
    assert metric("tank_volume", o) == pytest.approx(19.837, rel=1e-4)
    assert o.plant.equipment.tanks[0] == 2
    # 400 t/d: 793.5 m3 in 8 tanks below 100 m3
    assert told(c=1.56, throughput=400).plant.equipment.tanks[0] == 8


def test_fixed_capital_by_hand() -> None:
    # Two tanks of 9.919 m3 each: 168,449 x (9.919 / 189.1)^0.5624 = 32,091; agitator 2 kW/m3 x 0.8 x 9.919 =
    # 15.87 kW: 490,854 x (15.87 / 353.5)^0.564 = 85,335; x 2 x factor 2 = 469,703.
    # Neutralisation: 1 m3 per 96.458 kg = 10.367 m3/t / 0.8 x 2 h x 10 / 20 = 12.959 m3 in one tank: 37,294;
    # 20.734 kW: 99,230; x 2 = 273,048.
    # Press at its least, 1 m3: 3,123,127 x (1 / 101.9)^0.72 = 111,849 (no residue).
    # Acid stock: 1560 mol x 98.07 / 1000 / purity / density per 96.458 kg; 7 days of 10 t.
    o = told(c=1.56)
    tank = lambda v: 117751 * 816 / 541.7 / 1.0530 * (v / 189.1) ** 0.5624  # noqa: E731
    mixer = lambda kw: 343123 * 816 / 541.7 / 1.0530 * (kw / 353.5) ** 0.564  # noqa: E731
    one = 19.837 / 2
    leach = 2 * 2 * (tank(one) + mixer(1.6 * one))
    treated = 1.0 / 0.096458 / 0.8 * 2 * 10 / 20
    neutral = 2 * (tank(treated) + mixer(1.6 * treated))
    press = 2183148 * 816 / 541.7 / 1.0530 * (1 / 101.9) ** 0.72
    stock = o.balance.acid_stock_volume[0] / 1000 / 0.096458 * 10 * 7
    acid = 2 * tank(stock)
    assert (leach, neutral, press) == pytest.approx((469703, 273048, 111849), rel=1e-3)
    fixed = (leach + neutral + press + acid) * 4.28 * 1.2
    assert metric("capital", o) == pytest.approx(fixed, rel=1e-4)
    # a year: annuity 0.162745 + interest on 5 % of it, 0.005; maintenance 3 %; insurance and site 3.2 %
    year = 320 * 10
    assert part("capital", o) * year == pytest.approx((0.162745 + 0.005) * fixed, rel=1e-4)
    assert part("maintenance", o) * year == pytest.approx(0.03 * fixed, rel=1e-4)


def test_labour_is_per_line_and_batches_on_top() -> None:
    # 24 h/d x 320 d x 38.12 USD/h = 292,762 USD; x 1.25 x 1.5 = 548,928 USD / 1.0813 = 507,656 EUR, at any
    # throughput
    for throughput in (1, 10, 100):
        o = told(throughput=throughput)
        assert part("labour", o) * 320 * throughput == pytest.approx(507_656, rel=1e-4)
    # 0.5 h per batch: 2 tanks x 20 h / 3 h = 13.33 batches a day, 6.667 h beside the 24
    o = told(labour_per_batch=0.5)
    assert part("labour", o) * 3200 == pytest.approx(507_656 * (24 + 6.6667) / 24, rel=1e-4)
    # 65 % administration of labour, and 3.2 % of the fixed capital
    overhead = 0.65 * part("labour", o) * 3200 + 0.032 * metric("capital", o)
    assert part("overhead", o) * 3200 == pytest.approx(overhead)


# --- what must always hold ------------------------------------------------------------------------------

DESIGN = st.fixed_dictionaries(
    {
        "acid": st.sampled_from((SULFURIC, HCL, NITRIC, CITRIC)),
        "c": st.floats(0.2, 4.0),
        "h": st.floats(0.0, 6.0),
        "s": st.floats(10.0, 150.0),
        "t": st.floats(20.0, 90.0),
        "leached": st.floats(0.05, 1.0),
    }
)


@given(DESIGN, st.floats(0.0, 600.0), st.floats(0.01, 4000.0))
@settings(max_examples=60)
def test_a_plant_twice_as_large_never_costs_more_per_tonne(
    design: dict[str, Any], m: float, throughput: float
) -> None:
    small, large = (told(m=m, throughput=k * throughput, **design) for k in (1, 2))
    assert metric("cost_plant", large) <= metric("cost_plant", small) * (1 + 1e-12)


@given(DESIGN, st.floats(0.0, 600.0), st.floats(1.0, 600.0), st.floats(0.1, 1000.0))
@settings(max_examples=60)
def test_a_longer_leach_never_costs_less(
    design: dict[str, Any], m: float, longer: float, throughput: float
) -> None:
    short, long = (told(m=at, throughput=throughput, **design) for at in (m, m + longer))
    assert metric("cost_plant", long) > metric("cost_plant", short)


@given(DESIGN, st.floats(0.1, 1000.0))
@settings(max_examples=60)
def test_components_add_up_and_none_is_negative(design: dict[str, Any], throughput: float) -> None:
    o = told(throughput=throughput, **design)
    parts = [metric(f"cost_plant_{name}", o) for name in PLANT_COMPONENTS]
    assert min(parts) >= 0.0
    assert sum(parts) == pytest.approx(metric("cost_plant", o))
    # the three that both scopes have are the cost of reagents and energy
    assert sum(parts[:3]) == pytest.approx(metric("cost", o))
    gross = metric("net_value", o) + metric("cost", o) * o.balance.metal_total[0] / (
        o.inputs.feed.mass / 1000
    )
    net = gross - metric("annual_cost", o) / (throughput * 320)
    assert metric("net_value_plant", o) == pytest.approx(net)


def test_the_mass_of_the_feed_does_not_matter() -> None:
    heavy = told(feed=Feed(name="NMC", Ni=1 / 3, Mn=1 / 3, Co=1 / 3, mass=5000.0))
    assert metric("cost_plant", heavy) == pytest.approx(metric("cost_plant", told()))
    assert metric("capital", heavy) == pytest.approx(metric("capital", told()))


# --- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("process", "said"),
    [
        ({"scope": "plant"}, "needs a throughput"),
        ({"scope": "plant", "throughput": 0}, "throughput = 0"),
        ({"scope": "plant", "throughput": -1}, "throughput = -1"),
        ({"scope": "plant", "throughput": 1e9}, "throughput"),
        ({"scope": "plant", "throughput": "ten"}, "throughput = 'ten'"),
        ({"scope": "factory", "throughput": 10}, "no scope 'factory'"),
        ({"throughput": 10}, "at plant scope only"),
        ({"scope": "plant", "throughput": 10, "interest": 10}, "interest = 10"),
        ({"scope": "plant", "throughput": 10, "lifetime": 0}, "lifetime = 0"),
        ({"scope": "plant", "throughput": 10, "tank_cst": 1}, "tank_cst"),
        ({"scope": "plant", "throughput": 10, "neutraliser": "none"}, "neutraliser is none"),
    ],
)
def test_impossible_plants_are_refused(process: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        process_parameters(process)
    assert error.value.where.startswith("process.")
    assert error.value.remedy or error.value.allowed


@pytest.mark.parametrize(
    ("number", "said", "where"),
    [
        ({"value": 30, "unit": "XAU/h", "period": "2023"}, "no exchange rate of XAU", "process.labour_rate"),
        ({"value": 30, "unit": "XAU/h"}, "no exchange rate of XAU", "process.labour_rate"),
        ({"value": 30, "unit": "USD/h"}, "no period", "process.labour_rate"),
        ({"value": 30, "unit": "EUR/min"}, "unit 'EUR/min'", "process.labour_rate"),
        ({"value": 30, "unit": "h"}, "unit 'h'", "process.labour_rate"),
    ],
)
def test_money_that_cannot_be_converted_is_refused(number: dict[str, Any], said: str, where: str) -> None:
    rate: Sourced = ProcessNumber.model_validate(number)
    with pytest.raises(InputError, match=said) as error:
        process_parameters({"scope": "plant", "throughput": 1, "labour_rate": rate})
    assert where in error.value.where
    assert error.value.remedy


def test_equipment_of_a_year_without_index_is_refused() -> None:
    old = ProcessNumber.model_validate({"value": 1e5, "unit": "EUR", "period": 1999})
    with pytest.raises(InputError, match="no cost index for 1999"):
        process_parameters({"scope": "plant", "throughput": 1, "tank_cost": old})


def test_numbers_of_a_plant_are_left_aside_at_the_scope_of_reagents() -> None:
    assert process_parameters({"scope": "reagents", "throughput": 10}) == process_parameters()
    assert process_inputs(NMC, ACIDS, process_parameters()).plant is None


def test_every_number_of_the_table_has_range_source_year_and_confidence() -> None:
    for name, number in load_plant().parameters.items():
        assert None not in (number.low, number.high, number.year, number.confidence), name
        assert number.citation, name
        if "general knowledge of" in number.citation:
            assert number.confidence == "C", name


@pytest.mark.parametrize("name", list(load_plant().parameters))
def test_every_number_of_the_table_counts(name: str) -> None:
    """Each end of each range moves the cost of some plant."""
    ends, used = shipped_ends(name), load_plant().parameters[name]
    if used.low == used.high:
        ends = ends._replace(low=0.9 * ends.value, high=1.1 * ends.value)
    cases: list[dict[str, Any]] = [
        {"acid": HCL, "c": 4.0, "h": 1.0, "throughput": 300.0, "leached": 0.6},
        {"acid": CITRIC, "c": 1.5, "h": 1.0},
        {"acid": HCL, "c": 4.0, "h": 4.0, "throughput": 1.0},
        {"acid": NITRIC, "c": 3.0, "t": 80.0, "h": 2.0},
        {"acid": SULFURIC, "c": 2.0, "h": 2.0, "m": 30.0, "throughput": 1.0},
        {"acid": SULFURIC, "c": 2.0, "leached": 0.1, "throughput": 200.0},
    ]
    moved = 0.0
    for case in cases:
        low, high = (metric("cost_plant", told(**case, **{name: end})) for end in (ends.low, ends.high))
        moved = max(moved, abs(high - low) / low)
    assert moved > 1e-6, name


def test_feeds_that_ship_have_a_plant_cost() -> None:
    for feed in load_feeds().values():
        assert np.isfinite(metric("cost_plant", told(c=3.0, h=2.0, feed=replace_mass(feed))))


def replace_mass(feed: Feed) -> Feed:
    return feed.model_copy(update={"mass": 1000.0})


def test_drawn_numbers_broadcast() -> None:
    """A row per draw gives what each draw gives alone."""
    numbers = inputs()
    assert numbers.plant is not None
    rates = np.array([20.0, 40.0])
    drawn = replace(
        numbers,
        plant=replace(numbers.plant, parameters=replace(numbers.plant.parameters, labour_rate=rates)),  # type: ignore[arg-type]
    )
    design = Designs(np.zeros(2, dtype=np.intp), np.array([[50, 2, 0, 96.458, 120]] * 2, dtype=np.float64))
    yields = np.ones((2, len(NMC.present)))
    both = outcome(design, yields, mass_balance(design, yields, drawn), drawn)
    alone = [metric("cost_plant", told(labour_rate=float(r))) for r in rates]
    assert METRICS["cost_plant"].compute(both) == pytest.approx(alone)
