"""What the terminal shows of the runs in a store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimiser import __version__
from optimiser._io.errors import InputError
from optimiser.report.columns import column, told_of
from optimiser.report.manifest import plain_json
from optimiser.report.sweep_console import counts_text, rows_table
from optimiser.sweeps.store import Store
from optimiser.sweeps.table import SweepTable

#: Rows, and designs of a front, that a terminal shows.
ROWS, _DESIGNS = 20, 10
#: Digits of a key that tables show, and the fewest by which a run may be named.
_DIGITS, _SHORT, _FEWEST = 12, 8, 4
#: Columns of runs of any sweep.
LISTED = ("key", "status", "feed", "acid", "cost", "climate_change", "recovery", "seconds")


def listed(store: Store, table: SweepTable | None = None, status: str | None = None) -> pd.DataFrame:
    """Return the runs of a store, or of one of its sweeps.

    Args:
        store: the store.
        table: of the sweep, whose varied keys are columns then.
        status: only runs that ended so.

    Raises:
        InputError: a file is cut off.
    """
    frame = store.read() if table is None else table.frame
    frame = frame if status is None else frame[frame["status"] == status]
    return frame.reset_index(drop=True)


def print_store(
    store: Store,
    frame: pd.DataFrame,
    most: int | None,
    table: SweepTable | None = None,
    console: Console | None = None,
) -> None:
    """Print the sweeps of a store, and rows of `listed`, the first ``most`` of them.

    Args:
        store: the store.
        frame: the rows.
        most: rows to print; None for all.
        table: of the sweep that they are of.
        console: where to; standard output if left out.
    """
    console = console or Console(highlight=False)
    console.print(Text(f"{len(frame):,} runs: {counts_text(frame['status'])}." if len(frame) else "No runs."))
    console.print(Text("Sweeps: " + (", ".join(store.sweeps()) or "none")))
    few = frame if most is None else frame.head(most)
    if table is not None:
        names = ["run", "key", *table.varied, "status", "acid", *table.objectives]
        shown = few[[name for name in names if name in few]].assign(key=few["key"].str[:_SHORT])
        with told_of(table.system):
            console.print(rows_table(shown, table.varied))
    elif len(few):
        console.print(rows_table(few[[*LISTED]].assign(key=few["key"].str[:_DIGITS]), ()))
    if (more := len(frame) - len(few)) > 0:
        console.print(Text(f"... and {more:,} more: --all shows them, --csv FILE writes them"))


def run_of(store: Store, name: str) -> dict[str, Any]:
    """Return the row of a run that the first digits of its key name, as plain JSON.

    Raises:
        InputError: no run has such a key, several have, or its file is cut off.
    """
    found = [key for key in store.runs() if key.startswith(name)] if len(name) >= _FEWEST else []
    if len(found) != 1:
        what = f"{len(found):,} runs have" if found else "No run has"
        raise InputError(
            f"{what} a key that begins with {name!r}.",
            where=str(store.folder),
            allowed=", ".join(key[:_DIGITS] for key in found[:5]) or f"the first {_FEWEST} digits or more",
            remedy=f"optimiser runs list {store.folder}",
        )
    row = {str(column): value for column, value in store.read(found).iloc[0].items()}
    for name in ("inputs", "answer", "search", "prices"):
        row[name] = json.loads(row[name]) if isinstance(row[name], str) else None  # None, or NaN
    for name in ("objectives", "directions"):
        row[name] = [] if row[name] is None else [str(v) for v in row[name]]
    plain: dict[str, Any] = plain_json(row)
    return plain


def print_run(store: Store, row: Mapping[str, Any], console: Console | None = None) -> None:
    """Print a run: what the sweep set, the question, the answer, and the first designs of its front."""
    console = console or Console(highlight=False)
    console.print(Text(f"Run {row['key']}"))
    console.print(
        Text(f"{row['status']}, {row['seconds']:.3g} s, version {row['version']}, written {row['written']}")
    )
    if row["reason"]:
        console.print(Text(str(row["reason"])))
    console.print(Text(f"\nBase {row['base']}, with"))
    for key, value in row["inputs"].items():
        console.print(Text(f"  {key}: {json.dumps(value, ensure_ascii=False)}"))
    if row["question"]:
        console.print(Text("\n" + str(row["question"]).rstrip()), soft_wrap=True)
    front = store.front(str(row["key"]))
    if len(front):
        console.print(Text(f"\nFront, {len(front)} designs:"))
        shown = [c for c in front.columns[:6] if c in front]
        shown += [c for c in row["objectives"] if c in front and c not in shown]
        console.print(rows_table(front[shown].head(_DESIGNS), ()))


@dataclass(frozen=True)
class Difference:
    """One thing in which two runs differ, as it is shown: ``part`` says of what, the cells are texts."""

    part: str
    name: str
    one: str
    other: str


#: The parts of two runs that are compared, by the name of the row that holds them.
PARTS = {"question": "Asked", "prices": "Prices, EUR", "answer": "Answered"}


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Difference]:
    """Return what two runs were asked differently, at which prices, and what their answers differ in.

    Args:
        one, other: rows, as `run_of` returns them.
    """
    found = []
    for part, title in PARTS.items():
        first, second = _parts(one, part), _parts(other, part)
        for key in {**first, **second}:
            if first.get(key) == second.get(key):
                continue
            known = column(key)
            label = f"{known.label} {known.unit}".strip() if part == "answer" else key
            cells = []
            for side in (first, second):
                value = side.get(key)
                told = isinstance(value, float) and known.numeric and part == "answer"
                cells.append(known.text(value) if told else "" if value is None else str(value))
            found.append(Difference(title, label, *cells))
    for name in ("version", "artefact", "status"):
        if one[name] != other[name]:
            found.append(Difference("Made", name, str(one[name]), str(other[name])))
    return found


def print_comparison(
    one: Mapping[str, Any], other: Mapping[str, Any], console: Console | None = None
) -> None:
    """Print what two runs were asked differently, at which prices, and what their answers differ in."""
    console = console or Console(highlight=False)
    found = differences(one, other)
    for title in PARTS.values():
        differ = [d for d in found if d.part == title]
        console.print(Text(f"{title}: " + ("" if differ else "the same")))
        if not differ:
            continue
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("", one["key"][:_DIGITS], other["key"][:_DIGITS]):
            table.add_column(heading, justify="left" if not heading else "right")
        for d in differ:
            table.add_row(Text(d.name), Text(d.one), Text(d.other))
        console.print(table)
    for d in found:
        if d.part not in PARTS.values():
            console.print(Text(f"{d.name}: {d.one} and {d.other}"))


def _parts(row: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return a part of a run's row by keys without levels; the question with its search and base."""
    if part != "question":
        return row[part] or {}
    asked = yaml.safe_load(row["question"]) if row["question"] else dict(row["inputs"])
    return _flat({**asked, "search": row["search"], "base": row["base"]})


def _flat(value: Any, above: str = "") -> dict[str, Any]:
    """Return a question with dots between its levels, as a sweep names its keys.

    Examples:
        >>> _flat({"feed": {"name": "LCO"}, "constraints": [{"yield": {"Li": 0.9}}]})
        {'feed.name': 'LCO', 'constraints.yield.Li': 0.9}
    """
    if isinstance(value, dict):
        below = [_flat(v, f"{above}.{k}" if above else str(k)) for k, v in value.items()]
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        below = [_flat(one, above) for one in value]
    else:
        return {above: value}
    return {key: v for part in below for key, v in part.items()}


def prunable(store: Store, *, damaged: bool, failed: bool, old: bool, unused: bool) -> list[str]:
    """Return the keys of the runs that are to go.

    Args:
        store: the store.
        damaged: those whose files are cut off.
        failed: those that failed.
        old: those of other versions of the program.
        unused: those that no sweep names.

    Raises:
        InputError: a file is cut off, and ``damaged`` is not asked for.
    """
    keys, gone = store.runs(), set[str]()
    if damaged:
        gone |= set(store.damaged(keys))
    if failed or old:
        rows = store.read([key for key in keys if key not in gone])
        if failed:
            gone |= set(rows.loc[rows["status"] == "failed", "key"])
        if old:
            gone |= set(rows.loc[rows["version"] != __version__, "key"])
    if unused:
        named = {key for sweep in store.sweeps() for key in store.members(sweep)}
        gone |= {key for key in keys if key not in named}
    return sorted(gone)
