"""The balance of a leach of any system, from what needs no formula of the feed."""

from __future__ import annotations

import numpy as np

from optimiser.chemistry.impurities import IMPURITIES
from optimiser.process.balance import MassBalance, heat_capacity, heating, leachant, mixing
from optimiser.process.system_inputs import SystemInputs
from optimiser.process.system_needs import PEROXIDE, SOLIDS, TEMPERATURE, TIME
from optimiser.variables import Designs, Floats


def concentration(designs: Designs, inputs: SystemInputs) -> Floats:
    """Return the concentration of each design's reagent, mol/L, shape (n,); NaN where nothing tells.

    From mol/L as it stands. From w wt% it is w / 100 x the density of water x 1000 / molar mass: the solution
    is taken to be as dense as water. From the pH it is 10^-pH mol/L of protons at the start, over the protons
    that a molecule gives.
    """
    told, k = inputs.strength, designs.acid % len(inputs.options)
    value = designs.continuous[np.arange(len(designs)), told.column[k]]
    of_ph = told.of_ph[k]
    return np.where(of_ph, 10.0 ** -np.where(of_ph, value, 0.0), value) * told.factor[k]


def system_balance(designs: Designs, yields: Floats, inputs: SystemInputs) -> MassBalance:
    """Compute the balance of each design.

    Args:
        designs: n designs.
        yields: fractions, a column per response; NaN where the feed has none.
        inputs: numbers of feed, options and plant.

    Heat is that of the leach and of the option's treatments. The residue is the feed less the metals that its
    assay tells to dissolve: at most. Base is counted where `acid_consumption` tells what acid is left, and is
    0 elsewhere. Electrons, and all else that needs the feed's formula, are NaN.
    """
    feed, plant, acids, k = inputs.feed, inputs.parameters, inputs.acids, designs.acid
    n = len(designs)
    option = k % len(inputs.options)  # where numbers are drawn, they are indexed by draw x options + option
    nothing, unknown = np.zeros(n), np.full(n, np.nan)

    def role(part: str, otherwise: Floats) -> Floats:
        return designs.continuous[:, inputs.system.column[part]] if inputs.has(part) else otherwise

    volume = feed.solid_mass * 1000.0 / role(SOLIDS, unknown)
    strength = concentration(designs, inputs)
    mixed = leachant(volume, strength, role(PEROXIDE, nothing), k, acids, inputs.reagents, plant)
    metals = feed.metal_mass * np.where(feed.present, np.nan_to_num(yields), 0.0)
    residue = np.maximum(feed.solid_mass - metals.sum(axis=1), 0.0)
    offered = mixed.acid_amount * acids.usable_protons[k]
    consumed, free, base = unknown, unknown, nothing
    if inputs.has("consumption"):
        taken = (inputs.acid_consumption or 0.0) * feed.solid_mass / 1000.0
        consumed = taken * 1000.0 / acids.molar_mass[k] * acids.usable_protons[k]
        free = np.maximum(offered - consumed, 0.0)
        base = free * inputs.reagents.base_per_proton
    slurry_volume = volume + feed.solid_mass / plant.solid_density
    warmed = heating(role(TEMPERATURE, unknown), heat_capacity(mixed.solution, inputs), plant)
    return MassBalance(
        volume=volume,
        acid_amount=mixed.acid_amount,
        acid_pure=mixed.acid_pure,
        acid_stock=mixed.acid_stock,
        acid_stock_volume=mixed.acid_stock_volume,
        peroxide_pure=mixed.peroxide_pure,
        peroxide_stock=mixed.peroxide_stock,
        peroxide_stock_volume=mixed.peroxide_stock_volume,
        water=mixed.water,
        solution=mixed.solution,
        slurry_volume=slurry_volume,
        metals=metals,
        residue=residue,
        wash_water=residue * plant.wash_water * inputs.reagents.water_density,
        protons_offered=offered,
        protons_consumed=consumed,
        electrons_needed=unknown,
        electrons_metals=unknown,
        electrons_hydrogen=unknown,
        electrons_peroxide=unknown,
        electrons_chloride=unknown,
        free_protons=free,
        charge_removed=nothing,
        base=base,
        heat=warmed + inputs.treatment_heat[option] * feed.solid_mass / 1000.0,
        power=mixing(role(TIME, unknown), slurry_volume, plant),
        impurities=np.zeros((n, len(IMPURITIES))),
    )
