"""What a system dissolves: the reagent of each option, from the known acids or from the system's file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from optimiser._io.errors import InputError, closest, dotted
from optimiser.chemistry.acids import Acid, find_acid_name, load_acids
from optimiser.chemistry.descriptors import molar_mass, structure_key
from optimiser.systems.spec import ReagentSpec, SystemSpec

#: The setpoint that says a reagent's strength unless its entry names another.
CONCENTRATION, PH = "acid_concentration", "pH"
#: Unit of what a feed takes of acid.
PER_TONNE = "kg/t"


@dataclass(frozen=True)
class Solute:
    """What is dissolved, as far as it is known; numbers that nothing tells are NaN.

    Attributes:
        name: the choice's value.
        key: where the system's file describes it, or could.
        acid: the known acid that it is, or None.
        molar_mass: g/mol.
        usable_protons: mol per mol.
        price: EUR/kg pure.
        climate_change: kg CO2-eq/kg pure.
        purity: kg/kg of what is bought, 1 where nothing tells.
        density: kg/L of what is bought.
        setpoint: the one that its file names for its strength, or None.
        told: a sentence where it was recognised by its name or structure.
    """

    name: str
    key: str
    acid: Acid | None = None
    molar_mass: float = math.nan
    usable_protons: float = math.nan
    price: float = math.nan
    climate_change: float = math.nan
    purity: float = 1.0
    density: float = math.nan
    setpoint: str | None = None
    told: str = ""

    @property
    def known(self) -> bool:
        """Whether its amount can be told in kg."""
        return not math.isnan(self.molar_mass)


def reagent_choice(spec: SystemSpec, values: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the choice whose values are dissolved, or None.

    Args:
        spec: the system's file.
        values: of each choice, in the table.

    Raises:
        InputError: two choices are said to be it.
    """
    said = [name for name, choice in spec.choices.items() if choice.reagent]
    if len(said) > 1:
        raise InputError(
            f"The reagent is said to be {said[0]!r} and {said[1]!r}.",
            key=("choices", said[1], "reagent"),
            allowed="one choice whose values are dissolved",
            remedy="remove `reagent: true` from the others",
        )
    if said or spec.reagent is not None:
        return said[0] if said else None
    for name, choice in spec.choices.items():
        if choice.reagent is not False and any(solute_of(spec, name, v).known for v in values[name]):
            return name
    return None


def solute_of(
    spec: SystemSpec, choice: str | None, value: str, acids: Mapping[str, Acid] | None = None
) -> Solute:
    """Return what a value of a choice is.

    It is a known acid if the file says so (``acid:``), by its structure, or by its name or formula.

    Args:
        spec: the system's file.
        choice: the choice, or None for the one reagent of the whole table.
        value: of the choice.
        acids: the known ones; None for the shipped.

    Raises:
        InputError: an unknown acid, or a structure that cannot be read.
    """
    known = load_acids() if acids is None else acids
    key: tuple[str, ...]
    if choice is None:
        given, smiles, key = spec.reagent or ReagentSpec(), None, ("reagent",)
        value = given.label or given.acid or "the reagent"
    else:
        said = spec.choices[choice]
        given, smiles = said.values.get(value, ReagentSpec()), said.smiles.get(value)
        key = ("choices", choice, "values", value)
    smiles = given.smiles or smiles
    acid, told = _known_acid(value, given, smiles, known, key)
    own = (given.molar_mass, given.usable_protons, given.price, given.climate_change)
    mass, protons, price, climate = (math.nan if x is None else float(x) for x in own)
    purity = given.purity if given.purity is not None else (acid.purity if acid else 1.0)
    density = given.density if given.density is not None else (acid.density if acid else math.nan)
    if acid is not None:
        mass = acid.molar_mass if math.isnan(mass) else mass
        protons = float(acid.usable_protons) if math.isnan(protons) else protons
        if math.isnan(price) and acid.price is not None:
            price = acid.price_eur("kg stock") / acid.purity
        if math.isnan(climate) and acid.climate_change is not None:
            climate = acid.climate_factor
    elif smiles is not None and math.isnan(mass):
        mass = molar_mass(smiles)
    return Solute(
        value, dotted(key), acid, mass, protons, price, climate, purity, density, given.setpoint, told
    )


def check_reagents(spec: SystemSpec, values: Mapping[str, tuple[str, ...]]) -> None:
    """Check what a system's file says of the values of its choices, against those that the table has.

    Args:
        spec: the system's file.
        values: of each choice, in the table.

    Raises:
        InputError: a value that no row has, an unknown acid or setpoint, two choices of reagents, or an acid
            consumption that is none; with its key.
    """
    for name, choice in spec.choices.items():
        for part in ("values", "smiles"):
            for value in getattr(choice, part):
                if value not in values[name]:
                    raise InputError(
                        f"The table has no {name} {value!r}.",
                        key=("choices", name, part, value),
                        allowed=", ".join(values[name]),
                        remedy=closest(value, values[name]) or "remove it, or correct the name",
                    )
        for value, said in choice.values.items():
            if said.setpoint is not None and said.setpoint not in spec.setpoints:
                raise InputError(
                    f"There is no setpoint {said.setpoint!r}.",
                    key=("choices", name, "values", value, "setpoint"),
                    allowed=", ".join(spec.setpoints),
                    remedy=closest(said.setpoint, spec.setpoints) or "name a setpoint",
                )
    choice_of = reagent_choice(spec, values)
    for value in values[choice_of] if choice_of is not None else ("",):
        solute_of(spec, choice_of, value)
    taken = spec.acid_consumption
    if taken is not None and (taken.unit not in ("", PER_TONNE) or taken.value < 0.0):
        raise InputError(
            f"An acid consumption of {taken.value:g} {taken.unit} is not possible.",
            key=("acid_consumption",),
            allowed="0 or more kg of pure acid per t of feed",
            remedy=f"write e.g. `acid_consumption: {{value: 120, unit: {PER_TONNE}}}`",
        )


def _known_acid(
    value: str, given: ReagentSpec, smiles: str | None, known: Mapping[str, Acid], key: tuple[str, ...]
) -> tuple[Acid | None, str]:
    """Return the known acid that a value is, and what to tell of that."""
    if given.acid is not None:
        found = _by_name(given.acid, known)
        if found is None:
            raise InputError(
                f"There is no acid {given.acid!r}.",
                allowed=", ".join(known),
                remedy=closest(given.acid, known) or "give smiles, molar_mass and price instead",
                key=(*key, "acid"),
            )
        return found, ""
    if smiles is not None:
        same = structure_key(smiles)
        for acid in known.values():
            if _structure(acid.smiles) == same:
                return acid, f"{value} is taken for {acid.label} by its structure."
        return None, ""
    if given.molar_mass is not None:
        return None, ""
    found = _by_name(value, known)
    return found, f"{value} is taken for {found.label} by its name." if found else ""


def _by_name(name: str, known: Mapping[str, Acid]) -> Acid | None:
    """Return the acid of a name, an alias, a label or a formula, whatever the case."""
    found = find_acid_name(name, known)
    if found is not None:
        return known[found]
    wanted = name.casefold()
    return next(
        (a for a in known.values() if wanted in (a.label.casefold(), (a.formula or "").casefold())), None
    )


@cache
def _structure(smiles: str) -> str:
    return structure_key(smiles)
