"""Print the seconds that Monte Carlo takes: 10,000 draws on 100 designs, and the drivers of one of them.

    python benchmarks/montecarlo.py [DRAWS] [DESIGNS]

The ratio to evaluating the designs once says whether the process model is what it costs.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from optimiser.problem.binding import bind
from optimiser.problem.load import load_problem
from optimiser.uncertainty.drivers import drivers
from optimiser.uncertainty.montecarlo import monte_carlo


def main(draws: int = 10_000, designs: int = 100) -> None:
    problem, rng = bind(load_problem("nmc111")), np.random.default_rng(1)
    acid = rng.integers(len(problem.acids), size=designs)
    chosen = problem.decode(acid, rng.random((designs, 5)))
    problem.evaluate(chosen)  # loads what is loaded once
    started = time.perf_counter()
    evaluation = problem.evaluate(chosen)
    evaluated = time.perf_counter()
    found = monte_carlo(problem, evaluation, draws, rng)
    drawn = time.perf_counter()
    for name in found.metrics:
        found.interval(name)
    told = time.perf_counter()
    share = found.p_nondominated.mean()
    dominated = time.perf_counter()
    one = problem.evaluate(chosen.take(np.array([0])))
    again = time.perf_counter()
    driven = drivers(problem, one, draws, rng)
    end = time.perf_counter()
    once = evaluated - started
    varied = sum(i.varies for i in found.inputs)
    print(f"{draws:,} draws of {varied} numbers on {designs} designs: {dominated - evaluated:.2f} s in all")
    print(
        f"  draws {drawn - evaluated:.2f} s, {(drawn - evaluated) / once:.0f} x one evaluation ({once:.3f} s)"
    )
    print(f"  intervals {told - drawn:.2f} s, who is dominated {dominated - told:.2f} s (share {share:.2f})")
    print(f"drivers of one design, {len(driven.inputs)} inputs: {end - again:.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
