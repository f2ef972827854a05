"""Which acid is best along one lever or two, and where another takes over, by root finding."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from optimiser._io.errors import InputError
from optimiser.answers.levers import Lever, holding
from optimiser.answers.question import Asked
from optimiser.answers.rivals import EFFORT, Field, Rivals, field_of
from optimiser.answers.typed import Span
from optimiser.problem.bound import BoundProblem
from optimiser.problem.objectives import Objective
from optimiser.problem.schema import Problem
from optimiser.search.search import SearchSettings
from optimiser.tables.own import OwnTables
from optimiser.uncertainty.study import check_seed
from optimiser.variables import Floats, Ints

#: Values of a lever that are looked at, along one and along each of two.
POINTS, GRID = 13, 13
#: Both acids come to the same at a crossing, relative to it; else one of them loses its last design there.
SAME = 0.01
_PASSES = 4  # of finding crossings and polishing there
_SETTLED = 2e-4  # of a lever's range, by which a crossing may still move
_DEEP = 4  # acids that may win between two values in turn
_FAR = 1e9  # score of an acid without a feasible design; that of having none at all is half of it

Apply = Callable[[float], BoundProblem]


@dataclass(frozen=True)
class Takeover:
    """Where one acid takes over from another along a lever.

    Attributes:
        value: of the lever.
        loser, winner: which is best below, and above; empty where nothing is feasible.
        loser_value, winner_value: the objective of both there, in the metric's unit; NaN for no feasible
            design.
    """

    value: float
    loser: str
    winner: str
    loser_value: float
    winner_value: float

    @property
    def same(self) -> bool:
        """Whether both come to the same there; else one of them has no such design beyond."""
        apart = abs(self.loser_value - self.winner_value)
        return apart <= SAME * max(abs(self.loser_value), abs(self.winner_value))


@dataclass(frozen=True, eq=False, repr=False)
class Breakeven:
    """Which acid wins along a lever.

    Attributes:
        field: the acids, and the question.
        lever, span: what is varied, and between which numbers.
        acids: those that compete.
        subject: the acid that is asked about: the lever's own, else the best one where the lever stands.
        values: of the lever, shape (n,).
        best: objective of each acid's best design there, in the metric's unit, shape (n, acids); NaN where
            none is feasible.
        takeovers: along the lever, from its low end.
        tables: a user's own tables, or None.
        seed: of the random numbers.
        seconds: it took.
    """

    field: Field
    lever: Lever
    span: Span
    acids: tuple[str, ...]
    subject: str
    values: Floats
    best: Floats
    takeovers: tuple[Takeover, ...]
    tables: OwnTables | None
    seed: int
    seconds: float

    @property
    def objective(self) -> Objective:
        """What is minimised or maximised."""
        return self.field.problem.objectives[0]

    @property
    def winners(self) -> tuple[str, ...]:
        """The best acid at each value; empty where nothing is feasible."""
        rows = winners_of(self.objective.sign * self.best)
        return tuple(self.acids[k] if k >= 0 else "" for k in rows)

    def frame(self) -> pd.DataFrame:
        """Return one row per value of the lever: the best acid, and each acid's objective."""
        columns = {acid: self.best[:, k] for k, acid in enumerate(self.acids)}
        return pd.DataFrame({"value": self.values, "best_acid": self.winners, **columns})

    def crossings(self) -> pd.DataFrame:
        """Return one row per takeover: ``value, loser, winner, loser_value, winner_value, same``."""
        names = ("value", "loser", "winner", "loser_value", "winner_value", "same")
        return pd.DataFrame([[getattr(t, n) for n in names] for t in self.takeovers], columns=list(names))


@dataclass(frozen=True, eq=False, repr=False)
class CrossingMap:
    """Which acid wins over two levers.

    Attributes:
        field: the acids, and the question.
        levers, spans: what is varied; the first from left to right, the second upwards.
        acids: those that compete.
        x, y: values of the levers, shape (nx,) and (ny,).
        best: objective of each acid's best design, in the metric's unit, shape (ny, nx, acids); NaN where
            none is feasible.
        boundary: the takeovers along the first lever, by row of ``y``.
    """

    field: Field
    levers: tuple[Lever, Lever]
    spans: tuple[Span, Span]
    acids: tuple[str, ...]
    x: Floats
    y: Floats
    best: Floats
    boundary: tuple[tuple[Takeover, ...], ...]

    @property
    def objective(self) -> Objective:
        """What is minimised or maximised."""
        return self.field.problem.objectives[0]

    @property
    def winners(self) -> Ints:
        """Index of the best acid, -1 where nothing is feasible, shape (ny, nx)."""
        flat = winners_of(self.objective.sign * self.best.reshape(-1, len(self.acids)))
        return flat.reshape(self.best.shape[:2])

    def frame(self) -> pd.DataFrame:
        """Return one row per cell: both levers, the best acid, and each acid's objective."""
        x, y = np.meshgrid(self.x, self.y)
        names = np.array([*self.acids, ""])
        found = {self.levers[0].name: x.ravel(), self.levers[1].name: y.ravel()}
        columns = {acid: self.best[:, :, k].ravel() for k, acid in enumerate(self.acids)}
        return pd.DataFrame(found | {"best_acid": names[self.winners.ravel()]} | columns)

    def crossings(self) -> pd.DataFrame:
        """Return one row per takeover: both levers, loser, winner and what they come to there."""
        names = ("loser", "winner", "loser_value", "winner_value", "same")
        rows = [
            [t.value, y, *(getattr(t, n) for n in names)]
            for y, row in zip(self.y, self.boundary, strict=True)
            for t in row
        ]
        return pd.DataFrame(rows, columns=[self.levers[0].name, self.levers[1].name, *names])


def breakeven(
    problem: Problem,
    span: Span,
    asked: Asked | None = None,
    *,
    against: str | None = None,
    unseen: bool = False,
    tables: OwnTables | None = None,
    seed: int = 1,
    points: int = POINTS,
    effort: SearchSettings = EFFORT,
) -> Breakeven:
    """Find which acid is best along a lever, and the exact values at which another takes over.

    At a crossing both acids' designs are optimised anew: each is searched alone, and polished.

    Args:
        problem: feed, acids, ranges, limits.
        span: the lever, and between which numbers it is varied.
        asked: what is asked of the problem.
        against: compare only the lever's own acid, or else the best other one, with this acid.
        unseen: whether acids with too few experiments compete too, as guesses.
        tables: a user's own acids, prices and factors.
        seed: of the random numbers; the same one gives the same answer.
        points: values of the lever that are looked at.
        effort: of the searches.

    Raises:
        InputError: an unknown lever or acid, numbers that are out of bounds.
    """
    began = time.perf_counter()
    check_seed(seed)
    field = field_of(problem, asked, tables, unseen)
    lever = field.lever(span.name)
    ends = [lever.at(span.low), lever.at(span.high)]
    of = span.name.partition(".")[2]
    own = of if of in field.problem.acid_names else ""
    if against is not None:
        field.check_acid(against, "--against")
        if against == own:
            raise InputError(
                f"{against} cannot be compared with itself.",
                where="--against",
                allowed=", ".join(a for a in field.problem.acid_names if a != own),
            )
    one = "acid" if field.problem.system.is_cathode else "combination"
    if len(field.problem.acid_names) < 2:
        raise InputError(
            f"Only {field.problem.acid_names[0]} is compared: no other {one} can take over.",
            where="variables.acid" if one == "acid" else "variables",
            allowed=f"two {one}s or more with enough experiments near the feed",
            remedy=f"name more {one}s in the problem, or add --unseen",
        )
    acids = field.problem.acid_names if against is None or not own else (own, against)
    rivals = Rivals(field, acids, seed, [span.name], effort)
    rivals.search(ends[0])
    # the price of one acid is nothing to the others, but to the mixtures that hold it
    holders = holding(field.problem, own if field.problem.system.is_cathode else of)
    rivals.search(ends[1], [name for name in holders if name in acids] or acids)
    rivals.polish([(one, acids) for one in (ends[0], field.problem, ends[1])])
    subject = own or _leader(rivals, against)
    if against is not None and not own:
        rivals.acids = (subject, against)
    values = np.linspace(span.low, span.high, points)
    problems = [lever.at(float(value)) for value in values]
    rivals.polish([(one, rivals.acids) for one in problems[1:-1:2]], 6)
    rows = _settled(rivals, [(lever.at, values, problems)], searched=True)
    best, found = rows[0]
    return Breakeven(
        field=field,
        lever=lever,
        span=span,
        acids=rivals.acids,
        subject=subject,
        values=values,
        best=best * field.problem.objectives[0].sign,
        takeovers=found,
        tables=tables,
        seed=seed,
        seconds=time.perf_counter() - began,
    )


def crossing_map(
    field: Field, spans: Sequence[Span], rivals: Rivals | None = None, seed: int = 1, points: int = GRID
) -> CrossingMap:
    """Find which acid is best over two levers, on a grid of one pool, with its boundaries by root finding.

    Args:
        field: the acids.
        spans: both levers.
        rivals: what is known of them already; None to search them.
        seed: of the random numbers.
        points: values of each lever.

    Raises:
        InputError: not two levers, an unknown one, or numbers that are out of bounds.
    """
    levers = check_spans(field, spans)
    x, y = (np.linspace(span.low, span.high, points) for span in spans)
    rivals = rivals or Rivals(field, seed=seed, levers=[span.name for span in spans])

    def row(value: float) -> Apply:
        above = replace(field, problem=levers[1].at(value)).lever(spans[0].name)
        return above.at

    applied = [row(float(value)) for value in y]
    grid = [[apply(float(value)) for value in x] for apply in applied]
    for corner in (grid[0][0], grid[-1][-1]):
        rivals.search(corner)
    few = np.unique(np.linspace(0, points - 1, 4).round().astype(int))
    rivals.polish([(grid[i][j], rivals.acids) for i in few for j in few])
    rows = _settled(rivals, [(apply, x, line) for apply, line in zip(applied, grid, strict=True)])
    return CrossingMap(
        field=field,
        levers=levers,
        spans=(spans[0], spans[1]),
        acids=rivals.acids,
        x=x,
        y=y,
        best=np.array([best for best, _ in rows]) * field.problem.objectives[0].sign,
        boundary=tuple(found for _, found in rows),
    )


def check_spans(field: Field, spans: Sequence[Span]) -> tuple[Lever, Lever]:
    """Return the two levers of a map.

    Raises:
        InputError: there are not two different ones, or they cannot be varied so.
    """
    if len(spans) != 2:
        raise InputError(
            f"A map has two levers, not {len(spans)}.",
            where="--cross",
            allowed="two, or none for no map",
            remedy="write e.g. --cross price.citric=0.3:3 --cross yield=0.7:0.95",
        )
    first, second = (span.name for span in spans)
    if first == second or ("yield" in (first, second) and first.split(".")[0] == second.split(".")[0]):
        raise InputError(
            f"{first} and {second} set the same thing.", where="--cross", remedy="vary two different things"
        )
    one, two = (field.lever(span.name) for span in spans)
    for lever, span in zip((one, two), spans, strict=True):
        lever.at(span.low), lever.at(span.high)
    return one, two


def winners_of(best: Floats) -> Ints:
    """Return the column of the least value of each row, -1 where all are NaN, shape (n,)."""
    found = np.argmin(np.where(np.isnan(best), np.inf, best), axis=1)
    return np.where(np.isnan(best).all(axis=1), -1, found)


def _leader(rivals: Rivals, against: str | None) -> str:
    """Return the best acid of the problem as it stands, but for the one it is compared with."""
    best = rivals.best([rivals.field.problem])[0]
    order = np.argsort(np.where(np.isnan(best), np.inf, best), kind="stable")
    names = [rivals.acids[int(k)] for k in order]
    return next(name for name in names if name != against)


Row = tuple[Apply, Floats, list[BoundProblem]]


def _settled(
    rivals: Rivals, rows: Sequence[Row], searched: bool = False
) -> list[tuple[Floats, tuple[Takeover, ...]]]:
    """Return what each acid comes to along some rows, and where acids take over.

    Crossings are found among the designs that are known; then both acids are optimised anew there, until no
    crossing moves any more.

    Args:
        rivals: the acids.
        rows: how a value is set, the values that are looked at, and the problems that they make.
        searched: whether they are searched too at each crossing, not polished alone.
    """
    before: list[Floats] = []
    for turn in range(_PASSES):
        found = [_takeovers(rivals, row) for row in rows]
        now = [np.array([t.value for t in takeovers]) for _, takeovers in found]
        if turn and all(_near(a, b, row[1]) for a, b, row in zip(now, before, rows, strict=True)):
            break
        before = now
        crossed = [
            (row[0](t.value), [acid for acid in (t.loser, t.winner) if acid])
            for row, (_, takeovers) in zip(rows, found, strict=True)
            for t in takeovers
        ]
        if searched:
            for problem, acids in crossed:
                rivals.search(problem, acids, turn + 1)
        rivals.polish(crossed)
    return found


def _near(one: Floats, other: Floats, values: Floats) -> bool:
    span = values[-1] - values[0]
    return len(one) == len(other) and bool(np.all(np.abs(one - other) <= _SETTLED * span))


def _takeovers(rivals: Rivals, row: Row) -> tuple[Floats, tuple[Takeover, ...]]:
    apply, values, problems = row
    best = rivals.best(problems)
    winners, found = winners_of(best), list[Takeover]()
    for n in range(len(values) - 1):
        if winners[n] != winners[n + 1]:
            low, high = float(values[n]), float(values[n + 1])
            found += _between(rivals, apply, (low, high), (int(winners[n]), int(winners[n + 1])))
    return best, tuple(found)


def _between(
    rivals: Rivals, apply: Apply, ends: tuple[float, float], pair: tuple[int, int], depth: int = 0
) -> list[Takeover]:
    """Return the takeovers between two values at which different acids are the best."""

    def apart(value: float) -> float:
        scores = _scores(rivals.best([apply(value)])[0])
        return float(scores[pair[0]] - scores[pair[1]])

    low, high = ends
    root = float(brentq(apart, low, high, xtol=1e-5 * (high - low), rtol=1e-10))
    best = rivals.best([apply(root)])
    third = int(winners_of(best)[0])
    if third not in pair and depth < _DEEP:
        return [
            *_between(rivals, apply, (low, root), (pair[0], third), depth + 1),
            *_between(rivals, apply, (root, high), (third, pair[1]), depth + 1),
        ]
    sign = rivals.field.problem.objectives[0].sign
    names = ["" if k < 0 else rivals.acids[k] for k in pair]
    values = [math.nan if k < 0 else sign * float(best[0, k]) for k in pair]
    return [Takeover(root, names[0], names[1], values[0], values[1])]


def _scores(best: Floats) -> Floats:
    """Return what is to be small, one more than there are acids: the last is that of no design at all."""
    return np.append(np.where(np.isnan(best), _FAR, best), _FAR / 2.0)
