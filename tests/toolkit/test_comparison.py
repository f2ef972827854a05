"""Comparison of scenarios against sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.impacts import (
    ImpactTable,
    climate_table,
    impacts,
    missing_factors,
    with_climate_change,
)
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.reagents import load_reagents
from optimiser.toolkit.comparison import (
    T_TEST_WARNING,
    enrichment_factors,
    rank_impacts,
    selectivities,
    welch_tests,
)

NAN = math.nan


def test_selectivity_divides_yields_and_leaves_absent_metals_out() -> None:
    # row 1: Li 0.8, Ni 0.4, Mn 0.2, Co 0.5: Li against Ni 0.8/0.4 = 2; row 2 has no Ni and dissolves no Mn
    y = np.array([[0.8, 0.4, 0.2, 0.5], [0.9, NAN, 0.0, 0.6]])
    tables = selectivities(y)
    assert tuple(tables) == METALS
    np.testing.assert_allclose(tables["Li"], [[1, 2, 4, 1.6], [1, NAN, NAN, 1.5]])
    np.testing.assert_allclose(tables["Ni"][1], [NAN] * 4)
    np.testing.assert_allclose(tables["Mn"][1], [0, NAN, NAN, 0])  # undissolved over dissolved is 0


def test_selectivity_can_be_told_which_metals_are_absent() -> None:
    tables = selectivities(np.array([[0.5, 1.0, 0.25, 0.5]]), np.array([True, False, True, True]))
    np.testing.assert_allclose(tables["Li"], [[1, NAN, 2, 1]])


def test_enrichment_compares_mole_fractions_in_leachate_and_feed() -> None:
    # NMC111: feed fractions Li 1/2, others 1/6. Yields 1, .5, .5, .5: dissolved 1 + 3 x (1/3)(.5) = 1.5 mol;
    # leachate Li 1/1.5 = 2/3, Ni (1/6)/1.5 = 1/9. EF Li (2/3)/(1/2) = 4/3; EF Ni (1/9)/(1/6) = 2/3.
    third = np.array([1, 1 / 3, 1 / 3, 1 / 3])
    ef = enrichment_factors(np.array([[1.0, 0.5, 0.5, 0.5]]), third)
    np.testing.assert_allclose(ef, [[4 / 3, 2 / 3, 2 / 3, 2 / 3]])


def test_enrichment_does_not_look_at_absent_metals_and_differs_by_feed() -> None:
    # LCO, Li 1 and Co 0.5 dissolve: Li 1/1.5 over 1/2 = 4/3; Co (0.5/1.5)/(1/2) = 2/3; Ni's "1.0" is ignored
    composition = np.array([[1.0, 0, 0, 1], [1, 0, 2, 0]])
    ef = enrichment_factors(np.array([[1.0, 1.0, NAN, 0.5], [0.0, NAN, 0.0, NAN]]), composition)
    np.testing.assert_allclose(ef[0], [4 / 3, NAN, NAN, 2 / 3])
    assert np.isnan(ef[1]).all()  # nothing dissolved


def test_ranks_break_ties_by_appearance_and_overall_ties_take_the_lowest() -> None:
    # a: 2, 1, 1 -> ranks 2, 1, 3; b: 1 5 5 -> 1, 3, 2 for values 1 < 2 = 2 with the first 2 before the second
    impact = pd.DataFrame([[2.0, 1.0], [1.0, 5.0], [2.0, 3.0], [9.0, 0.0]])
    r = rank_impacts(impact)
    np.testing.assert_array_equal(r[0], [2, 1, 3, 4])
    np.testing.assert_array_equal(r[1], [2, 4, 3, 1])
    np.testing.assert_array_equal(r["score"], [4, 5, 6, 5])
    np.testing.assert_array_equal(r["overall"], [1, 2, 4, 2])
    assert not np.isnan(r["score"]).any()


def test_a_scenario_without_a_factor_has_no_score_and_is_named() -> None:
    r = rank_impacts(pd.DataFrame([[2.0, 1.0], [1.0, NAN], [3.0, 3.0]]))
    np.testing.assert_array_equal(r[[0, 1]], [[2, 1], [1, NAN], [3, 2]])
    np.testing.assert_array_equal(r["score"], [3, NAN, 5])
    np.testing.assert_array_equal(r["overall"], [1, NAN, 2])
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(r["score"])), [1])


def test_welch_by_hand() -> None:
    # means 0.8 and 0.7, spreads 0.1 and 0.2, n = 100 each: se = sqrt(0.01/100 + 0.04/100) = 0.0223607,
    # t = 0.1/0.0223607 = 4.47214; nu = (5e-4)^2 / ((1e-4)^2/99 + (4e-4)^2/99) = 99 x 25/17 = 145.588
    from scipy.stats import t as student

    tests = welch_tests(np.array([[0.8] * 4, [0.7] * 4]), np.array([[0.1] * 4, [0.2] * 4]), n=100)
    np.testing.assert_allclose(tests.t, [[4.4721359549995805] * 4])
    np.testing.assert_allclose(tests.p, 2 * student.sf(4.4721359549995805, 99 * 25 / 17))
    assert tests.threshold == 0.05
    assert tests.significant.all()


def test_bonferroni_divides_by_the_number_of_pairs_and_absent_metals_are_not_tested() -> None:
    mean = np.array([[0.8, NAN, 0.5, 0.5], [0.7, NAN, 0.5, 0.5], [0.6, NAN, 0.5, 0.51], [0.8, NAN, 0.5, 0.5]])
    tests = welch_tests(mean, np.full((4, 4), 0.1))
    np.testing.assert_array_equal(tests.pairs, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
    assert tests.threshold == pytest.approx(0.05 / 6)
    assert np.isnan(tests.p[:, 1]).all()
    assert not tests.significant[:, 1:3].any()
    np.testing.assert_array_equal(tests.significant[:, 0], [True, True, False, True, True, True])


def test_the_warning_is_true_a_difference_far_below_the_models_error_is_significant() -> None:
    # mean absolute error of the model is about 0.05; a difference of 0.02 with spread 0.1 already "is" one
    assert welch_tests(np.array([[0.80] * 4, [0.82] * 4]), np.full((2, 4), 0.1)).significant.all()
    assert "mislead" in T_TEST_WARNING


def test_tests_of_equal_predictions_without_spread_are_undefined_and_too_many_are_refused() -> None:
    assert np.isnan(welch_tests(np.full((2, 4), 0.5), np.zeros((2, 4))).p).all()
    for count in (1, 501):
        with pytest.raises(InputError, match=f"{count} scenarios"):
            welch_tests(np.ones((count, 4)), np.ones((count, 4)))


TABLE = ImpactTable(
    ("climate change", "acidification"),
    ("kg CO2 eq", "mol H+ eq"),
    ("sulfuric", "citric", "heat"),
    np.array([[0.1, 5.0, 0.2], [0.01, NAN, NAN]]),
)


def test_impacts_are_amount_times_factor_and_a_missing_factor_of_something_used_stays_missing() -> None:
    # 1: 100 kg sulfuric and 10 kWh: 100 x 0.1 + 10 x 0.2 = 12; acidification lacks heat.
    # 2: 100 kg sulfuric, no heat: 10 and 1.  3: 10 kg citric: 50; acidification lacks citric.
    amounts = {
        "sulfuric": np.array([100.0, 100, 0]),
        "citric": np.array([0.0, 0, 10]),
        "heat": np.array([10.0, 0, 0]),
    }
    np.testing.assert_allclose(impacts(amounts, TABLE), [[12, NAN], [10, 1], [50, NAN]])
    assert missing_factors(amounts, TABLE) == [("acidification", "citric", 1), ("acidification", "heat", 1)]
    assert TABLE.missing == (("acidification", "citric"), ("acidification", "heat"))


def test_a_substance_that_the_table_does_not_know_is_missing_not_free() -> None:
    amounts = {"water": np.array([1.0, 0.0])}
    np.testing.assert_allclose(impacts(amounts, TABLE), [[NAN, NAN], [0, 0]])
    assert missing_factors(amounts, TABLE)[0] == ("climate change", "water", 1)


def test_completing_takes_cells_of_the_same_category_and_unit_only() -> None:
    units = ("kg CO2-eq", "kg SO2 eq")
    nines = np.array([[9.0, 0.5, 9.0], [9.0, 9.0, 9.0]])
    other = ImpactTable(("Climate change", "acidification"), units, ("sulfuric", "water", "heat"), nines)
    done = TABLE.completed(other)
    assert done.substances == ("sulfuric", "citric", "heat", "water")
    np.testing.assert_allclose(done.factors, [[0.1, 5, 0.2, 0.5], [0.01, NAN, NAN, NAN]])


def test_climate_change_of_a_table_enters_acids_and_reagents() -> None:
    acids, reagents = load_acids(), load_reagents()
    same, same_reagents = with_climate_change(acids, reagents, climate_table(acids, reagents))
    assert same == acids
    assert same_reagents == reagents
    new, new_reagents = with_climate_change(acids, reagents, TABLE)
    assert new["sulfuric"].climate_factor == 0.1
    assert new["hydrochloric"] == acids["hydrochloric"]
    assert new_reagents.energies["heat"].climate_factor == 0.2
    assert isinstance(new["citric"], Acid)
