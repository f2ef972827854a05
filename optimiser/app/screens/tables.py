"""The screen of tables: acids, prices and impact factors with their sources; own ones, edited and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from optimiser._io.errors import InputError
from optimiser._io.reading import MOST_YAML, read_text
from optimiser.app.dropped import Dropped, short, shown
from optimiser.app.messages import message
from optimiser.app.own import KINDS, keep_own, own_table, own_tables
from optimiser.app.pages import page
from optimiser.app.state import State, state_of
from optimiser.app.workspace import Workspace
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.reagents import load_reagents
from optimiser.report.formulas import without_formulas
from optimiser.report.impacts_listing import impact_records
from optimiser.report.listing import listing
from optimiser.tables.export import tables as current
from optimiser.tables.mistakes import cells_of, corrected, holding
from optimiser.tables.own_acids import import_acids
from optimiser.tables.own_impacts import import_impacts
from optimiser.tables.own_prices import import_prices
from optimiser.tables.read import Table, open_table

#: Rows that a user can add to a table.
_MOST_NEW = 50
_YAML = (".yaml", ".yml")


class Shown(Dropped):
    """A table of the page: an own one, one that was dropped, or, where neither is named, the shipped one.

    Attributes:
        kind: acids, prices or impacts.
        own: name of an own table.
        new: rows that were added.
    """

    kind: Literal["acids", "prices", "impacts"]
    own: str = ""
    new: int = Field(0, ge=0, le=_MOST_NEW)

    def path(self, state: State) -> Path:
        """Return its file; of a shipped table what it is called.

        Raises:
            InputError: there is none.
        """
        if self.own:
            return own_table(state.workspace, self.kind, self.own)
        return state.workspace.uploaded(self.upload) if self.upload else Path(f"{self.kind}, as shipped")

    def opened(self, state: State, usual: str | None = None) -> Table:
        """Return it with new rows and corrections.

        Raises:
            InputError: it cannot be read as a table.
        """
        if self.own or self.upload:
            table = open_table(self.path(state), self.sheet or None, usual=usual)
        else:
            table = replace(open_table(current(load_acids(), load_reagents())[self.kind]), first=2)
        if self.new:
            table = _longer(table, self.new)
        return corrected(table, self.edits) if self.edits else table


def _longer(table: Table, rows: int) -> Table:
    """Return a table with rows to be filled in, which are not empty, so that they are not left out."""
    import pandas as pd

    cells = cells_of(table).astype(object)
    start = int(cells.index.max()) + 1 if len(cells) else 0
    new = pd.DataFrame(None, index=range(start, start + rows), columns=cells.columns, dtype=object)
    new[0] = [f"new {number + 1}" for number in range(rows)]
    return holding(table, pd.concat([cells, new]))


class Kept(Shown):
    """A table to keep under a name."""

    name: str
    replace: bool = False


def reader(workspace: Workspace, kind: str) -> Callable[[Any], Any]:
    """Return what reads and checks a table of a kind; acids of own tables may be named in it.

    Args:
        workspace: whose own acids count.
        kind: of `KINDS`.
    """
    if kind == "acids":
        return import_acids
    known: dict[str, Acid] = load_acids()
    for table in own_tables(workspace)["acids"]:
        try:
            known = import_acids(workspace.folder / table.path, known).acids
        except InputError:  # it says so where it is opened
            continue
    read = {"prices": import_prices, "impacts": import_impacts}[kind]
    return lambda source: read(source, known)


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page("tables", kinds=KINDS)


async def own(request: Request) -> JSONResponse:
    """Return the own tables of each kind."""
    found = await run_in_threadpool(own_tables, state_of(request).workspace)
    return JSONResponse({kind: [asdict(table) for table in tables] for kind, tables in found.items()})


async def look(request: Request) -> JSONResponse:
    """Return what a table says and what is wrong with it; of a YAML file its text."""
    state, told = state_of(request), await message(request, Shown)
    return JSONResponse(await run_in_threadpool(_look, state, told))


def _look(state: State, told: Shown) -> dict[str, Any]:
    path, read = told.path(state), reader(state.workspace, told.kind)
    if path.suffix.lower() in _YAML:
        read(path)
        return {"yaml": read_text(path, MOST_YAML), "name": path.name}
    found = shown(state, told, read)
    for _, cells in found["rows"]:
        cells[:] = [short(cell) for cell in cells]
    return {"yaml": None, **found}


async def keep(request: Request) -> JSONResponse:
    """Keep a table as an own one, in the format that commands read."""
    state, told = state_of(request), await message(request, Kept)

    def kept() -> str:
        path, read = told.path(state), reader(state.workspace, told.kind)
        if path.suffix.lower() in _YAML:
            read(path)
            content, suffix = path.read_bytes(), path.suffix.lower()
        else:
            table = told.opened(state)
            read(table)
            frame = cells_of(table).set_axis(list(table.header), axis=1)
            content, suffix = without_formulas(frame).to_csv(index=False).encode(), ".csv"
        return keep_own(state.workspace, told.kind, told.name, suffix, content, told.replace)

    place = await run_in_threadpool(kept)
    return JSONResponse({"name": told.name, "path": place, "option": f"--{told.kind}={place}"}, 201)


async def one(request: Request) -> Response:
    """Return an own table to keep elsewhere, or remove it."""
    kind, name = request.path_params["kind"], request.path_params["name"]
    path = await run_in_threadpool(own_table, state_of(request).workspace, kind, name)
    if request.method == "DELETE":
        path.unlink()
        return JSONResponse({"removed": name})
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")


async def shipped(request: Request) -> Response:
    """Return a shipped table as CSV, as `optimiser tables export` writes it."""
    kind = request.path_params["kind"]
    frames = await run_in_threadpool(lambda: current(load_acids(), load_reagents()))
    if kind not in frames:
        raise InputError(f"There is no table of {kind[:100]!r}.", allowed=", ".join(KINDS))
    headers = {"content-disposition": f'attachment; filename="{kind}.csv"'}
    return Response(frames[kind].to_csv(index=False), media_type="text/csv", headers=headers)


async def sources(request: Request) -> JSONResponse:
    """Return each number of a kind with unit, range, source and confidence."""
    kind = request.path_params["kind"]
    return JSONResponse(await run_in_threadpool(_sources, kind))


def _sources(kind: str) -> dict[str, Any]:
    records = listing("sources")
    if kind == "impacts":
        known = {record["source"]: record for record in records if record["quantity"] == "climate change"}
        columns = ("substance", "category", "factor", "unit", "method", "source", "missing")
        rows = [
            [*(record[name] for name in columns), known.get(record["source"], {}).get("confidence", "")]
            for record in impact_records()
        ]
        header = [*columns, "confidence"]
    else:
        names = {acid.label or acid.name for acid in load_acids().values()}
        of_kind = [
            record
            for record in records
            if (record["quantity"] == "price") == (kind == "prices")
            and (kind == "prices" or record["item"] in names)
        ]
        header = ["item", "quantity", "value", "unit", "low", "high", "when", "confidence", "flags", "source"]
        rows = [[record[name] for name in header] for record in of_kind]
    return {"header": header, "rows": [["" if cell is None else cell for cell in row] for row in rows]}


ROUTES = [
    Route("/tables", show),
    Route("/tables/own", own),
    Route("/tables/look", look, methods=["POST"]),
    Route("/tables/keep", keep, methods=["POST"]),
    Route("/tables/own/{kind}/{name}", one, methods=["GET", "DELETE"]),
    Route("/tables/shipped/{kind}", shipped),
    Route("/tables/sources/{kind}", sources),
]
