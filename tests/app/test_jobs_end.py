"""How jobs end: cancelled for good, never removed by a cancel, and looked at without reading all again."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from optimiser.app import jobs as module
from optimiser.app.history import history
from optimiser.app.jobs import Jobs, Read, steps_of
from optimiser.app.worker import STEPS
from optimiser.app.workspace import opened, size_of
from tests.app.client import client_in

QUICK = ("check", "nmc111")
#: A search that goes on for minutes unless it is cancelled.
LONG = """
problem: nmc111
search: {population: 200, generations: 2000, seeds: [1], stagnation: 2000, per_acid: 0}
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path / "workspace") as found:
        yield found


def until_over(jobs: Jobs, id: str) -> None:
    end = time.monotonic() + 120
    while not jobs.get(id).over:
        assert time.monotonic() < end
        time.sleep(0.05)


def running_search(jobs: Jobs) -> str:
    """Start a search, and return its number once it makes steps."""
    id = jobs.add("runs", "long", ("run", "{job}/long.yaml", "-o", "{job}/report"), {"long.yaml": LONG}).id
    end = time.monotonic() + 120
    while not steps_of(jobs.folder(id)):
        assert time.monotonic() < end
        time.sleep(0.05)
    return id


def test_a_cancel_that_comes_late_removes_nothing(client: TestClient) -> None:
    id = client.post("/runs/start", json={"kind": "problems", "shipped": "lco"}).json()["id"]
    assert client.delete(f"/jobs/{id}?cancel=yes").status_code == 200
    until_over(client.app.state.ours.jobs, id)
    late = client.delete(f"/jobs/{id}?cancel=yes")
    assert (late.status_code, late.json()["state"]) == (200, "cancelled")
    assert client.get(f"/jobs/{id}").status_code == 200
    assert client.delete(f"/jobs/{id}").json() == {"removed": id}
    assert client.get(f"/jobs/{id}").status_code == 422


def test_what_was_cancelled_before_the_end_of_the_app_does_not_start_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(opened(tmp_path))
    id = running_search(jobs)
    ending = module._end
    monkeypatch.setattr(module, "_end", lambda process: None)  # the command has not heard of it yet
    jobs.cancel(id)
    monkeypatch.setattr(module, "_end", ending)
    jobs.close()
    assert not jobs.get(id).error
    again = Jobs(opened(tmp_path))
    try:
        assert again.get(id).state == "cancelled" and again.get(id).ended
    finally:
        again.close()


def test_what_was_cancelled_before_the_app_was_killed_does_not_start_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(opened(tmp_path / "one"))
    try:
        id = running_search(jobs)
        with monkeypatch.context() as still:
            still.setattr(module, "_end", lambda process: None)
            jobs.cancel(id)
        assert jobs.get(id).state == "running"
        shutil.copytree(tmp_path / "one", tmp_path / "other")  # as a kill leaves it
    finally:
        jobs.close()
    again = Jobs(opened(tmp_path / "other"))
    try:
        assert again.get(id).state == "cancelled"
    finally:
        again.close()


def test_steps_that_were_read_are_not_read_again(tmp_path: Path) -> None:
    file, read = tmp_path / STEPS, Read()
    lines = [json.dumps({"what": what, "done": done}) + "\n" for done in (1, 2) for what in ("a", "b")]
    file.write_text("".join(lines[:3]) + lines[3][:10])
    assert [(step["what"], step["done"]) for step in steps_of(tmp_path, read)] == [("a", 2), ("b", 1)]
    file.write_text("x" * len("".join(lines[:3])) + lines[3])  # what was read is no JSON any more
    assert [(step["what"], step["done"]) for step in steps_of(tmp_path, read)] == [("a", 2), ("b", 2)]
    file.write_text(lines[0])  # begun anew
    assert [(step["what"], step["done"]) for step in steps_of(tmp_path, read)] == [("a", 1)]


def test_a_job_is_looked_at_without_reading_all_its_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(opened(tmp_path))
    try:
        id = jobs.add("runs", "a check", QUICK).id
        until_over(jobs, id)
        (jobs.folder(id) / STEPS).write_text(json.dumps({"what": "a", "done": 1}) + "\n")
        told = jobs.record(jobs.get(id))["steps"]
        seen: list[Any] = []
        monkeypatch.setattr(module.json, "loads", seen.append)
        assert jobs.record(jobs.get(id))["steps"] == told == [{"what": "a", "done": 1}]
        assert seen == []
    finally:
        jobs.close()


def test_other_jobs_are_there_while_files_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(opened(tmp_path))
    try:
        one, other = (jobs.add("runs", "a check", QUICK).id for _ in range(2))
        for id in (one, other):
            until_over(jobs, id)
        slow, go = threading.Event(), threading.Event()

        def rmtree(folder: Path, ignore_errors: bool) -> None:
            slow.set()
            assert go.wait(60)

        monkeypatch.setattr(module.shutil, "rmtree", rmtree)
        removing = threading.Thread(target=jobs.remove, args=(one,))
        removing.start()
        assert slow.wait(60)
        looked = threading.Thread(target=jobs.get, args=(other,), daemon=True)
        looked.start()
        looked.join(10)
        held = looked.is_alive()
        go.set()
        removing.join()
        assert not held
    finally:
        jobs.close()


def test_a_file_that_vanishes_loses_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(opened(tmp_path))
    try:
        id = jobs.add("runs", "a check", QUICK).id
        until_over(jobs, id)
        folder = jobs.folder(id)
        (folder / "x.partial").write_text("gone")
        (folder / "report.unfinished").mkdir()
        (folder / "report.unfinished" / "y").write_text("gone, too")
        stay = size_of(folder) - len("gone") - len("gone, too")
        walk, stat = os.walk, Path.stat

        def gone(self: Path, **options: Any) -> os.stat_result:
            if self.name in ("x.partial", "y", "report.unfinished"):
                raise FileNotFoundError(self)
            return stat(self, **options)

        def vanishing(*arguments: Any, **options: Any) -> Any:
            for found in walk(*arguments, **options):
                shutil.rmtree(folder / "report.unfinished", ignore_errors=True)
                yield found

        monkeypatch.setattr(Path, "stat", gone)
        monkeypatch.setattr(os, "walk", vanishing)
        assert [row["size"] for row in history(jobs)["rows"]] == [stay]
    finally:
        jobs.close()
