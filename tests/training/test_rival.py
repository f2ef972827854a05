"""Rivals of the shipped default: fitted, kept, read back, and used where PD-GBR is."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from optimiser._io.errors import InputError
from optimiser.cli.main import cli
from optimiser.surrogate.artefact import load_surrogate, seal
from optimiser.surrogate.calibration import squeezed, stretched
from optimiser.surrogate.features import table_features
from optimiser.surrogate.packing import MODELS, SHIPPED, pinned
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training.compare.rivals import (
    Candidate,
    Rival,
    candidates,
    fit_rival,
    recipe,
    rival_recipe,
)
from optimiser.training.train import train

RIVALS = [name for name in MODELS if name != SHIPPED]
_TINY = {"max_iter": 5, "n_estimators": 5, "max_pairs": 800, "n_anchors": 8, "alpha": 0.1, "C": 1.0}


def tiny(name: str) -> Candidate:
    """The same model, fitted in a moment."""
    model = candidates()[name]
    small = {key: _TINY.get(key, value) for key, value in model.settings.items()}
    return replace(model, settings=small)


@pytest.fixture(scope="module")
def table(training_table: Path) -> TrainingTable:
    return read_table(training_table)


@pytest.fixture(scope="module")
def artefact(training_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A boosting of a few trees, trained on every fifth row."""
    folder = tmp_path_factory.mktemp("rival")
    pd.read_excel(training_table).iloc[::5].to_excel(folder / "small.xlsx", index=False)
    return train(folder / "small.xlsx", folder / "models" / "gbr", rival_recipe(tiny("gbr")))


def test_every_model_that_can_be_named_has_a_candidate() -> None:
    assert tuple(candidates()) == MODELS


def read_back(rival: Rival, regressors: bytes) -> Rival:
    return Rival.from_arrays(rival.arrays(), regressors, rival.features, rival.yields)


def test_a_single_model_is_not_stretched() -> None:
    yields = np.array([0.0, 0.3, 0.5, 1.0])
    np.testing.assert_allclose(stretched(squeezed(yields)), yields, atol=1e-15)


@pytest.mark.data
@pytest.mark.parametrize("name", RIVALS)
def test_regressors_come_back_as_they_went(table: TrainingTable, name: str) -> None:
    rows = np.arange(0, len(table), 6)
    rival = fit_rival(tiny(name), table, rows)
    x = table_features(table)[::11]
    again = read_back(rival, rival.regressors_file())
    for before, after in zip(rival.predict(x), again.predict(x), strict=True):
        np.testing.assert_array_equal(before, after)
    mean, spread = rival.scatter(x)
    assert ((mean >= 0.0) & (mean <= 1.0)).all()
    # only models of pairs have anchors to scatter over
    assert np.isnan(spread).all() == (not name.startswith("pd-"))


@pytest.mark.data
def test_each_metal_is_fitted_on_rows_that_have_it(table: TrainingTable) -> None:
    rows = np.arange(0, len(table), 6)
    other = replace(table, yields=np.where(table.present, table.yields, 0.5))
    fits = [fit_rival(tiny("gbr"), each, rows).scatter(table_features(table))[0] for each in (table, other)]
    np.testing.assert_array_equal(*fits)


@pytest.mark.data
def test_what_a_rival_has_no_use_for_is_not_built(table: TrainingTable) -> None:
    import skops.io

    rival = fit_rival(tiny("gbr"), table, np.arange(0, len(table), 20))
    stranger = skops.io.dumps([subprocess.Popen] * 4)
    with pytest.raises(ValueError, match=r"subprocess\.Popen"):
        read_back(rival, stranger)
    with pytest.raises(ValueError, match="cannot be read"):
        read_back(rival, b"PK nothing")
    with pytest.raises(ValueError, match="4 regressors"):
        read_back(rival, skops.io.dumps([1, 2]))
    with pytest.raises(ValueError, match="no feature set 'most'"):
        read_back(replace(rival, feature_set="most"), rival.regressors_file())


@pytest.mark.data
def test_regressors_of_an_earlier_version_are_refused_with_what_to_do(
    artefact: Path, table: TrainingTable, tmp_path: Path
) -> None:
    """Earlier versions kept the regressor on pairs in another module, which their files name."""
    rival = fit_rival(tiny("pd-gbr-published"), table, np.arange(0, len(table), 20))
    old = io.BytesIO()
    with ZipFile(io.BytesIO(rival.regressors_file())) as new, ZipFile(old, "w") as written:
        for name in new.namelist():
            content = new.read(name)
            written.writestr(
                name,
                content.replace(b"optimiser.training.compare.pdgbr", b"optimiser.surrogate.pdgbr"),
            )
    folder = shutil.copytree(artefact, tmp_path / "models" / "pd-gbr-published")
    (folder / "regressors.skops").write_bytes(old.getvalue())
    card = yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))
    card["regressors"] = pinned("regressors.skops", old.getvalue())
    card["card_sha256"] = seal(card)
    (folder / "card.yaml").write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    with pytest.raises(InputError, match="written by an earlier version") as caught:
        load_surrogate(folder)
    assert caught.value.remedy.startswith("train it again: optimiser train --model pd-gbr-published")


@pytest.mark.data
def test_a_rival_is_calibrated_and_has_a_domain(artefact: Path) -> None:
    surrogate = load_surrogate(artefact)
    assert isinstance(surrogate.fitted, Rival)
    assert surrogate.anchors == 0 and surrogate.anchors_at("low") == 0
    assert surrogate.card["model"] == "histogram gradient boosting"
    assert surrogate.card["hyperparameters"]["max_iter"] == 5
    assert 0.7 < surrogate.card["skill"]["experiment"]["coverage"]["0.9"] <= 1.0
    assert {file.name for file in artefact.iterdir()} == {
        "arrays.npz",
        "card.yaml",
        "folds.npz",
        "regressors.skops",
    }
    with ZipFile(artefact / "regressors.skops") as content:
        assert not any(name.endswith((".pkl", ".pickle")) for name in content.namelist())


@pytest.mark.data
def test_changed_or_missing_regressors_are_refused(artefact: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in artefact.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    content = (copy / "regressors.skops").read_bytes()
    (copy / "regressors.skops").write_bytes(content[:-10])
    with pytest.raises(InputError, match="cut off"):
        load_surrogate(copy)
    (copy / "regressors.skops").unlink()
    with pytest.raises(InputError, match=r"no regressors\.skops"):
        load_surrogate(copy)


PROBLEM = """
feed: {name: NMC111, Ni: 0.3333, Mn: 0.3333, Co: 0.3333, mass: 1000}
surrogate: gbr
variables: {acid: [sulfuric, citric], temperature: [40, 90], acid_concentration: [1, 4], h2o2: [0, 8],
            solid_liquid_ratio: [10, 60], time: [30, 240]}
objectives: [{minimise: cost}, {maximise: recovery}]
constraints: [{applicability_domain: inside}, {proton_balance: 1.1}]
"""
CONFIG = """
problem: mine.yaml
search: {algorithm: nsga2, population: 20, generations: 3, seeds: [1]}
report: {formats: [html, csv]}
"""


@pytest.mark.data
def test_a_problem_names_a_rival_to_predict_with_and_not_to_search_on(artefact: Path, tmp_path: Path) -> None:
    """As a process, in the folder that `optimiser train --model gbr` wrote to."""
    (tmp_path / "mine.yaml").write_text(PROBLEM)
    (tmp_path / "run.yaml").write_text(CONFIG)
    (tmp_path / "designs.csv").write_text(
        "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time\nsulfuric,60,2,1,40,60\n"
    )
    (tmp_path / "models").mkdir()
    artefact.rename(tmp_path / "models" / "gbr")
    try:
        predict, run, check = (
            subprocess.run(
                [sys.executable, "-m", "optimiser", *arguments],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            for arguments in (
                ("predict", "designs.csv", "--problem", "mine.yaml", "--out", "out.csv"),
                ("run", "run.yaml"),
                ("check", "run.yaml"),
            )
        )
    finally:
        (tmp_path / "models" / "gbr").rename(artefact)
    assert predict.returncode == 0, predict.stderr
    assert pd.read_csv(tmp_path / "out.csv")["yield_Li"].notna().all()
    for refused in (run, check):
        assert refused.returncode == 2
        assert "too slow to search on" in refused.stderr and "mine.yaml" in refused.stderr
    assert not (tmp_path / "reports").exists()


def test_a_model_that_is_not_fitted_says_how(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PROBLEM.replace("gbr", "svm"))
    (tmp_path / "run.yaml").write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "optimiser", "check", "run.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "does not ship fitted" in done.stderr and "optimiser train --model svm" in done.stderr


def test_a_recipe_is_found_by_name() -> None:
    assert recipe("rf").steps == 4 and recipe().steps == 7
    with pytest.raises(InputError, match="no model 'xgboost'"):
        recipe("xgboost")
    refused = CliRunner().invoke(cli, ["train", "--model", "xgb"], standalone_mode=False)
    assert isinstance(refused.exception, InputError)
