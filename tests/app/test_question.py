"""The page's question: read by the project's own loaders, and the same in its files and its commands."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.answers.options import asked_of
from optimiser.answers.question import Asked, question_of
from optimiser.app.live import Answers
from optimiser.app.question import FACTORS, PRICES, PROBLEM, SEARCH, lenient, loaded, posed
from optimiser.app.told import form_json
from optimiser.cli.ask import ask
from optimiser.problem.binding import bind
from optimiser.problem.load import load_config
from optimiser.tables.own import own_tables


def changed(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(loaded("nmc111")), **parts}


def test_a_problem_that_ships_stays_the_same_question() -> None:
    for name in ("nmc111", "black_mass"):
        told, shipped = posed({"problem": loaded(name)}).problem, opt.load_problem(name)
        assert told.model_copy(update={"name": name}).to_yaml() == shipped.to_yaml()


def test_the_files_and_the_command_ask_the_same(tmp_path: Path) -> None:
    problem = changed()
    problem["constraints"][0] = {"yield": {"Li": 0.8, "Co": 0.75}, "confidence": 0.8, "joint": True}
    told = posed({"problem": problem, "prices": {"sulfuric": 0.3, "h2o2": 2.0}, "factors": {"h2o2": 3.0}})
    for name, text in told.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert set(told.files) == {PROBLEM, PRICES, FACTORS, SEARCH}
    config = load_config(tmp_path / SEARCH)
    assert config.problem.to_yaml() == told.problem.to_yaml() and config.search.seeds == (1,)
    # prices and factors by levers, as the live answer has them, and by tables, as the commands do
    ours = Answers().bound(told)
    theirs = bind(told.problem, own_tables(told.problem, None, tmp_path / PRICES, tmp_path / FACTORS))
    design = ours.designs(np.array([0]), np.array([[60.0, 2.0, 2.0, 50.0, 60.0]]))
    for metric in ("cost", "climate_change"):
        one, other = (problem.evaluate(design).metrics[metric][0] for problem in (ours, theirs))
        assert one == pytest.approx(other, rel=1e-12)
    # what the options say is what the file says
    given = ask.make_context("ask", list(told.ask[1:]), resilient_parsing=False).params
    names = ("minimise", "maximise", "yields", "confidence", "joint", "acid", "fix", "at_least", "at_most")
    asked = asked_of(**{name: given[name] for name in (*names, "price")})
    assert question_of(told.problem, asked).to_yaml() == question_of(told.problem, Asked()).to_yaml()
    assert asked.price == told.prices
    # an option would count instead of what is changed in the file
    assert told.command.startswith("optimiser ask problem.yaml --price=sulfuric=0.3 ")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("LiNi0.6Mn0.2Co0.2O2", {"Ni": 0.6, "Mn": 0.2, "Co": 0.2}),
        ("LiCoO2", {"Co": 1.0}),
        ("LiMn2O4", {"Mn": 2.0}),
        ("Li1.1Ni0.55Co0.55O2.2", {"Ni": 0.5, "Co": 0.5}),  # all by 1.1
    ],
)
def test_a_formula_is_a_feed(formula: str, expected: dict[str, float]) -> None:
    feed = posed({"problem": changed(feed={"formula": formula, "mass": 5}, constraints=[])}).problem.feed
    assert {m: getattr(feed, m) for m in ("Ni", "Mn", "Co") if getattr(feed, m)} == pytest.approx(expected)
    assert (feed.name, feed.mass) == (formula, 5)


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"feed": {"formula": "<img src=x onerror=alert(1)>"}}, "feed.formula"),
        ({"feed": {"formula": "NiO2"}}, "feed.formula"),
        ({"feed": {"formula": "LiCo.O2"}}, "feed.formula"),
        ({"feed": {"assay": {"Li": 4, "Co": "=1+1"}}}, "feed.assay.Co"),
        ({"surrogate": "../../etc"}, "surrogate"),
        ({"surrogate": ["x"]}, "surrogate"),
        ({"impacts": "/etc/passwd"}, "impacts"),
        ({"variables": 3}, "variables"),
        ({"variables": {"acid": "sulfuric", "temperature": [90, 20]}}, "variables.temperature"),
        ({"constraints": [{"yield": {"Co": 2}}]}, "constraints[0].yield.Co"),
        ({"constraints": [{"yield": {"Co": 0.9}, "confidence": 3}]}, "constraints[0].confidence"),
        ({"process": {"scope": "plant", "throughput": -1}}, "process.throughput"),
    ],
)
def test_an_error_names_the_key(parts: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as refused:
        Answers().bound(posed({"problem": changed(**parts)}))
    told = refused.value
    assert key in told.where or ".".join(map(str, told.key)) == key
    with pytest.raises(InputError):  # neither does the form fall over it
        asked = posed(lenient({"problem": changed(**{**parts, "objectives": 1, "nothing": 1})}))
        Answers().bound(asked)


@pytest.mark.parametrize("part", ["prices", "factors"])
@pytest.mark.parametrize("given", [{"--out": 1}, {"sulfuric": "x"}, {"a/b": 1}, 7])
def test_no_name_becomes_an_option_or_a_path(part: str, given: Any) -> None:
    with pytest.raises(InputError) as refused:
        posed({"problem": changed(), part: given})
    assert refused.value.key[0] == part


def test_the_form_offers_what_another_feed_has() -> None:
    problem = changed(feed={"name": "LCO", "mass": 1000})  # with targets on nickel, which it lacks
    told = posed(lenient({"problem": problem, "prices": {"sulfuric": 9}}))
    found = form_json(told, Answers().bound(told))
    assert found["metals"] == ["Li", "Co"]
    acids = {one["name"]: one for one in found["acids"]}
    assert acids["citric"]["near"] and not acids["sulfuric"]["near"]
    prices = {one["name"]: one for one in found["prices"]}
    assert prices["power"]["unit"] == "EUR/kWh" and prices["h2o2"]["unit"] == "EUR/kg pure"
    assert prices["sulfuric"]["value"] < 1.0  # the known one
    assert found["ranges"][0]["name"] == "temperature"


def test_the_form_shows_the_closure_of_an_assay() -> None:
    told = posed(lenient({"problem": loaded("black_mass")}))
    reading = form_json(told, Answers().bound(told))["reading"]
    feed = opt.load_problem("black_mass").feed
    assert reading["assay"] and reading["closure"] == feed.reading.closure
    assert 0.9 < reading["closure"] <= 1.02
