"""The plant around the leach of a black mass, and with a mixture of acids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.descriptors import oxygen_demand
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.mixtures import mixture_of
from optimiser.problem.binding import bind
from optimiser.problem.metrics import METRICS
from optimiser.problem.objectives import minimise
from optimiser.problem.outcome import Outcome, outcome
from optimiser.problem.schema import Problem
from optimiser.process.balance import mass_balance
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.tables.own import own_tables
from optimiser.variables import Designs

SHIPPED = load_acids()
# per 1000 kg: 26.982 kg Al = 1000 mol, all of which dissolves below
ASSAY = {"Li": 4.1, "Ni": 21.0, "Mn": 6.2, "Co": 6.9, "Al": 2.6982, "graphite": 33.0}


def told(feed: Feed, acid: Acid = SHIPPED["sulfuric"], **process: float | str) -> Outcome:
    chosen = {"scope": "plant", "throughput": 10.0, "aluminium_dissolved": 1.0, **process}
    numbers = process_inputs(feed, [acid], process_parameters(chosen))
    design = Designs(np.zeros(1, dtype=np.intp), np.array([[50.0, 3.0, 0.0, 80.0, 120.0]]))
    yields = np.where(feed.present, 1.0, np.nan)[np.newaxis, :]
    return outcome(design, yields, mass_balance(design, yields, numbers), numbers)


def test_impurities_take_base_with_the_metals_or_before_them_not_twice() -> None:
    feed = Feed(name="black", assay=ASSAY, mass=1000.0)
    together, before = told(feed), told(feed, impurity_removal="hydroxide")
    # Al(OH)3: 1000 mol x 3 x 39.997 g of NaOH
    moved = together.plant.downstream.base - before.plant.downstream.base
    assert moved == pytest.approx(119.991, rel=1e-4)
    assert before.balance.base - together.balance.base == pytest.approx(119.991, rel=1e-4)
    assert METRICS["salt_plant"].compute(together) == pytest.approx(METRICS["salt_plant"].compute(before))
    # the hydroxide goes to landfill: 26.982 + 3 x 17.007 kg, dry
    landfill = before.inputs.parameters.plant
    assert landfill is not None
    rate = landfill.residue_disposal / 1000.0
    parts = [
        METRICS["cost_plant_disposal"].compute(o)[0] * o.balance.metal_total[0] for o in (before, together)
    ]
    assert parts[0] - parts[1] == pytest.approx(78.003 * rate, rel=1e-3)


def test_the_oxygen_demand_of_a_mixture_is_that_of_its_organic_acid() -> None:
    citric = SHIPPED["citric"]
    mixed = told(load_feeds()["NMC111"], mixture_of([(SHIPPED["sulfuric"], 0.7), (citric, 0.3)]))
    numbers = mixed.inputs.plant
    assert numbers is not None
    # 0.3 mol of citric acid in a mol of 0.7 x 98.08 + 0.3 x 192.12 = 126.29 g
    kg_citric = 0.3 * citric.molar_mass / (0.7 * SHIPPED["sulfuric"].molar_mass + 0.3 * citric.molar_mass)
    assert numbers.oxygen_demand[0] == pytest.approx(kg_citric * oxygen_demand(citric.smiles))


@pytest.mark.parametrize("number", [{"operating_hours": 25}, {"operating_days": 400}, {"least_tanks": 0.5}])
def test_no_plant_works_longer_than_a_day_or_a_year(number: dict[str, float]) -> None:
    with pytest.raises(InputError):
        process_parameters({"scope": "plant", "throughput": 10.0, **number})


def test_impacts_of_a_plant_are_those_of_its_leach(tmp_path: Path) -> None:
    table = tmp_path / "ours.impacts.yaml"
    factors = ", ".join(
        f"{name}: 0.01" for name in ("sulfuric", "h2o2", "water", "heat", "power", "sodium_hydroxide")
    )
    unit = "mol H+ eq"
    table.write_text(
        f"impacts: {{acidification: {{unit: {unit}, factors: {{{factors}}}}}}}", encoding="utf-8"
    )
    asked = Problem(
        feed="NMC111",
        variables={"acid": "sulfuric"},
        objectives=[minimise("cost")],
        impacts=str(table),
    )
    designs = Designs(np.zeros(1, dtype=np.intp), np.array([[60.0, 2.0, 1.0, 50.0, 60.0]]))
    alone, plant = (
        bind(one, own_tables(one, None, None, None)).outcome_of(designs, np.full((1, 4), 0.9)).impacts
        for one in (asked, asked.at_scope("plant", 10.0))
    )
    np.testing.assert_array_equal(alone, plant)
