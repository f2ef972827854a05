"""Which options and feeds of a system the rows of a table of own results name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser.systems.system import BETWEEN, NO_CHOICE, Option, System, SystemFeed
from optimiser.tables.own_results_layout import Layout
from optimiser.tables.read import Table
from optimiser.variables import Floats, Ints


def options_in(table: Table, cells: pd.DataFrame, layout: Layout) -> tuple[tuple[Option, ...], Ints]:
    """Return the options that n rows name, each once, and which of them each row has, shape (n,).

    Raises:
        InputError: a value of a choice that the system's table does not have; with its cell.
    """
    system = layout.system
    if not system.choices:
        return (Option((), NO_CHOICE),), np.zeros(len(cells), dtype=np.intp)
    for choice, known in zip(system.choices, system.values, strict=True):
        wrong = ~cells[choice].isin(known)
        if wrong.any():
            row = int(cells.index[np.flatnonzero(wrong)[0]])
            given = str(cells[choice][row])
            raise InputError(
                f"The table of {system.name} has no {choice} {given!r}.",
                where=table.where(row, choice),
                allowed=", ".join(known),
                remedy=closest(given, known) or f"train the model with rows of {given} to learn on them",
            )
    names = [BETWEEN.join(parts) for parts in zip(*(cells[choice] for choice in system.choices), strict=True)]
    number, every = pd.factorize(np.array(names, dtype=object))
    return tuple(system.option(str(name)) for name in every), np.asarray(number, dtype=np.intp)


def feeds_in(
    table: Table, cells: pd.DataFrame, system: System, feed: SystemFeed | None
) -> tuple[tuple[SystemFeed, ...], Ints]:
    """Return the feeds that n rows name, each once, and which of them each row has, shape (n,).

    A feed is one of the table's by its name, or one of one's own where the rows have the columns that
    describe it.

    Args:
        table: opened.
        cells: its rows.
        system: whose feeds can be named.
        feed: of rows that name none.

    Raises:
        InputError: a row names none and none is given, an unknown one, or one with other numbers than before.
    """
    if feed is None and len(system.feeds) == 1:
        feed = next(iter(system.feeds.values()))
    there = [name for name in system.feed_columns if name in table]
    found: dict[str, SystemFeed] = {}
    names = cells["feed"].tolist() if "feed" in table else [""] * len(cells)
    for row, name in zip(cells.index, names, strict=True):
        where = table.where(int(row), "feed" if "feed" in table else None)
        if not name and feed is None:
            raise InputError(
                "The row does not say which feed was leached.",
                where=where,
                allowed="a feed in every row, or --feed NAME: " + ", ".join(system.feeds),
                remedy=f"for example: --feed '{next(iter(system.feeds))}'",
            )
        name = name or (feed.name if feed is not None else "")
        numbers = {n: float(cells[n][row]) for n in there if not np.isnan(cells[n][row])}
        one = _feed(system, name, numbers, feed, where)
        if name in found and found[name].place != one.place:
            raise InputError(
                f"The feed {name!r} has two sets of numbers.",
                where=where,
                allowed="one for each name",
                remedy="give one of them a name of its own",
            )
        found[name] = one
    order = list(found)
    used = [name or (feed.name if feed is not None else "") for name in names]
    return tuple(found.values()), np.array([order.index(name) for name in used], dtype=np.intp)


def _feed(
    system: System, name: str, numbers: dict[str, float], given: SystemFeed | None, where: str
) -> SystemFeed:
    if given is not None and name == given.name and not numbers:
        return given
    said: dict[str, Any] = {"name": name}
    if numbers and not (name in system.feeds and _same(system, system.feeds[name], numbers)):
        said |= numbers
    try:
        return system.feed_of(said)
    except InputError as error:
        raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from None


def _same(system: System, feed: SystemFeed, numbers: dict[str, float]) -> bool:
    told = dict(zip(system.feed_columns, feed.place, strict=True))
    return all(np.isclose(told[name], value) for name, value in numbers.items())


def refuse_acids(acids: object, system: System, where: str) -> None:
    """Refuse a table of acids where a system has no use for it.

    Raises:
        InputError: one is given.
    """
    if acids is not None:
        raise InputError(
            f"Acids of one's own are for cathodes: {system.name} has the options of its table.",
            where=f"{where} {acids}",
            allowed=", ".join(option.name for option in system.options) or "none",
            remedy=f"leave {where} out",
        )


def named_feed(name: str | None, system: System, where: str) -> SystemFeed | None:
    """Return the feed of a system by its name; None where none is given.

    Raises:
        InputError: the system's table has no such feed.
    """
    if name is None:
        return None
    try:
        return system.feed_of({"name": name})
    except InputError as error:
        raise InputError(
            error.what, where=f"{where} {name}", allowed=error.allowed, remedy=error.remedy
        ) from None


def setpoints_in(cells: pd.DataFrame, layout: Layout) -> Floats:
    """Return the setpoints of n rows; an empty cell is what the system's file says it is, shape (n, v)."""
    names = layout.system.names
    columns: Sequence[Any] = [
        cells[name].fillna(layout.empty(name)) if name in cells else np.full(len(cells), layout.empty(name))
        for name in names
    ]
    return np.column_stack(columns).astype(np.float64)
