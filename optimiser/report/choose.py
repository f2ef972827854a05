"""A choice from a front in words, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from optimiser.choosing.choice import Choice, Obstacle
from optimiser.problem.bound import Evaluation
from optimiser.problem.metrics import METRICS
from optimiser.report import words
from optimiser.report.columns import column, told_of
from optimiser.report.manifest import plain_json
from optimiser.report.numbers import counted
from optimiser.tables.front_csv import design_table

#: How each kind of choice is made, for those who ask.
_METHODS = {
    "classification": "classification of metrics as in NIMBUS (Miettinen and Makela 2006)",
    "reference": "achievement function of a reference point (Wierzbicki 1980)",
    "weights": "augmented weighted Tchebycheff distance to the best of each metric (Steuer and Choo 1983)",
    "diverse": "farthest-first selection over objectives and setpoints (Gonzalez 1985)",
    "knees": "bend of the front (Das 1999) and trade-off around each design (Rachmawati and Srinivasan 2009)",
}


@dataclass(frozen=True, eq=False, repr=False)
class Chosen:
    """Designs that were chosen from a run, to read.

    Attributes:
        choice: the designs and how they were chosen.
    """

    choice: Choice

    def __repr__(self) -> str:
        return f"<{counted(len(self.choice.labels) - 1, 'design')} chosen from {self.choice.run.name!r}>"

    @cached_property
    def evaluation(self) -> Evaluation:
        """All that is known of the designs: the start first."""
        return self.choice.problem.evaluate(self.choice.designs.designs)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per design, the start first: which it is, then the columns of ``front.csv``."""
        frame = design_table(self.choice.problem, self.evaluation).drop(columns=["knee"])
        frame.insert(0, "which", list(self.choice.labels))
        return frame

    @property
    def text(self) -> str:
        """The answer in words."""
        with told_of(self.choice.problem.system):
            return "\n".join(lines(self))

    def __str__(self) -> str:
        return self.text

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain JSON: yields and recovery are fractions."""
        choice = self.choice
        names = choice.metrics.names
        shown = [*choice.problem.system.table_columns, *_yields(choice), *choice.problem.metrics]
        found: dict[str, Any] = plain_json(
            {
                "run": choice.run.name,
                "kind": choice.kind,
                "method": _METHODS[choice.kind],
                "metrics": {o.metric: METRICS[o.metric].unit for o in choice.metrics.objectives},
                "bounds": {name: bound for name in names if (bound := choice.bound(name)) is not None},
                "reached": choice.reached,
                "designs": [
                    {"which": row["which"], **{name: row[name] for name in dict.fromkeys(shown)}}
                    for row in self.frame.to_dict("records")
                ],
                "obstacles": [vars(obstacle) for obstacle in choice.obstacles],
                "nearest": choice.nearest,
                "searched": choice.searched,
                "text": self.text,
            }
        )
        return found

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines())
        shown = [
            "which",
            *dict.fromkeys(
                [
                    *self.choice.problem.system.table_columns,
                    *self.choice.metrics.names,
                    *self.choice.problem.reported,
                ]
            ),
        ]
        return said + str(self.frame[shown].round(3).to_html(index=False))


def lines(chosen: Chosen) -> list[str]:
    """Say what was chosen, what it changes, and what stands in the way."""
    choice = chosen.choice
    told = []
    if choice.kind in ("diverse", "knees"):
        for row, label in enumerate(choice.labels[1:], start=1):
            sentence = words.sentence(choice.problem, chosen.evaluation, row)
            told.append(f"{label[0].upper()}{label[1:]}: {sentence}")
        if choice.kind == "knees" and len(told) == 1:
            told.append("No other design is sharper than those around it: the front has this one bend.")
        return told
    same = bool((choice.values[0] == choice.values[1]).all())
    if choice.kind == "classification" and same:
        told.append("No design of the run is better within these bounds; the start stays.")
    told += words.answer(choice.problem, chosen.evaluation, 1)
    if not same:
        told.append(
            f"Against the start: {', '.join(_change(choice, j) for j in range(len(_names(choice))))}."
        )
    if choice.searched:
        told.append(f"{counted(choice.searched, 'further design')} predicted for this.")
    return told if choice.reached else told + _obstacles(choice)


def _names(choice: Choice) -> tuple[str, ...]:
    return choice.metrics.names


def _change(choice: Choice, j: int) -> str:
    """Say what becomes of a metric: ``cost 1.07 -> 1.19 EUR/kg metal (allowed 1.2)``."""
    objective, how = choice.metrics.objectives[j], column(_names(choice)[j])
    before, after = choice.values[0, j], choice.values[1, j]
    unit = "%" if how.unit.startswith("%") else how.unit
    said = f"{objective.label} {how.text(before)} -> {how.text(after)} {unit}".strip()
    name = _names(choice)[j]
    if name in choice.ask.relax:
        return f"{said} (allowed {how.text(choice.ask.relax[name])})"
    wished = {**choice.ask.reference, **choice.ask.improve}.get(name)
    if wished is not None:
        return f"{said} (wished {how.text(wished)})"
    return f"{said} (kept)" if name in choice.ask.keep else said


def _obstacles(choice: Choice) -> list[str]:
    wished = {**choice.ask.reference, **choice.ask.improve}
    names = " and ".join(column(name).label for name in wished)
    within = " within what is allowed" if choice.kind == "classification" else ""
    told = [f"The wish for {names} is not fulfilled{within}."]
    told += [_obstacle(obstacle) for obstacle in choice.obstacles]
    if choice.nearest is None:
        limits = [
            f"{column(name).label} {column(name).said(value)}"
            for name, value in wished.items()
            if value is not None
        ]
        wish = " and ".join(limits) if limits else "better values than the start"
        told.append(f"No feasible design of the run reaches {wish}; the chosen one comes nearest.")
    else:
        told.append(f"The nearest that fulfils it: {_values(choice.nearest)}.")
    return told


def _obstacle(obstacle: Obstacle) -> str:
    how = column(obstacle.metric)
    return (
        f"In the way is {how.label}, allowed {how.said(obstacle.bound)}: with "
        f"{how.said(obstacle.needed)}, {_values(obstacle.reached)} is possible."
    )


def _values(values: Mapping[str, float]) -> str:
    return ", ".join(f"{column(name).label} {column(name).said(value)}" for name, value in values.items())


def records(chosen: Chosen) -> list[dict[str, Any]]:
    """Return the designs as records for a terminal."""
    frame, problem = chosen.frame, chosen.choice.problem
    usual = [m for m in ("cost", "climate_change", "recovery") if m in problem.metrics]
    metrics = list(dict.fromkeys([*_names(chosen.choice), *usual]))
    shown = dict.fromkeys(["which", *problem.system.table_columns, *metrics])
    with told_of(problem.system):
        return [
            {
                column(name).heading if name in metrics else column(name).label: _cell(name, row[name])
                for name in shown
            }
            for row in frame.to_dict("records")
        ]


def _yields(choice: Choice) -> list[str]:
    return [f"yield_{response}" for response in choice.problem.present]


def _cell(name: str, value: Any) -> Any:
    how = column(name)
    return (
        round(how.scale * float(value), how.digits)
        if how.digits is not None and np.isfinite(value)
        else value
    )
