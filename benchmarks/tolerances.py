"""What the yields over a plant's tolerances are worth: the tolerance bars.

    python benchmarks/tolerances.py [--designs N] [--points N] [--front CONFIG FRONT.csv]

How far are tolerant yields at high fidelity from those with 4,096 points, each of which every anchor sees: on
random feasible designs of each shipped problem? How much does one step of a setpoint change recovery, up or
down, on the fronts of the shipped configs: those given as front.csv, or found anew with the config's first
seed? And how linear are cost, impact and limits: the nominal setpoint against their mean over the tolerance,
with the same yields? Writes benchmarks/results/tolerances.json and prints Markdown tables.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from reference import bound, shipped
from responses import RESULTS, drawn, shipped_problem

from optimiser.problem.bound import BoundProblem
from optimiser.problem.constraints import Yields
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.load import load_config, with_shipped_model
from optimiser.problem.objectives import minimise
from optimiser.problem.tolerances import OFF
from optimiser.search.search import SearchSettings, search
from optimiser.variables import CONTINUOUS, VARIABLES, Designs, Floats

DESIGNS, POINTS = 1000, 4096
#: Of yields, a fraction, and the share of designs that keep it.
NEAR, NEAR_SHARE = 0.004, 0.99
#: Of recovery by one step, for 95 % of designs and for all.
STEP, STEP_WORST = 0.01, 0.02
_ROWS = 2**16  # points predicted at once
_LINEAR = 256  # points of the process model
#: Metrics that must be linear enough.
SUMS = ("cost", "climate_change", "net_value")


def points(problem: BoundProblem, designs: Designs, number: int) -> Iterator[tuple[slice, Designs]]:
    """Yield rows of designs and where these may end up, ``number`` points for each in turn."""
    varied = np.array([near.varied for near in problem.neighbourhoods]) & (problem.upper > problem.lower)
    size = max(1, _ROWS // number)
    for first in range(0, len(designs), size):
        rows = slice(first, first + size)
        acid = designs.acid[rows]
        moved = problem.tolerances.moved(designs.continuous[rows], number, varied[acid])
        yield rows, Designs(np.repeat(acid, number), moved.reshape(-1, len(VARIABLES)))


def exact(problem: BoundProblem, designs: Designs, number: int) -> Floats:
    """Return the mean over the tolerance of the yields at each of many points, a column per metal."""
    bare, found = replace(problem, tolerances=OFF), []
    for _, there in points(problem, designs, number):
        yields = bare.predict(there).mean
        found.append(yields.reshape(-1, number, yields.shape[1]).mean(axis=1))
    return np.concatenate(found)


def precision(problem: BoundProblem, designs: Designs, number: int) -> dict[str, float]:
    """Return how far yields at high fidelity are from the exact ones, by each design's worst metal."""
    apart = np.abs(problem.predict(designs).mean - exact(problem, designs, number))
    most = np.nanmax(apart, axis=1)
    return {
        "share": float((most <= NEAR).mean()),
        "p99": float(np.quantile(most, 0.99)),
        "worst": float(most.max()),
    }


def front_designs(name: str, problem: BoundProblem, path: Path | None) -> Designs:
    """Return the designs of a config's front: from a run's front.csv, or found with its first seed."""
    if path is not None:
        frame = pd.read_csv(path)
        acid = np.array([problem.acid_names.index(acid) for acid in frame["acid"]])
        return Designs(acid, frame[list(CONTINUOUS)].to_numpy(dtype=np.float64))
    spec = load_config(name).search
    settings = SearchSettings(spec.population, spec.generations, spec.stagnation, spec.algorithm)
    result = search(problem, settings, np.random.default_rng(spec.seeds[0]), seed=spec.seeds[0])
    return result.final.designs.take(result.final.front)


def stepped(problem: BoundProblem, designs: Designs) -> Floats:
    """Return what each step of one setpoint, down and up, adds to recovery, shape (n, 10).

    Steps that are impossible, and those of variables that the problem or the acid's data fix, add nothing.
    """
    low, high, step = (np.array([getattr(v, end) for v in VARIABLES]) for end in ("low", "high", "step"))
    moves = np.vstack([-np.diag(step), np.diag(step)])
    moved = np.round(designs.continuous[:, None] + moves, 6)
    allowed = ((moved >= low) & (moved <= high)).all(axis=2)
    allowed &= np.tile((problem.upper > problem.lower)[designs.acid], 2)
    which = np.nonzero(allowed)[0]
    mass = problem.feed.metal_mass
    before, after = (
        np.nan_to_num(problem.predict(some).mean) @ mass / mass.sum()
        for some in (designs, Designs(designs.acid[which], moved[allowed]))
    )
    change = np.zeros(allowed.shape)
    change[allowed] = after - before[which]
    return change


def linearity(problem: BoundProblem, designs: Designs) -> dict[str, float]:
    """Return the largest differences between the nominal setpoint and the mean over its tolerance.

    Yields are the same, tolerant ones. Sums differ by shares of themselves; the margins of limits are shares
    already. The domain and the targets are no limits of the process model.
    """
    asked = replace(problem, objectives=tuple(minimise(name) for name in SUMS)).with_constraints(
        ApplicabilityDomain(None), Yields()
    )
    told = problem.predict(designs)
    nominal, found = (
        asked.point_at(designs, told),
        np.zeros(len(SUMS) + len(asked.constraint_names)),
    )
    for rows, there in points(problem, designs, _LINEAR):
        moved = asked.point_at(there, told.take(np.repeat(rows, _LINEAR)))
        sums, margins = (
            part.reshape(-1, _LINEAR, part.shape[1]).mean(axis=1)
            for part in (moved.objectives, moved.margins)
        )
        by_sum = np.abs(sums / nominal.objectives[rows] - 1.0)
        by_limit = np.abs(margins - nominal.margins[rows])
        found = np.maximum(found, np.concatenate([by_sum.max(axis=0), by_limit.max(axis=0)]))
    return dict(zip((*SUMS, *asked.constraint_names), found.tolist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--designs", type=int, default=DESIGNS, help="random feasible designs per problem")
    parser.add_argument("--points", type=int, default=POINTS, help="a power of 2")
    parser.add_argument("--front", nargs=2, action="append", default=[], metavar=("CONFIG", "FRONT.csv"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "tolerances.json")
    asked = parser.parse_args()
    given = {name: Path(path) for name, path in asked.front}
    found: dict[str, dict[str, dict[str, float]]] = {"steps": {}, "linearity": {}, "precision": {}}

    print(
        f"| config | designs | change of recovery by one step, p95 (at most {STEP:g}) | largest loss "
        f"| largest change (at most {STEP_WORST:g}) | holds |\n|---|---|---|---|---|---|"
    )
    for name in shipped():
        problem = bound(load_config(name))
        designs = front_designs(name, problem, given.get(name))
        change = stepped(problem, designs)
        most = np.abs(change).max(axis=1)
        figures = {
            "designs": len(designs),
            "p95": float(np.quantile(most, 0.95)),
            "worst_loss": float(max(-change.min(), 0.0)),
            "worst": float(most.max()),
        }
        found["steps"][name] = figures
        holds = figures["p95"] <= STEP and figures["worst"] <= STEP_WORST
        print(
            f"| {name} | {len(designs)} | {figures['p95']:.4f} | {figures['worst_loss']:.4f} "
            f"| {figures['worst']:.4f} | {'yes' if holds else 'no'} |",
            flush=True,
        )

    print(
        f"\n| problem | within {NEAR:g} (at least {NEAR_SHARE:.0%}) | p99 | worst | holds "
        "| nominal against mean, largest difference |\n|---|---|---|---|---|---|"
    )
    for name in with_shipped_model("problems"):
        problem = shipped_problem(name)
        rng = np.random.default_rng(asked.seed)
        designs = problem.decode(*drawn(problem, asked.designs, rng, feasible=True))
        straight, near = linearity(problem, designs), precision(problem, designs, asked.points)
        found["linearity"][name], found["precision"][name] = straight, near
        holds = "yes" if near["share"] >= NEAR_SHARE else "no"
        said = ", ".join(f"{key} {value:.2%}" for key, value in straight.items())
        print(
            f"| {name} | {near['share']:.1%} | {near['p99']:.4f} | {near['worst']:.4f} | {holds} | {said} |",
            flush=True,
        )

    asked.out.parent.mkdir(exist_ok=True)
    rounded = {
        part: {name: {k: round(v, 5) for k, v in one.items()} for name, one in by_name.items()}
        for part, by_name in found.items()
    }
    asked.out.write_text(json.dumps(rounded, indent=2) + "\n")


if __name__ == "__main__":
    main()
