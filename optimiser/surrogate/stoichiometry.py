"""Rows of a training table that dissolve more charge than their acid can carry.

An oxide takes up one proton for each charge that goes into solution (Li +1, Ni, Mn and Co +2).
A row whose measured yields take clearly more protons than its acid offers cannot be a solid that is all
cathode in the acid that the row states. Most likely the solid holds binder, carbon or copper beside the
cathode, so that there is less of it; the strength may also be that of another volume. The row is measured
and real, but not of the feed that it states.

The sum flatters a row where chlorine forms: chloride that reduces a metal takes one proton more for each
electron, which is not counted, because the table does not say how much of it there was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.acids import USABLE_PKA
from optimiser.chemistry.feeds import OXYGEN_MOLAR_MASS, SPINEL_ABOVE
from optimiser.chemistry.metals import BASE_METALS, charges, molar_masses
from optimiser.surrogate.training_table import TrainingTable
from optimiser.variables import COLUMN, Bools, Floats

#: Charge dissolved per proton offered above which a row breaks stoichiometry. Measured yields, strengths and
#: solids are each a few per cent off, so a row that is a little above 1 proves nothing.
LIMIT = 1.11


@dataclass(frozen=True)
class ChargeBalance:
    """Charge that rows dissolve, and what their acid offers, mol per L of leachant.

    Attributes:
        offered: usable protons (pKa below 7, as the table states pKa) times acid concentration, shape (n,).
        dissolved: (yield of Li + 2 (Ni yield of Ni + Mn yield of Mn + Co yield of Co)) times mol of cathode
            per L; absent metals count nothing, shape (n,).
    """

    offered: Floats
    dissolved: Floats

    @property
    def ratio(self) -> Floats:
        """Dissolved per offered, shape (n,); infinite where something dissolves without any acid."""
        nothing = np.where(self.dissolved > 0.0, np.inf, 0.0)
        return np.divide(self.dissolved, self.offered, out=nothing, where=self.offered > 0.0)


def charge_balance(table: TrainingTable) -> ChargeBalance:
    """Return what each row of a training table dissolves and is offered."""
    yields = np.where(table.present, table.yields, 0.0)
    return charges_of(table.feed, table.continuous, table.pka, yields)


def charges_of(feed: Floats, continuous: Floats, pka: Floats, yields: Floats) -> ChargeBalance:
    """Return what n rows dissolve and are offered.

    Args:
        feed: mol Ni, Mn, Co per mol Li, shape (n, 3).
        continuous: the variables of ``CONTINUOUS``, shape (n, 5).
        pka: of the acid, NaN where it has fewer protons, shape (n, 3).
        yields: of Li, Ni, Mn, Co; NaN or 0 where not measured or absent, shape (n, 4).
    """
    content = np.column_stack([np.ones(len(feed)), feed])  # mol per mol Li
    solids, strength = (continuous[:, COLUMN[name]] for name in ("solid_liquid_ratio", "acid_concentration"))
    cathode = solids / cathode_molar_mass(feed)  # mol/L
    carried = content * np.nan_to_num(yields) @ charges()[: len(BASE_METALS)]
    usable = (np.nan_to_num(pka, nan=np.inf) < USABLE_PKA).sum(axis=1)
    return ChargeBalance(offered=usable * strength, dissolved=carried * cathode)


def cathode_molar_mass(feed: Floats) -> Floats:
    """Return the molar masses of cathodes (mol Ni, Mn, Co per mol Li, shape (n, 3)), g per mol Li, (n,).

    Example:
        >>> cathode_molar_mass(np.array([[0.0, 0.0, 1.0]])).round(2)  # LiCoO2
        array([97.87])
    """
    content = np.column_stack([np.ones(len(feed)), feed])
    oxygen = OXYGEN_MOLAR_MASS * np.where(feed.sum(axis=1) > SPINEL_ABOVE, 4.0, 2.0)
    return np.asarray(content @ molar_masses()[: len(BASE_METALS)] + oxygen, dtype=np.float64)


def breaks(table: TrainingTable) -> Bools:
    """Return which rows dissolve more than 1.11 times the charge that their acid offers, shape (n,)."""
    return np.asarray(charge_balance(table).ratio > LIMIT, dtype=np.bool_)
