"""From a question to a Problem: look up feed, acids, surrogate and limits, and refuse what cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimiser.chemistry.feeds import METALS, Feed, load_feeds
from optimiser.chemistry.reagents import Acid, complete, load_acids
from optimiser.designs import CONTINUOUS, Floats
from optimiser.errors import InputError, closest
from optimiser.problem import Objective, Problem
from optimiser.process.feasibility import ChemistryLimits
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.spec.load import Question
from optimiser.spec.schema import FeedSpec
from optimiser.surrogate import Neighbourhood, load_surrogate


def bind(question: Question) -> Problem:
    """Build the Problem that a question describes.

    Raises:
        InputError: an unknown feed, acid or surrogate; a target or objective on a metal that the feed does
            not contain; a missing price or factor; a concentration that no stock can supply.
    """
    spec = question.spec
    feed = _feed(question)
    acids = _acids(question)
    objectives = tuple(Objective(o.metric, o.sign) for o in spec.objectives)
    targets = _targets(question, feed)
    _refuse_absent_objectives(question, feed)
    _refuse_impossible_concentration(question, acids)
    limits, domain = _limits(question)
    try:
        surrogate = load_surrogate(spec.surrogate)
        parameters = process_parameters(spec.process)
        inputs = process_inputs(feed, acids, parameters)
    except InputError as error:
        raise _located(error, question) from None
    neighbourhoods = tuple(surrogate.domain.neighbourhood(feed, acid) for acid in acids)
    asked = np.array([getattr(spec.variables, name) for name in CONTINUOUS])
    ranges = [_acid_range(asked, near if domain else None) for near in neighbourhoods]
    return Problem(
        name=question.name,
        feed=feed,
        acids=acids,
        surrogate=surrogate,
        inputs=inputs,
        neighbourhoods=neighbourhoods,
        lower=np.array([r[:, 0] for r in ranges]),
        upper=np.array([r[:, 1] for r in ranges]),
        objectives=objectives,
        targets=targets,
        limits=limits,
        domain=domain,
    )


def _located(error: InputError, question: Question) -> InputError:
    """Add file and line to an error that only names the key."""
    key = error.where.split(".")
    for first in ("process", "surrogate", "acids"):
        if key[0] == first:
            return InputError(
                error.what, where=question.where(*key), allowed=error.allowed, remedy=error.remedy
            )
    where = error.where or question.where("variables", "acid")
    return InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy)


def resolve_feed(spec: FeedSpec, where: str) -> Feed:
    """Return the feed of a specification: a known name, or a composition of its own."""
    known = load_feeds()
    if spec.Ni is spec.Mn is spec.Co is None:
        by_name = {name.lower(): feed for name, feed in known.items()}
        if spec.name.lower() not in by_name:
            raise InputError(
                f"There is no feed {spec.name!r}.",
                where=where,
                allowed=", ".join(known) + ", or a composition: {name: ..., Ni: ..., Mn: ..., Co: ...}",
                remedy=closest(spec.name, known),
            )
        return replace(by_name[spec.name.lower()], mass=spec.mass)
    return Feed(spec.name, Ni=spec.Ni or 0.0, Mn=spec.Mn or 0.0, Co=spec.Co or 0.0, mass=spec.mass)


def _feed(question: Question) -> Feed:
    where = question.where("feed")
    try:
        return resolve_feed(question.spec.feed, where)
    except InputError as error:
        raise InputError(
            error.what, where=error.where or where, allowed=error.allowed, remedy=error.remedy
        ) from None


def _acids(question: Question) -> tuple[Acid, ...]:
    known = load_acids()
    for name, given in question.spec.acids.items():
        try:
            known = {**known, name: complete(name, known.get(name), given)}
        except InputError as error:
            raise InputError(
                error.what,
                where=question.where("acids", name, *error.where.split(".")),
                allowed=error.allowed,
                remedy=error.remedy,
            ) from None
    by_alias = {alias.lower(): name for name, acid in known.items() for alias in (name, *acid.aliases)}
    chosen: dict[str, Acid] = {}
    for index, asked in enumerate(question.spec.variables.acid):
        where = question.where("variables", "acid", index)
        if asked.lower() not in by_alias:
            raise InputError(
                f"There is no acid {asked!r}.",
                where=where,
                allowed=", ".join(known) + "; or describe a new one under `acids:`",
                remedy=closest(asked, by_alias) or "optimiser list acids",
            )
        name = by_alias[asked.lower()]
        if name in chosen:
            raise InputError(f"Acid {name!r} is listed twice.", where=where, remedy="list each acid once")
        chosen[name] = known[name]
    return tuple(chosen.values())


def _targets(question: Question, feed: Feed) -> dict[str, float]:
    targets: dict[str, float] = {}
    for index, constraint in enumerate(question.spec.constraints):
        if constraint.confidence is not None:
            raise InputError(
                "`confidence` needs a calibrated surrogate, and the intervals of this one are not calibrated.",
                where=question.where("constraints", index, "confidence"),
                allowed="yield targets on the mean prediction",
                remedy="remove `confidence`; to be safer, raise the targets and read the intervals in the report",
            )
        if constraint.yields is None:
            continue
        for metal in METALS:
            target = getattr(constraint.yields, metal)
            if target is None:
                continue
            if not feed.present[METALS.index(metal)]:
                raise InputError(
                    f"A yield target of {target:g} on {metal}, which {feed.name} does not contain.",
                    where=question.where("constraints", index, "yield", metal),
                    allowed="targets on " + ", ".join(np.array(METALS)[feed.present]),
                    remedy=f"remove {metal} from the targets",
                )
            targets[metal] = target
    return targets


def _refuse_absent_objectives(question: Question, feed: Feed) -> None:
    for index, objective in enumerate(question.spec.objectives):
        metal = objective.metric.removeprefix("yield_")
        if metal in METALS and not feed.present[METALS.index(metal)]:
            raise InputError(
                f"Objective {objective.metric!r}, but {feed.name} contains no {metal}.",
                where=question.where("objectives", index),
                allowed="yields of " + ", ".join(np.array(METALS)[feed.present]),
                remedy="choose a metal that the feed contains",
            )


def _refuse_impossible_concentration(question: Question, acids: tuple[Acid, ...]) -> None:
    high = question.spec.variables.acid_concentration[1]
    strongest = max(acids, key=lambda acid: acid.max_molarity)
    if high > strongest.max_molarity:
        raise InputError(
            f"An acid concentration of {high:g} mol/L is beyond the stock itself: {strongest.label} is sold at "
            f"{strongest.max_molarity:.1f} mol/L ({strongest.purity:.0%}).",
            where=question.where("variables", "acid_concentration"),
            allowed=f"up to {strongest.max_molarity:.1f} mol/L with the acids listed",
            remedy="lower the upper end of the range",
        )


def _limits(question: Question) -> tuple[ChemistryLimits, bool]:
    limits, domain = ChemistryLimits(), True
    for constraint in question.spec.constraints:
        if constraint.name == "applicability_domain":
            domain = constraint.applicability_domain is not None
        elif constraint.name != "yields":
            limits = replace(limits, **{constraint.name: getattr(constraint, constraint.name)})
    return limits, domain


def _acid_range(asked: Floats, near: Neighbourhood | None) -> Floats:
    """Cut the asked ranges, shape (5, 2), to where the acid has data.

    Where the two do not meet the asked range stays: every design there is outside the domain, and the
    search reports by how much.
    """
    if near is None or near.experiments == 0:
        return asked
    low, high = np.maximum(asked[:, 0], near.low), np.minimum(asked[:, 1], near.high)
    meets = low <= high
    return np.column_stack([np.where(meets, low, asked[:, 0]), np.where(meets, high, asked[:, 1])])
