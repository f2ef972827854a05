"""What the answer says: advice that works when it is followed, and how sure the targets are."""

from __future__ import annotations

import dataclasses
import io
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from optimiser.problem.constraints import Yields, read_constraint
from optimiser.problem.load import load_config
from optimiser.problem.metrics import METRICS
from optimiser.problem.objectives import minimise
from optimiser.report import refusal, words
from optimiser.report.card import Table
from optimiser.report.console import print_result
from optimiser.report.manifest import manifest
from optimiser.report.numbers import ceil_points, floor_percent
from optimiser.search.front import Binding
from optimiser.search.run import RunResult, run
from tests.results import blocks_of, by_key, impossible, the_front, tiny, trade_off


def printed(result: RunResult, width: int = 200) -> str:
    stream = io.StringIO()
    print_result(result, None, Console(file=stream, highlight=False, width=width))
    return stream.getvalue()


@cache
def confident() -> RunResult:
    """The trade-off as if its targets had been asked for with a probability of 80 %."""
    problem = trade_off().problem
    sure = problem.with_constraints(Yields(confidence=0.8, **problem.targets))
    return dataclasses.replace(trade_off(), problem=sure)


@cache
def impossible_for_sure() -> RunResult:
    """Targets of 100 % with a probability of 90 %."""
    asked = {"yield": dict.fromkeys(("Li", "Ni", "Mn", "Co"), 1.0), "confidence": 0.9}
    return run(tiny("nmc111_cost_vs_recovery", constraints=(read_constraint(asked),)))


@cache
def without_data() -> RunResult:
    """An acid that the data do not contain, the domain switched off."""
    variables = load_config("nmc111_cost_vs_recovery").problem.variables
    off = ("applicability_domain", "proton_balance", "solubility", "stock_strength")
    limits = [*({name: "off"} for name in off), {"yield": {"Li": 0.1}}]
    return run(
        tiny(
            "nmc111_cost_vs_recovery",
            constraints=tuple(read_constraint(limit) for limit in limits),
            variables=variables.model_copy(update={"acid": ("glycine",)}),
        )
    )


@given(st.floats(0.0, 1.0))
def test_what_is_advised_is_enough_and_what_is_reached_is_not_overstated(share: float) -> None:
    points, percent = float(ceil_points(share)), float(floor_percent(share))
    assert share <= points / 100.0 + 1e-12 <= share + 0.001 + 2e-12
    assert share - 0.001 - 2e-12 <= percent / 100.0 <= share + 2e-12


def test_advice_is_rounded_so_that_it_works() -> None:
    result = impossible()
    assert result.infeasibility is not None
    problem = result.problem.with_constraints(Yields(Li=0.97, Ni=0.93, Co=0.9))
    found = dataclasses.replace(
        result.infeasibility,
        give=0.0406,
        reachable={"Li": 0.9699, "Ni": 0.92996, "Co": 0.9},
        binding=(Binding("yield_Ni", 0.92996, 0.93, 1.0), Binding("proton_balance", 1.0999, 1.1, 0.5)),
    )
    said = refusal.infeasibility_lines(found, problem)
    assert "Together the targets would have to fall by 4.1 points each." in said
    assert "Binding: Ni yield: 92.9 % where 93 % is asked; broken by 100 % of the designs tried." in said
    assert any("1.0999 where 1.1 is asked" in line for line in said)
    assert any(line.startswith("Li: target 97 %") and "fall to 96.9 %" in line for line in said)
    assert any(line.startswith("Ni: target 93 %") and "fall to 92.9 %" in line for line in said)
    assert any(line.startswith("Co: target 90 %") and "90 %: reachable on its own" in line for line in said)


def test_a_confidence_leaves_its_trace_beside_the_answer() -> None:
    result = confident()
    front = the_front(result)
    sure = words.chance(float(front.evaluation.p_feasible[front.answer]))
    told = (
        f"All yield targets hold at once (Li 60 %, Ni 60 %, Mn 60 %, Co 60 %) with probability {sure}, each "
        "asked for with 80 %."
    )
    assert printed(result).splitlines()[1] == told
    assert told in by_key(result)["answer"].finding
    assert manifest(result)["answer"].endswith(told)
    assert manifest(result)["p_feasible"] == front.evaluation.p_feasible[front.answer]


def test_without_confidence_the_chance_is_told_too() -> None:
    result = trade_off()
    assert "no confidence was asked for" in printed(result).splitlines()[1]
    card = by_key(result)["answer"]
    assert any("hold at once" in line and "no confidence was asked for" in line for line in card.finding)
    (picks,) = blocks_of(card)
    assert isinstance(picks, Table)
    assert "chance that the targets hold [%]" in picks.frame["quantity"].tolist()
    free = result.problem.with_constraints(Yields())
    assert words.targets_sentence(free, the_front(result).evaluation, 0) == ""


def test_the_nearest_designs_show_the_yields_that_were_refused() -> None:
    result = impossible_for_sure()
    assert result.infeasibility is not None
    nearest, problem = result.infeasibility.nearest, result.problem
    # what the first design reaches with 90 %: the target and what it lacks; rounded down
    reached = [1.0 + float(nearest.margins[f"yield_{m}"][0]) for m in ("Li", "Ni", "Mn", "Co")]
    assert max(reached) < 1.0 < 0.5 + float(np.nanmin(nearest.yields[0]))
    np.testing.assert_allclose(refusal.reached_yields(problem, nearest)[0], reached)
    text = printed(result)
    assert "/".join(f"{np.floor(100.0 * y):.0f}" for y in reached) in text
    head = [line.split()[-1] for line in text.splitlines() if line.endswith(("probability", "90 %"))]
    assert head == ["probability", "%"]
    (table,) = blocks_of(by_key(result)["answer"])
    assert isinstance(table, Table) and "reached with probability 90 %" in table.caption
    shown = table.frame.set_index("quantity")["no. 1"]
    assert shown["Li yield with 90 % probability [%]"] == f"{np.floor(1e3 * reached[0]) / 10.0:.1f}"
    # where the expected yields count there is nothing to add
    (plain,) = blocks_of(by_key(impossible())["answer"])
    assert isinstance(plain, Table) and "Li yield [%]" in plain.frame["quantity"].tolist()


def test_an_acid_without_data_gets_a_guess_and_no_interval() -> None:
    result = without_data()
    front = the_front(result)
    said = printed(result).splitlines()[0]
    assert "; yields (a guess) Li " in said
    assert said.endswith("; no experiment with this acid is in the data.")
    assert "–" not in said[said.index("yields") :]
    # also where the table of the front stands alone, whichever design is starred
    assert len(front.evaluation) == 1 or "Yields with glycine are guesses" in printed(result)
    card = by_key(result)["answer"]
    assert card.finding[0] == said
    assert not any(tile.detail for tile in card.tiles)
    assert "is unknown for an acid without data" in card.finding[1]
    assert np.isinf(front.evaluation.domain_distance).all()
    # an acid of the data keeps its intervals
    known = the_front(trade_off())
    assert "(a guess)" not in words.sentence(trade_off().problem, known.evaluation, known.knee)
    assert METRICS["cost"].label in [tile.label for tile in card.tiles]


def test_a_quantile_that_was_minimised_is_told_beside_the_answer() -> None:
    result = trade_off()
    sure = dataclasses.replace(result.problem, objectives=(minimise("cost", 0.9),))
    evaluation = sure.evaluate(the_front(result).evaluation.designs)
    (told,) = (line for line in words.answer(sure, evaluation, 0) if "p90" in line)
    assert f"{evaluation.objectives[0, 0]:.2f} EUR/kg metal" in told
    assert evaluation.objectives[0, 0] > evaluation.metrics["cost"][0]
