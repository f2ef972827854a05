"""Questions asked wrongly from Python end in one message."""

from __future__ import annotations

from typing import Any

import pytest

import optimiser as opt
from optimiser._io.errors import InputError


@pytest.mark.parametrize(
    "given",
    [
        {"seed": -1},
        {"seed": "1"},
        {"seed": None},
        {"yields": [0.9]},
        {"yields": {3: 0.9}},
        {"yields": {"Co": float("nan")}},
        {"acid": 3},
        {"acid": []},
        {"at_most": [1]},
        {"price": {"sulfuric": "x"}},
        {"minimise": 3},
        {"confidence": "high"},
        {"confidence": 0.5, "joint": "yes"},
        {"fix": {"temperature": float("inf")}},
    ],
)
def test_ask_refuses(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        opt.ask(opt.load_problem("nmc111"), **given)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((3, (0, 1)), {}),
        (("price.sulfuric", "01"), {}),
        (("price.sulfuric", (0.5, 0.5)), {}),
        (("price.sulfuric", (0, 1)), {"seed": -1}),
        (("price.sulfuric", (0, 1)), {"objective": "costs"}),
    ],
)
def test_breakeven_refuses(arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        opt.breakeven(opt.load_problem("nmc111"), *arguments, **options)


@pytest.mark.parametrize(
    "given",
    [
        {"cross": [("yield", (0.7, 0.9))]},
        {"cross": {"yield": (0.7, 0.9), "yield.Li": (0.7, 0.9)}},
        {"cross": {"yield": (0.7, 0.9)}},
        {"objectives": "costs"},
    ],
)
def test_compare_acids_refuses(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        opt.compare_acids(opt.load_problem("nmc111"), **given)


def test_what_is_not_asked_stays_as_the_problem_has_it() -> None:
    from optimiser.answers.question import Asked, question_of

    own = opt.Yields(Li=0.8, Co=0.8, confidence=0.7, joint=True)
    problem = opt.Problem(
        feed="NMC111", variables={"acid": "sulfuric"}, objectives=opt.minimise("cost"), constraints=own
    )
    assert question_of(problem, Asked()).constraints[0] == own
    surer = question_of(problem, Asked(confidence=0.9)).constraints[0]
    assert surer == opt.Yields(Li=0.8, Co=0.8, confidence=0.9, joint=True)
    other = question_of(problem, Asked(yields={"Co": 0.9})).constraints[0]
    assert other == opt.Yields(Co=0.9)
