"""Impacts of some designs as tables: by category and component, per kg of metal and per t of feed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimiser.chemistry.categories import MICRO, SCORE_UNIT
from optimiser.problem.bound import BoundProblem
from optimiser.problem.outcome import Outcome, per_kg_metal
from optimiser.process.costs import COMPONENTS
from optimiser.process.impacts import ImpactNumbers
from optimiser.report.columns import column
from optimiser.report.numbers import number
from optimiser.search.run import RunResult

SCORE = "single_score"
_WHOLE = 1000.0  # from where on an impact is written without decimals
#: Columns of the frame that hold what each component makes up, per kg of metal.
PARTS: tuple[str, ...] = tuple(f"of_{component}" for component in COMPONENTS)


def acids_impacts(result: RunResult) -> pd.DataFrame:
    """Return the impacts of the best design of each acid in the first objective, the best acid first.

    Columns as `impacts_frame`, and ``relative``: the share of the least impact of any acid, in %, so that
    the best acid of a category has 100; NaN where that is not positive or not known.
    """
    objective = result.problem.objectives[0]
    found = []
    for verdict in result.acids:
        if verdict.front is None:
            continue
        evaluation = verdict.front.evaluation
        value = objective.sign * float(evaluation.metrics[objective.metric][0])
        alone = result.problem.with_acids([verdict.acid])
        told = alone.outcome_of(evaluation.designs.take(np.array([0])), evaluation.yields[:1])
        found.append((value, impacts_frame(alone, told)))
    found.sort(key=lambda pair: pair[0])
    if not found:
        return pd.DataFrame()
    frame = pd.concat([one for _, one in found], ignore_index=True)
    least = frame.groupby("category", sort=False)["total"].transform("min")
    return frame.assign(relative=(100.0 * frame["total"] / least).where(least > 0.0))


def impacts_frame(problem: BoundProblem, told: Outcome) -> pd.DataFrame:
    """Return one row per design and category, the single score last.

    Columns: acid, category (the name of its metric), unit (of the impact alone), the components and their
    ``total`` per kg of metal, ``per_t_feed``, and ``not_known``: what lacks a factor. An impact that lacks
    one is NaN, never 0.

    Args:
        problem: with a table of impacts.
        told: outcome of n designs.
    """
    numbers = problem.inputs.impacts
    assert numbers is not None, "the problem has no table of impacts"
    per_batch = told.impacts
    units = [one.unit for one in numbers.categories]
    names = list(numbers.names)
    if numbers.covered > 0.0:
        counted = numbers.score > 0.0
        points = MICRO * (per_batch[:, counted] * numbers.score[counted][None, :, None]).sum(axis=1)
        per_batch = np.concatenate([per_batch, points[:, None, :]], axis=1)
        names, units = [*names, SCORE], [*units, SCORE_UNIT]
    tonnes = problem.feed.mass / 1000.0
    acids = np.array(problem.acid_names)[told.designs.acid]
    rows: list[dict[str, Any]] = []
    for j, (name, unit) in enumerate(zip(names, units, strict=True)):
        parts = np.column_stack([per_kg_metal(part, told.balance) for part in per_batch[:, j].T])
        total = per_batch[:, j].sum(axis=1)
        for i, acid in enumerate(acids):
            rows.append(
                {
                    "acid": str(acid),
                    "category": name,
                    "unit": unit,
                    **dict(zip(PARTS, parts[i].tolist(), strict=True)),
                    "total": float(parts[i].sum()),
                    "per_t_feed": float(total[i] / tonnes),
                    "not_known": ", ".join(not_known(numbers, name, str(acid), per_batch[i, j])),
                }
            )
    return pd.DataFrame(rows)


def not_known(numbers: ImpactNumbers, name: str, acid: str, parts: Any) -> list[str]:
    """Return the substances whose factor a design lacks in a category; of the score, in any that counts.

    Args:
        numbers: the problem's factors.
        name: of the category, or ``single_score``.
        acid: of the design.
        parts: its impact by component, NaN where the factor is missing.
    """
    if not np.isnan(parts).any():
        return []
    counted = [c.name for c in numbers.categories if c.score > 0.0] if name == SCORE else [name]
    used = {acid, *(s for c, s in numbers.bought.items() if np.isnan(parts[COMPONENTS.index(c)]))}
    found = [substance for category in counted for substance in numbers.missing(category)]
    return [substance for substance in dict.fromkeys(found) if substance in used]


def by_acid(frame: pd.DataFrame, value: str, per: str) -> pd.DataFrame:
    """Return a row per category and a column per acid as text; ``not known: ...`` where a factor is missing.

    Args:
        frame: as `acids_impacts` gives it.
        value: the column to show.
        per: what the impact is per, behind its unit; ``%`` alone replaces the unit.
    """
    rows: list[dict[str, str]] = []
    for name, group in frame.groupby("category", sort=False):
        unit = "%" if per == "%" else f"{group['unit'].iloc[0]}/{per}"
        row = {"quantity": f"{column(str(name)).label} [{unit}]"}
        for _, one in group.iterrows():
            lacking = str(one["not_known"])
            row[str(one["acid"])] = f"not known: {lacking}" if lacking else _text(float(one[value]), per)
        rows.append(row)
    return pd.DataFrame(rows)


def _text(value: float, per: str) -> str:
    """Write an impact, whose magnitude may be any, with three figures, a large one without its decimals."""
    whole = np.isfinite(value) and (per == "%" or abs(value) >= _WHOLE)
    return number(value, 0) if whole else number(value, figures=3)
