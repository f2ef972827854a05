"""What the terminal shows of sweeps and their store: progress, what was made, and lists of runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from optimiser._io.steps import recorder
from optimiser.report.columns import Column, column, told_of
from optimiser.report.manifest import plain_json
from optimiser.report.numbers import number
from optimiser.sweeps.engine import Progress as Going
from optimiser.sweeps.sweep import Swept, Watch
from optimiser.sweeps.table import STATUSES

#: Seconds between lines of progress where there is no terminal to draw a bar on.
_EVERY = 60.0
#: Reasons, and runs, that a terminal shows.
_REASONS, _BEST = 5, 10


@contextmanager
def sweep_progress(console: Console | None = None) -> Iterator[Watch]:
    """Show how a sweep goes on standard error: a bar on a terminal, a line a minute elsewhere.

    Yields:
        What `make_sweep` tells it to.
    """
    console = console or Console(file=sys.stderr, highlight=False)

    def warn(text: str) -> None:
        console.print(Text(f"Warning: {text}"))

    if (record := recorder()) is not None:
        yield Watch(
            checked=lambda done, total: record("checking", done, total),
            made=lambda going: record(
                "runs",
                going.there + going.made,
                going.total,
                infeasible=going.infeasible,
                failed=going.failed,
            ),
            read=lambda done, total: record("reading", done, total),
            warn=warn,
        )
        return
    if not console.is_terminal:
        last = time.monotonic()

        def line(going: Going) -> None:
            nonlocal last
            if time.monotonic() - last >= _EVERY:
                last = time.monotonic()
                console.print(
                    Text(f"{going.there + going.made:,} of {going.total:,} runs, {rate_text(going)}")
                )

        yield Watch(made=line, warn=warn)
        return
    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int, told: str = "") -> None:
            if what not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[what] = bar.add_task(what, total=total, told="")
            bar.update(tasks[what], completed=done, total=total, told=told)

        yield Watch(
            checked=lambda done, total: show("checking", done, total),
            made=lambda going: show("runs", going.there + going.made, going.total, rate_text(going)),
            read=lambda done, total: show("reading", done, total),
            warn=warn,
        )


def rate_text(going: Going) -> str:
    """Say how fast a sweep goes, how long it will take, and how many runs have failed.

    Examples:
        >>> rate_text(Going(total=180, made=30, failed=2, seconds=60.0, number=2))
        '2 workers, 15 runs/min each, 5 min left, 2 failed'
    """
    who = f"{going.number} worker{'s' if going.number > 1 else ''}"
    if not going.made:
        return f"{who} starting"
    parts = [who, f"{going.per_minute:.3g} runs/min each", f"{time_text(going.seconds_left)} left"]
    return ", ".join([*parts, *([f"{going.failed:,} failed"] if going.failed else [])])


def time_text(seconds: float) -> str:
    """Return a time as a person says it.

    Examples:
        >>> time_text(42.0), time_text(300.0), time_text(7500.0)
        ('42 s', '5 min', '2 h 5 min')
    """
    minutes = round(seconds / 60.0)
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counts_text(statuses: pd.Series[Any]) -> str:
    """Say how many runs ended in which way.

    Examples:
        >>> counts_text(pd.Series(["done", "done", "failed"]))
        '2 done, 1 failed'
    """
    counts = statuses.value_counts()
    named = {"infeasible": "without a feasible design", "missing": "not made yet"}
    return ", ".join(f"{counts[s]:,} {named.get(s, s)}" for s in STATUSES if s in counts.index)


def print_sweep(swept: Swept, page: Path | None, console: Console | None = None) -> None:
    """Print what became of a sweep's runs, the best of them, what failed, and where it all is.

    Args:
        swept: the sweep.
        page: its report; None if none was written.
        console: where to; standard output if left out.
    """
    console = console or Console(highlight=False)
    with told_of(swept.table.system):
        _print_sweep(swept, page, console)


def _print_sweep(swept: Swept, page: Path | None, console: Console) -> None:
    table, going = swept.table, swept.progress
    console.print(Text(f"{table.name}: {len(table):,} runs: {counts_text(table.frame['status'])}."))
    made = f"{going.made:,} made now" + (
        f" in {time_text(going.seconds)}, {going.per_minute:.3g} per worker and minute" if going.made else ""
    )
    console.print(Text(f"{made}; {going.there:,} were in the store."))
    for status, said in (("failed", "failed"), ("infeasible", "not feasible")):
        for reason, runs in reasons(table.frame, status)[:_REASONS]:
            console.print(Text(f"  {said} ({runs:,}): {reason}"))
    done, objective = table.frame[table.frame["status"] == "done"], table.objectives[0]
    if len(done):
        best = done.sort_values(objective, ascending=table.directions[0] == "minimise")
        shown = ["run", *table.varied, "acid", *table.objectives]
        few = best[[c for c in shown if c in best]].head(_BEST)
        if len(few) < len(best):
            console.print(Text(f"The best {len(few)} of {len(best):,} in {column(objective).label}:"))
        console.print(rows_table(few, table.varied))
    console.print(Text(f"Store: {swept.store.folder}"))
    if page is not None:
        console.print(Text(f"Report: {page}"))


def swept_json(swept: Swept, page: Path | None) -> dict[str, Any]:
    """Return what `print_sweep` says as plain JSON."""
    table, going = swept.table, swept.progress
    counts = table.frame["status"].value_counts()
    found: dict[str, Any] = plain_json(
        {
            "sweep": table.name,
            "store": swept.store.folder,
            "report": page,
            "runs": len(table),
            **{status: int(counts.get(status, 0)) for status in STATUSES},
            "made": going.made,
            "reused": going.there,
            "seconds": going.seconds,
            "seconds_of_runs": going.spent,
            "workers": dict(going.workers),
            "failures": [{"reason": reason, "runs": runs} for reason, runs in reasons(table.frame, "failed")],
        }
    )
    return found


def reasons(frame: pd.DataFrame, status: str) -> list[tuple[str, int]]:
    """Return why runs ended in a way, and how many did for each reason, the most frequent first."""
    counts = frame.loc[frame["status"] == status, "reason"].value_counts()
    return [(str(reason), int(runs)) for reason, runs in counts.items()]


def rows_cells(
    frame: pd.DataFrame, plain: tuple[str, ...] = ()
) -> tuple[list[tuple[Column, bool]], list[list[str]]]:
    """Return rows as they are shown: each column with whether it holds numbers, and the cells of each row.

    Args:
        frame: the rows.
        plain: columns that are keys of a sweep, told as they are.
    """
    of_numbers = {name for name in frame if pd.api.types.is_numeric_dtype(frame[name])}
    known = {name: Column(str(name)) if name in plain else column(str(name)) for name in frame}
    rows = []
    for row in frame.itertuples(index=False):
        cells = []
        for name, value in zip(frame, row, strict=True):
            if pd.isna(value):
                cells.append("")
            elif name in of_numbers:
                cells.append(known[name].text(value) if known[name].numeric else number(value))
            else:
                cells.append(str(value))
        rows.append(cells)
    return [(known[name], name in of_numbers) for name in frame], rows


def rows_table(frame: pd.DataFrame, plain: tuple[str, ...]) -> Table:
    """Return a table for the terminal; ``plain`` columns are keys of a sweep, told as they are."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    columns, rows = rows_cells(frame, plain)
    for known, right in columns:
        unit = f"\n{known.unit}" if known.unit else ""
        shown.add_column(Text(known.label + unit), justify="right" if right else "left")
    for cells in rows:
        shown.add_row(*map(Text, cells))
    return shown
