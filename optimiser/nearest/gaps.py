"""What no experiment near a feed covers: combinations of setpoints at a design and beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from optimiser.nearest.samples import samples
from optimiser.problem.problem import Problem
from optimiser.surrogate.training_table import TrainingTable
from optimiser.variables import CONTINUOUS, Bools, Designs, Floats

#: Decimals that limits are told with, more where a limit would otherwise not lie between data and design.
_DECIMALS = (0, 2, 1, 0, 0)
#: The order in which a sentence names limits: heat, peroxide, solids, strength, time.
_NAMES = ("temperature", "h2o2", "solid_liquid_ratio", "acid_concentration", "time")
_ORDER = tuple(map(CONTINUOUS.index, _NAMES))
#: Sentences told of a design.
_MOST = 2
#: Of three setpoints together experiments are told only where as many would be there by chance, at least.
_EXPECTED = 1.0


@dataclass(frozen=True)
class Limit:
    """A half of a variable's range: values above a limit, or below it.

    Attributes:
        variable: number in ``CONTINUOUS``.
        above: whether values above the limit are meant.
        value: the limit, itself left out.
        experiments: how many experiments are there.
    """

    variable: int
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


def gaps(problem: Problem, design: Designs, table: TrainingTable | None) -> tuple[str, ...]:
    """Say in at most two sentences what no experiment near the feed covers at a design or beyond it.

    Args:
        problem: says the feed, the acids and the surrogate, whose domain says what is near.
        design: one design.
        table: the training table; None for the experiments that the artefact holds.

    Raises:
        ValueError: there is not exactly one design.
    """
    if len(design) != 1:
        raise ValueError(f"gaps are told of one design, not of {len(design)}")
    acid = problem.acids[int(design.acid[0])]
    low, high = near_experiments(problem, int(design.acid[0]), table)
    where = f"with {acid.label} near {problem.feed.name}"
    if not len(low):
        return (f"There is no experiment {where}.",)
    return tuple(_sentence(gap, where, low[:, 2]) for gap in find_gaps(low, high, design.continuous[0]))


def near_experiments(problem: Problem, acid: int, table: TrainingTable | None) -> tuple[Floats, Floats]:
    """Return least and greatest value of each variable of the acid's experiments near the feed, (e, 5) each.

    They differ in time only, which runs from an experiment's first to its last sample.
    """
    domain = problem.surrogate.domain
    # those that break stoichiometry are experiments, too
    domain = replace(domain, sound=np.ones(len(domain.acid), dtype=np.bool_))
    if table is not None:
        domain = samples(problem.surrogate, table).domain(domain)
    near = domain.neighbourhood(problem.feed, problem.acids[acid])
    rows = near.of_acid[near.near_feed]
    # rows of a table are samples; what the artefact holds are experiments already
    group = np.arange(len(domain.acid)) if table is None else table.experiments
    _, first, number = np.unique(group[rows], return_index=True, return_inverse=True)
    fixed, time = domain.fixed[rows][first], domain.time[rows]
    begin, end = np.full(len(first), np.inf), np.full(len(first), -np.inf)
    np.minimum.at(begin, number, time[:, 0])
    np.maximum.at(end, number, time[:, 1])
    return np.column_stack([fixed, begin]), np.column_stack([fixed, end])


def find_gaps(low: Floats, high: Floats, design: Floats) -> tuple[Gap, ...]:
    """Return at most two gaps that a design lies in.

    Of each variable the side is looked at on which the design lies of the experiments' median. A limit lies
    between the design and what an experiment had. First come variables that no experiment has on that side;
    then the two variables, and then the three, that most experiments would keep together if each kept them
    independently: the emptiest room around the design. Three are told only where at least one would.

    Args:
        low, high: least and greatest value of each experiment, shape (e, 5).
        design: conditions in the order of ``CONTINUOUS``, shape (5,).
    """
    limits = {j: _limits(j, low[:, j], high[:, j], float(design[j])) for j in range(len(CONTINUOUS))}
    n = len(low)
    alone = [Gap((limit,), n) for j in _ORDER for limit in limits[j][-1:] if not limit.experiments]
    if alone:
        # together they make one sentence: what is beyond the data in itself
        alone = [Gap(tuple(gap.limits[0] for gap in alone), n)]
    inner = {j: [limit for limit in limits[j] if limit.experiments] for j in _ORDER}
    masks = {
        j: np.array([x.holds(high[:, j] if x.above else low[:, j]) for x in inner[j]], dtype=np.float64)
        for j in _ORDER
    }
    pairs, triples = (list(_emptiest(of, inner, masks, n)) for of in (2, 3))
    found = alone
    for gap in (
        *sorted(pairs, key=lambda gap: -gap.expected)[:1],
        *sorted((gap for gap in triples if gap.expected >= _EXPECTED), key=lambda gap: -gap.expected)[:1],
    ):
        found = [*found, gap]
    return tuple(found[:_MOST])


def _emptiest(of: int, limits: dict[int, list[Limit]], masks: dict[int, Floats], n: int) -> Iterator[Gap]:
    """Yield the emptiest gap of each combination of two or three variables, where it has one."""
    for chosen in combinations(_ORDER, of):
        if any(not limits[j] for j in chosen):
            continue
        share = [masks[j].mean(axis=1) for j in chosen]
        if of == 2:
            a, b = (masks[j] for j in chosen)
            empty = a @ b.T == 0.0
            expected = np.outer(*share)
        else:
            a, b, c = (masks[j] for j in chosen)
            empty = np.einsum("ie,je,ke->ijk", a, b, c, optimize=True) == 0.0
            # else two of them are a gap already
            some = ((a @ b.T)[:, :, None] > 0) & ((a @ c.T)[:, None] > 0) & ((b @ c.T)[None] > 0)
            empty &= some
            expected = np.einsum("i,j,k->ijk", *share)
        if empty.any():
            at = np.unravel_index(np.argmax(np.where(empty, expected, -1.0)), empty.shape)
            yield Gap(tuple(limits[j][int(i)] for j, i in zip(chosen, at, strict=True)), n)


def _limits(j: int, low: Floats, high: Floats, value: float) -> list[Limit]:
    """Return the limits between a design's value and the data, those that most experiments keep first."""
    above = value >= float(np.median(high))
    data = high if above else low
    beside = np.unique(data[data < value] if above else data[data > value])
    told = {_rounded(float(x), value, _DECIMALS[j]) for x in beside}
    found = []
    for x in sorted(told, reverse=not above):
        held = (data > x) if above else (data < x)
        found.append(Limit(j, above, x, int(held.sum())))
    return found


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


def _sentence(gap: Gap, where: str, peroxide: Floats) -> str:
    texts = [_text(limit, peroxide) for limit in gap.limits]
    none = f"None of the {gap.experiments} experiments {where} was run"
    if not all(limit.experiments for limit in gap.limits):
        return f"{none} {' or '.join(texts)}."
    *first, last = (str(limit.experiments) for limit in gap.limits)
    together = f"{', '.join(texts[:-1])} and {texts[-1]}"
    return f"{none} {together} at once (one by one {', '.join(first)} and {last} were)."


def _text(limit: Limit, peroxide: Floats) -> str:
    """Say the far side of a limit."""
    value, name = f"{limit.value:.10g}", CONTINUOUS[limit.variable]
    if name == "temperature":
        return f"{'above' if limit.above else 'below'} {value} °C"
    if name == "time":
        return f"sampled {'after' if limit.above else 'before'} {value} min"
    if name == "h2o2" and limit.above and limit.value <= 0.0:
        return "with peroxide"
    if name == "h2o2" and not limit.above and not ((peroxide > 0.0) & (peroxide < limit.value)).any():
        return "without peroxide"
    how = "more" if limit.above else "less"
    unit = {"acid_concentration": "mol/L acid", "h2o2": "wt% peroxide", "solid_liquid_ratio": "g/L solids"}
    return f"with {how} than {value} {unit[name]}"
