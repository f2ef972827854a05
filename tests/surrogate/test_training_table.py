"""The training table: counts that everything else rests on, and what bad tables get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.descriptors import structure_key
from optimiser.surrogate.data import SHA256
from optimiser.surrogate.features import ACID_COLUMNS, FEATURES, fitted_acids, table_features
from optimiser.surrogate.training_table import NUMERIC_COLUMNS, TrainingTable, read_table

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def table(training_table: Path) -> TrainingTable:
    return read_table(training_table)


@pytest.fixture(scope="module")
def frame(training_table: Path) -> pd.DataFrame:
    return pd.read_excel(training_table)


def test_counts(table: TrainingTable) -> None:
    assert len(table) == 913
    assert len(set(table.smiles)) == 12
    assert table.sha256 == SHA256
    assert len(np.unique(table.experiments)) == 455
    assert len(np.unique(table.studies)) == 63
    assert (np.diff(table.studies) >= 0).all()


def test_absent_metals_are_masked(table: TrainingTable) -> None:
    assert np.isnan(table.yields).sum() == 308
    assert not np.isnan(table.yields_as_written).any()
    absent = np.isnan(table.yields)
    np.testing.assert_array_equal(absent[:, 1:], table.feed == 0)
    assert not absent[:, 0].any()
    np.testing.assert_array_equal(table.yields[~absent], table.yields_as_written[~absent])
    assert set(np.unique(table.yields_as_written[absent])) > {0.0, 1.0}  # some lie between


def test_rows_of_an_experiment_differ_in_time_only(table: TrainingTable) -> None:
    for number in range(455):
        rows = np.flatnonzero(table.experiments == number)
        assert np.ptp(table.continuous[rows][:, :4], axis=0).max() < 1e-4
        assert len({table.smiles[row] for row in rows}) == 1


def test_features_in_their_order(table: TrainingTable) -> None:
    names = [feature.name for feature in FEATURES]
    assert names[:5] == ["Ni", "Mn", "Co", "temperature", "pKa1"]
    assert names[8:16] == [
        "acid_concentration", "h2o2", "solid_liquid_ratio", "time",
        "solubility_Li", "solubility_Ni", "solubility_Mn", "solubility_Co",
    ]  # fmt: skip
    assert len(FEATURES) == 32 and len(set(names)) == 32
    x = table_features(table)
    # the first row of the table, as a spreadsheet shows it: 40 degC, 2.1 mol/L HCl, 50 g/L, time 0
    row = dict(zip(names, x[0], strict=True))
    assert (row["temperature"], row["acid_concentration"], row["solid_liquid_ratio"]) == (40.0, 2.1, 50.0)
    assert (row["pKa1"], row["time"], row["solubility_Li"], row["n_halogen"]) == (-8.0, 0.0, 83.5, 1.0)
    assert row["molar_mass"] == pytest.approx(36.46, abs=0.01)
    assert np.isnan(row["pKa2"])


def test_each_acid_has_one_set_of_features(table: TrainingTable) -> None:
    acids = fitted_acids(table)
    assert len(acids) == 12
    x = table_features(table)[:, ACID_COLUMNS]
    for smiles, row in zip(table.smiles, x, strict=True):
        np.testing.assert_array_equal(acids[structure_key(smiles)], row)


def written(frame: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "table.xlsx"
    frame.to_excel(path, index=False)
    return path


@pytest.mark.parametrize(
    ("column", "value", "said", "where"),
    [
        ("temp", "hot", "'hot' is not a number", "row 7, column temp"),
        ("acidC", None, "An empty cell", "row 7, column acidC"),
        ("xNi", 1.2, "xNi is 1.2", "row 7, column xNi"),
        ("xLi", -0.1, "xLi is -0.1", "row 7, column xLi"),
        ("time", -1.0, "time is -1", "row 7, column time"),
        ("SMILES", 3.0, "SMILES is 3", "row 7, column SMILES"),
        ("pKa1", True, "True is not a number", "row 7, column pKa1"),
        ("SMILES", "C(=O)O)", "is not a SMILES that RDKit can read", "row 7, column SMILES"),
        ("temp", -5000.0, "temp is -5000", "row 7, column temp"),
        ("temp", 333.15, "temp is 333.15", "row 7, column temp"),
        ("pKa1", -16.0, "pKa1 is -16", "row 7, column pKa1"),
        ("pKa3", 21.0, "pKa3 is 21", "row 7, column pKa3"),
    ],
)
def test_bad_cells_are_named(
    frame: pd.DataFrame, tmp_path: Path, column: str, value: Any, said: str, where: str
) -> None:
    bad = frame.head(8).astype(object)
    bad.loc[5, column] = value
    with pytest.raises(InputError, match=said) as caught:
        read_table(written(bad, tmp_path))
    assert where in caught.value.where


def test_optional_cells_may_be_empty(frame: pd.DataFrame, tmp_path: Path) -> None:
    some = frame.head(8).astype(object)
    some.loc[5, ["pKa2", "pKa3", "sLi", "sNi"]] = None
    table = read_table(written(some, tmp_path))
    assert np.isnan(table.pka[5, 1:]).all() and np.isnan(table.solubility[5, :2]).all()


def test_missing_columns(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'pKa1'") as caught:
        read_table(written(frame.head(3).drop(columns=["pKa1", "xCo"]), tmp_path))
    assert "2 columns missing" in caught.value.where and "xCo" in caught.value.where


def test_one_acid_written_in_two_ways_is_one_experiment(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Otherwise one half of a kinetic curve could train and the other test."""
    some = frame.head(8).astype(object)
    assert set(some["SMILES"]) == {"Cl"}
    other = some.copy()
    other.loc[3:5, "SMILES"] = "[H]Cl"
    again = read_table(written(other, tmp_path))
    assert again.smiles[4] == "[H]Cl"
    before = read_table(written(some, tmp_path))
    np.testing.assert_array_equal(again.experiments, before.experiments)
    np.testing.assert_array_equal(again.studies, before.studies)


@pytest.mark.parametrize("column", ["temp", "SMILES"])
def test_a_column_that_is_there_twice_is_refused(frame: pd.DataFrame, tmp_path: Path, column: str) -> None:
    twice = pd.concat([frame.head(8), frame.head(8)[[column]]], axis=1)
    with pytest.raises(InputError, match=f"2 columns '{column}'") as caught:
        read_table(written(twice, tmp_path))
    positions = [list(frame.columns).index(column) + 1, len(frame.columns) + 1]
    assert caught.value.where.endswith(f"columns {positions[0]}, {positions[1]}")
    # one that nobody reads does no harm
    harmless = pd.concat([frame.head(8).assign(note=1), frame.head(8).assign(note=2)[["note"]]], axis=1)
    assert len(read_table(written(harmless, tmp_path))) == 8


def test_no_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows") as caught:
        read_table(written(pd.DataFrame(columns=[*NUMERIC_COLUMNS, "SMILES"]), tmp_path))
    assert caught.value.remedy == "add rows"


def test_another_kind_of_table_is_told_what_is_read(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.head(8).to_csv(tmp_path / "table.csv", index=False)
    with pytest.raises(InputError, match="not an xlsx workbook") as caught:
        read_table(tmp_path / "table.csv")
    assert "CSV" in caught.value.allowed and "XLSX" in caught.value.remedy


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("not a workbook")
    (tmp_path / "empty.xlsx").write_bytes(b"")
    for name, said in [
        ("text.xlsx", "cannot be read"),
        ("empty.xlsx", "is empty"),
        ("none.xlsx", "does not exist"),
        (".", "is a directory"),
    ]:
        with pytest.raises(InputError, match=said):
            read_table(tmp_path / name)
