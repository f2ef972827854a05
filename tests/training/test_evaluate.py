"""Skill on what was held out: scores by hand, groups, tests of significance, and the command as a process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from optimiser.chemistry.descriptors import structure_key
from optimiser.report.skill import repeat_lines
from optimiser.surrogate.packing import MODELS
from optimiser.surrogate.training_table import named, read_table
from optimiser.training.compare.evaluate import assess, evaluate
from optimiser.training.compare.feature_sets import COLUMNS, choose_features, initial_ph, physics
from optimiser.training.compare.groups import CHEMISTRIES, label_groups, yield_ranges
from optimiser.training.compare.request import choose_jobs, shipped_folder
from optimiser.training.compare.significance import between_groups, paired, unit_means
from optimiser.training.compare.stored_rivals import OutOfFold, load
from optimiser.training.duplicates import Repeat
from optimiser.training.protocols import fold_numbers, make_folds
from optimiser.training.scores import LEVELS, as_published, coverage, r2, score, score_groups, winkler
from tests.evaluation import command
from tests.paths import ROOT

NAN = np.nan


MEASURED = np.array([[0.0, 0.2], [1.0, 0.4], [0.5, NAN]])


PREDICTED = np.array([[0.1, 0.2], [0.9, 0.2], [0.5, 0.9]])


COUNTED = ~np.isnan(MEASURED)


def test_scores_by_hand() -> None:
    found = score(PREDICTED, MEASURED, COUNTED)
    # errors 0.1, 0.1, 0 of the first metal, 0 and 0.2 of the second
    assert found["mae"] == pytest.approx(0.4 / 5)
    assert found["medae"] == pytest.approx(0.1)
    assert found["mse"] == pytest.approx((0.01 + 0.01 + 0.04) / 5)
    assert found["rmse"] == pytest.approx(np.sqrt(0.06 / 5))
    # R2: 1 - 0.02 / 0.5 and 1 - 0.04 / 0.02, averaged
    assert found["r2"] == pytest.approx((0.96 - 1.0) / 2)
    assert found["values"] == 5 and found["coverage"] is None


def test_nothing_to_count_is_no_number() -> None:
    assert score(PREDICTED, MEASURED, np.zeros_like(COUNTED))["mae"] is None
    assert r2(PREDICTED, np.where(COUNTED, 0.5, NAN), COUNTED) is None


def test_interval_score_and_coverage_by_hand() -> None:
    # width 0.2; 0.1 below it costs 2 / 0.1 x 0.1 = 2 more
    assert winkler(np.array([0.5, 0.3]), np.full(2, 0.4), np.full(2, 0.6), 0.9) == pytest.approx([0.2, 2.2])
    intervals = np.zeros((3, 2, len(LEVELS), 2))
    intervals[..., 0], intervals[..., 1] = 0.2, np.array([0.3, 0.5, 1.0])
    # ends count: 0.2 is within 0.2-0.3, 0.4 and 0.5 within 0.2-0.5, 1 within 0.2-1, 0 never
    assert coverage(MEASURED, COUNTED, intervals) == {"0.5": 0.2, "0.8": 0.6, "0.9": 0.8}


def test_groups_are_scored_apart_and_count_their_experiments() -> None:
    labels = np.array([["a", "b"], ["a", "a"], ["b", "b"]])
    found = score_groups(PREDICTED, MEASURED, COUNTED, labels, np.array([0, 0, 1]))
    assert list(found) == ["a", "b"]
    assert found["a"]["mae"] == pytest.approx((0.1 + 0.1 + 0.2) / 3)
    assert (found["a"]["experiments"], found["b"]["experiments"]) == (1, 2)


def test_absent_metals_count_as_perfect_only_as_published() -> None:
    present = np.array([[True, False]])
    np.testing.assert_array_equal(as_published(np.array([[0.3, 0.4]]), present), [[0.3, 1.0]])


def test_chemistries_and_yield_ranges() -> None:
    feed = np.array([[0.3333, 0.3333, 0.3333], [0.6, 0.2, 0.2], [0.8, 0.1, 0.1], [0.5, 0.3, 0.2]])
    assert named(feed, CHEMISTRIES, "other").tolist() == ["NMC333", "NMC622", "NMC811", "other"]
    assert yield_ranges(np.array([0.29, 0.3, 0.7, 0.71])).tolist() == ["< 0.3", "0.3-0.7", "0.3-0.7", "> 0.7"]


def test_errors_of_one_experiment_count_once() -> None:
    errors = np.array([[0.1, NAN], [0.3, 0.2], [0.4, 0.4], [NAN, NAN]])
    units, means = unit_means(errors, np.array([5, 5, 2, 9]))
    assert units.tolist() == [2, 5]
    assert means == pytest.approx([0.4, 0.2])


def test_groups_that_differ_are_told_and_those_that_do_not_are_not() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([["small"], ["same"], ["large"]], 40, axis=0)
    errors = np.concatenate([rng.random(80), 2.0 + rng.random(40)])[:, None]
    found = between_groups(errors, np.arange(120), labels)
    assert found["kruskal_wallis"]["p"] < 1e-6
    apart = {tuple(pair["between"]): pair["p"] for pair in found["dunn"]}
    assert apart["large", "same"] < 1e-6 and apart["large", "small"] < 1e-6
    assert apart["same", "small"] > 0.05


def test_a_better_model_is_told_on_experiments() -> None:
    rng = np.random.default_rng(0)
    other = rng.random((60, 4))
    better = other * 0.8
    found = paired(better, other, np.repeat(np.arange(30), 2))
    assert min(value for key, value in found.items() if key.endswith("p")) < 1e-4, found


def test_physics_by_hand() -> None:
    features = np.zeros((1, 32))
    names = list(COLUMNS["full"])
    given = {
        "Ni": 1 / 3,
        "Mn": 1 / 3,
        "Co": 1 / 3,
        "temperature": 25.0,
        "pKa1": -3.0,
        "pKa2": NAN,
        "pKa3": NAN,
    }
    given |= {"n_protons": 1, "acid_concentration": 1.0, "solid_liquid_ratio": 96.46, "time": np.e - 1}
    for name, value in given.items():
        features[0, names.index(name)] = value
    found = physics(features)[0]
    assert found[0] == pytest.approx(1.0)  # ln(1 + t)
    assert found[1] == pytest.approx(1000 / 298.15)
    assert found[2] == pytest.approx(0.0, abs=1e-3)  # 1 mol/L of a strong acid
    # 96.46 g/L is 1 mol/L of NMC111: 3 protons consumed for 1 offered
    assert found[3] == pytest.approx(1 / 3, rel=1e-3)


def test_ph_of_a_weak_acid() -> None:
    # acetic: [H+] = sqrt(Ka C) within 1 %
    assert initial_ph(np.array([[4.756, NAN, NAN]]), np.array([0.1]))[0] == pytest.approx(2.88, abs=0.01)


def test_feature_sets_are_columns() -> None:
    x = np.arange(64.0).reshape(2, 32)
    assert choose_features(x, "full").shape == (2, 32)
    assert choose_features(x, "basic").shape[1] == len(COLUMNS["basic"])
    assert choose_features(x, "physics").shape[1] == 32 + 7


def test_help_names_every_model_and_feature_set() -> None:
    done = command("--help")
    assert done.returncode == 0
    words = set(done.stdout.replace(",", " ").split())
    assert words >= {*MODELS, *COLUMNS}


@pytest.mark.data
def test_the_shipped_default_meets_its_bars(training_table: Path) -> None:
    done = command("--table", str(training_table), "--models", "pd-gbr", "--protocol", "experiment", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)["experiment"]["pd-gbr"]
    overall = answer["overall"]
    assert overall["r2"] >= 0.775 and overall["mae"] <= 0.096
    assert set(overall["coverage"]) == {"0.5", "0.8", "0.9"}
    assert 0.87 <= overall["coverage"]["0.9"] <= 0.93
    assert set(answer["by"]) == {"metal", "acid", "chemistry", "yield_range", "domain"}
    for groups in answer["by"].values():
        for name, group in groups.items():
            assert group["experiments"] < 15 or 0.80 <= group["coverage"]["0.9"] <= 0.97, name
    # rows with the same conditions of a table that is named are listed, and kept
    assert "833/834 (0.42)" in done.stderr


@pytest.mark.data
def test_the_model_card_is_the_one_that_ships(training_table: Path, tmp_path: Path) -> None:
    path = tmp_path / "CARD.md"
    done = command("--table", str(training_table), "--card", str(path))
    assert done.returncode == 0, done.stderr
    shipped = ROOT / "models" / "pd-gbr" / "MODEL_CARD.md"
    assert path.read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8")


@pytest.mark.data
def test_feature_sets_are_compared_within_their_model_and_with_the_first(training_table: Path) -> None:
    table = read_table(training_table)
    jobs = choose_jobs("rf,gbr", "study", "full,basic")
    folds = fold_numbers(make_folds(table, "study"), len(table))
    none = np.full_like(table.yields, NAN)
    # errors by hand: 0.1, 0.2, 0.1 and 0.3 throughout
    found = [OutOfFold(folds, table.yields + apart, none) for apart in (0.1, 0.2, 0.1, 0.3)]
    answers = evaluate(jobs, table, found)["study"]
    assert list(answers) == ["rf", "rf:basic", "gbr", "gbr:basic"]
    told = {
        name: {k: v["mean_difference"] for k, v in a.get("against", {}).items()}
        for name, a in answers.items()
    }
    assert told["rf"] == {} and told["rf:basic"] == {"rf": pytest.approx(0.1)}
    assert told["gbr"] == {"rf": pytest.approx(0.0, abs=1e-12)}
    assert told["gbr:basic"] == {"rf": pytest.approx(0.2), "gbr": pytest.approx(0.2)}
    assert answers["gbr:basic"]["against"]["gbr"]["units"] == 63


def test_rows_that_repeat_are_counted_and_listed_where_asked() -> None:
    repeats = [Repeat((5, 9), 0.2), Repeat((2, 3, 4), 0.01), Repeat((7, 8), 0.0)]
    (line,) = repeat_lines(repeats, listed=False)
    assert "1 groups contradict each other, 2 repeat; --rows lists them" in line
    assert "5/9 (0.20)" in " ".join(repeat_lines(repeats, listed=True))
    assert "2/3/4, 7/8" in " ".join(repeat_lines(repeats, listed=True))
    assert repeat_lines([], listed=False) == []


@pytest.mark.data
def test_acids_that_a_fold_does_not_train_on_are_told_apart(training_table: Path) -> None:
    table = read_table(training_table)
    (job,) = choose_jobs("gbr", "study", "full")
    found = load(shipped_folder(), job, table)
    assert found is not None
    by = assess(table, "study", found)["by"]["acid_known"]
    # by hand: each fold's test rows, one by one
    unknown = np.zeros(len(table), dtype=bool)
    for fold in make_folds(table, "study"):
        trained = {structure_key(table.smiles[row]) for row in fold.train}
        for row in fold.test:
            unknown[row] = structure_key(table.smiles[row]) not in trained
    assert 0 < unknown.sum() < len(table)
    assert by["not in training"]["values"] == table.present[unknown].sum()
    assert by["in training"]["values"] == table.present[~unknown].sum()
    errors = np.abs(found.mean - table.yields)[unknown]
    assert by["not in training"]["mae"] == pytest.approx(np.nanmean(errors))
    assert "acid_known" not in assess(table, "experiment", found)["by"]


@pytest.mark.data
def test_labels_name_acids_and_domain(training_table: Path) -> None:
    table = read_table(training_table)
    inside = np.arange(len(table)) % 2 == 0
    labels = label_groups(table, np.full((len(table), 4), 0.5), inside)
    assert "sulfuric" in set(labels["acid"][:, 0]) and set(labels["domain"][0]) == {"inside"}
