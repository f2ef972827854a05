"""The applicability domain: where experiments stand behind a design."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid, load_acids
from optimiser.chemistry.descriptors import structure_key
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.domain import Domain, DomainSettings, Neighbourhood, fit_domain, nearest
from optimiser.surrogate.stoichiometry import breaks
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.variables import Designs, Floats

# order of CONTINUOUS: temperature, acid_concentration, h2o2, solid_liquid_ratio, time
T, C, H, S, TIME = range(5)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_surrogate("pd-gbr").domain


@pytest.fixture(scope="module")
def acids() -> dict[str, Acid]:
    return load_acids()


@pytest.fixture(scope="module")
def table(training_table: Path) -> TrainingTable:
    return read_table(training_table)


def near(domain: Domain, acid: Acid, feed: str = "NMC111") -> Neighbourhood:
    return domain.neighbourhood(load_feeds()[feed], acid)


def inside_of(hood: Neighbourhood, seed: int = 0, n: int = 300) -> Floats:
    """Random designs inside the ranges of a neighbourhood."""
    return hood.low + (hood.high - hood.low) * np.random.default_rng(seed).random((n, 5))


def test_representatives_hold_no_yields(domain: Domain) -> None:
    assert len(domain.acid) == 455
    arrays = domain.arrays()
    assert set(arrays) == {
        f"domain_{x}" for x in ("acids", "acid", "feed", "fixed", "sound", "time", "scale")
    }
    per_experiment = {name: a for name, a in arrays.items() if len(a) == 455}
    assert sum(a.shape[1] if a.ndim > 1 else 1 for a in per_experiment.values()) == 11


def test_hydrochloric_with_any_peroxide_is_beyond_the_data(domain: Domain, acids: dict[str, Acid]) -> None:
    """Not one experiment leaches with HCl and peroxide: a search must not go there, however near it looks."""
    asked = 0
    for feed in load_feeds():
        hood = near(domain, acids["hydrochloric"], feed)
        plain = inside_of(hood) if hood.supported else np.array([[60.0, 2.0, 0.0, 20.0, 60.0]])
        asked += hood.supported
        assert (hood.beyond(plain) == 0).all() or not hood.supported, feed
        for peroxide in (0.01, 0.1, 1.0, 10.0):
            with_peroxide = plain.copy()
            with_peroxide[:, H] = peroxide
            assert (hood.beyond(with_peroxide) > 0).all(), (feed, peroxide)
    assert asked >= 2


@pytest.mark.data
def test_data_are_within_their_own_ranges(domain: Domain, table: TrainingTable) -> None:
    supported = []
    broken = set(table.experiments[breaks(table)].tolist())
    assert len(broken) == 22 and (~domain.sound).sum() == 22
    for row in range(len(table)):
        hood = domain.near(table.feed[row], structure_key(table.smiles[row]))
        here = table.continuous[[row]]
        supported.append(hood.supported)
        assert np.sqrt(hood.square_distances(here).min()) == pytest.approx(0.0, abs=1e-3)  # 4 decimals group
        if table.experiments[row] in broken:
            continue  # no support for itself either
        assert hood.experiments >= 1 and hood.support(here)[0] >= 1  # at least itself
        assert hood.beyond(here)[0] == (0.0 if hood.supported else 1000.0)
    assert np.mean(supported) > 0.98


@pytest.mark.data
def test_artefact_holds_the_domain_of_the_table(domain: Domain, table: TrainingTable) -> None:
    fitted = fit_domain(table, np.arange(len(table)), domain.settings)
    assert fitted.acids == domain.acids
    for name, array in fitted.arrays().items():
        np.testing.assert_array_equal(array, domain.arrays()[name], err_msg=name)
    # before the limits are set, nothing is outside
    assert fitted.distance_limit == fitted.disagreement_limit == np.inf


@pytest.mark.data
def test_a_domain_of_some_rows_knows_only_them(table: TrainingTable) -> None:
    rows = np.flatnonzero(table.experiments < 100)
    part = fit_domain(table, rows)
    assert len(part.acid) == 100
    assert set(part.acids) == {structure_key(table.smiles[row]) for row in rows}
    for number in (0, 42, 99):
        span = table.continuous[table.experiments == number, TIME]
        np.testing.assert_array_equal(part.time[number], [span.min(), span.max()])


def test_moving_out_of_the_range_is_beyond_and_grows(domain: Domain, acids: dict[str, Acid]) -> None:
    for name in ("sulfuric", "lactic", "nitric", "hydrochloric"):
        hood = near(domain, acids[name])
        middle = np.median(inside_of(hood), axis=0)
        assert hood.beyond(middle[None]) == 0.0
        for j in range(5):
            width = max(hood.high[j] - hood.low[j], 1.0)
            steps = middle + np.zeros((6, 5))
            steps[:, j] = hood.high[j] + width * np.array([0.05, 0.2, 0.5, 1.0, 2.0, 50.0])
            beyond = hood.beyond(steps)
            assert (beyond > 0).all() and (np.diff(beyond) > 0).all(), (name, j)
            assert np.isfinite(beyond).all()
            assert (np.diff(hood.distance(steps)) > 0).all(), (name, j)


def test_a_variable_that_never_varied_is_a_wall(domain: Domain, acids: dict[str, Acid]) -> None:
    hood = near(domain, acids["nitric"])  # sampled at 60 min only, near NMC111
    assert hood.low[TIME] == hood.high[TIME] == 60.0
    design = np.median(inside_of(hood), axis=0)
    minutes = np.array([59.0, 60.0, 61.0])
    moved = np.tile(design, (3, 1))
    moved[:, TIME] = minutes
    np.testing.assert_array_equal(hood.beyond(moved) > 0, [True, False, True])


def test_bounds_reach_to_the_nearest_setpoint(domain: Domain, acids: dict[str, Acid]) -> None:
    """333.33 g/L cannot be set where the step is 0.5: 333.5 still counts as the bound."""
    hood = near(domain, acids["sulfuric"])
    assert hood.high[S] == pytest.approx(1000 / 3)
    on = np.array([[70.0, 2.0, 0.0, 333.5, 60.0], [70.0, 2.0, 0.0, 334.0, 60.0]])
    beyond = hood.beyond(on)
    assert beyond[0] == 0.0 and beyond[1] > 0.0


def six() -> Domain:
    """Six experiments with HCl on NMC111, a degree apart; the last is sampled for longer."""
    return Domain(
        acids=(structure_key("Cl"),),
        acid=np.zeros(6, dtype=np.intp),
        feed=np.full((6, 3), 1 / 3),
        fixed=np.array([[50.0 + i, 1.0, 0.0, 20.0] for i in range(6)]),
        sound=np.ones(6, dtype=np.bool_),
        time=np.array([[0.0, 60.0]] * 5 + [[0.0, 120.0]]),
        own=np.zeros(6, dtype=np.bool_),
        scale=np.array([2.0, 1.0, 1.0, 1.0, 1.0]),
        settings=DomainSettings(neighbours=2),
        distance_limit=0.6,
        disagreement_limit=0.1,
    )


def test_distances_by_hand(acids: dict[str, Acid]) -> None:
    thirds = Feed(Ni=1 / 3, Mn=1 / 3, Co=1 / 3)
    hood = six().neighbourhood(thirds, acids["hydrochloric"])
    at = np.array([[52.0, 1.0, 0.0, 20.0, minutes] for minutes in (0.0, 60.0, 119.0)])
    # a degree is half a standard deviation here; the second nearest is a degree away: (0 + 0.5) / 2
    np.testing.assert_allclose(hood.distance(at)[:2], 0.25)
    # time counts only outside the span that was sampled: itself ln(120 / 61) away, the last 1.5
    np.testing.assert_allclose(np.sqrt(hood.square_distances(at[2:])[0, [2, 5]]), [np.log(120 / 61), 1.5])
    # within 0.6: itself and one on either side
    assert list(hood.support(at)) == [3, 3, 0]
    # twice the acid: ln(2.05 / 1.05)
    twice = at[:1] + np.array([0, 1.0, 0, 0, 0])
    assert np.sqrt(hood.square_distances(twice)[0, 2]) == pytest.approx(np.log(2.05 / 1.05))
    # a tenth of the sites differ: three tenths of a standard deviation each, and still near enough to count
    moved = six().neighbourhood(Feed(Ni=1 / 3 + 0.1, Mn=1 / 3, Co=1 / 3 - 0.1), acids["hydrochloric"])
    np.testing.assert_allclose(moved.distance(at[:1]), (0.3 + np.hypot(0.3, 0.5)) / 2)
    assert moved.experiments == 6
    far = six().neighbourhood(Feed(Ni=0.6, Mn=0.2, Co=0.2), acids["hydrochloric"])
    assert far.experiments == 0 and (far.distance(at) == 1000.0).all()
    assert (far.beyond(at) == 1000.0).all() and list(far.support(at)) == [0, 0, 0]


def test_what_breaks_stoichiometry_supports_nothing(acids: dict[str, Acid]) -> None:
    sound = np.array([True, True, False, True, True, True])
    hood = replace(six(), sound=sound).neighbourhood(
        Feed(Ni=1 / 3, Mn=1 / 3, Co=1 / 3), acids["hydrochloric"]
    )
    at = np.array([[52.0, 1.0, 0.0, 20.0, 30.0]])
    # the one right here does not count: half a standard deviation to either side
    np.testing.assert_allclose(hood.distance(at), 0.5)
    assert (hood.experiments, list(hood.support(at))) == (5, [2])


def test_combinations_count_not_ranges(domain: Domain, acids: dict[str, Acid]) -> None:
    """Hot, dense and with peroxide: each is in the range of the data, and no experiment was all three."""
    hood = near(domain, acids["sulfuric"])
    at = np.array([[90.0, 1.17, 1.1, 73.0, 120.0]])
    assert hood.beyond(at)[0] == 0.0
    assert hood.distance(at)[0] > domain.distance_limit
    # what was done is inside
    done = domain.conditions(hood)
    assert (hood.distance(done) <= domain.distance_limit).mean() > 0.85


def test_a_wider_domain_still_keeps_what_never_varied(acids: dict[str, Acid]) -> None:
    hood = six().neighbourhood(Feed(Ni=1 / 3, Mn=1 / 3, Co=1 / 3), acids["hydrochloric"])
    at = np.array([[59.0, 1.0, 0.0, 20.0, 60.0], [53.0, 1.0, 1.0, 20.0, 60.0]])
    # 4 degrees beyond, of 2 each, do not bind any more; peroxide, which never varied, does
    np.testing.assert_allclose(hood.beyond(at, 1.5), [0.0, np.log(2.0)], atol=1e-8)
    assert list(hood.bounded(1.0)) == [True] * 5 and list(hood.bounded(1.5)) == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_beyond_by_hand(acids: dict[str, Acid]) -> None:
    hood = six().neighbourhood(Feed(Ni=1 / 3, Mn=1 / 3, Co=1 / 3), acids["hydrochloric"])
    at = np.array([[53.0, 1.0, 0.0, 20.0, 90.0], [59.0, 1.0, 0.0, 20.0, 241.0], [53.0, 1.0, 1.0, 20.0, 9.0]])
    # 4 degrees over, of 2 each, and ln(242 / 121) = ln 2 in time; 1 wt% over nothing is ln 2
    np.testing.assert_allclose(hood.beyond(at), [0.0, 2.0 + np.log(2.0), np.log(2.0)], atol=1e-8)


def test_the_ratio_is_the_worse_of_both_measures() -> None:
    disagreement = np.array([[0.05, 0.05, np.nan, 0.05], [0.3, 0.1, np.nan, 0.2], [0.0, 0.0, 0.0, 0.0]])
    ratio = six().ratio(np.array([0.3, 0.3, 0.9]), disagreement)
    np.testing.assert_allclose(ratio, [0.5, 2.0, 1.5])


def test_limits_are_the_quantiles_asked_for() -> None:
    distance, disagreement = np.linspace(0, 1, 1001), np.linspace(0, 0.2, 1001)
    limited = six().limited(distance, disagreement)
    assert limited.distance_limit == pytest.approx(0.9)
    assert limited.disagreement_limit == pytest.approx(0.16)
    assert six().distance_limit == 0.6


@given(
    temperature=st.floats(0, 150),
    strength=st.floats(0, 12),
    peroxide=st.floats(0, 30),
    solid=st.floats(1, 400),
)
def test_far_is_never_nearer_for_more_neighbours(
    domain: Domain, temperature: float, strength: float, peroxide: float, solid: float
) -> None:
    hood = near(domain, load_acids()["sulfuric"])
    at = np.array([[temperature, strength, peroxide, solid, 60.0]])
    square = hood.square_distances(at)
    assert (square >= 0).all() and square.shape == (1, len(hood.of_acid))
    means = [nearest(square, k)[0] for k in (1, 3, len(hood.of_acid), 1000)]
    assert means[0] == pytest.approx(np.sqrt(square.min())) and (np.diff(means) >= -1e-12).all()
    assert nearest(square[:, hood.near_feed], 3)[0] == hood.distance(at)[0] >= means[1]
    assert means[2] == means[3] == pytest.approx(np.sqrt(square).mean())


def test_feeds_apart_are_not_near(domain: Domain, acids: dict[str, Acid]) -> None:
    of_622 = near(domain, acids["sulfuric"], "NMC622").experiments
    assert of_622 == 18
    assert (
        near(domain, acids["sulfuric"], "NMC532").experiments == of_622
    )  # borrowed: 10 % of the sites differ
    assert near(domain, acids["sulfuric"], "NMC111").experiments == 60
    assert near(domain, acids["sulfuric"], "LCO").experiments == 0


def test_experiments_without_a_metal_say_nothing_about_it(domain: Domain, acids: dict[str, Acid]) -> None:
    # LiNi0.9Co0.1O2 is within 0.15 of NMC811, but has no manganese
    assert near(domain, acids["nitric"], "NMC811").experiments == 0
    assert domain.neighbourhood(Feed(Ni=0.85, Co=0.15), acids["nitric"]).experiments == 15


def test_too_few_experiments_are_outside_but_counted(domain: Domain, acids: dict[str, Acid]) -> None:
    hood = near(domain, acids["lactic"], "LCO")
    assert hood.experiments == 1 and not hood.supported
    itself = hood.low[None]
    assert hood.beyond(itself)[0] == 1000.0
    assert list(hood.support(itself)) == [1]
    assert hood.distance(itself)[0] == 0.0  # its mean is over the one experiment there is


def test_unknown_acids_are_outside(domain: Domain, acids: dict[str, Acid]) -> None:
    some = inside_of(near(domain, acids["sulfuric"]), n=4)
    for name in ("methanesulfonic", "phosphoric", "glutaric", "glycine"):
        hood = near(domain, acids[name])
        assert hood.experiments == 0 and hood.acid == -1 and np.isnan(hood.low).all()
        assert not hood.supported and len(hood.of_acid) == 0
        assert (hood.beyond(some) == 1000.0).all() and (hood.distance(some) == 1000.0).all()
        assert list(hood.support(some)) == [0] * 4
        designs = Designs(np.zeros(4, dtype=np.intp), some)
        found = load_surrogate("pd-gbr").predict(load_feeds()["NMC111"], [acids[name]], designs)
        assert (found.domain_ratio > 100).all() and np.isfinite(found.scale).all()


def test_acids_are_recognised_however_their_smiles_is_written(domain: Domain, acids: dict[str, Acid]) -> None:
    written = acids["sulfuric"].model_copy(update={"smiles": "O=S(=O)(O)O"})
    assert near(domain, written).experiments == 60
    left = acids["lactic"].model_copy(update={"smiles": "C[C@H](O)C(=O)O"})
    assert near(domain, left).experiments == near(domain, acids["lactic"]).experiments > 0


@pytest.mark.data
def test_table_too_small_for_a_domain(table: TrainingTable) -> None:
    with pytest.raises(InputError, match="too few experiments") as caught:
        fit_domain(table, np.arange(3))
    assert "5 experiments" in caught.value.allowed
