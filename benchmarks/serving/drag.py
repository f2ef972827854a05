"""Dragging on the screen Ask: how soon an answer is shown, what memory stays, how near the best it is."""

from __future__ import annotations

import copy
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.serving.started import browsed, served
from optimiser.answers.answer import ask
from optimiser.answers.question import Asked
from optimiser.app.live import Answers
from optimiser.app.question import SEARCH, loaded, posed
from optimiser.problem.load import load_config
from optimiser.search.run import run

#: Moves of a slider, and those after which memory is compared with that at the end.
_MOVES, _WARM = 200, 20
#: Moves while a whole search runs beside, and moves that each end the search behind a question.
_BESIDE, _BEHIND = 60, 10
_SLIDERS = ("prices-sulfuric", "target-Co", "factors-h2o2", "prices-h2o2", "target-all")
_SHOWN = """async (n) => {
  while (performance.getEntriesByName("ask").length <= n) { await new Promise(requestAnimationFrame); }
  return performance.getEntriesByName("ask").at(-1).duration;
}"""
#: Questions whose live answer is held against that of `ask`.
_PROBLEMS, _TARGETS = ("nmc111", "nmc622", "lco"), (0.7, 0.85, 0.9)


def drag(folder: Path) -> dict[str, Any]:
    """Move sliders of prices, factors and targets, each once its answer is shown.

    Args:
        folder: of a new workspace.

    Returns:
        Milliseconds from the move to the answer: with nothing else to do, while a search of Runs goes on, and
        where the move ends the search behind a question. Megabytes of the page's and the server's memory.
    """
    with served(folder) as app, browsed() as browser:
        page = browser.new_context().new_page()
        page.set_default_timeout(120_000)
        began = time.perf_counter()
        page.goto(app.page("/ask"))
        page.wait_for_selector("#tiles")
        first = time.perf_counter() - began
        page.uncheck("#behind")
        page.evaluate("document.querySelectorAll('#question details').forEach((one) => { one.open = true; })")
        memory = page.context.new_cdp_session(page)
        times = [_move(page, move) for move in range(_WARM)]
        before = _heap(memory), _resident(app.pid)
        times += [_move(page, move) for move in range(_WARM, _MOVES)]
        after = _heap(memory), _resident(app.pid)
        job = app.ask("/runs/start", {"kind": "configs", "shipped": "nmc111_cost_vs_recovery"})["id"]
        while app.ask(f"/jobs/{job}")["state"] == "queued" or not app.ask(f"/jobs/{job}")["steps"]:
            time.sleep(0.1)
        beside = [_move(page, move) for move in range(_BESIDE)]
        if app.ask(f"/jobs/{job}")["state"] != "running":
            raise RuntimeError("the search beside ended before the moves did")
        while app.ask(f"/jobs/{job}")["state"] == "running":
            time.sleep(0.5)
        page.check("#behind")
        behind = []
        for move in range(_BEHIND):
            page.wait_for_selector("#searching .bars progress")
            behind.append(_move(page, move))
    return {
        "drag_first_answer_s": round(first, 2),
        **_told("drag_ms", times),
        **_told("drag_beside_a_search_ms", beside),
        **_told("drag_ends_a_search_ms", behind),
        "drag_page_mb": [round(before[0], 1), round(after[0], 1)],
        "drag_server_mb": [round(before[1]), round(after[1])],
    }


def _move(page: Any, move: int) -> float:
    """Move one of the sliders by a step, and return the milliseconds until its answer is shown."""
    seen = page.evaluate("performance.getEntriesByName('ask').length")
    page.focus(f"#{_SLIDERS[move % len(_SLIDERS)]}-slider")
    page.keyboard.press("ArrowLeft" if (move // len(_SLIDERS)) % 8 < 4 else "ArrowRight")
    return float(page.evaluate(_SHOWN, seen))


def _told(name: str, times: list[float]) -> dict[str, int]:
    return {
        f"{name}_median": round(statistics.median(times)),
        f"{name}_p95": round(sorted(times)[int(0.95 * len(times))]),
    }


def gap(folder: Path) -> dict[str, Any]:
    """Return by how much per cent live answers are above those of `ask`, before and after the search behind.

    Args:
        folder: where the files of the searches are put.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in _PROBLEMS:
        for target in _TARGETS:
            problem = copy.deepcopy(loaded(name))
            own = problem["constraints"][0]["yield"]
            problem["constraints"][0]["yield"] = dict.fromkeys(own, target)
            question, answers = posed({"problem": problem}), Answers()
            best = ask(question.problem, Asked()).value
            values = [answers.answer(question).answer.value, answers.more(question).answer.value]
            for file, text in question.files.items():
                (folder / file).write_text(text, encoding="utf-8")
            began = time.perf_counter()
            searched = run(load_config(folder / SEARCH))
            seconds = time.perf_counter() - began
            answers.learn(question, searched.seen, searched.problem.acid_names)
            values.append(answers.answer(question).answer.value)
            above = [round(100.0 * (value / best - 1.0), 2) for value in values]
            found[f"{name} {target:g}"] = dict(
                zip(("first", "rested", "searched"), above, strict=True), search_s=round(seconds, 1)
            )
            print(name, target, found[f"{name} {target:g}"], flush=True)
    return {
        "gap_percent": found,
        "gap_percent_worst": max(one["searched"] for one in found.values()),
        "gap_percent_dragged": _dragged(),
    }


def _dragged() -> dict[str, float]:
    """Return the gap right after targets of NMC111 were dragged from 60 to 90 %, and after a rest."""
    asked = []
    for target in (0.6, 0.9):
        problem = copy.deepcopy(loaded("nmc111"))
        own = problem["constraints"][0]["yield"]
        problem["constraints"][0]["yield"] = dict.fromkeys(own, target)
        asked.append(posed({"problem": problem}))
    answers, best = Answers(), ask(asked[1].problem, Asked()).value
    answers.more(asked[0])
    values = [answers.answer(asked[1]).answer.value, answers.more(asked[1]).answer.value]
    return {
        when: round(100.0 * (value / best - 1.0), 1)
        for when, value in zip(("at once", "rested"), values, strict=True)
    }


def _heap(session: Any) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def _resident(pid: int) -> float:
    """Return the memory of a process, MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) / 1e3
    return 0.0
