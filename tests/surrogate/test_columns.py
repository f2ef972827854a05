"""What the trees see of a design beside its features."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import load_feeds
from optimiser.surrogate.columns import PHYSICS, physics
from optimiser.surrogate.features import feature_matrix
from optimiser.variables import Designs


def share(feed: str, peroxide: float, solids: float) -> float:
    """Share of what reducing a feed takes that some peroxide (wt%) offers at some solids (g/L)."""
    designs = Designs(np.zeros(1, dtype=np.intp), np.array([[60.0, 1.0, peroxide, solids, 60.0]]))
    features = feature_matrix(load_feeds()[feed], [load_acids()["sulfuric"]], designs)
    return float(physics(features)[0, PHYSICS.index("peroxide_share")])


def test_peroxide_counts_as_the_share_of_the_electrons_that_reduction_takes() -> None:
    # 8 g/L of 34.015 g/mol give 0.2352 mol/L, two electrons each; LiMO2 takes one, LiMn2O4 three
    nmc111 = 6.94 + (58.693 + 54.938 + 58.933) / 3 + 2 * 15.999
    assert share("NMC111", 0.8, 50.0) == pytest.approx(2 * 0.23519 / (50.0 / nmc111), rel=1e-3)
    lmo = 6.94 + 2 * 54.938 + 4 * 15.999
    assert share("LMO", 0.8, 50.0) == pytest.approx(2 * 0.23519 / (3 * 50.0 / lmo), rel=1e-3)
    assert share("NMC111", 0.0, 50.0) == 0.0


def test_peroxide_beyond_what_reduction_takes_counts_no_more() -> None:
    assert share("NMC111", 2.0, 50.0) == share("NMC111", 8.0, 50.0) == 1.0
    assert share("NMC111", 2.0, 200.0) == pytest.approx(2.0 * share("NMC111", 1.0, 200.0))
    assert share("NMC111", 2.0, 200.0) < 1.0
