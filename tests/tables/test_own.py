"""A user's own tables in `run` and `check`: what they change, and that manifest and report tell of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from optimiser._io.errors import InputError
from optimiser.cli.main import cli
from optimiser.problem.binding import bind
from optimiser.problem.load import load_problem
from optimiser.report.sources import sources_frame
from optimiser.tables.own import own_tables
from optimiser.variables import Designs

PROBLEM = """
feed: LCO
acids: {levulinic: {climate_change: 5}}
variables:
  acid: [sulfuric, levulinic]
  temperature: [40, 90]
  acid_concentration: [1, 3]
  h2o2: [0, 5]
  solid_liquid_ratio: [20, 60]
  time: [30, 120]
objectives: [{minimise: cost}, {minimise: climate_change}]
constraints: [{applicability_domain: off}]
"""
CONFIG = """
problem: mine.yaml
search: {population: 8, generations: 3, seeds: 1, per_acid: 0}
report: {formats: [html, xlsx, csv]}
"""
PRICES = "substance,price [EUR/kg stock]\nsulfuric,0.1\nlevulinic,3\nNaOH,0.5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"mine.yaml": PROBLEM, "run.yaml": CONFIG, "prices.csv": PRICES}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_price_moves_the_cost_by_what_is_bought_of_it(folder: Path) -> None:
    question = load_problem(folder / "mine.yaml")
    (folder / "dear.csv").write_text(PRICES.replace("sulfuric,0.1", "sulfuric,0.6"), encoding="utf-8")
    cheap, dear = (
        bind(question, own_tables(question, None, folder / name, None)) for name in ("prices.csv", "dear.csv")
    )
    designs = Designs(np.array([0, 1]), np.array([[60, 2, 1, 50, 60]] * 2, dtype=float))
    low, high = cheap.evaluate(designs), dear.evaluate(designs)
    # 20,000 L x 2 mol/L x 98.079 g = 3923.2 kg of sulfuric acid; each kg of stock costs 0.5 EUR more
    balance = low.outcome.balance
    assert balance.acid_pure[0] == pytest.approx(3923.2, abs=0.1)
    more = 0.5 * balance.acid_stock[0] / balance.metal_total[0]
    assert high.metrics["cost"][0] - low.metrics["cost"][0] == pytest.approx(more)
    assert high.metrics["cost"][1] == low.metrics["cost"][1]
    # the same acids alone keep the own reagents: 0.5 EUR per kg of 50 % stock is 1 EUR per kg NaOH
    assert cheap.with_acids(["sulfuric"]).inputs.reagents.price["neutralisation"] == 1.0
    sources = sources_frame(cheap).set_index(["item", "quantity"])
    assert "prices.csv" in sources.loc[("sodium hydroxide", "price"), "source"]
    assert "prices.csv" in sources.loc[("sulfuric acid", "price"), "source"]


def test_run_searches_at_the_prices_given_and_pins_their_files(folder: Path) -> None:
    arguments = ["run", str(folder / "run.yaml"), "--prices", str(folder / "prices.csv")]
    (folder / "factors.csv").write_text(
        "category,unit,sulfuric\nclimate change,kg CO2 eq/kg,50\n", encoding="utf-8"
    )
    assert CliRunner().invoke(cli, [*arguments, "--out", str(folder / "cheap")]).exit_code == 0
    (folder / "prices.csv").write_text(PRICES.replace("sulfuric,0.1", "sulfuric,20"), encoding="utf-8")
    more = ["--impacts", str(folder / "factors.csv"), "--out", str(folder / "dear")]
    assert CliRunner().invoke(cli, [*arguments, *more]).exit_code == 0
    cheap, dear = (pd.read_csv(folder / name / "front.csv") for name in ("cheap", "dear"))
    # an acid that costs and burdens hundreds of times as much gives way to the other one
    assert cheap.loc[cheap["cost"].idxmin(), "acid"] == "sulfuric"
    assert dear.loc[dear["cost"].idxmin(), "acid"] == "levulinic"
    assert dear["cost"].min() > 3.0 * cheap["cost"].min()
    manifest = json.loads((folder / "dear" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["own_tables"] == [
        {"kind": kind, "file": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for kind, path in (("prices", folder / "prices.csv"), ("impacts", folder / "factors.csv"))
    ]
    page = (folder / "dear" / "report.html").read_text(encoding="utf-8")
    assert "Own tables: prices from" in page
    sources = pd.read_excel(folder / "dear" / "front.xlsx", sheet_name="sources")
    assert sources["source"].str.contains("factors.csv").any()


def test_check_needs_the_price_that_the_table_gives(folder: Path) -> None:
    without = CliRunner().invoke(cli, ["check", str(folder / "mine.yaml")])
    assert isinstance(without.exception, InputError)
    assert "levulinic" in str(without.exception)
    given = CliRunner().invoke(
        cli, ["check", str(folder / "mine.yaml"), "--prices", str(folder / "prices.csv")]
    )
    assert given.exit_code == 0
    assert f"Own prices: {folder / 'prices.csv'}." in given.output


def test_own_acids_can_be_chosen_and_impacts_may_be_without_climate_change(folder: Path) -> None:
    question = load_problem(folder / "mine.yaml")
    acids, factors = folder / "acids.csv", folder / "factors.csv"
    acids.write_text("acid,density\nlevulinic,1.2\n", encoding="utf-8")
    tables = own_tables(question, acids, folder / "prices.csv", None)
    assert bind(question, tables).inputs.acids.density[1] == 1.2
    assert [file.kind for file in tables.files] == ["acids", "prices"]
    factors.write_text("category,unit,sulfuric\nwater use,m3 depriv.,3\n", encoding="utf-8")
    bound = bind(question, own_tables(question, None, folder / "prices.csv", factors))
    assert "water_use" in bound.metrics
    # our own climate change stands: sulfuric 0.122 of the shipped table, levulinic 5 of the problem
    assert bound.inputs.acids.climate_change.tolist() == [0.122, 5.0]
