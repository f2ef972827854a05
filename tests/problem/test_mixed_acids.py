"""Problems with mixtures of acids: how they are written, what is refused, and that guesses stay guesses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.answers.levers import lever, with_price
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.mixtures import choose
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_problem
from optimiser.report.stored import read_run
from optimiser.tables.predict import parts, prepare
from optimiser.tables.results import amounts
from optimiser.uncertainty.drawn import Drawn
from optimiser.uncertainty.inputs import inputs_of
from optimiser.variables import Designs
from tests.command import assert_one_clear_block, optimiser, process

MIX = "0.7 sulfuric + 0.3 citric"
AT = [60.0, 1.5, 2.0, 50.0, 60.0]


def question(*acids: Any, off: bool = False, **more: Any) -> opt.Problem:
    limits = [{"applicability_domain": "off"}] if off else []
    return opt.Problem(
        feed="NMC111",
        variables={"acid": list(acids)},
        objectives=[opt.minimise("cost")],
        constraints=limits,
        **more,
    )


def designs(n: int) -> Designs:
    return Designs(np.arange(n), np.tile(AT, (n, 1)))


def mix(**shares: float) -> Mapping[str, Any]:
    return {"mix": shares}


def test_a_mixture_is_written_read_and_written_again(tmp_path: Path) -> None:
    asked = question("sulfuric", mix(citric=0.3, sulfuric=0.7))
    assert asked.variables.acid == ("sulfuric", MIX)
    text = asked.to_yaml()
    assert "mix:\n      sulfuric: 0.7\n      citric: 0.3" in text
    path = tmp_path / "p.yaml"
    path.write_text(text)
    assert load_problem(path).variables.acid == asked.variables.acid
    assert question("sulfuric", "30 % citric + 70 % sulfuric").variables.acid == asked.variables.acid
    assert bind(asked).acid_names == ("sulfuric", MIX)


def test_own_acids_are_mixed_too() -> None:
    own = {"vinegar": {"smiles": "CCC(=O)O", "pKa": 4.9, "price": 1, "climate_change": 1}}
    own["vinegar"]["stock"] = {"purity": 0.5, "density": 1.0}
    bound = bind(question("sulfuric", mix(vinegar=0.5, sulfuric=0.5), acids=own))
    assert bound.acids[1].usable_protons == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("acids", "said", "where"),
    [
        ("[{mix: {sulfuric: 0.7, citric: 0.2}}]", "sum to 0.9", "acid[0].mix"),
        ("[{mix: {sulfuric: 1}}]", "mixture of 1 acid ", "acid[0].mix"),
        ("[sulfuric, {mix: {sulfuric: 1.1, citric: -0.1}}]", "share of 1.1 ", "acid[1].mix"),
        ("[{mix: {sulfuric: much, citric: 0.5}}]", "'much' is not a number", "acid[0].mix.sulfuric"),
        ("[{mix: {sulfuric: 0.5, nonsense: 0.5}}]", "no acid 'nonsense'", "acid"),
        ("[{mix: {sulfuric: 0.5, H2SO4: 0.5}}]", "twice", "acid"),
        ("[{blend: {sulfuric: 0.5, citric: 0.5}}]", "a name, or a mixture", "acid[0]"),
        ("[{mix: sulfuric}]", "a name, or a mixture", "acid[0]"),
        ("[{mix: {sulfuric: .5, citric: .5}}, {mix: {citric: .5, H2SO4: .5}}]", "twice", "acid[1]"),
        ("[{mix: {sulfuric: .5, citric: .5}}, 0.5 citric + 0.5 sulfuric]", "twice", "acid"),
    ],
)
def test_an_impossible_mixture_is_refused(acids: str, said: str, where: str, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"feed: NMC111\nvariables:\n  acid: {acids}\nobjectives: [minimise: cost]\n")
    with pytest.raises(InputError) as found:
        bind(load_problem(path))
    assert said in found.value.what and f"line 3, key variables.{where}" in found.value.where


def test_a_mixture_is_outside_the_domain_and_its_yields_lie_between() -> None:
    bound = bind(question("sulfuric", MIX, "citric"))
    assert bound.supported_acids == ("sulfuric",)
    found = bound.evaluate(designs(3))
    assert np.isinf(found.domain_distance[1]) and found.support[1] == 0
    assert found.margins["applicability_domain"][1] < 0.0
    # the guess: 0.7 of what sulfuric acid gives alone and 0.3 of what citric acid does, at the same strength
    nominal = found.yields_nominal[:, :4]
    assert nominal[1] == pytest.approx(0.7 * nominal[0] + 0.3 * nominal[2], abs=1e-9)
    # sums of the others are as without it
    alone = bind(question("sulfuric")).evaluate(designs(1))
    assert np.array_equal(found.yields[0], alone.yields[0], equal_nan=True)
    assert found.metrics["cost"][0] == alone.metrics["cost"][0]


def test_a_mixture_alone_is_not_searched_inside_the_domain() -> None:
    with pytest.raises(InputError, match=r"None of 0\.7 sulfuric \+ 0\.3 citric has the 5 experiments"):
        bind(question(MIX))


def test_a_price_of_one_acid_is_one_of_its_mixtures() -> None:
    bound = bind(question("sulfuric", MIX, off=True))
    dear = with_price(bound, "citric", 2.6)
    price = {name: p.inputs.acids.price.tolist() for name, p in (("now", bound), ("dear", dear))}
    citric = load_acids()["citric"]
    # kg of citric stock in a kg of both, times what it costs more
    share = 0.3 * citric.molar_mass / citric.purity
    share /= share + 0.7 * load_acids()["sulfuric"].molar_mass / load_acids()["sulfuric"].purity
    more = 2.6 - citric.price_eur("kg stock")
    assert price["dear"][0] == price["now"][0]
    assert price["dear"][1] - price["now"][1] == pytest.approx(share * more)
    with pytest.raises(InputError, match="is a mixture, whose price"):
        lever(bound, f"price.{MIX}")


def test_drawn_prices_of_the_acids_are_those_of_the_mixture() -> None:
    bound = bind(question(MIX, off=True))
    keys = {one.key for one in inputs_of(bound)}
    assert {("acid", "citric", "price"), ("acid", "sulfuric", "price")} <= keys
    assert not any(name == MIX for _, name, _ in keys)
    evaluation = bound.evaluate(designs(1))
    # what is drawn for a key is what a problem with that number has
    drawn = {("acid", "citric", "price"): np.array([1.0, 2.6])}
    (_, told), *_ = Drawn(bound, evaluation).chunks(drawn, 2)
    costs = [with_price(bound, "citric", p).evaluate(designs(1)).outcome.cost[0, 0] for p in (1.0, 2.6)]
    assert told.cost[:, 0] == pytest.approx(costs)


def test_a_table_names_mixtures_and_uses_their_acids() -> None:
    frame = pd.DataFrame(
        {
            "acid": ["sulfuric", MIX, "30 % citric + 70 % H2SO4"],
            "temperature": 60.0,
            "acid_concentration": 1.5,
        }
        | {"h2o2": 2.0, "solid_liquid_ratio": 50.0, "time": 60.0}
    )
    found = opt.predict(frame, feed="NMC111")
    assert found["acid"].tolist() == ["sulfuric", MIX, MIX]
    assert found["inside_domain"].tolist() == [True, False, False]
    assert found["note"][1] == "outside the domain: acid not in the data"
    (part,) = next(iter(parts(prepare(frame, feed="NMC111"))))
    used = amounts(part)
    # 20 m3 at 1.5 mol/L: 30,000 mol, of which 9,000 mol x 192.123 g are citric acid
    assert used["citric"] == pytest.approx([0.0, 1729.1, 1729.1], abs=0.1)
    assert used["sulfuric"][1:].sum() == pytest.approx(2.0 * 21.0 * load_acids()["sulfuric"].molar_mass)
    assert set(used) >= {"sulfuric", "citric", "h2o2"} and MIX not in used


def test_a_typed_design_and_a_bad_one(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(question("sulfuric", MIX, off=True).to_yaml())
    rest = "temperature=60,acid_concentration=1.5,h2o2=2,solid_liquid_ratio=50,time=60"
    said = process("nearest", path, "--design", f"acid={MIX},{rest}", cwd=tmp_path)
    assert said.returncode == 0 and "no experiment with 70 % sulfuric acid + 30 % citric acid" in said.stdout
    assert_one_clear_block(
        optimiser("nearest", path, "--design", f"acid=0.7 sulfuric + 0.2 citric,{rest}", cwd=tmp_path)
    )


def test_a_run_off_the_domain_says_that_yields_are_guesses_and_is_read_back(tmp_path: Path) -> None:
    path, config = tmp_path / "p.yaml", tmp_path / "run.yaml"
    path.write_text(question(MIX, off=True).to_yaml())
    config.write_text("problem: p.yaml\nsearch: {population: 8, generations: 2, seeds: [1], per_acid: 0}\n")
    done = optimiser("run", config, "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "yields (a guess)" in said and "no experiment with this acid is in the data" in said
    assert set(pd.read_csv(tmp_path / "out" / "front.csv")["acid"]) == {MIX}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert list(manifest["question"]["ranges"]) == [MIX]
    assert read_run(tmp_path / "out").problem.acid_names == (MIX,)


def test_the_acid_of_a_bound_problem_is_the_mixture_of_its_own_acids() -> None:
    bound: BoundProblem = bind(question(MIX, off=True, acids={"citric": {"price": 5}}))
    usual = choose(MIX, load_acids())
    assert bound.acids[0].price_eur("kg stock") > usual.price_eur("kg stock")
