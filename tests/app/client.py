"""The app's routes without a server: what a page asks, and what it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from optimiser.app.server import application
from optimiser.app.workspace import opened

_TOKEN, _PORT = "token", 8000


@contextmanager
def client_in(folder: Path) -> Iterator[TestClient]:
    """Open a workspace, and ask its routes."""
    with TestClient(
        application(opened(folder), _TOKEN, _PORT),
        base_url=f"http://127.0.0.1:{_PORT}",
        headers={"authorization": f"Bearer {_TOKEN}"},
    ) as client:
        yield client
