"""The answer to a question: as Python, as a process, as JSON, as a page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import optimiser as opt
from optimiser.answers.answer import Answer, drifts
from optimiser.variables import COLUMN, Designs
from tests.browser import opened
from tests.command import assert_one_clear_block, optimiser, process

ALL = dict.fromkeys(("Li", "Ni", "Mn", "Co"), 0.8)
KEYS = {
    *("feasible", "design", "yields", "objectives", "p_feasible", "proton_ratio", "domain_distance"),
    *("support", "binding", "runner_up", "price_of_yield", "price_of_certainty", "evidence"),
}


@cache
def asked(confidence: float | None = None, price: float | None = None) -> opt.Answer:
    return opt.ask(
        opt.load_problem("nmc111"),
        minimise="cost",
        yields=ALL,
        confidence=confidence,
        price=None if price is None else {"sulfuric": price},
    )


@cache
def impossible() -> opt.Answer:
    return opt.ask(opt.load_problem("nmc622"), yields=dict.fromkeys(ALL, 0.99), confidence=0.9, joint=True)


def found(answer: opt.Answer) -> Answer:
    return answer.found


def test_more_confidence_never_costs_less() -> None:
    """The issue's own case: NMC111 with all yields at 0.8."""
    costs = [asked(c).value for c in (0.5, 0.8, 0.95)]
    assert asked(0.5).feasible
    told = [cost for cost in costs if not np.isnan(cost)]
    assert told == sorted(told) and np.isnan(costs).tolist() == sorted(np.isnan(costs).tolist())


def test_prices_of_yield_and_certainty_rise_until_nothing_is_feasible() -> None:
    for priced in (found(asked(0.5)).price_of_yield, found(asked(0.5)).price_of_certainty):
        values = [one.value for one in priced]
        assert np.isnan(values).tolist() == sorted(np.isnan(values).tolist())
        known = [value for value in values if not np.isnan(value)]
        assert len(known) > 1 and known == sorted(known)


def test_a_cell_of_the_map_is_the_same_question_elsewhere() -> None:
    told = {(one.target, one.confidence): one.value for one in found(asked(0.5)).reachable}
    assert told[0.8, 0.5] == pytest.approx(asked(0.5).value, rel=1e-12)
    for (target, confidence), value in told.items():
        easier = told.get((0.7, confidence))
        if easier is not None and not np.isnan(value) and target > 0.7:
            assert easier <= value


def test_the_design_keeps_what_was_asked_and_the_same_seed_gives_it_again() -> None:
    answer = asked(0.8)
    again = opt.ask(opt.load_problem("nmc111"), minimise="cost", yields=ALL, confidence=0.8)
    assert again.to_dict() | {"seconds": 0} == answer.to_dict() | {"seconds": 0}
    e = found(answer).evaluation
    assert all(float(margin[0]) >= 0.0 for margin in e.margins.values())
    assert e.metrics["cost"][0] == pytest.approx(answer.value)


def test_twice_the_price_of_the_acid_never_lowers_the_cost() -> None:
    price = float(found(asked()).problem.inputs.acids.price[0])
    assert asked(None, 2.0 * price).value >= asked().value


def test_what_binds_costs_less_once_relaxed_and_each_acid_costs_no_less() -> None:
    answer = found(asked(0.8))
    assert answer.binding
    assert all(one.change < 0.0 for one in answer.binding if not np.isnan(one.change))
    assert any(one.label == "confidence" or one.name.startswith("yield_") for one in answer.binding)
    feasible = [one for one in answer.acids if not np.isnan(one.value)]
    assert feasible[0].acid == answer.acid and feasible[0].premium == pytest.approx(0.0, abs=1e-9)
    assert all(one.premium >= 0.0 for one in feasible)
    assert all(one.reason for one in answer.acids if np.isnan(one.value))


def test_a_setpoint_holds_its_targets_as_far_as_its_drift_says() -> None:
    answer = found(asked(0.8))
    problem, x = answer.problem, answer.evaluation.designs.continuous[0]
    for one in drifts(problem, answer.evaluation):
        for end in (one.low, one.high):
            moved = x.copy()
            moved[COLUMN[one.variable]] = end
            told = problem.evaluate(Designs(answer.evaluation.designs.acid, moved[None]))
            broken = [name for name, margin in told.margins.items() if margin[0] < 0.0]
            assert broken in ([], ["applicability_domain"])
        assert one.low <= x[COLUMN[one.variable]] <= one.high


def test_intervals_hold_their_figures_and_components_add_up() -> None:
    spread = found(asked(0.8)).spread
    assert all(one.low <= one.value <= one.high for one in spread.values())
    parts = sum(one.value for name, one in spread.items() if name.startswith("cost_"))
    assert parts == pytest.approx(spread["cost"].value)


def test_json_has_what_machines_read(tmp_path: Path) -> None:
    done = process(
        *("ask", "nmc111", "--minimise", "cost", "--yield", "Co=0.8", "--acid", "sulfuric,lactic"),
        *("--fix", "temperature=60", "--max", "time=120", "--price", "sulfuric=0.2", "--json"),
        *("--out", tmp_path / "out"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) >= KEYS and told["feasible"] is True
    assert told["design"]["temperature"] == 60.0 and told["design"]["time"] <= 120.0
    assert told["yields"]["Co"]["low"] <= told["yields"]["Co"]["mean"] <= told["yields"]["Co"]["high"]
    assert told["yields"]["Co"]["mean"] >= 0.8
    assert told["objectives"]["cost"]["low"] <= told["objectives"]["cost"]["mean"]
    assert len(told["evidence"]) == 5 and 0.0 <= told["p_feasible"] <= 1.0
    assert {one["acid"] for one in told["acids"]} == {"sulfuric", "lactic"}
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"answer.csv", "manifest.json", "nearest.csv", "prices.csv", "report.html"}


def test_what_is_out_of_reach_says_what_would_have_to_give(tmp_path: Path) -> None:
    answer = impossible()
    told = answer.to_dict()
    assert not answer.feasible and told["feasible"] is False and np.isnan(answer.value)
    assert 0.0 < told["highest_confidence"] < 0.9 and told["give"]["together"] > 0.0
    assert any(one["feasible"] for one in told["reachable"])
    assert "out of reach" in str(answer) and "would have to fall" in str(answer)
    done = optimiser(
        "ask", "nmc622", "--yield", "Co=0.999", "--confidence", "0.95", "--acid", "nitric", cwd=tmp_path
    )
    assert done.returncode == 3 and "No design of NMC622 keeps every constraint" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--yield", "Cu=0.9"), "no metal 'Cu'"),
        (("--yield", "Co"), "not NAME=VALUE"),
        (("--yield", "Co=ninety"), "not a number"),
        (("--yield", "Co=90"), "fractions"),
        (("--yield", "Co=0.9", "--yield", "Co=0.8"), "given twice"),
        (("--confidence", "1"), "confidence = 1"),
        (("--confidence", "0"), "confidence = 0"),
        (("--joint",), "joint"),
        (("--acid", ""), "list of acids is empty"),
        (("--acid", "unobtainium"), "unobtainium"),
        (("--fix", "temperature=60", "--max", "temperature=50"), "contradicts itself"),
        (("--fix", "temperature=120"), "contradicts itself"),
        (("--fix", "pressure=1"), "no variable 'pressure'"),
        (("--max", "costs=2"), "no variable or metric"),
        (("--min", "cost=2", "--max", "cost=1"), "cost"),
        (("--price", "gold=1"), "does not buy"),
        (("--minimise", "cost", "--maximise", "recovery"), "one objective"),
        (("--minimise", "profit"), "no objective"),
        (("--minimise", "cost:90"), "no quantile"),
    ],
)
def test_bad_questions_are_refused_in_one_block(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = optimiser("ask", "nmc111", *arguments, cwd=tmp_path)
    assert_one_clear_block(done)
    assert said in done.stderr


def test_a_target_on_an_absent_metal_is_refused(tmp_path: Path) -> None:
    done = optimiser("ask", "lco", "--yield", "Ni=0.9", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "does not contain" in done.stderr


@pytest.mark.page
@pytest.mark.parametrize("answer", [lambda: asked(0.8), impossible], ids=["found", "out of reach"])
def test_the_page_is_whole_and_fits(answer: object, tmp_path: Path) -> None:
    page_file = answer().write(tmp_path / "out") / "report.html"  # type: ignore[operator]
    assert page_file.stat().st_size < 6e6
    for width in (1280, 390):
        with opened(page_file, width) as page:
            assert page.locator("#reachable-map .plot-container, #reachable-map svg").count() > 0
