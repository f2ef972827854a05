"""A table of designs: which acid and feed each row means, in our columns or in the Toolkit's template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.categories import PREFIX
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.mixtures import choose
from optimiser.problem.bounds import BOUNDED
from optimiser.problem.limits import LIMITS
from optimiser.problem.metrics import METRICS
from optimiser.systems.system import Option, System, SystemFeed, cathode
from optimiser.tables.read import Column, Table, open_table, split_title
from optimiser.tables.system_scenarios import (
    SPELT,
    of_mass,
    setpoints_of,
    system_columns,
    system_feeds,
    system_options,
    told_columns,
)
from optimiser.toolkit import template
from optimiser.variables import CONTINUOUS, VARIABLES, Floats, Ints

#: The columns of a table of designs; the Toolkit's template calls the variables otherwise.
VARIABLE_COLUMNS: tuple[Column, ...] = tuple(
    Column(
        v.name,
        v.unit,
        also=dict.fromkeys(SPELT.get(v.unit, ()), 1.0),
        low=v.low,
        high=v.high,
        label=v.label,
        required=True,
        filled=True,
    )
    for v in VARIABLES
)
COLUMNS: tuple[Column, ...] = (
    Column("acid", kind="text", required=True, filled=True),
    *VARIABLE_COLUMNS,
    Column("feed", kind="text", filled=True),
)

#: Columns of a front or of predictions, which are told anew.
_TOLD: tuple[str, ...] = (
    *(
        f"{m}{end}"
        for m in METRICS
        if m not in CONTINUOUS
        for end in ("", "_low", "_high", "_nominal", "_p10")
    ),
    *(f"{kind}_{metal}" for metal in METALS for kind in ("spread", "margin_yield")),
    *(f"margin_{limit.key}" for limit in LIMITS),
    *(f"margin_{metric}_{end}" for metric in BOUNDED for end in ("min", "max")),
    *("design", "scenario", "p_feasible", "support", "domain_distance", "inside_domain", "proton_ratio"),
    *("reductant_ratio", "knee", "nox", "precipitates", "violation", "note"),
)


@dataclass(frozen=True)
class Scenarios:
    """Some rows of a table.

    Attributes:
        rows: number of each row as its file counts them, shape (n,).
        feeds, acids: those that occur; of a system of one's own its feeds and options.
        feed, acid: index into them, shape (n,).
        continuous: the setpoints in their order and units, shape (n, v).
    """

    rows: Ints
    feeds: tuple[Feed | SystemFeed, ...]
    feed: Ints
    acids: tuple[Acid | Option, ...]
    acid: Ints
    continuous: Floats

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Known:
    """What a table may name, and what holds for all its rows.

    Attributes:
        acids: by name.
        feed: of tables that do not name one, or None.
        basis: kg of cathode, or feed, per batch; None leaves it as the feed has it.
        system: whose designs they are.
    """

    acids: Mapping[str, Acid]
    feed: Feed | SystemFeed | None = None
    basis: float | None = None
    system: System = field(default_factory=cathode)


def open_scenarios(
    source: str | Path | pd.DataFrame | Table, sheet: str | None = None, system: System | None = None
) -> Table:
    """Open a table of designs and check its columns: ours, those of a system, or of the Toolkit's template.

    Raises:
        InputError: as `open_table` and `Table.expecting`.
    """
    table = open_table(source, sheet)
    if system is not None and not system.is_cathode:
        return table.expecting(system_columns(system), told_columns(table, system))
    if template.is_template(table):
        return table.expecting(template.columns(VARIABLE_COLUMNS), template.NOT_READ)
    return table.expecting(COLUMNS, (*_TOLD, *_own_categories(table)))


def results_aside(table: Table, system: System | None = None) -> int:
    """Return how many columns of an open table hold results of ours, which nobody looks at."""
    read = {position for position, *_ in table.found.values()}
    titles = [title for position, title in enumerate(table.header) if position not in read]
    own = system is not None and not system.is_cathode
    told = told_columns(table, system) if own and system else (*_TOLD, *_own_categories(table))
    return sum(split_title(title)[0] in told for title in titles)


def _own_categories(table: Table) -> list[str]:
    """Return the columns of a front that are categories of a user's table of impacts."""
    names = [split_title(title)[0] for title in table.header if title]
    return [name for name in names if name.removeprefix("margin_").startswith(PREFIX)]


def parse(table: Table, cells: pd.DataFrame, known: Known) -> Scenarios:
    """Turn a piece of an open table into scenarios.

    Args:
        table: from `open_scenarios`.
        cells: one of its chunks.
        known: what its rows may name.

    Raises:
        InputError: a cell is wrong (row and column named), or nothing says which feed is leached.
    """
    if not known.system.is_cathode:
        return _of_system(table, cells, known)
    if template.is_template(table):
        feeds, feed = template.feeds(table, cells)
        acids, acid = template.acids(table, cells, known.acids)
    else:
        feeds, feed = _feeds(table, cells, known)
        codes, names = pd.factorize(cells["acid"])
        chosen = [
            choose(str(name), known.acids, where=table.where(_first_row(cells, codes, k), "acid"))
            for k, name in enumerate(names)
        ]
        acids, acid = chosen, codes
    if known.basis is not None:
        feeds = [one.model_copy(update={"mass": known.basis}) for one in feeds]
    # one acid may go by several names
    by_name = {one.name: one for one in acids}
    index = np.array([list(by_name).index(one.name) for one in acids], dtype=np.intp)
    continuous = cells[list(CONTINUOUS)].to_numpy(dtype=np.float64)
    rows = np.asarray(cells.index, dtype=np.intp)
    return Scenarios(
        rows, tuple(feeds), np.asarray(feed, np.intp), tuple(by_name.values()), index[acid], continuous
    )


def _of_system(table: Table, cells: pd.DataFrame, known: Known) -> Scenarios:
    given = known.feed if isinstance(known.feed, SystemFeed) else None
    feeds, feed = system_feeds(table, cells, known.system, given)
    options, option = system_options(table, cells, known.system)
    return Scenarios(
        rows=np.asarray(cells.index, dtype=np.intp),
        feeds=tuple(of_mass(one, known.basis) for one in feeds),
        feed=feed,
        acids=tuple(options),
        acid=option,
        continuous=setpoints_of(cells, known.system),
    )


def _feeds(table: Table, cells: pd.DataFrame, known: Known) -> tuple[list[Feed], Ints]:
    if "feed" not in table:
        if not isinstance(known.feed, Feed):
            raise InputError(
                "The table does not say which cathode is leached.",
                where=table.where(),
                allowed="a column feed, or --feed NAME, or --problem NAME",
                remedy="for example: --feed NMC111",
                key=("feed",),
            )
        return [known.feed], np.zeros(len(cells), dtype=np.intp)
    codes, names = pd.factorize(cells["feed"])
    own = {known.feed.name: known.feed} if isinstance(known.feed, Feed) else {}
    found = [
        own.get(name) or find_feed(str(name), where=table.where(_first_row(cells, codes, k), "feed"))
        for k, name in enumerate(names)
    ]
    return found, codes


def _first_row(cells: pd.DataFrame, codes: Ints, code: int) -> int:
    """Return the number of the first row that has a code."""
    return int(cells.index[np.flatnonzero(codes == code)[0]])
