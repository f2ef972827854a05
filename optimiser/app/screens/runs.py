"""The screen of runs: history, start, rerun with one change, comparison, sweeps and their store."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse
from starlette.routing import Route

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.yamlfile import parse_yaml
from optimiser.app.history import history, row_of
from optimiser.app.jobs import HERE, Job, Jobs, command_of
from optimiser.app.kept import store_page, stored_difference, stored_run, sweep_report
from optimiser.app.messages import Message, message
from optimiser.app.own import options_of
from optimiser.app.pages import cards_of, page
from optimiser.app.shared import REPORT
from optimiser.app.state import State, state_of
from optimiser.app.texts import Kind, Texts, asked_by, checked, kind_of, replaced, values_of
from optimiser.app.workspace import check_name
from optimiser.report.listing import listing
from optimiser.report.stored import DESIGNS

#: Commands whose first argument is a question, which can be changed and asked again.
QUESTIONS = ("run", "ask", "compare-acids", "breakeven", "sensitivity", "sweep")
#: What ships and can be started, by what `optimiser list` calls it.
_SHIPPED: dict[str, Any] = {"configs": "run", "problems": "run", "sweeps": "sweep"}
#: Where sweeps keep their runs, as commands name it.
_STORE = "store"


class Source(Message):
    """Where a question comes from: a job, a dropped file, or what ships (``shipped`` of a ``kind``)."""

    job: str = ""
    upload: str = ""
    kind: str = ""
    shipped: str = ""


class Started(Source):
    """A question as its files are now, its name, and own tables by kind."""

    files: dict[str, str] = Field({}, max_length=2)
    name: str | None = None
    tables: dict[str, str] = Field({}, max_length=3)


class Change(Message):
    """A value of a question's files, by file and key, as it is to be."""

    kind: Kind
    files: dict[str, str] = Field(max_length=2)
    file: str
    key: tuple[str | int, ...]
    value: str


class Pair(Message):
    """Two jobs."""

    one: str
    other: str


@cache
def _shipped() -> dict[str, list[dict[str, Any]]]:
    return {kind: listing(kind) for kind in _SHIPPED}


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page("runs", shipped=await run_in_threadpool(_shipped))


async def rows(request: Request) -> JSONResponse:
    """Return a page of the history."""
    asked, jobs = request.query_params, state_of(request).jobs
    words, screen, status = asked.get("words", ""), asked.get("screen", ""), asked.get("state", "")
    return JSONResponse(
        await run_in_threadpool(history, jobs, words, screen, status, _number(asked.get("page")))
    )


async def row(request: Request) -> JSONResponse:
    """Return a job as the history has it, and whether it can be asked again with a change."""
    jobs = state_of(request).jobs
    job = jobs.get(request.path_params["id"])
    told = await run_in_threadpool(row_of, jobs, job)
    return JSONResponse({**told, "again": _question(jobs, job) is not None})


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 1


def _question(jobs: Jobs, job: Job) -> str | Path | None:
    """Return the name or path of the question that a job asks; None where it asks none."""
    if job.arguments[0] not in QUESTIONS or len(job.arguments) < 2:
        return None
    named = job.arguments[1]
    path = jobs.workspace.folder / named
    if path.is_file() and path.resolve().is_relative_to(jobs.workspace.folder.resolve()):
        return path
    known = {*builtin.names("configs"), *builtin.names("problems"), *builtin.names("sweeps")}
    return named if named in known else None


def _asked(state: State, source: Source) -> tuple[Texts, Job | None, str]:
    """Return the question that a page means: that of a job, of a dropped file, or one that ships, by name."""
    if source.job:
        job = state.jobs.get(source.job)
        question = _question(state.jobs, job)
        if question is None:
            raise InputError(
                f"Job {job.id} asks no question that can be changed here.",
                allowed="jobs of " + ", ".join(QUESTIONS),
                remedy="open it on its own screen",
            )
        return asked_by(question, "sweep" if job.arguments[0] == "sweep" else "run"), job, ""
    if source.upload:
        path = state.workspace.uploaded(source.upload)
        return asked_by(path, kind_of(path)), None, ""
    name = source.shipped
    if source.kind not in _SHIPPED or name not in builtin.names(source.kind):  # type: ignore[arg-type]
        raise InputError(f"Nothing that ships is called {name[:100]!r}.", remedy="choose one of the list")
    return asked_by(name, _SHIPPED[source.kind]), None, name


async def question(request: Request) -> JSONResponse:
    """Return the files of a question, and the values that can be changed alone."""
    query = request.query_params
    source = Source(**{name: query.get(name, "") for name in Source.model_fields})
    asked, job, _ = await run_in_threadpool(_asked, state_of(request), source)
    command = command_of(job.arguments if job else [asked.kind, next(iter(asked.files))])
    return JSONResponse({**_told(asked), "command": command})


def _told(asked: Texts) -> dict[str, Any]:
    return {"kind": asked.kind, "files": dict(asked.files), "values": values_of(asked)}


async def change(request: Request) -> JSONResponse:
    """Return the files of a question with one value changed, after checking them as a run would."""
    told = await message(request, Change)
    if told.file not in told.files:
        raise InputError("The question has no such value.", remedy="choose one of the list")

    def changed() -> Texts:
        text = replaced(parse_yaml(told.files[told.file], Path(told.file)), told.key, told.value)
        made = Texts(told.kind, {**told.files, told.file: text})
        checked(made)
        return made

    return JSONResponse(_told(await run_in_threadpool(changed)))


async def start(request: Request) -> JSONResponse:
    """Start a run or a sweep, or ask the question of a job again with the files as they are now."""
    state, told = state_of(request), await message(request, Started)
    return JSONResponse(await run_in_threadpool(lambda: state.jobs.record(_start(state, told))), 201)


def _start(state: State, told: Started) -> Job:
    asked, of, shipped = _asked(state, told)
    if told.files and set(told.files) != set(asked.files):
        raise InputError("The question has other files by now.", remedy="open it again")
    now = Texts(asked.kind, {**asked.files, **told.files})
    name = check_name(Path(now.first).stem if told.name is None else told.name, "a run", "name")
    checked(now)
    tables = options_of(state.workspace, told.tables) if asked.kind == "run" else []
    same = now == asked and shipped == name
    written: dict[str, bytes | str] = {} if same else {f"{name}.yaml": now.files[now.first]}
    written |= {} if same else {other: now.files[other] for other in list(now.files)[1:]}
    if not same and f"{name}.yaml" in list(now.files)[1:]:
        raise InputError(f"{name} is the name of its problem.", key=("name",), remedy="choose another one")
    subject = shipped if same else f"{HERE}/{name}.yaml"
    about = {"of": of.id} if of is not None else {}
    if of is not None and asked.kind == "run":
        rest, taken = _moved(state, of)
        arguments = [of.arguments[0], subject, *rest]
        return state.jobs.add("runs", of.title, arguments, {**taken, **written}, about)
    if asked.kind == "sweep":
        arguments = ["sweep", subject, f"--out={_STORE}", "--resume"]
        return state.jobs.add("runs", name, arguments, written, {**about, "sweep": name})
    arguments = ["run", subject, f"--out={HERE}/{REPORT}", *tables]
    return state.jobs.add("runs", name, arguments, written, about)


def _moved(state: State, of: Job) -> tuple[list[str], dict[str, bytes]]:
    """Return the options of a job for one like it, and the files of its folder that they name."""
    place = f"{state.workspace.relative(state.jobs.folder(of.id))}/"
    rest, taken = [], {}
    for part in of.arguments[2:]:
        path = state.workspace.folder / part.rpartition("=")[2]
        if place in part and path.is_file():
            taken[path.name] = path.read_bytes()
        if part != "--resume":
            rest.append(part.replace(place, f"{HERE}/"))
    return rest, taken


async def compare(request: Request) -> JSONResponse:
    """Compare two searches."""
    state, told = state_of(request), await message(request, Pair)
    return JSONResponse(await run_in_threadpool(lambda: state.jobs.record(_compare(state, told))), 201)


def _compare(state: State, told: Pair) -> Job:
    sides = [state.jobs.get(told.one), state.jobs.get(told.other)]
    for job, key in zip(sides, ("one", "other"), strict=True):
        if not (state.jobs.folder(job.id) / REPORT / DESIGNS).is_file():
            raise InputError(
                f"Job {job.id} has no designs that could be compared.",
                key=(key,),
                allowed="two jobs that searched, and have ended",
                remedy="choose another one",
            )
    places = [f"{state.workspace.relative(state.jobs.folder(job.id))}/{REPORT}" for job in sides]
    title = " beside ".join(f"{job.title} ({job.id})" for job in sides)
    return state.jobs.add("runs", title, ["compare", *places, f"--out={HERE}/{REPORT}"])


async def store(request: Request) -> JSONResponse:
    """Return a page of the store of runs."""
    asked, workspace = request.query_params, state_of(request).workspace
    sweep, status, number = asked.get("sweep", ""), asked.get("status", ""), _number(asked.get("page"))
    return JSONResponse(await run_in_threadpool(store_page, workspace, sweep, status, number))


async def store_run(request: Request) -> JSONResponse:
    """Return a run of the store."""
    key = request.path_params["key"]
    return JSONResponse(await run_in_threadpool(stored_run, state_of(request).workspace, key))


async def store_compare(request: Request) -> JSONResponse:
    """Return what two runs of the store differ in."""
    one, other = request.query_params.get("one", ""), request.query_params.get("other", "")
    found = await run_in_threadpool(stored_difference, state_of(request).workspace, one, other)
    return JSONResponse({"differences": found})


async def store_report(request: Request) -> HTMLResponse:
    """Return the cards of a sweep's report."""
    name, workspace = request.path_params["name"], state_of(request).workspace
    return HTMLResponse(await run_in_threadpool(lambda: cards_of(sweep_report(workspace, name))))


async def store_file(request: Request) -> FileResponse:
    """Return a file of a sweep's report to keep."""
    name, file, workspace = (
        request.path_params["name"],
        request.path_params["file"],
        state_of(request).workspace,
    )
    folder = (await run_in_threadpool(sweep_report, workspace, name)).parent
    known = {path.name: path for path in folder.iterdir() if path.is_file()}
    if file not in known:
        raise InputError(f"This report has no file {file[:100]!r}.", allowed=", ".join(sorted(known)))
    return FileResponse(known[file], filename=f"{name}-{file}", media_type="application/octet-stream")


ROUTES = [
    Route("/runs", show),
    Route("/runs/list", rows),
    Route("/runs/list/{id}", row),
    Route("/runs/question", question),
    Route("/runs/change", change, methods=["POST"]),
    Route("/runs/start", start, methods=["POST"]),
    Route("/runs/compare", compare, methods=["POST"]),
    Route("/runs/store", store),
    Route("/runs/store/compare", store_compare),
    Route("/runs/store/runs/{key}", store_run),
    Route("/runs/store/sweeps/{name}/report", store_report),
    Route("/runs/store/sweeps/{name}/files/{file}", store_file),
]
