"""A run: a pure function of config, tables, artefact and seeds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from optimiser.problem.binding import bind, refuse_slow_surrogate
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import Config
from optimiser.problem.schema import SearchSpec
from optimiser.search.archive import Archive, joined
from optimiser.search.front import Front, Infeasibility, front_of, infeasibility_of
from optimiser.search.hypervolume import box, scaled_hypervolume
from optimiser.search.journal import SUFFIX
from optimiser.search.search import SearchResult, SearchSettings
from optimiser.search.side_by_side import ProgressCallback, Task, search_all, useful_workers, workers
from optimiser.surrogate.artefact import Surrogate
from optimiser.tables.own import OwnTables
from optimiser.variables import Floats


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
        tables: a user's own tables that it was answered with, or None.
        problem: the question bound to its models.
        front: the merged front of all seeds, or None.
        infeasibility: why there is none, or None.
        acids: one verdict per acid.
        seen: every design that was predicted at high fidelity, with its yields.
        searches: one result per seed.
        hypervolume: of each generation's front, per seed, in the box of the best and worst of all of them.
        evaluations: designs evaluated in all.
        seconds: wall time by part.
    """

    config: Config
    tables: OwnTables | None
    problem: BoundProblem
    front: Front | None
    infeasibility: Infeasibility | None
    acids: tuple[AcidVerdict, ...]
    seen: Archive
    searches: tuple[SearchResult, ...]
    hypervolume: tuple[tuple[float, ...], ...]
    evaluations: int
    seconds: dict[str, float]


def run(
    config: Config,
    progress: ProgressCallback | None = None,
    tables: OwnTables | None = None,
    side_by_side: bool = False,
    surrogate: Surrogate | None = None,
    journals: Path | None = None,
) -> RunResult:
    """Search a config's problem with each seed, merge the fronts, and search each acid on its own.

    Args:
        config: what is asked.
        progress: told how far each search is.
        tables: a user's own acids, prices and factors, as `tables.own.own_tables` reads them.
        side_by_side: whether long runs may start processes, one per core, for some of the searches; the
            result is the same. The caller must be importable without side effects.
        surrogate: the yield model that the problem names, where it is read already.
        journals: folder that keeps the steps of each search, in a file of its own. Searches of the same
            question go on from what is in it; the result is the same, bit for bit.

    Raises:
        InputError: the question cannot be bound to models; a journal is damaged, is of another search, or
            cannot be written.
    """
    started = time.perf_counter()
    spec = config.search
    predictions = spec.population * spec.generations * len(spec.seeds)
    at_least = len(spec.seeds) + bool(spec.per_acid)
    with workers(useful_workers(at_least, predictions) if side_by_side else 0) as others:
        problem = bind(config.problem, tables, surrogate)
        refuse_slow_surrogate(config.problem, problem.surrogate)
        bound = time.perf_counter()
        supported = problem.supported_acids
        searched = problem.with_acids(supported) if supported else problem
        alone = _each_acid_alone(searched, spec)
        tasks = [*_each_seed(searched, spec), *alone.values()]
        if journals is not None:
            tasks = [replace(task, journal=journals / f"{k:03d}{SUFFIX}") for k, task in enumerate(tasks)]
        results = search_all(tasks, others, progress)
    found = time.perf_counter()
    searches = tuple(results[: len(spec.seeds)])
    own = dict(zip(alone, results[len(spec.seeds) :], strict=True))
    # what an acid's own search found counts for the common front too
    seen = joined([s.final for s in searches] + [result.final.with_acid(k) for k, result in own.items()])
    front = front_of(searched, seen, spec.population)
    verdicts = tuple(_verdict(searched, k, seen, spec.population) for k in range(len(searched.acids)))
    outside = tuple(
        AcidVerdict(acid.name, near.experiments, None, None)
        for acid, near in zip(problem.acids, problem.neighbourhoods, strict=True)
        if acid.name not in searched.acid_names
    )
    return RunResult(
        config=config,
        tables=tables,
        problem=searched,
        front=front,
        infeasibility=None if front else infeasibility_of(searched, seen),
        acids=verdicts + outside,
        seen=seen,
        searches=searches,
        hypervolume=_hypervolumes(searches),
        evaluations=sum(s.evaluations for s in results),
        seconds={
            "models": bound - started,
            "search": found - bound,
            "fronts": time.perf_counter() - found,
        },
    )


def _each_seed(problem: BoundProblem, spec: SearchSpec) -> list[Task]:
    settings = SearchSettings(spec.population, spec.generations, spec.stagnation, spec.algorithm)
    return [Task(f"seed {seed}", problem, settings, (seed,), seed) for seed in spec.seeds]


def _each_acid_alone(problem: BoundProblem, spec: SearchSpec) -> dict[int, Task]:
    """Search each acid on its own; nothing where there is only one, or where the config leaves it out."""
    if not spec.per_acid or len(problem.acids) == 1:
        return {}
    settings = SearchSettings(
        max(8, min(spec.population, 60)), spec.per_acid, spec.stagnation, spec.algorithm
    )
    seed = spec.seeds[0]
    return {
        k: Task(acid, problem.with_acids([acid]), settings, (seed, k), seed)
        for k, acid in enumerate(problem.acid_names)
    }


def _verdict(problem: BoundProblem, k: int, seen: Archive, size: int) -> AcidVerdict:
    """Read one acid's own front off all that was seen."""
    acid = problem.acid_names[k]
    alone, part = problem.with_acids([acid]), seen.of_acid(k)
    front = front_of(alone, part, size)
    return AcidVerdict(
        acid,
        problem.neighbourhoods[k].experiments,
        front,
        None if front or not len(part) else infeasibility_of(alone, part),
    )


def _hypervolumes(searches: tuple[SearchResult, ...]) -> tuple[tuple[float, ...], ...]:
    known: list[Floats] = [front for s in searches for front in s.fronts if len(front)]
    if not known:
        return tuple(tuple(0.0 for _ in s.fronts) for s in searches)
    ideal, nadir = box(known)
    return tuple(tuple(scaled_hypervolume(f, ideal, nadir) for f in s.fronts) for s in searches)
