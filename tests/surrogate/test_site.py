"""Site models: what own results do to predictions, to intervals and to the applicability domain."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import find_feed
from optimiser.learning.learn import learn
from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.tables.own_results import read_results
from optimiser.variables import COLUMN, CONTINUOUS, Designs, Floats

FEED = find_feed("NMC622")
ACIDS = load_acids()
SETPOINTS = [
    [40, 1, 1, 50, 60],
    [60, 2, 2, 50, 60],
    [80, 2, 0, 100, 120],
    [60, 1, 4, 20, 30],
    [70, 1.5, 2, 80, 90],
]


@pytest.fixture(scope="module")
def base() -> Surrogate:
    return load_surrogate("pd-gbr")


def results(setpoints: object, yields: Floats, acid: str = "sulfuric") -> pd.DataFrame:
    """Return a table of results, a row per setpoint with yields of Li, Ni, Mn, Co."""
    frame = pd.DataFrame(setpoints, columns=list(CONTINUOUS)).assign(acid=acid)
    frame[["yield_Li", "yield_Ni", "yield_Mn", "yield_Co"]] = np.clip(yields, 0.0, 1.0)
    return frame


def expected(model: Surrogate, setpoints: object, acid: str = "sulfuric") -> Floats:
    x = np.array(setpoints, dtype=np.float64)
    return model.predict(FEED, [ACIDS[acid]], Designs(np.zeros(len(x), dtype=np.intp), x)).mean


def learned(base: Surrogate, setpoints: object, shift: float, acid: str = "sulfuric") -> Surrogate:
    yields = expected(base, setpoints, acid) + shift
    return learn(read_results(results(setpoints, yields, acid), feed=FEED), base)


def test_results_move_predictions_near_them_and_no_other_acid(base: Surrogate) -> None:
    """Five results that are 0.15 too low: a design among them falls by most of it, other acids by nothing."""
    site = learned(base, SETPOINTS, -0.15)
    between = [[60, 1.5, 2, 60, 60]]
    fall = expected(base, between) - expected(site, between)
    assert (fall > 0.10).all()
    assert (fall < 0.20).all()
    other = [[60, 1.5, 0, 60, 60]]
    assert expected(site, other, "nitric") == pytest.approx(expected(base, other, "nitric"), abs=1e-9)


def test_intervals_narrow_near_results_and_stay_elsewhere(base: Surrogate) -> None:
    site = learned(base, SETPOINTS, -0.05)
    near, far = Designs(np.zeros(1, int), np.array([[60.0, 2, 2, 50, 60]])), [ACIDS["sulfuric"]]
    before, after = (model.predict(FEED, far, near).scale for model in (base, site))
    assert (after < 0.8 * before).all()
    nitric = [ACIDS["nitric"]]
    ends = [model.interval(model.predict(FEED, nitric, near)) for model in (base, site)]
    before, after = (high - low for low, high in ends)
    assert after == pytest.approx(before, rel=0.12)


def test_expected_yields_are_the_means_of_their_distributions(base: Surrogate) -> None:
    """Expected yields stay inside 0-1 and can be told as a distribution, also where results are perfect."""
    x = np.array(SETPOINTS)
    table = results(SETPOINTS, np.ones((len(x), 4)))
    site = learn(read_results(table, feed=FEED), base)
    told = site.predict(FEED, [ACIDS["sulfuric"]], Designs(np.zeros(len(x), int), x))
    assert ((told.mean > 0.8) & (told.mean < 1.0)).all()
    at = site.calibration.location(told.mean, told.scale)
    assert site.calibration.mean_at(at, told.scale) == pytest.approx(told.mean, abs=1e-6)
    assert (site.probability(told, 0.999) < 1.0).all()


def test_one_experiment_opens_the_domain_around_it(base: Surrogate) -> None:
    """Hydrochloric acid with peroxide is nowhere in the literature: one own leach makes it searchable."""
    dosed = [[60, 2, 2.0, 50, 60]]
    acid = ACIDS["hydrochloric"]
    before = base.domain.neighbourhood(FEED, acid)
    assert before.high[COLUMN["h2o2"]] == 0.0
    site = learned(base, dosed, 0.0, "hydrochloric")
    after = site.domain.neighbourhood(FEED, acid)
    assert after.experiments == before.experiments + 1
    assert after.high[COLUMN["h2o2"]] > 2.0
    x = np.array(dosed, dtype=np.float64)
    assert after.distance(x)[0] == pytest.approx(0.0)
    assert after.support(x)[0] >= 1
    told = site.predict(FEED, [acid], Designs(np.zeros(1, int), x))
    assert told.domain_ratio[0] <= 1.0


def test_an_acid_of_ones_own_becomes_searchable_near_what_was_measured(base: Surrogate) -> None:
    """Glycolic acid is not in the training table; after three leaches it is inside the domain there alone."""
    unseen = ACIDS["lactic"].model_copy(update={"name": "glycolic", "smiles": "OCC(=O)O"})
    acids = {**ACIDS, "glycolic": unseen}
    assert not base.domain.neighbourhood(FEED, unseen).supported
    table = results(SETPOINTS[:3], np.full((3, 4), 0.6), "glycolic")
    site = learn(read_results(table, feed=FEED, acids=acids), base)
    near = site.domain.neighbourhood(FEED, unseen)
    assert near.supported
    x = np.array([SETPOINTS[0], [5.0, 20.0, 30.0, 800.0, 5000.0]])
    ratio = site.predict(FEED, [unseen], Designs(np.zeros(2, int), x)).domain_ratio
    assert ratio[0] <= 1.0 < ratio[1]
    assert site.predict(FEED, [unseen], Designs(np.zeros(2, int), x)).mean[0] == pytest.approx(0.6, abs=0.12)


def test_peroxide_that_was_not_dosed_stays_out(base: Surrogate) -> None:
    site = learned(base, [[60, 2, 0, 50, 60]], -0.1, "hydrochloric")
    assert site.domain.neighbourhood(FEED, ACIDS["hydrochloric"]).high[COLUMN["h2o2"]] == 0.0


def test_a_copy_in_another_process_predicts_the_same(base: Surrogate) -> None:
    site = learned(base, SETPOINTS, -0.1)
    again = pickle.loads(pickle.dumps(site))
    assert expected(again, SETPOINTS).tolist() == expected(site, SETPOINTS).tolist()


def test_a_hundred_rows_are_learned(base: Surrogate) -> None:
    """As many as a plant may have: finite everywhere, and better than without on the rows themselves."""
    rng = np.random.default_rng(0)
    low, high = [25, 0.5, 0, 10, 5], [90, 3, 5, 100, 240]
    x = rng.uniform(low, high, (100, 5)).round(1)
    truth = expected(base, x) - 0.1 + 0.02 * rng.normal(size=(100, 4))
    site = learn(read_results(results(x, truth), feed=FEED), base)
    error = np.abs(expected(site, x) - truth.clip(0, 1)).mean()
    assert error < 0.5 * np.abs(expected(base, x) - truth.clip(0, 1)).mean()


@pytest.mark.parametrize(
    ("variable", "step"), [("temperature", 5.0), ("acid_concentration", 0.2), ("h2o2", 0.3), ("time", 15.0)]
)
def test_more_of_what_leaches_seldom_leaches_less(base: Surrogate, variable: str, step: float) -> None:
    """Nothing constrains the difference to rise: drops of more than two points stay under 2 % of designs."""
    rng = np.random.default_rng(1)
    noisy = expected(base, SETPOINTS) - 0.1 + 0.05 * rng.normal(size=(len(SETPOINTS), 4))
    site = learn(read_results(results(SETPOINTS, noisy), feed=FEED), base)
    x = rng.uniform([40, 1, 0.5, 20, 30], [80, 2, 3, 90, 110], (500, 5))
    more = x.copy()
    more[:, COLUMN[variable]] += step
    rise = expected(site, more) - expected(site, x)
    assert (rise < -0.02).mean() < 0.02
    assert rise.mean() > 0.0
