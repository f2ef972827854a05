"""Tolerances: where setpoints may end up, and the yields taken over them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.metals import METALS
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import load_config, load_problem
from optimiser.problem.metrics import METRICS
from optimiser.problem.outcome import outcome
from optimiser.problem.robustness import over_tolerances
from optimiser.problem.tolerances import DEFAULT, OFF, Tolerances, said
from optimiser.problem.yields import predict_yields
from optimiser.process.balance import mass_balance
from optimiser.surrogate.artefact import POINTS
from optimiser.variables import CONTINUOUS, Designs, Floats

ALL = np.ones(5, dtype=np.bool_)
T, C, H, S, M = range(5)


@cache
def sulfuric() -> BoundProblem:
    return bind(load_problem("nmc111")).with_acids(["sulfuric"])


@cache
def some() -> Designs:
    """Two hundred designs inside the ranges of sulfuric acid, a fifth of them without peroxide."""
    rng = np.random.default_rng(0)
    designs = sulfuric().decode(np.zeros(200, dtype=np.intp), rng.random((200, 5)))
    continuous = designs.continuous.copy()
    continuous[::5, H] = 0.0
    return Designs(designs.acid, continuous)


def test_points_are_the_same_for_every_design_and_average_to_it() -> None:
    here = some().continuous
    moved = DEFAULT.moved(here, 64, ALL)
    assert moved.shape == (200, 64, 5)
    inside = np.all((moved > 0.0) | (here[:, None] == 0.0), axis=(1, 2))
    np.testing.assert_allclose(moved[inside].mean(axis=1), here[inside], rtol=1e-12)
    # the points of each variable are the midpoints of 64 equal cells of its tolerance
    place = np.sort((moved[1] - here[1]) / DEFAULT.half_widths(here[[1]], ALL), axis=0)
    np.testing.assert_allclose(place, np.tile((2 * np.arange(64) - 63)[:, None] / 64, 5), atol=1e-9)


def test_half_widths_by_hand() -> None:
    here = np.array([[60.0, 2.0, 4.0, 50.0, 120.0], [60.0, 2.0, 0.0, 50.0, 120.0]])
    # 2 degC, 5 % of 2 mol/L, 10 % of 4 wt%, 5 % of 50 g/L, 5 % of 120 min; where none is dosed none is
    np.testing.assert_allclose(DEFAULT.half_widths(here, ALL), [[2, 0.1, 0.4, 2.5, 6], [2, 0.1, 0, 2.5, 6]])
    absolute = Tolerances(absolute=(0.0, 0.0, 0.3, 0.0, 0.0))
    np.testing.assert_allclose(absolute.half_widths(here, ALL)[:, H], [0.3, 0.0])
    still = np.array([True, False, True, True, False])
    np.testing.assert_allclose(DEFAULT.half_widths(here, still)[0], [2, 0, 0.4, 2.5, 0])


def test_points_are_cut_to_what_is_possible_not_to_the_problem() -> None:
    wide = Tolerances(absolute=(20.0, 1.0, 0.0, 0.0, 0.0))
    moved = wide.moved(np.array([[5.0, 0.5, 0.0, 10.0, 60.0]]), 64, ALL)[0]
    assert moved[:, T].min() == 0.0 and moved[:, C].min() == 0.01  # water freezes; some acid there must be
    # the problem ends at 90 degC and 120 min, a plant does not
    hot = np.array([[90.0, 1.0, 1.0, 50.0, 120.0]])
    moved = sulfuric().moved(Designs(np.zeros(1, dtype=np.intp), hot))
    assert moved is not None and moved[0, :, T].max() > 91.9 and moved[0, :, M].max() > 125.0


def test_what_the_data_or_the_problem_fix_does_not_move() -> None:
    problem = bind(load_problem("nmc111")).with_acids(["hydrochloric"])
    here = np.array([[60.0, 2.0, 0.0, 50.0, 60.0]])
    moved = problem.moved(Designs(np.zeros(1, dtype=np.intp), here))
    assert moved is not None and np.ptp(moved[0, :, H]) == 0.0 and np.ptp(moved[0, :, T]) > 3.0
    upper = problem.upper.copy()
    upper[0, M] = problem.lower[0, M]
    moved = replace(problem, upper=upper).moved(Designs(np.zeros(1, dtype=np.intp), here))
    assert moved is not None and np.ptp(moved[0, :, M]) == 0.0


def test_mean_over_a_tolerance_by_hand() -> None:
    """A tree of two leaves: 0.4 up to 61 degC, 0.8 above, at 60 +- 2 degC."""
    moved = DEFAULT.moved(np.array([[60.0, 1.0, 0.0, 50.0, 60.0]]), 16, ALL)[0]
    # midpoints 58.125, 58.375, ..., 61.875: of 16 points the 4 at 61.125 and above are in the upper leaf
    assert (moved[:, T] > 61.0).sum() == 4
    yields = np.where(moved[:, T] > 61.0, 0.8, 0.4)
    # (12 x 0.4 + 4 x 0.8) / 16, and the tenth percentile is in the lower leaf
    assert yields.mean() == pytest.approx(0.5)
    assert np.quantile(yields, 0.1) == pytest.approx(0.4)


def test_no_width_is_the_setpoint_itself() -> None:
    problem = sulfuric()
    assert not OFF and not Tolerances(quantile=0.1) and DEFAULT
    bare = replace(problem, tolerances=OFF).evaluate(some())
    none = replace(problem, tolerances=Tolerances(absolute=(0.0,) * 5, relative=(0.0,) * 5)).evaluate(some())
    np.testing.assert_array_equal(none.yields, bare.yields)
    np.testing.assert_array_equal(bare.yields, bare.yields_nominal)
    np.testing.assert_array_equal(bare.yields, bare.yields_p10)
    # points that do not move give the same numbers as no points
    still = np.repeat(some().continuous[:, None], 64, axis=1)
    known = (problem.surrogate, problem.feed, problem.acids, some())
    told, plain = predict_yields(*known, moved=still), predict_yields(*known)
    for name in ("mean", "spread", "scale", "domain_ratio"):
        np.testing.assert_allclose(getattr(told, name), getattr(plain, name), rtol=0, atol=1e-9, err_msg=name)


def test_yields_over_the_tolerances_are_the_mean_of_those_at_the_points() -> None:
    """By brute force with all anchors at 512 points (docs/model.md tells how near)."""
    problem, designs = sulfuric(), some()
    moved = DEFAULT.moved(designs.continuous, 512, problem.neighbourhoods[0].varied)
    each = Designs(np.repeat(designs.acid, 512), moved.reshape(-1, 5))
    bare = replace(problem, tolerances=OFF).predict(each).mean.reshape(len(designs), 512, len(METALS))
    told = problem.evaluate(designs)
    apart = np.abs(told.yields - bare.mean(axis=1))
    assert np.nanquantile(apart, 0.95) < 0.004 and np.nanmax(apart) < 0.015
    assert np.nanmean(apart) < np.nanmean(np.abs(told.yields_nominal - bare.mean(axis=1)))
    assert (told.yields_p10 <= np.nanmax(problem.predict(designs).over, axis=1) + 1e-12)[:, :4].all()
    below = np.abs(told.yields_p10 - np.quantile(bare, 0.1, axis=1))
    assert np.nanquantile(below, 0.95) < 0.01


def test_spans_are_the_ends_of_the_points() -> None:
    problem, designs = sulfuric(), some().take(np.arange(20))
    bare, told = replace(problem, tolerances=OFF), problem.evaluate(designs)
    spans, over, moved = over_tolerances(problem, designs), told.prediction.over, problem.moved(designs)
    assert spans is not None and over is not None and over.shape == (20, POINTS["high"], len(METALS))
    assert over_tolerances(bare, designs) is None and moved is not None
    # each point as a design of its own, and as the mean counts it
    each = [bare.predict(Designs(np.zeros(64, dtype=np.intp), points)).mean for points in moved]
    every = np.concatenate([np.stack(each), over], axis=1)
    np.testing.assert_allclose(spans.yields_low, every.min(axis=1), rtol=1e-12)
    mass = problem.feed.metal_mass
    np.testing.assert_allclose(spans.recovery_high, (np.nan_to_num(every) @ mass / mass.sum()).max(axis=1))
    for within in (told.yields, told.yields_p10):
        assert (spans.yields_low <= within + 1e-9).all() and (within <= spans.yields_high + 1e-9).all()
    assert ((spans.leaving >= 0.0) & (spans.leaving <= 1.0)).all()


def test_the_tenth_percentile_can_count_instead() -> None:
    problem, designs = sulfuric(), some()
    robust = replace(problem, tolerances=replace(DEFAULT, quantile=0.1))
    told, usual = robust.evaluate(designs), problem.evaluate(designs)
    np.testing.assert_allclose(told.yields, usual.yields_p10, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(told.yields, told.yields_p10)
    point = robust.search_point(designs, fidelity="high")
    np.testing.assert_array_equal(point.prediction.mean, told.yields)


@settings(max_examples=60, deadline=None)
@given(
    heights=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    at=st.floats(25, 90),
    narrow=st.floats(0.1, 5),
    more=st.floats(0, 5),
)
def test_a_wider_tolerance_never_raises_the_tenth_percentile(
    heights: list[float], at: float, narrow: float, more: float
) -> None:
    """Of a response that rises with temperature in steps."""
    edges = np.linspace(30, 80, len(heights))

    def tenth(width: float) -> float:
        moved = Tolerances(absolute=(width, 0, 0, 0, 0)).moved(np.array([[at, 1, 0, 50, 60]]), 64, ALL)[0]
        return float(np.quantile((moved[:, [T]] > edges) @ np.array(heights), 0.1))

    assert tenth(narrow + more) <= tenth(narrow) + 1e-12


def test_cost_and_impacts_are_those_of_the_setpoint_and_hardly_bend() -> None:
    """At the same yields their mean over the points is that of the setpoint within two per cent."""
    problem, designs = sulfuric(), some()
    told, moved = problem.evaluate(designs), problem.moved(designs)
    assert moved is not None

    def metrics(there: Designs, yields: Floats) -> dict[str, Floats]:
        balance = mass_balance(there, yields, problem.inputs)
        result = outcome(there, yields, balance, problem.inputs)
        return {name: METRICS[name].compute(result) for name in ("cost", "climate_change", "acid_use")}

    here = metrics(designs, told.yields)
    each = Designs(np.repeat(designs.acid, 64), moved.reshape(-1, 5))
    there = metrics(each, np.repeat(told.yields, 64, axis=0))
    for name, values in here.items():
        np.testing.assert_array_equal(values, told.metrics[name], err_msg=name)
        np.testing.assert_allclose(there[name].reshape(-1, 64).mean(axis=1), values, rtol=0.02, err_msg=name)


def test_what_is_said() -> None:
    assert said(DEFAULT.record()) == (
        "Yields are means over the tolerances of the setpoints: temperature ±2 °C, acid concentration ±5 %, "
        "hydrogen peroxide ±10 %, solid-to-liquid ratio ±5 %, time ±5 %."
    )
    assert said(replace(DEFAULT, quantile=0.1).record()).startswith("Yields are tenth percentiles over")
    assert OFF.record() is None and said(None).endswith("tolerances are off.")


PROBLEM = """feed: NMC111
variables:
  acid: sulfuric
  temperature: [25, 90]
  acid_concentration: [0.5, 3]
  h2o2: [0, 5]
  solid_liquid_ratio: [20, 100]
  time: [10, 180]
objectives:
  - minimise: cost
"""


def asked(tmp_path: Path, lines: str) -> Tolerances:
    file = tmp_path / "mine.yaml"
    file.write_text(PROBLEM + lines, encoding="utf-8")
    return bind(load_problem(file)).tolerances


def test_tolerances_in_yaml(tmp_path: Path) -> None:
    assert asked(tmp_path, "") == DEFAULT
    assert asked(tmp_path, "tolerances: off\n") == OFF
    mine = asked(tmp_path, "tolerances: {temperature: 3, h2o2: 0.2, time: 10 %, solid_liquid_ratio: 0}\n")
    assert mine.absolute == (3.0, 0.0, 0.2, 0.0, 0.0)
    assert mine.relative == (0.0, 0.05, 0.0, 0.0, 0.1) and mine.quantile is None
    assert asked(tmp_path, "tolerances: {robust: p10}\n") == replace(DEFAULT, quantile=0.1)


def test_a_config_overrides_them(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PROBLEM, encoding="utf-8")
    config = tmp_path / "run.yaml"
    for lines, wanted in (("tolerances: off\n", OFF), ("", DEFAULT)):
        config.write_text("problem: mine.yaml\n" + lines, encoding="utf-8")
        assert bind(load_config(config).problem).tolerances == wanted


@pytest.mark.parametrize(
    ("lines", "key", "what"),
    [
        ("tolerances: {time: -5 %}", "tolerances.time", "A tolerance of -5 % is not possible"),
        ("tolerances: {temperature: -1}", "tolerances.temperature", "A tolerance of -1 is not possible"),
        ("tolerances: {h2o2: 100 %}", "tolerances.h2o2", "A tolerance of 100 % is not possible"),
        ("tolerances: {temperature: warm}", "tolerances.temperature", "'warm' is not a tolerance"),
        ("tolerances: {heat: 2}", "tolerances.heat", "heat"),
        ("tolerances: 5 %", "tolerances", "'5 %' is not a set of tolerances"),
        ("tolerances: {robust: p20}", "tolerances.robust", "p10"),
    ],
)
def test_what_is_refused_says_where(tmp_path: Path, lines: str, key: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        asked(tmp_path, lines + "\n")
    text = str(caught.value)
    assert what in text and f"{tmp_path / 'mine.yaml'}, line 11, key {key}" in text


def test_variables_keep_their_order() -> None:
    assert CONTINUOUS == ("temperature", "acid_concentration", "h2o2", "solid_liquid_ratio", "time")
