"""Bind a question on a system of one's own, and refuse by name what has no meaning there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.energy import supplied
from optimiser.chemistry.quantity import Sourced
from optimiser.chemistry.reagents import load_reagents
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields, complete
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.metrics import YIELD, is_yield
from optimiser.problem.named import refuse_other_system
from optimiser.problem.objectives import maximise
from optimiser.problem.schema import Problem
from optimiser.problem.system_schema import SystemVariables
from optimiser.problem.tolerances import default_tolerances
from optimiser.process.parameters import process_parameters
from optimiser.process.plant_parameters import PLANT_NAMES
from optimiser.process.system_inputs import SystemInputs, system_inputs
from optimiser.process.system_needs import PEROXIDE
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.domain import Neighbourhood
from optimiser.systems.reagents import PER_TONNE, PH
from optimiser.systems.system import Option, System, SystemFeed

if TYPE_CHECKING:
    from optimiser.tables.own import OwnTables

#: Parts of a problem that are of cathodes alone.
_OF_CATHODES = ("acids", "impacts", "assume", "credit")
#: The key of ``process:`` that says what a feed takes of acid.
CONSUMPTION = "acid_consumption"
#: Process parameters that only the sums of a cathode look at, and those of a system without peroxide.
_IDLE = (
    *("impurity_removal", "copper_dissolved", "aluminium_dissolved", "iron_dissolved", "nox_limit"),
    *("peroxide_loss", "peroxide_limit"),
)
_OF_PEROXIDE = ("peroxide_strength", "peroxide_enthalpy", "peroxide_cooling")


def bind_system(question: Problem, tables: OwnTables | None, surrogate: Surrogate) -> BoundProblem:
    """Bind a question on a system of one's own; the ranges are all that is possible.

    Args:
        question: as asked.
        tables: reagents and acids to answer it with; None for the shipped ones.
        surrogate: that the question names.

    Raises:
        InputError: a part or a constraint that the system has no use for or no numbers for; a response that
            the feed does not have; a feed that was not measured, unless the applicability domain is off.
    """
    _refuse_parts(question, tables)
    feed = cast(SystemFeed, question.feed)
    system = surrogate.system
    refuse_other_system(question, surrogate, feed.system)
    _refuse_process(question, system)
    _refuse_unmeasured(question, system, feed)
    _refuse_other_feed(question, surrogate, feed)
    variables = cast(SystemVariables, question.variables)
    options = system.combinations(variables.asked(system))
    near = [surrogate.domain.neighbourhood(feed, option) for option in options]
    if len(variables.asked(system)) < len(system.choices):
        # not every value is named: those with data are meant
        known = [k for k, one in enumerate(near) if one.experiments]
        options = tuple(options[k] for k in known or range(len(options)))
    try:
        problem = assemble_system(question.name, feed, options, surrogate, question, tables)
    except InputError as error:
        where = question.where(*error.where.split(".")) if error.where else question.where("surrogate")
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None
    inputs = cast(SystemInputs, problem.inputs)
    _refuse_constraints(question, inputs)
    return replace(
        problem,
        objectives=tuple(question.objectives),
        constraints=complete(question.constraints, inputs),
    )


def assemble_system(
    name: str,
    feed: SystemFeed,
    options: Sequence[Option],
    surrogate: Surrogate,
    question: Problem | None = None,
    tables: OwnTables | None = None,
) -> BoundProblem:
    """Build a problem of some options over all that is possible, without targets.

    The objective is the first yield of the feed; the domain has its default.

    Args:
        name: of the problem.
        feed: what is leached.
        options: what is chosen among.
        surrogate: of the system.
        question: whose numbers of the process apply; the usual ones where there is none.
        tables: reagents and acids to use; None for the shipped ones.

    Raises:
        InputError: the system's file names an acid that does not exist.
    """
    system, process = surrogate.system, {} if question is None else dict(question.process)
    process.pop(CONSUMPTION, None)
    reagents = supplied(load_reagents(), process) if tables is None else tables.reagents
    near = [surrogate.domain.neighbourhood(feed, option) for option in options]
    inputs = system_inputs(
        system,
        feed,
        options,
        process_parameters(process),
        acid_consumption=None if question is None else _consumption(question),
        acids=load_acids() if tables is None else tables.acids,
        reagents=reagents,
    )
    inputs = replace(inputs, undosed=_undosed(inputs, options, near))
    everything = np.tile([[v.low, v.high] for v in system.variables], (len(options), 1, 1))
    has = [r for r, there in zip(system.responses, feed.present, strict=True) if there]
    return BoundProblem(
        name=name,
        feed=feed,
        acids=tuple(options),
        surrogate=surrogate,
        reagents=reagents,
        inputs=inputs,
        neighbourhoods=tuple(near),
        lower=everything[:, :, 0],
        upper=everything[:, :, 1],
        objectives=(maximise(f"{YIELD}{has[0]}"),),
        constraints=complete((), inputs),
        tolerances=default_tolerances(system),
    )


def _refuse_parts(question: Problem, tables: OwnTables | None) -> None:
    for part in _OF_CATHODES:
        if getattr(question, part):
            raise InputError(
                f"`{part}` is for cathodes: the system of {question.surrogate} has no use for it.",
                where=question.where(part),
                remedy="remove it; prices and factors of a system's reagents stand in the system's file",
            )
    if tables is not None and tables.given is not None:
        raise InputError(
            f"A table of impacts is for cathodes: the system of {question.surrogate} has no use for it.",
            where="impacts",
            remedy="leave it out; climate change follows from the factors in the system's file",
        )


def idle_numbers(system: System) -> dict[str, str]:
    """Return the numbers of the process that no sum of a system looks at, with why."""
    idle = dict.fromkeys(_IDLE, "only the sums of cathodes look at it")
    idle |= dict.fromkeys(PLANT_NAMES, "the plant around the leach is known for cathodes alone")
    if PEROXIDE not in system.names:
        idle |= dict.fromkeys(_OF_PEROXIDE, f"{system.name} has no peroxide")
    return idle


def _refuse_process(question: Problem, system: System) -> None:
    idle = idle_numbers(system)
    for key, value in question.process.items():
        why = idle.get(key)
        if key == "scope" and getattr(value, "value", value) == "plant":
            why = "the plant around the leach is known for cathodes alone"
        if why is not None:
            raise InputError(
                f"Process parameter {key!r} has no use for {system.name}: {why}.",
                where=question.where("process", key),
                remedy="remove it",
            )


def _consumption(question: Problem) -> float | None:
    """Return what a problem says that the feed takes of pure acid, kg/t; None where it says nothing."""
    given: Any = question.process.get(CONSUMPTION)
    if given is None:
        return None
    value = given.value if isinstance(given, Sourced) else given
    unit = getattr(given, "unit", None)
    if unit not in (None, PER_TONNE) or not isinstance(value, int | float) or value < 0.0:
        said = f"{value!r} {unit}" if unit else repr(value)
        raise InputError(
            f"An acid consumption of {said} is not possible.",
            where=f"process.{CONSUMPTION}",
            allowed="0 or more kg of pure acid per t of feed",
            remedy=f"write e.g. `{CONSUMPTION}: {{value: 120, unit: {PER_TONNE}}}`",
        )
    return float(value)


def _refuse_unmeasured(question: Problem, system: System, feed: SystemFeed) -> None:
    """Refuse targets and objectives on responses that the feed does not have."""
    has = [r for r, there in zip(system.responses, feed.present, strict=True) if there]
    asked: list[tuple[tuple[str | int, ...], str]] = [
        (("objectives", i), o.metric.removeprefix(YIELD))
        for i, o in enumerate(question.objectives)
        if is_yield(o.metric)
    ]
    for index, constraint in enumerate(question.constraints):
        if isinstance(constraint, Yields):
            asked += [(("constraints", index, "yield", r), r) for r in constraint.targets]
    for key, response in asked:
        if response not in has:
            raise InputError(
                f"The yield of {response} was not measured on {feed.name}.",
                where=question.where(*key),
                allowed=", ".join(has),
                remedy="choose one of these, or another feed",
            )


def _refuse_other_feed(question: Problem, surrogate: Surrogate, feed: SystemFeed) -> None:
    """Refuse a feed that was not measured where nothing says that yields transfer to it."""
    system = surrogate.system
    known = system.feeds.get(feed.name)
    if system.transfers or (known is not None and known.place == feed.place):
        return
    if any(isinstance(c, ApplicabilityDomain) and c.limit is None for c in question.constraints):
        return
    raise InputError(
        f"{feed.name} is not a feed of the table of {system.name}. {transfer_in_words(surrogate)}",
        where=question.where("feed"),
        allowed=", ".join(system.feeds),
        remedy="name one of these, measure your own feed and train with it, or add "
        "`- applicability_domain: off` under constraints at your own risk",
    )


def transfer_in_words(surrogate: Surrogate) -> str:
    """Return the sentence that says how well yields on other feeds are predicted, as the card has it."""
    told = surrogate.card.get("transfer")
    if isinstance(told, str) and told:
        return told
    if surrogate.system.transfers is None:
        return "The table does not tell how its yields transfer to other feeds."
    better = "better" if surrogate.system.transfers else "no better"
    return f"Yields on feeds that were not measured are predicted {better} than by a constant."


def _undosed(
    inputs: SystemInputs, options: Sequence[Option], near: Sequence[Neighbourhood]
) -> frozenset[str]:
    """Return the names of options whose reagent has a strength of 0 in all data near the feed."""
    found = set()
    for option, solute, one in zip(options, inputs.solutes, near, strict=True):
        setpoint = None if solute is None else inputs.setpoint_of(solute)
        column = None if setpoint in (None, PH) else inputs.system.column.get(str(setpoint))
        if column is not None and one.experiments and not one.high[column] > 0.0:
            found.add(option.name)
    return frozenset(found)


def _refuse_constraints(question: Problem, inputs: SystemInputs) -> None:
    """Refuse limits that the system's numbers do not suffice for."""
    for index, constraint in enumerate(question.constraints):
        said = type(constraint).lacks(inputs)
        if said and getattr(constraint, "limit", 0.0) is not None:
            raise InputError(
                f"{constraint.key!r} needs {said}.",
                where=question.where("constraints", index),
                allowed="yield targets, bounds on the metrics of the system, applicability_domain",
                remedy="give it, or remove the constraint",
            )
