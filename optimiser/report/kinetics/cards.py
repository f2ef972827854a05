"""The cards of the kinetics of an acid, each made on its own: one that fails does not lose the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser.kinetics.fit import PLATEAU
from optimiser.kinetics.literature import Literature
from optimiser.kinetics.models import MODELS, model_named
from optimiser.kinetics.study import LEAST_R2, Kinetics, shown_r2
from optimiser.kinetics.tables import constants_frame, energies_frame, literature_frame, models_frame
from optimiser.report import words
from optimiser.report.card import Card, Figure, Panels, Table, Tile, Verbatim, Words
from optimiser.report.columns import NOTHING
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
    made = []
    for key, title, make in MAKERS:
        try:
            card = make(contents, key, title)
        except Exception as error:  # one card must not lose the report
            card = Card(key, title, error=f"{type(error).__name__}: {error}")
        made.append(card)
    return made


def answer_card(contents: Contents, key: str, title: str) -> Card:
    """Say the activation energies, or why there are none, and what their intervals hold."""
    of = contents.of
    tiles = []
    for one in of.metals:
        measured = f"literature {said.literature_range(contents.literature, one.metal)}"
        line = one.line
        if one.reliable and line is not None:
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
        (f"It holds {said.CONTAINS}.", f"It does not hold {said.LACKS}.", said.START),
    )
    finding = (*said.opening(of), said.conditions(of))
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
        "rate_constants": "rate constants||3",
        "model": "kinetic model",
        "model_r2": "R2 of the model||3",
        "why_not": "verdict",
    }
    frame = frame.assign(**{name: frame[name].map(shown_r2) for name in ("line_r2", "model_r2")})
    shown = frame[list(names)].rename(columns=names)
    return shown.assign(**{"kinetic model": [name.replace("_", " ") for name in frame["model"]]})


def arrhenius_card(contents: Contents, key: str, title: str) -> Card:
    """Draw ln k against 1/T."""
    about = (
        "ln k against 1/T; slope = -Ea/R. Bands are 95 % confidence bands of the lines. Hollow and dotted: "
        "the slope is no activation energy."
    )
    drawing = Figure("arrhenius-plot", about, draw_arrhenius(contents.of))
    rule = (
        "A slope counts as an activation energy where the model describes the curves and the line the "
        f"constants (R2 of {LEAST_R2:.2f} or more each), every curve rises by {100.0 * PLATEAU:.0f} points "
        "of yield or more, slowly enough to be timed, and the interval lies above zero.",
    )
    return Card(key, title, rule, blocks=(drawing,))


def curves_card(contents: Contents, key: str, title: str) -> Card:
    """Draw simulated curves and the best model."""
    of = contents.of
    temperature = of.curves.plan.temperature
    finding = (
        f"Points are the surrogate's yields in per cent, lines the best model; from pale blue "
        f"({temperature[0]:g} °C) over orange to dark red ({temperature[-1]:g} °C).",
        "The surrogate is made of trees, so its curves have steps and plateaus. " + said.START,
    )
    panels = tuple(
        Figure(
            f"curves-{one.metal}",
            f"Yield of {one.metal} against time at each temperature.",
            draw_curves(of, one),
            f"{one.metal} yield, R2 {shown_r2(one.best.r2):g}"
            if np.isfinite(one.best.r2)
            else f"{one.metal} yield",
        )
        for one in of.metals
    )
    return Card(key, title, finding, blocks=(Panels(panels),))


def models_card(contents: Contents, key: str, title: str) -> Card:
    """Compare the kinetic models, and say where they come from."""
    of = contents.of
    frame = models_frame(of).round({"aicc": 1, "behind": 1})
    frame["r2"] = frame["r2"].map(shown_r2)
    shown = frame.assign(model=[model_named(name).label for name in frame["model"]]).rename(
        columns={"aicc": "AICc||5", "behind": "behind the best||4", "r2": "R2||3"}
    )
    best = {model: [o.metal for o in of.metals if o.best.model is model] for model in MODELS}
    said_best = "; ".join(f"{', '.join(ms)}: {model.label}" for model, ms in best.items() if ms)
    finding = (
        f"Best fit for {said_best}.",
        f"{said.CRITERION} The points of a simulated curve are not independent measurements: AICc ranks the "
        "models, it proves none.",
    )
    sources = contents.literature.models
    definitions = tuple(
        f"{model.label}: {model.formula}. {sources[model.name].citation}"
        + (f" ({sources[model.name].note})" if sources[model.name].note else "")
        for model in MODELS
    )
    blocks = (
        Table("models-table", "Every model for every metal, the best first.", shown),
        Words("The models, with x the yield and t the time", definitions),
    )
    return Card(key, title, finding, blocks=blocks)


def constants_card(contents: Contents, key: str, title: str) -> Card:
    """List the rate constants of the best models."""
    frame = constants_frame(contents.of)
    frame = frame[frame["best"]].drop(columns=["best", "rss"]).round({"start": 4})
    frame["r2"] = frame["r2"].map(shown_r2)
    shown = frame.assign(model=[model_named(name).label for name in frame["model"]]).rename(
        columns={
            "k": "k|1/min|3",
            "k_film": "k film|1/min|3",
            "k_reaction": "k reaction|1/min|3",
            "start": "yield at time zero||3",
            "r2": "R2||3",
        }
    )
    shown = shown.dropna(axis="columns", how="all")
    finding = (
        f"Rate constants of the best models; {NOTHING} where a curve tells none. constants.csv has those of "
        "every model.",
    )
    return Card(
        key, title, finding, blocks=(Table("constants-table", "By metal and temperature.", shown, tall=True),)
    )


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
    ("curves", "Simulated curves and the best model", curves_card),
    ("models", "Which kinetic model", models_card),
    ("constants", "Rate constants", constants_card),
    ("literature", "What others measured", literature_card),
    ("run", "How this was made", run_card),
)
