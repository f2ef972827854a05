"""Who makes the runs of a sweep: processes on this machine, or the workers of a Dask cluster.

Both take work as executors of `concurrent.futures` do.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from optimiser import __version__
from optimiser._io.errors import InputError
from optimiser._io.extras import needs
from optimiser._io.interrupts import interrupts_after
from optimiser.sweeps.plan import Base, Job
from optimiser.sweeps.rows import Made
from optimiser.sweeps.work import make, prepare, unpacked

#: Seconds in which a scheduler has to answer, and in which a first worker has to be there.
ANSWER, FIRST = 10.0, 60.0
#: Seconds that a job scheduler may take to start a worker.
QUEUE = 600.0
#: Seconds after which a scheduler is asked again how many workers it has.
_ASK = 5.0
SLURM = "slurm"
_ADDRESS = re.compile(r"(tcp|tls|ws|wss)://(\[[0-9a-fA-F:.]+\]|[^\s/:]+):\d{1,5}")


class Hands(Protocol):
    """Who makes runs."""

    @property
    def number(self) -> int:
        """How many runs are made at a time."""

    def submit(self, jobs: Sequence[Job]) -> Future[list[Made]]:
        """Take some runs; raises CancelledError where it must recover first."""

    def recover(self) -> None:
        """Go on after a worker was lost; raises InputError where nobody is left to work."""


class Processes:
    """Processes on this machine, one run each at a time.

    Each is a pool of its own, so that one that ends takes no other's work with it.
    """

    def __init__(self, number: int, base: Base, folder: Path | None) -> None:
        self.number = number
        self._given = (base, folder)
        self._pools = [self._pool() for _ in range(number)]
        self._busy: list[list[Future[list[Made]]]] = [[] for _ in range(number)]

    def _pool(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork would inherit locked threads
        pool = ProcessPoolExecutor(1, context, initializer=prepare, initargs=self._given)
        with interrupts_after():
            pool.submit(int)  # starts the process
        return pool

    def submit(self, jobs: Sequence[Job]) -> Future[list[Made]]:
        """Give runs to the process that has the least to do."""
        for futures in self._busy:
            futures[:] = [future for future in futures if not future.done()]
        k = min(range(self.number), key=lambda k: len(self._busy[k]))
        try:
            future = self._pools[k].submit(make, None, jobs)
        except BrokenExecutor:
            self._pools[k] = self._pool()
            future = self._pools[k].submit(make, None, jobs)
        self._busy[k].append(future)
        return future

    def recover(self) -> None:
        """Do nothing: a process that has ended is replaced when the next work is given to it."""

    def stop(self, at_once: bool) -> None:
        """End the processes; at once, or when they have made what they have."""
        for pool in self._pools:
            if at_once:
                for process in list((getattr(pool, "_processes", None) or {}).values()):
                    process.terminate()
            pool.shutdown(cancel_futures=True)
        # what a pool shares with its process goes with it, also where the command ends without Python's end
        self._pools.clear()
        self._busy.clear()
        gc.collect()


class Cluster:
    """The workers of a Dask scheduler."""

    def __init__(self, client: Any, base: Base, seconds: float) -> None:
        self._client = client
        self._base = base
        self._seconds = seconds  # in which a lost worker has to be replaced, where it was the last one
        self._executor = client.get_executor(pure=False)
        self._number, self._asked = 1, -math.inf
        self._send()

    def _send(self) -> None:
        """Give tables and yield models to each worker, once."""
        self._sent = self._client.scatter(self._base, broadcast=True, hash=False)

    @property
    def number(self) -> int:
        """Workers that were there within the last seconds, at least 1."""
        if time.monotonic() - self._asked > _ASK:  # a question to the scheduler takes longer than a task
            self._asked = time.monotonic()
            with suppress(OSError):  # a scheduler that is lost is told of by the next task
                self._number = max(1, len(self._client.nthreads()))
        return self._number

    def submit(self, jobs: Sequence[Job]) -> Future[list[Made]]:
        """Give runs to the scheduler."""
        if self._client.status != "running" or self._sent.status != "finished":
            raise CancelledError
        future: Future[list[Made]] = self._executor.submit(make, self._sent, jobs)
        return future

    def recover(self) -> None:
        """Send again what the last worker took with it; refuse to go on without a scheduler or workers.

        Raises:
            InputError: the scheduler does not answer any more, or no worker has replaced the last one.
        """
        while self._client.status == "running" and self._sent.status != "finished":
            try:
                self._client.wait_for_workers(1, timeout=self._seconds)
                self._send()
            except TimeoutError:
                raise InputError(
                    f"All workers have gone, and none has come for {self._seconds:g} s.",
                    where="--cluster",
                    remedy="start some, then the sweep with --resume: the runs that are in the store stay",
                ) from None
            except OSError:  # a worker has gone while it was sent
                continue
        if self._client.status != "running":
            raise InputError(
                "The scheduler does not answer any more.",
                where=f"--cluster {self._client.scheduler.address if self._client.scheduler else ''}".strip(),
                remedy="start it again, then the sweep with --resume: the runs that are in the store stay",
            )


def check_address(address: str | None) -> None:
    """Refuse what is no address of a Dask scheduler.

    Raises:
        InputError: neither ``slurm`` nor an address with a port.

    Examples:
        >>> check_address("tcp://10.0.0.5:8786")
    """
    if address is not None and address != SLURM and not _ADDRESS.fullmatch(address):
        raise InputError(
            f"{address!r} is no address of a Dask scheduler.",
            where="--cluster",
            allowed="an address such as tcp://10.0.0.5:8786 or tls://scheduler:8786, or slurm",
        )


@contextmanager
def processes(number: int, base: Base) -> Iterator[Processes]:
    """Start processes on this machine, and end them with the block under ``with``.

    Args:
        number: of processes.
        base: what all runs start from.
    """
    # this process removes the files again, also of workers that end before their time
    with tempfile.TemporaryDirectory(prefix="leaching-sweep-", ignore_cleanup_errors=True) as folder:
        made = Processes(number, base, unpacked(base, Path(folder)) if base.files else None)
        at_once = True
        try:
            yield made
            at_once = False
        finally:
            made.stop(at_once)


@contextmanager
def cluster(
    address: str, jobs: int | None, base: Base, warn: Callable[[str], None] = lambda text: None
) -> Iterator[Cluster]:
    """Connect to a Dask scheduler, and leave it with the block under ``with``.

    Args:
        address: of the scheduler, such as ``tcp://10.0.0.5:8786``, or ``slurm``, which starts a scheduler
            here and asks SLURM for its workers as ``~/.config/dask/jobqueue.yaml`` says.
        jobs: workers to ask SLURM for.
        base: what all runs start from.
        warn: told what may surprise.

    Raises:
        InputError: no scheduler answers, it has no workers, or one of them has another version of the
            program.
    """
    needs("cluster")
    import dask
    from distributed import Client

    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what is lost is told by the sweep
    with (
        dask.config.set({"distributed.comm.timeouts.connect": f"{ANSWER:g}s"}),
        _queue(address, jobs) as place,
    ):
        try:
            if place == address:
                with ThreadPoolExecutor(1) as apart:  # a notebook has a loop of its own in this thread
                    apart.submit(asyncio.run, _answers(address)).result()
            client = Client(place, timeout=ANSWER, set_as_default=False)
        except Exception as error:  # whatever is there, it speaks another language
            raise InputError(
                f"No Dask scheduler answers at {address}: {str(error) or type(error).__name__}.",
                where="--cluster",
                allowed="an address such as tcp://10.0.0.5:8786, or slurm",
                remedy="start one with `dask scheduler`, or look for a firewall in between",
            ) from None
        try:
            seconds = QUEUE if address == SLURM else FIRST
            _check_workers(client, address, seconds, warn)
            yield Cluster(client, base, seconds)
        finally:
            client.close(timeout=5)


async def _answers(address: str) -> None:
    """Return if a scheduler answers; a client would wait for one that takes a connection and says nothing."""
    from distributed.comm import connect
    from distributed.security import Security

    try:
        async with asyncio.timeout(ANSWER + 1.0):
            comm = await connect(address, timeout=ANSWER, **Security().get_connection_args("client"))
            await comm.close()
    except TimeoutError:
        raise OSError("it takes the connection, and says nothing") from None


@contextmanager
def _queue(address: str, jobs: int | None) -> Iterator[Any]:
    """Give what a client connects to: the address, or the scheduler of jobs that SLURM starts."""
    if address != SLURM:
        yield address
        return
    from dask_jobqueue import SLURMCluster

    try:
        queue = SLURMCluster()
    except (ValueError, TypeError) as error:
        raise InputError(
            f"SLURM cannot be asked for workers: {error}",
            where="--cluster slurm",
            remedy="describe a job in ~/.config/dask/jobqueue.yaml, see docs/sweeps.md",
        ) from None
    try:
        for _ in range(jobs or 1):
            queue.worker_spec.update(queue.new_worker_spec())
        try:
            queue.sync(queue._correct_state)  # `scale` would only log a refusal, and workers be waited for
        except Exception as error:
            raise InputError(
                f"SLURM gives no workers: {' '.join(str(error).split())}",
                where="--cluster slurm",
                remedy="correct ~/.config/dask/jobqueue.yaml, see docs/sweeps.md, on a machine with sbatch",
            ) from None
        yield queue
    finally:
        with suppress(AssertionError):  # a job that SLURM has refused never began, which it does not expect
            queue.close(timeout=5)


def worker_version() -> str:
    """Return the version of the program that a worker has."""
    return __version__


def _check_workers(client: Any, address: str, seconds: float, warn: Callable[[str], None]) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError:
        raise InputError(
            f"The scheduler at {address} has had no worker for {seconds:g} s.",
            where="--cluster",
            remedy=f"start some with `dask worker {address} --nworkers 4 --nthreads 1`",
        ) from None
    found = client.run(worker_version, on_error="return")
    other = {
        worker: version if isinstance(version, str) else f"none ({type(version).__name__})"
        for worker, version in found.items()
        if version != __version__
    }
    if other:
        told = ", ".join(f"{worker} has {version}" for worker, version in [*other.items()][:5])
        raise InputError(
            f"{len(other)} of {len(found)} workers have another version of leaching-optimiser than this one, "
            f"{__version__}: {told}.",
            where="--cluster",
            allowed="the same version everywhere: its numbers decide the results",
            remedy=f'install it there: pip install "leaching-optimiser[cluster]=={__version__}"',
        )
    threads = client.nthreads()
    many = [worker for worker, number in threads.items() if number > 1]
    if many:
        warn(
            f"{len(many)} of {len(threads)} workers have several threads, which make one run at a time "
            "together: start them with --nthreads 1 and as many --nworkers."
        )
