"""What `learn` and `forget` do and say: the site model, what was learned in words and as JSON, and a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.errors import InputError
from optimiser._io.output import check_apart, check_file_target, check_folder
from optimiser.chemistry.feeds import find_feed
from optimiser.learning import store
from optimiser.learning.lessons import Lessons, lessons_of
from optimiser.problem.binding import known_acids
from optimiser.problem.load import load_config
from optimiser.problem.named import surrogate_of
from optimiser.problem.schema import Problem
from optimiser.report.cards.learn import learn_cards
from optimiser.report.columns import told_of
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.lab_sheet import write_template
from optimiser.report.learn_words import lesson_lines, row_records, rows_frame, use_lines
from optimiser.report.manifest import given, made_with, plain_json
from optimiser.report.numbers import counted
from optimiser.report.write import TABLES
from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.surrogate.packing import SHIPPED
from optimiser.systems.system import System
from optimiser.tables.own import read_own_tables
from optimiser.tables.own_results import OwnResults, read_results, template_frame
from optimiser.tables.own_results_system import named_feed, refuse_acids
from optimiser.tables.read import Table

#: What stands for an option that was given without its value.
BARE = "-"
_EXAMPLE = "optimiser learn RESULTS.csv --name my-plant --feed NMC622"


@dataclass(frozen=True)
class Request:
    """The options of `learn`, as on the command line; ``add`` and ``template`` are `BARE` without a value."""

    results: Path | None = None
    name: str | None = None
    feed: str | None = None
    base: str | None = None
    acids: Path | None = None
    problem: str | None = None
    sheet: str | None = None
    add: str | None = None
    undo: bool = False
    template: str | None = None
    show: bool = False
    report: Path | None = None
    force: bool = False
    as_json: bool = False

    @property
    def action(self) -> str:
        """What is asked: ``create``, ``add``, ``undo``, ``show`` or ``template``."""
        asked = {"add": self.add, "undo": self.undo, "template": self.template, "show": self.show}
        return next((name for name, value in asked.items() if value), "create")

    @property
    def table(self) -> Path | None:
        """The table of results, wherever it was given."""
        return Path(self.add) if self.add not in (None, BARE) else self.results


@dataclass(frozen=True)
class Told:
    """A site model with its results, and what these taught.

    Attributes:
        surrogate: the site model.
        frame: its results as they are stored.
        lessons: what they taught.
        name: by which it is named.
    """

    surrogate: Surrogate
    frame: pd.DataFrame
    lessons: Lessons
    name: str

    @classmethod
    def of(cls, surrogate: Surrogate, name: str) -> Told:
        """Return what a site model on disk learned.

        Raises:
            InputError: its table was edited or is missing.
        """
        frame = store.stored_results(surrogate)
        return cls(surrogate, frame, lessons_of(surrogate, frame), name)

    def as_json(self) -> dict[str, Any]:
        """Return what was learned as plain JSON: yields and weights are fractions."""
        of = self.lessons
        found: dict[str, Any] = plain_json(
            {
                "name": of.name,
                "folder": self.surrogate.path,
                "sha256": self.surrogate.sha256,
                "base": of.base,
                "results": of.rows,
                "experiments": of.experiments,
                "sentence": of.sentence,
                "acids": [asdict(acid) for acid in of.acids],
                "shifts": [asdict(shift) for shift in of.shifts],
                "skill": None if of.skill is None else asdict(of.skill),
                "odd": [asdict(odd) for odd in of.odd],
                "values": of.values.to_dict("records"),
                "rows": [{"row": i, **row} for i, row in enumerate(self.frame.to_dict("records"), start=1)],
            }
        )
        return found

    def write(
        self, out: Path, options: dict[str, Any], force: bool = False, option: str = "--out"
    ) -> Delivery:
        """Write page, tables and manifest into a folder, whole or not at all.

        Raises:
            InputError: ``out`` cannot be written or replaced.
        """
        of = self.lessons
        with told_of(self.surrogate.system):
            return self._written(out, of, options, force, option)

    def _written(self, out: Path, of: Lessons, options: dict[str, Any], force: bool, option: str) -> Delivery:
        pinned = {
            **made_with(self.surrogate),
            "options": given(options),
            **{key: value for key, value in self.as_json().items() if key in ("sentence", "skill", "odd")},
        }
        return deliver(
            out,
            manifest=pinned,
            cards=learn_cards(self.surrogate, of, self.frame, pinned),
            tables={"results.csv": self.frame, "values.csv": of.values},
            title=f"What your results taught {of.name}",
            name=f"{of.name}, a site model on {of.base}",
            force=force,
            option=option,
        )


@dataclass(frozen=True)
class Said:
    """What goes to the screen.

    Attributes:
        lines: sentences.
        records: a table below them, or none.
        json: instead of both where it is asked for.
        text: to be printed as it is, or empty.
    """

    lines: tuple[str, ...] = ()
    records: tuple[dict[str, object], ...] = ()
    json: dict[str, Any] | None = None
    text: str = ""


def learn(request: Request) -> Said:
    """Do what `learn` is asked for.

    Raises:
        InputError: anything wrong with options, table, model or targets; nothing is written then.
    """
    _check(request)
    if request.action == "template":
        return _template(request)
    name = request.name or ""
    if request.action == "undo":
        told = Told.of(store.undo(name), name)
        changed = f"Taken back: {told.surrogate.name} has {counted(len(told.frame), 'result')} again."
    elif request.action == "show":
        told, changed = Told.of(store.opened(name), name), ""
    else:
        question = load_config(request.problem).problem if request.problem else None
        adding = request.action == "add"
        base = store.opened(name) if adding else base_of(request, question)
        results = read_request(request, base.system, question)
        surrogate = (
            store.add(results, name) if adding else store.create(results, base, name, replace=request.force)
        )
        told = Told.of(surrogate, name)
        changed = f"{counted(len(results), 'result')} learned" + (
            f"; {counted(results.empty, 'row')} without a yield left out." if results.empty else "."
        )
    return _said(told, changed, request)


def forget(name: str, rows: Sequence[int], as_json: bool = False) -> Said:
    """Forget some results of a site model.

    Raises:
        InputError: there is no such model or row, or no row would be left.
    """
    told = Told.of(store.forget(name, rows), name)
    changed = (
        f"{counted(len(set(rows)), 'result')} forgotten, {counted(len(told.frame), 'result')} left, numbered "
        f"anew. To take it back: optimiser learn --undo --name {name}"
    )
    return _said(told, changed, Request(name=name, as_json=as_json))


def base_of(request: Request, question: Problem | None) -> Surrogate:
    """Return the model to learn on: the one named, that of a problem on one's own system, or the default.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    if request.base is None and question is not None and type(question).responses is not None:
        return surrogate_of(question)
    return load_surrogate(request.base or SHIPPED, where="--base")


def read_request(request: Request, system: System, question: Problem | None) -> OwnResults:
    """Read the table of a request, with the feed and the acids that belong to it; see `reader_of`."""
    assert request.table is not None
    return reader_of(request, system, question)(request.table)


def reader_of(
    request: Request, system: System, question: Problem | None
) -> Callable[[Path | Table], OwnResults]:
    """Return what reads a table of results, with the feed and the acids that a request names.

    Args:
        request: the options; its table is not looked at.
        system: what was leached.
        question: whose feed and own acids apply, or None.

    Raises:
        InputError: anything wrong in the problem or in the table of acids; what is returned raises it for
            the table.
    """
    if question is not None and (type(question).responses is None) != system.is_cathode:
        raise InputError(
            f"The problem {question.name} is not on {system.name}.",
            where="--problem",
            allowed=f"a problem on {system.name}",
            remedy="name the model of its system: --base NAME",
        )
    if not system.is_cathode:
        refuse_acids(request.acids, system, "--acids")
        named = named_feed(request.feed, system, "--feed")
        own_feed = question.feed if named is None and question is not None else named
        return lambda table: read_results(table, feed=own_feed, sheet=request.sheet, system=system)
    known = known_acids(question) if question else None
    feed = find_feed(request.feed, where="--feed") if request.feed else question.feed if question else None
    acids = read_own_tables(request.acids, known=known).acids
    return lambda table: read_results(table, feed=feed, acids=acids, sheet=request.sheet)


def rows_of(text: str) -> tuple[int, ...]:
    """Read numbers and ranges of rows.

    >>> rows_of("7, 9,3-5")
    (7, 9, 3, 4, 5)

    Raises:
        InputError: it is none.
    """
    found = list[int]()
    for part in text.split(","):
        ends = [end.strip() for end in part.split("-")]
        if not (
            1 <= len(ends) <= 2 and all(end.isascii() and end.isdigit() and len(end) < 9 for end in ends)
        ):
            raise InputError(
                f"{part.strip()!r} names no rows.",
                where=f"--rows {text}",
                allowed="numbers and ranges from 1, such as 7,9 or 3-5",
                remedy="optimiser learn --show --name NAME tells the numbers",
            )
        low, high = int(ends[0]), int(ends[-1])
        if low > high or high - low > 10_000:
            raise InputError(
                f"{part.strip()!r} is no range of rows.",
                where=f"--rows {text}",
                allowed="the lower number first, such as 3-5",
            )
        found += range(low, high + 1)
    return tuple(found)


def _said(told: Told, changed: str, request: Request) -> Said:
    lines = [changed] if changed else []
    system = told.surrogate.system
    lines += lesson_lines(told.lessons, told.name, system)
    shown = rows_frame(told.lessons, told.frame, system)
    records = row_records(shown, system) if request.action == "show" else []
    below = use_lines(told.surrogate, told.name)
    report = {}
    if request.report is not None:
        options = {**asdict(request), "add": request.table if request.action == "add" else None}
        made = told.write(request.report, options, request.force, "--report")
        below += [f"Report: {made.page}", *made.notes]
        report = {"report": str(made.folder)}
    if request.as_json:
        return Said(json={**told.as_json(), **report})
    return Said(tuple(line for line in (*lines, *below) if line), tuple(records))


def _template(request: Request) -> Said:
    """Write a table to fill in, or give it as text."""
    system = load_surrogate(request.base, where="--base").system if request.base else None
    if request.template == BARE:
        return Said(text=template_frame(system).to_csv(index=False))
    path = write_template(Path(str(request.template)), request.force, system)
    base = f"optimiser learn RESULTS.csv --name my-plant --base {request.base}"
    then = base if request.base else _EXAMPLE
    return Said((f"Template: {path}. Replace its rows by your own, then: {then}",))


#: Options that an action has no use for.
_IDLE: dict[str, tuple[str, ...]] = {
    "create": (),
    "add": ("base",),
    "undo": ("results", "feed", "base", "acids", "problem", "sheet", "report"),
    "show": ("results", "feed", "base", "acids", "problem", "sheet"),
    "template": ("results", "name", "feed", "acids", "problem", "sheet", "report", "as_json"),
}
_WRITTEN = {"results": "RESULTS", "as_json": "--json"}


def _check(request: Request) -> None:
    """Refuse options that contradict each other or are missing, before any work."""
    asked = [name for name in ("add", "undo", "template", "show") if getattr(request, name)]
    if len(asked) > 1:
        raise InputError(
            f"--{asked[0]} and --{asked[1]} cannot go together.",
            where="optimiser learn",
            allowed="one of --add, --undo, --show, --template",
            remedy="give one command after the other",
        )
    action = request.action
    idle = [_WRITTEN.get(name, f"--{name}") for name in _IDLE[action] if getattr(request, name)]
    if request.force and not _may_replace(request):
        idle.append("--force")
    if idle:
        why = {"add": "the base stays the one that the model learned on"}.get(action)
        raise InputError(
            f"{idle[0]} has no meaning with --{action}.",
            where=f"optimiser learn --{action}",
            remedy=f"leave {idle[0]} out" + (f": {why}" if why and idle[0] == "--base" else ""),
        )
    if action == "add" and request.add != BARE and request.results is not None:
        raise InputError(
            f"Two tables are given: {request.results} and {request.add}.",
            where="optimiser learn --add",
            allowed="one table at a time",
            remedy="give one command after the other",
        )
    if action in ("create", "add") and request.table is None:
        raise InputError(
            "There is no table of results.",
            where="optimiser learn",
            allowed="CSV, XLSX or Parquet; optimiser learn --template writes one to fill in",
            remedy=_EXAMPLE,
        )
    if action != "template" and not request.name:
        raise InputError(
            "The site model has no name.", where="--name", allowed="a name or a folder", remedy=_EXAMPLE
        )
    if action == "template" and request.template != BARE:
        check_file_target(Path(str(request.template)), request.force, TABLES, "--template")
    if request.report is not None:
        check_folder(request.report, request.force, "--report")
        check_apart(request.report, store.site_folder(request.name or ""), "--report and --name")


def _may_replace(request: Request) -> bool:
    """Say whether there is anything that --force may replace."""
    if request.action == "template":
        return request.template != BARE
    return request.action == "create" or request.report is not None
