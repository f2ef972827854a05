"""Skill on what was held out: scores by hand, groups, tests of significance, and the command as a process."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from optimiser.chemistry.descriptors import structure_key
from optimiser.cli import cli
from optimiser.errors import InputError
from optimiser.report.skill import repeat_lines
from optimiser.surrogate.candidates import candidates, choose_candidates
from optimiser.surrogate.duplicates import Repeat
from optimiser.surrogate.feature_sets import COLUMNS, choose_features, initial_ph, physics
from optimiser.surrogate.held_out import fold_numbers
from optimiser.surrogate.protocols import make_folds
from optimiser.surrogate.scores import LEVELS, coverage, r2, score, score_groups, winkler
from optimiser.surrogate.skill import as_published
from optimiser.surrogate.table import read_table
from optimiser.validation.evaluate import assess, compare_fold, evaluate, obtain
from optimiser.validation.groups import chemistries, label_groups, yield_ranges
from optimiser.validation.predict import OutOfFold
from optimiser.validation.request import choose_jobs, choose_store
from optimiser.validation.significance import between_groups, paired, unit_means
from optimiser.validation.store import load, save, settings_hash, shipped_folder

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
    assert chemistries(feed).tolist() == ["NMC333", "NMC622", "NMC811", "other"]
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
    with pytest.raises(InputError, match="There is no feature set 'fulll'"):
        choose_features(x, "fulll")


def test_help_names_every_model_and_feature_set() -> None:
    done = command("--help")
    assert done.returncode == 0
    words = set(done.stdout.replace(",", " ").split())
    assert words >= set(candidates()) | set(COLUMNS)


def test_every_rival_is_answered_at_once(training_table: Path) -> None:
    """Stored for the published table under every protocol; what is refitted is measured elsewhere."""
    table = read_table(training_table)
    jobs = [job for job in choose_jobs("all", "all", "full") if job.model.name != "pd-gbr"]
    assert len(jobs) == 8 * 3
    for job in jobs:
        found = load(shipped_folder(), job, table)
        assert found is not None, (job.name, job.protocol)
        assert found.tested.sum() == (137 if job.protocol == "random" else 913)


def test_unknown_models_are_refused() -> None:
    with pytest.raises(InputError, match="no model 'rff'") as error:
        choose_candidates("rff")
    assert "rf" in error.value.allowed


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "optimiser", "evaluate", *arguments], capture_output=True, text=True
    )


def test_the_shipped_default_meets_its_bars(training_table: Path) -> None:
    done = command("--table", str(training_table), "--models", "pd-gbr", "--protocol", "experiment", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)["experiment"]["pd-gbr"]
    overall = answer["overall"]
    assert overall["r2"] >= 0.79 and overall["mae"] <= 0.089
    assert set(overall["coverage"]) == {"0.5", "0.8", "0.9"}
    assert 0.87 <= overall["coverage"]["0.9"] <= 0.93
    assert set(answer["by"]) == {"metal", "acid", "chemistry", "yield_range", "domain"}
    for groups in answer["by"].values():
        for name, group in groups.items():
            assert group["experiments"] < 15 or 0.80 <= group["coverage"]["0.9"] <= 0.97, name
    # rows with the same conditions of a table that is named are listed, and kept
    assert "833/834 (0.42)" in done.stderr


def test_rivals_are_answered_from_what_is_stored(training_table: Path) -> None:
    done = command(
        "--table", str(training_table), "--models", "pd-gbr,rf,gp", "--protocol", "experiment", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert "Fitting" not in done.stderr
    answers = json.loads(done.stdout)["experiment"]
    assert answers["pd-gbr"]["overall"]["r2"] > answers["rf"]["overall"]["r2"]
    assert "pd-gbr" in answers["rf"]["against"]


def test_the_model_card_is_the_one_that_ships(training_table: Path, tmp_path: Path) -> None:
    path = tmp_path / "CARD.md"
    done = command("--table", str(training_table), "--card", str(path))
    assert done.returncode == 0, done.stderr
    shipped = Path(__file__).parents[1] / "models" / "pd-gbr" / "MODEL_CARD.md"
    assert path.read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8")


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


def changed(training_table: Path, folder: Path, change: Any) -> Path:
    book = openpyxl.load_workbook(training_table)
    change(book.active)
    path = folder / "changed.xlsx"
    book.save(path)
    return path


def test_a_yield_in_per_cent_is_refused_by_its_row(training_table: Path, tmp_path: Path) -> None:
    def per_cent(sheet: Any) -> None:
        column = [cell.value for cell in sheet[1]].index("xNi") + 1
        sheet.cell(7, column).value = 93.0
        sheet.cell(12, column).value = -0.1
        sheet.cell(15, column - 1).value = 88.0

    done = command("--table", str(changed(training_table, tmp_path, per_cent)))
    assert done.returncode == 2 and "row 7, column xNi; also rows 12, 15" in done.stderr
    assert "fractions" in done.stderr and "Traceback" not in done.stderr


def test_a_table_without_a_column_or_with_too_few_experiments_is_refused(
    training_table: Path, tmp_path: Path
) -> None:
    def without_time(sheet: Any) -> None:
        sheet.cell(1, [cell.value for cell in sheet[1]].index("time") + 1).value = "when"

    done = command("--table", str(changed(training_table, tmp_path, without_time)))
    assert done.returncode == 2 and "lacks the column 'time'" in done.stderr

    few = changed(training_table, tmp_path, lambda sheet: sheet.delete_rows(20, sheet.max_row))
    assert len(read_table(few)) == 18
    done = command("--table", str(few), "--models", "gbr", "--protocol", "study")
    assert done.returncode == 2 and "too few for the 5 folds" in done.stderr


def test_a_rivals_refitted_fold_gives_what_is_stored(training_table: Path) -> None:
    one = (
        "--table",
        str(training_table),
        "--models",
        "gbr",
        "--protocol",
        "random",
        "--refit",
        "--fold",
        "1",
    )
    done = command(*one, "--json")
    assert done.returncode == 0, done.stderr
    compared = json.loads(done.stdout)["random"]["gbr"]
    assert compared["max_abs_difference"] < 1e-5 and compared["rows"] == 137


def test_predictions_are_stored_for_one_table_and_one_setting_only(
    training_table: Path, tmp_path: Path
) -> None:
    table = read_table(training_table)
    (job,) = choose_jobs("gbr", "random", "full")
    folds = fold_numbers(make_folds(table, "random"), len(table))
    found = OutOfFold(folds, np.where(folds[:, None] < 0, NAN, np.full((1, 4), 0.25)), np.full((913, 4), NAN))
    path = save(tmp_path, job, table, found)
    again = load(tmp_path, job, table)
    assert again is not None
    np.testing.assert_array_equal(again.mean, found.mean)
    other_model = replace(job.model, settings={**job.model.settings, "max_iter": 1})
    assert load(tmp_path, replace(job, model=other_model), table) is None
    assert load(tmp_path, replace(job, protocol="study"), table) is None
    assert load(tmp_path, job, replace(table, sha256="another")) is None
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path, job, table)


def test_predictions_are_pinned_to_recipe_and_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    (job,) = choose_jobs("gp", "study", "full")
    known = {settings_hash(job)}
    for other in (
        replace(job, features="physics"),  # the same 32 columns, and seven more
        replace(job, features="basic"),
        replace(job, model=replace(job.model, settings={"nu": 2.5})),
        replace(job, model=replace(job.model, version=job.model.version + 1)),
    ):
        known.add(settings_hash(other))
    assert len(known) == 5
    monkeypatch.setitem(COLUMNS, "full", COLUMNS["full"][:-1])
    assert settings_hash(job) not in known


#: What the versions of the recipes build. Where one of these changes, so may predictions: raise the
#: candidate's version beside it, and store its predictions anew.
BUILT = {
    "pd-gbr-published": (1, "0858fc293b652089"),
    "gbr": (1, "bd76a23e95937afd"),
    "rf": (1, "5516e012e6be056e"),
    "ann": (1, "1455bc078eea84c6"),
    "pd-rf": (1, "917fbd97974408f4"),
    "pd-ann": (1, "b4461e56d3428943"),
    "svm": (1, "aa983ad6b82e1c5a"),
    "gp": (1, "c6e4de217cd1104a"),
}


def test_another_recipe_has_another_version() -> None:
    found = {}
    for name, model in candidates().items():
        if model.build is not None:
            built = model.build(model.settings)
            bounds = {k: v for k, v in built.get_params().items() if k.endswith("_bounds")}  # of kernels
            told = " ".join(f"{built.__repr__(N_CHAR_MAX=10**6)} {bounds or ''}".split())
            found[name] = (model.version, hashlib.sha256(told.encode()).hexdigest()[:16])
    assert found == BUILT


DAMAGE: list[tuple[str, Callable[[Any], Any], str]] = [
    ("mean", lambda array: array[:100], "experiment/full/mean is not an array of 913 x 4"),
    ("mean", lambda array: np.full_like(array, NAN), "experiment/full/mean lacks numbers"),
    ("mean", lambda array: np.full_like(array, 7.0), "experiment/full/mean reaches from 7 to 7"),
    ("spread", lambda array: array[:, 0], "experiment/full/spread is not an array of 913 x 4"),
    ("spread", lambda array: np.where(np.arange(4) == 0, 0.1, array).astype(array.dtype), "lacks numbers"),
    ("fold", lambda array: array[:100], "experiment/full/fold is not one whole number"),
    ("fold", lambda array: array.astype(float), "experiment/full/fold is not one whole number"),
]


def damaged(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    with np.load(shipped_folder() / "gbr.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    key = f"experiment/full/{name}"
    np.savez(folder / "gbr.npz", **{**arrays, key: change(arrays[key])})


@pytest.mark.parametrize(("name", "change", "said"), DAMAGE)
def test_what_cannot_be_predictions_is_refused(
    training_table: Path, tmp_path: Path, name: str, change: Callable[[Any], Any], said: str
) -> None:
    table = read_table(training_table)
    (job,) = choose_jobs("gbr", "experiment", "full")
    assert load(shipped_folder(), job, table) is not None
    damaged(tmp_path, name, change)
    with pytest.raises(InputError, match="cannot be read") as caught:
        load(tmp_path, job, table)
    assert said in caught.value.what and "remove the file" in caught.value.remedy
    # the command reads all before it fits any
    with pytest.raises(InputError, match="cannot be read"):
        obtain((*choose_jobs("rf", "experiment", "basic"), job), table, tmp_path)


def test_predictions_of_other_folds_are_fitted_anew(training_table: Path, tmp_path: Path) -> None:
    damaged(tmp_path, "fold", lambda array: np.roll(array, 1))
    assert load(tmp_path, *choose_jobs("gbr", "experiment", "full"), read_table(training_table)) is None


def test_stopping_a_refit_writes_nothing(
    training_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is what the command says of it."""
    table = read_table(training_table)
    jobs = choose_jobs("gbr,rf", "random", "full")
    kept = load(shipped_folder(), jobs[0], table)
    assert kept is not None
    fitted = iter([kept])

    def one_then_stopped(*_: object) -> OutOfFold:
        for each in fitted:
            return each
        raise KeyboardInterrupt

    monkeypatch.setattr("optimiser.validation.evaluate.predict_job", one_then_stopped)
    with pytest.raises(KeyboardInterrupt):
        obtain(jobs, table, tmp_path / "folds", refit=True)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("optimiser.validation.evaluate.predict_job", lambda *_: kept)
    obtain(jobs, table, tmp_path / "folds", refit=True)
    assert {path.name for path in (tmp_path / "folds").iterdir()} == {"gbr.npz", "rf.npz"}


def refused(*arguments: str) -> InputError:
    """Return what the command refuses, after it has been shown to write nothing and to fit nothing."""
    with pytest.MonkeyPatch.context() as patched:
        for work in ("obtain", "compare_fold"):
            patched.setattr(
                f"optimiser.validation.evaluate.{work}", lambda *_, **__: pytest.fail("work began")
            )
        done = CliRunner().invoke(cli, ["evaluate", *arguments], standalone_mode=False)
    assert isinstance(done.exception, InputError), (done.exception, done.output)
    assert done.output == ""
    return done.exception


def test_places_that_cannot_be_written_are_refused_before_the_work(
    training_table: Path, tmp_path: Path
) -> None:
    table = ("--table", str(training_table))
    (tmp_path / "file").write_text("")
    below = tmp_path / "file" / "x"
    for option in ("--card", "--out"):
        assert "is a file" in refused(*table, option, f"{below}.csv").what
    assert "is a file" in refused(*table, "--models", "gbr", "--refit", "--folds", str(below)).what
    assert ".csv or .xlsx" in refused(*table, "--out", str(tmp_path / "figures.txt")).allowed
    assert "is a folder" in refused(*table, "--card", str(tmp_path), "--force").what
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs /proc, which nobody can write to")
def test_a_system_that_refuses_is_told_before_the_work(training_table: Path, tmp_path: Path) -> None:
    for option in ("--card", "--out"):
        error = refused("--table", str(training_table), option, "/proc/x/card.csv")
        assert "/proc" in error.what and "written" in error.what.replace("writable", "written")
    assert not Path("/proc/x").exists()


def test_the_card_is_not_given_another_tables_figures(training_table: Path, tmp_path: Path) -> None:
    own = changed(training_table, tmp_path, lambda sheet: sheet.delete_rows(900))
    card = ("--card", str(tmp_path / "CARD.md"))
    error = refused("--table", str(own), *card)
    assert "not fitted on this table" in error.what and "822e9be0" in error.allowed
    published = ("--table", str(training_table), *card)
    assert "another folder" in refused(*published, "--folds", str(tmp_path)).what
    for other in (("--models", "gbr"), ("--protocol", "study"), ("--models", "pd-gbr,gbr")):
        assert "under all protocols" in refused(*published, *other).what


def test_what_one_fold_would_ignore_is_refused(training_table: Path, tmp_path: Path) -> None:
    one = ("--table", str(training_table), "--models", "gbr", "--protocol", "random", "--fold", "1")
    assert refused(*one).remedy == "add --refit"
    for ignored in (
        ("--out", str(tmp_path / "x.csv")),
        ("--card", str(tmp_path / "x.md")),
        ("--as-published",),
        ("--force",),
        ("--rows",),
    ):
        assert f"{ignored[0]} does nothing" in refused(*one, "--refit", *ignored).what


def test_every_fold_is_found_before_one_is_fitted(
    training_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read_table(training_table)
    monkeypatch.setattr(
        "optimiser.validation.evaluate.predict_job", lambda *_, **__: pytest.fail("work began")
    )
    with pytest.raises(InputError, match="'random' has no fold 2"):
        compare_fold(choose_jobs("gbr", "study,random", "full"), table, shipped_folder(), 2)
    with pytest.raises(InputError, match="Nothing is stored of gbr:basic"):
        compare_fold(choose_jobs("gbr", "study", "full,basic"), table, shipped_folder(), 2)


def test_a_missing_folder_of_predictions_is_refused(training_table: Path, tmp_path: Path) -> None:
    asked = ("--table", str(training_table), "--models", "gbr", "--folds", str(tmp_path / "none"))
    error = refused(*asked)
    assert "does not exist" in error.what and "--refit" in error.remedy


def test_rows_that_repeat_are_counted_and_listed_where_asked() -> None:
    repeats = [Repeat((5, 9), 0.2), Repeat((2, 3, 4), 0.01), Repeat((7, 8), 0.0)]
    (line,) = repeat_lines(repeats, listed=False)
    assert "1 groups contradict each other, 2 repeat; --rows lists them" in line
    assert "5/9 (0.20)" in " ".join(repeat_lines(repeats, listed=True))
    assert "2/3/4, 7/8" in " ".join(repeat_lines(repeats, listed=True))
    assert repeat_lines([], listed=False) == []


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


def test_another_tables_predictions_do_not_replace_those_that_ship(
    training_table: Path, tmp_path: Path
) -> None:
    own = changed(training_table, tmp_path, lambda sheet: sheet.delete_rows(900))
    with pytest.raises(InputError, match="replace those of the published one"):
        choose_store(None, read_table(own), write=True)
    folder = tmp_path / "mine"
    keep = ("--table", str(own), "--models", "gbr", "--protocol", "random", "--folds", str(folder))
    done = command(*keep, "--refit")
    assert done.returncode == 0 and (folder / "gbr.npz").is_file(), done.stderr
    out = tmp_path / "figures.csv"
    done = command(*keep, "-o", str(out))
    assert done.returncode == 0 and "Fitting gbr" not in done.stderr, done.stderr
    figures = pd.read_csv(out)
    assert set(figures["kind"]) == {"overall", "metal", "acid", "chemistry", "yield_range"}
    assert figures.loc[figures["kind"] == "metal", "values"].sum() == figures["values"][0]


@pytest.mark.training
def test_a_refitted_fold_gives_what_is_stored(training_table: Path) -> None:
    done = command(
        "--table", str(training_table), "--protocol", "experiment", "--refit", "--fold", "2", "--json"
    )
    assert done.returncode == 0, done.stderr
    compared = json.loads(done.stdout)["experiment"]["pd-gbr"]
    assert compared["max_abs_difference"] < 1e-5 and compared["rows"] > 100


def test_labels_name_acids_and_domain(training_table: Path) -> None:
    table = read_table(training_table)
    inside = np.arange(len(table)) % 2 == 0
    labels = label_groups(table, np.full((len(table), 4), 0.5), inside)
    assert "sulfuric" in set(labels["acid"][:, 0]) and set(labels["domain"][0]) == {"inside"}
