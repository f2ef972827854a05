"""The figures of merit of the plant around the leach, which exist at plant scope alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from optimiser.problem.metric import Metric
from optimiser.problem.outcome import Outcome, per_kg_metal
from optimiser.process.costs import metal_value
from optimiser.process.inputs import ProcessInputs
from optimiser.process.plant import PLANT_COMPONENTS
from optimiser.variables import Floats


def _plant_scope(inputs: ProcessInputs) -> bool:
    return inputs.plant is not None


#: What to write where a metric of the plant is asked for without one.
NEEDS_PLANT = (
    "add `process: {scope: plant, throughput: 10}` (t of feed per day), or --scope plant --throughput 10"
)


def _cost_plant(o: Outcome) -> Floats:
    return per_kg_metal(o.plant.annual / o.plant.batches, o.balance)


def _net_value_plant(o: Outcome) -> Floats:
    net: Floats = metal_value(o.balance, o.inputs) - o.plant.annual / o.plant.batches
    return net / (o.inputs.feed.mass / 1000.0)


def _plant_part(index: int) -> Callable[[Outcome], Floats]:
    return lambda o: per_kg_metal(o.plant.components[:, index] / o.plant.batches, o.balance)


def _downstream_tonne(name: str) -> Callable[[Outcome], Floats]:
    return lambda o: getattr(o.plant.downstream, name) / (o.inputs.feed.mass / 1000.0)


#: What each part of a plant's cost pays for, in the order of PLANT_COMPONENTS.
_PAYS_FOR = (
    "acid, peroxide and water",
    "heat and power of the leach",
    "base for the free acid",
    "base and soda ash that take the metals out, and stirring",
    "sodium hydroxide for chlorine, nitrogen oxides and vapour of hydrochloric acid",
    "wastewater and the oxygen demand of organic acids",
    "residue and salt to landfill",
    "people of the line with supervision and overhead",
    "maintenance of what is built",
    "insurance, tax, site and administration",
    "the annuity of what is built, and interest of the working capital",
)


def _annual_cost(o: Outcome) -> Floats:
    return o.plant.annual


def _fixed_capital(o: Outcome) -> Floats:
    return o.plant.fixed_capital


def _tank_volume(o: Outcome) -> Floats:
    return o.plant.equipment.tank_volume


def plant_metrics() -> tuple[Metric, ...]:
    """Return the metrics of a plant."""
    per_kg, per_t = "EUR/kg metal", "EUR/t feed"
    whole = "everything that a year of the plant costs, capital and labour too, per kg of metal dissolved"
    net = "payable value of the dissolved metals less the cost of the plant, per t of feed"
    parts = enumerate(zip(PLANT_COMPONENTS, _PAYS_FOR, strict=True))
    amounts = (
        ("salt_plant", "all salt", "salt of all acid that a base has taken up", "salt"),
        ("base_plant", "base for the metals", "neutraliser that takes the metals but lithium out", "base"),
        ("scrubbing_base", "base of the scrubber", "sodium hydroxide of the scrubber", "scrubbing_base"),
        ("oxygen_demand", "oxygen demand", "COD of organic acid in the wastewater", "oxygen_demand"),
    )
    found = (
        Metric("cost_plant", "plant cost", whole, per_kg, "lower", 2, _cost_plant),
        Metric(
            "net_value_plant", "plant net value", net, per_t, "higher", 0, _net_value_plant, low=-math.inf
        ),
        Metric(
            "annual_cost", "annual cost", "cost of a year of the plant", "EUR/a", "lower", 0, _annual_cost
        ),
        Metric("capital", "fixed capital", "the section, installed", "EUR", "lower", 0, _fixed_capital),
        Metric("tank_volume", "leach tanks", "volume of all of them", "m3", "lower", 1, _tank_volume),
        *(
            Metric(f"cost_plant_{c}", f"plant: {c}", told, per_kg, "lower", 3, _plant_part(i))
            for i, (c, told) in parts
        ),
        *(
            Metric(name, label, told, "kg/t feed", "lower", 0, _downstream_tonne(part))
            for name, label, told, part in amounts
        ),
    )
    return tuple(replace(metric, given=_plant_scope, needs=NEEDS_PLANT) for metric in found)


#: Metrics of the plant that a front's table holds, but no report shows beside the others.
PLANT_DETAILS: frozenset[str] = frozenset(
    {
        *(f"cost_plant_{component}" for component in PLANT_COMPONENTS),
        *("tank_volume", "salt_plant", "base_plant", "scrubbing_base", "oxygen_demand"),
    }
)
#: What a metric of reagents and energy alone stands for where the scope is the plant.
AT_PLANT: Mapping[str, str] = {"cost": "cost_plant", "net_value": "net_value_plant"}
