"""Rows that dissolve more charge than their acid offers: the sum by hand, and the published table's 39."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from optimiser.report.skill import stoichiometry_lines
from optimiser.surrogate.stoichiometry import breaks, charge_balance
from optimiser.surrogate.training_table import TrainingTable, acid_names, feed_names, read_table

NAN = np.nan
THIRD = 1 / 3


def three_rows() -> TrainingTable:
    """NMC111 in 1 mol/L sulfuric acid, LiMn2O4 in 1 mol/L ascorbic acid, LCO in no acid at all."""
    return TrainingTable(
        path=Path("made-up.xlsx"),
        sha256="",
        smiles=("OS(=O)(=O)O", "OC[C@H](O)[C@H]1OC(=O)C(O)=C1O", "Cl"),
        feed=np.array([[THIRD, THIRD, THIRD], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]),
        pka=np.array([[-3.0, 1.99, NAN], [4.04, 11.7, NAN], [-8.0, NAN, NAN]]),
        n_protons=np.array([2.0, 2.0, 1.0]),
        continuous=np.array(
            [[60, 1, 1, 96.461, 60], [60, 1, 0, 90.4075, 60], [60, 0, 0, 10, 60]], dtype=float
        ),
        solubility=np.full((3, 4), NAN),
        yields=np.array([[1.0, 0.9, 0.6, 0.6], [0.5, NAN, 0.25, NAN], [0.0, NAN, NAN, 0.1]]),
        yields_as_written=np.ones((3, 4)),
        experiments=np.arange(3),
        studies=np.arange(3),
    )


def test_charges_by_hand() -> None:
    found = charge_balance(three_rows())
    # Two protons of sulfuric acid below pKa 7, one of ascorbic acid; none in the last row.
    np.testing.assert_allclose(found.offered, [2.0, 1.0, 0.0])
    # NMC111 is 6.94 + (58.69 + 54.938 + 58.93) / 3 + 32 = 96.46 g/mol: 1 mol/L carries
    # 1 + 2 x (0.9 + 0.6 + 0.6) / 3. LiMn2O4 is 6.94 + 2 x 54.938 + 64 = 180.81 g/mol: 0.5 mol/L carries
    # 0.5 x (0.5 + 2 x 2 x 0.25); Ni and Co, which it does not contain, count nothing
    np.testing.assert_allclose(found.dissolved[:2], [2.4, 0.75], rtol=1e-3)
    np.testing.assert_allclose(found.ratio, [1.2, 0.75, np.inf], rtol=1e-3)
    assert breaks(three_rows()).tolist() == [True, False, True]


def test_lines_name_row_acid_feed_and_charges() -> None:
    table = three_rows()
    (short,) = stoichiometry_lines(table, listed=False)
    assert "2 of 3 rows dissolve over 11 % more charge than their acid offers" in short
    _, head, first, last = stoichiometry_lines(table, listed=True)
    assert head.split() == ["row", "acid", "feed", "offered", "dissolved", "ratio"]
    assert first.split() == ["2", "sulfuric", "NMC111", "2.00", "2.40", "1.20"]
    assert last.split()[:4] == ["4", "hydrochloric", "LCO", "0.00"] and last.split()[-1] == "inf"


def test_feeds_without_a_name_are_told_by_formula() -> None:
    feeds = np.array([[0.3333, 0.3333, 0.3333], [0.15, 0.15, 0.7], [0.0, 2.0, 0.0]])
    assert feed_names(feeds).tolist() == ["NMC111", "Ni0.15Mn0.15Co0.7", "LMO"]


@pytest.mark.data
def test_the_published_table_has_39(training_table: Path) -> None:
    table = read_table(training_table)
    broken = breaks(table)
    acids, feeds = acid_names(table), feed_names(table.feed)
    assert broken.sum() == 39
    assert Counter(zip(feeds[broken].tolist(), acids[broken].tolist(), strict=True)) == {
        ("NMC811", "sulfuric"): 16,
        ("NMC111", "hydrochloric"): 13,
        ("LCO", "ascorbic"): 8,
        ("Ni0.15Mn0.15Co0.7", "hydrochloric"): 1,
        ("Ni0.15Mn0.15Co0.7", "sulfuric"): 1,
    }
    assert ((feeds == "NMC811") & (acids == "sulfuric")).sum() == 38
    ratio = charge_balance(table).ratio
    assert not ((ratio > 1.11) & (ratio < 1.13)).any()


@pytest.mark.data
def test_evaluate_lists_them(training_table: Path) -> None:
    asked = ["evaluate", "--protocol", "random", "--json", "--rows", "--table", str(training_table)]
    done = subprocess.run(
        [sys.executable, "-m", "optimiser", *asked],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stderr.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("39 of 913 rows dissolve over 11 %"))
    listed = [line.split() for line in lines[start + 2 :]]
    assert len(listed) == 39 and all(float(cells[-1]) > 1.11 for cells in listed)
    assert all(len(line) <= 100 for line in lines[start + 1 :])
