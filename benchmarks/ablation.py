"""What each part of the search earns: every shipped config with one part off, and with plain NSGA-II.

    python benchmarks/ablation.py [PART ...]

Five seeds and 10,000 predictions each at most, as `benchmarks/quality.py`, one search per core. Prints what
each config reached, and writes benchmarks/results/ablation.json, of the parts that are named or of all:
`PART: {hypervolume_median, hypervolume_worst, seconds}`, each the worst over the configs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import joblib
import numpy as np
from quality import SETTINGS, Quality, judge
from reference import shipped

from optimiser.problem.bound import BoundProblem
from optimiser.search import archive, moves, parents, screen
from optimiser.search import search as module
from optimiser.search.archive import Archive, joined, predicted
from optimiser.search.search import SearchResult, SearchSettings, search
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.surrogate.domain import Domain
from optimiser.variables import Designs, Floats, Ints

OUT = Path(__file__).parent / "results" / "ablation.json"
Patch = tuple[Any, str, Any]


def first_of_all(
    problem: BoundProblem, known: Archive, designs: Designs, rows: Ints, n: int, rng: np.random.Generator
) -> Ints:
    """Choose the first candidates there are."""
    return np.arange(min(n, len(designs)))


def without_offset(
    problem: BoundProblem, known: Archive, designs: Designs, rows: Ints
) -> tuple[YieldPrediction, Floats]:
    """Guess what the low fidelity says, whatever the parents' offsets; its error is about half a point."""
    return problem.predict(designs, "low"), np.full(len(designs), 0.005)


def nothing(*_: Any) -> Ints:
    return np.zeros(0, dtype=np.intp)


def no_experiments(*_: Any) -> Floats:
    return np.zeros((0, 5))


#: By name, what is patched when a part is off.
PARTS: dict[str, tuple[Patch, ...]] = {
    "full": (),
    "screening": ((module, "choose", first_of_all),),
    "offset of the parent": ((screen, "guess", without_offset),),
    "choice by cells": ((screen, "_better_in_cells", nothing),),
    "cells": ((archive, "_CELLS", np.ones(5, dtype=np.intp)), (screen, "_better_in_cells", nothing)),
    "parents from the front": ((parents, "_ENDS", 0.0), (parents, "_FRONT", 0.0)),
    "parents by the algorithm": ((parents, "_POPULATION", 0.0),),
    "near steps": ((moves, "_NEAR", 0.0),),
    "recombination": ((moves, "_RECOMBINED", 0.0),),
    "experiments as seeds": ((Domain, "conditions", no_experiments),),
    "two generations at once": ((module, "_AT_ONCE", 1),),
    "low fidelity": (),
    "plain-nsga2": (),
}


def plain_nsga2(
    problem: BoundProblem, settings: SearchSettings, rng: np.random.Generator, *, seed: int = 0
) -> SearchResult:
    """Search with pymoo's NSGA-II as it comes, the acid as a sixth coordinate; all at high fidelity."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem as PymooProblem
    from pymoo.optimize import minimize

    seen: list[Archive] = []

    class Shown(PymooProblem):  # type: ignore[misc]
        def __init__(self) -> None:
            m, c = len(problem.objectives), len(problem.constraint_names)
            super().__init__(n_var=6, n_obj=m, n_ieq_constr=c, xl=0.0, xu=1.0)

        def _evaluate(self, x: Floats, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            acid = np.minimum((x[:, 0] * len(problem.acids)).astype(np.intp), len(problem.acids) - 1)
            seen.append(predicted(problem, problem.decode(acid, x[:, 1:]), "high"))
            out["F"], out["G"] = seen[-1].objectives, -seen[-1].margins

    algorithm = NSGA2(pop_size=settings.population)
    minimize(Shown(), algorithm, ("n_gen", settings.generations), seed=int(rng.integers(2**31)))
    found = joined(seen)
    return SearchResult(seed, found, found, sum(map(len, seen)), (), (), "")


def without(part: str, config: str) -> Quality:
    """Return what searches of a config reach without a part."""
    import numba

    numba.set_num_threads(1)
    settings = replace(SETTINGS, fidelity="high") if part == "low fidelity" else SETTINGS
    how: Callable[..., SearchResult] = plain_nsga2 if part == "plain-nsga2" else search
    with ExitStack() as stack:
        for where, name, value in PARTS[part]:
            stack.enter_context(mock.patch.object(where, name, value))
        return judge(config, settings, how=how)


def summary(qualities: list[Quality]) -> dict[str, float]:
    """Return the worst over the configs."""
    return {
        "hypervolume_median": round(min(q.median for q in qualities), 4),
        "hypervolume_worst": round(min(q.worst for q in qualities), 4),
        "seconds": round(max(q.seconds for q in qualities), 1),
    }


def table(found: dict[str, list[Quality]]) -> str:
    """Return a Markdown table, a row per part: the worst over the configs, and the medians of each."""
    configs = [q.name for q in next(iter(found.values()))]
    lines = [
        f"| off | median | worst | s | {' | '.join(configs)} |",
        "|---|---|---|---|" + "---|" * len(configs),
    ]
    for part, qualities in found.items():
        of = summary(qualities)
        figures = [f"{of[key]:.4f}" for key in ("hypervolume_median", "hypervolume_worst")]
        each = [f"{q.median:.4f} / {q.worst:.4f}" for q in qualities]
        lines.append(f"| {' | '.join([part, *figures, format(of['seconds'], '.1f'), *each])} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    pairs = [(part, config) for part in parts for config in shipped()]
    qualities = joblib.Parallel(n_jobs=joblib.cpu_count())(joblib.delayed(without)(*pair) for pair in pairs)
    found: dict[str, list[Quality]] = {part: [] for part in parts}
    for (part, _), quality in zip(pairs, qualities, strict=True):
        found[part].append(quality)
    print(table(found))
    known = json.loads(OUT.read_text()) if OUT.is_file() else {}
    known |= {part: summary(qualities) for part, qualities in found.items()}
    OUT.write_text(json.dumps({part: known[part] for part in PARTS if part in known}, indent=2) + "\n")


if __name__ == "__main__":
    main()
