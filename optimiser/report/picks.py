"""Which designs of a front are shown one by one: its ends, its knee, and a few between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import METRICS
from optimiser.search.front import Front


@dataclass(frozen=True)
class Pick:
    """A row of a front and why it is shown; ``label`` is empty for one that only lies between others."""

    row: int
    label: str

    @property
    def number(self) -> int:
        """Number of the design as tables count, from 1."""
        return self.row + 1

    @property
    def name(self) -> str:
        """``no. 3, knee``."""
        return f"no. {self.number}, {self.label}" if self.label else f"no. {self.number}"


def ends_and_knee(problem: BoundProblem, front: Front) -> tuple[Pick, ...]:
    """Return the best design of each objective, the best net value and the knee, each row once.

    In the order of the front.
    """
    labels: dict[int, list[str]] = {}
    for j, objective in enumerate(problem.objectives):
        row = int(np.argmin(front.evaluation.objectives[:, j]))
        best = "lowest" if objective.sign > 0 else "highest"
        labels.setdefault(row, []).append(f"{best} {METRICS[objective.metric].label}")
    if len(problem.objectives) > 1 and len(front.evaluation) > 1:
        worth = problem.counted("net_value")
        asked = {objective.metric for objective in problem.objectives}
        if worth in front.evaluation.metrics and worth not in asked:
            richest = int(np.argmax(front.evaluation.metrics[worth]))
            labels.setdefault(richest, []).append(f"highest {METRICS[worth].label}")
        labels.setdefault(front.knee, []).append("knee")
    return tuple(Pick(row, ", ".join(said)) for row, said in sorted(labels.items()))


def spread(problem: BoundProblem, front: Front, between: int = 3) -> tuple[Pick, ...]:
    """Return ends and knee with up to ``between`` more, evenly along the front."""
    known = {pick.row: pick for pick in ends_and_knee(problem, front)}
    last = len(front.evaluation) - 1
    for row in np.unique(np.linspace(0, last, between + 2).round().astype(int)):
        # a neighbour of a design that is shown already would say the same again
        if all(abs(int(row) - shown) > last / (4 * (between + 1)) for shown in known):
            known[int(row)] = Pick(int(row), "")
    return tuple(known[row] for row in sorted(known))
