"""Sliders of prices rank designs in the page as the process model does, without a server."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimiser.answers.levers import with_price
from optimiser.cli.ask import ask
from optimiser.report.cards.reprice import command, known_designs
from tests.browser import opened
from tests.results import page_text, the_front, trade_off

pytestmark = pytest.mark.page

#: What the page says of each acid: its cost, unrounded, in the order of its table.
COSTS = """[...document.querySelectorAll('#reprice tbody tr')].map(
    row => [row.dataset.acid, Number(row.dataset.cost)])"""
SAID = "#reprice [role='status']"
SETTINGS: list[Mapping[str, float]] = [
    {"sulfuric": 0.61},
    {"sulfuric": 1.5, "h2o2": 4.0, "hydrochloric": 0.02},
    {"sodium_hydroxide": 0.0, "heat": 0.25, "nitric": 0.01, "lactic": 0.05},
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("prices") / "report.html"
    path.write_text(page_text(trade_off()), encoding="utf-8")
    return path


def by_the_model(prices: Mapping[str, float]) -> dict[str, tuple[float, int]]:
    """The lowest cost of each acid and the place of its design, from the process model itself."""
    problem = trade_off().problem
    designs, yields = known_designs(trade_off())
    for name, price in prices.items():
        problem = with_price(problem, name, price)
    cost = problem.metrics["cost"].compute(problem.outcome_of(designs, yields))
    found = {}
    for k in sorted({*designs.acid.tolist()}):
        rows = np.flatnonzero(designs.acid == k)
        place = int(rows[np.argmin(cost[rows])])
        found[problem.acid_names[k]] = (float(cost[place]), place)
    return found


def put(page: Any, prices: Mapping[str, float]) -> None:
    page.locator("#reprice [name='reset']").click()
    for name, price in prices.items():
        page.locator(f".slider[data-price='{name}'] input[type='number']").fill(str(price))


def test_the_page_ranks_as_the_process_model_does(report: Path) -> None:
    front = len(the_front(trade_off()).evaluation)
    firsts = set()
    with opened(report, 1280) as page:
        for prices in SETTINGS:
            put(page, prices)
            wanted = by_the_model(prices)
            told = page.evaluate(COSTS)
            assert [acid for acid, _ in told] == sorted(wanted, key=lambda acid: wanted[acid][0])
            np.testing.assert_allclose([c for _, c in told], [wanted[acid][0] for acid, _ in told], rtol=1e-9)
            cost, place = wanted[told[0][0]]
            said = page.locator(SAID).inner_text()
            assert f"is the cheapest: {cost:.2f} EUR/kg metal" in said
            assert (f"design no. {place + 1} (" in said) == (place < front)
            asked = page.locator("#reprice pre").inner_text()
            assert asked.startswith(command(trade_off()))
            assert sorted(asked.split(" --price ")[1:]) == sorted(f"{n}={p:g}" for n, p in prices.items())
            firsts.add(told[0][0])
        assert len(firsts) > 1  # the order of acids did change


def test_a_slider_is_moved_by_key_and_its_design_is_shown_in_all_figures(report: Path) -> None:
    with opened(report, 1280) as page:
        slider = page.locator(".slider[data-price='sulfuric'] input[type='range']")
        before = page.evaluate(COSTS)
        slider.focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        price = float(page.locator(".slider[data-price='sulfuric'] input[type='number']").input_value())
        wanted = by_the_model({"sulfuric": price})
        told = dict(page.evaluate(COSTS))
        assert told["sulfuric"] > dict(before)["sulfuric"]
        assert told["sulfuric"] == pytest.approx(wanted["sulfuric"][0])
        assert slider.get_attribute("aria-valuetext") == f"{price:.4g} EUR/kg stock"
        page.locator("#reprice [name='find']").click()
        assert page.evaluate("LeachingPage.chosen()") == [wanted["sulfuric"][1]]
        page.locator("#reprice [name='reset']").click()
        assert page.evaluate(COSTS) == before
        assert not page.locator("#reprice .search").is_visible()


def test_the_command_that_the_page_names_is_understood() -> None:
    named = command(trade_off())
    assert named == "optimiser ask configs/nmc111_cost_vs_recovery.yaml --minimise cost"
    asked = ask.make_context("ask", [*shlex.split(named)[2:], "--price", "sulfuric=0.61"])
    assert asked.params["price"] == ("sulfuric=0.61",) and asked.params["minimise"] == "cost"
