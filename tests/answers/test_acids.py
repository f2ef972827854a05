"""Acids compared: each alone, ranked by chance, guesses marked; as command, page and from Python."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimiser as opt
from optimiser.answers.acids import AcidComparison, compare_acids
from optimiser.problem.load import Config
from optimiser.problem.schema import SearchSpec
from optimiser.report.acid_words import comparison_lines
from optimiser.report.acids import deliver_comparison
from optimiser.tables.own import own_tables
from tests.answers.test_crossing import two_acids
from tests.browser import opened
from tests.command import assert_one_clear_block, optimiser, process

SPEC = SearchSpec(population=16, generations=4, seeds=(1,), per_acid=4)
TINY = "problem: nmc111\nsearch: {population: 16, generations: 4, seeds: [1], per_acid: 4}\n"
IMPACTS = """category,unit,sulfuric,hydrochloric,citric,h2o2,water,sodium_hydroxide,heat,power
climate change,kg CO2 eq,0.1,0.8,5,1.2,0.001,1.2,0.24,0.4
acidification,mol H+ eq,0.01,0.004,0.03,0.005,0,0.006,0.0003,0.002
"""


def compared(*acids: str, unseen: bool = False, impacts: Path | None = None) -> AcidComparison:
    config = Config("tiny", two_acids(*acids), SPEC)
    tables = None if impacts is None else own_tables(config.problem, None, None, impacts)
    return compare_acids(config, unseen=unseen, tables=tables)


@cache
def with_a_guess() -> AcidComparison:
    return compared("sulfuric", "hydrochloric", "citric", unseen=True)


def test_an_acids_front_does_not_depend_on_the_others() -> None:
    both, alone = compared("hydrochloric", "sulfuric"), compared("sulfuric")
    one = both.fronts().query("acid == 'sulfuric'").reset_index(drop=True)
    pd.testing.assert_frame_equal(one, alone.fronts())


def test_the_table_tells_chances_and_cheapest_designs() -> None:
    frame = with_a_guess().frame()
    assert frame["p_best"].sum() == pytest.approx(1.0)
    assert np.isnan(frame["p_beats"][0]) and (frame["p_beats"][1:] >= 0.5).all()
    assert (frame["least_cost"] <= frame["cost"] + 1e-9).all()
    assert (frame["least_climate_change"] <= frame["climate_change"] + 1e-9).all()
    assert frame["cost"].is_monotonic_increasing  # the best in the first objective comes first
    assert (frame["proton_ratio"] >= 1.1 - 1e-9).all()


def test_a_guess_is_named_and_has_no_interval() -> None:
    frame = with_a_guess().frame().set_index("acid")
    assert list(frame.index[frame["guess"]]) == ["citric"]
    assert np.isnan(frame.loc["citric", "cost_low"]) and frame.loc["sulfuric", "cost_low"] > 0.0
    assert "Citric acid: a guess" in " ".join(comparison_lines(with_a_guess()))


def test_without_unseen_an_acid_without_data_is_named_with_the_reason() -> None:
    found = compared("sulfuric", "citric")
    assert [one.acid for one in found.acids] == ["sulfuric"]
    assert found.field.outside == (("citric", 0),)
    assert "outside the applicability domain: citric (no experiments); 5 near" in " ".join(
        comparison_lines(found)
    )


def test_a_table_of_impacts_brings_its_categories(tmp_path: Path) -> None:
    path = tmp_path / "impacts.csv"
    path.write_text(IMPACTS)
    found = compared("sulfuric", "hydrochloric", impacts=path)
    assert found.impacts is not None
    assert found.impacts.categories == ("climate change", "acidification")
    cell = found.impacts.frame["climate change|kg CO2 eq/kg metal|4"]
    # the search counts with the same factors
    np.testing.assert_allclose(cell, found.frame()["climate_change"], rtol=1e-6)
    deliver_comparison(found, {}, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "acidification" in page and "could not be made" not in page


def test_the_command_writes_page_tables_and_json(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    done = process(
        "compare-acids", "tiny.yaml", "--objectives", "cost", "--out", "out", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["outside"] == [{"acid": "citric", "experiments": 0}] and told["map"] == []
    assert {row["acid"] for row in told["acids"]} == {"sulfuric", "hydrochloric", "nitric", "lactic"}
    files = {"acids.csv", "fronts.csv", "impacts.csv", "ranks.csv", "manifest.json", "report.html"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == files
    again = optimiser("compare-acids", "tiny.yaml", "--out", "out", cwd=tmp_path)
    assert_one_clear_block(again)


@pytest.mark.parametrize(
    "options",
    [
        ("--cross", "yield=0.5:0.9"),
        ("--cross", "yield=0.5:0.5", "--cross", "confidence=0.5:0.9"),
        ("--cross", "yield=0.5:0.9", "--cross", "price.gold=0:1"),
        ("--objectives", "beauty"),
        ("--impacts", "none.csv"),
    ],
)
def test_bad_options_are_refused_in_one_block(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert_one_clear_block(optimiser("compare-acids", "nmc111", *options, cwd=tmp_path))


@pytest.mark.page
def test_the_page_fits_a_phone(tmp_path: Path) -> None:
    deliver_comparison(with_a_guess(), {}, tmp_path / "out", scale="log")
    with opened(tmp_path / "out" / "report.html", 390) as page:
        assert "could not be made" not in page.content()


def test_from_python_it_is_the_same_and_writes_itself(tmp_path: Path) -> None:
    found = opt.compare_acids(Config("tiny", two_acids("sulfuric", "hydrochloric"), SPEC))
    assert list(found.acids()["acid"]) == ["sulfuric", "hydrochloric"]
    assert found.map().empty and found.boundary().empty and len(found.impacts()) == 2
    assert "Sulfuric acid is the best in cost" in str(found)
    assert (found.write(tmp_path / "out") / "report.html").is_file()
