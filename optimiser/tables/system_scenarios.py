"""A table of designs of a system of one's own: a column per choice, setpoint, and for the feed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.problem.metrics import METRICS
from optimiser.systems.system import BETWEEN, NO_CHOICE, Option, System, SystemFeed
from optimiser.tables.read import MOST, Column, Table, split_title
from optimiser.variables import Floats, Ints

#: Other ways to write the unit of a setpoint in a header; another unit is refused, not converted.
SPELT: dict[str, tuple[str, ...]] = {
    "degC": ("°C", "C", "celsius"),
    "mol/L": ("M", "molar"),
    "wt%": ("wt %", "% w/w", "%"),
    "g/L": ("kg/m3",),
    "min": ("minutes",),
}
_TOLD = (
    *("design", "which", "scenario", "p_feasible", "support", "domain_distance", "inside_domain", "knee"),
    *("violation", "note", "acid", "option"),
)


def system_columns(system: System) -> tuple[Column, ...]:
    """Return the columns that a table of a system's designs may have."""
    choices = (
        Column(
            choice,
            kind="text",
            aliases=_other(system.spec.choices[choice].column, choice),
            required=True,
            filled=True,
        )
        for choice in system.choices
    )
    setpoints = (
        Column(
            v.name,
            v.unit,
            aliases=_other(system.spec.setpoints[v.name].column, v.name),
            also=dict.fromkeys(SPELT.get(v.unit, ()), 1.0),
            low=min(v.low, -MOST if v.low < 0.0 else 0.0),
            high=MOST,
            label=v.label,
            required=True,
            filled=True,
        )
        for v in system.variables
    )
    return (*choices, *setpoints, Column("feed", kind="text", filled=True))


def _other(column: str, name: str) -> tuple[str, ...]:
    """Return the name that the system's own table has for a column, where it is another one."""
    return () if column.casefold() == name.casefold() else (column,)


def told_columns(table: Table, system: System) -> list[str]:
    """Return the columns of a table that hold results, which are told anew."""
    ends = ("", "_low", "_high", "_nominal", "_p10")
    known = {f"{name}{end}" for name in (*METRICS, *_yields(system)) for end in ends}
    known |= {*_TOLD, *(f"spread_{response}" for response in system.responses)}
    names = {split_title(title)[0] for title in table.header if title}
    found = names & known | {name for name in names if name.startswith("margin_")}
    return sorted(found - {*system.table_columns, "feed"})


def _yields(system: System) -> list[str]:
    return [f"yield_{response}" for response in system.responses]


def system_options(table: Table, cells: pd.DataFrame, system: System) -> tuple[list[Option], Ints]:
    """Return the options of a table's rows, and which of them each row has.

    Raises:
        InputError: a value that the system's table does not have; row and column are named.
    """
    for choice, known in zip(system.choices, system.values, strict=True):
        codes, names = pd.factorize(cells[choice])
        for k, name in enumerate(names):
            if str(name) not in known:
                row = int(cells.index[np.flatnonzero(codes == k)[0]])
                error = _unknown(system, choice, str(name), known)
                raise InputError(
                    error.what, where=table.where(row, choice), allowed=error.allowed, remedy=error.remedy
                )
    parts = list(map(tuple, cells[list(system.choices)].astype(str).to_numpy().tolist()))
    found = list(dict.fromkeys(parts)) if system.choices else [()]
    options = [system.option(BETWEEN.join(values) or NO_CHOICE) for values in found]
    index = [found.index(values) for values in parts] if system.choices else [0] * len(cells)
    return options, np.array(index, dtype=np.intp)


def _unknown(system: System, choice: str, name: str, known: tuple[str, ...]) -> InputError:
    values = [known_values[0] for known_values in system.values]
    values[system.choices.index(choice)] = name
    try:
        system.option(BETWEEN.join(values))
    except InputError as error:
        return error
    raise AssertionError(f"{name!r} is among {known}")


def system_feeds(
    table: Table, cells: pd.DataFrame, system: System, given: SystemFeed | None
) -> tuple[list[SystemFeed], Ints]:
    """Return the feeds of a table's rows, and which of them each row has.

    Raises:
        InputError: nothing says which feed is leached, or the system's table does not have it.
    """
    if "feed" not in table:
        only = next(iter(system.feeds.values())) if len(system.feeds) == 1 else None
        if (feed := given or only) is None:
            raise InputError(
                "The table does not say which feed is leached.",
                where=table.where(),
                allowed=", ".join(system.feeds),
                remedy="add a column feed, or name one: --feed NAME, or --problem NAME",
                key=("feed",),
            )
        return [feed], np.zeros(len(cells), dtype=np.intp)
    codes, names = pd.factorize(cells["feed"])
    found = []
    for k, name in enumerate(names):
        row = int(cells.index[np.flatnonzero(codes == k)[0]])
        found.append(given if given and given.name == name else feed_named(system, str(name), table, row))
    return found, np.asarray(codes, dtype=np.intp)


def feed_named(
    system: System, name: str, table: Table | None = None, row: int = 0, where: str = ""
) -> SystemFeed:
    """Return a feed of a system's table by its name.

    Raises:
        InputError: there is none; with the cell, or ``where``.
    """
    try:
        return system.feed_of({"name": name})
    except InputError as error:
        at = table.where(row, "feed") if table is not None else where
        raise InputError(error.what, where=at, allowed=error.allowed, remedy=error.remedy) from None


def of_mass(feed: SystemFeed, basis: float | None) -> SystemFeed:
    """Return a feed with another mass of a batch, kg."""
    return feed if basis is None else replace(feed, mass=basis)


def setpoints_of(cells: pd.DataFrame, system: System) -> Floats:
    """Return the setpoints of a table's rows, shape (n, v)."""
    return cells[list(system.names)].to_numpy(dtype=np.float64)
