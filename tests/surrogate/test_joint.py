"""Joint draws: as large as told, alike where designs are near, and less doubtful the more is measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.surrogate.joint import drawn_yields, expecting, joint, narrowed, nothing_learned
from optimiser.surrogate.residuals import Learned, OwnRows, Prior, learn_rows
from optimiser.surrogate.site import read_prior

NMC111 = np.array([1 / 3, 1 / 3, 1 / 3])
DRAWS = 4000
HARD = 0.9


@pytest.fixture(scope="module")
def base() -> Surrogate:
    return load_surrogate("pd-gbr")


@pytest.fixture(scope="module")
def prior(base: Surrogate) -> Prior:
    return read_prior()[0]


def rows_of(place: np.ndarray, yields: float | np.ndarray, mean: float = 0.7) -> OwnRows:
    n = len(place)
    told = np.broadcast_to(yields, (n, 4)).astype(np.float64)
    feed, unstated = np.tile(NMC111, (n, 1)), np.full(n, np.nan)
    return OwnRows(place, feed, np.arange(n), np.full((n, 4), mean), np.full((n, 4), HARD), told, unstated)


def learned(prior: Prior, n: int = 5, seed: int = 0) -> Learned:
    rng = np.random.default_rng(seed)
    return learn_rows(prior, rows_of(rng.normal(size=(n, 5)), 0.6 + 0.05 * rng.normal(size=(n, 4))))


def test_the_joint_posterior_is_that_of_single_designs(prior: Prior) -> None:
    known, rng = learned(prior), np.random.default_rng(1)
    place, mean = rng.normal(size=(7, 5)), rng.uniform(0.4, 0.9, (7, 4))
    single = known.seen_from(NMC111).posterior(place, mean, np.full_like(mean, HARD))
    together = joint(prior, known, NMC111, place, mean, np.full_like(mean, HARD), np.arange(7))
    assert together.mean == pytest.approx(single.mean.ravel(), abs=1e-9)
    # a measured value has the noise of a measurement, too
    usual = prior.parts[2].lasting(mean, np.full_like(mean, HARD)) + prior.parts[2].passing
    noise = float(together.weights @ [fit.parts.noise**2 for fit in known.fits])
    assert together.sd**2 + noise == pytest.approx((single.remaining**2 * usual).ravel(), abs=1e-5)


@pytest.mark.parametrize("own", [False, True])
def test_scores_have_mean_0_and_sd_1(prior: Prior, own: bool) -> None:
    rng = np.random.default_rng(2)
    place, mean = rng.normal(size=(6, 5)), rng.uniform(0.4, 0.9, (6, 4))
    mean[:, 2] = np.nan
    told = joint(
        prior, learned(prior) if own else None, NMC111, place, mean, np.full_like(mean, HARD), np.arange(6)
    )
    scores = told.scores(DRAWS, rng)
    assert np.isnan(scores[..., 2]).all()
    there = scores[..., [0, 1, 3]]
    assert np.abs(there.mean(axis=0)).max() < 0.08  # 5 standard errors
    assert np.abs(there.std(axis=0) - 1.0).max() < 0.08


def test_drawn_yields_lie_as_the_calibration_says(base: Surrogate, prior: Prior) -> None:
    rng = np.random.default_rng(3)
    place, scale = rng.normal(size=(6, 5)), np.full((6, 4), 0.02)
    mean = np.repeat([[0.5], [0.5], [0.55], [0.6], [0.95], [1.0]], 4, axis=1)
    scale[-2:] = 0.2
    scores = joint(prior, None, NMC111, place, mean, np.full_like(mean, HARD), np.arange(6)).scores(
        DRAWS, rng
    )
    found = drawn_yields(base.calibration, mean, scale, scores)
    assert ((found >= 0.0) & (found <= 1.0)).all()
    most = base.calibration.mean_at(np.ones_like(mean), scale)
    assert found.mean(axis=0)[:5] == pytest.approx(mean[:5], abs=0.02)
    assert (found.mean(axis=0)[5] >= most[5] - 0.02).all()
    # away from the ends the spread is the scale times that of the scores
    assert found.std(axis=0)[:4] == pytest.approx(0.02 * base.calibration.ordered.std(), rel=0.1)
    chance = (found >= 0.55).mean(axis=0)
    assert chance == pytest.approx(base.calibration.probability(mean, scale, 0.55), abs=0.05)


def test_near_designs_and_samples_of_one_leach_are_more_alike(prior: Prior) -> None:
    place = np.array([[0.0] * 5, [0.1] * 5, [3.0] * 5, [0.1] * 5])
    told = joint(prior, None, NMC111, place, np.full((4, 4), 0.7), np.ones((4, 4)), np.array([0, 1, 2, 1]))
    scores = told.scores(DRAWS, np.random.default_rng(4))
    alike = np.corrcoef(scores[:, :, 0].T)
    assert alike[0, 1] > alike[0, 2] + 0.2
    assert alike[1, 3] > alike[0, 1]  # the same leach
    metals = np.corrcoef(scores[:, 0].T)
    assert metals[0, 1] > 0.2  # metals of one leach go together


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(0, 4), st.integers(1, 4))
def test_more_results_never_add_doubt(seed: int, before: int, more: int) -> None:
    prior, rng = read_prior()[0], np.random.default_rng(seed)
    known = learned(prior, before, seed) if before else nothing_learned(prior)
    new = rows_of(rng.normal(size=(more, 5)), 0.5, rng.uniform(0.3, 0.9))
    place, mean = rng.normal(size=(5, 5)), rng.uniform(0.3, 1.0, (5, 4))
    after = expecting(known, new)
    factor = narrowed(known, after, NMC111, place, mean, np.full_like(mean, HARD))
    assert (factor <= 1.0 + 1e-9).all()
    here = narrowed(known, after, NMC111, new.place, new.mean, new.hard)
    assert (here < 1.0).all()
    # what is expected stays what it is
    told = [
        one.seen_from(NMC111).posterior(place, mean, np.full_like(mean, HARD)).mean for one in (known, after)
    ]
    assert told[1] == pytest.approx(told[0], abs=1e-6)


def test_results_nearby_tell_more_than_those_far_away(prior: Prior) -> None:
    nothing, here = nothing_learned(prior), np.zeros((1, 5))
    mean, hard = np.full((1, 4), 0.7), np.full((1, 4), HARD)
    factors = [
        narrowed(nothing, expecting(nothing, rows_of(here + far, 0.5)), NMC111, here, mean, hard).mean()
        for far in (0.0, 0.5, 2.0)
    ]
    assert factors == sorted(factors)
    lco = np.array([0.0, 0.0, 1.0])  # shares no site: nothing is learned of it
    other = expecting(nothing, rows_of(here, 0.5))
    assert narrowed(nothing, other, lco, here, mean, hard) == pytest.approx(1.0)
