"""Both scopes of the cost side by side: each acid's best design by reagents and energy, and by the plant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.objectives import Objective, usual
from optimiser.problem.plant_metrics import AT_PLANT
from optimiser.search.pool import Pool, Question
from optimiser.search.run import RunResult
from optimiser.variables import Designs, Floats

#: Rounds of polishing each acid's best design in both scopes.
_ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Scopes:
    """Acids with a feasible design, each with its best design in both scopes.

    Attributes:
        problem: what was asked, at plant scope.
        acids: their names, the best at plant scope first.
        metrics: what is best in each scope: that of reagents and energy, and that of the plant.
        reagents, plant: the best design of each acid by the one and by the other, in the order of ``acids``.
    """

    problem: BoundProblem
    acids: tuple[str, ...]
    metrics: tuple[str, str]
    reagents: Evaluation
    plant: Evaluation

    def values(self, scope: int) -> Floats:
        """Return each acid's best value in a scope, 0 reagents and 1 the plant, shape (acids,)."""
        return (self.reagents, self.plant)[scope].metrics[self.metrics[scope]]

    def order(self, scope: int) -> list[int]:
        """Return the rows of the acids, the best of a scope first."""
        sign = usual(self.metrics[scope]).sign
        return [int(row) for row in np.argsort(sign * self.values(scope), kind="stable")]

    def frame(self) -> pd.DataFrame:
        """Return a row per acid and scope: its rank, its best design, and what that costs in both scopes.

        Columns ``scope, rank, acid, temperature, time, acid_concentration, h2o2, solid_liquid_ratio, cost,
        cost_plant, net_value, net_value_plant, annual_cost, capital, recovery``.
        """
        rows = []
        for scope, evaluation in enumerate((self.reagents, self.plant)):
            for rank, row in enumerate(self.order(scope), start=1):
                at = evaluation.designs
                told = {
                    "scope": ("reagents", "plant")[scope],
                    "rank": rank,
                    "acid": self.acids[row],
                    "temperature": at.temperature[row],
                    "time": at.time[row],
                    "acid_concentration": at.acid_concentration[row],
                    "h2o2": at.h2o2[row],
                    "solid_liquid_ratio": at.solid_liquid_ratio[row],
                }
                names = (*AT_PLANT, *AT_PLANT.values(), "annual_cost", "capital", "recovery")
                rows.append(told | {name: evaluation.metrics[name][row] for name in names})
        return pd.DataFrame(rows)


def pair_of(problem: BoundProblem) -> tuple[str, str]:
    """Return the metrics that are compared: net values where the first objective is one, else costs."""
    first = problem.objectives[0].metric
    name = "net_value" if first in ("net_value", AT_PLANT["net_value"]) else "cost"
    return name, AT_PLANT[name]


def scopes_of(problem: BoundProblem, pool: Pool) -> Scopes | None:
    """Return both scopes of a question, whose designs a pool knows; it grows.

    None at the scope of reagents, or where no acid has a feasible design.
    """
    if problem.inputs.plant is None:
        return None
    pair = pair_of(problem)
    one, other = (replace(problem, objectives=(Objective(m, usual(m).sign),)) for m in pair)
    acids = range(len(problem.acids))
    questions = {(scope, k): Question(p, k) for scope, p in enumerate((one, other)) for k in acids}
    pool.solve(list(questions.values()), _ROUNDS)
    best = {key: pool.best(question) for key, question in questions.items()}
    able = [k for k in acids if pool.view(questions[1, k]).lacking[best[1, k]] <= 0.0]
    designs = [pool.designs.take(np.array([best[scope, k] for k in able], dtype=np.intp)) for scope in (0, 1)]
    return side_by_side(problem, designs)


def side_by_side(problem: BoundProblem, designs: Sequence[Designs]) -> Scopes | None:
    """Return both scopes, given each acid's best designs in both, in one order of acids."""
    if not len(designs[0]):
        return None
    pair = pair_of(problem)
    by_plant = problem.evaluate(designs[1])
    order = np.argsort(usual(pair[1]).sign * by_plant.metrics[pair[1]], kind="stable")
    reagents, plant = (problem.evaluate(one.take(order)) for one in designs)
    names = tuple(problem.acid_names[int(k)] for k in plant.designs.acid)
    return Scopes(problem, names, pair, reagents, plant)


def scopes_of_run(result: RunResult, seed: int = 1) -> Scopes | None:
    """Return both scopes of a run, from all that it has seen; None without a front or a plant."""
    if result.front is None or result.problem.inputs.plant is None:
        return None
    bound = replace(result.problem, objectives=result.problem.objectives[:1])
    return scopes_of(bound, Pool(bound, np.random.default_rng(seed), result.seen))
