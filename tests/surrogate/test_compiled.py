"""The compiled yield model says what LightGBM says of every pair, for any threads, company and fidelity."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache
from typing import Any

import numba
import numpy as np
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import load_feeds
from optimiser.surrogate.columns import columns
from optimiser.surrogate.compiled import Raw, _alike
from optimiser.surrogate.encoding import CATHODES, follow_place
from optimiser.surrogate.features import ACID_COLUMNS, CONTINUOUS_COLUMNS, FEATURES, feature_matrix
from optimiser.surrogate.features import PREDICTED_METALS as METALS
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.loops import walk
from optimiser.surrogate.mixture import SLACK, Mixture
from optimiser.surrogate.trees import flatten
from optimiser.systems.system import cathode
from optimiser.training.fit import choose_anchors
from optimiser.training.members import MEMBERS, fit_member, mixture, pair_columns
from optimiser.variables import Designs, Floats

SMALL = tuple(replace(member, trees=15, pairs=4000) for member in MEMBERS)
PKA1, PKA2 = (next(j for j, f in enumerate(FEATURES) if f.name == name) for name in ("pKa1", "pKa2"))


def some_rows(n: int, seed: int) -> Floats:
    """Features of random designs over every acid and feed, some with values missing."""
    rng = np.random.default_rng(seed)
    acids = list(load_acids().values())
    parts = []
    for feed in load_feeds().values():
        low, high = [15, 0.05, 0, 2, 0], [110, 8, 20, 200, 600]
        continuous = rng.uniform(low, high, (n // len(load_feeds()) + 1, 5)).round(1)
        designs = Designs(rng.integers(0, len(acids), len(continuous)), continuous)
        parts.append(feature_matrix(feed, acids, designs))
    rows = rng.permutation(np.vstack(parts))[:n]
    rows[: n // 20, PKA1] = np.nan  # and with it the pH
    rows[n // 20 : n // 10, ACID_COLUMNS[1:]] = np.nan
    return rows


@cache
def small() -> tuple[Fitted, list[list[Any]]]:
    """Small members and the LightGBM boosters they were made of, those on pairs first."""
    features = some_rows(300, 1)
    rng = np.random.default_rng(2)
    seen = columns(features)
    content = np.column_stack([np.ones(len(features)), features[:, :3]])
    yields = np.clip(0.3 + 0.004 * features[:, [3]] + 0.1 * rng.standard_normal((len(features), 4)), 0, 1)
    yields[content <= 0.0] = np.nan
    boosters = [fit_member(member, seen, yields, np.arange(len(features)), 0) for member in SMALL]
    forests = [
        flatten(b, pair_columns(member), len(METALS)) for member, b in zip(SMALL, boosters, strict=True)
    ]
    anchors = slice(0, 60, 3)
    assert [member.paired for member in SMALL] == [True] * 2 + [False] * 4
    fitted = Fitted(
        tuple(forests[:2]), tuple(forests[2:]), features[anchors], yields[anchors], mixture(SMALL)
    )
    return fitted, boosters


def by_lightgbm(x: Floats, fitted: Fitted, boosters: list[list[Any]]) -> Raw:
    """The plain loop: every metal, member and pair through LightGBM's own prediction."""
    seen, known = columns(x), columns(fitted.features)
    out = np.full((3, len(x), len(METALS)), np.nan)
    for k in range(len(METALS)):
        there = np.ones(len(x), dtype=bool) if k == 0 else x[:, k - 1] > 0.0
        held = np.flatnonzero(~np.isnan(fitted.yields[:, k]))
        means, votes = [], np.zeros((there.sum(), len(held)))
        for member, booster in zip(SMALL, boosters, strict=True):
            model, tests = booster[k if len(booster) > 1 else 0], pair_columns(member)
            if not member.paired:
                means.append(model.predict(seen[there, k][:, [test.column for test in tests]]))
                continue
            first = np.repeat(seen[there, k], len(held), axis=0)
            second = np.tile(known[held, k], (int(there.sum()), 1))
            sides = (first, second, first - second)
            pairs = np.column_stack([sides[test.kind][:, test.column] for test in tests])
            said = model.predict(pairs).reshape(-1, len(held)) + fitted.yields[held, k]
            means.append(said.mean(axis=1))
            votes += said
        out[0][there, k] = mixed(np.array(means))
        out[1][there, k] = (votes / len(SMALL)).std(axis=1)
        out[2][there, k] = np.std(means, axis=0)
    return Raw(*out)


def mixed(means: Floats) -> Floats:
    """The mean of the constrained members, moved by that of the free ones within the slack."""
    constrained = [member.constrained(cathode()) for member in SMALL]
    assert constrained == [True, False, True, True, True, False]
    lead = (means[0] + means[2] + means[3] + means[4]) / 4
    return lead + np.clip((means[1] + means[5]) / 2 - lead, -SLACK, SLACK)


def test_ten_thousand_designs_as_lightgbm_says() -> None:
    fitted, boosters = small()
    x = some_rows(10_000, 3)
    # an anchor's own setpoints: differences of exactly zero
    x[-len(fitted.features) :] = fitted.features
    found, expected = fitted.predict(x), by_lightgbm(x, fitted, boosters)
    assert np.isnan(x[:, PKA1]).any() and np.isnan(x[:, PKA2]).any()
    for mine, theirs in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)
    assert np.nanstd(found.mean) > 0.01 and np.nanmin(found.disagreement) > 0.0


def test_the_same_bits_whatever_the_threads_and_the_company() -> None:
    fitted, _ = small()
    x = some_rows(300, 4)
    found = []
    threads = numba.get_num_threads()
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            found.append(np.stack(fitted.predict(x)[:3]))
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(found[0], found[1])
    order = np.random.default_rng(0).permutation(len(x))[:77]
    np.testing.assert_array_equal(np.stack(fitted.predict(x[order])[:3]), found[0][:, order])
    for row in (0, 123, 299):
        np.testing.assert_array_equal(
            np.stack(fitted.predict(x[row : row + 1])[:3]), found[0][:, row : row + 1]
        )


def test_a_few_anchors_are_the_first_ones_alone() -> None:
    fitted, _ = small()
    x = some_rows(200, 5)
    few = fitted.predict(x, anchors=7)
    np.testing.assert_array_equal(np.stack(few[:3]), np.stack(fitted.take(np.arange(7)).predict(x)[:3]))
    assert np.nanmax(np.abs(few.mean - fitted.predict(x).mean)) > 1e-3


@cache
def with_anchors(m: int) -> Fitted:
    """Members of `small` with as many anchors, of any feed and acid, some with values missing."""
    fitted, _ = small()
    features = some_rows(m, 11)
    yields = np.random.default_rng(12).random((m, 4))
    yields[np.column_stack([np.zeros(m, dtype=bool), features[:, :3] <= 0.0])] = np.nan
    yields[0] = 0.5  # every metal has an anchor
    return replace(fitted, features=features, yields=yields)


@pytest.mark.parametrize("m", [1, 3, 4, 5, 16, 20, 64, 100, 300])
def test_any_number_of_anchors(m: int) -> None:
    """Less than a tile, whole tiles and parts of them, and more than go through a test at once."""
    fitted, boosters = with_anchors(m), small()[1]
    x = some_rows(60, 13)
    for mine, theirs in zip(fitted.predict(x)[:3], by_lightgbm(x, fitted, boosters)[:3], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("m", [4, 16, 64])
@pytest.mark.parametrize("n", [1, 3, 15, 16, 17, 63, 65, 255, 257, 600])
def test_blocks_that_are_full_and_not(n: int, m: int) -> None:
    """The first n designs of one feed and acid, in whatever blocks they come."""
    fitted = with_anchors(m)
    x = some_rows(1, 14).repeat(600, axis=0)
    x[:, CONTINUOUS_COLUMNS] = some_rows(600, 15)[:, CONTINUOUS_COLUMNS]
    x[::7, CONTINUOUS_COLUMNS[0]] = np.nan
    whole = np.stack(fitted.predict(x)[:3])
    np.testing.assert_array_equal(np.stack(fitted.predict(x[:n])[:3]), whole[:, :n])
    assert np.ptp(whole[0, :, 0]) > 0.01


def test_a_metal_that_few_anchors_have_is_compared_with_these() -> None:
    fitted, boosters = with_anchors(64), small()[1]
    yields = fitted.yields.copy()
    yields[2:, 1], yields[5:40, 3] = np.nan, np.nan
    x = some_rows(60, 16)
    few = replace(fitted, yields=yields)
    for mine, theirs in zip(few.predict(x)[:3], by_lightgbm(x, few, boosters)[:3], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)


def test_a_metal_without_an_anchor_is_refused() -> None:
    fitted = with_anchors(64)
    yields = fitted.yields.copy()
    yields[:16, 2] = np.nan
    late = replace(fitted, yields=yields)
    x = some_rows(200, 17)
    with_manganese = x[x[:, 1] > 0.0]
    assert np.isfinite(late.predict(with_manganese, 64).mean).any()
    with pytest.raises(InputError, match="None of the 16 anchors"):
        late.predict(with_manganese, 16)


def test_absent_metals_are_not_predicted() -> None:
    fitted, _ = small()
    x = some_rows(200, 6)
    absent = np.column_stack([np.zeros(len(x), dtype=bool), x[:, :3] <= 0.0])
    assert absent.any()
    for part in fitted.predict(x)[:3]:
        np.testing.assert_array_equal(np.isnan(part), absent)


def test_a_model_without_a_kind_of_member_or_without_designs() -> None:
    fitted, _ = small()
    x = some_rows(20, 7)
    rows = np.flatnonzero((x[:, :3] > 0.0).all(axis=1))[:3]
    plain, paired = (Mixture(np.ones(n), np.ones(n, dtype=np.bool_)) for n in (4, 2))
    alone = replace(fitted, paired=(), mixture=plain).predict(x[rows])
    assert np.isfinite(alone.mean).all() and (alone.spread == 0.0).all()
    compared = replace(fitted, plain=(), mixture=paired).predict(x[rows])
    every = Mixture(np.ones(6), np.ones(6, dtype=np.bool_))
    both = replace(fitted, mixture=every).predict(x[rows])
    np.testing.assert_allclose(both.mean, (4 * alone.mean + 2 * compared.mean) / 6, atol=1e-12)
    np.testing.assert_allclose(both.spread, compared.spread / 3, atol=1e-12)
    assert fitted.predict(x[:0]).mean.shape == (0, 4)


def test_compiling_settles_most_tests_and_happens_once() -> None:
    fitted = small()[0].take(np.arange(20))  # nothing compiled yet
    x = some_rows(50, 8)
    same = x[:1].repeat(5, axis=0)
    same[:, 3] += np.arange(5)  # temperature
    fitted.predict(same)
    fitted.predict(same + 0.0)
    information = fitted._compiled.cache_info()  # type: ignore[attr-defined]
    assert (information.misses, information.hits) == (1, 1)
    compiled = fitted._compiled(np.ascontiguousarray(same[0, _fixed()]).tobytes(), None)
    every = sum(len(f.column) for f in fitted.paired) + 4 * sum(len(f.column) for f in fitted.plain)
    assert 0 < compiled.tests < 0.7 * every


def _fixed() -> list[int]:
    from optimiser.surrogate.features import FEED_COLUMNS

    return [*FEED_COLUMNS, *ACID_COLUMNS]


def test_a_copy_in_another_process_predicts_the_same() -> None:
    fitted, _ = small()
    x = some_rows(30, 9)
    fitted.predict(x)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(np.stack(copy.predict(x)[:3]), np.stack(fitted.predict(x)[:3]))


def test_the_first_anchors_chosen_are_those_of_a_smaller_choice() -> None:
    fitted, _ = small()
    many, few = choose_anchors(fitted, 8), choose_anchors(fitted, 3)
    np.testing.assert_array_equal(many[:3], few)


def test_where_the_loop_cannot_run_one_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from optimiser._io.errors import InputError

    def broken(*_: Any) -> None:
        raise RuntimeError("no compiler here")

    monkeypatch.setattr(walk, "predict", broken)
    with pytest.raises(InputError, match="numba cannot compile") as caught:
        small()[0].predict(some_rows(3, 10))
    assert "NUMBA_CACHE_DIR" in str(caught.value)


def wandering(x: Floats, points: int, seed: int) -> Floats:
    """Points some per cent around each row's setpoints, shape (n, points, 5)."""
    factor = np.random.default_rng(seed).uniform(0.9, 1.1, (len(x), points, 5))
    return x[:, None, CONTINUOUS_COLUMNS] * factor


@pytest.mark.parametrize(("m", "points"), [(1, 16), (20, 16), (64, 64), (64, 16), (300, 64)])
def test_over_moved_designs_each_anchor_sees_one_and_others_see_all(m: int, points: int) -> None:
    """Against LightGBM: an anchor's vote on its own point, in the order that anchors are laid out in.

    From point to point members on pairs are taken to move as the leading others do.
    """
    fitted, boosters = with_anchors(m), small()[1]
    x = some_rows(40, 18)
    x = x[~np.isnan(x).any(axis=1)][:8]
    moved = wandering(x, points, 19)
    found = fitted.predict(x, moved=moved)
    for i, row in enumerate(x):
        each = np.repeat(row[None], points, axis=0)
        each[:, CONTINUOUS_COLUMNS] = moved[i]
        seen, known = columns(each), columns(fitted.features)
        order = _alike(known[:, 0][:, follow_place(CATHODES)[0]])
        for k in range(len(METALS)):
            if k and row[k - 1] <= 0.0:
                continue
            at = []
            for member, booster in zip(SMALL, boosters, strict=True):
                model, tests = booster[k if len(booster) > 1 else 0], pair_columns(member)
                if not member.paired:
                    at.append(model.predict(seen[:, k][:, [test.column for test in tests]]))
                    continue
                mine = seen[np.arange(m) % points, k]  # lane a sees point a
                sides = (mine, known[order, k], mine - known[order, k])
                pairs = np.column_stack([sides[test.kind][:, test.column] for test in tests])
                at.append(np.nanmean(model.predict(pairs) + fitted.yields[order, k]))
            move = sum(each - each.mean() for each in at[2:5]) / 3
            over = mixed(np.array([at[0] + move, at[1] + move, *at[2:]]))
            assert found.over is not None
            np.testing.assert_allclose(found.over[i, :, k], over, rtol=0, atol=1e-9)
            assert found.mean[i, k] == pytest.approx(over.mean(), abs=1e-9)
            assert found.disagreement[i, k] == pytest.approx(np.std([np.mean(a) for a in at]), abs=1e-9)


def test_over_points_that_do_not_move_it_is_the_design_itself() -> None:
    fitted, x = with_anchors(64), some_rows(300, 20)
    bare = fitted.predict(x)
    still = fitted.predict(x, moved=np.repeat(x[:, None, CONTINUOUS_COLUMNS], 64, axis=1))
    for mine, theirs in zip(still[:3], bare[:3], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)


def test_moved_designs_have_the_same_bits_whatever_the_threads_and_the_company() -> None:
    fitted, x = with_anchors(64), some_rows(200, 21)
    moved = wandering(x, 16, 22)
    threads = numba.get_num_threads()
    found = []
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            found.append(np.stack(fitted.predict(x, 16, moved)[:3]))
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(found[0], found[1])
    order = np.random.default_rng(1).permutation(len(x))[:33]
    np.testing.assert_array_equal(
        np.stack(fitted.predict(x[order], 16, moved[order])[:3]), found[0][:, order]
    )
