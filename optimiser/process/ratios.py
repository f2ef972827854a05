"""What chemistry allows: balances of protons and electrons, solubility, solids, and heat of peroxide."""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.acids import COLD, HOT
from optimiser.process.balance import MassBalance, heat_capacity
from optimiser.process.system_inputs import AnyInputs
from optimiser.variables import Designs, Floats


def proton_ratio(balance: MassBalance) -> Floats:
    """Return usable protons offered per proton consumed, shape (n,); inf where nothing dissolves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = balance.protons_offered / balance.protons_consumed
    return np.where(balance.protons_consumed > 0.0, ratio, np.inf)


def reductant_ratio(balance: MassBalance) -> Floats:
    """Return electrons that peroxide and the feed's metals offer per electron needed, shape (n,).

    Below 1 something else has to reduce the metals: chloride, an organic acid, or carbon.
    """
    return _per_needed(balance.electrons_metals + balance.electrons_peroxide, balance)


def peroxide_ratio(balance: MassBalance) -> Floats:
    """Return electrons that the peroxide alone offers per electron needed, shape (n,)."""
    return _per_needed(balance.electrons_peroxide, balance)


def metals_ratio(balance: MassBalance) -> Floats:
    """Return electrons that dissolved copper, aluminium and iron offer per electron needed, shape (n,)."""
    return _per_needed(balance.electrons_metals, balance)


def _per_needed(electrons: Floats, balance: MassBalance) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = electrons / balance.electrons_needed
    return np.where(balance.electrons_needed > 0.0, ratio, np.inf)


def solubility_at(designs: Designs, inputs: AnyInputs) -> Floats:
    """Return each design's solubility of its acid, mol/L, shape (n,).

    Where the value at 60 degC is known, ln(solubility) is linear in temperature through both values, which
    for oxalic acid lies below what was measured between them. Above 60 degC it stays that of 60 degC. Of a
    mixture it is the total concentration at which the first of its acids is saturated.
    """
    acids, k = inputs.acids, designs.acid
    degrees = np.minimum(designs.temperature, HOT) - COLD
    each = acids.solubility[k].T * np.exp(acids.solubility_rise[k].T * degrees)
    return np.asarray(each.min(axis=0) if each.ndim == 2 else each, dtype=np.float64)


def slurry_fraction(balance: MassBalance, inputs: AnyInputs) -> Floats:
    """Return kg solids per kg slurry when all of the feed is in the leachant, shape (n,).

    The feed's moisture is part of the leachant.
    """
    return inputs.feed.solid_mass / (inputs.feed.solid_mass + np.maximum(balance.solution, 0.0))


def peroxide_rise(balance: MassBalance, inputs: AnyInputs) -> Floats:
    """Return by how many degC the charge heats if all its peroxide decomposes and nothing is cooled, (n,).

    H2O2 -> H2O + 1/2 O2; the heat stays in the solution and the feed, and no water evaporates.
    """
    moles = balance.peroxide_pure * 1000.0 / inputs.reagents.peroxide_molar_mass
    heat = moles * inputs.parameters.peroxide_enthalpy
    return heat / heat_capacity(balance.solution, inputs)
