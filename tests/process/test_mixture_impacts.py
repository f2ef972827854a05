"""Impacts of a mixture of acids in any category."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import optimiser as opt
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.impacts import ImpactTable
from optimiser.chemistry.mixtures import mass_shares, mixture_of
from optimiser.problem.binding import bind
from optimiser.process.impacts import impact_numbers
from optimiser.tables.own import own_tables
from optimiser.variables import Designs


def test_a_mixture_has_the_factor_of_its_acids_by_mass() -> None:
    acids = load_acids()
    mixed = mixture_of([(acids["sulfuric"], 0.5), (acids["citric"], 0.5)])
    table = ImpactTable(("acidification",), ("mol H+ eq",), ("sulfuric", "citric"), np.array([[0.01, 0.03]]))
    found = impact_numbers(table, {mixed.name: mass_shares(mixed)}, {}, False)
    # a mol: 0.5 x 98.07 g and 0.5 x 192.12 g, so 0.338 and 0.662 of the mass: 0.338 x 0.01 + 0.662 x 0.03
    assert found.acids[0, 0] == pytest.approx(0.02324, abs=2e-5)


def test_what_is_missing_of_a_mixture_is_told_by_acid() -> None:
    acids = load_acids()
    mixed = mixture_of([(acids["sulfuric"], 0.5), (acids["citric"], 0.5)])
    table = ImpactTable(("acidification",), ("mol H+ eq",), ("sulfuric",), np.array([[0.01]]))
    found = impact_numbers(table, {mixed.name: mass_shares(mixed)}, {}, False)
    assert found.missing("acidification") == ("citric",)


def test_a_problem_takes_a_table_and_a_mixture(tmp_path: Path) -> None:
    table = tmp_path / "ours.impacts.yaml"
    others = ", ".join(f"{name}: 0.01" for name in ("h2o2", "water", "heat", "power", "sodium_hydroxide"))
    factors = f"{{sulfuric: 0.01, citric: 0.03, {others}}}"
    table.write_text(f"impacts: {{acidification: {{unit: mol H+ eq, factors: {factors}}}}}", encoding="utf-8")
    problem = opt.Problem(
        feed="NMC111",
        variables={"acid": ["sulfuric", {"mix": {"sulfuric": 0.5, "citric": 0.5}}]},
        objectives=[opt.minimise("acidification")],
        impacts=str(table),
    )
    bound = bind(problem, own_tables(problem, None, None, None))
    designs = Designs(np.array([0, 1]), np.tile([60.0, 2.0, 1.0, 50.0, 60.0], (2, 1)))
    pure, mixed = bound.outcome_of(designs, np.full((2, 4), 0.9)).impacts[:, 1].sum(axis=1)
    # the same litres of 2 mol/L: what differs is the acid, and the base for its further protons
    assert np.isfinite(pure) and mixed > pure
