"""Several searches at once: other processes search, and this one does its share.

A search keeps one core busy, so searches that do not depend on each other share the machine's cores. What a
search finds is the same wherever it runs, and whatever runs beside it.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import pickle
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path

import joblib
import numpy as np

from optimiser._io.interrupts import end_with_parent, interrupts_after
from optimiser.problem.bound import BoundProblem
from optimiser.search.journal import Journal, opened
from optimiser.search.search import Progress, SearchResult, SearchSettings, search
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.trees import compiled_loops

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
        journal: file that keeps its steps, so that it goes on from there when it is made again; or None.
    """

    what: str
    problem: BoundProblem
    settings: SearchSettings
    stream: tuple[int, ...]
    seed: int
    journal: Path | None = None

    def run(self, progress: Callable[[Progress], None]) -> SearchResult:
        """Search, and tell how far it is after every generation, and at last that it is complete.

        Raises:
            InputError: the journal is damaged, is of another search, or cannot be written.
        """
        states: list[Progress] = []

        def tell(state: Progress) -> None:
            states.append(state)
            progress(state)

        rng, problem, settings = np.random.default_rng(self.stream), self.problem, self.settings
        with self._opened() as kept:
            result = search(problem, settings, rng, seed=self.seed, progress=tell, journal=kept)
        if states and states[-1].generation < states[-1].generations:  # it ended early
            progress(replace(states[-1], generations=states[-1].generation))
        return result

    def _opened(self) -> AbstractContextManager[Journal | None]:
        if self.journal is None:
            return nullcontext()
        which = f"{self.what}, stream {self.stream}, {self.settings}"
        return opened(self.journal, which, self.problem.variables)


@dataclass(frozen=True)
class Workers:
    """Where searches can be made beside this process.

    Attributes:
        executor: takes them; any of the interface of `concurrent.futures`.
        number: how many it makes at a time.
        told: where its processes say what a search is called and how far it is; None if they cannot.
    """

    executor: Executor
    number: int
    told: Connection | None = None


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
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        pool = ProcessPoolExecutor(n, context, initializer=_prepare, initargs=(tell, folder, threads))
        try:
            with interrupts_after():
                for _ in range(n):  # each starts a process, as long as none waits for work
                    pool.submit(int)
            yield Workers(pool, n, told)
        except BaseException:
            for process in multiprocessing.active_children():
                if process not in before:
                    process.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
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
    left, busy = deque(range(len(tasks))), dict[Future[SearchResult | Path], int]()
    free = others.number if others else 0
    tell = progress or (lambda what, state: None)

    def serve() -> None:
        """Hear what the workers say, and give those who wait something to do."""
        nonlocal free
        if others is None:
            return
        done = [future for future in busy if future.done()]  # first, for their last words are then on the way
        while others.told is not None and others.told.poll():
            tell(*others.told.recv())
        for future in done:
            k = busy.pop(future)
            try:
                found = future.result()
            except BrokenExecutor:
                free = 0
                left.appendleft(k)
            else:
                results[k] = pickle.loads(found.read_bytes()) if isinstance(found, Path) else found
        while left and len(busy) < free:
            try:
                busy[others.executor.submit(_search, tasks[left[0]])] = left[0]
            except BrokenExecutor:
                free = 0
            else:
                left.popleft()

    def run_here(task: Task) -> SearchResult:
        def heard(state: Progress) -> None:
            tell(task.what, state)
            serve()

        return task.run(heard)

    with _threads(free):
        while left or busy:
            serve()
            if left:
                k = left.popleft()
                results[k] = run_here(tasks[k])
            else:
                wait(busy, timeout=0.05)
    return [results[k] for k in range(len(tasks))]


@contextmanager
def _threads(others: int) -> Iterator[None]:
    """Leave their share of the cores to other processes."""
    with compiled_loops():
        import numba

        before = numba.get_num_threads()
    try:
        numba.set_num_threads(max(1, before // (others + 1)))
        yield
    finally:
        numba.set_num_threads(before)


# --- in a worker --------------------------------------------------------------------------------------------

#: Where it tells how far it is, where it leaves its results, and the surrogates that it has compiled.
_tell: Connection | None = None
_folder: Path | None = None
_kept: dict[str, Surrogate] = {}


def _prepare(tell: Connection, folder: str, threads: int) -> None:
    """Load what a search needs while nobody waits for it; interrupts are for who started the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    import numba

    from optimiser.surrogate.loops import settle, walk  # noqa: F401 - loaded, not used here

    global _tell, _folder
    _tell, _folder = tell, Path(folder)
    numba.set_num_threads(min(threads, numba.get_num_threads()))


def _search(task: Task) -> SearchResult | Path:
    """Search with what this process compiled before: that does not come with a task.

    Return the file that holds the result where there is a folder for it. A result is too long for a pipe to
    take at once, so who waits for it would wait for ever if the worker were killed while sending it.
    """
    surrogate = _kept.setdefault(task.problem.surrogate.sha256, task.problem.surrogate)
    own = replace(task, problem=replace(task.problem, surrogate=surrogate))
    result = own.run(lambda state: None if _tell is None else _tell.send((task.what, state)))
    if _folder is None:
        return result
    with tempfile.NamedTemporaryFile(dir=_folder, delete=False) as file:
        pickle.dump(result, file)
    return Path(file.name)
