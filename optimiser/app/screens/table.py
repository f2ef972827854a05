"""The screen `table`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from optimiser.app.pages import page


async def show(request: Request) -> HTMLResponse:
    """Show the screen."""
    return page("table")


ROUTES = [Route("/table", show)]
