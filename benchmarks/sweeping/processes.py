"""The processes of a sweep: the command, its workers, a Dask cluster; each is killed by its id."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
#: Seconds between two looks, and until something is given up that must happen.
LOOK, PATIENCE = 0.02, 280.0


def environment() -> dict[str, str]:
    """Return the environment of all processes: this checkout, and no more threads than asked for."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}


class Driver:
    """`optimiser sweep` as a process."""

    def __init__(self, sweep: Path, store: Path, *more: object, told: Path | None = None) -> None:
        command = ["-m", "optimiser", "sweep", str(sweep), "--out", str(store), "--no-report", "--json"]
        self.told = told or store.parent / f"{store.name}.told"
        self.began = time.perf_counter()
        with self.told.open("wb") as out, self.told.with_suffix(".errors").open("wb") as errors:
            self.process = psutil.Popen(
                [sys.executable, *command, *map(str, more)],
                stdout=out,
                stderr=errors,
                env=environment(),
                cwd=store.parent,
            )

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def workers(self) -> list[psutil.Process]:
        """Return the processes that make runs for it."""
        found = []
        with suppress(psutil.NoSuchProcess):
            for child in self.process.children():
                with suppress(psutil.NoSuchProcess):
                    if any("spawn_main" in part for part in child.cmdline()):
                        found.append(child)
        return found

    def kill(self) -> int:
        """Kill it, and return how many of its workers did not end by themselves."""
        workers = self.workers()
        self.process.kill()
        self.process.wait()
        _, orphans = psutil.wait_procs(workers, timeout=30)
        for orphan in orphans:
            orphan.kill()
        return len(orphans)

    def end(self, expected: Sequence[int] = (0,)) -> dict[str, Any]:
        """Wait for its end, and return what it tells; an empty mapping where that is an error."""
        code = self.process.wait(timeout=PATIENCE)
        said = self.told.with_suffix(".errors").read_text()
        if code not in expected:
            raise RuntimeError(f"optimiser sweep ended with status {code}: {said}")
        told: dict[str, Any] = json.loads(self.told.read_text()) if code == 0 else {}
        return told

    def watched(self) -> tuple[float, float]:
        """Wait for its end, and return the seconds that it took and those of processor time of itself."""
        busy = 0.0
        while self.running:
            with suppress(psutil.NoSuchProcess):
                times = self.process.cpu_times()
                busy = times.user + times.system
            time.sleep(0.1)
        return time.perf_counter() - self.began, busy


class DaskCluster:
    """A `dask scheduler` and its `dask worker`s as processes."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._file = folder / "scheduler.json"
        self.workers: list[psutil.Process] = []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        until(self._file.exists, "a scheduler")
        self.address: str = json.loads(self._file.read_text())["address"]
        self.add(workers)

    def _start(self, what: str, *more: str) -> psutil.Popen:
        options = ["--scheduler-file", str(self._file), *more]
        with (self._folder / f"{what}.log").open("ab") as log:
            return psutil.Popen(
                [sys.executable, "-m", "dask", what, *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(),
                cwd=self._folder,
            )

    def add(self, workers: int) -> None:
        """Start workers; each is a process that looks after another one, which does the work."""
        local = ["--local-directory", str(self._folder)]
        self.workers += [
            self._start("worker", "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard", *local)
            for _ in range(workers)
        ]

    def working(self) -> list[psutil.Process]:
        """Return the processes that do the work."""
        found: list[psutil.Process] = []
        for worker in self.workers:
            with suppress(psutil.NoSuchProcess):
                found += [c for c in worker.children() if any("spawn_main" in p for p in c.cmdline())]
        return found

    def kill_worker(self, process: psutil.Process, with_parent: bool) -> None:
        """Kill a process that works; its parent, too, so that nobody replaces it, and start another one."""
        if with_parent:
            parent = next(one for one in self.workers if one.pid == process.ppid())
            killed([parent])
            self.workers.remove(parent)
            self.add(1)
        killed([process])

    def stop(self) -> None:
        """Kill all of it."""
        family = []
        for process in [self.scheduler, *self.workers]:
            with suppress(psutil.NoSuchProcess):
                family += [process, *process.children(recursive=True)]
        killed(family)


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[DaskCluster]:
    """Start a Dask cluster, and kill what is left of it with the block under ``with``."""
    cluster = DaskCluster(folder, workers)
    try:
        yield cluster
    finally:
        cluster.stop()


def killed(processes: Sequence[psutil.Process]) -> None:
    """Kill processes, and wait for their end."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=30)


def until(true: Callable[[], bool], what: str) -> None:
    """Wait until something has happened.

    Raises:
        TimeoutError: it does not.
    """
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"{what} did not come within {PATIENCE:g} s")
        time.sleep(LOOK)
