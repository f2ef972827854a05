"""The numbers of feed, acids, reagents and metals that the sums need, as arrays over acids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.descriptors import molar_mass, oxygen_demand
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.impurities import IMPURITIES, impurity_shares, load_impurities
from optimiser.chemistry.metals import Metal, load_metals
from optimiser.chemistry.mixtures import solubility_limits
from optimiser.chemistry.reagents import ENERGIES, Base, Reagent, Reagents, load_reagents
from optimiser.chemistry.substances import Bought
from optimiser.process.impacts import Credit, ImpactNumbers
from optimiser.process.parameters import NO_BASE, ProcessParameters
from optimiser.process.plant_parameters import PlantNumbers
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

    Of a mixture of acids they are per mol of all its molecules and per kg of all its stocks.
    ``chloride_share`` is mol of chloride per mol of the mixture, beyond which chloride reduces nothing; NaN
    of an acid alone, whose protons run out first. Where there are mixtures, ``solubility`` and
    ``solubility_rise`` have a column for each of their acids, shape (k, p): the total concentration at which
    that one is saturated, inf where there are fewer. ``salt_per_metal`` and ``salt_solubility`` are of the
    acid whose salt holds least of the metal in solution.
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
    chloride_share: Floats


@dataclass(frozen=True)
class ReagentNumbers:
    """Peroxide, water, base, heat and power.

    Units: peroxide_molar_mass g/mol, peroxide_purity mass fraction of the stock, peroxide_density kg/L of the
    stock, water_density kg/L; base_per_proton kg pure base that one mol of protons takes. ``price`` is
    EUR/kg pure (heat and power EUR/kWh) and ``climate_change`` kg CO2-eq/kg pure (per kWh), by component of
    the cost; those of the acids are in `AcidNumbers`.
    """

    peroxide_molar_mass: float
    peroxide_purity: float
    peroxide_density: float
    water_density: float
    base_per_proton: float
    price: Mapping[str, float]
    climate_change: Mapping[str, float]


@dataclass(frozen=True)
class ProcessInputs:
    """Everything the process model knows besides designs and yields.

    ``metal_value`` is the payable price of each metal, EUR/kg, in the order of METALS; 0 for an absent one.
    ``impacts`` are the factors of a user's table in all its categories, ``credit`` what the metals are
    credited with; None where the problem has none.
    ``impurities`` is the mass share of each metal of IMPURITIES in what is charged.

    Where numbers are drawn, those of reagents and plant are arrays with a number per row, and ``metal_value``
    and ``impurities`` have a row per row: the sums broadcast. ``plant`` is what surrounds the leach, at plant
    scope alone.
    """

    feed: Feed
    acids: AcidNumbers
    reagents: ReagentNumbers
    metal_value: Floats
    parameters: ProcessParameters
    impacts: ImpactNumbers | None = None
    credit: Credit | None = None
    plant: PlantNumbers | None = None
    impurities: Floats = field(default_factory=lambda: np.zeros(len(IMPURITIES)))

    @property
    def removes_impurities(self) -> bool:
        """Whether a base precipitates the feed's impurities."""
        return bool(self.feed.impurities) and self.parameters.impurity_removal == "hydroxide"


#: Boiling of water at 1 atm; dissolved acid only raises it, so it is the safe limit for every leach.
BOILING = 100.0
_HYDROGEN = "[H][H]"
#: The cation whose salts bind the crystal water that an acid lists (``calcium_hydrate``).
_HYDRATED = "calcium"
#: What a plant buys beside what the leach does, by component: not part of its climate change.
_PLANT_BUYS = {"carbonate": "sodium_carbonate", "scrubbing": "sodium_hydroxide"}


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
    base = base_of(known, parameters)
    value = [
        metal.value_eur_per_kg() if present else 0.0
        for metal, present in zip(metals.values(), feed.present, strict=True)
    ]
    return ProcessInputs(
        feed=feed,
        acids=_acid_numbers(acids, metals, base, known.water.molar_mass),
        reagents=reagent_numbers(known, base, bought(known, parameters)),
        metal_value=np.array(value),
        parameters=parameters,
        impurities=impurity_shares(feed.impurities),
        plant=_plant_numbers(acids, parameters, known),
    )


def idle_parameters(feed: Feed) -> tuple[str, ...]:
    """Return the process parameters that a feed has no use for: those of metals that it does not hold.

    Examples:
        >>> from optimiser.chemistry.feeds import find_feed
        >>> idle_parameters(find_feed("LCO"))
        ('copper_dissolved', 'aluminium_dissolved', 'iron_dissolved')
    """
    return tuple(one.parameter for metal, one in load_impurities().items() if metal not in feed.impurities)


def _plant_numbers(
    acids: Sequence[Acid], parameters: ProcessParameters, reagents: Reagents
) -> PlantNumbers | None:
    """Return what a plant takes into account; None at the scope of reagents."""
    if parameters.plant is None:
        return None
    (soda, carbonate), (caustic, _) = (_needed_base(reagents, name) for name in _PLANT_BUYS.values())
    water = reagents.water.molar_mass
    demand = np.array(
        [
            sum(x * a.molar_mass * oxygen_demand(a.smiles) for a, x in acid.components) / acid.molar_mass
            for acid in acids
        ]
    )
    return PlantNumbers(
        parameters=parameters.plant,
        oxygen_demand=demand,
        organic=(demand > 0.0).astype(np.float64),
        salt_per_carbonate_proton=np.array([_salt_per_proton(a, (soda, carbonate), water) for a in acids]),
        carbonate_per_lithium=soda.molar_mass / 1000.0 / carbonate.protons.value,
        scrubbing_base=caustic.molar_mass / 1000.0,
    )


def _needed_base(reagents: Reagents, name: str) -> tuple[Reagent, Base]:
    if name not in reagents.bases:
        raise InputError(
            f"The table of reagents has no base {name!r}, which a plant needs.",
            where=f"reagents.{name}",
            allowed=", ".join(reagents.bases),
            remedy="add it to the table of reagents, or ask at `scope: reagents`",
        )
    return reagents.bases[name]


def base_of(reagents: Reagents, parameters: ProcessParameters) -> tuple[Reagent, Base] | None:
    """Return the neutraliser and its base; None where the free acid is left as it is."""
    return None if parameters.neutraliser == NO_BASE else reagents.bases[parameters.neutraliser]


def bought(reagents: Reagents, parameters: ProcessParameters) -> dict[str, Bought]:
    """Return what a batch buys besides its acid, by component of the cost; no base where none is bought.

    At plant scope also the soda ash that takes lithium out, and the sodium hydroxide of the scrubber where
    the neutraliser is another base.
    """
    base = base_of(reagents, parameters)
    items: dict[str, Bought] = {"peroxide": reagents.h2o2, "water": reagents.water, **reagents.energies}
    if base is not None:
        items["neutralisation"] = base[0]
    if parameters.plant is not None:
        further = {part: _needed_base(reagents, name)[0] for part, name in _PLANT_BUYS.items()}
        items |= {part: item for part, item in further.items() if base is None or item.name != base[0].name}
    return items


def _salt_per_proton(acid: Acid, neutral: tuple[Reagent, Base] | None, water: float) -> float:
    """Return kg of salt per mol of protons: acid + base - what is released, and the salt's crystal water.

    The acids of a mixture give off the protons that are left in proportion to what each brings.
    """
    if neutral is None or not acid.usable_protons:
        return 0.0
    if len(acid.components) > 1:
        brought = [(part, share * part.usable_protons) for part, share in acid.components]
        salt = sum(protons * _salt_per_proton(part, neutral, water) for part, protons in brought)
        return salt / acid.usable_protons
    reagent, base = neutral
    protons = base.protons.value
    crystal = acid.calcium_salt_water if base.cation == _HYDRATED else 0.0
    acid_mass, base_mass = acid.molar_mass / acid.usable_protons, reagent.molar_mass / protons
    return (acid_mass + base_mass - base.released.value / protons + crystal * water / protons) / 1000.0


def _salt_per_metal(acid: Acid, metals: Mapping[str, Metal]) -> list[float]:
    """Return kg of salt without crystal water per kg of each metal: the metal and its charge in anions."""
    anion = acid.molar_mass / max(acid.usable_protons, 1) - molar_mass(_HYDROGEN) / 2.0
    return [1.0 + metal.charge * anion / metal.molar_mass for metal in metals.values()]


def _salts(acid: Acid, metals: Mapping[str, Metal]) -> tuple[Floats, Floats]:
    """Return `_salt_per_metal` and solubility, g/100 mL, of the salt that holds least of each metal."""
    per_metal = np.array([_salt_per_metal(part, metals) for part, _ in acid.components])
    soluble = np.array([part.salt_solubility_values for part, _ in acid.components])
    least = np.argmin(np.where(np.isnan(soluble), np.inf, soluble / per_metal), axis=0)
    column = np.arange(len(least))
    return per_metal[least, column], soluble[least, column]


def _solubility(acids: Sequence[Acid]) -> tuple[Floats, Floats]:
    """Return solubilities and their slopes, (k,) each, or (k, p) where some acid is a mixture."""
    limits = [solubility_limits(acid) for acid in acids]
    most = max(map(len, limits))
    padded = np.array([[*each, *[(np.inf, 0.0)] * (most - len(each))] for each in limits])
    value, rise = (padded[:, :, i] for i in range(2))
    return (value[:, 0], rise[:, 0]) if most == 1 else (value, rise)


def _chloride_share(acid: Acid) -> float:
    """Return mol of chloride per mol of a mixture; NaN of an acid alone."""
    if len(acid.components) == 1:
        return np.nan
    return sum(share for part, share in acid.components if part.reductant == "chloride")


def _acid_numbers(
    acids: Sequence[Acid], metals: Mapping[str, Metal], base: tuple[Reagent, Base] | None, water: float
) -> AcidNumbers:
    def column(number: Callable[[Acid], float | Sequence[float] | Floats]) -> Floats:
        return np.array([number(acid) for acid in acids], dtype=np.float64)

    solubility, rise = _solubility(acids)
    return AcidNumbers(
        molar_mass=column(lambda a: a.molar_mass),
        purity=column(lambda a: a.purity),
        density=column(lambda a: a.density),
        usable_protons=column(lambda a: a.usable_protons),
        solubility=solubility,
        solubility_rise=rise,
        temperature_limit=column(lambda a: min(BOILING, a.temperature_limit or BOILING)),
        price=column(lambda a: a.price_eur("kg stock")),
        climate_change=column(lambda a: a.climate_factor),
        chloride=column(lambda a: a.reductant == "chloride"),
        nitrate=column(lambda a: bool(a.nitrate)),
        salt_per_proton=column(lambda a: _salt_per_proton(a, base, water)),
        salt_per_metal=column(lambda a: _salts(a, metals)[0]),
        salt_solubility=column(lambda a: _salts(a, metals)[1]),
        chloride_share=column(_chloride_share),
    )


def reagent_numbers(
    reagents: Reagents, base: tuple[Reagent, Base] | None, items: Mapping[str, Bought]
) -> ReagentNumbers:
    """Return the numbers of peroxide, water, base and energies, and what else a batch buys."""
    peroxide, water = reagents.h2o2, reagents.water
    per_proton = 0.0 if base is None else base[0].molar_mass / 1000.0 / base[1].protons.value
    nothing = {"neutralisation": 0.0}  # where no base is bought
    return ReagentNumbers(
        peroxide_molar_mass=peroxide.molar_mass,
        peroxide_purity=peroxide.purity,
        peroxide_density=peroxide.density,
        water_density=water.density,
        base_per_proton=per_proton,
        price=nothing
        | {n: item.price_eur("kWh" if n in ENERGIES else "kg pure") for n, item in items.items()},
        climate_change=nothing
        | {n: item.climate_factor for n, item in items.items() if n not in _PLANT_BUYS},
    )
