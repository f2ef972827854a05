"""What a search costs: against the number of predictions, and against the number of acids.

python benchmarks/scaling.py [IMAGE.svg]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from reference import bound

from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_config
from optimiser.report.card import Figure
from optimiser.report.images import write_images
from optimiser.search.search import SearchSettings, search

PREDICTIONS = (1_000, 10_000, 100_000)
ACIDS = (1, 4, 12)
_CONFIG, _EVERY_ACID = "nmc111_cost_vs_recovery", "nmc111_acid_comparison"


def seconds(problem: BoundProblem, predictions: int) -> float:
    """Return what a search of so many predictions takes, with compiling the yield model of its acids."""
    _short(problem)  # numba's own cache
    fresh = replace(problem, surrogate=deepcopy(problem.surrogate))  # without what it has compiled
    began = time.perf_counter()
    search(fresh, SearchSettings(100, predictions // 100, 0), np.random.default_rng(1))
    return time.perf_counter() - began


def compiling() -> float:
    """Return the seconds of it that are for compiling, with four acids."""
    problem = bound(load_config(_CONFIG))
    _short(problem)
    fresh = replace(problem, surrogate=deepcopy(problem.surrogate))
    began = time.perf_counter()
    _short(fresh)
    between = time.perf_counter()
    _short(fresh)
    return 2 * between - began - time.perf_counter()


def _short(problem: BoundProblem) -> None:
    search(problem, SearchSettings(20, 3, 0), np.random.default_rng(0))


def by_predictions() -> dict[int, float]:
    problem = bound(load_config(_CONFIG))
    return {n: seconds(problem, n) for n in PREDICTIONS}


def by_acids() -> dict[int, float]:
    """Searches of 10,000 predictions; where a problem has fewer acids than asked, they come again."""
    problem = bound(load_config(_EVERY_ACID))
    names = [problem.acid_names[k % len(problem.acids)] for k in range(max(ACIDS))]
    return {n: seconds(problem.with_acids(names[:n]), 10_000) for n in ACIDS}


def slope(found: dict[int, float]) -> float:
    """Return the steepest growth between neighbours on logarithmic axes: 1 is linear."""
    n, s = np.log(list(found)), np.log(list(found.values()))
    return float((np.diff(s) / np.diff(n)).max())


def draw(predictions: dict[int, float], acids: dict[int, float], path: Path) -> str:
    """Write both as an SVG; return why not, where there is no browser."""
    figure = make_subplots(
        cols=2, rows=1, subplot_titles=("predictions, 4 acids", "acids, 10,000 predictions")
    )
    for col, found in enumerate((predictions, acids), 1):
        n, s = list(found), list(found.values())
        linear = [s[0] * k / n[0] for k in n]
        figure.add_trace(
            go.Scatter(x=n, y=s, name="measured", line_color="#0072B2", showlegend=col == 1), 1, col
        )
        dotted = {"color": "#777", "dash": "dot"}
        figure.add_trace(go.Scatter(x=n, y=linear, name="linear", line=dotted, showlegend=col == 1), 1, col)
        figure.update_xaxes(type="log", tickvals=n, row=1, col=col)
        figure.update_yaxes(type="log", title="seconds", row=1, col=col)
    figure.update_layout(
        template="simple_white", width=900, height=360, legend={"orientation": "h", "y": -0.2}
    )
    return save(figure, path)


def save(figure: go.Figure, path: Path) -> str:
    """Write a figure as SVG; return why not, where there is no browser."""
    with tempfile.TemporaryDirectory() as folder:
        said = write_images([Figure("figure", "", figure)], Path(folder), "svg")
        drawn = Path(folder) / "figure.svg"
        if drawn.is_file():
            shutil.copy(drawn, path)
    return said


def table(predictions: dict[int, float], acids: dict[int, float]) -> str:
    """Return two Markdown tables and how steeply the seconds grow."""
    lines = []
    for name, found in (("predictions", predictions), ("acids", acids)):
        lines += [f"| {name} | seconds |", "|---|---|", *(f"| {n:,} | {s:.2f} |" for n, s in found.items())]
        lines += ["", f"Steepest growth: {slope(found):.2f} (1 is linear).", ""]
    lines += [f"Of each search of four acids, {compiling():.2f} s are for compiling their yield models.", ""]
    return "\n".join(lines)


def main() -> None:
    predictions, acids = by_predictions(), by_acids()
    print(table(predictions, acids))
    if len(sys.argv) > 1:
        print(draw(predictions, acids, Path(sys.argv[1])))


if __name__ == "__main__":
    main()
