"""Targets that hold jointly, and objectives that are a quantile: how they are written and read."""

from __future__ import annotations

import numpy as np
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.problem.constraints import read_constraint
from optimiser.problem.objectives import read_objective
from optimiser.surrogate.calibration import reached


def test_joint_targets_are_written_as_they_are_read() -> None:
    asked = {"yield": {"Li": 0.9, "Co": 0.8}, "confidence": 0.8, "joint": True}
    assert read_constraint(asked).setting() == asked
    assert read_constraint(asked).names == ("joint_yields",)
    problem = opt.Problem(
        feed="NMC111",
        variables={"acid": "sulfuric"},
        objectives=[opt.minimise("cost", 0.9), opt.maximise("recovery")],
        constraints=opt.Yields(Li=0.9, Co=0.8, confidence=0.8, joint=True),
    )
    text = problem.to_yaml()
    assert "cost: p90" in text and "joint: true" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"yield": {"Li": 0.9}, "joint": True}, "without a confidence"),
        ({"yield": {"Li": 0.9}, "confidence": 0.8, "joint": "yes"}, "not possible"),
        ({"yield": {"Li": 0.9}, "confidence": 0.0}, "not possible"),
        ({"proton_balance": 1.1, "joint": True}, "belongs to a `yield`"),
    ],
)
def test_a_joint_that_means_nothing_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_constraint(given)


@pytest.mark.parametrize(
    "asked", [{"cost": "p0"}, {"cost": "p100"}, {"cost": 90}, {"cost": "p90", "time": "p50"}]
)
def test_a_quantile_that_is_none_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no quantile"):
        read_objective("minimise", asked)


def test_what_a_share_reaches_by_hand() -> None:
    """Of five rows four reach -0.1: with 80 % -0.1 is reached, with 81 % all five count."""
    rows = np.array([[-0.3, -0.1, 0.0, 0.1, 0.2]])
    assert reached(rows, 0.8)[0] == -0.1
    assert reached(rows, 0.81)[0] == -0.3
    assert reached(rows, 0.2)[0] == 0.2
    assert reached(rows, 0.01)[0] == 0.2
