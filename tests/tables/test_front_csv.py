"""A metal and a base are rows of tables: a copy of the product, two tables edited, no line of code.

LiNi0.8Co0.15Al0.05O2 has M = 6.94 + 0.8 x 58.69 + 0.15 x 58.93 + 0.05 x 26.982 + 2 x 15.999 = 96.0786 g/mol:
960.786 kg are 10,000 mol, and at 96.0786 g/L the leachant is 10,000 L.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser.tables.predict import predict_frame
from tests.paths import ROOT

ALUMINIUM = """
  Al:
    label: aluminium
    molar_mass: {value: 26.982, unit: g/mol, source: molar, confidence: A}
    charge: {value: 3, unit: e, source: ions, confidence: A}
    reduced: false
    price: {value: 2.0, currency: EUR, per: kg metal, source: general, year: 2025, confidence: C}
    payable: {value: 0.5, unit: "-", source: general, year: 2025, confidence: C}
"""
BASES = """
  magnesium_oxide:
    label: magnesium oxide
    formula: MgO
    molar_mass: {value: 40.304, unit: g/mol, source: iupac, confidence: A}
    base:
      cation: magnesium
      protons: {value: 2, unit: mol/mol, source: stoichiometry, confidence: A}
      released: {value: 18.015, unit: g/mol, source: stoichiometry, confidence: A}
    stock:
      purity: {value: 0.95, unit: kg/kg, source: general, confidence: C}
      density: {value: 3.6, unit: kg/L, source: general, confidence: C}
    price: {value: 0.4, currency: EUR, per: kg pure, period: 2025, source: general, year: 2025, confidence: C}
    climate_change: {value: 1.1, unit: kg CO2-eq/kg pure, source: general, year: 2025, confidence: C}

  ammonia:
    label: ammonia
    formula: NH3
    molar_mass: {value: 17.031, unit: g/mol, source: iupac, confidence: A}
    base:
      cation: ammonium
      protons: {value: 1, unit: mol/mol, source: stoichiometry, confidence: A}
      released: {value: 0, unit: g/mol, source: stoichiometry, confidence: A}
    stock:
      purity: {value: 0.25, unit: kg/kg, source: general, confidence: C}
      density: {value: 0.91, unit: kg/L, source: general, confidence: C}
    price: {value: 0.6, currency: EUR, per: kg pure, period: 2025, source: general, year: 2025, confidence: C}
    climate_change: {value: 2.0, unit: kg CO2-eq/kg pure, source: general, year: 2025, confidence: C}

energies:
"""
PROBLEM = """
feed: {name: NCA80, Ni: 0.8, Co: 0.15, Al: 0.05, mass: 960.786, yields: {Al: 0.9}}
variables:
  acid: sulfuric
  temperature: [40, 90]
  acid_concentration: [1, 3]
  h2o2: [0, 5]
  solid_liquid_ratio: [20, 60]
  time: [30, 120]
objectives: [{minimise: cost}, {maximise: recovery}]
constraints:
  - yield: {Li: 0.3}
  - applicability_domain: off
process: {neutraliser: magnesium_oxide}
"""
CONFIG = """
problem: nca.yaml
search: {population: 8, generations: 2, seeds: 1, per_acid: 0}
report: {formats: [html, csv]}
"""
TABLE = (
    "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time\n"
    "sulfuric,60,2,2,50,60\nhydrochloric,80,3,0,30,90\n"
)
#: The sums at yields of 1 for all metals that are there, which no surrogate is asked for.
SUMS = """
import json
from pathlib import Path
import numpy as np
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.acids import load_acids
from optimiser.variables import Designs
from optimiser.process.balance import mass_balance
from optimiser.process.byproducts import by_products
from optimiser.process.inputs import process_inputs
from optimiser.tables.own import read_own_tables
from optimiser.process.parameters import neutralisers, process_parameters
from optimiser.process.costs import cost_components, metal_value

feed = Feed(name="NCA80", Ni=0.8, Co=0.15, Al=0.05, mass=960.786)
acids = [load_acids()[name] for name in ("sulfuric", "hydrochloric")]
designs = Designs(np.array([0, 1]), np.array([[50, 2, 0, 96.0786, 60], [50, 5, 0, 96.0786, 60]], dtype=float))
found = {"molar_mass": feed.molar_mass, "electrons": feed.electrons}
for base in ("magnesium_oxide", "ammonia", "sodium_hydroxide"):
    inputs = process_inputs(feed, acids, process_parameters({"neutraliser": base}))
    yields = np.tile([1.0, 1.0, np.nan, 1.0, 1.0], (2, 1))
    balance = mass_balance(designs, yields, inputs)
    found[base] = {
        "metals": balance.metals[0].tolist(),
        "consumed": balance.protons_consumed.tolist(),
        "electrons": balance.electrons_needed.tolist(),
        "base": balance.base.tolist(),
        "base_cost": cost_components(designs, balance, inputs)[0, -1],
        "salt": by_products(designs, balance, inputs).salt.tolist(),
        "chlorine": by_products(designs, balance, inputs).chlorine.tolist(),
        "residue": balance.residue.tolist(),
        "aluminium": float(metal_value(balance, inputs)[0] - balance.metals[0, :4] @ inputs.metal_value[:4]),
    }
Path("dear.csv").write_text("substance,price [EUR/kg pure]\\nMgO,40\\n")
own = read_own_tables(prices="dear.csv").reagents
found["dear"] = own["magnesium_oxide"].price_eur("kg pure")
found["neutralisers"] = neutralisers()
print(json.dumps(found))
"""


SHOWN = ("yield_Li", "yield_Ni", "yield_Mn_low", "spread_Co", "recovery", "cost", "net_value", "salt")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with a row for aluminium, one for magnesium oxide and one for ammonia."""
    folder = tmp_path_factory.mktemp("product")
    for part in ("optimiser", "models", "problems", "configs"):
        shutil.copytree(ROOT / part, folder / part)
    metals, reagents = folder / "models" / "metals.yaml", folder / "models" / "reagents.yaml"
    metals.write_text(metals.read_text(encoding="utf-8") + ALUMINIUM, encoding="utf-8")
    text = reagents.read_text(encoding="utf-8")
    assert text.count("\nenergies:\n") == 1
    reagents.write_text(text.replace("\nenergies:\n", BASES), encoding="utf-8")
    for name, content in {"nca.yaml": PROBLEM, "run.yaml": CONFIG, "table.csv": TABLE}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def python(product: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(product)}
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        cwd=product,
        env=environment,
        check=False,
    )


def optimiser(product: Path, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = python(product, "-m", "optimiser", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_a_fifth_metal_and_further_bases_count_in_every_sum(product: Path) -> None:
    done = python(product, "-c", SUMS)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["molar_mass"] == pytest.approx(96.0786)
    # 4 positive charges: Li 1, Al 3 x 0.05 stay, 0.95 mol of Ni and Co hold 2.85 = 3 each and give one up
    assert found["electrons"] == pytest.approx(0.95)
    magnesia = found["magnesium_oxide"]
    # 10,000 mol: Li 69.4 kg, Ni 8000 x 58.69 g, no Mn, Co 1500 x 58.93 g, Al 500 x 26.982 g
    assert magnesia["metals"] == pytest.approx([69.4, 469.52, 0.0, 88.395, 13.491])
    # Li 1, Ni and Co 2 x 0.95, Al 3 x 0.05: 3.05 protons each; hydrochloric acid reduces too: LiMO2 + 4 HCl
    assert magnesia["consumed"] == pytest.approx([30_500, 40_000])
    assert magnesia["electrons"] == pytest.approx([9_500, 9_500])
    # 1/2 Cl2 of 70.906 g/mol for each of 9,500 mol of electrons
    assert magnesia["chlorine"] == pytest.approx([0.0, 336.80], abs=0.01)
    assert magnesia["residue"] == pytest.approx([0.0, 0.0], abs=1e-9)
    # 500 mol of aluminium at 2 EUR/kg, of which half is paid
    assert magnesia["aluminium"] == pytest.approx(13.491)
    # 20,000 mol of sulfuric acid offer 40,000: 9,500 are left, those of hydrochloric acid 10,000.
    # MgO: 4,750 mol x 40.304 g = 191.44 kg at 0.4 EUR/kg
    assert magnesia["base"] == pytest.approx([191.44, 201.52], abs=0.01)
    assert magnesia["base_cost"] == pytest.approx(76.58, abs=0.01)
    # 4,750 mol of MgSO4 x 120.36 g, 5,000 mol of MgCl2 x 95.21 g
    assert magnesia["salt"] == pytest.approx([571.7, 476.0], abs=0.1)
    # NH3: 9,500 mol x 17.031 g, 4,750 mol of (NH4)2SO4 x 132.13 g; 10,000 mol of NH4Cl x 53.49 g
    assert found["ammonia"]["base"] == pytest.approx([161.79, 170.31], abs=0.01)
    assert found["ammonia"]["salt"] == pytest.approx([627.6, 534.9], abs=0.1)
    # a user's own prices know the new base by its formula
    assert found["dear"] == 40.0
    assert found["neutralisers"][3:] == ["magnesium_oxide", "ammonia", "none"]
    # NaOH as ever: 4,750 mol of Na2SO4 x 142.04 g
    assert found["sodium_hydroxide"]["salt"][0] == pytest.approx(674.7, abs=0.1)


def test_a_run_shows_the_assumed_yield_and_buys_the_new_base(product: Path) -> None:
    done = optimiser(product, "run", "run.yaml", "--out", "out")
    assert "Al 90 % (assumed)" in done.stdout
    front = pd.read_csv(product / "out" / "front.csv")
    assert (front[["yield_Al", "yield_Al_low", "yield_Al_high"]] == 0.9).all(axis=None)
    assert (front["yield_Ni_low"] < front["yield_Ni"]).any()
    page = (product / "out" / "report.html").read_text(encoding="utf-8")
    for told in ("Assumed, not predicted, are these yields", "yield of Al", "magnesium oxide"):
        assert told in page
    assert json.loads((product / "out" / "manifest.json").read_text())["question"]["feed"]["Al"] == 0.05


def test_predict_takes_the_metal_and_leaves_feeds_without_it_as_they_are(product: Path) -> None:
    done = optimiser(product, "predict", "table.csv", "--problem", "nca.yaml", "--out", "nca.csv")
    assert "Assumed, not predicted, are these yields of NCA80: Al 90 %." in done.stdout
    found = pd.read_csv(product / "nca.csv")
    assert found["yield_Al"].tolist() == [0.9, 0.9]
    # recovery is by mass: 69.4 Li, 469.52 Ni, 88.395 Co, 13.491 Al of 640.806 kg
    worth = found["yield_Li"] * 69.4 + found["yield_Ni"] * 469.52 + found["yield_Co"] * 88.395 + 0.9 * 13.491
    assert found["recovery"].tolist() == pytest.approx((worth / 640.806).tolist())
    optimiser(product, "predict", "table.csv", "--feed", "NMC111", "--out", "nmc.csv")
    with_row = pd.read_csv(product / "nmc.csv")
    assert with_row["yield_Al"].isna().all()
    without = predict_frame(pd.read_csv(product / "table.csv"), feed="NMC111")
    np.testing.assert_allclose(with_row[[*SHOWN]].to_numpy(), without[[*SHOWN]].to_numpy(float), rtol=1e-12)
    assert [c for c in with_row if "_Al" not in c] == list(without)


#: What is changed in the problem, what is said of it, and the line that is named.
REFUSED = (
    (", yields: {Al: 0.9}", "", "NCA80 holds Al, whose yield the surrogate pd-gbr does not predict", 2),
    ("yields: {Al: 0.9}", "yields: {Al: 0.9, Ni: 1}", "A yield of Ni is assumed, but the surrogate", 2),
    ("Al: 0.05, ", "", "A yield of Al is assumed, but NCA80 does not hold it", 2),
    ("yields: {Al: 0.9}", "yields: {Al: 90}", "yields.Al = 90 is not possible", 2),
    ("yields: {Al: 0.9}", "yields: {Fe: 1}", "There is no metal 'Fe'", 2),
    ("yield: {Li: 0.3}", "yield: {Al: 0.3}", "on Al, whose yield is assumed", 12),
    ("maximise: recovery", "maximise: yield_Al", "yield of Al, whose yield is assumed", 10),
    ("neutraliser: magnesium_oxide", "neutraliser: magnesia", "There is no neutraliser 'magnesia'", 14),
)
BIND = """
import json, sys
from pathlib import Path
from optimiser.problem.binding import bind
from optimiser._io.errors import InputError
from optimiser.report.check import check_file, check_lines
from optimiser.problem.load import load_problem

said = ["\\n".join(check_lines(check_file("nca.yaml")))]
for text in json.loads(sys.argv[1]):
    Path("bad.yaml").write_text(text)
    try:
        said.append(f"accepted: {bind(load_problem('bad.yaml')).name}")
    except InputError as error:
        said.append(str(error))
print(json.dumps(said))
"""


def test_what_cannot_be_is_refused(product: Path) -> None:
    assert all(old in PROBLEM for old, *_ in REFUSED)
    bad = [PROBLEM.replace(old, new, 1) for old, new, *_ in REFUSED]
    done = python(product, "-c", BIND, json.dumps(bad))
    assert done.returncode == 0, done.stderr
    fine, *refusals = json.loads(done.stdout)
    assert "Assumed, not predicted, are these yields of NCA80: Al 90 %." in fine
    for said, (_, _, told, line) in zip(refusals, REFUSED, strict=True):
        assert told in said
        assert f"bad.yaml, line {line}," in said
    (product / "bad.yaml").write_text(bad[0], encoding="utf-8")
    refused = optimiser(product, "predict", "table.csv", "--problem", "bad.yaml", "--out", "no.csv", status=2)
    assert REFUSED[0][2] in refused.stderr
    assert "yields: {Al: 1.0}" in refused.stderr
    assert not (product / "no.csv").exists()


def test_exported_tables_know_the_new_rows(product: Path) -> None:
    optimiser(product, "tables", "export", "tables")
    prices = pd.read_csv(product / "tables" / "prices.csv").set_index("substance")["price [EUR]"]
    assert (prices["magnesium_oxide"], prices["ammonia"]) == (0.4, 0.6)
    assert "Al salt solubility [g/100 mL]" in pd.read_csv(product / "tables" / "acids.csv").columns
