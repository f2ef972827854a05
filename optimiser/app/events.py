"""What the page is told while it is open: which jobs have changed, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from optimiser.app.jobs import Job, Jobs
from optimiser.app.worker import STEPS

#: Seconds between two looks at the steps of running jobs, and between two signs of life.
_LOOK, _ALIVE = 0.25, 15.0


class Events:
    """Tells all open pages what changes. Jobs change in threads; pages are told in the server's loop."""

    def __init__(self) -> None:
        self._open: set[asyncio.Queue[str | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._jobs: Jobs | None = None
        self._seen: dict[str, int] = {}

    def changed(self, job: Job) -> None:
        """Note from any thread that a job has changed."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):  # the server is ending
                self._loop.call_soon_threadsafe(self._tell, job.id)

    async def watch(self, jobs: Jobs) -> None:
        """Look at the steps of running jobs until cancelled."""
        self._loop, self._jobs = asyncio.get_running_loop(), jobs
        while True:
            await asyncio.sleep(_LOOK)
            if not self._open:
                continue
            for job in jobs.all():
                if job.state == "running":
                    with suppress(OSError):
                        size = (jobs.folder(job.id) / STEPS).stat().st_size
                        if self._seen.get(job.id) != size:
                            self._seen[job.id] = size
                            self._tell(job.id)

    def _tell(self, id: str) -> None:
        if self._jobs is None or not self._open:
            return
        try:
            record = self._jobs.record(self._jobs.get(id))
        except ValueError:  # removed meanwhile
            record = {"id": id, "state": "removed"}
        self._send({"job": record})
        if record["state"] not in ("queued", "removed"):
            return
        for job in self._jobs.all():  # the places of those that wait have changed with it
            if job.state == "queued" and job.id != id:
                self._send({"job": self._jobs.record(job)})

    def _send(self, message: dict[str, Any]) -> None:
        text = f"data: {json.dumps(message)}\n\n"
        for queue in self._open:
            queue.put_nowait(text)

    def close(self) -> None:
        """End all streams: a server waits for its connections when it ends."""
        for queue in self._open:
            queue.put_nowait(None)

    async def stream(self) -> AsyncIterator[str]:
        """Yield events for one page until it leaves; first of all, all jobs that have not ended."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._open.add(queue)
        try:
            jobs = self._jobs
            waiting = [] if jobs is None else [job for job in jobs.all() if not job.over]
            told = [] if jobs is None else [jobs.record(job) for job in waiting]
            yield f"data: {json.dumps({'open': told})}\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), _ALIVE)
                except TimeoutError:
                    text = ": alive\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._open.discard(queue)
