"""The cards of an explanation on effects: pairs of drivers, thresholds, and what raises each yield."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pandas as pd

from optimiser.explain.explanation import Explanation
from optimiser.explain.interactions import Pair
from optimiser.explain.setpoints import cost_metric
from optimiser.problem.metrics import is_yield
from optimiser.report.card import Block, Card, Figure, Panels, Table, Words
from optimiser.report.effect_words import (
    interaction_sentences,
    pair_label,
    raise_sentences,
    raised,
    threshold_sentences,
)
from optimiser.report.explain_words import driver_heading, driver_label, move_text
from optimiser.report.figures.effects import draw_effects, draw_pair
from optimiser.variables import Floats

#: Pairs that the table of interactions lists at most.
_LISTED = 12


def raise_card(of: Explanation) -> Card:
    """Say for each yield of the design which setpoint change raises it most, and what that costs."""
    d = of.design
    if d is None:
        return Card(not_applicable="no design was given.")
    asked = [o.metric for o in d.problem.objectives if not is_yield(o.metric)]
    metrics = [
        name
        for name in dict.fromkeys((*asked, cost_metric(d.problem) or "cost", "climate_change"))
        if name in d.evaluation.metrics
    ]
    rows: list[dict[str, object]] = []
    for response, change in zip(of.responses, raised(of, d), strict=True):
        if change is None:
            rows.append({"yield of": response, "setpoint": "none raises it"})
            continue
        row: dict[str, object] = {"yield of": response, "setpoint": change.variable.label}
        row["change"] = move_text(change)
        for other, k in zip(of.responses, of.columns, strict=True):
            row[f"{other}|points|3"] = round(100.0 * float(change.gain[k]), 1) + 0.0
        for name in metrics:
            row[name] = float(change.after.metrics[name][change.row])
        rows.append(row)
    frame = pd.DataFrame(rows)
    frame = frame.fillna({name: "" for name in ("change",) if name in frame})
    caption = (
        "For each yield, the change of one setpoint that raises it most, inside the ranges, the "
        "applicability domain and the limits (of values within half a point of the best, the nearest), by "
        "how many points every yield changes with it, and the figures after it."
    )
    return Card(
        finding=tuple(raise_sentences(of)),
        blocks=(Table("raise-table", caption, frame, sortable=False),),
    )


def interaction_card(of: Explanation) -> Card:
    """Show which pairs of drivers matter together, and the strongest drawn."""
    found = of.interactions
    if len(of.drivers) < 2:
        return Card(not_applicable="there is one driver.")
    order = [int(p) for p in np.argsort(-np.nan_to_num(found.size).mean(axis=1), kind="stable")]
    listed = [p for p in order if not np.isnan(found.size[p]).all()][:_LISTED]
    figures = tuple(
        Figure(
            f"pair-{pair.along}-{pair.at}",
            f"Yield of {of.responses[pair.response]} along {driver_label(pair.along, of.cases.system)} at "
            f"levels of {driver_label(pair.at, of.cases.system)}.",
            draw_pair(
                driver_heading(pair.along, of.cases.system),
                (along := of.cases.variable(pair.along)) is not None and along.log,
                pair.values,
                _names(of, pair.along, pair.values),
                _levels(of, pair),
                pair.yields,
            ),
            f"{of.responses[pair.response]}: {pair_label(of, pair)}",
        )
        for pair in of.pairs
    )
    blocks: list[Block] = []
    if figures:
        about = (
            "Each line is the mean prediction over rows of the background with both drivers set. Where lines "
            "run alike, the effects add up; where they part, one depends on the other. A line ends where no "
            "row of the training data with the same choices reaches.",
        )
        blocks += [Words("How to read the figures", about), Panels(figures)]
    if listed:
        frame = pd.DataFrame({"drivers": [pair_label(of, p) for p in listed]})
        for j, response in enumerate(of.responses):
            frame[f"{response}|points|3"] = np.round(100.0 * found.size[listed, j], 1)
        frame["pairs of rows"] = found.rows[listed].astype(int)
        caption = (
            "Mean size of what two drivers do together beyond the sum of what each does alone, in points of "
            "yield, between rows of the training data that differ in both. 0 where effects add up."
        )
        blocks.append(Table("interaction-table", caption, frame))
    return Card(finding=tuple(interaction_sentences(of)), blocks=tuple(blocks))


def _names(of: Explanation, driver: str, values: Floats) -> list[str]:
    """Return the names of a driver's kinds, nothing of a number."""
    kinds = of.cases.kinds(driver)
    return [kinds[int(k)] for k in values] if kinds else []


def _levels(of: Explanation, pair: Pair) -> list[str]:
    system, variable = of.cases.system, of.cases.variable(pair.at)
    unit = "" if variable is None else f" {variable.shown_unit}".rstrip()
    numbers = [f"{driver_label(pair.at, system)} {value:.4g}{unit}" for value in pair.levels]
    return _names(of, pair.at, pair.levels) or numbers


def threshold_card(of: Explanation) -> Card:
    """Show the effect of each number, and where it turns, bends or jumps."""
    system, figures, rows = of.cases.system, list[Figure](), list[dict[str, object]]()
    for driver, group in groupby(of.thresholds, key=lambda one: one.driver):
        found, label = tuple(group), driver_label(driver, system)
        variable = of.cases.variable(driver)
        unit = "" if variable is None else f" {variable.shown_unit}".rstrip()
        if any(len(one.values) > 1 for one in found):
            log = variable is not None and variable.log
            drawing = draw_effects(driver_heading(driver, system), log, found)
            about = f"Effect of {label} on the yields, against its lowest value."
            figures.append(Figure(f"effect-{driver}", about, drawing, label[:1].upper() + label[1:]))
        for one in found:
            if one.kind is not None:
                rows.append(
                    {
                        "driver": label,
                        "yield of": one.response,
                        "what": one.kind + "s",
                        "at": f"{one.at:.3g}{unit}",
                        "90 % interval": f"{one.low:.4g} to {one.high:.4g}{unit}",
                        "up to there|points|3": round(100.0 * one.before, 1) + 0.0,
                        "from there on|points|3": round(100.0 * one.after, 1) + 0.0,
                    }
                )
        if not any(one.kind is not None for one in found):
            why = "; ".join(dict.fromkeys(one.why for one in found))
            rows.append({"driver": label, "what": f"no threshold found: {why}"})
    frame = pd.DataFrame(rows)
    texts = [name for name in ("yield of", "at", "90 % interval") if name in frame]
    caption = (
        "Places where the effect of a number turns, bends or jumps, which fits clearly better than a "
        "straight line in nine of ten resamples of the rows; the interval is over the resamples, and reaches "
        "to the neighbouring values of the data at least."
    )
    reading = (
        "Effects are accumulated from steps between neighbouring values of the data, over training rows that "
        "lie there and with choices that were tried there. Dashed lines are thresholds, bands their "
        "intervals.",
        "A threshold is one of this model on these data. Where drivers went together in the experiments, "
        "another of them may be the cause.",
    )
    blocks: tuple[Block, ...] = (
        Table("threshold-table", caption, frame.fillna(dict.fromkeys(texts, "")), sortable=False),
        Words("How to read the figures", reading),
    )
    if figures:
        blocks = (*blocks, Panels(tuple(figures)))
    return Card(finding=tuple(threshold_sentences(of)), blocks=blocks)
