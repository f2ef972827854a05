"""Suggested experiments: inside all limits on the laboratory's grid, the same twice, and back as results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.learning.drawing import distances
from optimiser.learning.setpoints import laboratory_setpoints
from optimiser.learning.store import create
from optimiser.learning.suggest import APART, OUTSIDE, Suggested, sampled
from optimiser.problem.metrics import METRICS
from optimiser.questions import Suggestions
from optimiser.search import pool
from optimiser.surrogate.artefact import load_surrogate
from optimiser.tables.own_results import read_results
from optimiser.variables import CONTINUOUS, Designs
from tests.command import assert_one_clear_block, optimiser, process

ASKED = {
    "feed": "NMC111",
    "variables": {
        "acid": ["sulfuric", "hydrochloric"],
        "temperature": (30.4, 80),
        "h2o2": (0, 8),
        "solid_liquid_ratio": (10, 80),
        "time": (10, 180),
    },
    "objectives": [opt.minimise("cost"), opt.maximise("recovery")],
}
TARGETS = opt.Yields(Li=0.8, Co=0.75)


@pytest.fixture(scope="module", autouse=True)
def _small_scan():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "_SCANNED", 512)
        yield


@pytest.fixture(scope="module")
def problem() -> opt.Problem:
    return opt.Problem(**ASKED, constraints=[TARGETS])


@pytest.fixture(scope="module")
def first(problem: opt.Problem) -> Suggestions:
    """Without own results."""
    return opt.suggest(problem, n=5, samples=3)


@pytest.fixture(scope="module")
def sheet(first: Suggestions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sheet of the first suggestions, filled in: eight points below what is predicted."""
    path = first.write_sheet(tmp_path_factory.mktemp("sheet") / "sheet.xlsx", volume_ml=50)
    book = openpyxl.load_workbook(path)
    page = book["results"]
    names = {str(cell.value): cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        for metal in ("Li", "Ni", "Mn", "Co"):
            said = str(page.cell(row, names[f"predicted yield {metal}"]).value)
            value = max(float(said.split(" %")[0]) / 100.0 - 0.08, 0.0)
            page.cell(row, names[f"yield {metal} [fraction]"]).value = value
    book.save(path)
    return path


@pytest.fixture(scope="module")
def plant(problem: opt.Problem, sheet: Path, tmp_path_factory: pytest.TempPathFactory) -> opt.Problem:
    """The problem with what the filled-in sheet taught."""
    folder = tmp_path_factory.mktemp("models") / "plant"
    create(read_results(sheet), load_surrogate("pd-gbr"), str(folder))
    return opt.Problem(**ASKED, constraints=[TARGETS], surrogate=str(folder))


@pytest.fixture(scope="module")
def next_(plant: opt.Problem) -> Suggestions:
    """With own results."""
    return opt.suggest(plant, n=4, batch=True)


def assert_possible(found: Suggested, limit: float = 1.0) -> None:
    """All limits but the targets hold, ranges are kept, setpoints are what a laboratory can set."""
    bound, designs = found.problem, found.evaluation.designs
    low, high = bound.lower[designs.acid], bound.upper[designs.acid]
    assert ((designs.continuous >= low - 1e-9) & (designs.continuous <= high + 1e-9)).all()
    assert laboratory_setpoints(designs, low, high).continuous.tolist() == designs.continuous.tolist()
    again = bound.evaluate(designs)
    for name, margin in again.margins.items():
        if not name.startswith("yield_"):
            assert (margin >= 0.0).all(), name
    assert (again.domain_distance <= limit).all()
    assert len(np.unique(designs.setpoints)) == len(designs)


def test_a_first_set_keeps_its_distance(first: Suggestions) -> None:
    found = first.found
    assert found.first
    assert {reason.kind for reason in found.reasons} == {"first"}
    assert_possible(found)
    apart = distances(found.problem, found.evaluation.designs, 1.0)
    assert apart[~np.eye(5, dtype=bool)].min() >= APART
    assert "no own results" in str(first)


def test_the_next_set_improves_and_keeps_its_distance(next_: Suggestions, sheet: Path) -> None:
    found = next_.found
    assert found.own == len(read_results(sheet))
    assert {reason.kind for reason in found.reasons} <= {"improves", "first", "sure"}
    assert_possible(found)
    apart = distances(found.problem, found.evaluation.designs, 1.0)
    assert apart[~np.eye(4, dtype=bool)].min() >= APART
    measured = read_results(sheet).scenarios.continuous
    for row in found.evaluation.designs.continuous:
        assert not (np.abs(measured - row) < 1e-6).all(axis=1).any()


def test_what_is_measured_is_the_best_to_beat(next_: Suggestions, sheet: Path) -> None:
    found, results = next_.found, read_results(sheet)
    bound = found.problem
    index = [bound.acid_names.index(results.scenarios.acids[k].name) for k in results.scenarios.acid]
    designs = Designs(np.array(index), results.scenarios.continuous)
    yields = bound.evaluate(designs).yields.copy()
    yields[:, :4] = results.yields
    free = bound.with_constraints(opt.Yields(), opt.ApplicabilityDomain(None))
    low, high = bound.lower[designs.acid], bound.upper[designs.acid]
    kept = ((designs.continuous >= low) & (designs.continuous <= high)).all(axis=1)
    kept &= (results.yields[:, 0] >= 0.8) & (results.yields[:, 3] >= 0.75)
    told = free.evaluate(designs)
    measured = replace(told.prediction, mean=yields, location=None)
    kept &= (free.point_at(designs, measured).margins >= 0.0).all(axis=1)
    cost = METRICS["cost"].compute(bound.outcome_of(designs, yields))[kept]
    assert kept.any()
    assert found.measured == pytest.approx(cost.min())


def test_doubt_shrinks_and_never_grows(first: Suggestions, next_: Suggestions) -> None:
    for found in (first.found, next_.found):
        told = found.doubt
        assert (told.scale[~np.isnan(told.scale)] <= 1.0).all()
        for ends in told.metrics.values():
            assert ends.low <= ends.low_after <= ends.value <= ends.high_after <= ends.high
        assert told.wrong_after <= told.wrong
    assert first.found.doubt.metrics["recovery"].share < 0.9


def test_the_same_seed_suggests_the_same(plant: opt.Problem, next_: Suggestions) -> None:
    again, other = (opt.suggest(plant, n=4, batch=True, seed=seed) for seed in (1, 2))
    told = [one.found.evaluation.designs.continuous.tolist() for one in (next_, again, other)]
    assert told[0] == told[1] != told[2]
    assert next_.found.reasons == again.found.reasons


@pytest.mark.parametrize(("aim", "kinds"), [("front", {"front", "first", "sure"}), ("feasibility", {"edge"})])
def test_other_aims(plant: opt.Problem, aim: str, kinds: set[str]) -> None:
    found = opt.suggest(plant, n=3, aim=aim, explore=True).found
    assert {reason.kind for reason in found.reasons} <= kinds
    assert_possible(found, OUTSIDE)


def test_exploring_flags_guesses(plant: opt.Problem) -> None:
    told = opt.suggest(plant, n=12, explore=True)
    far = told.found.evaluation.domain_distance > 1.0
    assert [one["guess"] for one in told.to_dict()["experiments"]] == far.tolist()
    assert [("a guess" in why) for why in told.to_frame()["why"]] == far.tolist()


def test_without_targets_everything_is_feasible() -> None:
    free = opt.Problem(**ASKED)
    told = opt.suggest(free, n=2)
    assert "no yield targets" in str(told)
    assert np.isnan(told.found.doubt.chance)
    with pytest.raises(InputError, match="every design is feasible"):
        opt.suggest(free, n=2, aim="feasibility")


def test_samples_differ_in_time_only() -> None:
    designs = Designs(np.array([0, 0]), np.array([[60.0, 2, 1, 50, 120], [60.0, 2, 1, 50, 1]]))
    told, number = sampled(designs, 3)
    # 120 / 3 = 40, 120 / 1.7 = 70.6 on a grid of 5; of one minute there is one sample
    assert told.time.tolist() == [40.0, 70.0, 120.0, 1.0]
    assert number.tolist() == [0, 0, 0, 1]
    assert sampled(designs, 1)[0].continuous.tolist() == designs.continuous.tolist()


def test_a_filled_sheet_comes_back(first: Suggestions, sheet: Path) -> None:
    found = read_results(sheet)
    designs, number = first.found.samples
    assert found.scenarios.continuous.tolist() == designs.continuous.tolist()
    assert found.experiments.tolist() == number.tolist()
    assert not found.empty


def test_the_table(first: Suggestions) -> None:
    frame = first.to_frame()
    assert list(frame)[:7] == ["experiment", "acid", *CONTINUOUS]
    assert frame["why"][0].startswith("Could be the first")
    assert "<table" in first._repr_html_()
    assert len(first) == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--n", "0"), "0 is no number of experiments"),
        (("--n", "49"), "49 is no number of experiments"),
        (("--for", "costs"), "There is no aim 'costs'"),
        (("--samples", "4"), "4 is no number of samples"),
        (("--volume", "0"), "A volume of 0 mL"),
        (("--volume", "nan"), "A volume of nan mL"),
        (("--seed", "-1"), "The seed -1"),
        (("-o", "sheet.csv"), "sheet.csv names no kind of table"),
        (("-o", "there.xlsx"), "there.xlsx"),
    ],
)
def test_bad_input_is_refused_before_any_work(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.xlsx").write_text("kept")
    monkeypatch.setattr("optimiser.learning.suggest.bind", None)
    done = optimiser("suggest", "nmc111", *arguments, cwd=tmp_path)
    assert_one_clear_block(done)
    assert words in done.stderr
    assert (tmp_path / "there.xlsx").read_text() == "kept"


@pytest.mark.parametrize("bad", [{"n": 2.5}, {"n": True}, {"aim": None}, {"samples": "3"}, {"seed": "x"}])
def test_mistakes_in_python_are_told(problem: opt.Problem, bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        opt.suggest(problem, **bad)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(
        "feed: {name: NMC111}\nvariables: {acid: [sulfuric]}\nobjectives: [minimise: cost]\n"
        "constraints:\n  - yield: {Li: 0.8}\n"
    )
    done = process("suggest", "one.yaml", "--n", 2, "--json", "-o", "sheet.xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["experiments"]) == 2
    assert told["out"] == "sheet.xlsx"
    with pytest.raises(InputError, match="yield"):  # nothing is filled in yet
        read_results(tmp_path / "sheet.xlsx")


def test_where_no_design_is_possible_there_is_no_experiment() -> None:
    """Half a mole of acid per litre for 400 g/L of solids: refused by name, not by a traceback."""
    ranges = {"acid": ["sulfuric"], "acid_concentration": (0.5, 0.6), "solid_liquid_ratio": (400, 500)}
    asked = opt.Problem(
        feed="NMC622", variables=ranges, objectives=[opt.minimise("cost")], constraints=[opt.Yields(Li=0.9)]
    )
    with pytest.raises(InputError, match="there is no experiment to suggest"):
        opt.suggest(asked, n=2)
