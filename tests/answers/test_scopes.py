"""Both scopes of the cost side by side: in runs, answers and comparisons."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.problem.binding import bind
from optimiser.problem.load import load_config
from optimiser.report.card import make_cards
from optimiser.report.cards import run_makers
from optimiser.report.manifest import manifest
from optimiser.report.scope_words import change_sentence
from optimiser.report.sources import sources_frame
from optimiser.search.known import Known
from optimiser.search.run import RunResult, run
from tests.command import assert_one_clear_block, optimiser
from tests.results import TINY

ACIDS = ["sulfuric", "hydrochloric"]


@cache
def answered() -> opt.Answer:
    return opt.ask(opt.load_problem("nmc111"), acid=ACIDS, scope="plant", throughput=10)


@cache
def plant_run() -> RunResult:
    config = load_config("nmc111_cost_vs_recovery")
    return run(replace(config, search=TINY, problem=two_acids().at_scope("plant", 10)))


def two_acids() -> opt.Problem:
    problem = opt.load_problem("nmc111")
    variables = problem.variables.model_copy(update={"acid": tuple(ACIDS)})
    return problem.model_copy(update={"variables": variables})


def test_cost_means_the_plants_cost_at_plant_scope() -> None:
    problem = bind(opt.load_problem("nmc111").at_scope("plant", 10))
    assert [o.metric for o in problem.objectives] == ["cost_plant", "recovery"]
    bounded = opt.load_problem("nmc111").model_copy(update={"constraints": (opt.Bound("cost", max=5),)})
    assert "cost_plant_max" in bind(bounded.at_scope("plant", 10)).constraint_names
    assert "cost_max" in bind(bounded.at_scope("reagents")).constraint_names
    with pytest.raises(InputError, match="has no throughput"):
        bounded.at_scope("reagents", 10)


def test_both_scopes_agree_about_each_other() -> None:
    """Each scope's best design is at least as good in it as the other's, acid by acid."""
    both = answered().found.scopes
    assert both is not None and set(both.acids) == set(ACIDS)
    cost, whole = both.metrics
    slack = 1.0 + 5e-3  # polishing ends in a neighbourhood
    assert (both.reagents.metrics[cost] <= slack * both.plant.metrics[cost]).all()
    assert (both.plant.metrics[whole] <= slack * both.reagents.metrics[whole]).all()
    assert (both.plant.metrics[whole] > both.plant.metrics[cost]).all()
    frame = answered().scopes()
    assert frame["scope"].tolist() == ["reagents"] * 2 + ["plant"] * 2
    assert frame["rank"].tolist() == [1, 2, 1, 2]


def test_the_answer_tells_both_scopes() -> None:
    told = answered().to_dict()
    assert told["scope"] == "plant" and told["plant"]["throughput"]["value"] == 10
    assert told["plant"]["cod_price"]["source"].startswith("general knowledge")
    assert told["asked"]["objective"] == {"minimise": "cost_plant"}
    shares = told["scopes"]["shares"][told["design"]["acid"]]
    assert sum(shares.values()) == pytest.approx(1.0)
    parts = told["scopes"]["components"][told["design"]["acid"]]
    assert sum(parts.values()) == pytest.approx(told["value"], rel=1e-2)
    text = str(answered())
    assert "with the plant at 10 t/d (reagents and energy alone " in text
    assert "EUR/t feed" in text and "Its largest parts are " in text
    assert "capital " in text and "labour " in text
    assert change_sentence(answered().found.scopes) in text  # type: ignore[arg-type]


def test_a_run_shows_its_plant_on_page_console_and_manifest() -> None:
    result = opt.Result(plant_run())
    both = result._scopes
    assert result.front.to_frame()["cost_plant"].is_monotonic_increasing and both is not None
    pinned = manifest(plant_run(), both)
    assert pinned["scope"] == "plant" and pinned["plant"]["tank_cost"]["source"].startswith("PrOMMiS")
    cards = {card.key: card for card in make_cards(run_makers(plant_run(), pinned, both))}
    assert not any(card.error for card in cards.values())
    card = cards["plant"]
    assert "EUR for 3,200 t of feed" in card.finding[0]
    assert card.finding[-1] in str(result) or card.finding[-2] in str(result)
    bars = next(b for b in card.blocks if b.kind == "figure")
    named = {trace.name for trace in bars.drawing.data}  # type: ignore[union-attr]
    assert {"capital", "labour", "effluent"} <= named
    sources = sources_frame(plant_run().problem)
    assert {"tank cost", "throughput", "cod price"} <= set(sources["quantity"])
    rates = sources[sources["quantity"] == "exchange rate"]
    # equipment is converted at the rate of the cost year, labour at that of its own period; each told once
    assert {"2022", "2023"} <= set(rates["date"]) and not rates.duplicated(["unit", "date"]).any()


def test_without_a_plant_nothing_is_told_of_one() -> None:
    problem = opt.load_problem("nmc111")
    assert problem.at_scope() is problem
    assert not [name for name in bind(problem).metrics if "plant" in name]
    config = load_config("nmc111_cost_vs_recovery")
    alone = run(replace(config, search=TINY, problem=two_acids()))
    with pytest.raises(InputError, match="no plant cost") as error:
        opt.Result(alone).best("cost_plant")
    assert "--scope plant" in error.value.remedy
    with pytest.raises(InputError, match="different scopes"):
        opt.compare(opt.Result(alone), opt.Result(plant_run()))
    assert Known.of(alone).problem.inputs.plant is None


def test_a_metric_of_the_plant_needs_its_scope(tmp_path: Path) -> None:
    done = optimiser("ask", "nmc111", "--minimise", "cost_plant", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "scope: plant, throughput: 10" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scope", "plant"), "needs a throughput"),
        (("--throughput", "0"), "throughput = 0"),
        (("--throughput", "-3"), "throughput = -3"),
        (("--throughput", "nan"), "throughput"),
        (("--scope", "factory", "--throughput", "10"), "no scope 'factory'"),
    ],
)
@pytest.mark.parametrize("command", ["run", "ask", "compare-acids"])
def test_impossible_scopes_write_nothing(
    command: str, options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = optimiser(command, "nmc111", *options, "--out", "out", cwd=tmp_path)
    assert_one_clear_block(done)
    assert said in done.stderr and "process." in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_problem_file_names_the_line_of_a_plant_that_cannot_be(tmp_path: Path) -> None:
    text = opt.load_problem("nmc111").to_yaml() + "process:\n  scope: plant\n  throughput: 10\n"
    (tmp_path / "p.yaml").write_text(text + "  labour_rate: {value: 30, unit: XAU/h, period: 2023}\n")
    done = optimiser("ask", "p.yaml", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "exchange rate of XAU" in done.stderr and "exchange_rates.yaml" in done.stderr
    (tmp_path / "p.yaml").write_text(text + "  cod_price: 0.5 EUR\n")
    done = optimiser("ask", "p.yaml", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "p.yaml, line" in done.stderr and "cod_price" in done.stderr
    # the throughput of the command does not hide where the other number stands
    done = optimiser("ask", "p.yaml", "--throughput", 20, cwd=tmp_path)
    assert_one_clear_block(done)
    assert "p.yaml, line" in done.stderr and "cod_price" in done.stderr


def test_the_command_compares_acids_in_both_scopes(tmp_path: Path) -> None:
    asked = two_acids().model_dump(mode="json", by_alias=True, exclude_unset=True)
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(asked))
    (tmp_path / "c.yaml").write_text(
        "problem: p.yaml\nsearch: {population: 16, generations: 4, seeds: [1], per_acid: 3}\n"
    )
    done = optimiser("compare-acids", "c.yaml", "--throughput", 10, "--json", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["scope"] == "plant" and {d["scope"] for d in told["scopes"]["designs"]} == {
        "reagents",
        "plant",
    }
    assert (tmp_path / "out" / "scopes.csv").is_file()
    assert "Plant cost" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_plant_is_drawn_with_its_numbers() -> None:
    from optimiser.uncertainty.inputs import inputs_of

    problem = opt.load_problem("nmc111")
    alone, whole = ({i.name: i for i in inputs_of(bind(p))} for p in (problem, problem.at_scope("plant", 10)))
    assert set(alone) < set(whole)
    assert whole["labour rate"].varies and whole["labour rate"].unit == "EUR/h"
    # what is decided is not drawn
    assert not whole["precipitated"].varies and not whole["throughput"].varies
    spread = answered().found.spread["cost_plant"]
    assert spread.low < spread.value < spread.high
    assert np.isfinite([spread.low, spread.high]).all()
