"""Kinetics: each law by hand, constants and energies given back, what is refused and what is no energy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser import builtin
from optimiser.chemistry.feeds import find_feed
from optimiser.chemistry.reagents import load_acids
from optimiser.errors import InputError
from optimiser.kinetics.arrhenius import arrhenius_line
from optimiser.kinetics.fit import aicc, fit_curve, fit_metal
from optimiser.kinetics.literature import load_literature, read_literature
from optimiser.kinetics.models import MODELS, KineticModel, model_named
from optimiser.kinetics.simulate import plan_curves, simulate
from optimiser.kinetics.study import Kinetics, shown_r2, study
from optimiser.report.card import Table
from optimiser.report.kinetics.cards import Contents, answer_card

R = 8.314462618e-3  # kJ/(mol K)
TIME = np.array([1.0, 2, 4, 7, 11, 16, 22, 30, 40, 55, 75, 100, 120])
# a yield of 0.875 leaves a core of half the radius; each law there, by hand
BY_HAND = {
    "linear": (0.02, 43.75),  # 0.875 / 0.02
    "reaction": (0.02, 25.0),  # (1 - 0.5) / 0.02
    "product_layer": (0.02, 25.0),  # (1 - 3 x 0.25 + 2 x 0.125) / 0.02
    "interface_layer": (0.02, (1.0 - np.log(2.0)) / 0.02),  # (-ln 2 + 2 - 1) / 0.02
}


def constants_of(model: KineticModel) -> np.ndarray:
    return np.array([0.006]) if len(model.constants) == 1 else np.array([0.02, 0.02])


@pytest.mark.parametrize("name", BY_HAND)
def test_each_law_by_hand(name: str) -> None:
    k, time = BY_HAND[name]
    found = model_named(name).inverse(np.array([time]), 0.0, np.array([k]))
    assert found[0] == pytest.approx(0.875, abs=1e-9)


def test_steps_in_series_add_their_times() -> None:
    # 0.875 / 0.02 + 0.5 / 0.05 = 43.75 + 10
    model, k = model_named("film_reaction"), np.array([0.02, 0.05])
    assert model.inverse(np.array([53.75]), 0.0, k)[0] == pytest.approx(0.875, abs=1e-9)
    # 1 / (1 / 0.02 + 1 / 0.05) = 1 / 70, the reciprocal of the time to complete dissolution
    assert model.overall(k) == pytest.approx(1.0 / 70.0)
    assert model.inverse(np.array([69.9, 70.0, 90.0]), 0.0, k)[1:] == pytest.approx([1.0, 1.0])


@given(
    st.sampled_from(MODELS),
    st.floats(0.0, 0.9),
    st.floats(1e-5, 10.0),
    st.floats(1e-5, 10.0),
)
def test_yields_rise_from_their_start_and_stay_fractions(
    model: KineticModel, start: float, k: float, other: float
) -> None:
    constants = np.array([k, other][: len(model.constants)])
    found = model.inverse(np.concatenate([[0.0], TIME]), start, constants)
    assert found[0] == pytest.approx(start, abs=1e-6)
    assert (np.diff(found) >= -1e-9).all()
    assert ((found >= 0.0) & (found <= 1.0)).all()


@pytest.mark.parametrize("start", [0.0, 0.3])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_an_exact_curve_gives_its_constants_and_start_back(model: KineticModel, start: float) -> None:
    constants = constants_of(model)
    found = fit_curve(model, TIME, model.inverse(TIME, start, constants))
    assert found.constants == pytest.approx(constants, rel=1e-3)
    assert found.start == pytest.approx(start, abs=1e-4)
    assert found.r2 == pytest.approx(1.0, abs=1e-6)
    assert all(found.identified) and found.resolved
    assert found.overall == pytest.approx(1.0 / np.sum(1.0 / constants), rel=1e-3)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_model_that_made_noisy_curves_fits_best(model: KineticModel) -> None:
    rng = np.random.default_rng(4)
    rates = np.array([0.5, 1.0, 1.5, 2.0])
    curves = [model.inverse(TIME, 0.1, factor * constants_of(model)) for factor in rates]
    best = fit_metal(TIME, np.array(curves) + rng.normal(0.0, 0.001, (len(rates), len(TIME))))[0]
    assert best.model is model
    assert [curve.overall for curve in best.curves] == pytest.approx(
        (rates * model.overall(constants_of(model))).tolist(), rel=0.05
    )


def test_aicc_by_hand() -> None:
    # 10 ln(0.4 / 10) + 2 x 3 + 2 x 3 x 4 / (10 - 3 - 1) = -32.189 + 6 + 4
    assert aicc(0.4, 10, 3) == pytest.approx(-22.1888, abs=1e-4)
    assert aicc(0.4, 4, 3) == float("inf")


def test_a_curve_that_does_not_rise_or_is_over_at_once_tells_no_constant() -> None:
    model = model_named("reaction")
    assert np.isnan(fit_curve(model, TIME, np.full(len(TIME), 0.6)).overall)
    assert np.isnan(fit_curve(model, TIME, np.linspace(0.6, 0.5, len(TIME))).overall)
    at_once = np.where(TIME > 1.0, 0.95, 0.2)
    assert np.isnan(fit_curve(model, TIME, at_once).overall)


def test_an_exact_line_gives_its_energy_back() -> None:
    temperature = np.array([25.0, 40.0, 55.0, 70.0, 90.0])
    k = np.exp(14.0 - 52.5 / (R * (temperature + 273.15)))
    line = arrhenius_line(temperature, k)
    assert line is not None
    assert (line.energy, line.intercept, line.r2) == pytest.approx((52.5, 14.0, 1.0), rel=1e-6)
    assert line.high - line.low < 1e-5
    assert line.at(temperature) == pytest.approx(np.log(k))
    # constants that are not known are left out
    k[2] = np.nan
    fewer = arrhenius_line(temperature, k)
    assert fewer is not None and fewer.points == 4 and fewer.energy == pytest.approx(52.5, rel=1e-6)
    k[:2] = np.nan
    assert arrhenius_line(temperature, k) is None


def test_an_interval_by_hand() -> None:
    # x = 1/T = 0.003, 0.0031, 0.0032 and ln k = 1, 0, 0.1: slope -0.9/2e-4 = -4500, residuals 1, -2, 1 times
    # 1.1/6, so s = 1.1/6 x sqrt(6), standard error s / sqrt(2e-8), Student's t of 1 degree of freedom 12.706
    x = np.array([0.0030, 0.0031, 0.0032])
    line = arrhenius_line((1.0 / x - 273.15)[::-1], np.exp(np.array([1.0, 0.0, 0.1]))[::-1])
    assert line is not None
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
        line = arrhenius_line(temperature, np.exp(exact + noise), level)
        assert line is not None
        held += line.low <= 45.0 <= line.high
    # four standard deviations of a binomial
    assert abs(held / tries - level) < 4.0 * np.sqrt(level * (1.0 - level) / tries)


def predicted(designs: Any, mean: np.ndarray) -> Any:
    """A prediction that is inside the domain below 75 degC."""
    return SimpleNamespace(mean=mean, domain_ratio=designs.column("temperature") / 75.0)


class Made:
    """A surrogate whose yields are those of a law, with data from 20 to 80 degC and 1 to 120 min."""

    card: ClassVar = {"metals": ["Li", "Ni", "Mn", "Co"]}

    def __init__(self, rate: Callable[[np.ndarray], np.ndarray], high: float = 80.0, law: str = "reaction"):
        self.rate, self.law = rate, model_named(law)
        low = np.array([20.0, 0.5, 0.0, 10.0, 1.0])
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
        hot, time = designs.column("temperature"), designs.column("time")
        yields = [
            self.law.inverse(np.array([t]), 0.05, np.array([k]))[0]
            for t, k in zip(time, self.rate(hot), strict=True)
        ]
        mean = np.tile(np.array(yields)[:, None], (1, 4))
        return predicted(designs, np.where(feed.present, mean, np.nan))


def test_setpoints_beyond_the_data_s_ranges_are_outside() -> None:
    made: Any = Made(lambda hot: 0.001 * hot)
    plan = plan_curves(made, find_feed("LCO"), load_acids()["sulfuric"])
    usual = simulate(made, plan).inside
    made.near.beyond = lambda continuous: np.ones(len(continuous))
    assert usual.any() and not simulate(made, plan).inside.any()


def studied(rate: Callable[[np.ndarray], np.ndarray], feed: str = "LCO", law: str = "reaction") -> Kinetics:
    surrogate: Any = Made(rate, law=law)
    plan = plan_curves(surrogate, find_feed(feed), load_acids()["sulfuric"])
    return study(surrogate, plan)


def arrhenius(energy: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return k that is 0.005 1/min at 50 degC."""
    return lambda hot: 0.005 * np.exp(-energy / R * (1.0 / (hot + 273.15) - 1.0 / 323.15))


def test_the_whole_way_gives_the_energy_back() -> None:
    found = studied(arrhenius(40.0))
    assert [one.metal for one in found.metals] == ["Li", "Co"]  # LCO has neither nickel nor manganese
    for one in found.metals:
        assert one.best.model.name == "reaction" and one.reliable
        assert one.line is not None and one.line.energy == pytest.approx(40.0, rel=1e-3)
    plan = found.curves.plan
    assert (plan.temperature[0], plan.temperature[-1]) == (20.0, 80.0)
    assert (plan.time[0], plan.time[-1]) == (1.0, 120.0)
    # the median experiment, variable by variable
    assert dict(plan.conditions) == {"acid_concentration": 2.0, "h2o2": 0.0, "solid_liquid_ratio": 20.0}
    assert found.notes[0].startswith(
        f"{len(plan.time)} of {8 * len(plan.time)} simulated designs are outside"
    )


@pytest.mark.parametrize(
    ("rate", "why"),
    [
        (arrhenius(-40.0), "k falls as temperature rises"),
        (lambda hot: np.full_like(hot, 1e-5), "8 of 8 curves are plateaus"),
        (
            lambda hot: arrhenius(8.0)(hot) * np.exp(0.5 * np.cos(hot)),
            "k does not clearly rise with temperature",
        ),
        (lambda hot: 0.006 + 0.004 * np.sin(hot / 9.0), "ln k does not lie on a line"),
        (lambda hot: np.where(hot < 70.0, 0.001 * hot / 20.0, 0.4), "too fast to be timed"),
    ],
)
def test_a_slope_that_is_no_activation_energy_is_called_none(
    rate: Callable[[np.ndarray], np.ndarray], why: str
) -> None:
    from optimiser.kinetics.tables import energies_frame
    from optimiser.report.kinetics.said import as_json, verdict

    found = studied(rate)
    one = found.metals[0]
    assert not one.reliable and why in "; ".join(one.faults)
    assert "no activation energy" in verdict(one)
    assert energies_frame(found, load_literature())["activation_energy"].isna().all()
    told = as_json(found, load_literature())["metals"]["Li"]
    assert told["activation_energy"] is None and told["activation_energy_low"] is None
    assert told["why_not"] == list(one.faults)


@pytest.mark.parametrize(
    ("r2", "told"), [(0.747777, 0.748), (0.8994, 0.899), (0.8996, 0.899), (0.89999, 0.899), (0.9004, 0.9)]
)
def test_an_r2_is_rounded_but_never_up_to_the_bar(r2: float, told: float) -> None:
    assert shown_r2(r2) == told


def test_tables_and_verdicts_tell_the_same_r2() -> None:
    found = studied(lambda hot: 0.006 + 0.004 * np.sin(hot / 9.0))
    card = answer_card(Contents(found, load_literature(), {}), "answer", "x")
    (table, *_) = card.blocks
    assert isinstance(table, Table)
    for one, told in zip(found.metals, table.frame["R2 of the line||3"], strict=True):
        assert f"(R2 {told:g}, below 0.90" in "; ".join(one.faults)


def test_curves_that_no_model_describes_give_no_energy() -> None:
    class Steps(Made):
        def predict(self, feed: Any, acids: Any, designs: Any, **how: Any) -> Any:
            hot, time = designs.column("temperature"), designs.column("time")
            mean = 0.1 + 0.3 * (time > 60.0) + 0.3 * (time > 100.0) + hot / 1000.0
            return predicted(designs, np.tile(mean[:, None], (1, 4)))

    surrogate: Any = Steps(arrhenius(40.0))
    plan = plan_curves(surrogate, find_feed("NMC111"), load_acids()["sulfuric"])
    for one in study(surrogate, plan).metals:
        assert "the best model does not describe the curves" in one.faults[0]


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
    assert table.models["interface_layer"].citation.endswith("https://doi.org/10.1016/S0040-6031(99)00256-7")
    for one in table.measured:
        for metal in ("Li", "Ni", "Mn", "Co"):
            quantity = one.of(metal)
            if quantity is not None:
                assert "https://doi.org/10." in quantity.citation and quantity.confidence in ("B", "C")
                # what was not looked up may only stand there marked
                assert ("recalled" in quantity.citation) == (quantity.confidence == "C")
    # 11.4 and 12.5 kcal/mol, Lee and Rhee 2003
    lee = next(one for one in table.measured if one.acid == "nitric")
    assert lee.Li is not None and lee.Li.value == pytest.approx(11.4 * 4.184, abs=0.05)
    assert lee.Co is not None and lee.Co.value == pytest.approx(12.5 * 4.184, abs=0.05)


def test_a_model_without_source_is_refused(tmp_path: Path) -> None:
    text = (builtin.folder("models") / "kinetics.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("  reaction:")]
    (tmp_path / "kinetics.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match="source of each kinetic model"):
        read_literature(tmp_path / "kinetics.yaml")


def test_a_range_with_an_end_of_confidence_c_is_marked() -> None:
    from optimiser.report.kinetics.said import literature_range

    # nickel was measured by Meng (42.83, B) and He (65.16, C) alone
    assert literature_range(load_literature(), "Ni") == "43–65 kJ/mol (partly confidence C)"
