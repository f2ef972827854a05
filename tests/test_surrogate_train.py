"""Fitting, validating and writing the artefact; small settings here, the shipped ones behind `training`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from optimiser.errors import InputError
from optimiser.surrogate import train as training
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.features import table_features
from optimiser.surrogate.fit import TrainSettings, choose_anchors, fit
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.table import TrainingTable, read_table
from optimiser.surrogate.train import train, write_whole
from optimiser.surrogate.validate import Skill, Validation, measure, validate

TINY = TrainSettings(max_pairs=3000, max_iter=8, n_anchors=16, max_leaf_nodes=15)
NO_SKILL = Validation(1, 1, *[Skill(1, 0.0, 0.0, 0.0, {"Li": 0.0}, 0.0)] * 2)


@pytest.fixture(scope="module")
def table(training_table: Path) -> TrainingTable:
    return read_table(training_table)


@pytest.fixture(scope="module")
def small_table(training_table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every fifth row of the table."""
    path = tmp_path_factory.mktemp("table") / "small.xlsx"
    pd.read_excel(training_table).iloc[::5].to_excel(path, index=False)
    return path


@pytest.fixture(scope="module")
def fitted(table: TrainingTable) -> Fitted:
    with threadpool_limits(1):
        return fit(table, np.arange(0, 913, 3), TINY)


def test_absent_metals_teach_nothing(table: TrainingTable, fitted: Fitted) -> None:
    """Whatever the table writes for an absent metal, the fit is the same."""
    other = replace(table, yields_as_written=np.where(table.present, table.yields_as_written, 0.5))
    with threadpool_limits(1):
        again = fit(other, np.arange(0, 913, 3), TINY)
    np.testing.assert_array_equal(again.forest.leaf, fitted.forest.leaf)
    assert np.isnan(fitted.yields).any() and fitted.forest.n_models == 4
    x = table_features(table)[:5]
    by_hand = fitted.votes(x)[:, 1][:, ~np.isnan(fitted.yields[:, 1])].mean(axis=1)
    np.testing.assert_allclose(fitted.predict(x)[0][:, 1], by_hand, rtol=1e-12)
    np.testing.assert_array_equal(fitted.predict(x, chunk=2)[0], fitted.predict(x)[0])


def test_chosen_anchors_speak_for_all(table: TrainingTable, fitted: Fitted) -> None:
    x = table_features(table)[1::3]
    mean, spread = fitted.predict(x)
    chosen = choose_anchors(fitted, 24)
    assert len(set(chosen.tolist())) == 24 and (np.diff(chosen) > 0).all()
    few_mean, few_spread = fitted.take(chosen).predict(x)
    shift = np.abs(few_mean - mean).mean()
    rng = np.random.default_rng(0)
    whole = np.flatnonzero(~np.isnan(fitted.yields).any(axis=1))
    drawn = [fitted.take(rng.choice(whole, 24, replace=False)).predict(x)[0] for _ in range(5)]
    assert shift < 0.6 * np.mean([np.abs(d - mean).mean() for d in drawn])
    assert 0.9 < few_spread.mean() / spread.mean() < 1.1
    assert not np.isnan(fitted.yields[chosen]).any()
    assert len(choose_anchors(fitted, 10_000)) == len(fitted.yields)


def test_skill_is_counted_both_ways() -> None:
    # two metals matter here; by hand. Nickel is absent in the last row, where the table says 0.4.
    written = np.array([[0.0, 0.2, 0.1, 0.3], [0.5, 0.6, 0.2, 0.4], [1.0, 0.4, 0.6, 0.8]])
    present = np.ones((3, 4), dtype=bool)
    present[2, 1] = False
    mean = written.copy()
    mean[0, 0], mean[1, 1], mean[2, 1], mean[2, 0] = 0.1, 0.5, 0.7, 1.5
    skill = measure(mean, np.full((3, 4), 0.03), written, present, 5)
    # Li: errors 0.1, 0, 0 (1.5 is clipped to 1); sum of squares 0.01 of 0.5 -> 0.98
    # Ni present: errors 0, 0.1; 0.01 of 0.08 -> 0.875
    assert skill.r2_by_metal == pytest.approx({"Li": 0.98, "Ni": 0.875, "Mn": 1.0, "Co": 1.0})
    assert skill.r2_present == pytest.approx((0.98 + 0.875 + 2) / 4)
    # Ni as published: errors 0, 0.1, 1.0 - 0.4; 0.37 of 0.08 -> 1 - 4.625
    assert skill.r2_as_published == pytest.approx((0.98 + (1 - 4.625) + 2) / 4)
    assert skill.mae_present == pytest.approx(0.2 / 11)
    assert skill.held_by_spread == pytest.approx(9 / 11)  # 1.96 x 0.03 < 0.1
    assert skill.card()["anchors"] == 5


def test_validation_runs_on_the_published_split(table: TrainingTable) -> None:
    said: list[tuple[int, int, str]] = []
    with threadpool_limits(1):
        found = validate(table, TINY, lambda *step: said.append(step))
    assert (found.train_rows, found.test_rows) == (776, 137)
    assert (found.every_anchor.anchors, found.few_anchors.anchors) == (776, 16)
    assert 0.3 < found.every_anchor.r2_present < 0.93
    assert [done for done, _, _ in said] == [0, 1, 2, 3, 4, 5] and said[0][2] == "validation fit, Li"


def test_train_writes_an_artefact_that_loads(small_table: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    with threadpool_limits(1):
        out = train(
            small_table,
            tmp_path / "new" / "mine",
            TINY,
            validation=NO_SKILL,
            progress=lambda *s: steps.append(s),
        )
        again = train(small_table, tmp_path / "again", TINY, validation=NO_SKILL)
    surrogate = load_surrogate(out)
    assert surrogate.anchors == 16 and surrogate.card["hyperparameters"]["max_iter"] == 8
    assert surrogate.card["training"]["rows"] == 183
    assert [path.name for path in out.parent.iterdir()] == ["mine"]
    assert steps[0][:2] == (0, 6) and steps[-1][:2] == (6, 6)
    for file in ("arrays.npz", "card.yaml"):
        assert (out / file).read_bytes() == (again / file).read_bytes()
    with pytest.raises(InputError, match="already holds an artefact"):
        train(small_table, out, TINY, validation=NO_SKILL)
    with threadpool_limits(1):
        train(small_table, out, replace(TINY, n_anchors=4), validation=NO_SKILL, overwrite=True)
    assert load_surrogate(out).anchors == 4


def test_train_does_not_replace_what_is_no_artefact(small_table: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="not an artefact"):
            train(small_table, tmp_path, TINY, validation=NO_SKILL, overwrite=overwrite)
    assert (tmp_path / "thesis.txt").exists()


def test_interrupted_training_leaves_nothing(
    small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit_domain", interrupted)
    with pytest.raises(KeyboardInterrupt), threadpool_limits(1):
        train(small_table, tmp_path / "mine", TINY, validation=NO_SKILL)
    assert list(tmp_path.iterdir()) == []


def test_failed_writing_restores_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "mine"
    write_whole(out, {"card.yaml": b"old"})
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(InputError, match="disk full"):
        write_whole(out, {"card.yaml": b"new"})
    assert (out / "card.yaml").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.training
def test_full_training_rebuilds_the_shipped_artefact(training_table: Path, tmp_path: Path) -> None:
    """Takes minutes: the refit meets the bars, and the fit on all rows predicts what the shipped one does."""
    out = train(training_table, tmp_path / "pd-gbr")
    new, shipped = load_surrogate(out), load_surrogate("pd-gbr")
    skill = new.card["skill"]
    assert skill["every_anchor"]["r2_as_published"] >= 0.930
    assert skill["every_anchor"]["r2_present_metals"] >= 0.925
    for figure in ("r2_as_published", "r2_present_metals"):
        assert skill["every_anchor"][figure] - skill["shipped_anchors"][figure] <= 0.002
    x = table_features(read_table(training_table))
    np.testing.assert_allclose(new.fitted.predict(x)[0], shipped.fitted.predict(x)[0], rtol=0, atol=1e-6)
