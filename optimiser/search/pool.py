"""The single best design of many questions about the same yields: scan at low fidelity, then polish.

Yields depend on the setpoints alone, not on prices, targets, limits or objectives. So what was predicted for
one question is known for all, and every further question costs a few sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import qmc

from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.problem.outcome import Outcome
from optimiser.problem.yields import located, slacks, yield_quantile
from optimiser.search.archive import Archive, cells, total_violation
from optimiser.search.moves import children
from optimiser.search.screen import corrected
from optimiser.surrogate.artefact import Fidelity, YieldPrediction
from optimiser.surrogate.calibration import reached
from optimiser.variables import Designs, Floats, Ints

#: Designs of each acid that are scanned at low fidelity, a power of 2.
_SCANNED = 4096
_FIRST = 24  # of the scan that each question has predicted at high fidelity
_STARTS = 3  # cells of the design space whose best designs are polished
#: Candidates per round, shared out among the questions, and those of them that are predicted; the least and
#: the most that one question gets.
_CHILDREN, _CHOSEN = (1800, 32, 500), (120, 3, 40)
_GOOD, _MATES = 400, 40  # best designs that starts, and mates, are taken from
_EAGER = 0.6  # chance that the best start is the parent
_TYPICAL = 64  # held-out rows that stand for all where yields are guessed anyway
_PATIENCE = 3  # rounds without gain after which a question rests
_LATEST = 2  # confidences and sets of targets that are kept when questions are forgotten
_GAIN = 1e-4  # relative, below which a round gains nothing


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of the designs: the best first objective of a problem within its constraints.

    Attributes:
        problem: bound as the pool's, but for prices, limits, ranges and objectives.
        acid: index of the only acid that counts, or None for all.
        score: what to minimise instead of the first objective, and what lacks besides the constraints, of
            n designs, shape (n,) each.
    """

    problem: BoundProblem
    acid: int | None = None
    score: Callable[[Outcome, YieldPrediction], tuple[Floats, Floats]] | None = None


@dataclass(frozen=True)
class View:
    """How a question sees designs.

    Attributes:
        value: the first objective, to minimise, shape (n,).
        lacking: sum of what constraints and ranges lack, 0 where all hold, shape (n,); infinite for an acid
            that does not count.
    """

    value: Floats
    lacking: Floats

    @property
    def order(self) -> Ints:
        """The rows, best first: what holds all constraints by value, then what lacks least."""
        return np.lexsort((self.value, self.lacking))

    def first(self, n: int) -> Ints:
        """Return the first rows of ``order``, at most ``n``, without sorting all others."""
        if n >= len(self.lacking):
            return self.order
        lacks = np.partition(self.lacking, n - 1)[n - 1]
        rows = np.flatnonzero(self.lacking <= lacks)
        tied = np.flatnonzero(self.lacking[rows] == lacks)
        more = n - (len(rows) - len(tied))  # of those that lack as much as the last one
        values = self.value[rows[tied]]
        if more < len(tied) and np.isfinite(values).all():
            drop = tied[values > np.partition(values, more - 1)[more - 1]]
            rows = np.delete(rows, drop)
        return rows[np.lexsort((self.value[rows], self.lacking[rows]))][:n]

    def joined(self, other: View) -> View:
        """Return the view of these designs and of others."""
        return View(np.append(self.value, other.value), np.append(self.lacking, other.lacking))


class Batch:
    """Designs with their yields, and what questions share of how they see them.

    Args:
        problem: whose yields they are.
        designs: n designs.
        prediction: of their yields.
        number: of held-out rows that stand for all where targets have to hold at once; None for all.
    """

    def __init__(
        self, problem: BoundProblem, designs: Designs, prediction: YieldPrediction, number: int | None = None
    ) -> None:
        self.problem = problem
        self.designs = designs
        self.prediction = prediction
        self._number = number
        self._free: dict[tuple[Any, ...], tuple[BoundProblem, Floats, Floats]] = {}
        self._counted: dict[float, Floats] = {}
        self._slacks: dict[tuple[float, ...], Floats] = {}

    def forget(self) -> None:
        """Forget prices that are over, and all targets but the latest ones: they may come without end."""
        self._free.clear()
        kept: tuple[dict[Any, Floats], ...] = (self._counted, self._slacks)
        for known in kept:
            for key in list(known)[:-_LATEST]:
                del known[key]

    def view(self, question: Question) -> View:
        """Return how a question sees them."""
        problem, designs = question.problem, self.designs
        if self.prediction.location is None and problem.needs_errors:
            self.prediction = located(problem.surrogate, self.prediction)
        value, lacking = self._without_targets(problem)
        margins = problem.yields.margins_of(
            problem.responses, self._counted_with(problem.each_confidence), self._slack
        )
        if margins:
            lacking = lacking + total_violation(np.column_stack(list(margins.values())))
        if question.score is not None:
            told = problem.outcome_of(designs, self.prediction.mean)
            value, more = question.score(told, self.prediction)
            lacking = lacking + more
        if question.acid is not None:
            lacking = np.where(designs.acid == question.acid, lacking, np.inf)
        return View(value, lacking)

    def _without_targets(self, problem: BoundProblem) -> tuple[Floats, Floats]:
        """Return the objective, and what limits and ranges lack, which questions with other targets share."""
        others = [id(c) for c in problem.constraints if not isinstance(c, Yields)]
        parts = (id(problem.inputs), id(problem.lower), id(problem.upper), problem.objectives, *others)
        if parts not in self._free:  # with the problem, so that no other can have the same parts
            point = problem.with_constraints(Yields()).point_at(self.designs, self.prediction)
            low, high = problem.lower[self.designs.acid], problem.upper[self.designs.acid]
            x = self.designs.continuous
            outside = np.maximum(low - x, x - high).max(axis=1) > 1e-9
            self._free[parts] = (problem, point.objectives[:, 0], total_violation(point.margins) + outside)
        return self._free[parts][1:]

    def _counted_with(self, confidence: float | None) -> Floats:
        if confidence is None:
            return self.prediction.mean
        if confidence not in self._counted:
            told = yield_quantile(
                self.problem.surrogate, self.problem.feed, self.prediction, 1.0 - confidence
            )
            self._counted[confidence] = told
        return self._counted[confidence]

    def _slack(self, targets: Floats, confidence: float) -> Floats:
        """Return the slack of targets; those that differ by the same from others share what is sorted."""
        most = np.nanmax(targets)
        key = tuple(np.nan_to_num(targets - most, nan=9.0).round(9).tolist())
        if key not in self._slacks:
            told = slacks(self.problem.surrogate, self.prediction, targets - most, self._number)
            self._slacks[key] = told
        return reached(self._slacks[key], confidence) - most


class Pool:
    """All that is known of the designs of one problem, and what its questions make of it.

    Args:
        problem: whose yields are asked about; its ranges are the widest that are looked at.
        rng: generator, the only source of randomness.
        known: designs of the problem to start from, instead of a scan.

    Attributes:
        designs: predicted at high fidelity.
        high, low: their yields at both fidelities.
    """

    def __init__(self, problem: BoundProblem, rng: np.random.Generator, known: Archive | None = None) -> None:
        self.problem = problem
        self.rng = rng
        self._views: dict[Question, View] = {}
        self._scan: Batch | None = None
        self._batch: Batch | None = None
        if known is not None:
            self.designs, self.high, self.low = known.designs, known.prediction, known.rough
            return
        everything = scan(problem, rng)
        told = _told(problem, everything, "low")
        rows = _possible(problem, everything, told)
        designs = everything.take(rows)
        self._scan = Batch(problem, designs, told.take(rows), _TYPICAL)
        nothing = np.zeros(0, dtype=np.intp)
        self.designs = designs.take(nothing)
        self.high = self.low = self._scan.prediction.take(nothing)

    def __len__(self) -> int:
        return len(self.designs)

    def solve(self, questions: Sequence[Question], rounds: int = 12, *, scan: bool = True) -> None:
        """Look for the best design of each question; what is found for one counts for all.

        Args:
            questions: each keeps what was found for it before.
            rounds: of polishing, at most.
            scan: whether a new question has the most promising designs of the scan predicted.
        """
        new = [q for q in questions if q not in self._views]
        if new:
            known = self._batch = self._batch or Batch(self.problem, self.designs, self.high)
            self._views |= {q: known.view(q) for q in new}
            if scan and self._scan is not None:
                firsts = [self._scan.view(q).first(_FIRST) for q in new]
                rows = np.unique(np.concatenate(firsts))
                self._predict(self._scan.designs.take(rows), self._scan.prediction.take(rows))
        best, rested = {q: self._best_of(q) for q in questions}, dict.fromkeys(questions, 0)
        for _ in range(rounds):
            active = [q for q in questions if rested[q] < _PATIENCE]
            if not active:
                break
            self._predict(*self._candidates(active))
            for q in active:
                now = self._best_of(q)
                rested[q] = 0 if _better(now, best[q]) else rested[q] + 1
                best[q] = now

    def add(self, known: Archive) -> None:
        """Take over what a search of the same yields predicted, and show it to every question."""
        new = self._untried(known.designs)
        self._learn(known.designs.take(new), known.prediction.take(new), known.rough.take(new))

    def forget(self) -> None:
        """Forget all questions; what was predicted stays."""
        self._views.clear()
        for batch in (self._scan, self._batch):
            if batch is not None:
                batch.forget()

    def best(self, question: Question) -> int:
        """Return the row of ``designs`` that is best for a question that was solved."""
        return int(self._views[question].first(1)[0])

    def view(self, question: Question) -> View:
        """Return how a question that was solved sees ``designs``."""
        return self._views[question]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions that were solved."""
        return tuple(self._views)

    def archive(self, problem: BoundProblem) -> Archive:
        """Return ``designs`` as a search with another question about the same yields would know them."""
        point = problem.point_at(self.designs, self.high)
        cell = cells(problem, self.designs)
        return Archive(self.designs, point.objectives, point.margins, cell, self.high, self.low)

    def _best_of(self, question: Question) -> tuple[float, float]:
        seen, row = self._views[question], self.best(question)
        return float(seen.lacking[row]), float(seen.value[row])

    def _untried(self, designs: Designs) -> Ints:
        """Return the rows of what is not predicted yet, the first of each setpoint, in order."""
        keys, first = np.unique(designs.setpoints, return_index=True)
        return np.sort(first[~np.isin(keys, self.designs.setpoints)])

    def _predict(self, designs: Designs, low: YieldPrediction) -> None:
        """Predict what is not known yet at high fidelity, and show it to every question."""
        new = self._untried(designs)
        if not len(new):
            return
        designs = designs.take(new)
        self._learn(designs, _told(self.problem, designs, "high"), replace(low.take(new), location=None))

    def _learn(self, designs: Designs, high: YieldPrediction, low: YieldPrediction) -> None:
        batch, self._batch = Batch(self.problem, designs, high), None
        self._views = {q: seen.joined(batch.view(q)) for q, seen in self._views.items()}
        self.designs = Designs.joined([self.designs, designs])
        self.high = YieldPrediction.joined([self.high, batch.prediction])
        self.low = YieldPrediction.joined([self.low, low])

    def _candidates(self, questions: Sequence[Question]) -> tuple[Designs, YieldPrediction]:
        """Return the most promising new designs beside the best ones of some questions, at low fidelity."""
        family = [self._children(q, _share(_CHILDREN, len(questions))) for q in questions]
        parents, made = np.concatenate([rows for rows, _ in family]), Designs.joined([m for _, m in family])
        new = self._untried(made)
        parents, made = parents[new], made.take(new)
        rough = self.problem.predict(made, "low") if len(made) else self.low.take(new)
        if not len(made):
            return made, rough
        high, low = self.high.take(parents), self.low.take(parents)
        guess = corrected(rough, high, low, self.problem, made)
        guessed = Batch(self.problem, made, guess, _TYPICAL)
        # what is made for another question may serve this one
        each = _share(_CHOSEN, len(questions))
        chosen = [guessed.view(question).order[:each] for question in questions]
        rows = np.unique(np.concatenate(chosen))
        return made.take(rows), rough.take(rows)

    def _children(self, question: Question, n: int) -> tuple[Ints, Designs]:
        """Return candidates for one question, and the rows of their parents."""
        seen = self._views[question]
        order = seen.order[:_GOOD]
        order = order[np.isfinite(seen.lacking[order])]
        designs, cell = self.designs, cells(self.problem, self.designs.take(order))
        _, first = np.unique(cell, return_index=True)
        starts = order[np.sort(first)[:_STARTS]]
        parents = starts[np.minimum(self.rng.geometric(_EAGER, n) - 1, len(starts) - 1)]
        mates = self.rng.choice(order[:_MATES], n)
        mates = np.where(designs.acid[mates] == designs.acid[parents], mates, parents)
        return parents, children(question.problem, designs.take(parents), designs.take(mates), self.rng)


def scan(problem: BoundProblem, rng: np.random.Generator) -> Designs:
    """Return the designs to look at first: Sobol designs of each acid, and the experiments near the feed."""
    unit = qmc.Sobol(len(problem.variables), rng=rng).random(_SCANNED)
    found = [problem.decode(np.full(_SCANNED, k, dtype=np.intp), unit) for k in range(len(problem.acids))]
    for k, near in enumerate(problem.neighbourhoods):
        x = problem.surrogate.domain.conditions(near)
        if len(x):
            found.append(problem.settable(problem.designs(np.full(len(x), k, dtype=np.intp), x)))
    return Designs.joined(found)


def _share(of: tuple[int, int, int], questions: int) -> int:
    total, least, most = of
    return min(max(total // questions, least), most)


def _possible(problem: BoundProblem, designs: Designs, told: YieldPrediction) -> Ints:
    """Return the rows that keep all limits but the yield targets, of each acid; all rows where none does."""
    margins = problem.with_constraints(Yields()).point_at(designs, told).margins
    holds = total_violation(margins) <= 0.0
    lost = np.isin(designs.acid, np.setdiff1d(designs.acid, designs.acid[holds]))
    return np.flatnonzero(holds | lost)


def _better(now: tuple[float, float], before: tuple[float, float]) -> bool:
    (lacks, value), (lacked, was) = now, before
    if lacks > 0.0 or lacked > 0.0:
        return lacks < lacked - _GAIN * lacked
    return value < was - _GAIN * abs(was)


def _told(problem: BoundProblem, designs: Designs, fidelity: Fidelity) -> YieldPrediction:
    """Predict, and leave behind what single points of a tolerance say."""
    return problem.predict(designs, fidelity).take(np.arange(len(designs)))
