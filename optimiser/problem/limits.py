"""The limits of chemistry and of the data: one number each, with a default.

A class owns everything that is known of its limit: the key in YAML, the default, the margin, what a design
reaches and needs, the label, and what is said of a design that breaks it while it is switched off. To add
one, write a class here and list it in `LIMITS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from optimiser._io.errors import InputError
from optimiser.problem.margins import Limit, State
from optimiser.process.ratios import (
    peroxide_rise,
    proton_ratio,
    reductant_ratio,
    slurry_fraction,
    solubility_at,
)
from optimiser.process.system_needs import PEROXIDE, SOLIDS, TEMPERATURE
from optimiser.systems.reagents import CONCENTRATION
from optimiser.variables import Floats


@dataclass(frozen=True)
class ProtonBalance(Limit):
    """Usable protons offered per proton consumed, at least.

    Examples:
        >>> ProtonBalance(1.2).setting()
        {'proton_balance': 1.2}
    """

    uses = ("dose", SOLIDS, "consumption")
    key = "proton_balance"
    label = "proton balance (usable protons offered / consumed)"
    needs_yields = True
    low, high = "> 0", "<= 10"
    broken = (
        "The proton balance was switched off, and this design breaks it: {reached:.2g} protons offered per "
        "proton consumed."
    )

    limit: float | None = 1.1

    def reached(self, state: State) -> Floats:
        """Return protons offered per proton consumed."""
        return proton_ratio(state.balance)

    def margin(self, state: State, limit: float) -> Floats:
        """Return the ratio relative to the limit, less 1."""
        return np.minimum(self.reached(state), 1e6) / limit - 1.0


@dataclass(frozen=True)
class ReductantBalance(Limit):
    """Electrons that peroxide and the feed's metals offer per electron needed, at least; off by default.

    Organic acids, chloride and carbon reduce the metals as well, and current collectors that no assay tells.

    Examples:
        >>> ReductantBalance().limit, ReductantBalance(1.0).setting()
        (None, {'reductant_balance': 1.0})
    """

    uses = ("cathode",)
    key = "reductant_balance"
    label = "reductant balance (electrons from peroxide and the feed's metals, offered / needed)"
    needs_yields = True
    low, high = "> 0", "<= 10"

    def reached(self, state: State) -> Floats:
        """Return electrons offered per electron needed."""
        return reductant_ratio(state.balance)

    def margin(self, state: State, limit: float) -> Floats:
        """Return the ratio relative to the limit, less 1."""
        return np.minimum(self.reached(state), 1e6) / limit - 1.0


@dataclass(frozen=True)
class StockStrength(Limit):
    """Share of the leachant's volume that is water beyond the stocks, at least.

    Below 0 the acid and the peroxide as bought are too weak for the design.

    Examples:
        >>> StockStrength(0.1).setting()
        {'stock_strength': 0.1}
    """

    uses = ("dose", SOLIDS, "bought")
    key = "stock_strength"
    label = "stock strength (share of the tank that is water beyond the stocks)"
    low, high = ">= 0", "<= 1"
    broken = (
        "The limit on stock strength was switched off, and this design breaks it: acid and peroxide as "
        "bought would fill {rest:.0%} of the tank."
    )

    limit: float | None = 0.0

    def reached(self, state: State) -> Floats:
        """Return the share of water."""
        balance = state.balance
        return balance.water / (state.inputs.reagents.water_density * balance.volume)

    def margin(self, state: State, limit: float) -> Floats:
        """Return the share of water, less the limit."""
        return self.reached(state) - limit


@dataclass(frozen=True)
class Solubility(Limit):
    """Acid concentration as a share of its solubility, at most.

    The solubility is that at 25 degC, or at the design's temperature where that is known.

    Examples:
        >>> Solubility(0.9).setting()
        {'solubility': 0.9}
    """

    uses = (CONCENTRATION, "dose")
    key = "solubility"
    label = "solubility of the acid (mol/L)"
    low, high = "> 0", "<= 1"
    broken = (
        "The limit on solubility was switched off, and this design breaks it: {reached:g} mol/L of acid "
        "where {needed:.2g} mol/L dissolve."
    )

    limit: float | None = 1.0

    def reached(self, state: State) -> Floats:
        """Return the concentration, mol/L."""
        return state.designs.acid_concentration

    def needed(self, state: State, limit: float) -> Floats:
        """Return what is allowed, mol/L."""
        return limit * solubility_at(state.designs, state.inputs)


@dataclass(frozen=True)
class Boiling(Limit):
    """Degrees below the boiling (or the acid's own) limit, at least.

    Examples:
        >>> Boiling(5.0).setting()
        {'boiling': 5.0}
    """

    uses = (TEMPERATURE,)
    usual = False  # what is leached in autoclaves is hotter
    key = "boiling"
    label = "temperature below boiling (degC)"
    low, high = ">= 0", "<= 80"
    broken = (
        "The limit on temperature was switched off, and this design breaks it: {reached:g} °C where "
        "{needed:g} °C is the highest."
    )

    limit: float | None = 0.0

    def reached(self, state: State) -> Floats:
        """Return the temperature, degC."""
        return state.designs.temperature

    def needed(self, state: State, limit: float) -> Floats:
        """Return the highest temperature allowed, degC."""
        return state.inputs.acids.temperature_limit[state.designs.acid] - limit

    def margin(self, state: State, limit: float) -> Floats:
        """Return hundreds of degrees below the limit."""
        return (self.needed(state, limit) - self.reached(state)) / 100.0


@dataclass(frozen=True)
class PeroxideHeat(Limit):
    """Degrees below the boiling (or the acid's own) limit if all peroxide decomposes, at least.

    The temperature that is reached is the design's and the heat of decomposition, less the share that dosing
    over the leach and cooling take up (``process: peroxide_cooling``). A design without peroxide keeps it.

    Examples:
        >>> PeroxideHeat(5.0).setting()
        {'peroxide_heat': 5.0}
    """

    uses = (PEROXIDE, TEMPERATURE, SOLIDS, "dose")
    key = "peroxide_heat"
    label = "temperature if the peroxide decomposes (degC)"
    low, high = ">= 0", "<= 80"
    broken = (
        "The limit on the heat of peroxide was switched off, and this design breaks it: it reaches "
        "{reached:.3g} °C if its peroxide decomposes, where {needed:g} °C is the highest."
    )

    limit: float | None = 0.0

    def reached(self, state: State) -> Floats:
        """Return the temperature if all peroxide decomposes, degC."""
        kept = 1.0 - state.inputs.parameters.peroxide_cooling
        return state.designs.temperature + kept * peroxide_rise(state.balance, state.inputs)

    def needed(self, state: State, limit: float) -> Floats:
        """Return the highest temperature allowed, degC."""
        return state.inputs.acids.temperature_limit[state.designs.acid] - limit

    def margin(self, state: State, limit: float) -> Floats:
        """Return hundreds of degrees below the limit; at least 0 without peroxide."""
        margin = (self.needed(state, limit) - self.reached(state)) / 100.0
        return np.where(state.balance.peroxide_pure > 0.0, margin, np.maximum(margin, 0.0))


@dataclass(frozen=True)
class Slurry(Limit):
    """kg solids per kg slurry when the feed is charged, at most.

    The default is what an agitated tank can keep in suspension (general knowledge, confidence C; 0.2 to 0.4)
    and above all training data: 333 g/L in water is 0.25.

    Examples:
        >>> Slurry(0.2).setting()
        {'slurry': 0.2}
    """

    uses = (SOLIDS, "dose", "bought")
    key = "slurry"
    label = "solids in the slurry (kg/kg)"
    low, high = "> 0", "< 1"
    broken = (
        "The limit on solids was switched off, and this design breaks it: {reached:.2g} kg of solids per kg "
        "of slurry."
    )

    limit: float | None = 0.3

    def reached(self, state: State) -> Floats:
        """Return kg solids per kg slurry."""
        return slurry_fraction(state.balance, state.inputs)


@dataclass(frozen=True, init=False)
class ApplicabilityDomain(Limit):
    """How far from the data a design may be, as a share of the domain's limit; 1 is inside.

    Examples:
        >>> ApplicabilityDomain("inside").limit, ApplicabilityDomain(1.5).setting()
        (1.0, {'applicability_domain': 1.5})
    """

    key = "applicability_domain"
    label = "applicability domain (distance to the data / limit)"
    needs_yields = True
    low, high = ">= 0.5", "<= 10"
    broken = (
        "The applicability domain was switched off, and this design lies outside it: its yields are guesses."
    )

    limit: float | None

    def __init__(self, limit: float | Literal["inside", "off"] | None = 1.0) -> None:
        object.__setattr__(self, "limit", self.read(limit))

    @classmethod
    def read(cls, value: Any) -> float | None:
        """Return the share that ``inside``, ``off`` or a number stands for."""
        try:
            return super().read(1.0 if value == "inside" else value)
        except InputError:
            raise InputError(
                f"{value!r} is no setting of the applicability domain.",
                allowed="`inside`, `off`, or a share of the domain's limit from 0.5 to 10 (1 is `inside`)",
                remedy="write e.g. `applicability_domain: inside`",
                key=(cls.key,),
            ) from None

    def reached(self, state: State) -> Floats:
        """Return the distance as a share of the domain's limit; above any limit where the acid has no data.

        Where the acid's data never went near this feed, nothing is known however near it looks.
        """
        limit = 1.0 if self.limit is None else self.limit
        beyond = state.beyond(limit)
        return np.where(beyond > 0.0, limit + beyond, state.domain_ratio)

    def margin(self, state: State, limit: float) -> Floats:
        """Return by how much a design is nearer than the limit."""
        beyond = state.beyond(limit)
        return np.where(beyond > 0.0, -beyond, limit - state.domain_ratio)

    def setting(self) -> dict[str, Any]:
        """Return the constraint as it is written in YAML."""
        return {self.key: "inside"} if self.limit == 1.0 else super().setting()


#: The limits of chemistry and of the data, in the order of margins.
LIMITS: tuple[type[Limit], ...] = (
    ProtonBalance,
    ReductantBalance,
    StockStrength,
    Solubility,
    Boiling,
    PeroxideHeat,
    Slurry,
    ApplicabilityDomain,
)
