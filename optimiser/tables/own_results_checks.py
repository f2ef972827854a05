"""What can be wrong in a table of a user's own results: each mistake is refused with its row and column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser.chemistry.acids import Acid, find_acid_name
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.impurities import IMPURITIES
from optimiser.chemistry.metals import BASE_METALS, metals_in_words
from optimiser.chemistry.mixtures import read_mixture
from optimiser.surrogate.coordinates import impurities_of
from optimiser.systems.system import SystemFeed
from optimiser.tables.read import Table, split_title
from optimiser.tables.scenarios import Known
from optimiser.toolkit import template
from optimiser.variables import Floats, Ints

#: A plant's own experiments; more than these are a study of many plants.
MOST_ROWS = 500
YIELDS: tuple[str, ...] = tuple(f"yield_{metal}" for metal in BASE_METALS)
#: Yields up to here are those of a whole metal, measured with scatter.
MOST_YIELD = 1.05
#: A fraction above it is no mistake of measurement, but per cent.
_PER_CENT = 1.2
#: One that is above this is per cent whatever else its column holds.
_SURELY_PER_CENT = 2.0
_FRACTION = "0 to 1, and up to {most:g} where measurements scatter; empty where it was not measured"
#: Our names for the columns of the Toolkit's training table that results need.
_TOOLKIT: Mapping[str, str] = {
    **{theirs: ours for ours, theirs in template.VARIABLES.items() if theirs != ours},
    **dict(zip(template.NOT_READ, YIELDS, strict=True)),
    "SMILES": "acid (its name)",
    **dict.fromkeys(template.FEED, "feed (its name)"),
}


def refuse_other_columns(table: Table) -> None:
    """Refuse the columns of the Toolkit's training table, and yields of metals that no model learns.

    Raises:
        InputError: one of them is there.
    """
    names = [split_title(title)[0] for title in table.header]
    theirs = [name for name in names if name in _TOOLKIT]
    if theirs:
        raise InputError(
            f"The table has columns of the Toolkit's training table: {', '.join(theirs)}.",
            where=table.where(None, names.index(theirs[0])),
            allowed=f"acid, {', '.join(template.VARIABLES)}, {', '.join(YIELDS)}",
            remedy="rename " + ", ".join(f"{name} to {_TOOLKIT[name]}" for name in theirs),
        )
    for j, name in enumerate(names):
        metal = re.fullmatch(r"(?i:yield)[ _]([A-Z][a-z]?)", name)
        if metal and metal[1] not in BASE_METALS:
            raise InputError(
                f"Yields of {metal[1]} are not learned.",
                where=table.where(None, j),
                allowed=", ".join(YIELDS),
                remedy="remove the column",
            )


def cells_of(table: Table, yields: Sequence[str] = YIELDS) -> tuple[pd.DataFrame, int]:
    """Return the rows that have a yield, and how many have none.

    ``yields`` are the columns of the yields.

    Raises:
        InputError: there is no column of yields, no row with one, a wrong cell, or too many rows.
    """
    columns = [key for key in yields if key in table]
    if not columns:
        raise InputError(
            "The table has no yields.",
            where=table.where(),
            allowed=f"at least one of {', '.join(yields)}",
            remedy="add a column for each metal that was measured",
        )
    pieces, rows = list[pd.DataFrame](), 0
    for piece in table.chunks(MOST_ROWS + 1):
        pieces.append(piece)
        rows += len(piece)
        if rows > MOST_ROWS:
            raise InputError(
                f"The table has more than {MOST_ROWS:,} rows.",
                where=table.where(int(piece.index[MOST_ROWS - rows])),
                allowed=f"up to {MOST_ROWS:,} rows: a site model is for the experiments of one plant",
                remedy="leave out what was not measured at this plant",
            )
    cells = pd.concat(pieces)
    measured = cells[columns].notna().any(axis=1)
    if not measured.any():
        raise InputError(
            "The table is empty: no row has a yield.",
            where=table.where(None, columns[0]),
            allowed="yields as fractions in at least one row",
            remedy="fill in what was measured",
        )
    return cells[measured], int((~measured).sum())


def check_yields(
    table: Table,
    cells: pd.DataFrame,
    metals: Sequence[str] = BASE_METALS,
    ends: tuple[float, float] = (0.0, MOST_YIELD),
    *,
    low_too: bool = True,
) -> None:
    """Refuse yields that are in per cent, negative or more than the whole metal.

    Args:
        table: opened.
        cells: its rows.
        metals: whose yields there may be.
        ends: what yields may be, with the scatter of measurements.
        low_too: whether per cent that are all so low that they look like fractions are refused, too.

    Raises:
        InputError: the first cell that is wrong.
    """
    least, most = ends
    may_be = _FRACTION.format(most=most)
    for metal in metals:
        if (key := f"yield_{metal}") not in table:
            continue
        values, plain = cells[key], table.found[key][2] == 1.0
        likely = plain and bool(values.median() > _PER_CENT)
        per_cent = values > (_PER_CENT if likely else _SURELY_PER_CENT)
        if plain and per_cent.any():
            row = _first(per_cent)
            raise InputError(
                f"The yield of {metal} is a fraction, and {values[row]:g} looks like per cent.",
                where=table.where(row, key),
                allowed=may_be,
                remedy=f"divide the column by 100, or head it `{key} [%]`",
            )
        if (values < least).any():
            row = _first(values < least)
            raise InputError(
                f"The yield of {metal} is negative: {values[row]:g}.",
                where=table.where(row, key),
                allowed=may_be,
                remedy="write 0 where nothing had dissolved",
            )
        if (values > most).any():
            row = _first(values > most)
            raise InputError(
                f"A yield of {metal} of {values[row]:g} is more metal than was there.",
                where=table.where(row, key),
                allowed=may_be,
                remedy="check the analysis of the feed, the volume and the dilution of the sample",
            )
    if low_too:
        _refuse_fractions_as_per_cent(table, cells)


def _refuse_fractions_as_per_cent(table: Table, cells: pd.DataFrame) -> None:
    """Refuse columns headed per cent that hold fractions: no plant has yields of 1 % at most throughout."""
    keys = [key for key in YIELDS if key in table and table.found[key][2] != 1.0]
    highest = cells[keys].max().max() if keys else np.nan
    if 0.0 < highest <= _PER_CENT / 100.0:
        row = _first((cells[keys] == highest).any(axis=1))
        key = str(cells.loc[row, keys].astype(float).idxmax())
        raise InputError(
            f"The yields are headed per cent and look like fractions: {100.0 * highest:g} is the highest.",
            where=table.where(row, key),
            allowed="yields in per cent below a header with [%]",
            remedy=f"head the column `{key} [fraction]`",
        )


def refuse_unknown_acids(table: Table, cells: pd.DataFrame, acids: Mapping[str, Acid]) -> None:
    """Refuse an acid that nothing describes.

    Raises:
        InputError: the first one.
    """
    for row, name in cells["acid"].drop_duplicates().items():
        where = table.where(int(str(row)), "acid")
        if find_acid_name(name, acids) is not None:
            continue
        if (parts := read_mixture(name, where=where)) is not None:
            lacking = [one for one, _ in parts if find_acid_name(one, acids) is None]
            if not lacking:
                continue
            name = lacking[0]
        every = [*acids, *(alias for acid in acids.values() for alias in acid.aliases or ())]
        describe = "describe the acid: --acids FILE, or a problem that has it under `acids:`"
        raise InputError(
            f"There is no acid {name!r}.",
            where=where,
            allowed=", ".join(acids) + ", or one of your own",
            remedy="; or ".join(part for part in (closest(name, every), describe) if part),
        )


def known_feeds(table: Table, cells: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Return the rows with the feed that is given where they name none.

    Raises:
        InputError: a row names none, and none is given.
    """
    if "feed" not in table:
        return cells
    blank = cells["feed"] == ""
    if not blank.any():
        return cells
    if known.feed is None:
        raise InputError(
            "The row does not say which cathode was leached.",
            where=table.where(_first(blank), "feed"),
            allowed="a feed in every row, or --feed NAME, or --problem NAME",
            remedy="for example: --feed NMC111",
        )
    return cells.assign(feed=cells["feed"].mask(blank, known.feed.name))


def impurities_in(
    table: Table, cells: pd.DataFrame, feeds: Sequence[Feed | SystemFeed], number: Ints
) -> Floats:
    """Return mass shares of copper, aluminium and iron of each row: as it says, else of its feed, (n, 3).

    ``number`` is that of each row's feed among ``feeds``.

    Raises:
        InputError: a row's impurities are as much as all of what was fed.
    """
    found = np.array([impurities_of(feed) for feed in feeds])[number]
    for j, metal in enumerate(IMPURITIES):
        title = f"{metal} [wt%]"
        if title in table:
            said = cells[title].to_numpy(np.float64) / 100.0
            found[:, j] = np.where(np.isnan(said), found[:, j], said)
    total = found.sum(axis=1)
    if (total >= 1.0).any():
        row = int(np.argmax(total >= 1.0))
        raise InputError(
            f"Copper, aluminium and iron are {100.0 * total[row]:g} wt% of what was fed.",
            where=table.where(int(cells.index[row])),
            allowed="below 100 wt% together",
            remedy="give wt% of the solid that was fed, as the assay says",
        )
    return found


def check_lacking(
    table: Table,
    cells: pd.DataFrame,
    feeds: Sequence[Feed | SystemFeed],
    number: Ints,
    metals: Sequence[str] = BASE_METALS,
) -> None:
    """Refuse yields of metals that the feed does not contain.

    Args:
        table: opened.
        cells: its n rows.
        feeds: that occur.
        number: of each row's feed, shape (n,).
        metals: whose yields there may be.

    Raises:
        InputError: the first cell that has one.
    """
    present = np.array([feed.present[: len(metals)] for feed in feeds])[number]
    for i, key in enumerate(f"yield_{metal}" for metal in metals):
        if key not in table:
            continue
        wrong = cells[key].notna() & ~present[:, i]
        if wrong.any():
            row = _first(wrong)
            feed = feeds[number[np.flatnonzero(wrong)[0]]]
            has = [metal for metal, there in zip(metals, feed.present, strict=False) if there]
            raise InputError(
                f"The feed {feed.name} contains no {metals[i]}, so there is no yield of it.",
                where=table.where(row, key),
                allowed=f"yields of {metals_in_words(has)}",
                remedy="leave the cell empty, or correct the feed",
            )


def check_twins(conditions: Ints, replicate: pd.Series, names: Sequence[str], places: Sequence[str]) -> None:
    """Refuse two rows with the same conditions, unless both carry labels that differ.

    Args:
        conditions: the same number for rows with the same feed, acid and variables, shape (n,).
        replicate: label of each row, "" where it has none.
        names: what each row is called in a sentence.
        places: where each row stands.

    Raises:
        InputError: the first row that is there twice; both are named.
    """
    rows = pd.DataFrame({"conditions": conditions, "replicate": replicate.to_numpy(object)})
    unlabelled = rows.duplicated("conditions", keep=False) & (rows["replicate"] == "")
    wrong = np.flatnonzero(unlabelled | rows.duplicated(keep=False))
    if not len(wrong):
        return
    one = int(wrong[0])
    label = rows["replicate"][one]
    same = rows["conditions"] == rows["conditions"][one]
    if label:
        same &= rows["replicate"] == label
    other = next(int(k) for k in np.flatnonzero(same) if k != one)
    first, second = sorted((one, other))
    what = f"{names[first]} and {names[second]} have the same conditions"
    raise InputError(
        f"{what[:1].upper()}{what[1:]}" + (f" and the same replicate {label!r}." if label else "."),
        where=f"{places[second]}; before: {places[first]}",
        allowed="each feed, acid and set of conditions once, or with labels that differ",
        remedy="tell them apart in a column `replicate`, or keep one of them",
    )


def _first(wrong: pd.Series) -> int:
    """Return the number of the first row that is wrong."""
    return int(wrong.index[np.flatnonzero(wrong)[0]])
