"""The constraints that a design has to keep: yield targets, limits and bounds, as a problem names them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.metals import METALS, check_metal
from optimiser.problem.bounds import BOUNDED, Bound, bound_label
from optimiser.problem.limits import LIMITS
from optimiser.problem.margins import Constraint, Limit, State
from optimiser.problem.metrics import METRICS
from optimiser.problem.numbers import bounded, number
from optimiser.process.system_inputs import AnyInputs, SystemInputs
from optimiser.variables import Floats

#: Whatever responses there are.
ANY: tuple[str, ...] = ()
#: The margin of all yield targets at once.
JOINT = "joint_yields"


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

    key = "yield"
    label = "yield targets"
    needs_yields: ClassVar[bool] = True
    allowed: ClassVar[str] = "above 0, at most 1 for each metal; confidence between 0 and 1; joint: true"

    targets: Mapping[str, float]
    confidence: float | None
    joint: bool

    def __init__(self, *, confidence: float | None = None, joint: bool = False, **targets: float) -> None:
        found = {metal: _fraction(metal, target) for metal, target in targets.items()}
        # in the order of the arrays, whatever that of the file
        order = [*(metal for metal in METALS if metal in found), *found]
        object.__setattr__(self, "targets", {metal: found[metal] for metal in order})
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

    def array_of(self, responses: Sequence[str]) -> Floats:
        """Return the targets, a number per response, NaN where it has none."""
        return np.array([self.targets.get(response, np.nan) for response in responses])

    @property
    def names(self) -> tuple[str, ...]:
        """``yield_<metal>`` for each target; ``joint_yields`` where all have to hold at once."""
        if self.joint:
            return (JOINT,) if self.targets else ()
        return tuple(f"yield_{metal}" for metal in self.targets)

    def margins(self, state: State) -> dict[str, Floats]:
        """Return by how much each counted yield is above its target, or all of them are at once."""
        return self.margins_of(state.responses, state.counted, state.slack)

    def margins_of(
        self, responses: Sequence[str], counted: Floats, slack: Callable[[Floats, float], Floats]
    ) -> dict[str, Floats]:
        """Return the margins from what they look at: the three of a `State` that are so called."""
        if self.joint and self.targets:
            assert self.confidence is not None
            return {JOINT: slack(self.array_of(responses), self.confidence)}
        return {f"yield_{m}": counted[:, responses.index(m)] - t for m, t in self.targets.items()}

    def reached_and_needed(self, state: State, name: str) -> tuple[Floats, Floats]:
        """Return the counted yield and the target; of all at once the probability, and that asked for."""
        if name == JOINT:
            return state.chance(self.array_of(state.responses)), np.full(
                len(state.designs), self.confidence or 0.0
            )
        metal = name.removeprefix("yield_")
        return state.counted[:, state.responses.index(metal)], np.full(
            len(state.designs), self.targets[metal]
        )

    def setting(self) -> dict[str, Any]:
        """Return the constraint as it is written in YAML."""
        sure = {} if self.confidence is None else {"confidence": self.confidence}
        return {self.key: dict(self.targets), **sure, **({"joint": True} if self.joint else {})}


#: Every constraint that a problem can name.
CONSTRAINTS: tuple[type[Constraint], ...] = (Yields, *LIMITS)


def read_constraint(value: Any, responses: Sequence[str] | None = None) -> Constraint:
    """Return the constraint that one entry of ``constraints:`` stands for.

    Args:
        value: the entry.
        responses: whose yields may have targets; None for the metals of cathodes, ``ANY`` for all.

    Raises:
        InputError: not one key, an unknown key, or a value that is not possible; with the key.

    Examples:
        >>> read_constraint({"proton_balance": "off"})
        ProtonBalance(limit=None)
    """
    known = [*(constraint.key for constraint in CONSTRAINTS), *BOUNDED]
    if isinstance(value, Constraint):
        return value
    if not isinstance(value, dict):
        raise InputError(f"{value!r} is not a constraint.", allowed=", ".join(known), remedy=_EXAMPLE)
    for key in value:
        if key not in METRICS and key not in (*known, *_OF_YIELDS):
            raise InputError(
                f"Unknown key {str(key)!r}.",
                allowed=", ".join([*known, *_OF_YIELDS]),
                remedy=closest(str(key), [*known, *METRICS]) or f"optimiser list constraints; {_EXAMPLE}",
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
                allowed="a fraction for some of " + ", ".join(responses or METALS),
                remedy="write e.g. `- yield: {Li: 0.9, Co: 0.9}`",
                key=(key,),
            )
        return _read_yields(setting, responses, **{name: value[name] for name in _OF_YIELDS if name in value})
    for name in _OF_YIELDS:
        if name in value:
            raise InputError(f"`{name}` belongs to a `yield` constraint.", remedy=_EXAMPLE, key=(name,))
    if key in METRICS:
        return Bound.read(key, setting)
    return next(limit for limit in LIMITS if limit.key == key)(setting)


_EXAMPLE = "write e.g. `- proton_balance: 1.1`, `- cost: {max: 2}`, `- {yield: {Li: 0.9}, confidence: 0.8}`"


#: What may stand beside `yield`.
_OF_YIELDS = ("confidence", "joint")


def check_responses(targets: Iterable[Any], responses: Sequence[str] | None) -> None:
    """Refuse targets on what is no response of a system: None means the metals of cathodes, ``ANY`` nothing.

    Raises:
        InputError: names it.
    """
    for name in targets:
        try:
            if responses is None:
                check_metal(str(name))
            elif responses and str(name) not in responses:
                raise InputError(
                    f"There is no response {str(name)!r}.",
                    allowed=", ".join(responses),
                    remedy=closest(str(name), responses),
                )
        except InputError as error:
            raise error.at("yield", name) from None


def _read_yields(targets: Mapping[Any, Any], responses: Sequence[str] | None, **how: Any) -> Yields:
    check_responses(targets, responses)
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


def complete(given: Iterable[Constraint], inputs: AnyInputs | None = None) -> tuple[Constraint, ...]:
    """Return the constraints that are held: those given, and the defaults of the limits that are not.

    Of two with the same key the last counts. A system of one's own has those limits that its ``inputs``
    suffice for; None stands for cathodes, which have all.

    Examples:
        >>> [c.key for c in complete([Yields(Li=0.9)])][:2]
        ['yield', 'proton_balance']
    """
    asked = {constraint.key: constraint for constraint in given}
    own = isinstance(inputs, SystemInputs)
    limits = [
        asked.get(limit.key, limit())
        for limit in LIMITS
        if inputs is None or not limit.lacks(inputs)
        if limit.key in asked or limit.usual or not own
    ]
    bounds = [constraint for constraint in asked.values() if isinstance(constraint, Bound)]
    return (asked.get(Yields.key, Yields()), *limits, *bounds)


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
        >>> label("yield_Co"), label("slurry"), label("cost_max")
        ('Co yield', 'solids in the slurry (kg/kg)', 'cost at most (EUR/kg metal)')
    """
    if name == JOINT:
        return "chance that all yield targets hold"
    if name.startswith("yield_"):
        return f"{name.removeprefix('yield_')} yield"
    return bound_label(name) or next(limit.label for limit in LIMITS if limit.key == name)


def switched_off(constraints: Iterable[Constraint], state: State, row: int) -> list[str]:
    """Say which limits one design breaks that are switched off, each held to its default."""
    off = [type(c)() for c in constraints if isinstance(c, Limit) and c.limit is None]
    held = [c for c in off if c.limit is not None]  # the others are off by default
    return [_said(c, state, row) for c in held if c.margins(state)[c.key][row] < 0.0]


def _said(limit: Limit, state: State, row: int) -> str:
    reached, needed = (float(values[row]) for values in limit.reached_and_needed(state, limit.key))
    return limit.broken.format(reached=reached, needed=needed, rest=1.0 - reached)
