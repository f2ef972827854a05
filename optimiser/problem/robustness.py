"""What a plant's tolerances and one setpoint step do to a design."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.tolerances import no_tolerances
from optimiser.variables import Bools, Designs, Floats, Ints, Variables


@dataclass(frozen=True)
class Spans:
    """Where n designs may end up within their tolerances.

    Attributes:
        yields_low, yields_high: least and greatest expected yield over the tolerances, a column per metal.
        recovery_low, recovery_high: least and greatest recovery, as fractions, shape (n,).
        leaving: share of the points that are too far from the data for the applicability domain, shape (n,);
            0 without a domain.
        outwards: number of the setpoint that takes a design furthest from the data within its
            tolerance, and whether upwards (1) or downwards (0), shape (n, 2).
    """

    yields_low: Floats
    yields_high: Floats
    recovery_low: Floats
    recovery_high: Floats
    leaving: Floats
    outwards: Ints


def over_tolerances(problem: BoundProblem, designs: Designs) -> Spans | None:
    """Return where designs may end up within the tolerances; None where there are none.

    Every point is predicted as a design of its own, which is for a few designs: what a mean is taken over
    spreads the anchors over the points, and single points of that are rougher. Both count, so that the mean
    and the tenth percentile that are told lie between the ends.

    Args:
        problem: the bound question.
        designs: n designs, each at the 64 points that its yields are taken over.
    """
    moved, spread = problem.moved(designs), problem.predict(designs).over
    if moved is None or spread is None:
        return None
    points = designs.at(np.repeat(designs.acid, moved.shape[1]), moved.reshape(-1, moved.shape[2]))
    exact = (
        replace(problem, tolerances=no_tolerances(problem.system)).predict(points).mean.reshape(spread.shape)
    )
    yields = np.concatenate([exact, spread], axis=1)
    recovery = np.nan_to_num(yields) @ problem.recovery_weights
    leaving, outwards = np.zeros(len(designs)), np.zeros((len(designs), 2), dtype=np.intp)
    if problem.domain is not None:
        limit = problem.domain * problem.surrogate.domain.distance_limit
        for i, (k, points) in enumerate(zip(designs.acid, moved, strict=True)):
            near = problem.neighbourhoods[k]
            leaving[i] = (near.distance(points) > limit).mean()
            # one setpoint at its lowest or highest, the others as they are
            many = len(problem.variables)
            ends = np.tile(designs.continuous[i], (many, 2, 1))
            for j in range(many):
                ends[j, :, j] = points[:, j].min(), points[:, j].max()
            outwards[i] = divmod(int(near.distance(ends.reshape(-1, many)).argmax()), 2)
    return Spans(
        yields.min(axis=1), yields.max(axis=1), recovery.min(axis=1), recovery.max(axis=1), leaving, outwards
    )


@dataclass(frozen=True)
class WorstSteps:
    """The worst that one setpoint step does to each of n designs.

    Attributes:
        recovery_loss: most recovery lost, as a fraction, shape (n,); 0 where no step loses any.
        variable: number of the setpoint of the step that does so, shape (n,).
        value: the setpoint after that step, shape (n,).
        yield_loss: most yield that one metal loses by one step, as a fraction, shape (n,).
        metal: number of that metal, or response, shape (n,).
    """

    recovery_loss: Floats
    variable: Ints
    value: Floats
    yield_loss: Floats
    metal: Ints


def worst_steps(problem: BoundProblem, evaluation: Evaluation, rows: Ints) -> WorstSteps:
    """Return what one step of one setpoint costs some designs at most.

    Steps beyond what is physically possible are left out, and those of a variable that the problem or the
    data of the acid fix.

    Args:
        problem: the bound question.
        evaluation: of the designs.
        rows: which of them, shape (n,).
    """
    chosen = evaluation.designs.take(rows)
    moves = _moves(problem.variables)
    which_moves = np.arange(len(moves)) // 2
    moved = np.round(chosen.continuous[:, None, :] + moves, 6)
    allowed = _allowed(problem, chosen, moved)
    which = np.nonzero(allowed)[0]
    after = problem.predict(chosen.at(chosen.acid[which], moved[allowed])).mean
    yields = np.zeros((*allowed.shape, len(problem.responses)))
    yields[allowed] = np.nan_to_num(evaluation.yields[rows][which] - after)  # NaN: absent metal
    recovery = yields @ problem.recovery_weights
    step, n = recovery.argmax(axis=1), np.arange(len(rows))
    by_metal = yields.max(axis=1)
    return WorstSteps(
        recovery_loss=np.maximum(recovery[n, step], 0.0),
        variable=which_moves[step],
        value=moved[n, step, which_moves[step]],
        yield_loss=np.maximum(by_metal.max(axis=1), 0.0),
        metal=by_metal.argmax(axis=1),
    )


def _allowed(problem: BoundProblem, designs: Designs, moved: Floats) -> Bools:
    """Return which steps are possible and free, shape (n, 2 v)."""
    low, high = (np.array([getattr(v, end) for v in problem.variables]) for end in ("low", "high"))
    possible = ((moved >= low) & (moved <= high)).all(axis=2)
    free = (problem.upper > problem.lower)[designs.acid][:, np.arange(moved.shape[1]) // 2]
    return possible & free


def _moves(variables: Variables) -> Floats:
    """Return every setpoint one step down and one step up, shape (2 v, v); row i moves setpoint i // 2."""
    step = np.array([variable.step for variable in variables])
    return np.asarray(
        np.repeat(np.diag(step), 2, axis=0) * np.tile([-1.0, 1.0], len(variables))[:, None], dtype=np.float64
    )
