"""The screen `results`: site models from own results, and which experiments to do next."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.app.dropped import Dropped, problem_named, short, shown, text_of
from optimiser.app.jobs import HERE, Job, command_of
from optimiser.app.messages import Message, message, one_of
from optimiser.app.pages import page
from optimiser.app.screens import suggestions
from optimiser.app.shared import PAGE, REPORT
from optimiser.app.state import State, state_of
from optimiser.app.workspace import check_name
from optimiser.chemistry.feeds import load_feeds
from optimiser.learning import store
from optimiser.problem.load import load_config
from optimiser.report import learn as command
from optimiser.report.lab_sheet import write_template
from optimiser.surrogate.artefact import known_artefacts, load_surrogate
from optimiser.surrogate.packing import CARD, SHIPPED
from optimiser.tables.mistakes import mistakes
from optimiser.tables.own_results import SHEET
from optimiser.tables.read import Table


class Lesson(Dropped):
    """A table of results, and what is to learn from it.

    Attributes:
        name: of the site model.
        add: whether the results are added to the site model of this name.
        feed: of rows that do not name one; or empty.
        base: the model to learn on; or empty.
        problem: whose feed and acids apply; or empty.
    """

    name: str = ""
    add: bool = False
    feed: str = ""
    base: str = ""
    problem: str = ""

    def reader(self, state: State) -> Callable[[Table], object]:
        """Return what checks a table of results.

        Raises:
            InputError: the problem or the model cannot be read.
        """
        problem = problem_named(state, self.problem)
        request = command.Request(
            feed=self.feed or None, base=one_of(self.base, bases(), "base") or None, sheet=self.sheet or None
        )
        question = load_config(problem).problem if problem else None
        adding = self.add and self.name in site_names()
        system = (store.opened(self.name) if adding else command.base_of(request, question)).system
        read = command.reader_of(request, system, question)
        return lambda table: store.check_examples(read(table))

    def check(self) -> None:
        """Refuse a name that cannot be used.

        Raises:
            InputError: there is a yield model of this name already, or no site model to add to.
        """
        check_name(self.name, "a site model", "name")
        if self.add:
            one_of(self.name, site_names(), "name")
        elif self.name in known_artefacts():
            raise InputError(
                f"There is a yield model {self.name!r} already.",
                allowed="another name, such as my-plant",
                remedy="choose another name, or add to the site model",
                key=("name",),
            )

    def arguments(self, state: State) -> tuple[list[str], dict[str, str]]:
        """Return the arguments of the command, and the file to be written."""
        named, files = self.given(state, SHEET)
        options = {
            "name": self.name or "my-plant",
            "feed": self.feed,
            "base": "" if self.add else self.base,
            "problem": problem_named(state, self.problem),
            "report": f"{HERE}/{REPORT}",
        }
        told = [f"--{key}={value}" for key, value in options.items() if value]
        first = [f"--add={named[0]}", *named[1:]] if self.add else named
        return ["learn", *first, *told], files


class OfModel(Message):
    """A site model, and numbers of its results from 1."""

    name: str = Field(min_length=1)
    rows: tuple[int, ...] = Field((), max_length=500)


def site_names() -> list[str]:
    """Return the names of the site models of the workspace."""
    return sorted(
        path.parent.name for path in Path("models").glob(f"[!.]*/{CARD}") if store.is_site(path.parent)
    )


def bases() -> list[str]:
    """Return the names of the models that a site model can learn on."""
    return [name for name, folder in known_artefacts().items() if not store.is_site(folder)]


def _model(name: str) -> dict[str, Any]:
    """Return what the list of site models tells of one; one that cannot be read is listed, too."""
    folder = store.site_folder(name)
    when = datetime.fromtimestamp((folder / CARD).stat().st_mtime, UTC).isoformat(timespec="seconds")
    try:
        site = load_surrogate(folder).card["site"]
    except InputError as error:
        return {"name": name, "changed": when, "wrong": error.what}
    return {
        "name": name,
        "changed": when,
        "results": site["results"]["rows"],
        "experiments": site["results"]["experiments"],
        "base": site["base"]["name"],
        "former": store.is_site(folder / store.FORMER),
    }


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    problems = builtin.names("problems")
    return page(
        "results",
        feeds=list(load_feeds()),
        problems=problems,
        bases=bases(),
        shipped=SHIPPED,
        surrogates=list(known_artefacts()),
    )


async def models(request: Request) -> JSONResponse:
    """Return all site models: how many results, of when."""
    return JSONResponse({"models": await run_in_threadpool(lambda: [_model(name) for name in site_names()])})


async def model(request: Request) -> JSONResponse:
    """Return the results of a site model as they are stored."""
    name = one_of(request.path_params["name"], site_names(), "name")

    def looked() -> dict[str, Any]:
        frame = store.stored_results(store.opened(name))
        rows = [[short(text_of(cell)) for cell in row] for row in frame.to_numpy(object).tolist()]
        filled = [k for k in range(len(frame.columns)) if any(row[k] for row in rows)]
        return {
            **_model(name),
            "header": [str(frame.columns[k]) for k in filled],
            "rows": [[row[k] for k in filled] for row in rows],
        }

    return JSONResponse(await run_in_threadpool(looked))


async def table(request: Request) -> JSONResponse:
    """Return what a table of results says, what is wrong with it, and the command that learns from it."""
    state, told = state_of(request), await message(request, Lesson)

    def looked() -> dict[str, Any]:
        found = shown(state, told, told.reader(state), SHEET)
        named, _ = told.arguments(state)
        return {**found, "command": command_of([a.replace(f"{HERE}/", "") for a in named])}

    return JSONResponse(await run_in_threadpool(looked))


async def learn(request: Request) -> JSONResponse:
    """Queue the learning from a table."""
    state, told = state_of(request), await message(request, Lesson)

    def queued() -> dict[str, Any]:
        told.check()
        arguments, files = told.arguments(state)
        if wrong := mistakes(told.opened(state, SHEET), told.reader(state), 1):
            raise wrong[0].error
        about = {"kind": "learn", "model": told.name, **told.model_dump(mode="json")}
        verb = "more results" if told.add else "results"
        return state.jobs.record(
            state.jobs.add(
                "results", f"{told.name}: {verb} of {told.path(state).name}", arguments, files, about
            )
        )

    return JSONResponse(await run_in_threadpool(queued))


async def forget(request: Request) -> JSONResponse:
    """Queue the forgetting of some results."""
    told = await message(request, OfModel)
    if not told.rows:
        raise InputError("No results are chosen.", remedy="choose those to forget", key=("rows",))
    rows = ",".join(map(str, told.rows))
    arguments = ["forget", f"--name={told.name}", f"--rows={rows}"]
    return JSONResponse(await run_in_threadpool(_change, state_of(request), "forget", told.name, arguments))


async def undo(request: Request) -> JSONResponse:
    """Queue the taking back of the last change."""
    told = await message(request, OfModel)
    arguments = ["learn", "--undo", f"--name={told.name}"]
    return JSONResponse(await run_in_threadpool(_change, state_of(request), "undo", told.name, arguments))


async def lessons(request: Request) -> JSONResponse:
    """Return the job whose report tells what a site model has learned; one is queued where there is none."""
    state, told = state_of(request), await message(request, OfModel)
    return JSONResponse(await run_in_threadpool(_lessons, state, told.name))


def _lessons(state: State, name: str) -> dict[str, Any]:
    one_of(name, site_names(), "name")
    changed = _model(name)["changed"]
    last = next((job for job in state.jobs.all() if job.about.get("model") == name), None)
    if last is not None and (not last.over or (_reported(state, last) and last.ended >= changed)):
        return state.jobs.record(last)
    return _change(state, "show", name, ["learn", "--show", f"--name={name}", f"--report={HERE}/{REPORT}"])


def _reported(state: State, job: Job) -> bool:
    return job.state == "done" and (state.jobs.folder(job.id) / REPORT / PAGE).is_file()


def _change(state: State, kind: str, name: str, arguments: list[str]) -> dict[str, Any]:
    one_of(name, site_names(), "name")
    titles = {
        "forget": "some results forgotten",
        "undo": "last change taken back",
        "show": "what was learned",
    }
    about = {"kind": kind, "model": name}
    return state.jobs.record(state.jobs.add("results", f"{name}: {titles[kind]}", arguments, about=about))


async def template(request: Request) -> Response:
    """Return a table to fill in, as CSV or XLSX."""
    suffix = request.path_params["suffix"]
    if suffix not in ("csv", "xlsx"):
        raise InputError("The template is CSV or XLSX.", allowed="csv, xlsx")

    def written() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return write_template(Path(folder) / f"template.{suffix}").read_bytes()

    return Response(
        await run_in_threadpool(written),
        media_type="application/octet-stream",
        headers={"content-disposition": f'attachment; filename="results.{suffix}"'},
    )


ROUTES = [
    Route("/results", show),
    Route("/results/models", models),
    Route("/results/models/{name}", model),
    Route("/results/table", table, methods=["POST"]),
    Route("/results/learn", learn, methods=["POST"]),
    Route("/results/forget", forget, methods=["POST"]),
    Route("/results/undo", undo, methods=["POST"]),
    Route("/results/lessons", lessons, methods=["POST"]),
    Route("/results/template.{suffix}", template),
    *suggestions.ROUTES,
]
