"""Answers while one drags: exact, within every constraint, better after searches, bounded in memory."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np
import pytest

from optimiser.answers.question import Asked, question_of
from optimiser.app.live import Answers
from optimiser.app.question import Posed, loaded, posed
from optimiser.app.told import answer_json, more_json
from optimiser.problem.load import Config
from optimiser.problem.schema import SearchSpec
from optimiser.search import pool as pools
from optimiser.search.run import run

METALS = ("Li", "Ni", "Mn", "Co")


@cache
def answers() -> Answers:
    return Answers()


def asking(target: float, name: str = "nmc111", sure: dict[str, Any] | None = None, **more: Any) -> Posed:
    problem = copy.deepcopy(loaded(name))
    own = problem["constraints"][0]["yield"]
    problem["constraints"][0] = {"yield": dict.fromkeys(own, target), **(sure or {})}
    return posed({"problem": problem, **more})


@pytest.mark.parametrize("sure", [None, {"confidence": 0.8}, {"confidence": 0.5, "joint": True}])
def test_an_answer_is_what_an_evaluation_says(sure: dict[str, Any] | None) -> None:
    told = asking(0.75, sure=sure, prices={"sulfuric": 0.25}, factors={"h2o2": 3.0})
    live = answers().answer(told)
    bound = live.answer.problem
    assert live.answer.feasible
    known = answers()._of(bound).pool
    assert known is not None
    pool, asked = known, pools.Question(bound)
    pool.forget()
    pool.solve([asked], 0, scan=False)
    row = pool.best(asked)
    evaluation = bound.evaluate(pool.designs.take(np.array([row])))
    assert live.answer.value == evaluation.metrics["cost"][0]
    assert live.answer.value == pytest.approx(pool.view(asked).value[row], rel=1e-12)
    assert (live.answer.evaluation.yields == evaluation.yields)[0, : len(METALS)].all()
    # it keeps every limit, and nothing known that keeps them is better
    assert min(margin[0] for margin in evaluation.margins.values()) >= 0.0
    every = bound.evaluate(pool.designs)
    holds = np.min(list(every.margins.values()), axis=0) >= 0.0
    assert live.answer.value == every.metrics["cost"][holds].min()


def test_a_price_ranks_anew_and_back() -> None:
    before = answers().answer(asking(0.7)).answer
    assert before.acid == "sulfuric"
    dear = answers().answer(asking(0.7, prices={"sulfuric": 10 * 0.126})).answer
    assert dear.acid == "hydrochloric" and dear.value > before.value
    again = answers().answer(asking(0.7)).answer
    assert (again.acid, again.value <= before.value) == ("sulfuric", True)


def test_more_yield_never_costs_less() -> None:
    values = [answers().answer(asking(target)).answer.value for target in (0.65, 0.7, 0.75, 0.8)]
    last = answers().answer(asking(0.65)).answer.value  # with all that was found for the others
    assert last <= min(values)


def test_the_mass_of_the_feed_needs_no_new_designs() -> None:
    answers().answer(asking(0.7))
    before = len(answers()._known)
    problem = copy.deepcopy(loaded("nmc111"))
    problem["feed"]["mass"] = 7
    answers().answer(posed({"problem": problem}))
    assert len(answers()._known) == before


def test_what_cannot_be_had_is_refused_with_what_would_have_to_give() -> None:
    told = asking(0.995, sure={"confidence": 0.95})
    live = answers().answer(told)
    assert not live.answer.feasible
    said = more_json(answers().more(told))
    assert "out of reach" in said["headline"][0]
    assert any("would have to fall" in line for line in said["why"])


def test_a_search_makes_the_answer_better_and_never_worse() -> None:
    mine, told = Answers(), asking(0.85)
    before = mine.answer(told)
    spec = SearchSpec(population=24, generations=6, seeds=(1,), per_acid=0)
    found = run(Config("search", told.problem, spec))
    mine.learn(told, found.seen, found.problem.acid_names)
    after = mine.answer(told)
    assert after.searched > 0 and after.known == before.known + after.searched
    assert after.answer.value <= before.answer.value
    feasible = found.seen.objectives[found.seen.violation <= 0.0, 0]
    assert after.answer.value <= feasible.min() * (1 + 1e-9)
    assert "from searches" in answer_json(after)["known"]


def test_dragging_on_and_on_keeps_memory_bounded() -> None:
    mine = Answers()
    for i in range(40):
        problem = copy.deepcopy(loaded("nmc111"))
        problem["variables"]["acid"] = ["sulfuric"]
        problem["constraints"][0]["yield"] = {"Li": 0.6 + 0.005 * i, "Co": 0.7}
        problem["constraints"][0] |= {"confidence": 0.5 + 0.01 * i, "joint": True}
        mine.answer(posed({"problem": problem, "prices": {"sulfuric": 0.1 + 0.01 * i}}))
    (known,) = mine._known.values()
    assert known.pool is not None and known.pool._scan is not None
    known.pool.forget()
    for batch in (known.pool._scan, known.pool._batch):
        if batch is not None:
            assert len(batch._free) == 0
            assert max(len(batch._slacks), len(batch._counted)) <= pools._LATEST
    for i in range(12):
        problem["variables"]["temperature"] = [25, 60 + i]
        mine.answer(posed({"problem": problem}))
    assert len(mine._known) <= 8


def test_the_question_has_one_objective_and_the_search_two() -> None:
    told = asking(0.7)
    assert len(told.problem.objectives) == 2
    assert len(question_of(told.problem, Asked()).objectives) == 1
