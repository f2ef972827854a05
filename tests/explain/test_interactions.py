"""Pairs of drivers: none in a sum, the known one first, and sizes that are worked by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from optimiser.explain.interactions import Interactions, interactions, pair_curves
from optimiser.variables import Floats
from tests.explain.plain import cases, predictor
from tests.explain.test_thresholds import straight


def measured(*functions: object, seed: int = 5) -> Interactions:
    of = cases()
    predict = predictor(of, *functions)  # type: ignore[arg-type]
    return interactions(predict, of, list(range(len(functions))), np.random.default_rng(seed))


def together(x: Mapping[str, Floats]) -> Floats:
    """Return a sum, and one product: of temperature and acid concentration."""
    product = 0.002 * (x["temperature"] - 60.0) * (x["acid_concentration"] - 2.0)
    return np.asarray(straight(x) + product + 0.1 * (x["lixiviant"] == 1), dtype=np.float64)


def test_a_sum_has_no_interaction() -> None:
    found = measured(straight, lambda x: 3.0 * straight(x) + np.sqrt(x["silica"]) + (x["roasting"] == 1))
    assert np.nanmax(found.size) < 1e-9
    assert found.strongest() == []


def test_the_known_pair_is_first_and_the_only_one() -> None:
    found = measured(straight, together)
    assert [found.names[p] for p in found.strongest()] == [("temperature", "acid_concentration")]
    p = found.strongest()[0]
    assert found.size[p, 0] == pytest.approx(0.0, abs=1e-9)
    # mean of 0.002 |difference in temperature| |difference in concentration| over pairs that differ in both;
    # of independent uniform ones it is 0.002 * (70 / 3) * (3.8 / 3)
    expected = 0.002 * (70.0 / 3.0) * (3.8 / 3.0)
    assert found.size[p, 1] == pytest.approx(expected, rel=0.2)
    assert abs(found.size[p, 1] - expected) < 4.0 * found.error[p, 1]


def test_a_pair_of_choices_is_found_too() -> None:
    found = measured(lambda x: 0.2 * ((x["lixiviant"] == 2) & (x["roasting"] == 1)))
    assert [found.names[p] for p in found.strongest()] == [("lixiviant", "roasting")]
    # the second difference is 0.2 wherever one row has the one lixiviant and the other has not: 2 of 3 pairs
    (p,) = found.strongest()
    assert found.size[p, 0] == pytest.approx(0.2 * 2.0 / 3.0, rel=0.25)


def test_corners_outside_the_data_of_their_choices_do_not_count() -> None:
    of = cases()
    citric = of.system.values[0].index("citric")
    few = of.take(np.flatnonzero((of["lixiviant"] != citric) | (of["temperature"] <= 40.0)))
    most = few["temperature"][few["lixiviant"] == citric].max()

    def function(x: Mapping[str, Floats]) -> Floats:
        assert not ((x["lixiviant"] == citric) & (x["temperature"] > most)).any()
        return straight(x)

    found = interactions(predictor(few, function), few, [0], np.random.default_rng(1))
    assert np.nanmax(found.size) < 1e-9


def test_what_is_drawn_is_the_strongest_pair_and_its_lines_part() -> None:
    of = cases()
    predict = predictor(of, straight, together)
    found = interactions(predict, of, [0, 1], np.random.default_rng(5))
    (pair,) = pair_curves(predict, of, of.take(np.arange(20)), [0, 1], found)
    assert {pair.along, pair.at} == {"temperature", "acid_concentration"}
    assert pair.response == 1 and len(pair.levels) == 3
    # along one, each line's slope follows from the level of the other: d/dT = 0.002 + 0.002 (c - 2)
    slopes = np.diff(pair.yields, axis=1) / np.diff(pair.values)
    if pair.along == "temperature":
        assert slopes == pytest.approx(np.repeat(0.002 + 0.002 * (pair.levels[:, None] - 2.0), 14, axis=1))
    else:
        assert slopes == pytest.approx(np.repeat(0.002 * (pair.levels[:, None] - 60.0), 14, axis=1))
