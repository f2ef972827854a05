"""Kinetics: constants and energies given back, what intervals hold, what is refused and what is no energy."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import find_feed
from optimiser.chemistry.metals import METALS
from optimiser.kinetics.fit import arrhenius_line, fit_law
from optimiser.kinetics.literature import load_literature
from optimiser.kinetics.simulate import members, plan_curves, simulate
from optimiser.kinetics.study import Kinetics, study
from optimiser.surrogate.artefact import load_surrogate

R = 8.314462618e-3  # kJ/(mol K)
TIME = np.array([1.0, 2, 4, 7, 11, 16, 22, 30, 40, 55, 75, 100, 120])


def avrami(time: np.ndarray, k: np.ndarray, n: float) -> np.ndarray:
    return 1.0 - np.exp(-((k[:, None] * time) ** n))


@pytest.mark.parametrize("n", [0.2, 0.7, 1.0, 1.8])
def test_exact_curves_give_their_constants_and_exponent_back(n: float) -> None:
    k = np.array([0.003, 0.01, 0.05])
    found = fit_law(TIME, avrami(TIME, k, n))
    assert np.exp(found.ln_k) == pytest.approx(k, rel=1e-4)
    assert (found.exponent, found.r2) == pytest.approx((n, 1.0), rel=1e-5)
    assert found.rmse < 1e-6
    # k = 0.01 and n = 1: 63.2 % after 100 min
    if n == 1.0:
        assert found.at(np.array([100.0]))[1, 0] == pytest.approx(1.0 - np.exp(-1.0), abs=1e-6)


def test_the_error_of_the_fit_is_in_yields() -> None:
    noise = np.random.default_rng(4).normal(0.0, 0.02, (4, len(TIME)))
    found = fit_law(TIME, avrami(TIME, np.array([0.005, 0.01, 0.02, 0.04]), 0.6) + noise)
    assert found.rmse == pytest.approx(0.02, rel=0.2)
    assert found.exponent == pytest.approx(0.6, rel=0.1)


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_flat_curves_are_fitted_without_failing(level: float) -> None:
    found = fit_law(TIME, np.full((3, len(TIME)), level))
    assert np.isfinite(found.ln_k).all() and np.isnan(found.r2)


def test_an_exact_line_gives_its_energy_back() -> None:
    temperature = np.array([25.0, 40.0, 55.0, 70.0, 90.0])
    ln_k = 14.0 - 52.5 / (R * (temperature + 273.15))
    line = arrhenius_line(temperature, ln_k)
    assert (line.energy, line.intercept, line.r2) == pytest.approx((52.5, 14.0, 1.0), rel=1e-6)
    assert line.high - line.low < 1e-5
    assert line.at(temperature) == pytest.approx(ln_k)
    # others at 40, 50 and 60: standard deviation 10, Student's t of 2 degrees of freedom 4.3027
    wide = arrhenius_line(temperature, ln_k, others=[40.0, 50.0, 60.0])
    assert (wide.energy - wide.low, wide.high - wide.energy) == pytest.approx((43.027, 43.027), rel=1e-4)


def test_an_interval_by_hand() -> None:
    # x = 1/T = 0.003, 0.0031, 0.0032 and ln k = 1, 0, 0.1: slope -0.9/2e-4 = -4500, residuals 1, -2, 1 times
    # 1.1/6, so s = 1.1/6 x sqrt(6), standard error s / sqrt(2e-8), Student's t of 1 degree of freedom 12.706
    x = np.array([0.0030, 0.0031, 0.0032])
    line = arrhenius_line((1.0 / x - 273.15)[::-1], np.array([1.0, 0.0, 0.1])[::-1])
    assert line.energy == pytest.approx(4500 * R)
    half = 12.7062 * (1.1 / 6 * np.sqrt(6)) / np.sqrt(2e-8) * R
    assert (line.energy - line.low, line.high - line.energy) == pytest.approx((half, half), rel=1e-4)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_hold_the_true_energy_as_often_as_they_say(level: float) -> None:
    rng, tries = np.random.default_rng(11), 1500
    temperature = np.linspace(20.0, 90.0, 6)
    exact = 10.0 - 45.0 / (R * (temperature + 273.15))
    held = 0
    for noise in rng.normal(0.0, 0.3, (tries, len(temperature))):
        line = arrhenius_line(temperature, exact + noise, level)
        held += line.low <= 45.0 <= line.high
    # four standard deviations of a binomial
    assert abs(held / tries - level) < 4.0 * np.sqrt(level * (1.0 - level) / tries)


def predicted(designs: Any, mean: np.ndarray) -> Any:
    """A prediction that is inside the domain below 75 degC."""
    return SimpleNamespace(mean=mean, domain_ratio=designs.temperature / 75.0)


class Made:
    """A surrogate without members: yields of the law with n = 0.5, data of 20 to 80 degC and 0 to 120 min."""

    card: ClassVar = {"metals": ["Li", "Ni", "Mn", "Co"]}
    fitted = site = None
    name, sha256 = "made", ""

    def __init__(self, rate: Callable[[np.ndarray], np.ndarray], high: float = 80.0):
        self.rate = rate
        low = np.array([20.0, 0.5, 0.0, 10.0, 0.0])
        self.near = SimpleNamespace(
            experiments=9,
            supported=True,
            low=low,
            high=np.array([high, 4.0, 0.0, 50.0, 120.0]),
            centre=np.array([30.0, 2.0, 0.0, 20.0]),
            beyond=lambda continuous: np.zeros(len(continuous)),
        )
        settings = SimpleNamespace(min_experiments=5)
        self.domain = SimpleNamespace(neighbourhood=lambda feed, acid: self.near, settings=settings)

    def predict(self, feed: Any, acids: Any, designs: Any, **how: Any) -> Any:
        hot, time = designs.temperature, designs.time
        mean = np.tile(1.0 - np.exp(-np.sqrt(self.rate(hot) * time))[:, None], (1, 4))
        return predicted(designs, np.where(feed.present, mean, np.nan))


def test_setpoints_beyond_the_data_s_ranges_are_outside() -> None:
    made: Any = Made(lambda hot: 0.001 * hot)
    plan = plan_curves(made, find_feed("LCO"), load_acids()["sulfuric"])
    usual = simulate(made, plan).inside
    made.near.beyond = lambda continuous: np.ones(len(continuous))
    assert usual.any() and not simulate(made, plan).inside.any()


def studied(rate: Callable[[np.ndarray], np.ndarray], feed: str = "LCO") -> Kinetics:
    surrogate: Any = Made(rate)
    return study(surrogate, plan_curves(surrogate, find_feed(feed), load_acids()["sulfuric"]))


def arrhenius(energy: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return k that is 0.005 1/min at 50 degC."""
    return lambda hot: 0.005 * np.exp(-energy / R * (1.0 / (hot + 273.15) - 1.0 / 323.15))


def test_the_whole_way_gives_the_energy_back() -> None:
    found = studied(arrhenius(40.0))
    assert [one.metal for one in found.metals] == ["Li", "Co"]  # LCO has neither nickel nor manganese
    for one in found.metals:
        assert one.reliable and one.fit.exponent == pytest.approx(0.5, rel=1e-3)
        assert one.line.energy == pytest.approx(40.0, rel=1e-3)
        # yields between the times of the curves are read off straight lines in ln t
        assert one.without_law == pytest.approx(40.0, rel=0.1)
    plan = found.curves.plan
    assert (plan.temperature[0], plan.temperature[-1]) == (20.0, 80.0)
    # what dissolves at once has no rate
    assert (plan.time[0], plan.time[-1]) == (1.0, 120.0)
    # the median experiment, variable by variable
    assert dict(plan.conditions) == {"acid_concentration": 2.0, "h2o2": 0.0, "solid_liquid_ratio": 20.0}
    assert found.notes[0].startswith(
        f"{len(plan.time)} of {8 * len(plan.time)} simulated designs are outside"
    )


@pytest.mark.parametrize(
    ("rate", "why"),
    [
        (arrhenius(-40.0), "k does not clearly rise with temperature"),
        (lambda hot: np.full_like(hot, 1e-9), "curves do not share 5 points of yield"),
        (arrhenius(150.0), "curves do not share 5 points of yield"),
        (
            lambda hot: arrhenius(8.0)(hot) * np.exp(0.5 * np.cos(hot)),
            "k does not clearly rise with temperature",
        ),
        (lambda hot: 0.006 + 0.004 * np.sin(hot / 9.0), "ln k does not lie on a line"),
        (lambda hot: np.full_like(hot, 1e6), "curves do not share 5 points of yield"),
    ],
)
def test_a_slope_that_is_no_activation_energy_is_called_none(
    rate: Callable[[np.ndarray], np.ndarray], why: str
) -> None:
    from optimiser.kinetics.frames import energies_frame
    from optimiser.report.kinetics import as_json
    from optimiser.report.kinetics_words import verdict

    found = studied(rate)
    one = found.metals[0]
    assert not one.reliable and why in "; ".join(one.faults)
    assert "no activation energy" in verdict(one)
    assert energies_frame(found, load_literature())["activation_energy"].isna().all()
    told = as_json(found)["metals"]["Li"]
    assert told["activation_energy"] is None and told["activation_energy_low"] is None
    assert told["why_not"] == list(one.faults)


def test_curves_that_the_law_does_not_describe_give_no_energy() -> None:
    class Steps(Made):
        def predict(self, feed: Any, acids: Any, designs: Any, **how: Any) -> Any:
            hot, time = designs.temperature, designs.time
            mean = 0.1 + 0.3 * (time > 60.0) + 0.3 * (time > 100.0) + hot / 1000.0
            return predicted(designs, np.tile(mean[:, None], (1, 4)))

    surrogate: Any = Steps(arrhenius(40.0))
    plan = plan_curves(surrogate, find_feed("NMC111"), load_acids()["sulfuric"])
    for one in study(surrogate, plan).metals:
        assert "the law misses the curves by" in "; ".join(one.faults)


def test_intervals_hold_how_far_members_are_apart() -> None:
    surrogate = load_surrogate("pd-gbr")
    plan = plan_curves(surrogate, find_feed("NMC111"), load_acids()["hydrochloric"])
    alone = members(surrogate)
    found = study(surrogate, plan)
    assert found.members == len(alone) == 6
    for one in found.metals:
        curves = [simulate(member, plan).yields[:, :, METALS.index(one.metal)] for member in alone]
        energies = [
            arrhenius_line(plan.temperature, fit_law(plan.time, curve).ln_k).energy for curve in curves
        ]
        # Student's t of 5 degrees of freedom
        assert one.line.high - one.line.energy > 2.5706 * np.std(energies, ddof=1)
        assert one.line.low < min(energies) and max(energies) < one.line.high


def test_less_than_twenty_degrees_is_refused() -> None:
    acid, feed = load_acids()["sulfuric"], find_feed("NMC111")
    surrogate: Any = Made(arrhenius(40.0), high=39.5)
    with pytest.raises(InputError, match=r"span 19\.5 degC"):
        plan_curves(surrogate, feed, acid)
    assert np.ptp(plan_curves(Made(arrhenius(40.0), high=40.0), feed, acid).temperature) == 20.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"temperature": [10.0, 30.0, 50.0]}, "Temperature 10 degC is outside the data"),
        ({"temperature": [30.0, 50.0, 81.0]}, "Temperature 81 degC is outside the data"),
        ({"temperature": [30.0, 35.0, 40.0]}, "span 10 degC"),
        ({"temperature": [30.0, 60.0, 60.0]}, "2 different values of temperature"),
        ({"time": [1.0, 2, 3, 4, 5, 121]}, "Time 121 min is outside the data"),
        ({"time": [1.0, 60.0]}, "2 different values of time"),
        ({"time": np.linspace(1.0, 120.0, 1_000_000)}, "1000000 different values of time are too many"),
        ({"temperature": np.linspace(20.0, 80.0, 101)}, "101 different values of temperature are too many"),
        ({"temperature": [float("nan"), 30.0, 60.0]}, "Temperature nan degC is outside the data"),
        ({"conditions": {"h2o2": 1.0}}, "Hydrogen peroxide 1 wt% is outside the data"),
    ],
)
def test_what_the_data_do_not_reach_is_refused(asked: dict[str, Any], what: str) -> None:
    surrogate: Any = Made(arrhenius(40.0))
    with pytest.raises(InputError, match=what):
        plan_curves(surrogate, find_feed("NMC111"), load_acids()["sulfuric"], **asked)


def test_acids_without_enough_data_or_without_curves_are_refused() -> None:
    acid, feed = load_acids()["sulfuric"], find_feed("NMC111")
    few: Any = Made(arrhenius(40.0))
    few.near.experiments, few.near.supported = 3, False
    with pytest.raises(InputError, match="only 3 experiments") as refused:
        plan_curves(few, feed, acid)
    assert refused.value.allowed == "5 or more"
    one_time: Any = Made(arrhenius(40.0))
    one_time.near.low[4] = 120.0
    with pytest.raises(InputError, match="all sampled at 120 min"):
        plan_curves(one_time, feed, acid)


def test_the_literature_is_sourced_and_marked() -> None:
    table = load_literature()
    for one in table.activation_energies:
        for metal in ("Li", "Ni", "Mn", "Co"):
            quantity = one.of(metal)
            if quantity is not None:
                assert "https://doi.org/10." in quantity.citation and quantity.confidence in ("B", "C")
                # what was not looked up may only stand there marked
                assert ("recalled" in quantity.citation) == (quantity.confidence == "C")
    # 11.4 and 12.5 kcal/mol, Lee and Rhee 2003
    lee = next(one for one in table.activation_energies if one.acid == "nitric")
    assert lee.Li is not None and lee.Li.value == pytest.approx(11.4 * 4.184, abs=0.05)
    assert lee.Co is not None and lee.Co.value == pytest.approx(12.5 * 4.184, abs=0.05)


def test_a_range_with_an_end_of_confidence_c_is_marked() -> None:
    from optimiser.report.kinetics_words import literature_range

    # nickel was measured by Meng (42.83, B) and He (65.16, C) alone
    assert literature_range(load_literature(), "Ni") == "43–65 kJ/mol (partly confidence C)"
