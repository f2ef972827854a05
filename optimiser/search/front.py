"""What is read off a search: the front, its knee, and how far an impossible question is from possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.constraints import Yields, of_margin
from optimiser.search.archive import Archive
from optimiser.variables import Designs, Floats, Ints


@dataclass(frozen=True)
class Front:
    """Feasible designs of which none is better than another in every objective.

    Attributes:
        evaluation: the designs, sorted by the first objective from its best end.
        knee: row of the design with the best balance between the objectives.
        answer: row of the design that answers the question, as `answer_of` finds it.
        found: how many non-dominated designs there were before thinning.
    """

    evaluation: Evaluation
    knee: int
    answer: int
    found: int


@dataclass(frozen=True)
class Binding:
    """One constraint that the nearest design breaks, in the constraint's own words."""

    constraint: str
    reached: float
    needed: float
    broken_share: float


@dataclass(frozen=True)
class Infeasibility:
    """Why nothing was feasible.

    Attributes:
        nearest: the least infeasible designs, best first.
        binding: what the nearest design breaks, worst first.
        reachable: per target, the highest yield seen with every other constraint kept but no other target;
            where the problem asks for a confidence, the yield reached with that probability. Nothing where
            all targets have to hold at once.
        give: by how much all targets together would have to fall (yield fraction); NaN if no design keeps
            the other constraints.
        probability: that the design which comes nearest to all targets reaches them at once; NaN likewise.
    """

    nearest: Evaluation
    binding: tuple[Binding, ...]
    reachable: Mapping[str, float]
    give: float
    probability: float


def answer_of(problem: BoundProblem, evaluation: Evaluation) -> int:
    """Return the row of the design that answers the question.

    That is the best one in the first objective: with yield targets, the cheapest that reaches them. Where
    several objectives are asked without a target, it is the one with the best net value: the best in one
    objective alone would give all others up. Where nothing tells the net value, as of a system without
    prices, it is the knee.
    """
    if problem.targets or len(problem.objectives) == 1:
        return int(np.argmin(evaluation.objectives[:, 0]))
    worth = evaluation.metrics.get(problem.counted("net_value"))
    return knee_of(evaluation.objectives) if worth is None else int(np.argmax(worth))


def knee_of(objectives: Floats) -> int:
    """Return the row farthest below the plane through the front's ends (Das 1999, 10.1007/BF01195985).

    With each objective scaled to 0..1 over the front that plane is sum = 1, so the knee has the least sum.
    """
    low, high = objectives.min(axis=0), objectives.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    return int(np.argmin(((objectives - low) / span).sum(axis=1)))


def thin(objectives: Floats, size: int) -> Ints:
    """Return the rows of at most ``size`` members that keep a front's ends, its knee and its spread."""
    if len(objectives) <= size:
        return np.arange(len(objectives))
    crowding = get_crowding_function("pcd").do(objectives, n_remove=len(objectives) - size)
    kept, knee = np.argsort(-crowding, kind="stable")[:size], knee_of(objectives)
    if knee not in kept:
        kept[-1] = knee  # for the most crowded one, which is no end
    return np.sort(kept)


def front_of(problem: BoundProblem, seen: Archive, size: int) -> Front | None:
    """Read the front off designs that were predicted at high fidelity; None when none is feasible.

    Args:
        problem: whose designs they are.
        seen: designs at high fidelity.
        size: how many members the front may have; more are thinned.
    """
    found = seen.front
    if not len(found):
        return None
    kept = found[thin(seen.objectives[found], size)]
    order = kept[np.argsort(seen.objectives[kept, 0], kind="stable")]
    evaluation = problem.evaluate(seen.designs.take(order))
    row = answer_of(problem, evaluation)
    return Front(evaluation, knee_of(evaluation.objectives), row, len(found))


def infeasibility_of(problem: BoundProblem, seen: Archive, size: int = 5) -> Infeasibility:
    """Explain an archive at high fidelity without a feasible design.

    Args:
        problem: whose designs they are.
        seen: designs at high fidelity.
        size: how many of the nearest designs to tell.
    """
    nearest = _distinct(problem, seen.designs, np.argsort(seen.violation, kind="stable"))[:size]
    evaluation = problem.evaluate(seen.designs.take(nearest))
    names = problem.constraint_names
    binding = [
        _binding(problem, evaluation, name, float((seen.margins[:, c] < 0).mean()))
        for c, name in enumerate(names)
        if seen.margins[nearest[0], c] < 0.0
    ]
    binding.sort(key=lambda b: -abs(b.needed - b.reached) / max(abs(b.needed), 1e-9))
    is_target = np.array([isinstance(of_margin(problem.constraints, name), Yields) for name in names])
    others_hold = (seen.margins[:, ~is_target] >= 0.0).all(axis=1)
    reachable, give, probability = {}, float("nan"), float("nan")
    if is_target.any() and others_hold.any():
        possible = seen.margins[others_hold][:, is_target]
        for column, metal in enumerate(() if problem.joint else problem.targets):
            reachable[metal] = float(possible[:, column].max() + problem.targets[metal])
        give = float(max(-possible.min(axis=1).max(), 0.0))
        best = np.flatnonzero(others_hold)[[possible.min(axis=1).argmax()]]
        probability = float(problem.evaluate(seen.designs.take(best)).p_feasible[0])
    return Infeasibility(evaluation, tuple(binding), reachable, give, probability)


def _distinct(problem: BoundProblem, designs: Designs, order: Ints) -> Ints:
    """Keep the first design, in the given order, of each acid and quarter of each variable's range."""
    k = designs.acid[order]
    low, high = problem.lower[k], problem.upper[k]
    share = (designs.continuous[order] - low) / np.where(high > low, high - low, 1.0)
    _, first = np.unique(np.column_stack([k, np.floor(4.0 * share)]), axis=0, return_index=True)
    return order[np.sort(first)]


def _binding(problem: BoundProblem, evaluation: Evaluation, name: str, broken_share: float) -> Binding:
    """Return what the first design reaches of a constraint and what it needs."""
    constraint = of_margin(problem.constraints, name)
    reached, needed = constraint.reached_and_needed(problem.state(evaluation), name)
    return Binding(name, float(reached[0]), float(needed[0]), broken_share)
