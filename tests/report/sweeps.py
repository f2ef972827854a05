"""Sweeps for the tests of their report: synthetic ones of any size, and one of real runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import qmc

from optimiser.problem.constraints import Yields
from optimiser.problem.load import load_config
from optimiser.problem.schema import SearchSpec
from optimiser.search.run import run
from optimiser.sweeps.table import SweepTable
from optimiser.tables.front_csv import design_table

ACIDS = ("sulfuric", "hydrochloric", "nitric", "citric", "lactic")
METALS = ("Li", "Ni", "Mn", "Co")
FEEDS = ("LCO", "NMC111", "NMC532", "NMC622", "NMC811", "NCA")


def grid(**values: Sequence[Any]) -> pd.DataFrame:
    """Every combination of values; ``__`` in a name stands for a dot."""
    names = [name.replace("__", ".") for name in values]
    return pd.DataFrame(list(product(*values.values())), columns=names)


def answered(
    asked: pd.DataFrame,
    costs: Mapping[str, np.ndarray],
    rng: np.random.Generator,
    failed: float = 0.0,
    infeasible: np.ndarray | None = None,
    missing: int = 0,
    name: str = "synthetic",
) -> SweepTable:
    """A sweep whose cheapest acid follows from the cost of each; all else is made up around it.

    Args:
        asked: the varied keys.
        costs: of each acid, shape (runs,).
        rng: of what is made up.
        failed: share of runs that fail.
        infeasible: which runs have nothing feasible.
        missing: how many runs at the end are not made.
    """
    n, names = len(asked), list(costs)
    every = np.column_stack([costs[acid] for acid in names])
    acid = np.array(names, dtype=object)[every.argmin(axis=1)]
    status = np.full(n, "done", dtype=object)
    if infeasible is not None:
        status[infeasible] = "infeasible"
    status[rng.random(n) < failed] = "failed"
    if missing:
        status[n - missing :] = "missing"
    done, made = status == "done", status != "missing"
    answer: dict[str, Any] = {
        "temperature": np.round(rng.uniform(25.0, 90.0, n), 1),
        "acid_concentration": np.round(rng.uniform(0.25, 4.0, n), 2),
        "h2o2": np.round(rng.uniform(0.0, 10.0, n), 1),
        "solid_liquid_ratio": np.round(rng.uniform(10.0, 100.0, n), 0),
        "time": np.round(rng.uniform(5.0, 240.0, n), 0),
    }
    for metal in METALS:
        middle = rng.uniform(0.6, 0.98, n)
        answer |= {f"yield_{metal}": middle, f"yield_{metal}_low": middle - 0.1}
        answer |= {f"yield_{metal}_high": np.minimum(middle + 0.08, 1.0)}
    answer |= {"cost": every.min(axis=1), "recovery": rng.uniform(0.6, 0.98, n)}
    answer |= {"p_feasible": rng.uniform(0.9, 1.0, n), "support": rng.integers(1, 60, n)}
    reasons = {
        "infeasible": "Targets that nothing meets: yield of Co. The nearest design reaches 71 %.",
        "failed": "The price of citric is missing.\n  do:      give it in the table of prices",
    }
    frame = pd.DataFrame({"run": np.arange(1, n + 1)})
    frame["key"] = [hashlib.sha256(str(i).encode()).hexdigest()[:16] for i in range(n)]
    frame = pd.concat([frame, asked.reset_index(drop=True)], axis=1)
    frame["status"], frame["reason"] = status, [reasons.get(s, "") for s in status]
    frame["seconds"] = np.where(made, rng.uniform(5.0, 30.0, n), np.nan)
    frame["evaluations"] = np.where(made & (status != "failed"), 4000.0, np.nan)
    frame["designs"] = np.where(done, rng.integers(1, 60, n), np.nan)
    frame["hypervolume"] = np.where(done, rng.uniform(0.3, 0.9, n), np.nan)
    frame["acid"] = np.where(done, acid, None)
    for column, values in answer.items():
        frame[column] = np.where(done, values, np.nan)
    return SweepTable(
        name,
        "The same question for every combination.",
        "nmc111_cost_vs_recovery",
        tuple(asked.columns),
        ("cost", "recovery"),
        ("minimise", "maximise"),
        frame,
    )


def feeds_and_targets() -> SweepTable:
    """6 feeds x 4 targets x 3 confidences: high targets fail on some feeds, a few runs break."""
    rng = np.random.default_rng(1)
    asked = grid(feed=FEEDS, yield__Co=(0.6, 0.7, 0.8, 0.9), confidence=(0.5, 0.8, 0.95))
    base = asked["feed"].map(dict(zip(FEEDS, (3.2, 2.4, 2.1, 1.9, 1.5, 1.2), strict=True))).to_numpy(float)
    target = asked["yield.Co"].to_numpy(float)
    costs = {
        acid: base * (1.0 + level + slope * (target - 0.6) ** 2) * rng.uniform(0.99, 1.01, len(asked))
        for acid, level, slope in (("sulfuric", 0.0, 6.0), ("hydrochloric", 0.12, 2.0), ("citric", 0.2, 1.0))
    }
    hard = (target >= 0.9) & (asked["confidence"] > 0.9) | (asked["feed"] == "NCA") & (target >= 0.9)
    return answered(asked, costs, rng, 0.03, hard.to_numpy(), missing=2, name="feeds_and_targets")


def prices() -> SweepTable:
    """Four prices, four levels each, 256 runs: the cheapest acid follows from its price."""
    rng = np.random.default_rng(2)
    asked = grid(
        price__sulfuric=(0.05, 0.1, 0.2, 0.4),
        price__citric=(0.5, 0.8, 1.1, 1.4),
        price__power=(0.05, 0.1, 0.2, 0.3),
        price__h2o2=(0.4, 0.6, 0.8, 1.0),
    )
    rest = 4.0 * asked["price.power"] + 0.5 * asked["price.h2o2"]
    costs = {
        "sulfuric": (6.0 * asked["price.sulfuric"] + rest + 0.9).to_numpy(),
        "citric": (1.4 * asked["price.citric"] + rest + 0.7).to_numpy(),
        "hydrochloric": (rest + 2.3).to_numpy(),
    }
    return answered(asked, costs, rng, name="prices")


def hypercube(runs: int = 10_000, keys: int = 6) -> SweepTable:
    """A Latin hypercube over prices and targets, the first of which matters most."""
    rng = np.random.default_rng(3)
    names = ["price.sulfuric", "price.citric", "price.power", "yield.Co", "confidence", "price.h2o2"]
    names += [f"process.number_{k}" for k in range(keys - len(names))]
    cube = qmc.LatinHypercube(keys, rng=rng).random(runs)
    asked = pd.DataFrame(cube, columns=names[:keys])
    effect = {k: cube[:, min(k, keys - 1)] for k in range(6)}
    rest = 1.0 + effect[2] + 0.3 * effect[3] ** 2
    costs = {
        "sulfuric": rest + 3.0 * effect[0],
        "citric": rest + 0.8 + 1.2 * effect[1],
        "hydrochloric": rest + 1.7,
    }
    hard = effect[3] > 0.93
    return answered(asked, costs, rng, 0.01, hard, name="hypercube")


def hostile() -> SweepTable:
    """Names that are markup or formulas, and feeds given as long mappings."""
    rng = np.random.default_rng(4)
    feeds = [
        "<script>alert(1)</script>",
        "=1+1",
        json.dumps({"name": "<b>black mass</b>", "assay": {"Li": 4.1, "Ni": 21.0, "graphite": 33}}),
        json.dumps({"name": "<b>black mass</b>", "assay": {"Li": 4.1, "Ni": 22.0, "graphite": 32}}),
    ]
    asked = grid(feed=feeds, country=("DE", "@cmd", "</script><img src=x onerror=alert(2)>"))
    costs = {"<i>own & acid</i>": rng.uniform(1.0, 2.0, 12), "sulfuric": rng.uniform(1.0, 2.0, 12)}
    table = answered(asked, costs, rng, name="<u>hostile</u>")
    frame = table.frame
    frame.loc[3, ["status", "reason"]] = ["failed", "<img src=x onerror=alert(3)> is no feed"]
    return table


@cache
def real() -> SweepTable:
    """Three real runs of a small search: a target on cobalt that is met, met, and not."""
    config = load_config("nmc111_cost_vs_recovery")
    spec = SearchSpec(population=8, generations=2, seeds=(1,), per_acid=0)
    found, problem = [], config.problem
    acids = problem.variables.model_copy(update={"acid": ("sulfuric", "hydrochloric")})
    for number, target in enumerate((0.5, 0.85, 1.0), start=1):
        targets = Yields(Li=0.5, Ni=0.5, Mn=0.5, Co=target)
        limits = (targets, *(limit for limit in problem.constraints if not isinstance(limit, Yields)))
        one = problem.model_copy(update={"variables": acids, "constraints": limits})
        result = run(dataclasses.replace(config, search=spec, problem=one))
        row: dict[str, Any] = {"run": number, "key": f"{number:016x}", "yield.Co": target}
        row |= {"status": "done" if result.front else "infeasible", "reason": ""}
        if result.front is None:
            row["reason"] = "Nothing meets the targets."
        row |= {"seconds": sum(result.seconds.values()), "evaluations": result.evaluations}
        row |= {"designs": len(result.front.evaluation) if result.front else np.nan}
        row |= {"hypervolume": result.hypervolume[0][-1] if result.front else np.nan}
        if result.front is not None:
            designs = design_table(result.problem, result.front.evaluation, result.front.knee)
            row |= designs.loc[designs["cost"].idxmin()].to_dict()
        found.append(row)
    return SweepTable(
        "targets",
        "",
        config.name,
        ("yield.Co",),
        ("cost", "recovery"),
        ("minimise", "maximise"),
        pd.DataFrame(found),
    )
