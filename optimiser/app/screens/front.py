"""The screen Front: the report of a search with linked views, choosing from it, pinned designs, exports."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from optimiser._io.errors import InputError
from optimiser.app.jobs import Job, Jobs, command_of
from optimiser.app.messages import Message, message
from optimiser.app.pages import page
from optimiser.app.shared import REPORT
from optimiser.app.state import state_of
from optimiser.choosing.ask import Ask
from optimiser.choosing.choice import choose
from optimiser.choosing.values import Metrics
from optimiser.report.choose import Chosen
from optimiser.report.columns import column, told_of, with_intervals
from optimiser.report.formulas import without_formulas
from optimiser.report.frames import front_frame, reported_metrics
from optimiser.report.stored import DESIGNS, read_run
from optimiser.report.workbook import table_workbook
from optimiser.search.known import Known
from optimiser.tables.front_csv import with_choices

_ROWS = re.compile(r"(?:[0-9]{1,9}(?:,[0-9]{1,9})*)?")
_KEPT = 4  # runs that are held in memory
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def runs_of(jobs: Jobs) -> list[Job]:
    """Return the jobs that have a front, the newest first."""
    return [job for job in jobs.all() if (jobs.folder(job.id) / REPORT / DESIGNS).is_file()]


async def show(request: Request) -> HTMLResponse:
    """Show the screen: of the run that ``?job=`` names, or the list of runs."""
    state = state_of(request)
    found = await run_in_threadpool(runs_of, state.jobs)
    asked = request.query_params.get("job", "")
    return page("front", runs=found, job=next((job for job in found if job.id == asked), None))


@lru_cache(maxsize=_KEPT)
def _read(folder: Path, made: float) -> tuple[Known, pd.DataFrame]:
    """Return a run and its front as its tables have it."""
    known = read_run(folder)
    evaluation = known.problem.evaluate(known.seen.take(known.front).designs)
    with told_of(known.problem.system):
        return known, front_frame(known.problem, evaluation)


def _run(jobs: Jobs, id: str) -> tuple[Known, pd.DataFrame]:
    jobs.get(id)
    folder = jobs.folder(id) / REPORT
    if not (folder / DESIGNS).is_file():
        raise InputError(f"Job {id} has no front.", allowed="a run that has ended with feasible designs")
    return _read(folder, (folder / DESIGNS).stat().st_mtime)


async def data(request: Request) -> JSONResponse:
    """Return the designs of a front as a person reads them, and the metrics to choose by."""
    known, frame = await run_in_threadpool(_run, state_of(request).jobs, request.query_params.get("job", ""))
    return JSONResponse(await run_in_threadpool(_told, known, frame))


def _told(known: Known, frame: pd.DataFrame) -> dict[str, Any]:
    problem, shown = known.problem, _shown(known)
    with told_of(problem.system):
        columns = [(name, column(name)) for name in shown]
        return {
            "objectives": [objective.metric for objective in problem.objectives],
            "metrics": [
                _metric(one.metric, one.sign) for one in Metrics.named(problem, _choosable(known)).objectives
            ],
            "columns": [{"name": name, "label": how.label, "unit": how.unit} for name, how in columns],
            "rows": _texts(frame, _shown(known)),
            "values": {name: _scaled(frame[name], name) for name in _choosable(known)},
        }


def _choosable(known: Known) -> list[str]:
    problem = known.problem
    yields = [f"yield_{response}" for response in problem.present]
    return list(dict.fromkeys([*reported_metrics(problem), *yields]))


def _shown(known: Known) -> list[str]:
    """Return the columns that designs are compared in side by side."""
    problem = known.problem
    setpoints = ["acid", *(variable.name for variable in problem.variables)]
    return [*setpoints, *_choosable(known), "p_feasible", "support", "domain_distance"]


def _metric(name: str, sign: float) -> dict[str, Any]:
    how = column(name)
    return {"name": name, "label": how.label, "unit": how.unit, "minimised": sign > 0}


def _scaled(values: Any, name: str) -> list[float | None]:
    numbers = column(name).scale * np.asarray(values, dtype=np.float64)
    return [float(value) if np.isfinite(value) else None for value in numbers]


def _texts(frame: pd.DataFrame, names: Sequence[str]) -> list[dict[str, str]]:
    there = [name for name in names if name in frame]
    told = {name: with_intervals(frame, name) for name in there}
    return [{name: told[name][row] for name in there} for row in range(len(frame))]


class Wish(Message):
    """What a chosen design is to be: metrics to improve, to relax up to a value, to keep; from which row."""

    job: str
    improve: tuple[str, ...] = ()
    relax: dict[str, float | None] = Field({}, max_length=50)
    keep: tuple[str, ...] = ()
    start: int | None = Field(None, ge=0, lt=100_000)


async def choice(request: Request) -> JSONResponse:
    """Choose a design by what to improve, to relax and to keep; numbers are as the page shows them."""
    jobs, wish = state_of(request).jobs, await message(request, Wish)
    known, _ = await run_in_threadpool(_run, jobs, wish.job)
    found = await run_in_threadpool(_choose, known, wish)
    run = jobs.workspace.relative(jobs.folder(wish.job) / REPORT)
    return JSONResponse({**found, "command": command_of(["choose", run, *found["options"]])})


def _choose(known: Known, wish: Wish) -> dict[str, Any]:
    with told_of(known.problem.system):
        relax = {name: _unscaled(name, value) for name, value in wish.relax.items()}
        start = None if wish.start is None else wish.start + 1
        chosen = Chosen(choose(known, Ask(dict.fromkeys(wish.improve), relax, wish.keep, start)))
        options = [f"--improve={name}" for name in wish.improve]
        options += [f"--keep={name}" for name in wish.keep]
        options += [f"--relax={name}={value:.15g}" for name, value in relax.items()]
        options += [] if start is None else [f"--from={start}"]
        found = chosen.frame.drop(columns="which")
        if "acid" not in found:
            found.insert(0, "acid", [known.problem.acid_names[k] for k in chosen.evaluation.designs.acid])
        row = _texts(found, _shown(known))[-1]
        designs = known.seen.take(known.front).designs
        same = np.flatnonzero(designs.setpoints == chosen.evaluation.designs.setpoints[-1])
        on_front = int(same[0]) if len(same) else None
        return {"text": chosen.text.splitlines(), "row": row, "on_front": on_front, "options": options}


def _unscaled(name: str, value: float | None) -> float:
    """Return a number of the page in the units of ``front.csv``."""
    if value is None:
        raise InputError(f"How far may {column(name).label} go?", key=(name,), remedy="write a number")
    return value / column(name).scale


async def export(request: Request) -> Response:
    """Return chosen rows of a front as CSV or XLSX, in the columns of ``front.csv``."""
    query = request.query_params
    known, frame = await run_in_threadpool(_run, state_of(request).jobs, query.get("job", ""))
    kind = query.get("as", "csv")
    if kind not in _TYPES:
        raise InputError(f"{kind[:20]!r} is no kind of table.", allowed="csv or xlsx")
    asked_rows = query.get("rows", "")
    if not _ROWS.fullmatch(asked_rows):
        raise InputError(f"{asked_rows[:20]!r} are no rows.", allowed="numbers from 0, such as 0,3,7")
    rows = [int(row) for row in asked_rows.split(",") if row]
    if any(row >= len(frame) for row in rows):
        raise InputError(f"The front has {len(frame)} designs.", allowed=f"rows from 0 to {len(frame) - 1}")
    table = with_choices(frame.iloc[rows] if rows else frame, known.problem.system)
    content = await run_in_threadpool(_file, table, kind)
    name = f"front-{query.get('job', '')}.{kind}"
    return Response(
        content, media_type=_TYPES[kind], headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def _file(table: pd.DataFrame, kind: str) -> bytes:
    if kind == "csv":
        return without_formulas(table).to_csv(index=False).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "front.xlsx"
        table_workbook(table, path)
        return path.read_bytes()


ROUTES = [
    Route("/front", show),
    Route("/front/data", data),
    Route("/front/choose", choice, methods=["POST"]),
    Route("/front/export", export),
]
