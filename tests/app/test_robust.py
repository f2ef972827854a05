"""What no page sends: every address answers it with what is wrong, never with a failure of the program."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from optimiser.app.server import application
from optimiser.app.workspace import opened
from tests.app.client import client_in

#: Values of another shape than whatever is expected.
ODD: list[Any] = [
    None,
    -1,
    1e308,
    True,
    "",
    "../../etc/passwd",
    "--force",
    "<b>=1+1",
    "x" * 5000,
    [],
    [None],
    {},
    {"a": []},
]
NAMES = (
    "job",
    "upload",
    "name",
    "kind",
    "shipped",
    "command",
    "values",
    "problem",
    "feed",
    "rows",
    "edits",
    "conditions",
    "files",
    "file",
    "key",
    "improve",
    "relax",
    "keep",
    "start",
    "one",
    "other",
    "tables",
    "asked",
    "prices",
    "sheet",
    "screen",
    "model",
    "roles",
    "table",
    "page",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_in(tmp_path_factory.mktemp("robust") / "workspace") as found:
        yield found


def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    app = application(opened(tmp_path_factory.mktemp("routes")), "token", 1)
    return [
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in sorted(route.methods or ())
        if method != "HEAD" and route.path not in ("/events", "/uploads")
    ]


def filled(path: str, with_: str) -> str:
    """Return the address of a route with something in each of its places."""
    parts = [with_ if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_odd_requests_are_refused_in_words(
    client: TestClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bodies = [b"", b"[]", b"{", b"\xff", b"[" * 2000, b'{"a": 1}', b"null"]
    bodies += [json.dumps(dict.fromkeys(NAMES, value)).encode() for value in ODD]
    bodies += [json.dumps({name: value}).encode() for name, value in itertools.product(NAMES, ODD[:9:4])]
    for method, path in routes(tmp_path_factory):
        for place in ("0001", "..%2f..%2fetc", "%00", "x" * 300):
            at = filled(path, place)
            sent = bodies if method == "POST" and place == "0001" else bodies[:1]
            for body in sent:
                answer = client.request(method, at, content=body, follow_redirects=False)
                assert answer.status_code < 500, (method, at, body[:200], answer.text[:300])
                assert "Traceback" not in answer.text


def test_odd_queries_are_refused_in_words(
    client: TestClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = [str(value)[:1000] for value in ODD[1:9]]
    for method, path in routes(tmp_path_factory):
        if method == "GET":
            for text in texts:
                answer = client.get(
                    filled(path, "0001"), params=dict.fromkeys(NAMES, text), follow_redirects=False
                )
                assert answer.status_code < 500, (path, text, answer.text[:300])
