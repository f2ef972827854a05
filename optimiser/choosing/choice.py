"""Choose from all designs that a run has predicted: no prediction is made unless a search is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser.choosing.ask import Ask, kind_of
from optimiser.choosing.spread import farthest_first, knees
from optimiser.choosing.values import Metrics
from optimiser.choosing.wish import Wish, span_of
from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import Outcome
from optimiser.search.archive import Archive, non_dominated
from optimiser.search.known import Known
from optimiser.search.pool import Pool, Question
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.variables import Designs, Floats, Ints

#: Of the search that ``polish`` asks for.
_SEED, _ROUNDS = 1, 12
_GAIN, _NOTABLE = 1e-6, 0.01  # shares of a span that count as better, and that are worth telling


@dataclass(frozen=True)
class Obstacle:
    """A bound that stands in the way: what else could be reached if it gave way.

    Attributes:
        metric: that is bounded.
        bound: what was allowed.
        needed: what it would be.
        reached: metrics to improve, by name, as they would be.
    """

    metric: str
    bound: float
    needed: float
    reached: Mapping[str, float]


@dataclass(frozen=True)
class Choice:
    """Designs that were chosen, and how.

    Attributes:
        run: whose designs they are.
        ask: what was asked.
        kind: ``classification``, ``reference``, ``weights``, ``diverse`` or ``knees``.
        metrics: that are told: those named, then the objectives.
        designs: the start, then the designs chosen.
        labels: of these.
        values: of the metrics, in their own units and directions, shape (n, k).
        reached: whether the wish is fulfilled: something improves, and every value wished for is reached.
        obstacles: where it is not, which bounds stand in the way.
        nearest: where it is not, the values of the design that fulfils it and breaks the bounds least.
        searched: designs that were predicted for it.
    """

    run: Known
    ask: Ask
    kind: str
    metrics: Metrics
    designs: Archive
    labels: tuple[str, ...]
    values: Floats
    reached: bool = True
    obstacles: tuple[Obstacle, ...] = ()
    nearest: Mapping[str, float] | None = None
    searched: int = 0

    @property
    def problem(self) -> BoundProblem:
        """The bound question of the run."""
        return self.run.problem

    def bound(self, name: str) -> float | None:
        """Return what a metric was allowed to be at worst, None where nothing was said of it."""
        if name in self.ask.relax:
            return float(self.ask.relax[name])
        if name in self.ask.keep:
            return float(self.values[0, self.metrics.names.index(name)])
        return None


@dataclass(frozen=True)
class _Known:
    """Designs to choose among: those that no other feasible one dominates in the metrics looked at."""

    run: Known
    metrics: Metrics
    rows: Ints
    values: Floats  # to minimise
    start: int  # row of the archive
    at_start: Floats

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Best and range of each metric."""
        return span_of(self.values)


def choose(run: Known, ask: Ask) -> Choice:
    """Choose designs of a run.

    Args:
        run: its question and all designs it has predicted.
        ask: what is asked.

    Raises:
        InputError: nothing, or several kinds of things are asked; a metric is unknown, or named twice; a
            value is impossible; the run found no feasible design.
    """
    kind = kind_of(ask)
    if not len(run.front):
        raise InputError(
            f"The run {run.name} found no feasible design, so there is none to choose.",
            remedy="its report says what stands in the way",
        )
    start = _start(run, ask)
    named = [*ask.improve, *ask.relax, *ask.keep, *ask.reference, *ask.weights]
    objectives = [objective.metric for objective in run.problem.objectives]
    metrics = Metrics.named(run.problem, [*named, *objectives])
    known = _known(run, metrics, start)
    if kind in ("diverse", "knees"):
        return _several(known, ask, kind)
    wish = _wish(known, ask, kind)
    best = int(known.rows[_best(wish, known.values)])
    searched, designs = 0, run.seen.take(np.array([start, best]))
    if ask.polish:
        searched, designs = _polished(known, wish, designs)
    values = metrics.signs * _values(metrics, designs)
    found = Choice(run, ask, kind, metrics, designs, ("start", "chosen"), values, searched=searched)
    return found if kind == "weights" else _with_obstacles(found, known, wish)


def _start(run: Known, ask: Ask) -> int:
    if ask.start is None:
        return int(run.front[run.seen.objectives[run.front, 0].argmin()])
    if not 1 <= ask.start <= len(run.front):
        raise InputError(
            f"The front of {run.name} has no design {ask.start}.",
            where="from",
            allowed=f"1 to {len(run.front)}",
        )
    return int(run.front[ask.start - 1])


def _known(run: Known, metrics: Metrics, start: int) -> _Known:
    feasible = np.flatnonzero(run.seen.violation <= 0.0)
    values = _values(metrics, run.seen.take(feasible))
    at_start = values[np.searchsorted(feasible, start)]
    best = non_dominated(values)
    return _Known(run, metrics, feasible[best], values[best], start, at_start)


def _values(metrics: Metrics, designs: Archive) -> Floats:
    """Return metrics of designs, to minimise."""
    told = designs.prediction
    return metrics.of(metrics.problem.outcome_of(designs.designs, told.mean), told)


def _best(wish: Wish, values: Floats) -> int:
    return int(np.lexsort((wish.value(values), wish.lacking(values)))[0])


def _wish(known: _Known, ask: Ask, kind: str) -> Wish:
    names, signs = known.metrics.names, known.metrics.signs
    ideal, span = known.limits

    def column(given: Mapping[str, float | None], otherwise: Floats) -> Floats:
        told = [given.get(name) for name in names]
        return np.array([o if t is None else s * t for t, o, s in zip(told, otherwise, signs, strict=True)])

    nothing, unbounded = np.zeros(len(names)), np.full(len(names), np.inf)
    if kind == "reference":
        rated = np.isin(names, list(ask.reference)).astype(np.float64)
        return Wish(column(ask.reference, ideal), rated, unbounded, ideal, span, unbounded)
    if kind == "weights":
        weight = np.abs(column(ask.weights, nothing))
        return Wish(ideal, weight / weight.max(), unbounded, ideal, span, unbounded)
    bound = column(ask.relax, unbounded)
    _check_relaxed(known, ask)
    held = np.isin(names, [*ask.improve, *ask.keep])
    bound[held] = known.at_start[held]
    point = column(ask.improve, ideal)
    _check_improved(known, ask)
    rated = np.isin(names, list(ask.improve)).astype(np.float64)
    enough = np.where([ask.improve.get(name) is None for name in names], np.inf, 0.0)
    return Wish(point, rated, bound, ideal, span, enough)


def _check_relaxed(known: _Known, ask: Ask) -> None:
    for name, value in ask.relax.items():
        j = known.metrics.names.index(name)
        sign, now = known.metrics.signs[j], known.at_start[j]
        if sign * value < now:
            raise InputError(
                f"{name} is {sign * now:g} at the start, and {value:g} is better: that relaxes nothing.",
                where=f"relax {name}={value:g}",
                allowed=f"{'above' if sign > 0 else 'below'} {sign * now:.6g} {METRICS[name].unit}",
                remedy=f"--improve {name}={value:g} asks for that, --keep {name} holds it",
            )


def _check_improved(known: _Known, ask: Ask) -> None:
    for name, value in ask.improve.items():
        j = known.metrics.names.index(name)
        sign, now = known.metrics.signs[j], known.at_start[j]
        if value is not None and sign * value >= now:
            raise InputError(
                f"{name} is {sign * now:g} at the start, and {value:g} would be no better.",
                where=f"improve {name}={value:g}",
                allowed=f"{'below' if sign > 0 else 'above'} {sign * now:.6g} {METRICS[name].unit}",
                remedy=f"--relax {name}={value:g} lets it get worse",
            )


def _fulfilled(known: _Known, ask: Ask, kind: str, values: Floats) -> Any:
    """Return which designs fulfil a wish, its bounds aside: values to minimise, shape (n, k) to (n,)."""
    _, span = known.limits
    holds = np.ones(len(values), dtype=bool)
    wished = ask.reference if kind == "reference" else ask.improve
    for name, value in wished.items():
        j = known.metrics.names.index(name)
        wanted = known.at_start[j] - _GAIN * span[j] if value is None else known.metrics.signs[j] * value
        holds &= values[:, j] <= wanted + (0.0 if value is None else _GAIN * span[j])
    return holds


def _with_obstacles(found: Choice, known: _Known, wish: Wish) -> Choice:
    """Say which bounds stand in the way of a wish, and what fulfils it with least harm."""
    ask, metrics = found.ask, found.metrics
    chosen = metrics.signs * found.values[1:]
    if _fulfilled(known, ask, found.kind, chosen)[0] and wish.lacking(chosen)[0] <= 0.0:
        return found
    before, obstacles = wish.value(chosen)[0], []
    for name in (*ask.relax, *ask.keep):
        j = metrics.names.index(name)
        bound = wish.bound.copy()
        bound[j] = np.inf
        free = replace(wish, bound=bound)
        row = known.values[_best(free, known.values)]
        if free.lacking(row[None])[0] <= 0.0 and free.value(row[None])[0] < before - _NOTABLE:
            told = metrics.signs * row
            reached = {m: float(told[metrics.names.index(m)]) for m in ask.improve}
            obstacles.append(Obstacle(name, float(metrics.signs[j] * wish.bound[j]), float(told[j]), reached))
    nearest = None
    fulfil = known.values[_fulfilled(known, ask, found.kind, known.values)]
    if len(fulfil):
        told = metrics.signs * fulfil[_best(wish, fulfil)]
        nearest = dict(zip(metrics.names, told.tolist(), strict=True))
    return replace(found, reached=False, obstacles=tuple(obstacles), nearest=nearest)


def _polished(known: _Known, wish: Wish, designs: Archive) -> tuple[int, Archive]:
    """Search on for a wish; the start, and the best design then known."""
    problem = known.run.problem

    def score(outcome: Outcome, prediction: YieldPrediction) -> tuple[Floats, Floats]:
        values = known.metrics.of(outcome, prediction)
        return wish.value(values), wish.lacking(values)

    pool = Pool(problem, np.random.default_rng(_SEED), known.run.seen)
    question = Question(problem, score=score)
    pool.solve([question], _ROUNDS)
    row = np.array([pool.best(question)])
    best = pool.designs.take(row)
    point = problem.point_at(best, pool.high.take(row))
    first = designs.take(np.array([0]))
    both = replace(
        designs,
        designs=Designs.joined([first.designs, best]),
        objectives=np.vstack([first.objectives, point.objectives]),
        margins=np.vstack([first.margins, point.margins]),
        prediction=YieldPrediction.joined([first.prediction, pool.high.take(row)]),
        rough=YieldPrediction.joined([first.rough, pool.low.take(row)]),
    )
    return len(pool) - len(known.run.seen), both


def _several(known: _Known, ask: Ask, kind: str) -> Choice:
    """Return several designs of the front."""
    run, seen, problem = known.run, known.run.seen, known.run.problem
    rows = seen.front
    objectives = seen.objectives[rows]
    if kind == "knees":
        if objectives.shape[1] < 2:
            raise InputError("A front of one objective has no knee.", allowed="a run with two objectives")
        chosen, sharp = knees(objectives)
        labels = [f"knee {i}" + _said(s) for i, s in enumerate(sharp, start=1)]
    else:
        ideal, span = span_of(objectives)
        designs = seen.designs.take(rows)
        acids = np.eye(len(problem.acids))[designs.acid] / np.sqrt(2.0)  # two acids are 1 apart
        points = np.hstack([(objectives - ideal) / span, problem.encode(designs), acids])
        chosen = farthest_first(points, ask.diverse or 2, int(objectives[:, 0].argmin()))
        labels = [f"no. {i}" for i in range(1, len(chosen) + 1)]
    taken = seen.take(np.append(known.start, rows[chosen]))
    values = known.metrics.signs * _values(known.metrics, taken)
    return Choice(run, ask, kind, known.metrics, taken, ("start", *labels), values)


def _said(sharp: float) -> str:
    return "" if np.isnan(sharp) else f" (leaving it costs {sharp:.1f} times the gain)"
