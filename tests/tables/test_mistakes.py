"""What is wrong in a table is told row by row, by the readers themselves, and cells can be corrected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimiser._io.errors import InputError
from optimiser.learning.store import check_examples
from optimiser.report.predict import Request, setting_of
from optimiser.tables.mistakes import cells_of, corrected, mistakes, sheets
from optimiser.tables.own_results import read_results, template_frame
from optimiser.tables.read import Table, open_table

HEAD = "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time"


def designs(tmp_path: Path, *rows: str, head: str = HEAD) -> Table:
    """Write designs as CSV and open them."""
    path = tmp_path / "designs.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return open_table(path)


def checked(table: Table, feed: str | None = "NMC111") -> Callable[[Table], object]:
    """Return what `predict` checks a table with."""
    return setting_of(Request(table.path or Path(), feed=feed))


def test_each_row_has_its_mistake_at_its_cell(tmp_path: Path) -> None:
    table = designs(
        tmp_path,
        "sulfuric,60,2,1,50,60",
        "sulphurik,70,2,1,50,60",
        "citric,700,1,1,30,90",
        "",
        ",60,2,1,50,60",
        'HCl,60,"2,5",0,50,60',
    )
    found = mistakes(table, checked(table))
    # rows as the file counts them: the header is row 1, and the blank line is row 5
    assert [(one.row, one.column) for one in found] == [(3, 0), (4, 1), (6, 0), (7, 2)]
    assert "sulphuric" in found[0].error.remedy
    assert found[1].error.allowed == "0 to 150 degC"
    assert found[3].error.remedy == "write it with a decimal point"


def test_a_feed_that_nothing_names_is_told_beside_wrong_cells(tmp_path: Path) -> None:
    table = designs(tmp_path, "sulfuric,600,2,1,50,60", "sulfuric,60,2,1,50,60")
    found = mistakes(table, checked(table, feed=None))
    assert [(one.row, one.error.key) for one in found] == [(None, ("feed",)), (2, ())]


def test_a_wrong_title_is_told_at_its_column_and_can_be_corrected(tmp_path: Path) -> None:
    table = designs(tmp_path, "sulfuric,60,2,1,50,60", head=HEAD.replace("h2o2", "peroxyde"))
    (found,) = mistakes(table, checked(table))
    assert (found.row, found.column) == (None, 3)
    assert mistakes(corrected(table, [(1, 3, "h2o2")]), checked(table)) == ()


def test_corrections_change_the_table_and_not_the_file(tmp_path: Path) -> None:
    table = designs(tmp_path, "sulfuric,600,2,1,50,60", "sulphurik,60,2,1,50,60")
    before = (tmp_path / "designs.csv").read_bytes()
    mended = corrected(table, [(2, 1, " 60 "), (3, 0, "citric")])
    assert mistakes(mended, checked(table)) == ()
    assert cells_of(mended)[0].tolist() == ["sulfuric", "citric"]
    assert (tmp_path / "designs.csv").read_bytes() == before


@pytest.mark.parametrize("cell", [(9, 0, "x"), (2, 6, "x"), (2, -1, "x"), (0, 0, "x")])
def test_a_cell_that_is_not_there_cannot_be_corrected(tmp_path: Path, cell: tuple[int, int, str]) -> None:
    table = designs(tmp_path, "sulfuric,60,2,1,50,60")
    with pytest.raises(InputError, match="has no cell"):
        corrected(table, [cell])


def test_as_many_mistakes_are_told_as_wanted(tmp_path: Path) -> None:
    table = designs(tmp_path, *["sulfuric,600,2,1,50,60"] * 30)
    assert len(mistakes(table, checked(table), most=7)) == 7
    assert len(mistakes(table, checked(table))) == 30


def test_rows_of_the_template_are_told_each(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    template_frame().to_csv(path, index=False)
    table = open_table(path)
    found = mistakes(table, lambda one: check_examples(read_results(one, feed="NMC111")))
    assert [one.row for one in found] == [2, 3, 4, 5]


def test_two_results_of_the_same_conditions_are_told_at_the_second(tmp_path: Path) -> None:
    rows = ["sulfuric,60,2,1,50,60,0.9", "sulfuric,70,2,1,50,60,0.9", "sulfuric,60,2,1,50,60,0.8"]
    table = designs(tmp_path, *rows, head=f"{HEAD},yield_Li")
    found = mistakes(table, lambda one: read_results(one, feed="NMC111"))
    assert [one.row for one in found] == [4]


def test_sheets_of_a_workbook_are_named(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with pd.ExcelWriter(path) as writer:
        for name in ("first", "=1+1"):
            pd.DataFrame({"acid": ["HCl"]}).to_excel(writer, sheet_name=name, index=False)
    assert sheets(path) == ("first", "=1+1")
    assert sheets(tmp_path / "designs.csv") == ()
