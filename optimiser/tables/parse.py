"""From the cells of a table to designs, acids and feeds; every mistake names its row and column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, choose_acid
from optimiser.chemistry.descriptors import structure_key
from optimiser.chemistry.feeds import Feed, find_feed, load_feeds
from optimiser.chemistry.metals import BASE_METALS, METALS
from optimiser.tables.read import TEMPLATE_FEED, TEMPLATE_PKA, TEMPLATE_SALTS, Source
from optimiser.tables.unknown import custom_acid
from optimiser.variables import CONTINUOUS, VARIABLES, Floats, Ints

#: Largest difference in mol per mol Li at which a composition still goes by a known feed's name.
_SAME_FEED = 0.0006


@dataclass(frozen=True)
class Scenarios:
    """Some rows of a table.

    Attributes:
        rows: number of each row in the file, blank rows counted, from 0, shape (n,).
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


def parse(source: Source, frame: pd.DataFrame, known: Known) -> Scenarios:
    """Turn a piece of a table into scenarios.

    Raises:
        InputError: a cell is wrong (row and column named), or nothing says which feed is leached.
    """
    rows = np.asarray(frame.index, dtype=np.intp)
    continuous = np.column_stack([_variable(source, frame, name) for name in CONTINUOUS])
    feeds, feed = (_template_feeds if source.template else _named_feeds)(source, frame, known)
    acids, acid = (_template_acids if source.template else _named_acids)(source, frame, known)
    if known.basis is not None:
        feeds = tuple(one.model_copy(update={"mass": known.basis}) for one in feeds)
    return Scenarios(rows, feeds, feed, acids, acid, continuous)


def _floats(given: pd.Series) -> Floats:
    """Return cells as numbers, NaN for text, for what is blank, and for TRUE and FALSE."""
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64)
    if given.dtype.kind not in "Ob":
        return numbers
    return np.where(given.map(lambda cell: isinstance(cell, bool | np.bool_)), np.nan, numbers)


def _numbers(source: Source, frame: pd.DataFrame, name: str) -> Floats:
    """Return a column as numbers, NaN where blank; text is an error."""
    given = frame[name]
    values = _floats(given)
    text = np.flatnonzero(np.isnan(values) & given.notna().to_numpy())
    if len(text):
        raise InputError(
            f"{given.iloc[text[0]]!r} is not a number.",
            where=source.cell(int(frame.index[text[0]]), name),
            allowed="a number alone; units belong in the header",
        )
    return values


def _variable(source: Source, frame: pd.DataFrame, name: str) -> Floats:
    variable = VARIABLES[CONTINUOUS.index(name)]
    given = frame[source.header(name)]
    values = _floats(given)
    bad = np.flatnonzero(~((values >= variable.low) & (values <= variable.high)))
    if len(bad):
        found, missing = given.iloc[bad[0]], pd.isna(given.iloc[bad[0]])
        kind = "outside what is possible" if np.isfinite(values[bad[0]]) else "not a number"
        shown = found.item() if isinstance(found, np.generic) else found
        raise InputError(
            f"{variable.label.capitalize()} is blank."
            if missing
            else f"{variable.label.capitalize()} {shown!r} is {kind}.",
            where=source.cell(int(frame.index[bad[0]]), name),
            allowed=f"{variable.low:g} to {variable.high:g} {variable.unit}",
            remedy=f"check the unit: {source.header(name)} is in {variable.unit}",
        )
    return values


def _first(codes: Ints, code: int) -> int:
    return int(np.flatnonzero(codes == code)[0])


def _named_acids(source: Source, frame: pd.DataFrame, known: Known) -> tuple[tuple[Acid, ...], Ints]:
    codes, names = pd.factorize(frame["acid"].astype(object).where(frame["acid"].notna(), ""))
    acids = [
        choose_acid(
            str(name).strip(), known.acids, where=source.cell(int(frame.index[_first(codes, k)]), "acid")
        )
        for k, name in enumerate(names)
    ]
    return _merged(acids, codes)


def _merged(acids: list[Acid], codes: np.ndarray) -> tuple[tuple[Acid, ...], Ints]:
    """Join entries that are one acid under several names."""
    position: dict[str, int] = {}
    index = np.array([position.setdefault(acid.name, len(position)) for acid in acids], dtype=np.intp)
    by_name = {acid.name: acid for acid in acids}
    return tuple(by_name[name] for name in position), index[codes]


def _named_feeds(source: Source, frame: pd.DataFrame, known: Known) -> tuple[tuple[Feed, ...], Ints]:
    if "feed" not in frame.columns:
        if known.feed is None:
            raise InputError(
                "The table does not say which cathode is leached.",
                where=f"{source.path}, header",
                allowed="a column feed, or --feed NAME, or --problem NAME",
                remedy="for example: --feed NMC111",
            )
        return (known.feed,), np.zeros(len(frame), dtype=np.intp)
    codes, names = pd.factorize(frame["feed"].astype(object).where(frame["feed"].notna(), ""))
    feeds = []
    for k, name in enumerate(names):
        if known.feed is not None and str(name) == known.feed.name:
            feeds.append(known.feed)
        else:
            where = source.cell(int(frame.index[_first(codes, k)]), "feed")
            feeds.append(find_feed(str(name).strip(), where=where))
    return tuple(feeds), codes.astype(np.intp)


def _template_feeds(source: Source, frame: pd.DataFrame, known: Known) -> tuple[tuple[Feed, ...], Ints]:
    given = np.column_stack([_numbers(source, frame, name) for name in TEMPLATE_FEED])
    bad = np.argwhere(~(given >= 0.0))
    if len(bad):
        row, j = bad[0]
        raise InputError(
            f"{given[row, j]:g} mol per mol Li is not possible."
            if given[row, j] < 0
            else "The composition is blank.",
            where=source.cell(int(frame.index[row]), TEMPLATE_FEED[j]),
            allowed="0 or more, mol per mol Li",
        )
    compositions, codes = np.unique(given, axis=0, return_inverse=True)
    codes = np.asarray(codes, dtype=np.intp).reshape(-1)
    feeds = []
    for k, (ni, mn, co) in enumerate(compositions.tolist()):
        try:
            feeds.append(Feed(name=_feed_name(ni, mn, co), Ni=ni, Mn=mn, Co=co))
        except ValueError:
            total = ni + mn + co
            raise InputError(
                f"A feed with {total:g} mol of Ni, Mn and Co per mol of Li is not possible.",
                where=f"{source.path}, row {frame.index[_first(codes, k)] + 2}, columns "
                + ", ".join(TEMPLATE_FEED),
                allowed="more than 0 and at most 2.2",
                remedy="give mol per mol Li: NMC111 is 0.3333 each, LiMn2O4 is inputMn = 2",
            ) from None
    return tuple(feeds), codes


def _feed_name(ni: float, mn: float, co: float) -> str:
    given = np.zeros(len(METALS))
    given[: len(BASE_METALS)] = (1.0, ni, mn, co)
    for name, feed in load_feeds().items():
        if np.abs(feed.composition - given).max() <= _SAME_FEED:
            return name
    return "Li" + "".join(f"{m}{x:g}" for m, x in (("Ni", ni), ("Mn", mn), ("Co", co)) if x > 0.0)


def _template_acids(source: Source, frame: pd.DataFrame, known: Known) -> tuple[tuple[Acid, ...], Ints]:
    """Recognise acids by structure; describe those that are not known by what the row says of them."""
    by_key = {structure_key(acid.smiles): acid for acid in known.acids.values()}
    described = [c for c in (*TEMPLATE_PKA, "nProtons", "Mr_acid", *TEMPLATE_SALTS) if c in frame.columns]
    numbers = pd.DataFrame({c: _numbers(source, frame, c) for c in described}, index=frame.index)
    smiles = frame["SMILES"].astype(object).where(frame["SMILES"].notna(), "").astype(str)
    groups = pd.concat([smiles, numbers], axis=1).groupby(["SMILES", *described], dropna=False, sort=False)
    codes: Ints = np.asarray(groups.ngroup().to_numpy(), dtype=np.intp)
    acids: list[Acid] = []
    for k in range(int(codes.max()) + 1):
        row = int(frame.index[_first(codes, k)])
        structure = smiles.loc[row].strip()
        try:
            key = structure_key(structure)
        except InputError as error:
            raise InputError(
                error.what,
                where=source.cell(row, "SMILES"),
                allowed="the acid's structure as SMILES",
                remedy=error.remedy,
            ) from None
        if key in by_key:
            acids.append(by_key[key])
            continue
        said = {c: float(numbers[c].loc[row]) for c in described}
        acid = custom_acid(structure, said, partial(source.cell, row))
        same = [other for other in acids if other.name.split(" (row")[0] == acid.name]
        equal = next((o for o in same if o.model_copy(update={"name": acid.name}) == acid), None)
        if equal is None and same:
            acid = acid.model_copy(update={"name": f"{acid.name} (row {row + 2})"})
        acids.append(equal or acid)
    return _merged(acids, codes)
