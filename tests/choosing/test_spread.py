"""Knees where textbook fronts have them, and designs that differ most."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from optimiser.choosing.spread import farthest_first, knees
from optimiser.search.archive import non_dominated


def deb2dk(k: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """DEB2DK with k knees (Branke, Deb, Dierolf and Osswald 2004, 10.1007/978-3-540-30217-9_73), its front.

    The radius 5 + 10 (x - 0.5)^2 + cos(2 k pi x) / k is least near x = (2 i + 1) / (2 k), at the knees.
    """
    x = np.linspace(0.0, 1.0, n)
    r = 5.0 + 10.0 * (x - 0.5) ** 2 + np.cos(2.0 * k * np.pi * x) / k
    return x, np.column_stack([r * np.sin(np.pi * x / 2.0), r * np.cos(np.pi * x / 2.0)])


def do2dk(k: int, s: float, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """DO2DK of the same paper, which is skewed by s."""
    x = np.linspace(0.0, 1.0, n)
    r = 5.0 + 10.0 * (x - 0.5) ** 2 + 2.0 ** (s / 2.0) * np.cos(2.0 * k * np.pi * x) / k
    angle = np.pi * (x / 2.0 ** (s + 1.0) + 1.0 + (2.0**s - 1.0) / 2.0 ** (s + 2.0))
    return x, np.column_stack([r * (np.sin(angle) + 1.0), r * (np.cos(np.pi * x / 2.0 + np.pi) + 1.0)])


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_deb2dk_has_its_k_knees(k: int) -> None:
    x, front = deb2dk(k)
    rows, sharp = knees(front)
    known = (2.0 * np.arange(k) + 1.0) / (2.0 * k)
    assert np.abs(np.sort(x[rows]) - known).max() < 0.025
    assert (sharp > 1.1).all()


def test_do2dk_has_its_knee_also_where_it_is_skewed() -> None:
    x, front = do2dk(1, 0.0)
    rows, _ = knees(front)
    assert x[rows] == pytest.approx([0.5], abs=0.02)
    x, front = do2dk(2, 0.0)
    rows, _ = knees(front)
    # the front bends evenly between the two, so that they lie towards the middle
    assert np.sort(x[rows]) == pytest.approx([0.38, 0.62], abs=0.02)


def test_a_smooth_front_has_its_bend_alone() -> None:
    # ZDT1: f2 = 1 - sqrt(f1); f1 + f2 is least where 1 = 1 / (2 sqrt(f1)), at f1 = 1/4
    f1 = np.linspace(0.0, 1.0, 401)
    rows, sharp = knees(np.column_stack([f1, 1.0 - np.sqrt(f1)]))
    assert f1[rows] == pytest.approx([0.25])
    assert 1.0 < sharp[0] < 1.1


def test_a_knee_does_not_depend_on_units_or_on_how_densely_a_front_is_known() -> None:
    x, front = deb2dk(3)
    scaled, _ = knees(front * np.array([1000.0, 0.1]) + np.array([5.0, -7.0]))
    few, other = deb2dk(3, 80)
    assert np.sort(x[scaled]) == pytest.approx(np.sort(x[knees(front)[0]]), abs=0.003)
    assert np.sort(few[knees(other)[0]]) == pytest.approx(np.sort(x[scaled]), abs=0.03)


@pytest.mark.parametrize(
    "front", [[[1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]], [[0.0, 3.0], [1.0, 1.0], [3.0, 0.0]]]
)
def test_of_few_designs_one_is_the_knee(front: list[list[float]]) -> None:
    rows, _ = knees(np.array(front))
    assert len(rows) == 1


def test_knees_of_three_objectives_are_of_the_front() -> None:
    rng = np.random.default_rng(1)
    points = rng.random((3000, 3))
    front = points[non_dominated(points)]
    rows, sharp = knees(front)
    assert len(np.unique(rows)) == len(rows) == len(sharp) >= 1


def test_farthest_first_keeps_half_of_the_best_distance() -> None:
    # five points on a line: 0, 1/4, ..., 1 are 1/4 apart, which no other five can beat
    points = np.linspace(0.0, 1.0, 101)[:, None]
    rows = farthest_first(points, 5)
    assert len(np.unique(rows)) == 5
    assert pdist(points[rows]).min() >= 0.125
    assert len(farthest_first(points[:3], 10)) == 3
