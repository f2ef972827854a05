"""Nearest experiments as tables for people: beside what is predicted, and why they are as far as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optimiser.chemistry.metals import METALS
from optimiser.nearest import gaps
from optimiser.nearest.experiments import nearest_experiments
from optimiser.nearest.samples import installed_table, what_counts
from optimiser.problem.problem import Problem
from optimiser.report.picks import Pick, ends_and_knee
from optimiser.search.front import Front
from optimiser.surrogate.features import PREDICTED_METALS
from optimiser.surrogate.training_table import TrainingTable
from optimiser.variables import CONTINUOUS, DESIGN_COLUMNS, VARIABLES, Designs

if TYPE_CHECKING:
    import pandas as pd

#: What a mark at a row means.
BREAKS = (
    "dissolves over 11 % more charge than its acid can carry: most likely the solid is not all cathode, and "
    "its yields are too high"
)
#: What the distances are.
DISTANCE = (
    "Distances are in standard deviations of the data, a wholly different feed counting 3; the squares of "
    "the parts add up to that of the whole."
)
_PARTS = {
    "distance_temperature": "temperature",
    "distance_acid_concentration": "strength",
    "distance_h2o2": "peroxide",
    "distance_solid_liquid_ratio": "solids",
    "distance_time": "time",
    "distance_feed": "feed",
}
_NOTICEABLE = 0.1  # parts of a distance below it are not named


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


def find_nearest(problem: Problem, designs: Designs, table: TrainingTable | None, number: int) -> Nearest:
    """Return nearest experiments and gaps of designs, numbered from 1."""
    return Nearest(
        nearest_experiments(problem, designs, table, number),
        tuple(gaps(problem, designs.take(np.array([i])), table) for i in range(len(designs))),
        what_counts(problem.surrogate, table),
    )


def recommended(problem: Problem, front: Front) -> tuple[Pick, ...]:
    """Return the designs that the answer puts side by side, the knee first."""
    return tuple(sorted(ends_and_knee(problem, front), key=lambda pick: pick.row != front.knee))


def picked_nearest(problem: Problem, front: Front, number: int = 5) -> Nearest:
    """Return the experiments nearest to the designs that the answer recommends, under the front's numbers."""
    picks = recommended(problem, front)
    designs = front.evaluation.designs.take(np.array([pick.row for pick in picks]))
    found = find_nearest(problem, designs, installed_table(problem.surrogate), number)
    numbers = {i + 1: pick.number for i, pick in enumerate(picks)}
    return Nearest(found.frame.assign(design=found.frame["design"].map(numbers)), found.gaps, found.said)


def made_of(row: pd.Series) -> str:
    """Say what a distance is made of, the largest part first: ``peroxide 1.3, solids 0.5``."""
    parts = sorted(((float(row[name]), label) for name, label in _PARTS.items()), reverse=True)
    return ", ".join(f"{label} {part:.1f}" for part, label in parts if part >= _NOTICEABLE) or "nothing"


def condition_records(
    frame: pd.DataFrame, design: list[float], predicted: dict[str, float]
) -> list[dict[str, Any]]:
    """Return the design and its nearest experiments as records for a terminal, yields in per cent.

    Args:
        frame: of one design.
        design: its conditions, in the order of ``CONTINUOUS``.
        predicted: its yields as fractions, of the metals that are there.
    """
    units = [variable.shown_unit for variable in VARIABLES]

    def numbers(at: list[float], yields: dict[str, float]) -> dict[str, Any]:
        return {
            **{unit: float(f"{value:.4g}") for unit, value in zip(units, at, strict=True)},
            **{f"{m} %": None if np.isnan(y) else round(100.0 * y) for m, y in yields.items()},
        }

    first: dict[str, Any] = {"": "design", "row": None, "study": None, "feed": ""}
    found = [first | numbers(design, predicted) | {"distance": None, " ": ""}]
    for _, row in frame.iterrows():
        at = [float(row[name]) for name in CONTINUOUS]
        which = {"": str(row["rank"]), "row": _known(row["row"]), "study": _known(row["study"])}
        yields = {m: float(row[f"yield_{m}"]) for m in predicted}
        mark = "*" if row["breaks_stoichiometry"] is True else ""
        found.append(
            {**which, "feed": row["feed"], **numbers(at, yields)}
            | {"distance": round(row["distance"], 2), " ": mark}
        )
    return found


def distance_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what each distance is made of as records for a terminal."""
    return [
        {"": str(row["rank"])}
        | {label: round(row[name], 2) for name, label in _PARTS.items()}
        | {"in all": round(row["distance"], 2)}
        for _, row in frame.iterrows()
    ]


def as_json(problem: Problem, designs: Designs, found: Nearest) -> dict[str, Any]:
    """Return the answer about one design as plain JSON: yields are fractions, null where not known."""
    evaluation = problem.evaluate(designs)
    acid = problem.acid_names[int(designs.acid[0])]
    return {
        "problem": problem.name,
        "feed": problem.feed.name,
        "design": dict(zip(DESIGN_COLUMNS, [acid, *designs.continuous[0].tolist()], strict=True)),
        "predicted": {m: float(evaluation.yields[0, METALS.index(m)]) for m in problem.present},
        "counted": found.said,
        "nearest": [
            {str(name): _known(value) for name, value in row.items()}
            for row in found.frame.to_dict("records")
        ],
        "gaps": list(found.gaps[0]),
    }


def _known(value: Any) -> Any:
    """Return a cell as plain Python, None where it is missing."""
    import pandas as pd

    return None if pd.isna(value) else value


def measured(problem: Problem) -> tuple[str, ...]:
    """Return the metals of a feed that experiments have yields of."""
    return tuple(metal for metal in problem.present if metal in PREDICTED_METALS)
