"""What each further point of recovery costs along a front, against what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimiser.problem.bound import BoundProblem
from optimiser.report.frames import components_frame
from optimiser.search.front import Front
from optimiser.variables import Floats

#: Points of recovery that a step spans at least: shorter ones tell of the grid of setpoints, not of cost.
_STEP = 0.2


@dataclass(frozen=True)
class Margin:
    """The cheapest way from the lowest recovery of a front to its highest, in steps between designs.

    Attributes:
        rows: of the front, the n designs that it leads over, by recovery.
        recovery: of these, per cent, shape (n,).
        cost: of one more point in each step, EUR per t of feed, shape (n - 1,); never falls.
        worth: payable value of the metals of one more point in each step, likewise.
        stop: which of the n designs leaves most, value less cost.
        paid: what the cost pays, in words.
    """

    rows: tuple[int, ...]
    recovery: Floats
    cost: Floats
    worth: Floats
    stop: int
    paid: str = "in reagents and energy"


def margin(problem: BoundProblem, front: Front) -> Margin | None:
    """Return what each further point of recovery costs and is worth; None where recovery is no objective.

    The way is the lower convex hull of cost over recovery: a design above it costs more than a mixture of
    its neighbours, so a step to or from it would tell more of the search than of the process. Where a front
    has no two recoveries there is no step either.
    """
    if "recovery" not in [o.metric for o in problem.objectives]:
        return None
    parts = components_frame(problem, front.evaluation)
    recovery = 100.0 * front.evaluation.metrics["recovery"]
    plant = "plant_bill" in parts
    cost, value = parts["plant_bill" if plant else "batch_cost"].to_numpy(), parts["metal_value"].to_numpy()
    found = steps(recovery, cost, value)
    return replace(found, paid="for the plant") if found is not None and plant else found


def steps(recovery: Floats, cost: Floats, value: Floats) -> Margin | None:
    """Return the steps between designs.

    Args:
        recovery: of the designs, per cent.
        cost, value: of these, EUR per t of feed.
    """
    rows = lower_hull(recovery, cost)
    last = rows[-1]
    rows = apart([row for row in rows if recovery[last] - recovery[row] >= _STEP], recovery, _STEP)
    if not rows:
        return None
    rows.append(last)
    at = np.array(rows)
    points = np.diff(recovery[at])
    return Margin(
        rows=tuple(rows),
        recovery=recovery[at],
        cost=np.diff(cost[at]) / points,
        worth=np.diff(value[at]) / points,
        stop=int(np.argmax(value[at] - cost[at])),
    )


def apart(rows: list[int], x: Floats, least: float) -> list[int]:
    """Return those rows, which rise in x, that are at least so far from the one before.

    >>> apart([0, 1, 2], np.array([0.0, 0.1, 0.3]), 0.2)
    [0, 2]
    """
    kept: list[int] = []
    for row in rows:
        if not kept or x[row] - x[kept[-1]] >= least:
            kept.append(row)
    return kept


def lower_hull(x: Floats, y: Floats) -> list[int]:
    """Return which points lie on the lower convex hull, from left to right.

    >>> lower_hull(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 2.0, 6.0]))
    [0, 2, 3]
    """
    hull: list[int] = []
    for i in map(int, np.lexsort((y, x))):
        if hull and x[i] <= x[hull[-1]]:
            continue
        while len(hull) > 1 and _above(x, y, hull[-2], hull[-1], i):
            hull.pop()
        hull.append(i)
    return hull


def _above(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    """Return whether b lies on or above the line from a to c."""
    return bool((y[b] - y[a]) * (x[c] - x[a]) >= (y[c] - y[a]) * (x[b] - x[a]))


def margin_finding(found: Margin) -> str:
    """Say at which recovery to stop, what the next point would cost and what it would be worth."""
    at, last = found.recovery[found.stop], len(found.recovery) - 1
    if found.stop == last:
        return (
            f"Every point of recovery up to {at:.1f} % pays: the last one costs {found.cost[-1]:,.0f} EUR "
            f"per t of feed {found.paid} and is worth {found.worth[-1]:,.0f}."
        )
    return (
        f"Stop at {at:.1f} % recovery, design no. {found.rows[found.stop] + 1}: a further point costs "
        f"{found.cost[found.stop]:,.0f} EUR per t of feed {found.paid} and is worth "
        f"{found.worth[found.stop]:,.0f}."
    )


def beyond_finding(found: Margin) -> str:
    """Say what the last points cost, where a figure has no room for it."""
    return f"The last points, beyond the axis, cost up to {found.cost[-1]:,.0f} EUR per t of feed each."
