"""Reading tables of scenarios: our columns and the Toolkit's template, and everything that can be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import load_acids
from optimiser.tables.scenarios import Known, Scenarios, open_scenarios, parse

OWN = pd.DataFrame(
    {
        "feed": "NMC111",
        "acid": ["sulfuric", "HCl", "sulfuric"],
        "temperature": [60.0, 60.0, 30.0],
        "acid_concentration": 2.0,
        "h2o2": 0.0,
        "solid_liquid_ratio": 50.0,
        "time": 60.0,
    }
)
#: A row per acid: sulfuric, one that no table knows, and the same one described otherwise.
TEMPLATE = pd.DataFrame(
    {
        "inputNi": 0.33333,
        "inputMn": 0.33333,
        "inputCo": 0.33333,
        "temp": 50,
        "SMILES": ["O=S(=O)(O)O", "CCCC(=O)O", "CCCC(=O)O"],
        "pKa1": [-3.0, 4.82, 4.5],
        "pKa2": [2.0, -1.0, np.nan],
        "pKa3": np.nan,
        "nProtons": [2, 1, 1],
        "Mr_acid": [98.072, 88.11, 88.11],
        "sLi": [34.8, -1.0, np.nan],
        "sNi": [44.4, 12.0, 12.0],
        "sMn": [62.9, np.nan, np.nan],
        "sCo": [36.1, -1.0, -1.0],
        "acidC": 2,
        "H2O2_conc": 0,
        "solidToLiquid": 16.875,
        "time": 60,
        **dict.fromkeys(["xLi", "xNi", "xMn", "xCo"], np.nan),
    }
)
KNOWN = Known(load_acids())


def read(path: Path, sheet: str | None = None) -> Scenarios:
    source = open_scenarios(path, sheet)
    (piece,) = source.chunks()
    return parse(source, piece, KNOWN)


def save(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_excel(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_every_kind_of_file_reads_the_same(tmp_path: Path, suffix: str) -> None:
    found = read(save(OWN, tmp_path / f"t{suffix}"))
    assert [found.acids[k].name for k in found.acid] == ["sulfuric", "hydrochloric", "sulfuric"]
    assert found.continuous[:, 0].tolist() == [60.0, 60.0, 30.0]
    assert [feed.name for feed in found.feeds] == ["NMC111"]


def test_units_in_the_header_semicolons_and_blank_lines(tmp_path: Path) -> None:
    titled = OWN.rename(columns={"temperature": "temperature [°C]", "time": "time (min)"})
    text = titled.to_csv(index=False, sep=";", decimal=",").splitlines()
    (tmp_path / "t.csv").write_text("\n".join([*text[:2], ";;;;;;", *text[2:]]), encoding="utf-8-sig")
    found = read(tmp_path / "t.csv")
    assert found.continuous[:, 0].tolist() == [60.0, 60.0, 30.0]
    assert found.rows.tolist() == [2, 4, 5]  # as the file counts them


def test_headers_in_any_case_and_empty_cells_by_any_name(tmp_path: Path) -> None:
    text = "Acid,TEMPERATURE,acid concentration,H2O2,Solid_Liquid_Ratio,time,Feed\nHCl,60,2,0,50,60,NMC111\n"
    (tmp_path / "t.csv").write_text(text + "HCl,60,2,0,50,NA,NMC111\n")
    with pytest.raises(InputError, match="Time is blank") as caught:
        read(tmp_path / "t.csv")
    assert "row 3, column time (F3)" in caught.value.where
    (tmp_path / "t.csv").write_text(text)
    assert read(tmp_path / "t.csv").continuous.tolist() == [[60.0, 2.0, 0.0, 50.0, 60.0]]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
@pytest.mark.parametrize("cells", [[True, True, True], [60.0, "TRUE", 60.0]])
def test_true_is_no_number(tmp_path: Path, suffix: str, cells: list[object]) -> None:
    if suffix == ".parquet":
        cells = [str(cell) if len(set(map(type, cells))) > 1 else cell for cell in cells]
    with pytest.raises(InputError, match=r"Time .*(?i:true).* is not a number"):
        read(save(OWN.assign(time=cells), tmp_path / f"t{suffix}"))


def test_the_template_recognises_acids_and_describes_the_others(tmp_path: Path) -> None:
    found = read(save(TEMPLATE, tmp_path / "t.xlsx"))
    known, new, other = (found.acids[k] for k in found.acid)
    assert known == load_acids()["sulfuric"]
    assert new.name == "CCCC(=O)O"
    assert new.pKa_values == (4.82,)
    assert new.n_protons == 1
    np.testing.assert_equal(new.salt_solubility_values, [np.nan, 12.0, np.nan, np.nan])
    assert np.isnan(new.purity)
    assert other.name == "CCCC(=O)O (row 4)"
    assert other.pKa_values == (4.5,)
    # the row's own composition, under the name it is known by
    assert found.feeds[0].name == "NMC111"
    assert found.feeds[0].Ni == 0.33333


def test_basis(tmp_path: Path) -> None:
    source = open_scenarios(save(OWN, tmp_path / "t.csv"))
    (piece,) = source.chunks()
    assert parse(source, piece, Known(load_acids(), basis=5.0)).feeds[0].mass == 5.0


@pytest.mark.parametrize("name", ["Acid_test.xlsx", "CaseStudy2.xlsx", "CaseStudy3.xlsx"])
def test_the_toolkits_scenario_workbooks_are_read(shared_data: Path, name: str) -> None:
    found = read(shared_data / name)
    assert len(found) == len(pd.read_excel(shared_data / name))
    assert {feed.name for feed in found.feeds} == {"NMC111"}


def test_the_toolkits_empty_template_says_what_to_fill_in(shared_data: Path) -> None:
    with pytest.raises(InputError, match="Acid concentration 0 is outside") as caught:
        read(shared_data / "template.xlsx")
    assert "row 2, column acidC" in caught.value.where


@pytest.mark.parametrize(
    ("frame", "message", "where"),
    [
        (OWN.rename(columns={"temperature": "temperature [K]"}), "is in 'K'", "temperature"),
        (OWN.rename(columns={"time": "time (h)"}), "is in 'h'", "time"),
        (OWN.rename(columns={"time": "tme"}), "Unknown column 'tme'", "did you mean 'time'"),
        (OWN.assign(stirring=1), "Unknown column 'stirring'", "header"),
        (OWN.assign(temperatur=1), "Unknown column 'temperatur'", "did you mean 'temperature'?"),
        (OWN.assign(h2o2=[0.0, -1.0, 0.0]), "-1 is outside", "row 3, column h2o2"),
        (OWN.assign(time=["60 min", 60, 60]), "'60 min' is not a number", "row 2, column time"),
        (OWN.assign(time=[np.nan, 60, 60]), "blank", "row 2, column time"),
        (OWN.assign(acid=[None, "HCl", "HCl"]), "Acid is blank", "row 2, column acid"),
        (TEMPLATE.assign(temp=[50, 500, 50]), "500 is outside", "row 3, column temp"),
        (TEMPLATE.assign(inputNi=[0.3, "a", 0.3]), "'a' is not a number", "row 3, column inputNi"),
        (TEMPLATE.assign(inputNi=[0.3, -0.3, 0.3]), "-0.3 is outside", "row 3, column inputNi"),
        (TEMPLATE.assign(inputNi=33.3), "33.9", "columns inputNi"),
        (TEMPLATE.assign(SMILES=["Cl", "unknown!", "Cl"]), "'unknown!'", "row 3, column SMILES"),
        (TEMPLATE.assign(pKa1=np.nan), "no pKa", "row 3, column pKa1"),
        (TEMPLATE.assign(nProtons=2), "nProtons = 2", "row 3, column nProtons"),
        (TEMPLATE.assign(Mr_acid=100.0), "molar mass 100", "row 3, column Mr_acid"),
        (TEMPLATE.assign(sNi=-2.0), "SNi -2 is outside", "row 2, column sNi (L2)"),
        (TEMPLATE.rename(columns={"acidC": "acidConc"}), "Unknown column 'acidConc'", "acidC"),
        (TEMPLATE.assign(acid="HCl"), "Unknown column 'acid'", "header"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, frame: pd.DataFrame, message: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        read(save(frame, tmp_path / "t.xlsx"))
    assert message in caught.value.what
    assert where in str(caught.value)
    assert "t.xlsx" in caught.value.where


def test_a_mistake_far_down_is_found_with_its_row(tmp_path: Path) -> None:
    long = pd.concat([OWN] * 20, ignore_index=True)
    long.loc[50, "temperature"] = 999.0
    source = open_scenarios(save(long, tmp_path / "t.csv"))
    with pytest.raises(InputError) as caught:
        for piece in source.chunks(7):
            parse(source, piece, KNOWN)
    assert "row 52, column temperature" in caught.value.where


def test_sheets(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "two.xlsx") as book:
        OWN.to_excel(book, sheet_name="first", index=False)
        OWN.head(1).to_excel(book, sheet_name="second", index=False)
    with pytest.raises(InputError, match="several sheets") as caught:
        open_scenarios(tmp_path / "two.xlsx")
    assert "first, second" in caught.value.allowed
    assert len(read(tmp_path / "two.xlsx", "second")) == 1
    assert len(read(Path(f"{tmp_path / 'two.xlsx'}#second"))) == 1
    with pytest.raises(InputError, match="no sheet 'secnd'") as caught:
        open_scenarios(tmp_path / "two.xlsx", "secnd")
    assert "second" in caught.value.remedy
    with pytest.raises(InputError, match="has no sheets"):
        open_scenarios(save(OWN, tmp_path / "t.csv"), "first")
    with pd.ExcelWriter(tmp_path / "spare.xlsx") as book:
        OWN.to_excel(book, sheet_name="first", index=False)
        pd.DataFrame().to_excel(book, sheet_name="spare")
    assert len(read(tmp_path / "spare.xlsx")) == 3
    pd.DataFrame().to_excel(tmp_path / "blank.xlsx")
    with pytest.raises(InputError, match="no rows"):
        open_scenarios(tmp_path / "blank.xlsx")
    (tmp_path / "blank.csv").write_text("")
    with pytest.raises(InputError, match="is empty"):
        open_scenarios(tmp_path / "blank.csv")
    OWN.head(0).to_excel(tmp_path / "header.xlsx", index=False)
    with pytest.raises(InputError, match="no rows"):
        read(tmp_path / "header.xlsx")
