"""What every constraint has: margins, computed from the state of designs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimiser.problem.numbers import bounded
from optimiser.problem.outcome import Outcome
from optimiser.process.balance import MassBalance
from optimiser.process.system_inputs import AnyInputs, SystemInputs
from optimiser.variables import Designs, Floats


@dataclass(frozen=True)
class State:
    """What constraints look at, for n designs.

    Attributes:
        outcome: the designs with their balance, cost and climate change, at the expected yields.
        counted: the yields that targets are held against, a column per metal of METALS.
        domain_ratio: distance to the data, or the models' disagreement, as a share of the domain's limit.
        beyond: how far designs are outside the acid's own data, for a given limit of the domain; > 0 outside.
        slack: by how much all targets (a number per metal, NaN for none) are exceeded at once, with a
            confidence; shape (n,).
        chance: the probability that all targets hold at once; shape (n,).
        responses: what the columns of ``counted`` are.
    """

    outcome: Outcome
    counted: Floats
    domain_ratio: Floats
    beyond: Callable[[float], Floats]
    slack: Callable[[Floats, float], Floats]
    chance: Callable[[Floats], Floats]
    responses: Sequence[str]

    @property
    def designs(self) -> Designs:
        """The designs."""
        return self.outcome.designs

    @property
    def balance(self) -> MassBalance:
        """Their mass balance."""
        return self.outcome.balance

    @property
    def inputs(self) -> AnyInputs:
        """Numbers of the process, the acids and the feed."""
        return self.outcome.inputs


class Constraint(ABC):
    """What every constraint has.

    Attributes:
        key: its name in YAML.
        label: what a person reads.
        needs_yields: whether its margin depends on predicted yields.
        uses: what its sums look at; a system of one's own that lacks some of it cannot have the constraint.
        allowed: what may be asked for.
    """

    key: str
    label: str
    needs_yields: ClassVar[bool] = False
    uses: ClassVar[tuple[str, ...]] = ()
    allowed: ClassVar[str]

    @classmethod
    def lacks(cls, inputs: AnyInputs) -> str:
        """Say what a problem's numbers lack for it; nothing where they suffice."""
        return inputs.lacks(cls.uses) if isinstance(inputs, SystemInputs) else ""

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
        usual: whether a system of one's own has it unless told otherwise.
        broken: what is said of a design that breaks it while it is off: ``{reached}``, ``{needed}`` and
            ``{rest}``, 1 less what is reached. A limit that is off by default needs none.
    """

    limit: float | None = None
    usual: ClassVar[bool] = True
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
