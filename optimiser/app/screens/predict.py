"""The screen `predict`: a table of designs, its mistakes in place, and what its designs yield and cost."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from optimiser._io import builtin
from optimiser.app.dropped import Dropped, problem_named, shown
from optimiser.app.jobs import HERE, command_of
from optimiser.app.messages import message, one_of
from optimiser.app.own import KINDS, own_table, own_tables
from optimiser.app.pages import page
from optimiser.app.state import State, state_of
from optimiser.chemistry.feeds import load_feeds
from optimiser.report import predict as command
from optimiser.report.predict import MOST_LISTED, MOST_SHEETS
from optimiser.surrogate.artefact import known_artefacts
from optimiser.tables.mistakes import mistakes
from optimiser.toolkit.profile import PROFILE


class Prediction(Dropped):
    """A table and the options of `optimiser predict`; empty is as the command has it without the option.

    ``acids``, ``prices`` and ``impacts`` name an own table of the workspace, or an upload.
    """

    feed: str = ""
    problem: str = ""
    surrogate: str = ""
    basis: float | None = None
    acids: str = ""
    prices: str = ""
    impacts: str = ""
    tolerances: Literal["", "off"] = ""
    profile: Literal["", "toolkit-1.0.2"] = ""
    ef31: bool = False

    def table_of(self, kind: str, state: State) -> Path | None:
        """Return the file of an own table.

        Raises:
            InputError: there is none.
        """
        name = str(getattr(self, kind))
        if not name:
            return None
        own = {table.name for table in own_tables(state.workspace)[kind]}
        return own_table(state.workspace, kind, name) if name in own else state.workspace.uploaded(name)

    def request(self, state: State) -> command.Request:
        """Return the options as the command reads them.

        Raises:
            InputError: a file is not there any more.
        """
        return command.Request(
            self.path(state),
            sheet=self.sheet or None,
            problem=problem_named(state, self.problem) or None,
            surrogate=one_of(self.surrogate, known_artefacts(), "surrogate") or None,
            feed=self.feed or None,
            basis=self.basis,
            acids=self.table_of("acids", state),
            prices=self.table_of("prices", state),
            impacts=self.table_of("impacts", state),
            tolerances=self.tolerances or None,
            profile=self.profile or None,
            ef31=self.ef31,
        )

    def arguments(self, state: State, rows: int) -> tuple[list[str], dict[str, str]]:
        """Return the arguments of the command for a table of so many rows, and the files to be written."""
        named, files = self.given(state)
        options = {
            "problem": problem_named(state, self.problem),
            "surrogate": one_of(self.surrogate, known_artefacts(), "surrogate"),
            "feed": self.feed,
            "basis": "" if self.basis is None else f"{self.basis:.15g}",
            "tolerances": self.tolerances,
            "profile": self.profile,
        }
        for kind in KINDS:
            path = self.table_of(kind, state)
            options[kind] = "" if path is None else state.workspace.relative(path)
        options["report"] = f"{HERE}/report" if rows <= MOST_LISTED else ""
        options["out"] = f"{HERE}/predicted.{'xlsx' if rows <= MOST_SHEETS else 'csv'}"
        told = [f"--{key}={value}" for key, value in options.items() if value]
        return ["predict", *named, *told, *(["--ef31"] if self.ef31 else [])], files


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    own = own_tables(state_of(request).workspace)
    return page(
        "predict",
        feeds=list(load_feeds()),
        problems=builtin.names("problems"),
        surrogates=list(known_artefacts()),
        own={kind: [table.name for table in found] for kind, found in own.items()},
        profile=PROFILE,
    )


async def table(request: Request) -> JSONResponse:
    """Return what a table says, what is wrong with it, and the command that would predict it."""
    state, told = state_of(request), await message(request, Prediction)

    def looked() -> dict[str, object]:
        found = shown(state, told, command.setting_of(told.request(state)))
        if found["problem"] is None:
            arguments, _ = told.arguments(state, found["count"])
            found["command"] = command_of([a.replace(f"{HERE}/", "") for a in arguments])
        return found

    return JSONResponse(await run_in_threadpool(looked))


async def run(request: Request) -> JSONResponse:
    """Queue the prediction of a table."""
    state, told = state_of(request), await message(request, Prediction)

    def queued() -> dict[str, object]:
        setting = command.setting_of(told.request(state))
        opened = told.opened(state)
        if wrong := mistakes(opened, setting, 1):
            raise wrong[0].error
        rows = setting(opened).rows
        arguments, files = told.arguments(state, rows)
        name = told.path(state).name
        job = state.jobs.add(
            "predict", f"{name}, {rows} designs", arguments, files, told.model_dump(mode="json")
        )
        return state.jobs.record(job)

    return JSONResponse(await run_in_threadpool(queued))


ROUTES = [
    Route("/predict", show),
    Route("/predict/table", table, methods=["POST"]),
    Route("/predict/run", run, methods=["POST"]),
]
