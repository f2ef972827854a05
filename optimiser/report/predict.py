"""What `predict` writes: a table, streamed where it may be long, a workbook, a report, or text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.errors import InputError
from optimiser._io.output import check_apart, check_file_target, check_folder, placed
from optimiser.problem.load import load_problem
from optimiser.report.card import Maker, make_cards
from optimiser.report.cards.scenarios import scenario_makers
from optimiser.report.cards.system_scenarios import system_scenario_makers
from optimiser.report.columns import told_of
from optimiser.report.deliver import deliver as deliver_report
from optimiser.report.images import Kind
from optimiser.report.manifest import given, made_with
from optimiser.report.scenarios import Contents, contents
from optimiser.report.stream import STREAMED, streamed_table
from optimiser.report.workbook import write_sheets
from optimiser.tables.footprint import check_footprint
from optimiser.tables.own import own_tables, read_own_tables
from optimiser.tables.predict import RowProgress, Setting, Tally, model_of, parts, prepare, results
from optimiser.tables.read import Table, split_source
from optimiser.toolkit.profile import find_profile

#: Rows that a page and a workbook of many sheets hold.
MOST_LISTED, MOST_SHEETS = 2_000, 50_000


@dataclass(frozen=True)
class Request:
    """The options of `predict`, as on the command line."""

    table: Path
    sheet: str | None = None
    problem: str | None = None
    surrogate: str | None = None
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
    setting = setting_of(request)(request.table)
    with told_of(setting.system):
        return _deliver(request, setting, progress)


def _deliver(request: Request, setting: Setting, progress: RowProgress) -> Said:
    _check_length(request, setting.rows)
    tally, out = Tally(), request.out
    pieces = (tally.counted(piece) for piece in parts(setting, progress=progress))
    if request.report is not None or _is_workbook(out):
        every = [part for piece in pieces for part in piece]
        of = contents(request.table.name, every, tally, setting, pinned(request, setting), ef31=request.ef31)
        lines, output = _write(of, request), _json(of.scenarios) if request.as_json else ""
    elif out is not None:
        with streamed_table(out) as append:
            for piece in pieces:
                append(results(piece))
        lines, output = [f"{tally.rows} designs predicted: {out}"], ""
    else:
        frame = pd.concat([results(piece) for piece in pieces], ignore_index=True)
        lines, output = [], _json(frame) if request.as_json else frame.to_csv(index=False)
    return Said(output, (*lines, *tally.lines(), *setting.notes))


def setting_of(request: Request) -> Callable[[Path | Table], Setting]:
    """Read what a request names beside its table, and return what checks a table with it.

    Args:
        request: the options; its table is not looked at.

    Raises:
        InputError: the problem, the yield model, or an own table is wrong, or options contradict each other.
    """
    if request.profile is not None and (request.basis is not None or request.prices is not None):
        raise InputError(
            "The Toolkit's sums are for 1000 kg of cathode at the prices in its own table.",
            where="--profile",
            remedy="leave --basis and --prices out",
        )
    question = load_problem(request.problem) if request.problem else None
    files = (request.acids, request.prices, request.impacts)
    tables = own_tables(question, *files) if question else read_own_tables(*files)
    profile = find_profile(request.profile, request.acids, tables.given, tables.acids)
    model = model_of(question, request.surrogate)

    def checked(table: Path | Table) -> Setting:
        setting = prepare(
            table,
            question=question,
            feed=request.feed or None,
            feed_from="--feed",
            sheet=request.sheet,
            basis=request.basis,
            tables=tables,
            profile=profile,
            bare=request.tolerances == "off",
            surrogate=model,
        )
        if request.ef31:
            check_footprint(tables.impacts if setting.profile is None else setting.profile.impacts)
        return setting

    return checked


def _json(frame: pd.DataFrame) -> str:
    return frame.to_json(orient="records", indent=2) + "\n"


def _write(of: Contents, request: Request) -> list[str]:
    """Write a workbook or table, and a report, of all scenarios at once; return what to say."""
    lines, out = [f"{of.tally.rows} designs predicted."], request.out
    if out is not None:
        if _is_workbook(out):
            with placed(out) as temporary:
                write_sheets(of.sheets(), temporary)
        else:
            with streamed_table(out) as append:
                append(of.scenarios)
        lines = [f"{of.tally.rows} designs predicted: {out}"]
    if request.report is not None:
        delivery = deliver_report(
            request.report,
            manifest=of.pinned,
            cards=make_cards(_makers(of)),
            tables={"scenarios.csv": of.scenarios, "scenarios.xlsx": of.sheets()},
            title=f"Scenarios of {of.name}",
            name=of.name,
            figures=request.figures,
            force=request.force,
            option="--report",
        )
        lines += [f"Report: {delivery.page}", *delivery.notes]
    return lines


def _makers(of: Contents) -> tuple[Maker, ...]:
    return scenario_makers(of) if of.setting.system.is_cathode else system_scenario_makers(of)


def _check(request: Request) -> None:
    if request.out is not None:
        check_file_target(request.out, request.force, (*STREAMED, ".xlsx"))
        for source in (request.table, request.acids, request.prices, request.impacts):
            if source is not None:
                check_apart(request.out, source, "--out and what is read")
    if request.report is not None:
        check_folder(request.report, request.force, "--report")
    if request.out is not None and request.report is not None:
        check_apart(request.out, request.report, "--out and --report")
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


def pinned(request: Request, setting: Setting) -> dict[str, Any]:
    """Return what pins a prediction: the table and options, artefact, tables and versions."""
    files = {"table": hashlib.sha256(split_source(request.table)[0].read_bytes()).hexdigest()}
    files |= {file.kind: file.sha256 for file in setting.tables.files}
    return {
        **made_with(setting.surrogate),
        "options": given(asdict(request)),
        "sha256": files,
        "rows": setting.rows,
        "tolerances": setting.tolerances.record() or "off",
    }
