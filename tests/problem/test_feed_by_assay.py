"""Questions about black mass: one cathode as formula and as assay, whole solids, reports, round trips."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.metals import METALS, molar_masses
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.feed_words import electrons_sentence, impurity_warnings, reading_lines
from optimiser.problem.load import load_problem
from optimiser.problem.metrics import METRICS
from optimiser.report.check import check_file, check_lines
from optimiser.report.flows import ends, streams
from optimiser.report.nearest import find_nearest
from optimiser.report.run import write_run
from optimiser.report.stored import read_run
from optimiser.report.words import answer, warnings_of
from optimiser.search.front import front_of
from optimiser.search.run import run
from optimiser.search.search import SearchSettings, search
from optimiser.tables.predict import prepare
from optimiser.uncertainty.drawn import Drawn
from optimiser.uncertainty.inputs import inputs_of
from optimiser.variables import CONTINUOUS, Designs
from tests.command import assert_one_clear_block, optimiser
from tests.plants import BLACK_MASS
from tests.results import tiny

ASKED: dict[str, Any] = {
    "variables": {"acid": ["sulfuric", "hydrochloric"]},
    "objectives": [opt.minimise("cost"), opt.maximise("recovery")],
    "constraints": [opt.Yields(Li=0.5)],
}
SETPOINTS = np.array([[70.0, 2.0, 0.0, 40.0, 100.0], [60.0, 3.0, 0.0, 30.0, 60.0]])


def exact(name: str, share: float = 1.0) -> dict[str, float]:
    feed = find_feed(name)
    content = feed.composition * molar_masses() / feed.molar_mass * 100.0 * share
    return {metal: float(wt) for metal, wt in zip(METALS, content, strict=True) if wt > 0.0}


@cache
def black_mass() -> BoundProblem:
    return bind(load_problem("black_mass"))


def both(acid: int = 1, solids: float = 1.0) -> Designs:
    scaled = SETPOINTS * [1.0, 1.0, 1.0, solids, 1.0]
    return Designs(np.full(2, acid), scaled)


def test_formula_and_assay_give_the_same_front() -> None:
    fronts = []
    for feed in ("NMC622", {"name": "NMC622 by assay", "assay": exact("NMC622")}):
        problem = bind(opt.Problem(feed=feed, **ASKED))
        found = search(problem, SearchSettings(16, 8, 0), np.random.default_rng(1))
        front = front_of(problem, found.final, 12)
        assert front is not None and len(front.evaluation) > 2
        fronts.append(front.evaluation)
    one, other = fronts
    assert np.array_equal(one.designs.continuous, other.designs.continuous)
    assert one.metrics.keys() == other.metrics.keys()
    for name in one.metrics:
        np.testing.assert_allclose(other.metrics[name], one.metrics[name], rtol=1e-9, atol=1e-9)


@settings(max_examples=5, deadline=None)
@given(st.floats(0.2, 0.95))
def test_what_is_beside_the_cathode_is_no_solid_to_the_yield_model(share: float) -> None:
    """As much cathode per litre: the same yields, the same distance and support; more solids, less room."""
    pure = bind(opt.Problem(feed="NMC622", **ASKED))
    assay = {**exact("NMC622", share), "graphite": 100.0 * (1.0 - share)}
    mixed = bind(opt.Problem(feed={"name": "with graphite", "assay": assay}, **ASKED))
    for acid in (0, 1):
        one, other = pure.evaluate(both(acid)), mixed.evaluate(both(acid, 1.0 / share))
        np.testing.assert_allclose(other.yields, one.yields, atol=1e-9)
        np.testing.assert_allclose(other.domain_distance, one.domain_distance, rtol=1e-9)
        assert np.array_equal(other.support, one.support)
        near, far = pure.neighbourhoods[acid], mixed.neighbourhoods[acid]
        np.testing.assert_allclose(far.high[3] * share, near.high[3])
        # but for the plant's grid, which is one of the feed's solids
        np.testing.assert_allclose(
            far.beyond(both(acid, 1.0 / share).continuous), near.beyond(both(acid).continuous), atol=0.02
        )
        assert (other.outcome.balance.residue > one.outcome.balance.residue).all()
    # what the data cover is searched in the feed's own solids
    assert mixed.upper[0, 3] == pytest.approx(min(pure.upper[0, 3] / share, 1000.0), abs=0.6 / share)


def test_metrics_of_impurities_are_there_only_where_they_are_fed() -> None:
    extra = {
        "reductant_metals",
        "reductant_peroxide",
        "hydrogen",
        "leachate_Cu",
        "leachate_Al",
        "leachate_Fe",
    }
    pure = bind(opt.Problem(feed="NMC622", **ASKED))
    assert not extra & pure.metrics.keys()
    assert {*extra, "hydroxides"} <= black_mass().metrics.keys()
    iron = bind(opt.Problem(feed={"assay": {**exact("NMC622", 0.9), "Fe": 2}}, **ASKED))
    assert extra & iron.metrics.keys() == {
        "reductant_metals", "reductant_peroxide", "hydrogen", "leachate_Fe"
    }  # fmt: skip
    with pytest.raises(InputError, match="leachate_Cu") as error:
        bind(opt.Problem(feed="NMC622", **{**ASKED, "objectives": [opt.minimise("leachate_Cu")]}))
    assert "assay" in error.value.remedy
    mine = {"name": "ours", "assay": BLACK_MASS}
    with pytest.raises(InputError, match="same for every design"):
        bind(opt.Problem(feed=mine, **{**ASKED, "objectives": [opt.minimise("hydrogen")]}))


def test_the_answer_names_copper_and_aluminium_as_reductants() -> None:
    problem, evaluation = black_mass(), black_mass().evaluate(both())
    said = electrons_sentence(problem, evaluation, 0)
    # per 100 g and with the default shares: Cu 2 x 0.9 x 2.1 / 63.546 = 0.05948 mol of electrons, Al
    # 3 x 0.7 x 3.4 / 26.982 = 0.26462, Fe 2 x 0.9 x 0.4 / 55.845 = 0.01289; needed 0.58775 x what dissolves
    needed = float(evaluation.outcome.balance.electrons_needed[0]) / 10_000.0
    share = (0.05948 + 0.26462 + 0.01289) / needed
    assert said.startswith(f"Copper, aluminium and iron give {100 * share:.0f} % of the electrons")
    assert f"Al {100 * 0.26462 / needed:.0f} %" in said
    assert said in answer(problem, evaluation, 0)
    assert any("hydrogen" in line for line in impurity_warnings(problem, evaluation, 0))
    told = " ".join(warnings_of(problem, evaluation, 0))
    assert (
        "input, not a prediction" in told and "LiNi0.61Mn0.19Co0.2O2" in told and "electrolyte salt" in told
    )
    lines = "\n".join(check_lines(check_file("black_mass")))
    assert "57.0 % of what is charged" in lines and "unaccounted" in lines


def test_a_blend_says_that_it_is_an_average() -> None:
    feed = Feed(blend=[{"feed": "NMC111", "share": 0.6}, {"feed": "NMC811", "share": 0.4}])
    assert "which a mixture of particles is not" in reading_lines(feed)[0]
    assert reading_lines(find_feed("NMC111")) == ()


def test_streams_of_black_mass_balance() -> None:
    evaluation = black_mass().evaluate(both())
    found = streams(black_mass(), evaluation, 0)
    into, out = ends(found)
    assert sum(into.values()) == pytest.approx(sum(out.values()))
    assert out["hydroxides"] == pytest.approx(float(evaluation.metrics["hydroxides"][0]))


def test_ranges_are_drawn_and_the_sums_follow() -> None:
    problem = bind(opt.Problem(feed={"name": "ours", "assay": {**BLACK_MASS, "Cu": [1, 3]}}, **ASKED))
    names = {one.name: one for one in inputs_of(problem)}
    assert names["copper in ours"].distribution == "uniform" and names["copper in ours"].high == 0.03
    assert {"copper dissolved", "aluminium dissolved", "iron dissolved"} <= names.keys()
    pure = {one.name for one in inputs_of(bind(opt.Problem(feed="NMC622", **ASKED)))}
    assert not any("dissolved" in name for name in pure)
    # 3 % of copper: as a problem that says 3 %
    evaluation = problem.evaluate(both())
    values = {("feed", "", "Cu"): np.array([0.03]), ("plant", "", "copper_dissolved"): np.array([1.0])}
    ((_, drawn),) = Drawn(problem, evaluation).chunks(values, 1)
    assay = {**BLACK_MASS, "Cu": 3.0, "graphite": 32.0}  # the whole stays what it is
    other = opt.Problem(feed={"name": "ours", "assay": assay}, process={"copper_dissolved": 1.0}, **ASKED)
    there = bind(other).evaluate(both())
    for name in ("leachate_Cu", "residue", "reductant_metals", "salt", "hydrogen"):
        np.testing.assert_allclose(METRICS[name].compute(drawn), there.metrics[name], rtol=1e-9)


def test_what_is_not_of_the_whole_feed_is_said() -> None:
    found = find_nearest(black_mass(), both().take(np.array([0])), None, 2)
    assert "57 % are cathode" in found.said
    # 40 g/L of the feed are 22.8 of cathode: an experiment of as much is no distance away in solids
    near, share = black_mass().neighbourhoods[1], black_mass().feed.cathode_share
    own = black_mass().surrogate.domain.conditions(near)
    rows = np.arange(len(own)), np.flatnonzero(near.near_feed)
    assert near.square_distances(own)[rows] == pytest.approx(near._feed_square[near.near_feed], abs=1e-12)
    assert own[:, 3].min() == pytest.approx(near.low[3])
    measured = black_mass().surrogate.domain.fixed[near.of_acid][near.near_feed][:, 3]
    assert near.low[3] * share == pytest.approx(measured.min())
    frame = pd.DataFrame(SETPOINTS[:1], columns=list(CONTINUOUS)).assign(acid="sulfuric")
    assert "0.57 g per g" in " ".join(prepare(frame, question=load_problem("black_mass")).notes)


def test_a_run_keeps_its_assay(tmp_path: Path) -> None:
    config = tiny("black_mass")
    write_run(run(config), tmp_path / "out", ("csv", "html"))
    back = read_run(tmp_path / "out")
    assert back.problem.feed == black_mass().feed
    assert "assay" in back.question.to_yaml() and "Ni: 0.6" not in back.question.to_yaml()
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Copper, aluminium and iron give" in page and "not a prediction" in page
    header = (tmp_path / "out" / "front.csv").read_text(encoding="utf-8").splitlines()[0]
    assert {"leachate_Cu", "hydrogen", "hydroxides", "reductant_metals"} <= set(header.split(","))


def test_to_yaml_gives_the_same_question_back(tmp_path: Path) -> None:
    blend = {"name": "ours", "blend": [{"feed": {"assay": {**BLACK_MASS, "Cu": [1, 3]}}, "share": 0.7},
                                       {"feed": "NMC111", "share": 0.3}]}  # fmt: skip
    for feed in ({"name": "ours", "assay": {**BLACK_MASS, "Al": {"low": 2, "mode": 3, "high": 4}}}, blend):
        question = opt.Problem(feed=feed, **ASKED)
        path = tmp_path / "mine.yaml"
        path.write_text(question.to_yaml(), encoding="utf-8")
        assert load_problem(path).feed == question.feed
        again = yaml.safe_load(load_problem(path).to_yaml())
        assert again["feed"] == yaml.safe_load(question.to_yaml())["feed"]


BAD = [
    ("assay: {Li: 4.1", "assay: {Li: 4.1, Ti: 60", "sums to 140", "feed.assay"),
    ("Cu: 2.1", "Cu: -2.1", "-2.1 wt%", "feed.assay.Cu"),
    ("Cu: 2.1", "Unobtainium: 2.1", "Unobtainium", "feed.assay.Unobtainium"),
    ("Li: 4.1, ", "", "no lithium", "feed.assay"),
    ("Ni: 21.0", "Ni: [20, 22]", "cannot have a range", "feed.assay.Ni"),
    ("  mass: 1000", "  mass: 1000\n  Cu: 2", "'Cu'", "feed.Cu"),
    ("impurity_removal: hydroxide", "impurity_removal: cement", "cement", "process.impurity_removal"),
]


@pytest.mark.parametrize(("old", "new", "what", "key"), BAD)
def test_bad_assays_are_refused_with_their_line(
    old: str, new: str, what: str, key: str, tmp_path: Path
) -> None:
    text = (Path(__file__).parents[2] / "problems" / "black_mass.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    done = optimiser("check", "mine.yaml", cwd=tmp_path)
    assert_one_clear_block(done)
    assert what in done.stderr and key in done.stderr and "mine.yaml, line " in done.stderr
    assert "remove the key" not in done.stderr
