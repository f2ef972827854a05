"""The cards of the kinetics of an acid, each made on its own: one that fails does not lose the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from optimiser.kinetics.frames import energies_frame, literature_frame
from optimiser.kinetics.literature import Literature
from optimiser.kinetics.study import LEAST_R2, LEAST_SHARED, MOST_ERROR, Kinetics
from optimiser.report import words
from optimiser.report.card import Card, Figure, Maker, Panels, Table, Tile, Verbatim, Words, make_cards
from optimiser.report.kinetics import said
from optimiser.report.kinetics.figures import draw_arrhenius, draw_curves, draw_energies


@dataclass(frozen=True)
class Contents:
    """Everything the report shows: the kinetics, the literature beside it, and the manifest."""

    of: Kinetics
    literature: Literature
    pinned: dict[str, Any]


def kinetics_cards(contents: Contents) -> list[Card]:
    """Return all cards."""
    return make_cards(Maker(key, title, partial(make, contents, key, title)) for key, title, make in MAKERS)


def answer_card(contents: Contents, key: str, title: str) -> Card:
    """Say the activation energies, or why there are none, and what their intervals hold."""
    of = contents.of
    tiles = []
    for one in of.metals:
        measured = f"literature {said.literature_range(contents.literature, one.metal)}"
        line = one.line
        if one.reliable:
            detail = f"{line.low:.0f} to {line.high:.0f}; {measured}"
            tiles.append(Tile(one.metal, f"{line.energy:.0f}", "kJ/mol", detail))
        else:
            tiles.append(Tile(one.metal, "none", "", measured))
    warnings = [said.verdict(one) for one in of.metals if not one.reliable]
    warnings += [said.NOT_MEASURED, *of.notes]
    if of.curves.plan.conditions["h2o2"] > 0.0:
        warnings.append(words.PEROXIDE_CAVEAT)
    interval = Words(
        "What the interval holds, and what not",
        (f"It holds {said.contains(of)}.", f"It does not hold {said.LACKS}."),
    )
    finding = (said.headline(of), said.conditions(of))
    table = Table(
        "energies-table",
        "Slopes of the Arrhenius lines with their 95 % confidence intervals. Only a slope without a reason "
        "against it is an activation energy.",
        _energies(contents),
    )
    return Card(key, title, finding, tuple(tiles), tuple(warnings), (table, interval))


def _energies(contents: Contents) -> Any:
    frame = energies_frame(contents.of, contents.literature)
    names = {
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
    frame["model_rmse"] *= 100.0
    return frame[list(names)].round({"line_r2": 3, "model_r2": 3}).rename(columns=names)


def arrhenius_card(contents: Contents, key: str, title: str) -> Card:
    """Draw ln k against 1/T."""
    about = "ln k against 1/T; slope = -Ea/R. Hollow and dotted: the slope is no activation energy."
    drawing = Figure("arrhenius-plot", about, draw_arrhenius(contents.of))
    rule = (
        f"A slope counts as an activation energy where the curves share {100 * LEAST_SHARED:g} points of "
        f"yield, the law misses them by {100 * MOST_ERROR:g} points at most, R2 of the line is "
        f"{LEAST_R2:.2f} or more, and the interval lies above zero.",
        "Without a law: the slope of the times that curves take to the middle of the yields they share.",
    )
    return Card(key, title, rule, blocks=(drawing,))


def curves_card(contents: Contents, key: str, title: str) -> Card:
    """Draw simulated curves and the law."""
    of = contents.of
    temperature = of.curves.plan.temperature
    finding = (
        f"Points are the surrogate's yields in per cent, lines the law; from pale blue "
        f"({temperature[0]:g} °C) over orange to dark red ({temperature[-1]:g} °C).",
        said.LAW,
    )
    panels = tuple(
        Figure(
            f"curves-{one.metal}",
            f"Yield of {one.metal} against time at each temperature.",
            draw_curves(of, one),
            f"{one.metal} yield, R2 {one.fit.r2:.3f}, n {one.fit.exponent:.2f}",
        )
        for one in of.metals
    )
    return Card(key, title, finding, blocks=(Panels(panels),))


def literature_card(contents: Contents, key: str, title: str) -> Card:
    """Show what others measured."""
    of, frame = contents.of, literature_frame(contents.literature)
    ranges = ", ".join(f"{o.metal} {said.literature_range(contents.literature, o.metal)}" for o in of.metals)
    finding = (
        f"Measured, whatever the acid and cathode: {ranges}.",
        "They differ by acid, reductant, solid and how the constants were read off: a match is no proof. "
        "Those marked confidence C were recalled, not looked up.",
    )
    about = "Slopes of this report with their intervals, and activation energies of the literature."
    drawing = Figure("energies-plot", about, draw_energies(of, contents.literature))
    shown = frame.rename(columns={"activation_energy": "activation energy|kJ/mol|4"})
    told = frame[["source", "conditions", "note"]].to_dict("records")
    shown = shown.assign(
        source=[". ".join(text for text in row.values() if text) for row in told],
        year=[str(year) for year in frame["year"]],
    ).drop(columns=["conditions", "note"])
    table = Table("literature-table", "Confidence A is best; marked ones need a look.", shown)
    return Card(key, title, finding, blocks=(drawing, table))


def run_card(contents: Contents, key: str, title: str) -> Card:
    """Return what pins the result."""
    pinned = contents.pinned
    artefact = pinned["artefact"]
    finding = (
        f"Surrogate {artefact['name']}, sha256 {artefact['sha256'][:12]}…; {pinned['product']} "
        f"{pinned['version']}. manifest.json has all hashes and versions.",
    )
    options = "\n".join(f"{name}: {value}" for name, value in pinned["options"].items())
    return Card(key, title, finding, blocks=(Verbatim("Options as given", options or "none"),))


MAKERS: tuple[tuple[str, str, Callable[[Contents, str, str], Card]], ...] = (
    ("answer", "Activation energies", answer_card),
    ("arrhenius", "The Arrhenius plot", arrhenius_card),
    ("curves", "Simulated curves and the law", curves_card),
    ("literature", "What others measured", literature_card),
    ("run", "How this was made", run_card),
)
