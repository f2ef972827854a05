"""Which experiments next, to learn most about a decision."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimiser._io.errors import InputError, closest
from optimiser.learning.acquisition import expected_improvement, most_information
from optimiser.learning.candidates import Candidates, candidates, own_data_of
from optimiser.learning.doubt import Doubt, doubt
from optimiser.learning.drawing import distances, draw, objectives, prior_of, reach, weighed
from optimiser.learning.setpoints import laboratory_setpoints
from optimiser.problem.binding import bind, refuse_slow_surrogate
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.constraints import Yields
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.schema import Problem
from optimiser.problem.yields import predicted_metals
from optimiser.search.archive import total_violation
from optimiser.surrogate.features import of_cathode
from optimiser.surrogate.site import OwnData
from optimiser.surrogate.space import CATHODE_SPACE
from optimiser.tables.own import OwnTables
from optimiser.variables import Bools, Designs, Floats, Ints

AIMS = ("cost", "front", "feasibility")
MOST_EXPERIMENTS, MOST_SAMPLES = 48, 3
#: Share of the applicability domain's limit that `explore` allows.
OUTSIDE = 1.5
#: Experiments of one set lie at least so many of the domain's standard deviations apart.
APART = 0.5
DRAWS = 256
#: In a draw the feasibility of what is no dearer than the best fifth of the feasible matters.
_GOOD = 0.2
_SHARES = {
    1: (1.0,),
    2: (0.5, 1.0),
    3: (1.0 / 3.0, 1.0 / 1.7, 1.0),
}  # of the time, at which samples are taken


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes:
        n: number of experiments.
        aim: ``cost``, ``front`` or ``feasibility``.
        batch: whether they are run together, so that none may wait for another's result.
        explore: whether they may lie just outside the applicability domain.
        samples: taken of each experiment, at several times.
        seed: of the random numbers.
    """

    n: int = 6
    aim: str = "cost"
    batch: bool = False
    explore: bool = False
    samples: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        _whole("--n", self.n, MOST_EXPERIMENTS, "experiments")
        _whole("--samples", self.samples, MOST_SAMPLES, "samples of one experiment")
        if self.aim not in AIMS:
            raise InputError(
                f"There is no aim {self.aim!r}.",
                where="--for",
                allowed=", ".join(AIMS),
                remedy=closest(str(self.aim), AIMS),
            )


@dataclass(frozen=True)
class Reason:
    """Why an experiment is suggested.

    Attributes:
        kind: ``improves``, ``first`` (none that is feasible is measured), ``front``, ``edge``, or ``sure``
            (nothing better is expected).
        chance: that it improves on what is measured, or that it is feasible, or what share of the doubt about
            feasibility it takes away.
        value: of the first objective if it does, in its metric's unit; NaN where it does not apply.
    """

    kind: str
    chance: float
    value: float = float("nan")


@dataclass(frozen=True, eq=False, repr=False)
class Suggested:
    """Experiments to do next, the most telling first.

    Attributes:
        question: what was asked.
        wanted: likewise.
        problem: bound; with the domain's limit as `explore` has it.
        evaluation: of the n experiments, as a laboratory can set them.
        reasons: of each.
        own: rows of own results that count.
        measured: best first objective of these that reaches all targets, in its metric's unit; NaN without.
        candidates: how many designs they were chosen from.
        design: best of these by expected yields, or the one with the best chance; evaluated.
        doubt: about that design.
        seconds: it took.
    """

    question: Problem
    wanted: Wanted
    problem: BoundProblem
    evaluation: Evaluation
    reasons: tuple[Reason, ...]
    own: int
    measured: float
    candidates: int
    design: Evaluation
    doubt: Doubt
    seconds: float

    def __len__(self) -> int:
        return len(self.evaluation)

    @property
    def first(self) -> bool:
        """Whether there are no own results yet."""
        return self.own == 0

    @property
    def samples(self) -> tuple[Designs, Ints]:
        """Every sample of the experiments as a design, and the number of its experiment from 0."""
        along = self.problem.surrogate.domain.space.along
        return sampled(self.evaluation.designs, self.wanted.samples, along)


def suggest(question: Problem, wanted: Wanted, tables: OwnTables | None = None) -> Suggested:
    """Return the experiments that teach most about a decision.

    Args:
        question: feed, ranges, limits; its model may be a site model.
        wanted: how many, and what they are for.
        tables: a user's own acids, prices and factors.

    Raises:
        InputError: the question cannot be bound to models, asks for the edge of feasibility without targets,
            or no design keeps its other constraints.
    """
    began = time.perf_counter()
    everything = bind(_explored(question) if wanted.explore else question, tables)
    refuse_slow_surrogate(question, everything.surrogate)
    problem = everything.with_acids(everything.supported_acids)
    _check_aim(problem, wanted)
    _check_samples(problem, wanted)
    prior = prior_of(problem.surrogate)
    rng = np.random.default_rng(wanted.seed)
    found = candidates(problem, wanted.aim, rng)
    if not len(found):
        raise InputError(
            "No design keeps the constraints, even without yield targets: there is no experiment to suggest.",
            where=question.where("constraints"),
            remedy="see what binds: optimiser check, or optimiser ask",
        )
    designs = found.designs
    yields = draw(problem, designs, found.prediction, prior, DRAWS, rng)
    values, feasible = objectives(problem, designs, yields), reach(problem, yields)
    own = own_data_of(problem)
    known = _measured(problem, own)
    picked, reasons = _chosen(found, values, feasible, own is None, known, wanted, rng)
    recommended = problem.evaluate(designs.take(np.array([_recommended(found)])))
    chosen = designs.take(picked)
    along = problem.surrogate.domain.space.along
    told = doubt(problem, recommended, *sampled(chosen, wanted.samples, along), prior)
    sign = problem.objectives[0].sign
    return Suggested(
        question=question,
        wanted=wanted,
        problem=problem,
        evaluation=problem.evaluate(chosen),
        reasons=reasons,
        own=0 if own is None else len(own),
        measured=float(sign * known[:, 0].min()) if len(known) else float("nan"),
        candidates=len(found),
        design=recommended,
        doubt=told,
        seconds=time.perf_counter() - began,
    )


def sampled(designs: Designs, samples: int, along: int | None = CATHODE_SPACE.along) -> tuple[Designs, Ints]:
    """Return the samples of experiments as designs that differ in time, and the experiment of each.

    Args:
        designs: n experiments with their last time.
        samples: of each, 1 to 3; times that round to the same are one sample.
        along: number of the setpoint over which an experiment is sampled, the time; None where there is none.
    """
    if along is None:
        return designs, np.arange(len(designs))
    shares = np.array(_SHARES[samples])
    number = np.repeat(np.arange(len(designs)), len(shares))
    every = designs.continuous[number].copy()
    every[:, along] *= np.tile(shares, len(designs))
    early = np.tile(shares < 1.0, len(designs))
    rounded = laboratory_setpoints(designs.at(designs.acid[number], every)).continuous
    least = designs.variables[along].step
    every[:, along] = np.where(early, np.maximum(rounded[:, along], least), every[:, along])
    # the last of equal times stays: that of the experiment itself
    told = np.column_stack([number, every[:, along]])
    kept = np.append((np.diff(told, axis=0) != 0.0).any(axis=1), True)
    kept &= every[:, along] <= designs.continuous[number, along]
    rows = np.flatnonzero(kept)
    return designs.at(designs.acid[number[rows]], every[rows]), number[rows]


def _chosen(
    found: Candidates,
    values: Floats,
    feasible: Bools,
    first: bool,
    known: Floats,
    wanted: Wanted,
    rng: np.random.Generator,
) -> tuple[Ints, tuple[Reason, ...]]:
    """Return the rows that are chosen, and why.

    Args:
        found: c candidates.
        values: objectives in each draw, shape (s, c, m).
        feasible: whether all targets are reached in it, shape (s, c).
        first: whether there are no own results yet.
        known: objectives of measured designs that reach all targets, shape (k, m).
        wanted: what is asked for.
        rng: generator.
    """
    problem, designs = found.problem, found.designs
    group, n = np.arange(len(found)), wanted.n
    apart = distances(problem, designs, 2.0 * APART)

    def far_enough(experiments: Ints, picked: Ints) -> Bools:
        return np.asarray((apart[np.ix_(experiments, picked)] >= APART).all(axis=1), dtype=np.bool_)

    how: dict[str, Any] = {"together": wanted.batch or first, "far_enough": far_enough}
    costs, best = values[:, :, 0], known[:, 0].min() if len(known) else None
    several = wanted.aim == "front" and values.shape[2] > 1
    if several:
        costs, told = weighed(values, feasible, known, rng)
        best = told.min(axis=1) if len(known) else None
    if wanted.aim == "feasibility":
        rows, gains = most_information(feasible, mattering(costs, feasible), group, n, **how)
        return rows, tuple(Reason("edge", float(gain)) for gain in gains)
    rows, _ = expected_improvement(costs, feasible, best, group, n, **how)
    sign = problem.objectives[0].sign
    return rows, tuple(
        _why(costs[:, row], values[:, row, 0], feasible[:, row], best, several, sign) for row in rows
    )


def _why(costs: Floats, values: Floats, feasible: Bools, best: Any, several: bool, sign: int) -> Reason:
    """Return why an experiment is suggested, from its draws, shape (s,) each."""
    better = feasible if best is None else feasible & (costs < best)
    chance = float(better.mean())
    value = float(sign * values[better].mean()) if better.any() else float("nan")
    if best is None:
        return Reason("first", chance, value)
    if not better.any():
        return Reason("sure", float(feasible.mean()))
    return Reason("front", chance) if several else Reason("improves", chance, value)


def mattering(costs: Floats, feasible: Bools) -> Floats:
    """Return how much each candidate's feasibility matters, shape (c,).

    The share of draws in which it is no dearer than the cheapest fifth of what is feasible.
    """
    found = np.where(feasible, costs, np.inf)
    limit = np.quantile(found, _GOOD, axis=1, method="lower", keepdims=True)
    return np.asarray((np.isfinite(costs) & (costs <= limit)).mean(axis=0), dtype=np.float64)


def _recommended(found: Candidates) -> int:
    """Return the best candidate by expected yields; where none reaches the targets, the likeliest."""
    value = found.point.objectives[:, 0]
    inside = found.prediction.domain_ratio <= 1.0 if found.problem.domain is not None else np.ones(len(found))
    missed = np.where(found.expected, 0.0, 1.0 - found.chance)
    return int(np.lexsort((value, missed, ~inside.astype(bool)))[0])


def _measured(problem: BoundProblem, own: OwnData | None) -> Floats:
    """Return the objectives, to minimise, of own results that reach all targets, shape (k, m).

    They keep the problem's ranges and chemistry. Yields that were not measured are as the model expects them.
    """
    nothing = np.zeros((0, len(problem.objectives)))
    if own is None:
        return nothing
    keys = [acid.key for acid in problem.acids]
    number = np.array([keys.index(key) for key in own.acid.tolist()], dtype=np.intp)
    designs = problem.designs(number, of_cathode(own.of_cathode, 1.0 / problem.feed.cathode_share))
    told = problem.predict(designs)
    known = len(predicted_metals(problem.surrogate))
    yields = told.mean.copy()
    present = np.asarray(problem.feed.present, dtype=bool)[:known]
    seen = ~np.isnan(own.yields) & present
    yields[:, :known] = np.where(seen, own.yields, yields[:, :known])
    asked = ~np.isnan(problem.targets_array[:known])
    # something that decides was measured
    tells = seen[:, asked].any(axis=1) if asked.any() else seen.any(axis=1)
    free = problem.with_constraints(Yields(), ApplicabilityDomain(None))
    margins = free.point_at(designs, replace(told, mean=yields, location=None)).margins
    low, high = problem.lower[designs.acid], problem.upper[designs.acid]
    x = designs.continuous
    inside = ((x >= low - 1e-6) & (x <= high + 1e-6)).all(axis=1)
    good = tells & reach(problem, yields) & inside & (total_violation(margins) <= 0.0)
    found: Floats = objectives(problem, designs, yields[None])[0][good]
    return found


def _explored(question: Problem) -> Problem:
    """Return a problem whose designs may lie just outside the applicability domain."""
    others = tuple(c for c in question.constraints if not isinstance(c, ApplicabilityDomain))
    now = next((c for c in question.constraints if isinstance(c, ApplicabilityDomain)), ApplicabilityDomain())
    if now.limit is None or now.limit >= OUTSIDE:
        return question
    return question.with_source(question.source, constraints=(*others, ApplicabilityDomain(OUTSIDE)))


def _check_aim(problem: BoundProblem, wanted: Wanted) -> None:
    if wanted.aim == "feasibility" and not problem.targets:
        raise InputError(
            "Without yield targets every design is feasible: no experiment tells where feasibility ends.",
            where="--for feasibility",
            allowed="a problem with yield targets, or --for cost or front",
            remedy="add e.g. `- yield: {Li: 0.9, Co: 0.9}` under constraints",
        )


def _check_samples(problem: BoundProblem, wanted: Wanted) -> None:
    if wanted.samples > 1 and problem.system.along is None:
        raise InputError(
            f"No setpoint of {problem.system.name} is the time of a sample.",
            where=f"--samples {wanted.samples}",
            allowed="--samples 1; or `groups: {experiment: [all but time]}` in the system's file",
        )


def _whole(where: str, value: Any, most: int, what: str) -> None:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 1 <= value <= most:
        raise InputError(f"{value!r} is no number of {what}.", where=where, allowed=f"1 to {most}")
