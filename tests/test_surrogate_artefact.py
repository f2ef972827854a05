"""The artefact on disk: it predicts without scikit-learn, and nothing broken is read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from optimiser import builtin
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.reagents import load_acids
from optimiser.designs import Designs
from optimiser.errors import InputError
from optimiser.surrogate.artefact import Surrogate, YieldPrediction, load_surrogate
from optimiser.surrogate.features import ACID_COLUMNS, acid_key, feature_matrix, table_features
from optimiser.surrogate.table import read_table

SHIPPED = builtin.folder("models") / "pd-gbr"


@pytest.fixture(scope="module")
def surrogate() -> Surrogate:
    return load_surrogate("pd-gbr")


@pytest.fixture(scope="module")
def acids() -> list[Acid]:
    return list(load_acids().values())


def some_designs(n: int = 40, acids: int = 12) -> Designs:
    rng = np.random.default_rng(0)
    low, high = np.array([25, 0.25, 0, 10, 5]), np.array([90, 4, 10, 100, 240])
    return Designs(rng.integers(0, acids, n), low + (high - low) * rng.random((n, 5)))


def test_card(surrogate: Surrogate) -> None:
    card = surrogate.card
    assert card["format"] == 1
    assert card["training"]["rows"] == 913 and card["training"]["masked_yields"] == 308
    assert card["training"]["sha256"].startswith("822e9be0")
    assert [f["name"] for f in card["features"]] == [f.name for f in surrogate.features]
    assert all(f["unit"] for f in card["features"])
    assert card["data"]["licence"] == "MIT" and "andrenog" in card["data"]["copyright"]
    assert "10.5281/zenodo.16096943" in card["data"]["doi"]
    assert set(card["libraries"]) >= {"scikit-learn", "numpy", "rdkit", "numba"}
    assert card["anchors"]["number"] == surrogate.anchors == card["hyperparameters"]["n_anchors"]


def test_measured_skill_meets_the_bars(surrogate: Surrogate) -> None:
    skill = surrogate.card["skill"]
    every, few = skill["every_anchor"], skill["shipped_anchors"]
    assert few["anchors"] == surrogate.anchors and every["anchors"] == skill["train_rows"] == 776
    for counted in (every, few):
        assert counted["r2_as_published"] >= 0.930
        assert counted["r2_present_metals"] >= 0.925
    for figure in ("r2_as_published", "r2_present_metals"):
        assert every[figure] - few[figure] <= 0.002


def test_small_and_without_pickle() -> None:
    assert sorted(path.name for path in SHIPPED.iterdir()) == ["arrays.npz", "card.yaml"]
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 3e6
    with np.load(SHIPPED / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fiuU" for name in arrays.files)
        assert len(arrays["anchor_yields"]) < 913 / 4  # what prediction needs, not the table


def test_predictions(surrogate: Surrogate, acids: list[Acid]) -> None:
    designs = some_designs()
    found = surrogate.predict(load_feeds()["NMC111"], acids, designs)
    assert found.mean.shape == found.spread.shape == (40, 4)
    assert ((found.mean >= 0) & (found.mean <= 1)).all() and (found.spread > 0).all()
    assert found.mean.std(axis=0).min() > 0.05  # designs differ
    again = surrogate.predict(load_feeds()["NMC111"], acids, designs.take(np.array([7])))
    np.testing.assert_array_equal(again.mean[0], found.mean[7])


def test_absent_metals_are_not_predicted(surrogate: Surrogate, acids: list[Acid]) -> None:
    found = surrogate.predict(load_feeds()["LCO"], acids, some_designs())
    for values in (found.mean, found.spread, *surrogate.interval(found)):
        np.testing.assert_array_equal(np.isnan(values).all(axis=0), [False, True, True, False])
        np.testing.assert_array_equal(np.isnan(values).any(axis=0), [False, True, True, False])


@pytest.mark.data
def test_close_to_the_data_it_was_fitted_on(surrogate: Surrogate, training_table: Path) -> None:
    table = read_table(training_table)
    mean, _ = surrogate.fitted.predict(table_features(table))
    error = np.abs(mean.clip(0, 1) - table.yields)[table.present]
    assert error.mean() < 0.03


@pytest.mark.data
def test_acids_are_seen_as_in_training(surrogate: Surrogate, acids: list[Acid], training_table: Path) -> None:
    """The product's own table of acids may be mended; the model still sees what it was fitted on."""
    table = read_table(training_table)
    x = table_features(table)
    keys = {acid_key(acid.smiles): acid.name for acid in acids}
    unseen = {name for key, name in keys.items() if key not in surrogate.acids}
    assert set(surrogate.acids) <= set(keys)
    assert unseen == {"methanesulfonic", "phosphoric", "glutaric", "glycine"}
    for row in range(0, 913, 40):
        acid = next(a for a in acids if acid_key(a.smiles) == acid_key(table.smiles[row]))
        mended = acid.model_copy(update={"pKa": acid.pKa[:1]})
        feed = Feed(Ni=table.feed[row, 0], Mn=table.feed[row, 1], Co=table.feed[row, 2])
        one = Designs(np.array([0]), table.continuous[row : row + 1])
        np.testing.assert_allclose(feature_matrix(feed, [mended], one, surrogate.acids)[0], x[row])


def test_new_acids_need_no_code(surrogate: Surrogate, acids: list[Acid]) -> None:
    new = acids[0].model_copy(
        update={"smiles": "CS(=O)(=O)O", "pKa": acids[0].pKa[:1], "salt_solubility": None}
    )
    one = Designs(np.array([0]), some_designs(1).continuous)
    x = feature_matrix(load_feeds()["NMC111"], [new], one, surrogate.acids)
    acid = x[0, ACID_COLUMNS]
    assert acid[0] == acids[0].pKa_values[0] and np.isnan(acid[1:3]).all() and acid[3] == 1
    assert np.isnan(acid[4:8]).all() and np.isfinite(acid[8:]).all()
    assert np.isfinite(surrogate.predict(load_feeds()["NMC111"], [new], one).mean).all()


def test_intervals(surrogate: Surrogate) -> None:
    given = YieldPrediction(np.array([[0.5, 0.95, 0.02, np.nan]]), np.array([[0.1, 0.1, 0.1, np.nan]]))
    low, high = surrogate.interval(given, 0.9)
    # 1.644854 is the normal quantile of 0.95
    np.testing.assert_allclose(low[0], [0.3355146, 0.7855146, 0.0, np.nan], atol=1e-6)
    np.testing.assert_allclose(high[0], [0.6644854, 1.0, 0.1844854, np.nan], atol=1e-6)
    for level in (0.0, 1.0, 90.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            surrogate.interval(given, level)


def test_predicts_with_scikit_learn_blocked() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import numpy as np
from optimiser.chemistry.feeds import load_feeds
from optimiser.chemistry.reagents import load_acids
from optimiser.designs import Designs
from optimiser.surrogate.artefact import load_surrogate
designs = Designs(np.array([0, 1]), np.array([[60.0, 2.0, 0.0, 20.0, 60.0]] * 2))
acids = list(load_acids().values())
print(load_surrogate("pd-gbr").predict(load_feeds()["NMC111"], acids, designs).mean.sum())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout) < 8


def test_by_name_and_by_path(tmp_path: Path, surrogate: Surrogate) -> None:
    copy = shutil.copytree(SHIPPED, tmp_path / "mine")
    found = load_surrogate(copy)
    assert found.name == "mine" and found.path == copy
    assert found.sha256 == surrogate.sha256


def edit_card(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        card = yaml.safe_load((folder / "card.yaml").read_text(encoding="utf-8"))
        change(card)
        (folder / "card.yaml").write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")

    return edit


def rewrite_arrays(**changed: Any) -> Callable[[Path], None]:
    """Replace arrays and pin the card to them: a consistent hash around inconsistent content."""

    def edit(folder: Path) -> None:
        import hashlib

        with np.load(folder / "arrays.npz") as stored:
            arrays = {name: stored[name] for name in stored.files}
        np.savez(folder / "arrays.npz", **(arrays | changed))
        content = (folder / "arrays.npz").read_bytes()
        said = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        edit_card(lambda card: card["arrays"].update(said))(folder)

    return edit


def cut(folder: Path) -> None:
    content = (folder / "arrays.npz").read_bytes()
    (folder / "arrays.npz").write_bytes(content[: len(content) // 2])


def flip(folder: Path) -> None:
    content = bytearray((folder / "arrays.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "arrays.npz").write_bytes(bytes(content))


BROKEN: list[tuple[Callable[[Path], Any], str]] = [
    (cut, "it is cut off, "),
    (flip, "it was edited"),
    (lambda folder: (folder / "arrays.npz").unlink(), "it has no arrays.npz"),
    (lambda folder: (folder / "card.yaml").unlink(), "it has no card.yaml"),
    (lambda folder: (folder / "card.yaml").write_text(""), "is empty"),
    (lambda folder: (folder / "card.yaml").write_text("a: [1"), "not valid YAML"),
    (lambda folder: (folder / "card.yaml").write_text("a: 1"), "no format number"),
    (lambda folder: (folder / "card.yaml").write_text("format: 1"), "does not say which arrays"),
    (edit_card(lambda card: card.update(format=2)), "has format 2"),
    (edit_card(lambda card: card.update(format=0)), "has format 0"),
    (edit_card(lambda card: card["features"].pop()), "its features or metals"),
    (edit_card(lambda card: card["domain"].pop("threshold")), "not consistent: 'threshold'"),
    (edit_card(lambda card: card["domain"].update(threshold=0)), "threshold is not positive"),
    (edit_card(lambda card: card["arrays"].update(sha256="0" * 64)), "it was edited"),
    (edit_card(lambda card: card["domain"].update(threshold=9.1)), "is not the one that was written"),
    (edit_card(lambda card: card["skill"]["shipped_anchors"].update(r2_as_published=0.99)), "it was edited"),
    (rewrite_arrays(anchor_yields=np.zeros((3, 4))), "anchors' shapes"),
    (rewrite_arrays(leaf=np.zeros(3)), "leaf_start does not span"),
    (rewrite_arrays(domain_acid=np.full(455, 99)), "unknown acid"),
]


@pytest.mark.parametrize(("damage", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_broken_artefacts_are_refused(tmp_path: Path, damage: Callable[[Path], Any], said: str) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "mine")
    load_surrogate(folder)
    damage(folder)
    with pytest.raises(InputError) as caught:
        load_surrogate(folder)
    assert said in caught.value.what


def test_newer_format_says_update(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "mine")
    edit_card(lambda card: card.update(format=7))(folder)
    with pytest.raises(InputError) as caught:
        load_surrogate(folder)
    assert "update leaching-optimiser" in caught.value.remedy


def test_no_such_surrogate(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no surrogate 'pd-gbm'") as caught:
        load_surrogate("pd-gbm")
    assert "pd-gbr" in caught.value.allowed and "pd-gbr" in caught.value.remedy
    with pytest.raises(InputError, match=r"no card\.yaml"):
        load_surrogate(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        load_surrogate(SHIPPED / "card.yaml")
