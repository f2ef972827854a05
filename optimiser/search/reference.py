"""The front that searches are judged against: what a million designs and a long search find."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import qmc

from optimiser.problem import Problem
from optimiser.search.archive import Archive, joined, non_dominated, predicted
from optimiser.search.search import GRADES_APART, SearchSettings, refine
from optimiser.search.survey import survey

#: Space-filling designs that a reference begins with.
DESIGNS = 2**20
_BATCH = 2**15
_POPULATION, _GENERATIONS, _STAGNATION = 1000, 300, 15
_ROUNDS = 3  # of refinement, from the same million


def reference_front(
    problem: Problem,
    rng: np.random.Generator,
    *,
    designs: int = DESIGNS,
    settings: SearchSettings | None = None,
    progress: Callable[[str, int], None] = lambda what, done: None,
) -> tuple[Archive, int]:
    """Return the best known front of a problem, at final grade.

    Scrambled Sobol designs in each acid's ranges are predicted at search grade; a search goes on from the
    best of them, several times with other random numbers; what all of these find is refined at final grade.

    Args:
        problem: with acids that have support.
        rng: generator.
        designs: how many Sobol designs, a power of two.
        settings: of the refinement.
        progress: called with a stage and the designs predicted so far.

    Returns:
        The feasible, non-dominated designs, and how many designs were predicted.
    """
    settings = settings or SearchSettings(_POPULATION, _GENERATIONS, _STAGNATION)
    sobol, acids, done = qmc.Sobol(5, rng=rng), len(problem.acids), 0
    best: Archive | None = None
    for first in range(0, designs, _BATCH):
        # permuted, because an acid that returns every so many points would see a part of the ranges only
        number = np.arange(first, min(first + _BATCH, designs))
        dealt = problem.decode(rng.permutation(number % acids), sobol.random(len(number)))
        drawn = predicted(problem, dealt, "search")
        best = _kept(problem, drawn if best is None else joined([best, drawn]))
        done += len(number)
        progress("space-filling designs", done)
    assert best is not None
    found = []
    for _ in range(_ROUNDS):
        refined = refine(problem, best, settings, "search", rng)
        done += len(refined) - len(best)
        found.append(_kept(problem, refined))
        progress("refinement at search grade", done)
    start = _kept(problem, joined(found))
    final = predicted(problem, start.designs, "final")
    refined = refine(problem, final, settings, "final", rng)
    done += len(refined)
    progress("refinement at final grade", done)
    return refined.take(refined.front), done


def _kept(problem: Problem, archive: Archive) -> Archive:
    """Return the front, what may be on it at another grade, and the best of every cell."""
    near = np.flatnonzero(archive.violation <= GRADES_APART)
    nearly = near[non_dominated(archive.objectives[near])]
    rows = np.concatenate([archive.front, nearly, *survey(problem, archive).elites])
    return archive.take(np.unique(rows))
