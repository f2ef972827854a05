"""Which rows train and which test: no experiment on both sides, whatever the protocol."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, train_test_split

from optimiser._io.errors import InputError
from optimiser.chemistry.descriptors import structure_key
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training.protocols import PROTOCOLS, UNTESTED, fold_numbers, make_folds, units
from optimiser.variables import Ints

GROUPED = [name for name in PROTOCOLS if name != "random"]


def made_up(experiments: Ints, studies: Ints) -> TrainingTable:
    """A table of which only the groups matter."""
    n = len(experiments)
    return TrainingTable(
        path=Path("made-up.xlsx"),
        sha256="",
        smiles=("Cl",) * n,
        feed=np.full((n, 3), 1 / 3),
        pka=np.full((n, 3), -8.0),
        n_protons=np.ones(n),
        continuous=np.ones((n, 5)),
        solubility=np.ones((n, 4)),
        yields=np.full((n, 4), 0.5),
        yields_as_written=np.full((n, 4), 0.5),
        experiments=experiments,
        studies=studies,
    )


@pytest.fixture(scope="module")
def table(training_table: Path) -> TrainingTable:
    return read_table(training_table)


@pytest.mark.data
@pytest.mark.parametrize("protocol", GROUPED)
def test_folds_are_those_of_group_k_fold(table: TrainingTable, protocol: str) -> None:
    """Test rows are scikit-learn's; training rows too, without those of an experiment that is tested."""
    groups = table.studies if protocol == "study" else table.experiments
    np.testing.assert_array_equal(units(table, protocol), groups)
    folds = make_folds(table, protocol)
    expected = list(GroupKFold(5).split(np.arange(913), groups=groups))
    assert len(folds) == len(expected) == 5
    left_out = 0
    for fold, (train, test) in zip(folds, expected, strict=True):
        np.testing.assert_array_equal(fold.test, test)
        assert set(fold.train.tolist()) <= set(train.tolist())
        missing = np.setdiff1d(train, fold.train)
        assert np.isin(table.experiments[missing], table.experiments[test]).all()
        left_out += len(missing)
    np.testing.assert_array_equal(np.sort(np.concatenate([f.test for f in folds])), np.arange(913))
    # an experiment may be told in two studies, never in two experiments
    assert (left_out == 0) == (protocol == "experiment")


@pytest.mark.data
@pytest.mark.parametrize("protocol", GROUPED)
def test_no_experiment_leaks(table: TrainingTable, protocol: str) -> None:
    for fold in make_folds(table, protocol):
        for group in {"experiment": ["experiments"], "study": ["experiments", "studies"]}[protocol]:
            labels = getattr(table, group)
            assert not set(labels[fold.train]) & set(labels[fold.test]), group
        assert not set(fold.train.tolist()) & set(fold.test.tolist())


@pytest.mark.data
@pytest.mark.parametrize("protocol", GROUPED)
def test_no_conditions_leak(table: TrainingTable, training_table: Path, protocol: str) -> None:
    """Experiments told apart here, from the workbook: feed, acid's structure and all conditions but time."""
    frame = pd.read_excel(training_table)
    columns = ["inputNi", "inputMn", "inputCo", "temp", "acidC", "H2O2_conc", "solidToLiquid"]
    conditions = [
        (structure_key(smiles), *values)
        for smiles, values in zip(frame["SMILES"], frame[columns].round(4).to_numpy().tolist(), strict=True)
    ]
    assert len(set(conditions)) > 400
    for fold in make_folds(table, protocol):
        train, test = ({conditions[row] for row in rows.tolist()} for rows in (fold.train, fold.test))
        assert train and test and not train & test


@pytest.mark.data
def test_the_random_split_is_the_published_one_and_does_leak(table: TrainingTable) -> None:
    (fold,) = make_folds(table, "random")
    train, test = train_test_split(np.arange(913), test_size=0.15, random_state=820)
    assert sorted(fold.test) == sorted(test) and sorted(fold.train) == sorted(train)
    assert (len(fold.train), len(fold.test)) == (776, 137)
    # why it flatters: rows whose kinetic curve is in training too
    assert np.isin(table.experiments[fold.test], table.experiments[fold.train]).sum() == 87


@settings(max_examples=40)
@given(
    experiments=st.lists(st.integers(0, 24), min_size=40, max_size=80),
    studies=st.lists(st.booleans(), min_size=80, max_size=80),
)
def test_no_experiment_leaks_whatever_the_groups(experiments: list[int], studies: list[bool]) -> None:
    """Also where experiments come back in other studies."""
    _, numbered = np.unique(experiments, return_inverse=True)
    runs = np.cumsum(studies[: len(experiments)])
    table = made_up(numbered.astype(np.intp), (runs - runs[0]).astype(np.intp))
    for protocol in GROUPED:
        try:
            folds = make_folds(table, protocol)
        except InputError as error:
            assert "too few" in error.what or "training rows with" in error.what
            continue
        for fold in folds:
            assert not set(table.experiments[fold.train]) & set(table.experiments[fold.test])
        numbers = fold_numbers(folds, len(table))
        assert (numbers != UNTESTED).all()
        for group in np.unique(units(table, protocol)):
            assert len(set(numbers[units(table, protocol) == group])) == 1


def test_fold_numbers() -> None:
    table = made_up(np.repeat(np.arange(10), 3), np.repeat(np.arange(5), 6))
    numbers = fold_numbers(make_folds(table, "random"), 30)
    assert (numbers >= 0).sum() == 5 and set(numbers) == {0, UNTESTED}
    assert set(fold_numbers(make_folds(table, "study"), 30)) == set(range(5))


def test_too_little_data_is_refused() -> None:
    few = np.repeat(np.arange(4), 5)
    for protocol, said in (("experiment", "4 experiments"), ("study", "4 studies")):
        with pytest.raises(InputError, match=said) as caught:
            make_folds(made_up(few, few), protocol)
        assert caught.value.allowed == "5 or more" and caught.value.where == "made-up.xlsx"
    with pytest.raises(InputError, match="4 experiments, too few"):
        make_folds(made_up(np.repeat(np.arange(4), 20), np.arange(80)), "random")
    # 15 % of 26 rows are 3.9, of 27 are 4.05: four and five rows to test
    with pytest.raises(InputError, match="26 rows, of which protocol 'random' would test 4") as caught:
        make_folds(made_up(np.arange(26), np.arange(26)), "random")
    assert caught.value.allowed == "27 rows or more"
    (fold,) = make_folds(made_up(np.arange(27), np.arange(27)), "random")
    assert len(fold.test) == 5
    table = made_up(np.repeat(np.arange(10), 3), np.repeat(np.arange(5), 6))
    bare = table.feed.copy()
    bare[5:, 1] = 0.0  # manganese in five rows, of which some are tested
    with pytest.raises(InputError, match="training rows with Mn"):
        make_folds(replace(table, feed=bare), "experiment")
