"""Costs at other prices follow from slopes, exactly, at both scopes."""

from __future__ import annotations

import numpy as np
import pytest

import optimiser as opt
from optimiser.answers.levers import lever, with_price
from optimiser.answers.price_effects import price_effects
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.variables import Designs


def some_designs(problem: BoundProblem) -> Designs:
    """Four designs of three acids."""
    rows = [[60.0, 2.0, 2.0, 30.0, 60.0], [80.0, 1.5, 0.0, 50.0, 120.0], [40.0, 1.0, 4.0, 20.0, 30.0]]
    return problem.designs(np.array([0, 1, 2, 0]), np.array([*rows, [70.0, 3.0, 1.0, 25.0, 90.0]]))


@pytest.mark.parametrize("scope", ["reagents", "plant"])
def test_slopes_give_the_cost_of_the_process_model_at_any_prices(scope: str) -> None:
    problem = opt.load_problem("nmc111")
    problem = problem.at_scope("plant", 10.0) if scope == "plant" else problem
    bound = bind(problem)
    designs = some_designs(bound)
    yields = np.full((4, len(bound.responses)), 0.8)
    effects = price_effects(bound, designs, yields)
    assert effects is not None
    assert effects.metric == {"reagents": "cost", "plant": "cost_plant"}[scope]
    names = [price.name.removeprefix("price.") for price in effects.prices]
    assert {"sulfuric", "h2o2", "sodium_hydroxide"} <= set(names)
    rng = np.random.default_rng(1)
    for _ in range(3):
        prices = np.array([price.value for price in effects.prices]) * rng.uniform(0.0, 5.0, len(names))
        other = bound
        for name, price in zip(names, prices, strict=True):
            other = with_price(other, name, price)
        wanted = other.metrics[effects.metric].compute(other.outcome_of(designs, yields))
        np.testing.assert_allclose(effects.at(prices), wanted, rtol=1e-9)


def test_the_slope_of_an_acid_is_its_stock_per_kg_of_metal() -> None:
    # a euro more per kg of stock costs as many euros per kg of metal as kg of stock go to a kg of metal
    bound = bind(opt.load_problem("nmc111"))
    designs, yields = some_designs(bound), np.full((4, len(bound.responses)), 0.8)
    effects = price_effects(bound, designs, yields)
    assert effects is not None
    at = [price.name for price in effects.prices].index("price.sulfuric")
    outcome = bound.outcome_of(designs, yields)
    acid = outcome.cost[:, 0] / outcome.balance.metals.sum(axis=1)  # EUR of acid per kg metal
    price = lever(bound, "price.sulfuric").value
    np.testing.assert_allclose(effects.slopes[[0, 3], at], acid[[0, 3]] / price)
    assert (effects.slopes[[1, 2], at] == 0.0).all()  # of other acids
