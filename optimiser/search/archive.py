"""All designs that a search has predicted, and which of them are the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import moocore
import numpy as np

from optimiser.designs import Designs, Floats, Ints
from optimiser.problem import Problem
from optimiser.surrogate.artefact import Grade


@dataclass(frozen=True)
class Archive:
    """Designs without repetition, predicted at one grade.

    Attributes:
        designs: n designs.
        objectives: to minimise, shape (n, m).
        margins: by constraint, >= 0 where it holds, shape (n, c).
        yields: mean yields, a column per metal.
        counted: the yields that targets are held against, likewise.
        heights, effects: where the designs lie in the yield model's own terms (`surrogate.steps.Places`),
            shapes (n, 9) and (n, 4).
    """

    designs: Designs
    objectives: Floats
    margins: Floats
    yields: Floats
    counted: Floats
    heights: Floats
    effects: Floats

    def __len__(self) -> int:
        return len(self.designs)

    @cached_property
    def violation(self) -> Floats:
        """Sum of what the constraints lack, 0 where all hold, shape (n,)."""
        return total_violation(self.margins)

    @cached_property
    def front(self) -> Ints:
        """Rows of the feasible designs that no other feasible one dominates, in order."""
        feasible = np.flatnonzero(self.violation <= 0.0)
        return feasible[non_dominated(self.objectives[feasible])]

    def take(self, rows: Ints) -> Archive:
        """Return some of the rows."""
        return Archive(self.designs.take(rows), *(values[rows] for values in self._values()))

    def of_acid(self, k: int) -> Archive:
        """Return the part of one acid, as an archive of the problem that has only that acid."""
        part = self.take(np.flatnonzero(self.designs.acid == k))
        return part.with_acid(0)

    def with_acid(self, k: int) -> Archive:
        """Return the same designs as a problem sees them in which their one acid has index k."""
        alone = Designs(np.full(len(self), k, dtype=np.intp), self.designs.continuous)
        return Archive(alone, *self._values())

    def _values(self) -> tuple[Floats, ...]:
        return self.objectives, self.margins, self.yields, self.counted, self.heights, self.effects


def predicted(problem: Problem, designs: Designs, grade: Grade) -> Archive:
    """Return designs as an archive, predicted at a grade."""
    point = problem.search_point(designs, grade)
    return Archive(
        designs, point.objectives, point.margins, point.yields, point.counted, *problem.places(designs)
    )


def joined(archives: Sequence[Archive]) -> Archive:
    """Return archives of one problem and grade as one; of a design that several hold, the first."""
    whole = appended(archives)
    _, first = np.unique(whole.designs.setpoints, return_index=True)
    return whole if len(first) == len(whole) else whole.take(np.sort(first))


def appended(archives: Sequence[Archive]) -> Archive:
    """Return archives of one problem and grade, that have no design in common, as one."""
    designs = Designs(
        np.concatenate([part.designs.acid for part in archives]),
        np.vstack([part.designs.continuous for part in archives]),
    )
    names = [f.name for f in fields(Archive) if f.name != "designs"]
    return Archive(designs, *(np.vstack([getattr(part, name) for part in archives]) for name in names))


def total_violation(margins: Floats) -> Floats:
    """Return the sum of what the constraints lack, 0 where all hold; (n, c) to (n,)."""
    lacking: Floats = np.maximum(-margins, 0.0).sum(axis=1)
    return lacking


def non_dominated(objectives: Floats) -> Ints:
    """Return the rows that no other row dominates, shape (n, m) to minimise; of equal rows the first."""
    if not len(objectives):
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(moocore.is_nondominated(objectives, keep_weakly=False))


def spread(objectives: Floats, rows: Ints, most: int) -> Ints:
    """Return at most so many of the rows, evenly along the first objective, both ends among them."""
    if len(rows) <= most:
        return rows
    ordered = rows[np.argsort(objectives[rows, 0], kind="stable")]
    return ordered[np.linspace(0, len(ordered) - 1, most).round().astype(np.intp)]
