"""What links the views of a front: how its designs are chosen, and all of their numbers as lines."""

from __future__ import annotations

import pandas as pd

from optimiser.problem.bound import BoundProblem
from optimiser.report.card import Choice, Figure
from optimiser.report.columns import column
from optimiser.report.figures.parallel import draw_parallel_designs
from optimiser.report.style import acid_styles
from optimiser.search.front import Front
from optimiser.systems.words import vocabulary
from optimiser.tables.front_csv import design_table


def choice_of(problem: BoundProblem, front: Front, drawn: pd.DataFrame) -> Choice:
    """Return what the designs of the front are chosen by."""
    styles, names = acid_styles(problem.acid_names), drawn["acid"].tolist()
    labels = dict(zip(names, drawn["label"], strict=True))
    asked = [o.metric for o in problem.objectives]
    options = tuple((name, labels[name], styles[name].colour) for name in styles if name in labels)
    said = tuple(
        "; ".join([row["label"], *(f"{column(m).label} {column(m).said(row[m])}" for m in asked)])
        for row in drawn.to_dict("records")
    )
    table = design_table(problem, front.evaluation, front.knee)
    return Choice("front-choice", vocabulary(problem.system).options, options, tuple(names), said, table)


def parallel_of(problem: BoundProblem, drawn: pd.DataFrame) -> Figure:
    """Return the designs as lines over setpoints, yields and objectives."""
    asked = [o.metric for o in problem.objectives]
    names = dict.fromkeys([*problem.system.names, *(f"yield_{m}" for m in problem.present), *asked])
    what = vocabulary(problem.system).option
    drawing = draw_parallel_designs(drawn, acid_styles(problem.acid_names), list(names), what)
    about = "Each line is a design: where it meets an axis is its setpoint, its yield or its objective."
    title = "Setpoints, yields and objectives of each design"
    return Figure("front-parallel", about, drawing, title, least_width=84 * len(names), linked=True)
