"""Pages in a real browser, if there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

#: Whether all figures are drawn but those folded away, which are drawn when they open.
_DRAWN = """[...document.querySelectorAll('.plot')].every(
    p => p.classList.contains('js-plotly-plot') || p.closest('details:not([open])'))"""


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def opened(path: Path, width: int) -> Iterator[Any]:
    """Open a report with every figure drawn, and leave it; without a browser the test is skipped.

    The page must fit its width, show no figure that could not be made, log no error and fetch nothing.
    """
    sync = pytest.importorskip("playwright.sync_api")
    if (browser_path := find_browser()) is None:
        pytest.skip("needs Chromium")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        wrong: list[str] = []
        fetched: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(path.as_uri())
        # asked from here: the page's security policy lets nothing inside it poll
        for _ in range(100):
            if page.evaluate(_DRAWN):
                break
            page.wait_for_timeout(100)
        assert page.evaluate(_DRAWN), "some figure was not drawn"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("section .error").count() == 0
        yield page
        browser.close()
    assert wrong == [], wrong
    assert fetched == [path.as_uri()]


def eventually(page: Any, expression: str, wanted: object) -> object:
    """Ask until the answer is the one wanted or five seconds are over; the page itself may not poll."""
    for _ in range(50):
        if page.evaluate(expression) == wanted:
            break
        page.wait_for_timeout(100)
    return page.evaluate(expression)
