"""Levers change what they say, by as much as they say, and refuse what cannot be."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.answers.levers import lever, with_price
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.variables import Designs

DESIGN = Designs(np.array([0]), np.array([[60.0, 2.0, 2.0, 50.0, 60.0]]))


@cache
def bound() -> BoundProblem:
    return bind(opt.load_problem("nmc111"))


def test_a_price_adds_its_difference_times_the_stock() -> None:
    before, dear = bound().evaluate(DESIGN), with_price(bound(), "sulfuric", 1.0)
    after = dear.evaluate(DESIGN)
    rise = 1.0 - bound().inputs.acids.price[0]
    metal = before.outcome.balance.metal_total[0]
    expected = before.metrics["cost"][0] + rise * before.outcome.balance.acid_stock[0] / metal
    assert after.metrics["cost"][0] == pytest.approx(expected, rel=1e-12)
    assert after.metrics["climate_change"][0] == before.metrics["climate_change"][0]


def test_a_reagent_and_a_factor_count_likewise() -> None:
    before = bound().evaluate(DESIGN)
    metal, peroxide = before.outcome.balance.metal_total[0], before.outcome.balance.peroxide_pure[0]
    price = lever(bound(), "price.h2o2")
    after = price.at(price.value + 0.5).evaluate(DESIGN)
    assert after.metrics["cost"][0] - before.metrics["cost"][0] == pytest.approx(0.5 * peroxide / metal)
    factor = lever(bound(), "climate_change.h2o2")
    after = factor.at(factor.value + 2.0).evaluate(DESIGN)
    more = after.metrics["climate_change"][0] - before.metrics["climate_change"][0]
    assert more == pytest.approx(2.0 * peroxide / metal)


def test_targets_confidence_limits_and_parameters() -> None:
    assert lever(bound(), "yield").at(0.8).targets == dict.fromkeys(("Li", "Ni", "Mn", "Co"), 0.8)
    assert lever(bound(), "yield.Co").at(0.9).targets["Co"] == 0.9
    assert lever(bound(), "confidence").at(0.8).confidence == 0.8
    changed = lever(bound(), "proton_balance").at(1.5)
    assert next(c for c in changed.constraints if c.key == "proton_balance").limit == 1.5  # type: ignore[attr-defined]
    warm = lever(bound(), "process.ambient_temperature").at(30.0).evaluate(DESIGN)
    assert warm.metrics["energy"][0] < bound().evaluate(DESIGN).metrics["energy"][0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("price.gold", 1.0, "does not buy"),
        ("price.sulfuric", -1.0, "not possible"),
        ("prise.sulfuric", 1.0, "nothing called"),
        ("yield.Cu", 0.9, "no target on Cu"),
        ("yield", 1.5, "not possible"),
        ("confidence", 1.0, "not possible"),
        ("process.neutraliser", 1.0, "base, not a number"),
        ("process.nothing", 1.0, "no process parameter"),
        ("slurry", 2.0, "slurry"),
    ],
)
def test_what_cannot_be_is_refused(name: str, value: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        lever(bound(), name).at(value)
