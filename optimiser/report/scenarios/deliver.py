"""From what `predict` was asked to what it writes: a streamed table, a workbook, a report, or text."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser import __version__
from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.output import check_apart, check_file_target, check_folder, placed
from optimiser.problem.binding import known_acids
from optimiser.problem.load import load_question
from optimiser.report.images import Kind, figures_of, write_images
from optimiser.report.manifest import DISTRIBUTION, FORMAT, git_state, package_versions, table_hashes
from optimiser.report.page import page_of
from optimiser.report.scenarios.cards import scenario_cards
from optimiser.report.scenarios.contents import Contents, contents
from optimiser.report.stream import STREAMED, streamed_table
from optimiser.report.workbook import write_sheets
from optimiser.tables.footprint import check_footprint
from optimiser.tables.own import read_own_tables
from optimiser.tables.predict import Part, RowProgress, Setting, Tally, parts, prepare, results
from optimiser.toolkit.scenarios import find_profile

#: Rows that a page and a workbook of many sheets hold.
MOST_LISTED, MOST_SHEETS = 2_000, 50_000


@dataclass(frozen=True)
class Request:
    """The options of `predict`, as on the command line."""

    table: Path
    sheet: str | None = None
    problem: str | None = None
    feed: str | None = None
    basis: float | None = None
    acids: Path | None = None
    prices: Path | None = None
    impacts: Path | None = None
    profile: str | None = None
    ef31: bool = False
    out: Path | None = None
    report: Path | None = None
    figures: Kind | None = None
    tolerances: str | None = None
    force: bool = False
    as_json: bool = False


@dataclass(frozen=True)
class Said:
    """What goes to the screen: the table itself if it is not written, and the summary."""

    output: str
    lines: tuple[str, ...]


def deliver(request: Request, progress: RowProgress) -> Said:
    """Predict a table and write what is asked for.

    Raises:
        InputError: anything wrong with options, table or targets, before any prediction.
    """
    _check(request)
    question = load_question(request.problem) if request.problem else None
    tables = read_own_tables(
        request.acids,
        request.prices,
        request.impacts,
        known=known_acids(question) if question else None,
    )
    setting = prepare(
        request.table,
        question=question,
        feed_name=request.feed,
        sheet=request.sheet,
        basis=request.basis,
        tables=tables,
        profile=find_profile(request.profile, request.acids, request.impacts, tables),
        bare=request.tolerances == "off",
    )
    if request.ef31:
        factors = setting.tables.impacts if setting.profile is None else setting.profile.impacts
        check_footprint(factors)
    _check_length(request, setting.rows)
    if request.report is not None or _is_workbook(request.out):
        return _whole(request, setting, progress)
    tally = Tally()
    if request.out is not None:
        with streamed_table(request.out) as append:
            for piece in parts(setting, progress=progress):
                append(_counted(piece, tally))
        return Said("", (f"{tally.rows} designs predicted: {request.out}", *tally.lines(), *setting.notes))
    frame = pd.concat([_counted(p, tally) for p in parts(setting, progress=progress)], ignore_index=True)
    text = frame.to_json(orient="records", indent=2) + "\n" if request.as_json else frame.to_csv(index=False)
    return Said(text, (*tally.lines(), *setting.notes))


def _check(request: Request) -> None:
    if request.out is not None:
        check_file_target(request.out, request.force, (*STREAMED, ".xlsx"))
    if request.report is not None:
        check_folder(request.report, request.force, "--report")
    if request.out is not None and request.report is not None:
        check_apart(request.out, request.report, "--out and --report")
    if request.profile is not None and (request.basis is not None or request.prices is not None):
        raise InputError(
            "The Toolkit's sums are for 1000 kg of cathode at the prices in its own table.",
            where="--profile",
            remedy="leave --basis and --prices out",
        )
    if request.figures is not None and request.report is None:
        raise InputError(
            "Figures as files belong to a report.", where="--figures", remedy="add --report FOLDER"
        )
    if request.ef31 and request.report is None and not _is_workbook(request.out):
        raise InputError(
            "The EF 3.1 score stands on a sheet and a card of its own.",
            where="--ef31",
            remedy="add --report FOLDER or --out FILE.xlsx",
        )


def _is_workbook(out: Path | None) -> bool:
    return out is not None and out.suffix.lower() == ".xlsx"


def _check_length(request: Request, rows: int) -> None:
    if request.report is not None and rows > MOST_LISTED:
        raise InputError(
            f"{rows:,} scenarios are too many for a page.",
            where="--report",
            allowed=f"up to {MOST_LISTED:,}",
            remedy="write --out results.parquet instead, or choose the rows to be shown",
        )
    if request.out is not None and request.out.suffix.lower() == ".xlsx" and rows > MOST_SHEETS:
        raise InputError(
            f"{rows:,} scenarios are too many for a workbook.",
            where=str(request.out),
            allowed=f"up to {MOST_SHEETS:,}",
            remedy="write .csv or .parquet",
        )


def _counted(piece: tuple[Part, ...], tally: Tally) -> pd.DataFrame:
    for part in piece:
        tally.add(part)
    return results(piece)


def _whole(request: Request, setting: Setting, progress: RowProgress) -> Said:
    tally, every = Tally(), []
    for piece in parts(setting, progress=progress):
        for part in piece:
            tally.add(part)
            every.append(part)
    of = contents(request.table.name, every, tally, setting, pinned(request, setting), ef31=request.ef31)
    lines = [f"{tally.rows} designs predicted."]
    if request.out is not None:
        if request.out.suffix.lower() == ".xlsx":
            with placed(request.out) as temporary:
                write_sheets(of.sheets(), temporary)
        else:
            with streamed_table(request.out) as append:
                append(of.scenarios)
        lines = [f"{tally.rows} designs predicted: {request.out}"]
    if request.report is not None:
        lines.append(_report(of, request.report, request.figures))
    output = of.scenarios.to_json(orient="records", indent=2) + "\n" if request.as_json else ""
    return Said(output, (*lines, *tally.lines(), *setting.notes))


def _report(of: Contents, folder: Path, figures: Kind | None) -> str:
    said = f"Report: {folder / 'report.html'}"
    with placed(folder) as temporary:
        temporary.mkdir()
        made = scenario_cards(of)
        text = json.dumps(of.pinned, indent=2, ensure_ascii=False, allow_nan=False)
        (temporary / "manifest.json").write_text(text + "\n", encoding="utf-8")
        of.scenarios.to_csv(temporary / "scenarios.csv", index=False)
        write_sheets(of.sheets(), temporary / "scenarios.xlsx")
        page = page_of(made, of.pinned, title=f"Scenarios of {of.name}", name=of.name)
        (temporary / "report.html").write_text(page, encoding="utf-8")
        if figures is not None:
            said += "\n" + write_images(figures_of(made), temporary / "figures", figures)
    return said


def pinned(request: Request, setting: Setting) -> dict[str, Any]:
    """Return what pins a prediction: the table and options, artefact, tables and versions."""
    options = {
        k: str(v) if isinstance(v, Path) else v for k, v in asdict(request).items() if v not in (None, False)
    }
    files = {"table": hashlib.sha256(request.table.read_bytes()).hexdigest()}
    files |= {file.kind: file.sha256 for file in setting.tables.files}
    return {
        "format": FORMAT,
        "product": DISTRIBUTION,
        "version": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": options,
        "sha256": files,
        "rows": setting.rows,
        "tolerances": setting.tolerances.record() or "off",
        "artefact": {"name": setting.surrogate.name, "sha256": setting.surrogate.sha256},
        "tables": table_hashes(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "git": git_state(builtin.root()),
    }
