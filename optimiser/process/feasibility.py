"""What chemistry allows: margins that are >= 0 where a design is possible, and the reductant balance."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from optimiser.chemistry.acids import COLD, HOT
from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs
from optimiser.variables import Designs, Floats


@dataclass(frozen=True)
class ChemistryLimits:
    """How strictly each limit is held; None switches it off.

    Attributes:
        proton_balance: usable protons offered per proton consumed, at least.
        stock_strength: share of the leachant's volume that is water beyond the stocks, at least.
        solubility: acid concentration as a share of its solubility, at most; at 25 degC, or at the design's
            temperature where that is known.
        boiling: degrees below the boiling (or the acid's own) limit, at least.
        slurry: kg solids per kg slurry when the feed is charged, at most. The default is what an agitated
            tank can keep in suspension (general knowledge, confidence C; 0.2 to 0.4) and above all training
            data: 333 g/L in water is 0.25.
    """

    proton_balance: float | None = 1.1
    stock_strength: float | None = 0.0
    solubility: float | None = 1.0
    boiling: float | None = 0.0
    slurry: float | None = 0.3


#: Names of the limits, in the order of `chemistry_margins`.
LIMITS: tuple[str, ...] = tuple(field.name for field in fields(ChemistryLimits))


def proton_ratio(balance: MassBalance) -> Floats:
    """Return usable protons offered per proton consumed, shape (n,); inf where nothing dissolves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = balance.protons_offered / balance.protons_consumed
    return np.where(balance.protons_consumed > 0.0, ratio, np.inf)


def reductant_ratio(balance: MassBalance) -> Floats:
    """Return electrons that the peroxide offers per electron needed, shape (n,); reported, not enforced.

    Below 1 something else has to reduce the metals: chloride, an organic acid, or the current collectors.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = balance.electrons_peroxide / balance.electrons_needed
    return np.where(balance.electrons_needed > 0.0, ratio, np.inf)


def solubility_at(designs: Designs, inputs: ProcessInputs) -> Floats:
    """Return each design's solubility of its acid, mol/L, shape (n,).

    Where the value at 60 degC is known, ln(solubility) is linear in temperature through both values, which
    for oxalic acid lies below what was measured between them. Above 60 degC it stays that of 60 degC.
    """
    acids, k = inputs.acids, designs.acid
    degrees = np.minimum(designs.temperature, HOT) - COLD
    return acids.solubility[k] * np.exp(acids.solubility_rise[k] * degrees)


def slurry_fraction(balance: MassBalance, inputs: ProcessInputs) -> Floats:
    """Return kg solids per kg slurry when all of the feed is in the leachant, shape (n,)."""
    return inputs.feed.mass / (inputs.feed.mass + np.maximum(balance.solution, 0.0))


def chemistry_margins(
    designs: Designs, balance: MassBalance, inputs: ProcessInputs, limits: ChemistryLimits
) -> dict[str, Floats]:
    """Return one margin per limit that is switched on, dimensionless, >= 0 where feasible, shape (n,).

    Margins are relative, so that a search that adds up violations compares like with like.
    """
    k = designs.acid
    margins: dict[str, Floats] = {}
    if limits.proton_balance is not None:
        ratio = np.minimum(proton_ratio(balance), 1e6)
        margins["proton_balance"] = ratio / limits.proton_balance - 1.0
    if limits.stock_strength is not None:
        margins["stock_strength"] = (
            balance.water / (inputs.reagents.water_density * balance.volume) - limits.stock_strength
        )
    if limits.solubility is not None:
        limit = limits.solubility * solubility_at(designs, inputs)
        margins["solubility"] = 1.0 - designs.acid_concentration / limit
    if limits.boiling is not None:
        limit = inputs.acids.temperature_limit[k] - limits.boiling
        margins["boiling"] = (limit - designs.temperature) / 100.0
    if limits.slurry is not None:
        margins["slurry"] = 1.0 - slurry_fraction(balance, inputs) / limits.slurry
    return margins
