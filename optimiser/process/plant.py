"""The plant around the leach: its equipment, what it consumes downstream, and what a year of it costs.

Sums per batch of ``feed.mass`` become sums per year: a day's throughput on each day of operation.
docs/plant-cost.md tells every formula; the numbers are those of ``models/plant.yaml``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.descriptors import molar_mass
from optimiser.chemistry.impurities import impurity_charges, impurity_molar_masses
from optimiser.chemistry.metals import METALS, charges, molar_masses
from optimiser.process.balance import MassBalance
from optimiser.process.byproducts import ByProducts
from optimiser.process.costs import COMPONENTS, reactor_hours
from optimiser.process.inputs import ProcessInputs
from optimiser.process.plant_parameters import PlantNumbers
from optimiser.variables import Designs, Floats

#: What the cost of a plant is made of, in the order of the arrays' columns.
PLANT_COMPONENTS: tuple[str, ...] = (
    *("reagents", "energy", "neutralisation", "precipitation", "scrubbing", "effluent", "disposal"),
    *("labour", "maintenance", "overhead", "capital"),
)
_CHLORINE, _NITROGEN_DIOXIDE, _HYDROGEN_CHLORIDE = "ClCl", "O=[N+][O-]", "Cl"
_LITHIUM = METALS.index("Li")


@dataclass(frozen=True)
class Equipment:
    """The equipment of a plant, shape (n,) each.

    ``purchased`` is EUR in all, before installation; ``tanks`` is the number of leach tanks, ``tank_volume``
    the m3 of all of them.
    """

    purchased: Floats
    tanks: Floats
    tank_volume: Floats


@dataclass(frozen=True)
class Downstream:
    """What a batch of ``feed.mass`` kg takes downstream of the leach, shape (n,) each.

    Attributes:
        base: pure neutraliser that takes the metals but lithium out, kg.
        carbonate: pure soda ash that takes lithium out, kg.
        salt: all of it, with that of the free acid, kg.
        oxygen_demand: of the organic acid that ends in the wastewater, kg O2.
        chlorine, nox, vapour: gas that is scrubbed: Cl2, NO2 and HCl, mol.
        scrubbing_base: sodium hydroxide that scrubs it, kg.
        power: that stirs the precipitation, kWh.
    """

    base: Floats
    carbonate: Floats
    salt: Floats
    oxygen_demand: Floats
    chlorine: Floats
    nox: Floats
    vapour: Floats
    scrubbing_base: Floats
    power: Floats

    @property
    def gas(self) -> Floats:
        """Gas that is scrubbed, kg, shape (n,)."""
        kilograms: Floats = (
            self.chlorine * molar_mass(_CHLORINE)
            + self.nox * molar_mass(_NITROGEN_DIOXIDE)
            + self.vapour * molar_mass(_HYDROGEN_CHLORIDE)
        ) / 1000.0
        return kilograms


@dataclass(frozen=True)
class PlantCosts:
    """A year of the plant.

    Attributes:
        components: EUR per year for each of PLANT_COMPONENTS, shape (n, 11).
        fixed_capital: EUR, shape (n,).
        batches: of ``feed.mass`` kg per year, shape (n,) or a number.
        equipment, downstream: what they rest on.
    """

    components: Floats
    fixed_capital: Floats
    batches: Floats | float
    equipment: Equipment
    downstream: Downstream

    @property
    def annual(self) -> Floats:
        """EUR per year, shape (n,)."""
        total: Floats = self.components.sum(axis=1)
        return total


def recovery_factor(interest: Floats | float, years: Floats | float) -> Floats:
    """Return the share of a capital that is paid per year over its life: i (1 + i)^n / ((1 + i)^n - 1).

    Without interest it is 1 / n.

    Examples:
        >>> round(float(recovery_factor(0.10, 10)), 4)
        0.1627
    """
    i, n = np.asarray(interest, dtype=np.float64), np.asarray(years, dtype=np.float64)
    # 1 - (1 + i)^-n, exact for small i
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(i > 0.0, i / -np.expm1(-n * np.log1p(i)), 1.0 / n)


def purchased_cost(
    size: Floats, number: Floats | float, cost: Floats | float, reference: float, exponent: Floats | float
) -> Floats:
    """Return what some pieces of equipment cost: number x cost x (size / number / reference)^exponent.

    Args:
        size: of all of them together.
        number: of equal pieces.
        cost: of one of the reference size, EUR.
        reference: size of that one.
        exponent: of the size.

    Examples:
        >>> float(purchased_cost(np.array(8.0), 2, 100.0, 1.0, 0.5))
        400.0
    """
    found: Floats = number * cost * (size / number / reference) ** exponent
    return found


def downstream(
    designs: Designs, balance: MassBalance, products: ByProducts, inputs: ProcessInputs
) -> Downstream:
    """Return what a batch takes downstream of the leach.

    - Base: the charge of each dissolved metal but lithium, of the share that is precipitated; copper,
      aluminium and iron too, unless ``impurity_removal`` has taken them out before.
    - Soda ash: half a mol per mol of lithium of that share, which leaves as carbonate.
    - Salt: all acid that has given its protons to a base: the free acid, and that of precipitated metals.
    - Oxygen demand: of the same acid, if it is organic.
    - Scrubbing: Cl2 + 2 NaOH -> NaCl + NaOCl + H2O; nitrogen oxides and hydrogen chloride one mol each.
    """
    numbers, acids, k = _of(inputs), inputs.acids, designs.acid
    plant, own = numbers.parameters, designs.acid % len(numbers.organic)
    lithium, others = (plant.precipitated * charge for charge in _carried(balance))
    salt = (
        products.salt + others * acids.salt_per_proton[k] + lithium * numbers.salt_per_carbonate_proton[own]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        neutralised = balance.free_protons + balance.charge_removed + others + lithium
        share = neutralised / balance.protons_offered
    # an acid without usable protons is in the wastewater as it is
    ends = np.where(balance.protons_offered > 0.0, np.minimum(share, 1.0), 1.0)
    hot = (acids.nitrate[k] > 0.0) & (designs.temperature > inputs.parameters.nox_limit)
    chlorine = balance.electrons_chloride / 2.0
    nox = np.where(hot, plant.nox_share * balance.acid_amount, 0.0)
    vapour = acids.chloride[k] * plant.hydrochloric_vapour * balance.acid_amount
    treated = _treated_volume(balance, inputs)
    return Downstream(
        base=others * inputs.reagents.base_per_proton,
        carbonate=lithium * numbers.carbonate_per_lithium,
        salt=salt,
        oxygen_demand=balance.acid_pure * numbers.oxygen_demand[own] * ends,
        chlorine=chlorine,
        nox=nox,
        vapour=vapour,
        scrubbing_base=(2.0 * chlorine + nox + vapour) * numbers.scrubbing_base,
        power=inputs.parameters.mixing_power * treated * plant.precipitation_time / 60.0,
    )


def _carried(balance: MassBalance) -> tuple[Floats, Floats]:
    """Return the charge in mol of dissolved lithium, and of all that a base takes out, shape (n,) each.

    Copper, aluminium and iron count in the second, unless they were taken out as hydroxides before.
    """
    carried = balance.metals * (1000.0 / molar_masses()) * charges()
    impurities = balance.impurities * (1000.0 / impurity_molar_masses()) * impurity_charges()
    beside = impurities.sum(axis=1) - balance.charge_removed
    return carried[:, _LITHIUM], carried.sum(axis=1) - carried[:, _LITHIUM] + beside


def _of(inputs: ProcessInputs) -> PlantNumbers:
    assert inputs.plant is not None, "a plant's costs are asked for at plant scope alone"
    return inputs.plant


def _treated_volume(balance: MassBalance, inputs: ProcessInputs) -> Floats:
    """Return the m3 of leachate and wash water of a batch that are neutralised, shape (n,)."""
    return (balance.volume + balance.wash_water / inputs.reagents.water_density) / 1000.0


def material_factor(designs: Designs, inputs: ProcessInputs) -> Floats:
    """Return what tanks cost for a design's acid against those of plain steel, shape (n,).

    Where an acid brings more than one of chloride, nitrate and carbon, the largest factor counts.
    """
    numbers, k = _of(inputs), designs.acid
    plant, own = numbers.parameters, designs.acid % len(numbers.organic)
    chloride, nitrate = inputs.acids.chloride[k] > 0.0, inputs.acids.nitrate[k] > 0.0
    organic = numbers.organic[own] > 0.0
    found: Floats = np.maximum.reduce(
        [
            np.where(chloride, plant.material_chloride, 0.0),
            np.where(nitrate, plant.material_nitrate, 0.0),
            np.where(organic, plant.material_organic, 0.0),
            np.where(chloride | nitrate | organic, 0.0, plant.material_mineral),
        ]
    )
    return found


def equipment(
    designs: Designs, balance: MassBalance, downstream: Downstream, inputs: ProcessInputs
) -> Equipment:
    """Return the section's equipment: stirred leach tanks, filter, storage, neutralisation, scrubber.

    The volume of the leach tanks is the reactor time of a day's feed over the hours of the day. Each kind of
    tank has as many equal ones as it takes to keep below the largest.
    """
    plant, process = _of(inputs).parameters, inputs.parameters
    batches = plant.throughput * 1000.0 / inputs.feed.mass  # per day
    material = material_factor(designs, inputs)

    def stirred(volume: Floats, least: Floats | float) -> tuple[Floats, Floats]:
        """Return the cost of tanks with agitators, and how many they are."""
        number = np.maximum(np.ceil(volume / plant.largest_tank), np.ceil(least))
        power = process.mixing_power * process.fill_fraction * volume
        vessels = purchased_cost(volume, number, plant.tank_cost, plant.tank_size, plant.tank_exponent)
        agitators = purchased_cost(
            power, number, plant.agitator_cost, plant.agitator_size, plant.agitator_exponent
        )
        return material * (vessels + agitators), number

    def stored(litres: Floats, factor: Floats | float) -> Floats:
        """Return the cost of the tanks that hold a stock, of which a batch takes some litres."""
        volume = litres / 1000.0 * batches * plant.storage_days
        number = np.maximum(np.ceil(volume / plant.largest_tank), 1.0)
        return factor * purchased_cost(volume, number, plant.tank_cost, plant.tank_size, plant.tank_exponent)

    volume = reactor_hours(designs, balance, inputs) * batches / plant.operating_hours
    leach, tanks = stirred(volume, plant.least_tanks)
    handling = process.filling_time + process.emptying_time
    hours = _treated_volume(balance, inputs) / process.fill_fraction
    hours = hours * (plant.precipitation_time + handling) / 60.0
    used = (balance.base + downstream.base + downstream.carbonate) > 0.0
    neutralisation = np.where(used, stirred(hours * batches / plant.operating_hours, 1.0)[0], 0.0)
    cake = balance.residue * plant.cake_volume / 1000.0 * batches * plant.filter_cycle / plant.operating_hours
    press = purchased_cost(
        np.maximum(cake, plant.least_filter), 1.0, plant.filter_cost, plant.filter_size, plant.filter_exponent
    )
    gas = downstream.gas * batches / plant.operating_hours
    scrubber = purchased_cost(
        np.maximum(gas, plant.least_scrubber),
        1.0,
        plant.scrubber_cost,
        plant.scrubber_size,
        plant.scrubber_exponent,
    )
    scrubbed = np.where(gas > 0.0, scrubber, 0.0)
    acid = stored(balance.acid_stock_volume, material)
    peroxide = stored(balance.peroxide_stock_volume, plant.material_peroxide)
    return Equipment(leach + neutralisation + press + scrubbed + acid + peroxide, tanks, volume)


def plant_costs(
    designs: Designs, balance: MassBalance, products: ByProducts, cost: Floats, inputs: ProcessInputs
) -> PlantCosts:
    """Return what a year of the plant costs.

    Args:
        designs: n designs.
        balance, products: of a batch of ``feed.mass`` kg.
        cost: of reagents and energy per batch, as `cost_components` returns it.
        inputs: numbers, those of a plant among them.
    """
    # a base that is the neutraliser too has one price, under that name
    plant, price = _of(inputs).parameters, inputs.reagents.price
    after = downstream(designs, balance, products, inputs)
    built = equipment(designs, balance, after, inputs)
    batches = plant.throughput * plant.operating_days * 1000.0 / inputs.feed.mass
    part = dict(zip(COMPONENTS, cost.T, strict=True))
    salts = (
        after.base * price["neutralisation"]
        + after.carbonate * price.get("carbonate", price["neutralisation"])
        + after.power * price["power"]
    )
    effluent = products.wastewater * plant.wastewater_price + after.oxygen_demand * plant.cod_price
    solids = (products.residue + products.hydroxides) * plant.residue_disposal
    landfill = (solids + after.salt * plant.salt_disposal) / 1000.0
    fixed = built.purchased * plant.installation_factor * plant.location_factor * plant.escalation
    labour = _labour(balance, built, inputs)
    capital = recovery_factor(plant.interest, plant.lifetime) + plant.interest * plant.working_capital
    columns = [
        (part["acid"] + part["peroxide"] + part["water"]) * batches,
        (part["heat"] + part["power"]) * batches,
        part["neutralisation"] * batches,
        salts * batches,
        after.scrubbing_base * price.get("scrubbing", price["neutralisation"]) * batches,
        effluent * batches,
        landfill * batches,
        labour,
        plant.maintenance * fixed,
        (plant.insurance + plant.site_charges) * fixed + plant.administration * labour,
        capital * fixed,
    ]
    return PlantCosts(np.column_stack(columns), fixed, batches, built, after)


def _labour(balance: MassBalance, built: Equipment, inputs: ProcessInputs) -> Floats:
    """Return EUR per year of labour: the line's hours per day, and hours per batch of each tank."""
    plant, process = _of(inputs).parameters, inputs.parameters
    feed_per_day = plant.throughput * 1000.0 / inputs.feed.mass
    slurry = balance.slurry_volume / 1000.0 * feed_per_day  # m3 per day
    fills = slurry / (process.fill_fraction * built.tank_volume / built.tanks)
    hours = (plant.labour_hours + plant.labour_per_batch * fills) * plant.operating_days
    loaded = (1.0 + plant.supervision) * (1.0 + plant.salary_overhead)
    found: Floats = hours * plant.labour_rate * loaded
    return found
