"""Intervals of one design's figures, components too, with yields, prices, factors and the plant uncertain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import per_kg_metal
from optimiser.process.costs import COMPONENTS
from optimiser.surrogate.calibration import INTERVAL_LEVEL, tails
from optimiser.uncertainty.drawn import Drawn
from optimiser.uncertainty.inputs import inputs_of

_DRAWS = 2000


class Interval(NamedTuple):
    """A figure with the ends of its 90 % interval."""

    value: float
    low: float
    high: float


def spread(problem: BoundProblem, evaluation: Evaluation, rng: np.random.Generator) -> dict[str, Interval]:
    """Return every metric and component of one design with its interval.

    Args:
        problem: the bound question.
        evaluation: of one design.
        rng: of the draws.

    Returns:
        By name of the metric, and where those are known ``cost_acid``, ``climate_acid`` and so on per kg of
        metal dissolved.
    """
    names = list(dict.fromkeys([*(o.metric for o in problem.objectives), *problem.reported]))
    sums = [
        (what, m) for what, m in (("cost", "cost"), ("climate", "climate_change")) if m in problem.metrics
    ]
    parts = [f"{what}_{component}" for what, _ in sums for component in COMPONENTS]
    inputs = inputs_of(problem, evaluation.designs)
    drawn = Drawn(problem, evaluation)
    values = np.empty((_DRAWS, len(names) + len(parts)))
    for chunk, told in drawn.chunks(drawn.values(inputs, rng.random((len(inputs), _DRAWS))), _DRAWS):
        columns = [METRICS[name].compute(told) for name in names]
        for what, _ in sums:
            columns += [per_kg_metal(column, told.balance) for column in getattr(told, what).T]
        values[chunk] = np.column_stack(columns)
    now = [evaluation.metrics[name][0] for name in names]
    own = evaluation.outcome
    for what, _ in sums:
        now += [float(per_kg_metal(column, own.balance)[0]) for column in getattr(own, what).T]
    below, above = tails(INTERVAL_LEVEL)
    low = np.quantile(values, below, axis=0, method="lower")
    high = np.quantile(values, above, axis=0, method="higher")
    # the interval of a skewed quantity holds what is told of it
    low, high = np.minimum(low, now), np.maximum(high, now)
    ends = zip([*names, *parts], now, low, high, strict=True)
    return {name: Interval(float(v), float(a), float(b)) for name, v, a, b in ends}
