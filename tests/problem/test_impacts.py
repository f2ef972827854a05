"""Impacts of a user's table: sums by hand, what is refused, what is assumed; credit, electricity and heat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.chemistry.energy import energy_choice, supplied
from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.load import load_problem
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import Outcome, per_kg_metal
from optimiser.tables.footprint import single_score
from optimiser.tables.own import own_tables
from optimiser.uncertainty.drawn import Drawn
from optimiser.variables import Designs, Floats

PROBLEM = """
feed: NMC111
impacts: plant
variables:
  acid: [sulfuric, hydrochloric]
  temperature: [40, 90]
  acid_concentration: [1, 3]
  h2o2: [0, 5]
  solid_liquid_ratio: [20, 60]
  time: [30, 120]
objectives: [{minimise: cost}]
"""
TABLE = """
impacts:
  Acidification:
    unit: mol H+ eq/kg
    factors: {sulfuric: 0.01, hydrochloric: 0.004, h2o2: 0, water: 0, sodium_hydroxide: 0, heat: 0, power: 0}
  water use:
    unit: m3 depriv.
    factors: {sulfuric: 0.1, h2o2: 0.9, water: 0.04, sodium_hydroxide: 0.7, heat: 0.001, power: 0.02}
  terrestrial ecotoxicity:
    unit: kg 1,4-DCB
    factors: {sulfuric: 1, hydrochloric: 2, h2o2: 3, water: 0.001, sodium_hydroxide: 4, heat: 0.1, power: 0.2}
"""
#: 60 degC, 2 mol/L, 1 wt% peroxide, 50 g/L, an hour: 20,000 L for 1000 kg of feed.
CONDITIONS = [60.0, 2.0, 1.0, 50.0, 60.0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("impacts")
    (made / "plant.impacts.yaml").write_text(TABLE, encoding="utf-8")
    return made


def bound(folder: Path, text: str = "", problem: str = PROBLEM) -> BoundProblem:
    path = folder / "mine.yaml"
    path.write_text(problem + text, encoding="utf-8")
    question = load_problem(path)
    return bind(question, own_tables(question, None, None, None))


def evaluated(problem: BoundProblem, h2o2: float = 1.0) -> Evaluation:
    x = np.array([CONDITIONS] * 2)
    x[:, 2] = h2o2
    return problem.evaluate(Designs(np.array([0, 1]), x))


def refused(folder: Path, text: str, problem: str = PROBLEM) -> InputError:
    with pytest.raises(InputError) as error:
        bound(folder, text, problem)
    return error.value


def test_an_impact_is_amount_times_factor(folder: Path) -> None:
    found = evaluated(bound(folder))
    # sulfuric: 20,000 L x 2 mol/L x 98.079 g/mol = 3923.16 kg x 0.01 = 39.23 mol H+ eq per t of feed
    # hydrochloric: 40,000 mol x 36.461 g/mol = 1458.44 kg x 0.004 = 5.834
    acidification = found.outcome.impacts[:, 1].sum(axis=1)
    assert acidification == pytest.approx([39.23, 5.834], rel=1e-3)
    metal = found.outcome.balance.metal_total
    assert found.metrics["acidification"] == pytest.approx(acidification / metal)
    assert METRICS["acidification"].unit == "mol H+ eq/kg metal"
    balance = found.outcome.balance
    used = (balance.acid_pure[0], balance.peroxide_pure[0], balance.water[0] + balance.wash_water[0])
    used += (balance.base[0], balance.heat[0], balance.power[0])
    by_hand = np.dot(used, [0.1, 0.9, 0.04, 0.7, 0.001, 0.02])
    assert found.metrics["water_use"][0] == pytest.approx(by_hand / metal[0])


def test_what_has_no_factor_is_not_known_and_never_zero(folder: Path) -> None:
    problem = bound(folder)
    found = evaluated(problem)
    assert np.isnan(found.metrics["water_use"][1]) and np.isnan(found.metrics["single_score"][1])
    assert problem.inputs.impacts is not None
    assert problem.inputs.impacts.missing("water_use") == ("hydrochloric",)
    # but a factor of what is not used is not missed: no peroxide, so none is needed
    text = TABLE.replace("h2o2: 0.9, ", "")
    (folder / "bare.impacts.yaml").write_text(text, encoding="utf-8")
    bare = bound(folder, "", PROBLEM.replace("impacts: plant", "impacts: bare"))
    assert np.isfinite(evaluated(bare, 0.0).metrics["water_use"][0])
    assert np.isnan(evaluated(bare, 1.0).metrics["water_use"][0])


def test_the_single_score_is_that_of_the_footprint_method(folder: Path) -> None:
    problem = bound(folder)
    found = evaluated(problem)
    per_batch = found.outcome.impacts.sum(axis=2)[:1, :3]
    numbers = problem.inputs.impacts
    assert numbers is not None
    names, units = ["climate change", "acidification", "water use"], ["kg CO2 eq", "mol H+ eq", "m3 depriv."]
    scored = single_score(per_batch, names, units)
    by_method = 1e6 * scored.score[0] / found.outcome.balance.metal_total[0]
    assert found.metrics["single_score"][0] == pytest.approx(by_method)
    # climate change 21.06 + acidification 6.20 + water use 8.51 % of the weights
    assert numbers.covered == pytest.approx(0.3577) == scored.covered


def test_any_category_is_an_objective_and_a_bound(folder: Path) -> None:
    text = PROBLEM.replace("{minimise: cost}", "{minimise: impact_terrestrial_ecotoxicity}")
    problem = bound(folder, "constraints: [{impact_terrestrial_ecotoxicity: {max: 20}}]", text)
    found = evaluated(problem)
    values = found.metrics["impact_terrestrial_ecotoxicity"]
    assert found.objectives[:, 0] == pytest.approx(values)
    assert (found.margins["impact_terrestrial_ecotoxicity_max"] >= 0).tolist() == (values <= 20).tolist()
    assert METRICS["impact_terrestrial_ecotoxicity"].unit == "kg 1,4-DCB/kg metal"


def test_a_missing_factor_of_what_is_asked_is_refused_by_name_or_assumed(folder: Path) -> None:
    asked = PROBLEM.replace("{minimise: cost}", "{minimise: water_use}")
    error = refused(folder, "", asked)
    assert "water_use: hydrochloric" in error.what and "objectives[0]" in error.where
    assert "assume: {water_use: {hydrochloric: ...}}" in error.remedy
    problem = bound(folder, 'assume: {water_use: {HCl: {value: 0.2, source: "supplier"}}}', asked)
    # 1458.44 kg x 0.2 m3 more than with 0
    none = bound(folder, "assume: {water_use: {HCl: 0}}", asked)
    more = (evaluated(problem).outcome.impacts - evaluated(none).outcome.impacts)[1].sum(axis=1)
    assert more == pytest.approx([0.0, 0.0, 291.69, 0.0], rel=1e-3)
    assert problem.inputs.impacts is not None
    (one,) = problem.inputs.impacts.assumed
    assert (one.category, one.substance, one.value, one.source) == (
        "water_use",
        "hydrochloric",
        0.2,
        "supplier",
    )


@pytest.mark.parametrize(
    ("text", "said", "where"),
    [
        (
            "assume: {water_use: {sulfuric: 1}}",
            "has the water_use factor of sulfuric",
            "assume.water_use.sulf",
        ),
        ("assume: {land_use: {sulfuric: 1}}", "no category 'land_use'", "assume.land_use"),
        ("assume: {water_use: {oil: 1}}", "'oil' is no acid", "assume.water_use.oil"),
        ("assume: {climate_change: {HCl: 1}}", "climate factor is not assumed", "assume.climate_change"),
        ("assume: {water_use: {HCl: -1}}", "-1", "assume.water_use.HCl"),
        ("credit: {Ni: 10}", "credit of Ni has no source", "credit.Ni"),
        ("credit: {Al: {value: 1, source: x}}", "no metal 'Al'", "credit.Al"),
        ("credit: {Ni: {value: 1, unit: t, source: x}}", "unit 't'", "credit.Ni"),
        ("process: {electricity: DE}", "own factors of power", "process.electricity"),
        ("process: {electricity: Mars}", "no electricity 'Mars'", "process.electricity"),
        ("process: {electricity: {hydro: 0.5}}", "add up to 0.5", "process.electricity"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(folder: Path, text: str, said: str, where: str) -> None:
    error = refused(folder, text)
    assert said in error.what and where in error.where and "mine.yaml, line" in error.where


def test_an_unknown_category_and_an_absent_table_are_refused(folder: Path) -> None:
    error = refused(folder, "constraints: [{impact_noise: {max: 1}}]")
    assert "'impact_noise'" in error.what and "impact_terrestrial_ecotoxicity" in error.allowed
    error = refused(folder, "constraints: [{land_use: {max: 1}}]")
    assert "'land_use'" in error.what and "constraints[0]" in error.where
    error = refused(folder, "", PROBLEM.replace("impacts: plant", "impacts: nowhere"))
    assert "'nowhere'" in error.what and "plant" in error.allowed and "impacts" in error.where
    question = load_problem(folder / "mine.yaml")
    with pytest.raises(InputError, match="was not read"):
        bind(question)


def test_categories_that_mean_the_same_are_refused(folder: Path) -> None:
    twice = TABLE + "  Water-Use:\n    unit: m3 depriv.\n    factors: {sulfuric: 1}\n"
    (folder / "twice.impacts.yaml").write_text(twice, encoding="utf-8")
    error = refused(folder, "", PROBLEM.replace("impacts: plant", "impacts: twice"))
    assert "'water use' and 'Water-Use' mean the same" in error.what


def test_without_a_table_no_category_is_there() -> None:
    metrics = bind(load_problem("nmc111")).metrics
    assert not {"acidification", "single_score", "climate_change_after_credit"} & set(metrics)


def test_a_credit_is_told_apart(folder: Path) -> None:
    plain = evaluated(bound(folder))
    credited = bound(folder, "credit: {Ni: {value: 10, source: a}, Co: {value: 20, source: b}}")
    found = evaluated(credited)
    assert (found.metrics["climate_change"] == plain.metrics["climate_change"]).all()
    balance = found.outcome.balance
    saved = balance.metals @ [0.0, 10.0, 0.0, 20.0]  # Li, Ni, Mn, Co
    after = found.metrics["climate_change"] - per_kg_metal(saved, balance)
    assert found.metrics["climate_change_after_credit"] == pytest.approx(after)
    assert "climate_change_after_credit" not in credited.reported


def test_drawn_numbers_keep_the_factors_of_their_acid(folder: Path) -> None:
    problem = bound(folder)
    found = evaluated(problem)
    drawn = Drawn(problem, found)
    for chunk, told in drawn.chunks({}, 3):
        assert chunk == slice(0, 3)
        values = METRICS["acidification"].compute(told).reshape(3, 2)
        assert values == pytest.approx(np.tile(found.metrics["acidification"], (3, 1)))


def test_acids_in_another_order_keep_their_factors(folder: Path) -> None:
    problem = bound(folder)
    swapped = problem.with_acids(["hydrochloric", "sulfuric"])
    found = evaluated(problem).metrics["acidification"]
    assert evaluated(swapped).metrics["acidification"] == pytest.approx(found[::-1])


def test_electricity_of_a_country_is_generation_over_one_less_losses() -> None:
    found = supplied(load_reagents(), {"electricity": energy_choice("electricity", "FR")})
    power = found.energies["power"]
    assert power.climate_change is not None and power.price == load_reagents().energies["power"].price
    assert power.climate_change.value == pytest.approx(0.0600, abs=5e-5)  # 0.0560 / (1 - 0.067)
    mix = supplied(load_reagents(), {"electricity": energy_choice("electricity", {"hydro": 0.6, "gas": 0.4})})
    factor = mix.energies["power"].climate_change
    # (0.6 x 0.024 + 0.4 x 0.490) / 0.933
    assert factor is not None and factor.value == pytest.approx(0.2255, abs=5e-5)
    assert factor.confidence == "C"
    # the shipped one is derived in the same way
    europe = supplied(load_reagents(), {"electricity": energy_choice("electricity", "EU-27")}).energies[
        "power"
    ]
    assert europe.climate_factor == load_reagents().energies["power"].climate_factor == 0.2613


def test_own_power_and_electric_heat(folder: Path) -> None:
    text = PROBLEM.replace("impacts: plant\n", "")
    own = "process: {electricity: {climate_change: 0.05, price: 0.12, source: PPA}, heat: electric}"
    problem = bound(folder, own, text)
    numbers = problem.inputs.reagents
    assert numbers.climate_change["power"] == numbers.climate_change["heat"] == 0.05
    assert numbers.price["power"] == numbers.price["heat"] == 0.12
    # the question is read back as it was
    question = load_problem(folder / "mine.yaml")
    again = opt.Problem(**opt.load_problem(_written(folder, question.to_yaml())).model_dump())
    assert again.process == question.process


def _written(folder: Path, text: str) -> Path:
    (folder / "again.yaml").write_text(text, encoding="utf-8")
    return folder / "again.yaml"


def test_electric_heat_counts_the_table_s_power(folder: Path) -> None:
    found = evaluated(bound(folder, "process: {heat: electric}"))
    # power's 0.2 kg 1,4-DCB per kWh counts for heat, too, not heat's 0.1
    parts = found.outcome.impacts[:, 3]
    assert parts[:, 3] == pytest.approx(0.2 * found.outcome.balance.heat)
    assert found.outcome.climate[:, 3] == pytest.approx(0.2613 * found.outcome.balance.heat)


@pytest.fixture(scope="module")
def told(folder: Path) -> Outcome:
    return evaluated(bound(folder)).outcome


@given(factors=st.lists(st.floats(0.0, 100.0), min_size=6, max_size=6), scale=st.floats(0.1, 10.0))
def test_an_impact_grows_in_proportion_to_its_factors(
    told: Outcome, factors: list[float], scale: float
) -> None:
    def impact(by: float) -> Floats:
        numbers = told.inputs.impacts
        assert numbers is not None
        acid, others = by * factors[0] * np.ones((3, 2)), np.tile(by * np.array(factors[1:]), (3, 1))
        inputs = replace(told.inputs, impacts=replace(numbers, acids=acid, others=others))
        return METRICS["acidification"].compute(replace(told, inputs=inputs))

    assert impact(scale) == pytest.approx(scale * impact(1.0))
