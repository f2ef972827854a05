"""The part of the screen `results` that says which experiments to do next, and their laboratory sheet."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from optimiser._io.errors import InputError
from optimiser.app.dropped import problem_named
from optimiser.app.jobs import HERE
from optimiser.app.messages import Message, message, one_of
from optimiser.app.pages import page
from optimiser.app.state import State, state_of
from optimiser.app.suggested import FILE, lab_sheet
from optimiser.surrogate.artefact import known_artefacts


class Suggestion(Message):
    """The options of `optimiser suggest`; ``problem`` is one that ships, or an upload."""

    problem: str
    surrogate: str = ""
    n: int = 6
    aim: Literal["cost", "front", "feasibility"] = "cost"
    batch: bool = False
    explore: bool = False
    samples: int = 1
    volume: float = 100.0
    seed: int = 1

    def arguments(self, state: State) -> list[str]:
        """Return the arguments of the command.

        Raises:
            InputError: there is no such problem or yield model.
        """
        model = one_of(self.surrogate, known_artefacts(), "surrogate")
        if not self.problem:
            raise InputError(
                "No problem is chosen.", allowed="one that ships, or a YAML file", key=("problem",)
            )
        return [
            "suggest",
            problem_named(state, self.problem),
            f"--n={self.n}",
            f"--for={self.aim}",
            *(["--batch"] if self.batch else []),
            *(["--explore"] if self.explore else []),
            f"--samples={self.samples}",
            f"--volume={self.volume:.15g}",
            *([f"--surrogate={model}"] if model else []),
            f"--seed={self.seed}",
            "--json",
            f"--out={HERE}/{FILE}",
        ]


async def suggest(request: Request) -> JSONResponse:
    """Queue the choice of the next experiments."""
    state, told = state_of(request), await message(request, Suggestion)

    def queued() -> dict[str, Any]:
        about = {"kind": "suggest", **told.model_dump(mode="json")}
        job = state.jobs.add("results", f"{told.n} experiments", told.arguments(state), about=about)
        return state.jobs.record(job)

    return JSONResponse(await run_in_threadpool(queued))


async def suggestion(request: Request) -> Response:
    """Return the experiments of a job as JSON, or as a page to print."""
    state, id = state_of(request), request.path_params["id"]
    state.jobs.get(id)
    found = await run_in_threadpool(lab_sheet, state.jobs.folder(id))
    if request.path_params["form"] == "print":
        return page("results", "sheet", sheet=found, id=id)
    return JSONResponse(asdict(found))


ROUTES = [
    Route("/results/suggest", suggest, methods=["POST"]),
    Route("/results/sheets/{id}/{form}", suggestion),
]
