"""How near searches come to the reference fronts.

    python benchmarks/quality.py [--algorithm NAME] [CONFIG ...]

Hypervolume up to the reference front's nadir plus 10 % of its range, as a share of the reference's own; where
the reference is a point, one less the largest relative distance of the best design in an objective. IGD+ in
units of the reference's ranges. Five seeds, 10,000 predictions each at most.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import moocore
import numpy as np
from reference import Reference, bound, load, shipped

from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_config
from optimiser.search.algorithms import ALGORITHMS
from optimiser.search.hypervolume import scaled_hypervolume
from optimiser.search.search import SearchResult, SearchSettings, search
from optimiser.variables import Floats

SEEDS = (1, 2, 3, 4, 5)
SETTINGS = SearchSettings(population=100, generations=100, stagnation=0)


@dataclass(frozen=True)
class Quality:
    """What the searches of one config reached, a value per seed."""

    name: str
    reached: tuple[float, ...]
    igd_plus: tuple[float, ...]
    lacking: tuple[frozenset[str], ...]
    seconds: float
    point: bool

    @property
    def median(self) -> float:
        return float(np.median(self.reached))

    @property
    def worst(self) -> float:
        return min(self.reached)


def reached(reference: Reference, front: Floats) -> float:
    """Return what a front (to minimise, shape (n, m)) is worth against a reference, 1 where it is as good."""
    low, high = reference.corners
    if not len(front):
        return 0.0
    if reference.is_point:
        # better than the reference counts as equal
        behind = np.maximum(front.min(axis=0) - low, 0.0) / np.maximum(np.abs(low), 1e-9)
        return float(1.0 - behind.max())
    own = scaled_hypervolume(reference.objectives, low, high)
    return scaled_hypervolume(front, low, high) / own


def igd_plus(reference: Reference, front: Floats) -> float:
    low, high = reference.corners
    span = np.maximum(high - low, 0.01 * np.abs(low))
    if not len(front):
        return float("inf")
    return float(moocore.igd_plus((front - low) / span, ref=(reference.objectives - low) / span))


def final_front(result: SearchResult) -> Floats:
    return result.final.objectives[result.final.front]


def judge(
    name: str,
    settings: SearchSettings = SETTINGS,
    seeds: tuple[int, ...] = SEEDS,
    how: Callable[..., SearchResult] = search,
) -> Quality:
    """Search a config with several seeds, the product's way or another, and compare with its reference."""
    reference, problem = load(name), bound(load_config(name))
    how(problem, replace(settings, population=20, generations=4), np.random.default_rng(0))  # compiled once
    results, started = [], time.perf_counter()
    for seed in seeds:
        results.append(how(problem, settings, np.random.default_rng(seed), seed=seed))
        assert results[-1].evaluations <= settings.population * settings.generations
    seconds = (time.perf_counter() - started) / len(seeds)
    return Quality(
        name,
        tuple(reached(reference, final_front(r)) for r in results),
        tuple(igd_plus(reference, final_front(r)) for r in results),
        tuple(reference.acids - acids_of(problem, r) for r in results),
        seconds,
        reference.is_point,
    )


def acids_of(problem: BoundProblem, result: SearchResult) -> frozenset[str]:
    found = result.final.designs.acid[result.final.front]
    return frozenset(problem.acid_names[k] for k in np.unique(found))


def table(qualities: list[Quality]) -> str:
    """Return a Markdown table, a row per config."""
    rows = [
        "| config | median | worst | IGD+ median | acids missed | s per search |",
        "|---|---|---|---|---|---|",
    ]
    for q in qualities:
        missed = ", ".join(sorted(set().union(*q.lacking))) or "none"
        name = q.name + (" (a point)" if q.point else "")
        rows.append(
            f"| {name} | {q.median:.4f} | {q.worst:.4f} | {np.median(q.igd_plus):.4f} | {missed} "
            f"| {q.seconds:.1f} |"
        )
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--algorithm", default="nsga2", choices=list(ALGORITHMS))
    parser.add_argument("configs", nargs="*")
    asked = parser.parse_args()
    settings = replace(SETTINGS, algorithm=asked.algorithm)
    print(table([judge(name, settings) for name in asked.configs or shipped()]))


if __name__ == "__main__":
    main()
