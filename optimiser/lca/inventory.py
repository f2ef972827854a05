"""The inventory of a design: what one functional unit takes and leaves, in our units and a database's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.impact_source import EFFLUENTS, Provenance
from optimiser.chemistry.impacts import ImpactTable
from optimiser.chemistry.reagents import ENERGIES
from optimiser.lca.names import shipped_names
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.tables.predict import Part
from optimiser.tables.results import amounts
from optimiser.variables import Floats

Per = Literal["metal", "feed"]
#: What a functional unit is called, in which unit Brightway counts it, and how many of that unit it is.
UNITS: Mapping[Per, tuple[str, str]] = {
    "metal": ("1 kg of metal leached", "kilogram"),
    "feed": ("1 t of feed leached", "ton"),
}
_LINKED = "no activity of the table of impacts stands for it"
#: Why what is formed is no exchange of its own.
_FORMED = {
    "chlorine": "formed, before any scrubber: what reaches the air depends on the plant",
    "oxygen": "formed, before any scrubber: what reaches the air depends on the plant",
    "hydrogen": "formed at most: what reaches the air depends on the plant",
    "hydroxides": "taken out of the liquor, dry; what becomes of them depends on the plant",
}


@dataclass(frozen=True)
class Linked:
    """An exchange with an activity of a database.

    ``amount`` is in the activity's unit (negative for a waste that it treats), ``ours`` in ours.
    """

    substance: str
    amount: float
    ours: float
    behind: Mapping[str, Any]


@dataclass(frozen=True)
class Open:
    """An amount that no activity stands for: unit, and why; ``name`` is the activity's where one is known."""

    substance: str
    amount: float
    unit: str
    why: str
    name: str = ""


@dataclass(frozen=True)
class Inventory:
    """What one functional unit of a design takes and leaves.

    Attributes:
        title: of the activity.
        code: of the activity.
        per: the functional unit.
        linked: exchanges with activities of the table of impacts.
        open: what is left to the user.
        comment: feed, setpoints and yields in words.
    """

    title: str
    code: str
    per: Per
    linked: tuple[Linked, ...]
    open: tuple[Open, ...]
    comment: str

    def score(self, table: ImpactTable, category: str) -> float:
        """Return the impact of the linked exchanges by our sums: amount x factor."""
        return float(sum(flow.ours * table.factor(category, flow.substance) for flow in self.linked))


def flows(problem: BoundProblem, evaluation: Evaluation, per: Per) -> dict[str, Floats]:
    """Return what each design takes and leaves per functional unit, shape (n,) each.

    Acids and reagents in kg of pure substance, heat and power in kWh, wastewater in m3, other by-products in
    kg. What is taken is what `tables.results.amounts` counts for costs and impacts.

    Args:
        problem: whose designs they are.
        evaluation: the designs.
        per: ``metal`` for 1 kg of metal dissolved, ``feed`` for 1 t of feed.
    """
    part = Part(np.arange(len(evaluation)), problem, problem.cathode_acids, evaluation, ())
    by_products = evaluation.by_products
    left = {name: getattr(by_products, name) for name in (*EFFLUENTS, *_FORMED)}
    batch = {**amounts(part), **left}
    if per == "feed":
        units = np.full(len(evaluation), problem.feed.mass / 1000.0)
    else:
        units = evaluation.outcome.balance.metal_total
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: values / units for name, values in batch.items()}


def inventory(
    problem: BoundProblem, evaluation: Evaluation, row: int, number: int, per: Per, behind: Provenance | None
) -> Inventory:
    """Return the inventory of one design.

    Args:
        problem: whose designs they are.
        evaluation: the designs.
        row: of the design among them, from 0.
        number: what the run calls it, from 1.
        per: the functional unit.
        behind: of a local table, whose activities the exchanges name; None for a run without one.

    Raises:
        InputError: nothing dissolves, so that there is no kg of metal.
    """
    found = {name: float(values[row]) for name, values in flows(problem, evaluation, per).items()}
    if not all(np.isfinite(value) for value in found.values()):
        raise InputError(
            f"Design {number} dissolves no metal, so there is no inventory per kg of it.",
            where="--per metal",
            remedy="--per feed",
        )
    known = {} if behind is None else behind.activities
    linked, left = [], []
    for name, value in found.items():
        if value == 0.0:
            continue
        entry = known.get(name)
        if entry is not None and "amount" in entry:
            linked.append(Linked(name, value * float(entry["amount"]), value, entry))
        else:
            left.append(_open(name, value))
    if evaluation.by_products.nox[row]:
        left.append(Open("nitrogen oxides", float("nan"), "kg", "to be expected; how much is not known"))
    designs, acid = evaluation.designs, problem.acids[int(evaluation.designs.acid[row])].label
    setpoints = ", ".join(
        f"{name} {getattr(designs, name)[row]:g}"
        for name in ("temperature", "acid_concentration", "h2o2", "solid_liquid_ratio", "time")
    )
    metal = evaluation.metrics["recovery"][row]
    comment = f"{UNITS[per][0]}; {acid}, {setpoints}; {100.0 * metal:.1f} % of the metal leached"
    if problem.inputs.plant is not None:
        comment += "; of the leach alone, without the plant around it"
    return Inventory(
        title=f"leaching of {problem.feed.name} with {acid}, design {number}",
        code=f"design-{number}-per-{per}",
        per=per,
        linked=tuple(linked),
        open=tuple(left),
        comment=comment,
    )


def _open(name: str, value: float) -> Open:
    if name in _FORMED:
        return Open(name, value, "kg", _FORMED[name])
    named = shipped_names().activities.get(name)
    unit = "kWh" if name in ENERGIES else EFFLUENTS.get(name, "kg pure")
    return Open(name, value, unit, _LINKED, (named.activity if named else None) or "")
