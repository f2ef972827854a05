"""What metrics come to for many designs at once, all to minimise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import METRICS, YIELD, is_yield
from optimiser.problem.objectives import Objective
from optimiser.problem.outcome import Outcome
from optimiser.surrogate.artefact import YieldPrediction
from optimiser.variables import Floats


def is_share(metric: str) -> bool:
    """Return whether a metric is a share of something, 0 to 1.

    Examples:
        >>> is_share("yield_Cu"), is_share("cost")
        (True, False)
    """
    return metric == "recovery" or is_yield(metric)


@dataclass(frozen=True)
class Metrics:
    """Some metrics of a problem, each in the direction that is better.

    A metric that is an objective is looked at as the objective is: its direction, and its quantile.

    Attributes:
        problem: the bound question.
        objectives: one per metric.
    """

    problem: BoundProblem
    objectives: tuple[Objective, ...]

    @classmethod
    def named(cls, problem: BoundProblem, names: Sequence[str], option: str = "") -> Metrics:
        """Return metrics by their names.

        Args:
            problem: the bound question.
            names: of METRICS.
            option: by which they were given.

        Raises:
            InputError: there is no such metric, or the feed lacks its metal.
        """
        asked = {objective.metric: objective for objective in problem.objectives}
        known = METRICS if problem.system.is_cathode else problem.metrics
        absent = [f"{YIELD}{r}" for r in problem.responses if r not in problem.present]
        for name in names:
            if name in absent:
                raise InputError(
                    f"{problem.feed.name} holds no {name.removeprefix(YIELD)}, so it has no {name}.",
                    where=option,
                )
            if name not in METRICS and name not in known:
                raise InputError(
                    f"There is no metric {name!r}.",
                    where=option,
                    allowed=", ".join(known),
                    remedy=closest(name, known) or "optimiser list objectives",
                )
            if name not in problem.metrics:
                raise InputError(
                    f"This problem has no {METRICS[name].label}.",
                    where=option,
                    remedy=METRICS[name].lacks(problem.inputs),
                )
        found = [
            asked.get(name) or Objective(name, 1 if METRICS[name].better == "lower" else -1)
            for name in dict.fromkeys(names)
        ]
        return cls(problem, tuple(found))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics."""
        return tuple(objective.metric for objective in self.objectives)

    @property
    def signs(self) -> Floats:
        """What turns each metric into something to minimise, shape (k,)."""
        return np.array([float(objective.sign) for objective in self.objectives])

    def of(self, outcome: Outcome, prediction: YieldPrediction) -> Floats:
        """Return the metrics of n designs, to minimise, shape (n, k).

        Args:
            outcome: what the designs come to at their mean yields.
            prediction: of their yields, for quantiles.
        """
        columns = [
            o.sign
            * (
                METRICS[o.metric].compute(outcome)
                if o.quantile is None
                else self.problem.metric_quantile(outcome.designs, prediction, o.metric, o.quantile)
            )
            for o in self.objectives
        ]
        return np.nan_to_num(np.column_stack(columns), nan=1e12, posinf=1e12, neginf=-1e12)
