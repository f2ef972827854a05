"""The server of the app: on this machine alone, until it is interrupted."""

from __future__ import annotations

import asyncio
import os
import socket
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from optimiser._io.errors import InputError
from optimiser.app import shared
from optimiser.app.errors import answer_error
from optimiser.app.events import Events
from optimiser.app.guard import Guard
from optimiser.app.jobs import Jobs
from optimiser.app.live import Answers
from optimiser.app.pages import assets
from optimiser.app.screens import ROUTES
from optimiser.app.state import State
from optimiser.app.workspace import Workspace, opened

#: The only address that the app listens at.
LOOPBACK = "127.0.0.1"
_KEPT = "private, max-age=31536000, immutable"


async def _home(request: Request) -> RedirectResponse:
    return RedirectResponse("/ask", 303)


async def _asset(request: Request) -> Response:
    path = assets().get(request.path_params["name"])
    if path is None:
        return HTMLResponse("There is no such file.", 404)
    return FileResponse(path, headers={"cache-control": _KEPT} if "v" in request.query_params else None)


def application(workspace: Workspace, token: str, port: int) -> Starlette:
    """Return the app as ASGI applications are, with its jobs and their processes inside.

    Args:
        workspace: to work in; nothing else may work in it meanwhile.
        token: that every request needs.
        port: that it is served on.
    """
    told = Events()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        jobs = Jobs(workspace, slots=max(2, (os.cpu_count() or 1) // 2), changed=told.changed)
        app.state.ours = State(workspace, jobs, told, Answers())
        watching = asyncio.create_task(told.watch(jobs))
        try:
            yield
        finally:
            watching.cancel()
            jobs.close()

    app = Starlette(
        routes=[Route("/", _home), Route("/assets/{name:path}", _asset), *shared.ROUTES, *ROUTES],
        middleware=[Middleware(Guard, token=token, port=port)],
        exception_handlers={InputError: answer_error, OSError: answer_error},
        lifespan=lifespan,
    )
    app.state.events = told
    return app


def serve(
    folder: Path, port: int, token: str, browser: bool, say: Callable[[str], None] = lambda text: None
) -> None:
    """Serve the app until it is interrupted.

    Args:
        folder: to work in.
        port: to listen at; 0 for any that is free.
        token: that every request needs.
        browser: whether to open the page.
        say: told the address.

    Raises:
        InputError: the folder cannot be used, or the port is taken.
    """
    workspace = opened(folder)
    lock = workspace.lock()
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                _bind(ours, port, workspace.port)
            except OSError as error:
                raise InputError(
                    f"Nothing can listen at port {port}: {error.strerror}.",
                    where="--port",
                    allowed="a free port between 1024 and 65535, or 0 for any",
                    remedy="leave --port out",
                ) from None
            number = ours.getsockname()[1]
            workspace.remember(number)
            address = f"http://{LOOPBACK}:{number}/?{urlencode({'token': token})}"
            os.chdir(workspace.folder)  # where names of models and tables are looked for
            config = uvicorn.Config(
                application(workspace, token, number),
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
            server = _Server(config, lambda: _ready(address, workspace, browser, say))
            with suppress(KeyboardInterrupt):  # how it is ended
                server.run(sockets=[ours])
    finally:
        lock.release()


def _bind(ours: socket.socket, port: int, last: int) -> None:
    """Take a port: the one that is asked for, else the last one where it is free, else any."""
    if port == 0 and last:
        with suppress(OSError):
            ours.bind((LOOPBACK, last))
            return
    ours.bind((LOOPBACK, port))


class _Server(uvicorn.Server):
    """A server that says when it answers, and that open pages do not keep from ending."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what open pages listen to, then the server."""
        self.config.app.state.events.close()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def _ready(address: str, workspace: Workspace, browser: bool, say: Callable[[str], None]) -> None:
    say(f"The app is at {address}")
    say(f"It works in {workspace.folder}. Ctrl-C ends it; jobs that run go on when it starts again.")
    if browser:
        webbrowser.open(address)
