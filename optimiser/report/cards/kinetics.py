"""The cards of the kinetics of an acid: activation energies, the curves behind them, and the literature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimiser.kinetics.frames import energies_frame, literature_frame
from optimiser.kinetics.literature import Literature
from optimiser.kinetics.study import LEAST_R2, LEAST_SHARED, MOST_ERROR, Kinetics
from optimiser.report import words
from optimiser.report.card import Card, Figure, Maker, Panels, Table, Tile, Words, make_cards
from optimiser.report.cards.command import command_card
from optimiser.report.figures.kinetics import draw_arrhenius, draw_curves, draw_energies
from optimiser.report.kinetics_words import (
    LACKS,
    LAW,
    NOT_MEASURED,
    conditions_sentence,
    contains,
    headline,
    literature_range,
    literature_sentence,
    verdict,
)

#: Columns of the energies that the page shows, by what it calls them.
_SHOWN = {
    "metal": "metal",
    "slope": "slope|kJ/mol|3",
    "slope_low": "slope|kJ/mol|3_low",
    "slope_high": "slope|kJ/mol|3_high",
    "activation_energy": "activation energy|kJ/mol|3",
    "line_r2": "R2 of the line||3",
    "model_r2": "R2 of the law||3",
    "model_rmse": "error of the law|points of yield|2",
    "exponent": "n||2",
    "slope_without_law": "without a law|kJ/mol|3",
    "why_not": "verdict",
}


def kinetics_cards(of: Kinetics, literature: Literature, pinned: Mapping[str, Any]) -> list[Card]:
    """Return all cards: of the kinetics, with the literature beside it, and what made the page."""
    return make_cards(
        (
            Maker("answer", "Activation energies", lambda: answer_card(of, literature)),
            Maker("arrhenius", "The Arrhenius plot", lambda: arrhenius_card(of)),
            Maker("curves", "Simulated curves and the law", lambda: curves_card(of)),
            Maker("literature", "What others measured", lambda: literature_card(of, literature)),
            Maker("run", "How this was made", lambda: command_card(pinned), appendix=True),
        )
    )


def answer_card(of: Kinetics, literature: Literature) -> Card:
    """Say the activation energies, or why there are none, and what their intervals hold."""
    tiles = []
    for one in of.metals:
        measured = f"literature {literature_range(literature, one.metal)}"
        if one.reliable:
            detail = f"{one.line.low:.0f} to {one.line.high:.0f}; {measured}"
            tiles.append(Tile(one.metal, f"{one.line.energy:.0f}", "kJ/mol", detail))
        else:
            tiles.append(Tile(one.metal, "none", "", measured))
    warnings = [*(verdict(one) for one in of.metals if not one.reliable), NOT_MEASURED, *of.notes]
    if of.curves.plan.conditions["h2o2"] > 0.0:
        warnings.append(words.PEROXIDE_CAVEAT)
    frame = energies_frame(of, literature)[list(_SHOWN)].round({"line_r2": 3, "model_r2": 3})
    frame["model_rmse"] *= 100.0
    about = (
        "Slopes of the Arrhenius lines with their 95 % confidence intervals. Only a slope without a reason "
        "against it is an activation energy."
    )
    interval = (f"It contains {contains(of)}.", f"It does not contain {LACKS}.")
    return Card(
        finding=(headline(of), conditions_sentence(of)),
        tiles=tuple(tiles),
        warnings=tuple(warnings),
        blocks=(
            Table("energies-table", about, frame.rename(columns=_SHOWN)),
            Words("What the interval contains, and what not", interval),
        ),
    )


def arrhenius_card(of: Kinetics) -> Card:
    """Draw ln k against 1/T."""
    about = "ln k against 1/T; slope = -Ea/R. Hollow and dotted: the slope is no activation energy."
    rule = (
        f"A slope counts as an activation energy where the curves share {100 * LEAST_SHARED:g} points of "
        f"yield, the law misses them by {100 * MOST_ERROR:g} points at most, R2 of the line is "
        f"{LEAST_R2:.2f} or more, and the interval lies above zero.",
        "Without a law: the slope of the times that curves take to the middle of the yields they share.",
    )
    return Card(finding=rule, blocks=(Figure("arrhenius-plot", about, draw_arrhenius(of)),))


def curves_card(of: Kinetics) -> Card:
    """Draw simulated curves and the law."""
    cold, *_, hot = of.curves.plan.temperature
    colours = f"from pale blue ({cold:g} °C) over orange to dark red ({hot:g} °C)"
    panels = tuple(
        Figure(
            f"curves-{one.metal}",
            f"Yield of {one.metal} against time at each temperature.",
            draw_curves(of, one),
            f"{one.metal} yield, R2 {one.fit.r2:.3f}, n {one.fit.exponent:.2f}",
        )
        for one in of.metals
    )
    finding = (f"Points are the surrogate's yields in per cent, lines the law; {colours}.", LAW)
    return Card(finding=finding, blocks=(Panels(panels),))


def literature_card(of: Kinetics, literature: Literature) -> Card:
    """Show what others measured."""
    frame = literature_frame(literature)
    parts = frame[["source", "conditions", "note"]].to_dict("records")
    shown = frame.rename(columns={"activation_energy": "activation energy|kJ/mol|4"}).assign(
        source=[". ".join(text for text in row.values() if text) for row in parts],
        year=frame["year"].astype(str),
    )
    about = "Slopes of this report with their intervals, and activation energies of the literature."
    finding = (
        literature_sentence(of, literature),
        "They differ by acid, reductant, solid and how the constants were read off, so a match is no proof. "
        "Those of confidence C were quoted from memory.",
    )
    return Card(
        finding=finding,
        blocks=(
            Figure("energies-plot", about, draw_energies(of, literature)),
            Table(
                "literature-table",
                "Confidence A is best; marked ones need a look.",
                shown.drop(columns=["conditions", "note"]),
            ),
        ),
    )
