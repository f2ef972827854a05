"""The artefact on disk: it predicts without scikit-learn, and nothing broken is read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from optimiser._io import builtin
from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.descriptors import structure_key
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.surrogate.artefact import Surrogate, YieldPrediction, load_surrogate, seal
from optimiser.surrogate.features import ACID_COLUMNS, feature_matrix, table_features
from optimiser.surrogate.packing import pinned
from optimiser.surrogate.training_table import read_table
from optimiser.variables import Designs

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
    assert card["format"] == 3
    assert card["training"]["rows"] == 913 and card["training"]["masked_yields"] == 308
    assert card["training"]["sha256"].startswith("822e9be0")
    assert [f["name"] for f in card["features"]] == [f.name for f in surrogate.features]
    assert all(f["unit"] for f in card["features"])
    assert card["data"]["licence"] == "MIT" and "andrenog" in card["data"]["copyright"]
    assert "10.5281/zenodo.16096943" in card["data"]["doi"]
    assert set(card["libraries"]) >= {"lightgbm", "scikit-learn", "numpy", "rdkit", "numba"}
    assert card["anchors"]["number"] == surrogate.anchors == card["hyperparameters"]["n_anchors"]


def test_measured_skill_meets_the_bars(surrogate: Surrogate) -> None:
    """Of yields held out, over the default tolerances, present metals only; random rows are told alone."""
    skill = surrogate.card["skill"]
    assert skill["experiment"]["r2"] >= 0.775 and skill["experiment"]["mae"] <= 0.096
    assert skill["study"]["r2"] >= 0.53 and skill["study"]["mae"] <= 0.149
    assert skill["experiment"]["rows"] == skill["study"]["rows"] == 913 and skill["random"]["rows"] == 137
    assert skill["experiment"]["values"] == skill["study"]["values"] == 3652 - 308
    assert 0.87 <= skill["experiment"]["coverage"]["0.9"] <= 0.93
    assert skill["study"]["coverage"]["0.9"] >= 0.83
    assert 0.05 <= skill["experiment"]["share_outside_domain"] <= 0.15
    assert set(skill["random"]["as_published"]) == {"r2", "mae"}


def test_small_and_without_pickle() -> None:
    shipped = ["MODEL_CARD.md", "arrays.npz", "card.yaml", "folds.npz", "selected.yaml"]
    assert sorted(path.name for path in SHIPPED.iterdir()) == shipped
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 3e6
    with np.load(SHIPPED / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fiuUb" for name in arrays.files)
        assert len(arrays["anchor_yields"]) < 913 / 4  # what prediction needs, not the table


def test_predictions(surrogate: Surrogate, acids: list[Acid]) -> None:
    designs = some_designs()
    found = surrogate.predict(load_feeds()["NMC111"], acids, designs)
    assert found.mean.shape == found.spread.shape == found.scale.shape == (40, 4)
    assert ((found.mean >= 0) & (found.mean <= 1)).all() and (found.spread > 0).all()
    assert (found.scale > 0).all() and (found.domain_ratio > 0).all() and found.domain_ratio.shape == (40,)
    assert found.mean.std(axis=0).min() > 0.05  # designs differ
    again = surrogate.predict(load_feeds()["NMC111"], acids, designs.take(np.array([7])))
    for name in ("mean", "spread"):
        np.testing.assert_array_equal(getattr(again, name)[0], getattr(found, name)[7])
    # matrix products may sum in another order
    for name in ("scale", "domain_ratio"):
        np.testing.assert_allclose(getattr(again, name)[0], getattr(found, name)[7], rtol=1e-10)


def test_absent_metals_are_not_predicted(surrogate: Surrogate, acids: list[Acid]) -> None:
    found = surrogate.predict(load_feeds()["LCO"], acids, some_designs())
    for values in (found.mean, found.spread, found.scale, *surrogate.interval(found)):
        np.testing.assert_array_equal(np.isnan(values).all(axis=0), [False, True, True, False])
        np.testing.assert_array_equal(np.isnan(values).any(axis=0), [False, True, True, False])


@pytest.mark.data
def test_close_to_the_data_it_was_fitted_on(surrogate: Surrogate, training_table: Path) -> None:
    table = read_table(training_table)
    mean = surrogate.fitted.predict(table_features(table)).mean
    error = np.abs(mean.clip(0, 1) - table.yields)[table.present]
    assert error.mean() < 0.06  # held out it is 0.096


@pytest.mark.data
def test_acids_are_seen_as_in_training(surrogate: Surrogate, acids: list[Acid], training_table: Path) -> None:
    """The product's own table of acids may be mended; the model still sees what it was fitted on."""
    table = read_table(training_table)
    x = table_features(table)
    keys = {structure_key(acid.smiles): acid.name for acid in acids}
    unseen = {name for key, name in keys.items() if key not in surrogate.acids}
    assert set(surrogate.acids) <= set(keys)
    assert unseen == {"methanesulfonic", "phosphoric", "glutaric", "glycine"}
    for row in range(0, 913, 40):
        acid = next(a for a in acids if structure_key(a.smiles) == structure_key(table.smiles[row]))
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


def test_intervals(surrogate: Surrogate, acids: list[Acid]) -> None:
    found = surrogate.predict(load_feeds()["NMC111"], acids, some_designs())
    ends = [surrogate.interval(found, level) for level in (0.5, 0.8, 0.9)]
    for low, high in ends:
        assert ((low >= 0) & (low <= high) & (high <= 1)).all()
    for (low, high), (lower, higher) in pairwise(ends):
        assert (lower <= low).all() and (high <= higher).all() and (higher - lower > high - low).any()
    np.testing.assert_array_equal(ends[2][0], surrogate.quantile(found, (1 - 0.9) / 2))
    # by hand: a scale of nothing leaves the mean; with a large one all is 0 or 1, as often as the mean says
    sure = YieldPrediction(found.mean, found.spread, np.full((40, 4), 1e-12), found.domain_ratio)
    np.testing.assert_allclose(surrogate.interval(sure), [found.mean] * 2, atol=1e-9)
    blind = YieldPrediction(found.mean, found.spread, np.full((40, 4), 1e3), found.domain_ratio)
    low, high = surrogate.interval(blind)
    assert set(np.unique([low, high])) <= {0.0, 1.0}
    even = np.abs(found.mean - 0.5) < 0.44  # both ends happen more often than one time in twenty
    assert (low[even] == 0.0).all() and (high[even] == 1.0).all()
    for level in (0.0, 1.0, 90.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            surrogate.interval(found, level)
        with pytest.raises(ValueError, match="between 0 and 1"):
            surrogate.quantile(found, level)


def test_probabilities(surrogate: Surrogate, acids: list[Acid]) -> None:
    feed = load_feeds()["LCO"]
    found = surrogate.predict(feed, acids, some_designs())
    p = surrogate.probability(found, 0.6)
    np.testing.assert_array_equal(np.isnan(p).all(axis=0), [False, True, True, False])
    assert ((p[:, [0, 3]] >= 0) & (p[:, [0, 3]] <= 1)).all()
    both = surrogate.joint_probability(found, np.array([0.6, np.nan, np.nan, 0.6]))
    alone = surrogate.joint_probability(found, np.array([0.6, np.nan, np.nan, np.nan]))
    assert (both <= alone + 1e-12).all() and np.ptp(both) > 0.2
    np.testing.assert_array_equal(surrogate.joint_probability(found, np.full(4, np.nan)), 1.0)


def test_predicts_with_scikit_learn_blocked() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import numpy as np
from optimiser.chemistry.feeds import load_feeds
from optimiser.chemistry.acids import load_acids
from optimiser.variables import Designs
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


def sealed(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """Change the card and seal it again, as somebody who writes artefacts of another kind would."""

    def edit(card: dict[str, Any]) -> None:
        change(card)
        card["card_sha256"] = seal(card)

    return edit_card(edit)


def rewrite_arrays(**changed: Any) -> Callable[[Path], None]:
    """Replace arrays, or leave them out, with consistent hashes around inconsistent content."""

    def edit(folder: Path) -> None:
        with np.load(folder / "arrays.npz") as stored:
            arrays = {name: stored[name] for name in stored.files}
        kept = {name: array for name, array in (arrays | changed).items() if array is not None}
        np.savez(folder / "arrays.npz", **kept)
        said = pinned("arrays.npz", (folder / "arrays.npz").read_bytes())
        sealed(lambda card: card["arrays"].update(said))(folder)

    return edit


def cut(folder: Path) -> None:
    content = (folder / "arrays.npz").read_bytes()
    (folder / "arrays.npz").write_bytes(content[: len(content) // 2])


def flip(folder: Path) -> None:
    content = bytearray((folder / "arrays.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "arrays.npz").write_bytes(bytes(content))


def replace_by_another(folder: Path) -> None:
    np.savez(folder / "arrays.npz", another=np.zeros(3))


BROKEN: list[tuple[Callable[[Path], Any], str]] = [
    (cut, "it is cut off, or another file: "),
    (replace_by_another, "it is cut off, or another file: "),
    (flip, "it was edited"),
    (lambda folder: (folder / "arrays.npz").unlink(), "it has no arrays.npz"),
    (lambda folder: (folder / "card.yaml").unlink(), "it has no card.yaml"),
    (lambda folder: (folder / "card.yaml").write_text(""), "is empty"),
    (lambda folder: (folder / "card.yaml").write_text("a: [1"), "not valid YAML"),
    (lambda folder: (folder / "card.yaml").write_text("a: 1"), "no format number"),
    (lambda folder: (folder / "card.yaml").write_text("format: 3"), "it was edited"),
    (edit_card(lambda card: card.update(format=2)), "has format 2"),
    (edit_card(lambda card: card.update(format=1)), "has format 1"),
    (edit_card(lambda card: card["domain"].update(distance_limit=9.1)), "is not the one that was written"),
    (edit_card(lambda card: card["domain"].update(neighbours=0)), "it was edited"),
    (edit_card(lambda card: card["skill"]["experiment"].update(r2=0.99)), "it was edited"),
    (sealed(lambda card: card.pop("arrays")), "does not say which arrays"),
    (sealed(lambda card: card["arrays"].update(sha256="0" * 64)), "it was edited, or belongs to another"),
    (sealed(lambda card: card["features"].pop()), "its features or responses"),
    (sealed(lambda card: card["domain"].pop("distance_limit")), "not consistent: 'distance_limit'"),
    (rewrite_arrays(paired1_leaf=np.zeros(3)), "leaf_start does not span"),
    (rewrite_arrays(plain0_metal_trees=np.array([0, 600])), "metal_trees has another shape"),
    (rewrite_arrays(plain1_metal_trees=np.array([[0, 600]] * 3)), "member's metals"),
    (rewrite_arrays(calibration_scores=None), "not consistent: 'calibration_scores'"),
    (rewrite_arrays(domain_scale=None), "not consistent: 'domain_scale'"),
    (rewrite_arrays(plain0_threshold=None), "not consistent: 'plain0_threshold'"),
]


@pytest.mark.parametrize(("damage", "said"), BROKEN, ids=[said for _, said in BROKEN])
def test_broken_artefacts_are_refused(tmp_path: Path, damage: Callable[[Path], Any], said: str) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "mine")
    load_surrogate(folder)
    damage(folder)
    with pytest.raises(InputError) as caught:
        load_surrogate(folder)
    assert said in caught.value.what


def test_a_damaged_artefact_is_told_its_own_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ships comes with the product; one's own is fitted again, over what is there where that works."""

    def told(folder: Path) -> str:
        with pytest.raises(InputError) as caught:
            load_surrogate(folder)
        return caught.value.remedy

    monkeypatch.chdir(tmp_path)
    mine = shutil.copytree(SHIPPED, tmp_path / "mine")
    gbr = shutil.copytree(SHIPPED, tmp_path / "models" / "gbr")
    for folder in (mine, gbr):
        cut(folder)
    assert told(gbr) == "train it again: optimiser train --model gbr --force"
    assert told(mine) == f"train it again: optimiser train --model NAME --out {mine} --force"
    # --force refuses a folder without a card
    (gbr / "card.yaml").unlink()
    assert told(gbr) == "remove the folder and train it again: optimiser train --model gbr"
    product = tmp_path / "product"
    shutil.copytree(SHIPPED, product / "models" / "pd-gbr")
    cut(product / "models" / "pd-gbr")
    monkeypatch.setattr(builtin, "root", lambda: product)
    assert "reinstall" in told(product / "models" / "pd-gbr")
    assert "reinstall" not in told(mine)


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
