"""Which limits of a question can be relaxed, and by how much at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from optimiser._io.errors import InputError
from optimiser.problem.bound import BoundProblem
from optimiser.problem.bounds import Bound
from optimiser.problem.constraints import JOINT, Yields
from optimiser.problem.constraints import label as label_of
from optimiser.problem.margins import Limit
from optimiser.problem.metrics import METRICS
from optimiser.variables import Designs, Floats, Variable

#: A yield target is relaxed by so much, a confidence by so much.
_POINT, _SURE = 0.01, 0.05
_SHARE = 0.05  # of itself, by which a limit is relaxed that is not here
#: Limits are relaxed by so much of their own unit.
_BY = {"proton_balance": -0.1, "applicability_domain": 0.25, "slurry": 0.02, "solubility": 0.05}
#: Limits of physics at these values: there is nothing beyond.
_PHYSICS = {"stock_strength": 0.0, "solubility": 1.0, "boiling": 0.0, "peroxide_heat": 0.0}
#: Steps of a cathode's setpoint that a range is widened by; of others a share of what is possible.
_STEPS = {"temperature": 10, "acid_concentration": 25, "h2o2": 5, "solid_liquid_ratio": 20, "time": 15}
_WIDER = 0.05
#: A margin below which a limit may bind; they are relative or fractions.
_NEAR = 0.15


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A problem with one limit relaxed.

    Attributes:
        name: of the margin, or of the variable and the end of its range.
        label: as a person reads it.
        unit: of the amount.
        amount: by which it is relaxed.
        problem: the problem with the limit relaxed; None where physics allows no more.
        end: variable and whether its upper end, of a range; None of a limit.
    """

    name: str
    label: str
    unit: str
    amount: float
    problem: BoundProblem | None
    end: tuple[int, bool] | None = None

    def near(self, margins: Mapping[str, float], design: Designs) -> bool:
        """Return whether a design comes so near to the limit that it may bind."""
        if self.end is None:
            return margins.get(self.name, np.inf) < _NEAR
        assert self.problem is not None
        j, upper = self.end
        k = int(design.acid[0])
        bound = (self.problem.upper if upper else self.problem.lower)[k, j]
        return bool(abs(bound - design.continuous[0, j]) < 1.5 * self.amount)


def relaxations(problem: BoundProblem) -> tuple[Relaxed, ...]:
    """Return each limit of a problem relaxed, alone: targets, confidence, chemistry, metrics, ranges."""
    return (
        *_of_targets(problem),
        *_of_limits(problem),
        *_of_bounds(problem),
        *_of_ranges(problem),
    )


def _of_targets(problem: BoundProblem) -> Iterator[Relaxed]:
    targets, sure, joint = dict(problem.targets), problem.confidence, problem.joint
    for metal, target in targets.items():
        easier = Yields(confidence=sure, joint=joint, **targets | {metal: max(target - _POINT, 0.001)})
        name = JOINT if joint else f"yield_{metal}"
        yield Relaxed(name, f"{metal} target", "points", 1.0, problem.with_constraints(easier))
    if sure is not None and targets:
        less = Yields(confidence=max(sure - _SURE, 0.01), joint=joint, **targets)
        near = JOINT if joint else f"yield_{next(iter(targets))}"
        yield Relaxed(near, "confidence", "points", 100.0 * _SURE, problem.with_constraints(less))


def _of_limits(problem: BoundProblem) -> Iterator[Relaxed]:
    for limit in problem.constraints:
        if not isinstance(limit, Limit) or limit.limit is None:
            continue
        (name,), now = limit.names, limit.limit
        if _PHYSICS.get(limit.key) == now:
            yield Relaxed(name, label_of(name), "", np.nan, None)
            continue
        by = _BY.get(limit.key, _SHARE * -abs(now))
        try:
            easier = type(limit)(now + by)
        except InputError:  # there is nothing beyond
            continue
        yield Relaxed(name, label_of(name), "", abs(by), problem.with_constraints(easier))


def _of_bounds(problem: BoundProblem) -> Iterator[Relaxed]:
    for bound in problem.constraints:
        if not isinstance(bound, Bound):
            continue
        for end, sign in (("min", -1.0), ("max", 1.0)):
            now = getattr(bound, end)
            if now is None:
                continue
            name, metric = f"{bound.metric}_{end}", METRICS[bound.metric]
            by = _SHARE * abs(now) or 10.0**-metric.digits
            ends = {"min": bound.min, "max": bound.max, end: now + sign * by}
            try:
                easier = Bound(bound.metric, **ends)
            except InputError:  # there is nothing beyond
                continue
            relaxed = problem.with_constraints(easier)
            yield Relaxed(name, label_of(name), metric.unit, by, relaxed)


def _of_ranges(problem: BoundProblem) -> Iterator[Relaxed]:
    for j, variable in enumerate(problem.variables):
        free = problem.upper[:, j] > problem.lower[:, j]
        if not free.any():
            continue
        by = _widening(variable, problem.system.is_cathode)
        for upper in (False, True):
            array = (problem.upper if upper else problem.lower).copy()
            array[free, j] = _widened(variable, array[free, j], by if upper else -by)
            wider = replace(problem, upper=array) if upper else replace(problem, lower=array)
            end = "highest" if upper else "least"
            yield Relaxed(
                f"{variable.name}_{'max' if upper else 'min'}",
                f"{end} {variable.label}",
                variable.unit,
                by,
                wider,
                (j, upper),
            )


def _widening(variable: Variable, of_cathode: bool) -> float:
    """Return by how much a range of a setpoint is widened; where it has values, by their widest gap."""
    if variable.values:
        return float(np.diff(variable.values).max(initial=variable.step))
    steps = _WIDER * (variable.high - variable.low) / variable.step
    return (_STEPS[variable.name] if of_cathode else max(1.0, float(np.round(steps)))) * variable.step


def _widened(variable: Variable, ends: Floats, by: float) -> Floats:
    """Return ends of ranges moved outwards, to where a plant can set them, within what is possible."""
    moved = np.clip(ends + by, variable.low, variable.high)
    if not variable.values:
        return moved
    known = np.array(variable.values)  # the farthest value that is not beyond
    outwards = [known[known <= m] if by > 0.0 else known[known >= m] for m in moved]
    return np.array(
        [(v.max() if by > 0.0 else v.min()) if len(v) else m for v, m in zip(outwards, moved, strict=True)]
    )
