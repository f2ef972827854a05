"""The Toolkit's profile against its definitions, written out row by row, to 1e-9."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.tables.own_impacts import import_impacts
from optimiser.tables.scenarios import Known, open_scenarios, parse
from optimiser.toolkit.comparison import enrichment_factors, rank_impacts, selectivities, welch_tests
from optimiser.toolkit.profile import ToolkitAcids, read_toolkit_acids, toolkit_sums
from optimiser.variables import Designs

EXACT = {"rtol": 1e-9, "atol": 0.0}
METALS = ("Li", "Ni", "Mn", "Co")
#: Sulfuric: 98 g/mol, 98 %, 1.8 kg/L, 0.1 EUR/kg.
ONE_ACID = ToolkitAcids(("sulfuric",), *(np.array([v]) for v in (-3.0, 98.0, 0.98, 1.8, 0.1, 0.1899, 2.0)))


def designs(acid: np.ndarray, table: pd.DataFrame) -> Designs:
    columns = ["temp", "acidC", "H2O2_conc", "solidToLiquid", "time"]
    return Designs(acid, table[columns].to_numpy(dtype=np.float64))


def test_by_hand() -> None:
    # LCO, 100 g/L: 1e6/100 = 10,000 L; 2 mol/L: 20,000 mol x 98 g = 1960 kg pure = 2000 kg stock
    # = 1111.111 L; water 8888.889 L. Cost 200 EUR. 60 min: 2 x (1000/2.11 + 10,000)/1000 = 20.947867 kWh;
    # 85 degC: 8888.889 x 4.186 x 60 / 3600 = 620.148148 kWh. x 0.1899: 3.978 and 117.766 EUR.
    # Metal: M = 6.94 + 58.93 + 31.998 = 97.868; (1e6/97.868) mol: Li 0.5 x 6.94 = 35.4559 kg, Co 1 x 58.93
    table = pd.DataFrame({"temp": [85], "acidC": [2], "H2O2_conc": [9], "solidToLiquid": [100], "time": [60]})
    sums = toolkit_sums(
        designs(np.array([0]), table),
        np.array([[0.5, math.nan, 1.0, 1.0]]),
        np.array([1.0, 0, 0, 1]),
        ONE_ACID,
    )
    s = sums.frame.iloc[0]
    assert s.iloc[:4].tolist() == pytest.approx([1e4, 2e4, 1960, 2000])
    assert (s["acid, stock [L]"], s["water [L]"]) == pytest.approx((2000 / 1.8, 1e4 - 2000 / 1.8))
    assert (s["mixing [kWh]"], s["heating [kWh]"]) == pytest.approx((20.947867, 620.148148))
    costs = [s[f"{name} cost [EUR]"] for name in ("acid", "mixing", "heating")]
    assert costs == pytest.approx([200, 3.978, 117.76613], rel=1e-6)
    metals = [s[f"{metal} leached [kg]"] for metal in METALS]
    np.testing.assert_allclose(metals, [35.4559, 0, 0, 602.1375], rtol=1e-5)  # Mn's "1.0" does not count
    assert s["total cost [EUR/kg metal]"] == pytest.approx((200 + 3.978 + 117.766) / 637.5934, rel=1e-5)


def test_faults_stand_as_they_are() -> None:
    # cooling is priced as heating: 5 degC costs what 45 degC costs; water below zero is accepted
    table = pd.DataFrame(
        {"temp": [5, 45, 25], "acidC": [1, 1, 30], "H2O2_conc": 0, "solidToLiquid": 50, "time": 0}
    )
    s = toolkit_sums(designs(np.zeros(3, int), table), np.full((3, 4), 0.5), np.ones(4), ONE_ACID).frame
    assert s["heating cost [EUR]"][0] == s["heating cost [EUR]"][1] > 0
    assert s["water [L]"][2] < 0


def test_an_acid_that_the_table_lacks_has_metals_and_mixing_but_no_cost_of_acid() -> None:
    table = pd.DataFrame({"temp": [65], "acidC": [2], "H2O2_conc": 0, "solidToLiquid": 50, "time": 60})
    assert ONE_ACID.rows(["methanesulfonic", "sulfuric"]).tolist() == [-1, 0]
    s = toolkit_sums(designs(np.array([-1]), table), np.full((1, 4), 0.5), np.ones(4), ONE_ACID).frame
    assert s["acid, stock [kg]"].isna().all() and s["total cost [EUR]"].isna().all()
    assert s["Li leached [kg]"][0] > 0 and s["mixing cost [EUR]"][0] > 0


def test_negative_and_repeated_cells_are_refused(tmp_path: Path) -> None:
    header = "Acid,pKa1,Mr,density,Purity,price kg\n"
    path = tmp_path / "acids.csv"
    for body, told in (
        ("Nitric,-1.3,63,-1.5,0.67,0.4\n", "row 2, column density (D2)"),
        ("Nitric,-1.3,63,1.5,0.67,0.4\nHNO3,-1.3,63,1.5,0.67,0.4\n", "row 3"),
    ):
        path.write_text(header + body)
        with pytest.raises(InputError) as error:
            read_toolkit_acids(path)
        assert told in error.value.where


# --- the shared workbooks, definition by definition -------------------------------------------------------


@pytest.fixture(scope="module")
def acids(shared_data: Path) -> ToolkitAcids:
    return read_toolkit_acids(shared_data / "Acid_properties.xlsx")


def test_every_acid_of_the_workbook_is_read(acids: ToolkitAcids) -> None:
    assert len(acids.names) == 12
    assert acids.names[4] == "hydrochloric"
    # nitric: 447 USD/t x 0.88 / 1000 = 0.39336 EUR/kg; hydrochloric's density is the faulty one
    assert acids.price[0] == pytest.approx(0.39336, rel=1e-12)
    assert acids.density[4] == 1.07


def rows_of(workbook: Path, acids: ToolkitAcids) -> np.ndarray:
    """Which row of the Toolkit's table each scenario uses, as the profile finds it: by structure."""
    source = open_scenarios(workbook)
    read = [parse(source, piece, Known(load_acids())) for piece in source.chunks()]
    return np.concatenate([acids.rows([s.acids[k].name for k in s.acid]) for s in read])


@pytest.mark.parametrize("workbook", ["Acid_test.xlsx", "CaseStudy2.xlsx", "CaseStudy3.xlsx"])
def test_the_structure_finds_the_acid_that_the_toolkit_finds_by_pka1(
    shared_data: Path, acids: ToolkitAcids, workbook: str
) -> None:
    stated = pd.read_excel(shared_data / workbook)["pKa1"].to_numpy(dtype=np.float64)
    by_pka1 = [next((k for k, pka in enumerate(acids.pka1) if pka == given), -1) for given in stated]
    assert rows_of(shared_data / workbook, acids).tolist() == by_pka1


@pytest.mark.parametrize("workbook", ["Acid_test.xlsx", "CaseStudy2.xlsx", "CaseStudy3.xlsx"])
def test_parity_of_mass_balance_cost_and_impacts(
    shared_data: Path, acids: ToolkitAcids, workbook: str
) -> None:
    scenarios = pd.read_excel(shared_data / workbook)
    properties = pd.read_excel(shared_data / "Acid_properties.xlsx")
    factors = pd.read_excel(shared_data / "Acids_impacts.xlsx")
    n = len(scenarios)
    yields = np.random.default_rng(7).uniform(0.1, 1.0, (n, 4))
    composition = np.column_stack([np.ones(n), scenarios[["inputNi", "inputMn", "inputCo"]]])
    table = import_impacts(shared_data / "Acids_impacts.xlsx")
    rows = rows_of(shared_data / workbook, acids)
    sums = toolkit_sums(designs(rows, scenarios), yields, composition, acids, table)
    s = sums.frame
    known = 0
    for i, row in scenarios.iterrows():
        acid = properties[properties["pKa1"] == row["pKa1"]]
        v = 1e6 / row["solidToLiquid"]
        mixing = 2 * (1000 / 2.11 + v) / 1000 * row["time"] / 60
        m = 6.94 + row["inputNi"] * 58.69 + row["inputMn"] * 54.94 + row["inputCo"] * 58.93 + 2 * 15.999
        metal = 0.0
        for share, y, mass in zip(composition[i], yields[i], (6.94, 58.69, 54.94, 58.93), strict=True):
            metal += 1e6 / m * share * y * mass / 1000
        np.testing.assert_allclose(
            s[[f"{name} leached [kg]" for name in METALS]].sum(axis=1)[i], metal, **EXACT
        )
        np.testing.assert_allclose(s["mixing cost [EUR]"][i], mixing * 0.1899, **EXACT)
        if not len(acid):  # an acid of the third case study
            assert np.isnan(s["total cost [EUR]"][i]) and np.isnan(sums.impacts[i]).all()
            continue
        known += 1
        a = acid.iloc[0]
        pure = a["Mr"] * v * row["acidC"] / 1000
        stock = pure / a["Purity"]
        volume = stock / a["density"]
        price = a["price kg"] if math.isnan(a["USD/MT"]) else a["USD/MT"] * 0.88 / 1000
        heating = (v - volume) * 4.186 * abs(row["temp"] - 25) / 3600
        for ours, theirs in (
            ("leachant [L]", v), ("acid [mol]", v * row["acidC"]), ("acid, pure [kg]", pure),
            ("acid, stock [kg]", stock), ("acid, stock [L]", volume), ("water [L]", v - volume),
            ("acid cost [EUR]", stock * price), ("heating cost [EUR]", heating * 0.1899),
            ("acid cost [EUR/kg metal]", stock * price / metal),
            ("total cost [EUR/kg metal]", (stock * price + (heating + mixing) * 0.1899) / metal),
        ):  # fmt: skip
            np.testing.assert_allclose(s[ours][i], theirs, **EXACT)
        if a["Acid"] in factors.columns:
            np.testing.assert_allclose(sums.impacts[i], factors[a["Acid"]] * stock, **EXACT)
        else:
            assert np.isnan(sums.impacts[i]).all()
    assert known >= 2


@pytest.mark.parametrize("workbook", ["Acid_test.xlsx", "CaseStudy2.xlsx", "CaseStudy3.xlsx"])
def test_parity_of_selectivity_and_enrichment(shared_data: Path, workbook: str) -> None:
    scenarios = pd.read_excel(shared_data / workbook)
    yields = np.random.default_rng(8).uniform(0.1, 1.0, (len(scenarios), 4))
    composition = np.column_stack([np.ones(len(scenarios)), scenarios[["inputNi", "inputMn", "inputCo"]]])
    tables, ef = selectivities(yields), enrichment_factors(yields, composition)
    for r in range(len(scenarios)):
        leached = [composition[r][i] * yields[r][i] for i in range(4)]
        for i in range(4):
            x_leachate, x_feed = leached[i] / sum(leached), composition[r][i] / sum(composition[r])
            np.testing.assert_allclose(ef[r, i], x_leachate / x_feed, **EXACT)
            for j in range(4):
                np.testing.assert_allclose(tables[METALS[i]][r, j], yields[r][i] / yields[r][j], **EXACT)


def test_parity_of_ranks(shared_data: Path, acids: ToolkitAcids) -> None:
    scenarios = pd.read_excel(shared_data / "CaseStudy2.xlsx")
    table = import_impacts(shared_data / "Acids_impacts.xlsx")
    rows = rows_of(shared_data / "CaseStudy2.xlsx", acids)
    impacts = toolkit_sums(designs(rows, scenarios), np.full((6, 4), 0.5), np.ones(4), acids, table).impacts
    ranking = rank_impacts(pd.DataFrame(impacts))
    scores = []
    for i in range(6):
        score = 0
        for c in range(impacts.shape[1]):
            lower = sum(impacts[j, c] < impacts[i, c] for j in range(6))
            before = sum(impacts[j, c] == impacts[i, c] for j in range(i))
            assert ranking[c][i] == 1 + lower + before
            score += 1 + lower + before
        scores.append(score)
        assert ranking["score"][i] == score
    assert ranking["overall"].tolist() == [1 + sum(other < score for other in scores) for score in scores]


def test_parity_of_t_tests() -> None:
    from scipy.stats import t as student

    rng = np.random.default_rng(9)
    mean, spread = rng.uniform(0.3, 0.9, (5, 4)), rng.uniform(0.01, 0.2, (5, 4))
    tests = welch_tests(mean, spread)
    row = 0
    for a in range(5):
        for b in range(a + 1, 5):
            assert tests.pairs[row].tolist() == [a, b]
            for m in range(4):
                va, vb = spread[a, m] ** 2 / 776, spread[b, m] ** 2 / 776
                t = (mean[a, m] - mean[b, m]) / math.sqrt(va + vb)
                nu = (va + vb) ** 2 / (va**2 / 775 + vb**2 / 775)
                p = 2 * student.sf(abs(t), nu)
                np.testing.assert_allclose(tests.t[row, m], t, **EXACT)
                np.testing.assert_allclose(tests.p[row, m], p, rtol=1e-9, atol=1e-300)
                assert tests.significant[row, m] == (p < 0.05 / 10)
            row += 1
    assert row == len(tests.pairs) == 10
