"""The screens. A new one is a module with its routes here, and an entry of `optimiser.app.pages.SCREENS`."""

from __future__ import annotations

from starlette.routing import Route

from optimiser.app.screens import ask, front, more, predict, results, runs, scenarios, table, tables

ROUTES: list[Route] = [
    route
    for screen in (ask, front, predict, scenarios, results, table, tables, runs, more)
    for route in screen.ROUTES
]
