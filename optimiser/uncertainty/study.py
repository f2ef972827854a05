"""The study of one design: its intervals with prices and without, its chances, and what drives its spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.constraints import label
from optimiser.problem.metrics import METRICS
from optimiser.problem.objectives import Objective
from optimiser.search.run import RunResult
from optimiser.uncertainty.drivers import Drivers, drivers
from optimiser.uncertainty.inputs import Input, inputs_of
from optimiser.uncertainty.montecarlo import MonteCarlo, monte_carlo, yields_alone
from optimiser.variables import Designs

MOST_SEED = 2**32


@dataclass(frozen=True)
class Study:
    """One design under uncertainty.

    Attributes:
        name: what to call the design.
        every: all uncertain numbers drawn.
        alone: the same draws, with only the yields uncertain.
        drivers: what drives the spread.
        draws, seed: of the study.
        acids: as `acid_chances` gives it; no rows where the acids were not searched.
        front: as `front_frame` gives it, of the front that was searched; no rows without a search.
    """

    name: str
    every: MonteCarlo
    alone: MonteCarlo
    drivers: Drivers
    draws: int
    seed: int
    acids: pd.DataFrame
    front: pd.DataFrame

    @property
    def problem(self) -> BoundProblem:
        """What was asked."""
        return self.every.problem

    @property
    def evaluation(self) -> Evaluation:
        """The design, evaluated."""
        return self.every.evaluation

    def intervals(self) -> pd.DataFrame:
        """Return one row per metric: its value and 90 % intervals.

        Columns ``metric, unit, value, low, high``; ``low_yields, high_yields`` with the yields alone
        uncertain; ``outside``, the share of all draws outside that interval; ``above``, that above the value.
        """
        rows = []
        for name, drawn in self.every.metrics.items():
            ends, own = self.every.interval(name), self.alone.interval(name)
            value = self.evaluation.metrics[name][0]
            rows.append(
                {
                    "metric": name,
                    "unit": METRICS[name].unit,
                    "value": value,
                    "low": ends[0][0],
                    "high": ends[1][0],
                    "low_yields": own[0][0],
                    "high_yields": own[1][0],
                    "outside": float(((drawn < own[0]) | (drawn > own[1])).mean()),
                    "above": float((drawn > value).mean()),
                }
            )
        return pd.DataFrame(rows)

    def chances(self) -> pd.DataFrame:
        """Return the probability that each constraint holds, then all targets, then all constraints."""
        each = {label(name): float(p[0]) for name, p in self.every.chances.items()}
        each |= {"all yield targets": float(self.every.p_targets[0])}
        each |= {"all constraints": float(self.every.p_all[0])}
        return pd.DataFrame({"constraint": list(each), "probability": list(each.values())})

    def inputs(self) -> pd.DataFrame:
        """Return every number that was drawn or held fixed, prices first."""
        return inputs_frame(self.every.inputs)


def inputs_frame(inputs: tuple[Input, ...]) -> pd.DataFrame:
    """Return inputs as a table: ``input, kind, distribution, low, mode, high, unit, source``."""
    names = ("kind", "distribution", "low", "mode", "high", "unit", "source")
    columns = {name: [getattr(one, name) for one in inputs] for name in names}
    return pd.DataFrame({"input": [one.name for one in inputs], **columns})


def study(
    problem: BoundProblem,
    design: Designs,
    name: str,
    *,
    draws: int = 10_000,
    seed: int = 1,
    result: RunResult | None = None,
) -> Study:
    """Study one design.

    Args:
        problem: what is asked.
        design: the design, alone.
        name: what to call it.
        draws: of the Monte Carlo, and points of the indices.
        seed: of both.
        result: a search of the problem, to compare the best designs of its acids with each other.

    Raises:
        InputError: a number of draws or a seed that is not possible.
    """
    check_seed(seed)
    evaluation = problem.evaluate(design)
    inputs = inputs_of(problem, design)
    every = monte_carlo(problem, evaluation, draws, np.random.default_rng(seed), inputs)
    alone = monte_carlo(problem, evaluation, draws, np.random.default_rng(seed), yields_alone(inputs))
    driven = drivers(problem, evaluation, draws, np.random.default_rng(seed), inputs)
    acids, front = pd.DataFrame(), pd.DataFrame()
    if result is not None:
        acids = acid_chances(result, problem.objectives[0], draws, np.random.default_rng(seed))
        if result.front is not None:
            evaluation = result.front.evaluation
            front = front_frame(monte_carlo(problem, evaluation, draws, np.random.default_rng(seed)))
    return Study(name, every, alone, driven, draws, seed, acids, front)


def front_frame(drawn: MonteCarlo) -> pd.DataFrame:
    """Return one row per design: what it is, its intervals with everything uncertain, and its chances.

    Columns: ``design`` (from 1), ``acid`` and the setpoints; each metric with ``_low`` and ``_high``;
    ``p_targets`` and ``p_constraints``, that all of them hold at once; ``p_nondominated``.
    """
    problem, evaluation = drawn.problem, drawn.evaluation
    columns: dict[str, object] = {"design": np.arange(1, len(evaluation) + 1)}
    columns["acid"] = np.array(problem.acid_names)[evaluation.designs.acid]
    setpoints = {name: getattr(evaluation.designs, name) for name in problem.system.names}
    columns |= {name: value for name, value in setpoints.items() if name not in drawn.metrics}
    for name in drawn.metrics:
        columns[name] = evaluation.metrics[name]
        columns[f"{name}_low"], columns[f"{name}_high"] = drawn.interval(name)
    columns |= {"p_targets": drawn.p_targets, "p_constraints": drawn.p_all}
    return pd.DataFrame(columns | {"p_nondominated": drawn.p_nondominated})


def check_seed(seed: int) -> None:
    """Refuse what is no seed.

    Raises:
        InputError: says what is.
    """
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or not 0 <= seed < MOST_SEED:
        raise InputError(
            f"The seed {seed!r} is not possible.", where="--seed", allowed="a whole number, 0 to 4294967295"
        )


def acid_chances(
    result: RunResult, objective: Objective, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Compare the best design of each acid in an objective, under the same draws.

    Every acid's best design is that of its own front, so it keeps every constraint as evaluated.

    Returns:
        One row per feasible acid, the best first: ``acid, value, low, high, p_targets``, and ``p_beaten``,
        the probability that the first acid's design is better. No rows where fewer than two are feasible.
    """
    problem, found = result.problem, list[Designs]()
    for verdict in result.acids:
        if verdict.front is not None:
            values = objective.sign * verdict.front.evaluation.metrics[objective.metric]
            best = verdict.front.evaluation.designs.take(np.array([np.argmin(values)]))
            found.append(best.at(np.array([problem.acid_names.index(verdict.acid)]), best.continuous))
    if len(found) < 2:
        return pd.DataFrame()
    drawn = monte_carlo(problem, problem.evaluate(Designs.joined(found)), draws, rng)
    values = drawn.evaluation.metrics[objective.metric]
    order = np.argsort(objective.sign * values, kind="stable")
    (low, high), acids = drawn.interval(objective.metric), drawn.evaluation.designs.acid
    beaten = [np.nan, *(drawn.p_better(int(order[0]), int(row), objective) for row in order[1:])]
    return pd.DataFrame(
        {
            "acid": [problem.acid_names[k] for k in acids[order]],
            "value": values[order],
            "low": low[order],
            "high": high[order],
            "p_targets": drawn.p_targets[order],
            "p_beaten": beaten,
        }
    )
