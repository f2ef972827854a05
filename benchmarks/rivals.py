"""The search against others on the same problem: hypervolume against predictions and against seconds.

    python benchmarks/rivals.py [CONFIG] [--predictions N] [--seconds S]

Rivals are pymoo's MixedVariableGA, Optuna's NSGA-II and TPE samplers, random and Sobol search, all of them on
the compiled surrogate at high fidelity, so that only the search differs. A rival that has not made all
predictions after so many seconds is stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from quality import SETTINGS, final_front, reached
from reference import Reference, bound, load
from scaling import save
from scipy.stats import qmc

from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_config
from optimiser.search.archive import non_dominated, total_violation
from optimiser.search.search import search
from optimiser.variables import CONTINUOUS, Designs, Floats

PREDICTIONS, SECONDS = 10_000, 45.0
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#999999", "#56B4E9")
_CHECKS = (100, 200, 500, 1000, 2000, 3000, 5000, 7000, 10_000)


class OutOfTimeError(Exception):
    """A rival has used up its seconds or its predictions."""


@dataclass
class Meter:
    """Predicts for a rival and notes what it has reached."""

    problem: BoundProblem
    reference: Reference
    most: int
    seconds: float
    started: float = field(default_factory=time.perf_counter)
    spent: float = 0.0  # on noting
    predicting: float = 0.0
    done: int = 0
    best: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    course: list[tuple[int, float, float]] = field(default_factory=list)

    def __call__(self, designs: Designs) -> tuple[Floats, Floats]:
        """Return objectives (n, m) and margins (n, c)."""
        if self.done >= self.most or self.elapsed() > self.seconds:
            raise OutOfTimeError
        designs = designs.take(np.arange(min(len(designs), self.most - self.done)))
        began = time.perf_counter()
        point = self.problem.search_point(designs, "high")
        self.predicting += time.perf_counter() - began
        before, self.done = self.done, self.done + len(designs)
        held = point.objectives[total_violation(point.margins) <= 0.0]
        self.best = np.vstack([self.best.reshape(-1, point.objectives.shape[1]), held])
        self.best = self.best[non_dominated(self.best)]
        if any(before < check <= self.done for check in _CHECKS):
            self.note()
        return point.objectives, point.margins

    def elapsed(self) -> float:
        return time.perf_counter() - self.started - self.spent

    def note(self) -> None:
        began = time.perf_counter()
        self.course.append((self.done, self.elapsed(), reached(self.reference, self.best)))
        self.spent += time.perf_counter() - began


def mixed_variable_ga(meter: Meter, rng: np.random.Generator) -> None:
    from pymoo.core.mixed import MixedVariableGA
    from pymoo.core.problem import Problem as PymooProblem
    from pymoo.core.variable import Integer, Real
    from pymoo.operators.survival.rank_and_crowding import RankAndCrowding
    from pymoo.optimize import minimize

    problem = meter.problem
    names = ("acid", *CONTINUOUS)

    class Shown(PymooProblem):  # type: ignore[misc]
        def __init__(self) -> None:
            kinds = {name: Real(bounds=(0.0, 1.0)) for name in CONTINUOUS}
            acids = Integer(bounds=(0, len(problem.acids) - 1))
            super().__init__(
                vars={"acid": acids, **kinds},
                n_obj=len(problem.objectives),
                n_ieq_constr=len(problem.constraint_names),
            )

        def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            rows = np.array([[one[name] for name in names] for one in x], dtype=np.float64)
            designs = problem.decode(rows[:, 0].astype(np.intp), rows[:, 1:])
            objectives, margins = meter(designs)
            short = len(rows) - len(objectives)
            out["F"] = np.vstack([objectives, np.full((short, objectives.shape[1]), 1e12)])
            out["G"] = np.vstack([-margins, np.full((short, margins.shape[1]), 1e12)])

    minimize(
        Shown(),
        MixedVariableGA(pop_size=100, survival=RankAndCrowding()),
        ("n_eval", meter.most + 100),
        seed=int(rng.integers(2**31)),
    )


def optuna_sampler(kind: str) -> Callable[[Meter, np.random.Generator], None]:
    def run(meter: Meter, rng: np.random.Generator) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        problem, seed = meter.problem, int(rng.integers(2**31))

        def constraints(trial: Any) -> Any:
            return trial.user_attrs["lacking"]

        samplers = optuna.samplers
        if kind == "nsga2":
            sampler: Any = samplers.NSGAIISampler(
                population_size=100, seed=seed, constraints_func=constraints
            )
        else:
            sampler = samplers.TPESampler(seed=seed, constraints_func=constraints)

        def objective(trial: Any) -> tuple[float, ...]:
            acid = trial.suggest_categorical("acid", list(range(len(problem.acids))))
            unit = np.array([[trial.suggest_float(name, 0.0, 1.0) for name in CONTINUOUS]])
            objectives, margins = meter(problem.decode(np.array([acid], dtype=np.intp), unit))
            trial.set_user_attr("lacking", (-margins[0]).tolist())
            return tuple(objectives[0].tolist())

        study = optuna.create_study(directions=["minimize"] * len(problem.objectives), sampler=sampler)
        study.optimize(objective, n_trials=meter.most + 1)

    return run


def random_search(meter: Meter, rng: np.random.Generator) -> None:
    while True:
        n = 500
        meter(meter.problem.decode(rng.integers(len(meter.problem.acids), size=n), rng.random((n, 5))))


def sobol_search(meter: Meter, rng: np.random.Generator) -> None:
    sobol, acids = qmc.Sobol(5, rng=rng), len(meter.problem.acids)
    while True:
        meter(meter.problem.decode(rng.permutation(np.arange(512) % acids), sobol.random(512)))


RIVALS: dict[str, Callable[[Meter, np.random.Generator], None]] = {
    "pymoo MixedVariableGA": mixed_variable_ga,
    "Optuna NSGA-II": optuna_sampler("nsga2"),
    "Optuna TPE": optuna_sampler("tpe"),
    "random": random_search,
    "Sobol": sobol_search,
}
Course = list[tuple[int, float, float]]


def compare(name: str, predictions: int = PREDICTIONS, seconds: float = SECONDS) -> dict[str, Course]:
    """Return of each search (predictions, seconds, reached) as it went on, ours first."""
    import warnings

    reference, problem = load(name), bound(load_config(name))
    courses: dict[str, Course] = {"ours": ours(reference, problem, predictions)}
    for rival, run in RIVALS.items():
        meter = Meter(problem, reference, predictions, seconds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of experimental arguments
            with contextlib.suppress(OutOfTimeError):
                run(meter, np.random.default_rng(1))
        meter.note()
        courses[rival] = meter.course
    return courses


def ours(reference: Reference, problem: BoundProblem, predictions: int) -> Course:
    """Return what searches of several lengths reach: each ends at high fidelity by itself."""
    search(problem, replace(SETTINGS, population=20, generations=3), np.random.default_rng(0))  # compiles
    course = []
    for most in [n for n in _CHECKS if n <= predictions]:
        size = min(SETTINGS.population, max(10, most // 10))
        settings = replace(SETTINGS, population=size, generations=most // size)
        began = time.perf_counter()
        result = search(problem, settings, np.random.default_rng(1))
        taken = time.perf_counter() - began
        course.append((result.evaluations, taken, reached(reference, final_front(result))))
    return course


def table(courses: dict[str, Course]) -> str:
    """Return a Markdown table: what each search reached at the end, and how soon it reached 0.9."""
    rows = [
        "| search | predictions | seconds | reached | reached 0.9 after |",
        "|---|---|---|---|---|",
    ]
    for name, course in courses.items():
        done, seconds, value = course[-1]
        soon = next((f"{n:,} predictions, {s:.1f} s" for n, s, v in course if v >= 0.9), "never")
        rows.append(f"| {name} | {done:,} | {seconds:.1f} | {value:.3f} | {soon} |")
    return "\n".join(rows)


def draw(courses: dict[str, Course], path: Path) -> str:
    """Write what each search reached against predictions and seconds as an SVG; return why not."""
    figure = make_subplots(cols=2, rows=1, subplot_titles=("after predictions", "after seconds"))
    for number, (name, course) in enumerate(courses.items()):
        for col in (1, 2):
            line = {"color": COLOURS[number], "width": 3 if name == "ours" else 1.5}
            x, y = [step[col - 1] for step in course], [step[2] for step in course]
            figure.add_trace(go.Scatter(x=x, y=y, name=name, line=line, showlegend=col == 1), 1, col)
            figure.update_xaxes(type="log", row=1, col=col)
    figure.update_yaxes(title="share of the reference's hypervolume", range=[0, 1.02], col=1)
    below = {"orientation": "h", "y": -0.2}
    figure.update_layout(template="simple_white", width=900, height=380, legend=below)
    return save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("config", nargs="?", default="nmc111_cost_vs_recovery")
    parser.add_argument("--predictions", type=int, default=PREDICTIONS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args()
    print(table(compare(asked.config, asked.predictions, asked.seconds)))


if __name__ == "__main__":
    main()
