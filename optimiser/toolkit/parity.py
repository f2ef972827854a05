"""``python -m optimiser.toolkit.parity ACIDS IMPACTS [docs/parity.md]``: the Toolkit's sums and ours.

ACIDS and IMPACTS are the Toolkit's workbooks. The tables replace what stands between the two marks of the
page; without a page they are printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.impacts import CLIMATE, ImpactTable, same_text
from optimiser.process.balance import MassBalance, mass_balance
from optimiser.process.costs import COMPONENTS, cost_components
from optimiser.process.inputs import ProcessInputs, process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.tables.own_impacts import import_impacts
from optimiser.toolkit.profile import ToolkitAcids, ToolkitSums, read_toolkit_acids, toolkit_sums
from optimiser.variables import Designs, Floats

BEGIN = "<!-- begin parity -->\n"
END = "<!-- end parity -->"
NMC111 = Feed(name="NMC111", Ni=0.3333, Mn=0.3333, Co=0.3333)
LMO = Feed(name="LMO", Mn=2.0)
#: degC, mol/L, wt%, g/L, min: the conditions of the Toolkit's second case study.
CONDITIONS = (40.0, 1.0, 0.0, 50.0, 60.0)
YIELD = 0.8


@dataclass(frozen=True)
class Pair:
    """The same scenarios in both profiles, one row per acid; ``cost`` is ours by component, EUR/kg metal."""

    toolkit: ToolkitSums
    balance: MassBalance
    inputs: ProcessInputs
    cost: Floats

    def ours(self, component: str) -> Floats:
        """Return one component of the cost here, EUR/kg metal, shape (n,)."""
        return self.cost[:, COMPONENTS.index(component)]


def both(
    acids: ToolkitAcids,
    impacts: ImpactTable,
    names: Sequence[str],
    conditions: Sequence[float] = CONDITIONS,
    feed: Feed = NMC111,
) -> Pair:
    """Compute both for some acids at the same conditions, with a yield of `YIELD` of each metal.

    Raises:
        InputError: an acid without a price or factor here.
    """
    known = load_acids()
    continuous = np.tile(np.array(conditions, dtype=np.float64), (len(names), 1))
    yields = np.tile(np.where(feed.present, YIELD, np.nan), (len(names), 1))
    inputs = process_inputs(feed, [known[name] for name in names], process_parameters())
    designs = Designs(np.arange(len(names), dtype=np.intp), continuous)
    balance = mass_balance(designs, yields, inputs)
    per_kg: Floats = cost_components(designs, balance, inputs) / balance.metal_total[:, None]
    theirs = Designs(acids.rows(names), continuous)
    return Pair(toolkit_sums(theirs, yields, feed.composition, acids, impacts), balance, inputs, per_kg)


def parity(acids: ToolkitAcids, impacts: ImpactTable) -> str:
    """Return the comparison as Markdown: all acids at one condition, then each fault where it shows."""
    known = load_acids()
    names = [a for a in acids.names if a in known and known[a].price and known[a].climate_change]
    pair = both(acids, impacts, names)
    them = pair.toolkit
    lines = [
        "| acid | stock, kg | here | stock, L | here | acid, EUR/kg | here | heating | here | mixing | here "
        "| total | here |",
        "|---|" + "---:|" * 12,
    ]
    for i, name in enumerate(names):
        cells = [
            *(f"{v:.0f}" for v in (them.acid_stock[i], pair.balance.acid_stock[i])),
            *(f"{v:.0f}" for v in (them.acid_volume[i], pair.balance.acid_stock_volume[i])),
        ]
        for theirs, ours in (
            (them.acid_cost, pair.ours("acid")),
            (them.heating_cost, pair.ours("heat")),
            (them.mixing_cost, pair.ours("power")),
            (them.cost, pair.cost.sum(axis=1)),
        ):
            cells += [f"{them.per_kg_metal(theirs)[i]:.3f}", f"{ours[i]:.3f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *_faults(acids, impacts)]) + "\n"


def _faults(acids: ToolkitAcids, impacts: ImpactTable) -> list[str]:
    def at(acid: str = "sulfuric", feed: Feed = NMC111, **changed: float) -> Pair:
        order = ("temperature", "concentration", "h2o2", "ratio", "time")
        values = [changed.get(name, usual) for name, usual in zip(order, CONDITIONS, strict=True)]
        return both(acids, impacts, [acid], values, feed)

    def heating(pair: Pair) -> tuple[float, float]:
        return float(pair.toolkit.per_kg_metal(pair.toolkit.heating_cost)[0]), float(pair.ours("heat")[0])

    category = next(c for c in impacts.categories if same_text(c, CLIMATE))
    c = impacts.categories.index(category)
    burdened, drowned = at("hydrochloric"), at("hydrochloric", concentration=12.0)
    oxidised, spinel = at(h2o2=5.0), at(feed=LMO)
    factor = impacts.factor(category, "hydrochloric")
    shown = [
        ("heating at 5 degC, EUR/kg metal", *heating(at(temperature=5.0)), 3),
        ("heating at 90 degC, EUR/kg metal", *heating(at(temperature=90.0)), 3),
        (
            "hydrochloric acid alone, climate change at the same factor, kg CO2 eq/kg metal",
            float(burdened.toolkit.per_kg_metal(burdened.toolkit.impacts[:, c])[0]),
            float((burdened.balance.acid_pure * factor / burdened.balance.metal_total)[0]),
            2,
        ),
        (
            "hydrochloric acid at 12 mol/L: water, L",
            float(drowned.toolkit.water_volume[0]),
            float((drowned.balance.water / drowned.inputs.reagents.water_density)[0]),
            0,
        ),
        ("5 wt% peroxide, EUR/kg metal", 0.0, float(oxidised.ours("peroxide")[0]), 3),
        (
            "metal leached from 1000 kg of LiMn2O4, kg",
            float(spinel.toolkit.metal_total[0]),
            float(spinel.balance.metal_total[0]),
            1,
        ),
    ]
    rows = [f"| {what} | {theirs:.{digits}f} | {ours:.{digits}f} |" for what, theirs, ours, digits in shown]
    return ["| where the faults show | Toolkit | here |", "|---|---:|---:|", *rows]


def main(arguments: list[str]) -> None:
    """Print the comparison, or write it into a page."""
    text = parity(read_toolkit_acids(arguments[0]), import_impacts(arguments[1]))
    if len(arguments) < 3:
        print(text, end="")
        return
    page = Path(arguments[2])
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
