"""Searches in several processes: the same results, and none lost with its process."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from optimiser._io.errors import InputError
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_config, load_problem
from optimiser.search import side_by_side
from optimiser.search.run import run
from optimiser.search.search import Progress, SearchResult, SearchSettings
from optimiser.search.side_by_side import Task, Workers, search_all, useful_workers, workers

SMALL = SearchSettings(population=24, generations=6, stagnation=0)


@pytest.fixture(scope="module")
def problem() -> BoundProblem:
    whole = bind(load_problem("nmc111"))
    return whole.with_acids(whole.supported_acids)


def tasks(problem: BoundProblem) -> list[Task]:
    return [Task(f"seed {k}", problem, SMALL, (k,), k) for k in range(4)]


def get_ready(others: Workers | None) -> None:
    assert others is not None
    others.executor.submit(int).result(60)


def assert_same(one: SearchResult, other: SearchResult) -> None:
    assert one.seed == other.seed and one.evaluations == other.evaluations
    assert np.array_equal(one.final.designs.continuous, other.final.designs.continuous)
    assert np.array_equal(one.final.objectives, other.final.objectives)


def test_results_do_not_depend_on_where_a_search_runs(problem: BoundProblem) -> None:
    alone = search_all(tasks(problem))
    told: dict[str, list[Progress]] = {}
    with workers(1) as others:
        get_ready(others)  # so that both have something to do
        shared = search_all(
            tasks(problem), others, lambda what, state: told.setdefault(what, []).append(state)
        )
        left = multiprocessing.active_children()
    for one, other in zip(alone, shared, strict=True):
        assert_same(one, other)
    assert sorted(told) == [task.what for task in tasks(problem)]
    for states in told.values():
        assert [s.generation for s in states] == list(range(1, 7))
        assert states[-1].generations == 6
    assert len(left) == 1 and not left[0].is_alive(), "the worker outlives its work"


def test_a_search_is_not_lost_with_its_process(problem: BoundProblem) -> None:
    alone = search_all(tasks(problem))
    with workers(1) as others:
        get_ready(others)
        killed = []

        def kill(what: str, state: Progress) -> None:
            if not killed:  # by now it has been given something to do
                killed.extend(multiprocessing.active_children())
                killed[0].kill()
                killed[0].join()

        shared = search_all(tasks(problem), others, kill)
    assert killed
    for one, other in zip(alone, shared, strict=True):
        assert_same(one, other)


def test_a_worker_that_dies_before_it_has_something_to_do_is_not_missed(problem: BoundProblem) -> None:
    alone = search_all(tasks(problem))
    with workers(2) as others:
        get_ready(others)
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        shared = search_all(tasks(problem), others)
    for one, other in zip(alone, shared, strict=True):
        assert_same(one, other)


SENDING = """
import multiprocessing, os, subprocess, time
import numpy as np
from optimiser.problem.binding import bind
from optimiser.problem.load import load_problem
from optimiser.search.search import SearchSettings
from optimiser.search.side_by_side import Task, search_all, workers

class Doomed(Task):
    def run(self, progress):
        parent = multiprocessing.parent_process()
        if parent is not None:  # it reads nothing while the worker sends its result and is killed
            script = f"kill -STOP {parent.pid}; sleep 1; kill -KILL {os.getpid()}; kill -CONT {parent.pid}"
            subprocess.Popen(["sh", "-c", script], start_new_session=True)
            time.sleep(0.3)
        return np.zeros(1_000_000)

if __name__ == "__main__":
    problem = bind(load_problem("nmc111"))
    tasks = [Doomed(str(k), problem, SearchSettings(8, 1, 0), (k,), k) for k in range(2)]
    with workers(1) as others:
        others.executor.submit(int).result()
        print([len(found) for found in search_all(tasks, others)])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by a signal")
def test_a_worker_killed_while_it_sends_its_result_keeps_nobody_waiting(tmp_path: Path) -> None:
    (tmp_path / "sending.py").write_text(SENDING, encoding="utf-8")
    made = subprocess.run(
        [sys.executable, "sending.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert made.stdout == "[1000000, 1000000]\n", made.stderr


class Here(Executor):
    """An executor that works at once, in this process."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future


def test_any_executor_of_the_standard_interface_will_do(problem: BoundProblem) -> None:
    for one, other in zip(
        search_all(tasks(problem)), search_all(tasks(problem), Workers(Here(), 2)), strict=True
    ):
        assert_same(one, other)


def test_an_interrupt_of_all_processes_ends_without_a_word_from_the_workers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "optimiser", "run", "nmc111_cost_vs_recovery"]
    for moment in (0.0, 0.05, 0.3):  # after the worker was started
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as started:
            # the first is what multiprocessing keeps its books with
            while started.poll() is None and len(psutil.Process(started.pid).children()) < 2:
                time.sleep(0.002)
            time.sleep(moment)
            os.killpg(started.pid, signal.SIGINT)
            try:
                _, stderr = started.communicate(timeout=60)
            finally:
                started.kill()
        assert started.returncode == 130, stderr
        *_, told, last = stderr.split("\n")
        assert last == "" and len(stderr) < len(told) + 10
        if list(tmp_path.iterdir()):  # it had searched already
            assert told.startswith("Stopped; go on with the same command and --resume (reports/nmc111_cost_")
            shutil.rmtree(tmp_path / "reports")
        else:
            assert told == "Stopped; nothing was written."


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_all_workers_start_at_once_and_hear_no_interrupt() -> None:
    with workers(3) as others:
        assert others is not None
        started = multiprocessing.active_children()
        status = [Path(f"/proc/{process.pid}/status").read_text() for process in started]
    assert len(started) == 3
    for text in status:
        blocked = int(next(line for line in text.splitlines() if line.startswith("SigBlk")).split()[1], 16)
        assert blocked & 1 << (signal.SIGINT - 1)


def test_what_goes_wrong_in_a_process_is_told_here(problem: BoundProblem) -> None:
    broken = [replace(task, problem=replace(problem, objectives=())) for task in tasks(problem)[1:]]
    with workers(1) as others:
        get_ready(others)
        with pytest.raises((ValueError, InputError)) as elsewhere:
            search_all([tasks(problem)[0], *broken], others)
    with pytest.raises(elsewhere.type):
        search_all(broken)


def test_a_search_that_ends_early_is_told_to_be_complete(problem: BoundProblem) -> None:
    told: list[Progress] = []
    patient = replace(tasks(problem)[0], settings=replace(SMALL, generations=40, stagnation=1))
    search_all([patient], None, lambda what, state: told.append(state))
    assert told[-1].generation == told[-1].generations < 40


def test_short_runs_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side.joblib, "cpu_count", lambda: 8)
    assert useful_workers(5, 9_999) == 0
    assert [useful_workers(n, 30_000) for n in (1, 2, 4, 9)] == [0, 1, 3, 3]
    monkeypatch.setattr(side_by_side.joblib, "cpu_count", lambda: 1)
    assert useful_workers(5, 30_000) == 0


def test_a_run_is_the_same_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "_WORTHWHILE", 0)
    config = load_config("nmc111_cost_vs_recovery")
    search = config.search.model_copy(update={"population": 24, "generations": 12, "per_acid": 6})
    small = replace(config, search=search)
    one, other = run(small), run(small, side_by_side=True)
    assert one.front is not None and other.front is not None
    assert one.evaluations == other.evaluations
    assert np.array_equal(one.front.evaluation.objectives, other.front.evaluation.objectives)
