"""Runs are given out in tasks of some seconds; lost workers and interrupts lose no run."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.sweeps.engine import Progress, make_all
from optimiser.sweeps.plan import Job
from optimiser.sweeps.rows import Made
from optimiser.sweeps.sweep import make_sweep
from optimiser.sweeps.work import OtherVersionError
from tests.sweeps.asked import frame, job, swept, write
from tests.sweeps.conftest import VARIED
from tests.sweeps.machines import end, environment


class Stubs:
    """Workers who say at once that a run took some seconds."""

    def __init__(self, number: int, made: Callable[[Job], Made]) -> None:
        self.number = number
        self.made = made
        self.tasks: list[list[str]] = []
        self.recovered = 0
        self._pool = ThreadPoolExecutor(number)

    def submit(self, jobs: Sequence[Job]) -> Future[list[Made]]:
        self.tasks.append([job.key for job in jobs])
        return self._pool.submit(lambda: [self.made(job) for job in jobs])

    def recover(self) -> None:
        self.recovered += 1


def taking(seconds: float) -> Callable[[Job], Made]:
    return lambda job: Made(job.key, "done", "", seconds, b"", worker=threading.current_thread().name)


def made_by(stubs: Stubs, number: int, **more: object) -> tuple[list[Made], Progress]:
    kept: list[Made] = []
    progress = Progress(number)
    options = {
        "there": lambda key: False,
        "lost": lambda job, reason: Made(job.key, "failed", reason, 0.0, b""),
        **more,
    }
    make_all([job(f"{k}") for k in range(number)], stubs, progress, keep=kept.append, **options)  # type: ignore[arg-type]
    return kept, progress


@pytest.mark.parametrize("seconds", [0.01, 0.5, 3.0, 40.0])
@pytest.mark.parametrize("workers", [1, 4])
def test_tasks_are_seconds_of_work_and_shrink_at_the_end(seconds: float, workers: int) -> None:
    stubs = Stubs(workers, taking(seconds))
    kept, progress = made_by(stubs, 2000)
    assert sorted(int(run.key) for run in kept) == list(range(2000))
    assert progress.made == 2000 and progress.left == 0 and sum(progress.workers.values()) == 2000
    sizes = [len(task) for task in stubs.tasks]
    assert sizes[0] == 1  # nobody knows yet how long a run takes
    work = max(sizes) * seconds
    if seconds == 40.0:
        assert max(sizes) == 1  # a run cannot be cut
    elif seconds >= 0.5:
        assert 5.0 <= work <= 60.0
    else:
        assert work <= 60.0
    assert sizes[-1] == 1
    left = 2000
    for size in sizes[1:]:
        assert size <= max(1, left // (2 * workers))  # so that all workers end together
        left -= size


def test_a_run_that_loses_its_worker_three_times_fails_and_the_others_are_made() -> None:
    def crashes(job: Job) -> Made:
        if job.key == "3":
            raise BrokenExecutor("killed by the system")
        return taking(5.0)(job)

    stubs = Stubs(2, crashes)
    kept, progress = made_by(stubs, 20)
    by_key = {run.key: run for run in kept}
    assert len(kept) == len(by_key) == 20
    assert [run.key for run in kept if run.status == "failed"] == ["3"] and progress.failed == 1
    assert by_key["3"].reason == "Its worker ended 3 times: BrokenExecutor killed by the system"
    of_it = [task for task in stubs.tasks if "3" in task]
    assert len(of_it) == 3 and stubs.recovered == 3
    assert of_it[1:] == [["3"], ["3"]]  # alone, so that it takes no others with it


def test_runs_that_somebody_else_has_made_meanwhile_are_left_out() -> None:
    stubs = Stubs(2, taking(5.0))
    kept, progress = made_by(stubs, 10, there=lambda key: int(key) % 2 == 0)
    assert sorted(run.key for run in kept) == ["1", "3", "5", "7", "9"]
    assert (progress.made, progress.there, progress.left) == (5, 5, 0)


def test_a_worker_of_another_version_that_comes_later_stops_the_sweep() -> None:
    def other(job: Job) -> Made:
        raise OtherVersionError("version 0.0.1 of leaching-optimiser, not 1.0")

    with pytest.raises(InputError, match=r"A worker has version 0\.0\.1") as raised:
        made_by(Stubs(1, other), 3)
    assert "--resume" in raised.value.remedy


def test_a_run_that_cannot_be_kept_stops_the_sweep() -> None:
    def full(run: Made) -> None:
        raise InputError("The disk is full.")

    with pytest.raises(InputError, match="disk is full"):
        make_all(
            [job("1"), job("2")],
            Stubs(1, taking(1.0)),
            Progress(2),
            keep=full,
            there=lambda key: False,
            lost=lambda job, reason: Made(job.key, "failed", reason, 0.0, b""),
        )


def test_a_process_that_is_killed_is_replaced(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a system that is short of memory."""
    from optimiser.sweeps import hands
    from optimiser.sweeps.sweep import Watch

    started: list[hands.Processes] = []
    pool = hands.Processes._pool

    def told(self: hands.Processes) -> object:
        started.append(self)
        return pool(self)

    monkeypatch.setattr(hands.Processes, "_pool", told)
    killed = []

    def kill(progress: Progress) -> None:
        if progress.made == 1 and not killed:
            for process in list(started[0]._pools[0]._processes.values()):  # type: ignore[attr-defined]
                process.kill()
                killed.append(process)

    path = write(tmp_path / "s.yaml", grid=VARIED)
    swept_ = make_sweep(path, tmp_path / "store", workers=1, watch=Watch(made=kill))
    assert killed and len(started) == 2
    assert (swept_.progress.made, swept_.progress.failed) == (4, 0)
    pd.testing.assert_frame_equal(frame(tmp_path / "store"), frame(small / "store"))


def test_an_interrupt_leaves_what_was_made_and_says_how_to_go_on(small: Path, tmp_path: Path) -> None:
    write(tmp_path / "s.yaml", grid=VARIED)
    command = [
        sys.executable,
        "-c",
        HEARD,
        "sweep",
        "s.yaml",
        "--out",
        "store",
        "--no-report",
        "--workers",
        "1",
    ]
    running = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "kept\n"  # the first run
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    finally:
        end(running)
    assert running.returncode == 130 and out.replace("kept\n", "") == ""
    assert (
        err.strip() == "Stopped; go on with the same command and --resume (store)."
    )  # after the terminal's ^C
    assert not any((tmp_path / "store" / ".incoming").iterdir())
    made = len(pd.read_parquet(tmp_path / "store" / "runs"))
    assert 1 <= made < 4
    printed = swept("s.yaml", "--out", "store", "--resume", "--workers", 1, cwd=tmp_path)
    assert f"{4 - made} made now" in printed and f"{made} were in the store" in printed
    pd.testing.assert_frame_equal(frame(tmp_path / "store"), frame(small / "store"))


#: The command, which says when it has kept a run; in the background, interrupts would be ignored.
HEARD = """\
import signal
from optimiser.cli.main import main
from optimiser.sweeps.store import Store
put = Store.put
def told(self, run):
    put(self, run)
    print("kept", flush=True)
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    Store.put = told
    main()
"""
