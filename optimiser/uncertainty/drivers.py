"""What drives the spread of one design's figures: one input at a time, and shares of the variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import sobol_indices, uniform

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import METRICS
from optimiser.surrogate.calibration import INTERVAL_LEVEL, tails
from optimiser.uncertainty.drawn import Drawn, Values
from optimiser.uncertainty.inputs import KINDS, YIELDS, Input, inputs_of
from optimiser.variables import Floats


@dataclass(frozen=True)
class Drivers:
    """The inputs that vary, and what each does to each metric of one design.

    Attributes:
        inputs: the m inputs that vary.
        metrics: names of the s metrics.
        base: each metric as evaluated, shape (s,).
        low, high: each metric with one input at the low or high end of its range and all others as evaluated;
            for the yields, the ends of the interval that they alone give, shape (s, m).
        first: share of the variance that an input causes on its own (first-order Sobol index), shape (s, m).
        total: with all it does together with others (total index), likewise; NaN where nothing varies.
    """

    inputs: tuple[Input, ...]
    metrics: tuple[str, ...]
    base: Floats
    low: Floats
    high: Floats
    first: Floats
    total: Floats

    def frame(self, metric: str) -> pd.DataFrame:
        """Return one row per input that bears on a metric, the largest share of its variance first.

        Columns: ``input, kind, unit, low, mode, high, metric_low, metric_high, swing, first, total, source``.
        Of equal shares, the wider swing counts, then prices come first.
        """
        j = self.metrics.index(metric)
        swing = np.abs(self.high[j] - self.low[j])
        frame = pd.DataFrame(
            {
                "input": [one.name for one in self.inputs],
                "kind": [one.kind for one in self.inputs],
                "unit": [one.unit for one in self.inputs],
                "low": [one.low for one in self.inputs],
                "mode": [one.mode for one in self.inputs],
                "high": [one.high for one in self.inputs],
                "metric_low": self.low[j],
                "metric_high": self.high[j],
                "swing": swing,
                "first": self.first[j],
                "total": self.total[j],
                "source": [one.source for one in self.inputs],
            }
        )
        order = np.lexsort((-swing, -np.nan_to_num(np.round(self.total[j], 6))))
        moved = [i for i in order if swing[i] > 0.0 or self.total[j, i] > 0.0]
        return frame.iloc[moved].reset_index(drop=True)

    def shares(self, metric: str) -> dict[str, float]:
        """Return the share of a metric's variance that each kind of input causes, prices first.

        The sum of first-order indices: what inputs do together only is in none of them.
        """
        first = np.clip(self.first[self.metrics.index(metric)], 0.0, 1.0)
        kinds = np.array([one.kind for one in self.inputs])
        return {kind: float(first[kinds == kind].sum()) for kind in KINDS if (kinds == kind).any()}


def drivers(
    problem: BoundProblem,
    evaluation: Evaluation,
    draws: int,
    rng: np.random.Generator,
    inputs: tuple[Input, ...] | None = None,
) -> Drivers:
    """Return what drives the figures of the one design of an evaluation.

    Sobol indices come from Saltelli's estimator (2010, 10.1016/j.cpc.2009.09.018) on quasi-random points, as
    `scipy.stats.sobol_indices` computes it. The row of residuals is one input, so that the yields of all
    metals are one group.

    Args:
        problem: what is asked.
        evaluation: of one design.
        draws: points of each of the estimator's samples, rounded down to a power of 2.
        rng: scrambles the points.
        inputs: the uncertain numbers; those of `inputs_of` if left out.
    """
    every = inputs_of(problem, evaluation.designs) if inputs is None else inputs
    varied = tuple(one for one in every if one.varies)
    names = tuple(dict.fromkeys([*(o.metric for o in problem.objectives), *problem.reported]))
    drawn = Drawn(problem, evaluation)

    def figures(values: Values, n: int) -> Floats:
        found = np.empty((len(names), n))
        for chunk, result in drawn.chunks(values, n):
            found[:, chunk] = [METRICS[name].compute(result) for name in names]
        return found

    base = np.array([evaluation.metrics[name][0] for name in names])
    low, high = np.empty((2, len(names), len(varied)))
    for i, one in enumerate(varied):
        if one.key == YIELDS:
            rows = np.arange(drawn.residual_rows)
            alone = figures({YIELDS: rows.astype(np.float64)}, len(rows))
            ends = tails(INTERVAL_LEVEL)
            low[:, i] = np.quantile(alone, ends[0], axis=1, method="lower")
            high[:, i] = np.quantile(alone, ends[1], axis=1, method="higher")
        else:
            low[:, i], high[:, i] = figures({one.key: np.array([one.low, one.high])}, 2).T
    first, total = np.full((2, len(names), len(varied)), np.nan)
    moved = np.flatnonzero((low != high).any(axis=1))
    if len(moved):

        def of_uniform(u: Floats) -> Floats:
            # where nothing dissolves a cost per kg is infinite, and so would be its variance
            return np.nan_to_num(
                figures(drawn.values(varied, u), u.shape[1])[moved], posinf=1e12, neginf=-1e12
            )

        found = sobol_indices(
            func=of_uniform, n=2 ** int(np.log2(draws)), dists=[uniform()] * len(varied), rng=rng
        )
        # scipy drops the axis of a single metric or input
        shape = len(moved), len(varied)
        first[moved] = found.first_order.reshape(shape)
        total[moved] = found.total_order.reshape(shape)
    return Drivers(varied, names, base, low, high, first, total)
