"""Tasks that do nothing, by the hundred thousand: what the driver and the scheduler of a cluster can take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import psutil
from distributed import Client

from benchmarks.sweeping.processes import DaskCluster, dask_cluster
from optimiser._io.yamlfile import Document
from optimiser.sweeps.engine import Progress, make_all
from optimiser.sweeps.hands import Cluster
from optimiser.sweeps.plan import Base, Job
from optimiser.sweeps.rows import Made, failed
from optimiser.sweeps.store import Store, open_store

#: Tasks in all, and of those that fill a store.
TASKS, KEPT = 100_000, 3_000
#: Tasks that each of two workers has at a time: as many in all as a hundred workers would have.
EACH = 100
#: Share of the tasks after which memory is looked at first.
_FIRST = 0.2
#: Seconds after which no further task is begun.
_MOST = 1200.0
MB = 1e6


class Stubs(Cluster):
    """The workers of a cluster, each of which answers at once instead of making a run."""

    def submit(self, jobs: Sequence[Job]) -> Future[list[Made]]:
        """Give some to the scheduler, as real ones are given."""
        future: Future[list[Made]] = self._executor.submit(stub, self._sent, jobs)
        return future


def stub(base: Base, jobs: Sequence[Job]) -> list[Made]:
    """Stand for `make`: give back the row and the front that the base brings along."""
    row, front = base.files["row"], base.files.get("front")
    return [Made(job.key, "done", "", 0.0, row, front, "stub") for job in jobs]


@dataclass(frozen=True)
class Sizes:
    """Resident memory in MB, and seconds of processor time, of driver and scheduler."""

    driver: float
    scheduler: float
    driver_seconds: float
    scheduler_seconds: float


def sizes_of(driver: psutil.Process, scheduler: psutil.Process) -> Sizes:
    """Return what both hold and have used by now."""
    memory = [process.memory_info().rss / MB for process in (driver, scheduler)]
    times = [sum(process.cpu_times()[:2]) for process in (driver, scheduler)]
    return Sizes(*memory, *times)


def jobs_of(number: int) -> list[Job]:
    """Return jobs with as much in them as those of a sweep have."""
    fixed = {"variables.acid": ["sulfuric"], "search": {"population": 20, "seeds": [1]}}
    return [
        Job(f"{k:064x}", {**fixed, "constraints.yield.all": k / number, "prices.sulfuric": 0.1 + k})
        for k in range(number)
    ]


def stubs(folder: Path, tasks: int, kept: int, run: tuple[bytes, bytes]) -> dict[str, float]:
    """Give out stubs, one to a task, count what comes back, and return the figures.

    Args:
        folder: for everything.
        tasks: that are only counted.
        kept: that also write a row and a front to a store.
        run: row and front of a real run.
    """
    folder.mkdir(parents=True)
    with dask_cluster(folder / "dask") as there:
        counted, seconds, sizes, peak = _given(there, tasks, (failed("0" * 64, {}, "stub", "").row, None))
        store = open_store(folder / "store", make=True)
        store.begin()
        written, writing, _, _ = _given(there, kept, run, store)
    first, last = sizes
    between = max(1, counted - int(_FIRST * tasks))
    return {
        "stub_tasks": counted,
        "driver_peak_mb": peak,
        "tasks_per_second": counted / seconds,
        "stub_seconds": seconds,
        "driver_mb_after_first_fifth": first.driver,
        "driver_mb_at_end": last.driver,
        "driver_bytes_per_task": (last.driver - first.driver) * MB / between,
        "scheduler_mb_after_first_fifth": first.scheduler,
        "scheduler_mb_at_end": last.scheduler,
        "scheduler_bytes_per_task": (last.scheduler - first.scheduler) * MB / between,
        "driver_cpu_ms_per_task": 1000 * (last.driver_seconds - first.driver_seconds) / between,
        "scheduler_cpu_ms_per_task": 1000 * (last.scheduler_seconds - first.scheduler_seconds) / between,
        "written_tasks": written,
        "written_tasks_per_second": written / writing,
        "puts_per_second": _puts(store, kept, run),
    }


def _given(
    there: DaskCluster, tasks: int, run: tuple[bytes, bytes | None], store: Store | None = None
) -> tuple[int, float, tuple[Sizes, Sizes], float]:
    """Give out tasks; return how many came back, seconds, memory after a part and at the end, peak."""
    nothing = Document(Path("stub.yaml"), "", {}, {})
    base = Base(nothing, nothing, {"row": run[0], **({"front": run[1]} if run[1] is not None else {})})
    jobs, progress = jobs_of(tasks), Progress(tasks)
    me, scheduler = psutil.Process(), psutil.Process(there.scheduler.pid)
    sizes: list[Sizes] = []
    count, peak, last = 0, 0.0, time.monotonic() + _MOST

    def keep(made: Made) -> None:
        nonlocal count, peak
        count += 1
        if store is not None:
            store.put(made)
        if count % 50 == 0:
            peak = max(peak, me.memory_info().rss / MB)
        if count in (int(_FIRST * tasks), tasks):
            sizes.append(sizes_of(me, scheduler))
            print(f"{count:,} tasks: {sizes[-1]}", flush=True)

    with Client(there.address, set_as_default=False) as client:
        hands = Stubs(client, base, _MOST)
        make_all(
            jobs,
            hands,
            progress,
            keep=keep,
            there=_after(last) if store is None else lambda key: key in store,
            lost=lambda job, reason: failed(job.key, job.changes, "stub", reason),
            task=0.0,  # one job to a task
            each=EACH,
        )
    end = sizes_of(me, scheduler)
    return progress.made, progress.seconds, (sizes[0] if sizes else end, end), max(peak, end.driver)


def _after(last: float) -> Callable[[str], bool]:
    """Leave out what would begin too late."""
    return lambda key: time.monotonic() > last


def _puts(store: Store, number: int, run: tuple[bytes, bytes]) -> float:
    """Return how many runs a second a store takes."""
    began = time.perf_counter()
    for k in range(number):
        store.put(Made(f"{k:063x}f", "done", "", 0.0, *run))
    return number / (time.perf_counter() - began)
