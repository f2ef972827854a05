"""Rows of the synthetic leach as cases, for functions whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from optimiser.explain.drivers import Cases
from optimiser.explain.shapley import Predict
from optimiser.systems.read import read_system_table
from optimiser.variables import Floats
from tests.systems.synthetic import write_system

#: Silica of many feeds, wt%, so that a threshold can be looked for.
MANY = {f"ore {k}": 5.0 + 2.5 * k for k in range(16)}


@cache
def cases(rows: int = 600) -> Cases:
    """Return the rows of a table of 16 feeds as cases, with setpoints anywhere between its levels."""
    with TemporaryDirectory() as folder:
        table = read_system_table(write_system(Path(folder), np.random.default_rng(7), rows=rows, feeds=MANY))
    system = table.system
    codes = [
        [known.index(v) for known, v in zip(system.values, system.options[k].values, strict=True)]
        for k in table.option
    ]
    rng, continuous = np.random.default_rng(8), table.continuous.copy()
    for j, variable in enumerate(system.variables):
        if not variable.values and variable.name != "time":
            anywhere = rng.uniform(variable.low, variable.high, int(table.experiments.max()) + 1)
            continuous[:, j] = anywhere[table.experiments]
    drivers = np.column_stack([codes, continuous, table.feed])
    return Cases(system, (), tuple(system.feeds.values()), drivers)


def predictor(of: Cases, *functions: Callable[[Mapping[str, Floats]], Floats]) -> Predict:
    """Return functions of drivers by name as one prediction, a column each."""

    def predict(drivers: Floats) -> Floats:
        named = {name: drivers[:, j] for j, name in enumerate(of.columns)}
        return np.column_stack([function(named) for function in functions])

    return predict
