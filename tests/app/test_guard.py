"""Who may talk to the app: this machine's browser, with the token, from the app's own pages."""

from __future__ import annotations

import http.client
import socket
from contextlib import closing
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from optimiser.app.pages import SCREENS
from optimiser.app.server import application
from optimiser.app.workspace import opened
from tests.app.conftest import TOKEN, Served

WITH = {"authorization": f"Bearer {TOKEN}"}


def answer(app: Served, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """Return the answer to a request whose headers, Host among them, are as given."""
    place = app.address.removeprefix("http://")
    with closing(http.client.HTTPConnection(place, timeout=60)) as connection:
        connection.putrequest(method, path, skip_host=True)
        for name, value in {"host": place, "content-length": "0", **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        with connection.getresponse() as found:
            return found


def status(app: Served, path: str, method: str = "GET", **headers: str) -> int:
    """Return the status of a request."""
    return answer(app, path, method, **headers).status


def addresses(folder: Path) -> list[tuple[str, str]]:
    """Return every address of the app with each of its methods, as its routes have them."""
    app = application(opened(folder), TOKEN, 1)
    found = []
    for route in app.routes:
        assert isinstance(route, Route)
        path = route.path.replace("{id}", "0001").replace("{name:path}", "x")
        found += [(path, method) for method in sorted(route.methods or ())]
    return found


def test_every_address_but_one_needs_the_token(app: Served, tmp_path: Path) -> None:
    assert status(app, "/healthz") == 200
    known = addresses(tmp_path)
    assert len(known) > 20
    for path, method in known:
        if path != "/healthz":
            assert status(app, path, method) == 401, path
            assert status(app, path, method, authorization="Bearer wrong") == 401, path
            assert status(app, f"{path}?token=wrong", method) == 401, path
    assert status(app, "/nowhere") == 401


def test_the_token_of_the_address_becomes_a_cookie(app: Served) -> None:
    first = answer(app, f"/predict?job=0001&token={TOKEN}")
    cookie = first.headers["set-cookie"]
    assert (first.status, first.headers["location"]) == (303, "/predict?job=0001")
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    assert status(app, "/predict", cookie=cookie.split(";")[0]) == 200
    assert status(app, f"/jobs/0001?token={TOKEN}", "DELETE") == 401, "an address alone changes nothing"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0"]
)
def test_no_other_name_of_this_machine_is_served(app: Served, host: str) -> None:
    assert status(app, "/ask", **{**WITH, "host": host}) == 403
    assert status(app, "/healthz", host=host) == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_no_page_of_another_origin_may_ask(app: Served, origin: str) -> None:
    assert status(app, "/jobs", **WITH, origin=origin) == 403
    assert status(app, "/jobs", **WITH, origin=app.address) == 200


def test_no_link_on_another_site_changes_anything(app: Served) -> None:
    assert status(app, "/jobs", **WITH, sec_fetch_site="cross-site") == 403
    assert status(app, "/jobs", **WITH, sec_fetch_site="same-site") == 403, "another port of this machine"
    assert status(app, "/jobs", **WITH, sec_fetch_site="same-origin") == 200


def test_answers_forbid_what_is_not_needed(app: Served) -> None:
    headers = answer(app, "/ask", **WITH).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0] and "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers and "server" not in headers


def test_it_listens_at_loopback_alone(app: Served) -> None:
    port = int(app.address.rsplit(":", 1)[1])
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for other in others - {"127.0.0.1"}:
        if not str(other).startswith("127."):
            with pytest.raises(OSError), socket.create_connection((str(other), port), timeout=5):
                pass


@pytest.mark.parametrize(
    "name", ["../guard.py", "..%2fguard.py", "%2e%2e/pages.py", "shell.html", "/etc/passwd"]
)
def test_assets_are_those_of_their_folders_alone(app: Served, name: str) -> None:
    assert status(app, f"/assets/{name}", **WITH) == 404


def test_the_pages_of_all_screens_hold_no_inline_script(tmp_path: Path) -> None:
    with TestClient(
        application(opened(tmp_path), TOKEN, 80), base_url="http://127.0.0.1", headers=WITH
    ) as client:
        for screen in SCREENS:
            text = client.get(f"/{screen}").text
            assert "<script>" not in text and " onclick=" not in text and "javascript:" not in text


def test_the_first_address_leads_to_no_other_host(app: Served) -> None:
    found = answer(app, f"//example.org/x?token={TOKEN}")
    assert found.status == 303 and found.getheader("location") == "/example.org/x"
