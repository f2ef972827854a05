"""The applicability domain: where experiments stand behind a design."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed, load_feeds
from optimiser.chemistry.reagents import load_acids
from optimiser.designs import Floats
from optimiser.errors import InputError
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.domain import Domain, DomainSettings, Neighbourhood, fit_domain
from optimiser.surrogate.features import acid_key
from optimiser.surrogate.table import TrainingTable, read_table

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
    assert set(arrays) == {"domain_acids", "domain_acid", "domain_feed", "domain_fixed", "domain_time"}
    assert sum(a.shape[1] if a.ndim > 1 else 1 for n, a in arrays.items() if n != "domain_acids") == 10


def test_hydrochloric_with_any_peroxide_is_outside(domain: Domain, acids: dict[str, Acid]) -> None:
    for feed in load_feeds():
        hood = near(domain, acids["hydrochloric"], feed)
        if not hood.supported:
            continue
        plain = inside_of(hood)
        assert hood.inside(plain).any(), feed
        for peroxide in (0.01, 0.1, 1.0, 10.0):
            with_peroxide = plain.copy()
            with_peroxide[:, H] = peroxide
            assert not hood.inside(with_peroxide).any(), (feed, peroxide)


def test_data_are_mostly_inside(domain: Domain, table: TrainingTable) -> None:
    inside, supported = [], []
    for row in range(len(table)):
        feed = Feed(Ni=table.feed[row, 0], Mn=table.feed[row, 1], Co=table.feed[row, 2])
        acid = next(iter(load_acids().values())).model_copy(update={"smiles": table.smiles[row]})
        hood = domain.neighbourhood(feed, acid)
        here = table.continuous[row : row + 1]
        inside.append(bool(hood.inside(here)[0]))
        supported.append(hood.supported)
        assert hood.experiments >= 1
        assert hood.support(here)[0] >= 1  # at least itself
        if not hood.supported:
            assert not inside[-1]
    assert np.mean(supported) > 0.99
    assert 0.92 < np.mean(np.array(inside)[supported]) < 0.995


def test_threshold_is_the_percentile_of_left_out_experiments(domain: Domain) -> None:
    own = domain.own_distances()
    assert np.mean(own <= domain.threshold) == pytest.approx(0.95, abs=0.01)


def test_artefact_holds_the_domain_of_the_table(domain: Domain, table: TrainingTable) -> None:
    fitted = fit_domain(table, domain.settings)
    assert fitted.acids == domain.acids
    assert fitted.threshold == pytest.approx(domain.threshold)
    np.testing.assert_array_equal(fitted.fixed, domain.fixed)
    np.testing.assert_array_equal(fitted.time, domain.time)


def test_moving_out_of_the_range_is_outside_and_grows(domain: Domain, acids: dict[str, Acid]) -> None:
    for name in ("sulfuric", "lactic", "nitric", "hydrochloric"):
        hood = near(domain, acids[name])
        middle = np.median(inside_of(hood), axis=0)
        for j in range(5):
            width = max(hood.high[j] - hood.low[j], 1.0)
            steps = middle + np.zeros((6, 5))
            steps[:, j] = hood.high[j] + width * np.array([0.05, 0.2, 0.5, 1.0, 2.0, 50.0])
            ratio = hood.distance_ratio(steps)
            assert (ratio > 1).all(), (name, j)
            assert (np.diff(ratio) > 0).all(), (name, j)
            assert np.isfinite(ratio).all()


def test_a_variable_that_never_varied_is_a_wall(domain: Domain, acids: dict[str, Acid]) -> None:
    hood = near(domain, acids["nitric"])  # sampled at 60 min only, near NMC111
    assert hood.low[TIME] == hood.high[TIME] == 60.0
    design = np.median(inside_of(hood), axis=0)[None]
    assert hood.inside(design).all()
    for minutes in (59.0, 61.0):
        moved = design.copy()
        moved[0, TIME] = minutes
        assert not hood.inside(moved).any()


def test_bounds_reach_to_the_nearest_setpoint(domain: Domain, acids: dict[str, Acid]) -> None:
    """333.33 g/L cannot be set where the step is 0.5: 333.5 still counts as the bound."""
    hood = near(domain, acids["sulfuric"])
    assert hood.high[S] == pytest.approx(1000 / 3)
    on = np.array([[70.0, 2.0, 0.0, 333.5, 60.0], [70.0, 2.0, 0.0, 334.0, 60.0]])
    assert hood._violation(on)[0] == 0.0 and hood._violation(on)[1] > 0.0


def test_time_within_an_experiment_costs_nothing(domain: Domain) -> None:
    one = Domain(
        acids=(acid_key("Cl"),),
        acid=np.zeros(6, dtype=np.intp),
        feed=np.full((6, 3), 1 / 3),
        fixed=np.array([[50.0 + i, 1.0 + i / 10, 0.0, 20.0] for i in range(6)]),
        time=np.array([[0.0, 60.0]] * 5 + [[0.0, 120.0]]),
        settings=DomainSettings(neighbours=1),
        threshold=0.5,
    )
    hood = one.neighbourhood(Feed(Ni=1 / 3, Mn=1 / 3, Co=1 / 3), load_acids()["hydrochloric"])
    at = np.array([[52.0, 1.2, 0.0, 20.0, minutes] for minutes in (0.0, 1.0, 60.0, 119.0)])
    distance = hood.distance(at)
    assert (distance[:3] == 0).all() and distance[3] > 0
    # by hand: three variables vary; std of 0..5 is 1.7078, so one experiment over is 1 / 1.7078 in two of
    # them: sqrt((0.5855^2 + 0.5855^2 + 0^2) / 3) = 0.4781; two over 0.9562. Within 0.5: itself, two others.
    assert list(hood.support(at[:1])) == [3]
    np.testing.assert_allclose(
        np.sort(hood._each(at[:1])[0])[:4], [0.0, 0.4781, 0.4781, 0.9562], rtol=0, atol=1e-4
    )


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
    assert not hood.inside(itself).any()
    assert list(hood.support(itself)) == [1]


def test_unknown_acids_are_outside(domain: Domain, acids: dict[str, Acid]) -> None:
    phosphoric = acids["citric"].model_copy(update={"smiles": "OP(=O)(O)O"})
    hood = near(domain, phosphoric)
    some = inside_of(near(domain, acids["sulfuric"]), n=4)
    assert hood.experiments == 0 and np.isnan(hood.low).all()
    assert not hood.inside(some).any() and np.isfinite(hood.distance(some)).all()
    assert list(hood.support(some)) == [0] * 4


def test_acids_are_recognised_however_their_smiles_is_written(domain: Domain, acids: dict[str, Acid]) -> None:
    written = acids["sulfuric"].model_copy(update={"smiles": "O=S(=O)(O)O"})
    assert near(domain, written).experiments == 60
    left = acids["lactic"].model_copy(update={"smiles": "C[C@H](O)C(=O)O"})
    assert near(domain, left).experiments == near(domain, acids["lactic"]).experiments > 0


def test_table_too_small_for_a_domain(table: TrainingTable) -> None:
    from dataclasses import replace

    few = slice(0, 3)
    small = replace(
        table,
        smiles=table.smiles[few],
        feed=table.feed[few],
        continuous=table.continuous[few],
        experiments=table.experiments[few],
    )
    with pytest.raises(InputError, match="too few experiments"):
        fit_domain(small)
