"""The numbers of feed, acids, reagents and metals that the sums need, as arrays over acids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.feeds import METALS, Feed
from optimiser.chemistry.reagents import Acid, load_metals, load_reagents
from optimiser.designs import Floats
from optimiser.process.parameters import ProcessParameters


@dataclass(frozen=True)
class AcidNumbers:
    """One number per acid, shape (k,) each.

    Units: molar_mass g/mol; purity mass fraction; density kg/L of the stock; usable_protons mol/mol;
    solubility and stock_molarity mol/L; temperature_limit degC; price EUR/kg stock; climate_change kg
    CO2-eq/kg pure; chloride 1 where the acid brings chloride, which reduces the metals where peroxide
    does not.
    """

    molar_mass: Floats
    purity: Floats
    density: Floats
    usable_protons: Floats
    solubility: Floats
    stock_molarity: Floats
    temperature_limit: Floats
    price: Floats
    climate_change: Floats
    chloride: Floats


@dataclass(frozen=True)
class ReagentNumbers:
    """Peroxide, water, base, heat and power.

    Units: peroxide_molar_mass g/mol, peroxide_purity mass fraction of the stock, peroxide_density kg/L of
    the stock, water_density kg/L; prices EUR/kg
    pure (heat and power EUR/kWh); impacts kg CO2-eq/kg pure (per kWh); base_per_proton kg pure base that
    one mol of protons takes.
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
#: mol of protons that one mol of base takes up.
_PROTONS_PER_BASE = {"sodium_hydroxide": 1.0, "calcium_hydroxide": 2.0}


def process_inputs(feed: Feed, acids: Sequence[Acid], parameters: ProcessParameters) -> ProcessInputs:
    """Gather the numbers for a feed and a list of acids.

    Raises:
        InputError: an acid or reagent has no price or impact factor; it is named.
    """
    metals = load_metals()
    return ProcessInputs(
        feed=feed,
        acids=_acid_numbers(acids),
        reagents=_reagent_numbers(parameters),
        metal_value=np.array([metals[m].value_eur_per_kg() for m in METALS]),
        parameters=parameters,
    )


def _acid_numbers(acids: Sequence[Acid]) -> AcidNumbers:
    def column(values: Sequence[float]) -> Floats:
        return np.array(values, dtype=np.float64)

    return AcidNumbers(
        molar_mass=column([a.molar_mass for a in acids]),
        purity=column([a.purity for a in acids]),
        density=column([a.density for a in acids]),
        usable_protons=column([a.usable_protons for a in acids]),
        solubility=column([a.solubility_molar for a in acids]),
        stock_molarity=column([a.max_molarity for a in acids]),
        temperature_limit=column([min(BOILING, a.temperature_limit or BOILING) for a in acids]),
        price=column([a.price_eur_per_kg_stock() for a in acids]),
        climate_change=column([a.climate_change_per_kg_pure() for a in acids]),
        chloride=column([float(a.reductant == "chloride") for a in acids]),
    )


def _reagent_numbers(parameters: ProcessParameters) -> ReagentNumbers:
    reagents = load_reagents()
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
    )
