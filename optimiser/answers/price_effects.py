"""What prices do to the cost of designs that are known: so much more for each euro that a price rises.

A cost is a sum of amounts times prices, so that it is linear in each of them; where it is not, that price is
left out. Yields depend on no price, so that nothing is predicted anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimiser.answers.levers import Lever, lever, priced_by
from optimiser.problem.bound import BoundProblem
from optimiser.variables import Designs, Floats

#: Multiples of a price between which a cost is to be a straight line, and how exactly, as a share of it.
_MULTIPLES, _EXACT = (0.0, 0.5, 2.0, 4.0), 1e-9


@dataclass(frozen=True, eq=False)
class PriceEffects:
    """The cost of designs at any prices: ``cost + slopes @ (prices - prices now)``.

    Attributes:
        metric: the cost that counts at the problem's scope.
        prices: what is bought, each as a lever with its unit and what it costs now, the most important first.
        cost: of each design now, in the metric's unit, shape (n,).
        slopes: what a cost rises by for each euro of a price, shape (n, p).
    """

    metric: str
    prices: tuple[Lever, ...]
    cost: Floats
    slopes: Floats

    def at(self, prices: Floats) -> Floats:
        """Return the costs at other prices, shape (n,); ``prices`` in the order and units of the levers."""
        now = np.array([price.value for price in self.prices])
        costs: Floats = self.cost + self.slopes @ (prices - now)
        return costs


def price_effects(
    problem: BoundProblem, designs: Designs, yields: Floats, least: float = 0.005
) -> PriceEffects | None:
    """Return what each price does to the cost of designs; None where the problem has no cost.

    Args:
        problem: the bound question.
        designs: n designs.
        yields: that they are known to have, a column per response, shape (n, m).
        least: the share of the cost of some design from which on a price counts.
    """
    metric = problem.counted("cost")
    if metric not in problem.metrics or not len(designs):
        return None

    def cost(asked: BoundProblem) -> Floats:
        return asked.metrics[metric].compute(asked.outcome_of(designs, yields))

    now = cost(problem)
    found = []
    for name in priced_by(problem):
        one = lever(problem, f"price.{name}")
        if not one.value > 0.0:
            continue
        slope = _slope(one, [cost(one.at(multiple * one.value)) for multiple in _MULTIPLES], now)
        if slope is not None and (share := float(np.max(np.abs(slope) * one.value / np.abs(now)))) >= least:
            found.append((share, one, slope))
    found.sort(key=lambda each: -each[0])
    if not found:
        return None
    levers = tuple(one for _, one, _ in found)
    return PriceEffects(metric, levers, now, np.column_stack([slope for _, _, slope in found]))


def _slope(price: Lever, costs: list[Floats], now: Floats) -> Floats | None:
    """Return what costs rise by for each euro; None where they are no straight line of the price."""
    slope: Floats = (costs[-1] - costs[0]) / ((_MULTIPLES[-1] - _MULTIPLES[0]) * price.value)
    lines = [costs[0] + slope * multiple * price.value for multiple in _MULTIPLES]
    straight = [np.allclose(c, line, rtol=_EXACT) for c, line in zip(costs, lines, strict=True)]
    straight.append(np.allclose(now, costs[0] + slope * price.value, rtol=_EXACT))
    return slope if all(straight) and np.isfinite(slope).all() else None
