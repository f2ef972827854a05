"""The answer to a question: one design, how sure it is, what binds, and what more would cost."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import EllipsisType

import numpy as np

from optimiser.answers.levers import with_price
from optimiser.answers.question import Asked, named_options, question_of
from optimiser.answers.relaxing import Relaxed, relaxations
from optimiser.answers.scopes import Scopes, scopes_of
from optimiser.answers.spread import Interval, spread
from optimiser.problem.binding import bind, refuse_slow_surrogate
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.constraints import Yields
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.metrics import YIELD
from optimiser.problem.objectives import Objective
from optimiser.problem.outcome import Outcome
from optimiser.problem.schema import Problem
from optimiser.problem.yields import joint_probability
from optimiser.search.front import Infeasibility, infeasibility_of
from optimiser.search.pool import Pool, Question
from optimiser.search.run import RunResult
from optimiser.search.search import SearchSettings, search
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.tables.own import OwnTables
from optimiser.uncertainty.study import check_seed
from optimiser.variables import Designs, Floats

#: Targets and confidences that prices of yield and certainty are told at.
TARGETS = (0.70, 0.75, 0.80, 0.85, 0.90, 0.93, 0.95, 0.97, 0.99)
CONFIDENCES = (0.5, 0.8, 0.9, 0.95)
#: Targets of the map of what is reachable.
MAPPED = (0.70, 0.80, 0.85, 0.90, 0.95, 0.97, 0.99)
#: Rounds of polishing: of the question before and after the search, of other confidences, of all that is
#: asked beside it, and of the map.
_BEFORE, _ROUNDS, _LADDER, _FURTHER, _MAP = 4, 14, 8, 4, 2
#: Polish alone ends in one of many local optima, so the acids that may have the answer are searched, too,
#: and the trade-off with recovery, where other targets and confidences have their best designs.
_EFFORT = SearchSettings(60, 32, 0)
_NEAR_VALUE, _NEAR_LACKING = 0.15, 0.02  # behind the best one, as a share of it or of what it lacks
_OF_RUN = 5  # of what is asked of a run, whose search knows much already
#: Relative gain of the objective below which a limit does not bind.
_BINDS = 5e-4
_DRIFTS = 24  # steps outwards that a drift is looked for, evenly spread over what is possible


@dataclass(frozen=True)
class Priced:
    """The best design at one target and confidence.

    Attributes:
        target: of every metal that has one; NaN where they differ, as the question has them.
        confidence: None where expected yields count.
        value: the objective, in its metric's unit; NaN where no design is feasible.
        acid: of the design; empty where there is none.
        design: the design alone; the nearest where there is none.
        p_feasible: that all targets hold at once.
    """

    target: float
    confidence: float | None
    value: float
    acid: str
    design: Designs
    p_feasible: float

    @property
    def feasible(self) -> bool:
        """Whether there is such a design."""
        return not math.isnan(self.value)


@dataclass(frozen=True)
class Binding:
    """A limit that holds the objective back.

    Attributes:
        name: of the limit.
        label: as a person reads it.
        unit: that it is relaxed in.
        relaxed: by how much.
        change: of the objective with the limit relaxed so, in the metric's unit; NaN where the limit is
            physics and cannot be relaxed.
        per_unit: the change divided by how much it was relaxed.
    """

    name: str
    label: str
    unit: str
    relaxed: float
    change: float
    per_unit: float


@dataclass(frozen=True)
class AcidAnswer:
    """What one acid alone comes to: its best design's objective (NaN for none), premium, and why not."""

    acid: str
    experiments: int
    value: float
    premium: float
    design: Designs | None
    reason: str


@dataclass(frozen=True)
class Drift:
    """How far one setpoint may drift, the others kept, before a constraint is broken.

    ``low`` and ``high`` are the last setpoints at which all constraints hold, within the range that is
    searched; ``lost_low`` and ``lost_high`` the margins that break beyond, empty where none does within it.
    The applicability domain does not count.
    """

    variable: str
    low: float
    high: float
    lost_low: str
    lost_high: str


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """The single best design for a question, and what more would cost.

    Attributes:
        question: what was asked.
        problem: the question bound to its models; it has one objective.
        feasible: whether any design keeps every constraint.
        evaluation: of the design alone, or of the one that comes nearest.
        spread: its metrics and components with intervals, all that is uncertain drawn
            (`optimiser.answers.spread.spread`).
        binding: limits that hold the objective back, dearest first.
        acids: each acid alone, best first.
        price_of_yield: the question at other targets of all metals that have one.
        price_of_certainty: the question at other confidences.
        reachable: the question at each target and confidence.
        drift: of each setpoint.
        refusal: why nothing is feasible, or None.
        highest_confidence: with which the targets can be had; NaN without targets or where nothing keeps the
            other constraints.
        tables: a user's own tables, or None.
        seed: of the search.
        seconds: it took.
        scopes: at plant scope each acid's best design by reagents and by the plant, else None.
    """

    question: Problem
    problem: BoundProblem
    feasible: bool
    evaluation: Evaluation
    spread: Mapping[str, Interval]
    binding: tuple[Binding, ...]
    acids: tuple[AcidAnswer, ...]
    price_of_yield: tuple[Priced, ...]
    price_of_certainty: tuple[Priced, ...]
    reachable: tuple[Priced, ...]
    drift: tuple[Drift, ...]
    refusal: Infeasibility | None
    highest_confidence: float
    tables: OwnTables | None
    seed: int
    seconds: float
    scopes: Scopes | None = None

    @property
    def objective(self) -> Objective:
        """What is minimised or maximised."""
        return self.problem.objectives[0]

    @property
    def value(self) -> float:
        """The objective of the design, in its metric's unit."""
        return float(self.objective.sign * self.evaluation.objectives[0, 0])

    @property
    def acid(self) -> str:
        """The acid of the design."""
        return self.problem.acid_names[int(self.evaluation.designs.acid[0])]

    @property
    def runner_up(self) -> AcidAnswer | None:
        """The next best acid; None where no other is feasible."""
        others = [found for found in self.acids if found.acid != self.acid and not math.isnan(found.value)]
        return others[0] if self.feasible and others else None


def ask(problem: Problem, asked: Asked, tables: OwnTables | None = None, seed: int = 1) -> Answer:
    """Return the single best design for a question, and what more would cost.

    Args:
        problem: feed, ranges, limits; its first objective and its targets count where nothing else is asked.
        asked: what is asked of it.
        tables: a user's own acids, prices and factors.
        seed: of the random numbers; the same one gives the same answer.

    Raises:
        InputError: the question contradicts itself, or cannot be bound to models.
    """
    began = time.perf_counter()
    check_seed(seed)
    question = question_of(problem, asked)
    everything = bind(question, tables)
    refuse_slow_surrogate(question, everything.surrogate)
    everything = _of_named(everything, asked)
    for name, price in (asked.price or {}).items():
        everything = with_price(everything, name, price)
    bound = everything.with_acids(everything.supported_acids)
    relaxed = relaxations(bound)
    pool = Pool(_widest(bound, relaxed), np.random.default_rng(seed))
    found = answer_from(question, pool, bound, relaxed)
    outside = [
        AcidAnswer(acid.name, near.experiments, math.nan, math.nan, None, _NO_DATA)
        for acid, near in zip(everything.acids, everything.neighbourhoods, strict=True)
        if acid.name not in bound.acid_names
    ]
    return replace(
        found,
        tables=tables,
        seed=seed,
        acids=(*found.acids, *outside),
        seconds=time.perf_counter() - began,
    )


def _of_named(problem: BoundProblem, asked: Asked) -> BoundProblem:
    """Return the problem with the combinations that were named alone, of all that their values make."""
    if problem.system.is_cathode or asked.acid is None:
        return problem
    named = {option.name for option in named_options(problem.system, asked.acid, {})}
    return problem.with_acids([name for name in problem.acid_names if name in named])


_NO_DATA = "too few experiments near this feed"
_NOT_FEASIBLE = "no feasible design"


def answer_from(question: Problem, pool: Pool, bound: BoundProblem, relaxed: Sequence[Relaxed]) -> Answer:
    """Answer a question, which is bound already, from a pool of its designs, which grows."""
    asked, alone = Question(bound), [Question(bound, k) for k in range(len(bound.acids))]
    pool.solve([asked, *alone], _BEFORE)
    leading = _leading(pool, asked, alone)
    searched = [(bound, k) for k in leading]
    if leading and bound.targets and (other := _trade_off(bound)) is not None:
        searched.append((other, leading[0]))
    for problem, k in searched:
        rng = np.random.default_rng(pool.rng.integers(2**32))
        found = search(problem.with_acids([bound.acid_names[k]]), _EFFORT, rng)
        pool.add(found.final.with_acid(k))
    pool.solve([asked, *alone], _ROUNDS)
    ladder = {c: Question(at(bound, confidence=c)) for c in CONFIDENCES} if bound.targets else {}
    sweep = {t: Question(at(bound, target=t)) for t in TARGETS} if bound.targets else {}
    row = pool.best(asked)
    feasible = bool(pool.view(asked).lacking[row] <= 0.0)
    tight = _may_bind(bound, pool, row, relaxed) if feasible else []
    looser = [Question(one.problem) for one in tight if one.problem is not None]
    surest = Question(bound.with_constraints(Yields()), score=partial(_chance, bound))
    if bound.targets:
        pool.solve([*ladder.values(), surest], _LADDER)
    pool.solve([asked, *alone, *ladder.values(), *sweep.values(), *looser], _FURTHER)
    levels = [None, *CONFIDENCES]
    grid = {(t, c): Question(at(bound, t, c)) for t in MAPPED for c in levels} if bound.targets else {}
    pool.solve([*ladder.values(), *sweep.values(), *grid.values()], _MAP)
    row = pool.best(asked)
    evaluation = bound.evaluate(pool.designs.take(np.array([row])))
    feasible = bool(pool.view(asked).lacking[row] <= 0.0)
    refusal = None if feasible else infeasibility_of(bound, pool.archive(bound))
    targets = set(bound.targets.values())
    target = targets.pop() if len(targets) == 1 else math.nan
    return Answer(
        question=question,
        problem=bound,
        feasible=feasible,
        evaluation=evaluation,
        spread=spread(bound, evaluation, pool.rng),
        binding=_binding(pool, asked, tight) if feasible else (),
        acids=acids_alone(pool, asked, alone),
        price_of_yield=tuple(priced(pool, q, t, bound.confidence) for t, q in sweep.items()),
        price_of_certainty=certainty(pool, bound, evaluation, ladder, target),
        reachable=tuple(priced(pool, q, t, c) for (t, c), q in grid.items()),
        drift=drifts(bound, evaluation) if feasible else (),
        refusal=refusal,
        highest_confidence=highest_confidence(pool, bound),
        tables=None,
        seed=0,
        seconds=0.0,
        scopes=scopes_of(bound, pool),
    )


def certainty(
    pool: Pool, bound: BoundProblem, evaluation: Evaluation, ladder: Mapping[float, Question], target: float
) -> tuple[Priced, ...]:
    """Return what more certainty costs; nothing of a guess, whose errors nobody has seen."""
    if bound.without_data(int(evaluation.designs.acid[0])):
        return ()
    return tuple(priced(pool, question, target, sure) for sure, question in ladder.items())


def _leading(pool: Pool, asked: Question, alone: Sequence[Question]) -> list[int]:
    """Return the acids that may have the answer, which are searched on their own: at most two."""
    best = pool.best(asked)
    least, value = pool.view(asked).lacking[best], pool.view(asked).value[best]
    ahead = []
    for k, question in enumerate(alone):
        row, seen = pool.best(question), pool.view(question)
        if seen.lacking[row] <= least + _NEAR_LACKING and (
            least > 0.0 or seen.value[row] <= value + _NEAR_VALUE * abs(value)
        ):
            ahead.append((float(seen.lacking[row]), float(seen.value[row]), k))
    return [k for _, _, k in sorted(ahead)[:2]]


def _trade_off(bound: BoundProblem) -> BoundProblem | None:
    """Return the trade-off of the objective with recovery: what other questions will ask for.

    Without an assay that is the yield of the first target; None where the objective is that itself, and there
    is no cost.
    """
    targets = {metal: min(target, TARGETS[0]) for metal, target in bound.targets.items()}
    first = bound.objectives[0]
    metrics = bound.metrics
    gain = "recovery" if "recovery" in metrics else f"{YIELD}{next(iter(targets))}"
    other = Objective(gain, -1) if first.metric != gain else Objective(bound.counted("cost"))
    if other.metric not in metrics:
        return None
    easy = Yields(confidence=None, joint=False, **targets)
    return replace(bound, objectives=(first, other)).with_constraints(easy)


def _chance(bound: BoundProblem, told: Outcome, prediction: YieldPrediction) -> tuple[Floats, Floats]:
    """Return what to minimise for the surest design, shape (n,): less its chance; and that nothing lacks."""
    return -_sureness(bound, prediction), np.zeros(len(prediction))


def _sureness(bound: BoundProblem, told: YieldPrediction) -> Floats:
    """Return with which confidence designs have the targets, shape (n,): all at once, or the least sure."""
    if bound.joint or bound.confidence is None:
        return joint_probability(bound.surrogate, told, _targets(bound))
    each = [joint_probability(bound.surrogate, told, _targets(bound, metal)) for metal in bound.targets]
    return np.asarray(np.min(each, axis=0))


def at(
    problem: BoundProblem, target: float | None = None, confidence: float | EllipsisType | None = ...
) -> BoundProblem:
    """Return a problem with another target for every metal that has one, or another confidence.

    Where several targets are asked at a confidence for the first time, they hold at once.
    """
    sure = problem.confidence if confidence is ... else confidence
    targets = {m: problem.targets[m] if target is None else target for m in problem.targets}
    joint = sure is not None and (problem.joint or (problem.confidence is None and len(targets) > 1))
    return problem.with_constraints(Yields(confidence=sure, joint=joint, **targets))


def priced(pool: Pool, question: Question, target: float, confidence: float | None) -> Priced:
    """Return the best design that a pool knows for a question."""
    row, seen, bound = pool.best(question), pool.view(question), question.problem
    rows = np.array([row])
    chance = joint_probability(bound.surrogate, pool.high.take(rows), _targets(bound))
    feasible = seen.lacking[row] <= 0.0
    return Priced(
        target,
        confidence,
        float(bound.objectives[0].sign * seen.value[row]) if feasible else math.nan,
        bound.acid_names[int(pool.designs.acid[row])] if feasible else "",
        pool.designs.take(rows),
        float(chance[0]),
    )


def highest_confidence(pool: Pool, bound: BoundProblem) -> float:
    """Return the highest confidence with which the targets can be had among the designs of a pool.

    With all other constraints kept: of all targets at once where that is asked, else of the least sure one.
    NaN where no design keeps them.
    """
    free = bound.with_constraints(Yields())
    seen = pool.archive(free)
    rows = np.flatnonzero(seen.violation <= 0.0)
    if not len(rows) or not bound.targets:
        return math.nan
    return float(_sureness(bound, pool.high.take(rows)).max())


def drifts(bound: BoundProblem, evaluation: Evaluation) -> tuple[Drift, ...]:
    """Return how far each setpoint of one design may drift before a constraint is broken.

    Setpoints that the question or the data fix are left out.
    """
    k = int(evaluation.designs.acid[0])
    x = evaluation.designs.continuous[0]
    free = (bound.upper > bound.lower)[k] & bound.neighbourhoods[k].varied
    places, rows = [], list[tuple[int, int]]()
    for j, variable in enumerate(bound.variables):
        if not free[j]:
            continue
        for side, end in enumerate((bound.lower[k, j], bound.upper[k, j])):
            for share in np.linspace(0.0, 1.0, _DRIFTS + 1)[1:] ** 2:
                moved = x.copy()
                place = float(variable.settable(np.array(x[j] + share * (end - x[j]))))
                moved[j] = min(max(place, variable.low), variable.high)
                places.append(moved)
                rows.append((j, side))
    if not places:
        return ()
    designs = evaluation.designs.at(np.full(len(places), k, dtype=np.intp), np.array(places))
    # how far the data reach is told by the range; within it the domain is no loss
    free_of_domain = bound.with_constraints(ApplicabilityDomain(None))
    margins = free_of_domain.search_point(designs, "high").margins
    found = []
    for j, variable in enumerate(bound.variables):
        if not free[j]:
            continue
        ends, lost = [float(x[j])] * 2, ["", ""]
        for side in (0, 1):
            for i in (i for i, key in enumerate(rows) if key == (j, side)):
                if margins[i].min() < 0.0:
                    lost[side] = _first_lost(free_of_domain, margins[i])
                    break
                ends[side] = float(places[i][j])
        found.append(Drift(variable.name, ends[0], ends[1], lost[0], lost[1]))
    return tuple(found)


def _first_lost(bound: BoundProblem, margins: Floats) -> str:
    """Return the name of the margin that is broken most; a yield target before any other limit."""
    names = bound.constraint_names
    broken = [(float(m), name) for m, name in zip(margins, names, strict=True) if m < 0.0]
    targets = [(m, name) for m, name in broken if name in bound.yields.names]
    return min(targets or broken)[1]


def _targets(bound: BoundProblem, only: str | None = None) -> Floats:
    chosen: Mapping[str, float] = bound.targets if only is None else {only: bound.targets[only]}
    return np.array([chosen.get(response, np.nan) for response in bound.responses])


def acids_alone(pool: Pool, asked: Question, alone: Sequence[Question]) -> tuple[AcidAnswer, ...]:
    """Return what each acid alone comes to among the designs of a pool, best first."""
    bound, best = asked.problem, pool.best(asked)
    sign, found = bound.objectives[0].sign, []
    least = float(pool.view(asked).value[best]) if pool.view(asked).lacking[best] <= 0.0 else math.nan
    for k, question in enumerate(alone):
        row, seen = pool.best(question), pool.view(question)
        feasible = bool(seen.lacking[row] <= 0.0)
        value = float(seen.value[row]) if feasible else math.nan
        found.append(
            AcidAnswer(
                bound.acid_names[k],
                bound.neighbourhoods[k].experiments,
                sign * value,
                (value - least) / abs(least) if feasible and least else math.nan,
                pool.designs.take(np.array([row])),
                "" if feasible else _NOT_FEASIBLE,
            )
        )
    return tuple(sorted(found, key=lambda a: (math.isnan(a.value), sign * a.value)))


def _widest(bound: BoundProblem, relaxed: Sequence[Relaxed]) -> BoundProblem:
    """Return the problem with the widest ranges that are asked about."""
    every = [bound, *(one.problem for one in relaxed if one.problem is not None)]
    return replace(
        bound,
        lower=np.min([one.lower for one in every], axis=0),
        upper=np.max([one.upper for one in every], axis=0),
    )


def _may_bind(bound: BoundProblem, pool: Pool, row: int, relaxed: Sequence[Relaxed]) -> list[Relaxed]:
    """Return the relaxations of limits that the best design comes near to."""
    design = pool.designs.take(np.array([row]))
    point = bound.point_at(design, pool.high.take(np.array([row])))
    margins = dict(zip(bound.constraint_names, point.margins[0], strict=True))
    return [one for one in relaxed if one.near(margins, design)]


def _binding(pool: Pool, asked: Question, tight: Sequence[Relaxed]) -> tuple[Binding, ...]:
    sign = asked.problem.objectives[0].sign
    before, found = float(pool.view(asked).value[pool.best(asked)]), []
    for one in tight:
        if one.problem is None:
            found.append(Binding(one.name, one.label, one.unit, math.nan, math.nan, math.nan))
            continue
        question = next(q for q in pool.questions if q.problem is one.problem)
        change = float(pool.view(question).value[pool.best(question)]) - before
        if change < -_BINDS * abs(before):
            found.append(
                Binding(one.name, one.label, one.unit, one.amount, sign * change, sign * change / one.amount)
            )
    return tuple(sorted(found, key=lambda b: (math.isnan(b.change), sign * b.change)))


def prices_of_run(result: RunResult, seed: int = 1) -> Answer | None:
    """Return what more yield and more certainty cost, from what a run has seen; None without targets.

    The design is the one that answers the run's question. What binds, each acid and drifts are left out.

    Args:
        result: a run with a front.
        seed: of the polishing.
    """
    if result.front is None or not result.problem.targets:
        return None
    bound = replace(result.problem, objectives=result.problem.objectives[:1])
    pool = Pool(bound, np.random.default_rng(seed), result.seen)
    ladder = {c: Question(at(bound, confidence=c)) for c in CONFIDENCES}
    sweep = {t: Question(at(bound, target=t)) for t in TARGETS}
    pool.solve([*ladder.values(), *sweep.values()], _OF_RUN)
    targets = set(bound.targets.values())
    target = targets.pop() if len(targets) == 1 else math.nan
    evaluation = bound.evaluate(result.front.evaluation.designs.take(np.array([result.front.answer])))
    return Answer(
        question=result.config.problem,
        problem=bound,
        feasible=True,
        evaluation=evaluation,
        spread={},
        binding=(),
        acids=(),
        price_of_yield=tuple(priced(pool, q, t, bound.confidence) for t, q in sweep.items()),
        price_of_certainty=certainty(pool, bound, evaluation, ladder, target),
        reachable=(),
        drift=(),
        refusal=None,
        highest_confidence=highest_confidence(pool, bound),
        tables=result.tables,
        seed=seed,
        seconds=0.0,
    )
