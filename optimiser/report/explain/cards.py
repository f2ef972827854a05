"""The cards of an explanation, each made on its own: one that fails does not lose the others."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from optimiser.chemistry.metals import METALS
from optimiser.explain.cases import DRIVERS, ranking
from optimiser.explain.explanation import DesignExplanation, Explanation
from optimiser.explain.setpoints import LEAST_GAIN, Sweep, gain_per_cost, limiting_metal, lowest_yield
from optimiser.problem.robustness import worst_steps
from optimiser.report import words
from optimiser.report.card import Block, Card, Figure, Maker, Panels, Table, Tile, Words, make_cards
from optimiser.report.caveats import intervals_caveat
from optimiser.report.columns import column
from optimiser.report.explain.figures import draw_bars, draw_dependence, draw_kinds, draw_sweep
from optimiser.report.explain.sentences import (
    cautions,
    change_sentences,
    driver_label,
    limiting_sentence,
    meaning,
    mismatch,
    move_text,
    points,
    ranking_sentence,
    yield_sentences,
)
from optimiser.report.figures.scenarios import draw_heat
from optimiser.variables import CONTINUOUS, VARIABLES, Floats

#: Over a table that holds what a figure shows.
_SAME = "The same in numbers."


def explanation_cards(of: Explanation, pinned: dict[str, Any]) -> list[Card]:
    """Return all cards of an explanation."""
    makers = (
        ("answer", "What drives the yields", answer_card),
        ("change", "Which setpoint would raise the lowest yield", change_card),
        ("ranking", "What the model goes by", ranking_card),
        ("dependence", "How it depends on each setpoint", dependence_card),
        ("kinds", "Acids and feeds", kinds_card),
        ("meaning", "What SHAP values mean, and what not", meaning_card),
    )
    made = [Maker(key, title, partial(make, of, key, title)) for key, title, make in makers]
    return make_cards([*made, Maker("run", "This explanation", lambda: origin_card(pinned))])


def _indices(of: Explanation) -> list[int]:
    return [METALS.index(metal) for metal in of.metals]


def _points_table(
    name: str, caption: str, first: dict[str, list[str]], values: Floats, of: Explanation
) -> Table:
    """Return a table with a column of points per metal; ``values`` has shape (rows, metals told of)."""
    frame = pd.DataFrame(first)
    for j, metal in enumerate(of.metals):
        frame[f"{metal}|points|3"] = np.round(values[:, j], 1) + 0.0
    return Table(name, caption, frame)


def answer_card(of: Explanation, key: str, title: str) -> Card:
    """Say what drives each yield of the design; without one, of the anchors."""
    if of.design is None:
        return Card(
            key,
            title,
            (
                ranking_sentence(of, list(ranking(of.values.values[:, :, _indices(of)]))),
                "No design was given: this is about the model as a whole. --design or --front explains one.",
            ),
        )
    d, indices = of.design, _indices(of)
    evaluation, own = d.evaluation, 100.0 * d.values.values[0][:, indices]
    order = np.argsort(-np.nanmax(np.abs(own), axis=1), kind="stable")
    labels = [driver_label(DRIVERS[j]) for j in order]
    reach = max(float(np.nanmax(np.abs(own))), 1.0)
    low, high = 100.0 * evaluation.yields_low[0], 100.0 * evaluation.yields_high[0]
    tiles = tuple(
        Tile(
            f"{metal} yield",
            f"{100.0 * evaluation.yields[0, k]:.0f}",
            "%",
            f"90 % interval {low[k]:.0f}–{high[k]:.0f}",
        )
        for metal, k in zip(of.metals, indices, strict=True)
    )
    figures = tuple(
        Figure(
            f"bars-{metal}",
            f"What each driver adds to the yield of {metal}, in points.",
            draw_bars(labels, np.nan_to_num(own[order, j]), reach),
            f"{metal}: {points((d.values.prediction - d.values.base)[0, k])} points against the background",
        )
        for j, (metal, k) in enumerate(zip(of.metals, indices, strict=True))
    )
    warnings = [*cautions(of), intervals_caveat(of.surrogate)]
    finding = (
        *mismatch(of),
        f"{d.problem.feed.name} with {words.setpoints(d.problem, evaluation, 0)}: {limiting_sentence(d)}",
    )
    table = _points_table("design-table", "SHAP values of the design.", {"driver": labels}, own[order], of)
    blocks: tuple[Block, ...] = (
        Words("What drives each yield", tuple(yield_sentences(of))),
        Panels(figures),
        table,
    )
    return Card(key, title, finding, tiles, tuple(warnings), blocks)


def change_card(of: Explanation, key: str, title: str) -> Card:
    """Show the yields along each setpoint, and which change raises the lowest one."""
    if of.design is None:
        return Card(key, title, not_applicable="no design was given.")
    d = of.design
    moved = [sweep for sweep in d.sweeps if len(sweep.values) > 1]
    figures = tuple(
        Figure(
            f"sweep-{VARIABLES[sweep.variable].name}",
            f"Yields along {VARIABLES[sweep.variable].label}.",
            draw_sweep(sweep, float(d.asked.designs.continuous[0, sweep.variable]), of.metals),
            VARIABLES[sweep.variable].label.capitalize(),
        )
        for sweep in moved
    )
    rows: list[dict[str, object]] = []
    for sweep in d.sweeps:
        if sweep.best is None:
            told = "none raises it" if len(sweep.values) else "leaves nothing to move"
            rows.append({"setpoint": VARIABLES[sweep.variable].label, "change": told})
            continue
        for row in dict.fromkeys([sweep.best, *([] if sweep.thrifty is None else [sweep.thrifty])]):
            rows.append(_change_row(d, sweep, row))
    caption = (
        "Of each setpoint alone, the change that raises the lowest yield most (of values within half a point "
        f"of the best, the nearest), and the best for its money, if it gains "
        f"{100.0 * LEAST_GAIN:.0f} point or more. Points per EUR: gained per extra EUR/kg metal. A step "
        "loses: recovery that one setpoint step the wrong way costs then, at most."
    )
    about = Words(
        "How to read the figures",
        (
            "Each value that the plant can set is predicted, the others staying as they are. The dashed "
            "upright is the design, the filled marks are the best change.",
            "Lines are solid where a value is inside the applicability domain and the limits of chemistry, "
            "dotted where it is not.",
        ),
    )
    table = Table(
        "change-table",
        caption,
        pd.DataFrame(rows).fillna(dict.fromkeys(("limiting", "gains", "points per EUR"), "")),
        sortable=False,
    )
    blocks: tuple[Block, ...] = (table, about, Panels(figures)) if figures else (table,)
    return Card(key, title, (limiting_sentence(d), *change_sentences(d)), blocks=blocks)


def _change_row(d: DesignExplanation, sweep: Sweep, row: int) -> dict[str, object]:
    after = sweep.tried
    per_cost, gain = (float(values[row]) for values in gain_per_cost(d.evaluation, after))
    marks = {"most": row == sweep.best, "best for its money": row == sweep.thrifty}
    return {
        "setpoint": VARIABLES[sweep.variable].label,
        "change": move_text(d, sweep, row),
        "gains": ", ".join(mark for mark, yes in marks.items() if yes),
        "lowest yield|%|3": round(100.0 * float(lowest_yield(after.yields)[row]), 1),
        "gain|points|3": round(100.0 * gain, 1),
        "limiting": limiting_metal(after.yields[row]),
        "cost": float(after.metrics["cost"][row]),
        "points per EUR": "free" if np.isinf(per_cost) else f"{100.0 * per_cost:.3g}",
        "climate_change": float(after.metrics["climate_change"][row]),
        "a step loses|points|2": 100.0
        * float(worst_steps(d.problem, after, np.array([row])).recovery_loss[0]),
    }


def ranking_card(of: Explanation, key: str, title: str) -> Card:
    """Rank the drivers over the anchors."""
    ranked = ranking(of.values.values[:, :, _indices(of)])
    values = 100.0 * np.array(list(ranked.values()))
    labels = [driver_label(driver) for driver in ranked]
    about = "Mean absolute SHAP value of each driver, in points of yield: how much the model goes by it."
    base = ", ".join(
        f"{m} {100.0 * of.values.base[k]:.0f} %" for m, k in zip(of.metals, _indices(of), strict=True)
    )
    return Card(
        key,
        title,
        (ranking_sentence(of, list(ranked)), f"The background's mean yields are {base}."),
        blocks=(
            Figure("ranking-map", about, draw_heat(values, labels, of.metals, unit="points", digits=1)),
            _points_table("ranking-table", _SAME, {"driver": labels}, values, of),
        ),
    )


def dependence_card(of: Explanation, key: str, title: str) -> Card:
    """Show what each setpoint adds against its value."""
    figures = tuple(
        Figure(
            f"dependence-{name}",
            f"What {column(name).label} adds to the yields against its value.",
            draw_dependence(
                name,
                of.cases.drivers[:, DRIVERS.index(name)],
                100.0 * of.values.values[:, DRIVERS.index(name)],
                of.metals,
            ),
            column(name).label.capitalize(),
        )
        for name in CONTINUOUS
    )
    finding = (
        f"Each small mark is one of {len(of.cases)} rows of the training data; lines join medians of "
        "neighbouring rows. Where marks scatter at one value, the effect depends on the other drivers.",
    )
    return Card(key, title, finding, blocks=(Panels(figures),))


def kinds_card(of: Explanation, key: str, title: str) -> Card:
    """Show what each acid and each feed adds on average."""
    blocks: list[Block] = []
    for driver, names in (("acid", of.cases.acid_names()), ("feed", of.cases.feed_names())):
        values = pd.DataFrame(100.0 * of.values.values[:, DRIVERS.index(driver)][:, _indices(of)])
        groups = values.groupby(np.array(names, dtype=object))
        mean = groups.mean()
        count = groups.size()
        order = mean.mean(axis=1).sort_values(ascending=False).index
        means = mean.loc[order].to_numpy()
        labels = [f"{name} ({count[name]})" for name in order]
        about = f"Mean SHAP value of the {driver}, in points of yield, over the rows with it (their number)."
        blocks += [
            Figure(f"{driver}-figure", about, draw_kinds(labels, means, of.metals)),
            _points_table(f"{driver}-table", _SAME, {driver: labels}, means, of),
        ]
    finding = (
        "An acid's value says how it differs, with everything that the model sees of it, from the acids of "
        "the background. A few rows say little.",
    )
    return Card(key, title, finding, blocks=tuple(blocks))


def meaning_card(of: Explanation, key: str, title: str) -> Card:
    """Say what the values are, and list the background."""
    frame = pd.DataFrame({"feed": of.background.feed_names(), "acid": of.background.acid_names()})
    for name in CONTINUOUS:
        frame[name] = of.background.drivers[:, DRIVERS.index(name)]
    said = meaning(of)
    caption = f"The background: {len(frame)} rows of the training data that the model keeps as anchors."
    blocks = (Words("More precisely", said[1:]), Table("background-table", caption, frame, tall=True))
    return Card(key, title, said[:1], blocks=blocks)


def origin_card(pinned: dict[str, Any]) -> Card:
    """Say what made the page."""
    git = pinned["git"]
    rows = {
        "options": ", ".join(f"{k} {v}" for k, v in pinned["options"].items()) or "none",
        "surrogate": f"{pinned['artefact']['name']}, sha256 {pinned['artefact']['sha256']}",
        "seed": str(pinned["seed"]),
        "written": pinned["written"],
        "product": f"{pinned['product']} {pinned['version']}",
        "git commit": git["commit"] + (" with local changes" if git["modified"] else "")
        if git
        else "not a checkout",
        "packages": ", ".join(f"{k} {v}" for k, v in pinned["packages"].items()),
    }
    frame = pd.DataFrame({"what": list(rows), "value": list(rows.values())})
    return Card(
        "run", "This explanation", blocks=(Table("run-table", "What was run.", frame, sortable=False),)
    )
