"""The screen of tables: acids, prices and impact factors, and own ones."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from optimiser.app.own import own_tables
from optimiser.app.pages import page
from optimiser.app.state import state_of


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page("tables")


async def own(request: Request) -> JSONResponse:
    """Return the own tables of each kind."""
    found = own_tables(state_of(request).workspace)
    return JSONResponse({kind: [asdict(table) for table in tables] for kind, tables in found.items()})


ROUTES = [Route("/tables", show), Route("/tables/own", own)]
