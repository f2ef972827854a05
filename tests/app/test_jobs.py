"""Jobs: commands in processes, in turn, whose state outlives the server."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from optimiser._io.errors import InputError
from optimiser.app.jobs import MOST_WAITING, Job, Jobs, command_of, printed, steps_of
from optimiser.app.workspace import opened
from tests.app.conftest import served
from tests.app.waits import until
from tests.paths import ROOT

QUICK = ("check", "nmc111")
#: A search that goes on for minutes unless it is cancelled.
SEARCH = """
problem: nmc111
search: {population: 200, generations: 2000, seeds: [1], stagnation: 2000, per_acid: 0}
"""


class Watched:
    """Jobs, the changes that they told, and ways to wait for one."""

    def __init__(self, folder: Path, slots: int = 2) -> None:
        self.seen: list[tuple[str, str]] = []
        self.jobs = Jobs(opened(folder), slots, lambda job: self.seen.append((job.id, job.state)))

    def running(self, id: str) -> bool:
        """Whether a job has begun; one that is over fails the test, with its error."""
        job = self.jobs.get(id)
        assert not job.over, (job.state, job.error)
        return job.state == "running"

    def step(self, id: str, least: int = 1) -> dict[str, Any]:
        """Wait until a job runs and has got so far, and return its step."""

        def found() -> dict[str, Any] | None:
            steps = steps_of(self.jobs.folder(id)) if self.running(id) else []
            return next((step for step in steps if step["done"] >= least), None)

        return until(found)

    def ended(self, id: str) -> Job:
        """Wait until a job is over, and return it."""
        until(lambda: self.jobs.get(id).over)
        return self.jobs.get(id)


@contextmanager
def watched(folder: Path, slots: int = 2) -> Iterator[Watched]:
    found = Watched(folder, slots)
    try:
        yield found
    finally:
        found.jobs.close()


def long_search(found: Watched) -> Job:
    files = {"long.yaml": SEARCH}
    return found.jobs.add("runs", "long", ("run", "{job}/long.yaml", "-o", "{job}/report"), files)


def test_a_job_is_a_command(tmp_path: Path) -> None:
    with watched(tmp_path) as found:
        job = found.jobs.add("runs", "a check", QUICK)
        ended = found.ended(job.id)
        assert (ended.state, ended.error, command_of(ended.arguments)) == (
            "done",
            None,
            "optimiser check nmc111",
        )
        assert "nmc111" in printed(found.jobs.folder(job.id))["out"]
        assert [state for id, state in found.seen if id == job.id] == ["queued", "running", "done"]


def test_what_a_command_refuses_is_told_in_parts(tmp_path: Path) -> None:
    with watched(tmp_path) as found:
        files = {
            "problem.yaml": (ROOT / "problems" / "nmc111.yaml").read_text().replace("[25, 90]", "[25, 900]")
        }
        ended = found.ended(found.jobs.add("ask", "bad", ("check", "{job}/problem.yaml"), files).id)
        assert ended.state == "failed" and ended.error is not None
        assert "900" in ended.error["what"]
        assert "variables.temperature" in ended.error["where"] and "line 6" in ended.error["where"]
        unknown = found.ended(found.jobs.add("ask", "bad", ("check", "nmc111", "--nothing")).id)
        assert unknown.error is not None and "--nothing" in unknown.error["what"]


def test_one_that_waits_has_a_place_and_never_starts_once_cancelled(tmp_path: Path) -> None:
    with watched(tmp_path, slots=1) as found:
        first = long_search(found)
        until(lambda: found.running(first.id))
        waiting = [found.jobs.add("runs", "waits", QUICK) for _ in range(3)]
        places = [found.jobs.record(found.jobs.get(job.id))["position"] for job in waiting]
        assert places == [1, 2, 3]
        assert found.jobs.cancel(waiting[0].id).state == "cancelled"
        assert found.jobs.record(found.jobs.get(waiting[2].id))["position"] == 2
        found.jobs.cancel(first.id)
        assert found.ended(first.id).state == "cancelled"
        assert [found.ended(job.id).state for job in waiting] == ["cancelled", "done", "done"]
        assert (waiting[0].id, "running") not in found.seen


def test_a_cancelled_search_leaves_no_report_and_no_process(tmp_path: Path) -> None:
    with watched(tmp_path) as found:
        job = long_search(found)
        folder = found.jobs.folder(job.id)
        step = found.step(job.id)
        process = found.jobs._running[job.id].pid
        assert step["done"] >= 1 and step["of"] == 2000 and 0.0 <= step["hypervolume"] <= 1.0
        assert all(len(point) == 2 for point in step["front"])
        found.jobs.cancel(job.id)
        assert found.ended(job.id).state == "cancelled"
        assert not (folder / "report").exists()
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_what_had_not_ended_goes_on_when_the_workspace_is_opened_again(tmp_path: Path) -> None:
    with watched(tmp_path, slots=1) as found:
        done = found.jobs.add("runs", "done", QUICK)
        found.ended(done.id)
        running, waiting = long_search(found), found.jobs.add("runs", "waits", QUICK)
        reached = found.step(running.id)["done"]
    with watched(tmp_path, slots=2) as again:
        assert again.jobs.get(done.id).state == "done"
        assert again.ended(waiting.id).state == "done"
        resumed = again.jobs.get(running.id)
        assert resumed.state in ("queued", "running") and resumed.arguments[-1] == "--resume"
        again.step(running.id, reached)
        again.jobs.cancel(running.id)
        assert again.ended(running.id).state == "cancelled"


def test_what_another_version_had_begun_begins_anew(tmp_path: Path) -> None:
    with watched(tmp_path, slots=1) as found:
        running = long_search(found)
        found.step(running.id)
    begun = next(found.jobs.folder(running.id).glob("*.unfinished")) / "asked.json"
    begun.write_text(json.dumps({**json.loads(begun.read_text()), "version": "0.0.1"}))
    with watched(tmp_path, slots=1) as again:
        assert "--resume" not in again.jobs.get(running.id).arguments
        again.step(running.id)
        again.jobs.cancel(running.id)
        assert again.ended(running.id).state == "cancelled"


def test_a_killed_server_leaves_nothing_running_and_loses_no_job(tmp_path: Path) -> None:
    with served(tmp_path / "workspace") as app:
        folder = tmp_path / "workspace" / "jobs" / "0001"
        started = app.ask("/runs/start", "POST", b'{"kind": "configs", "shipped": "nmc111_cost_vs_recovery"}')

        def begun() -> bool:
            job = app.get(f"/jobs/{started['id']}")
            assert job["state"] in ("queued", "running"), job["error"]
            return bool(job["steps"])

        until(begun)
        os.kill(app.process.pid, signal.SIGKILL)
    assert json.loads((folder / "job.json").read_text())["state"] == "running"
    with served(tmp_path / "workspace") as app:
        job = app.get(f"/jobs/{started['id']}")
        assert job["state"] in ("queued", "running", "done")


def test_too_many_waiting_jobs_are_refused(tmp_path: Path) -> None:
    with watched(tmp_path, slots=1) as found:
        first = long_search(found)
        until(lambda: found.running(first.id))  # until then it may be counted as one that waits
        with pytest.raises(InputError, match="wait already"):
            for _ in range(MOST_WAITING + 2):
                found.jobs.add("runs", "waits", QUICK)
        assert sum(job.state == "queued" for job in found.jobs.all()) == MOST_WAITING


def test_foreign_and_torn_files_lose_no_other_job(tmp_path: Path) -> None:
    with watched(tmp_path) as found:
        good, torn = (found.jobs.add("runs", "a check", QUICK) for _ in range(2))
        for job in (good, torn):
            found.ended(job.id)
        (found.jobs.folder(torn.id) / "job.json").write_text('{"id": "00')
    with watched(tmp_path) as again:
        assert [job.id for job in again.jobs.all()] == [good.id]
        assert again.jobs.add("runs", "next", QUICK).id == "0003", "never the folder of another"


def test_a_workspace_serves_one_app_and_leaves_foreign_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        opened(tmp_path)
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == ["mine.txt"]
    workspace = opened(tmp_path / "other")
    with workspace.lock(), pytest.raises(InputError, match="Another app"):
        workspace.lock()


def test_an_unwanted_job_is_gone_when_it_has_ended_and_its_number_is_not_given_again(tmp_path: Path) -> None:
    with watched(tmp_path, slots=1) as found:
        running, waiting = long_search(found), long_search(found)
        until(lambda: found.running(running.id))
        assert found.jobs.cancel(waiting.id, unwanted=True).state == "cancelled"
        assert [job.id for job in found.jobs.all()] == [running.id]
        found.jobs.cancel(running.id, unwanted=True)
        until(lambda: not found.jobs.all())
        assert not found.jobs.folder(running.id).exists()
        assert int(found.jobs.add("runs", "a check", QUICK).id) == 3
