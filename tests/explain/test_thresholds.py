"""Thresholds: found where a function has one, and not where it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from optimiser.explain.drivers import Cases
from optimiser.explain.thresholds import Threshold, thresholds
from optimiser.variables import Floats
from tests.explain.plain import cases, predictor
from tests.systems.synthetic import truth

Function = Callable[[Mapping[str, Floats]], Floats]


def found(*functions: Function, of: Cases | None = None) -> dict[tuple[str, str], Threshold]:
    """Return all thresholds of some functions, by driver and number of the function."""
    of = of or cases()
    names = [str(k) for k in range(len(functions))]
    told = thresholds(
        predictor(of, *functions), of, names, list(range(len(functions))), np.random.default_rng(3)
    )
    return {(one.driver, one.response): one for one in told}


def straight(x: Mapping[str, Floats]) -> Floats:
    """Rise with temperature and silica, fall with solids; no knot, and nothing together."""
    rise = 0.002 * x["temperature"] + 0.004 * x["silica"] - 0.001 * x["solid_liquid_ratio"]
    return np.asarray(0.3 + rise + 0.1 * np.log1p(x["time"]), dtype=np.float64)


def test_a_bend_a_jump_and_a_turn_are_found_within_their_intervals() -> None:
    told = found(
        lambda x: straight(x) - 0.02 * np.maximum(x["silica"] - 25.0, 0.0),
        lambda x: straight(x) - 0.2 * (x["silica"] > 26.0),
        lambda x: straight(x) - 3.0 * ((x["stirring"] - 450.0) / 700.0) ** 2,
        lambda x: straight(x) + 0.2 * np.minimum(np.log1p(x["time"]), np.log1p(50.0)),
    )
    bend, jump = told["silica", "0"], told["silica", "1"]
    turn, levelling = told["stirring", "2"], told["time", "3"]
    # silica rises in steps of 2.5, 5 to 42.5: at a value the slope changes between its neighbours
    assert bend.kind == "turn"  # it rises by 0.4 points per wt% before and falls by 1.6 after
    assert bend.low <= 25.0 <= bend.high and bend.high - bend.low <= 7.5
    assert 100.0 * bend.before == pytest.approx(0.4 * 20.0, abs=1.5)
    assert jump.kind == "jump" and (jump.low, jump.high) == (25.0, 27.5)
    assert jump.before == pytest.approx(-0.2 + 0.004 * 2.5)
    assert turn.kind == "turn" and turn.low <= 450.0 <= turn.high and turn.before > 0.0 > turn.after
    assert levelling.kind == "bend" and levelling.low <= 50.0 <= levelling.high
    for one, at, near in (
        (bend, 25.0, 1.5),
        (jump, 26.25, 0.1),
        (turn, 450.0, 40.0),
        (levelling, 50.0, 15.0),
    ):
        assert one.at == pytest.approx(at, abs=near) and one.low <= one.at <= one.high
    # what the functions do with other drivers is straight, and no threshold of theirs is told
    others = [one for (driver, k), one in told.items() if (driver, k) not in
              {("silica", "0"), ("silica", "1"), ("stirring", "2"), ("time", "3")}]  # fmt: skip
    assert not [one for one in others if one.kind is not None]


def test_a_straight_function_has_no_threshold_and_that_is_said() -> None:
    told = found(straight)
    assert all(one.kind is None and one.why for one in told.values())
    assert told["temperature", "0"].why == "the effect is straight"
    assert told["stirring", "0"].why.startswith("the effect is below")
    assert told["time", "0"].why == "the effect is straight"  # against the logarithm, as the system says
    assert told["stages", "0"].why == "the data have 3 different values"
    assert not told["stages", "0"].looked_for and told["silica", "0"].looked_for
    # the effect itself is the line
    one = told["temperature", "0"]
    assert one.effect == pytest.approx(0.002 * (one.values - one.values[0]))


def test_slopes_that_differ_from_row_to_row_are_no_threshold() -> None:
    def noisy(x: Mapping[str, Floats]) -> Floats:
        # a slope in silica that hangs on the row, without a bend in any
        slope = 0.004 + 0.01 * np.sin(12.9898 * x["temperature"] + 78.233 * x["stirring"])
        return np.asarray(slope * x["silica"], dtype=np.float64)

    assert found(noisy)["silica", "0"].kind is None


def test_a_gentle_bow_is_no_threshold() -> None:
    told = found(lambda x: 0.1 * np.sqrt(x["silica"]), lambda x: 0.0004 * x["silica"] ** 2)
    assert {told["silica", k].kind for k in ("0", "1")} == {None}


def test_the_silica_threshold_of_the_synthetic_leach_is_found() -> None:
    of = cases()

    def yields(x: Mapping[str, Floats]) -> Floats:
        kinds = {
            choice: [known[int(k)] for k in x[choice]]
            for choice, known in zip(of.system.choices, of.system.values, strict=True)
        }
        return truth(x, kinds, x["silica"])[:, 0]

    told = found(yields)
    silica, stirring = told["silica", "0"], told["stirring", "0"]
    assert silica.kind is not None and silica.low <= 25.0 <= silica.high
    assert silica.after < -0.1 < silica.before
    assert stirring.kind == "turn" and stirring.low <= 450.0 <= stirring.high


def test_no_row_is_asked_for_what_its_choices_were_never_tried_at() -> None:
    whole = cases()
    citric = whole.system.values[0].index("citric")
    kept = ~((whole["lixiviant"] == citric) & (whole["temperature"] > 50.0))
    of = whole.take(np.flatnonzero(kept))
    most = of["temperature"][of["lixiviant"] == citric].max()

    def hot_citric_is_unheard_of(x: Mapping[str, Floats]) -> Floats:
        assert not ((x["lixiviant"] == citric) & (x["temperature"] > most)).any()
        return straight(x)

    assert found(hot_citric_is_unheard_of, of=of)["temperature", "0"].why == "the effect is straight"


def test_the_same_generator_gives_the_same_intervals() -> None:
    def one() -> Threshold:
        return found(lambda x: straight(x) - 0.02 * np.maximum(x["silica"] - 25.0, 0.0))["silica", "0"]

    first, again = one(), one()
    assert (first.at, first.low, first.high) == (again.at, again.low, again.high)
