"""A choice keeps its bounds, is the best there is, and says what stands in its way."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import optimiser as opt
from optimiser.api import Result
from optimiser.choosing.ask import Ask
from optimiser.choosing.choice import Choice, choose
from optimiser.choosing.values import Metrics
from optimiser.choosing.wish import Wish, span_of
from optimiser.problem.binding import bind
from optimiser.problem.metrics import METRICS
from optimiser.report.choose import Chosen
from optimiser.search.known import Known
from tests.results import impossible, three_objectives, trade_off


def chosen(**ask: Any) -> Choice:
    return choose(Known.of(trade_off()), Ask(**ask))


def metric(choice: Choice, name: str) -> np.ndarray:
    """Of the start and of the design chosen."""
    return choice.values[:, choice.metrics.names.index(name)]


def of_all(name: str) -> np.ndarray:
    """A metric of every feasible design of the run."""
    run = trade_off()
    seen = run.seen.take(np.flatnonzero(run.seen.violation <= 0.0))
    return METRICS[name].compute(run.problem.outcome_of(seen.designs, seen.prediction.mean))


def test_the_best_within_the_bounds_is_chosen_among_all_designs() -> None:
    found = chosen(improve={"recovery": None}, relax={"cost": 4.0})
    allowed = of_all("cost") <= 4.0
    assert metric(found, "recovery")[1] == pytest.approx(of_all("recovery")[allowed].max())
    assert metric(found, "cost")[1] <= 4.0
    assert found.reached and not found.obstacles


def test_any_metric_may_be_named_and_what_is_kept_gets_no_worse() -> None:
    last = len(Known.of(trade_off()).front)
    found = chosen(improve={"climate_change": None}, keep=["productivity"], start=last)
    start, end = metric(found, "productivity")
    assert end >= start
    allowed = of_all("productivity") >= start
    assert metric(found, "climate_change")[1] == pytest.approx(of_all("climate_change")[allowed].min())


def test_what_stands_in_the_way_is_said_with_the_nearest() -> None:
    # the cheapest design cannot recover more at its own cost
    found = chosen(improve={"recovery": None}, keep=["cost"])
    assert not found.reached
    (obstacle,) = found.obstacles
    assert obstacle.metric == "cost" and obstacle.needed > obstacle.bound
    assert obstacle.reached["recovery"] == pytest.approx(of_all("recovery").max())
    assert found.nearest is not None and found.nearest["recovery"] > metric(found, "recovery")[0]
    text = Chosen(found).text
    assert text.startswith("No design of the run is better within these bounds")
    assert "In the way is cost, allowed" in text


def test_a_value_that_no_design_reaches_is_said() -> None:
    found = chosen(improve={"cost": 0.01}, start=len(Known.of(trade_off()).front))
    assert not found.reached and found.nearest is None
    assert "No feasible design of the run reaches cost 0.01" in Chosen(found).text
    # as much as possible is done all the same
    assert metric(found, "cost")[1] == pytest.approx(of_all("cost").min())


def test_a_reference_point_is_approached_where_it_is_farthest() -> None:
    # by hand: of (0, 4), (1, 1), (4, 0) with spans 4 and the point (1, 2), (0, 4) is (4 - 2) / 4 behind,
    # (4, 0) is (4 - 1) / 4 behind, and (1, 1) is nowhere behind
    front = np.array([[0.0, 4.0], [1.0, 1.0], [4.0, 0.0]])
    ideal, span = span_of(front)
    no_end = np.full(2, np.inf)
    wish = Wish(np.array([1.0, 2.0]), np.ones(2), no_end, ideal, span, no_end)
    assert wish.value(front) - 1e-4 * (front / 4.0).sum(axis=1) == pytest.approx([0.5, 0.0, 0.75])
    assert not wish.lacking(front).any()
    bounded = dataclasses.replace(wish, bound=np.array([np.inf, 0.0]))
    assert bounded.lacking(front) == pytest.approx([1.0, 0.25, 0.0])


def test_a_value_wished_for_is_enough() -> None:
    # more than the value wished for earns nothing, so that nothing further is given up for it
    last = len(Known.of(trade_off()).front)
    found = chosen(improve={"cost": 4.0}, start=last)
    assert found.reached
    assert of_all("cost").min() < metric(found, "cost")[1] <= 4.0


def test_the_ends_of_the_front_are_reached_by_reference_and_by_weight() -> None:
    best = of_all("recovery").max()
    assert metric(chosen(reference={"recovery": 1.0}), "recovery")[1] == pytest.approx(best)
    assert metric(chosen(weights={"recovery": 1.0}), "recovery")[1] == pytest.approx(best)
    cheap = chosen(weights={"cost": 1000.0, "recovery": 1.0})
    assert metric(cheap, "cost")[1] == pytest.approx(of_all("cost").min(), rel=1e-2)


def test_diverse_designs_are_different_members_of_the_front_and_begin_at_the_best() -> None:
    found = chosen(diverse=3)
    points = found.designs.designs.setpoints[1:]
    assert len(set(points.tolist())) == 3
    assert metric(found, "cost")[1] == pytest.approx(of_all("cost").min())


def test_polish_keeps_the_bounds_and_is_no_worse() -> None:
    ask = {"improve": {"recovery": None}, "relax": {"cost": 4.0}}
    plain, polished = chosen(**ask), chosen(**ask, polish=True)
    assert polished.searched > 0
    assert metric(polished, "cost")[1] <= 4.0 + 1e-6
    assert metric(polished, "recovery")[1] >= metric(plain, "recovery")[1] - 1e-9
    # what is told is what the problem says of the design
    told = polished.problem.evaluate(polished.designs.designs)
    assert metric(polished, "cost") == pytest.approx(told.metrics["cost"])


def test_a_run_in_memory_answers_in_words_table_and_json() -> None:
    answer = opt.choose(Result(three_objectives()), improve="climate_change", relax={"cost": 5.0})
    assert answer.text.splitlines()[0].startswith("Leach NMC111 with ") or "start stays" in answer.text
    assert list(answer.frame["which"]) == ["start", "chosen"]
    assert answer.as_json()["kind"] == "classification"
    assert "<table" in answer._repr_html_()
    assert "knee 1" in opt.choose(Result(three_objectives()), knees=True).frame["which"].iloc[1]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({}, "Nothing is asked"),
        ({"improve": {"cost": None}, "knees": True}, "Several things"),
        ({"keep": ["cost"]}, "Nothing is to improve"),
        ({"improve": {"cots": None}}, "no metric 'cots'"),
        ({"improve": {"cost": None}, "relax": {"cost": 2.0}}, "under improve and again under relax"),
        ({"improve": {"recovery": None}, "relax": {"cost": 0.01}}, "relaxes nothing"),
        ({"improve": {"recovery": 0.01}}, "no better"),
        ({"reference": {"recovery": 95.0}}, "it is a share"),
        ({"reference": {"cost": float("nan")}}, "needs a number"),
        ({"weights": {"cost": -1.0}}, "weight"),
        ({"diverse": 1}, "differ most"),
        ({"improve": {"recovery": None}, "start": 10_000}, "no design 10000"),
        ({"knees": True, "polish": True}, "nothing to polish"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask: dict[str, Any], said: str) -> None:
    with pytest.raises(opt.InputError, match=said):
        chosen(**ask)


def test_a_metal_that_the_feed_lacks_has_no_yield() -> None:
    feed = opt.Problem(feed="LCO", variables={"acid": "citric"}, objectives=opt.minimise("cost"))
    with pytest.raises(opt.InputError, match="LCO holds no Ni"):
        Metrics.named(bind(feed), ["yield_Ni"])


def test_a_run_without_a_feasible_design_has_nothing_to_choose() -> None:
    with pytest.raises(opt.InputError, match="no feasible design"):
        choose(Known.of(impossible()), Ask(knees=True))
    for wrong in ({"relax": ["cost"]}, {"start": "1"}, {"diverse": 2.5}):
        with pytest.raises(opt.InputError):
            opt.choose(Result(trade_off()), improve="recovery", **wrong)
