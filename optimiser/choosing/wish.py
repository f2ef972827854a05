"""What is wished for as one number per design: achievement scalarising functions.

All of them look for the design that is least far behind a point in the metric where it is farthest behind, in
spans of the metrics, plus a little of the sum, so that nothing is given away for nothing. They differ in the
point and in what else has to hold:

- reference point: the values wished for (Wierzbicki 1980, 10.1007/978-3-642-48782-8_32);
- weights: the best of each metric, weighted (augmented Tchebycheff: Steuer and Choo 1983,
  10.1007/BF02591870);
- improve, relax, keep: the best, or the value wished for, of what is to improve, with bounds on what may give
  way (NIMBUS: Miettinen and Makela 2006, 10.1016/j.ejor.2004.07.052).

Unlike a weighted sum they reach every part of a front, also where it is hollow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.variables import Floats

#: Weight of the sum of all metrics beside the worst one.
_SUM = 1e-4
#: Share of a span within which a bound holds.
_EXACT = 1e-9


@dataclass(frozen=True)
class Wish:
    """A wish for k metrics, all to minimise, shape (k,) each.

    Attributes:
        point: values wished for.
        weight: how much being behind counts; 0 where a metric is not wished for.
        bound: that must not be exceeded; infinite where there is none.
        ideal: the best there is.
        span: what one step is in.
        enough: how far ahead of its point a metric is still rewarded for being: 0 where the point is enough,
            infinite where more is better.
    """

    point: Floats
    weight: Floats
    bound: Floats
    ideal: Floats
    span: Floats
    enough: Floats

    def value(self, metrics: Floats) -> Floats:
        """Return what to minimise, of metrics of shape (n, k), shape (n,)."""
        rated = self.weight > 0.0
        behind = np.maximum((metrics - self.point) / self.span, -self.enough)[:, rated] * self.weight[rated]
        told: Floats = behind.max(axis=1) + _SUM * ((metrics - self.ideal) / self.span).sum(axis=1)
        return told

    def lacking(self, metrics: Floats) -> Floats:
        """Return the sum of what exceeds the bounds, in spans, 0 where all hold, shape (n,)."""
        over = (metrics - self.bound) / self.span
        lacks: Floats = np.where(over > _EXACT, over, 0.0).sum(axis=1)
        return lacks


def span_of(metrics: Floats) -> tuple[Floats, Floats]:
    """Return the best of each metric, and its range over non-dominated designs, shape (k,) each.

    A metric that hardly varies gets a range of 1 % of its size.
    """
    ideal = metrics.min(axis=0)
    return ideal, np.maximum(metrics.max(axis=0) - ideal, 0.01 * np.maximum(np.abs(ideal), 1e-9))
