"""What a year of the plant costs, and both scopes of the cost side by side."""

from __future__ import annotations

import pandas as pd

from optimiser.answers.scopes import Scopes
from optimiser.process.plant import PLANT_COMPONENTS
from optimiser.report.card import Card, Figure, Maker, Table, Words
from optimiser.report.figures.components import draw_plant
from optimiser.report.scope_words import (
    ROUGH,
    components_table,
    costs_sentence,
    scope_lines,
    scopes_frame,
)

_INSIDE = (
    "The plant is the leach section: tanks with agitators, filter, storage of acid and peroxide, a tank in "
    "which acid is neutralised and metals are precipitated, and a scrubber where a gas arises. Refining, the "
    "price of the feed and transport are left out.",
    ROUGH,
)


def plant_makers(of: Scopes | None) -> tuple[Maker, ...]:
    """Return what makes the card of a plant; nothing where there is none, or nothing is feasible."""
    return () if of is None else (Maker("plant", "Plant cost", lambda: plant_card(of)),)


def plant_card(of: Scopes) -> Card:
    """Return what each acid's best plant costs by component, beside what each scope finds best."""
    names = [f"{acid}, {of.plant.designs.time[row]:g} min" for row, acid in enumerate(of.acids)]
    frame = pd.DataFrame({c: of.plant.metrics[f"cost_plant_{c}"] for c in PLANT_COMPONENTS})
    bars = Figure(
        "plant-components",
        "Cost of the plant by component at each acid's best design, per kg of metal dissolved.",
        draw_plant(frame, names),
        "Plant cost by component",
    )
    parts = Table(
        "plant-table",
        "The same in numbers, EUR per kg of metal dissolved, and the share of each.",
        components_table(of),
        sortable=False,
    )
    both = Table(
        "scopes-table",
        "Each acid's best design by reagents and energy alone, and with the plant: its rank and time, and "
        "what it comes to in both scopes.",
        scopes_frame(of),
        sortable=False,
    )
    best = of.order(1)[0]
    finding = (f"{of.acids[best].capitalize()}: {costs_sentence(of.plant, best)}", *scope_lines(of))
    return Card(finding=finding, blocks=(bars, both, parts, Words("What the plant takes in", _INSIDE)))
