"""What the sums of a leach know of any system: solution, reagents, energy, prices and assay, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.metals import load_metals
from optimiser.chemistry.reagents import Reagents, load_reagents
from optimiser.process.inputs import (
    BOILING,
    AcidNumbers,
    ProcessInputs,
    ReagentNumbers,
    base_of,
    bought,
    reagent_numbers,
)
from optimiser.process.parameters import ProcessParameters
from optimiser.process.system_needs import (
    OF_CATHODES,
    PARTS,
    dose_of,
    notes,
    unit_of,
    values_of,
)
from optimiser.systems.reagents import CONCENTRATION, PH, Solute, reagent_choice, solute_of
from optimiser.systems.system import Option, System, SystemFeed
from optimiser.variables import Bools, Floats, Ints


@dataclass(frozen=True)
class Strength:
    """How the concentration of each of k options follows from a setpoint, shape (k,) each.

    It is ``factor`` (NaN where nothing tells) times the setpoint of ``column``, or times 10^-setpoint mol/L
    of protons where that is a pH (``of_ph``).
    """

    column: Ints
    factor: Floats
    of_ph: Bools


@dataclass(frozen=True)
class SystemInputs:
    """Everything that the sums know besides designs and yields.

    Attributes:
        system: whose designs they are of.
        feed: what is leached.
        options: in the order that ``Designs.acid`` indexes.
        solutes: what each option dissolves; None where nothing tells.
        acids: their numbers; NaN where nothing tells.
        reagents: peroxide, water, base, heat and power.
        metal_value: payable price of each response's metal, EUR/kg, 0 where none is known.
        parameters: of the plant.
        acid_consumption: what the feed takes of pure acid, kg/t; None where nothing tells.
        treatment_heat: heat of each option's treatments such as roasting, kWh/t, shape (k,).
        undosed: names of options whose strength is 0 in all data.
        known: acids by name, from which options are recognised.
        table: what is bought beside the acids.
        changed: numbers of solutes by their name, in the place of what table and file say.
    """

    system: System
    feed: SystemFeed
    options: tuple[Option, ...]
    solutes: tuple[Solute | None, ...]
    acids: AcidNumbers
    reagents: ReagentNumbers
    metal_value: Floats
    parameters: ProcessParameters
    acid_consumption: float | None
    treatment_heat: Floats
    undosed: frozenset[str]
    known: Mapping[str, Acid] = field(repr=False)
    table: Reagents = field(repr=False)
    changed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    #: What only the leach of a cathode has.
    impacts: None = None
    credit: None = None
    plant: None = None
    removes_impurities: bool = False

    def of_options(self, options: Sequence[Option]) -> SystemInputs:
        """Return the same numbers for some options."""
        return system_inputs(
            self.system,
            self.feed,
            options,
            self.parameters,
            acid_consumption=self.acid_consumption,
            undosed=self.undosed,
            acids=self.known,
            reagents=self.table,
            changed=self.changed,
        )

    def lacks(self, parts: Iterable[str]) -> str:
        """Say what the first of some parts that is missing needs; nothing where all are there.

        Args:
            parts: of `PARTS`; a name that is none of them is of cathodes alone.
        """
        for part in parts:
            said = PARTS[part](self) if part in PARTS else OF_CATHODES
            if said:
                return said
        return ""

    def has(self, *parts: str) -> bool:
        """Return whether some parts are all there."""
        return not self.lacks(parts)

    def setpoint_of(self, solute: Solute) -> str:
        """Return the setpoint that says how strong a reagent is."""
        usual = PH if CONCENTRATION not in self.system.names and PH in self.system.names else CONCENTRATION
        return solute.setpoint or usual

    @cached_property
    def strength(self) -> Strength:
        """How each option's concentration follows from the setpoints."""
        column, factor, of_ph = [], [], []
        for option, solute in zip(self.options, self.solutes, strict=True):
            known = solute is not None and not dose_of(self, option)
            setpoint = self.setpoint_of(solute) if known and solute is not None else ""
            column.append(self.system.column[setpoint] if known else 0)
            of_ph.append(setpoint == PH)
            factor.append(self._mol_per_litre(solute, setpoint) if known and solute else np.nan)
        return Strength(np.array(column, dtype=np.intp), np.array(factor), np.array(of_ph))

    def _mol_per_litre(self, solute: Solute, setpoint: str) -> float:
        """Return mol/L of a reagent per unit of its setpoint, or per mol/L of protons."""
        if setpoint == PH:
            return 1.0 / solute.usable_protons
        by_mass = unit_of(self.system, setpoint) == "wt%"
        return self.reagents.water_density * 10.0 / solute.molar_mass if by_mass else 1.0

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these sums has to know: what was recognised, estimated and left out."""
        return tuple(notes(self))


#: The numbers of whatever is leached.
AnyInputs = ProcessInputs | SystemInputs


def system_inputs(
    system: System,
    feed: SystemFeed,
    options: Sequence[Option],
    parameters: ProcessParameters,
    *,
    acid_consumption: float | None = None,
    undosed: Iterable[str] = (),
    acids: Mapping[str, Acid] | None = None,
    reagents: Reagents | None = None,
    changed: Mapping[str, Mapping[str, float]] | None = None,
) -> SystemInputs:
    """Gather the numbers for a feed and some options of a system.

    Args:
        system: whose designs they are of.
        feed: what is leached.
        options: in the order that ``Designs.acid`` indexes.
        parameters: of the plant.
        acid_consumption: kg of pure acid per t of feed; None for the system file's, if it says any.
        undosed: names of options whose strength is 0 in all data.
        acids: known ones; None for the shipped.
        reagents: peroxide, water, bases, heat and power; None for the shipped.
        changed: numbers of solutes by their name, which count in the place of those that are told.

    Raises:
        InputError: the system's file names an acid that does not exist.
    """
    known, table = load_acids() if acids is None else acids, reagents or load_reagents()
    values = values_of(system)
    choice = reagent_choice(system.spec, values)
    solutes = tuple(_changed(_solute(system, choice, option, known), changed or {}) for option in options)
    base = base_of(table, parameters)
    numbers = reagent_numbers(table, base, bought(table, parameters))
    given = system.spec.acid_consumption
    if acid_consumption is None and given is not None:
        acid_consumption = float(given.value)
    held = feed.metal_mass > 0.0
    metals = load_metals()
    value = [
        metals[r].value_eur_per_kg() if there and r in metals else 0.0
        for r, there in zip(system.responses, held, strict=True)
    ]
    return SystemInputs(
        system=system,
        feed=feed,
        options=tuple(options),
        solutes=solutes,
        acids=_acid_numbers(solutes, len(system.responses), numbers.water_density),
        reagents=numbers,
        metal_value=np.array(value, dtype=np.float64),
        parameters=parameters,
        acid_consumption=acid_consumption,
        treatment_heat=np.array([_treatment_heat(system, option) for option in options]),
        undosed=frozenset(undosed),
        known=known,
        table=table,
        changed=changed or {},
    )


def _solute(system: System, choice: str | None, option: Option, acids: Mapping[str, Acid]) -> Solute | None:
    if choice is None:
        return None if system.spec.reagent is None else solute_of(system.spec, None, "", acids)
    return solute_of(system.spec, choice, option.values[system.choices.index(choice)], acids)


def _changed(solute: Solute | None, changed: Mapping[str, Mapping[str, float]]) -> Solute | None:
    numbers: Any = {} if solute is None else changed.get(solute.name, {})
    return solute if solute is None else replace(solute, **numbers)


def _treatment_heat(system: System, option: Option) -> float:
    said = (
        system.spec.choices[choice].values.get(value)
        for choice, value in zip(system.choices, option.values, strict=True)
    )
    return float(sum(one.heat or 0.0 for one in said if one is not None))


def _acid_numbers(solutes: Sequence[Solute | None], responses: int, water: float) -> AcidNumbers:
    """Return the numbers of reagents; of a stock without density that of water is taken."""
    each = [solute or Solute("", "") for solute in solutes]
    k = len(each)
    acids = [solute.acid for solute in each]
    nothing, unknown = np.zeros(k), np.full((k, responses), np.nan)

    def column(name: str) -> Floats:
        return np.array([getattr(solute, name) for solute in each], dtype=np.float64)

    density = column("density")
    return AcidNumbers(
        molar_mass=column("molar_mass"),
        purity=column("purity"),
        density=np.where(np.isnan(density), water, density),
        usable_protons=column("usable_protons"),
        solubility=np.array([np.inf if acid is None else acid.solubility_molar for acid in acids]),
        solubility_rise=np.array([0.0 if acid is None else acid.solubility_rise for acid in acids]),
        temperature_limit=np.array(
            [BOILING if acid is None else min(BOILING, acid.temperature_limit or BOILING) for acid in acids]
        ),
        price=column("price") * column("purity"),
        climate_change=column("climate_change"),
        chloride=nothing,
        nitrate=np.array([float(bool(acid and acid.nitrate)) for acid in acids]),
        salt_per_proton=np.full(k, np.nan),
        salt_per_metal=unknown,
        salt_solubility=unknown,
        chloride_share=np.full(k, np.nan),
    )
