"""Waiting for what a page does, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def settled(page: Any, act: Callable[[], Any]) -> None:
    """Do something that changes the question, and wait for the answer to it, or for its refusal."""
    before = page.evaluate("performance.getEntriesByName('ask').length")
    act()
    page.evaluate(
        """async (n) => {
          const told = () => performance.getEntriesByName("ask").length > n
            || document.querySelector(".standing.old");
          const until = performance.now() + 60_000;
          while (!told() || document.querySelector("#answer[aria-busy]")) {
            if (performance.now() > until) { throw new Error("no answer and no refusal"); }
            await new Promise(requestAnimationFrame);
          }
        }""",
        before,
    )


def kept(page: Any, text: str) -> None:
    """Wait until the browser keeps a text for the page's next visit."""
    page.evaluate(
        """async (text) => {
          while (!Object.values(localStorage).some((value) => value.includes(text))) {
            await new Promise(requestAnimationFrame);
          }
        }""",
        text,
    )


def drawn(page: Any) -> None:
    """Wait until what the page has to draw is drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
