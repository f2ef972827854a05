"""The numbers of feed, acids, reagents and metals that the sums need, as arrays over acids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.chemistry.descriptors import molar_mass
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import Metal, load_metals
from optimiser.chemistry.reagents import Acid, Base, Reagent, Reagents, load_reagents
from optimiser.process.parameters import NO_BASE, ProcessParameters
from optimiser.variables import Floats


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
    ``salt_solubility`` its g/100 mL, NaN where unknown, a column per metal in the order of METALS.
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

    ``metal_value`` is the payable price of each metal, EUR/kg, in the order of METALS; 0 for an absent one.
    """

    feed: Feed
    acids: AcidNumbers
    reagents: ReagentNumbers
    metal_value: Floats
    parameters: ProcessParameters


#: Boiling of water at 1 atm; dissolved acid only raises it, so it is the safe limit for every leach.
BOILING = 100.0
_HYDROGEN, _CHLORINE, _OXYGEN = "[H][H]", "ClCl", "O=O"
#: The cation whose salts bind the crystal water that an acid lists (``calcium_hydrate``).
_HYDRATED = "calcium"


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
    metals, known = load_metals(), reagents or load_reagents()
    base = None if parameters.neutraliser == NO_BASE else known.bases[parameters.neutraliser]
    return ProcessInputs(
        feed=feed,
        acids=_acid_numbers(acids, metals, base, known.water.molar_mass),
        reagents=_reagent_numbers(known, base),
        metal_value=np.array(
            [
                metal.value_eur_per_kg() if there else 0.0
                for metal, there in zip(metals.values(), feed.present, strict=True)
            ]
        ),
        parameters=parameters,
    )


def _salt_per_proton(acid: Acid, bought: tuple[Reagent, Base] | None, water: float) -> float:
    """Return kg of salt per mol of protons: acid + base - what is released, and the salt's crystal water."""
    if bought is None or not acid.usable_protons:
        return 0.0
    reagent, base = bought
    protons = base.protons.value
    crystal = acid.calcium_salt_water if base.cation == _HYDRATED else 0.0
    acid_mass, base_mass = acid.molar_mass / acid.usable_protons, reagent.molar_mass / protons
    return (acid_mass + base_mass - base.released.value / protons + crystal * water / protons) / 1000.0


def _salt_per_metal(acid: Acid, metals: Mapping[str, Metal]) -> list[float]:
    """Return kg of salt without crystal water per kg of each metal: the metal and its charge in anions."""
    anion = acid.molar_mass / max(acid.usable_protons, 1) - molar_mass(_HYDROGEN) / 2.0
    return [1.0 + metal.charge * anion / metal.molar_mass for metal in metals.values()]


def _acid_numbers(
    acids: Sequence[Acid], metals: Mapping[str, Metal], bought: tuple[Reagent, Base] | None, water: float
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
        salt_per_proton=column([_salt_per_proton(a, bought, water) for a in acids]),
        salt_per_metal=column([_salt_per_metal(a, metals) for a in acids]),
        salt_solubility=np.array([a.salt_solubility_values for a in acids]),
    )


def _reagent_numbers(reagents: Reagents, bought: tuple[Reagent, Base] | None) -> ReagentNumbers:
    peroxide, water, heat, power = (
        reagents.hydrogen_peroxide,
        reagents.water,
        reagents.heat,
        reagents.power,
    )
    per_proton = base_price = base_climate_change = 0.0
    if bought is not None:
        base, how = bought
        per_proton = base.molar_mass / 1000.0 / how.protons.value
        base_price, base_climate_change = base.price_eur_per_kg_pure(), base.climate_change_per_kg_pure()
    return ReagentNumbers(
        peroxide_molar_mass=peroxide.molar_mass,
        peroxide_purity=peroxide.purity,
        peroxide_density=peroxide.density,
        peroxide_price=peroxide.price_eur_per_kg_pure(),
        peroxide_climate_change=peroxide.climate_change_per_kg_pure(),
        water_density=water.density,
        water_price=water.price_eur_per_kg_pure(),
        water_climate_change=water.climate_change_per_kg_pure(),
        base_per_proton=per_proton,
        base_price=base_price,
        base_climate_change=base_climate_change,
        heat_price=heat.price_eur_per_kwh(),
        heat_climate_change=heat.climate_change_per_kwh(),
        power_price=power.price_eur_per_kwh(),
        power_climate_change=power.climate_change_per_kwh(),
        chlorine_molar_mass=molar_mass(_CHLORINE),
        oxygen_molar_mass=molar_mass(_OXYGEN),
    )
