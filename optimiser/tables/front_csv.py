"""The columns of ``front.csv``, which are also those of ``predict`` and of the report's tables of designs.

What each column holds and in which order is decided here (one per metric, in the order of `METRICS` in
`problem/objectives.py`); how it is shown to a person
(label, unit, decimals) stands in `optimiser.report.columns`, and what it means in ``docs/report.md``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import BY_PRODUCTS
from optimiser.systems.system import System


def design_table(problem: BoundProblem, evaluation: Evaluation, knee: int | None = None) -> pd.DataFrame:
    """Return one row per design, columns in the order that `docs/` promises.

    Design variables (of a system of one's own a column per choice and setpoint); per metal or response the
    yield over the tolerances and its 90 % interval; per objective the value and its interval; every other
    metric; ``p_feasible, support, domain_distance``; of cathodes ``proton_ratio``; ``knee``; of cathodes
    by-products per t of feed, and whether nitrogen oxides or precipitates have to be expected; per metal or
    response the yield at the setpoint itself and the tenth percentile over the tolerances. Yields of absent
    metals are empty.
    """
    return with_choices(named_table(problem, evaluation, knee), problem.system)


def named_table(problem: BoundProblem, evaluation: Evaluation, knee: int | None = None) -> pd.DataFrame:
    """Return `design_table` with the name of the option in ``acid``, whatever the system's choices are."""
    of_cathode = problem.system.is_cathode
    columns: dict[str, object] = {"acid": np.array(problem.acid_names)[evaluation.designs.acid]}
    columns |= {v.name: evaluation.designs.continuous[:, j] for j, v in enumerate(problem.variables)}
    for i, response in enumerate(problem.responses):
        columns[f"yield_{response}"] = evaluation.yields[:, i]
        columns[f"yield_{response}_low"] = evaluation.yields_low[:, i]
        columns[f"yield_{response}_high"] = evaluation.yields_high[:, i]
    for objective in problem.objectives:
        name = objective.metric
        if name not in columns:
            columns[name] = evaluation.metrics[name]
            columns[f"{name}_low"] = evaluation.metrics_low[name]
            columns[f"{name}_high"] = evaluation.metrics_high[name]
    rest = {name: values for name, values in evaluation.metrics.items() if name not in columns}
    columns |= {name: values for name, values in rest.items() if name not in BY_PRODUCTS}
    columns["p_feasible"] = evaluation.p_feasible
    columns["support"] = evaluation.support
    columns["domain_distance"] = evaluation.domain_distance
    if of_cathode:
        columns["proton_ratio"] = evaluation.proton_ratio
    columns["knee"] = np.arange(len(evaluation)) == knee
    columns |= {name: values for name, values in rest.items() if name in BY_PRODUCTS}
    if of_cathode:
        by_products = evaluation.by_products
        columns["nox"] = by_products.nox
        columns["precipitates"] = [" ".join(by_products.precipitating(i)) for i in range(len(evaluation))]
    for i, response in enumerate(problem.responses):
        columns[f"yield_{response}_nominal"] = evaluation.yields_nominal[:, i]
        columns[f"yield_{response}_p10"] = evaluation.yields_p10[:, i]
    return pd.DataFrame(columns)


def with_choices(frame: pd.DataFrame, system: System) -> pd.DataFrame:
    """Return a table of designs as files have it: a column per choice in the place of ``acid``.

    Of cathodes, or where there is no column ``acid``, it is the same table.
    """
    if system.is_cathode or "acid" not in frame:
        return frame
    place = list(frame.columns).index("acid")
    nothing = ("",) * len(system.choices)  # of rows without a design
    parts = [system.option(str(name)).values if name else nothing for name in frame["acid"]]
    split = frame.drop(columns="acid")
    for j, choice in enumerate(system.choices):
        split.insert(place + j, choice, np.array([values[j] for values in parts], dtype=object))
    return split
