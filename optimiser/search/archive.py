"""All designs that a search has predicted, and which of them are the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import moocore
import numpy as np

from optimiser.problem.bound import BoundProblem
from optimiser.surrogate.artefact import Fidelity, YieldPrediction
from optimiser.variables import Designs, Floats, Ints

#: Into how many parts a range is cut: a cell is an acid with one part of each variable. Designs of different
#: cells are different ways to leach, each worth following though another is ahead (MAP-Elites, Mouret and
#: Clune 2015, arXiv:1504.04909).
_PARTS = {"temperature": 4, "h2o2": 6, "solid_liquid_ratio": 5, "time": 2}
#: Into how many, of a system other than cathodes, and of how many of its setpoints, the first ones.
_USUAL_PARTS, _MOST_CUT = 3, 5


@dataclass(frozen=True)
class Archive:
    """Designs without repetition, predicted at one fidelity.

    Attributes:
        designs: n designs.
        objectives: to minimise, shape (n, m).
        margins: by constraint, >= 0 where it holds, shape (n, c).
        cell: the same number for designs that leach much alike, shape (n,).
        prediction: of the yields, at the archive's own fidelity.
        rough: the same at low fidelity.
    """

    designs: Designs
    objectives: Floats
    margins: Floats
    cell: Ints
    prediction: YieldPrediction
    rough: YieldPrediction

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

    @cached_property
    def elites(self) -> tuple[Ints, ...]:
        """By objective, the best row of each cell, the best cells first; what breaks a limit comes last."""
        found = []
        for values in self.objectives.T:
            order = np.lexsort((values, self.violation))
            _, first = np.unique(self.cell[order], return_index=True)
            found.append(order[np.sort(first)])
        return tuple(found)

    def take(self, rows: Ints) -> Archive:
        """Return some of the rows."""
        return Archive(
            self.designs.take(rows),
            self.objectives[rows],
            self.margins[rows],
            self.cell[rows],
            self.prediction.take(rows),
            self.rough.take(rows),
        )

    def of_acid(self, k: int) -> Archive:
        """Return the part of one acid, as an archive of the problem that has only that acid."""
        return self.take(np.flatnonzero(self.designs.acid == k)).with_acid(0)

    def with_acid(self, k: int) -> Archive:
        """Return the same designs as a problem sees them in which their one acid has index k."""
        alone = self.designs.at(np.full(len(self), k, dtype=np.intp), self.designs.continuous)
        return replace(self, designs=alone)

    def asked(self, problem: BoundProblem) -> Archive:
        """Return the same designs as another question about the same yields sees them: no prediction is made.

        Args:
            problem: with the same acids and tolerances; prices, targets, limits, objectives may differ.
        """
        point = problem.point_at(self.designs, self.prediction)
        return replace(self, objectives=point.objectives, margins=point.margins)


def predicted(problem: BoundProblem, designs: Designs, fidelity: Fidelity) -> Archive:
    """Return designs as an archive, predicted at a fidelity."""
    point = rough = problem.search_point(designs, fidelity)
    if fidelity != "low":
        rough = problem.search_point(designs, "low")
    every = np.arange(len(designs))  # without what single points of a tolerance say
    told, few = point.prediction.take(every), rough.prediction.take(every)
    return Archive(designs, point.objectives, point.margins, cells(problem, designs), told, few)


def cells(problem: BoundProblem, designs: Designs) -> Ints:
    """Return the number of each design's cell, shape (n,)."""
    names = problem.system.names
    usual = _PARTS if problem.system.is_cathode else dict.fromkeys(names[:_MOST_CUT], _USUAL_PARTS)
    parts = np.array([usual.get(name, 1) for name in names])
    place = np.minimum(problem.encode(designs) * parts, parts - 1).astype(np.intp)
    return np.ravel_multi_index((designs.acid, *place.T), (len(problem.acids), *parts))


def joined(archives: Sequence[Archive]) -> Archive:
    """Return archives of one problem and fidelity as one; of a design that several hold, the first."""
    designs = Designs.joined([part.designs for part in archives])
    objectives, margins, cell = (
        np.concatenate([getattr(part, name) for part in archives])
        for name in ("objectives", "margins", "cell")
    )
    prediction = YieldPrediction.joined([part.prediction for part in archives])
    rough = YieldPrediction.joined([part.rough for part in archives])
    whole = Archive(designs, objectives, margins, cell, prediction, rough)
    _, first = np.unique(designs.setpoints, return_index=True)
    return whole if len(first) == len(whole) else whole.take(np.sort(first))


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
