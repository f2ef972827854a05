"""Questions on a system of one's own: the answer, combinations against each other, and what is drawn."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.answers.answer import Answer, ask, drifts
from optimiser.answers.levers import lever
from optimiser.answers.question import Asked, named_options, question_of
from optimiser.answers.relaxing import relaxations
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import Config, load_problem
from optimiser.problem.schema import Problem, SearchSpec
from optimiser.report.ask import as_json, evidence_of
from optimiser.report.ask_words import lines
from optimiser.uncertainty.drawn import Drawn
from optimiser.uncertainty.inputs import YIELDS, inputs_of
from optimiser.uncertainty.study import study
from tests.systems.synthetic import STAGES, Synthetic

_PROBLEM = """
surrogate: synthetic
feed: north
variables:
  lixiviant: [sulfuric, citric]
  roasting: [none]
  pretreatment: [none]
  solid_liquid_ratio: [40, 60]
objectives:
  - minimise: time
constraints:
  - yield: {Ni: 0.6, Co: 0.6}
tolerances: off
"""
#: So that what is left can be searched exhaustively: strength, time and stages.
_FIXED = {"temperature": 60.0, "solid_liquid_ratio": 50.0, "stirring": 450.0, "particle_size": 250.0}


@pytest.fixture(scope="module")
def problem(synthetic: Synthetic) -> Problem:
    path = synthetic.folder / "asked.yaml"
    path.write_text(_PROBLEM)
    return load_problem(path)


@pytest.fixture(scope="module")
def bound(problem: Problem) -> BoundProblem:
    return bind(problem)


@pytest.fixture(scope="module")
def answer(problem: Problem) -> Answer:
    return ask(problem, Asked(fix=_FIXED))


def test_the_answer_is_that_of_an_exhaustive_search(answer: Answer) -> None:
    """Of all setpoints that a plant can set none is faster, by more than one step or 1 %."""
    problem = answer.problem
    strength = problem.variables[problem.system.column["acid_concentration"]]
    time = problem.variables[problem.system.column["time"]]
    axes = [
        np.arange(len(problem.acids)),
        np.arange(strength.low, strength.high + 1e-9, strength.step),
        np.arange(time.low, time.high + 1e-9, time.step),
        np.array(STAGES),
    ]
    acid, *free = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    x = np.empty((len(acid), len(problem.variables)))
    for name, value in _FIXED.items():
        x[:, problem.system.column[name]] = value
    for name, values in zip(("acid_concentration", "time", "stages"), free, strict=True):
        x[:, problem.system.column[name]] = np.round(values, 6)
    designs = problem.designs(acid.astype(np.intp), x)
    inside = ((x >= problem.lower[designs.acid]) & (x <= problem.upper[designs.acid])).all(axis=1)
    designs = designs.take(inside)
    point = problem.search_point(designs, "high")
    holds = (point.margins >= 0.0).all(axis=1)
    assert holds.any()
    best = float(point.objectives[holds, 0].min())
    assert answer.feasible
    assert best <= answer.value <= max(best + time.step, 1.01 * best)


def test_setpoints_of_the_answer_can_be_set(answer: Answer) -> None:
    designs = answer.evaluation.designs
    assert float(designs.stages[0]) in STAGES
    assert {name: float(getattr(designs, name)[0]) for name in _FIXED} == _FIXED
    for drift in answer.drift:
        if drift.variable == "stages":
            assert {drift.low, drift.high} <= set(STAGES)


def test_drifts_keep_every_constraint(answer: Answer) -> None:
    """The last setpoints of a drift hold, the others kept."""
    design, problem = answer.evaluation.designs, answer.problem
    for drift in drifts(problem, answer.evaluation):
        for end in (drift.low, drift.high):
            x = design.continuous.copy()
            x[0, problem.system.column[drift.variable]] = end
            margins = problem.search_point(design.at(design.acid, x), "high").margins[0]
            named = dict(zip(problem.constraint_names, margins, strict=True))
            assert min(m for name, m in named.items() if name != "applicability_domain") >= 0.0


def test_the_words_are_those_of_the_system(answer: Answer) -> None:
    said = "\n".join(lines(answer))
    assert "stages" in said
    assert "combination" in said
    assert not re.search(r"cathode|proton|peroxide|\bacids?\b(?! concentration)|every metal", said), said


def test_json_names_each_choice(answer: Answer) -> None:
    told = json.loads(json.dumps(as_json(answer, evidence_of(answer))))
    assert {"lixiviant", "roasting", "pretreatment", "stages"} <= told["design"].keys()
    assert set(told["yields"]) == {"Co", "Ni"}
    assert "proton_ratio" not in told
    assert list(told["asked"]["targets"]) == ["Co", "Ni"]  # in the order of the responses


def test_names_of_combinations(synthetic: Synthetic) -> None:
    system = synthetic.system
    named = [
        o.name for o in named_options(system, ["citric"], {"roasting": ["air"], "pretreatment": ["none"]})
    ]
    assert named == ["citric / air / none"]
    exact = named_options(system, ["citric / air / none", "sulfuric / none / washed"], {})
    assert [o.name for o in exact] == ["citric / air / none", "sulfuric / none / washed"]
    assert len(named_options(system, ["roasting=none"], {})) == 6  # 3 lixiviants, 2 pretreatments


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["none"], "is a value of roasting and of pretreatment"),
        (["sulphuric"], "did you mean 'sulfuric'"),
        (["roasting=steam"], "The table has no roasting 'steam'"),
        (["citric / steam / none"], "The table has no roasting 'steam'"),
    ],
)
def test_names_that_are_none_are_refused(synthetic: Synthetic, names: list[str], said: str) -> None:
    with pytest.raises(InputError) as error:
        named_options(synthetic.system, names, {})
    assert said in str(error.value)


def test_a_named_combination_is_the_only_one(problem: Problem) -> None:
    """Naming two of four combinations leaves the other two out, though their values are the same."""
    named = ["sulfuric / air / none", "citric / none / washed"]
    question = question_of(problem, Asked(acid=named))
    assert set(question.variables.roasting) == {"air", "none"}
    found = ask(problem, Asked(acid=named, fix=_FIXED, yields={"Co": 0.3}))
    assert {one.acid for one in found.acids} == set(named)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(fix={"h2o2": 1.0}), "There is no variable 'h2o2' to fix"),
        (Asked(fix={"stages": 1.5}), "stages cannot be set to 1.5"),
        (Asked(at_least={"yield_Co": 0.9}), "write --yield Co=0.9"),
        (Asked(at_most={"proton": 1.0}), "There is no variable or metric 'proton'"),
        (Asked(yields={"Li": 0.9}), "There is no response 'Li'"),
        (Asked(acid=[]), "The list of combinations is empty"),
    ],
)
def test_what_does_not_fit_the_system_is_refused(problem: Problem, asked: Asked, said: str) -> None:
    with pytest.raises(InputError) as error:
        question_of(problem, asked)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("price.h2o2", "does not buy 'h2o2'"),
        ("process.peroxide_loss", "only the sums of cathodes look at it"),
        ("process.throughput", "known for cathodes alone"),
        ("proton_balance", "nothing called 'proton_balance'"),
        ("yield.Li", "no target on Li"),
    ],
)
def test_levers_that_the_system_lacks_are_refused(bound: BoundProblem, name: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        lever(bound, name)
    assert said in str(error.value)


def _one_each(problem: BoundProblem) -> np.ndarray:
    middle = 0.5 * (problem.lower + problem.upper)
    return problem.settable(problem.designs(np.arange(len(problem.acids)), middle))


def test_the_price_of_a_reagent_counts_where_it_is_used(bound: BoundProblem) -> None:
    """The cost rises by stock x difference in price, of combinations with that reagent alone."""
    designs, change = _one_each(bound), lever(bound, "price.sulfuric")
    before, after = bound.evaluate(designs), change.at(change.value + 0.5).evaluate(designs)
    uses = np.array([name.startswith("sulfuric") for name in bound.acid_names])
    stock = before.outcome.balance.acid_stock / (bound.feed.mass / 1000.0)
    rise = after.metrics["cost_feed"] - before.metrics["cost_feed"]
    assert uses.any() and not uses.all()
    assert rise == pytest.approx(np.where(uses, 0.5 * stock, 0.0))
    factor = lever(bound, "climate_change.sulfuric")
    dearer = factor.at(factor.value + 1.0).evaluate(designs).metrics["climate_change"]
    assert ((dearer > before.metrics["climate_change"]) == uses).all()


def test_ranges_are_widened_to_what_can_be_set(bound: BoundProblem) -> None:
    narrow = replace(bound, upper=bound.upper.copy(), lower=bound.lower.copy())
    j = bound.system.column["stages"]
    narrow.lower[:, j], narrow.upper[:, j] = 1.0, 2.0
    wider = {one.name: one for one in relaxations(narrow)}
    assert wider["stages_max"].problem is not None
    assert wider["stages_max"].problem.upper[:, j].tolist() == [3.0] * len(bound.acids)
    assert wider["stages_min"].problem.lower[:, j].tolist() == [1.0] * len(bound.acids)


def test_drawn_prices_change_the_cost_as_by_hand(bound: BoundProblem) -> None:
    """Cost at a drawn price: as evaluated, and stock x what the price differs by; nothing for the others."""
    designs = _one_each(bound)
    evaluation = bound.evaluate(designs)
    key = ("acid", "sulfuric", "price")
    one = next(i for i in inputs_of(bound, designs) if i.key == key)
    drawn = Drawn(bound, evaluation)
    (_, told), *others = drawn.chunks({key: np.array([one.low, one.mode, one.high])}, 3)
    assert not others
    cost = told.cost.sum(axis=1).reshape(3, -1)
    uses = np.array([name.startswith("sulfuric") for name in bound.acid_names])
    stock = np.where(uses, evaluation.outcome.balance.acid_stock, 0.0)
    steps = np.array([one.low - one.mode, 0.0, one.high - one.mode])
    assert cost == pytest.approx(evaluation.outcome.cost.sum(axis=1) + steps[:, None] * stock)


def test_only_what_the_system_uses_is_drawn(bound: BoundProblem) -> None:
    every = {i.key for i in inputs_of(bound)}
    assert ("acid", "citric", "price") in every and ("acid", "hydrochloric", "price") not in every
    assert YIELDS in every
    assert not {key for key in every if "peroxide" in key[1] or "peroxide" in key[2]}
    assert ("reagent", "neutralisation", "price") not in every  # no acid_consumption is known
    alone = bound.with_acids([name for name in bound.acid_names if name.startswith("citric")])
    assert ("acid", "sulfuric", "price") not in {i.key for i in inputs_of(alone)}


def test_sensitivity_of_a_design(bound: BoundProblem) -> None:
    designs = _one_each(bound)
    found = study(bound, designs.take(np.array([0])), "a design", draws=256)
    table = found.intervals().set_index("metric")
    assert {"cost", "yield_Co", "yield_Ni"} <= set(table.index)
    assert (table["low"] <= table["high"]).all()
    shares = found.drivers.shares("cost")
    assert shares["price"] > 0.0 and 0.0 <= shares["yields"] <= 1.1


def test_combinations_against_each_other(problem: Problem) -> None:
    search = SearchSpec(population=12, generations=4, seeds=(1,), per_acid=8)
    found = opt.compare_acids(Config("asked", problem, search), objectives=["time", "yield_Co"])
    table = found.acids()
    assert table[["lixiviant", "roasting", "pretreatment"]].notna().all().all()
    assert table["p_best"].dropna().sum() == pytest.approx(1.0)
    assert "proton_ratio" not in table
    assert not re.search(r"cathode|\bno other acid\b", str(found))


def test_where_another_combination_takes_over(problem: Problem) -> None:
    """Along a price the winner's cost is the lower one, on both sides of a takeover."""
    easy = {"Co": 0.4, "Ni": 0.4}  # which both reach
    found = opt.breakeven(problem, "price.sulfuric", (0.0, 3.0), objective="cost", yields=easy)
    frame = found.to_frame()
    costs = frame.drop(columns=["value", "best_acid"])
    assert (frame["best_acid"] == costs.idxmin(axis=1)).all()
    # the price of sulfuric acid is nothing to citric acid
    other = next(name for name in costs if name.startswith("citric"))
    assert costs[other].std() < 0.01 * costs[other].mean()


def test_pages_open(answer: Answer, tmp_path: Path) -> None:
    from tests.browser import opened

    opt.Answer(answer).write(tmp_path / "asked")
    for width in (1280, 390):
        with opened(tmp_path / "asked" / "report.html", width) as page:
            said = page.inner_text("body")
    assert "Combinations against each other" in said
    assert not re.search(r"cathode|proton|peroxide|every metal|[Bb]est acid", said)
