"""One search: see what there is, follow the best of every kind, and end at high fidelity.

Seeds are the experiments near the feed and scrambled Sobol designs. Then an evolutionary algorithm of pymoo
(Deb et al. 2002 by default) selects a population, while what is tried next also comes from the front and
from the best of every cell of the design space, and only the promising among many candidates are predicted.
The second half is spent at high fidelity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pymoo.core.evaluator import Evaluator
from pymoo.core.problem import Problem as PymooProblem
from pymoo.problems.static import StaticProblem
from scipy.stats import qmc

from optimiser.problem.bound import BoundProblem
from optimiser.search.algorithms import new_algorithm
from optimiser.search.archive import Archive, joined, predicted, spread
from optimiser.search.hypervolume import box, scaled_hypervolume
from optimiser.search.journal import Journal, Step, not_kept
from optimiser.search.mating import Mating
from optimiser.surrogate.artefact import Fidelity
from optimiser.variables import Designs, Floats, Ints

_SEEDS, _FINAL = 0.05, 0.5  # shares of the generations
_RESTART = 2  # generations at high fidelity that are designs of the stage before
_AT_ONCE = 2  # generations that are predicted at once, which is faster and finds more than one by one
_GAIN = 1e-3  # of hypervolume, below which a search stagnates


@dataclass(frozen=True)
class SearchSettings:
    """Size of one search; ``stagnation`` generations without 0.1 % more hypervolume end a stage (0 never).

    ``fidelity`` is that of all but the last stage, which is always at high fidelity.
    """

    population: int
    generations: int
    stagnation: int
    algorithm: str = "nsga2"
    fidelity: Fidelity = "low"


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows after a generation.

    Attributes:
        generation: that is done, of so many ``generations``.
        feasible_share: of the designs that it tried.
        hypervolume: of the front.
        front: its objectives, all minimised, shape (n, m).
    """

    generation: int
    generations: int
    feasible_share: float
    hypervolume: float
    front: Floats


@dataclass(frozen=True)
class SearchResult:
    """All that a search has seen.

    Attributes:
        seed: label of the random stream.
        searched: what was predicted before the last stage; of one generation, what ``final`` holds.
        final: what was predicted at high fidelity; fronts are read off it.
        evaluations: designs predicted, at either fidelity; candidates that were not chosen do not count.
        fronts: objectives of the front after each generation.
        feasible_share: of the designs that each generation tried.
        stopped: why the search ended.
    """

    seed: int
    searched: Archive
    final: Archive
    evaluations: int
    fronts: tuple[Floats, ...]
    feasible_share: tuple[float, ...]
    stopped: str


@dataclass
class _Log:
    """What is told generation by generation."""

    settings: SearchSettings
    progress: Callable[[Progress], None] | None
    fronts: list[Floats] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    corners: tuple[Floats, Floats] | None = None
    predicted: int = 0

    def add(self, archive: Archive, new: int) -> None:
        """Note the last ``new`` designs of an archive, generation by generation."""
        self.predicted += new
        size, n = self.settings.population, len(archive)
        for stop in range(n - new + size, n + size, size):
            self._note(archive.take(np.arange(min(stop, n))), min(size, n + size - stop))

    def _note(self, archive: Archive, new: int) -> None:
        self.fronts.append(archive.objectives[archive.front])
        if len(self.fronts[-1]):
            known = [] if self.corners is None else [np.array(self.corners)]
            self.corners = box([self.fronts[-1], *known])
        self.shares.append(float((archive.violation[-new:] <= 0.0).mean()))
        if self.progress is not None:
            now = self.hypervolumes((len(self.fronts) - 1,))[0]
            of = self.settings.generations
            self.progress(Progress(len(self.fronts), of, self.shares[-1], now, self.fronts[-1]))

    def hypervolumes(self, generations: Sequence[int]) -> list[float]:
        """Return the hypervolume after some generations, in the box of all fronts so far."""
        if self.corners is None:
            return [0.0 for _ in generations]
        return [scaled_hypervolume(self.fronts[g], *self.corners) for g in generations]

    def stagnates(self, since: int) -> bool:
        """Return whether the hypervolume has hardly grown over so many generations as are allowed."""
        allowed, last = self.settings.stagnation, len(self.fronts) - 1
        if not allowed or last - allowed < since or not len(self.fronts[last]):
            return False
        before, now = self.hypervolumes((last - allowed, last))
        return now - before < _GAIN * now


def search(
    problem: BoundProblem,
    settings: SearchSettings,
    rng: np.random.Generator,
    *,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    journal: Journal | None = None,
) -> SearchResult:
    """Search a problem with ``population`` x ``generations`` predictions at most.

    Args:
        problem: what to search; two generations are predicted in one call.
        settings: algorithm, population, generations, stagnation.
        rng: the only source of randomness; the same stream gives the same result, bit for bit.
        seed: label written into the result.
        progress: called for every generation, when it is predicted.
        journal: keeps each step; those that it holds are taken from it. The result is the same.

    Raises:
        InputError: the journal is damaged, or cannot be written.
    """
    log, step = _Log(settings, progress), not_kept if journal is None else journal.step
    size, whole = settings.population, settings.generations
    last = max(1, round(_FINAL * whole))
    first = min(max(1, round(_SEEDS * whole)), whole - last)

    def begin() -> Archive:
        start = seeds(problem, max(first, 1) * size, rng)
        return predicted(problem, start, settings.fidelity if first else "high")

    archive = joined([step(rng, begin)])
    log.add(archive, len(archive))
    if not first:
        return SearchResult(seed, archive, archive, log.predicted, *_told(log), "one generation asked for")
    archive, why = _evolve(problem, archive, whole - last - first, settings.fidelity, rng, log, step)
    rows = _worth_retrying(archive, min(_RESTART, last) * size)
    again = archive.designs.take(rows)
    final = step(rng, lambda: predicted(problem, again, "high"))
    log.add(final, len(final))
    left = last - -(-len(rows) // size)
    final, why_final = _evolve(problem, final, left, "high", rng, log, step)
    stopped = why_final or why or f"all {whole} generations done"
    return SearchResult(seed, archive, final, log.predicted, *_told(log), stopped)


def refine(
    problem: BoundProblem,
    archive: Archive,
    settings: SearchSettings,
    fidelity: Fidelity,
    rng: np.random.Generator,
) -> Archive:
    """Let a search go on from designs that are known, and return these with what it adds.

    Args:
        problem: what to search.
        archive: designs predicted at the fidelity.
        settings: algorithm, population, generations, stagnation.
        fidelity: at which it predicts.
        rng: generator.
    """
    return _evolve(problem, archive, settings.generations, fidelity, rng, _Log(settings, None), not_kept)[0]


def seeds(problem: BoundProblem, n: int, rng: np.random.Generator) -> Designs:
    """Return n designs to begin with: experiments near the feed, cut to the ranges, and Sobol designs.

    At most half of them are experiments; acids are dealt out evenly among the rest.
    """
    known = [
        problem.designs(np.full(len(x), k, dtype=np.intp), x)
        for k, near in enumerate(problem.neighbourhoods)
        if len(x := problem.surrogate.domain.conditions(near))
    ]
    acids = len(problem.acids)
    power = int(np.ceil(np.log2(max(n, 2))))
    unit = qmc.Sobol(len(problem.variables), rng=rng).random_base2(power)[:n]
    if not known:
        return problem.decode(rng.permutation(np.arange(n) % acids), unit)
    told = problem.settable(Designs.joined(known))
    _, first = np.unique(told.setpoints, return_index=True)
    few = rng.permutation(first)[: max(0, min(n // 2, n - acids))]
    rest = n - len(few)
    drawn = problem.decode(rng.permutation(np.arange(rest) % acids), unit[:rest])
    return Designs.joined([told.take(few), drawn])


def _told(log: _Log) -> tuple[tuple[Floats, ...], tuple[float, ...]]:
    return tuple(log.fronts), tuple(log.shares)


def _worth_retrying(archive: Archive, most: int) -> Ints:
    """Return rows to go on from: the front, the best of the cells, and what violates least."""
    elites = [rows[: most // (4 * len(archive.elites))] for rows in archive.elites]
    front = spread(archive.objectives, archive.front, most // 2)
    every = np.concatenate([front, *elites, np.argsort(archive.violation, kind="stable")])
    _, first = np.unique(every, return_index=True)
    return every[np.sort(first)][:most]


def _evolve(
    problem: BoundProblem,
    archive: Archive,
    generations: int,
    fidelity: Fidelity,
    rng: np.random.Generator,
    log: _Log,
    step: Step,
) -> tuple[Archive, str]:
    """Let an algorithm go on from an archive; return what is then known, and why it stopped early, if so."""
    size, since = log.settings.population, len(log.fronts)
    rows = _worth_retrying(archive, size)
    shown = _Shown(problem)
    start = np.column_stack([archive.designs.acid, problem.encode(archive.designs)])[rows]
    algorithm = new_algorithm(log.settings.algorithm, size, shown.n_obj, start)
    mating = algorithm.mating = Mating(problem, archive, fidelity, algorithm.mating.selection, step)
    algorithm.setup(shown, termination=("n_gen", generations + 1), verbose=False)
    algorithm.random_state = rng
    _tell(algorithm, algorithm.ask(), archive, rows)
    for left in range(generations, 0, -_AT_ONCE):
        algorithm.n_offsprings = min(_AT_ONCE, left) * size
        offspring = algorithm.ask()
        if offspring is None:
            return mating.archive, "no new setpoint found"
        rows = mating.learn()
        _tell(algorithm, offspring, mating.archive, rows)
        log.add(mating.archive, len(rows))
        if log.stagnates(since):
            return mating.archive, f"no gain in hypervolume over {log.settings.stagnation} generations"
    return mating.archive, ""


def _tell(algorithm: Any, offspring: Any, archive: Archive, rows: Ints) -> None:
    """Give an algorithm what is known of the designs that it asked for."""
    objectives, margins = archive.objectives[rows], archive.margins[rows]
    known = StaticProblem(algorithm.problem, F=objectives, G=-margins)
    Evaluator().eval(known, offspring)
    offspring.set("row", rows)
    algorithm.tell(infills=offspring)


class _Shown(PymooProblem):  # type: ignore[misc]
    """A problem as pymoo sees it: rows of acid index and coordinates; it is never asked to evaluate."""

    def __init__(self, problem: BoundProblem) -> None:
        super().__init__(
            n_var=1 + len(problem.variables),
            n_obj=len(problem.objectives),
            n_ieq_constr=len(problem.constraint_names),
            xl=0.0,
            xu=np.array([max(len(problem.acids) - 1, 0), *[1.0] * len(problem.variables)], dtype=np.float64),
        )
