"""The app as a process, and its pages in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.browser import find_browser

TOKEN = "a-token-of-tests"


@dataclass(frozen=True)
class Served:
    """A running app: its address without a token, its workspace, its process."""

    address: str
    folder: Path
    process: subprocess.Popen[str]

    def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        return self.ask(path)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> Any:
        """Send a request with the token, and return the JSON of the answer."""
        request = urllib.request.Request(
            self.address + path, data=body, method=method, headers={"authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Start the app in a folder as users do, and end it."""
    command = [sys.executable, "-m", "optimiser", "app", "--folder", str(folder)]
    process = subprocess.Popen(
        [*command, "--token", TOKEN, "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder.parent,
    )
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert line.startswith("The app is at http://127.0.0.1:"), line + process.stderr.read()
    try:
        yield Served(line.split()[-1].split("/?")[0], folder, process)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An app in an empty workspace, for a module of tests."""
    with served(tmp_path_factory.mktemp("app") / "workspace") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser; without one the test is skipped."""
    sync = pytest.importorskip("playwright.sync_api")
    if (path := find_browser()) is None:
        pytest.skip("needs Chromium")
    sync.expect.set_options(timeout=60_000)  # as that of pages; its usual 5 s are short beside other tests
    with sync.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"], timeout=60_000)
        yield found
        found.close()


@pytest.fixture
def tab(app: Served, browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page of the app, as ``tab("/ask", width=390)``; no page may log an error or ask elsewhere."""
    contexts, wrong = [], []

    def open_page(path: str, width: int = 1280, **more: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda m: wrong.append(m.text) if m.type == "error" and "422" not in m.text else None
        )
        page.on(
            "request",
            lambda r: None if r.url.startswith((app.address, "blob:", "data:")) else wrong.append(r.url),
        )
        page.goto(f"{app.address}{path}{'&' if '?' in path else '?'}token={TOKEN}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
