"""What `optimiser evaluate` refuses, before it fits or writes anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from optimiser._io.errors import InputError
from optimiser.cli.main import cli
from optimiser.surrogate.training_table import read_table
from optimiser.training.compare.request import choose_jobs
from tests.evaluation import changed, command


def test_unknown_names_are_refused() -> None:
    for asked, said in (
        (("rff", "all", "full"), "no model 'rff'"),
        (("gbr", "studies", "full"), "no protocol 'studies'"),
        (("gbr", "study", "fulll"), "no feature set 'fulll'"),
    ):
        with pytest.raises(InputError, match=said) as error:
            choose_jobs(*asked)
        assert error.value.allowed.endswith(", all") and error.value.remedy.startswith("did you mean")
    with pytest.raises(InputError, match="No protocol is named"):
        choose_jobs("gbr", " , ", "full")
    with pytest.raises(InputError, match="its own features, not 'basic'"):
        choose_jobs("gbr,pd-gbr", "study", "basic")


@pytest.mark.data
def test_a_yield_in_per_cent_is_refused_by_its_row(training_table: Path, tmp_path: Path) -> None:
    def per_cent(sheet: Any) -> None:
        column = [cell.value for cell in sheet[1]].index("xNi") + 1
        sheet.cell(7, column).value = 93.0
        sheet.cell(12, column).value = -0.1
        sheet.cell(15, column - 1).value = 88.0

    done = command("--table", str(changed(training_table, tmp_path, per_cent)))
    assert done.returncode == 2 and "row 7, column xNi; also rows 12, 15" in done.stderr
    assert "fractions" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.data
def test_a_table_without_a_column_or_with_too_few_experiments_is_refused(
    training_table: Path, tmp_path: Path
) -> None:
    def without_time(sheet: Any) -> None:
        sheet.cell(1, [cell.value for cell in sheet[1]].index("time") + 1).value = "when"

    done = command("--table", str(changed(training_table, tmp_path, without_time)))
    assert done.returncode == 2 and "lacks the column 'time'" in done.stderr

    few = changed(training_table, tmp_path, lambda sheet: sheet.delete_rows(20, sheet.max_row))
    assert len(read_table(few)) == 18
    done = command("--table", str(few), "--models", "gbr", "--protocol", "study")
    assert done.returncode == 2 and "too few for the 5 folds" in done.stderr


def refused(*arguments: str) -> InputError:
    """Return what the command refuses, after it has been shown to write nothing and to fit nothing."""
    with pytest.MonkeyPatch.context() as patched:
        for work in ("obtain", "compare_fold"):
            patched.setattr(
                f"optimiser.training.compare.evaluate.{work}", lambda *_, **__: pytest.fail("work began")
            )
        done = CliRunner().invoke(cli, ["evaluate", *arguments], standalone_mode=False)
    assert isinstance(done.exception, InputError), (done.exception, done.output)
    assert done.output == ""
    return done.exception


@pytest.mark.data
def test_places_that_cannot_be_written_are_refused_before_the_work(
    training_table: Path, tmp_path: Path
) -> None:
    table = ("--table", str(training_table))
    (tmp_path / "file").write_text("")
    below = tmp_path / "file" / "x"
    for option in ("--card", "--out"):
        error = refused(*table, option, f"{below}.csv")
        assert "is a file" in error.what and error.remedy == f"choose another {option}"
    assert "is a file" in refused(*table, "--models", "gbr", "--refit", "--folds", str(below)).what
    assert ".csv or .xlsx" in refused(*table, "--out", str(tmp_path / "figures.txt")).allowed
    assert "is a folder" in refused(*table, "--card", str(tmp_path), "--force").what
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.data
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs /proc, which nobody can write to")
def test_a_system_that_refuses_is_told_before_the_work(training_table: Path, tmp_path: Path) -> None:
    for option in ("--card", "--out"):
        error = refused("--table", str(training_table), option, "/proc/x/card.csv")
        assert "/proc" in error.what and "written" in error.what.replace("writable", "written")
    assert not Path("/proc/x").exists()


@pytest.mark.data
def test_the_card_is_not_given_another_tables_figures(training_table: Path, tmp_path: Path) -> None:
    own = changed(training_table, tmp_path, lambda sheet: sheet.delete_rows(900))
    card = ("--card", str(tmp_path / "CARD.md"))
    error = refused("--table", str(own), *card)
    assert "not fitted on this table" in error.what and "822e9be0" in error.allowed
    published = ("--table", str(training_table), *card)
    assert "another folder" in refused(*published, "--folds", str(tmp_path)).what
    for other in (("--models", "gbr"), ("--protocol", "study"), ("--models", "pd-gbr,gbr")):
        assert "under all protocols" in refused(*published, *other).what


@pytest.mark.data
def test_what_one_fold_would_ignore_is_refused(training_table: Path, tmp_path: Path) -> None:
    one = ("--table", str(training_table), "--models", "gbr", "--protocol", "random", "--fold", "1")
    assert refused(*one).remedy == "add --refit"
    for ignored in (
        ("--out", str(tmp_path / "x.csv")),
        ("--card", str(tmp_path / "x.md")),
        ("--as-published",),
        ("--force",),
        ("--rows",),
    ):
        assert f"{ignored[0]} does nothing" in refused(*one, "--refit", *ignored).what


@pytest.mark.data
def test_a_missing_folder_of_predictions_is_refused(training_table: Path, tmp_path: Path) -> None:
    asked = ("--table", str(training_table), "--models", "gbr", "--folds", str(tmp_path / "none"))
    error = refused(*asked)
    assert "does not exist" in error.what and "--refit" in error.remedy
