"""What chemistry allows: margins that are >= 0 where a design is possible, and the reductant balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.designs import Designs, Floats
from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs


@dataclass(frozen=True)
class ChemistryLimits:
    """How strictly each limit is held; None switches it off.

    Attributes:
        proton_balance: usable protons offered per proton consumed, at least.
        stock_strength: share of the leachant's volume that is water beyond the stocks, at least.
        solubility: acid concentration as a share of its solubility at 25 degC, at most.
        boiling: degrees below the boiling (or the acid's own) limit, at least.
    """

    proton_balance: float | None = 1.1
    stock_strength: float | None = 0.0
    solubility: float | None = 1.0
    boiling: float | None = 0.0


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
        limit = limits.solubility * inputs.acids.solubility[k]
        margins["solubility"] = 1.0 - designs.column("acid_concentration") / limit
    if limits.boiling is not None:
        limit = inputs.acids.temperature_limit[k] - limits.boiling
        margins["boiling"] = (limit - designs.column("temperature")) / 100.0
    return margins
