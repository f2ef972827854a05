"""Nearest experiments as tables for people: beside what is predicted, and why they are as far as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimiser.nearest import OWN, gaps, installed_table, nearest_experiments, what_counts
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.report.named import named_design
from optimiser.report.picks import Pick, ends_and_knee
from optimiser.search.front import Front
from optimiser.surrogate.training_table import TrainingTable
from optimiser.systems.system import System
from optimiser.systems.table import SystemTable
from optimiser.variables import Designs, Variable

#: What a mark at a row means.
BREAKS = (
    "dissolves over 11 % more charge than its acid can carry: most likely the solid is not all cathode, and "
    "its yields are too high"
)
#: What the distances are.
DISTANCE = (
    "Distances are in standard deviations of the data; a wholly different feed counts 3. The squares of the "
    "parts add up to that of the whole."
)
_SHORT = {"acid_concentration": "strength", "h2o2": "peroxide", "solid_liquid_ratio": "solids"}
_PART = "distance_"
_NOTICEABLE = 0.1  # smaller parts of a distance are not named


@dataclass(frozen=True)
class Nearest:
    """The experiments nearest to some designs.

    Attributes:
        frame: as `nearest_experiments` gives it; ``design`` is the number that the designs are known by.
        gaps: of each design, the sentences of `optimiser.nearest.gaps`.
        said: which experiments count.
    """

    frame: pd.DataFrame
    gaps: tuple[tuple[str, ...], ...]
    said: str


def find_nearest(
    problem: BoundProblem, designs: Designs, table: TrainingTable | SystemTable | None, number: int
) -> Nearest:
    """Return nearest experiments and gaps of designs, numbered from 1."""
    said, share = what_counts(problem.surrogate, table), problem.feed.cathode_share
    if share != 1.0:
        said += (
            " Solids of experiments are g of cathode per L; those of the design are g of all that is charged,"
            f" of which {100.0 * share:.0f} % are cathode. Distances compare the cathode."
        )
    return Nearest(
        nearest_experiments(problem, designs, table, number),
        tuple(gaps(problem, designs.take(np.array([i])), table) for i in range(len(designs))),
        said,
    )


def recommended(problem: BoundProblem, front: Front) -> tuple[Pick, ...]:
    """Return the designs that the answer puts side by side, itself first."""
    return tuple(sorted(ends_and_knee(problem, front), key=lambda pick: pick.row != front.answer))


def picked_nearest(problem: BoundProblem, front: Front, number: int = 5) -> Nearest:
    """Return the experiments nearest to the designs that the answer recommends, under the front's numbers."""
    picks = recommended(problem, front)
    designs = front.evaluation.designs.take(np.array([pick.row for pick in picks]))
    found = find_nearest(problem, designs, installed_table(problem.surrogate), number)
    numbers = {i + 1: pick.number for i, pick in enumerate(picks)}
    return Nearest(found.frame.assign(design=found.frame["design"].map(numbers)), found.gaps, found.said)


def made_of(row: pd.Series) -> str:
    """Say what a distance is made of, the largest part first: ``peroxide 1.3, solids 0.5``."""
    parts = sorted(((float(row[name]), label) for name, label in _parts(row.index)), reverse=True)
    return ", ".join(f"{label} {part:.1f}" for part, label in parts if part >= _NOTICEABLE) or "nothing"


def _parts(columns: Iterable[Any]) -> list[tuple[str, str]]:
    """Return the columns of a distance's parts, and what each is called."""
    found = [str(name) for name in columns if str(name).startswith(_PART)]
    return [(name, _SHORT.get(short := name.removeprefix(_PART), short.replace("_", " "))) for name in found]


def beside(problem: BoundProblem, evaluation: Evaluation, row: int, nearest: pd.DataFrame) -> pd.DataFrame:
    """Return a design with its predicted yields above its nearest experiments.

    Args:
        problem: the bound question.
        evaluation: of designs.
        row: which of them.
        nearest: its experiments, as `nearest_experiments` gives them.

    Returns:
        Columns ``which`` (``predicted``, then the ranks), the variables, ``yield_X`` of the metals that
        experiments have yields of, and the others of `nearest_experiments`, missing for the design.
    """
    predicted = problem.system.responses
    metals = {f"yield_{m}": predicted.index(m) for m in problem.present if m in predicted}
    first: dict[str, Any] = {"which": "predicted", "feed": problem.feed.name}
    first |= dict(zip(problem.system.names, evaluation.designs.continuous[row].tolist(), strict=True))
    first |= {name: float(evaluation.yields[row, k]) for name, k in metals.items()}
    absent = [f"yield_{m}" for m in predicted if f"yield_{m}" not in metals]
    found = nearest.assign(which=nearest["rank"].astype(str)).drop(columns=absent)
    return pd.DataFrame([first, *found.to_dict("records")])


def condition_records(frame: pd.DataFrame, system: System) -> list[dict[str, Any]]:
    """Return the table of `beside` as records for a terminal, yields in per cent."""
    metals = [name for name in frame if str(name).startswith("yield_")]
    return [
        {"": row["which"], "row": _known(row["row"]), "study": study_of(row), "feed": row["feed"]}
        | {_head(v, system): float(f"{row[v.name]:.4g}") for v in system.variables}
        | {f"{str(m)[6:]} %": None if np.isnan(row[m]) else round(100.0 * row[m]) for m in metals}
        | {
            "distance": None if np.isnan(row["distance"]) else round(row["distance"], 2),
            " ": "*" if row["breaks_stoichiometry"] is True else "",
        }
        for row in frame.to_dict("records")
    ]


def _head(variable: Variable, system: System) -> str:
    """Return what heads a setpoint on a terminal: its unit alone of cathodes, which a reader knows by it."""
    if system.is_cathode:
        return variable.shown_unit
    return f"{variable.label} {variable.shown_unit}".strip()


def study_of(row: Mapping[Any, Any]) -> Any:
    """Return the number of an experiment's study, ``own`` for a user's own, None where not known."""
    return "own" if row["source"] == OWN else _known(row["study"])


def distance_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what each distance is made of as records for a terminal."""
    return [
        {"": str(row["rank"])}
        | {label: round(row[name], 2) for name, label in _parts(frame.columns)}
        | {"total": round(row["distance"], 2)}
        for row in frame.to_dict("records")
    ]


def as_json(problem: BoundProblem, designs: Designs, found: Nearest) -> dict[str, Any]:
    """Return the answer about one design as plain JSON: yields are fractions, null where not known."""
    evaluation = problem.evaluate(designs)
    return {
        "problem": problem.name,
        "feed": problem.feed.name,
        "design": named_design(problem, designs, 0),
        "predicted": {m: float(evaluation.yields[0, problem.responses.index(m)]) for m in problem.present},
        "counted": found.said,
        "nearest": [
            {str(name): _known(value) for name, value in row.items()}
            for row in found.frame.to_dict("records")
        ],
        "gaps": list(found.gaps[0]),
    }


def _known(value: Any) -> Any:
    """Return a cell, None where it is missing."""
    return None if pd.isna(value) else value
