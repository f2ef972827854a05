"""Measure the product and write benchmarks/results/: `make bench`, about ten minutes on two quiet cores.

    python benchmarks/bench.py [--table TABLE]

Writes latest.json (flat), latest.md and docs/images/scaling.svg. Every ratio is of two things timed in this
run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import predict
import psutil
import quality
import rivals
import scaling
from reference import bound, load, shipped

from optimiser.problem.load import load_config
from optimiser.search.archive import joined
from optimiser.search.search import search
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.data import installed
from optimiser.surrogate.training_table import read_table

MAIN = "nmc111_cost_vs_recovery"
ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
_FIRST = """
import numpy as np
from optimiser.problem.binding import bind
from optimiser.variables import Designs
from optimiser.problem.load import load_problem
problem = bind(load_problem("nmc111"))
problem.search_point(Designs(np.array([0]), problem.lower[:1]))
"""
_ONE_SEED = "problem: nmc111\nsearch: {population: 100, generations: 100, seeds: [1], stagnation: 0}\n"


def run_command(config: str) -> tuple[float, float]:
    """Run `optimiser run` as a process; return its seconds, and its peak memory in MB.

    Memory is that of the process and of those it starts, summed every 20 ms; what they share counts for each.
    """
    with tempfile.TemporaryDirectory() as folder:
        began, peak = time.perf_counter(), 0
        process = psutil.Popen(
            [sys.executable, "-m", "optimiser", "run", config, "--out", str(Path(folder) / "out")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None:
            peak = max(peak, held(process))
            time.sleep(0.02)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        return time.perf_counter() - began, peak / 1e6


def held(process: psutil.Process) -> int:
    """Return the resident memory of a process and of those it started, in bytes; 0 once it is gone."""
    try:
        family = [process, *process.children(recursive=True)]
        return sum(int(one.memory_info().rss) for one in family)
    except psutil.NoSuchProcess:
        return 0


def starting() -> tuple[float, float]:
    """Return the seconds of `--help`, and of a process that makes one prediction; the least of five each."""
    taken = []
    for command in (["-m", "optimiser", "--help"], ["-c", _FIRST]):
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - began)
        taken.append(min(seconds))
    return taken[0], taken[1]


def rival_seconds(seeds_rate: float) -> float:
    """Return what 10,000 evaluations of MixedVariableGA, 100 at once, take on the seed's way of predicting.

    Its own part is timed on 2,000 predictions of our surrogate less what these take; the predictions are
    scaled from the seed's designs per second.
    """
    problem = bound(load_config(MAIN))
    meter = rivals.Meter(problem, load(MAIN), 2000, 600.0)
    began = time.perf_counter()
    with contextlib.suppress(rivals.OutOfTimeError):
        rivals.mixed_variable_ga(meter, np.random.default_rng(1))
    own = time.perf_counter() - began - meter.spent - meter.predicting
    return 5 * own + 10_000 / seeds_rate


def lost_by_search_grade() -> float:
    """Return the share of hypervolume that searching at low fidelity costs, median over seeds."""
    reference, problem = load(MAIN), bound(load_config(MAIN))
    worth: dict[str, list[float]] = {}
    for fidelity in ("low", "high"):
        settings = replace(quality.SETTINGS, fidelity=fidelity)
        for seed in quality.SEEDS:
            result = search(problem, settings, np.random.default_rng(seed))
            # what was searched at high fidelity counts as it is
            known = [result.final] if fidelity == "low" else [result.searched, result.final]
            every = joined(known)
            worth.setdefault(fidelity, []).append(quality.reached(reference, every.objectives[every.front]))
    return float(1.0 - np.median(worth["low"]) / np.median(worth["high"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--table", type=Path)
    asked = parser.parse_args()
    table = read_table(asked.table or installed())
    for name in shipped():
        load(name)  # refuses before anything is timed
    surrogate = load_surrogate("pd-gbr")
    anchors = {fidelity: surrogate.anchors_at(fidelity) for fidelity in ("low", "high")}
    said: list[str] = []

    def tell(title: str, text: str) -> None:
        said.extend([f"## {title}", text, ""])
        print(f"## {title}\n{text}\n", flush=True)

    run_command(MAIN)  # the first start compiles
    starts = [run_command(MAIN) for _ in range(2)]
    seconds, memory = min(s for s, _ in starts), max(m for _, m in starts)
    helped, first = starting()
    speeds = predict.measure(table)
    started = f"A process that makes one prediction: {first:.2f} s; `--help`: {helped:.2f} s."
    tell("Predictions", predict.report(speeds, anchors) + "\n" + started)
    qualities = [quality.judge(name) for name in shipped()]
    tell("Searches against the reference fronts", quality.table(qualities))
    loss = lost_by_search_grade()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "one_seed.yaml"
        config.write_text(_ONE_SEED)
        own_run = min(run_command(str(config))[0] for _ in range(2))
    ratio = rival_seconds(speeds.seed[100]) / own_run
    courses = rivals.compare(MAIN)
    tell("Rivals on the compiled surrogate", rivals.table(courses))
    rivals.draw(courses, ROOT / "docs" / "images" / "rivals.svg")
    predictions, acids = scaling.by_predictions(), scaling.by_acids()
    tell("Scaling", scaling.table(predictions, acids))
    scaling.draw(predictions, acids, ROOT / "docs" / "images" / "scaling.svg")
    figures: dict[str, Any] = {
        "final_vs_seed": speeds.compiled["high", 10_000] / speeds.plain,
        "search_vs_seed": speeds.compiled["low", 10_000] / speeds.seed[1],
        "hypervolume_loss": loss,
        "run_vs_rival": ratio,
        "main_config_seconds": seconds,
        "peak_memory_mb": memory,
        "hypervolume_median": min(q.median for q in qualities),
        "hypervolume_worst": min(q.worst for q in qualities),
    }
    tell("Figures", figures_table(figures))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(
        json.dumps({k: round(v, 4) for k, v in figures.items()}, indent=2) + "\n"
    )
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores."
    (RESULTS / "latest.md").write_text("\n".join(["# What `make bench` printed", machine, "", *said]))


#: What each figure is, and its bar.
BARS = {
    "final_vs_seed": (
        "high fidelity against the same model and anchors evaluated by its own estimators",
        ">= 40 x",
    ),
    "search_vs_seed": (
        "low fidelity against the Toolkit's method, one design at a time, 776 anchors",
        ">= 1,000 x",
    ),
    "hypervolume_loss": ("hypervolume lost by searching at low fidelity", "<= 0.5 %"),
    "run_vs_rival": (
        "whole run of 10,000 against MixedVariableGA with the Toolkit's method (scaled)",
        ">= 100 x",
    ),
    "main_config_seconds": ("main config, warm start, report included", "<= 15 s"),
    "peak_memory_mb": ("peak memory of the main config", "<= 1,000 MB"),
    "hypervolume_median": ("against the reference front, median of 5 seeds, worst config", ">= 0.99"),
    "hypervolume_worst": ("the same, worst seed", ">= 0.97"),
}
_LIMITS = {
    "final_vs_seed": 40.0,
    "search_vs_seed": 1000.0,
    "hypervolume_loss": 0.005,
    "run_vs_rival": 100.0,
    "main_config_seconds": 15.0,
    "peak_memory_mb": 1000.0,
    "hypervolume_median": 0.99,
    "hypervolume_worst": 0.97,
}
_SHOWN = {
    "final_vs_seed": "{:,.0f} x",
    "search_vs_seed": "{:,.0f} x",
    "hypervolume_loss": "{:.2%}",
    "run_vs_rival": "{:,.0f} x",
    "main_config_seconds": "{:.1f} s",
    "peak_memory_mb": "{:,.0f} MB",
    "hypervolume_median": "{:.4f}",
    "hypervolume_worst": "{:.4f}",
}


def figures_table(figures: dict[str, float]) -> str:
    """Return the Markdown table that the README quotes."""
    rows = ["| figure | measured | bar | holds |", "|---|---|---|---|"]
    for name, value in figures.items():
        what, bar = BARS[name]
        least, limit = bar.startswith(">="), _LIMITS[name]
        holds = "yes" if (value >= limit if least else value <= limit) else "no"
        rows.append(f"| {what} | {_SHOWN[name].format(value)} | {bar} | {holds} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
