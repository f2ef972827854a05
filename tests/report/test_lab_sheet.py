"""The laboratory sheet: setpoints and amounts worked by hand; it goes out, is filled in and read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.chemistry.mixtures import mixture_of
from optimiser.chemistry.reagents import load_reagents
from optimiser.process.parameters import process_parameters
from optimiser.report.lab_amounts import LONG, STEPS, amounts, assumptions, laboratory_setpoints
from optimiser.report.lab_sheet import HOW_TO, lab_frame, write_lab_sheet, write_template
from optimiser.report.lab_words import steps
from optimiser.tables.own_results import SHEET, read_results
from optimiser.variables import CONTINUOUS, VARIABLES, Designs

ACIDS = [load_acids()[name] for name in ("sulfuric", "citric")]
NMC = find_feed("NMC111")


def designs(*rows: tuple[float, ...], acid: int = 0) -> Designs:
    return Designs(np.full(len(rows), acid, dtype=np.intp), np.array(rows, dtype=np.float64))


# --- setpoints ----------------------------------------------------------------------------------------------


def test_setpoints_are_what_a_laboratory_can_set() -> None:
    given = designs(
        (60.4, 2.02, 1.97, 50.2, 29.6), (60.6, 2.03, 0.04, 50.6, 61.0), (25.0, 0.14, 0.0, 7.5, 32.4)
    )
    found = laboratory_setpoints(given)
    expected = [[60.0, 2.0, 2.0, 50.0, 30.0], [61.0, 2.05, 0.0, 51.0, 60.0], [25.0, 0.15, 0.0, 8.0, 30.0]]
    assert found.continuous.tolist() == expected  # no 0.15000000000000002
    assert found.acid is given.acid


def test_rounding_keeps_the_bounds() -> None:
    given = designs((60.4, 2.04, 2.0, 50.4, 58.0))
    low = np.array([60.2, 2.01, 0.0, 50.1, 57.5])
    high = np.array([70.0, 2.04, 5.0, 50.45, 58.0])
    # the next step inside (61), or the setpoint itself where no step is inside
    expected = [[61.0, 2.04, 2.0, 50.4, 58.0]]
    assert laboratory_setpoints(given, low, high).continuous.tolist() == expected
    assert laboratory_setpoints(given, low[None], high[None]).continuous.tolist() == expected


@given(st.tuples(*(st.floats(v.low, v.high) for v in VARIABLES)))
def test_any_setpoint_stays_possible_and_near(row: tuple[float, ...]) -> None:
    (found,) = laboratory_setpoints(designs(row)).continuous
    for variable, before, after in zip(VARIABLES, row, found, strict=True):
        long = variable.name == "time" and before > LONG
        step = 5.0 if long else STEPS[variable.name]
        assert variable.low <= after <= variable.high
        assert abs(after - before) <= step  # half a step, or the next one inside
    again = laboratory_setpoints(designs(tuple(found))).continuous[0]
    assert again.tolist() == found.tolist()


# --- amounts ------------------------------------------------------------------------------------------------


def test_amounts_of_sulfuric_acid_by_hand() -> None:
    # 100 mL at 50 g/L: 5 g of cathode.
    # 2 mol/L: 0.2 mol x 98.072 g/mol = 19.614 g pure, / 0.98 = 20.015 g stock, / 1.836 g/mL = 10.901 mL.
    # No peroxide: 100 - 10.901 = 89.099 mL of water.
    plain = amounts(NMC, ACIDS, designs((60, 2, 0, 50, 60))).iloc[0]
    assert plain["amount_cathode [g]"] == pytest.approx(5.0)
    assert plain["amount_acid_stock [mL]"] == pytest.approx(10.901, abs=0.002)
    assert np.isnan(plain["amount_solid_acid [g]"])
    assert plain["amount_peroxide_stock [mL]"] == 0.0
    assert plain["amount_water [mL]"] == pytest.approx(89.099, abs=0.002)


def test_a_mixture_is_weighed_in_from_the_stocks_of_its_acids() -> None:
    # 0.2 mol: 0.14 mol x 98.072 g/mol = 13.730 g in 14.010 g of 98 % stock, and 0.06 mol x 192.12 g/mol =
    # 11.527 g of citric acid.
    mix = mixture_of([(ACIDS[0], 0.7), (ACIDS[1], 0.3)])
    row = amounts(NMC, [mix], designs((60, 2, 0, 50, 60))).iloc[0]
    citric = 11.527 / ACIDS[1].purity
    assert row["amount_solid_acid [g]"] == pytest.approx(14.010 + citric, abs=0.01)
    assert np.isnan(row["amount_acid_stock [mL]"])
    share = 100.0 * 14.010 / (14.010 + citric)
    said = assumptions(NMC, [mix])[mix.label]
    assert (
        f"100 g of them are {share:.1f} g of sulfuric acid (98 wt%), {100.0 - share:.1f} g of citric" in said
    )


def test_amounts_with_peroxide_are_what_the_setpoint_says() -> None:
    (found,) = amounts(NMC, ACIDS, designs((60, 2, 2, 50, 60)), 250.0).to_dict("records")
    acid, peroxide = found["amount_acid_stock [mL]"], found["amount_peroxide_stock [mL]"]
    water = found["amount_water [mL]"]
    assert acid + peroxide + water == pytest.approx(250.0)
    assert found["amount_cathode [g]"] == pytest.approx(12.5)
    stocks = load_reagents()
    # 2 g of pure peroxide in 100 g of leachant, weighed by the densities of the stocks
    mass = acid * 1.836 + peroxide * stocks.h2o2.density + water * stocks.water.density
    assert peroxide * stocks.h2o2.density * stocks.h2o2.purity / mass == pytest.approx(0.02)


def test_a_solid_acid_is_weighed_in() -> None:
    # 100 mL of 1 mol/L citric acid: 19.212 g pure, / 0.99 = 19.406 g; its crystals take 19.406 / 1.6652 mL
    found = amounts(NMC, ACIDS, designs((60, 1, 0, 20, 60), acid=1)).iloc[0]
    assert found["amount_solid_acid [g]"] == pytest.approx(19.406, abs=0.002)
    assert np.isnan(found["amount_acid_stock [mL]"])
    assert found["amount_water [mL]"] == pytest.approx(100 - 19.406 / 1.6652, abs=0.002)


def test_amounts_do_not_depend_on_the_feed_or_on_prices() -> None:
    design = designs((60, 2, 2, 50, 60), (80, 1, 0, 20, 30))
    bare = [acid.model_copy(update={"price": None, "climate_change": None}) for acid in ACIDS]
    pd.testing.assert_frame_equal(
        amounts(NMC, ACIDS, design), amounts(Feed(name="x", Mn=2.0, mass=3.0), bare, design)
    )


@pytest.mark.parametrize("row", [(60, 20, 0, 50, 60), (60, 2, 50, 50, 60)])
def test_what_no_stock_can_supply_is_refused(row: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="Experiment 2 cannot be made up") as caught:
        amounts(NMC, ACIDS, designs((60, 2, 2, 50, 60), row))
    assert "18.3 mol/L" in caught.value.allowed


@pytest.mark.parametrize("volume", [0.0, -5.0, 1e9, float("nan")])
def test_a_volume_is_that_of_an_experiment(volume: float) -> None:
    with pytest.raises(InputError, match="is no experiment"):
        amounts(NMC, ACIDS, designs((60, 2, 2, 50, 60)), volume)


def test_what_the_amounts_assume_is_said() -> None:
    said = assumptions(NMC, ACIDS, 250.0, parameters=process_parameters({"peroxide_strength": 0.5}))
    assert "250 mL" in said["Volume"]
    assert "98 wt%, 1.836 kg/L (18.3 mol/L)" in said["sulfuric acid"]
    assert "weighed in; 99 wt%" in said["citric acid"]
    assert "50 % of it is dosed" in said["hydrogen peroxide"]


@pytest.mark.parametrize("metal, label", [("Al", "Aluminium"), ("Fe", "Iron")])
def test_black_mass_is_weighed_in_as_fed_and_its_hydrogen_is_named(
    metal: str, label: str, tmp_path: Path
) -> None:
    feed = Feed(name="ours", assay={"Li": 5, "Co": 42.45, metal: 3, "graphite": 25})
    frame = lab_frame(feed, ACIDS, designs((60, 2, 0, 50, 60)))
    assert frame["amount_feed [g]"].tolist() == [5.0]  # 100 mL at 50 g/L, of all that is charged
    assert "amount_cathode [g]" not in frame
    path = write_lab_sheet(tmp_path / "lab.xlsx", frame, assumptions(feed, ACIDS), feed=feed)
    rows = list(openpyxl.load_workbook(path)[HOW_TO].values)
    said = " ".join(str(cell) for row in rows for cell in row if cell)
    assert (
        f"{label} can give hydrogen with the acid: explosive with air. Add the feed slowly, ventilate, "
        in said
    )
    assert "keep ignition away" in said and "Add the feed slowly and in portions, with stirring" in said
    assert "Weigh in the feed" in said and "the metal in the feed" in said and "batch (of feed)" in said
    assert "Feed" in {row[0] for row in rows} and "the cathode is added" not in said


def test_a_pure_cathode_gives_no_hydrogen() -> None:
    copper = Feed(name="ours", assay={"Li": 5, "Co": 42.45, "Cu": 3, "graphite": 25})
    assert "explosive" not in " ".join((*steps(NMC), *steps(copper)))
    assert "Weigh in the cathode" in steps(NMC)[1] and "Weigh in the feed" in steps(copper)[1]


# --- the sheet ----------------------------------------------------------------------------------------------


def sheet(path: Path, feed: Feed = NMC) -> tuple[Designs, pd.DataFrame]:
    """Write a sheet of three experiments, the first of them twice."""
    made = designs((60, 2, 2, 50, 60), (80, 1.35, 0, 20, 25), (60, 2, 2, 50, 60), (60, 2, 2, 50, 120))
    made.acid[1] = 1
    yields = np.tile([0.93, 0.9, 0.85, 0.8], (4, 1))
    frame = lab_frame(feed, ACIDS, made, predicted=yields, low=yields - 0.1, high=np.minimum(yields + 0.1, 1))
    write_lab_sheet(path, frame, assumptions(feed, ACIDS) | {"problem": "nmc111"}, feed=feed)
    return made, frame


def test_a_sheet_comes_back_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "lab.xlsx"
    made, _ = sheet(path)
    with pytest.raises(InputError, match="no row has a yield"):
        read_results(path)
    book = openpyxl.load_workbook(path)
    page = book[SHEET]
    at = {str(cell.value).split(" [")[0]: cell.column for cell in page[1]}
    for row, lithium, cobalt in ((2, 0.91, 0.88), (3, 0.7, None), (4, 0.94, 0.9)):  # the last is not done
        page.cell(row, at["yield Li"], lithium)
        page.cell(row, at["yield Co"], cobalt)
    page.cell(2, at["sd"], 0.02)
    page.cell(2, at["date"], pd.Timestamp("2026-03-02").to_pydatetime())
    page.cell(3, at["temperature"], 78)  # what was done is what counts
    page.cell(3, at["note"], "foamed over")
    book.save(path)
    found = read_results(path)
    assert found.empty == 1
    expected = made.continuous[:3].copy()
    expected[1, 0] = 78
    assert found.scenarios.continuous.tolist() == expected.tolist()
    assert found.frame["acid"].tolist() == ["sulfuric", "citric", "sulfuric"]
    nan = np.nan
    np.testing.assert_array_equal(
        found.yields, [[0.91, nan, nan, 0.88], [0.7, nan, nan, nan], [0.94, nan, nan, 0.9]]
    )
    assert found.frame["replicate"].tolist() == ["1", "", "2"]
    assert found.frame[["date", "note"]].values.tolist() == [
        ["2026-03-02", ""],
        ["", "foamed over"],
        ["", ""],
    ]
    assert found.experiments.tolist() == [0, 1, 0]


def test_the_table_of_a_sheet_is_read_too() -> None:
    frame = lab_frame(NMC, ACIDS, designs((60, 2, 2, 50, 60)), predicted=np.full((1, 4), 0.9))
    assert frame["predicted_yield_Li"].tolist() == ["90 %"]
    found = read_results(frame.assign(**{"yield_Li [fraction]": 0.9}))
    assert found.scenarios.continuous.tolist() == [[60, 2, 2, 50, 60]]


def test_only_metals_of_the_feed_are_asked_for(tmp_path: Path) -> None:
    _, frame = sheet(tmp_path / "lab.xlsx", find_feed("LCO"))
    asked = [name for name in frame if name.startswith(("yield", "predicted"))]
    assert asked == ["yield_Li [fraction]", "yield_Co [fraction]", "predicted_yield_Li", "predicted_yield_Co"]
    assert frame["predicted_yield_Co"][0] == "80 % (70 to 90)"


def test_the_sheet_can_be_read_and_printed(tmp_path: Path) -> None:
    path = tmp_path / "lab.xlsx"
    _, frame = sheet(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [SHEET, HOW_TO]
    page = book[SHEET]
    headings = [str(cell.value) for cell in page[1]]
    assert headings == [name.replace("_", " ") for name in frame]
    assert page.freeze_panes == "D2"  # headings, and experiment, feed and acid
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$1:$1"
    # predictions are not printed
    last = openpyxl.utils.get_column_letter(headings.index("note") + 1)
    assert page.print_area == f"'{SHEET}'!$A$1:${last}$5"
    for j, heading in enumerate(headings, start=1):
        letter = openpyxl.utils.get_column_letter(j)
        # no word of a heading is broken: 9 pt in columns that are counted in characters of 11 pt
        assert max(map(len, heading.split())) * 9 / 11 * 1.1 < page.column_dimensions[letter].width
        asked = heading.startswith("yield") or heading.split(" [")[0] in (
            "replicate", "sd", "batch", "date", "note",
        )  # fmt: skip
        assert (page.cell(2, j).fill.start_color.rgb == "FFFFF6CC") == asked
        assert page.cell(1, j).alignment.wrap_text
    formats = {h.split(" [")[0]: page.cell(3, j).number_format for j, h in enumerate(headings, start=1)}
    told = {name.replace("_", " "): formats[name.replace("_", " ")] for name in (*CONTINUOUS, "amount_water")}
    assert list(told.values()) == ["0", "0.00", "0.0", "0", "0", "0.00"]
    # a spreadsheet refuses per cent at once
    rules = {str(rule.sqref): rule for rule in page.data_validations.dataValidation}
    assert len(rules) == 5
    assert {rule.formula2 for rule in rules.values()} == {"1.05", "0.5"}
    text = "\n".join(str(cell.value) for row in book[HOW_TO].iter_rows() for cell in row if cell.value)
    for said in (
        "acid into the water",
        "peroxide last and slowly",
        "filter it at once",
        "0.93, not 93",
        "18.3 mol/L",
    ):
        assert said in text
    assert "nmc111" in text


def test_a_sheet_is_an_xlsx_and_replaces_nothing_unasked(tmp_path: Path) -> None:
    frame = lab_frame(NMC, ACIDS, designs((60, 2, 2, 50, 60)))
    with pytest.raises(InputError, match="no kind of table"):
        write_lab_sheet(tmp_path / "lab.csv", frame, {}, feed=NMC)
    path = write_lab_sheet(tmp_path / "lab.xlsx", frame, {}, feed=NMC)
    with pytest.raises(InputError, match="exists already"):
        write_lab_sheet(path, frame, {}, feed=NMC)
    write_lab_sheet(path, frame, {}, force=True, feed=NMC)
    assert [file.name for file in tmp_path.iterdir()] == ["lab.xlsx"]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_the_template_is_written_and_read(tmp_path: Path, name: str) -> None:
    assert len(read_results(write_template(tmp_path / name), feed="NMC111")) == 4
