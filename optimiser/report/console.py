"""What the terminal shows: progress while a run works, and the answer when it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from optimiser._io.steps import recorder
from optimiser.answers.answer import Answer
from optimiser.answers.scopes import Scopes
from optimiser.nearest import SOURCES
from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import APART
from optimiser.problem.tolerances import said
from optimiser.report import refusal, words
from optimiser.report.columns import Column, column, told_of
from optimiser.report.frames import front_frame, refused_frame
from optimiser.report.impact_words import lines as impact_lines
from optimiser.report.nearest import BREAKS, DISTANCE, Nearest, beside, condition_records, distance_records
from optimiser.report.numbers import number
from optimiser.report.scope_words import costs_sentence, scope_lines
from optimiser.search.run import RunResult
from optimiser.search.search import Progress as SearchProgress
from optimiser.systems.words import vocabulary
from optimiser.tables.front_csv import with_choices
from optimiser.variables import Designs, Floats, Variable

#: Rows of the front that a terminal shows.
ROWS = 10
_SHOWN = 100  # designs of a front that a record of progress holds
_BAR, _TOLD = 52, 18  # columns of the terminal that a progress bar takes, and each thing told beside it


def print_result(
    result: RunResult, out: Path | None, console: Console | None = None, scopes: Scopes | None = None
) -> None:
    """Print the answer in one sentence, a small table of the front, and where the report is.

    Args:
        result: the run.
        out: the folder of the report; None if none was written.
        console: where to; standard output if left out.
        scopes: both scopes of its cost, where it has a plant.
    """
    console = console or Console(highlight=False)
    with told_of(result.problem.system):
        _print_result(result, out, console, scopes)


def _print_result(result: RunResult, out: Path | None, console: Console, scopes: Scopes | None) -> None:
    problem = result.problem
    if result.front is not None:
        front = result.front
        for line in words.answer(problem, front.evaluation, front.answer):
            _say(console, line, "bold")
        if value := words.value_sentence(problem, front):
            _say(console, value)
        for line in impact_lines(problem, front.evaluation, front.answer):
            _say(console, line)
        if scopes is not None:
            for line in (costs_sentence(front.evaluation, front.answer), *scope_lines(scopes)):
                _say(console, line)
        console.print()
        _say(console, words.front_finding(problem, front))
        _say(console, said(problem.tolerances.record(), problem.variables))
        for line in words.warnings_of(problem, front.evaluation, front.answer):
            _say(console, f"Note: {line}")
        console.print()
        knee = front.knee if len(front.evaluation) > 1 else None
        frame = front_frame(problem, front.evaluation, knee)
        _print_designs(console, problem, frame.iloc[list(spread_rows(len(frame), front.knee))])
    elif result.infeasibility is not None:
        _say(
            console,
            f"No design of the {result.evaluations:,} tried is feasible for {problem.feed.name}.",
            "bold",
        )
        for line in refusal.infeasibility_lines(result.infeasibility, problem):
            _say(console, line)
        _say(console, said(problem.tolerances.record(), problem.variables))
        console.print()
        _say(console, "The least infeasible designs:")
        _print_designs(console, problem, refused_frame(problem, result.infeasibility), reached=True)
    for line in result.tables.notes if result.tables else ():
        _say(console, f"Note: {line}")
    if out is not None:
        console.print()
        page = out / "report.html"
        _say(console, f"Report: {page if page.is_file() else out}")


def print_answer_tables(answer: Answer, evidence: Nearest) -> None:
    """Print the numbers behind an answer: prices of yield and certainty, acids, components, experiments."""
    from optimiser.report.cards.ask import acids_frame, components_frame, in_parts, prices_frame

    console, system = Console(highlight=False), answer.problem.system
    with told_of(system):
        tables = [
            ("Prices of yield and certainty", with_choices(prices_frame(answer), system)),
            (f"Each {vocabulary(system).option} alone", with_choices(acids_frame(answer), system)),
        ]
        if in_parts(answer):
            tables.append(("Per kg of metal dissolved", components_frame(answer)))
    for title, frame in tables:
        console.print()
        _say(console, title, "bold")
        print_records([{str(k): v for k, v in row.items()} for row in frame.round(3).to_dict("records")])
    print_nearest(answer.problem, answer.evaluation.designs, evidence)


def _say(console: Console, text: str, style: str = "") -> None:
    """Print one statement: wrapped at words on a terminal, on one line of its own where it is piped."""
    console.print(Text(text, style=style), soft_wrap=not console.is_terminal)


def spread_rows(n: int, knee: int, most: int = ROWS) -> tuple[int, ...]:
    """Return at most ``most`` of n rows, spread evenly with both ends, the knee among them."""
    if n <= most:
        return tuple(range(n))
    rows = [int(row) for row in np.linspace(0, n - 1, most).round()]
    if knee not in rows:
        # the nearest row makes room, but never an end of the front
        rows[1 + int(np.argmin([abs(row - knee) for row in rows[1:-1]]))] = knee
    return tuple(sorted(rows))


def _print_designs(
    console: Console, problem: BoundProblem, frame: pd.DataFrame, *, reached: bool = False
) -> None:
    """Print designs, without their yields where these do not fit: the sentence and the report hold them."""
    table = design_rows(problem, frame, reached=reached)
    # what a console measures by itself never exceeds its width
    wide = console.options.update(max_width=10 * console.width)
    if console.measure(table, options=wide).maximum > console.width:
        table = design_rows(problem, frame, yields=False)
    console.print(table)
    if "knee" in frame and frame["knee"].any():
        _say(console, "* knee: the best balance between the objectives")


def design_rows(
    problem: BoundProblem, frame: pd.DataFrame, *, yields: bool = True, reached: bool = False
) -> Table:
    """Return a table of designs that fits 80 columns with up to two objectives, without yields with four.

    Args:
        problem: what was asked.
        frame: the designs, as `frames.front_frame` or `frames.refused_frame` gives them.
        yields: whether to show them.
        reached: whether they are those that the targets are held against, and so rounded down.
    """
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("no.", justify="right", no_wrap=True, vertical="bottom")
    if problem.system.choices:
        table.add_column(column("acid").label, no_wrap=problem.system.is_cathode, vertical="bottom")
    asked = [o.metric for o in problem.objectives if o.metric not in APART]
    heads = [_head(v, problem) for v in problem.variables]
    heads += [column(name).label.replace(" ", "\n") + "\n" + _unit(column(name)) for name in asked]
    if yields:
        sure = problem.each_confidence if reached else None
        head = "yields %\n" if sure is None else f"yields %\nreached with\nprobability\n{100.0 * sure:g} %\n"
        heads.append(head + "/".join(problem.present))
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for row in frame.to_dict("records"):
        knee = bool(row.get("knee"))
        cells = [
            f"{row['design']}{'*' if knee else ''}",
            *([row["acid"]] if problem.system.choices else []),
            *(number(row[v.name]) for v in problem.variables),
            *(column(name).text(row[name]) for name in asked),
        ]
        if yields:
            shares = (100.0 * row[f"yield_{m}"] for m in problem.present)
            cells.append("/".join(number(np.floor(y + 1e-9) if reached else y, 0) for y in shares))
        table.add_row(*cells, style="bold" if knee else "")
    return table


def _head(variable: Variable, problem: BoundProblem) -> str:
    """Return the heading of a setpoint: its unit; the name too where that does not tell which it is."""
    if problem.system.is_cathode:
        return ("H2O2\n" if variable.name == "h2o2" else "") + variable.shown_unit
    return "\n".join([*variable.label.split(), *([variable.shown_unit] if variable.shown_unit else [])])


def _unit(how: Column) -> str:
    """Shorten a unit to what a narrow column holds."""
    return how.unit.replace(" of metal fed", "").replace(" CO2-eq", "").replace(" metal", "")


def print_records(records: Sequence[Mapping[str, Any]], console: Console | None = None) -> None:
    """Print records that share their keys as a table; nothing is cut off where the output is piped."""
    console = console or Console(highlight=False)
    if not records:
        console.print("Nothing to list.")
        return
    names = list(records[0])
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name in names:
        numeric = all(isinstance(r[name], int | float) or r[name] is None for r in records)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for record in records:
        table.add_row(*(Text(_plain(record[name])) for name in names))
    if not console.is_terminal:
        console = Console(file=console.file, width=Console(width=100_000).measure(table).maximum)
    console.print(table)


def print_nearest(
    problem: BoundProblem, designs: Designs, found: Nearest, console: Console | None = None
) -> None:
    """Print the experiments nearest to one design, what their distances are made of, and the gaps."""
    console = console or Console(highlight=False)
    evaluation = problem.evaluate(designs)
    _say(console, f"{problem.feed.name} with {words.setpoints(problem, evaluation, 0)}.", "bold")
    _say(console, found.said)
    frame = found.frame
    if len(frame):
        console.print()
        _say(console, "Predicted yields of the design, and measured yields of the nearest experiments:")
        print_records(condition_records(beside(problem, evaluation, 0, frame), problem.system), console)
        if frame["breaks_stoichiometry"].fillna(False).any():
            _say(console, f"* {BREAKS}.")
        console.print()
        _say(console, DISTANCE)
        print_records(distance_records(frame), console)
    console.print()
    for line in found.gaps[0] or ("Experiments near the feed cover its setpoints together.",):
        _say(console, line)
    if problem.system.is_cathode and frame["study"].notna().any():
        _say(console, SOURCES)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, float) else str(value)


def _some(front: Floats) -> Floats:
    """Return at most so many points of a front as a small drawing shows, its ends among them."""
    order = np.argsort(front[:, 0], kind="stable")
    rows = np.unique(np.linspace(0, len(front) - 1, min(len(front), _SHOWN)).astype(np.intp))
    return np.asarray(front[order[rows]])


@contextmanager
def progress_display(console: Console | None = None) -> Iterator[Callable[[str, SearchProgress], None]]:
    """Show a live bar on standard error while searches run; silent where that is not a terminal.

    Where a program reads the steps (`optimiser._io.steps`), these are recorded instead.

    Yields:
        What to call with the name of a search and how far it is.
    """
    console = console or Console(file=sys.stderr)
    if (record := recorder()) is not None:
        yield lambda what, state: record(
            what,
            state.generation,
            state.generations,
            hypervolume=float(state.hypervolume),
            feasible=float(state.feasible_share),
            front=_some(state.front).tolist(),
        )
        return
    if not console.is_terminal:
        yield lambda what, state: None
        return
    told = ["feasible {task.fields[feasible]:>4.0%}", "hypervolume {task.fields[hypervolume]:.3f}"]
    columns = (
        TextColumn("{task.description:<14}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        *(TextColumn(text) for text in told[: max(0, (console.width - _BAR) // _TOLD)]),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(what: str, state: SearchProgress) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=state.generations, feasible=0.0, hypervolume=0.0)
            bar.update(
                tasks[what],
                completed=state.generation,
                feasible=state.feasible_share,
                hypervolume=state.hypervolume,
                visible=state.generation < state.generations,  # what is over makes room
            )

        yield show


@contextmanager
def step_progress(console: Console | None = None) -> Iterator[Callable[[int, int, str], None]]:
    """Show a live bar on standard error for work in known steps; silent where that is not a terminal.

    Where a program reads the steps (`optimiser._io.steps`), these are recorded instead.

    Yields:
        What to call with the steps done, the steps in all, and what comes next.
    """
    console = console or Console(file=sys.stderr)
    if (record := recorder()) is not None:
        yield lambda done, steps, what: record("steps", done, steps, next=what)
        return
    if not console.is_terminal:
        yield lambda done, steps, what: None
        return
    columns = (TextColumn("{task.description:<26}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, steps, what: bar.update(task, completed=done, total=steps, description=what)
