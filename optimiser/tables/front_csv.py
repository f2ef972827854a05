"""The columns of ``front.csv``, which are also those of ``predict`` and of the report's tables of designs.

What each column holds and in which order is decided here (one per metric, in the order of `METRICS` in
`problem/objectives.py`); how it is shown to a person
(label, unit, decimals) stands in `optimiser.report.columns`, and what it means in ``docs/report.md``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.chemistry.metals import METALS
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.metrics import BY_PRODUCTS
from optimiser.variables import CONTINUOUS


def design_table(problem: BoundProblem, evaluation: Evaluation, knee: int | None = None) -> pd.DataFrame:
    """Return one row per design, columns in the order that `docs/` promises.

    Design variables; per metal the yield over the tolerances and its 90 % interval; per objective the value
    and its interval; every other metric; ``p_feasible, support, domain_distance, proton_ratio, knee``;
    by-products per t of feed, and whether nitrogen oxides or precipitates have to be expected; per metal the
    yield at the setpoint itself and the tenth percentile over the tolerances. Yields of absent metals are
    empty.
    """
    columns: dict[str, object] = {"acid": np.array(problem.acid_names)[evaluation.designs.acid]}
    columns |= {name: getattr(evaluation.designs, name) for name in CONTINUOUS}
    for i, metal in enumerate(METALS):
        columns[f"yield_{metal}"] = evaluation.yields[:, i]
        columns[f"yield_{metal}_low"] = evaluation.yields_low[:, i]
        columns[f"yield_{metal}_high"] = evaluation.yields_high[:, i]
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
    columns["proton_ratio"] = evaluation.proton_ratio
    columns["knee"] = np.arange(len(evaluation)) == knee
    columns |= {name: values for name, values in rest.items() if name in BY_PRODUCTS}
    by_products = evaluation.by_products
    columns["nox"] = by_products.nox
    columns["precipitates"] = [" ".join(by_products.precipitating(i)) for i in range(len(evaluation))]
    for i, metal in enumerate(METALS):
        columns[f"yield_{metal}_nominal"] = evaluation.yields_nominal[:, i]
        columns[f"yield_{metal}_p10"] = evaluation.yields_p10[:, i]
    return pd.DataFrame(columns)
