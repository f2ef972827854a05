"""The nearest experiments: distances by hand, gaps that are true, with and without the training table."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimiser._io.errors import InputError
from optimiser.nearest import gaps, samples, studies
from optimiser.nearest.experiments import nearest_experiments
from optimiser.nearest.gaps import find_gaps
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_problem
from optimiser.report.card import Table, Words
from optimiser.report.cards import nearest as card
from optimiser.report.listing import listing
from optimiser.report.nearest import picked_nearest
from optimiser.surrogate.stoichiometry import breaks
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.variables import COLUMN, CONTINUOUS, Designs, Floats
from tests.results import impossible, trade_off

NAN = np.nan
THIRD = 0.3333
SULFURIC = "OS(=O)(=O)O"
DESIGN = "acid=sulfuric,temperature=90,acid_concentration=1.2,h2o2=1.1,solid_liquid_ratio=73,time=60"


@cache
def nmc111() -> BoundProblem:
    return bind(load_problem("nmc111"))


def design(*conditions: float, acid: str = "sulfuric") -> Designs:
    return Designs(np.array([nmc111().acid_names.index(acid)]), np.array([conditions], dtype=float))


def made_up() -> TrainingTable:
    """Two experiments on NMC111, the first sampled three times, one on LCO; one with hydrochloric acid."""
    continuous = np.array(
        [
            [50.0, 0.95, 0.0, 49.0, 9.0],
            [50.0, 0.95, 0.0, 49.0, 59.0],
            [50.0, 0.95, 0.0, 49.0, 239.0],
            [90.0, 0.95, 0.0, 49.0, 119.0],
            [70.0, 0.95, 1.0, 49.0, 119.0],
            [70.0, 0.95, 1.0, 49.0, 119.0],
        ]
    )
    yields = np.array([[y, y, y, y] for y in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)])
    yields[4, 1:3] = NAN
    return TrainingTable(
        path=Path("made-up.xlsx"),
        sha256="",
        smiles=(*(SULFURIC,) * 5, "Cl"),
        feed=np.array([*[[THIRD] * 3] * 4, [0.0, 0.0, 1.0], [THIRD] * 3]),
        pka=np.array([*[[-3.0, 1.99, NAN]] * 5, [-8.0, NAN, NAN]]),
        n_protons=np.array([2.0, 2.0, 2.0, 2.0, 2.0, 1.0]),
        continuous=continuous,
        solubility=np.full((6, 4), NAN),
        yields=yields,
        yields_as_written=np.nan_to_num(yields, nan=1.0),
        experiments=np.array([0, 0, 0, 1, 2, 3]),
        studies=np.array([0, 0, 0, 0, 1, 2]),
    )


def scaled() -> BoundProblem:
    """NMC111 where one standard deviation is 10 degC, and a factor of 2 in all other variables."""
    problem = nmc111()
    domain = dataclasses.replace(
        problem.surrogate.domain, scale=np.array([10.0, np.log(2), np.log(2), np.log(2), np.log(2)])
    )
    return dataclasses.replace(problem, surrogate=dataclasses.replace(problem.surrogate, domain=domain))


def test_distances_by_hand() -> None:
    found = nearest_experiments(scaled(), design(70, 1.95, 1.0, 99, 119), made_up())
    # Strength (1.95 + 0.05) / (0.95 + 0.05) = 2, peroxide (1 + 1) / (0 + 1) = 2, solids (99 + 1) / (49 + 1)
    # = 2: one each. Of the first experiment the samples at 59 and 239 min are equally near, (119 + 1) /
    # (59 + 1) = 2, and the first of them counts. LCO differs in 2/3 of the sites, all of which count 3.
    parts = ["distance_temperature", "distance_acid_concentration", "distance_h2o2"]
    parts += ["distance_solid_liquid_ratio", "distance_time", "distance_feed"]
    assert found["row"].tolist() == [6, 5, 3]
    np.testing.assert_allclose(
        found[parts], [[0, 1, 0, 1, 0, 2], [2, 1, 1, 1, 0, 0], [2, 1, 1, 1, 1, 0]], atol=2e-4
    )
    np.testing.assert_allclose(found["distance"], np.sqrt([6, 7, 8]), rtol=1e-4)
    assert found["rank"].tolist() == [1, 2, 3] and set(found["design"]) == {1}
    assert found["study"].tolist() == [2, 1, 1]
    assert found["feed"].tolist() == ["LCO", "NMC111", "NMC111"]
    assert found["time"].tolist() == [119, 119, 59]
    assert found["yield_Li"].tolist() == [0.5, 0.4, 0.2]
    assert found["yield_Ni"].isna().tolist() == [True, False, False]
    assert found["breaks_stoichiometry"].tolist() == breaks(made_up())[[4, 3, 1]].tolist()


def test_an_acid_has_only_its_own_experiments_and_fewer_may_be_asked_for() -> None:
    problem = scaled()
    three = Designs(
        np.array([problem.acid_names.index(a) for a in ("hydrochloric", "sulfuric", "citric")]),
        np.array([[70.0, 0.95, 1.0, 49.0, 119.0]] * 3),
    )
    found = nearest_experiments(problem, three, made_up(), 1)
    # hydrochloric acid has one experiment, at the design itself; citric acid none
    assert found[["design", "row"]].to_numpy().tolist() == [[1, 7], [2, 6]]
    assert found["distance"].tolist() == pytest.approx([0.0, 2.0], abs=1e-4)
    with pytest.raises(InputError, match="0 experiments are too few"):
        nearest_experiments(problem, three, made_up(), 0)


def test_without_the_table_the_artefact_answers_and_says_so() -> None:
    at = design(90, 1.2, 1.1, 73, 60)
    found = nearest_experiments(nmc111(), at, None, 40)
    anchors = found["source"] == "anchor of the model"
    assert 0 < anchors.sum() < len(found) == 40
    assert found["row"].isna().all() and found["study"].isna().all()
    assert found.loc[anchors, "yield_Li"].notna().all() and found.loc[~anchors, "yield_Li"].isna().all()
    assert found.loc[~anchors, "breaks_stoichiometry"].isna().all()
    said = samples.what_counts(nmc111().surrogate, None)
    assert "training table is not available" in said and "optimiser data install" in said
    assert (np.diff(found["distance"]) >= 0.0).all()


@pytest.fixture(scope="module")
def table(training_table: Path) -> TrainingTable:
    return read_table(training_table)


@pytest.mark.data
def test_what_ships_agrees_with_the_table(table: TrainingTable) -> None:
    """Conditions of the shipped experiments, and yields of the anchors, are rows of the table."""
    at = design(60, 1.0, 1.0, 40, 60)
    every = [f"yield_{m}" for m in ("Li", "Ni", "Mn", "Co")]
    for _, row in nearest_experiments(nmc111(), at, None, 30).iterrows():
        same = np.isclose(table.continuous[:, :4], row[list(CONTINUOUS[:4])].to_numpy(float)).all(axis=1)
        assert same.any()
        if row["source"] == "anchor of the model":
            measured = table.yields[same & np.isclose(table.continuous[:, 4], row["time"])]
            assert np.isclose(measured, row[every].to_numpy(float), equal_nan=True).all(axis=1).any()
    with_all = nearest_experiments(nmc111(), at, table, 5)
    known = [(table.continuous[row - 2].tolist(), table.yields[row - 2, 0]) for row in with_all["row"]]
    assert [c for c, _ in known] == with_all[list(CONTINUOUS)].to_numpy().tolist()
    assert [y for _, y in known] == with_all["yield_Li"].tolist()
    assert with_all["study"].tolist() == [int(table.studies[row - 2]) + 1 for row in with_all["row"]]


# Gaps ----------------------------------------------------------------------------------------------------

EXPERIMENTS = arrays(
    np.float64, st.tuples(st.integers(1, 12), st.just(5)), elements=st.integers(0, 8).map(lambda i: i * 0.7)
)


@given(EXPERIMENTS, arrays(np.float64, 5, elements=st.integers(0, 16).map(lambda i: i * 0.5)))
def test_a_gap_holds_the_design_and_no_experiment_and_needs_each_limit(low: Floats, at: Floats) -> None:
    high = low.copy()
    high[:, 4] += 1.0
    found = find_gaps(low, high, at)
    assert len(found) <= 2
    for gap in found:
        sides = [(high if limit.above else low)[:, COLUMN[limit.variable]] for limit in gap.limits]
        held = np.array([limit.holds(side) for limit, side in zip(gap.limits, sides, strict=True)])
        assert all(limit.holds(at[[COLUMN[limit.variable]]]).all() for limit in gap.limits)
        assert [limit.experiments for limit in gap.limits] == held.sum(axis=1).tolist()
        if held.any(axis=1).all():
            assert not held.all(axis=0).any()
            for left_out in range(len(held)):
                assert np.delete(held, left_out, axis=0).all(axis=0).any()
        else:
            assert not held.any()


def test_a_gap_by_hand() -> None:
    # hot with little solids, dense but cold: nothing is hot and dense; strength, peroxide, time never differ
    low = np.array([[80, 1, 0, 10, 60], [90, 1, 0, 20, 60], [30, 1, 0, 80, 60], [40, 1, 0, 90, 60.0]])
    (gap,) = find_gaps(low, low, np.array([85, 1, 0, 85, 60.0]))
    assert [(x.variable, x.above, x.value, x.experiments) for x in gap.limits] == [
        ("temperature", True, 40.0, 2),
        ("solid_liquid_ratio", True, 20.0, 2),
    ]
    assert gap.expected == 1.0  # 4 experiments x 1/2 x 1/2
    # beyond all of them
    first, *_ = find_gaps(low, low, np.array([95, 1, 2, 50, 60.0]))
    assert [(x.variable, x.value, x.experiments) for x in first.limits] == [
        ("temperature", 90.0, 0),
        ("h2o2", 0.0, 0),
    ]


#: What a limit says, and the rows of the workbook that keep it.
SAID = (
    (r"above ([\d.]+) °C", lambda f, x: f["temp"] > x),
    (r"below ([\d.]+) °C", lambda f, x: f["temp"] < x),
    (r"with more than ([\d.]+) wt% peroxide", lambda f, x: f["H2O2_conc"] > x),
    (r"with less than ([\d.]+) wt% peroxide", lambda f, x: f["H2O2_conc"] < x),
    (r"with(?:()) peroxide", lambda f, _: f["H2O2_conc"] > 0),
    (r"without(?:()) peroxide", lambda f, _: f["H2O2_conc"] == 0),
    (r"with more than ([\d.]+) g/L solids", lambda f, x: f["solidToLiquid"] > x),
    (r"with less than ([\d.]+) g/L solids", lambda f, x: f["solidToLiquid"] < x),
    (r"with more than ([\d.]+) mol/L acid", lambda f, x: f["acidC"] > x),
    (r"with less than ([\d.]+) mol/L acid", lambda f, x: f["acidC"] < x),
    (r"sampled after ([\d.]+) min", lambda f, x: f["time"] > x),
    (r"sampled before ([\d.]+) min", lambda f, x: f["time"] < x),
)


def said_of(frame: pd.DataFrame, sentence: str) -> list[pd.Series]:
    """Which rows keep each limit that a sentence names."""
    text = sentence.split("was run ")[1].split(" at once")[0].rstrip(".")
    found = []
    for part in re.split(r", | and | or ", text):
        (kept,) = [
            keeps(frame, float(match[1] or 0)) for p, keeps in SAID if (match := re.fullmatch(p, part))
        ]
        found.append(kept)
    return found


@pytest.mark.data
@pytest.mark.parametrize("acid", ["sulfuric", "hydrochloric", "lactic", "nitric"])
def test_the_sentences_are_true_of_the_workbook(
    training_table: Path, table: TrainingTable, acid: str
) -> None:
    """Checked against the sheet itself: feeds within 0.15 of the sites, every metal present."""
    sheet = pd.read_excel(training_table)
    feed = sheet[["inputNi", "inputMn", "inputCo"]].to_numpy()
    near = (np.abs(feed - THIRD).sum(axis=1) / 2 <= 0.15) & (feed > 0).all(axis=1)
    key = {"sulfuric": -3.0, "hydrochloric": -8.0, "lactic": 3.86, "nitric": -1.3}[acid]
    frame = sheet[near & (sheet["pKa1"] == key)]
    experiment = pd.Series(table.experiments, index=sheet.index)[frame.index]
    rng, told = np.random.default_rng(1), 0
    for _ in range(40):
        at = rng.uniform([20, 0.2, 0, 5, 5], [100, 4, 6, 120, 240]).round(1)
        assert gaps(nmc111(), design(*at, acid=acid), None) == gaps(nmc111(), design(*at, acid=acid), table)
        for source in (table, None):
            for sentence in gaps(nmc111(), design(*at, acid=acid), source):
                told += 1
                kept = said_of(frame, sentence)
                assert f"None of the {experiment.nunique()} experiments" in sentence
                if " at once (" in sentence:
                    alone = [experiment[k].nunique() for k in kept]
                    assert [int(n) for n in re.findall(r"\d+", sentence.split("one by one")[1])] == alone
                    # a limit on time holds of some sample of the experiment, the others of all
                    assert not np.logical_and.reduce(kept).any()
                else:
                    assert not np.logical_or.reduce(kept).any()
    assert told > 40


def test_no_experiment_near_the_feed_is_said() -> None:
    (said,) = gaps(nmc111(), design(60, 1, 1, 40, 60, acid="citric"), None)
    assert said == "There is no experiment with citric acid near NMC111."


# Studies -------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_the_studies_cover_the_table(table: TrainingTable, training_table: Path) -> None:
    found = studies(table)
    assert len(found) == 63 and found["study"].tolist() == list(range(1, 64))
    assert found["first_row"].iloc[0] == 2 and found["last_row"].iloc[-1] == 914
    assert (found["first_row"].to_numpy()[1:] == found["last_row"].to_numpy()[:-1] + 1).all()
    assert found["rows"].sum() == 913 and found["breaks_stoichiometry"].sum() == 39
    sheet = pd.read_excel(training_table)
    last = found.iloc[40]
    rows = sheet.iloc[last["first_row"] - 2 : last["last_row"] - 1]
    assert (last["temperature_low"], last["temperature_high"]) == (rows["temp"].min(), rows["temp"].max())
    assert (last["feed"], last["acid"]) == ("NMC811", "sulfuric")


@pytest.mark.data
def test_studies_are_listed(training_table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimiser.surrogate.data.installed", lambda: training_table)
    records = listing("studies")
    assert len(records) == 63 and {record["paper"] for record in records} == {"not named"}
    assert records[0]["in the sheet"] == "2-84" and records[0]["degC"] == "40-80"


# The command ---------------------------------------------------------------------------------------------


def process(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command where no training table is installed."""
    command = [sys.executable, "-W", "error", "-m", "optimiser", "nearest", *map(str, arguments)]
    nowhere = {name: str(cwd / "cache") for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, **nowhere, "PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=300,
    )


@pytest.mark.data
def test_the_command_tells_rows_distances_and_gaps(training_table: Path, tmp_path: Path) -> None:
    done = process("nmc811", "--design", DESIGN, "--table", training_table, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "All 913 rows of the training table count." in lines
    head = next(i for i, line in enumerate(lines) if "distance" in line and "Co %" in line)
    assert lines[head].split()[:3] == ["row", "study", "feed"] and lines[head + 1].startswith("predicted")
    tables = [line for line in lines if re.match(r"predicted|[1-5] |   ", line)]
    assert len(tables) >= 13 and max(map(len, tables)) <= 100
    assert any(line.rstrip().endswith("*") for line in lines[head : head + 7])
    assert any(line.startswith("* dissolves over 11 % more charge") for line in lines)
    assert any(line.startswith("None of the ") for line in lines)
    assert any("names no papers" in line for line in lines)


@pytest.mark.data
def test_the_command_prints_json_of_a_row_of_a_front(training_table: Path, tmp_path: Path) -> None:
    result = trade_off()
    assert result.front is not None
    front = result.front.evaluation.designs
    rows: list[dict[str, Any]] = [
        {"acid": result.problem.acid_names[a], **dict(zip(CONTINUOUS, c, strict=True))}
        for a, c in zip(front.acid.tolist(), front.continuous.tolist(), strict=True)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "front.csv", index=False)
    asked = ["--front", "front.csv", "--row", 2, "--number", 3, "--json"]
    done = process(result.problem.name, *asked, "--table", training_table, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["design"] == rows[1]
    expected = nearest_experiments(result.problem, front.take(np.array([1])), read_table(training_table), 3)
    assert [one["row"] for one in told["nearest"]] == expected["row"].tolist()
    assert [one["distance"] for one in told["nearest"]] == expected["distance"].tolist()
    assert told["gaps"] == list(gaps(result.problem, front.take(np.array([1])), read_table(training_table)))


def test_the_command_answers_without_the_table(tmp_path: Path) -> None:
    done = process("nmc111", "--design", DESIGN, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert "training table is not available" in told["counted"]
    assert len(told["nearest"]) == 5 and {one["row"] for one in told["nearest"]} == {None}
    assert told["gaps"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "No design is given"),
        (("--design", DESIGN, "--front", "front.csv"), "Two designs are given"),
        (("--design", DESIGN, "--row", 3), "--row needs a front."),
        (("--design", DESIGN, "--number", 0), "0 experiments are too few"),
        (("--design", DESIGN, "--table", "none.xlsx"), "none.xlsx does not exist"),
        (("--design", "acid=sulfuric"), "The design lacks temperature"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, options: tuple[object, ...], said: str) -> None:
    done = process("nmc111", *options, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and "Traceback" not in done.stderr


# The report ----------------------------------------------------------------------------------------------


@pytest.mark.data
def test_the_card_shows_measured_beside_predicted(
    training_table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "installed", lambda: training_table)
    result = trade_off()
    assert result.front is not None
    found = card.nearest_card(result)
    tables = [block for block in found.blocks if isinstance(block, Table)]
    frame = picked_nearest(result.problem, result.front).frame
    assert [int(t.name.removeprefix("nearest-")) for t in tables] == list(
        dict.fromkeys([result.front.answer + 1, *frame["design"]])
    )
    first = tables[0].frame
    assert first["which"].iloc[0] == "predicted" and len(first) == 6
    assert first["yield_Ni"].iloc[0] == result.front.evaluation.yields[result.front.answer, 1]
    knee = frame[frame["design"] == result.front.answer + 1]
    assert first["row"].iloc[1:].tolist() == knee["row"].tolist()
    assert "All 913 rows of the training table count." in found.finding
    headings = [block.heading for block in found.blocks if isinstance(block, Words)]
    assert headings[0].startswith(f"no. {result.front.answer + 1}, ") and headings[-1] == "How to read this"


def test_the_card_says_what_it_shows_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> Path:
        raise InputError("The training table is not installed.")

    monkeypatch.setattr(samples, "installed", nothing)
    found = card.nearest_card(trade_off())
    assert any("training table is not available" in line for line in found.finding)
    assert card.nearest_card(impossible()).not_applicable == "no design is recommended."
