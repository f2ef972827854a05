"""Tables of scenarios from ranges: every combination of a grid, or a Latin hypercube."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import qmc

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.mixtures import choose
from optimiser.problem.binding import known_acids
from optimiser.problem.schema import Problem
from optimiser.tables.own_acids import import_acids
from optimiser.variables import COLUMN, DESIGN_COLUMNS, VARIABLES

#: More rows than this are a slip of the keyboard rather than a question.
MOST_ROWS = 5_000_000
#: What can be varied or set.
CONDITIONS: tuple[str, ...] = ("feed", *DESIGN_COLUMNS)
_FORMS = "low:high:count for steps, low:high with --lhs, or a list a,b,c"


@dataclass(frozen=True)
class Variation:
    """One condition and the values it takes: ``values``, or anything between ``low`` and ``high``."""

    name: str
    values: tuple[str | float, ...] = ()
    low: float = 0.0
    high: float = 0.0

    def between(self, share: np.ndarray) -> np.ndarray:
        """Return the value at each share in [0, 1) of the range, or of the list."""
        if self.values:
            index = np.minimum((share * len(self.values)).astype(np.intp), len(self.values) - 1)
            return np.array(self.values, dtype=object)[index]
        return np.round(self.low + share * (self.high - self.low), 4)


def parse_variation(
    text: str, option: str, acids: Mapping[str, Acid], own_feed: Feed | None, most: int = MOST_ROWS
) -> Variation:
    """Read ``temperature=25:90:14``, ``time=10,30,60``, ``acid=sulfuric,HCl`` or ``temperature=25:90``.

    Args:
        text: as written.
        option: the option it was given to, for errors.
        acids: the acids that can be named.
        own_feed: a feed beside the shipped ones, that of a problem.
        most: values; more are refused before they are made.

    Raises:
        InputError: too many values, an unknown condition or acid, an impossible or empty range.
    """
    name, equals, given = (part.strip() for part in text.partition("="))
    where = f"{option} {text}"
    if not equals or not given:
        raise InputError(f"{text!r} gives no values.", where=where, allowed=f"NAME=VALUES: {_FORMS}")
    if name not in CONDITIONS:
        raise InputError(
            f"There is no condition {name!r}.",
            where=where,
            allowed=", ".join(CONDITIONS),
            remedy=closest(name, CONDITIONS),
        )
    parts = [part.strip() for part in given.split(",")]
    if len(parts) > most:
        raise InputError(f"{len(parts):,} values are too many.", where=where, allowed=f"up to {most:,}")
    if len(set(parts)) < len(parts):
        raise InputError(f"{name} lists a value twice.", where=where, remedy="list each value once")
    if name == "acid":
        return Variation(name, tuple(choose(part, acids, where=where).name for part in parts))
    if name == "feed":
        own = {own_feed.name: own_feed} if own_feed else {}
        return Variation(
            name, tuple(part if part in own else find_feed(part, where=where).name for part in parts)
        )
    if len(parts) > 1 or ":" not in given:
        return Variation(name, tuple(_number(part, name, where) for part in parts))
    return _range(name, given.split(":"), where, most)


def _range(name: str, ends: Sequence[str], where: str, most: int) -> Variation:
    if len(ends) not in (2, 3):
        raise InputError(f"{':'.join(ends)!r} is not a range.", where=where, allowed=_FORMS)
    low, high = (_number(end, name, where) for end in ends[:2])
    if not low < high:
        raise InputError(
            f"The range of {name} is empty: {low:g} to {high:g}.", where=where, remedy="write low:high:count"
        )
    if len(ends) == 2:
        return Variation(name, (), low, high)
    count = ends[2].strip()
    # by its length first: Python refuses to read thousands of digits
    if not count.isdecimal() or len(count) > len(str(most)) or not 2 <= int(count) <= most:
        raise InputError(
            f"{ends[2]!r} is not a count of steps.",
            where=where,
            allowed=f"a whole number from 2 to {most:,}, both ends included",
        )
    return Variation(name, tuple(np.round(np.linspace(low, high, int(count)), 6).tolist()))


def _number(text: str, name: str, where: str) -> float:
    variable = VARIABLES[COLUMN[name]]
    try:
        value = float(text)
    except ValueError:
        value, why = math.nan, "is not a number"
    else:
        why = "is outside what is possible"
    if not variable.low <= value <= variable.high:
        raise InputError(
            f"{variable.label.capitalize()} {text!r} {why}.",
            where=where,
            allowed=f"{variable.low:g} to {variable.high:g} {variable.unit}",
            remedy=f"check the unit: {name} is in {variable.unit}",
        )
    return value


@dataclass(frozen=True)
class Plan:
    """A checked table of scenarios that is not made yet.

    Attributes:
        varied: conditions that change.
        constant: conditions with one value each.
        rows: how many there will be.
        samples: whether they are those of a Latin hypercube instead of the whole grid.
    """

    varied: tuple[Variation, ...]
    constant: tuple[Variation, ...]
    rows: int
    samples: bool

    def frame(self, seed: int = 1, most: int | None = None) -> pd.DataFrame:
        """Return the scenarios as `generate` does; the first ones where only so many are wanted."""
        rows = self.rows if most is None else min(most, self.rows)
        if self.samples:
            rng = np.random.default_rng(seed)
            shares = qmc.LatinHypercube(len(self.varied), rng=rng).random(self.rows)[:rows]
            made = [one.between(share) for one, share in zip(self.varied, shares.T, strict=True)]
        else:
            shape = [len(one.values) for one in self.varied]
            index = np.unravel_index(np.arange(rows), shape)
            made = [np.array(one.values, dtype=object)[i] for one, i in zip(self.varied, index, strict=True)]
        columns: dict[str, object] = {one.name: v for one, v in zip(self.varied, made, strict=True)}
        columns |= {one.name: one.values[0] for one in self.constant}
        return pd.DataFrame({name: columns[name] for name in CONDITIONS if name in columns}).infer_objects()


def generate(
    vary: Sequence[str],
    fixed: Sequence[str],
    *,
    samples: int | None = None,
    seed: int = 1,
    feed_name: str | None = None,
    question: Problem | None = None,
    acids_file: Path | None = None,
) -> pd.DataFrame:
    """Return one row per scenario, columns feed and those of a design, as `predict` reads them.

    Args:
        vary, fixed, samples, feed_name, question, acids_file: as `plan` takes them.
        seed: of the Latin hypercube.

    Raises:
        InputError: as `plan`.
    """
    planned = plan(
        vary, fixed, samples=samples, feed_name=feed_name, question=question, acids_file=acids_file
    )
    return planned.frame(seed)


def plan(
    vary: Sequence[str],
    fixed: Sequence[str],
    *,
    samples: int | None = None,
    feed_name: str | None = None,
    question: Problem | None = None,
    acids_file: Path | None = None,
) -> Plan:
    """Check what is to be varied, and count the rows, before any is made.

    Args:
        vary: conditions that change, as `parse_variation` reads them. Without ``samples`` every combination
            is a row, the last condition changing fastest.
        fixed: conditions with one value each.
        samples: rows of a Latin hypercube instead of the whole grid.
        feed_name: a known feed for all rows.
        question: problem whose feed and acids can be named.
        acids_file: table of acids that can be named beside those.

    Raises:
        InputError: as `parse_variation`; a condition is missing, given twice or fixed at several values;
            nothing is varied; a range without steps in a grid; too many rows.
    """
    acids: Mapping[str, Acid] = known_acids(question) if question else load_acids()
    if acids_file is not None:
        acids = import_acids(acids_file, acids).acids
    own_feed = question.feed if question else None
    varied, room = list[Variation](), MOST_ROWS
    for text in vary:
        varied.append(parse_variation(text, "--vary", acids, own_feed, room))
        room //= max(len(varied[-1].values), 1) if samples is None else 1
    constant = [parse_variation(text, "--set", acids, own_feed) for text in fixed]
    if feed_name is not None:
        constant.append(parse_variation(f"feed={feed_name}", "--feed", acids, own_feed))
    _check(varied, constant, grid=samples is None)
    rows = prod(len(one.values) for one in varied) if samples is None else samples
    if not 1 <= rows <= MOST_ROWS:
        raise InputError(
            f"{rows:,} rows cannot be made.", allowed=f"1 to {MOST_ROWS:,}", remedy="take fewer steps"
        )
    return Plan(tuple(varied), tuple(constant), rows, samples is not None)


def _check(varied: Sequence[Variation], fixed: Sequence[Variation], grid: bool) -> None:
    """Refuse conditions that do not make a table."""
    if not varied:
        raise InputError(
            "No condition is varied.",
            allowed="at least one --vary NAME=VALUES",
            remedy="for example: --vary temperature=25:90:14",
        )
    names = [one.name for one in (*varied, *fixed)]
    for one in (*varied, *fixed):
        if names.count(one.name) > 1:
            raise InputError(
                f"{one.name} is given more than once.",
                where=f"--vary or --set {one.name}",
                remedy="give each condition once, with all its values",
            )
    for one in fixed:
        if len(one.values) != 1:
            raise InputError(
                f"{one.name} is set to several values.",
                where=f"--set {one.name}",
                allowed="one value",
                remedy="use --vary",
            )
    missing = [name for name in DESIGN_COLUMNS if name not in names]
    if missing:
        units = {v.name: f" ({v.low:g} to {v.high:g} {v.unit})" for v in VARIABLES}
        raise InputError(
            f"These conditions have no value: {', '.join(missing)}.",
            allowed="each of " + ", ".join(DESIGN_COLUMNS) + ", varied or set",
            remedy=f"for example: --set {missing[0]}=...{units.get(missing[0], '')}",
        )
    for one in varied if grid else ():
        if not one.values:
            raise InputError(
                f"The range of {one.name} has no steps.",
                where=f"--vary {one.name}={one.low:g}:{one.high:g}",
                allowed=_FORMS,
                remedy=f"for example: --vary {one.name}={one.low:g}:{one.high:g}:5",
            )
