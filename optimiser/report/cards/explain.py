"""The cards of an explanation: what drives the yields, and which setpoint would raise the lowest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimiser.explain.explanation import MOST_EXACT, ORDERS, DesignExplanation, Explanation
from optimiser.explain.setpoints import LEAST_GAIN, Change, cost_metric
from optimiser.problem.robustness import worst_steps
from optimiser.report import words
from optimiser.report.card import Block, Card, Figure, Maker, Panels, Table, Tile, Words, make_cards
from optimiser.report.cards.command import command_card
from optimiser.report.cards.effects import interaction_card, raise_card, threshold_card
from optimiser.report.caveats import intervals_caveat
from optimiser.report.columns import column
from optimiser.report.explain_words import (
    Explained,
    cautions,
    change_sentences,
    driver_heading,
    driver_label,
    limiting_sentence,
    mismatch,
    move_text,
    points,
    ranking_sentence,
    yield_sentences,
)
from optimiser.report.figures.explain import draw_bars, draw_dependence, draw_kinds, draw_sweep
from optimiser.report.figures.scenarios import draw_heat
from optimiser.variables import Floats

#: Over a table that holds what a figure shows.
_SAME = "The same in numbers."


def explanation_cards(found: Explained, pinned: Mapping[str, Any]) -> list[Card]:
    """Return all cards of an explanation."""
    of = found.of
    kinds = "Acids and feeds" if of.cases.system.is_cathode else "Choices and feeds"
    return make_cards(
        (
            Maker("answer", "What drives the yields", lambda: answer_card(found)),
            Maker("change", "Which setpoint would raise the lowest yield", lambda: change_card(of)),
            Maker("raise", "Which setpoint would raise each yield", lambda: raise_card(of)),
            Maker("ranking", "Which drivers matter most", lambda: ranking_card(of)),
            Maker("dependence", "How yields depend on each setpoint", lambda: dependence_card(of)),
            Maker("kinds", kinds, lambda: kinds_card(of)),
            Maker("interactions", "Which drivers matter together", lambda: interaction_card(of)),
            Maker("thresholds", "Where effects turn", lambda: threshold_card(of)),
            Maker("meaning", "What SHAP values mean, and what not", lambda: meaning_card(of)),
            Maker("run", "This explanation", lambda: command_card(pinned), appendix=True),
        )
    )


def _points_table(
    name: str, caption: str, driver: str, labels: list[str], values: Floats, of: Explanation
) -> Table:
    """Return a table with a column of points per response; ``values`` has shape (rows, responses)."""
    frame = pd.DataFrame({driver: labels})
    for j, metal in enumerate(of.responses):
        frame[f"{metal}|points|3"] = np.round(values[:, j], 1) + 0.0
    return Table(name, caption, frame)


def answer_card(found: Explained) -> Card:
    """Say what drives each yield of the design; without one, of the anchors."""
    of, d = found.of, found.of.design
    if d is None:
        missing = "No design was given: this explains the model as a whole. --design or --front explains one."
        return Card(finding=(ranking_sentence(of), missing))
    evaluation, own = d.evaluation, 100.0 * d.values.values[0][:, of.columns]
    order = np.argsort(-np.nanmax(np.abs(own), axis=1), kind="stable")
    labels = [driver_label(of.drivers[j], d.problem.system) for j in order]
    reach = max(float(np.nanmax(np.abs(own))), 1.0)
    tiles, figures = [], []
    for j, (metal, k) in enumerate(zip(of.responses, of.columns, strict=True)):
        mean, low, high = (
            100.0 * v[0, k] for v in (evaluation.yields, evaluation.yields_low, evaluation.yields_high)
        )
        tiles.append(Tile(f"{metal} yield", f"{mean:.0f}", "%", f"90 % interval {low:.0f}–{high:.0f}"))
        total = points(float(d.values.prediction[0, k] - d.values.base[k]))
        figures.append(
            Figure(
                f"bars-{metal}",
                f"What each driver adds to the yield of {metal}, in points.",
                draw_bars(labels, np.nan_to_num(own[order, j]), reach),
                f"{metal}: {total} points against the background",
            )
        )
    setpoints = words.setpoints(d.problem, evaluation, 0)
    return Card(
        finding=(*mismatch(found), f"{d.problem.feed.name} with {setpoints}: {limiting_sentence(d)}"),
        tiles=tuple(tiles),
        warnings=(*cautions(of), intervals_caveat(of.surrogate)),
        blocks=(
            Words("What drives each yield", tuple(yield_sentences(of))),
            Panels(tuple(figures)),
            _points_table("design-table", "SHAP values of the design.", "driver", labels, own[order], of),
        ),
    )


def change_card(of: Explanation) -> Card:
    """Show the yields along each setpoint, and which change raises the lowest one."""
    if of.design is None:
        return Card(not_applicable="no design was given.")
    d, rows = of.design, list[dict[str, object]]()
    figures = tuple(
        Figure(
            f"sweep-{sweep.variable.name}",
            f"Yields along {sweep.variable.label}.",
            draw_sweep(sweep, float(d.evaluation.designs.continuous[0, j]), of.responses, of.columns),
            sweep.variable.label[:1].upper() + sweep.variable.label[1:],
        )
        for j, sweep in enumerate(d.sweeps)
        if len(sweep.values) > 1
    )
    for sweep in d.sweeps:
        if sweep.best is None:
            why = "none raises it" if len(sweep.values) else "cannot be changed"
            rows.append({"setpoint": sweep.variable.label, "change": why})
        elif sweep.thrifty is None or sweep.thrifty == sweep.best:
            mark = "most" if sweep.thrifty is None else "most, best value"
            rows.append(_change_row(d, sweep.best, mark))
        else:
            rows += [_change_row(d, sweep.best, "most"), _change_row(d, sweep.thrifty, "best value")]
    caption = (
        "For each setpoint alone, the change that raises the lowest yield most (of values within half a "
        "point of the best, the nearest)"
    )
    if cost := cost_metric(d.problem):
        caption += (
            ", and the best value, the change that gains most for its extra "
            f"cost, if it gains {100.0 * LEAST_GAIN:.0f} point or more. Points per EUR: gained per extra "
            f"{column(cost).unit}"
        )
    caption += ". A step loses: recovery that one setpoint step the wrong way costs then, at most."
    frame = pd.DataFrame(rows)
    texts = [name for name in ("limiting", "gains", "points per EUR") if name in frame]
    frame = frame.fillna(dict.fromkeys(texts, ""))
    blocks: tuple[Block, ...] = (Table("change-table", caption, frame, sortable=False),)
    if figures:
        about = (
            "The model predicts each value that the plant can set; the other setpoints stay as they are. The "
            "dashed line is the design, the filled marks are the best change.",
            "Lines are solid where a value is inside the applicability domain and the limits of chemistry, "
            "dotted where it is not.",
        )
        blocks = (*blocks, Words("How to read the figures", about), Panels(figures))
    return Card(finding=(limiting_sentence(d), *change_sentences(d)), blocks=blocks)


def _change_row(d: DesignExplanation, change: Change, gains: str) -> dict[str, object]:
    loss = worst_steps(d.problem, change.after, np.array([change.row])).recovery_loss
    cost, known = cost_metric(d.problem), change.after.metrics
    row = {
        "setpoint": change.variable.label,
        "change": move_text(change),
        "gains": gains,
        "lowest yield|%|3": round(100.0 * change.lowest_yield, 1),
        "gain|points|3": round(100.0 * change.gain, 1),
        "limiting": change.limiting,
    }
    if cost is not None:
        row[cost] = change.metric(cost)
        row["points per EUR"] = "free" if np.isinf(change.per_cost) else f"{100.0 * change.per_cost:.3g}"
    if "climate_change" in known:
        row["climate_change"] = change.metric("climate_change")
    return row | {"a step loses|points|2": 100.0 * float(loss[0])}


def ranking_card(of: Explanation) -> Card:
    """Rank the drivers over the anchors."""
    ranked = 100.0 * of.ranking()
    values, system = ranked.to_numpy(), of.cases.system
    labels = [driver_label(driver, system) for driver in ranked.index]
    about = "Mean absolute SHAP value of each driver, in points of yield."
    base = ", ".join(
        f"{m} {100.0 * of.values.base[k]:.0f} %" for m, k in zip(of.responses, of.columns, strict=True)
    )
    return Card(
        finding=(ranking_sentence(of), f"The background's mean yields are {base}."),
        blocks=(
            Figure("ranking-map", about, draw_heat(values, labels, of.responses, unit="points", digits=1)),
            _points_table("ranking-table", _SAME, "driver", labels, values, of),
        ),
    )


def dependence_card(of: Explanation) -> Card:
    """Show what each setpoint adds against its value."""
    system, figures = of.cases.system, []
    for driver in of.drivers:
        if not of.cases.is_number(driver):
            continue
        variable, label = of.cases.variable(driver), driver_label(driver, system)
        values = 100.0 * of.values.values[:, of.drivers.index(driver)][:, of.columns]
        log = variable is not None and variable.log
        drawing = draw_dependence(driver_heading(driver, system), log, of.cases[driver], values, of.responses)
        about = f"What {label} adds to the yields against its value."
        figures.append(Figure(f"dependence-{driver}", about, drawing, label[:1].upper() + label[1:]))
    finding = (
        f"Each small mark is one of {len(of.cases)} rows of the training data; lines join medians of "
        "neighbouring rows. Where marks scatter at one value, the effect depends on the other drivers."
    )
    return Card(finding=(finding,), blocks=(Panels(tuple(figures)),))


def kinds_card(of: Explanation) -> Card:
    """Show what each acid, or value of a choice, and each feed adds on average."""
    blocks: list[Block] = []
    system = of.cases.system
    for driver in of.drivers:
        if not of.cases.kinds(driver):
            continue
        names, label = of.cases.labels(driver), driver_label(driver, system)
        values = pd.DataFrame(100.0 * of.values.values[:, of.drivers.index(driver)][:, of.columns])
        groups = values.groupby(np.array(names, dtype=object))
        mean, count = groups.mean(), groups.size()
        order = mean.mean(axis=1).sort_values(ascending=False).index
        means, labels = mean.loc[order].to_numpy(), [f"{name} ({count[name]})" for name in order]
        about = f"Mean SHAP value of the {label}, in points of yield, over the rows with it (their number)."
        blocks += [
            Figure(f"{driver}-figure", about, draw_kinds(labels, means, of.responses)),
            _points_table(f"{driver}-table", _SAME, label, labels, means, of),
        ]
    if not blocks:
        return Card(not_applicable="nothing is chosen among.")
    finding = (
        "An acid's value says how it differs, with all its features, from the acids of the background. A "
        "mean over few rows says little."
    )
    if not system.is_cathode:
        finding = (
            "A value says how one of these differs, with all that the model sees of it, from the others of "
            "the background. A mean over few rows says little."
        )
    return Card(finding=(finding,), blocks=tuple(blocks))


def meaning_card(of: Explanation) -> Card:
    """Say what the values are, and list the background."""
    system, frame = of.cases.system, pd.DataFrame()
    first = ("feed", "acid") if system.is_cathode else tuple(d for d in of.drivers if of.cases.kinds(d))
    for name in dict.fromkeys((*first, *of.drivers)):
        kinds = bool(of.background.kinds(name))
        frame[name] = of.background.labels(name) if kinds else of.background[name]
    head, *more = _meaning(of)
    caption = f"The background: {len(frame)} rows of the training data that the model keeps as anchors."
    table = Table("background-table", caption, frame, tall=True)
    return Card(finding=(head,), blocks=(Words("More precisely", tuple(more)), table))


_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _meaning(of: Explanation) -> tuple[str, ...]:
    """Say what a SHAP value is, and what it is not."""
    system, many = of.cases.system, len(of.drivers)
    counted = _NUMBERS[many - 2] if 2 <= many < 11 else str(many)
    told = (
        (
            "The acid, with all its features, is one driver, and so is the feed: nobody can change a pKa "
            "alone.",
            "It describes the model, not the chemistry. Where drivers went together in the experiments (an "
            "acid and its usual strength), the data cannot tell them apart, and neither can this.",
        )
        if system.is_cathode
        else (
            "Each choice, with all that the model sees of its values, is one driver; a feed that several "
            "numbers describe is one as well: nobody can change one of them alone.",
            "It describes the model, not the chemistry. Where drivers went together in the experiments, the "
            "data cannot tell them apart, and neither can this.",
        )
    )
    exact = (
        f"Values of the one design are exact, over all {2**many} sets of drivers. Those of the anchors "
        "follow one random order of the drivers each, forwards and backwards: they add up exactly too, but "
        "rely on their means only."
    )
    if many > MOST_EXACT:
        exact = (
            f"Values of the one design follow {ORDERS} random orders of the drivers, forwards and backwards, "
            "those of the anchors one: they add up exactly, but of the anchors rely on their means only."
        )
    mixed = "one experiment's acid at another's temperature"
    if not system.is_cathode:
        mixed = "one experiment's choices at another's setpoints"
    told_of = (
        f"Shown are {len(of.responses)} of {len(system.responses)} responses: those asked about, then those "
        "with most measurements.",
    )
    return (
        "A SHAP value says by how many points of yield one driver moves this model's prediction away from "
        f"the mean prediction over the background: {len(of.background)} of {len(of.surrogate.fitted.yields)} "
        f"anchors of {of.surrogate.name!r}, rows of its training data, spread evenly over them. The values "
        f"of all {counted} drivers add up to the difference exactly.",
        *told,
        "It does not say what a change of the setpoint would do. For that, the model predicts the design at "
        "every value of the setpoint; act only on these predictions.",
        f"The calculation mixes rows, such as {mixed}. Some of these lie outside the applicability domain.",
        "Only rows whose feed contains a metal count in that metal's background."
        if system.is_cathode
        else "Only rows whose feed has a response count in that response's background.",
        exact,
        *(told_of if not system.is_cathode and len(of.responses) < len(system.responses) else ()),
    )
