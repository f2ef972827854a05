"""A run: a pure function of config, tables, artefact and seeds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.binding import bind
from optimiser.designs import Floats
from optimiser.front import Archive, Front, Infeasibility, archive, front_of, infeasibility_of
from optimiser.problem import Problem
from optimiser.search.hypervolume import box, scaled_hypervolume
from optimiser.search.nsga2 import Progress, SearchResult, SearchSettings, search
from optimiser.spec.load import RunConfig

#: Called with what is being searched (``seed 1`` or an acid) and how far it is.
ProgressCallback = Callable[[str, Progress], None]


@dataclass(frozen=True)
class AcidVerdict:
    """One acid searched on its own: its front, or why it has none.

    ``experiments`` is the number of experiments with this acid near the feed.
    """

    acid: str
    experiments: int
    front: Front | None
    infeasibility: Infeasibility | None


@dataclass(frozen=True)
class RunResult:
    """Everything a report is made of.

    Attributes:
        config: what was asked.
        problem: the question bound to its models.
        front: the merged front of all seeds, or None.
        infeasibility: why there is none, or None.
        acids: one verdict per acid.
        searches: one result per seed.
        hypervolume: of each generation's front, per seed, in the box of the best and worst of all of them.
        evaluations: designs evaluated in all.
        seconds: wall time by part.
    """

    config: RunConfig
    problem: Problem
    front: Front | None
    infeasibility: Infeasibility | None
    acids: tuple[AcidVerdict, ...]
    searches: tuple[SearchResult, ...]
    hypervolume: tuple[tuple[float, ...], ...]
    evaluations: int
    seconds: dict[str, float]


def run(config: RunConfig, progress: ProgressCallback | None = None) -> RunResult:
    """Search a config's problem with each seed, merge the fronts, and search each acid on its own.

    Raises:
        InputError: the question cannot be bound to models.
    """
    started = time.perf_counter()
    problem = bind(config.question)
    bound = time.perf_counter()
    spec = config.spec.search
    settings = SearchSettings(spec.population, spec.generations, spec.stagnation)

    supported = problem.supported_acids
    searched = problem.with_acids(supported) if supported else problem
    searches = tuple(
        search(
            searched,
            settings,
            np.random.default_rng(seed),
            seed=seed,
            progress=_named(progress, f"seed {seed}"),
        )
        for seed in spec.seeds
    )
    seen = archive(searches)
    front = front_of(searched, seen, spec.population)
    merged = time.perf_counter()

    alone = SearchSettings(max(8, min(spec.population, 60)), spec.per_acid, spec.stagnation)
    verdicts = tuple(
        _verdict(searched, acid, seen, alone, spec.seeds[0], progress) for acid in searched.acid_names
    )
    outside = tuple(
        AcidVerdict(acid.name, near.experiments, None, None)
        for acid, near in zip(problem.acids, problem.neighbourhoods, strict=True)
        if acid.name not in searched.acid_names
    )
    finished = time.perf_counter()
    return RunResult(
        config=config,
        problem=searched,
        front=front,
        infeasibility=None if front else infeasibility_of(searched, seen),
        acids=verdicts + outside,
        searches=searches,
        hypervolume=_hypervolumes(searches),
        evaluations=sum(len(s.designs) for s in searches),
        seconds={
            "models": bound - started,
            "search": merged - bound,
            "acids": finished - merged,
        },
    )


def _named(progress: ProgressCallback | None, what: str) -> Callable[[Progress], None] | None:
    return None if progress is None else lambda state: progress(what, state)


def _verdict(
    problem: Problem,
    acid: str,
    seen: Archive,
    settings: SearchSettings,
    seed: int,
    progress: ProgressCallback | None,
) -> AcidVerdict:
    """Search one acid alone, and count in what the main search saw of it."""
    k = problem.acid_names.index(acid)
    alone = problem.with_acids([acid])
    part = seen.of_acid(k)  # its only acid has index 0
    if settings.generations and len(problem.acids) > 1:
        rng = np.random.default_rng([seed, k])
        own = search(alone, settings, rng, seed=seed, progress=_named(progress, acid))
        part = archive([own, part])
    front = front_of(alone, part, settings.population)
    return AcidVerdict(
        acid,
        problem.neighbourhoods[k].experiments,
        front,
        None if front or not len(part.designs) else infeasibility_of(alone, part),
    )


def _hypervolumes(searches: tuple[SearchResult, ...]) -> tuple[tuple[float, ...], ...]:
    known: list[Floats] = [front for s in searches for front in s.fronts if len(front)]
    if not known:
        return tuple(tuple(0.0 for _ in s.fronts) for s in searches)
    ideal, nadir = box(known)
    return tuple(tuple(scaled_hypervolume(f, ideal, nadir) for f in s.fronts) for s in searches)
