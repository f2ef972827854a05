"""Several searches at once: other processes search, and this one does its share.

A search keeps one core busy, so searches that do not depend on each other share the machine's cores. What a
search finds is the same wherever it runs, and whatever runs beside it.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

import joblib
import numpy as np

from optimiser._io.interrupts import interrupts_after
from optimiser.problem.problem import Problem
from optimiser.search.search import Progress, SearchResult, SearchSettings, search
from optimiser.surrogate.artefact import Surrogate

#: Called with what is being searched (``seed 1`` or an acid) and how far it is.
ProgressCallback = Callable[[str, Progress], None]
_MOST = 4  # processes, of a few hundred MB each
#: Predictions below which starting a process takes longer than it saves.
_WORTHWHILE = 10_000
_PATIENCE = 5.0  # seconds, with workers that were told to end
#: In a worker: where it tells how far it is, and the surrogates it has compiled.
_tell: Any = None
_kept: dict[str, Surrogate] = {}


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


@dataclass(frozen=True)
class Workers:
    """Processes that search.

    Attributes:
        pool: of the processes.
        number: of them.
        told: where they say what a search is called and how far it is.
    """

    pool: ProcessPoolExecutor
    number: int
    told: Connection


def useful_workers(searches: int, predictions: int) -> int:
    """Return how many processes beside this one are worth starting.

    Args:
        searches: to be made.
        predictions: of the seeds' searches together.
    """
    if predictions < _WORTHWHILE:
        return 0
    return max(0, min(searches, int(joblib.cpu_count()), _MOST) - 1)


@contextmanager
def workers(n: int) -> Iterator[Workers | None]:
    """Start processes that search, and end them with the block under ``with``.

    They load what a search needs while this process goes on.

    Args:
        n: how many; None is yielded for 0.
    """
    if not n:
        yield None
        return
    context = multiprocessing.get_context("spawn")  # a fork would inherit locked threads
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # started with a worker, it would let interrupts in
    # shared by all of them without a lock: the system writes what is shorter than 4 kB in one piece
    (told, tell), before = context.Pipe(duplex=False), multiprocessing.active_children()
    threads = max(1, joblib.cpu_count() // (n + 1))
    pool = ProcessPoolExecutor(n, context, initializer=_prepare, initargs=(tell, threads))
    try:
        with interrupts_after():
            for _ in range(n):  # each starts a process, as long as none waits for work
                pool.submit(int)
        yield Workers(pool, n, told)
    except BaseException:
        for process in multiprocessing.active_children():
            if process not in before:
                process.terminate()
        # one that was ended while it sent its result would keep us waiting
        ending = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        ending.start()
        ending.join(_PATIENCE)
        raise
    else:
        pool.shutdown()
    finally:
        told.close()
        tell.close()


def search_all(
    tasks: Sequence[Task], others: Workers | None = None, progress: ProgressCallback | None = None
) -> list[SearchResult]:
    """Make searches, here and in the workers; if a worker dies, what is left is made here.

    Args:
        tasks: the searches, longest first.
        others: from `workers`; without, all is done here, one after the other.
        progress: told how far each search is; its last word on a search is that it is complete.

    Returns:
        One result per task, in their order.

    Raises:
        InputError: a search raised it.
    """
    results: dict[int, SearchResult] = {}
    left, busy = deque(range(len(tasks))), dict[Future[SearchResult], int]()
    free = others.number if others else 0
    last: dict[str, Progress] = {}

    def tell(what: str, state: Progress) -> None:
        last[what] = state
        if progress is not None:
            progress(what, state)

    def finish(k: int, result: SearchResult) -> None:
        results[k], state = result, last.get(tasks[k].what)
        if state is not None and state.generation < state.generations:
            tell(tasks[k].what, replace(state, generations=state.generation))

    def serve() -> None:
        """Hear what the workers say, and give those who wait something to do."""
        nonlocal free
        if others is None:
            return
        done = [future for future in busy if future.done()]  # first, for their last words are then on the way
        while others.told.poll():
            tell(*others.told.recv())
        for future in done:
            k = busy.pop(future)
            try:
                finish(k, future.result())
            except BrokenProcessPool:
                free = 0
                left.appendleft(k)
        while left and len(busy) < free:
            try:
                busy[others.pool.submit(_search, tasks[left[0]])] = left[0]
            except BrokenProcessPool:
                free = 0
            else:
                left.popleft()

    def run_here(k: int) -> None:
        def heard(state: Progress) -> None:
            tell(tasks[k].what, state)
            serve()

        finish(k, tasks[k].run(heard))

    with _threads(free):
        while left or busy:
            serve()
            if left:
                run_here(left.popleft())
            else:
                wait(busy, timeout=0.05)
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


def _prepare(tell: Connection, threads: int) -> None:
    """Load what a search needs in a worker while nobody waits for it; interrupts are for who started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import numba

    from optimiser.surrogate import _settle, _walk  # noqa: F401 - loaded, not used here

    global _tell
    _tell = tell
    numba.set_num_threads(min(threads, numba.get_num_threads()))


def _search(task: Task) -> SearchResult:
    """Search in a worker, with what it compiled before: that does not come with a task."""
    surrogate = _kept.setdefault(task.problem.surrogate.sha256, task.problem.surrogate)
    task = replace(task, problem=replace(task.problem, surrogate=surrogate))
    return task.run(lambda state: _tell.send((task.what, state)))
