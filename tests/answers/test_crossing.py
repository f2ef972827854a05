"""Where another acid takes over: checked by solving anew, and what is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.answers.crossing import Breakeven, breakeven, check_spans, crossing_map
from optimiser.answers.options import pairs
from optimiser.answers.rivals import Rivals, field_of
from optimiser.answers.typed import Span, read_objectives, read_span
from optimiser.problem.schema import Problem
from optimiser.report.acid_words import breakeven_lines
from optimiser.search.search import SearchSettings
from tests.command import assert_one_clear_block, optimiser, process

TINY = SearchSettings(16, 6, 0)


def two_acids(*acids: str) -> Problem:
    """Return nmc111 with two acids."""
    problem = opt.load_problem("nmc111")
    chosen = acids or ("sulfuric", "hydrochloric")
    return problem.with_source(None, variables=problem.variables.model_copy(update={"acid": chosen}))


@cache
def found() -> Breakeven:
    return breakeven(two_acids(), Span("price.sulfuric", 0.0, 1.0), points=5)


def test_at_the_crossing_price_both_acids_cost_the_same_when_solved_anew() -> None:
    (takeover,) = found().takeovers
    assert (takeover.loser, takeover.winner) == ("sulfuric", "hydrochloric")
    assert takeover.same and takeover.loser_value == pytest.approx(takeover.winner_value, rel=1e-3)
    there = found().lever.at(takeover.value)
    anew = Rivals(found().field, seed=77, effort=SearchSettings(100, 50, 0))
    for turn in (0, 1):
        anew.search(there, turn=turn)
    anew.polish([(there, anew.acids)], 20)
    costs = anew.best([there])[0]
    assert costs[0] == pytest.approx(costs[1], rel=0.01)
    assert costs[0] == pytest.approx(takeover.loser_value, rel=0.01)


def test_the_winner_changes_at_the_crossing_alone() -> None:
    frame, (takeover,) = found().frame(), found().takeovers
    before = frame["value"] < takeover.value
    assert set(frame["best_acid"][before]) == {"sulfuric"}
    assert set(frame["best_acid"][~before]) == {"hydrochloric"}
    assert "takes over from sulfuric acid at a price of sulfuric acid" in breakeven_lines(found())[0]


def test_a_higher_price_never_lowers_a_cost() -> None:
    sulfuric = found().frame()["sulfuric"].to_numpy()
    assert (np.diff(sulfuric) > 0.0).all()
    rivals = Rivals(found().field)
    rivals.polish([(found().field.problem, rivals.acids)], 2)
    for acid in rivals.acids:
        lever = found().field.lever(f"price.{acid}")
        once, twice = rivals.best([lever.at(lever.value), lever.at(2.0 * lever.value)])
        assert (twice >= once - 1e-12).all()


def test_an_acid_that_never_takes_over_is_told_with_both_ends() -> None:
    never = breakeven(
        two_acids("sulfuric", "citric"), Span("price.citric", 0.0, 1.5), unseen=True, points=3, effort=TINY
    )
    assert never.takeovers == () and never.subject == "citric"
    said = " ".join(breakeven_lines(never))
    assert "Citric acid never takes over, even at a price of citric acid of 0 EUR/kg stock" in said
    assert "of sulfuric acid" in said and "At 1.5 EUR/kg stock" in said
    assert "Citric acid: a guess" in said


def test_along_the_yield_an_acid_loses_its_last_design() -> None:
    lost = breakeven(
        two_acids("hydrochloric", "nitric"), Span("yield", 0.6, 0.95), against="nitric", points=3, effort=TINY
    )
    assert lost.winners == ("hydrochloric",) * 3 and np.isnan(lost.best[-1, 1])
    assert "at 95 %" in (said := " ".join(breakeven_lines(lost))) and "the others none" in said


def test_a_map_names_the_winner_of_each_cell_and_refines_its_boundary() -> None:
    field = field_of(two_acids())
    rivals = Rivals(field, effort=TINY, levers=["price.sulfuric", "yield"])
    made = crossing_map(field, [Span("price.sulfuric", 0, 1), Span("yield", 0.6, 1.0)], rivals, points=4)
    assert made.best.shape == (4, 4, 2) and len(made.frame()) == 16
    assert (made.winners[-1] == -1).all()  # nobody leaches everything
    assert list(made.winners[0][[0, -1]]) == [0, 1]
    for row, y in zip(made.boundary, made.y, strict=True):
        for takeover in row:
            assert takeover.same, y
    first = made.boundary[0][0]
    cells = made.frame().query("`yield` == 0.6")
    assert set(cells[cells["price.sulfuric"] < first.value]["best_acid"]) == {"sulfuric"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("price.sulfuric=0.5:0.5", "both ends are 0.5"),
        ("price.sulfuric=2:1", "reversed"),
        ("price.sulfuric=nan:1", "cannot vary"),
        ("price.sulfuric", "no lever with a range"),
        ("price.sulfuric=1", "no lever with a range"),
        ("=0:1", "no lever with a range"),
        ("price.sulfuric=a:b", "no lever with a range"),
    ],
)
def test_a_range_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_span(text)


@pytest.mark.parametrize(
    ("span", "against", "said"),
    [
        (Span("price.gold", 0, 1), None, "does not buy 'gold'"),
        (Span("price.citric", 0, 1), None, "outside the applicability domain: 0 experiments"),
        (Span("colour", 0, 1), None, "nothing called 'colour'"),
        (Span("price.sulfuric", -1, 1), None, "= -1 is not possible"),
        (Span("yield", 0.5, 1.5), None, "= 1.5 is not possible"),
        (Span("price.sulfuric", 0, 1), "sulfuric", "compared with itself"),
        (Span("price.sulfuric", 0, 1), "malic", "no acid 'malic'"),
        (Span("price.sulfuric", 0, 1), "citric", "outside the applicability domain"),
        (Span("yield.Al", 0.5, 0.9), None, "no target on Al"),
    ],
)
def test_a_lever_or_acid_that_is_none_is_refused(span: Span, against: str | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        breakeven(opt.load_problem("nmc111"), span, against=against)


def test_one_acid_alone_has_no_rival() -> None:
    with pytest.raises(InputError, match="no other acid can take over"):
        breakeven(two_acids("sulfuric"), Span("price.sulfuric", 0, 1))


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        ([Span("yield", 0.5, 0.9)], "two levers, not 1"),
        ([Span("yield", 0.5, 0.9)] * 3, "two levers, not 3"),
        ([Span("yield", 0.5, 0.9)] * 2, "set the same thing"),
        ([Span("yield", 0.5, 0.9), Span("confidence", 0.5, 2.0)], "= 2 is not possible"),
    ],
)
def test_a_map_without_two_levers_is_refused(spans: list[Span], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_spans(field_of(two_acids()), spans)


def test_targets_and_objectives_are_read_as_typed() -> None:
    assert pairs("--yield", []) == {}
    assert pairs("--yield", ["Li=0.9, Co=0.8", "Ni=0.7"]) == {"Li": 0.9, "Co": 0.8, "Ni": 0.7}
    for text, said in (("Li", "not NAME=VALUE"), ("Li=x", "not a number"), ("Li=.9,Li=.8", "given twice")):
        with pytest.raises(InputError, match=said):
            pairs("--yield", [text])
    assert [o.sign for o in read_objectives("cost,recovery")] == [1, -1]
    for text, said in (("cost,cost", "repeat"), ("beauty", "no objective 'beauty'")):
        with pytest.raises(InputError, match=said):
            read_objectives(text)


def test_the_command_refuses_in_one_block(tmp_path: Path) -> None:
    for vary in ("price.sulfuric=1:1", "price.gold=0:1", "nonsense"):
        assert_one_clear_block(optimiser("breakeven", "nmc111", "--vary", vary, cwd=tmp_path))
    both = ("--vary", "yield=0.5:0.9", "--minimise", "cost", "--maximise", "recovery")
    assert_one_clear_block(process("breakeven", "nmc111", *both, cwd=tmp_path))
    assert not list(tmp_path.iterdir())


def test_from_python_a_range_is_two_numbers() -> None:
    with pytest.raises(InputError, match="no lever with a range"):
        opt.breakeven(opt.load_problem("nmc111"), "yield", (0.5,))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is not a problem"):
        opt.breakeven("nmc111", "yield", (0.5, 0.9))  # type: ignore[arg-type]
