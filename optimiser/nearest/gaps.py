"""What no experiment near a feed covers: combinations of setpoints at a design and beyond it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations

import numpy as np

from optimiser.nearest.samples import domain_of, samples
from optimiser.problem.bound import BoundProblem
from optimiser.surrogate.features import of_cathode
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.table import SystemTable
from optimiser.variables import VARIABLES, Bools, Designs, Floats, Variable, Variables

#: What sentences call the variables, in the order in which they name them.
_NOUNS = {"temperature": "", "h2o2": "peroxide", "solid_liquid_ratio": "solids", "acid_concentration": "acid"}
#: Sentences about a design.
_MOST = 2
#: Three setpoints together are a gap only where chance would put as many experiments there, at least.
_EXPECTED = 1.0


@dataclass(frozen=True)
class Limit:
    """A half of a variable's range: values above a limit, or below it.

    Attributes:
        variable: its name.
        above: whether values above the limit are meant.
        value: the limit, itself left out.
        experiments: how many experiments are there.
    """

    variable: str
    above: bool
    value: float
    experiments: int

    def holds(self, values: Floats) -> Bools:
        """Return which values of the variable are on the limit's far side."""
        return np.asarray(values > self.value if self.above else values < self.value, dtype=np.bool_)


@dataclass(frozen=True)
class Gap:
    """Limits that no experiment keeps together, and all but one of which some experiment keeps.

    Attributes:
        limits: one to three.
        experiments: how many experiments there are near the feed.
    """

    limits: tuple[Limit, ...]
    experiments: int

    @property
    def expected(self) -> float:
        """Experiments that would keep all limits if each were kept independently of the others."""
        return float(self.experiments * np.prod([x.experiments / self.experiments for x in self.limits]))


def gaps(
    problem: BoundProblem, design: Designs, table: TrainingTable | SystemTable | None
) -> tuple[str, ...]:
    """Say in at most two sentences what no experiment near the feed covers at a design or beyond it.

    Args:
        problem: says the feed, the acids and the surrogate, whose domain says what is near.
        design: one design.
        table: the training table; None for the experiments that the artefact holds.

    Raises:
        ValueError: there is not exactly one design.
    """
    if len(design) != 1:
        raise ValueError(f"gaps need one design, not {len(design)}")
    acid = int(design.acid[0])
    low, high = near_experiments(problem, acid, table)
    where = f"with {problem.acids[acid].label} near {problem.feed.name}"
    if not len(low):
        return (f"There is no experiment {where}.",)
    variables = problem.variables
    found = find_gaps(low, high, design.continuous[0], variables)
    return tuple(_sentence(gap, where, low, variables) for gap in found)


def near_experiments(
    problem: BoundProblem, acid: int, table: TrainingTable | SystemTable | None
) -> tuple[Floats, Floats]:
    """Return least and greatest value of each variable of the acid's experiments near the feed, (e, v) each.

    They differ in time only, which runs from an experiment's first to its last sample. Solids are those of
    the feed for as much cathode.
    """
    domain = problem.surrogate.domain
    # those that break stoichiometry are experiments, too
    domain = replace(domain, sound=np.ones(len(domain.acid), dtype=np.bool_))
    group = np.arange(len(domain.acid))
    if table is not None:  # its rows are samples; what the artefact holds are experiments already
        known = samples(problem.surrogate, table)
        domain, group = domain_of(known, domain, problem.system), known["experiment"].to_numpy()
    near = domain.neighbourhood(problem.feed, problem.acids[acid])
    rows = near.of_acid[near.near_feed]
    _, first, number = np.unique(group[rows], return_index=True, return_inverse=True)
    begin, end = np.full(len(first), np.inf), np.full(len(first), -np.inf)
    np.minimum.at(begin, number, domain.time[rows, 0])
    np.maximum.at(end, number, domain.time[rows, 1])
    fixed = domain.fixed[rows][first]
    low, high = (of_cathode(domain.space.whole(fixed, time), 1.0 / near.share) for time in (begin, end))
    return low, high


def find_gaps(low: Floats, high: Floats, design: Floats, variables: Variables = VARIABLES) -> tuple[Gap, ...]:
    """Return at most two gaps that a design lies in.

    Of each variable the side is looked at on which the design lies of the experiments' median. A limit lies
    between the design and what an experiment had. First come variables that no experiment has on that side;
    then the two variables, and then the three, that most experiments would keep together if each kept them
    independently: the emptiest room around the design. Three count only where at least one would.

    Args:
        low, high: least and greatest value of each experiment, shape (e, v).
        design: conditions in the order of the variables, shape (v,).
        variables: the setpoints; those of cathodes if left out.
    """
    every = [variable.name for variable in variables]
    order = sorted(every, key=lambda name: [*_NOUNS, *every].index(name))
    ends = {name: (low[:, j], high[:, j]) for j, name in enumerate(every)}
    limits = {
        name: _limits(variables[j], *ends[name], float(design[j]))
        for name, j in ((name, every.index(name)) for name in order)
    }
    # together they make one sentence: what is beyond the data in itself
    beyond = tuple(found[-1] for found in limits.values() if found and not found[-1].experiments)
    inner = {name: [limit for limit in found if limit.experiments] for name, found in limits.items()}
    found = [Gap(beyond, len(low))] if beyond else []
    for of, least in ((2, 0.0), (3, _EXPECTED)):
        empty = (gap for gap in _emptiest(of, inner, ends) if gap.expected >= least)
        found += sorted(empty, key=lambda gap: -gap.expected)[:1]
    return tuple(found[:_MOST])


def _emptiest(
    of: int, limits: dict[str, list[Limit]], ends: dict[str, tuple[Floats, Floats]]
) -> Iterator[Gap]:
    """Yield the emptiest gap of each combination of two or three variables, where it has one."""
    kept = {
        name: np.array([limit.holds(ends[name][int(limit.above)]) for limit in found], dtype=np.float64)
        for name, found in limits.items()
    }
    for chosen in combinations([name for name, found in limits.items() if found], of):
        masks = [kept[name] for name in chosen]
        empty = _together(masks) == 0.0
        for k in range(of):  # else the others are a gap already
            empty &= np.expand_dims(_together(masks[:k] + masks[k + 1 :]) > 0.0, k)
        if empty.any():
            expected = reduce(np.multiply.outer, [mask.mean(axis=1) for mask in masks])
            at = np.unravel_index(np.argmax(np.where(empty, expected, -1.0)), empty.shape)
            gap = tuple(limits[name][int(i)] for name, i in zip(chosen, at, strict=True))
            yield Gap(gap, masks[0].shape[1])


def _together(masks: Sequence[Floats]) -> Floats:
    """Return how many experiments keep a limit of each variable, an axis per variable."""
    axes = "ijk"[: len(masks)]
    subscripts = ",".join(f"{axis}e" for axis in axes) + "->" + axes
    return np.asarray(np.einsum(subscripts, *masks, optimize=True), dtype=np.float64)


def _limits(variable: Variable, low: Floats, high: Floats, value: float) -> list[Limit]:
    """Return the limits between a design's value and the data, those that most experiments keep first."""
    above = value >= float(np.median(high))
    data = high if above else low
    beside = np.unique(data[data < value] if above else data[data > value])
    decimals = round(-np.log10(variable.step))
    values = sorted({_rounded(float(x), value, decimals) for x in beside}, reverse=not above)
    return [Limit(variable.name, above, x, int(((data > x) if above else (data < x)).sum())) for x in values]


def _rounded(limit: float, value: float, decimals: int) -> float:
    """Round a limit towards a design's value and not up to it: what is said of less room stays true."""
    sign = 1.0 if value > limit else -1.0
    for places in range(decimals, 7):
        near = round(limit, places)
        if sign * (near - limit) < 0.0:
            near = round(near + sign * 10.0**-places, places)
        if sign * (value - near) > 0.0:
            return near
    return limit


def _sentence(gap: Gap, where: str, low: Floats, variables: Variables) -> str:
    texts = [_text(limit, low, variables) for limit in gap.limits]
    none = f"None of the {gap.experiments} experiments {where} was run"
    if not all(limit.experiments for limit in gap.limits):
        return f"{none} {' or '.join(texts)}."
    *first, last = (str(limit.experiments) for limit in gap.limits)
    together = f"{', '.join(texts[:-1])} and {texts[-1]}"
    return f"{none} {together} at once (one by one {', '.join(first)} and {last} were)."


def _text(limit: Limit, low: Floats, variables: Variables) -> str:
    """Say the far side of a limit; ``low`` is the least value of each experiment, shape (e, v)."""
    j = next(j for j, variable in enumerate(variables) if variable.name == limit.variable)
    variable, value, peroxide = variables[j], f"{limit.value:.10g}", low[:, j]
    if limit.variable == "temperature":
        return f"{'above' if limit.above else 'below'} {value} {variable.shown_unit}"
    if limit.variable == "time":
        return f"sampled {'after' if limit.above else 'before'} {value} {variable.shown_unit}"
    if limit.variable == "h2o2" and limit.above and limit.value <= 0.0:
        return "with peroxide"
    if (
        limit.variable == "h2o2"
        and not limit.above
        and not ((peroxide > 0.0) & (peroxide < limit.value)).any()
    ):
        return "without peroxide"
    noun = _NOUNS.get(limit.variable, variable.label) if variables == VARIABLES else variable.label
    return f"with {'more' if limit.above else 'less'} than {value} {variable.shown_unit} {noun}"
