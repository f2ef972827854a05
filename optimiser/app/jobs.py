"""Jobs: commands in processes of their own, in turn, whose state outlives the page and the server."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Literal

from optimiser import __version__
from optimiser._io.errors import InputError, refused
from optimiser.app.errors import told
from optimiser.app.worker import ENDED, ERR, OUT, PRELOADED, STEPS, work
from optimiser.app.workspace import Workspace

State = Literal["queued", "running", "done", "infeasible", "failed", "cancelled"]
#: Stands for the job's folder in its arguments.
HERE = "{job}"
#: Jobs that are kept, and that may wait at a time.
MOST, MOST_WAITING = 2000, 100
#: Seconds that a cancelled command has to clean up.
_GRACE = 5.0
_FILE = "job.json"
#: What can be done where the system has ended a process.
_LOST = {"remedy": "look whether the machine ran out of memory, and run it again from the screen Runs"}
_STATES: dict[int, State] = {0: "done", 3: "infeasible", 130: "cancelled"}


@dataclass(frozen=True)
class Job:
    """One command.

    Attributes:
        id: four digits or more, in the order in which jobs were made.
        screen: that made it, such as ``ask``.
        title: what it is, for a person.
        arguments: of ``optimiser``; paths count from the workspace.
        state: how far it is.
        made, began, ended: times as ISO 8601, UTC; empty where not yet.
        error: what the command refused, as `optimiser.app.errors.told` has it.
        about: what its screen wants to know again.
    """

    id: str
    screen: str
    title: str
    arguments: tuple[str, ...]
    state: State = "queued"
    made: str = ""
    began: str = ""
    ended: str = ""
    error: Mapping[str, Any] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.state not in ("queued", "running")


class Jobs:
    """All jobs of a workspace. Safe among threads.

    Args:
        workspace: in whose ``jobs/`` they are kept.
        slots: jobs that run at a time; the others wait.
        changed: called with each job that has changed, from any thread.
    """

    def __init__(
        self, workspace: Workspace, slots: int = 2, changed: Callable[[Job], None] = lambda job: None
    ) -> None:
        self.workspace = workspace
        self._changed = changed
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, Any] = {}
        self._waiting: dict[str, Future[None]] = {}
        self._cancelled: set[str] = set()
        self._unwanted: set[str] = set()
        self._read: dict[str, Read] = {}
        self._reading = threading.Lock()
        self._highest = 0  # a number is not given again: a page may still speak of it
        self._ending = False
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="job")
        self._context: Any = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        if sys.platform == "linux":
            self._context.set_forkserver_preload(list(PRELOADED))
        self._load()

    def _load(self) -> None:
        """Read the jobs of before; those that had not ended go on."""
        for path in sorted(
            self.workspace.jobs.glob(f"*/{_FILE}"), key=lambda path: (len(path.parent.name), path)
        ):
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))
                job = Job(**{**stored, "arguments": tuple(stored["arguments"])})
            except (OSError, ValueError, TypeError, KeyError):
                continue  # not one of ours, or torn by a full disk: the others are still good
            self._jobs[job.id] = job
            if not job.over and (path.parent / ENDED).exists():
                self._finish(job.id)
            elif not job.over:
                self._queue(replace(job, state="queued", began="", arguments=self._again(job)))

    def _again(self, job: Job) -> tuple[str, ...]:
        """Return the arguments with which a command goes on that was stopped.

        What another version of the program has begun it cannot go on with: the command begins anew.
        """
        if job.arguments[0] != "run":
            return job.arguments
        resumed = False
        for unfinished in self.folder(job.id).glob("*.unfinished"):
            if _version_of(unfinished) == __version__:
                resumed = True
            else:
                shutil.rmtree(unfinished, ignore_errors=True)
        anew = tuple(argument for argument in job.arguments if argument != "--resume")
        return (*anew, "--resume") if resumed else anew

    def folder(self, id: str) -> Path:
        """Return the folder of a job."""
        return self.workspace.jobs / id

    def all(self) -> list[Job]:
        """Return all jobs, the newest first."""
        with self._lock:
            return list(self._jobs.values())[::-1]

    def get(self, id: str) -> Job:
        """Return a job.

        Raises:
            InputError: there is none.
        """
        with self._lock:
            if id not in self._jobs:
                raise InputError(f"There is no job {id[:20]!r}.", remedy="look at the list of runs")
            return self._jobs[id]

    def add(
        self,
        screen: str,
        title: str,
        arguments: Sequence[str],
        files: Mapping[str, bytes | str] | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> Job:
        """Queue a command.

        Args:
            screen: that it is of.
            title: what it is, for a person.
            arguments: of ``optimiser``, with ``{job}`` for the job's folder, such as
                ``("ask", "{job}/problem.yaml", "-o", "{job}/report")``.
            files: to write into its folder first, by name.
            about: plain JSON that its screen wants back.

        Raises:
            InputError: too many jobs wait, or its folder cannot be written.
        """
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise InputError(
                    f"{MOST_WAITING} jobs wait already.", remedy="cancel some, or wait for some to end"
                )
            taken = [int(path.name) for path in self.workspace.jobs.iterdir() if path.name.isdigit()]
            self._highest = max(self._highest, *taken, 0) + 1
            id = f"{self._highest:04d}"
            self.folder(id).mkdir()
        place = self.workspace.relative(self.folder(id))
        for name, content in (files or {}).items():
            data = content.encode() if isinstance(content, str) else content
            (self.folder(id) / name).write_bytes(data)
        whole = tuple(argument.replace(HERE, place) for argument in arguments)
        job = Job(id, screen, title[:200], whole, made=_now(), about=dict(about or {}))
        self._queue(job)
        self._forget_oldest()
        return job

    def cancel(self, id: str, unwanted: bool = False) -> Job:
        """Cancel a job: one that waits never starts, one that runs is interrupted as by Ctrl-C.

        Args:
            id: of the job.
            unwanted: whether it is removed as soon as it has ended.

        Raises:
            InputError: there is none.
        """
        with self._lock:
            job, process = self.get(id), self._running.get(id)
            if unwanted:
                self._unwanted.add(id)
            future = self._waiting.pop(id, None)
            if process is None and future is not None and future.cancel():
                ended = self._set(replace(job, state="cancelled", ended=_now()))
                self._drop(id)
                return ended
            if job.over:
                self._drop(id)
            else:
                self._cancelled.add(id)  # also while its process is being started
                self._set(job)
        if process is not None:
            threading.Thread(target=_end, args=(process,), daemon=True).start()
        return self._jobs.get(id, job)

    def remove(self, id: str) -> None:
        """Remove a job that has ended, with all its files.

        Raises:
            InputError: there is none, or it has not ended.
        """
        with self._lock:
            if not self.get(id).over:
                raise InputError("This job has not ended.", remedy="cancel it first")
            del self._jobs[id]
            self._read.pop(id, None)
        shutil.rmtree(self.folder(id), ignore_errors=True)

    def record(self, job: Job) -> dict[str, Any]:
        """Return a job as the page gets it: with its place in the queue and its last steps."""
        with self._lock:
            queue = list(self._waiting)
            read = self._read.setdefault(job.id, Read()) if job.id in self._jobs else Read()
        place = queue.index(job.id) + 1 if job.id in queue and job.state == "queued" else None
        with self._reading:
            steps = steps_of(self.folder(job.id), read) if job.state != "queued" else []
        return {
            **asdict(job),
            "position": place,
            "command": command_of(job.arguments),
            "steps": steps,
        }

    def close(self) -> None:
        """End all processes; what had not ended goes on when the workspace is opened again."""
        self._ending = True
        with self._lock:
            running = list(self._running.values())
            for future in self._waiting.values():
                future.cancel()
        for process in running:
            _end(process)
        self._threads.shutdown(cancel_futures=True)

    def _queue(self, job: Job) -> None:
        with self._lock:
            self._set(job)
            self._waiting[job.id] = self._threads.submit(self._work, job.id)

    def _work(self, id: str) -> None:
        with self._lock:
            self._waiting.pop(id, None)
            job = self._jobs.get(id)
            if self._ending or job is None or job.over:
                return
        folder = self.folder(id)
        process = self._context.Process(target=work, args=(self.workspace.folder, folder, job.arguments))
        try:
            for name in (STEPS, ENDED):
                (folder / name).unlink(missing_ok=True)
            process.start()
        except OSError as error:  # a full disk, or no memory for another process
            self._set(replace(job, state="failed", ended=_now(), error=told(refused(error))))
            return
        with self._lock:
            self._running[id] = process
            self._set(replace(job, state="running", began=_now()))
            if self._ending or id in self._cancelled:
                threading.Thread(target=_end, args=(process,), daemon=True).start()
        process.join()
        with self._lock:
            self._running.pop(id, None)
            if not self._ending or id in self._cancelled or (folder / ENDED).exists():
                self._finish(id, process.exitcode)
            process.close()

    def _finish(self, id: str, code: int | None = None) -> None:
        """Note how a job has ended, from what its process left."""
        job = self._jobs[id]
        try:
            ended = json.loads((self.folder(id) / ENDED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            ended = {
                "code": 1,
                "error": {"what": f"The process was ended from outside (status {code}).", **_LOST},
            }
            if id in self._cancelled:
                ended = {"code": 130, "error": None}
        if self._ending and ended["code"] == 130 and id not in self._cancelled:
            # by the end of the app, which goes on with it next time
            (self.folder(id) / ENDED).unlink(missing_ok=True)
            return
        state = _STATES.get(ended["code"], "failed")
        self._set(replace(job, state=state, ended=_now(), error=ended["error"]))
        self._drop(id)

    def _drop(self, id: str) -> None:
        """Remove a job that has ended and that nobody wants."""
        if id in self._unwanted:
            self._unwanted.discard(id)
            self.remove(id)

    def _set(self, job: Job) -> Job:
        with self._lock:
            self._jobs[job.id] = job
            path = self.folder(job.id) / _FILE
            part = path.with_suffix(".partial")
            kept = job
            if job.id in self._cancelled and not job.over:  # a server that is killed must not start it again
                kept = replace(job, state="cancelled", ended=_now())
            with suppress(OSError):  # of a full disk: the job goes on, only its state is lost with the server
                part.write_text(json.dumps(asdict(kept)), encoding="utf-8")
                part.replace(path)
        self._changed(job)
        return job

    def _forget_oldest(self) -> None:
        with self._lock:
            over = [job.id for job in self._jobs.values() if job.over]
            oldest = over[: max(0, len(self._jobs) - MOST)]
        for id in oldest:
            with suppress(InputError):  # removed meanwhile
                self.remove(id)


def _version_of(unfinished: Path) -> str | None:
    """Return the version of the program that has begun a search."""
    try:
        found: str = json.loads((unfinished / "asked.json").read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


@dataclass
class Read:
    """What was read of the steps of a job: so many bytes, and the last record of each thing."""

    size: int = 0
    last: dict[str, dict[str, Any]] = field(default_factory=dict)


def steps_of(folder: Path, read: Read | None = None) -> list[dict[str, Any]]:
    """Return the last record of each thing that a job does, in the order in which they began.

    Args:
        folder: of the job.
        read: what was read before and is not read again; it is brought up to date.
    """
    read = read or Read()
    with suppress(OSError), (folder / STEPS).open("rb") as file:
        if file.seek(0, os.SEEK_END) < read.size:  # the job has begun anew
            read.size, read.last = 0, {}
        file.seek(read.size)
        for line in file:
            if not line.endswith(b"\n"):  # half written
                break
            read.size += len(line)
            with suppress(ValueError, KeyError, TypeError):
                step = json.loads(line)
                read.last[step["what"]] = step
    return list(read.last.values())


def printed(folder: Path) -> dict[str, str]:
    """Return what a job has printed, by stream, at most the last 100,000 characters of each."""
    told = {}
    for name, file in (("out", OUT), ("err", ERR)):
        with suppress(OSError):
            told[name] = (folder / file).read_text(encoding="utf-8", errors="replace")[-100_000:]
    return told


def command_of(arguments: Sequence[str]) -> str:
    """Return a command as it is typed into a shell.

    Examples:
        >>> command_of(["predict", "my table.csv"])
        "optimiser predict 'my table.csv'"
    """
    import shlex

    return shlex.join(["optimiser", *arguments])


def _end(process: Any) -> None:
    """End a process: as Ctrl-C would, or after a while at once, with all that it has started."""
    with suppress(ValueError, OSError):  # it has ended by itself
        if sys.platform == "win32":
            process.terminate()
            return
        os.kill(process.pid, signal.SIGINT)
        if not wait([process.sentinel], _GRACE):
            with suppress(ProcessLookupError):  # of which it is not yet the leader
                os.killpg(process.pid, signal.SIGKILL)
            os.kill(process.pid, signal.SIGKILL)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
