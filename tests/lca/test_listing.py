"""`optimiser list impacts`: each factor with its source, and what is missing with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import assert_one_clear_block, optimiser

TABLE = """\
name: ours
source:
  {kind: brightway, database: mini-1.0-cutoff, version: "1.0", system_model: cutoff, method: EF v3.1,
   date: 2026-11-30}
impacts:
  climate change: {unit: kg CO2 eq, factors: {sulfuric: 0.1, heat: 0.2}}
  acidification: {unit: mol H+ eq, factors: {sulfuric: 0.02, heat: -0.001, wastewater: 0.3}}
activities:
  sulfuric: {activity: market for sulfuric acid, location: RER, unit: kilogram, per: kg pure, amount: 1.0}
missing: [{substance: malic, why: no activity of that name}]
"""


def listed(folder: Path, *options: str) -> dict[tuple[str, str], dict[str, object]]:
    done = optimiser("list", "impacts", "--json", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    return {(row["substance"], row["category"]): row for row in json.loads(done.stdout)}


def test_a_factor_is_told_with_what_it_rests_on(tmp_path: Path) -> None:
    (tmp_path / "ours.impacts.yaml").write_text(TABLE)
    found = listed(tmp_path, "--impacts", "ours")
    assert found["sulfuric", "acidification"] == {
        "substance": "sulfuric",
        "category": "acidification",
        "factor": 0.02,
        "unit": "mol H+ eq/kg pure",
        "activity": "market for sulfuric acid, RER",
        "method": "EF v3.1",
        "source": "ours: mini-1.0-cutoff, 1.0, cutoff",
        "year": "2026",
        "missing": "",
    }
    # a credit is possible where a database says so
    assert found["heat", "acidification"]["factor"] == -0.001
    assert found["wastewater", "acidification"]["unit"] == "mol H+ eq/m3"


def test_what_nobody_knows_is_missing_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "ours.impacts.yaml").write_text(TABLE)
    found = listed(tmp_path, "--impacts", "ours")
    assert found["malic", "acidification"]["factor"] is None
    assert found["malic", "acidification"]["missing"] == "no activity of that name"
    assert found["citric", "acidification"]["missing"] == "not in ours.impacts.yaml"
    # climate change of malic acid is ours, and says so
    assert found["malic", "climate change"]["factor"] is not None
    assert "ours:" not in str(found["malic", "climate change"]["source"])


def test_without_a_table_it_is_the_shipped_climate_change_or_the_problem_s(tmp_path: Path) -> None:
    shipped = listed(tmp_path)
    assert {category for _, category in shipped} == {"climate change"}
    assert all(row["factor"] is None or row["source"] for row in shipped.values())
    assert listed(tmp_path, "--problem", "nmc111")["sulfuric", "climate change"]["factor"] == pytest.approx(
        shipped["sulfuric", "climate change"]["factor"]
    )


def test_its_options_belong_to_it_alone(tmp_path: Path) -> None:
    done = optimiser("list", "acids", "--impacts", "ours", cwd=tmp_path)
    assert_one_clear_block(done)
    nowhere = optimiser("list", "impacts", "--impacts", "ours", cwd=tmp_path)
    assert_one_clear_block(nowhere)
    assert "There is no table of impacts 'ours'" in nowhere.stderr


def test_a_table_without_a_source_has_no_credits(tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text("impacts: {acidification: {unit: mol H+ eq, factors: {heat: -1}}}")
    done = optimiser("list", "impacts", "--impacts", "plain.yaml", cwd=tmp_path)
    assert_one_clear_block(done)
    assert "A factor of -1 is not possible" in done.stderr


def test_the_table_that_a_problem_names_counts(tmp_path: Path) -> None:
    (tmp_path / "plant").mkdir()
    (tmp_path / "plant" / "ours.impacts.yaml").write_text(TABLE)
    (tmp_path / "plant" / "problem.yaml").write_text(
        "feed: NMC111\nvariables: {acid: [sulfuric]}\nimpacts: ours\nobjectives: [{minimise: cost}]\n"
    )
    # it is found beside the problem
    found = listed(tmp_path, "--problem", "plant/problem.yaml")
    assert found["sulfuric", "acidification"]["factor"] == 0.02
    assert found["sulfuric", "climate change"]["factor"] == 0.1
