"""Training a system of one's own: what is written, what is told, and the skill on the shared tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from optimiser._io.errors import InputError
from optimiser.report.system_card import system_card
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.trees import MAX_LEAVES, PairColumn, differences, flatten
from optimiser.systems.read import read_system_table
from optimiser.training.compare.system_rivals import system_candidates
from optimiser.training.protocols import make_folds, number_of_folds, protocols_of
from optimiser.training.system_members import AveragedTrees
from optimiser.training.system_skill import read_answers, select_answers, transfer_line
from optimiser.training.system_train import Trained, train_system
from tests.command import optimiser
from tests.systems.synthetic import recipe, small_members, write_system

SKILL = {
    "nodule": ("manganese_nodule_165.csv", {"Co": 0.03, "Cu": 0.05, "Ni": 0.05, "Mn": 0.015, "Fe": 0.08}),
    "rare_earths": ("ree_452.csv", {}),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The synthetic system, trained whole but with few and small trees."""
    folder = tmp_path_factory.mktemp("trained")
    file = write_system(folder, np.random.default_rng(3), rows=144, feeds={"north": 12.0})
    small = recipe(small_members(read_system_table(file)), anchors=8)
    (trees,) = (rival for rival in system_candidates() if rival.name == "et")
    few = replace(trees, settings={"n_estimators": 5})
    return train_system(file, folder / "synthetic", recipe=small, rivals=[few], workers=1, page=system_card)


def test_the_artefact_is_read_back_with_what_training_measured(trained: Trained) -> None:
    surrogate = load_surrogate(trained.folder)
    assert surrogate.system.name == "synthetic leach"
    assert surrogate.system.transfers in (True, False)
    assert read_answers(surrogate) == trained.answers
    assert set(surrogate.card["skill"]) >= {"row", "experiment", "study"}


def test_every_model_is_judged_by_every_protocol_and_response(trained: Trained) -> None:
    models = {"pd-gbr", "et", "constant"}
    assert set(trained.answers) == {"row", "experiment", "study"}
    for by_model in trained.answers.values():
        assert set(by_model) == models
        for told in by_model.values():
            assert set(told["by"]) == {"Co", "Ni"}
            # all values together are the mean over responses that are measured in every row
            mean = np.mean([figures["mae"] for figures in told["by"].values()])
            assert told["overall"]["mae"] == pytest.approx(mean, abs=2e-4)
    experiment = trained.answers["experiment"]
    assert experiment["pd-gbr"]["overall"]["mae"] < experiment["constant"]["overall"]["mae"]


def test_the_page_says_first_how_yields_transfer(trained: Trained) -> None:
    page = (trained.folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert page.splitlines()[2] == f"**{trained.transfer}**"
    assert "| pd-gbr |" in page and "| constant |" in page


def test_an_artefact_is_replaced_by_force_alone(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists"):
        train_system("nodule", trained.folder, workers=1)
    with pytest.raises(InputError, match="something else"):
        (tmp_path / "letter.txt").write_text("mine")
        train_system("nodule", tmp_path, overwrite=True, workers=1)


def test_no_better_than_a_constant_is_said_with_both_numbers() -> None:
    def told(ours: float, theirs: float) -> Any:
        return {"study": {"pd-gbr": {"overall": {"mae": ours}}, "constant": {"overall": {"mae": theirs}}}}

    assert transfer_line(told(0.338, 0.312), "material").startswith("NO TRANSFER: whole studies (material)")
    assert "33.8 points against 31.2" in transfer_line(told(0.338, 0.312), "material")
    assert "better than by a constant: mean error 10.0" in transfer_line(told(0.1, 0.2), "lab")
    assert transfer_line({}, "feed").startswith("All rows are one study")


def test_models_and_protocols_that_were_not_measured_are_refused(trained: Trained) -> None:
    some = select_answers(trained.answers, "et,constant", "experiment")
    assert {p: list(by) for p, by in some.items()} == {"experiment": ["et", "constant"]}
    with pytest.raises(InputError, match="'ann'"):
        select_answers(trained.answers, "ann", "all")
    with pytest.raises(InputError, match="'random'"):
        select_answers(trained.answers, "all", "random")


def test_trees_told_in_parts_say_what_the_whole_ones_say() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((400, 5)), rng.random(400)
    forest = ExtraTreesRegressor(8, random_state=0).fit(x, y)
    assert min(tree.get_n_leaves() for tree in forest.estimators_) > MAX_LEAVES
    flat = flatten([AveragedTrees(forest)], [PairColumn(0, j) for j in range(5)], 1)
    assert flat.n_trees > 8  # and each has no more leaves than a mask has bits, which `flatten` checks
    seen = rng.random((50, 5))
    told = differences(flat, seen[:, None], np.zeros((1, 1, 5)))[:, 0, 0]
    np.testing.assert_allclose(told, forest.predict(seen), atol=1e-12)


def test_few_groups_are_held_out_one_by_one(tmp_path: Path) -> None:
    assert [number_of_folds(n) for n in (4, 10, 27, 99, 100, 700)] == [4, 10, 10, 10, 5, 5]
    table = read_system_table(
        write_system(tmp_path, np.random.default_rng(3), rows=144, feeds={"north": 12.0})
    )
    assert protocols_of(table) == ("row", "experiment", "study")
    for protocol in protocols_of(table):
        folds = make_folds(table, protocol)
        tested = np.concatenate([fold.test for fold in folds])
        assert sorted(tested.tolist()) == list(range(len(table)))  # each row once
        for fold in folds:
            if protocol != "row":
                assert not set(table.experiments[fold.train]) & set(table.experiments[fold.test])


def test_evaluate_prints_what_was_measured_without_the_table(trained: Trained, tmp_path: Path) -> None:
    done = optimiser("evaluate", "--surrogate", trained.folder, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == trained.answers
    refused = optimiser("evaluate", "--surrogate", trained.folder, "--refit", cwd=tmp_path)
    assert refused.returncode == 2 and "--refit does not go with --surrogate" in refused.stderr


@pytest.mark.data
@pytest.mark.training
@pytest.mark.parametrize("name", list(SKILL))
def test_the_skill_on_the_shared_tables(
    name: str, shared_data: Path, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    file, bars = SKILL[name]
    if not (shared_data / file).is_file():
        pytest.skip(f"needs {file}")
    done = train_system(name, tmp_path / name, table=shared_data / file, page=system_card)
    experiment = done.answers["experiment"]["pd-gbr"]
    record_property(name, experiment)
    rivals = {"gbr", "rf", "pd-rf", "svm", "gp", "et"}
    assert all(set(by_model) == {"pd-gbr", "constant", *rivals} for by_model in done.answers.values())
    for response, bar in bars.items():
        assert experiment["by"][response]["mae"] <= bar, response
    if name == "rare_earths":
        assert experiment["overall"]["mae"] <= 0.045
        assert done.transfer.startswith("NO TRANSFER") and done.table.system.transfers is False
