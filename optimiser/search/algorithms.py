"""The evolutionary algorithms a search can be led by, by name, as pymoo has them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np

from optimiser.variables import Floats

#: Names a config may give, with what they are.
ALGORITHMS: dict[str, str] = {
    "nsga2": "NSGA-II, Deb et al. 2002, 10.1109/4235.996017",
    "nsga3": "NSGA-III, Deb and Jain 2014, 10.1109/TEVC.2013.2281535",
    "u-nsga3": "U-NSGA-III, Seada and Deb 2016, 10.1109/TEVC.2015.2459718",
    "age-moea": "AGE-MOEA, Panichella 2019, 10.1145/3321707.3321839",
    "sms-emoa": "SMS-EMOA, Beume et al. 2007, 10.1016/j.ejor.2006.08.008",
}


def new_algorithm(name: str, population: int, objectives: int, start: Floats) -> Any:
    """Return an algorithm that has not started, with its own selection and survival.

    Args:
        name: of ``ALGORITHMS``.
        population: size.
        objectives: how many.
        start: rows of the first population, shape (n, 6).
    """
    kinds: dict[str, Callable[[], Any]] = {
        "nsga2": lambda: _pymoo("nsga2", "NSGA2")(pop_size=population, sampling=start),
        "nsga3": lambda: _pymoo("nsga3", "NSGA3")(
            directions(objectives, population), pop_size=population, sampling=start
        ),
        "u-nsga3": lambda: _pymoo("unsga3", "UNSGA3")(
            directions(objectives, population), pop_size=population, sampling=start
        ),
        "age-moea": lambda: _pymoo("age", "AGEMOEA")(pop_size=population, sampling=start),
        "sms-emoa": lambda: _pymoo("sms", "SMSEMOA")(pop_size=population, sampling=start),
    }
    return kinds[name]()


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


def _pymoo(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"pymoo.algorithms.moo.{module}"), name)
