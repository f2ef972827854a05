"""NSGA-II (Deb et al. 2002, doi:10.1109/4235.996017) over the designs of a problem, by pymoo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem as PymooProblem

from optimiser.designs import Designs, Floats, Ints
from optimiser.problem import Problem
from optimiser.search.hypervolume import box, scaled_hypervolume
from optimiser.search.operators import (
    ConstrainedTournament,
    DesignCrossover,
    DesignMutation,
    SameSetpoints,
    SobolSampling,
)


@dataclass(frozen=True)
class SearchSettings:
    """Size of one search; ``stagnation`` generations without 0.1 % more hypervolume end it (0 never)."""

    population: int
    generations: int
    stagnation: int


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows after a generation."""

    generation: int
    generations: int
    feasible_share: float
    hypervolume: float


def total_violation(margins: Floats) -> Floats:
    """Return the sum of what the constraints lack, 0 where all hold; (n, c) to (n,)."""
    lacking: Floats = np.maximum(-margins, 0.0).sum(axis=1)
    return lacking


@dataclass(frozen=True)
class SearchResult:
    """All that a search has seen.

    Attributes:
        seed: label of the random stream.
        designs: every design evaluated, in order, n rows.
        objectives: to minimise, shape (n, m).
        margins: shape (n, c).
        generation: of each design, from 0, shape (n,).
        fronts: objectives of the feasible non-dominated members of each generation's population.
        feasible_share: of each generation's population.
        stopped: why the search ended.
    """

    seed: int
    designs: Designs
    objectives: Floats
    margins: Floats
    generation: Ints
    fronts: tuple[Floats, ...]
    feasible_share: tuple[float, ...]
    stopped: str

    @property
    def violation(self) -> Floats:
        """Sum of what the constraints lack, shape (n,)."""
        return total_violation(self.margins)


class _Searchable(PymooProblem):  # type: ignore[misc]
    """Shows a Problem to pymoo as rows [acid index, five coordinates], and records what is evaluated."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.n_acids = len(problem.acids)
        self.seen: list[tuple[Designs, Floats, Floats]] = []
        super().__init__(
            n_var=6,
            n_obj=len(problem.objectives),
            n_ieq_constr=len(problem.constraint_names),
            xl=np.zeros(6),
            xu=np.array([max(self.n_acids - 1, 0), 1, 1, 1, 1, 1], dtype=np.float64),
        )

    def decode_rows(self, x: Floats) -> Designs:
        return self.problem.decode(np.rint(x[:, 0]).astype(np.intp), x[:, 1:])

    def _evaluate(self, x: Floats, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        designs = self.decode_rows(x)
        point = self.problem.search_point(designs)
        self.seen.append((designs, point.objectives, point.margins))
        out["F"] = point.objectives
        out["G"] = -point.margins


def search(
    problem: Problem,
    settings: SearchSettings,
    rng: np.random.Generator,
    *,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> SearchResult:
    """Run one NSGA-II.

    Args:
        problem: what to search; its whole population is predicted in one call.
        settings: population, generations, stagnation.
        rng: the only source of randomness; the same stream gives the same result, bit for bit.
        seed: label written into the result.
        progress: called after every generation.
    """
    searchable = _Searchable(problem)
    algorithm = NSGA2(
        pop_size=settings.population,
        sampling=SobolSampling(),
        selection=ConstrainedTournament(),
        crossover=DesignCrossover(),
        mutation=DesignMutation(),
        eliminate_duplicates=SameSetpoints(searchable),
    )
    algorithm.setup(searchable, termination=("n_gen", settings.generations), verbose=False)
    algorithm.random_state = rng
    fronts: list[Floats] = []
    shares: list[float] = []
    stopped = f"all {settings.generations} generations done"
    while algorithm.has_next():
        algorithm.next()
        fronts.append(_feasible_front(algorithm.pop))
        shares.append(float((algorithm.pop.get("CV")[:, 0] <= 0.0).mean()))
        known = [f for f in fronts if len(f)]
        ideal, nadir = box(known) if known else (np.zeros(1), np.ones(1))
        now = scaled_hypervolume(fronts[-1], ideal, nadir)
        if progress is not None:
            progress(Progress(len(fronts), settings.generations, shares[-1], now))
        if settings.stagnation and len(fronts) > settings.stagnation and known:
            before = scaled_hypervolume(fronts[-1 - settings.stagnation], ideal, nadir)
            if now - before < 1e-3 * now:
                stopped = f"no gain in hypervolume over {settings.stagnation} generations"
                break
    designs = Designs(
        np.concatenate([d.acid for d, _, _ in searchable.seen]),
        np.vstack([d.continuous for d, _, _ in searchable.seen]),
    )
    generation = np.repeat(np.arange(len(searchable.seen)), [len(d) for d, _, _ in searchable.seen])
    return SearchResult(
        seed=seed,
        designs=designs,
        objectives=np.vstack([f for _, f, _ in searchable.seen]),
        margins=np.vstack([g for _, _, g in searchable.seen]),
        generation=generation,
        fronts=tuple(fronts),
        feasible_share=tuple(shares),
        stopped=stopped,
    )


def _feasible_front(population: Any) -> Floats:
    feasible = population.get("CV")[:, 0] <= 0.0
    objectives: Floats = population.get("F")[feasible & (population.get("rank") == 0)]
    return objectives
