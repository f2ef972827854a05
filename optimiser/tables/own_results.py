"""A user's own measured leaching results: read from a table, joined, forgotten in part, and a template.

What is wrong in a table is found in `own_results_checks.py`.

>>> found = read_results(template_frame(), feed="NMC111")
>>> len(found), found.experiments.tolist(), found.examples.tolist()
(4, [0, 0, 0, 1], [0, 1, 2, 3])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.impurities import IMPURITIES
from optimiser.systems.system import Option, System, SystemFeed, cathode
from optimiser.tables.own_results_checks import (
    MOST_ROWS,
    cells_of,
    check_lacking,
    check_twins,
    check_yields,
    impurities_in,
    known_feeds,
    refuse_other_columns,
    refuse_unknown_acids,
)
from optimiser.tables.own_results_layout import (
    IMPURITY_COLUMNS,
    RESULT_COLUMNS,
    STORED,
    TEXTS,
    TITLES,
    Layout,
    layout_of,
)
from optimiser.tables.own_results_system import feeds_in, options_in, setpoints_in
from optimiser.tables.read import Table, open_table, split_title
from optimiser.tables.scenarios import Known, Scenarios, parse
from optimiser.variables import Floats, Ints, settable

__all__ = [
    "EXAMPLE",
    "IMPURITY_COLUMNS",
    "RESULT_COLUMNS",
    "SHEET",
    "STORED",
    "TEXTS",
    "TITLES",
    "Leaches",
    "OwnResults",
    "joined",
    "numbered",
    "read_results",
    "template_frame",
    "without",
]

#: The sheet of a laboratory sheet that holds the results.
SHEET = "results"
#: Decimals to which two conditions are the same.
_DECIMALS = 4
#: Columns of a laboratory sheet that are not read: these, and all that begin so.
_ASIDE, _ASIDE_BEGIN = ("experiment",), ("predicted_", "amount_")
#: Beginning of the note of the template's rows.
EXAMPLE = "example:"


@dataclass(frozen=True)
class Leaches:
    """What was leached with what, n rows.

    Attributes:
        rows: number of each row as its file counts them, shape (n,).
        feeds, acids: those that occur, each once; of a system of one's own, its feeds and options.
        feed, acid: index into them, shape (n,).
        continuous: setpoints in the order of the system's variables, shape (n, v).
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
class OwnResults:
    """Measured results, checked; n rows, m responses: of cathodes in the order Li, Ni, Mn, Co.

    Attributes:
        scenarios: their feeds, acids and conditions.
        yields: fractions leached, NaN where not measured or the feed lacks the metal, shape (n, m). Up to
            1.05, since measurements scatter; of a system of one's own, to what its file tolerates.
        sd: standard deviation of the yields as the user states it, a fraction, NaN where not stated, (n,).
        impurities: mass of copper, aluminium and iron per mass of what was fed, shape (n, 3).
        frame: the same as one table with the columns of `Layout.stored`, texts "" where empty, and
            with those of `IMPURITY_COLUMNS` where there are any; `read_results` reads it again.
        empty: rows of the table that were skipped, since no yield is filled in.
        source: what the table is called in messages.
        system: what was leached.
    """

    scenarios: Leaches
    yields: Floats
    sd: Floats
    impurities: Floats
    frame: pd.DataFrame
    empty: int = 0
    source: str = ""
    system: System = field(default_factory=cathode)

    def __len__(self) -> int:
        return len(self.scenarios)

    @property
    def experiments(self) -> Ints:
        """Number of each row's experiment, from 0 in order of appearance, shape (n,).

        Rows of one experiment differ in time only; replicates of it belong to it too.
        """
        layout = layout_of(self.system)
        return numbered(self.frame, layout.fixed, layout.choices)

    @property
    def examples(self) -> Ints:
        """Rows (from 0) that are still those of the template, shape (at most n,)."""
        return np.flatnonzero(self.frame["note"].str.startswith(EXAMPLE))


def read_results(
    source: str | Path | pd.DataFrame | Table,
    *,
    feed: str | Feed | SystemFeed | None = None,
    acids: Mapping[str, Acid] | None = None,
    sheet: str | None = None,
    system: System | None = None,
) -> OwnResults:
    """Read measured results and check every cell.

    Args:
        source: CSV, XLSX or Parquet, or a frame, with the columns of `RESULT_COLUMNS`: acid, the five
            variables, at least one of yield_Li to yield_Co, and optionally feed, Cu, Al and Fe in wt% of what
            was fed (the feed's own where left out or empty), replicate, sd, batch, date and note. A
            laboratory sheet is read as it comes back; its rows without a yield are skipped. Of a system of
            one's own, the columns of its `Layout`.
        feed: a feed, or the name of a known one, of rows that do not name one.
        acids: those that can be named; None for the shipped ones.
        sheet: of a workbook with several.
        system: what was leached; None for cathodes.

    Raises:
        InputError: a column is unknown or missing, a cell is wrong (row and column named), a row is there
            twice, no row has a yield, or there are too many.
    """
    layout = layout_of(system or cathode())
    table = open_table(source, sheet, usual=SHEET)
    if layout.of_cathodes:
        refuse_other_columns(table)
    table = table.expecting(layout.columns, [*_ASIDE, *_set_aside(table.header)])
    cells, empty = cells_of(table, layout.yields)
    metals, ends = layout.system.responses, (layout.least_yield, layout.most_yield)
    check_yields(table, cells, metals, ends, low_too=layout.of_cathodes)
    leaches = (
        _of_cathodes(table, cells, feed, acids)
        if layout.of_cathodes
        else _of_system(table, cells, layout, feed)
    )
    check_lacking(table, cells, leaches.feeds, leaches.feed, metals)
    impurities = np.zeros((len(leaches), len(IMPURITIES)))
    if layout.of_cathodes:
        impurities = impurities_in(table, cells, leaches.feeds, leaches.feed)
    frame = _frame(layout, leaches, cells, impurities)
    check_twins(
        numbered(frame, layout.system.names, layout.choices),
        frame["replicate"],
        [f"row {row}" for row in leaches.rows],
        [table.where(int(row), "replicate") for row in leaches.rows],
    )
    yields, sd = frame[list(layout.yields)].to_numpy(np.float64), frame["sd"].to_numpy(np.float64)
    return OwnResults(leaches, yields, sd, impurities, frame, empty, table.place, layout.system)


def _of_cathodes(
    table: Table, cells: pd.DataFrame, feed: str | Feed | SystemFeed | None, acids: Mapping[str, Acid] | None
) -> Leaches:
    cathode_feed = find_feed(feed) if isinstance(feed, str) else feed
    assert not isinstance(cathode_feed, SystemFeed)
    known = Known(load_acids() if acids is None else acids, cathode_feed)
    refuse_unknown_acids(table, cells, known.acids)
    return _once(parse(table, known_feeds(table, cells, known), known))


def _of_system(
    table: Table, cells: pd.DataFrame, layout: Layout, feed: str | Feed | SystemFeed | None
) -> Leaches:
    system = layout.system
    given = system.feed_of({"name": feed}) if isinstance(feed, str) else feed
    assert not isinstance(given, Feed)
    options, option = options_in(table, cells, layout)
    feeds, number = feeds_in(table, cells, system, given)
    rows = np.asarray(cells.index, dtype=np.intp)
    return Leaches(rows, feeds, number, options, option, setpoints_in(cells, layout))


def joined(stored: pd.DataFrame, feeds: Mapping[str, Floats], more: OwnResults) -> pd.DataFrame:
    """Return stored results and new ones as one table, the stored ones first.

    Args:
        stored: the frame of `OwnResults`.
        feeds: what describes each feed that it names (of a cathode mol Ni, Mn, Co per mol Li), shape (f,).
        more: the new results.

    Raises:
        InputError: the same conditions in both without different labels under ``replicate``, two feeds of one
            name, or more rows than `MOST_ROWS`.
    """
    rows = len(stored) + len(more)
    if rows > MOST_ROWS:
        raise InputError(
            f"The stored results and the new ones have {rows:,} rows together.",
            where=more.source,
            allowed=f"up to {MOST_ROWS:,} rows",
            remedy="forget some of the stored rows first",
        )
    for feed in more.scenarios.feeds:
        if feed.name in feeds and not np.allclose(feeds[feed.name], feed.place, atol=10.0**-_DECIMALS):
            raise InputError(
                f"The feed {feed.name!r} has another composition than in the stored results.",
                where=more.source,
                allowed="one composition for each name",
                remedy="give the new feed a name of its own",
            )
    frame = pd.concat([stored, more.frame], ignore_index=True)
    given = [name for name in IMPURITY_COLUMNS if name in frame]
    frame[given] = frame[given].fillna(0.0)  # of results without any
    old, new = range(1, len(stored) + 1), more.scenarios.rows
    layout = layout_of(more.system)
    check_twins(
        numbered(frame, layout.system.names, layout.choices),
        frame["replicate"],
        [*(f"row {row} of the stored results" for row in old), *(f"the new row {row}" for row in new)],
        [*(f"stored results, row {row}" for row in old), *(f"{more.source}, row {row}" for row in new)],
    )
    return frame


def without(frame: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """Return stored results without some rows.

    Args:
        frame: of `OwnResults`.
        rows: to leave out, counted from 1.

    Raises:
        InputError: there is no such row, or no row would be left.
    """
    there = len(frame)
    for row in rows:
        if not 1 <= row <= there:
            raise InputError(
                f"The stored results have no row {row}.",
                where=f"--rows {row}",
                allowed=f"1 to {there}, without the header",
                remedy="look the row up in the stored results",
            )
    left = np.ones(there, dtype=bool)
    left[np.asarray(rows, dtype=np.intp) - 1] = False
    if not left.any():
        raise InputError(
            f"Without these rows, none of the {there} stored results is left.",
            where="--rows",
            allowed=f"up to {there - 1} of the {there} rows",
            remedy="remove the model instead",
        )
    return frame[left].reset_index(drop=True)


def template_frame(system: System | None = None) -> pd.DataFrame:
    """Return a table to fill in: units in the headers, and rows that show how, marked as examples.

    They show a replicate, two samples of one experiment at different times, and a metal that was not
    measured. `read_results` takes it as it is, with a feed that has all four metals.

    Args:
        system: what was leached; None for cathodes.
    """
    if system is not None and not system.is_cathode:
        return _template_of(layout_of(system))
    rows = [
        (70, 60, 0.95, 0.91, 0.90, 0.92, "a", 0.02, "", "a measurement"),
        (70, 60, 0.96, 0.93, 0.91, 0.92, "b", 0.02, "", "the same again, told apart under replicate"),
        (70, 120, 0.99, 0.97, 0.96, 0.97, "a", 0.02, "", "a later sample of the first"),
        (40, 60, 0.71, 0.62, np.nan, 0.60, "", np.nan, "lot 7", "a blank yield was not measured"),
    ]
    varied = ("temperature", "time", *layout_of(cathode()).yields, "replicate", "sd", "batch", "note")
    frame = pd.DataFrame(rows, columns=list(varied)).assign(
        feed="", acid="sulfuric", acid_concentration=2.0, h2o2=2.0, solid_liquid_ratio=50, date="2026-03-02"
    )
    frame["note"] = EXAMPLE + " " + frame["note"] + "; replace this row"
    return frame[list(STORED)].rename(columns=TITLES)


def _template_of(layout: Layout) -> pd.DataFrame:
    """Return the template of a system of one's own: rows at the middle of its setpoints."""
    system = layout.system
    middle = np.array([[(v.low + v.high) / 2.0 for v in system.variables]])
    frame = pd.DataFrame(np.repeat(settable(system.variables, middle), 4, axis=0), columns=list(system.names))
    along = None if system.along is None else system.variables[system.column[system.along]]
    moved = along or system.variables[0]
    low, middle_of = moved.low + 0.25 * (moved.high - moved.low), frame[moved.name].iloc[0]
    frame[moved.name] = [middle_of, middle_of, moved.high, float(moved.settable(np.array(low)))]
    frame["feed"] = next(iter(system.feeds)) if system.feeds else ""
    for choice, value in zip(system.choices, system.options[0].values, strict=True):
        frame[choice] = value
    most = 100.0 if layout.per_cent else 1.0
    for key in layout.yields:
        frame[key] = [0.62 * most, 0.64 * most, 0.81 * most, 0.40 * most]
    frame.loc[3, layout.yields[-1]] = np.nan
    frame["replicate"], frame["sd"] = ["a", "b", "a", ""], [0.02 * most, 0.02 * most, 0.02 * most, np.nan]
    frame["batch"], frame["date"] = ["", "", "", "lot 7"], "2026-03-02"
    later = f"another {moved.label}, " + ("of the first leach" if along else "an experiment of its own")
    said = ("a measurement", "the same again, told apart under replicate", later, "a blank was not measured")
    frame["note"] = [f"{EXAMPLE} {line}; replace this row" for line in said]
    return frame[list(layout.stored)].rename(columns=dict(layout.titles))


def _set_aside(header: Sequence[str]) -> list[str]:
    """Return the names of columns that are taken but not read."""
    names = [split_title(title)[0] for title in header]
    return [name for name in names if name.casefold().replace(" ", "_").startswith(_ASIDE_BEGIN)]


def numbered(frame: pd.DataFrame, variables: Sequence[str], choices: Sequence[str] = ("acid",)) -> Ints:
    """Number the rows by feed, acid (or choices) and some columns, from 0 in order of appearance, (n,)."""
    variables = (*variables, *(name for name in IMPURITY_COLUMNS if name in frame))
    keys = frame[list(variables)].round(_DECIMALS)
    for name in keys.select_dtypes("number"):
        keys[name] += 0.0  # -0.0 equals 0.0
    by = ["feed", *choices]
    groups = keys.assign(**{name: frame[name] for name in by}).groupby([*by, *variables], sort=False)
    return np.asarray(groups.ngroup(), dtype=np.intp)


def _once(scenarios: Scenarios) -> Leaches:
    """Return the same with every feed and acid listed once."""
    feeds = {feed.name: feed for feed in scenarios.feeds}
    acids = {acid.name: acid for acid in scenarios.acids}
    feed = np.array([list(feeds).index(one.name) for one in scenarios.feeds], dtype=np.intp)[scenarios.feed]
    acid = np.array([list(acids).index(one.name) for one in scenarios.acids], dtype=np.intp)[scenarios.acid]
    every = tuple(feeds.values()), feed, tuple(acids.values()), acid
    return Leaches(scenarios.rows, *every, scenarios.continuous)


def _frame(layout: Layout, leaches: Leaches, cells: pd.DataFrame, impurities: Floats) -> pd.DataFrame:
    """Return rows as one table with the columns of `Layout.stored`, and of impurities where there are any."""
    columns: dict[str, object] = {"feed": [leaches.feeds[k].name for k in leaches.feed]}
    for j, choice in enumerate(layout.choices):
        parts = [a.name if isinstance(a, Acid) else a.values[j] for a in leaches.acids]
        columns[choice] = [parts[k] for k in leaches.acid]
    columns |= {name: leaches.continuous[:, j] for name, j in layout.system.column.items()}
    for name in (*layout.yields, "sd"):
        columns[name] = cells[name].to_numpy(np.float64) if name in cells else np.nan
    for name in TEXTS:
        columns[name] = cells[name].to_numpy(object) if name in cells else ""
    frame = pd.DataFrame(columns, columns=list(layout.stored))
    if impurities.any():
        frame[list(IMPURITY_COLUMNS)] = (100.0 * impurities).round(_DECIMALS)
    # a spreadsheet gives days as times
    return frame.assign(date=frame["date"].str.removesuffix(" 00:00:00"))
