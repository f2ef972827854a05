"""What a site model costs: to learn a hundred rows, and to search with it, against its base.

python benchmarks/site.py [ROWS ...]
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from reference import bound

from optimiser.learning.learn import learn
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_config
from optimiser.search.search import SearchSettings, search
from optimiser.surrogate.artefact import Surrogate
from optimiser.tables.own_results import read_results
from optimiser.variables import CONTINUOUS

_CONFIG = "nmc111_cost_vs_recovery"
_ROUNDS = 3
_BIAS, _NOISE = -0.08, 0.03


def own_results(problem: BoundProblem, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return results of an imaginary plant: the model's yields with a bias and noise, over all acids."""
    acid = rng.integers(len(problem.acids), size=rows)
    designs = problem.decode(acid, rng.uniform(size=(rows, 5)))
    frame = pd.DataFrame(designs.continuous, columns=list(CONTINUOUS))
    frame["acid"] = np.array(problem.acid_names)[acid]
    yields = problem.predict(designs).mean + _BIAS + _NOISE * rng.normal(size=(rows, 4))
    return frame.assign(
        **{f"yield_{m}": yields[:, k].clip(0, 1) for k, m in enumerate(("Li", "Ni", "Mn", "Co"))}
    )


def learning(problem: BoundProblem, rows: int) -> tuple[Surrogate, float]:
    """Return a site model of so many rows, and the seconds that reading and learning them took."""
    frame = own_results(problem, rows, np.random.default_rng(0))
    began = time.perf_counter()
    site = learn(read_results(frame, feed=problem.feed), problem.surrogate)
    return site, time.perf_counter() - began


def searching(problem: BoundProblem) -> float:
    """Return the seconds of one search of the config's size."""
    began = time.perf_counter()
    search(problem, SearchSettings(100, 100, 0), np.random.default_rng(1))
    return time.perf_counter() - began


def main() -> None:
    base = bound(load_config(_CONFIG))
    searching(base)  # compiles
    for rows in [int(n) for n in sys.argv[1:]] or [6, 25, 100]:
        site, seconds = learning(base, rows)
        domain = site.domain
        near = tuple(domain.neighbourhood(base.feed, acid) for acid in base.acids)
        own = replace(base, surrogate=site, neighbourhoods=near)
        pairs = [(searching(base), searching(own)) for _ in range(_ROUNDS)]
        ratio = float(np.median([mine / theirs for theirs, mine in pairs]))
        print(f"{rows} rows: learned in {seconds:.2f} s; a search takes {ratio:.2f} times as long.")


if __name__ == "__main__":
    main()
