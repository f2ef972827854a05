"""Monte Carlo on a front: every uncertain number is drawn, the same draws for every design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import moocore
import numpy as np

from optimiser._io.errors import InputError
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.constraints import Yields
from optimiser.problem.metrics import METRICS
from optimiser.problem.objectives import Objective
from optimiser.surrogate.calibration import INTERVAL_LEVEL, tails
from optimiser.uncertainty.drawn import Drawn
from optimiser.uncertainty.inputs import YIELDS, Input, inputs_of
from optimiser.variables import Bools, Floats

#: Draws that a study may have; the most take a gigabyte on a hundred designs.
LEAST_DRAWS, MOST_DRAWS = 100, 100_000


@dataclass(frozen=True)
class MonteCarlo:
    """Designs under d draws of the uncertain numbers.

    Attributes:
        problem: what is asked.
        evaluation: of the n designs, at the tables' own values.
        inputs: the uncertain numbers, and those that were held fixed.
        metrics: values by metric, shape (d, n) each.
        holds: whether each constraint holds, by the name of its margin, shape (d, n) each.
    """

    problem: BoundProblem
    evaluation: Evaluation
    inputs: tuple[Input, ...]
    metrics: Mapping[str, Floats]
    holds: Mapping[str, Bools]

    def interval(self, metric: str, level: float = INTERVAL_LEVEL) -> tuple[Floats, Floats]:
        """Return low and high ends of the interval of a metric, shape (n,) each."""
        low, high = tails(level)
        values = self.metrics[metric]
        # never between two draws: one of them may be infinite, where nothing dissolves
        return (
            np.quantile(values, low, axis=0, method="lower"),
            np.quantile(values, high, axis=0, method="higher"),
        )

    @cached_property
    def chances(self) -> Mapping[str, Floats]:
        """Probability that each constraint holds, by the name of its margin, shape (n,) each."""
        return {name: held.mean(axis=0) for name, held in self.holds.items()}

    @cached_property
    def p_targets(self) -> Floats:
        """Probability that every yield target holds at once, shape (n,); 1 without targets."""
        targets = [name for c in self.problem.constraints if isinstance(c, Yields) for name in c.names]
        return self._together(targets)

    @cached_property
    def p_all(self) -> Floats:
        """Probability that every constraint holds at once, shape (n,)."""
        return self._together(list(self.holds))

    def _together(self, names: list[str]) -> Floats:
        if not names:
            return np.ones(len(self.evaluation))
        held: Floats = np.all([self.holds[name] for name in names], axis=0).mean(axis=0)
        return held

    @cached_property
    def p_nondominated(self) -> Floats:
        """Probability that no other of the designs is better in every objective, shape (n,)."""
        columns = [o.sign * self.metrics[o.metric] for o in self.problem.objectives]
        every = np.nan_to_num(np.stack(columns, axis=2), nan=1e12, posinf=1e12, neginf=-1e12)
        best = [moocore.is_nondominated(one, keep_weakly=True) for one in every]
        share: Floats = np.mean(best, axis=0)
        return share

    def p_better(self, one: int, other: int, objective: Objective) -> float:
        """Return the probability that one design is better than another in an objective; ties count half."""
        values = objective.sign * self.metrics[objective.metric]
        a, b = values[:, one], values[:, other]
        return float((a < b).mean() + (a == b).mean() / 2.0)

    def p_acid_better(self, acid: str, other: str, objective: Objective) -> float:
        """Return the probability that the best design of one acid beats the best design of another.

        Which design is best is decided beforehand, by the evaluation: a plant is built once. Both meet the
        same draws, so what they share, such as the price of peroxide, does not blur the comparison.

        Raises:
            InputError: none of the designs uses such an acid.
        """
        one, two = (best_row(self.problem, self.evaluation, objective, name) for name in (acid, other))
        return self.p_better(one, two, objective)


def best_row(
    problem: BoundProblem, evaluation: Evaluation, objective: Objective, acid: str | None = None
) -> int:
    """Return the row of the best design in an objective, of one acid or of all.

    Raises:
        InputError: none of the designs uses such an acid.
    """
    names = np.array(problem.acid_names)[evaluation.designs.acid]
    rows = np.arange(len(evaluation)) if acid is None else np.flatnonzero(names == acid)
    if not len(rows):
        raise InputError(
            f"None of the designs uses {acid!r}.", allowed=", ".join(sorted(set(names.tolist())))
        )
    return int(rows[np.argmin(objective.sign * evaluation.metrics[objective.metric][rows])])


def monte_carlo(
    problem: BoundProblem,
    evaluation: Evaluation,
    draws: int,
    rng: np.random.Generator,
    inputs: tuple[Input, ...] | None = None,
) -> MonteCarlo:
    """Draw the uncertain numbers and compute every metric and constraint of every design in each draw.

    Yields: one uniform number per draw picks a row of held-out residuals for all metals and all designs, so
    that metals keep going together and designs are compared under the same luck. Proton balance, stock
    strength and all else that drawn numbers bear on is computed anew; the applicability domain is not.

    Args:
        problem: what is asked.
        evaluation: of n designs.
        draws: how many.
        rng: of the draws. The same inputs in the same order meet the same draws.
        inputs: the uncertain numbers; those of `inputs_of` if left out. To look at some alone, fix the others
            (`Input.fixed`) instead of leaving them out: then the draws stay the same.

    Raises:
        InputError: too few or too many draws.
    """
    check_draws(draws)
    inputs = inputs_of(problem, evaluation.designs) if inputs is None else inputs
    drawn = Drawn(problem, evaluation)
    values, n = drawn.values(inputs, rng.random((len(inputs), draws))), len(evaluation)
    yields = (f"yield_{metal}" for metal in problem.present)
    names = dict.fromkeys([*(o.metric for o in problem.objectives), *problem.reported, *yields])
    metrics = {name: np.empty((draws, n)) for name in names}
    holds = np.empty((len(problem.constraint_names), draws, n), dtype=np.bool_)
    for chunk, result in drawn.chunks(values, draws):
        for name, array in metrics.items():
            array[chunk] = METRICS[name].compute(result).reshape(-1, n)
        holds[:, chunk] = drawn.holds(result)
    return MonteCarlo(
        problem, evaluation, inputs, metrics, dict(zip(problem.constraint_names, holds, strict=True))
    )


def yields_alone(inputs: tuple[Input, ...]) -> tuple[Input, ...]:
    """Return the same inputs with all but the yields fixed."""
    return tuple(one if one.key == YIELDS else one.fixed() for one in inputs)


def check_draws(draws: int) -> None:
    """Refuse too few or too many draws.

    Raises:
        InputError: says how many there may be.
    """
    if not hasattr(draws, "__index__") or not LEAST_DRAWS <= draws <= MOST_DRAWS:
        raise InputError(
            f"{draws} draws are not possible.",
            where="--draws",
            allowed=f"{LEAST_DRAWS:,} to {MOST_DRAWS:,}",
            remedy="10,000 are enough for intervals and indices",
        )
