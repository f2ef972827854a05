"""What own results teach: against sums by hand, brute force, and what must hold whatever the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.surrogate.residuals import (
    EXPLANATIONS,
    OwnRows,
    Parts,
    Prior,
    covariance,
    feed_share,
    learn_rows,
    left_out,
    pooled_variance,
)
from optimiser.variables import Floats

NMC622 = np.array([0.6, 0.2, 0.2])
RESIDUAL = EXPLANATIONS.index("residual")
PARTS = Parts(0.1, 0.07, 0.15, 0.06, 0.27, 0.05, 0.02, 0.01, 0.04)
NOTHING = Parts(run=0.2, noise=0.04)
ALONE = replace(PARTS, offset=0.2, smooth=0.25, slope=0.0, metal_slope=0.0, level=0.7)


def prior(*chances: float, parts: Parts = PARTS) -> Prior:
    """Return a prior with chances of literature, offset, residual process and own data alone."""
    offset = replace(parts, smooth=0.0, metal_smooth=0.0, slope=0.0, metal_slope=0.0)
    every = (NOTHING, offset, parts, ALONE)
    return Prior(every, np.array(chances), np.ones(5), np.ones(1), np.empty((0, 4)))


def plant(n: int, rng: np.random.Generator, shift: float = 0.0, noise: float = 0.0) -> OwnRows:
    """Return results of n runs of a plant whose yields are off by a shift."""
    mean = rng.uniform(0.3, 0.8, (n, 4))
    yields = mean + shift + noise * rng.normal(size=(n, 4))
    feed = np.tile(NMC622, (n, 1))
    return OwnRows(
        rng.normal(size=(n, 5)), feed, np.arange(n), mean, np.ones((n, 4)), yields, np.full(n, np.nan)
    )


def posterior(found: Prior, rows: OwnRows, at: OwnRows, feed: Floats = NMC622) -> tuple[Floats, Floats]:
    after = learn_rows(found, rows).seen_from(feed).posterior(at.place, at.mean, at.hard)
    return after.mean, after.remaining


def test_one_result_moves_a_prediction_as_worked_by_hand() -> None:
    """Offset of sd 0.1, noise of sd 0.05: a yield 0.2 too low moves all others by 0.2 x 0.01 / 0.0125."""
    parts = Parts(offset=0.1, noise=0.05)
    one = plant(1, np.random.default_rng(0))
    one = replace(one, yields=np.array([[one.mean[0, 0] - 0.2, np.nan, np.nan, np.nan]]))
    other = plant(3, np.random.default_rng(1))
    mean, remaining = posterior(prior(0, 0, 1, 0, parts=parts), one, other)
    assert mean == pytest.approx(other.mean - 0.2 * 0.01 / 0.0125, abs=1e-4)
    # before: 0.01 + 0.0025; after: 0.01 - 0.01^2 / 0.0125 + 0.0025
    assert remaining == pytest.approx(np.sqrt((0.01 - 0.0001 / 0.0125 + 0.0025) / 0.0125), abs=1e-4)


def test_posterior_is_that_of_the_whole_covariance() -> None:
    """The linear and quadratic forms against conditioning the joint Gaussian of results and designs."""
    rng = np.random.default_rng(2)
    known, new = plant(6, rng, -0.1, 0.05), plant(4, rng)
    known = replace(known, run=np.array([0, 0, 1, 2, 2, 3]), hard=rng.uniform(0.6, 1.4, (6, 4)))
    new = replace(new, run=np.arange(10, 14), hard=rng.uniform(0.6, 1.4, (4, 4)))
    known.yields[2, 1] = known.yields[4, 3] = np.nan
    found = prior(0, 0, 1, 0)
    mean, remaining = posterior(found, known, new)
    both = OwnRows(*(np.concatenate([getattr(r, f) for r in (known, new)]) for f in OwnRows.__annotations__))
    row, metal = (
        np.concatenate(p) for p in zip(np.nonzero(~np.isnan(known.yields)), _all(6, 4), strict=True)
    )
    smooth, own = covariance(found, PARTS, both, row, metal)
    v = len(row) - 16
    gain = smooth[v:, :v] @ np.linalg.inv((smooth + own)[:v, :v])
    by_hand = new.mean.ravel() + gain @ (known.yields - known.mean)[row[:v], metal[:v]]
    assert mean.ravel() == pytest.approx(by_hand, abs=1e-9)
    left = np.diag(smooth[v:, v:] - gain @ smooth[:v, v:]) + PARTS.passing
    usual = np.diag(smooth[v:, v:]) + PARTS.passing
    assert remaining.ravel() == pytest.approx(np.sqrt(left / usual), abs=1e-6)


def _all(start: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.arange(start, start + n), 4), np.tile(np.arange(4), n)


def test_leaving_out_is_learning_without() -> None:
    """Each experiment predicted by the others, against learning from the others."""
    rows = plant(5, np.random.default_rng(3), -0.15, 0.05)
    found = prior(0, 0, 1, 0)
    mean, variance = left_out(learn_rows(found, rows), np.array([0, 0, 1, 2, 3]))
    others = np.array([2, 3, 4])
    told = learn_rows(found, rows.take(others)).seen_from(NMC622)
    after = told.posterior(rows.place[:2], rows.mean[:2], rows.hard[:2])
    assert mean[:2] == pytest.approx(after.mean, abs=1e-6)
    usual = PARTS.lasting(rows.mean[:2], rows.hard[:2]) + PARTS.passing
    assert variance[:2] == pytest.approx(after.remaining**2 * usual, abs=1e-5)


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_results_never_add_doubt_and_their_order_does_not_count(n: int, seed: int) -> None:
    """With one explanation, doubt only shrinks; the rows may come in any order."""
    rng = np.random.default_rng(seed)
    rows, at, found = plant(n, rng, rng.normal(0.0, 0.2), 0.05), plant(5, rng), prior(0, 0, 1, 0)
    mean, remaining = posterior(found, rows, at)
    assert (remaining <= 1.0 + 1e-9).all()
    again, _ = posterior(found, rows.take(rng.permutation(n)), at)
    assert again == pytest.approx(mean, abs=1e-8)
    fewer = posterior(found, rows.take(np.arange(max(n - 1, 1))), at)[1]
    assert (remaining <= fewer + 1e-9).all()


def test_results_say_nothing_of_a_wholly_different_feed() -> None:
    """LiCoO2 shares no site with NMC622 but a fifth: next to nothing carries over."""
    rows, at = plant(5, np.random.default_rng(4), -0.3), plant(3, np.random.default_rng(5))
    mean, remaining = posterior(prior(0, 0, 1, 0), rows, at, np.array([0.0, 0.0, 1.0]))
    assert mean == pytest.approx(at.mean, abs=1e-6)
    assert remaining == pytest.approx(np.ones((3, 4)), abs=1e-6)
    # a tenth of the sites: e^(-1/2)
    assert feed_share(NMC622[None], np.array([[0.5, 0.3, 0.2]]))[0, 0] == pytest.approx(np.exp(-0.5))


def test_the_evidence_tells_plants_apart() -> None:
    """A plant like the literature, one with an offset, and one with a trend."""
    chances = (0.25, 0.25, 0.25, 0.25)
    rng = np.random.default_rng(6)
    like = learn_rows(prior(*chances), plant(20, rng, 0.0, 0.2)).weights
    rows = plant(20, rng)
    trend = 0.3 * np.tanh(rows.place[:, :1])
    offset = learn_rows(prior(*chances), replace(rows, yields=rows.mean - 0.2)).weights
    bent = learn_rows(prior(*chances), replace(rows, yields=rows.mean - trend)).weights
    assert like[[0, 1]].sum() > 0.8
    assert offset[1] == max(offset)
    assert bent[RESIDUAL] == max(bent)


def test_a_plant_unlike_the_literature_is_not_dragged_down() -> None:
    """Where yields follow a law of their own, eight results predict others better than the literature."""
    rng = np.random.default_rng(8)
    errors, literature = [], []
    for _ in range(10):
        both = plant(28, rng)
        both = replace(both, place=both.place * [1, 1, 0, 0, 0])
        both = replace(both, yields=0.6 + 0.3 * np.tanh(both.place[:, :1]) + 0.0 * both.mean)
        rows, at = both.take(np.arange(8)), both.take(np.arange(8, 28))
        found = prior(0.03, 0.07, 0.87, 0.03)
        assert learn_rows(found, rows).weights[:2].sum() < 0.01
        mean, _ = posterior(found, rows, at)
        errors.append(np.abs(mean - at.yields).mean())
        literature.append(np.abs(at.mean - at.yields).mean())
    assert np.mean(errors) < 0.75 * np.mean(literature)


def test_noise_comes_from_repeats() -> None:
    """Repeats 0.8, 0.9 (variance 0.005) and 0.5, 0.6, 0.7 (sum 0.02, freedom 2): 0.025 / 3."""
    yields = np.full((5, 4), np.nan)
    yields[:, 0] = [0.8, 0.9, 0.5, 0.6, 0.7]
    variance, freedom = pooled_variance(yields, np.array([0, 0, 1, 1, 1]))
    assert (variance, freedom) == (pytest.approx(0.025 / 3), 3)
    noisy = prior(0, 0, 1, 0).with_noise(variance, freedom)
    # the prior's own variance counts as four: 0.02^2 + 0.01^2 + 0.04^2 = 0.0021
    assert noisy.parts[RESIDUAL].passing == pytest.approx((4 * 0.0021 + 3 * variance) / 7)


def test_stored_priors_come_back() -> None:
    first = prior(0.1, 0.2, 0.3, 0.4)
    again = Prior.from_arrays(first.arrays())
    for one, other in zip(first.parts, again.parts, strict=True):
        assert repr(one) == repr(other)
    assert again.chances.tolist() == first.chances.tolist()


@pytest.mark.parametrize("shift", [-0.3, 0.1])
def test_an_offset_is_found_from_five_noisy_results(shift: float) -> None:
    """Twenty plants with five results each: the mean error of new designs falls to less than a third."""
    rng = np.random.default_rng(7)
    errors = []
    for _ in range(20):
        rows, at = plant(5, rng, shift, 0.03), plant(20, rng)
        mean, _ = posterior(prior(0.03, 0.07, 0.87, 0.03), rows, at)
        errors.append(np.abs(mean - (at.mean + shift)).mean())
    assert np.mean(errors) < abs(shift) / 3.0
