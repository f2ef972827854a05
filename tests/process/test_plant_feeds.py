"""The plant around the leach of a black mass, and with a mixture of acids."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.descriptors import oxygen_demand
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.mixtures import mixture_of
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import Outcome, outcome
from optimiser.process.balance import mass_balance
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import process_parameters
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
