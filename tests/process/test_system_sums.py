"""Sums of any system against numbers worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.limits import LIMITS
from optimiser.problem.metrics import METRICS, metrics_of
from optimiser.problem.outcome import Outcome, system_outcome
from optimiser.process.costs import COMPONENTS
from optimiser.process.parameters import process_parameters
from optimiser.process.ratios import proton_ratio
from optimiser.process.system_inputs import SystemInputs, system_inputs
from optimiser.systems.spec import SystemSpec
from optimiser.systems.system import Option, System, SystemFeed
from optimiser.variables import Designs, Variable

#: An acid of 100 g/mol, sold at 50 % and 1.25 kg/L; ammonia, given in wt%; a known acid by its formula.
REAGENTS = {
    "own": {
        "molar_mass": 100.0,
        "usable_protons": 1,
        "price": 0.5,
        "climate_change": 2.0,
        "purity": 0.5,
        "density": 1.25,
    },
    "ammonia": {"molar_mass": 17.0, "price": 0.4, "setpoint": "ammonia"},
}
UNITS = {
    "temperature": "degC",
    "acid_concentration": "mol/L",
    "ammonia": "wt%",
    "solid_liquid_ratio": "g/L",
    "time": "min",
}
SETPOINTS = (65.0, 1.0, 10.0, 100.0, 60.0)
OPTIONS = (("own", "none"), ("ammonia", "none"), ("H2SO4", "none"), ("own", "air"))


def system_of(
    units: dict[str, str] | None = None, reagents: dict[str, Any] | None = None, **more: Any
) -> System:
    """A system with a lixiviant and a roasting, two responses and one feed."""
    units, reagents = units or UNITS, REAGENTS if reagents is None else reagents
    spec = SystemSpec.model_validate(
        {
            "name": "test",
            "table": "table.csv",
            "responses": {"Co": "Co", "Cu": "Cu"},
            "setpoints": {name: {"column": name, "unit": unit} for name, unit in units.items()},
            "choices": {
                "lixiviant": {"column": "lixiviant", "values": reagents},
                "roasting": {"column": "roasting", "values": {"air": {"heat": 150.0}}},
            },
            **more,
        }
    )
    variables = tuple(Variable(n, n, unit, -2.0, 1000.0, 0.01) for n, unit in units.items())
    feed = SystemFeed("ore", (), np.array([True, True]), np.array([0.02, np.nan]), "test")
    options = tuple(Option(values, " / ".join(values)) for values in OPTIONS)
    values = (("own", "ammonia", "H2SO4"), ("none", "air"))
    names = ("lixiviant", "roasting")
    return System(
        "test", variables, ("Co", "Cu"), names, values, options, (), {"ore": feed}, "time", {}, spec
    )


def inputs_of(system: System, **more: Any) -> SystemInputs:
    return system_inputs(
        system, system.feeds["ore"], system.options, more.pop("parameters", process_parameters()), **more
    )


def told(inputs: SystemInputs, option: int = 0, setpoints: tuple[float, ...] = SETPOINTS) -> Outcome:
    designs = Designs(np.array([option]), np.array([setpoints]), inputs.system.variables)
    return system_outcome(designs, np.array([[0.9, 0.5]]), inputs)


def test_solution_energy_and_reagent_by_hand() -> None:
    """1 t at 100 g/L is 10,000 L; 1 mol/L of 100 g/mol is 1,000 kg, 2,000 kg of stock, 1,600 L of it.

    Water: 0.997 x (10,000 - 1,600) = 8,374.8 kg; solution 10,374.8 kg.
    Heat: (10,374.8 x 4.186 + 1,000 x 0.8) x 40 / 3,600 = 491.4324 kWh.
    Slurry: 10,000 + 1,000 / 4.7 = 10,212.766 L; power 2 kW/m3 x 10.212766 m3 x 1 h = 20.425532 kWh.
    """
    b = told(inputs_of(system_of())).balance
    found = [b.volume, b.acid_amount, b.acid_pure, b.acid_stock, b.acid_stock_volume, b.water, b.solution]
    assert np.concatenate(found) == pytest.approx([10_000, 10_000, 1000, 2000, 1600, 8374.8, 10_374.8])
    assert np.concatenate([b.heat, b.power]) == pytest.approx([491.43236, 20.425532])


def test_metals_residue_and_wash_water_by_hand() -> None:
    """2 wt% Co of 1 t are 20 kg, of which 90 % dissolve: 18 kg. Copper has no assay: nothing is counted.

    The residue is at most 1,000 - 18 = 982 kg, washed with 2 L/kg: 1,958.108 kg of water.
    """
    b = told(inputs_of(system_of())).balance
    assert b.metals.tolist() == [[18.0, 0.0]]
    assert (b.residue[0], b.wash_water[0]) == pytest.approx((982.0, 1958.108))


def test_cost_by_hand() -> None:
    """1,000 kg of reagent at 0.5 EUR/kg pure; water, heat and power at the prices that the project ships.

    No base is counted: nothing tells what the feed takes of acid.
    """
    o, price = told(inputs_of(system_of())), load_reagents()
    water = (8374.8 + 1958.108) * price.water.price_eur("kg pure")
    heat = 491.43236 * price.energies["heat"].price_eur("kWh")
    power = 20.425532 * price.energies["power"].price_eur("kWh")
    assert dict(zip(COMPONENTS, o.cost[0], strict=True)) == pytest.approx(
        {"acid": 500.0, "peroxide": 0.0, "water": water, "heat": heat, "power": power, "neutralisation": 0.0}
    )
    total = 500.0 + water + heat + power
    values = {
        name: METRICS[name].compute(o)[0] for name in ("cost_feed", "cost", "acid_use_feed", "acid_use")
    }
    assert values == pytest.approx(
        {"cost_feed": total, "cost": total / 18.0, "acid_use_feed": 1000.0, "acid_use": 1000.0 / 18.0}
    )
    # 2 kg CO2-eq per kg of pure reagent
    assert o.climate[0, 0] == pytest.approx(2000.0)
    # all that the assay tells is 20 kg, of which 18 dissolve
    assert METRICS["recovery"].compute(o)[0] == pytest.approx(0.9)


def test_reactor_by_hand() -> None:
    """10.212766 m3 of slurry at 80 % fill for 60 + 30 + 30 min: 25.531915 m3 h, over 24 h for a t per day."""
    o = told(inputs_of(system_of()))
    assert METRICS["reactor_volume"].compute(o)[0] == pytest.approx(25.531915 / 24.0)
    assert METRICS["productivity"].compute(o)[0] == pytest.approx(18.0 / 25.531915)


def test_wt_percent_and_treatments_by_hand() -> None:
    """10 wt% of a solution as dense as water is 0.1 x 0.997 x 1,000 / 17 mol/L: 997 kg in 10,000 L.

    Roasting takes 150 kWh per t beside the heat of the leach.
    """
    inputs = inputs_of(system_of())
    b = told(inputs, option=1).balance
    assert (b.acid_amount[0] / b.volume[0], b.acid_pure[0]) == pytest.approx((99.7 / 17.0, 997.0))
    assert told(inputs, option=3).balance.heat[0] == pytest.approx(491.43236 + 150.0)


def test_a_known_acid_is_recognised_by_its_formula() -> None:
    """H2SO4 is the sulfuric acid of the table: 98 %, 1.836 kg/L, 98.07 g/mol, and that is told."""
    inputs = inputs_of(system_of())
    solute = inputs.solutes[2]
    assert solute is not None
    assert (solute.molar_mass, solute.usable_protons) == pytest.approx((98.07, 2.0), abs=0.02)
    assert (solute.purity, solute.density) == (0.98, 1.836)
    assert "H2SO4 is taken for sulfuric acid by its name." in inputs.notes


def test_acid_that_is_left_is_neutralised() -> None:
    """The feed takes 300 kg/t of 100 g/mol: 3,000 of 10,000 mol. 7,000 mol take 39.997 g of NaOH each."""
    system = system_of(acid_consumption={"value": 300, "unit": "kg/t"})
    inputs = inputs_of(system).of_options([Option(("own", "none"), "")])
    b = told(inputs).balance
    assert (proton_ratio(b)[0], b.base[0]) == pytest.approx((10.0 / 3.0, 279.979))
    # a problem's own number counts instead; here all acid is taken
    spent = told(inputs_of(system, acid_consumption=1500.0).of_options([Option(("own", "none"), "")])).balance
    assert (proton_ratio(spent)[0], spent.base[0]) == pytest.approx((2.0 / 3.0, 0.0))


def test_the_reagent_from_a_ph() -> None:
    """pH 0 is 1 mol/L of protons: 0.5 mol/L of sulfuric acid, which gives two. It is told as an estimate."""
    units = {"pH": "-", "solid_liquid_ratio": "g/L", "time": "min", "temperature": "degC"}
    inputs = inputs_of(system_of(units)).of_options([Option(("H2SO4", "none"), "")])
    b = told(inputs, setpoints=(0.0, 100.0, 60.0, 65.0)).balance
    assert b.acid_amount[0] / b.volume[0] == pytest.approx(0.5)
    assert any("estimate from the pH" in note for note in inputs.notes)


@pytest.mark.parametrize(
    ("without", "metric", "said"),
    [
        ("solid_liquid_ratio", "cost_feed", "cost_feed needs a solid-to-liquid ratio in g/L"),
        ("temperature", "energy_feed", "energy_feed needs a temperature in degC"),
        ("time", "time", "time needs a time in min"),
        ("acid_concentration", "acid_use_feed", "acid_use_feed needs the strength of own"),
    ],
)
def test_a_setpoint_that_is_missing_switches_off_by_name(without: str, metric: str, said: str) -> None:
    units = {name: unit for name, unit in UNITS.items() if name != without}
    assert METRICS[metric].lacks(inputs_of(system_of(units))).startswith(said)


def test_a_setpoint_in_a_unit_that_the_sums_do_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="lb/gal"):
        system_of({**UNITS, "solid_liquid_ratio": "lb/gal"})


def test_a_value_without_price_is_named_with_its_key() -> None:
    reagents = {**REAGENTS, "ammonia": {"molar_mass": 17.0, "setpoint": "ammonia"}}
    inputs = inputs_of(system_of(reagents=reagents))
    assert METRICS["cost_feed"].lacks(inputs) == (
        "cost_feed needs the price of ammonia: add `choices.lixiviant.values.ammonia.price` to the system's "
        "file and train again, or leave ammonia out of the search"
    )
    assert "acid_use_feed" in metrics_of(inputs)
    # a search without ammonia has its cost
    assert "cost_feed" in metrics_of(inputs.of_options([Option(("own", "none"), "")]))


def test_a_reagent_that_no_row_doses_is_no_free_one() -> None:
    inputs = inputs_of(system_of(), undosed=("own / none",))
    assert "is 0 in all of its rows" in METRICS["cost_feed"].lacks(inputs)
    assert np.isnan(told(inputs).balance.acid_pure[0])


def test_without_an_assay_sums_are_per_t_of_feed() -> None:
    system = system_of()
    feed = SystemFeed("ore", (), np.array([True, True]), np.full(2, np.nan), "test")
    found = metrics_of(system_inputs(system, feed, system.options[:1], process_parameters()))
    assert {"cost_feed", "acid_use_feed", "energy_feed", "time", "yield_Co"} <= set(found)
    assert not {"cost", "recovery", "acid_use", "energy", "net_value"} & set(found)


def test_what_needs_a_cathode_is_off() -> None:
    inputs = inputs_of(system_of())
    assert METRICS["chlorine"].lacks(inputs) == (
        "chlorine needs the stoichiometry of a cathode, which this system does not have"
    )
    off = {limit.key for limit in LIMITS if limit.lacks(inputs)}
    assert off == {"proton_balance", "reductant_balance", "peroxide_heat"}


_IN_RANGE = st.tuples(
    st.floats(0.0, 250.0),
    st.floats(0.0, 12.0),
    st.floats(0.0, 60.0),
    st.floats(1.0, 800.0),
    st.floats(0, 1e4),
)


@given(
    setpoints=_IN_RANGE,
    option=st.integers(0, 3),
    yields=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    consumption=st.one_of(st.none(), st.floats(0.0, 3000.0)),
)
def test_no_sum_is_negative(
    setpoints: tuple[float, ...], option: int, yields: tuple[float, float], consumption: float | None
) -> None:
    inputs = inputs_of(_SYSTEM, acid_consumption=consumption).of_options(_SYSTEM.options[option : option + 1])
    designs = Designs(np.array([0]), np.array([setpoints]), _SYSTEM.variables)
    o = system_outcome(designs, np.array([yields]), inputs)
    for name, metric in metrics_of(inputs).items():
        value = metric.compute(o)[0]
        assert not np.isnan(value), name
        assert value >= 0.0 or metric.low < 0.0, name
    assert (o.cost >= 0.0).all()


_SYSTEM = system_of()
