"""Fold predictions on disk: pinned, checked, stored together, and all there for the published table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.surrogate.training_table import read_table
from optimiser.training.compare.evaluate import compare_fold, obtain
from optimiser.training.compare.feature_sets import COLUMNS
from optimiser.training.compare.request import choose_jobs, choose_store, shipped_folder
from optimiser.training.compare.rivals import candidates
from optimiser.training.compare.stored_rivals import OutOfFold, load, save, settings_hash
from optimiser.training.protocols import fold_numbers, make_folds
from tests.evaluation import changed, command

NAN = np.nan


@pytest.mark.data
def test_every_rival_is_answered_at_once(training_table: Path) -> None:
    """Stored for the published table under every protocol; what is refitted is measured elsewhere."""
    table = read_table(training_table)
    jobs = [job for job in choose_jobs("all", "all", "full") if job.model.name != "pd-gbr"]
    assert len(jobs) == 8 * 3
    for job in jobs:
        found = load(shipped_folder(), job, table)
        assert found is not None, (job.name, job.protocol)
        assert found.tested.sum() == (137 if job.protocol == "random" else 913)


@pytest.mark.data
def test_rivals_are_answered_from_what_is_stored(training_table: Path) -> None:
    done = command(
        "--table", str(training_table), "--models", "pd-gbr,rf,gp", "--protocol", "experiment", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert "Fitting" not in done.stderr
    answers = json.loads(done.stdout)["experiment"]
    assert answers["pd-gbr"]["overall"]["r2"] > answers["rf"]["overall"]["r2"]
    assert "pd-gbr" in answers["rf"]["against"]


@pytest.mark.data
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


@pytest.mark.data
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
            built = model.build(**model.settings)
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


@pytest.mark.data
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


@pytest.mark.data
def test_predictions_of_other_folds_are_fitted_anew(training_table: Path, tmp_path: Path) -> None:
    damaged(tmp_path, "fold", lambda array: np.roll(array, 1))
    assert load(tmp_path, *choose_jobs("gbr", "experiment", "full"), read_table(training_table)) is None


@pytest.mark.data
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

    monkeypatch.setattr("optimiser.training.compare.evaluate.predict_job", one_then_stopped)
    with pytest.raises(KeyboardInterrupt):
        obtain(jobs, table, tmp_path / "folds", refit=True)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("optimiser.training.compare.evaluate.predict_job", lambda *_: kept)
    obtain(jobs, table, tmp_path / "folds", refit=True)
    assert {path.name for path in (tmp_path / "folds").iterdir()} == {"gbr.npz", "rf.npz"}


@pytest.mark.data
def test_every_fold_is_found_before_one_is_fitted(
    training_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read_table(training_table)
    monkeypatch.setattr(
        "optimiser.training.compare.evaluate.predict_job", lambda *_, **__: pytest.fail("work began")
    )
    with pytest.raises(InputError, match="'random' has no fold 2"):
        compare_fold(choose_jobs("gbr", "study,random", "full"), table, shipped_folder(), 2)
    with pytest.raises(InputError, match="Nothing is stored of gbr:basic"):
        compare_fold(choose_jobs("gbr", "study", "full,basic"), table, shipped_folder(), 2)


@pytest.mark.data
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


@pytest.mark.data
@pytest.mark.training
def test_a_refitted_fold_gives_what_is_stored(training_table: Path) -> None:
    done = command(
        "--table", str(training_table), "--protocol", "experiment", "--refit", "--fold", "2", "--json"
    )
    assert done.returncode == 0, done.stderr
    compared = json.loads(done.stdout)["experiment"]["pd-gbr"]
    assert compared["max_abs_difference"] < 1e-5 and compared["rows"] > 100
