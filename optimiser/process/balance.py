"""The mass, proton, electron and energy balance of a batch leach of ``feed.mass`` kg of feed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.impurities import (
    IMPURITIES,
    gives_hydrogen,
    impurity_charges,
    impurity_electrons,
    impurity_molar_masses,
    load_impurities,
)
from optimiser.chemistry.metals import charges, reduced
from optimiser.process.inputs import AcidNumbers, ProcessInputs, ReagentNumbers
from optimiser.process.parameters import ProcessParameters
from optimiser.process.system_inputs import AnyInputs
from optimiser.systems.system import SystemFeed
from optimiser.variables import Designs, Floats, Ints

#: Parts of the balance that are 0 for every feed without impurities.
OF_IMPURITIES: frozenset[str] = frozenset(
    {"electrons_metals", "electrons_hydrogen", "charge_removed", "impurities"}
)


@dataclass(frozen=True)
class MassBalance:
    """What one batch takes in and gives out, shape (n,) each unless said otherwise.

    Units: volumes L; masses kg; amounts mol; energies kWh. ``water`` may be negative: then the design asks
    for more acid than its stock can supply. ``metals`` is the mass dissolved, a column per metal.
    ``residue`` is the feed that stays solid, ``wash_water`` (kg) what washes it. ``slurry_volume`` is
    leachant and feed together. ``impurities`` is the mass of copper, aluminium and iron dissolved, a column
    per metal of IMPURITIES; ``electrons_metals`` what they give, ``electrons_hydrogen`` what of that could
    make hydrogen, ``charge_removed`` their charge that a base takes out of the leachate as hydroxides.

    Of a system of one's own what needs the feed's formula, and what its file does not tell, is NaN.
    """

    volume: Floats
    acid_amount: Floats
    acid_pure: Floats
    acid_stock: Floats
    acid_stock_volume: Floats
    peroxide_pure: Floats
    peroxide_stock: Floats
    peroxide_stock_volume: Floats
    water: Floats
    solution: Floats
    slurry_volume: Floats
    metals: Floats
    residue: Floats
    wash_water: Floats
    protons_offered: Floats
    protons_consumed: Floats
    electrons_needed: Floats
    electrons_metals: Floats
    electrons_hydrogen: Floats
    electrons_peroxide: Floats
    electrons_chloride: Floats
    free_protons: Floats
    charge_removed: Floats
    base: Floats
    heat: Floats
    power: Floats
    impurities: Floats

    @property
    def metal_total(self) -> Floats:
        """Mass of metal dissolved, kg, shape (n,)."""
        total: Floats = self.metals.sum(axis=1)
        return total


@dataclass(frozen=True)
class Leachant:
    """What is mixed before the feed is charged, shape (n,) each; units as in `MassBalance`.

    ``water`` is all of it, moisture of the feed included.
    """

    volume: Floats
    acid_amount: Floats
    acid_pure: Floats
    acid_stock: Floats
    acid_stock_volume: Floats
    peroxide_pure: Floats
    peroxide_stock: Floats
    peroxide_stock_volume: Floats
    water: Floats
    solution: Floats


def leachant(
    volume: Floats,
    concentration: Floats,
    h2o2: Floats,
    k: Ints,
    acids: AcidNumbers,
    reagents: ReagentNumbers,
    plant: ProcessParameters,
) -> Leachant:
    """Return what is mixed for a leach: acid stock, peroxide stock and water with additive volumes.

    Args:
        volume: of the leachant, L, shape (n,).
        concentration: of the acid, mol/L, likewise.
        h2o2: nominal wt% of peroxide, likewise.
        k: which acid, likewise.
        acids, reagents, plant: their numbers.

    Peroxide is a mass fraction w of the solution, whose mass depends on the peroxide stock itself: with s the
    mass fraction of the stock, d its density and r that of water,
    pure = w (m_acid_stock + r (V - V_acid)) / (1 - w/s (1 - r/d)). w is the nominal strength times
    ``peroxide_strength``: what is true of the solution is also what is dosed and bought.
    """
    acid_amount = volume * concentration
    acid_pure = acid_amount * acids.molar_mass[k] / 1000.0
    acid_stock = acid_pure / acids.purity[k]
    acid_stock_volume = acid_stock / acids.density[k]

    w = h2o2 / 100.0 * plant.peroxide_strength
    in_stock = w / reagents.peroxide_purity
    without_peroxide = acid_stock + reagents.water_density * (volume - acid_stock_volume)
    peroxide_pure = (
        w * without_peroxide / (1.0 - in_stock * (1.0 - reagents.water_density / reagents.peroxide_density))
    )
    peroxide_stock = peroxide_pure / reagents.peroxide_purity
    peroxide_stock_volume = peroxide_stock / reagents.peroxide_density
    water = reagents.water_density * (volume - acid_stock_volume - peroxide_stock_volume)
    return Leachant(
        volume=volume,
        acid_amount=acid_amount,
        acid_pure=acid_pure,
        acid_stock=acid_stock,
        acid_stock_volume=acid_stock_volume,
        peroxide_pure=peroxide_pure,
        peroxide_stock=peroxide_stock,
        peroxide_stock_volume=peroxide_stock_volume,
        water=water,
        solution=acid_stock + peroxide_stock + water,
    )


def heating(temperature: Floats, capacity: Floats, plant: ProcessParameters) -> Floats:
    """Return the heat that warms a charge from the surroundings, with losses and recovery, kWh, (n,)."""
    warming = np.maximum(temperature - plant.ambient_temperature, 0.0)
    kept = 1.0 + plant.heat_loss - plant.heat_recovery
    return capacity * warming / 3600.0 * kept


def mixing(time: Floats, slurry_volume: Floats, plant: ProcessParameters) -> Floats:
    """Return the power that keeps a slurry moving for some minutes, kWh, shape (n,)."""
    return plant.mixing_power * slurry_volume / 1000.0 * time / 60.0


def heat_capacity(solution: Floats, inputs: AnyInputs) -> Floats:
    """Return the heat capacity of ``solution`` kg of leachant and the feed together, kJ/K, shape (n,)."""
    plant = inputs.parameters
    liquid = np.maximum(solution, 0.0) * plant.liquid_heat_capacity
    if isinstance(inputs.feed, SystemFeed):
        return liquid + inputs.feed.solid_mass * plant.solid_heat_capacity
    cathode = inputs.feed.cathode_mass * plant.solid_heat_capacity
    return liquid + (cathode + inputs.feed.heat_capacity_beside)


@dataclass(frozen=True)
class ImpuritySums:
    """What copper, aluminium and iron do in a batch, shape (n,) each, ``dissolved`` (n, 3) in kg.

    ``solids`` is what stays solid beside the cathode, kg: what of them does not dissolve, and all that is
    inert. ``electrons`` is what they give, ``hydrogen`` what of it could make hydrogen, ``charge`` that of
    their ions; mol.
    """

    dissolved: Floats
    solids: Floats
    electrons: Floats
    hydrogen: Floats
    charge: Floats


def impurity_sums(inputs: ProcessInputs, n: int) -> ImpuritySums:
    """Return what the feed's impurities do in n designs.

    Which share of each dissolves is a parameter, an input and no prediction.
    """
    feed, nothing = inputs.feed, np.zeros(n)
    if not feed.impurities:
        return ImpuritySums(
            np.zeros((n, len(IMPURITIES))), nothing + feed.inert_mass, nothing, nothing, nothing
        )
    charged = np.broadcast_to(feed.mass * inputs.impurities, (n, len(IMPURITIES)))
    shares = [getattr(inputs.parameters, load_impurities()[metal].parameter) for metal in IMPURITIES]
    dissolved = charged * np.column_stack([np.broadcast_to(share, n) for share in shares])
    # where more of an impurity is drawn there is less of the rest, and the whole stays what it is
    drawn = charged.sum(axis=1) - feed.mass * sum(feed.impurities.values())
    inert = np.maximum(feed.inert_mass - drawn, 0.0)
    moles = dissolved * 1000.0 / impurity_molar_masses()
    given = moles * impurity_electrons()
    return ImpuritySums(
        dissolved=dissolved,
        solids=inert + (charged - dissolved).sum(axis=1),
        electrons=given.sum(axis=1),
        hydrogen=given[:, gives_hydrogen()].sum(axis=1),
        charge=(moles * impurity_charges()).sum(axis=1),
    )


def mass_balance(designs: Designs, yields: Floats, inputs: ProcessInputs) -> MassBalance:
    """Compute the balance of each design.

    Args:
        designs: n designs; ``designs.acid`` indexes ``inputs.acids``.
        yields: fractions leached, a column per metal; NaN for a metal the feed does not contain.
        inputs: numbers of feed, acids, reagents and plant.

    The solid-to-liquid ratio is that of the whole solid as charged. Moisture of the feed is part of the
    leachant's water, so that less is bought. What copper, aluminium and iron give to the metals, peroxide
    and chloride need not give.
    """
    feed, acids, reagents, plant = inputs.feed, inputs.acids, inputs.reagents, inputs.parameters
    k = designs.acid
    leached = np.where(feed.present, yields, 0.0)

    volume = feed.mass * 1000.0 / designs.solid_liquid_ratio
    mixed = leachant(volume, designs.acid_concentration, designs.h2o2, k, acids, reagents, plant)
    acid_amount, peroxide_pure, solution = mixed.acid_amount, mixed.peroxide_pure, mixed.solution

    formula_units = feed.cathode_mass * 1000.0 / feed.molar_mass
    dissolved = formula_units * feed.composition * leached  # mol of each metal
    metals = feed.metal_mass * leached
    # oxygen leaves the solid in step with the metals, so the residue is what share of the metals stays
    residue = feed.cathode_mass * np.maximum(1.0 - metals.sum(axis=1) / feed.metal_mass.sum(), 0.0)
    beside = impurity_sums(inputs, len(designs))
    residue = residue + beside.solids
    wash_water = residue * plant.wash_water * reagents.water_density

    peroxide_amount = peroxide_pure * 1000.0 / reagents.peroxide_molar_mass
    lost = np.where(designs.temperature > plant.peroxide_limit, plant.peroxide_loss, 0.0)
    electrons_peroxide = 2.0 * peroxide_amount * (1.0 - lost)
    reducible = dissolved[:, reduced()].sum(axis=1)
    electrons_needed = reducible * (feed.electrons / feed.reducible if feed.reducible else 0.0)

    # The charge that goes into solution (Li +1, Ni, Mn and Co +2, Al +3), and one more proton for each
    # electron that chloride has to give because nothing else does:
    # LiMO2 + 4 HCl -> LiCl + MCl2 + 1/2 Cl2 + 2 H2O.
    # A metal takes a proton for each charge of its ion, whoever takes its electrons:
    # Al + 3 H+ -> Al3+ + 3/2 H2, and
    # 3 LiMO2 + Al + 12 H+ -> 3 Li+ + 3 M2+ + Al3+ + 6 H2O, which is 9 for LiMO2 (3 each) and 3 for Al.
    others = beside.electrons + electrons_peroxide
    electrons_chloride = acids.chloride[k] * np.maximum(electrons_needed - others, 0.0)
    # each gives one electron, and a mixture holds so much of it; NaN, of an acid alone, limits nothing
    electrons_chloride = np.fmin(electrons_chloride, acid_amount * acids.chloride_share[k])
    carried = dissolved * charges()
    protons_consumed = (
        carried[:, ~reduced()].sum(axis=1) + carried[:, reduced()].sum(axis=1) + electrons_chloride
    ) + beside.charge
    protons_offered = acid_amount * acids.usable_protons[k]
    free_protons = np.maximum(protons_offered - protons_consumed, 0.0)
    charge_removed = beside.charge if inputs.removes_impurities else np.zeros(len(designs))
    slurry_volume = volume + (feed.cathode_mass / plant.solid_density + feed.volume_beside)

    return MassBalance(
        volume=volume,
        acid_amount=acid_amount,
        acid_pure=mixed.acid_pure,
        acid_stock=mixed.acid_stock,
        acid_stock_volume=mixed.acid_stock_volume,
        peroxide_pure=peroxide_pure,
        peroxide_stock=mixed.peroxide_stock,
        peroxide_stock_volume=mixed.peroxide_stock_volume,
        water=mixed.water - feed.moisture_mass,
        solution=solution,
        slurry_volume=slurry_volume,
        metals=metals,
        residue=residue,
        wash_water=wash_water,
        protons_offered=protons_offered,
        protons_consumed=protons_consumed,
        electrons_needed=electrons_needed,
        electrons_metals=beside.electrons,
        electrons_hydrogen=beside.hydrogen,
        electrons_peroxide=electrons_peroxide,
        electrons_chloride=electrons_chloride,
        free_protons=free_protons,
        charge_removed=charge_removed,
        base=(free_protons + charge_removed) * reagents.base_per_proton,
        heat=heating(designs.temperature, heat_capacity(solution, inputs), plant),
        power=mixing(designs.time, slurry_volume, plant),
        impurities=beside.dissolved,
    )
