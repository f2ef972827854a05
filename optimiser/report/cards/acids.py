"""Acids compared: their trade-offs, a verdict on each, impacts, and where one takes over from another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from optimiser.answers.acids import AcidComparison
from optimiser.answers.crossing import Breakeven, CrossingMap
from optimiser.problem.bound import BoundProblem
from optimiser.problem.metrics import METRICS
from optimiser.report.acid_words import breakeven_lines, comparison_lines, labelled, map_lines, verdict
from optimiser.report.card import Block, Card, Figure, Maker, Panels, Table, make_cards
from optimiser.report.cards.command import command_card
from optimiser.report.cards.plant import plant_makers
from optimiser.report.columns import column, with_intervals
from optimiser.report.figures.acids import Scale, draw_bands, draw_breakeven, draw_impacts, draw_map
from optimiser.report.figures.designs import axis_titles, draw_strip, drawn_designs
from optimiser.report.figures.scenarios import draw_heat
from optimiser.report.numbers import percent
from optimiser.report.style import acid_styles
from optimiser.systems.words import vocabulary
from optimiser.tables.results import ALONE

NONE = "no acid has a feasible design."


def comparison_cards(of: AcidComparison, pinned: Mapping[str, Any], scale: Scale = "linear") -> list[Card]:
    """Return the cards of a comparison of acids."""
    what = vocabulary(of.problem.system).option
    makers = [Maker("acids", f"Which {what}?", lambda: fronts_card(of, scale))]
    if of.crossing is not None:
        crossing = of.crossing
        makers.append(Maker("crossing", f"Where does which {what} win?", lambda: map_card(crossing)))
    makers += plant_makers(of.scopes())
    if of.problem.system.is_cathode:
        makers.append(Maker("impacts", "Their impacts", lambda: impacts_card(of)))
    return make_cards([*makers, Maker("run", "This comparison", lambda: command_card(pinned))])


def breakeven_cards(of: Breakeven, pinned: Mapping[str, Any]) -> list[Card]:
    """Return the cards of a break-even."""
    what = vocabulary(of.field.problem.system).option
    return make_cards(
        (
            Maker("breakeven", f"Where does another {what} take over?", lambda: breakeven_card(of)),
            Maker("run", "This break-even", lambda: command_card(pinned)),
        )
    )


def fronts_card(of: AcidComparison, scale: Scale = "linear") -> Card:
    """Return all acids' own fronts in one figure with bands, and a verdict on each acid."""
    what = vocabulary(of.problem.system)
    table = Table("acids-table", _CAPTION.format(what=what), acids_table(of), sortable=False)
    finding = (
        *comparison_lines(of),
        f"Each {what.option} was searched alone, with the same settings and seeds; its front does not depend "
        "on the others. Bands are calibrated 90 % intervals of the yields; a guess has none.",
    )
    return Card(finding=finding, blocks=(*_fronts(of, scale), table))


_CAPTION = (
    "Each {what.option}'s best design in the first objective, at the targets; in brackets 90 % intervals. "
    "The chance to be the best is the share of draws, the same for all {what.options}, in which that design "
    "beats all others', everything uncertain."
)


def _fronts(of: AcidComparison, scale: Scale) -> tuple[Block, ...]:
    able = of.feasible
    if not able:
        return ()
    frames, what = [], vocabulary(of.problem.system).option
    for one in able:
        assert one.front is not None
        evaluation = one.front.evaluation
        frames.append(
            drawn_designs(one.problem, evaluation, [f"best of this {what} alone"] * len(evaluation))
        )
    drawn, guesses = pd.concat(frames, ignore_index=True), [one.acid for one in able if one.guess]
    titles = axis_titles(of.problem)
    names = None if of.problem.system.is_cathode else of.problem.acid_names
    if len(titles) == 1:
        (name, title), styles = *titles.items(), acid_styles(list(of.problem.acid_names))
        return (Figure("fronts", f"The best of each {what}: {title}.", draw_strip(drawn, styles, name)),)
    figures = tuple(
        Figure(
            f"fronts-{x}-{y}".replace("_", "-"),
            f"{b} against {a}: the front of each {what} alone, with bands.",
            draw_bands(drawn, guesses, x, y, (a, b), scale, names),
        )
        for (x, a), (y, b) in combinations(titles.items(), 2)
    )
    return figures if len(figures) == 1 else (Panels(figures),)


def acids_table(of: AcidComparison) -> pd.DataFrame:
    """Return a column per acid and a row per quantity, as text; then acids that are not compared."""
    frame = of.frame()
    asked = [o.metric for o in of.problem.objectives if o.metric != "time"]
    shown = dict.fromkeys(
        [
            *(*asked, "least_cost", "least_climate_change", *(f"yield_{m}" for m in of.problem.present)),
            *_setpoints(of.problem),
            "support",
        ]
    )
    rows: dict[str, list[str]] = {
        "verdict": [verdict(of, one) for one in of.acids],
        "experiments near the feed": [str(n) for n in frame["experiments"]],
    }
    for name in shown:
        if name in frame:
            how = column(name.removeprefix("least_"))
            said = {
                "least_cost": "cheapest design, cost",
                "least_climate_change": "cleanest design, climate change",
            }
            heading = f"{said[name]} [{how.unit}]" if name in said else how.heading
            rows[heading] = _told(frame, name)
    if "p_best" in frame:
        metric = METRICS[of.objective.metric].label
        rows[f"chance to be the best in {metric}"] = _chances(frame["p_best"].mask(frame["guess"]))
        rows[f"chance that the best {vocabulary(of.problem.system).option} beats it"] = _chances(
            frame["p_beats"].mask(frame["guess"])
        )
    names = [one.label + (" (a guess)" if one.guess else "") for one in of.acids]
    columns: dict[str, list[str]] = {"quantity": list(rows)}
    columns |= {name: [values[k] for values in rows.values()] for k, name in enumerate(names)}
    return pd.DataFrame(columns)


def _setpoints(problem: BoundProblem) -> list[str]:
    """Return what a design is made of, and of a cathode's what it offers and forms."""
    if not problem.system.is_cathode:
        return [*problem.reported, *problem.system.names]
    main = ["acid_use", "time", "temperature", "acid_concentration", "h2o2", "solid_liquid_ratio"]
    return [*main, "proton_ratio", "chlorine"]


def _told(frame: pd.DataFrame, name: str) -> list[str]:
    """Write a column with its intervals; a guess has none."""
    bare = name.removeprefix("least_")
    renamed = frame[[c for c in frame if c in (name, f"{name}_low", f"{name}_high")]]
    renamed = renamed.rename(columns=lambda c: c.removeprefix("least_"))
    texts = with_intervals(renamed, bare)
    alone = [column(bare).text(value) for value in renamed[bare]]
    return [one if guess else text for text, one, guess in zip(texts, alone, frame["guess"], strict=True)]


def _chances(values: pd.Series) -> list[str]:
    return ["–" if np.isnan(p) else "< 1 %" if 0.0 < p < 0.01 else percent(float(p)) for p in values]


def impacts_card(of: AcidComparison) -> Card:
    """Return absolute and ranked impacts of the acids' best designs in every category there is."""
    if of.impacts is None:
        return Card(not_applicable=NONE)
    impacts = of.impacts
    names = [one.acid + (" (guess)" if one.guess else "") for one in of.feasible]
    pairs = list(zip(impacts.categories, impacts.units, strict=True))
    values = impacts.frame[[f"{c}|{u}/kg metal|4" for c, u in pairs]].to_numpy(dtype=np.float64).T
    ranks = impacts.ranks[[c for c in impacts.ranks if str(c).count("|") == 2]].to_numpy(dtype=np.float64).T
    heads = [f"{_cut(c.removesuffix(ALONE))}<br>[{u}/kg metal]" for c, u in pairs]
    finding = [
        f"Impacts per kg of metal dissolved of each acid's best design in "
        f"{METRICS[of.objective.metric].label}, in {len(pairs)} "
        f"{'category' if len(pairs) == 1 else 'categories'}."
    ]
    if len(pairs) == 1:
        finding.append(
            "Climate change is what the shipped tables know; --impacts FILE brings your categories."
        )
    if impacts.missing:
        named = "; ".join(f"{c} of {s}" for c, s, _ in impacts.missing[:12])
        finding.append(f"Factors that are missing, where impacts are blank: {named}.")
    table = impacts.frame[["acid", *(f"{c}|{u}/kg metal|4" for c, u in pairs)]]
    return Card(
        finding=tuple(finding),
        blocks=(
            Figure(
                "impacts-absolute",
                "Absolute impacts; the stronger the colour, the more times the least of its category.",
                draw_impacts(values, heads, names),
            ),
            Figure(
                "impacts-ranked",
                "Ranks by category, 1 is the lowest.",
                draw_heat(ranks, [_cut(c.removesuffix(ALONE)) for c, _ in pairs], names, digits=0),
            ),
            Table("impacts-table", "Impacts per kg of metal dissolved.", table),
        ),
    )


def _cut(text: str, most: int = 24) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def map_card(of: CrossingMap) -> Card:
    """Return the map of the best acid over two levers, and its boundaries as a table."""
    metric = METRICS[of.objective.metric].label
    what = vocabulary(of.field.problem.system).option
    about = f"The {what} with the best {metric} in each cell; the line is the boundary, found to 1 %."
    return Card(
        finding=tuple(map_lines(of)),
        blocks=(Figure("crossing-map", about, draw_map(of)), _boundary(of)),
    )


def _boundary(of: CrossingMap) -> Table:
    frame = of.crossings()
    how = column(of.objective.metric)
    x, y = (f"{lever.label}|{lever.unit}|4" for lever in of.levers)
    shown = pd.DataFrame({y: frame[of.levers[1].name], x: frame[of.levers[0].name]})
    shown["from"] = [labelled(of.field, a) for a in frame["loser"]]
    shown["to"] = [labelled(of.field, a) for a in frame["winner"]]
    for name, called in (("loser_value", "before"), ("winner_value", "after")):
        shown[f"{how.label} {called}|{how.unit}|4"] = how.scale * frame[name].astype(float)
    what = vocabulary(of.field.problem.system).option
    return Table("boundary-table", f"Where one {what} takes over, row by row of the map.", shown, tall=True)


def breakeven_card(of: Breakeven) -> Card:
    """Return where another acid takes over along a lever."""
    how, frame = column(of.objective.metric), of.frame()
    shown = pd.DataFrame({f"{of.lever.label}|{of.lever.unit}|4": frame["value"]})
    what = vocabulary(of.field.problem.system).option
    shown[f"best {what}"] = [labelled(of.field, acid) for acid in frame["best_acid"]]
    for acid in of.acids:
        shown[f"{acid}|{how.unit}|4"] = how.scale * frame[acid]
    about = (
        f"The best {METRICS[of.objective.metric].label} of each {what} along the lever; dashed, a takeover."
    )
    return Card(
        finding=tuple(breakeven_lines(of)),
        blocks=(
            Figure("takeovers", about, draw_breakeven(of)),
            Table("breakeven-table", f"Each {what}'s best at each value.", shown),
        ),
    )
