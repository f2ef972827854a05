"""What a sweep's report leaves behind: the page, the table of runs, the workbook, the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.errors import InputError, closest
from optimiser._io.output import check_folder
from optimiser.report.card import make_cards
from optimiser.report.columns import told_of
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.manifest import made_here, plain_json
from optimiser.report.sweep.cards import sweep_makers
from optimiser.report.sweep.reasons import reasons_frame
from optimiser.report.sweep.rows import STATUS_WORDS
from optimiser.report.sweep.view import SweepView
from optimiser.report.sweep.words import sweep_sentences
from optimiser.report.workbook import manifest_frame
from optimiser.sweeps.table import SweepTable

#: The formats of a sweep's report.
FORMATS = ("html", "xlsx", "csv")
#: Characters that a cell of a workbook holds.
_LONGEST = 32_000


def write_sweep_report(
    table: SweepTable, out: Path, formats: Sequence[str] = FORMATS, force: bool = False
) -> Delivery:
    """Write the report of a sweep into the folder ``out``, whole or not at all.

    Args:
        table: the runs.
        out: the folder.
        formats: of ``html`` (report.html), ``xlsx`` (runs.xlsx) and ``csv`` (runs.csv); ``manifest.json``
            is always written.
        force: replace an existing ``out``, once the new one is complete.

    Raises:
        InputError: there is no such format, the sweep has no runs, or ``out`` cannot be written or replaced.

    Examples:
        >>> import tempfile
        >>> columns = ["run", "price.citric", "status", "reason", "seconds", "evaluations", "hypervolume"]
        >>> runs = [[1, 0.5, "done", "", 1.0, 90, 0.4], [2, 0.9, "done", "", 1.0, 90, 0.4]]
        >>> frame = pd.DataFrame(runs, columns=columns).assign(acid=["citric", "sulfuric"], cost=[2.1, 2.4])
        >>> sweep = SweepTable("prices", "", "nmc111", ("price.citric",), ("cost",), ("minimise",), frame)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     done = write_sweep_report(sweep, Path(folder) / "out", formats=("csv",))
        ...     sorted(path.name for path in done.folder.iterdir())
        ['manifest.json', 'runs.csv']
    """
    for name in formats:
        if name not in FORMATS:
            raise InputError(
                f"There is no format {name!r}.",
                where="formats",
                allowed=", ".join(FORMATS),
                remedy=closest(name, FORMATS) or "leave it out",
            )
    if not len(table):
        raise InputError(
            f"The sweep {table.name} has no runs.",
            where=table.name,
            allowed="at least one combination of what it varies",
            remedy="check what its file varies",
        )
    check_folder(out, force)
    with told_of(table.system):
        return _write(table, out, formats, force)


def _write(table: SweepTable, out: Path, formats: Sequence[str], force: bool) -> Delivery:
    view = SweepView(table)
    pinned = _pinned(view)
    files: dict[str, pd.DataFrame | Mapping[str, pd.DataFrame] | bytes] = {}
    if "csv" in formats:
        files["runs.csv"] = view.frame
    if "xlsx" in formats:
        files["runs.xlsx"] = sheets(view, pinned)
    return deliver(
        out,
        manifest=pinned,
        cards=make_cards(sweep_makers(view, pinned)) if "html" in formats else (),
        tables=files,
        title=f"Sweep {table.name}: {len(table):,} {'run' if len(table) == 1 else 'runs'} of {table.base}",
        name=table.name,
        description=table.description,
        force=force,
    )


def _pinned(view: SweepView) -> dict[str, Any]:
    """Return the manifest."""
    table = view.table
    said = {
        "name": table.name,
        "base": table.base,
        "description": table.description,
        "varied": list(table.varied),
        "objectives": [
            {"metric": metric, "direction": direction}
            for metric, direction in zip(table.objectives, table.directions, strict=True)
        ],
        "runs": len(table),
        **view.counts,
    }
    shares = {
        e.key.name: {"eta_squared": e.share, "by_chance": e.chance, "levels": e.levels} for e in view.effects
    }
    found: dict[str, Any] = plain_json(
        {**made_here({"sweep": said}), "variance": shares, "answer": " ".join(sweep_sentences(view))}
    )
    return found


def sheets(view: SweepView, pinned: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the sheets of ``runs.xlsx``: the runs, what moves the first objective, reasons, the manifest.

    Varied numbers stand as they are shown: per cent where their heading says so.
    """
    runs = view.frame.copy()
    runs["status"] = [STATUS_WORDS.get(str(status), str(status)) for status in view.status]
    names = {}
    for key in view.keys:
        if key.numeric:
            runs[key.name] = key.scale * runs[key.name]
            names[key.name] = f"{key.label.replace('|', '/')}|{key.unit.replace('|', '/')}|6"
    runs = runs.rename(columns=names)
    for name in runs:
        if not pd.api.types.is_numeric_dtype(runs[name]):
            runs[name] = [v[:_LONGEST] if isinstance(v, str) else v for v in runs[name]]
    moves = pd.DataFrame(
        {
            "key": [e.key.heading for e in view.effects],
            "explains alone (eta squared)||4": [e.share for e in view.effects],
            "by chance alone||4": [e.chance for e in view.effects],
            "levels||6": [e.levels for e in view.effects],
        }
    )
    found = {"runs": runs, "what moves it": moves}
    for status in ("failed", "infeasible"):
        reasons = reasons_frame(view, status)
        if len(reasons):
            found[STATUS_WORDS[status]] = reasons
    return found | {"manifest": manifest_frame(pinned)}
