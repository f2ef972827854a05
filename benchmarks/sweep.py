"""Prove the sweeps, and write benchmarks/results/sweep.json: `make bench-sweep`, about half an hour.

    python -m benchmarks.sweep [efficiency] [kills] [two] [stubs] [paper] [--runs N] [--kills N] [--tasks N]

Each part can be made alone; its figures replace those of the same names in the file. `efficiency` needs a
machine that does nothing else. `paper` goes last: it takes the figures of `stubs` from the file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.sweeping.efficiency import RUNS, efficiency
from benchmarks.sweeping.kills import KILLS, kills, two_at_once, write_sweep
from benchmarks.sweeping.paper import on_paper, planning, reading, told
from benchmarks.sweeping.processes import Driver
from benchmarks.sweeping.stubs import KEPT, TASKS, stubs

RESULTS = Path(__file__).parent / "results" / "sweep.json"
#: What each figure must be at least, or at most.
LEAST = {"efficiency_two_workers": 0.9, "kills": 50}
MOST = {
    "overhead_share": 0.05,
    "lost": 0,
    "doubled": 0,
    "different": 0,
    "two_sweeps_lost": 0,
    "two_sweeps_doubled": 0,
    "two_sweeps_different": 0,
    "orphans": 0,
    "made_after_the_end": 0,
}


def main() -> None:
    parts: dict[str, Callable[[Path, argparse.Namespace], dict[str, float]]] = {
        "efficiency": lambda folder, asked: efficiency(folder, asked.runs),
        "kills": lambda folder, asked: kills(folder, shared_out(asked.kills)),
        "two": lambda folder, asked: two_at_once(folder),
        "stubs": lambda folder, asked: stubs(folder, asked.tasks, KEPT, a_run(folder.parent)),
        "paper": paper,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}; all if left out")
    parser.add_argument("--runs", type=int, default=RUNS, help="of `efficiency`, a multiple of 4")
    parser.add_argument("--kills", type=int, default=sum(KILLS.values()))
    parser.add_argument("--tasks", type=int, default=TASKS)
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in [part for part in parts if part in (asked.parts or parts)]:
        with tempfile.TemporaryDirectory(prefix="bench-sweep-") as folder:
            print(f"## {part}", flush=True)
            figures = parts[part](Path(folder, part), asked)
        keep(figures)
        print(shown(figures) + "\n", flush=True)


def paper(folder: Path, asked: argparse.Namespace) -> dict[str, float]:
    """Measure planning and reading, and return a million runs on paper."""
    measured = planning(folder) | reading(folder, a_run(folder.parent))
    figures = measured | on_paper(known() | measured)
    print(told(known() | figures))
    return figures


def shared_out(number: int) -> dict[str, int]:
    """Return how many kills of each kind there are of a number of them, in the shares of `KILLS`."""
    whole, given, before = sum(KILLS.values()), {}, 0
    for kind, share in KILLS.items():
        given[kind] = round(number * (before + share) / whole) - round(number * before / whole)
        before += share
    return given


def a_run(folder: Path) -> tuple[bytes, bytes]:
    """Make a run, and return the content of its two files."""
    Driver(write_sweep(folder, "one", "[0.11]"), folder / "one", "--workers", 1).end()
    row, front = (next(iter(sorted((folder / "one" / name).iterdir()))) for name in ("runs", "fronts"))
    return row.read_bytes(), front.read_bytes()


def known() -> dict[str, Any]:
    """Return the figures that were measured before."""
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def keep(figures: dict[str, float]) -> None:
    """Replace figures of the file by newer ones of the same names."""
    rounded = {k: v if isinstance(v, int) else round(v, 4) for k, v in figures.items()}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known() | rounded, indent=2) + "\n")


def shown(figures: dict[str, float]) -> str:
    """Return a line per figure, with its bar where it has one."""
    lines = []
    for name, value in figures.items():
        bar, holds = "", True
        if name in LEAST:
            bar, holds = f" (>= {LEAST[name]:g})", value >= LEAST[name]
        if name in MOST:
            bar, holds = f" (<= {MOST[name]:g})", value <= MOST[name]
        lines.append(f"{name}: {value:,.4g}{bar}{'' if holds else ' DOES NOT HOLD'}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
