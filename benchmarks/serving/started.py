"""The app as a process, and a browser to look at it, for the measurements of `benchmarks.app`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "a-token-of-benchmarks"


@dataclass(frozen=True)
class Served:
    """A running app: its address, and the number of its process."""

    address: str
    pid: int

    def ask(self, path: str, told: Any = None) -> Any:
        """Send a request with the token, and return the JSON of the answer; with ``told``, as its body."""
        body = None if told is None else json.dumps(told).encode()
        headers = {"authorization": f"Bearer {TOKEN}"}
        with urllib.request.urlopen(
            urllib.request.Request(self.address + path, body, headers), timeout=120
        ) as answer:
            content = answer.read()
        return json.loads(content) if content[:1] in (b"{", b"[") else content

    def page(self, path: str) -> str:
        """Return the address of a page with its token."""
        return f"{self.address}{path}{'&' if '?' in path else '?'}token={TOKEN}"


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Start the app in a folder, and end it."""
    command = [
        sys.executable,
        "-m",
        "optimiser",
        "app",
        "--folder",
        str(folder),
        "--token",
        TOKEN,
        "--no-browser",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Served(process.stdout.readline().split()[-1].split("/?")[0], process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def browsed() -> Iterator[Any]:
    """Start headless Chromium, and end it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()
