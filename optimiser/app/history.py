"""The list of jobs as a person looks through it: found by words, a page at a time."""

from __future__ import annotations

from typing import Any

from optimiser.app.jobs import Job, Jobs, command_of
from optimiser.app.shared import REPORT
from optimiser.app.workspace import size_of
from optimiser.report.stored import DESIGNS

#: Rows of a page.
ROWS = 25


def history(jobs: Jobs, words: str = "", screen: str = "", state: str = "", page: int = 1) -> dict[str, Any]:
    """Return one page of the jobs, the newest first.

    Args:
        jobs: all of them.
        words: that title, command and number hold together, in any order.
        screen: only those of this screen.
        state: only those in this state.
        page: from 1; one that is not there is the last.

    Returns:
        ``rows``, how many there are (``found``) of ``all``, ``page`` of ``pages``, and ``screens`` that have
        any.
    """
    every = jobs.all()
    found = [
        job
        for job in every
        if screen in ("", job.screen) and state in ("", job.state) and _has(job, words.casefold().split())
    ]
    pages = max(1, -(-len(found) // ROWS))
    page = min(max(1, page), pages)
    rows = [row_of(jobs, job) for job in found[(page - 1) * ROWS : page * ROWS]]
    screens = sorted({job.screen for job in every})
    numbers = {"found": len(found), "all": len(every), "page": page, "pages": pages}
    return {"rows": rows, **numbers, "screens": screens}


def row_of(jobs: Jobs, job: Job) -> dict[str, Any]:
    """Return a job with its size in bytes, and whether it is a search that can be compared and opened."""
    folder = jobs.folder(job.id)
    return {
        **jobs.record(job),
        "size": size_of(folder),
        "search": (folder / REPORT / DESIGNS).is_file(),
    }


def _has(job: Job, words: list[str]) -> bool:
    text = f"{job.id} {job.title} {command_of(job.arguments)}".casefold()
    return all(word in text for word in words)
