"""The screen of any table: its columns' roles, its file, training, the model's card and a first question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_YAML, read_text
from optimiser.app.described import (
    at_column,
    cells_of,
    checked,
    columns_of,
    counts_of,
    description_of,
    file_name,
    question_for,
    text_of,
)
from optimiser.app.errors import told
from optimiser.app.jobs import HERE
from optimiser.app.messages import Message, message
from optimiser.app.pages import page
from optimiser.app.state import State, state_of
from optimiser.app.workspace import check_name
from optimiser.surrogate.artefact import load_surrogate

#: The page of a trained model that a person reads.
_CARD = "MODEL_CARD.md"


class Described(Message):
    """A table and what is said of it.

    Attributes:
        upload: key of the table, as `/uploads` told it.
        description: what the system's file says, as plain data; or
        text: its text, which counts where it is given.
    """

    upload: str
    description: dict[str, Any] = Field({}, max_length=40)
    text: str | None = Field(None, max_length=200_000)

    def file(self, table: Path, name: str) -> tuple[dict[str, Any], str]:
        """Return what the system's file says, and its text.

        Raises:
            InputError: the text is no YAML.
        """
        if self.text is not None:
            return description_of(self.text, name), self.text
        given = {"name": table.stem, "table": table.name, **self.description}
        return given, text_of(given)


class Train(Described):
    """What is trained: under which name, and whether a model of this name may be replaced."""

    name: str
    replace: bool = False


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page("table")


async def look(request: Request) -> JSONResponse:
    """Return the columns of a table, the text that describes it, and what is wrong with that."""
    state, given = state_of(request), await message(request, Described)
    return JSONResponse(await run_in_threadpool(_look, state, given))


def _look(state: State, given: Described) -> dict[str, Any]:
    table = state.workspace.uploaded(given.upload)
    name = file_name(table.stem)
    cells = cells_of(table)
    found: dict[str, Any] = {"table": table.name, "rows": len(cells), "columns": columns_of(cells)}
    found |= {"error": None, "counts": None}
    try:
        description, text = given.file(table, name)
    except InputError as error:
        wrong = {**told(error), "column": None}
        return {**found, "description": None, "text": given.text, "error": wrong}
    found |= {"description": description, "text": text}
    if not description.get("responses") or not description.get("setpoints"):
        return found  # not described far enough to be wrong
    try:
        return {**found, "counts": counts_of(checked(text, name, table))}
    except InputError as error:
        return {**found, "error": at_column(error, description, cells)}


async def train(request: Request) -> JSONResponse:
    """Queue training."""
    state, given = state_of(request), await message(request, Train)
    return JSONResponse(await run_in_threadpool(_train, state, given), 201)


def _train(state: State, given: Train) -> dict[str, Any]:
    name = check_name(given.name, "a yield model", "name")
    table = state.workspace.uploaded(given.upload)
    file = file_name(name)
    _, text = given.file(table, file)
    if (builtin.folder("models") / name).exists():
        raise InputError(
            f"{name} is the name of a model that ships.", key=("name",), remedy="choose another name"
        )
    if (state.workspace.models / name).exists() and not given.replace:
        raise InputError(
            f"There is a model {name} already.", key=("replace",), remedy="replace it, or choose another name"
        )
    checked(text, file, table)
    arguments = ["train", f"--system={HERE}/{file}", f"--table={HERE}/{table.name}", f"--out=models/{name}"]
    job = state.jobs.add(
        "table",
        f"{name}, from {table.name}",
        [*arguments, *(["--force"] if given.replace else [])],
        {file: text, table.name: table.read_bytes()},
        {"upload": given.upload, "model": name, "text": text},
    )
    return state.jobs.record(job)


async def models(request: Request) -> JSONResponse:
    """Return the names of the yield models that were trained here on tables of one's own."""
    folder = state_of(request).workspace.models
    found = sorted(path.parent.name for path in folder.glob(f"[!.]*/{_CARD}"))
    return JSONResponse({"models": found})


async def model(request: Request) -> JSONResponse:
    """Return the card of a model as a page to read, and a first question to it."""
    state, name = state_of(request), request.path_params["name"]
    return JSONResponse(await run_in_threadpool(_model, state, name))


def _model(state: State, name: str) -> dict[str, Any]:
    from markdown_it import MarkdownIt

    known = {path.parent.name: path for path in state.workspace.models.glob(f"[!.]*/{_CARD}")}
    if name not in known:
        raise InputError(
            f"There is no model {name[:100]!r} here.",
            allowed=", ".join(sorted(known)) or "none yet",
            remedy="train it first",
        )
    card = read_text(known[name], MOST_YAML, allowed="the page of a model")
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(card)
    system = load_surrogate(known[name].parent).system
    return {"name": name, "card": html, "question": question_for(name, system)}


ROUTES = [
    Route("/table", show),
    Route("/table/look", look, methods=["POST"]),
    Route("/table/train", train, methods=["POST"]),
    Route("/table/models", models),
    Route("/table/models/{name}", model),
]
