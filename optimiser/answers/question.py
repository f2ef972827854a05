"""From a problem and what is asked of it to the question that is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import first_error
from optimiser.problem.constraints import Yields, read_constraint
from optimiser.problem.margins import Constraint
from optimiser.problem.metrics import METRICS
from optimiser.problem.numbers import number
from optimiser.problem.objectives import Objective
from optimiser.problem.schema import Problem, Variables
from optimiser.variables import CONTINUOUS, VARIABLES


@dataclass(frozen=True)
class Asked:
    """What is asked of a problem; whatever is left out stays as the problem has it.

    Attributes:
        objective: what to minimise or maximise; None for the problem's first objective.
        yields: targets by metal, which replace those of the problem and their confidence; None for those of
            the problem.
        confidence: with which the targets hold; None for that of the problem's targets, else expected yields.
        joint: whether they hold at once.
        acid: the acids to choose from.
        fix: setpoints by variable.
        at_least, at_most: limits by variable or metric.
        price: prices by acid (EUR/kg stock), reagent (EUR/kg pure), heat or power (EUR/kWh).
    """

    objective: Objective | None = None
    yields: Mapping[str, float] | None = None
    confidence: float | None = None
    joint: bool = False
    acid: Sequence[str] | None = None
    fix: Mapping[str, float] | None = None
    at_least: Mapping[str, float] | None = None
    at_most: Mapping[str, float] | None = None
    price: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        for name in ("yields", "fix", "at_least", "at_most", "price"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, _numbers(name, given))
        if self.acid is not None and not (
            isinstance(self.acid, Sequence) and all(isinstance(one, str) for one in self.acid)
        ):
            raise InputError(
                f"{self.acid!r} is no list of acids.", where="acid", allowed="names such as 'sulfuric'"
            )


def _numbers(what: str, given: Any) -> dict[str, float]:
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise InputError(
            f"{given!r} does not say numbers by name.",
            where=what,
            allowed="a mapping of names to numbers",
            remedy='write e.g. {"Co": 0.9}',
        )
    return {name: number(value, key=(name,)) for name, value in given.items()}


def question_of(problem: Problem, asked: Asked) -> Problem:
    """Return the problem that is asked: one objective, its targets, narrowed ranges and limits.

    Prices are left to `optimiser.answers.levers.with_price`.

    Raises:
        InputError: an empty list of acids, an unknown metal, variable or metric, limits that contradict each
            other or the problem's ranges, a confidence that is not between 0 and 1.

    Examples:
        >>> import optimiser as opt
        >>> asked = Asked(yields={"Co": 0.9}, fix={"temperature": 60})
        >>> found = question_of(opt.load_problem("nmc111"), asked)
        >>> found.variables.temperature, found.constraints[0].targets
        ((60.0, 60.0), {'Co': 0.9})
    """
    objectives = (asked.objective or problem.objectives[0],)
    changes = {
        "objectives": objectives,
        "variables": _variables(problem, asked),
        "constraints": (_targets(problem, asked), *_others(problem, asked)),
    }
    source = problem.source
    if source is not None:  # a line of the file is not where these are said
        source = replace(source, replaced=frozenset(changes))
    return problem.with_source(source, **changes)


def _targets(problem: Problem, asked: Asked) -> Yields:
    own = next((c for c in problem.constraints if isinstance(c, Yields)), Yields())
    if asked.yields is not None:
        targets, confidence, joint = dict(asked.yields), asked.confidence, asked.joint
    else:
        targets = dict(own.targets)
        confidence = own.confidence if asked.confidence is None else asked.confidence
        joint = asked.joint or own.joint
    if (confidence is not None or joint) and not targets:
        raise InputError(
            "A confidence needs yield targets.", where="confidence", remedy="add e.g. --yield Li=0.9"
        )
    return Yields(confidence=confidence, joint=joint, **targets)


def _others(problem: Problem, asked: Asked) -> list[Constraint]:
    found = {c.key: c for c in problem.constraints if not isinstance(c, Yields)}
    for end, limits in (("min", asked.at_least), ("max", asked.at_most)):
        for name, value in (limits or {}).items():
            if name in CONTINUOUS:
                continue
            if name not in METRICS:
                known = [*CONTINUOUS, *METRICS]
                raise InputError(
                    f"There is no variable or metric {name!r}.",
                    where=end,
                    allowed=", ".join(known),
                    remedy=closest(name, known),
                )
            before = found[name].setting()[name] if name in found else {}
            limit = read_constraint({name: {**before, end: value}})
            found[limit.key] = limit
    return list(found.values())


def _variables(problem: Problem, asked: Asked) -> Variables:
    acids: Any = problem.variables.acid if asked.acid is None else tuple(asked.acid)
    if not acids:
        raise InputError(
            "The list of acids is empty.",
            where="acid",
            allowed="at least one acid",
            remedy="optimiser list acids",
        )
    for name in asked.fix or {}:
        if name not in CONTINUOUS:
            raise InputError(
                f"There is no variable {name!r} to fix.",
                where="fix",
                allowed=", ".join(CONTINUOUS),
                remedy=closest(name, CONTINUOUS),
            )
    ranges: dict[str, Any] = {}
    for variable in VARIABLES:
        low, high = problem.variables.range_of(variable)
        given = getattr(problem.variables, variable.name) is not None
        said = [(f"the problem allows {low:g} to {high:g} {variable.unit}", low, high)]
        for what, values, ends in (
            ("fix", asked.fix, (True, True)),
            ("at least", asked.at_least, (True, False)),
            ("at most", asked.at_most, (False, True)),
        ):
            if values and variable.name in values:
                value = number(values[variable.name], key=(variable.name,))
                least, most = (value if ends[0] else low), (value if ends[1] else high)
                said.append((f"{what} {value:g}", least, most))
        least, most = max(low for _, low, _ in said), min(high for _, _, high in said)
        if least > most:
            raise InputError(
                f"What is asked of {variable.name} contradicts itself: "
                f"{', '.join(text for text, *_ in said)}.",
                where=variable.name,
                allowed="a setpoint that all of these allow",
                remedy="leave one out, or widen the range in the problem",
            )
        if given or len(said) > 1:
            ranges[variable.name] = (least, most)
    parts = {"acid": acids, **ranges}
    try:
        return Variables(**parts)
    except ValidationError as error:
        raise first_error(error, Variables, parts) from None
