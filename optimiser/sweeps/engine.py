"""Gives runs to whoever makes them, and keeps what comes back."""

from __future__ import annotations

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

from optimiser._io.errors import InputError
from optimiser.sweeps.hands import Hands
from optimiser.sweeps.plan import Job
from optimiser.sweeps.rows import Made
from optimiser.sweeps.work import OtherVersionError

#: Seconds of work in a task: long enough that giving it out costs nothing, short enough to lose.
_TASK = 15.0
#: Tasks that each worker has: one that it makes, and one that waits for it.
_EACH = 2
#: Times that a run may lose its worker before it counts as failed.
_LOSSES = 3


@dataclass
class Progress:
    """How far a sweep is.

    Attributes:
        total: runs of the sweep.
        there: that were in the store before.
        made: that were made since, those without a feasible design and those that failed included.
        infeasible, failed: of these.
        seconds: since the first run was given out.
        workers: runs that each worker has made, by name.
        spent: seconds that the runs took in their workers.
        number: workers that make runs now.
    """

    total: int
    there: int = 0
    made: int = 0
    infeasible: int = 0
    failed: int = 0
    seconds: float = 0.0
    workers: Counter[str] = field(default_factory=Counter)
    spent: float = 0.0
    number: int = 1

    @property
    def left(self) -> int:
        """Runs that are still to be made."""
        return self.total - self.there - self.made

    @property
    def seconds_left(self) -> float:
        """Time until the end, at the rate so far; NaN before the first run is made."""
        return self.left * self.seconds / self.made if self.made else float("nan")

    @property
    def per_minute(self) -> float:
        """Runs that one worker makes in a minute."""
        return 60.0 * self.made / (self.seconds * self.number) if self.seconds else 0.0


def make_all(
    jobs: Sequence[Job],
    hands: Hands,
    progress: Progress,
    *,
    keep: Callable[[Made], None],
    there: Callable[[str], bool],
    lost: Callable[[Job, str], Made],
    tell: Callable[[Progress], None] = lambda progress: None,
    task: float = _TASK,
    each: int = _EACH,
) -> None:
    """Make runs, and keep each as soon as it is made.

    Args:
        jobs: to be made, those that share what is compiled next to each other.
        hands: who makes them.
        progress: is kept up to date.
        keep: what becomes of a run that was made.
        there: whether a run has been made by somebody else meanwhile.
        lost: what stands for a run that has lost its worker several times.
        tell: called after every change, and every second.
        task: seconds of work in a task.
        each: tasks that each worker has.

    Raises:
        InputError: a run cannot be kept, a worker has another version, or the scheduler is lost.
    """
    left, alone = deque(jobs), deque[Job]()
    pending: dict[Future[list[Made]], list[Job]] = {}
    done: queue.SimpleQueue[Future[list[Made]]] = queue.SimpleQueue()
    losses: Counter[str] = Counter()
    started = time.perf_counter()

    def told(run: Made) -> None:
        keep(run)
        progress.made += 1
        progress.infeasible += run.status == "infeasible"
        progress.failed += run.status == "failed"
        progress.spent += run.seconds
        progress.workers[run.worker] += 1

    while left or alone or pending:
        progress.number = hands.number
        while (left or alone) and len(pending) < each * progress.number:
            some = [alone.popleft()] if alone else _some(left, progress, task)
            new = [job for job in some if not there(job.key)]
            progress.there += len(some) - len(new)
            if not new:
                continue
            try:
                future = hands.submit(new)
            except CancelledError:
                hands.recover()
                left.extendleft(reversed(new))
                continue
            pending[future] = new
            future.add_done_callback(done.put)
        progress.seconds = time.perf_counter() - started
        tell(progress)
        if not pending:
            continue
        try:
            ended = done.get(timeout=1.0)
        except queue.Empty:
            continue
        jobs_of = pending.pop(ended)
        try:
            runs = ended.result()
        except OtherVersionError as error:
            raise InputError(
                f"A worker has {error}.",
                where="--cluster",
                remedy="install the same version there, then go on with --resume",
            ) from None
        except (Exception, CancelledError) as error:  # a worker was lost, or cannot even begin
            hands.recover()
            for job in jobs_of:
                losses[job.key] += 1
                if losses[job.key] < _LOSSES:
                    alone.append(job)
                else:
                    told(
                        lost(job, f"Its worker ended {_LOSSES} times: {type(error).__name__} {error}".strip())
                    )
        else:
            for run in runs:
                told(run)
    progress.seconds = time.perf_counter() - started
    tell(progress)


def _some(left: deque[Job], progress: Progress, task: float) -> list[Job]:
    """Take runs for one task: a few seconds of work, less near the end so that all workers end together."""
    mean = progress.spent / progress.made if progress.made else task
    most = max(1, len(left) // (_EACH * progress.number))
    number = max(1, min(int(task / max(mean, 1e-6)), most))
    return [left.popleft() for _ in range(min(number, len(left)))]
