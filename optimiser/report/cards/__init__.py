"""The cards of a run's report, in their order. A new card is one line here and a function that makes it."""

from __future__ import annotations

from functools import cache
from typing import Any

from optimiser.answers.answer import prices_of_run
from optimiser.answers.scopes import Scopes
from optimiser.report.ask_words import certainty_sentence
from optimiser.report.card import Card, Maker
from optimiser.report.cards.answer import answer_card
from optimiser.report.cards.ask import prices_card
from optimiser.report.cards.calibration import calibration_card
from optimiser.report.cards.drivers import drivers_card
from optimiser.report.cards.flows import flows_card
from optimiser.report.cards.front import acids_card, front_card, setpoints_card, table_card, yields_card
from optimiser.report.cards.impacts import impacts_makers
from optimiser.report.cards.learn import own_makers
from optimiser.report.cards.money import climate_card, cost_card
from optimiser.report.cards.nearest import nearest_card
from optimiser.report.cards.origin import run_card, sources_card
from optimiser.report.cards.plant import plant_makers
from optimiser.report.cards.reprice import reprice_card
from optimiser.report.cards.trust import convergence_card, support_card
from optimiser.search.run import RunResult
from optimiser.surrogate.calibration import INTERVAL_PERCENT
from optimiser.systems.words import vocabulary


def run_makers(result: RunResult, pinned: dict[str, Any], scopes: Scopes | None = None) -> tuple[Maker, ...]:
    """Return what makes the cards of a run.

    Args:
        result: the run.
        pinned: its manifest.
        scopes: both scopes of its cost, where it has a plant.
    """
    prices = cache(lambda: prices_of_run(result))

    def certainty() -> str:
        told = prices()
        return "" if told is None else certainty_sentence(told)

    def priced() -> Card:
        told = prices()
        return Card(not_applicable="no target, or no design.") if told is None else prices_card(told)

    system = result.problem.system
    made = (
        Maker("answer", "The answer", lambda: answer_card(result, certainty())),
        Maker("prices", "What more yield and more certainty cost", priced),
        Maker("front", "The front", lambda: front_card(result)),
        Maker(
            "acids",
            f"{vocabulary(system).options.capitalize()} against each other",
            lambda: acids_card(result),
        ),
        Maker("yields", "Yields along the front", lambda: yields_card(result)),
        Maker("setpoints", "Setpoints along the front", lambda: setpoints_card(result)),
        Maker("drivers", "What drives the spread", lambda: drivers_card(result)),
        Maker("cost", "What it costs, what it is worth", lambda: cost_card(result)),
        Maker("reprice", "What other prices do", lambda: reprice_card(result)),
        *plant_makers(scopes),
        Maker("flows", "Mass balance", lambda: flows_card(result)),
        Maker("climate", "Climate change", lambda: climate_card(result)),
        *impacts_makers(result),
        Maker("support", "How far to trust it", lambda: support_card(result)),
        *own_makers(result.problem.surrogate),
        Maker("nearest", "Nearest experiments", lambda: nearest_card(result)),
        Maker("table", "All designs", lambda: table_card(result)),
        Maker("convergence", "Was the search long enough?", lambda: convergence_card(result), appendix=True),
        Maker(
            "calibration", f"How sure is {INTERVAL_PERCENT}?", lambda: calibration_card(result), appendix=True
        ),
        Maker("sources", "Every number and its source", lambda: sources_card(result), appendix=True),
        Maker("run", "This run", lambda: run_card(result, pinned), appendix=True),
    )
    return made if system.is_cathode else tuple(one for one in made if _applies(one.key, result))


#: Cards that need the feed's formula, or what only the leach of a cathode has.
_OF_CATHODES = frozenset({"plant", "flows", "impacts"})
#: Cards that a system of one's own has where it has a metric.
_OF_METRICS = {"cost": "cost", "reprice": "cost", "climate": "climate_change"}


def _applies(card: str, result: RunResult) -> bool:
    """Return whether a card has something to say of a system of one's own."""
    needed = _OF_METRICS.get(card)
    return card not in _OF_CATHODES and (needed is None or needed in result.problem.metrics)
