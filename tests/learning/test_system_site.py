"""Own results on a system of one's own: what a site with known differences teaches, and the commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import optimiser as opt
from optimiser.learning.learn import learn
from optimiser.learning.lessons import lessons_of
from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.surrogate.coordinates import width_of
from optimiser.tables.own_results import joined, read_results, template_frame
from optimiser.variables import Designs, Floats
from tests.command import assert_one_clear_block, optimiser, process
from tests.systems.synthetic import CHOICES, FEEDS, RESPONSES, SETPOINTS, STAGES, STEPS, Synthetic, truth

OPTION = {"lixiviant": "sulfuric", "roasting": "none", "pretreatment": "none"}
NAME = "sulfuric / none / none"
#: How far the site's yields are from the truth that the table was drawn from.
SHIFT = {"Co": -0.15, "Ni": -0.08}


@pytest.fixture(scope="module")
def base(synthetic: Synthetic) -> Surrogate:
    return load_surrogate(synthetic.artefact)


@pytest.fixture
def folder(synthetic: Synthetic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the system's model in `models`."""
    shutil.copytree(synthetic.artefact, tmp_path / "models" / "synthetic")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def conditions(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return setpoints in the middle of their ranges, each an experiment of its own."""
    rows = {}
    for name, (low, high, _) in SETPOINTS.items():
        value = low + (high - low) * rng.uniform(0.25, 0.75, n)
        rows[name] = np.round(value / STEPS[name]) * STEPS[name] if name in STEPS else rng.choice(STAGES, n)
    return pd.DataFrame(rows)


def site_results(n: int, seed: int = 0, shift: dict[str, float] = SHIFT, feed: str = "north") -> pd.DataFrame:
    """Return results of a site that differs from the truth by a shift, in the columns of a template."""
    rng = np.random.default_rng(seed)
    frame = conditions(n, rng)
    yields = measured(frame, shift, feed) + 0.01 * rng.standard_normal((n, len(RESPONSES)))
    for j, response in enumerate(RESPONSES):
        frame[f"yield_{response}"] = yields[:, j].clip(0.0, 1.0).round(4)
    return frame.assign(feed=feed, **OPTION)


def measured(frame: pd.DataFrame, shift: dict[str, float], feed: str) -> Floats:
    setpoints = {name: frame[name].to_numpy(dtype=np.float64) for name in SETPOINTS}
    yields = truth(setpoints, {c: [v] * len(frame) for c, v in OPTION.items()}, FEEDS[feed])
    return (yields + np.array([shift[r] for r in RESPONSES])).clip(0.0, 1.0)


def predicted(model: Surrogate, frame: pd.DataFrame, name: str = NAME, feed: str = "north") -> Floats:
    system = model.system
    designs = Designs(
        np.zeros(len(frame), dtype=np.intp), frame[list(system.names)].to_numpy(np.float64), system.variables
    )
    return model.predict(system.feeds[feed], [system.option(name)], designs).mean


def error(model: Surrogate, seeds: Sequence[int] = (100, 101)) -> float:
    tests = pd.concat([conditions(40, np.random.default_rng(seed)) for seed in seeds], ignore_index=True)
    return float(np.abs(predicted(model, tests) - measured(tests, SHIFT, "north")).mean())


def test_three_results_bring_a_site_nearer_and_six_nearer_still(base: Surrogate) -> None:
    before = error(base)
    after = {
        k: np.mean(
            [error(learn(read_results(site_results(k, seed), system=base.system), base)) for seed in range(3)]
        )
        for k in (3, 6, 12)
    }
    assert before > 0.10
    assert after[3] < 0.6 * before and after[6] < 0.5 * before and after[12] < 0.4 * before


def test_a_wrong_result_breaks_nothing(base: Surrogate) -> None:
    right = site_results(8, shift=dict.fromkeys(RESPONSES, 0.0))
    wrong = right.copy()
    wrong.loc[3, "yield_Co"] = 0.01
    tests = conditions(40, np.random.default_rng(7))
    expected = measured(tests, dict.fromkeys(RESPONSES, 0.0), "north")
    published = np.abs(predicted(base, tests) - expected).mean()
    site = learn(read_results(wrong, system=base.system), base)
    assert np.abs(predicted(site, tests) - expected).mean() < published + 0.05
    # the wrong value is found
    assert [(odd.row, odd.metal) for odd in lessons_of(site, wrong_frame(wrong, base)).odd] == [(4, "Co")]
    # other options know nothing of it, and a value about 60 points off moves another feed by less than 3
    other = "citric / air / washed"
    assert np.allclose(predicted(site, tests, other), predicted(base, tests, other))
    moved = predicted(site, tests, feed="south") - predicted(base, tests, feed="south")
    assert np.abs(moved).max() < 0.03


def wrong_frame(frame: pd.DataFrame, base: Surrogate) -> pd.DataFrame:
    return read_results(frame, system=base.system).frame


def test_the_sentence_names_the_system_and_no_acid(base: Surrogate) -> None:
    results = read_results(site_results(8), system=base.system)
    taught = lessons_of(learn(results, base, "ours"), results.frame)
    assert taught.sentence.startswith("Your plant leaches Co 1") and "less than the model of synth" in str(
        taught.sentence
    )
    assert taught.acids[0].acid == NAME and taught.impossible == ()
    assert "acid" not in taught.sentence.replace("acid concentration", "")
    assert set(taught.values["metal"]) == set(RESPONSES)


def test_the_prior_is_of_the_system(base: Surrogate) -> None:
    prior = base.own_prior
    assert prior is not None
    v, m = len(base.system.variables), len(base.system.responses)
    assert prior.lengths.shape == (v,) and prior.scores.shape[1] == m
    assert all(0.0 < part.noise < 0.2 for part in prior.parts)
    assert width_of(base.domain.space) == v + 7


def test_columns_may_be_named_as_in_the_systems_table(base: Surrogate) -> None:
    ours = site_results(3)
    theirs = ours.rename(columns={"time": "time_min", "temperature": "temp_C"})
    for response in RESPONSES:
        theirs[f"{response}_pct"] = 100.0 * theirs.pop(f"yield_{response}")
    found = [read_results(frame, system=base.system) for frame in (ours, theirs)]
    assert np.allclose(found[0].yields, found[1].yields)
    assert found[0].scenarios.continuous.tolist() == found[1].scenarios.continuous.tolist()
    per_cent = ours.rename(columns={"yield_Co": "yield_Co [%]", "yield_Ni": "yield_Ni [%]"})
    per_cent[["yield_Co [%]", "yield_Ni [%]"]] *= 100.0
    assert np.allclose(read_results(per_cent, system=base.system).yields, found[0].yields)
    # what is stored is read again as it is
    again = read_results(found[1].frame, system=base.system).frame
    pd.testing.assert_frame_equal(again, found[1].frame, check_dtype=False)


def test_a_template_is_read_as_it_is(base: Surrogate) -> None:
    frame = template_frame(base.system)
    assert "yield_Co [%]" in frame and next(iter(CHOICES)) in frame
    found = read_results(frame, system=base.system)
    assert len(found) == 4 and found.examples.tolist() == [0, 1, 2, 3]
    assert found.experiments.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lixiviant": "sulphuric"}, "has no lixiviant 'sulphuric'"),
        ({"feed": "nowhere"}, "has no feed 'nowhere'"),
        ({"yield_Co": 93.0}, "looks like per cent"),
        ({"yield_Co": -0.3}, "negative"),
        ({"temperature": "hot"}, "is not a number"),
        ({"temperature": 900.0}, "outside what is possible"),
    ],
)
def test_wrong_cells_are_refused(base: Surrogate, change: dict[str, object], message: str) -> None:
    frame = site_results(3)
    for name, value in change.items():
        frame[name] = frame[name].astype(object)
        frame.loc[1, name] = value
    with pytest.raises(opt.InputError, match=message):
        read_results(frame, system=base.system)


def test_results_of_another_system_are_refused(base: Surrogate) -> None:
    results = read_results(site_results(3), system=base.system)
    with pytest.raises(opt.InputError, match="a model of"):
        learn(results, load_surrogate("pd-gbr"))
    same = read_results(site_results(2), system=base.system)
    with pytest.raises(opt.InputError, match="same conditions"):
        joined(same.frame, {"north": np.array([12.0])}, same)


def test_from_python(folder: Path) -> None:
    mine = opt.learn(site_results(6), base="synthetic", name="mine")
    assert mine.sentence.startswith("Your plant") and "acid " not in str(mine).replace("acid concen", "")
    assert len(mine.add(site_results(3, seed=5)).results) == 9
    assert len(mine.forget([1, 2]).results) == 7
    assert len(mine.undo().results) == 9
    page = (mine.write(folder / "page") / "report.html").read_text()
    assert "This part could not be made" not in page
    assert "literature" not in page and "Li blue" not in page
    with pytest.raises(opt.InputError, match="Acids of one's own are for cathodes"):
        opt.learn(site_results(3), base="synthetic", acids="acids.csv")


def problem(folder: Path, surrogate: str) -> Path:
    path = folder / f"{surrogate}.yaml"
    asked = {
        "surrogate": surrogate,
        "feed": "north",
        "variables": {"lixiviant": ["sulfuric"], "roasting": ["none"], "pretreatment": ["none"]},
        "objectives": [{"minimise": "time"}],
        "constraints": [{"yield": {"Ni": 0.5}}],
    }
    path.write_text(yaml.safe_dump(asked, sort_keys=False))
    return path


def test_the_commands(folder: Path) -> None:
    done = optimiser("learn", "--template", "template.csv", "--base", "synthetic", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert list(pd.read_csv(folder / "template.csv")) == list(
        template_frame(load_surrogate(folder / "models" / "synthetic").system)
    )
    site_results(6).to_csv(folder / "own.csv", index=False)
    done = process("learn", "own.csv", "--base", "synthetic", "--name", "mine", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"] == 6
    # a problem names the site model, and its feed and model apply
    asked = problem(folder, "mine")
    done = optimiser("suggest", asked, "--n", "2", "-o", "sheet.xlsx", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["own_results"] == 6
    assert set(told["experiments"][0]["design"]) == {*CHOICES, *SETPOINTS}
    assert {e["design"]["stages"] for e in told["experiments"]} <= set(STAGES)
    # the sheet comes back filled in
    sheet = pd.read_excel(folder / "sheet.xlsx", sheet_name="results")
    assert "amount solid [g]" in sheet
    for response in RESPONSES:
        sheet[f"yield {response} [%]"] = 50.0
    sheet.to_excel(folder / "filled.xlsx", sheet_name="results", index=False)
    done = optimiser("learn", "--add", "filled.xlsx", "--name", "mine", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "2 results learned" in done.stdout
    done = optimiser("forget", "--name", "mine", "--rows", "7-8", cwd=folder)
    assert "6 results left" in done.stdout
    done = optimiser("learn", "--show", "--name", "mine", cwd=folder)
    assert done.returncode == 0 and "sulfuric" in done.stdout
    assert_one_clear_block(optimiser("learn", "own.csv", "--name", "x", "--base", "pd-gbr", cwd=folder))


def test_what_was_measured_nearby(folder: Path) -> None:
    site_results(6).to_csv(folder / "own.csv", index=False)
    assert optimiser("learn", "own.csv", "--base", "synthetic", "--name", "mine", cwd=folder).returncode == 0
    asked, first = problem(folder, "mine"), site_results(6).iloc[0]
    said = [f"{name}={value}" for name, value in OPTION.items()]
    design = ",".join([*said, *(f"{name}={first[name]:g}" for name in SETPOINTS)])
    done = optimiser("nearest", asked, "--design", design, "--number", "3", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    own = found["nearest"][0]
    assert own["source"] == "own result" and own["distance"] < 1e-6
    assert own["yield_Co"] == pytest.approx(first["yield_Co"])
    asked.write_text(asked.read_text().replace("surrogate: mine", "surrogate: synthetic"))
    done = optimiser("nearest", asked, "--design", design, "--number", "3", "--json", cwd=folder)
    other = json.loads(done.stdout)["nearest"][0]
    assert other["source"] == "row of the table" and other["row"] >= 2
    parts = [value for name, value in other.items() if name.startswith("distance_")]
    assert np.hypot.reduce(parts) == pytest.approx(other["distance"], rel=1e-6)
    done = optimiser("nearest", asked, "--design", design, cwd=folder)
    assert done.returncode == 0 and "the table of synthetic leach" in done.stdout, done.stderr
    assert_one_clear_block(optimiser("nearest", asked, "--design", design, "--table", "t.csv", cwd=folder))
