"""Twenty tabs and five searches at once: how quickly the server answers, and whether a job is lost."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.serving.started import Served, browsed, served

TABS, SEARCHES = 20, 5
#: What is asked again and again meanwhile.
ASKED = ("/healthz", "/jobs", "/ask", "/runs")
SCREENS = ("ask", "front", "predict", "runs")


def load(folder: Path) -> dict[str, Any]:
    """Open tabs, start searches, ask all the while, and return what was seen.

    Args:
        folder: of a new workspace.
    """
    seconds: list[float] = []
    over = threading.Event()
    with served(folder) as app, browsed() as browser:
        context = browser.new_context()
        tabs = [context.new_page() for _ in range(TABS)]
        for k, tab in enumerate(tabs):
            tab.goto(app.page(f"/{SCREENS[k % len(SCREENS)]}"))
        asking = threading.Thread(target=_ask, args=(app, seconds, over))
        asking.start()
        asked = {"kind": "configs", "shipped": "nmc111_cost_vs_recovery"}
        ids = [app.ask("/runs/start", asked)["id"] for _ in range(SEARCHES)]
        places = [app.ask(f"/jobs/{id}")["position"] for id in ids]
        seen = set[str]()
        while not all(app.ask(f"/jobs/{id}")["state"] not in ("queued", "running") for id in ids):
            seen.add(tabs[-1].locator("#going").text_content())
            time.sleep(0.5)
        states = [app.ask(f"/jobs/{id}")["state"] for id in ids]
        told = sum(tab.locator("#going").is_hidden() for tab in tabs)
        over.set()
        asking.join()
    return {
        "load_tabs": TABS,
        "load_searches": SEARCHES,
        "load_done": states.count("done"),
        "load_waiting_with_a_place": sum(place is not None for place in places),
        "load_tabs_that_know_the_end": told,
        "load_tab_has_said": sorted(text for text in seen if text),
        "load_answers": len(seconds),
        "load_answer_ms_median": _ms(seconds, 50),
        "load_answer_ms_p95": _ms(seconds, 95),
        "load_answer_ms_most": _ms(seconds, 100),
    }


def _ask(app: Served, seconds: list[float], over: threading.Event) -> None:
    k = 0
    while not over.is_set():
        began = time.perf_counter()
        app.ask(ASKED[k % len(ASKED)])
        seconds.append(time.perf_counter() - began)
        k += 1
        over.wait(0.1)


def _ms(seconds: list[float], percent: float) -> float:
    return round(1e3 * float(np.percentile(seconds, percent)), 1)
