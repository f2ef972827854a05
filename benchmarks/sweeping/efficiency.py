"""How well a second worker is used, and what a sweep takes beside its runs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.sweeping.processes import Driver

#: Runs of the measurement.
RUNS = 200
SWEEP = """\
description: Runs of about a second
base: nmc111
set:
  variables.acid: [sulfuric, hydrochloric, citric]
  search: {{population: 40, generations: 40, seeds: [1], per_acid: 0}}
grid:
  constraints.yield.all: [0.5, 0.6, 0.7, 0.8]
  prices.sulfuric: {prices}
"""


def efficiency(folder: Path, runs: int = RUNS) -> dict[str, float]:
    """Make the same runs with one worker and with two, and return the figures of both.

    Times are those of the whole command, and so is the efficiency: its start, the check of all runs and the
    table at the end. The overhead is that per run: what workers do beside runs once they are given some. That
    of the whole command, most of which does not grow with the runs, is told beside it.

    Args:
        folder: for everything.
        runs: how many; a multiple of 4.
    """
    folder.mkdir(parents=True)
    file = folder / "seconds.yaml"
    file.write_text(SWEEP.format(prices=[round(0.05 + 0.01 * k, 2) for k in range(runs // 4)]))
    Driver(_first(folder), folder / "warm", "--workers", 1).end()  # what is compiled is kept on disk
    found: dict[str, float] = {}
    for workers in (1, 2):
        driver = Driver(file, folder / f"store{workers}", "--workers", workers)
        seconds, busy = driver.watched()
        told = driver.end()
        spent = told["seconds_of_runs"]
        found |= {
            f"seconds_{workers}": seconds,
            f"seconds_of_runs_{workers}": spent,
            f"seconds_per_run_{workers}": spent / told["made"],
            f"overhead_share_whole_command_{workers}": (workers * seconds - spent) / (workers * seconds),
            f"overhead_share_{workers}": 1.0 - spent / (workers * told["seconds"]),
            f"driver_cpu_share_{workers}": busy / seconds,
            f"driver_cpu_ms_per_run_{workers}": 1000 * busy / told["made"],
        }
        print(f"{workers} workers: {seconds:.1f} s, {spent:.1f} s of runs", flush=True)
    return {
        "efficiency_two_workers": found["seconds_1"] / (2 * found["seconds_2"]),
        "overhead_share": max(found["overhead_share_1"], found["overhead_share_2"]),
        "overhead_share_whole_command": max(found[f"overhead_share_whole_command_{n}"] for n in (1, 2)),
        "efficiency_runs": runs,
        **found,
    }


def _first(folder: Path) -> Path:
    file = folder / "warm.yaml"
    file.write_text(SWEEP.format(prices=[0.04]))
    return file
