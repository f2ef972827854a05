"""Which experiments stand behind the recommended designs, and what nobody has tried there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimiser.chemistry.feeds import METALS
from optimiser.nearest import SOURCES
from optimiser.problem.problem import Problem
from optimiser.report import words
from optimiser.report.card import Block, Card, Table, Words
from optimiser.report.nearest import BREAKS, DISTANCE, made_of, measured, picked_nearest, recommended
from optimiser.search.run import RunResult
from optimiser.variables import CONTINUOUS


def nearest_card(result: RunResult) -> Card:
    """Return the five experiments nearest to each recommended design, and what none of them covers."""
    if result.front is None:
        return Card(not_applicable="no design is recommended.")
    problem, front = result.problem, result.front
    found, blocks = picked_nearest(problem, front), list[Block]()
    knee = found.frame[found.frame["design"] == front.knee + 1]
    for pick, gaps in zip(recommended(problem, front), found.gaps, strict=True):
        rows = found.frame[found.frame["design"] == pick.number]
        setpoints = words.setpoints(problem, front.evaluation, pick.row)
        blocks.append(Words(f"{pick.name}: {setpoints}", gaps or ("Its setpoints are covered together.",)))
        if len(rows):
            blocks.append(
                Table(
                    f"nearest-{pick.number}",
                    "First what is predicted, then what was measured, nearest first.",
                    _beside(problem, front.evaluation.yields[pick.row], pick.row, result, rows),
                    sortable=False,
                )
            )
    flagged = bool((found.frame["breaks_stoichiometry"].fillna(False)).any())
    how = (DISTANCE, SOURCES, *((f"A row marked “too little acid” {BREAKS}.",) if flagged else ()))
    blocks.append(Words("How to read this", how))
    return Card(finding=(_finding(knee), found.said), blocks=tuple(blocks))


def _finding(knee: pd.DataFrame) -> str:
    if not len(knee):
        return "No experiment with the recommended acid is in the data, so its yields are a guess."
    nearest = knee.iloc[0]
    parts = made_of(nearest)
    if parts == "nothing":
        return "The recommended design is next to an experiment that was made; what it gave stands below."
    return (
        f"The experiment nearest to the recommended design is {nearest['distance']:.1f} away from it "
        f"({parts}). Compare what is predicted with what was measured, and what differs."
    )


def _beside(
    problem: Problem, yields: np.ndarray, row: int, result: RunResult, nearest: pd.DataFrame
) -> pd.DataFrame:
    """Return a design's prediction above its nearest experiments, columns as a person reads them."""
    assert result.front is not None
    metals = [f"yield_{metal}" for metal in measured(problem)]
    conditions = result.front.evaluation.designs.continuous[row]
    first: dict[str, Any] = {"which": "predicted", "feed": problem.feed.name}
    first |= dict(zip(CONTINUOUS, conditions.tolist(), strict=True))
    first |= {f"yield_{m}": float(yields[METALS.index(m)]) for m in measured(problem)}
    records = [first]
    for _, one in nearest.iterrows():
        broken = one["breaks_stoichiometry"] is True
        records.append(
            {
                **{name: one[name] for name in ("feed", *CONTINUOUS, *metals, "distance")},
                **{name: np.nan if pd.isna(one[name]) else float(one[name]) for name in ("row", "study")},
                "which": f"{one['rank']}, too little acid" if broken else str(one["rank"]),
                "differs in": made_of(one),
            }
        )
    shown = ["which", *CONTINUOUS, *metals, "distance", "differs in", "feed", "row", "study"]
    return pd.DataFrame(records, columns=shown).fillna({"differs in": ""})
