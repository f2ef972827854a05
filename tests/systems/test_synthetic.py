"""The synthetic system is what its description says, and a small model of it stands ready for other tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from optimiser.systems.read import read_system_table
from tests.systems.synthetic import CHOICES, SETPOINTS, STAGES, Synthetic, truth, write_system

_RISING = ("temperature", "acid_concentration", "time", "stages")


def _at(share: float, **moved: float) -> dict[str, np.ndarray]:
    place = {name: low + share * (high - low) for name, (low, high, _) in SETPOINTS.items()}
    return {name: np.array([moved.get(name, value)]) for name, value in place.items()}


_FIRST = {choice: [next(iter(values))] for choice, values in CHOICES.items()}


@given(st.sampled_from(list(SETPOINTS)), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_truth_is_monotone_in_all_but_stirring(name: str, rest: float, a: float, b: float) -> None:
    low, high, _ = SETPOINTS[name]
    first, second = (truth(_at(rest, **{name: low + x * (high - low)}), _FIRST, 12.0) for x in sorted((a, b)))
    if name in _RISING:
        assert (second >= first - 1e-12).all()
    elif name != "stirring":
        assert (second <= first + 1e-12).all()


def test_silica_costs_nothing_up_to_its_threshold() -> None:
    at = [truth(_at(0.5), _FIRST, silica) for silica in (5.0, 25.0, 26.0)]
    assert (at[0] == at[1]).all() and (at[2] < at[1]).all()


def test_the_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = write_system(tmp_path, np.random.default_rng(1), rows=720, noise=0.0)
    table = read_system_table(file)
    assert len(table) == 720 and table.experiments.max() == 179
    assert len(table.system.options) == 12 and list(table.system.feeds) == ["north", "middle", "south"]
    assert set(table.continuous[:, table.system.column["stages"]]) == set(STAGES)
    chosen = {
        choice: [table.system.options[k].values[j] for k in table.option] for j, choice in enumerate(CHOICES)
    }
    setpoints = {name: table.continuous[:, j] for name, j in table.system.column.items()}
    known = truth(setpoints, chosen, table.feed[:, 0])
    np.testing.assert_allclose(table.yields, known, atol=6e-5)  # written with two decimals of a per cent


def test_the_same_seed_writes_the_same_table(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_system(tmp_path / name, np.random.default_rng(7))
        written.append((tmp_path / name / "table.csv").read_bytes())
    assert written[0] == written[1]


def test_a_small_model_stands_ready(synthetic: Synthetic) -> None:
    assert synthetic.artefact.is_dir() and synthetic.system.names == tuple(SETPOINTS)
    assert synthetic.system.responses == ("Co", "Ni")
