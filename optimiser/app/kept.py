"""The store of runs that sweeps have filled, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.errors import InputError
from optimiser.app.messages import one_of
from optimiser.app.workspace import Workspace
from optimiser.report.columns import told_of
from optimiser.report.runs_console import LISTED, differences, listed, run_of
from optimiser.report.sweep_console import counts_text, rows_cells
from optimiser.sweeps.store import Store, open_store

#: Rows of a page, and designs that are shown of a front.
ROWS, _DESIGNS = 25, 50
#: The folder of the store in which a sweep's report lies, by name, and its page.
REPORTS, PAGE = "reports", "report.html"


def store_page(workspace: Workspace, sweep: str = "", status: str = "", page: int = 1) -> dict[str, Any]:
    """Return one page of the runs in the workspace's store, or of one of its sweeps.

    Args:
        workspace: whose store it is.
        sweep: its name; all runs where empty.
        status: only runs that ended so; all where empty.
        page: from 1; one that is not there is the last.

    Returns:
        ``sweeps`` with whether each has a report, ``counts`` in words, ``columns`` and ``rows`` as texts with
        the ``key`` of each, ``page`` of ``pages``, ``found`` runs. Nothing of these where there is no store.

    Raises:
        InputError: there is no such sweep, or a file is cut off.
    """
    if not workspace.store.exists():
        return {"sweeps": [], "found": 0, "pages": 1, "page": 1, "columns": [], "rows": [], "counts": ""}
    store = open_store(workspace.store)
    table = store.sweep(one_of(sweep, store.sweeps(), "sweep")) if sweep else None
    if table is None and not status:  # only the rows of the page are read
        keys = store.runs()
        pages, page = _pages(len(keys), page)
        frame = store.read(keys[(page - 1) * ROWS : page * ROWS])
        found, counts = len(keys), f"{len(keys):,} runs"
    else:
        every = listed(store, table, status or None)
        pages, page = _pages(len(every), page)
        frame, found = every.iloc[(page - 1) * ROWS : page * ROWS], len(every)
        counts = f"{found:,} runs: {counts_text(every['status'])}"
    names: Sequence[str] = LISTED
    if table is not None:
        names = ["run", "key", *table.varied, "status", "acid", *table.objectives, "seconds", "reason"]
    shown = frame[[name for name in names if name in frame]]
    told = {
        **_cells(shown.assign(key=shown["key"].str[:12], seconds=shown["seconds"].round(1)), table),
        "keys": [str(key) for key in frame["key"]],
        "statuses": [str(known) for known in frame["status"]],
    }
    sweeps = [{"name": name, "report": _page(store, name).is_file()} for name in store.sweeps()]
    return {"sweeps": sweeps, "found": found, "pages": pages, "page": page, "counts": counts, **told}


def stored_run(workspace: Workspace, key: str) -> dict[str, Any]:
    """Return a run of the store by the first digits of its key: its row, and the designs of its front.

    Raises:
        InputError: there is none, several fit, or a file is cut off.
    """
    store = open_store(workspace.store)
    row = run_of(store, key)
    front = store.front(str(row["key"]))
    shown = list(front.columns[:8])
    shown += [c for c in row["objectives"] if c in front and c not in shown]
    return {"run": row, "front": _cells(front[shown].head(_DESIGNS)), "designs": len(front)}


def stored_difference(workspace: Workspace, one: str, other: str) -> list[dict[str, str]]:
    """Return what two runs of the store differ in.

    Raises:
        InputError: as of `stored_run`.
    """
    store = open_store(workspace.store)
    return [asdict(found) for found in differences(run_of(store, one), run_of(store, other))]


def sweep_report(workspace: Workspace, name: str) -> Path:
    """Return the page of a sweep's report.

    Raises:
        InputError: there is no such sweep, or it has no report yet.
    """
    store = open_store(workspace.store)
    if name not in store.sweeps() or not _page(store, name).is_file():
        raise InputError(
            f"There is no report of a sweep {name[:100]!r}.",
            allowed=", ".join(store.sweeps()) or "none yet",
            remedy="start the sweep: runs that the store has are not made again",
        )
    return _page(store, name)


def _page(store: Store, name: str) -> Path:
    return store.folder / REPORTS / name / PAGE


def _pages(rows: int, page: int) -> tuple[int, int]:
    pages = max(1, -(-rows // ROWS))
    return pages, min(max(1, page), pages)


def _cells(frame: pd.DataFrame, table: Any = None) -> Mapping[str, Any]:
    if table is None:
        columns, rows = rows_cells(frame)
    else:
        with told_of(table.system):
            columns, rows = rows_cells(frame, table.varied)
    heads = [{"label": known.label, "unit": known.unit, "numeric": right} for known, right in columns]
    return {"columns": heads, "rows": rows}
