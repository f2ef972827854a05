"""Answers while one drags: other prices, targets and confidences of designs that are predicted already.

Yields depend on the setpoints alone. So what was predicted for a feed and its acids answers every question
about these, and a change of prices or targets costs a few sums.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from optimiser.answers.answer import (
    CONFIDENCES,
    TARGETS,
    Answer,
    acids_alone,
    at,
    certainty,
    highest_confidence,
    priced,
)
from optimiser.answers.levers import lever, with_price
from optimiser.answers.question import Asked, question_of
from optimiser.answers.spread import spread
from optimiser.app.question import Posed
from optimiser.chemistry.feeds import Feed
from optimiser.problem.binding import bind, refuse_slow_surrogate
from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.problem.margins import Limit
from optimiser.problem.schema import Problem
from optimiser.search.archive import Archive
from optimiser.search.front import infeasibility_of
from optimiser.search.pool import Pool, Question
from optimiser.surrogate.artefact import Surrogate
from optimiser.tables.own import OwnTables, tables_of

#: Feeds with their acids whose designs are kept in memory, and the most designs of each that are.
_KEPT, _MOST = 8, 12_000
#: Rounds of polishing of a first answer, and of each that rests.
_FIRST, _REST = 6, 3
#: Targets that are prepared for once the first question rests, and rounds of polishing for each.
_NEXT, _NEXT_ROUNDS = (0.8, 0.9, 0.95), 4
_SEED = 1


@dataclass(frozen=True)
class Live:
    """An answer of the designs that are known by now.

    Attributes:
        answer: as `ask` gives one, without what takes too long: what binds, drifts, the map.
        known: how many designs are predicted in full.
        searched: how many of them searches have found.
    """

    answer: Answer
    known: int
    searched: int


@dataclass
class _Known:
    """Designs of one feed, its acids, ranges and tolerances."""

    pool: Pool | None = None
    searched: int = 0
    prepared: set[float] = field(default_factory=set)
    questions: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Answers:
    """Answers questions from what is known, and learns what searches find. Safe among threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._models: dict[str, Surrogate] = {}
        self._lock = threading.Lock()

    def bound(self, posed: Posed, tables: OwnTables | None = None) -> BoundProblem:
        """Bind a question, with all of its acids, or with the numbers of own tables.

        Raises:
            InputError: as `bind`, `tables_of` and `lever`.
        """
        question = question_of(posed.problem, Asked())
        tables = tables or tables_of(question)
        problem = bind(question, tables, self._models.get(question.surrogate))
        refuse_slow_surrogate(question, problem.surrogate)
        self._models[question.surrogate] = problem.surrogate
        for name, price in posed.prices.items():
            problem = with_price(problem, name, price)
        for name, factor in posed.factors.items():
            problem = lever(problem, f"climate_change.{name}").at(factor)
        return problem

    def answer(self, posed: Posed) -> Live:
        """Return the best design known for a question, and what more yield and certainty cost.

        The first question about a feed and its acids scans their designs, which takes a second or two. Later
        ones look for what more costs among what is known already.

        Raises:
            InputError: the question contradicts itself, or cannot be bound to models.
        """
        began = time.perf_counter()
        problem = self._searched(self.bound(posed))
        known = self._of(problem)
        known.questions += 1
        with known.lock:
            if known.pool is not None and len(known.pool) > _MOST:
                known.pool, known.searched, known.prepared = None, 0, set()
            rounds = 0 if known.pool else _FIRST
            pool = known.pool = known.pool or _scanned(problem)
            answer = answer_of_known(posed.problem, pool, problem, rounds)
            answer = replace(answer, seconds=time.perf_counter() - began)
            return Live(answer, len(pool), known.searched)

    def more(self, posed: Posed) -> Live:
        """Return the answer with what takes longer: more polish, intervals, why nothing is feasible.

        It gives way to a question that comes meanwhile.

        Raises:
            InputError: as `answer`.
        """
        live = self.answer(posed)
        problem, answer = live.answer.problem, live.answer
        known = self._of(problem)
        mine = known.questions
        for _ in range(_REST):
            with known.lock:
                if known.questions != mine or known.pool is None:
                    break
                known.pool.forget()
                known.pool.solve(_questions(problem), 1)
        self._prepare(known, problem, mine)
        with known.lock:
            pool = known.pool or _scanned(problem)
            if known.questions == mine:
                answer = answer_of_known(posed.problem, pool, problem, whole=True)
                live = replace(live, known=len(pool), searched=known.searched)
            if not answer.feasible:
                answer = replace(answer, refusal=infeasibility_of(problem, pool.archive(problem)))
        told = spread(problem, answer.evaluation, np.random.default_rng(_SEED))
        return replace(live, answer=replace(answer, spread=told))

    def _prepare(self, known: _Known, problem: BoundProblem, mine: int) -> None:
        """Look once for designs of the targets that one may drag to next; give way to a question."""
        for target in _NEXT if problem.targets else ():
            with known.lock:
                if known.questions != mine or known.pool is None or target in known.prepared:
                    continue
                known.pool.forget()
                known.pool.solve([Question(at(problem, target=target))], _NEXT_ROUNDS)
                known.prepared.add(target)

    def learn(self, posed: Posed, found: Archive, acids: Sequence[str]) -> None:
        """Take over what a search of a question has found.

        Args:
            posed: the question.
            found: the designs.
            acids: what the acids of ``found`` are called, in their order.
        """
        problem = self._searched(self.bound(posed))
        index = np.array([problem.acid_names.index(acid) for acid in acids], dtype=np.intp)
        found = replace(found, designs=found.designs.at(index[found.designs.acid], found.designs.continuous))
        known = self._of(problem)
        with known.lock:
            pool = known.pool = known.pool or _scanned(problem)
            before = len(pool)
            pool.add(found)
            pool.forget()
            known.searched += len(pool) - before

    def _searched(self, problem: BoundProblem) -> BoundProblem:
        return problem.with_acids(problem.supported_acids)

    def _of(self, problem: BoundProblem) -> _Known:
        about = signature(problem)
        with self._lock:
            known = self._known.setdefault(about, _Known())
            self._known.move_to_end(about)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return known


def signature(problem: BoundProblem) -> str:
    """Return what decides which designs there are, what they yield, and which limits they keep."""
    feed = problem.feed
    if isinstance(feed, Feed):  # how much of it there is does not matter
        feed = feed.model_copy(update={"mass": 1.0})
    return json.dumps(
        [
            problem.surrogate.sha256,
            repr(feed),
            problem.acid_names,
            problem.lower.tolist(),
            problem.upper.tolist(),
            repr(problem.tolerances),
            repr(problem.inputs.parameters),
            [repr(c) for c in problem.constraints if isinstance(c, Limit)],
        ]
    )


def answer_of_known(
    question: Problem, pool: Pool, problem: BoundProblem, rounds: int = 0, *, whole: bool = False
) -> Answer:
    """Return the answer to a question among the designs of a pool.

    Args:
        question: as asked.
        pool: the designs; it grows by the most promising ones of its scan.
        problem: the question, bound.
        rounds: of polishing.
        whole: whether what more costs is looked for, too, and not only read off the known designs; it is
            where there is polishing.
    """
    pool.forget()
    asked, *alone = _questions(problem)
    ladder = {c: Question(at(problem, confidence=c)) for c in CONFIDENCES} if problem.targets else {}
    sweep = {t: Question(at(problem, target=t)) for t in TARGETS} if problem.targets else {}
    pool.solve([asked, *alone], rounds)
    pool.solve([*ladder.values(), *sweep.values()], 0, scan=whole or rounds > 0)
    row = pool.best(asked)
    evaluation = problem.evaluate(pool.designs.take(np.array([row])))
    targets = set(problem.targets.values())
    target = targets.pop() if len(targets) == 1 else math.nan
    return Answer(
        question=question,
        problem=problem,
        feasible=bool(pool.view(asked).lacking[row] <= 0.0),
        evaluation=evaluation,
        spread={},
        binding=(),
        acids=acids_alone(pool, asked, alone),
        price_of_yield=tuple(priced(pool, q, t, problem.confidence) for t, q in sweep.items()),
        price_of_certainty=certainty(pool, problem, evaluation, ladder, target),
        reachable=(),
        drift=(),
        refusal=None,
        highest_confidence=highest_confidence(pool, problem),
        tables=None,
        seed=_SEED,
        seconds=0.0,
    )


def _questions(problem: BoundProblem) -> list[Question]:
    """Return the question of a problem, and the same for each acid alone."""
    return [Question(problem), *(Question(problem, k) for k in range(len(problem.acids)))]


def _scanned(problem: BoundProblem) -> Pool:
    """Return a pool whose scan leaves out what no question about the same designs allows."""
    kept = tuple(c for c in problem.constraints if isinstance(c, Limit | Yields))  # others look at prices
    return Pool(replace(problem, constraints=kept), np.random.default_rng(_SEED))
