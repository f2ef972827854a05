"""A table of designs: which acid and feed each row means, in our columns or in the Toolkit's template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from optimiser.tables.read import Column, Table, open_table, split_title
from optimiser.toolkit import template
from optimiser.variables import CONTINUOUS, VARIABLES, Floats, Ints

#: Other ways to write the unit of a variable in a header; another unit is refused, not converted.
SPELT: Mapping[str, tuple[str, ...]] = {
    "degC": ("°C", "C", "celsius"),
    "mol/L": ("M", "molar"),
    "wt%": ("wt %", "% w/w", "%"),
    "g/L": ("kg/m3",),
    "min": ("minutes",),
}
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
        feeds, acids: those that occur.
        feed, acid: index into them, shape (n,).
        continuous: variables of ``CONTINUOUS`` in their order and units, shape (n, 5).
    """

    rows: Ints
    feeds: tuple[Feed, ...]
    feed: Ints
    acids: tuple[Acid, ...]
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
        basis: kg of cathode per batch; None leaves it as the feed has it.
    """

    acids: Mapping[str, Acid]
    feed: Feed | None = None
    basis: float | None = None


def open_scenarios(source: str | Path | pd.DataFrame, sheet: str | None = None) -> Table:
    """Open a table of designs and check its columns: ours, or those of the Toolkit's template.

    Raises:
        InputError: as `open_table` and `Table.expecting`.
    """
    table = open_table(source, sheet)
    if template.is_template(table):
        return table.expecting(template.columns(VARIABLE_COLUMNS), template.NOT_READ)
    return table.expecting(COLUMNS, (*_TOLD, *_own_categories(table)))


def results_aside(table: Table) -> int:
    """Return how many columns of an open table hold results of ours, which nobody looks at."""
    read = {position for position, *_ in table.found.values()}
    titles = [title for position, title in enumerate(table.header) if position not in read]
    told = (*_TOLD, *_own_categories(table))
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


def _feeds(table: Table, cells: pd.DataFrame, known: Known) -> tuple[list[Feed], Ints]:
    if "feed" not in table:
        if known.feed is None:
            raise InputError(
                "The table does not say which cathode is leached.",
                where=table.where(),
                allowed="a column feed, or --feed NAME, or --problem NAME",
                remedy="for example: --feed NMC111",
            )
        return [known.feed], np.zeros(len(cells), dtype=np.intp)
    codes, names = pd.factorize(cells["feed"])
    own = {known.feed.name: known.feed} if known.feed is not None else {}
    found = [
        own.get(name) or find_feed(str(name), where=table.where(_first_row(cells, codes, k), "feed"))
        for k, name in enumerate(names)
    ]
    return found, codes


def _first_row(cells: pd.DataFrame, codes: Ints, code: int) -> int:
    """Return the number of the first row that has a code."""
    return int(cells.index[np.flatnonzero(codes == code)[0]])
