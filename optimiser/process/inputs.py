"""The numbers of feed, acids, reagents and metals that the sums need, as arrays over acids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.descriptors import molar_mass
from optimiser.chemistry.feeds import METALS, Feed
from optimiser.chemistry.reagents import Acid, Metal, Reagent, Reagents, load_metals, load_reagents
from optimiser.designs import Floats
from optimiser.process.parameters import Neutraliser, ProcessParameters


@dataclass(frozen=True)
class AcidNumbers:
    """One number per acid, shape (k,) each.

    Units: molar_mass g/mol; purity mass fraction; density kg/L of the stock; usable_protons mol/mol;
    solubility (at 25 degC) mol/L; temperature_limit degC; price EUR/kg stock;
    climate_change kg CO2-eq/kg pure; chloride 1 where the acid brings chloride, which reduces the metals
    where peroxide does not; nitrate 1 where it brings nitrate.

    ``solubility_rise`` is the slope of ln(solubility) per K up to 60 degC; 0 where only the value at 25 degC
    is known. ``salt_per_proton`` is the kg of salt, with its crystal water, that
    neutralising a mol of protons makes. ``salt_per_metal`` is kg of dissolved salt per kg of each metal and
    ``salt_solubility`` its g/100 mL, NaN where unknown, shape (k, 4) in the order of METALS.
    """

    molar_mass: Floats
    purity: Floats
    density: Floats
    usable_protons: Floats
    solubility: Floats
    solubility_rise: Floats
    temperature_limit: Floats
    price: Floats
    climate_change: Floats
    chloride: Floats
    nitrate: Floats
    salt_per_proton: Floats
    salt_per_metal: Floats
    salt_solubility: Floats


@dataclass(frozen=True)
class ReagentNumbers:
    """Peroxide, water, base, heat and power; the gases that may form.

    Units: molar masses g/mol, peroxide_purity mass fraction of the stock, peroxide_density kg/L of the
    stock, water_density kg/L; prices EUR/kg pure (heat and power EUR/kWh); impacts kg CO2-eq/kg pure
    (per kWh); base_per_proton kg pure base that one mol of protons takes.
    """

    peroxide_molar_mass: float
    peroxide_purity: float
    peroxide_density: float
    peroxide_price: float
    peroxide_climate_change: float
    water_density: float
    water_price: float
    water_climate_change: float
    base_per_proton: float
    base_price: float
    base_climate_change: float
    heat_price: float
    heat_climate_change: float
    power_price: float
    power_climate_change: float
    chlorine_molar_mass: float
    oxygen_molar_mass: float


@dataclass(frozen=True)
class ProcessInputs:
    """Everything the process model knows besides designs and yields.

    ``metal_value`` is the payable price of each metal, EUR/kg, shape (4,) in the order of METALS.
    """

    feed: Feed
    acids: AcidNumbers
    reagents: ReagentNumbers
    metal_value: Floats
    parameters: ProcessParameters


#: Boiling of water at 1 atm; dissolved acid only raises it, so it is the safe limit for every leach.
BOILING = 100.0
_HYDROGEN, _CHLORINE, _OXYGEN = "[H][H]", "ClCl", "O=O"
#: mol of protons that one mol of base takes up.
_PROTONS_PER_BASE: Mapping[str, float] = {"sodium_hydroxide": 1.0, "calcium_hydroxide": 2.0}


def process_inputs(
    feed: Feed, acids: Sequence[Acid], parameters: ProcessParameters, reagents: Reagents | None = None
) -> ProcessInputs:
    """Gather the numbers for a feed and a list of acids.

    Args:
        feed: what is leached.
        acids: in the order that ``Designs.acid`` indexes.
        parameters: of the plant.
        reagents: peroxide, water, bases, heat and power; None for the shipped ones.

    Raises:
        InputError: an acid or reagent has no price or impact factor; it is named.
    """
    metals = load_metals()
    return ProcessInputs(
        feed=feed,
        acids=_acid_numbers(acids, metals, parameters.neutraliser),
        reagents=_reagent_numbers(parameters, reagents or load_reagents()),
        metal_value=np.array([metals[m].value_eur_per_kg() for m in METALS]),
        parameters=parameters,
    )


def _salt_per_proton(acid: Acid, neutraliser: Neutraliser) -> float:
    """Return kg of salt per mol of protons neutralised: acid + base - water, and the salt's crystal water."""
    base = _base(neutraliser)
    if base is None or not acid.usable_protons:
        return 0.0
    per_base = _PROTONS_PER_BASE[neutraliser]
    crystal = acid.calcium_salt_water if neutraliser == "calcium_hydroxide" else 0.0
    water = load_reagents().water.molar_mass
    acid_mass, base_mass = acid.molar_mass / acid.usable_protons, base.molar_mass / per_base
    return (acid_mass + base_mass - water + crystal * water / per_base) / 1000.0


def _salt_per_metal(acid: Acid, metals: Mapping[str, Metal]) -> list[float]:
    """Return kg of salt without crystal water per kg of each metal: the metal and its charge in anions."""
    anion = acid.molar_mass / max(acid.usable_protons, 1) - molar_mass(_HYDROGEN) / 2.0
    return [1.0 + metal.charge * anion / metal.molar_mass for metal in metals.values()]


def _base(neutraliser: Neutraliser) -> Reagent | None:
    return None if neutraliser == "none" else getattr(load_reagents(), neutraliser)


def _acid_numbers(
    acids: Sequence[Acid], metals: Mapping[str, Metal], neutraliser: Neutraliser
) -> AcidNumbers:
    def column(values: Sequence[float] | Sequence[Sequence[float]]) -> Floats:
        return np.array(values, dtype=np.float64)

    return AcidNumbers(
        molar_mass=column([a.molar_mass for a in acids]),
        purity=column([a.purity for a in acids]),
        density=column([a.density for a in acids]),
        usable_protons=column([a.usable_protons for a in acids]),
        solubility=column([a.solubility_molar for a in acids]),
        solubility_rise=column([a.solubility_rise for a in acids]),
        temperature_limit=column([min(BOILING, a.temperature_limit or BOILING) for a in acids]),
        price=column([a.price_eur_per_kg_stock() for a in acids]),
        climate_change=column([a.climate_change_per_kg_pure() for a in acids]),
        chloride=column([float(a.reductant == "chloride") for a in acids]),
        nitrate=column([float(a.nitrate or False) for a in acids]),
        salt_per_proton=column([_salt_per_proton(a, neutraliser) for a in acids]),
        salt_per_metal=column([_salt_per_metal(a, metals) for a in acids]),
        salt_solubility=np.array([a.salt_solubility_values for a in acids]),
    )


def _reagent_numbers(parameters: ProcessParameters, reagents: Reagents) -> ReagentNumbers:
    peroxide, water, heat, power = (
        reagents.hydrogen_peroxide,
        reagents.water,
        reagents.heat,
        reagents.power,
    )
    base = None if parameters.neutraliser == "none" else getattr(reagents, parameters.neutraliser)
    return ReagentNumbers(
        peroxide_molar_mass=peroxide.molar_mass,
        peroxide_purity=peroxide.purity,
        peroxide_density=peroxide.density,
        peroxide_price=peroxide.price_eur_per_kg_pure(),
        peroxide_climate_change=peroxide.climate_change_per_kg_pure(),
        water_density=water.density,
        water_price=water.price_eur_per_kg_pure(),
        water_climate_change=water.climate_change_per_kg_pure(),
        base_per_proton=base.molar_mass / 1000.0 / _PROTONS_PER_BASE[parameters.neutraliser] if base else 0.0,
        base_price=base.price_eur_per_kg_pure() if base else 0.0,
        base_climate_change=base.climate_change_per_kg_pure() if base else 0.0,
        heat_price=heat.price_eur_per_kwh(),
        heat_climate_change=heat.climate_change_per_kwh(),
        power_price=power.price_eur_per_kwh(),
        power_climate_change=power.climate_change_per_kwh(),
        chlorine_molar_mass=molar_mass(_CHLORINE),
        oxygen_molar_mass=molar_mass(_OXYGEN),
    )
