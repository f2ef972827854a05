"""Several searches at once: other processes search, and this one does its share.

A search keeps one core busy, so searches that do not depend on each other share the machine's cores. What a
search finds is the same wherever it runs, and whatever runs beside it.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait

import joblib
import numpy as np

from optimiser.interrupts import interrupts_after
from optimiser.problem import Problem
from optimiser.search.search import Progress, SearchResult, SearchSettings, search
from optimiser.surrogate.artefact import Surrogate

#: Called with what is being searched (``seed 1`` or an acid) and how far it is.
ProgressCallback = Callable[[str, Progress], None]
_MOST = 4  # processes, of a few hundred MB each
#: Predictions below which starting a process takes longer than it saves.
_WORTHWHILE = 10_000


@dataclass(frozen=True)
class Task:
    """One search to be made.

    Attributes:
        what: what progress calls it.
        problem: what to search.
        settings: size and algorithm.
        stream: of random numbers, as `numpy.random.default_rng` takes it.
        seed: label written into the result.
    """

    what: str
    problem: Problem
    settings: SearchSettings
    stream: tuple[int, ...]
    seed: int

    def run(self, progress: Callable[[Progress], None] | None) -> SearchResult:
        """Search, and tell how far it is after every generation."""
        rng = np.random.default_rng(self.stream)
        return search(self.problem, self.settings, rng, seed=self.seed, progress=progress)


def useful_workers(searches: int, predictions: int) -> int:
    """Return how many processes beside this one are worth starting.

    Args:
        searches: to be made.
        predictions: of the seeds' searches together.
    """
    if predictions < _WORTHWHILE:
        return 0
    cores: int = joblib.cpu_count()
    return max(0, min(searches, cores, _MOST) - 1)


@contextmanager
def workers(n: int) -> Iterator[list[Connection]]:
    """Start processes that search, and end them with the block under ``with``.

    They load what a search needs while this process goes on.

    Args:
        n: how many.

    Yields:
        What `search_all` speaks to them through.
    """
    context = multiprocessing.get_context("spawn")  # a fork would inherit locked threads
    started = []
    threads = max(1, joblib.cpu_count() // (n + 1))
    if n and sys.platform != "win32":
        resource_tracker.ensure_running()  # started with a worker, it would let interrupts in
    try:
        for _ in range(n):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(there, threads), daemon=True)
            with interrupts_after():
                process.start()
                started.append((process, here))
            there.close()  # so that the pipe breaks with the process
        yield [here for _, here in started]
    finally:
        for process, here in started:
            here.close()
            process.terminate()
            process.join()


def search_all(
    tasks: Sequence[Task], connections: list[Connection], progress: ProgressCallback | None = None
) -> list[SearchResult]:
    """Make searches, here and in the workers; a worker that dies has its search made by another.

    Args:
        tasks: the searches, longest first.
        connections: of `workers`; without any, all is done here, one after the other.
        progress: told how far each search is; its last word on a search is that it is complete.

    Returns:
        One result per task, in their order.

    Raises:
        InputError: a search raised it.
    """
    results: dict[int, SearchResult] = {}
    left, alive = deque(range(len(tasks))), list(connections)
    idle: list[Connection] = []
    busy: dict[Connection, int] = {}
    last: dict[int, Progress] = {}

    def tell(k: int, state: Progress) -> None:
        last[k] = state
        if progress is not None:
            progress(tasks[k].what, state)

    def finish(k: int, result: SearchResult) -> None:
        results[k] = result
        if k in last and last[k].generation < last[k].generations:
            tell(k, replace(last[k], generations=last[k].generation))

    def lose(connection: Connection) -> None:
        """Go on without a worker that is gone; what it had to do is done by another."""
        alive.remove(connection)
        if connection in idle:
            idle.remove(connection)
        if connection in busy:
            left.appendleft(busy.pop(connection))

    def listen(timeout: float | None) -> None:
        """Take what the workers say, and give those who wait something to do."""
        for connection in wait(alive, timeout):
            assert isinstance(connection, Connection)
            try:
                said = connection.recv()
            except (EOFError, OSError):
                lose(connection)
                continue
            if isinstance(said, Progress):
                tell(busy[connection], said)
                continue
            if isinstance(said, Exception):
                raise said
            if isinstance(said, SearchResult):
                finish(busy.pop(connection), said)
            idle.append(connection)
        while idle and left:
            connection, k = idle.pop(), left.popleft()
            busy[connection] = k
            try:
                connection.send(tasks[k])
            except OSError:
                lose(connection)

    def here(k: int) -> Callable[[Progress], None]:
        def heard(state: Progress) -> None:
            tell(k, state)
            listen(0.0)

        return heard

    with _threads(len(connections)):
        while left or busy:
            listen(0.0 if left else None)
            if left:
                k = left.popleft()
                finish(k, tasks[k].run(here(k)))
    return [results[k] for k in range(len(tasks))]


@contextmanager
def _threads(others: int) -> Iterator[None]:
    """Leave their share of the cores to other processes."""
    import numba

    before = numba.get_num_threads()
    try:
        numba.set_num_threads(max(1, before // (others + 1)))
        yield
    finally:
        numba.set_num_threads(before)


def _work(connection: Connection, threads: int) -> None:
    """Search what comes, until the pipe breaks; say when there is nothing to do."""
    import numba

    from optimiser.surrogate import _settle, _walk  # noqa: F401 - loaded while nobody waits for them

    numba.set_num_threads(min(threads, numba.get_num_threads()))
    gc.freeze()  # what was imported stays: no use in looking for garbage among it
    kept: dict[str, Surrogate] = {}  # with what they have compiled, which does not come with a task
    try:
        connection.send("ready")
        while True:
            task: Task = connection.recv()
            problem = task.problem
            surrogate = kept.setdefault(problem.surrogate.sha256, problem.surrogate)
            try:
                task = replace(task, problem=replace(problem, surrogate=surrogate))
                connection.send(task.run(connection.send))
            except Exception as error:
                error.add_note(f"In another process:\n{traceback.format_exc()}")
                connection.send(error)
    except (EOFError, OSError):
        return
