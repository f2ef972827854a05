"""``python -m optimiser.toolkit.parity ACIDS IMPACTS [docs/parity.md]``: the Toolkit's sums and ours.

ACIDS and IMPACTS are the Toolkit's workbooks. The tables replace what stands between the two marks of the
page; without a page they are printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.impacts import CLIMATE, ImpactTable, same_text
from optimiser.process.balance import mass_balance
from optimiser.process.costs import COMPONENTS, cost_components
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.tables.own_impacts import import_impacts
from optimiser.toolkit.profile import ToolkitAcids, ToolkitSums, read_toolkit_acids, toolkit_sums
from optimiser.variables import CONTINUOUS, Designs

BEGIN = "<!-- begin parity -->\n"
END = "<!-- end parity -->"
NMC111 = Feed(name="NMC111", Ni=0.3333, Mn=0.3333, Co=0.3333)
LMO = Feed(name="LMO", Mn=2.0)
#: Those of the Toolkit's second case study.
CONDITIONS = {"temperature": 40.0, "acid_concentration": 1.0, "h2o2": 0.0, "solid_liquid_ratio": 50.0}
CONDITIONS["time"] = 60.0
YIELD = 0.8


def both(
    acids: ToolkitAcids, impacts: ImpactTable, names: Sequence[str], feed: Feed = NMC111, **changed: float
) -> tuple[ToolkitSums, pd.DataFrame]:
    """Compute some acids in both profiles, with a yield of `YIELD` of each metal.

    Args:
        acids: the Toolkit's table of acids.
        impacts: its table of impact factors.
        names: of the acids, one scenario each.
        feed: what is leached.
        changed: setpoints that differ from `CONDITIONS`.

    Returns:
        The Toolkit's sums; and ours, one row per acid: cost by component and in total in EUR/kg metal, and
        stock [kg], stock [L], water [L], pure [kg] and metal [kg].

    Raises:
        InputError: an acid without a price or factor here.
    """
    known = load_acids()
    setpoints = CONDITIONS | changed
    continuous = np.tile([float(setpoints[name]) for name in CONTINUOUS], (len(names), 1))
    yields = np.tile(np.where(feed.present, YIELD, np.nan), (len(names), 1))
    inputs = process_inputs(feed, [known[name] for name in names], process_parameters())
    designs = Designs(np.arange(len(names), dtype=np.intp), continuous)
    balance = mass_balance(designs, yields, inputs)
    per_kg = cost_components(designs, balance, inputs) / balance.metal_total[:, None]
    ours = pd.DataFrame(per_kg, columns=list(COMPONENTS)).assign(total=per_kg.sum(axis=1))
    ours["stock [kg]"], ours["stock [L]"] = balance.acid_stock, balance.acid_stock_volume
    ours["water [L]"] = balance.water / inputs.reagents.water_density
    ours["pure [kg]"], ours["metal [kg]"] = balance.acid_pure, balance.metal_total
    theirs = Designs(acids.rows(names), continuous)
    return toolkit_sums(theirs, yields, feed.composition, acids, impacts), ours


def parity(acids: ToolkitAcids, impacts: ImpactTable) -> str:
    """Return the comparison as Markdown: all acids at one condition, then each fault where it shows."""
    known = load_acids()
    names = [a for a in acids.names if a in known and known[a].price and known[a].climate_change]
    sums, ours = both(acids, impacts, names)
    pairs = (
        ("acid, stock [kg]", "stock [kg]", 0),
        ("acid, stock [L]", "stock [L]", 0),
        ("acid cost [EUR/kg metal]", "acid", 3),
        ("heating cost [EUR/kg metal]", "heat", 3),
        ("mixing cost [EUR/kg metal]", "power", 3),
        ("total cost [EUR/kg metal]", "total", 3),
    )
    lines = [
        "| acid | stock, kg | here | stock, L | here | acid, EUR/kg | here | heating | here | mixing | here "
        "| total | here |",
        "|---|" + "---:|" * 12,
    ]
    for i, name in enumerate(names):
        cells = [f"{v:.{d}f}" for a, b, d in pairs for v in (sums.frame[a][i], ours[b][i])]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *_faults(acids, impacts)]) + "\n"


def _faults(acids: ToolkitAcids, impacts: ImpactTable) -> list[str]:
    def at(theirs: str, here: str, acid: str = "sulfuric", **changed: float) -> tuple[float, float]:
        sums, ours = both(acids, impacts, [acid], NMC111, **changed)
        return float(sums.frame[theirs][0]), float(ours[here][0])

    heating = "heating cost [EUR/kg metal]"
    category = next(c for c in impacts.categories if same_text(c, CLIMATE))
    burdened, alone = both(acids, impacts, ["hydrochloric"])
    burden = burdened.impacts[0, impacts.categories.index(category)]
    metal = burdened.frame.filter(like="leached").sum(axis=1)[0]
    pure = alone["pure [kg]"][0] * impacts.factor(category, "hydrochloric") / alone["metal [kg]"][0]
    spinel, lmo = both(acids, impacts, ["sulfuric"], LMO)
    shown = [
        ("heating at 5 degC, EUR/kg metal", *at(heating, "heat", temperature=5.0), 3),
        ("heating at 90 degC, EUR/kg metal", *at(heating, "heat", temperature=90.0), 3),
        (
            "hydrochloric acid alone, climate change at the same factor, kg CO2 eq/kg metal",
            burden / metal,
            pure,
            2,
        ),
        (
            "hydrochloric acid at 12 mol/L: water, L",
            *at("water [L]", "water [L]", "hydrochloric", acid_concentration=12.0),
            0,
        ),
        ("5 wt% peroxide, EUR/kg metal", 0.0, at(heating, "peroxide", h2o2=5.0)[1], 3),
        (
            "metal leached from 1000 kg of LiMn2O4, kg",
            spinel.frame.filter(like="leached").sum(axis=1)[0],
            lmo["metal [kg]"][0],
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
