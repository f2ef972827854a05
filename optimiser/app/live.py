"""Answers while one drags: other prices, targets and confidences of designs that are predicted already.

Yields depend on the setpoints alone. So what was predicted for a feed and its acids answers every question
about these, and a change of prices or targets costs a few sums.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimiser.answers.answer import CONFIDENCES, TARGETS, Priced, at, priced
from optimiser.answers.question import Asked, question_of
from optimiser.problem.binding import bind, refuse_slow_surrogate
from optimiser.problem.bound import BoundProblem
from optimiser.problem.schema import Problem
from optimiser.search.archive import Archive
from optimiser.search.pool import Pool, Question
from optimiser.surrogate.artefact import Surrogate
from optimiser.tables.own import OwnTables, own_tables, tables_of

#: Feeds with their acids whose designs are kept in memory.
_KEPT = 8
#: Rounds of polishing of a first answer.
_FIRST = 2


@dataclass(frozen=True)
class Live:
    """An answer of the designs that are known by now.

    Attributes:
        problem: the question, bound.
        pool: the designs.
        asked: the question as the pool knows it.
        alone: the question for each acid.
        price_of_yield, price_of_certainty: the best value at other targets and confidences.
    """

    problem: BoundProblem
    pool: Pool
    asked: Question
    alone: tuple[Question, ...]
    price_of_yield: tuple[Priced, ...]
    price_of_certainty: tuple[Priced, ...]

    @property
    def row(self) -> int:
        """The row of the pool's designs that answers the question."""
        return self.pool.best(self.asked)

    @property
    def feasible(self) -> bool:
        """Whether that design keeps every constraint."""
        return bool(self.pool.view(self.asked).lacking[self.row] <= 0.0)


@dataclass
class _Known:
    """Designs of one feed, its acids, ranges and tolerances."""

    pool: Pool
    lock: threading.Lock = field(default_factory=threading.Lock)


class Answers:
    """Answers questions from what is known, and learns what searches find. Safe among threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._models: dict[str, Surrogate] = {}
        self._lock = threading.Lock()

    def bound(self, question: Problem, prices: dict[str, float]) -> BoundProblem:
        """Bind a question at some prices in EUR.

        Raises:
            InputError: as `bind` and `own_tables`.
        """
        tables: OwnTables | None
        tables = own_tables(question, amounts=prices) if prices else tables_of(question)
        problem = bind(question, tables, self._models.get(question.surrogate))
        refuse_slow_surrogate(question, problem.surrogate)
        self._models[question.surrogate] = problem.surrogate
        return problem.with_acids(problem.supported_acids)

    def answer(self, question: Problem, asked: Asked, prices: dict[str, float], seed: int = 1) -> Live:
        """Return the best design known for a question, and what more yield and certainty cost.

        The first question about a feed and its acids scans their designs, which takes a second or two.

        Raises:
            InputError: the question contradicts itself, or cannot be bound to models.
        """
        problem = self.bound(question_of(question, asked), prices)
        known = self._of(problem, seed)
        with known.lock:
            return _live(known.pool, problem, _FIRST if not len(known.pool) else 0)

    def learn(self, question: Problem, asked: Asked, prices: dict[str, float], found: Archive) -> None:
        """Take over what a search has found."""
        known = self._of(self.bound(question_of(question, asked), prices), 1)
        with known.lock:
            known.pool.add(found)
            known.pool.forget()

    def _of(self, problem: BoundProblem, seed: int) -> _Known:
        about = signature(problem)
        with self._lock:
            if about not in self._known:
                self._known[about] = _Known(Pool(problem, np.random.default_rng(seed)))
                if len(self._known) > _KEPT:
                    self._known.popitem(last=False)
            self._known.move_to_end(about)
            return self._known[about]


def signature(problem: BoundProblem) -> str:
    """Return what decides which designs there are and what they yield."""
    return json.dumps(
        [
            problem.surrogate.sha256,
            repr(problem.feed),
            problem.acid_names,
            problem.lower.tolist(),
            problem.upper.tolist(),
            repr(problem.tolerances),
        ]
    )


def _live(pool: Pool, problem: BoundProblem, rounds: int) -> Live:
    pool.forget()
    asked = Question(problem)
    alone = tuple(Question(problem, k) for k in range(len(problem.acids)))
    ladder = {c: Question(at(problem, confidence=c)) for c in CONFIDENCES} if problem.targets else {}
    sweep = {t: Question(at(problem, target=t)) for t in TARGETS} if problem.targets else {}
    pool.solve([asked, *alone], rounds)
    pool.solve([*ladder.values(), *sweep.values()], 0)
    return Live(
        problem,
        pool,
        asked,
        alone,
        tuple(priced(pool, q, t, problem.confidence) for t, q in sweep.items()),
        tuple(priced(pool, q, float("nan"), c) for c, q in ladder.items()),
    )


def as_json(live: Live) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    raise NotImplementedError
