"""Waiting for what a page or a job does, and for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

#: Milliseconds that a whole job, or the very first answer, may take on a slow machine.
LONG = 240_000


def until(found: Callable[[], Any]) -> Any:
    """Ask again and again until there is something, and return it."""
    end = time.monotonic() + LONG / 1000
    while not (one := found()):
        assert time.monotonic() < end, f"not there after {LONG // 1000} seconds"
        time.sleep(0.05)
    return one


def settled(page: Any, act: Callable[[], Any]) -> None:
    """Do something that changes the question, and wait for the answer to it, or for its refusal."""
    before = page.evaluate("performance.getEntriesByName('ask').length")
    act()
    page.wait_for_function(
        """(n) => (performance.getEntriesByName("ask").length > n || document.querySelector(".standing.old"))
          && !document.querySelector("#answer[aria-busy]")""",
        arg=before,
        timeout=LONG,
    )


def rested(page: Any) -> None:
    """Wait until a feasible answer has what is told later: intervals, warnings, a better design."""
    page.wait_for_selector(".warnings", timeout=LONG)


def loaded(page: Any) -> None:
    """Wait until nothing on a page is still read for it."""
    page.wait_for_function(
        """() => !document.querySelector("main [aria-busy]")
          && ![...document.querySelectorAll("main .empty")].some((one) => one.textContent.endsWith("…"))""",
        timeout=LONG,
    )


def kept(page: Any, text: str) -> None:
    """Wait until the browser keeps a text for the page's next visit."""
    page.wait_for_function(
        "(text) => Object.values(localStorage).some((value) => value.includes(text))", arg=text, timeout=LONG
    )
