"""A user's own results: read, refused with row and column, joined, forgotten in part, stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids, with_user_acids
from optimiser.chemistry.feeds import Feed
from optimiser.tables.own_results import STORED, OwnResults, joined, read_results, template_frame, without
from optimiser.tables.own_results_checks import MOST_ROWS, YIELDS
from optimiser.tables.read import BLANK
from optimiser.variables import CONTINUOUS, VARIABLES

GOOD = {
    "acid": "sulfuric",
    "temperature": 60,
    "acid_concentration": 2,
    "h2o2": 1.5,
    "solid_liquid_ratio": 50,
    "time": 60,
    "yield_Li": 0.9,
}


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    """Rows that differ from a good one in what is said, and in time."""
    return pd.DataFrame([GOOD | {"time": 60 + i} | change for i, change in enumerate(changes)])


def write(frame: pd.DataFrame, folder: Path, name: str = "own.csv") -> Path:
    path = folder / name
    frame.to_excel(path, index=False) if path.suffix == ".xlsx" else frame.to_csv(path, index=False)
    return path


def refused(frame: pd.DataFrame, folder: Path, feed: str | None = "NMC111") -> InputError:
    with pytest.raises(InputError) as caught:
        read_results(write(frame, folder), feed=feed)
    return caught.value


# --- what is read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["own.csv", "own.xlsx"])
def test_rows_conditions_yields_and_what_stands_beside_them(tmp_path: Path, name: str) -> None:
    frame = rows(
        {"replicate": "a", "sd": 0.02, "batch": "7", "date": "2026-03-02", "note": "first, at night"},
        {"acid": "H2SO4", "yield_Ni": 1.04},
        {"feed": "lco", "acid": "HCl", "yield_Li": None, "yield_Co": 0.5},
        {"feed": "LCO", "acid": "hydrochloric", "yield_Li": 0.0},
    )
    found = read_results(write(frame, tmp_path, name), feed="NMC111")
    assert found.scenarios.rows.tolist() == [2, 3, 4, 5]
    # a feed and an acid of several spellings are one
    assert [feed.name for feed in found.scenarios.feeds] == ["NMC111", "LCO"]
    assert found.frame["feed"].tolist() == ["NMC111", "NMC111", "LCO", "LCO"]
    assert found.frame["acid"].tolist() == ["sulfuric", "sulfuric", "hydrochloric", "hydrochloric"]
    assert found.scenarios.continuous[0].tolist() == [60, 2, 1.5, 50, 60]
    nan = np.nan  # Li, Ni, Mn, Co; 1.04 is scatter and stays
    expected = [[0.9, nan, nan, nan], [0.9, 1.04, nan, nan], [nan, nan, nan, 0.5], [0.0, nan, nan, nan]]
    np.testing.assert_array_equal(found.yields, expected)
    np.testing.assert_array_equal(found.sd, [0.02, nan, nan, nan])
    assert list(found.frame) == list(STORED)
    told = found.frame.loc[:1, ["replicate", "batch", "date", "note"]]
    assert told.values.tolist() == [["a", "7", "2026-03-02", "first, at night"], ["", "", "", ""]]
    assert found.empty == 0


def test_experiments_differ_in_more_than_time_and_replicate() -> None:
    found = read_results(
        rows({}, {"time": 120}, {"replicate": "b"}, {"temperature": 61}, {"feed": "LCO"}, {"acid": "HCl"}),
        feed="NMC111",
    )
    assert found.experiments.tolist() == [0, 0, 0, 1, 2, 3]


def test_per_cent_and_units_in_the_header() -> None:
    frame = rows({"sd": 2.0, "yield_Li": 93.5}, {"yield_Li": 100.0})
    titles = {"yield_Li": "yield_Li [%]", "sd": "SD (%)", "temperature": "Temperature [°C]"}
    found = read_results(frame.rename(columns=titles), feed="NMC111")
    np.testing.assert_allclose(found.yields[:, 0], [0.935, 1.0])
    assert found.sd[0] == pytest.approx(0.02)


def test_days_of_a_spreadsheet_are_days(tmp_path: Path) -> None:
    frame = rows({"date": pd.Timestamp("2026-03-02")})
    assert read_results(write(frame, tmp_path, "own.xlsx"), feed="LCO").frame["date"].tolist() == [
        "2026-03-02"
    ]


def test_rows_without_a_yield_are_skipped_and_counted() -> None:
    found = read_results(rows({}, {"yield_Li": None}, {"note": "spilt", "yield_Li": None}, {}), feed="LCO")
    assert (len(found), found.empty, found.scenarios.rows.tolist()) == (2, 2, [0, 3])


def test_an_acid_and_a_feed_of_ones_own() -> None:
    entry = {"smiles": "CCS(=O)(=O)O", "pKa": -1.9, "stock": {"purity": 0.7, "density": 1.35}}
    acids = with_user_acids(load_acids(), {"esa": entry})
    mine = Feed(name="ours", Ni=0.9, Co=0.1)
    found = read_results(rows({"acid": "esa"}, {"feed": "ours"}, {"feed": "LCO"}), feed=mine, acids=acids)
    assert found.frame["feed"].tolist() == ["ours", "ours", "LCO"]
    assert found.scenarios.feeds[found.scenarios.feed[0]] is mine


def test_replicates_with_different_labels_stay() -> None:
    found = read_results(rows({"replicate": 1, "time": 60}, {"replicate": 2, "time": 60}), feed="LCO")
    assert found.frame["replicate"].tolist() == ["1", "2"]


# --- what is refused ----------------------------------------------------------------------------------------

CO = {"yield_Co": 0.9}
SAME = {"time": 60}
REFUSED: dict[str, tuple[pd.DataFrame, str, str, str]] = {
    # a table; in what, where and remedy
    "per cent": (
        rows({}, {"yield_Li": 93.5}),
        "Li is a fraction, and 93.5 looks like per cent",
        "own.csv, row 3, column yield_Li (G3)",
        "divide the column by 100, or head it `yield_Li [%]`",
    ),
    "small per cent": (
        rows({"yield_Li": 1.5}, {"yield_Li": 1.9}, {"yield_Li": 0.5}),
        "1.5 looks like per cent",
        "row 2, column yield_Li",
        "[%]",
    ),
    "fractions as per cent": (
        rows({}, {"yield_Li": 0.95}).rename(columns={"yield_Li": "yield_Li [%]"}),
        "look like fractions: 0.95",
        "row 3, column yield_Li",
        "yield_Li [fraction]",
    ),
    "more than all": (
        rows({}, {"yield_Li": 1.06}),
        "yield of Li of 1.06 is more metal than was there",
        "row 3, column yield_Li",
        "dilution",
    ),
    "much more than all": (rows({}, {}, {"yield_Li": 1.5}), "of 1.5 is more metal", "row 4", "dilution"),
    "negative": (rows({}, {"yield_Li": -0.01}), "is negative: -0.01", "row 3, column yield_Li", "write 0"),
    "absent metal": (
        rows({}, {"feed": "LMO", "yield_Co": 0.0}).fillna({"feed": "NMC111"}),
        "LMO contains no Co",
        "row 3, column yield_Co",
        "leave the cell empty",
    ),
    "twins": (
        rows({}, SAME),
        "Row 2 and row 3 have the same conditions",
        "row 3, column replicate; before: ",
        "column `replicate`",
    ),
    "a twin without label": (rows({}, {"replicate": "a"} | SAME), "Row 2 and row 3", "row 3", "replicate"),
    "twins with one label": (
        rows({"replicate": "a"}, {"replicate": "b"} | SAME, {"replicate": "a"} | SAME),
        "Row 2 and row 4 have the same conditions and the same replicate 'a'",
        "row 4, column replicate (H4); before: ",
        "tell them apart",
    ),
    "twins by alias": (rows({"acid": "H2SO4"}, SAME), "Row 2 and row 3", "row 3", "replicate"),
    "unknown acid": (
        rows({}, {"acid": "sulfurous"}),
        "There is no acid 'sulfurous'",
        "row 3, column acid (A3)",
        "did you mean 'sulfuric'?; or describe the acid: --acids FILE",
    ),
    "unknown feed": (rows({"feed": "NMC112"}), "no feed 'NMC112'", "row 2, column feed", "did you mean"),
    "blank feed": (
        rows({"feed": "LCO"}, {}),
        "does not say which cathode",
        "row 3, column feed",
        "--feed NMC111",
    ),
    "no feed": (rows({}), "does not say which cathode", "own.csv", "--feed NMC111"),
    "no rows": (rows({}).iloc[:0], "has no rows", "own.csv", "add rows"),
    "no row with a yield": (
        rows({"yield_Li": None}, {"yield_Li": None}),
        "empty: no row has a yield",
        "header, column G",
        "fill in",
    ),
    "no column of yields": (rows({}).drop(columns="yield_Li"), "has no yields", "header", "add a column"),
    "sd negative": (rows({"sd": -0.02}), "Standard deviation -0.02", "row 2, column sd (H2)", "correct"),
    "sd of nothing": (rows({"sd": 0}), "Standard deviation 0", "row 2, column sd", "correct"),
    "sd in per cent": (rows({}, {"sd": 2}), "Standard deviation 2", "row 3, column sd", "correct"),
    "not a number": (
        rows({"yield_Li": ">0.99"}),
        "'>0.99' is not a number",
        "row 2, column yield_Li",
        "correct",
    ),
    "comma": (
        rows({"yield_Li": "0,99"}),
        "'0,99' is not a number",
        "row 2, column yield_Li",
        "decimal point",
    ),
    "impossible": (rows({}, {"temperature": 333}), "Temperature 333", "row 3, column temperature", "degC"),
    "blank condition": (rows({"time": None}), "Time is blank", "row 2, column time", "min"),
    "missing condition": (rows({}).drop(columns="h2o2"), "'h2o2' is missing", "header", "add h2o2"),
    "unknown column": (
        rows({"yeild_Ni": 0.9}),
        "Unknown column 'yeild_Ni'",
        "header, column H",
        "did you mean 'yield_Ni'?",
    ),
    "a prediction": (rows({"yield_Li_low": 0.9}), "Unknown column", "column H", "did you mean 'yield_Li'?"),
    "wrong unit": (rows({}).rename(columns={"time": "time [h]"}), "in 'h'", "column F", "convert"),
    "yield of aluminium": (rows({"yield_Al": 0.9}), "Yields of Al are not learned", "column H", "remove"),
    "the Toolkit's columns": (
        rows({"xNi": 0.9}).rename(columns={"temperature": "temp", "yield_Li": "xLi"}),
        "the Toolkit's training table: temp, xLi, xNi",
        "header, column B",
        "rename temp to temperature, xLi to yield_Li, xNi to yield_Ni",
    ),
    "too many": (
        pd.concat([rows({})] * (MOST_ROWS + 1)).assign(time=range(1, MOST_ROWS + 2)),
        "more than 500 rows",
        "row 502",
        "leave out",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_refused_with_its_place_and_a_remedy(tmp_path: Path, case: str) -> None:
    frame, what, where, remedy = REFUSED[case]
    error = refused(frame, tmp_path, None if "feed" in case else "NMC111")
    assert what in error.what
    assert where in error.where
    assert "own.csv" in error.where
    assert remedy in error.remedy


def test_most_rows_are_read() -> None:
    most = pd.concat([rows({})] * MOST_ROWS).assign(time=range(1, MOST_ROWS + 1))
    assert len(read_results(most, feed="LCO")) == MOST_ROWS


# --- joined, forgotten in part ------------------------------------------------------------------------------


def test_two_tables_are_one() -> None:
    first = read_results(rows({}, {"acid": "HCl"}, {"yield_Li": None}), feed="LCO")
    more = read_results(rows({"acid": "HCl", "time": 5, "sd": 0.01}, {"feed": "LMO"}), feed="LCO")
    # as if it were one table
    found = read_results(joined(first.frame, feeds_of(first), more))
    assert [found.scenarios.feeds[k].name for k in found.scenarios.feed] == ["LCO"] * 3 + ["LMO"]
    names = [found.scenarios.acids[k].name for k in found.scenarios.acid]
    assert names == ["sulfuric", "hydrochloric", "hydrochloric", "sulfuric"]
    assert len(found.scenarios.acids) == len(found.scenarios.feeds) == 2
    assert found.scenarios.continuous[:, 4].tolist() == [60, 61, 5, 61]
    np.testing.assert_array_equal(found.yields, np.vstack([first.yields, more.yields]))
    np.testing.assert_array_equal(found.sd, [np.nan, np.nan, 0.01, np.nan])
    assert found.experiments.tolist() == [0, 1, 1, 2]


def feeds_of(results: OwnResults) -> dict[str, np.ndarray]:
    """Return the compositions of the feeds of results, by name."""
    return {f.name: np.array([f.Ni, f.Mn, f.Co]) for f in results.scenarios.feeds}


def test_a_stored_row_is_not_added_again(tmp_path: Path) -> None:
    first = read_results(rows({}, {}), feed="LCO")
    more = read_results(write(rows({"time": 5}, {}), tmp_path), feed="LCO")
    with pytest.raises(InputError, match="Row 2 of the stored results and the new row 3 have") as caught:
        joined(first.frame, feeds_of(first), more)
    assert "own.csv, row 3" in caught.value.where
    assert "stored results, row 2" in caught.value.where
    assert "replicate" in caught.value.remedy


def test_one_name_is_one_feed_and_rows_stay_bounded() -> None:
    first = read_results(rows({}), feed=Feed(name="ours", Co=1.0))
    other = read_results(rows({"time": 5}), feed=Feed(name="ours", Mn=2.0))
    with pytest.raises(InputError, match="'ours' has another composition"):
        joined(first.frame, feeds_of(first), other)
    most = read_results(
        pd.concat([rows({})] * MOST_ROWS).assign(time=range(100, 100 + MOST_ROWS)), feed="LCO"
    )
    with pytest.raises(InputError, match="501 rows together"):
        joined(first.frame, feeds_of(first), most)


def test_rows_are_forgotten_as_a_person_counts_them() -> None:
    frame = read_results(rows({}, {}, {}), feed="LCO").frame
    assert without(frame, [2]).equals(frame.iloc[[0, 2]].reset_index(drop=True))
    assert without(frame, [3, 1, 3])["time"].tolist() == [61]
    for wrong in (0, 4, -1):
        with pytest.raises(InputError, match=f"no row {wrong}") as caught:
            without(frame, [1, wrong])
        assert "1 to 3" in caught.value.allowed
    with pytest.raises(InputError, match="none of the 3") as caught:
        without(frame, [1, 2, 3])
    assert caught.value.remedy == "remove the model instead"


# --- written and read again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_the_template_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    path = write(template_frame(), tmp_path, name)
    found = read_results(path, feed="NMC811")
    assert found.experiments.tolist() == [0, 0, 0, 1]
    assert np.isnan(found.yields[3, 2])
    assert found.examples.tolist() == [0, 1, 2, 3]  # so that nobody learns them by mistake
    with pytest.raises(InputError, match="which cathode") as caught:
        read_results(path)
    assert "--feed" in caught.value.remedy


ASCII = st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))
NOTES = st.sampled_from(["", "x", "µ-filter, 0.2"]) | st.text(ASCII, max_size=12).map(str.strip).filter(
    lambda text: text not in BLANK[1:]
)
FRACTION = st.floats(0.0, 1.05)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Tables that are valid: every row has its own label."""
    feeds = {"NMC111": YIELDS, "LCO": ("yield_Li", "yield_Co"), "LMO": ("yield_Li", "yield_Mn")}
    made = []
    for i in range(draw(st.integers(1, 6))):
        feed = draw(st.sampled_from(sorted(feeds)))
        row: dict[str, Any] = {"feed": feed, "acid": draw(st.sampled_from(["sulfuric", "citric"]))}
        row |= {v.name: draw(st.floats(v.low, v.high)) for v in VARIABLES}
        row |= {key: draw(FRACTION | st.just(np.nan)) for key in feeds[feed]} | {"yield_Li": draw(FRACTION)}
        row |= {"replicate": f"r{i}", "sd": draw(st.floats(1e-4, 0.5) | st.just(np.nan))}
        made.append(row | {name: draw(NOTES) for name in ("batch", "date", "note")})
    return pd.DataFrame(made)


def agree(one: OwnResults, other: OwnResults) -> None:
    np.testing.assert_allclose(one.yields, other.yields, rtol=1e-12)
    np.testing.assert_allclose(one.sd, other.sd, rtol=1e-12)
    np.testing.assert_allclose(one.scenarios.continuous, other.scenarios.continuous, rtol=1e-12)
    texts = [name for name in STORED if name not in (*CONTINUOUS, *YIELDS, "sd")]
    assert one.frame[texts].values.tolist() == other.frame[texts].values.tolist()
    assert one.experiments.tolist() == other.experiments.tolist()


@settings(max_examples=30)
@given(tables())
def test_any_valid_table_survives_being_stored(
    tmp_path_factory: pytest.TempPathFactory, table: pd.DataFrame
) -> None:
    found = read_results(table)
    path = write(found.frame, tmp_path_factory.getbasetemp(), "stored.csv")
    agree(read_results(path), found)
    agree(read_results(found.frame), found)
