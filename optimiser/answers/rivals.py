"""The acids of a question as rivals: each searched alone, all of them seen by one pool of designs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.answers.levers import Lever, lever
from optimiser.answers.question import Asked, question_of
from optimiser.problem.binding import bind, refuse_slow_surrogate
from optimiser.problem.bound import BoundProblem
from optimiser.problem.limits import LIMITS, ApplicabilityDomain
from optimiser.problem.schema import Problem
from optimiser.search.archive import Archive
from optimiser.search.pool import Batch, Pool, Question
from optimiser.search.search import SearchSettings, search
from optimiser.tables.own import OwnTables
from optimiser.variables import Floats

_OFF = ApplicabilityDomain(None)
#: Rounds of polishing, and the searches of each acid alone that come before.
ROUNDS, EFFORT = 12, SearchSettings(60, 30, 0)


@dataclass(frozen=True, eq=False)
class Field:
    """The acids that are compared, and those that are not.

    Attributes:
        question: what is asked.
        problem: bound to its models, with the acids that are compared.
        guessed: those of them with too few experiments near the feed: the applicability domain is off for
            these, and their yields are guesses.
        outside: acids that are named but not compared, with their number of experiments near the feed.
    """

    question: Problem
    problem: BoundProblem
    guessed: frozenset[str]
    outside: tuple[tuple[str, int], ...]

    def seen_by(self, acid: str, problem: BoundProblem | None = None) -> BoundProblem:
        """Return the problem, or a changed one, as an acid has to keep it: without the domain for a guess."""
        problem = problem or self.problem
        return problem.with_constraints(_OFF) if acid in self.guessed else problem

    def alone(self, acid: str, problem: BoundProblem | None = None) -> BoundProblem:
        """Return the problem, or a changed one, of one acid alone."""
        return self.seen_by(acid, problem).with_acids([acid])

    def lever(self, name: str) -> Lever:
        """Return a lever of the problem.

        Raises:
            InputError: there is none of that name, or its acid is not compared.
        """
        kind, _, of = name.partition(".")
        if kind in ("price", "climate_change") and of in dict(self.outside):
            self.refuse_outside(of, name)
        return lever(self.problem, name)

    def check_acid(self, acid: str, option: str) -> None:
        """Refuse an acid that is not compared.

        Raises:
            InputError: says which are.
        """
        if acid in dict(self.outside):
            self.refuse_outside(acid, option)
        if acid not in self.problem.acid_names:
            raise InputError(
                f"The problem has no {'acid' if self.problem.system.is_cathode else 'combination'} {acid!r}.",
                where=option,
                allowed=", ".join(self.problem.acid_names),
                remedy=closest(acid, self.problem.acid_names),
            )

    def refuse_outside(self, acid: str, where: str) -> None:
        """Refuse an acid that has too few experiments.

        Raises:
            InputError: always.
        """
        raise InputError(
            f"{acid} is outside the applicability domain: {dict(self.outside)[acid]} experiments near "
            f"{self.problem.feed.name}, {least_experiments(self.problem)} are needed.",
            where=where,
            allowed=", ".join(self.problem.acid_names),
            remedy="add --unseen (unseen=True) to compare it all the same, as a guess",
        )


def least_experiments(problem: BoundProblem) -> int:
    """Return how many experiments near the feed an acid needs to be inside the domain."""
    return problem.surrogate.domain.settings.min_experiments


def field_of(
    problem: Problem, asked: Asked | None = None, tables: OwnTables | None = None, unseen: bool = False
) -> Field:
    """Return the acids of a question.

    Args:
        problem: feed, acids, ranges, limits.
        asked: what is asked of it; None for the problem's own objectives and targets.
        tables: a user's own acids, prices and factors.
        unseen: whether acids with too few experiments are compared too, with the domain off for them.

    Raises:
        InputError: the question contradicts itself, or cannot be bound to models.
    """
    question = problem if asked is None else question_of(problem, asked)
    if not unseen:
        everything = bind(question, tables)
        refuse_slow_surrogate(question, everything.surrogate)
        names = everything.supported_acids
        outside = tuple(
            (acid, near.experiments)
            for acid, near in zip(everything.acid_names, everything.neighbourhoods, strict=True)
            if acid not in names
        )
        return Field(question, everything.with_acids(names), frozenset(), outside)
    others = [c for c in question.constraints if not isinstance(c, ApplicabilityDomain)]
    free = bind(question.with_source(question.source, constraints=(*others, _OFF)), tables)
    refuse_slow_surrogate(question, free.surrogate)
    held = [near.supported for near in free.neighbourhoods]
    if not any(held):
        return Field(question, free, frozenset(free.acid_names), ())
    bound = bind(question, tables)
    if bound.domain is None:
        guessed = frozenset[str]()
    else:
        guessed = frozenset(a for a, yes in zip(bound.acid_names, held, strict=True) if not yes)
    known = np.array([acid not in guessed for acid in bound.acid_names])[:, None]
    widest = replace(
        bound,
        lower=np.where(known, bound.lower, free.lower),
        upper=np.where(known, bound.upper, free.upper),
    )
    return Field(question, widest, guessed, ())


class Rivals:
    """Acids that compete in the first objective of a problem, under changing prices, targets or limits.

    Args:
        field: the acids.
        acids: those of them that count; all if left out.
        seed: of the random numbers.
        levers: names of what will change; a limit that does is no limit of what is looked at.
        effort: of each acid's own search.
    """

    def __init__(
        self,
        field: Field,
        acids: Sequence[str] = (),
        seed: int = 1,
        levers: Sequence[str] = (),
        effort: SearchSettings = EFFORT,
    ) -> None:
        self.field = field
        self.acids = tuple(acids) or field.problem.acid_names
        self.seed = seed
        self.effort = effort
        loose = [limit(None) for limit in LIMITS if limit.key in levers]
        self.pool = Pool(field.problem.with_constraints(*loose), np.random.default_rng(seed))
        self._known = Batch(self.pool.problem, self.pool.designs, self.pool.high)

    def search(self, problem: BoundProblem, acids: Sequence[str] = (), turn: int = 0) -> None:
        """Search acids each alone, with equal effort, and keep what was found; each turn anew."""
        for acid in acids or self.acids:
            alone = self.field.alone(acid, problem)
            # the same stream for all: what an acid comes to does not depend on the others
            rng = np.random.default_rng((self.seed, turn))
            found = search(alone, self.effort, rng, seed=self.seed, progress=lambda state: None)
            self.add(acid, found.final)

    def add(self, acid: str, known: Archive) -> None:
        """Keep what a search of one acid alone has seen."""
        self.pool.add(known.with_acid(self.field.problem.acid_names.index(acid)))

    def polish(self, asked: Sequence[tuple[BoundProblem, Sequence[str]]], rounds: int = ROUNDS) -> None:
        """Look for better designs of some acids in each problem."""
        self.pool.forget()
        self.pool.solve([q for problem, acids in asked for q in self._questions(problem, acids)], rounds)

    def best(self, problems: Sequence[BoundProblem]) -> Floats:
        """Return the best first objective of each acid in each problem, to minimise; NaN for no feasible one.

        Shape (problems, acids).
        """
        if len(self._known.designs) != len(self.pool):
            self._known = Batch(self.pool.problem, self.pool.designs, self.pool.high)
        values = np.full((len(problems), len(self.acids)), np.nan)
        for i, problem in enumerate(problems):
            for j, question in enumerate(self._questions(problem, self.acids)):
                seen = self._known.view(question)
                if (holds := seen.lacking <= 0.0).any():
                    values[i, j] = seen.value[holds].min()
        return values

    def _questions(self, problem: BoundProblem, acids: Sequence[str]) -> list[Question]:
        names = self.field.problem.acid_names
        return [Question(self.field.seen_by(acid, problem), names.index(acid)) for acid in acids]
