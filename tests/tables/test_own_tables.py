"""A user's own tables: read, refused with the place of the mistake, written and read again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.reagents import load_reagents
from optimiser.process.balance import mass_balance
from optimiser.process.costs import COMPONENTS, climate_components, cost_components
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import process_parameters
from optimiser.tables.export import tables
from optimiser.tables.own import OwnTables, read_own_tables
from optimiser.tables.own_acids import import_acids
from optimiser.tables.own_impacts import import_impacts
from optimiser.tables.own_prices import import_prices, with_prices
from optimiser.toolkit.parity import BEGIN, END, parity
from optimiser.toolkit.profile import read_toolkit_acids
from optimiser.variables import Designs
from tests.paths import ROOT

ESA = "acid,smiles,pKa1,purity [kg/kg],density [kg/L]\nfancy,CCS(=O)(=O)O,-1.9,0.7,1.35\n"


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- acids --------------------------------------------------------------------------------------------------


def test_a_custom_acid_is_the_same_from_every_kind_of_file(tmp_path: Path) -> None:
    csv = import_acids(write(tmp_path, ESA)).acids["fancy"]
    pd.read_csv(tmp_path / "table.csv").to_excel(tmp_path / "table.xlsx", index=False)
    xlsx = import_acids(tmp_path / "table.xlsx").acids["fancy"]
    pd.read_csv(tmp_path / "table.csv").to_parquet(tmp_path / "table.parquet")
    parquet = import_acids(tmp_path / "table.parquet").acids["fancy"]
    text = "acids:\n  fancy: {smiles: CCS(=O)(=O)O, pKa: -1.9, stock: {purity: 0.7, density: 1.35}}\n"
    yaml = import_acids(write(tmp_path, text, "table.yaml")).acids["fancy"]
    for acid in (csv, xlsx, parquet, yaml):
        assert (acid.purity, acid.density, acid.pKa_values, acid.name) == (0.7, 1.35, (-1.9,), "fancy")
        # 0.7 x 1350 / 110.133 = 8.581 mol/L
        assert acid.max_molarity == pytest.approx(8.581, abs=1e-3)
        assert acid.price is None
    assert "row 2" in csv.stock.purity.source


def test_an_acid_under_a_second_name_is_refused_by_its_structure(tmp_path: Path) -> None:
    twins = {
        # lactic acid's structure, written otherwise and as one of its mirror images
        "acid,smiles,pKa1,purity,density\nmilk,C[C@H](O)C(O)=O,3.86,0.9,1.2\n": ("milk", "lactic"),
        "acid,smiles\ncitric,CC(O)C(=O)O\n": ("citric", "lactic"),
        # two new ones that are the same
        ESA + "esylic,OS(=O)(=O)CC,-1.9,0.7,1.35\n": ("esylic", "fancy"),
    }
    for text, (name, twin) in twins.items():
        with pytest.raises(InputError, match=f"'{name}' has the structure of '{twin}'") as error:
            import_acids(write(tmp_path, text))
        assert "table.csv" in error.value.where
        assert twin in error.value.remedy
    # under its own name (or an alias) the same structure only completes it
    same = import_acids(write(tmp_path, "acid,smiles,density\nlactic acid,OC(C)C(O)=O,1.21\n")).acids
    assert same["lactic"].density == 1.21
    assert list(same) == list(load_acids())


def test_a_row_completes_a_known_acid_and_empty_cells_leave_it(tmp_path: Path) -> None:
    table = write(tmp_path, "acid;purity [%];density [kg/m3];smiles\nH2SO4;96;;\n")
    acids = import_acids(table).acids
    assert acids["sulfuric"].purity == pytest.approx(0.96)
    assert acids["sulfuric"].density == load_acids()["sulfuric"].density
    assert acids["nitric"] == load_acids()["nitric"]


@pytest.mark.parametrize(
    ("text", "told", "where"),
    [
        ("acid,denisty\nHCl,1.2\n", "Unknown column 'denisty'", "header, column B"),
        ("acid,density\nHCl,1.2\nhydrochloric,1.2\n", "'hydrochloric' is listed twice", "row 3"),
        ("acid,density\nHCl,-1.2\n", "Density -1.2 is outside", "row 2, column density (B2)"),
        ("acid,density\nHCl,1.2 kg/L\n", "'1.2 kg/L' is not a number", "row 2, column density (B2)"),
        ('acid,density\nHCl,"1,2"\n', "'1,2' is not a number", "(B2)"),
        ("acid,purity\nHCl,36\nnitric,0.67\n", "mixed units: 36 in row 2, 0.67 in row 3", "(B2)"),
        ("acid,density [lb/gal]\nHCl,1.2\n", "Column 'density' is in 'lb/gal'", "header, column B"),
        ("acid,purity\nHCl,36\n", "not physical", "row 2"),
        ("acid,density\nnew,1.2\n", "lacks smiles, pKa, stock.purity", "row 2"),
        ("acid,density\n,1.2\n", "Acid is blank", "(A2)"),
        ("acid,density\n", "has no rows", ""),
        ("", "is empty", ""),
        ("density\n1.2\n", "Column 'acid' is missing", "header"),
        ("acid,acid,density\nHCl,HCl,1\n", "given twice", "column B"),
        ("acid,density\nHCl,1.2,9\n", "Row 2 has 3 cells", "row 2"),
        ("acid,density\nHCl,1.2\nHNO3,1.4,9\n", "has 3 cells", "row 3"),
        ("acid,density,\nHCl,1.2,9\n", "without a name", "row 2, column C"),
        ("acid,density\nHCl,TRUE\n", "True is not a number", "(B2)"),
        ("acid,zwitterion\nglycine,maybe\n", "'maybe' is neither yes nor no", "(B2)"),
    ],
)
def test_acids_refused(tmp_path: Path, text: str, told: str, where: str) -> None:
    with pytest.raises(InputError) as error:
        import_acids(write(tmp_path, text))
    assert told in error.value.what
    assert where in error.value.where
    assert "table.csv" in str(error.value)


def test_the_closest_column_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        import_acids(write(tmp_path, "acid,denisty\nHCl,1.2\n"))
    assert error.value.remedy == "did you mean 'density'?"


def test_a_workbook_with_several_sheets_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "mine.xlsx"
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame({"acid": ["HCl"], "density": [1.19]}).to_excel(writer, sheet_name="new", index=False)
        pd.DataFrame({"acid": ["HCl"], "density": [1.18]}).to_excel(writer, sheet_name="old", index=False)
        pd.DataFrame().to_excel(writer, sheet_name="notes", index=False)
    with pytest.raises(InputError, match="several sheets with content") as error:
        import_acids(path)
    assert error.value.remedy == "name it after a #: mine.xlsx#new"
    assert import_acids(f"{path}#old").acids["hydrochloric"].density == 1.18
    with pytest.raises(InputError, match="no sheet 'odl'") as error:
        import_acids(f"{path}#odl")
    assert "old" in error.value.remedy
    with pytest.raises(InputError, match="has no rows"):
        import_acids(f"{path}#notes")


@pytest.mark.parametrize("name", ["missing.csv", "broken.xlsx", "table.docx", "."])
def test_files_that_are_no_tables(tmp_path: Path, name: str) -> None:
    for made in ("broken.xlsx", "table.docx"):
        write(tmp_path, "no table", made)
    with pytest.raises(InputError, match=r"does not exist|cannot be read|not a table|directory"):
        import_acids(tmp_path / name)


def test_the_toolkits_acids_complete_ours_but_known_faults_stay_mended(shared_data: Path) -> None:
    ours = load_acids()
    read = import_acids(shared_data / "Acid_properties.xlsx")
    for name in ("hydrochloric", "nitric", "sulfuric", "formic", "oxalic"):
        assert read.acids[name] == ours[name], name
    assert read.acids["levulinic"].price is None
    assert read.acids["tartaric"].purity == 0.95  # no fault: its number counts
    assert any("hydrochloric: the Toolkit's density of 1.07" in note for note in read.notes)
    assert any("levulinic: the Toolkit's price of 25.28" in note for note in read.notes)
    assert len(read.notes) == 9


def test_a_cell_that_the_user_changed_counts(shared_data: Path, tmp_path: Path) -> None:
    frame = pd.read_excel(shared_data / "Acid_properties.xlsx")
    frame.loc[frame["Acid"] == "HCl", "density"] = 1.16
    frame.loc[frame["Acid"] == "HCl", "USD/MT"] = 200
    frame.to_excel(tmp_path / "mine.xlsx", index=False)
    acid = import_acids(tmp_path / "mine.xlsx").acids["hydrochloric"]
    assert acid.density == 1.16
    assert acid.price is not None
    assert (acid.price.value, acid.price.currency, acid.price.period) == (0.2, "USD", "2025-Q1")


# --- prices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "acid,price [EUR/kg]\nHCl,0.2\n",
        "acid,price [EUR/t]\nHCl,200\n",
        "acid,price,unit\nHCl,0.2,€/kg\n",
        "substance,price,currency,per\nhydrochloric acid,0.2,EUR,kg stock\n",
        "Impact category,Unit,HCl\nAcid costs,€/kg,0.2\n",
    ],
)
def test_a_price_may_be_written_in_these_ways(tmp_path: Path, text: str) -> None:
    price = import_prices(write(tmp_path, text))["hydrochloric"]
    assert price.euro() == pytest.approx(0.2)
    assert price.per == "kg stock"


def test_prices_in_yaml_and_in_dollars_of_a_period(tmp_path: Path) -> None:
    text = "currency: USD\nperiod: 2025-Q1\nprices: {sulfuric: 0.10523, heat: {value: 0.1, currency: EUR}}\n"
    prices = import_prices(write(tmp_path, text, "p.yaml"))
    assert prices["sulfuric"].euro() == pytest.approx(0.1)  # 1.0523 USD/EUR
    assert prices["heat"].unit == "EUR/kWh"
    rows = write(tmp_path, "acid,price [USD/kg],period\nsulfuric,0.10523,2025-Q1\n")
    assert import_prices(rows)["sulfuric"].euro() == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("text", "told", "where"),
    [
        ("acid,price\nHCl,0.2\n", "has no currency", "(B2)"),
        ("acid,price [kg]\nHCl,0.2\n", "names no currency", "header"),
        ("acid,price [EUR/kg]\nHCl,-0.2\n", "-0.2 is outside", "(B2)"),
        ("acid,price [EUR/kg]\nHCl,cheap\n", "'cheap' is not a number", "(B2)"),
        ("acid,price,unit\nHCl,0.2,EUR/kg\nnitric,300,EUR/t\n", "mixed units", "row 3"),
        ("acid,price,currency\nHCl,0.2,EUR\nnitric,0.3,USD\n", "mixed units", "row 3"),
        ("acid,price [EUR/kg],currency\nHCl,0.2,USD\n", "mixed units: EUR and USD", "row 2"),
        ("acid,price [EUR/kg],low [USD/kg]\nHCl,0.2,0.1\n", "mixed units", "header"),
        ("acid,price [USD/kg]\nHCl,0.2\n", "no period", "row 2"),
        ("acid,price [USD/kg],period\nHCl,0.2,1999\n", "no exchange rate of USD for 1999", "row 2"),
        ("acid,price [EUR/L]\nHCl,0.2\n", "per 'L'", "header"),
        ("acid,price [EUR/kWh]\nHCl,0.2\n", "is per kWh", "row 2"),
        ("acid,price [EUR/kg]\nHLC,0.2\n", "'HLC' is no acid", "(A2)"),
        ("acid,price [EUR/kg]\nHCl,0.2\nhydrochloric,0.2\n", "listed twice", "row 3"),
        ("acid,price [EUR/kg],low,high\nHCl,0.9,0.1,0.5\n", "not between its low", "row 2"),
        ("acid,prize [EUR/kg]\nHCl,0.9\n", "Unknown column", "header, column B"),
        ("Impact category,Unit,HCl\nAcid costs,kg,0.2\n", "names no currency", "row 2"),
        ("Impact category,Unit,HCl,Foo\nAcid costs,EUR/kg,0.2,1\n", "'Foo' is no acid", "column D"),
    ],
)
def test_prices_refused(tmp_path: Path, text: str, told: str, where: str) -> None:
    with pytest.raises(InputError) as error:
        import_prices(write(tmp_path, text))
    assert told in error.value.what
    assert where in error.value.where


def test_a_misspelt_price_column_is_told_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Unknown column") as error:
        import_prices(write(tmp_path, "acid,prize [EUR/kg]\nHCl,0.9\n"))
    assert error.value.remedy == "did you mean 'price'?"


def test_a_yaml_of_prices_needs_a_currency(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no currency") as error:
        import_prices(write(tmp_path, "prices:\n  HCl: 0.2\n", "p.yaml"))
    assert "line 2" in error.value.where


def test_the_toolkits_older_prices(shared_data: Path) -> None:
    prices = import_prices(shared_data / "Acids_costs.xlsx")
    assert len(prices) == 11
    assert prices["sulfuric"].unit == "EUR/kg stock"
    assert prices["malic"].euro() == pytest.approx(2.31)


def test_an_edited_price_does_not_keep_the_source_of_the_old_one() -> None:
    acids, reagents = load_acids(), load_reagents()
    old = acids["sulfuric"].price
    assert old is not None
    same, _ = with_prices(acids, reagents, {"sulfuric": old})
    assert same == acids
    dearer = old.model_copy(update={"value": 0.2, "source": old.source_text})
    new, _ = with_prices(acids, reagents, {"sulfuric": dearer})
    assert new["sulfuric"].price is not None
    assert new["sulfuric"].price.source.startswith("changed in a table of prices")


# --- impacts ------------------------------------------------------------------------------------------------


def test_impacts_missing_cells_stay_missing_and_are_named(tmp_path: Path) -> None:
    header = "category,unit,HCl,citric acid,heat [per kWh]\n"
    text = header + "climate change,kg CO2 eq/kg,0.5,,0.2\nwater use,m3 depriv.,1,2,\n"
    table = import_impacts(write(tmp_path, text))
    assert table.substances == ("hydrochloric", "citric", "heat")
    assert table.units == ("kg CO2 eq", "m3 depriv.")
    assert table.missing == (("climate change", "citric"), ("water use", "heat"))
    yaml = (
        "impacts:\n  climate change: {unit: kg CO2 eq/kg, factors: {HCl: 0.5, heat: 0.2, citric: }}\n"
        "  water use: {unit: m3 depriv./kg, factors: {HCl: 1, citric: 2}}\n"
    )
    again = import_impacts(write(tmp_path, yaml, "i.yaml"))
    assert again.units == table.units
    assert {(c, s): again.factor(c, s) for c in again.categories for s in again.substances} == pytest.approx(
        {(c, s): table.factor(c, s) for c in table.categories for s in again.substances}, nan_ok=True
    )


@pytest.mark.parametrize(
    ("text", "told", "where"),
    [
        ("category,unit,HCl\nclimate change,kg CO2 eq/t,5\n", "'kg CO2 eq/t' is not per kg", "(B2)"),
        ("category,unit,HCl\nclimate change,kg CO2 eq per L,5\n", "not per kg", "(B2)"),
        ("category,unit,HCl\nclimate change,kg CO2 eq/kg stock,5\n", "not per kg", "(B2)"),
        ("category,unit,HCl [per t]\nclimate change,kg CO2 eq,5\n", "not per kg", "column C"),
        ("category,unit,HCl\nclimate change,,5\n", "no unit", "(B2)"),
        ("category,unit,HLC\nclimate change,kg CO2 eq,5\n", "Unknown column 'HLC'", "column C"),
        ("category,unit,HCl,hydrochloric\nclimate change,kg CO2 eq,5,5\n", "listed twice", "column D"),
        ("category,unit,HCl\nwater use,m3,5\nWater use,m3,5\n", "listed twice", "(A3)"),
        ("category,unit,HCl\nwater use,m3,-5\n", "-5 is not possible", "(C2)"),
        ("category,unit,HCl\nwater use,m3,much\n", "'much' is not a number", "(C2)"),
        ("category,HCl\nwater use,5\n", "Column 'unit' is missing", "header"),
        ("category,unit\nwater use,m3\n", "names no acid", "header"),
        ("category,unit,HCl\n,m3,5\n", "Category is blank", "(A2)"),
    ],
)
def test_impacts_refused(tmp_path: Path, text: str, told: str, where: str) -> None:
    with pytest.raises(InputError) as error:
        import_impacts(write(tmp_path, text))
    assert told in error.value.what
    assert where in error.value.where


def test_only_climate_change_may_be_negative(tmp_path: Path) -> None:
    table = import_impacts(
        write(tmp_path, "category,unit,citric\nClimate change - Biogenic,kg CO2 eq,-1.5\n")
    )
    assert table.factors[0, 0] == -1.5


def test_the_toolkits_factors_are_told_to_be_placeholders(shared_data: Path) -> None:
    table = import_impacts(shared_data / "Acids_impacts.xlsx")
    assert table.factors.shape == (19, 9)
    assert "placeholders" in table.notes[0]


# --- each table changes the result, by sums done by hand ----------------------------------------------------


def sums(own: OwnTables, acid: str) -> tuple[dict[str, float], dict[str, float]]:
    """97.868 kg of LiCoO2 is 1000 mol; at 97.868 g/L the leachant is 1000 L, at 2 mol/L it holds 2000 mol."""
    feed = Feed(name="LCO", Co=1.0, mass=97.868)
    inputs = process_inputs(feed, [own.acids[acid]], process_parameters(), own.reagents)
    designs = Designs(np.array([0]), np.array([[60.0, 2.0, 0.0, 97.868, 120.0]]))
    balance = mass_balance(designs, np.array([[1.0, np.nan, np.nan, 0.5]]), inputs)
    cost, climate = cost_components(designs, balance, inputs), climate_components(designs, balance, inputs)
    return dict(zip(COMPONENTS, cost[0], strict=True)), dict(zip(COMPONENTS, climate[0], strict=True))


def test_a_price_table_changes_the_cost(tmp_path: Path) -> None:
    # 2000 mol x 36.461 g = 72.922 kg pure = 202.561 kg of 36 % stock: at 0.5 EUR/kg 101.28 EUR
    usual, _ = sums(read_own_tables(), "hydrochloric")
    path = write(tmp_path, "substance,price [EUR],per\nHCl,0.5,kg stock\nheat,0.14,kWh\n")
    mine, _ = sums(read_own_tables(prices=path), "hydrochloric")
    assert mine["acid"] == pytest.approx(101.28, abs=0.01)
    assert mine["acid"] > usual["acid"]
    assert mine["heat"] == pytest.approx(2 * usual["heat"])  # 0.07 is ours
    assert mine["power"] == usual["power"]


def test_an_impact_table_changes_the_climate_change(tmp_path: Path) -> None:
    # 72.922 kg pure (not 202.561 kg stock) x 2 = 145.84 kg CO2 eq
    _, usual = sums(read_own_tables(), "hydrochloric")
    path = write(tmp_path, "category,unit,HCl,power\nclimate change,kg CO2 eq/kg,2,0\n")
    own = read_own_tables(impacts=path)
    _, mine = sums(own, "hydrochloric")
    assert mine["acid"] == pytest.approx(145.84, abs=0.01)
    assert mine["acid"] > usual["acid"]
    assert mine["power"] == 0.0 < usual["power"]
    assert own.impacts.factor("climate change", "sulfuric") == 0.122  # ours completes the user's


def test_an_acid_table_changes_the_stock_and_brings_new_acids_to_the_other_tables(tmp_path: Path) -> None:
    # purer stock, less of it: 72.922 / 0.30 = 243.07 kg instead of 202.56 kg
    usual, _ = sums(read_own_tables(), "hydrochloric")
    weaker, _ = sums(read_own_tables(acids=write(tmp_path, "acid,purity\nHCl,0.30\n")), "hydrochloric")
    assert weaker["acid"] == pytest.approx(usual["acid"] * 0.36 / 0.30)
    # a new acid: 2000 mol x 110.133 g = 220.27 kg pure = 314.67 kg of 70 %; at 2 EUR/kg 629.3 EUR
    acids = write(tmp_path, ESA, "acids.csv")
    prices = write(tmp_path, "acid,price [EUR/kg]\nfancy,2\n", "prices.csv")
    impacts = write(tmp_path, "category,unit,fancy\nclimate change,kg CO2 eq,3\n", "impacts.csv")
    cost, climate = sums(read_own_tables(acids, prices, impacts), "fancy")
    assert cost["acid"] == pytest.approx(629.3, abs=0.1)
    assert climate["acid"] == pytest.approx(3 * 220.27, abs=0.05)


# --- export -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_what_is_exported_reads_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "tables"
    command = [sys.executable, "-W", "error", "-m", "optimiser", "tables", "export", str(folder)]
    done = subprocess.run([*command, "--format", suffix], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    own = read_own_tables(*(folder / f"{name}.{suffix}" for name in ("acids", "prices", "impacts")))
    usual = read_own_tables()
    assert own.acids == usual.acids
    assert own.reagents == usual.reagents
    assert own.notes == ()
    np.testing.assert_array_equal(
        [own.impacts.factor("climate change", s) for s in usual.impacts.substances], usual.impacts.factors[0]
    )
    again = subprocess.run([*command, "--format", suffix], capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_headers_name_their_units() -> None:
    found = tables(load_acids(), load_reagents())
    assert {"density [kg/L]", "purity [kg/kg]", "Co salt solubility [g/100 mL]"} <= set(found["acids"])
    assert "price [EUR]" in found["prices"]
    assert {"sulfuric [per kg pure]", "heat [per kWh]"} <= set(found["impacts"])
    assert len(found["prices"]) == len(load_acids()) + len(load_reagents())


@pytest.mark.parametrize("change", [lambda f: f.assign(acid=f["acid"].str.upper()), lambda f: f.iloc[::-1]])
def test_order_and_case_of_rows_do_not_matter(
    tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    frame = change(tables(load_acids(), load_reagents())["acids"])
    frame.to_csv(tmp_path / "acids.csv", index=False)
    assert import_acids(tmp_path / "acids.csv").acids == load_acids()


@pytest.mark.parametrize("name", ["h2o2", "H2O2", "hydrogen_peroxide", "hydrogen peroxide"])
def test_hydrogen_peroxide_is_understood_by_each_of_its_names(tmp_path: Path, name: str) -> None:
    text = f"substance,price [EUR],per\n{name},1.5,kg pure\n"
    assert import_prices(write(tmp_path, text))["h2o2"].euro() == 1.5


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_of_parity_is_up_to_date(shared_data: Path) -> None:
    page = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")
    acids = read_toolkit_acids(shared_data / "Acid_properties.xlsx")
    text = parity(acids, import_impacts(shared_data / "Acids_impacts.xlsx"))
    found = page.partition(BEGIN)[2].partition(END)[0]
    assert found.strip() == text.strip(), "run python -m optimiser.toolkit.parity ... docs/parity.md"
