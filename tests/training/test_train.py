"""Holding out, fitting and writing the artefact; small settings here, the shipped ones behind `training`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.chemistry.descriptors import structure_key
from optimiser.problem.tolerances import DEFAULT
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.domain import fit_domain
from optimiser.surrogate.features import table_features
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.mixture import Mixture
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training import train as training
from optimiser.training.fit import TrainSettings, choose_anchors, fit, fit_members, shipped_recipe
from optimiser.training.held_out import hold_out
from optimiser.training.members import MEMBERS
from optimiser.training.protocols import PROTOCOLS, make_folds
from optimiser.training.stored import read_held_out, settings_hash
from optimiser.training.train import train

TINY = TrainSettings(
    members=tuple(replace(member, trees=5, leaves=15, pairs=800 * member.paired) for member in MEMBERS),
    n_anchors=16,
)
TINY_RECIPE = shipped_recipe(TINY)
SOME = np.arange(0, 913, 4)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small fits on a busy machine wait for each other's threads many times longer than they compute."""
    import lightgbm  # noqa: F401  its threads can only be limited once it is loaded

    with threadpool_limits(1):
        yield


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
    """Every row an anchor."""
    return fit_members(table, SOME, TINY)


@pytest.fixture(scope="module")
def steps() -> list[tuple[int, int, str]]:
    return []


@pytest.fixture(scope="module")
def artefact(
    small_table: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, str]]
) -> Path:
    out = tmp_path_factory.mktemp("artefact") / "new" / "mine"
    return train(small_table, out, TINY_RECIPE, progress=lambda *step: steps.append(step))


@pytest.mark.data
def test_absent_metals_teach_nothing(table: TrainingTable, fitted: Fitted) -> None:
    """Whatever the table writes for an absent metal, the fit is the same."""
    other = replace(table, yields_as_written=np.where(table.present, table.yields_as_written, 0.5))
    again = fit_members(other, SOME, TINY)
    assert (len(again.paired), len(again.plain)) == (2, 4)
    for forest, known in zip(again.paired + again.plain, fitted.paired + fitted.plain, strict=True):
        np.testing.assert_array_equal(forest.leaf, known.leaf)
        np.testing.assert_array_equal(forest.threshold, known.threshold)
    assert np.isnan(fitted.yields).any()


@pytest.mark.data
def test_the_mean_spread_and_disagreement_by_hand(table: TrainingTable, fitted: Fitted) -> None:
    x = table_features(table)[:5]
    nickel = ~np.isnan(fitted.yields[:, 1])
    votes = fitted.votes(x)
    assert votes.shape == (2, 5, 4, len(SOME))
    compared = votes[:, :, 1][:, :, nickel]  # only anchors that have nickel
    # a lone member of each kind: the mean is what it says
    alone = Mixture(np.ones(1), np.ones(1, dtype=np.bool_))
    of_plain = [
        replace(fitted, paired=(), plain=(forest,), mixture=alone).predict(x).mean[:, 1]
        for forest in fitted.plain
    ]
    found = fitted.predict(x)
    # the first on pairs leads with the first three on rows; the other two move it by 0.0095 at most
    lead = (compared[0].mean(axis=1) + sum(of_plain[:3])) / 4
    free = (compared[1].mean(axis=1) + of_plain[3]) / 2
    np.testing.assert_allclose(found.mean[:, 1], lead + np.clip(free - lead, -0.0095, 0.0095))
    np.testing.assert_allclose(found.spread[:, 1], compared.sum(axis=0).std(axis=1) / 6)
    two = replace(fitted, plain=(), mixture=Mixture(np.ones(2), np.ones(2, dtype=np.bool_))).predict(x)
    np.testing.assert_allclose(two.disagreement[:, 1], np.abs(np.diff(compared.mean(axis=2), axis=0))[0] / 2)
    # a row is predicted alike whether it comes alone or among others
    for some, every in zip(fitted.predict(x[2:3])[:3], found[:3], strict=True):
        np.testing.assert_array_equal(some[0], every[2])


@pytest.mark.data
def test_chosen_anchors_speak_for_all(table: TrainingTable, fitted: Fitted) -> None:
    x = table_features(table)[1::3]
    mean, spread, disagreement = fitted.predict(x)[:3]
    chosen = choose_anchors(fitted, 24)
    assert len(set(chosen.tolist())) == 24
    # the low fidelity takes the first of them: fewer are the beginning of more
    np.testing.assert_array_equal(choose_anchors(fitted, 8), chosen[:8])
    few = fitted.take(chosen).predict(x)
    shift = np.nanmean(np.abs(few.mean - mean))
    rng = np.random.default_rng(0)
    whole = np.flatnonzero(~np.isnan(fitted.yields).any(axis=1))
    drawn = [fitted.take(rng.choice(whole, 24, replace=False)).predict(x).mean for _ in range(5)]
    assert shift < 0.6 * np.mean([np.nanmean(np.abs(d - mean)) for d in drawn])
    assert 0.9 < np.nanmean(few.spread) / np.nanmean(spread) < 1.1
    assert np.nanmean(np.abs(few.disagreement - disagreement)) < 0.02
    assert not np.isnan(fitted.yields[chosen]).any()
    every = choose_anchors(fitted, 10_000)
    assert sorted(every) == list(range(len(fitted.yields)))
    assert not np.isnan(fitted.yields[every[:4]]).all(axis=0).any(), "a metal is left for later"


@pytest.mark.data
def test_a_fold_is_predicted_by_a_model_that_has_not_seen_it(table: TrainingTable) -> None:
    """Other yields in the fold's own rows change nothing of what is said of them."""
    fold = make_folds(table, "study")[1]
    held = hold_out(table, "study", TINY_RECIPE, only=1)
    np.testing.assert_array_equal(np.flatnonzero(~np.isnan(held.mean[:, 0])), fold.test)
    assert (held.fold[fold.test] == 1).all() and set(held.fold) == set(range(5))
    yields = table.yields.copy()
    yields[fold.test] = 1.0 - yields[fold.test]
    again = hold_out(replace(table, yields=yields), "study", TINY_RECIPE, only=1)
    for name in ("mean", "spread", "disagreement", "distance"):
        np.testing.assert_array_equal(getattr(again, name), getattr(held, name))
    fitted = fit(table, fold.train, TINY)
    domain, moved = fit_domain(table, fold.train), []
    for row in fold.test:  # over the usual tolerances of what the fold's own data vary
        near = domain.near(table.feed[row], structure_key(table.smiles[row]))
        moved.append(DEFAULT.moved(table.continuous[[row]], 64, near.varied)[0])
    by_hand = fitted.predict(table_features(table)[fold.test], moved=np.array(moved))
    np.testing.assert_allclose(held.mean[fold.test], by_hand.mean, rtol=1e-6, atol=1e-6)


@pytest.mark.data
def test_train_writes_an_artefact_that_loads(
    small_table: Path, artefact: Path, steps: list[tuple[int, int, str]]
) -> None:
    surrogate = load_surrogate(artefact)
    card = surrogate.card
    assert surrogate.anchors == 16 and len(card["hyperparameters"]["members"]) == 6
    assert card["hyperparameters"]["members"][0]["trees"] == 5
    assert card["training"]["rows"] == 183
    assert set(card["skill"]) == {"measured_on", *PROTOCOLS}
    assert 0.7 < card["skill"]["experiment"]["coverage"]["0.9"] <= 1.0
    assert [path.name for path in artefact.parent.iterdir()] == ["mine"]
    assert sorted(path.name for path in artefact.iterdir()) == ["arrays.npz", "card.yaml", "folds.npz"]
    # twelve fits of six members and the anchors, then calibration
    assert [done for done, _, _ in steps] == list(range(86)) and {every for _, every, _ in steps} == {85}
    assert steps[0][2].startswith("random 1") and steps[-1][2] == "done"
    small = read_table(small_table)
    held = read_held_out(artefact, small, TINY_RECIPE.settings)
    assert held is not None and set(held) == set(PROTOCOLS)
    assert held["random"].tested.sum() == card["skill"]["random"]["rows"]


@pytest.mark.data
def test_train_repeats_itself_and_overwrites_only_when_told(
    small_table: Path, artefact: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="exists already"):
        train(small_table, artefact, TINY_RECIPE)
    out = tmp_path / "mine"
    out.mkdir()
    (out / "card.yaml").write_text("old")
    train(small_table, out, TINY_RECIPE, overwrite=True)
    for file in ("arrays.npz", "card.yaml", "folds.npz"):
        assert (out / file).read_bytes() == (artefact / file).read_bytes(), file


@pytest.mark.data
def test_folds_belong_to_one_table_and_one_setting(small_table: Path, artefact: Path, tmp_path: Path) -> None:
    small = read_table(small_table)
    assert read_held_out(artefact, replace(small, sha256="0" * 64), TINY_RECIPE.settings) is None
    assert read_held_out(artefact, small, shipped_recipe(replace(TINY, random_state=1)).settings) is None
    assert read_held_out(tmp_path, small, TINY_RECIPE.settings) is None
    (tmp_path / "folds.npz").write_bytes((artefact / "folds.npz").read_bytes()[:1000])
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_held_out(tmp_path, small, TINY_RECIPE.settings)
    assert "optimiser train" in caught.value.remedy


SHIPPED = builtin.folder("models") / "pd-gbr"
DAMAGE: list[tuple[str, Callable[[Any], Any], str]] = [
    ("experiment_mean", lambda array: array[:50], "experiment_mean is not an array of 913 x 4"),
    ("study_spread", lambda array: array[:, :3], "study_spread is not an array of 913 x 4"),
    ("random_distance", lambda array: array[:, None], "random_distance is not an array of 913 decimal"),
    ("study_fold", lambda array: array[:50], "study_fold is not one whole number"),
    ("experiment_mean", lambda array: np.full_like(array, np.nan), "experiment_mean lacks numbers"),
    ("study_disagreement", lambda array: -array, "study_disagreement reaches from"),
    ("experiment_mean", lambda array: np.full_like(array, 7.0), "experiment_mean reaches from 7 to 7"),
    ("study_mean", lambda array: array.astype(str), "study_mean is not an array"),
]


def damaged(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    with np.load(SHIPPED / "folds.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    np.savez(folder / "folds.npz", **{**arrays, name: change(arrays[name])})


@pytest.mark.data
@pytest.mark.parametrize(("name", "change", "said"), DAMAGE, ids=[said for _, _, said in DAMAGE])
def test_folds_that_cannot_be_predictions_are_refused(
    table: TrainingTable, tmp_path: Path, name: str, change: Callable[[Any], Any], said: str
) -> None:
    assert read_held_out(SHIPPED, table, shipped_recipe().settings) is not None
    damaged(tmp_path, name, change)
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_held_out(tmp_path, table, shipped_recipe().settings)
    assert said in caught.value.what


@pytest.mark.data
def test_predictions_of_other_folds_are_not_taken(table: TrainingTable, tmp_path: Path) -> None:
    damaged(tmp_path, "experiment_fold", lambda array: np.roll(array, 1))
    assert read_held_out(tmp_path, table, shipped_recipe().settings) is None


def test_settings_are_told_apart() -> None:
    changed = replace(TINY, members=(replace(TINY.members[0], l2=2.0), *TINY.members[1:]))
    assert (
        len(
            {
                settings_hash(shipped_recipe(s).settings)
                for s in (TINY, changed, replace(TINY, n_anchors=17), TrainSettings())
            }
        )
        == 4
    )


@pytest.mark.data
def test_train_does_not_replace_what_is_no_artefact(small_table: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="holds something else"):
            train(small_table, tmp_path, TINY_RECIPE, overwrite=overwrite)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.data
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> None:
        raise OSError("read-only file system")

    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        train(small_table, tmp_path / "file" / "mine", TINY_RECIPE)
    monkeypatch.setattr(training, "hold_out", lambda *_: pytest.fail("work began"))
    monkeypatch.setattr("optimiser._io.output.tempfile.TemporaryFile", refused)
    with pytest.raises(InputError, match="read-only file system"):
        train(small_table, tmp_path / "new" / "mine", TINY_RECIPE)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.data
def test_interrupted_training_leaves_nothing(
    small_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "hold_out", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(small_table, tmp_path / "mine", TINY_RECIPE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.data
@pytest.mark.training
def test_full_training_rebuilds_the_shipped_artefact(training_table: Path, tmp_path: Path) -> None:
    """Takes minutes: what was held out, the skill and the fit on all rows are those that shipped."""
    out = train(training_table, tmp_path / "pd-gbr")
    new, shipped = load_surrogate(out), load_surrogate("pd-gbr")
    table = read_table(training_table)
    found, stored = (read_held_out(each.path, table, shipped_recipe().settings) for each in (new, shipped))
    assert found is not None and stored is not None
    for protocol in PROTOCOLS:
        np.testing.assert_array_equal(found[protocol].fold, stored[protocol].fold)
        for name in ("mean", "spread", "disagreement", "distance"):
            np.testing.assert_allclose(
                getattr(found[protocol], name), getattr(stored[protocol], name), rtol=0, atol=1e-5
            )
        for figure in ("r2", "mae", "interval_score", "share_outside_domain"):
            told = [each.card["skill"][protocol][figure] for each in (new, shipped)]
            assert told[0] == pytest.approx(told[1], abs=2e-3), (protocol, figure)
    x = table_features(table)
    for again, before in zip(new.fitted.predict(x), shipped.fitted.predict(x), strict=True):
        np.testing.assert_allclose(again, before, rtol=0, atol=1e-5)
