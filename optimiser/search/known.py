"""A run as it can be asked again: its question, and all designs that were predicted at high fidelity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser import __version__
from optimiser.problem.bound import BoundProblem
from optimiser.problem.schema import Problem, SearchSpec
from optimiser.search.archive import Archive
from optimiser.search.run import RunResult
from optimiser.tables.own import OwnTables
from optimiser.variables import Designs, Ints


@dataclass(frozen=True)
class Known:
    """What is known after a run.

    Attributes:
        name: of the run.
        question: as asked.
        search: how hard was searched.
        tables: a user's own tables that it was answered with, or None.
        problem: the question bound to its models, with the acids that were searched.
        seen: every design that was predicted at high fidelity, as the problem sees them.
        front: rows of ``seen`` that the front shows, in its order; none where nothing is feasible.
        version: of the program that searched.
    """

    name: str
    question: Problem
    search: SearchSpec
    tables: OwnTables | None
    problem: BoundProblem
    seen: Archive
    front: Ints
    version: str = __version__

    @classmethod
    def of(cls, result: RunResult) -> Known:
        """Return what is known after a run that was just made."""
        config, seen = result.config, result.seen
        shown = result.front.evaluation.designs if result.front else seen.designs.take(np.zeros(0, np.intp))
        front = rows_of(seen.designs, shown)
        return cls(config.name, config.problem, config.search, result.tables, result.problem, seen, front)


def rows_of(designs: Designs, some: Designs) -> Ints:
    """Return the row of each of some designs among all; each of them is there."""
    order = np.argsort(designs.setpoints)
    return order[np.searchsorted(designs.setpoints[order], some.setpoints)]
