"""A million runs on paper: what the measured figures say of time, room, money, and of what breaks first."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from optimiser.sweeps.plan import plan
from optimiser.sweeps.rows import schema
from optimiser.sweeps.spec import read_sweep
from optimiser.sweeps.store import Store, open_store

#: Runs of the sweep on paper, seconds of one, seconds of work in a task of the engine.
RUNS, RUN_SECONDS, TASK_SECONDS = 1_000_000, 1.3, 15.0
#: EUR for an hour of one core, as clouds ask for a machine that may be taken away; workers on paper.
EUR_PER_CORE_HOUR, WORKERS = 0.04, 200
#: Runs that are planned, and files that are read, to measure what one takes.
PLANNED, READ = 1_000, 10_000
#: Bytes of which a file takes a whole number on disk.
_BLOCK = 4096
_SWEEP = """\
base: nmc111
set: {{search: {{population: 30, generations: 24, seeds: [1], per_acid: 0}}}}
latin_hypercube:
  samples: {samples}
  ranges:
    prices.sulfuric: [0.05, 0.6]
    constraints.yield.all: [0.5, 0.9]
    constraints.confidence: [0.5, 0.9]
"""


def planning(folder: Path, runs: int = PLANNED) -> dict[str, float]:
    """Return what the plan of a sweep takes for each run, in milliseconds and bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "plan.yaml"
    file.write_text(_SWEEP.format(samples=10))
    plan(read_sweep(file))  # reads the yield model
    file.write_text(_SWEEP.format(samples=runs))
    began = time.process_time()
    planned = plan(read_sweep(file))
    seconds = time.process_time() - began
    began = time.process_time()
    jobs = planned.jobs
    sorting = time.process_time() - began
    tracemalloc.start()
    kept = read_sweep(file), tuple("".join(key) for key in planned.keys), list(jobs)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return {
        "plan_ms_per_run": 1000 * (seconds + sorting) / runs,
        "plan_bytes_per_run": held / runs,
    }


def reading(folder: Path, run: tuple[bytes, bytes], files: int = READ) -> dict[str, float]:
    """Write the rows of many runs, and return what listing and reading them takes."""
    store = open_store(folder / "many", make=True)
    store.begin()
    row = pq.read_table(pa.BufferReader(run[0])).to_pylist()[0]
    keys = [f"{k:064x}" for k in range(files)]
    for key in keys:
        table = pa.Table.from_pylist([{**row, "key": key}], schema=schema())
        pq.write_table(
            table, store.row_file(key), compression="zstd", write_statistics=False, use_dictionary=False
        )
    began = time.perf_counter()
    listed = store.runs()
    listing = time.perf_counter() - began
    began = time.perf_counter()
    rows = Store(store.folder).read(listed)
    taken = time.perf_counter() - began
    began = time.perf_counter()
    there = sum(key in store for key in keys)
    looking = time.perf_counter() - began
    assert len(rows) == there == files
    return {
        "files_read": files,
        "list_seconds": listing,
        "read_seconds": taken,
        "look_seconds": looking,
        "table_bytes_per_run": float(rows.memory_usage(deep=True).sum()) / files,
        "row_bytes": len(run[0]),
        "front_bytes": len(run[1]),
    }


def on_paper(figures: dict[str, Any]) -> dict[str, float]:
    """Return what a million runs would take, from the measured figures."""
    row, front = figures["row_bytes"], figures["front_bytes"]
    tasks = RUNS * RUN_SECONDS / TASK_SECONDS
    core_hours = RUNS * RUN_SECONDS / 3600
    rates = {
        "plan": 1000.0 / figures["plan_ms_per_run"],
        "read": figures["files_read"] / figures["read_seconds"],
    }
    found = {
        "million_core_hours": core_hours,
        "million_eur": core_hours * EUR_PER_CORE_HOUR,
        "million_eur_per_core_hour": EUR_PER_CORE_HOUR,
        "million_seconds_per_run": RUN_SECONDS,
        "million_workers": WORKERS,
        "million_hours_of_work": core_hours / WORKERS,
        "million_plan_hours": RUNS / rates["plan"] / 3600,
        "million_plan_gb": RUNS * figures["plan_bytes_per_run"] / 1e9,
        "million_read_hours": RUNS / rates["read"] / 3600,
        "million_table_gb": RUNS * figures["table_bytes_per_run"] / 1e9,
        "million_store_gb": RUNS * (row + front) / 1e9,
        "million_store_gb_on_disk": RUNS * (_blocks(row) + _blocks(front)) / 1e9,
        "million_files": 2 * RUNS,
        "million_tasks": tasks,
    }
    if "tasks_per_second" in figures:
        found |= {
            "million_scheduler_hours": tasks / figures["tasks_per_second"] / 3600,
            "million_scheduler_hours_one_run_a_task": RUNS / figures["tasks_per_second"] / 3600,
            "million_write_hours": RUNS / figures["puts_per_second"] / 3600,
            # each worker takes a run's time for a run, and the driver the time of a put
            "million_most_workers": RUN_SECONDS * figures["puts_per_second"],
        }
    return found


def _blocks(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def told(figures: dict[str, Any]) -> str:
    """Return the extrapolation in words."""
    f = figures
    lines = [
        f"A million runs of {f['million_seconds_per_run']:g} s, on paper:",
        f"- work: {f['million_core_hours']:,.0f} core hours, {f['million_eur']:,.0f} EUR at "
        f"{f['million_eur_per_core_hour']:g} EUR per core hour; {f['million_hours_of_work']:.1f} h on "
        f"{f['million_workers']} workers",
        f"- plan, before the first run and again with each --resume: {f['million_plan_hours']:.1f} h at "
        f"{f['plan_ms_per_run']:.1f} ms per run, {f['million_plan_gb']:.1f} GB",
        f"- store: {f['million_files']:,} files, {f['million_store_gb']:.0f} GB, "
        f"{f['million_store_gb_on_disk']:.0f} GB in whole blocks",
        f"- table at the end: {f['million_read_hours'] * 60:.0f} min to read, {f['million_table_gb']:.0f} GB",
    ]
    if "million_scheduler_hours" in f:
        lines += [
            f"- scheduler: {f['million_tasks']:,.0f} tasks of 15 s, {f['million_scheduler_hours'] * 60:.0f} "
            f"min of its time ({f['million_scheduler_hours_one_run_a_task']:.1f} h if each run were a task)",
            f"- driver: {f['million_write_hours'] * 60:.0f} min to write; it keeps up with "
            f"{f['million_most_workers']:,.0f} workers",
        ]
    alone = {
        "the plan, which one process makes at each start": f["million_plan_hours"],
        "the million small files, which are read at the end, and before at each start that finds them": 2
        * f["million_read_hours"],
    }
    worst = max(alone, key=lambda name: alone[name])
    lines.append(
        f"What breaks first: {worst}: {alone[worst]:.1f} h of one process beside "
        f"{f['million_hours_of_work']:.1f} h of work of {f['million_workers']}."
    )
    return "\n".join(lines)
