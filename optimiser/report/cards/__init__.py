"""The cards of a report, each made on its own: one that fails does not lose the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optimiser.report.card import Card
from optimiser.report.cards.acids import acids_card
from optimiser.report.cards.along import setpoints_card, yields_card
from optimiser.report.cards.answer import answer_card
from optimiser.report.cards.calibration import KEY as CALIBRATION
from optimiser.report.cards.calibration import TITLE as HOW_SURE
from optimiser.report.cards.calibration import calibration_card
from optimiser.report.cards.front import front_card, table_card
from optimiser.report.cards.money import climate_card, cost_card
from optimiser.report.cards.nearest import KEY as NEAREST
from optimiser.report.cards.nearest import TITLE as NEAREST_EXPERIMENTS
from optimiser.report.cards.nearest import nearest_card
from optimiser.report.cards.origin import run_card, sources_card
from optimiser.report.cards.trust import convergence_card, support_card
from optimiser.search.run import RunResult

Make = Callable[[RunResult, dict[str, Any]], Card]


@dataclass(frozen=True)
class Maker:
    """How a card is made, and what to call it if that fails."""

    key: str
    title: str
    make: Make


MAKERS: tuple[Maker, ...] = (
    Maker("answer", "The answer", lambda result, _: answer_card(result)),
    Maker("front", "The front", lambda result, _: front_card(result)),
    Maker("acids", "Acids against each other", lambda result, _: acids_card(result)),
    Maker("setpoints", "Setpoints along the front", lambda result, _: setpoints_card(result)),
    Maker("yields", "Yields along the front", lambda result, _: yields_card(result)),
    Maker("cost", "What it costs, what it is worth", lambda result, _: cost_card(result)),
    Maker("climate", "Climate change", lambda result, _: climate_card(result)),
    Maker("support", "How far to trust it", lambda result, _: support_card(result)),
    Maker(NEAREST, NEAREST_EXPERIMENTS, lambda result, _: nearest_card(result)),
    Maker(CALIBRATION, HOW_SURE, lambda result, _: calibration_card(result)),
    Maker("table", "All designs", lambda result, _: table_card(result)),
    Maker("convergence", "Was the search long enough?", lambda result, _: convergence_card(result)),
    Maker("sources", "Every number and its source", lambda result, _: sources_card(result)),
    Maker("run", "This run", run_card),
)


def cards(result: RunResult, pinned: dict[str, Any], makers: tuple[Maker, ...] = MAKERS) -> list[Card]:
    """Return all cards of a run.

    Args:
        result: the run.
        pinned: its manifest.
        makers: how to make them.
    """
    made = []
    for maker in makers:
        try:
            card = maker.make(result, pinned)
        except Exception as error:  # one card must not lose the report
            card = Card(maker.key, maker.title, error=f"{type(error).__name__}: {error}")
        made.append(card)
    return made
