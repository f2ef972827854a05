"""The evolutionary algorithms a search can be led by, by name, as pymoo has them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from optimiser.variables import Floats


@dataclass(frozen=True)
class Algorithm:
    """An algorithm of pymoo.

    Attributes:
        reference: its name and where it was published.
        module: of ``pymoo.algorithms.moo``.
        kind: the class in it.
        directed: whether it takes reference directions.
    """

    reference: str
    module: str
    kind: str
    directed: bool = False


#: What a config may name. A further algorithm is a further row, and its name in `SearchSpec` of
#: problem/schema.py (a test compares the two).
ALGORITHMS: dict[str, Algorithm] = {
    "nsga2": Algorithm("NSGA-II, Deb et al. 2002, 10.1109/4235.996017", "nsga2", "NSGA2"),
    "nsga3": Algorithm("NSGA-III, Deb and Jain 2014, 10.1109/TEVC.2013.2281535", "nsga3", "NSGA3", True),
    "u-nsga3": Algorithm(
        "U-NSGA-III, Seada and Deb 2016, 10.1109/TEVC.2015.2459718", "unsga3", "UNSGA3", True
    ),
    "age-moea": Algorithm("AGE-MOEA, Panichella 2019, 10.1145/3321707.3321839", "age", "AGEMOEA"),
    "sms-emoa": Algorithm("SMS-EMOA, Beume et al. 2007, 10.1016/j.ejor.2006.08.008", "sms", "SMSEMOA"),
}


def new_algorithm(name: str, population: int, objectives: int, start: Floats) -> Any:
    """Return an algorithm that has not started, with its own selection and survival.

    Args:
        name: of ``ALGORITHMS``.
        population: size.
        objectives: how many.
        start: rows of the first population: acid index and coordinates.
    """
    chosen = ALGORITHMS[name]
    kind = getattr(importlib.import_module(f"pymoo.algorithms.moo.{chosen.module}"), chosen.kind)
    directed = (directions(objectives, population),) if chosen.directed else ()
    return kind(*directed, pop_size=population, sampling=start)


def directions(objectives: int, most: int) -> Floats:
    """Return as many evenly spread reference directions as a population can serve (Das and Dennis 1998)."""
    from pymoo.util.ref_dirs import get_reference_directions

    if objectives == 1:
        return np.ones((1, 1))
    parts = 1
    while comb(objectives + parts, parts + 1) <= most:
        parts += 1
    found: Floats = get_reference_directions("das-dennis", objectives, n_partitions=parts)
    return found
