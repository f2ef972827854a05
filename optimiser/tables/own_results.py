"""A user's own measured leaching results: read from a table, joined, forgotten in part, and a template.

What is wrong in a table is found in `own_results_checks.py`.

>>> found = read_results(template_frame(), feed="NMC111")
>>> len(found), found.experiments.tolist(), found.examples.tolist()
(4, [0, 0, 0, 1], [0, 1, 2, 3])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.impurities import IMPURITIES
from optimiser.chemistry.metals import BASE_METALS
from optimiser.tables.own_results_checks import (
    MOST_ROWS,
    YIELDS,
    cells_of,
    check_lacking,
    check_twins,
    check_yields,
    impurities_in,
    known_feeds,
    refuse_other_columns,
    refuse_unknown_acids,
)
from optimiser.tables.read import Column, open_table, split_title
from optimiser.tables.scenarios import COLUMNS, Known, Scenarios, parse
from optimiser.variables import COLUMN, CONTINUOUS, DESIGN_COLUMNS, Floats, Ints

#: The sheet of a laboratory sheet that holds the results.
SHEET = "results"
#: Decimals to which two conditions are the same.
_DECIMALS = 4
#: Ways to write a fraction in a header, and per cent.
_FRACTIONS: Mapping[str, float] = {"fraction": 1.0, "-": 1.0, "%": 0.01, "per cent": 0.01}
#: What a person writes beside a row.
TEXTS: tuple[str, ...] = ("replicate", "batch", "date", "note")
#: The columns of the table that is stored, in their order.
STORED: tuple[str, ...] = ("feed", *DESIGN_COLUMNS, *YIELDS, "replicate", "sd", "batch", "date", "note")
#: Ways to write the unit of an impurity in a header.
_PER_CENT: Mapping[str, float] = {"%": 1.0, "wt %": 1.0, "% w/w": 1.0, "kg/kg": 100.0, "fraction": 100.0}
#: Impurities of what was fed; a table that is stored has them only where one is not 0.
IMPURITY_COLUMNS: tuple[str, ...] = tuple(f"{metal} [wt%]" for metal in IMPURITIES)
#: What a table of results may have. The yields' ends are checked apart, with words of their own.
RESULT_COLUMNS: tuple[Column, ...] = (
    *(replace(column, filled=False) if column.name == "feed" else column for column in COLUMNS),
    *(
        Column(key, also=_FRACTIONS, low=-np.inf, label=f"yield of {metal}")
        for key, metal in zip(YIELDS, BASE_METALS, strict=True)
    ),
    Column("sd", also=_FRACTIONS, low=1e-4, high=0.5, label="standard deviation"),
    *(
        Column(metal, "wt%", also=_PER_CENT, high=100.0, key=title, label=f"{metal} in what is fed")
        for metal, title in zip(IMPURITIES, IMPURITY_COLUMNS, strict=True)
    ),
    *(Column(name, kind="text") for name in TEXTS),
)
#: Columns of a laboratory sheet that are not read: these, and all that begin so.
_ASIDE, _ASIDE_BEGIN = ("experiment",), ("predicted_", "amount_")
#: Titles with the units, by name.
TITLES: Mapping[str, str] = {
    **{column.name: column.title for column in RESULT_COLUMNS},
    **{name: f"{name} [fraction]" for name in (*YIELDS, "sd")},
}
#: Beginning of the note of the template's rows.
EXAMPLE = "example:"


@dataclass(frozen=True)
class OwnResults:
    """Measured results, checked; n rows, metals in the order Li, Ni, Mn, Co.

    Attributes:
        scenarios: their feeds, acids and conditions.
        yields: fractions leached, NaN where not measured or the feed lacks the metal, shape (n, 4). Up to
            1.05, since measurements scatter.
        sd: standard deviation of the yields as the user states it, a fraction, NaN where not stated, (n,).
        impurities: mass of copper, aluminium and iron per mass of what was fed, shape (n, 3).
        frame: the same as one table with the columns of `STORED`, texts "" where empty, and with those of
            `IMPURITY_COLUMNS` where there are any; `read_results` reads it again.
        empty: rows of the table that were skipped, since no yield is filled in.
        source: what the table is called in messages.
    """

    scenarios: Scenarios
    yields: Floats
    sd: Floats
    impurities: Floats
    frame: pd.DataFrame
    empty: int = 0
    source: str = ""

    def __len__(self) -> int:
        return len(self.scenarios)

    @property
    def experiments(self) -> Ints:
        """Number of each row's experiment, from 0 in order of appearance, shape (n,).

        Rows of one experiment differ in time only; replicates of it belong to it too.
        """
        return numbered(self.frame, tuple(name for name in CONTINUOUS if name != "time"))

    @property
    def examples(self) -> Ints:
        """Rows (from 0) that are still those of the template, shape (at most n,)."""
        return np.flatnonzero(self.frame["note"].str.startswith(EXAMPLE))


def read_results(
    source: str | Path | pd.DataFrame,
    *,
    feed: str | Feed | None = None,
    acids: Mapping[str, Acid] | None = None,
    sheet: str | None = None,
) -> OwnResults:
    """Read measured results and check every cell.

    Args:
        source: CSV, XLSX or Parquet, or a frame, with the columns of `RESULT_COLUMNS`: acid, the five
            variables, at least one of yield_Li to yield_Co, and optionally feed, Cu, Al and Fe in wt% of what
            was fed (the feed's own where left out or empty), replicate, sd, batch, date and note. A
            laboratory sheet is read as it comes back; its rows without a yield are skipped.
        feed: a feed, or the name of a known one, of rows that do not name one.
        acids: those that can be named; None for the shipped ones.
        sheet: of a workbook with several.

    Raises:
        InputError: a column is unknown or missing, a cell is wrong (row and column named), a row is there
            twice, no row has a yield, or there are too many.
    """
    table = open_table(source, sheet, usual=SHEET)
    refuse_other_columns(table)
    table = table.expecting(RESULT_COLUMNS, [*_ASIDE, *_set_aside(table.header)])
    cells, empty = cells_of(table)
    check_yields(table, cells)
    known = Known(
        load_acids() if acids is None else acids, find_feed(feed) if isinstance(feed, str) else feed
    )
    refuse_unknown_acids(table, cells, known.acids)
    scenarios = _once(parse(table, known_feeds(table, cells, known), known))
    check_lacking(table, cells, scenarios)
    impurities = impurities_in(table, cells, scenarios)
    frame = _frame(scenarios, cells, impurities)
    check_twins(
        numbered(frame, CONTINUOUS),
        frame["replicate"],
        [f"row {row}" for row in scenarios.rows],
        [table.where(int(row), "replicate") for row in scenarios.rows],
    )
    yields, sd = frame[list(YIELDS)].to_numpy(np.float64), frame["sd"].to_numpy(np.float64)
    return OwnResults(scenarios, yields, sd, impurities, frame, empty, table.place)


def joined(stored: pd.DataFrame, feeds: Mapping[str, Floats], more: OwnResults) -> pd.DataFrame:
    """Return stored results and new ones as one table, the stored ones first.

    Args:
        stored: the frame of `OwnResults`.
        feeds: mol Ni, Mn, Co per mol Li of each feed that it names, shape (3,) each.
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
        if feed.name in feeds and not np.allclose(
            feeds[feed.name], (feed.Ni, feed.Mn, feed.Co), atol=10.0**-_DECIMALS
        ):
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
    check_twins(
        numbered(frame, CONTINUOUS),
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


def template_frame() -> pd.DataFrame:
    """Return a table to fill in: units in the headers, and rows that show how, marked as examples.

    They show a replicate, two samples of one experiment at different times, and a metal that was not
    measured. `read_results` takes it as it is, with a feed that has all four metals.
    """
    rows = [
        (70, 60, 0.95, 0.91, 0.90, 0.92, "a", 0.02, "", "a measurement"),
        (70, 60, 0.96, 0.93, 0.91, 0.92, "b", 0.02, "", "the same again, told apart under replicate"),
        (70, 120, 0.99, 0.97, 0.96, 0.97, "a", 0.02, "", "a later sample of the first"),
        (40, 60, 0.71, 0.62, np.nan, 0.60, "", np.nan, "lot 7", "a blank yield was not measured"),
    ]
    varied = ("temperature", "time", *YIELDS, "replicate", "sd", "batch", "note")
    frame = pd.DataFrame(rows, columns=list(varied)).assign(
        feed="", acid="sulfuric", acid_concentration=2.0, h2o2=2.0, solid_liquid_ratio=50, date="2026-03-02"
    )
    frame["note"] = EXAMPLE + " " + frame["note"] + "; replace this row"
    return frame[list(STORED)].rename(columns=TITLES)


def _set_aside(header: Sequence[str]) -> list[str]:
    """Return the names of columns that are taken but not read."""
    names = [split_title(title)[0] for title in header]
    return [name for name in names if name.casefold().replace(" ", "_").startswith(_ASIDE_BEGIN)]


def numbered(frame: pd.DataFrame, variables: Sequence[str]) -> Ints:
    """Number the rows by feed, acid and some columns, from 0 in order of appearance, shape (n,)."""
    variables = (*variables, *(name for name in IMPURITY_COLUMNS if name in frame))
    keys = frame[list(variables)].round(_DECIMALS)
    for name in keys.select_dtypes("number"):
        keys[name] += 0.0  # -0.0 equals 0.0
    groups = keys.assign(feed=frame["feed"], acid=frame["acid"]).groupby(
        ["feed", "acid", *variables], sort=False
    )
    return np.asarray(groups.ngroup(), dtype=np.intp)


def _once(scenarios: Scenarios) -> Scenarios:
    """Return the same with every feed and acid listed once."""
    feeds = {feed.name: feed for feed in scenarios.feeds}
    acids = {acid.name: acid for acid in scenarios.acids}
    feed = np.array([list(feeds).index(one.name) for one in scenarios.feeds], dtype=np.intp)[scenarios.feed]
    acid = np.array([list(acids).index(one.name) for one in scenarios.acids], dtype=np.intp)[scenarios.acid]
    return replace(scenarios, feeds=tuple(feeds.values()), feed=feed, acids=tuple(acids.values()), acid=acid)


def _frame(scenarios: Scenarios, cells: pd.DataFrame, impurities: Floats) -> pd.DataFrame:
    """Return rows as one table with the columns of `STORED`, and of impurities where there are any."""
    columns: dict[str, object] = {
        "feed": [scenarios.feeds[k].name for k in scenarios.feed],
        "acid": [scenarios.acids[k].name for k in scenarios.acid],
    }
    columns |= {name: scenarios.continuous[:, COLUMN[name]] for name in CONTINUOUS}
    for name in (*YIELDS, "sd"):
        columns[name] = cells[name].to_numpy(np.float64) if name in cells else np.nan
    for name in TEXTS:
        columns[name] = cells[name].to_numpy(object) if name in cells else ""
    frame = pd.DataFrame(columns, columns=list(STORED))
    if impurities.any():
        frame[list(IMPURITY_COLUMNS)] = (100.0 * impurities).round(_DECIMALS)
    # a spreadsheet gives days as times
    return frame.assign(date=frame["date"].str.removesuffix(" 00:00:00"))
