"""A Dask cluster of processes on 127.0.0.1 that stand for machines: each has a working folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.paths import ROOT

LOCAL = "127.0.0.1"


def environment(**more: str) -> dict[str, str]:
    """That of a process with the program of this repository, whichever is installed."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that we started, and wait until it has ended."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=20)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


class Machines:
    """A scheduler and its workers.

    Attributes:
        address: of the scheduler.
        workers: their processes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", LOCAL, "--port", "0"]
        self.scheduler = subprocess.Popen(
            [*command, "--no-dashboard", "--no-show"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        assert self.scheduler.stderr is not None
        for line in self.scheduler.stderr:
            if "Scheduler at:" in line:
                self.address = line.split()[-1]
                break
        else:
            raise AssertionError("the scheduler has not started")

    def add(self, *more: object, threads: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker in a folder of its own; whoever gives it work waits for it."""
        place = self.folder / f"machine-{len(self.workers) + 1}"
        place.mkdir()
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--host", LOCAL]
        command += ["--nthreads", str(threads), "--no-dashboard", "--no-nanny", *map(str, more)]
        with (place / "log").open("wb") as log:
            worker = subprocess.Popen(command, cwd=place, stdout=log, stderr=log, env=environment())
        self.workers.append(worker)
        return worker

    def lose(self, worker: subprocess.Popen[Any]) -> None:
        """End a worker, or the scheduler, as a crash would."""
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=20)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            end(process)


@contextmanager
def machines(folder: Path, workers: int = 0) -> Iterator[Machines]:
    """Start a scheduler and some workers, and end them in any case."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Machines(folder)
    try:
        for _ in range(workers):
            made.add()
        yield made
    finally:
        made.stop()
