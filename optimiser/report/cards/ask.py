"""The cards of an answer: the design, what more costs, what is reachable, what binds, acids, evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimiser.answers.answer import Answer
from optimiser.process.costs import COMPONENTS
from optimiser.report import ask_words, refusal, words
from optimiser.report.card import Block, Card, Figure, Maker, Panels, Table, Tile, Words, make_cards
from optimiser.report.cards.command import command_card
from optimiser.report.cards.learn import own_makers
from optimiser.report.cards.nearest import shown_experiments
from optimiser.report.cards.plant import plant_makers
from optimiser.report.caveats import intervals_caveat, selection_caveat
from optimiser.report.columns import column
from optimiser.report.figures.ask import (
    draw_price_of_certainty,
    draw_price_of_yield,
    draw_reachable,
    sure_text,
)
from optimiser.report.nearest import BREAKS, DISTANCE, Nearest, beside
from optimiser.report.numbers import NOTHING, number
from optimiser.systems.words import vocabulary

_PARTS = {"cost": "cost", "climate": "climate_change"}


def answer_cards(answer: Answer, evidence: Nearest, pinned: Mapping[str, Any]) -> list[Card]:
    """Return all cards of an answer."""
    makers = [Maker("answer", "The answer", lambda: answer_card(answer))]
    if answer.problem.targets:
        makers += [
            Maker("prices", "What more yield and more certainty cost", lambda: prices_card(answer)),
            Maker("reachable", "What is reachable", lambda: reachable_card(answer)),
        ]
    if answer.feasible:
        makers.append(Maker("binding", "What holds it back", lambda: binding_card(answer)))
    what = vocabulary(answer.problem.system).options
    if len(answer.acids) > 1 or answer.problem.system.is_cathode:
        makers.append(Maker("acids", f"{what.capitalize()} against each other", lambda: acids_card(answer)))
    if in_parts(answer):
        makers.append(Maker("money", "What it costs and emits", lambda: money_card(answer)))
    makers += [
        *plant_makers(answer.scopes),
        *own_makers(answer.problem.surrogate),
        Maker("nearest", "Nearest experiments", lambda: evidence_card(answer, evidence)),
        Maker("run", "This answer", lambda: command_card(pinned)),
    ]
    return make_cards(makers)


def answer_card(answer: Answer) -> Card:
    """Return the design, how sure it is, and what certainty costs; or why there is none."""
    problem, evaluation = answer.problem, answer.evaluation
    finding = [
        *ask_words.headline(answer),
        ask_words.certainty_sentence(answer),
        ask_words.acids_sentence(answer),
    ]
    blocks: list[Block] = []
    if answer.refusal is not None:
        why = tuple(refusal.infeasibility_lines(answer.refusal, problem))
        nearest = f"Nearest: {words.setpoints(problem, evaluation, 0)}."
        blocks.append(Words("What stands in the way", (*why, nearest)))
    warnings = words.warnings_of(problem, evaluation, 0) if answer.feasible else []
    return Card(
        finding=tuple(line for line in finding if line),
        tiles=tiles_of(answer),
        warnings=(*warnings, intervals_caveat(problem.surrogate), *selection_caveat(problem, evaluation, 0)),
        blocks=tuple(blocks),
    )


def tiles_of(answer: Answer) -> tuple[Tile, ...]:
    """Return the figures of merit of the design; without intervals where the answer has none."""
    found = []
    if answer.objective.quantile is not None:
        how = column(answer.objective.metric)
        found.append(Tile(answer.objective.label, how.text(answer.value), how.unit))
    problem, metrics = answer.problem, answer.evaluation.metrics
    asked = [answer.objective.metric, problem.counted("cost"), "cost", "climate_change", "recovery"]
    for name in dict.fromkeys([*asked, problem.counted("net_value")]):
        how = column(name)
        if name in answer.spread:
            told = answer.spread[name]
            ends = f"{how.text(told.low)} to {how.text(told.high)}"
            found.append(Tile(how.label, how.text(told.value), how.unit, ends))
        elif name in metrics and not answer.spread:
            found.append(Tile(how.label, how.text(metrics[name][0]), how.unit))
    return tuple(found)


def prices_card(answer: Answer) -> Card:
    """Return what more yield and more certainty cost."""
    figures = (
        Figure(
            "price-of-yield",
            "Each mark is the best design at that target.",
            draw_price_of_yield(answer),
            "Price of yield",
        ),
        Figure(
            "price-of-certainty",
            "Each mark is the best design that reaches the targets with that confidence.",
            draw_price_of_certainty(answer),
            "Price of certainty",
        ),
    )
    finding = (ask_words.yield_sentence(answer),)  # the answer says the price of certainty
    note = (
        "The dotted line is the answer. Every mark is a design of its own, found with less effort than the "
        "answer: ask at its target or confidence to confirm one."
    )
    frame = prices_frame(answer)
    table = Table("price-designs", "The designs behind the marks.", frame, sortable=False)
    return Card(
        finding=tuple(f for f in finding if f),
        blocks=(Panels(figures), Words("How to read this", (note,)), table),
    )


def prices_frame(answer: Answer) -> pd.DataFrame:
    """Return the designs of both prices: asked, objective, acid, setpoints, chance."""
    how, rows, what = column(answer.objective.metric), [], vocabulary(answer.problem.system)
    told = [(f"{100 * one.target:g} % of every {what.response}", one) for one in answer.price_of_yield]
    told += [(f"{sure_text(one.confidence)} confidence", one) for one in answer.price_of_certainty]
    for asked, one in told:
        x = one.design.continuous[0]
        rows.append(
            {
                "asked": asked,
                ask_words.heading(answer): how.text(one.value) if one.feasible else "out of reach",
                "acid": one.acid,
            }
            | {
                v.name: float(x[j]) if one.feasible else np.nan
                for j, v in enumerate(answer.problem.variables)
            }
            | {"p_feasible": one.p_feasible if one.feasible else np.nan}
        )
    return pd.DataFrame(rows)


def reachable_card(answer: Answer) -> Card:
    """Return the map of targets and confidences."""
    sure = [one for one in answer.reachable if one.feasible and one.confidence is not None]
    best = max(sure, key=lambda one: (one.target, one.confidence or 0.0), default=None)
    what = vocabulary(answer.problem.system).response
    together = "all at once" if ask_words.jointly(answer) else "each"
    said = "No target of the map can be had with 50 % confidence or more."
    if best is not None:
        said = (
            f"The highest target of the map that can be had is {100 * best.target:g} % of every "
            f"{what} asked for ({together}), with {sure_text(best.confidence)} confidence."
        )
    best_what = ask_words.heading(answer)
    about = f"Best {best_what} by target and confidence; what is empty is out of reach."
    return Card(finding=(said,), blocks=(Figure("reachable-map", about, draw_reachable(answer)),))


def binding_card(answer: Answer) -> Card:
    """Return what limits cost, and how far setpoints may drift."""
    blocks: list[Block] = []
    if answer.binding:
        said = "These limits hold the objective back, dearest first."
        told = tuple(ask_words.binding_sentence(one, answer) for one in answer.binding)
        blocks.append(Words("What a limit costs, by solving again with it relaxed", told))
    else:
        said = "No single limit holds the objective back by more than 0.05 %."
    if answer.drift:
        told = tuple(ask_words.drift_text(one, answer.problem.variables) + "." for one in answer.drift)
        blocks.append(Words("How far one setpoint alone may drift", told))
    drift = ask_words.drift_sentence(answer)
    return Card(finding=(said, drift) if drift else (said,), blocks=tuple(blocks))


def acids_card(answer: Answer) -> Card:
    """Return each acid's own best design."""
    what = vocabulary(answer.problem.system).option
    about = f"The best design of each {what} alone."
    table = Table("acids-alone", about, acids_frame(answer), sortable=False)
    return Card(finding=(ask_words.acids_sentence(answer) or f"No {what} is feasible.",), blocks=(table,))


def acids_frame(answer: Answer) -> pd.DataFrame:
    """Return one row per acid: its best objective, premium, setpoints, and why it has none."""
    how, rows = column(answer.objective.metric), []
    for one in answer.acids:
        feasible = one.value == one.value and one.design is not None
        x = (
            one.design.continuous[0]
            if feasible and one.design is not None
            else [np.nan] * len(answer.problem.variables)
        )
        rows.append(
            {
                "acid": one.acid,
                ask_words.heading(answer): how.text(one.value) if feasible else NOTHING,
                "premium [%]": number(100.0 * one.premium, 0) if feasible else NOTHING,
                **{v.name: float(x[j]) for j, v in enumerate(answer.problem.variables)},
                "experiments": one.experiments,
                "verdict": ask_words.acid_reason(one.reason, one.experiments) if not feasible else "feasible",
            }
        )
    return pd.DataFrame(rows)


def money_card(answer: Answer) -> Card:
    """Return cost and climate change by component, with intervals that include prices and factors."""
    cost = {c: answer.spread[f"cost_{c}"].value for c in COMPONENTS}
    most = _called(answer, max(cost, key=lambda c: cost[c]))
    total, said = answer.spread["cost"].value, "It costs nothing."
    if total > 0.0:
        said = f"The largest part of the cost is {most}: {number(100.0 * max(cost.values()) / total, 0)} %."
    caption = (
        "Per kg of metal dissolved. Intervals (90 %) draw yields, prices, factors, stocks and plant together."
    )
    table = Table("components", caption, components_frame(answer), sortable=False)
    return Card(finding=(said,), blocks=(table,))


def in_parts(answer: Answer) -> bool:
    """Return whether cost and climate change are known by component."""
    return {"cost", "climate_change"} <= answer.spread.keys()


def _called(answer: Answer, component: str) -> str:
    """Return what a component of the cost is called; what a system dissolves need be no acid."""
    return "reagent" if component == "acid" and not answer.problem.system.is_cathode else component


def components_frame(answer: Answer) -> pd.DataFrame:
    """Return one row per component: cost and climate change per kg of metal with their intervals."""
    rows = []
    bought = [
        c for c in COMPONENTS if answer.problem.system.is_cathode or answer.spread[f"cost_{c}"].high > 0.0
    ]
    for component in (*bought, "total"):
        row: dict[str, Any] = {"component": _called(answer, component)}
        for what, metric in _PARTS.items():
            key = metric if component == "total" else f"{what}_{component}"
            how, told = column(f"{what}_{component}"), answer.spread[key]
            row[how.unit] = f"{how.text(told.value)} ({how.text(told.low)}–{how.text(told.high)})"
        rows.append(row)
    return pd.DataFrame(rows)


def evidence_card(answer: Answer, evidence: Nearest) -> Card:
    """Return the experiments nearest to the design, with what they measured."""
    frame = evidence.frame
    blocks: list[Block] = [
        Words("What nobody has tried", evidence.gaps[0] or ("Experiments cover its setpoints together.",))
    ]
    which = vocabulary(answer.problem.system).option
    said = f"No experiment with this {which} is in the data, so its yields are a guess."
    if len(frame):
        said = f"The nearest experiment is {frame.iloc[0]['distance']:.1f} away."
        shown = shown_experiments(beside(answer.problem, answer.evaluation, 0, frame), answer.problem.system)
        shown = shown.drop(columns=["differs in"])  # would make rows tall beside so many columns
        blocks.append(
            Table(
                "experiments",
                "First the predicted yields, then the measured ones, nearest first.",
                shown,
                sortable=False,
            )
        )
    flagged = bool(frame["breaks_stoichiometry"].fillna(False).any()) if len(frame) else False
    how = (DISTANCE, *((f"A row marked “too little acid” {BREAKS}.",) if flagged else ()))
    return Card(finding=(said, evidence.said), blocks=(*blocks, Words("How to read this", how)))
