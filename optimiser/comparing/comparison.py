"""Two runs side by side, and how much of the difference between their best designs each change explains.

What the runs have predicted is looked at again with one change after the other: the prices of the second run,
then its impact factors, and so on. Yields depend on none of them, so nothing is predicted. What each change
explains depends on the order, as in any such split; together they explain the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.mixtures import changed, single_acids
from optimiser.chemistry.reagents import Reagents
from optimiser.comparing.inputs import Difference, differences, same_feed, same_yields
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.problem.metrics import METRICS
from optimiser.problem.objectives import Objective
from optimiser.process.impacts import Credit, ImpactNumbers
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import ProcessParameters
from optimiser.process.system_inputs import SystemInputs
from optimiser.search.archive import Archive, joined
from optimiser.search.hypervolume import box, scaled_hypervolume
from optimiser.search.known import Known
from optimiser.systems.system import Option
from optimiser.systems.words import vocabulary
from optimiser.variables import Bools, Floats

#: What no input explains.
MISSED_FIRST = "what the first search missed and the second found"
MISSED_SECOND = "what the second search missed and the first found"
YIELDS_AND_SEARCH = "yields and search"
#: The step that takes over which acids, or options of a system of one's own, are searched.
ACIDS = "acids"


@dataclass(frozen=True)
class Cause:
    """One change between two runs.

    Attributes:
        name: of what changed.
        best: first objective of the best design known once it has changed, in its own unit; NaN where nothing
            is feasible.
        explains: by how much it moves the best; NaN likewise.
    """

    name: str
    best: float
    explains: float


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        one, other: the runs.
        differences: what they were asked differently.
        first: the first objective, that of both.
        best: of each run, its best value; NaN where nothing is feasible.
        causes: the changes from the first run to the second, in order; they add up to the difference.
        together: whether both runs predict the same yields, so that each may use what the other has found.
        hypervolume: of each front, as a share of the box around both; None where the objectives differ.
    """

    one: Known
    other: Known
    differences: tuple[Difference, ...]
    first: Objective
    best: tuple[float, float]
    causes: tuple[Cause, ...]
    together: bool
    hypervolume: tuple[float, float] | None


@dataclass(frozen=True)
class _Asked:
    """A question over the acids of both runs, taken apart."""

    problem: BoundProblem
    acids: tuple[Acid | Option, ...]
    reagents: Reagents
    parameters: ProcessParameters
    allowed: Bools  # acids that the question has
    impacts: ImpactNumbers | None
    credit: Credit | None
    consumption: float | None = None  # of acid by the feed of a system of one's own

    @property
    def parts(self) -> tuple[Any, ...]:
        """All that steps change, to compare."""
        problem = self.problem
        arrays = (problem.lower, problem.upper, self.allowed)
        asked = problem.constraints, problem.objectives, *(array.tolist() for array in arrays)
        table = self.impacts
        factors = () if table is None else (table.names, table.acids.tolist(), table.others.tolist())
        credit = () if self.credit is None else self.credit.factors.tolist()
        # texts, since a missing factor (NaN) does not equal itself
        told = repr((factors, credit, self.consumption))
        return self.acids, dict(self.reagents), self.parameters, *asked, told

    def bound(self) -> BoundProblem:
        """Return the question as a problem."""
        problem = self.problem
        if isinstance(problem.inputs, SystemInputs):
            return replace(problem, acids=self.acids, reagents=self.reagents, inputs=self._of_system())
        acids = [acid for acid in self.acids if isinstance(acid, Acid)]
        inputs = process_inputs(problem.cathode_feed, acids, self.parameters, self.reagents)
        names = [acid.name for acid in self.acids]
        impacts = None if self.impacts is None else self.impacts.of_acids(names)
        inputs = replace(inputs, impacts=impacts, credit=self.credit)
        return replace(problem, acids=self.acids, reagents=self.reagents, inputs=inputs)

    def _of_system(self) -> SystemInputs:
        """Return the numbers of a system of one's own for the options of both questions."""
        inputs = self.problem.inputs
        assert isinstance(inputs, SystemInputs)
        inputs = replace(
            inputs,
            parameters=self.parameters,
            table=self.reagents,
            acid_consumption=self.consumption,
        )
        return inputs.of_options([one for one in self.acids if isinstance(one, Option)])

    def best(self, known: Archive) -> float:
        """Return the best first objective that a question finds among designs, to minimise; NaN if none."""
        problem, designs = self.bound(), known.designs
        seen = known.asked(problem)
        x, k = designs.continuous, designs.acid
        inside = ((x >= problem.lower[k] - 1e-9) & (x <= problem.upper[k] + 1e-9)).all(axis=1)
        values = seen.objectives[inside & self.allowed[k] & (seen.violation <= 0.0), 0]
        return float(values.min()) if len(values) else np.nan


_Step = Callable[[_Asked, _Asked], _Asked]


def compare(one: Known, other: Known) -> Comparison:
    """Compare two runs.

    Args:
        one: the first run.
        other: the second run, whose changes are explained.

    Raises:
        InputError: their feeds or their first objectives differ.
    """
    _refuse_unlike(one, other)
    first, together = one.problem.objectives[0], same_yields(one.problem, other.problem)
    names = tuple(dict.fromkeys([*one.problem.acid_names, *other.problem.acid_names]))
    begin, end = _asked(one, other, names), _asked(other, one, names)
    own = _renamed(one, names), _renamed(other, names)
    best = begin.best(own[0]), end.best(own[1])
    pool = joined(own) if together else own[0]
    causes, at, now = list[Cause](), best[0], begin

    def changed(name: str, value: float) -> float:
        causes.append(Cause(name, first.sign * value, first.sign * (value - at)))
        return value

    if together:
        at = changed(MISSED_FIRST, begin.best(pool))
    for name, step in _STEPS.items():
        after = step(now, end)
        if after.parts != now.parts:
            told = vocabulary(one.problem.system).options if name == ACIDS else name
            at, now = changed(told, after.best(pool)), after
    changed(MISSED_SECOND if together else YIELDS_AND_SEARCH, best[1])
    values = first.sign * best[0], first.sign * best[1]
    volume = _hypervolumes(one, other)
    return Comparison(one, other, differences(one, other), first, values, tuple(causes), together, volume)


def _refuse_unlike(one: Known, other: Known) -> None:
    if one.problem.system.name != other.problem.system.name:
        raise InputError(
            f"The runs are about different systems: {one.problem.system.name} and "
            f"{other.problem.system.name}.",
            allowed="two runs of one system",
        )
    if not same_feed(one.problem, other.problem):
        raise InputError(
            f"The runs are about different feeds: {one.problem.feed.name} and {other.problem.feed.name}.",
            allowed="two runs of one composition"
            if one.problem.system.is_cathode
            else "two runs of one feed",
            remedy="no single design leaches both; predict a table of designs with each feed instead",
        )
    scopes = ["reagents" if run.problem.inputs.plant is None else "plant" for run in (one, other)]
    if scopes[0] != scopes[1]:
        raise InputError(
            f"The runs have different scopes of their cost: {scopes[0]} and {scopes[1]}.",
            allowed="two runs of one scope",
            remedy="a run at plant scope shows both scopes side by side on its page",
        )
    first, second = one.problem.objectives[0], other.problem.objectives[0]
    if (first.metric, first.sign) != (second.metric, second.sign):
        said = [f"{o.verb} {o.label} [{METRICS[o.metric].unit}]" for o in (first, second)]
        units = METRICS[first.metric].unit != METRICS[second.metric].unit
        raise InputError(
            f"The runs have different first objectives{', of different units' if units else ''}: "
            f"{said[0]} and {said[1]}.",
            allowed="two runs with the same first objective",
            remedy="put the objective to compare first in both, and run again",
        )


def _asked(run: Known, partner: Known, names: tuple[str, ...]) -> _Asked:
    """Return a run's question over the acids of both; those it does not have are known, but not allowed."""
    mine, theirs = run.problem, partner.problem
    at = [
        (mine, mine.acid_names.index(n)) if n in mine.acid_names else (theirs, theirs.acid_names.index(n))
        for n in names
    ]
    problem = replace(
        mine,
        neighbourhoods=tuple(p.neighbourhoods[k] for p, k in at),
        lower=np.array([p.lower[k] for p, k in at]),
        upper=np.array([p.upper[k] for p, k in at]),
        objectives=mine.objectives[:1],
    )
    acids = tuple(p.acids[k] for p, k in at)
    allowed = np.array([p is mine for p, _ in at])
    numbers, others, consumption = mine.inputs, theirs.inputs, None
    if isinstance(numbers, SystemInputs) and isinstance(others, SystemInputs):
        consumption = numbers.acid_consumption
        problem = replace(problem, inputs=replace(numbers, undosed=numbers.undosed | others.undosed))
    return _Asked(
        problem,
        acids,
        mine.reagents,
        numbers.parameters,
        allowed,
        numbers.impacts,
        numbers.credit,
        consumption,
    )


def _renamed(run: Known, names: tuple[str, ...]) -> Archive:
    """Return what a run has seen, its acids counted among those of both."""
    number = np.array([names.index(name) for name in run.problem.acid_names], dtype=np.intp)
    designs = run.seen.designs.at(number[run.seen.designs.acid], run.seen.designs.continuous)
    # another question replaces these, which may differ in number between the runs
    nothing = np.zeros((len(designs), 1))
    return replace(run.seen, designs=designs, margins=nothing, objectives=nothing)


def _with(field: str, acid: Acid | Option, other: Acid | Option) -> Acid | Option:
    """Return an acid with one number of another's; options have none of their own."""
    if isinstance(acid, Option) or isinstance(other, Option):
        return acid
    theirs = single_acids([other])
    return changed(acid, lambda part: {field: getattr(theirs[part.name], field)})


def _taken(field: str) -> _Step:
    """Return the step that takes one number of all that is bought from the other question."""

    def step(now: _Asked, end: _Asked) -> _Asked:
        acids = tuple(_with(field, a, b) for a, b in zip(now.acids, end.acids, strict=True))
        reagents = now.reagents
        for name in reagents:
            if name in end.reagents:
                reagents = reagents.changed(name, **{field: getattr(end.reagents[name], field)})
        return replace(now, acids=acids, reagents=reagents)

    return step


def _limits(now: _Asked, end: _Asked) -> _Asked:
    return replace(now, problem=replace(now.problem, constraints=end.problem.constraints))


def _targets(now: _Asked, end: _Asked) -> _Asked:
    asked = [c for c in end.problem.constraints if isinstance(c, Yields)]
    return replace(now, problem=now.problem.with_constraints(*asked))


def _ranges(now: _Asked, end: _Asked) -> _Asked:
    """Take the ranges over of what both have; those of an acid that only one has are its own anyway."""
    return replace(now, problem=replace(now.problem, lower=end.problem.lower, upper=end.problem.upper))


#: What changes, one after the other.
_STEPS: dict[str, _Step] = {
    "prices": _taken("price"),
    "impact factors": _taken("climate_change"),
    "process and other data": lambda now, end: replace(
        now,
        acids=end.acids,
        reagents=end.reagents,
        parameters=end.parameters,
        # a bound of the first run may still need its table
        impacts=end.impacts or now.impacts,
        credit=end.credit or now.credit,
        consumption=end.consumption,
    ),
    "yield targets": _targets,
    "limits": _limits,
    "objectives": lambda now, end: replace(
        now, problem=replace(now.problem, objectives=end.problem.objectives)
    ),
    ACIDS: lambda now, end: replace(now, allowed=end.allowed),
    "ranges": _ranges,
}


def _hypervolumes(one: Known, other: Known) -> tuple[float, float] | None:
    if one.problem.objectives != other.problem.objectives:
        return None
    fronts: list[Floats] = [run.seen.objectives[run.seen.front] for run in (one, other)]
    known = [front for front in fronts if len(front)]
    if not known:
        return 0.0, 0.0
    ideal, nadir = box(known)
    first, second = (scaled_hypervolume(front, ideal, nadir) for front in fronts)
    return first, second
