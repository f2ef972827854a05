"""From a problem and what is asked of it to the question that is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import first_error
from optimiser.problem.binding import bind
from optimiser.problem.constraints import Yields, check_responses, read_constraint
from optimiser.problem.margins import Constraint
from optimiser.problem.metrics import METRICS, YIELD, is_yield
from optimiser.problem.named import surrogate_of
from optimiser.problem.numbers import number
from optimiser.problem.objectives import Objective
from optimiser.problem.schema import Problem
from optimiser.systems.system import BETWEEN, Option, System, cathode


@dataclass(frozen=True)
class Asked:
    """What is asked of a problem; whatever is left out stays as the problem has it.

    Attributes:
        objective: what to minimise or maximise; None for the problem's first objective.
        yields: targets by metal or response, which replace those of the problem and their confidence; None
            for those of the problem.
        confidence: with which the targets hold; None for that of the problem's targets, else expected yields.
        joint: whether they hold at once.
        acid: the acids to choose from; of a system of one's own the combinations, as `named_options` reads
            them.
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
    system = system_of(problem)
    changes = {
        "objectives": objectives,
        "variables": _variables(problem, asked, system),
        "constraints": (_targets(problem, asked), *_others(problem, asked, system)),
    }
    source = problem.source
    if source is not None:  # a line of the file is not where these are said
        source = replace(source, replaced=frozenset(changes))
    return problem.with_source(source, **changes)


def system_of(problem: Problem) -> System:
    """Return the system that a problem is about.

    Raises:
        InputError: its yield model cannot be read, or is of another system.
    """
    if type(problem).responses is None:
        return cathode()
    system = surrogate_of(problem).system
    if system.responses != type(problem).responses:
        bind(problem)  # says what does not fit
    return system


def named_options(
    system: System, names: Sequence[str], asked: Mapping[str, Sequence[str]]
) -> tuple[Option, ...]:
    """Return the combinations that some names stand for.

    A name is a combination such as ``sulfuric / none``, a value of a choice such as ``sulfuric``, or where
    two choices have such a value ``lixiviant=sulfuric``. Values stand for all combinations with them and, of
    the choices that none is named of, with the values in ``asked``, or any.

    Raises:
        InputError: the table has no such value, or several choices have it.

    Examples:
        >>> named_options(cathode(), [], {})
        ()
    """
    exact, values = list[Option](), dict[str, list[str]]()
    for name in names:
        if BETWEEN in name and len(system.choices) > 1:
            exact.append(system.option(name))
            continue
        choice, value = _value(system, name)
        values.setdefault(choice, []).append(value)
    combined = system.combinations({**asked, **values}) if values else ()
    return tuple({option.name: option for option in (*exact, *combined)}.values())


def _value(system: System, name: str) -> tuple[str, str]:
    """Return the choice that a name is a value of, and the value."""
    known = dict(zip(system.choices, system.values, strict=True))
    first, sign, rest = (part.strip() for part in name.partition("="))
    if sign and first in known:
        known, name = {first: known[first]}, rest
    having = [choice for choice, values in known.items() if name in values]
    if len(having) > 1:
        raise InputError(
            f"{name!r} is a value of {' and of '.join(having)}.",
            where="acid",
            remedy=f"write e.g. {having[0]}={name}, or name a combination",
        )
    if not having:
        every = [value for values in known.values() for value in values]
        raise InputError(
            f"The table has no {' or '.join(known) or 'choice'} {name!r}.",
            where="acid",
            allowed=", ".join([*every, *(o.name for o in system.options if len(system.choices) > 1)]),
            remedy=closest(name, every) or "name values of the table, or combinations of these",
        )
    return having[0], name


def _targets(problem: Problem, asked: Asked) -> Yields:
    own = next((c for c in problem.constraints if isinstance(c, Yields)), Yields())
    if asked.yields is not None:
        check_responses(asked.yields, type(problem).responses)
        targets, confidence, joint = dict(asked.yields), asked.confidence, asked.joint
    else:
        targets = dict(own.targets)
        confidence = own.confidence if asked.confidence is None else asked.confidence
        joint = asked.joint or own.joint
    if (confidence is not None or joint) and not targets:
        raise InputError(
            "A confidence needs yield targets.",
            where="confidence",
            remedy=f"add e.g. --yield {(type(problem).responses or ('Li',))[0]}=0.9",
        )
    return Yields(confidence=confidence, joint=joint, **targets)


def _others(problem: Problem, asked: Asked, system: System) -> list[Constraint]:
    found = {c.key: c for c in problem.constraints if not isinstance(c, Yields)}
    for end, limits in (("min", asked.at_least), ("max", asked.at_most)):
        for name, value in (limits or {}).items():
            if name in system.names:
                continue
            if not system.is_cathode and is_yield(name):
                raise InputError(
                    f"The {name.replace('_', ' of ', 1)} is held by a target.",
                    where=end,
                    remedy=f"write --yield {name.removeprefix(YIELD)}={value:g}",
                )
            if name not in METRICS:
                known = [*system.names, *(METRICS if system.is_cathode else bind(problem).metrics)]
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


def _chosen(problem: Problem, asked: Asked, system: System) -> dict[str, Any]:
    """Return the acids that are asked for, or the values of a system's choices."""
    if system.is_cathode:
        acids: Any = problem.variables.acid if asked.acid is None else tuple(asked.acid)
        if not acids:
            raise InputError(
                "The list of acids is empty.",
                where="acid",
                allowed="at least one acid",
                remedy="optimiser list acids",
            )
        return {"acid": acids}
    given: Any = problem.variables
    values: dict[str, Sequence[str]] = given.asked(system)
    if asked.acid is None:
        return dict(values)
    if not asked.acid:
        raise InputError(
            "The list of combinations is empty.",
            where="acid",
            allowed=", ".join(option.name for option in system.options),
            remedy="name one, or leave it out",
        )
    options = named_options(system, asked.acid, values)
    each = zip(*(option.values for option in options), strict=True)
    return {choice: tuple(dict.fromkeys(of)) for choice, of in zip(system.choices, each, strict=True)}


def _variables(problem: Problem, asked: Asked, system: System) -> Any:
    chosen = _chosen(problem, asked, system)
    for name in asked.fix or {}:
        if name not in system.names:
            raise InputError(
                f"There is no variable {name!r} to fix.",
                where="fix",
                allowed=", ".join(system.names),
                remedy=closest(name, system.names),
            )
    ranges: dict[str, Any] = {}
    for variable in system.variables:
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
                if what == "fix" and variable.values and value not in variable.values:
                    raise InputError(
                        f"{variable.name} cannot be set to {value:g}.",
                        where="fix",
                        allowed=", ".join(f"{one:g}" for one in variable.values),
                        remedy="fix one of these",
                    )
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
    parts, kind = {**chosen, **ranges}, type(problem.variables)
    try:
        return kind(**parts)
    except ValidationError as error:
        raise first_error(error, kind, parts) from None
