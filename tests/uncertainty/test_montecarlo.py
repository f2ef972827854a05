"""Monte Carlo and drivers: by hand, against the process model itself, and against other libraries."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import triang, uniform

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.chemistry.metals import METALS
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.load import load_problem
from optimiser.problem.metrics import METRICS
from optimiser.surrogate.calibration import INTERVAL_LEVEL
from optimiser.uncertainty.drawn import Drawn
from optimiser.uncertainty.drivers import Drivers, drivers
from optimiser.uncertainty.inputs import YIELDS, Input, inputs_of
from optimiser.uncertainty.montecarlo import (
    LEAST_DRAWS,
    MOST_DRAWS,
    MonteCarlo,
    best_row,
    monte_carlo,
    yields_alone,
)
from optimiser.variables import Designs

SETPOINTS = np.array(
    [[75.0, 2.0, 2.0, 50.0, 60.0], [60.0, 1.2, 0.0, 30.0, 120.0], [70.0, 3.0, 1.0, 40.0, 30.0]]
)
ACIDS = ("sulfuric", "hydrochloric", "sulfuric")
PRICE = ("acid", "sulfuric", "price")


@cache
def nmc111() -> BoundProblem:
    return bind(load_problem("nmc111"))


def designs() -> Designs:
    return Designs(np.array([nmc111().acid_names.index(acid) for acid in ACIDS]), SETPOINTS)


@cache
def evaluation() -> Evaluation:
    return nmc111().evaluate(designs())


@cache
def first() -> Evaluation:
    """The first design alone."""
    return nmc111().evaluate(designs().take(np.array([0])))


def only(*keys: tuple[str, str, str]) -> tuple[Input, ...]:
    """All inputs, those of other keys fixed."""
    return tuple(i if i.key in keys else i.fixed() for i in inputs_of(nmc111(), designs()))


@cache
def everything(seed: int = 1) -> MonteCarlo:
    return monte_carlo(nmc111(), evaluation(), 2_000, np.random.default_rng(seed))


@cache
def driven() -> Drivers:
    return drivers(nmc111(), first(), 2_048, np.random.default_rng(1))


def test_without_ranges_every_draw_is_the_evaluation_itself() -> None:
    drawn = monte_carlo(nmc111(), evaluation(), LEAST_DRAWS, np.random.default_rng(1), only())
    for name, values in drawn.metrics.items():
        np.testing.assert_array_equal(values, np.tile(evaluation().metrics[name], (LEAST_DRAWS, 1)))
    for name, held in drawn.holds.items():
        assert (held == (evaluation().margins[name] >= 0.0)).all()


def test_one_price_gives_the_analytical_interval_and_all_of_the_variance() -> None:
    # cost = everything else + stock per kg metal x price, and 5 % of a triangle lies below
    # low + sqrt(0.05 (high - low) (mode - low)), 5 % above high - sqrt(0.05 (high - low) (high - mode))
    price = next(i for i in only(PRICE) if i.varies)
    drawn = monte_carlo(nmc111(), evaluation(), 20_000, np.random.default_rng(1), only(PRICE))
    result = evaluation().outcome
    stock = result.balance.acid_stock / result.balance.metal_total
    base = evaluation().metrics["cost"]
    low = price.low + np.sqrt(0.05 * (price.high - price.low) * (price.mode - price.low))
    high = price.high - np.sqrt(0.05 * (price.high - price.low) * (price.high - price.mode))
    for found, end in zip(drawn.interval("cost"), (low, high), strict=True):
        by_hand = base + stock * (end - price.mode)
        np.testing.assert_allclose(found[[0, 2]], by_hand[[0, 2]], rtol=0.01)
        assert found[1] == base[1]  # hydrochloric acid does not cost more for it
    one = drivers(nmc111(), first(), 1_024, np.random.default_rng(1), only(PRICE))
    row = one.frame("cost").iloc[0]
    assert row["input"] == "price of sulfuric acid" and len(one.frame("cost")) == 1
    assert row["first"] == pytest.approx(1.0, abs=0.02) and row["total"] == pytest.approx(1.0, abs=0.02)
    ends = [base[0] + stock[0] * (end - price.mode) for end in (price.low, price.high)]
    assert [row["metric_low"], row["metric_high"]] == pytest.approx(ends, rel=1e-12)
    assert not len(one.frame("recovery")) and np.isnan(one.first[one.metrics.index("recovery")]).all()


@pytest.mark.parametrize("acid", ["sulfuric", "hydrochloric"])
def test_drawn_numbers_give_what_a_problem_with_these_numbers_gives(acid: str) -> None:
    numbers: dict[str, Any] = {"mixing_power": 2.7, "heat_loss": 0.2, "peroxide_strength": 0.4}
    numbers |= {"wash_water": 4.0, "fill_fraction": 0.7, "peroxide_loss": 0.3, "ambient_temperature": 12.0}
    stock = {"price": 0.21, "climate_change": 0.9, "stock": {"purity": 0.33, "density": 1.15}}
    question = load_problem("nmc111")
    other = bind(
        question.model_copy(
            update={
                "process": numbers,
                "acids": opt.Problem(
                    feed="NMC111",
                    variables={"acid": acid},
                    objectives=opt.minimise("cost"),
                    acids={acid: stock},
                ).acids,
            }
        )
    )
    mine = Designs(np.array([nmc111().acid_names.index(acid)]), SETPOINTS[:1])
    there, here = other.evaluate(mine), nmc111().evaluate(mine)
    values = {("plant", "", name): np.array([value]) for name, value in numbers.items()}
    values |= {
        ("acid", acid, "price"): np.array([0.21]),
        ("acid", acid, "climate_change"): np.array([0.9]),
        ("acid", acid, "purity"): np.array([0.33]),
        ("acid", acid, "density"): np.array([1.15]),
    }
    ((_, result),) = Drawn(nmc111(), here).chunks(values, 1)
    for name in nmc111().metrics:
        np.testing.assert_allclose(METRICS[name].compute(result), there.metrics[name], rtol=1e-12)
    held = Drawn(nmc111(), here).holds(result)[:, 0, 0]
    names = nmc111().constraint_names
    assert dict(zip(names, held.tolist(), strict=True)) == {n: there.margins[n][0] >= 0.0 for n in names}


def test_a_price_per_kg_of_stock_follows_the_price_per_kg_pure_and_the_purity() -> None:
    # 1 EUR per kg pure peroxide; the same stock at half the purity takes twice the stock, for the same money
    peroxide = ("reagent", "peroxide", "price")
    ((_, result),) = Drawn(nmc111(), first()).chunks({peroxide: np.array([1.0])}, 1)
    assert result.cost[0, 1] == pytest.approx(float(result.balance.peroxide_pure[0]), rel=1e-12)


def test_metals_are_worth_price_times_payable_share() -> None:
    values = {
        ("metal", "Co", "price"): np.array([40.0, 50.0]),
        ("metal", "Co", "payable"): np.array([0.5, 0.6]),
    }
    ((_, result),) = Drawn(nmc111(), evaluation()).chunks(values, 2)
    net = METRICS["net_value"].compute(result).reshape(2, 3)
    cobalt = evaluation().outcome.balance.metals[:, METALS.index("Co")]
    feed_tonnes = nmc111().feed.mass / 1000.0
    # 50 x 0.6 - 40 x 0.5 = 10 EUR per kg of cobalt
    np.testing.assert_allclose(net[1] - net[0], 10.0 * cobalt / feed_tonnes, rtol=1e-9)


def test_the_same_seed_gives_the_same_draws_bit_for_bit_and_another_does_not() -> None:
    again = monte_carlo(nmc111(), evaluation(), 2_000, np.random.default_rng(1))
    for name in again.metrics:
        np.testing.assert_array_equal(again.metrics[name], everything().metrics[name])
    assert (everything(2).metrics["cost"] != everything().metrics["cost"]).any()


def test_designs_meet_the_same_draws_whichever_stand_beside_them() -> None:
    inputs = inputs_of(nmc111(), designs())
    alone = monte_carlo(nmc111(), first(), 2_000, np.random.default_rng(1), inputs)
    for name in alone.metrics:
        np.testing.assert_array_equal(alone.metrics[name][:, 0], everything().metrics[name][:, 0])
    # and yields alone are those of the same rows of residuals
    yields = monte_carlo(nmc111(), evaluation(), 2_000, np.random.default_rng(1), yields_alone(inputs))
    np.testing.assert_array_equal(yields.metrics["yield_Co"], everything().metrics["yield_Co"])


def test_the_chance_of_the_targets_is_p_feasible_where_each_row_of_residuals_comes_once() -> None:
    drawn = Drawn(nmc111(), evaluation())
    targets = np.array([nmc111().targets[metal] for metal in METALS])
    reached = (drawn.yields(np.arange(drawn.residual_rows)) >= targets).all(axis=2).mean(axis=0)
    np.testing.assert_allclose(reached, evaluation().p_feasible, rtol=0, atol=1e-12)
    n = 10_000
    found = monte_carlo(nmc111(), evaluation(), n, np.random.default_rng(3), only(YIELDS)).p_targets
    assert (np.abs(found - reached) <= 4.0 * np.sqrt(reached * (1.0 - reached) / n) + 1e-9).all()


def test_a_tenth_of_the_draws_lies_outside_the_interval() -> None:
    for name in ("cost", "climate_change", "net_value"):
        low, high = everything().interval(name)
        values = everything().metrics[name]
        outside = ((values < low) | (values > high)).mean(axis=0)
        np.testing.assert_allclose(outside, 1.0 - INTERVAL_LEVEL, atol=2.0 / len(values))
    # prices are in it: with sulfuric acid, whose price may double, it is wider than with the yields alone
    alone = monte_carlo(nmc111(), evaluation(), 2_000, np.random.default_rng(1), only(YIELDS))
    width, own = (np.subtract(*of.interval("cost")[::-1]) for of in (everything(), alone))
    assert (width > own)[[0, 2]].all()


def test_indices_are_shares() -> None:
    found = driven()
    for j, name in enumerate(found.metrics):
        assert found.first[j].sum() <= 1.06, name
        assert (found.total[j] >= found.first[j] - 0.06).all(), name
        assert sum(found.shares(name).values()) <= 1.06
    assert list(found.shares("cost")) == ["price", "impact factor", "stock", "plant", "yields"]
    # impact factors do nothing to the cost, prices nothing to climate change
    assert found.shares("cost")["impact factor"] == 0.0 == found.shares("climate_change")["price"]
    frame = found.frame("cost")
    assert frame["total"].round(6).is_monotonic_decreasing and "climate change" not in " ".join(
        frame["input"]
    )


def test_who_is_non_dominated_and_who_beats_whom_is_counted_draw_by_draw() -> None:
    found, (a, b) = everything(), nmc111().objectives
    values = np.stack([o.sign * found.metrics[o.metric] for o in (a, b)], axis=2)
    share = np.zeros(3)
    for one in values:
        for i in range(3):
            better = (one <= one[i]).all(axis=1) & (one < one[i]).any(axis=1)
            share[i] += not better.any()
    np.testing.assert_allclose(found.p_nondominated, share / len(values))
    best = best_row(nmc111(), evaluation(), a, "sulfuric")
    assert best in (0, 2)
    wins = (values[:, best, 0] < values[:, 1, 0]).mean()
    assert found.p_acid_better("sulfuric", "hydrochloric", a) == wins
    assert found.p_acid_better("hydrochloric", "sulfuric", a) == pytest.approx(1.0 - wins)
    assert found.p_better(0, 0, a) == 0.5
    with pytest.raises(InputError, match="None of the designs uses 'citric'"):
        found.p_acid_better("sulfuric", "citric", a)


@given(low=st.floats(-10, 10), left=st.floats(0, 10), right=st.floats(0, 10))
def test_distributions_are_those_of_scipy(low: float, left: float, right: float) -> None:
    mode, high, p = low + left, low + left + right, np.linspace(0.0, 1.0, 11)
    triangle = Input(PRICE, "x", "price", "-", "triangular", low, mode, high, "")
    assert (np.diff(triangle.at(p)) >= -1e-9).all()
    if high - low > 1e-3:
        theirs = triang((mode - low) / (high - low), low, high - low).ppf(p)
        np.testing.assert_allclose(triangle.at(p), theirs, atol=1e-6)
        flat = dataclasses.replace(triangle, distribution="uniform")
        np.testing.assert_allclose(flat.at(p), uniform(low, high - low).ppf(p), atol=1e-9)
    assert (triangle.fixed().at(p) == mode).all()


def test_inputs_are_those_that_bear_on_the_designs_prices_first() -> None:
    inputs = inputs_of(nmc111(), designs().take(np.array([1])))  # hydrochloric acid without peroxide
    names = [i.name for i in inputs]
    assert "price of hydrochloric acid" in names and "price of sulfuric acid" not in names
    assert not any("hydrogen peroxide" in name for name in names)
    kinds = [i.kind for i in inputs]
    assert kinds == sorted(kinds, key=["price", "impact factor", "stock", "plant", "yields"].index)
    assert all(i.source for i in inputs) and len({i.key for i in inputs}) == len(inputs)
    price = next(i for i in inputs if i.key == ("acid", "hydrochloric", "price"))
    # 0.13 to 0.164 USD per kg at 1.0523 USD per EUR
    assert (price.low, price.high) == pytest.approx((0.13 / 1.0523, 0.164 / 1.0523))
    assert price.unit == "EUR/kg stock" and price.distribution == "triangular"
    payable = next(i for i in inputs if i.key == ("metal", "Mn", "payable"))
    assert payable.distribution == "fixed"
    assert any("sulfuric" in i.name for i in inputs_of(nmc111()))


def asked(**parts: Any) -> dict[tuple[str, str, str], Input]:
    question = {
        "feed": "NMC111",
        "variables": {"acid": "sulfuric"},
        "objectives": opt.minimise("cost"),
        **parts,
    }
    return {i.key: i for i in inputs_of(bind(opt.Problem(**question)))}


def test_what_a_problem_gives_has_its_own_range_or_none() -> None:
    ranged = {"low": 0.1, "mode": 0.2, "high": 0.4}
    found = asked(
        process={
            "mixing_power": {"low": 1, "mode": 2, "high": 4, "distribution": "uniform"},
            "heat_recovery": 0,
        },
        acids={"sulfuric": {"price": {**ranged, "distribution": "uniform"}, "climate_change": ranged}},
    )
    power, recovery = found["plant", "", "mixing_power"], found["plant", "", "heat_recovery"]
    assert (power.low, power.mode, power.high, power.distribution) == (1.0, 2.0, 4.0, "uniform")
    assert not recovery.varies and "given in the problem" in (power.source, recovery.source)
    assert asked()["plant", "", "heat_recovery"].varies
    price, climate = found[PRICE], found["acid", "sulfuric", "climate_change"]
    assert (price.low, price.mode, price.high, price.distribution) == (0.1, 0.2, 0.4, "uniform")
    assert (climate.low, climate.mode, climate.high, climate.distribution) == (0.1, 0.2, 0.4, "triangular")
    # a parameter that was changed by hand is certain
    other = dataclasses.replace(nmc111().inputs.parameters, wash_water=3.0)
    changed = dataclasses.replace(nmc111(), inputs=dataclasses.replace(nmc111().inputs, parameters=other))
    water = next(i for i in inputs_of(changed) if i.key == ("plant", "", "wash_water"))
    assert (water.low, water.mode, water.high) == (3.0, 3.0, 3.0) and not water.varies


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"process": {"mixing_power": {"low": 3, "mode": 2, "high": 1}}}, "not between its low 3 and high 1"),
        ({"process": {"mixing_power": {"low": 1, "mode": 2, "high": 3000}}}, "mixing_power = 3000"),
        ({"process": {"mixing_power": {"low": 1, "high": 3}}}, "'value' is missing"),
        ({"process": {"mixing_power": {"mode": 2, "distribution": "normal"}}}, "'normal'"),
        ({"process": {"mixing_power": {"mode": 2, "value": 2}}}, "Both value and mode"),
        ({"process": {"mixing_power": {"mode": 2, "hihg": 2}}}, "Unknown key 'hihg'"),
        ({"process": {"neutraliser": {"mode": 2}}}, "no neutraliser"),
        ({"acids": {"sulfuric": {"price": {"low": 0.3, "mode": 0.2, "high": 0.4}}}}, "not between"),
    ],
)
def test_impossible_ranges_are_refused(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        asked(**parts)


@pytest.mark.parametrize("draws", [0, LEAST_DRAWS - 1, MOST_DRAWS + 1])
def test_impossible_numbers_of_draws_are_refused(draws: int) -> None:
    with pytest.raises(InputError, match="draws are not possible"):
        monte_carlo(nmc111(), evaluation(), draws, np.random.default_rng(1))
