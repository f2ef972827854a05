"""The constraints that a design has to keep, one class each.

A class owns everything that is known of its constraint: the key in YAML, the default, the margin, what a
design reaches and needs, the label, and what is said of a design that breaks it while it is switched off. To
add one, write a class here and list it in `CONSTRAINTS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.metals import METALS, check_metal
from optimiser.problem.numbers import bounded, number
from optimiser.process.balance import MassBalance
from optimiser.process.inputs import ProcessInputs
from optimiser.process.ratios import proton_ratio, slurry_fraction, solubility_at
from optimiser.variables import Designs, Floats


@dataclass(frozen=True)
class State:
    """What constraints look at, for n designs.

    Attributes:
        designs: the designs.
        balance: their mass balance, at the expected yields.
        inputs: numbers of the process, the acids and the feed.
        counted: the yields that targets are held against, a column per metal of METALS.
        slack: by how much all targets (a number per metal, NaN for none) are exceeded at once, with a
            confidence; shape (n,).
        chance: the probability that all targets hold at once; shape (n,).
        domain_ratio: distance to the data, or the models' disagreement, as a share of the domain's limit.
        beyond: how far designs are outside the acid's own data, for a given limit of the domain; > 0 outside.
    """

    designs: Designs
    balance: MassBalance
    inputs: ProcessInputs
    counted: Floats
    domain_ratio: Floats
    beyond: Callable[[float], Floats]
    slack: Callable[[Floats, float], Floats]
    chance: Callable[[Floats], Floats]


#: The margin of all yield targets at once.
JOINT = "joint_yields"


class Constraint(ABC):
    """What every constraint has.

    Attributes:
        key: its name in YAML.
        label: what a person reads.
        needs_yields: whether its margin depends on predicted yields.
        allowed: what may be asked for.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    needs_yields: ClassVar[bool] = False
    allowed: ClassVar[str]

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of its margins; none where it is switched off."""

    @abstractmethod
    def margins(self, state: State) -> dict[str, Floats]:
        """Return its margins by name, relative or dimensionless, >= 0 where it holds, shape (n,) each.

        A search adds up what margins lack, so they compare like with like.
        """

    @abstractmethod
    def reached_and_needed(self, state: State, name: str) -> tuple[Floats, Floats]:
        """Return what the designs reach and what a margin needs, in the constraint's unit, (n,) each."""

    @abstractmethod
    def setting(self) -> dict[str, Any]:
        """Return the constraint as it is written in YAML."""


@dataclass(frozen=True)
class Limit(Constraint):
    """A constraint with one number; None switches it off.

    Attributes:
        limit: the number.
        low, high: between which it may lie.
        broken: what is said of a design that breaks it while it is off: ``{reached}``, ``{needed}`` and
            ``{rest}``, 1 less what is reached.
    """

    limit: float | None = None
    low: ClassVar[str]
    high: ClassVar[str]
    broken: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.allowed = f"{cls.low}, {cls.high}, or off"

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", self.read(self.limit))

    @classmethod
    def read(cls, value: Any) -> float | None:
        """Return the number that a value from YAML or Python stands for; None for `off`.

        Raises:
            InputError: it is no number, or out of its bounds.
        """
        if value is None or value is False or value == "off":
            return None
        return bounded(value, cls.key, cls.low, cls.high)

    @abstractmethod
    def reached(self, state: State) -> Floats:
        """Return what n designs reach, in the constraint's own unit, shape (n,)."""

    def needed(self, state: State, limit: float) -> Floats:
        """Return what they have to reach at least or at most, likewise; the limit itself by default."""
        return np.full(len(state.designs), limit)

    def margin(self, state: State, limit: float) -> Floats:
        """Return the margin of n designs, shape (n,): by default the free share of what is allowed."""
        return 1.0 - self.reached(state) / self.needed(state, limit)

    @property
    def names(self) -> tuple[str, ...]:
        """The key, unless it is switched off."""
        return () if self.limit is None else (self.key,)

    def margins(self, state: State) -> dict[str, Floats]:
        """Return its one margin; nothing where it is switched off."""
        return {} if self.limit is None else {self.key: self.margin(state, self.limit)}

    def reached_and_needed(self, state: State, name: str) -> tuple[Floats, Floats]:
        """Return what the designs reach and what is allowed, in the constraint's own unit."""
        return self.reached(state), self.needed(state, self.limit or 0.0)

    def setting(self) -> dict[str, Any]:
        """Return the constraint as it is written in YAML."""
        return {self.key: "off" if self.limit is None else self.limit}


@dataclass(frozen=True, init=False)
class Yields(Constraint):
    """The least yield of some metals, as fractions.

    With ``confidence`` each target holds with that calibrated probability, or with ``joint`` all of them at
    once; without it the expected yields are held against the targets.

    Raises:
        InputError: an unknown metal, a target outside 0..1, a confidence that is not between 0 and 1, or
            ``joint`` without one.

    Examples:
        >>> Yields(Co=0.9, Li=0.95, confidence=0.8)
        Yields(targets={'Li': 0.95, 'Co': 0.9}, confidence=0.8, joint=False)
    """

    key: ClassVar[str] = "yield"
    label: ClassVar[str] = "yield targets"
    needs_yields: ClassVar[bool] = True
    allowed: ClassVar[str] = "above 0, at most 1 for each metal; confidence between 0 and 1; joint: true"

    targets: Mapping[str, float]
    confidence: float | None
    joint: bool

    def __init__(self, *, confidence: float | None = None, joint: bool = False, **targets: float) -> None:
        found = {check_metal(metal): _fraction(metal, target) for metal, target in targets.items()}
        # in the order of the arrays, whatever that of the file
        object.__setattr__(self, "targets", {metal: found[metal] for metal in METALS if metal in found})
        sure = confidence if confidence is None else bounded(confidence, "confidence", "> 0", "< 1")
        object.__setattr__(self, "confidence", sure)
        if not isinstance(joint, bool) or (joint and sure is None):
            raise InputError(
                f"joint = {joint!r} is not possible{' without a confidence' if joint is True else ''}.",
                allowed="true or false, beside `confidence`",
                remedy="write e.g. `- {yield: {Li: 0.9, Co: 0.9}, confidence: 0.8, joint: true}`",
                key=("joint",),
            )
        object.__setattr__(self, "joint", joint)

    @property
    def array(self) -> Floats:
        """The targets, a number per metal of METALS, NaN where it has none."""
        return np.array([self.targets.get(metal, np.nan) for metal in METALS])

    @property
    def names(self) -> tuple[str, ...]:
        """``yield_<metal>`` for each target; ``joint_yields`` where all have to hold at once."""
        if self.joint:
            return (JOINT,) if self.targets else ()
        return tuple(f"yield_{metal}" for metal in self.targets)

    def margins(self, state: State) -> dict[str, Floats]:
        """Return by how much each counted yield is above its target, or all of them are at once."""
        return self.margins_of(state.counted, state.slack)

    def margins_of(self, counted: Floats, slack: Callable[[Floats, float], Floats]) -> dict[str, Floats]:
        """Return the margins from what they look at: ``counted`` and ``slack`` of a `State`."""
        if self.joint and self.targets:
            assert self.confidence is not None
            return {JOINT: slack(self.array, self.confidence)}
        return {f"yield_{m}": counted[:, METALS.index(m)] - t for m, t in self.targets.items()}

    def reached_and_needed(self, state: State, name: str) -> tuple[Floats, Floats]:
        """Return the counted yield and the target; of all at once the probability, and that asked for."""
        if name == JOINT:
            return state.chance(self.array), np.full(len(state.designs), self.confidence or 0.0)
        metal = name.removeprefix("yield_")
        return state.counted[:, METALS.index(metal)], np.full(len(state.designs), self.targets[metal])

    def setting(self) -> dict[str, Any]:
        """Return the constraint as it is written in YAML."""
        sure = {} if self.confidence is None else {"confidence": self.confidence}
        return {self.key: dict(self.targets), **sure, **({"joint": True} if self.joint else {})}


@dataclass(frozen=True)
class ProtonBalance(Limit):
    """Usable protons offered per proton consumed, at least.

    Examples:
        >>> ProtonBalance(1.2).setting()
        {'proton_balance': 1.2}
    """

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
class StockStrength(Limit):
    """Share of the leachant's volume that is water beyond the stocks, at least.

    Below 0 the acid and the peroxide as bought are too weak for the design.

    Examples:
        >>> StockStrength(0.1).setting()
        {'stock_strength': 0.1}
    """

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
class Slurry(Limit):
    """kg solids per kg slurry when the feed is charged, at most.

    The default is what an agitated tank can keep in suspension (general knowledge, confidence C; 0.2 to 0.4)
    and above all training data: 333 g/L in water is 0.25.

    Examples:
        >>> Slurry(0.2).setting()
        {'slurry': 0.2}
    """

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


#: The limits that are held unless a problem says otherwise, in the order of margins.
LIMITS: tuple[type[Limit], ...] = (
    ProtonBalance,
    StockStrength,
    Solubility,
    Boiling,
    Slurry,
    ApplicabilityDomain,
)
#: Every constraint that a problem can name.
CONSTRAINTS: tuple[type[Constraint], ...] = (Yields, *LIMITS)


def read_constraint(value: Any) -> Constraint:
    """Return the constraint that one entry of ``constraints:`` stands for.

    Raises:
        InputError: not one key, an unknown key, or a value that is not possible; with the key.

    Examples:
        >>> read_constraint({"proton_balance": "off"})
        ProtonBalance(limit=None)
    """
    known = [constraint.key for constraint in CONSTRAINTS]
    if isinstance(value, Constraint):
        return value
    if not isinstance(value, dict):
        raise InputError(f"{value!r} is not a constraint.", allowed=", ".join(known), remedy=_EXAMPLE)
    for key in value:
        if key not in (*known, *_OF_YIELDS):
            raise InputError(
                f"Unknown key {str(key)!r}.",
                allowed=", ".join([*known, *_OF_YIELDS]),
                remedy=closest(str(key), known) or f"optimiser list constraints; {_EXAMPLE}",
                key=(key,),
            )
    given = [key for key in value if key not in _OF_YIELDS]
    if len(given) != 1:
        raise InputError("One constraint per list item.", allowed=", ".join(known), remedy=_EXAMPLE)
    key, setting = given[0], value[given[0]]
    if setting is None:
        raise InputError(
            "The value is missing.", remedy="write a value, `off`, or leave the key out", key=(key,)
        )
    if key == Yields.key:
        if not isinstance(setting, dict):
            raise InputError(
                f"{setting!r} is not a set of yield targets.",
                allowed="a fraction for some of " + ", ".join(METALS),
                remedy="write e.g. `- yield: {Li: 0.9, Co: 0.9}`",
                key=(key,),
            )
        return _read_yields(setting, **{name: value[name] for name in _OF_YIELDS if name in value})
    for name in _OF_YIELDS:
        if name in value:
            raise InputError(f"`{name}` belongs to a `yield` constraint.", remedy=_EXAMPLE, key=(name,))
    return next(limit for limit in LIMITS if limit.key == key)(setting)


_EXAMPLE = "write e.g. `- proton_balance: 1.1` and `- {yield: {Li: 0.9}, confidence: 0.8}`"


#: What may stand beside `yield`.
_OF_YIELDS = ("confidence", "joint")


def _read_yields(targets: Mapping[Any, Any], **how: Any) -> Yields:
    for metal in targets:
        try:
            check_metal(str(metal))
        except InputError as error:
            raise error.at("yield", metal) from None
    try:
        return Yields(**how, **targets)
    except InputError as error:
        raise error if error.key[:1] in (("confidence",), ("joint",)) else error.at("yield") from None


def _fraction(metal: str, value: Any) -> float:
    target = number(value, key=(metal,))
    if not 0.0 < target <= 1.0:
        raise InputError(
            f"A yield target of {target:g} is not possible.",
            allowed="above 0, at most 1",
            remedy="yields are fractions: 90 % is 0.9",
            key=(metal,),
        )
    return target


def complete(given: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Return the constraints that are held: those given, and the defaults of the limits that are not.

    Examples:
        >>> [c.key for c in complete([Yields(Li=0.9)])][:2]
        ['yield', 'proton_balance']
    """
    asked = {constraint.key: constraint for constraint in given}
    limits = [asked.get(limit.key, limit()) for limit in LIMITS]
    return (asked.get(Yields.key, Yields()), *limits)


def of_margin(constraints: Iterable[Constraint], name: str) -> Constraint:
    """Return the constraint that a margin belongs to.

    Raises:
        KeyError: none has such a margin.
    """
    for constraint in constraints:
        if name in constraint.names:
            return constraint
    raise KeyError(name)


def label(name: str) -> str:
    """Return the name of a margin as a person reads it.

    Examples:
        >>> label("yield_Co"), label("slurry")
        ('Co yield', 'solids in the slurry (kg/kg)')
    """
    if name == JOINT:
        return "chance that all yield targets hold"
    if name.startswith("yield_"):
        return f"{name.removeprefix('yield_')} yield"
    return next(limit.label for limit in LIMITS if limit.key == name)


def switched_off(constraints: Iterable[Constraint], state: State, row: int) -> list[str]:
    """Say which limits one design breaks that are switched off, each held to its default."""
    off = [type(c)() for c in constraints if isinstance(c, Limit) and c.limit is None]
    return [_said(c, state, row) for c in off if c.margins(state)[c.key][row] < 0.0]


def _said(limit: Limit, state: State, row: int) -> str:
    reached, needed = (float(values[row]) for values in limit.reached_and_needed(state, limit.key))
    return limit.broken.format(reached=reached, needed=needed, rest=1.0 - reached)
