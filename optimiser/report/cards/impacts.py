"""Impacts in every category of a user's table: of the recommended design, and of each acid's best one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimiser.report.card import Block, Card, Figure, Maker, Table, Words
from optimiser.report.cards.front import NO_FRONT
from optimiser.report.columns import column
from optimiser.report.figures.impacts import draw_by_acid, draw_shares
from optimiser.report.impact_frames import SCORE, acids_impacts, by_acid, impacts_frame
from optimiser.report.impact_words import basis_lines, credit_line
from optimiser.search.front import Front
from optimiser.search.run import RunResult

_BEST = "the best design of each acid in the first objective"


def impacts_makers(result: RunResult) -> tuple[Maker, ...]:
    """Return what makes the card, where the problem has a table of impacts or a credit."""
    numbers = result.problem.inputs
    if numbers.impacts is None and numbers.credit is None:
        return ()
    return (Maker("impacts", "Impacts", lambda: impacts_card(result)),)


def impacts_card(result: RunResult) -> Card:
    """Return impacts by category, component and acid, and the credit for metals where one is given."""
    if result.front is None:
        return Card(not_applicable=NO_FRONT)
    problem, front = result.problem, result.front
    credit = credit_line(problem, front.evaluation.outcome, front.answer)
    credits: tuple[Block, ...] = (Words("Credit for metals recovered", (credit,)),) if credit else ()
    if problem.inputs.impacts is None:
        return Card(finding=(credit,))
    frame = acids_impacts(result)
    return Card(
        finding=(*_best(frame), *basis_lines(problem)),
        blocks=(*_figures(result, front, frame), *_tables(frame), *credits),
    )


def _best(frame: pd.DataFrame) -> tuple[str, ...]:
    """Say in how many categories each acid has the least impact, where there are several acids."""
    known = frame[(frame["not_known"] == "") & (frame["category"] != SCORE)]
    known = known[known.groupby("category")["acid"].transform("nunique") > 1]
    if known.empty:
        return ()
    least = known.loc[known.groupby("category", sort=False)["total"].idxmin()]
    told = [f"{acid} in {n}" for acid, n in least["acid"].value_counts(sort=False).items()]
    n = known["category"].nunique()
    return (f"Of {_BEST}, the least impact in {n} categories: {', '.join(told)}.",)


def _figures(result: RunResult, front: Front, frame: pd.DataFrame) -> tuple[Block, ...]:
    problem, evaluation = result.problem, front.evaluation
    rows = np.array([front.answer])
    told = problem.outcome_of(evaluation.designs.take(rows), evaluation.yields[rows])
    own = impacts_frame(problem, told)
    known = own[(own["not_known"] == "") & (own["total"] > 0.0)]
    found: list[Block] = []
    if len(known):
        found.append(
            Figure(
                "impacts-components",
                f"What each impact of the recommended design, no. {front.answer + 1}, is made of.",
                draw_shares(known),
                "Share of each component by category",
            )
        )
    complete = frame[frame["not_known"] == ""].groupby("category", sort=False).size()
    names = [str(name) for name in complete.index if complete[name] > 1]
    if names:
        name = SCORE if SCORE in names else next((n for n in names if n != "climate_change"), names[0])
        about = f"{column(name).label.capitalize()} by component, of {_BEST}."
        title = f"{column(name).label.capitalize()} by acid"
        found.append(Figure("impacts-acids", about, draw_by_acid(frame, name), title))
    return tuple(found)


def _tables(frame: pd.DataFrame) -> tuple[Table, ...]:
    told = (
        ("impacts-metal", "total", "kg metal", "per kg of metal dissolved"),
        ("impacts-feed", "per_t_feed", "t feed", "per t of feed"),
        ("impacts-relative", "relative", "%", "relative to the best acid of each category (100 %)"),
    )
    return tuple(
        Table(key, f"Impacts of {_BEST}, {said}.", by_acid(frame, value, per), sortable=False)
        for key, value, per, said in told
        if value != "relative" or frame["acid"].nunique() > 1
    )
