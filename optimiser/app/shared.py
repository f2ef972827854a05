"""Routes that all screens use: jobs, their files and reports, uploads, events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from optimiser._io.errors import InputError
from optimiser.app.jobs import Job, Jobs, printed
from optimiser.app.pages import cards_of
from optimiser.app.state import state_of
from optimiser.app.workspace import files_in, keep

#: The folder of a job that its report is written into, and the page in it.
REPORT, PAGE = "report", "report.html"
#: Files of a job that are its own business.
_OURS = ("job.json", "ended.json", "steps.jsonl", "stdout.txt", "stderr.txt")
_ALL = 200  # jobs that a list holds


async def health(request: Request) -> JSONResponse:
    """Say that the server is there."""
    return JSONResponse({"status": "ok"})


async def jobs(request: Request) -> JSONResponse:
    """Return the newest jobs, of one screen where ``?screen=`` names it."""
    state, screen = state_of(request), request.query_params.get("screen")
    found = [job for job in state.jobs.all() if screen in (None, job.screen)][:_ALL]
    return JSONResponse({"jobs": await run_in_threadpool(lambda: [state.jobs.record(job) for job in found])})


async def job(request: Request) -> JSONResponse:
    """Return a job, what it has printed and which files it has made; cancel it; or remove it.

    A job that has ended is removed, with ``?cancel`` never: it may have ended just before somebody cancelled
    it. With ``?unwanted`` a job that is cancelled is removed as soon as it has ended.
    """
    state, id = state_of(request), request.path_params["id"]
    if request.method == "DELETE":
        if state.jobs.get(id).over and "cancel" not in request.query_params:
            await run_in_threadpool(state.jobs.remove, id)
            return JSONResponse({"removed": id})
        unwanted = "unwanted" in request.query_params
        return JSONResponse(
            await run_in_threadpool(lambda: state.jobs.record(state.jobs.cancel(id, unwanted)))
        )
    return JSONResponse(await run_in_threadpool(_told, state.jobs, state.jobs.get(id)))


def _told(jobs: Jobs, job: Job) -> dict[str, Any]:
    folder = jobs.folder(job.id)
    return {
        **jobs.record(job),
        "printed": printed(folder),
        "files": list(_files(folder)),
        "report": (folder / REPORT / PAGE).is_file(),
    }


def _files(folder: Path) -> dict[str, Path]:
    """Return the files that a job has made, by the names that a page may ask for."""
    found = {}
    for path in sorted(files_in(folder)):
        name = path.relative_to(folder).as_posix()
        hidden = any(
            part.startswith(".") or part.endswith((".unfinished", ".partial")) for part in name.split("/")
        )
        if path.is_file() and not path.is_symlink() and not hidden and name not in _OURS:
            found[name] = path
    return found


async def job_file(request: Request) -> Response:
    """Return a file of a job to keep; only those that its list has."""
    state, id, name = state_of(request), request.path_params["id"], request.path_params["name"]
    state.jobs.get(id)
    path = (await run_in_threadpool(_files, state.jobs.folder(id))).get(name)
    if path is None:
        raise InputError(f"This job has no file {name[:100]!r}.", remedy="look at its list of files")
    return FileResponse(path, filename=f"{id}-{path.name}", media_type="application/octet-stream")


async def job_report(request: Request) -> HTMLResponse:
    """Return the cards of a job's report."""
    state, id = state_of(request), request.path_params["id"]
    state.jobs.get(id)
    return HTMLResponse(await run_in_threadpool(cards_of, state.jobs.folder(id) / REPORT / PAGE))


async def upload(request: Request) -> JSONResponse:
    """Keep a file that was dropped: its content is the body, ``?name=`` what it is called."""
    name = request.query_params.get("name", "")
    key = await keep(state_of(request).workspace, name, request.stream())
    return JSONResponse({"upload": key, "name": Path(name).name})


async def events(request: Request) -> StreamingResponse:
    """Tell a page what changes, until it leaves."""
    return StreamingResponse(state_of(request).events.stream(), media_type="text/event-stream")


ROUTES = [
    Route("/healthz", health),
    Route("/events", events),
    Route("/uploads", upload, methods=["POST"]),
    Route("/jobs", jobs),
    Route("/jobs/{id}", job, methods=["GET", "DELETE"]),
    Route("/jobs/{id}/report", job_report),
    Route("/jobs/{id}/files/{name:path}", job_file),
]
