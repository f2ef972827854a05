"""Factors from a flat workbook: read by a checked mapping only, units converted and checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from optimiser._io.errors import InputError
from optimiser.lca.names import read_mapping
from optimiser.lca.table import LocalTable
from optimiser.lca.workbook import draft, import_workbook
from optimiser.tables.own_impacts import read_local_table
from tests.command import assert_one_clear_block, optimiser

HEADER = ["Name", "Location", "Unit", "Acidification [mol H+-Eq]", "Global warming [kg CO2 eq]", "UBP [Pt]"]
ROWS = [
    ["sulphuric acid, liquid, at plant", "RER", "kg", 0.02, 0.12, 300.0],
    ["sulphuric acid, liquid, at plant", "CH", "kg", 0.03, 0.15, 310.0],
    ["nitric acid, 50% in H2O, at plant", "RER", "t", 4.0, 900.0, None],
    ["heat, natural gas, at industrial furnace", "RER", "MJ", 1e-4, 0.07, 40.0],
    ["electricity, medium voltage, at grid", "CH", "kWh", 5e-4, 0.1, None],
    ["transport, lorry", "RER", "tkm", 1e-3, 0.2, 100.0],
    ["treatment, sewage, to wastewater treatment", "CH", "m3", 0.002, None, 500.0],
]
MAPPING = """\
activities:
  sulfuric: {activity: "sulphuric acid, liquid, at plant"}
  nitric: {activity: "nitric acid, 50% in H2O, at plant", purity: 0.5}
  heat: {activity: "heat, natural gas, at industrial furnace", location: RER}
  power: {activity: "electricity, medium voltage, at grid", location: CH}
  wastewater: {activity: "treatment, sewage, to wastewater treatment", location: CH}
"""


def written(path: Path, rows: Sequence[Sequence[Any]] = (HEADER, *ROWS)) -> Path:
    pd.DataFrame(rows).to_excel(path, header=False, index=False)
    return path


def imported(
    tmp_path: Path, mapping: str = MAPPING, rows: Sequence[Sequence[Any]] = (HEADER, *ROWS)
) -> LocalTable:
    (tmp_path / "mapping.yaml").write_text(mapping)
    return import_workbook(
        written(tmp_path / "lcia.xlsx", rows), read_mapping(tmp_path / "mapping.yaml"), name="bafu"
    )


def test_factors_are_converted_to_our_units(tmp_path: Path) -> None:
    table = imported(tmp_path)
    climate = table.factors["climate change"]
    assert climate["sulfuric"] == pytest.approx(0.12)
    # per t of a 50 % solution: 900 kg CO2 / 1000 kg / 0.5
    assert climate["nitric"] == pytest.approx(1.8)
    # per MJ: 0.07 x 3.6
    assert climate["heat"] == pytest.approx(0.252)
    assert table.factors["acidification"]["wastewater"] == pytest.approx(0.002)
    assert table.units == {"acidification": "mol H+ eq", "climate change": "kg CO2 eq"}


def test_an_empty_cell_is_missing_and_never_zero(tmp_path: Path) -> None:
    table = imported(tmp_path)
    assert "wastewater" not in table.factors["climate change"]
    gap = {"substance": "wastewater", "category": "climate change", "why": "the cell is empty"}
    assert gap in table.missing
    assert {"substance": "water", "why": "not in the mapping file"} in table.missing
    assert "No column holds ecotoxicity, freshwater" in table.notes[0]
    assert "The method is not known" in table.notes[1]
    assert "method" not in table.source


def test_a_further_indicator_is_read_where_the_mapping_names_it(tmp_path: Path) -> None:
    table = imported(tmp_path, MAPPING + "categories: {ecological scarcity: {column: UBP}}\n")
    assert table.factors["ecological scarcity"] == {
        "sulfuric": 300.0,
        "heat": pytest.approx(40.0 * 3.6),
        "wastewater": 500.0,
    }
    assert table.units["ecological scarcity"] == "Pt"


def test_units_may_stand_in_a_row_below_and_the_header_below_others(tmp_path: Path) -> None:
    header = [title.partition(" [")[0] for title in HEADER]
    units = [None, None, None, "mol H+-Eq", "kg CO2 eq", "Pt"]
    rows = [["LCIA results", None, None, "of 2026", None, None], [None] * 6, header, units, *ROWS]
    # a title above others stands in the first column alone, and is of no indicator
    assert imported(tmp_path, rows=rows).factors == imported(tmp_path).factors


def test_methods_may_stand_above_the_units(tmp_path: Path) -> None:
    above = [
        [None, None, None, "EF v3.1", "EF v3.1 no LT", "EF v3.1"],
        [None, None, None, "climate change", "climate change no LT", "climate change: fossil"],
        [None, None, None, *["global warming potential (GWP100)"] * 3],
        ["Activity Name", "Geography", "Reference Product Unit", *["kg CO2-Eq"] * 3],
    ]
    table = imported(tmp_path, rows=[*above, *ROWS])
    # of the three, only the total with long-term emissions is climate change
    assert list(table.factors) == ["climate change"]
    assert table.factors["climate change"]["sulfuric"] == 0.02


def test_a_draft_lists_candidates_and_uses_none(tmp_path: Path) -> None:
    path = written(tmp_path / "lcia.xlsx")
    text = draft(path, read_mapping(None))
    assert yaml.safe_load(text) == {"activities": None, "categories": None}
    lines = text.splitlines()
    # the order of locations puts RER first
    at = next(i for i, line in enumerate(lines) if line.startswith("  #sulfuric:"))
    assert 'location: "RER"' in lines[at] and 'location: "CH"' in lines[at + 1]
    assert "  # malic, per kg pure: no 'malic acid'" in lines
    assert "  # climate change: column 'Global warming', by its name" in lines
    # a line is right as it stands once its sign is taken off
    chosen = "activities:\n" + lines[at].replace("#", "", 1)
    assert imported(tmp_path, chosen).factors["climate change"] == {"sulfuric": 0.12}


def test_the_command_writes_a_draft_and_then_the_table(tmp_path: Path) -> None:
    written(tmp_path / "lcia.xlsx")
    command = ("impacts", "import", "workbook", "lcia.xlsx", "--name", "bafu")
    done = optimiser(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Nothing of it is used yet" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bafu.mapping.yaml", "lcia.xlsx"]
    refused = optimiser(*command, "--mapping", "bafu.mapping.yaml", cwd=tmp_path)
    assert_one_clear_block(refused)
    assert "names no activity" in refused.stderr
    (tmp_path / "bafu.mapping.yaml").write_text(MAPPING)
    told = ("--database-version", "BAFU:2026", "--method", "EF v3.1")
    done = optimiser(*command, "--mapping", "bafu.mapping.yaml", *told, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = read_local_table(tmp_path / "bafu.impacts.yaml")
    assert table.provenance is not None
    assert table.provenance.source["file"] == "lcia.xlsx"
    assert table.provenance.cited.startswith("lcia.xlsx, BAFU:2026, EF v3.1")
    assert table.factor("climate change", "heat") == pytest.approx(0.252)


def _with(changes: dict[tuple[int, int], Any]) -> list[list[Any]]:
    rows = [list(row) for row in (HEADER, *ROWS)]
    for (i, j), value in changes.items():
        rows[i][j] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "mapping", "told"),
    [
        (_with({(0, 0): "thing"}), MAPPING, "No column holds the names"),
        (_with({(1, 2): "tkm"}), MAPPING, "counted in 'tkm', which is no kg"),
        (_with({(1, 3): "much"}), MAPPING, "'much' is not a number"),
        (_with({(0, 4): "Global warming [g CO2 eq]"}), MAPPING, "Climate change is in 'g CO2 eq'"),
        (_with({(2, 1): "RER"}), MAPPING, "2 activities are 'sulphuric acid, liquid, at plant' in RER"),
        (_with({(0, 5): "Acidification [mol H+-Eq]"}), MAPPING, "Several columns are 'acidification'"),
        (_with({}), "activities: {sulfuric: {activity: acid}}", "No activity is called 'acid'"),
        (_with({}), MAPPING + "categories: {land use: {column: LU}}", "No column is called 'LU'"),
        (_with({}), MAPPING.replace("location: CH}", "location: DE}"), "is not in DE, only in CH"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(
    rows: list[list[Any]], mapping: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        imported(tmp_path, mapping, rows)
    assert told in str(refused.value)
