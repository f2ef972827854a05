"""The screen `ask`: a question, its answer while one drags, a search behind, and the full answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from optimiser._io.errors import InputError
from optimiser.app.messages import Message, message
from optimiser.app.own import own_table
from optimiser.app.pages import page
from optimiser.app.question import Posed, dropped, lenient, loaded, posed
from optimiser.app.shared import REPORT
from optimiser.app.state import State, state_of
from optimiser.app.told import answer_json, differing, form_json, more_json
from optimiser.chemistry.contents import assay_keys
from optimiser.chemistry.feeds import load_feeds
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import with_shipped_model
from optimiser.report.columns import column
from optimiser.report.stored import read_run
from optimiser.surrogate.artefact import known_artefacts
from optimiser.tables.own import own_tables

SCREEN = "ask"
#: What is started on a question: a search behind it, or the full answer.
KINDS = ("search", "answer")


class Asking(Message):
    """A question as the page has it: the plain data of a problem, with prices and factors that differ."""

    problem: Any = None
    prices: Any = None
    factors: Any = None


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page(SCREEN)


async def known(request: Request) -> JSONResponse:
    """Return what a question may start from: problems, feeds, yield models, contents of an assay."""
    told = {
        "problems": with_shipped_model("problems"),
        "feeds": list(load_feeds()),
        "models": list(known_artefacts()),
        "assay": list(assay_keys()),
    }
    return JSONResponse(told)


async def problem(request: Request) -> JSONResponse:
    """Return the plain data of a problem: one that ships by ``?name=``, or a dropped one by ``?upload=``."""
    given = request.query_params
    if "upload" in given:
        data = await run_in_threadpool(dropped, state_of(request).workspace, given["upload"])
    else:
        data = await run_in_threadpool(loaded, given.get("name", ""))
    return JSONResponse({"problem": data})


async def form(request: Request) -> JSONResponse:
    """Return what the form offers for the feed and yield model of a question."""
    state, asked = state_of(request), await _asked(request)

    def told() -> dict[str, Any]:
        question = posed(lenient(asked))
        return form_json(question, state.answers.bound(question))

    return JSONResponse(await run_in_threadpool(told))


async def own(request: Request) -> JSONResponse:
    """Return the numbers of an own table that differ from the usual ones; of impacts, climate change alone.

    ``?kind=`` is prices or impacts, and ``?table=`` its name.
    """
    state, asked = state_of(request), await _asked(request)
    kind, name = (request.query_params.get(key, "") for key in ("kind", "table"))

    def told() -> dict[str, float]:
        usual = replace(posed(asked), prices={}, factors={})
        path = own_table(state.workspace, kind, name)
        given = {"prices": None, "impacts": None, kind: path}
        tables = own_tables(usual.problem, prices=given["prices"], impacts=given["impacts"])
        lever = {"prices": "price", "impacts": "climate_change"}[kind]
        return differing(state.answers.bound(usual, tables), state.answers.bound(usual), lever)

    if kind not in ("prices", "impacts"):
        raise InputError(f"There are no sliders of {kind[:50]!r}.", allowed="prices or impacts")
    return JSONResponse({"values": await run_in_threadpool(told)})


async def live(request: Request) -> JSONResponse:
    """Answer a question from the designs that are known, with its file and command."""
    state, asked = state_of(request), await _asked(request)

    def told() -> dict[str, Any]:
        question = posed(asked)
        return {
            **answer_json(state.answers.answer(question)),
            "command": question.command,
            "files": question.files,
        }

    return JSONResponse(await run_in_threadpool(told))


async def more(request: Request) -> JSONResponse:
    """Return what takes longer of the same answer."""
    state, asked = state_of(request), await _asked(request)
    return JSONResponse(await run_in_threadpool(lambda: more_json(state.answers.more(posed(asked)))))


async def start(request: Request) -> JSONResponse:
    """Start a job on a question, of one of `KINDS`."""
    state, asked = state_of(request), await _asked(request)
    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise InputError(f"There is no job {kind[:20]!r} here.", allowed=", ".join(KINDS))

    def begun() -> dict[str, Any]:
        question = posed(asked)
        bound = state.answers.bound(question)  # refuses what cannot be answered at all
        about = {"kind": kind, "asked": asked, "objectives": list(_axes(question, bound))}
        title = f"{'Search' if kind == 'search' else 'Answer'}: {bound.feed.name}"
        arguments = question.run if kind == "search" else question.ask
        return state.jobs.record(state.jobs.add(SCREEN, title, arguments, question.files, about))

    return JSONResponse(await run_in_threadpool(begun))


def _axes(question: Posed, bound: BoundProblem) -> Iterator[dict[str, Any]]:
    """Yield how the objectives of a search are shown, whose steps tell them as they are minimised."""
    for one in question.problem.objectives:
        shown = column(bound.counted(one.metric))
        yield {"label": shown.heading, "factor": shown.scale * one.sign}


async def learn(request: Request) -> JSONResponse:
    """Let a search that has ended improve the answers to its question, and to all about the same designs."""
    state, id = state_of(request), request.path_params["id"]
    return JSONResponse(await run_in_threadpool(_learned, state, id))


def _learned(state: State, id: str) -> dict[str, Any]:
    job = state.jobs.get(id)
    if job.screen != SCREEN or job.about.get("kind") != "search" or job.state != "done":
        raise InputError(f"Job {id} is no search that has found designs.", remedy="wait for its end")
    found = read_run(state.jobs.folder(id) / REPORT)
    state.answers.learn(posed(job.about["asked"]), found.seen, found.problem.acid_names)
    return {"designs": len(found.seen)}


async def _asked(request: Request) -> dict[str, Any]:
    return (await message(request, Asking)).model_dump(exclude_unset=True)


ROUTES = [
    Route("/ask", show),
    Route("/ask/known", known),
    Route("/ask/problem", problem),
    Route("/ask/form", form, methods=["POST"]),
    Route("/ask/own", own, methods=["POST"]),
    Route("/ask/live", live, methods=["POST"]),
    Route("/ask/more", more, methods=["POST"]),
    Route("/ask/jobs/{kind:str}", start, methods=["POST"]),
    Route("/ask/learn/{id}", learn, methods=["POST"]),
]
