"""The study of one design: command, Python, page and the card of a run."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.api import Result
from optimiser.report.card import Panels, Table
from optimiser.report.cards.drivers import drivers_card
from optimiser.report.driver_words import driver_sentence, interval_sentence, kinds_sentence
from tests.command import assert_one_clear_block, optimiser, process
from tests.results import blocks_of, impossible, single, the_front, three_objectives, trade_off

DESIGN = "acid=sulfuric,temperature=75,acid_concentration=2,h2o2=2,solid_liquid_ratio=50,time=60"
GIVEN = dict(part.split("=") for part in DESIGN.split(","))
TINY = "problem: nmc111\nsearch: {population: 16, generations: 4, seeds: [1], per_acid: 3}\n"


@cache
def found() -> opt.Sensitivity:
    return opt.sensitivity(opt.load_problem("nmc111"), GIVEN, draws=1_024)


def test_the_command_tells_intervals_chances_and_drivers(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = process("sensitivity", "nmc111", "--design", DESIGN, "--draws", 1024, "--out", out, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for said in (
        "90 % interval",
        "with the yields alone",
        "All yield targets hold",
        "Of the spread of the cost",
    ):
        assert said in done.stdout
    assert str(found()) == done.stdout[: len(str(found()))]
    files = ["chances.csv", "drivers.csv", "inputs.csv", "intervals.csv", "manifest.json", "report.html"]
    assert sorted(path.name for path in out.iterdir()) == files
    pd.testing.assert_frame_equal(
        pd.read_csv(out / "intervals.csv"), found().intervals(), check_exact=False, rtol=1e-9
    )
    pinned = json.loads((out / "manifest.json").read_text())
    assert (pinned["seed"], pinned["draws"]) == (1, 1024) and "Cost is" in pinned["answer"]


def test_json_holds_the_same_study(tmp_path: Path) -> None:
    done = optimiser("sensitivity", "nmc111", "--design", DESIGN, "--draws", 1024, "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["metric"] == "cost" and told["out"] is None and told["design"]["acid"] == "sulfuric"
    frame = found().drivers()
    assert [row["input"] for row in told["drivers"]] == frame["input"].tolist()
    np.testing.assert_allclose([row["total"] for row in told["drivers"]], frame["total"])
    assert list(told["shares"]) == ["price", "impact factor", "stock", "plant", "yields"]
    assert told["chances"]["all constraints"] == found().chances()["probability"].iloc[-1]


def test_without_a_design_the_config_is_searched(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(TINY)
    done = optimiser(
        *("sensitivity", "mine.yaml", "--draws", 256, "--objective", "climate_change", "--json"), cwd=tmp_path
    )
    told = json.loads(done.stdout)
    result = opt.run(opt.load_config(tmp_path / "mine.yaml"))
    assert told["design"]["acid"] == result.best("cost")["acid"]
    assert told["design"]["temperature"] == result.best("cost")["temperature"]
    assert told["metric"] == "climate_change" and len(told["acids"]) > 1
    row = opt.sensitivity(result, result.best("cost"), draws=256)
    assert row.intervals()["value"].tolist() == pytest.approx([r["value"] for r in told["intervals"]])
    same = opt.sensitivity(result, draws=256)
    assert same.intervals().to_dict("records") == [
        {k: pytest.approx(v) if isinstance(v, float) else v for k, v in row.items()}
        for row in told["intervals"]
    ]
    front = same.front()
    assert front["acid"].tolist() == result.front.to_frame()["acid"].tolist()
    assert ((front["cost_low"] <= front["cost"]) & (front["cost"] <= front["cost_high"])).all()
    chances = front[["p_targets", "p_constraints", "p_nondominated"]].to_numpy()
    assert ((chances >= 0.0) & (chances <= 1.0)).all() and len(told["front"]) == len(front)
    # the first acid is the best one, and nothing beats itself
    assert same.acids()["value"].is_monotonic_increasing and np.isnan(same.acids()["p_beaten"][0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--draws", "5", "--design", DESIGN), "5 draws are not possible"),
        (("--seed", "-1", "--design", DESIGN), "seed -1 is not possible"),
        (("--objective", "cots", "--design", DESIGN), "did you mean 'cost'"),
        (("--objective", "yield_Li", "--design", DESIGN), "are not ranked"),
        (("--row", "2"), "--row needs a front"),
        (("--design", "acid=sulfuric"), "The design lacks"),
        (("--prices", "missing.csv", "--design", DESIGN), "missing.csv"),
    ],
)
def test_bad_input_is_refused_in_one_block(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = optimiser("sensitivity", "nmc111", *arguments, "--out", "out", cwd=tmp_path)
    assert_one_clear_block(done)
    assert said in done.stderr and not (tmp_path / "out").exists()


def test_python_refuses_what_is_no_problem_and_what_is_not_feasible() -> None:
    with pytest.raises(InputError, match="is not a problem"):
        opt.sensitivity("nmc111")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="No design is feasible"):
        opt.sensitivity(Result(impossible()))
    with pytest.raises(InputError, match="has its own tables"):
        opt.sensitivity(Result(trade_off()), prices="prices.csv")
    with pytest.raises(InputError, match="DataFrame is not a design"):
        opt.sensitivity(opt.load_problem("nmc111"), pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="The design lacks time"):
        opt.sensitivity(opt.load_problem("nmc111"), {k: v for k, v in GIVEN.items() if k != "time"})
    with pytest.raises(InputError, match="There is no objective"):
        found().drivers("cots")


def test_own_prices_are_drawn_within_their_own_range(tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: EUR\nprices: {sulfuric: {value: 0.2, low: 0.2, high: 0.2, per: kg stock}}\n")
    certain = opt.sensitivity(opt.load_problem("nmc111"), GIVEN, draws=256, prices=prices)
    row = certain.inputs().set_index("input").loc["price of sulfuric acid"]
    assert (row["mode"], row["distribution"]) == (0.2, "fixed")
    assert "price of sulfuric acid" not in certain.drivers()["input"].tolist()
    assert "price of sulfuric acid" in found().drivers()["input"].tolist()


def test_a_study_writes_itself(tmp_path: Path) -> None:
    folder = found().write(tmp_path / "out")
    assert "How sure is the design" in (folder / "report.html").read_text()
    with pytest.raises(InputError, match="exists"):
        found().write(tmp_path / "out")


def test_a_front_s_card_tells_drivers_chances_and_acids() -> None:
    result = three_objectives()
    card = drivers_card(result)
    assert " drive" in card.finding[0] and "of the spread of the cost" in card.finding[0]
    assert any("non-dominated in" in text for text in card.finding)
    tables = {block.name: block for block in card.blocks if isinstance(block, Table)}
    chances = tables["chances-table"].frame.set_index("what")
    share = chances.drop(columns=[]).to_numpy()
    assert ((share >= 0.0) & (share <= 100.0)).all()
    assert (chances.iloc[:, 1] <= chances.iloc[:, 0]).all() and (
        chances.iloc[:, 0] <= chances.iloc[:, 2]
    ).all()
    panels = next(block for block in card.blocks if isinstance(block, Panels))
    assert [f.name for f in panels.figures][:2] == ["tornado-cost", "shares-cost"]
    assert {"acid-chances", "front-chances", "uncertain-inputs"} <= tables.keys()
    assert len(blocks_of(card)) >= 6


def test_cards_of_odd_fronts_can_be_made() -> None:
    assert drivers_card(impossible()).not_applicable
    assert not any("non-dominated" in text for text in drivers_card(single()).finding)
    assert drivers_card(trade_off()).finding


def test_the_tornado_starts_at_the_design_and_ends_at_the_ends() -> None:
    card = drivers_card(trade_off())
    tornado = next(f for f in card.figures if f.name == "tornado-cost").drawing
    base = float(the_front(trade_off()).evaluation.metrics["cost"][the_front(trade_off()).answer])
    assert all(bar.base == pytest.approx(base) for bar in tornado.data)
    reach = np.abs(np.array(tornado.data[0].x) - np.array(tornado.data[1].x))
    assert (np.diff(reach) <= 1e-12).all()


def test_sentences_name_shares_and_ends() -> None:
    of = found().study
    said = interval_sentence("cost", of.every, of.alone)
    low, high = of.every.interval("cost")
    assert f"{low[0]:.2f} to {high[0]:.2f} EUR/kg metal with prices" in said
    assert "prices" in kinds_sentence(of.drivers, "cost")
    top = of.drivers.frame("cost").iloc[0]
    assert f"{100 * top['first']:.0f} %" in driver_sentence(of.drivers, "cost")
    assert interval_sentence("recovery", of.every, of.alone).endswith("with the yields alone the same.")
