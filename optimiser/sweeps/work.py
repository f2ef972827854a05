"""What a worker does: make runs, one after the other, and give back their files."""

from __future__ import annotations

import os
import platform
import signal
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from optimiser import __version__
from optimiser._io.errors import InputError
from optimiser._io.interrupts import end_with_parent
from optimiser.search.run import run
from optimiser.surrogate.trees import compiled_loops
from optimiser.sweeps.plan import Base, Job, Reader
from optimiser.sweeps.rows import Made, failed, made

#: The base that this process was started with, where it does not come with each task.
_given: Base | None = None
#: Where its files are unpacked; None where it has none.
_folder: Path | None = None
#: What turns the runs of the last base into questions, with the models it has read.
_reader: tuple[Base, Reader] | None = None
#: Compiled loops of several threads would be in each other's way.
_one_at_a_time = threading.Lock()


class OtherVersionError(RuntimeError):
    """A worker has another version of the program than who gave it work."""


def prepare(base: Base, folder: Path | None) -> None:
    """Make a new process ready: interrupts are for who started it, and it ends when that one has ended.

    Args:
        base: of the runs that it will make.
        folder: where the base's files are unpacked; None where it has none.
    """
    global _given, _folder
    _given, _folder = base, folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    with compiled_loops():  # loaded while nobody waits for it
        pass


def make(base: Base | None, jobs: Sequence[Job]) -> list[Made]:
    """Make some runs of a sweep.

    Args:
        base: of the sweep; None for that which the process was prepared with.
        jobs: the runs, of one feed and the same acids if possible: these share what is compiled.

    Raises:
        OtherVersionError: the sweep was planned by another version of the program.
    """
    base = base or _given
    assert base is not None
    if base.version != __version__:
        raise OtherVersionError(f"version {__version__} of leaching-optimiser, not {base.version}")
    with compiled_loops():
        import numba
    with _one_at_a_time:
        before = numba.get_num_threads()
        numba.set_num_threads(1)  # as many runs at a time as there are cores
        try:
            me = f"{platform.node()}:{os.getpid()}"
            return [replace(_made(_reader_of(base), job), worker=me) for job in jobs]
        finally:
            numba.set_num_threads(before)


def _reader_of(base: Base) -> Reader:
    """Return what reads the runs of a base; on a cluster its files are in the worker's folder."""
    global _reader
    if _reader is None or _reader[0] is not base:
        folder = _folder if base is _given else None
        if folder is None and base.files:
            from distributed import get_worker

            folder = unpacked(base, Path(tempfile.mkdtemp(dir=get_worker().local_directory)))
        _reader = base, Reader(base, folder)
    return _reader[1]


def unpacked(base: Base, folder: Path) -> Path:
    """Write the files of a base into a folder, and return it."""
    for inside, content in base.files.items():
        path = folder / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _made(reader: Reader, job: Job) -> Made:
    started = time.perf_counter()
    name = reader.base.config.path.stem
    try:
        asked = reader.read(job.changes)
        result = run(asked.config, tables=asked.tables, surrogate=asked.surrogate)
        return made(job.key, job.changes, name, result, time.perf_counter() - started, asked.named)
    except InputError as error:
        reason = " ".join([error.what, *([f"Allowed: {error.allowed}."] if error.allowed else [])])
        return failed(job.key, job.changes, name, reason, time.perf_counter() - started)
    except Exception as error:  # a fault of one run must not stop the others
        reason = f"{type(error).__name__}: {error}"
        return failed(job.key, job.changes, name, reason, time.perf_counter() - started)
