"""Where the yield model steps: exact for trees of one test, and about right for the shipped ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimiser.chemistry.feeds import load_feeds
from optimiser.chemistry.reagents import load_acids
from optimiser.designs import Designs, Floats
from optimiser.surrogate.columns import columns
from optimiser.surrogate.features import CONTINUOUS_COLUMNS, METALS, feature_matrix
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.members import MEMBERS, fit_member, mixture, pair_columns
from optimiser.surrogate.trees import flatten


def drawn(n: int, seed: int) -> Floats:
    """Features of random designs of one feed and acid."""
    low, high = [15, 0.05, 0, 2, 0], [110, 8, 20, 200, 600]
    continuous = np.random.default_rng(seed).uniform(low, high, (n, 5))
    acids = tuple(load_acids()[name] for name in ("sulfuric",))
    return feature_matrix(load_feeds()["NMC111"], acids, Designs(np.zeros(n, dtype=np.intp), continuous))


@pytest.fixture(scope="module")
def stumps() -> Fitted:
    """All shipped members with trees of one test."""
    x, rng = drawn(300, 1), np.random.default_rng(2)
    heat, solids = (x[:, [CONTINUOUS_COLUMNS[j]]] for j in (0, 3))
    yields = np.clip(
        0.2 + 0.006 * heat - 0.002 * solids + 0.1 * rng.standard_normal((len(x), len(METALS))), 0, 1
    )
    members = [replace(member, trees=40, pairs=4000, leaves=2) for member in MEMBERS]
    boosters = [fit_member(member, columns(x), yields, np.arange(len(x)), 0) for member in members]
    forests = [
        flatten(each, [(test.kind, test.column) for test in pair_columns(member)], len(METALS))
        for member, each in zip(members, boosters, strict=True)
    ]
    paired = tuple(f for f, member in zip(forests, members, strict=True) if member.paired)
    plain = tuple(f for f, member in zip(forests, members, strict=True) if not member.paired)
    # only what leads steps: the slack of the others is taken away
    return Fitted(paired, plain, x[:16], yields[:16], replace(mixture(members), slack=0.0))


def test_steps_of_trees_with_one_test_add_up_to_the_yields(stumps: Fitted) -> None:
    x = drawn(500, 3)
    yields, places = stumps.predict(x).mean, stumps.places(x)
    assert np.ptp(yields[:, 0]) > 0.05
    assert places.effects - places.effects[0] == pytest.approx(yields - yields[0], abs=1e-9)


def test_yields_never_differ_by_more_than_the_steps_between(stumps: Fitted) -> None:
    x = drawn(500, 4)
    yields, places = stumps.predict(x).mean, stumps.places(x)
    apart = np.abs(yields - yields[0]).sum(axis=1)
    assert (apart <= np.abs(places.heights - places.heights[0]).sum(axis=1) + 1e-9).all()
    assert (
        np.diff(places.heights[np.argsort(x[:, CONTINUOUS_COLUMNS[0]], kind="stable"), 0]) >= 0.0
    ).all(), "heights fall"
